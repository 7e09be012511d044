//! Editing the calendar in view of what it does: first the consequences, then the deed, and only if
//! nobody edited it in between.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono::{Datelike, NaiveDate};
use tokio::sync::MutexGuard;
use tracing::warn;

use super::calendar::{Examined, Impact};
use super::{App, Live};
use crate::config::calendar::{CLOSURES_FILE, CalendarFiles, file_of, place_of, read_file, sha256};
use crate::config::closures::{self, EditError, NewClosure, Place, Reopening, Span};
use crate::config::owner::private_file;
use crate::config::publication::{FileFault, LONGEST};
use crate::domain::calendar::YEARS;

/// What a person wants of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarEdit {
    /// 停止上班.
    Close(NewClosure),
    /// Not after all.
    Reopen(Reopening),
    /// A published file becomes the calendar of its year.
    Publish {
        /// What the file is called.
        name: String,
        /// The file, byte for byte.
        content: Vec<u8>,
        /// Also if it is known to be superseded.
        force: bool,
    },
}

/// A calendar file as an edit leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub file: String,
    /// What stands in it then.
    content: Vec<u8>,
    /// The state of that file from which it was made: who confirms, confirms this.
    pub basis: String,
    /// Why a publication is known to be superseded.
    pub superseded: Option<String>,
    /// The year of a published file.
    pub year: Option<i32>,
    /// No agency and no unit has its seat in the region.
    pub concerns_nobody: bool,
    /// What the calendar's history keeps.
    pub reason: String,
}

impl Draft {
    /// The SHA-256 of what stands in it then.
    pub fn sha256(&self) -> String {
        sha256(&self.content)
    }
}

/// What an edit would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The file that is written.
    pub draft: Draft,
    /// The days and the cases that move.
    pub impact: Impact,
}

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditFault {
    /// Nothing says why.
    #[error("--reason: say in a few words why, as it was announced")]
    NoReason,
    /// A day outside the years that can be counted.
    #[error("{0} lies outside the years the calendar can count")]
    OutOfRange(NaiveDate),
    /// The closures do not allow it.
    #[error(transparent)]
    Closures(EditError),
    /// The file is no published year: every fault.
    #[error("the file is no published year: see `jicui calendar import`")]
    File(Vec<FileFault>),
    /// The calendar in force says the same of every day.
    #[error("the calendar of {0} in force says the same of every day")]
    InForce(i32),
    /// A publication that is known to be superseded, and nobody insists.
    #[error("this publication is superseded")]
    Superseded,
    /// The file on the disk is not the one in force: somebody edits it by hand, or another process has just done so.
    #[error(
        "{0} was edited just now, or is being edited by hand: see `jicui calendar check`, and try again"
    )]
    EditedByHand(String),
    /// It was edited since its consequences were shown.
    #[error("the calendar was edited since: look again what it would do")]
    Changed,
}

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotEdited {
    /// It cannot be made.
    #[error(transparent)]
    Refused(#[from] EditFault),
    /// Something of ours is broken.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Another process is done with its edit long before this.
const TRIES: u32 = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

impl App {
    /// What an edit would do; nothing is done.
    pub async fn propose_edit(&self, edit: &CalendarEdit) -> Result<Proposed, NotEdited> {
        let draft = self.draft(edit).await?;
        let files = self.live().config.calendar_files.with(&draft.file, &draft.content);
        let impact = self.impact(&files).await?;
        Ok(Proposed { draft, impact })
    }

    /// Makes an edit whose consequences were shown from `basis`, and puts it in force at once; to its end,
    /// though whoever asked for it goes away meanwhile. Returns how many open cases moved.
    pub async fn make_edit(
        self: &Arc<Self>,
        edit: CalendarEdit,
        basis: String,
        actor: String,
    ) -> Result<usize, NotEdited> {
        let app = Arc::clone(self);
        let making = async move { app.make_edit_now(&edit, &basis, &actor).await };
        tokio::spawn(making).await.map_err(anyhow::Error::from)?
    }

    async fn make_edit_now(
        &self,
        edit: &CalendarEdit,
        basis: &str,
        actor: &str,
    ) -> Result<usize, NotEdited> {
        let _alone = self.hold_edits().await;
        let _files = self.hold_files().await?;
        let draft = self.draft(edit).await?;
        if draft.basis != basis {
            return Err(EditFault::Changed.into());
        }
        if let (CalendarEdit::Publish { force: false, .. }, Some(_)) = (edit, &draft.superseded) {
            return Err(EditFault::Superseded.into());
        }
        Ok(self.put_in_force(&draft, actor).await?)
    }

    /// Puts a draft in its place and in force. Returns how many open cases moved. For whoever keeps others
    /// from editing meanwhile.
    pub(super) async fn put_in_force(&self, draft: &Draft, actor: &str) -> anyhow::Result<usize> {
        let Draft { file, content, reason, year, .. } = draft;
        let moved = self.put_in_place(file, content, (actor, reason)).await?;
        self.adopt(file, content)?;
        if let Some(year) = year {
            let live = self.live();
            let settled = self.settle_proposal(&live, *year).await;
            // The edit is made, whatever becomes of these.
            if let Err(fault) = settled.and(self.watch_calendar(&live, self.now()).await) {
                warn!(%fault, "whether a year is missing or proposed is looked at again");
            }
        }
        Ok(moved)
    }

    /// Keeps everybody else from editing the calendar, and from putting another configuration in force, for as
    /// long as it is held.
    pub async fn hold_edits(&self) -> MutexGuard<'_, ()> {
        self.calendar_edits.lock().await
    }

    /// Keeps every other process from editing the calendar's files for as long as it is held: what is on the disk
    /// is looked at and replaced by one of them after the other.
    async fn hold_files(&self) -> anyhow::Result<File> {
        let path = self.store.path().with_file_name("calendar.lock");
        let file = private_file(&path).with_context(|| format!("opening {}", path.display()))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(BETWEEN_TRIES).await,
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("locking {}", path.display()));
                }
            }
        }
        bail!(
            "another jicui has been editing the calendar for a while: see which with `fuser {}`, and try again",
            path.display()
        )
    }

    async fn draft(&self, edit: &CalendarEdit) -> Result<Draft, NotEdited> {
        let live = self.live();
        let files = &live.config.calendar_files;
        let draft = match edit {
            CalendarEdit::Close(closure) => close(&live, closure)?,
            CalendarEdit::Reopen(reopening) => reopen(files, reopening)?,
            CalendarEdit::Publish { name, content, force } => {
                self.publish(files, (name, content), *force).await?
            }
        };
        if is_edited_by_hand(&live, &draft.file) {
            return Err(EditFault::EditedByHand(draft.file).into());
        }
        Ok(draft)
    }

    /// Puts a calendar in force that was just written: the daemon finds the same in the file.
    fn adopt(&self, file: &str, content: &[u8]) -> anyhow::Result<()> {
        let before = self.live();
        let mut config = before.config.clone();
        config.calendar_files = config.calendar_files.with(file, content);
        let read = config.calendar_files.calendars(&config.calendar_dir);
        config.rules.calendars = read.map_err(|_| anyhow!("the calendar cannot be read back"))?;
        let live = Live::with_channels(config, before.channels.clone());
        self.replace_live(live.context("putting the calendar in force")?);
        Ok(())
    }

    async fn publish(
        &self,
        files: &CalendarFiles,
        (name, content): (&str, &[u8]),
        force: bool,
    ) -> Result<Draft, NotEdited> {
        if content.len() > LONGEST {
            let message = "too large for a year of days: take the published CSV".to_owned();
            return Err(EditFault::File(vec![FileFault { row: None, message }]).into());
        }
        let examined = self.examine(content, name).await?.map_err(EditFault::File)?;
        let file = file_of(examined.year);
        // What the program carries is in force without a file: whoever imports one shall find it there.
        let has_file = place_of(&self.live().config.calendar_dir, &file).exists()
            && files.unusable() != Some(&*file);
        if examined.is_in_force && has_file {
            return Err(EditFault::InForce(examined.year).into());
        }
        let forced =
            if force && examined.superseded.is_some() { ", though superseded" } else { "" };
        Ok(of_year(files, &examined, &format!("{name} (SHA-256 {}){forced}", examined.sha256)))
    }

    /// Puts a new year in force that the platform published, unless somebody is writing one. Returns whether it is.
    pub(super) async fn take_new_year(
        &self,
        examined: &Examined,
        from: &str,
    ) -> anyhow::Result<bool> {
        let _alone = self.hold_edits().await;
        let _files = self.hold_files().await?;
        let live = self.live();
        let source = format!("{from} (SHA-256 {})", examined.sha256);
        let draft = of_year(&live.config.calendar_files, examined, &source);
        let national = live.config.rules.calendars.national();
        if is_edited_by_hand(&live, &draft.file) || national.is_published(examined.year) {
            return Ok(false);
        }
        self.put_in_force(&draft, "fetch").await?;
        Ok(true)
    }

    /// The regions that a closure can concern: where agencies and units have their seats, and where
    /// something was closed.
    pub fn regions(&self) -> Vec<String> {
        let live = self.live();
        let rules = &live.config.rules;
        let mut regions = rules.directory.seats();
        regions.extend(rules.calendars.regions());
        regions.into_iter().map(str::to_owned).collect()
    }
}

fn close(live: &Live, closure: &NewClosure) -> Result<Draft, NotEdited> {
    let NewClosure { date, region, part, reason } = closure;
    if !YEARS.contains(&date.year()) {
        return Err(EditFault::OutOfRange(*date).into());
    }
    if reason.trim().is_empty() || reason.chars().any(char::is_control) {
        return Err(EditFault::NoReason.into());
    }
    let files = &live.config.calendar_files;
    let closure = NewClosure { reason: reason.trim().to_owned(), ..closure.clone() };
    let text = closures::add(&text_of(files)?, &closure).map_err(EditFault::Closures)?;
    let place = region.as_deref().unwrap_or("everywhere");
    let part = part.map(|part| format!(" {}", part.as_str())).unwrap_or_default();
    let done = format!("closed {date} {place}{part}: {}", closure.reason);
    let seats = live.config.rules.directory.seats();
    let concerns_nobody = region.as_deref().is_some_and(|region| !seats.contains(region));
    Ok(Draft { concerns_nobody, ..of_closures(files, text, done) })
}

fn reopen(files: &CalendarFiles, reopening: &Reopening) -> Result<Draft, NotEdited> {
    let text = closures::remove(&text_of(files)?, reopening).map_err(EditFault::Closures)?;
    let place = match &reopening.place {
        None => "where it was closed",
        Some(Place::Country) => "everywhere",
        Some(Place::Region(region)) => region,
    };
    let half = match reopening.span {
        Some(Span::Half(part)) => format!(" {}", part.as_str()),
        Some(Span::Whole) | None => String::new(),
    };
    // A file without a word would look like one that was lost.
    let text = if text.trim().is_empty() { "# nothing is closed\n".to_owned() } else { text };
    Ok(of_closures(files, text, format!("reopened {} {place}{half}", reopening.date)))
}

fn of_year(files: &CalendarFiles, examined: &Examined, source: &str) -> Draft {
    let file = file_of(examined.year);
    Draft {
        basis: basis(files, &file),
        content: examined.content.to_vec(),
        superseded: examined.superseded.clone(),
        year: Some(examined.year),
        concerns_nobody: false,
        reason: format!("imported {source}"),
        file,
    }
}

fn of_closures(files: &CalendarFiles, text: String, reason: String) -> Draft {
    Draft {
        file: CLOSURES_FILE.to_owned(),
        basis: basis(files, CLOSURES_FILE),
        content: text.into_bytes(),
        superseded: None,
        year: None,
        concerns_nobody: false,
        reason,
    }
}

/// `closures.toml` as it is in force; empty if it is not there yet.
fn text_of(files: &CalendarFiles) -> anyhow::Result<String> {
    let bytes = files.file(CLOSURES_FILE).unwrap_or_default();
    String::from_utf8(bytes.to_vec()).map_err(|_| anyhow!("{CLOSURES_FILE} is not UTF-8"))
}

fn basis(files: &CalendarFiles, file: &str) -> String {
    sha256(files.found(file).unwrap_or_default())
}

/// Whether the file on the disk says something else than what is in force. One that is not there is
/// no edit: the year is the one that is compiled in.
fn is_edited_by_hand(live: &Live, file: &str) -> bool {
    let on_disk = read_file(&place_of(&live.config.calendar_dir, file));
    on_disk.map_or_else(
        |error| error.kind() != ErrorKind::NotFound,
        |bytes| Some(&*bytes) != live.config.calendar_files.found(file),
    )
}
