//! Editing the calendar in view of what it does: first the consequences, then the deed, and only if
//! nobody edited it in between.

use anyhow::{Context, anyhow};
use chrono::{Datelike, NaiveDate};

use super::calendar::Impact;
use super::{App, Live};
use crate::config::calendar::{CLOSURES_FILE, CalendarFiles, file_of, sha256};
use crate::config::closures::{self, EditError, NewClosure};
use crate::config::publication::FileFault;

/// What a person wants of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarEdit {
    /// 停止上班.
    Close(NewClosure),
    /// Not after all.
    Reopen {
        /// The day.
        date: NaiveDate,
        /// Where; `None` for everywhere.
        region: Option<String>,
    },
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

/// What an edit would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The file that is written.
    pub file: String,
    /// What stands in it then.
    content: Vec<u8>,
    /// The state of that file from which it was made: who confirms, confirms this.
    pub basis: String,
    /// The days and the cases that move.
    pub impact: Impact,
    /// Why a publication is known to be superseded.
    pub superseded: Option<String>,
    /// The year of a published file.
    pub year: Option<i32>,
    /// No agency and no unit has its seat in the region.
    pub concerns_nobody: bool,
    /// What the calendar's history keeps.
    reason: String,
}

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditFault {
    /// Nothing says why.
    NoReason,
    /// A day outside the years that can be counted.
    OutOfRange(NaiveDate),
    /// The closures do not allow it.
    Closures(EditError),
    /// The file is no published year: every fault.
    File(Vec<FileFault>),
    /// The calendar in force says the same of every day.
    InForce(i32),
    /// A publication that is known to be superseded, and nobody insists.
    Superseded,
    /// The file on the disk is not the one in force: somebody edits it by hand.
    EditedByHand(String),
    /// It was edited since its consequences were shown.
    Changed,
}

/// What became of an edit.
pub type Edited<T> = anyhow::Result<Result<T, EditFault>>;

/// Whether a published file's own row is too long to be a year of days.
const LONGEST: usize = 200_000;

impl App {
    /// What an edit would do; nothing is done.
    pub async fn propose_edit(&self, edit: &CalendarEdit) -> Edited<Proposed> {
        let live = self.live();
        let files = &live.config.calendar_files;
        let mut proposed = match edit {
            CalendarEdit::Close(closure) => match close(&live, closure)? {
                Ok(proposed) => proposed,
                Err(fault) => return Ok(Err(fault)),
            },
            CalendarEdit::Reopen { date, region } => match reopen(files, *date, region.as_deref())?
            {
                Ok(proposed) => proposed,
                Err(fault) => return Ok(Err(fault)),
            },
            CalendarEdit::Publish { name, content, force } => {
                match self.publish(files, (name, content), *force).await? {
                    Ok(proposed) => proposed,
                    Err(fault) => return Ok(Err(fault)),
                }
            }
        };
        if is_edited_by_hand(&live, &proposed.file) {
            return Ok(Err(EditFault::EditedByHand(proposed.file)));
        }
        proposed.impact = self.impact(&files.with(&proposed.file, &proposed.content)).await?;
        Ok(Ok(proposed))
    }

    /// Makes an edit whose consequences were shown from `basis`, and puts it in force at once.
    /// Returns how many open cases moved.
    pub async fn make_edit(&self, edit: &CalendarEdit, basis: &str, actor: &str) -> Edited<usize> {
        let _alone = self.calendar_edits.lock().await;
        let proposed = match self.propose_edit(edit).await? {
            Ok(proposed) if proposed.basis == basis => proposed,
            Ok(_) => return Ok(Err(EditFault::Changed)),
            Err(fault) => return Ok(Err(fault)),
        };
        if let (CalendarEdit::Publish { force: false, .. }, Some(_)) = (edit, &proposed.superseded)
        {
            return Ok(Err(EditFault::Superseded));
        }
        let (file, content) = (proposed.file.as_str(), &*proposed.content);
        let moved = self.put_in_place(file, content, (actor, &proposed.reason)).await?;
        self.adopt(file, content)?;
        if let Some(year) = proposed.year {
            self.settle_proposal(year).await?;
        }
        Ok(Ok(moved))
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
    ) -> Edited<Proposed> {
        if content.len() > LONGEST {
            let message = "too large for a year of days: take the published CSV".to_owned();
            return Ok(Err(EditFault::File(vec![FileFault { row: None, message }])));
        }
        let examined = match self.examine(content, name).await? {
            Ok(examined) => examined,
            Err(faults) => return Ok(Err(EditFault::File(faults))),
        };
        if examined.is_in_force {
            return Ok(Err(EditFault::InForce(examined.year)));
        }
        let file = file_of(examined.year);
        let forced = if force { ", though superseded" } else { "" };
        Ok(Ok(Proposed {
            basis: basis(files, &file),
            content: content.to_vec(),
            impact: Impact::default(),
            superseded: examined.superseded,
            year: Some(examined.year),
            concerns_nobody: false,
            reason: format!("imported {name} (SHA-256 {}){forced}", examined.sha256),
            file,
        }))
    }

    /// The regions that a closure can concern: where agencies and units have their seats, and where
    /// something was closed.
    pub fn regions(&self) -> Vec<String> {
        let live = self.live();
        let mut regions: Vec<String> = seats(&live).map(str::to_owned).collect();
        regions.extend(live.config.rules.calendars.regions().map(str::to_owned));
        regions.sort_unstable();
        regions.dedup();
        regions
    }
}

fn close(live: &Live, closure: &NewClosure) -> Edited<Proposed> {
    let NewClosure { date, region, part, reason } = closure;
    if !(2000..=2059).contains(&date.year()) {
        return Ok(Err(EditFault::OutOfRange(*date)));
    }
    if reason.trim().is_empty() || reason.chars().any(char::is_control) {
        return Ok(Err(EditFault::NoReason));
    }
    let files = &live.config.calendar_files;
    let closure = NewClosure { reason: reason.trim().to_owned(), ..closure.clone() };
    let text = match closures::add(&text_of(files)?, &closure) {
        Ok(text) => text,
        Err(error) => return Ok(Err(EditFault::Closures(error))),
    };
    let place = region.as_deref().unwrap_or("everywhere");
    let part = part.map(|part| format!(" {}", part.as_str())).unwrap_or_default();
    let done = format!("closed {date} {place}{part}: {}", closure.reason);
    let concerns_nobody =
        region.as_deref().is_some_and(|region| seats(live).all(|seat| seat != region));
    Ok(Ok(Proposed { concerns_nobody, ..of_closures(files, text, done) }))
}

fn reopen(files: &CalendarFiles, date: NaiveDate, region: Option<&str>) -> Edited<Proposed> {
    let text = match closures::remove(&text_of(files)?, date, region) {
        Ok(text) => text,
        Err(error) => return Ok(Err(EditFault::Closures(error))),
    };
    let place = region.unwrap_or("where it was closed");
    Ok(Ok(of_closures(files, text, format!("reopened {date} {place}"))))
}

fn of_closures(files: &CalendarFiles, text: String, reason: String) -> Proposed {
    Proposed {
        file: CLOSURES_FILE.to_owned(),
        basis: basis(files, CLOSURES_FILE),
        content: text.into_bytes(),
        impact: Impact::default(),
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
    sha256(files.file(file).unwrap_or_default())
}

/// Whether the file on the disk says something else than what is in force. One that is not there is
/// no edit: the year is the one that is compiled in.
fn is_edited_by_hand(live: &Live, file: &str) -> bool {
    let on_disk = std::fs::read(live.config.calendar_dir.join(file));
    on_disk.is_ok_and(|bytes| Some(&*bytes) != live.config.calendar_files.file(file))
}

fn seats(live: &Live) -> impl Iterator<Item = &str> {
    let directory = &live.config.rules.directory;
    let of_agencies = directory.agencies.iter().filter_map(|agency| agency.seat.as_deref());
    of_agencies.chain(directory.units.iter().filter_map(|unit| unit.seat.as_deref()))
}
