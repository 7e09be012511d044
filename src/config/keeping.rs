//! `[backup]` and `[privacy]`: what is kept, and for how long.

use std::path::{Path, PathBuf};

use chrono::{Months, NaiveTime};

use super::reader::Section;

/// `[backup]`: copies that are made by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backups {
    /// Where they lie.
    pub directory: PathBuf,
    /// From when on each day's is made.
    pub at: NaiveTime,
    /// How many of the last days have one.
    pub keep_daily: usize,
    /// How many of the last weeks have one.
    pub keep_weekly: usize,
    /// Whether people's words are left out.
    pub redact: bool,
}

/// Reads `[backup]`; `None`: none is made by itself.
pub(super) fn read_backups(
    section: &Section<'_>,
    (base, state_dir): (&Path, &Path),
) -> Option<Backups> {
    let enabled = section.flag("enabled");
    let directory = section.optional_text("directory");
    let directory = directory.map(|(text, _)| base.join(text));
    let backups = Backups {
        directory: directory.unwrap_or_else(|| state_dir.join("backups")),
        at: section.time("at"),
        keep_daily: section.number("keep_daily", &(1..=366)) as usize,
        keep_weekly: section.number("keep_weekly", &(0..=520)) as usize,
        redact: section.flag("redact"),
    };
    section.finish();
    enabled.then_some(backups)
}

/// Reads `[privacy]`: how long after its end a case keeps people's words; `None`: for ever.
pub(super) fn read_privacy(section: &Section<'_>) -> Option<Months> {
    let months = section.number("erase_after_months", &(0..=1200));
    section.finish();
    Some(Months::new(months)).filter(|_| months > 0)
}
