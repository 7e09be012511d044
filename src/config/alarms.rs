//! `[alarms]`: when the administrators are told that something stands still, or soon will.

use std::time::Duration;

use chrono::{Datelike, NaiveDate};

use super::ladder::fixed_day;
use super::reader::Section;
use crate::domain::kind::FixedDay;

/// `[alarms]`: when the administrators are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarms {
    /// No good poll for this long.
    pub poll_stale: Duration,
    /// A message has waited this long.
    pub outbox_stale: Duration,
    /// How often each channel is tried, whether or not there is something to send; `None`: never.
    pub try_channels_every: Option<Duration>,
    /// Less than this is left on a disk; 0: whatever is left.
    pub disk_free_bytes: u64,
    /// The machine's clock differs by more than this from a server's; `None`: nobody is asked.
    pub clock_off: Option<Duration>,
}

/// Reads the section.
pub(super) fn read(section: &Section<'_>) -> Alarms {
    let number = |key, range| u64::from(section.number(key, range));
    let alarms = Alarms {
        poll_stale: Duration::from_secs(60 * number("poll_stale_mins", &(1..=100_000))),
        outbox_stale: Duration::from_secs(60 * number("outbox_stale_mins", &(1..=100_000))),
        try_channels_every: some(Duration::from_secs(
            3600 * number("try_channels_every_hours", &(0..=1000)),
        )),
        disk_free_bytes: number("disk_free_mb", &(0..=1_000_000_000)) * 1_000_000,
        clock_off: some(Duration::from_secs(number("clock_off_secs", &(0..=86_400)))),
    };
    section.finish();
    alarms
}

fn some(duration: Duration) -> Option<Duration> {
    Some(duration).filter(|duration| !duration.is_zero())
}

/// A day of every year: from then on a missing calendar of the next one is a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarnFrom {
    month: u32,
    day: u32,
}

impl WarnFrom {
    /// Reads `calendar.warn_from`.
    pub(super) fn read(section: &Section<'_>) -> Self {
        let Some((text, node)) = section.optional_text("warn_from") else {
            section.missing("warn_from");
            return Self { month: 12, day: 1 };
        };
        if let Some(FixedDay::Yearly(month, day)) = fixed_day(&text) {
            return Self { month, day };
        }
        let say = format!("calendar.warn_from = \"{text}\": write a day of every year, \"12-01\"");
        node.fault(section.faults(), say);
        Self { month: 12, day: 1 }
    }

    /// Whether `today` is that day of its year, or later.
    pub fn has_come(self, today: NaiveDate) -> bool {
        (today.month(), today.day()) >= (self.month, self.day)
    }
}
