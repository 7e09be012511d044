//! A case with everything that is known of it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::case::Case;
use super::count::Day;
use super::message::Message;
use crate::app::cases::{self, ChecklistLine};
use crate::app::rounds::RoundView;
use crate::clock::rfc3339;
use crate::domain::act::{Outcome, names_document};
use crate::domain::handling;
use crate::store::{FollowUpRecord, HistoryEntry};

/// A case with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseFile {
    /// The case itself.
    #[serde(flatten)]
    pub case: Case,
    /// Why no single unit has it.
    pub unit_fault: Option<String>,
    /// 展延 of the round.
    pub extensions: Vec<Extension>,
    /// 暫停計時 of the round.
    pub holds: Vec<Hold>,
    /// What must be done and signed for.
    pub checklist: Vec<Item>,
    /// 延伸精進.
    pub follow_up: Option<FollowUp>,
    /// Every round, the present one last.
    pub rounds: Vec<Round>,
    /// What happened, oldest first.
    pub history: Vec<Entry>,
    /// Every message about it.
    pub messages: Vec<Message>,
    /// Its count, day by day.
    pub days: Vec<Day>,
}

/// An entry of the history.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// When.
    pub at: String,
    /// Who: `platform`, `folder`, `jicui`, or a person.
    pub actor: String,
    /// What.
    pub event: String,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
    /// Why; empty or null to who may not read it.
    pub reason: String,
}

impl From<&HistoryEntry> for Entry {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            at: rfc3339(entry.at),
            actor: entry.actor.clone(),
            event: entry.event.clone(),
            before: entry.before.clone(),
            after: entry.after.clone(),
            reason: entry.reason.clone(),
        }
    }
}

/// 展延.
#[derive(Debug, Serialize, ToSchema)]
pub struct Extension {
    /// How many workdays.
    pub workdays: u32,
    /// Why; empty or null to who may not read it.
    pub reason: String,
    /// `asked`, `confirmed` or `refused`.
    pub state: &'static str,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<String>,
}

impl From<&handling::Extension> for Extension {
    fn from(extension: &handling::Extension) -> Self {
        Self {
            workdays: extension.workdays,
            reason: extension.reason.clone(),
            state: extension.state.as_str(),
            asked_by: extension.asked_by.clone(),
            asked_at: rfc3339(extension.asked_at),
            decided_by: extension.decided_by.clone(),
            decided_at: extension.decided_at.map(rfc3339),
        }
    }
}

/// The workdays after `from`, up to and with `until`, do not count.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hold {
    /// The last day that counts.
    pub from: NaiveDate,
    /// The last day that does not count; null while it lasts.
    pub until: Option<NaiveDate>,
    /// Why; empty or null to who may not read it.
    pub reason: String,
    /// Who.
    pub held_by: String,
    /// Who ended it.
    pub ended_by: Option<String>,
}

impl From<&handling::Hold> for Hold {
    fn from(hold: &handling::Hold) -> Self {
        Self {
            from: hold.from,
            until: hold.end.as_ref().map(|end| end.on),
            reason: hold.reason.clone(),
            held_by: hold.by.clone(),
            ended_by: hold.end.as_ref().map(|end| end.by.clone()),
        }
    }
}

/// An item of the checklist; not done while `done_on` is null.
#[derive(Debug, Serialize, ToSchema)]
pub struct Item {
    /// Its short name.
    pub item: String,
    /// The name people know.
    pub name: String,
    /// Who signs.
    pub signer: Option<String>,
    /// The day it was done.
    pub done_on: Option<NaiveDate>,
    /// The number of the document that proves it.
    pub document: Option<String>,
    /// Who said so.
    pub ticked_by: Option<String>,
    /// When.
    pub ticked_at: Option<String>,
}

impl From<&ChecklistLine> for Item {
    fn from(line: &ChecklistLine) -> Self {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let tick = line.tick.as_ref();
        Self {
            item: line.word.clone(),
            name: line.name.clone(),
            signer: given(&line.signer),
            done_on: tick.map(|tick| tick.on),
            document: tick.and_then(|tick| given(&tick.document)),
            ticked_by: tick.map(|tick| tick.by.clone()),
            ticked_at: tick.map(|tick| rfc3339(tick.at)),
        }
    }
}

/// 延伸精進.
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUp {
    /// `adjusted`, `added`, `planned` or `not_needed`; null until it is recorded.
    pub outcome: Option<&'static str>,
    /// Why; empty or null to who may not read it.
    pub reason: Option<String>,
    /// Who recorded it.
    pub recorded_by: Option<String>,
    /// When.
    pub recorded_at: Option<String>,
}

impl From<&FollowUpRecord> for FollowUp {
    fn from(record: &FollowUpRecord) -> Self {
        Self {
            outcome: record.outcome.map(Outcome::as_str),
            reason: record.reason.clone(),
            recorded_by: record.recorded_by.clone(),
            recorded_at: record.recorded_at.map(rfc3339),
        }
    }
}

/// One round, wholly; the last is the present one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Round {
    /// Which round.
    pub round: u32,
    /// Day zero.
    pub starts_on: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// The due day without extensions and holds.
    pub original_due_on: NaiveDate,
    /// Workdays granted.
    pub extension_workdays: u32,
    /// Workdays on which the clock stood still.
    pub held_workdays: i64,
    /// When it was answered.
    pub replied_at: Option<String>,
    /// Workdays the answer took.
    pub workdays_taken: Option<i64>,
    /// 展延 of the round.
    pub extensions: Vec<Extension>,
    /// 暫停計時 of the round.
    pub holds: Vec<Hold>,
    /// 延伸精進.
    pub follow_up: Option<FollowUp>,
}

impl From<&RoundView> for Round {
    fn from(round: &RoundView) -> Self {
        let (case, deadline) = (&round.view.case, &round.view.deadline);
        Self {
            round: case.round,
            starts_on: case.start.on,
            due_on: deadline.due_on,
            original_due_on: deadline.original_due_on,
            extension_workdays: deadline.extension,
            held_workdays: round.view.workdays_held,
            replied_at: case.replied_at.map(rfc3339),
            workdays_taken: round.view.workdays_taken,
            extensions: case.handling.extensions.iter().map(Into::into).collect(),
            holds: case.handling.holds.iter().map(Into::into).collect(),
            follow_up: round.follow_up.as_ref().map(Into::into),
        }
    }
}

impl From<&cases::CaseFile> for CaseFile {
    fn from(file: &cases::CaseFile) -> Self {
        let handling = &file.view.case.handling;
        Self {
            case: Case::from(&file.view),
            unit_fault: file.unit_fault.clone(),
            extensions: handling.extensions.iter().map(Into::into).collect(),
            holds: handling.holds.iter().map(Into::into).collect(),
            checklist: file.checklist.iter().map(Into::into).collect(),
            follow_up: file.rounds.last().and_then(|r| r.follow_up.as_ref()).map(Into::into),
            rounds: file.rounds.iter().map(Round::from).collect(),
            history: file.history.iter().map(Entry::from).collect(),
            messages: file.messages.iter().map(Message::from).collect(),
            days: file.account.iter().map(Day::from).collect(),
        }
    }
}

impl CaseFile {
    /// Takes out what people wrote, and where exactly messages went: for who may read titles and figures
    /// only.
    #[must_use]
    pub fn without_words(mut self) -> Self {
        for entry in &mut self.history {
            entry.reason.clear();
            if names_document(&entry.event) {
                entry.before.clear();
                entry.after.clear();
            }
        }
        for item in &mut self.checklist {
            item.document = None;
        }
        silence(&mut self.extensions, &mut self.holds, self.follow_up.as_mut());
        for round in &mut self.rounds {
            silence(&mut round.extensions, &mut round.holds, round.follow_up.as_mut());
        }
        self
    }
}

fn silence(extensions: &mut [Extension], holds: &mut [Hold], follow_up: Option<&mut FollowUp>) {
    for extension in extensions {
        extension.reason.clear();
    }
    for hold in holds {
        hold.reason.clear();
    }
    if let Some(follow_up) = follow_up {
        follow_up.reason = None;
    }
}
