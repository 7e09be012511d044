//! What a person does to a case, who may do it, and what it changes: pure.
//!
//! Every door (the command line, Slack, the signed links) ends here. What a person did holds
//! against everything a source had shown before; only news from a source, something it had not
//! shown yet, counts after it (see [`observation`](super::observation)).

mod by_hand;
mod perform;
mod tick;

use chrono::{DateTime, NaiveDate, Utc};

use super::access;
use super::case::{CaseNumber, CaseState};
use super::directory::{Directory, Person, Role, Unit};
pub use by_hand::CaseByHand;
pub use perform::{Entry, Moment, Performed, hold_at_its_longest, perform};
pub use tick::names_document;

/// What a person does to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// 受理: it is in hand. The early stages fall silent.
    Acknowledge,
    /// 已於平臺回復: answered, at this instant if it is not now.
    Reply {
        /// When, if not now.
        at: Option<DateTime<Utc>>,
    },
    /// 申請展延: more time. In force at once if whoever asks may confirm it.
    Extend {
        /// How many workdays.
        workdays: u32,
        /// Why.
        reason: String,
    },
    /// Grants the extension that waits.
    ConfirmExtension,
    /// Does not grant it.
    RefuseExtension {
        /// Why not.
        reason: String,
    },
    /// 暫停計時: the clock stands still from the next workday.
    Hold {
        /// Why: what is awaited.
        reason: String,
    },
    /// The clock goes on; and what was ended by hand is open again.
    Resume,
    /// 改分: another unit has it.
    Reassign {
        /// The id of the unit.
        unit: String,
        /// Why.
        reason: String,
    },
    /// It owes no answer any more.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// The clock started on another day than the one that is known.
    CorrectStart {
        /// Day zero.
        on: NaiveDate,
        /// How that is known.
        reason: String,
    },
    /// An item of its checklist is done.
    Tick {
        /// Its short name, or the name people know.
        item: String,
        /// The day it was done, if not today.
        on: Option<NaiveDate>,
        /// The number of the document that proves it.
        document: String,
    },
    /// An item was ticked by mistake.
    Untick {
        /// Its short name, or the name people know.
        item: String,
        /// Why.
        reason: String,
    },
    /// How far the number is that is to be reached.
    Measure {
        /// How far.
        value: u32,
    },
    /// A remark for the history.
    Note {
        /// What to remember.
        text: String,
    },
    /// 延伸精進: what became of the question after its answer.
    FollowUp {
        /// What was done.
        outcome: Outcome,
        /// Which dataset, by when, or why it is not needed.
        reason: String,
    },
}

impl Act {
    /// The word for it in messages to people at a terminal and in logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Reply { .. } => "reply",
            Self::Extend { .. } => "extend",
            Self::ConfirmExtension => "confirm_extension",
            Self::RefuseExtension { .. } => "refuse_extension",
            Self::Hold { .. } => "hold",
            Self::Resume => "resume",
            Self::Reassign { .. } => "reassign",
            Self::Withdraw { .. } => "withdraw",
            Self::CorrectStart { .. } => "correct_start",
            Self::Tick { .. } => "tick",
            Self::Untick { .. } => "untick",
            Self::Measure { .. } => "measure",
            Self::Note { .. } => "note",
            Self::FollowUp { .. } => "follow_up",
        }
    }

    /// Whether its reason must say something.
    fn lacks_reason(&self) -> bool {
        match self {
            Self::Extend { reason, .. }
            | Self::RefuseExtension { reason }
            | Self::Hold { reason }
            | Self::Reassign { reason, .. }
            | Self::Withdraw { reason }
            | Self::CorrectStart { reason, .. }
            | Self::Untick { reason, .. }
            | Self::Note { text: reason } => reason.trim().is_empty(),
            Self::FollowUp { outcome, reason } => {
                *outcome == Outcome::NotNeeded && reason.trim().is_empty()
            }
            Self::Acknowledge
            | Self::Reply { .. }
            | Self::ConfirmExtension
            | Self::Resume
            | Self::Tick { .. }
            | Self::Measure { .. } => false,
        }
    }
}

/// What became of a question after its answer (延伸精進).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A dataset was adjusted.
    Adjusted,
    /// A dataset was added.
    Added,
    /// It is planned.
    Planned,
    /// Nothing is needed, and why.
    NotNeeded,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Adjusted, Self::Added, Self::Planned, Self::NotNeeded];

    /// The word used in JSON, in the store and at the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adjusted => "adjusted",
            Self::Added => "added",
            Self::Planned => "planned",
            Self::NotNeeded => "not_needed",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// What the office has decided about acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActRules {
    /// No extension is longer.
    pub longest_extension_workdays: u32,
    /// A case given to another unit has its whole time again; else the days that are left.
    pub reassigned_begins_anew: bool,
    /// A reply that a person reported must be seen on the platform within so many workdays.
    pub reply_shown_within_workdays: u32,
    /// The unit is asked what became of the question so many workdays after its answer; `None`
    /// asks nobody.
    pub follow_up_after_workdays: Option<u32>,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The name the history keeps.
    pub name: String,
    /// What gives the right to act.
    pub authority: Authority,
}

/// What gives somebody the right to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// A seat at the server's command line, which is an administrator's.
    Console,
    /// The same seat, in the name of an officer: what takes a supervisor must still be confirmed.
    OnBehalf,
    /// Being this person: what they may do, the directory says, by the case and the day.
    Person(Box<Person>),
    /// Having signed in as this, of this unit.
    Viewer {
        /// As what.
        role: access::Role,
        /// The ids of the units, where it is one within a unit.
        units: Vec<String>,
    },
}

impl Actor {
    /// Somebody at the server's command line.
    pub fn at_console(name: &str) -> Self {
        Self { name: name.to_owned(), authority: Authority::Console }
    }

    /// Somebody at the command line in the name of an officer.
    pub fn on_behalf(name: &str) -> Self {
        Self { name: name.to_owned(), authority: Authority::OnBehalf }
    }

    /// A person of the directory.
    pub fn person(person: &Person) -> Self {
        let authority = Authority::Person(Box::new(person.clone()));
        Self { name: person.name.clone(), authority }
    }

    /// As what this person stands to a case of `unit` on `day`; `None` for a stranger.
    pub fn role(&self, directory: &Directory, unit: Option<&Unit>, day: NaiveDate) -> Option<Role> {
        match &self.authority {
            Authority::Console => Some(Role::Administrator),
            Authority::OnBehalf => Some(Role::Officer),
            Authority::Person(person) => {
                let people = directory.may_act(unit, day).into_iter();
                people.filter(|actor| actor.person.is_same(person)).map(|actor| actor.role).max()
            }
            Authority::Viewer { role, units } => match role {
                access::Role::Administrator => Some(Role::Administrator),
                access::Role::Viewer => None,
                _ if !unit.is_some_and(|unit| units.contains(&unit.id)) => None,
                access::Role::Supervisor => Some(Role::Supervisor),
                access::Role::Officer => Some(Role::Officer),
            },
        }
    }
}

/// Whether `role` allows `act`.
///
/// Administrators may do everything. A supervisor may do everything to the unit's cases but
/// correct the day on which a clock started. An officer may do what the work needs: not decide
/// on an extension, and not let a case go.
pub fn may(role: Role, act: &Act) -> bool {
    match act {
        Act::CorrectStart { .. } => role >= Role::Administrator,
        Act::ConfirmExtension | Act::RefuseExtension { .. } | Act::Withdraw { .. } => {
            role >= Role::Supervisor
        }
        _ => true,
    }
}

/// Why an act was not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This person may not do that to this case.
    #[error(
        "{name} may not {act} {number}: its unit's people, its supervisor and the administrators may"
    )]
    NotAllowed {
        /// Who tried.
        name: String,
        /// What.
        act: &'static str,
        /// To which case.
        number: CaseNumber,
    },
    /// It is done already: the newest of these entries of the history says who did it and when.
    #[error("that is done already")]
    AlreadyDone(&'static [&'static str]),
    /// The case is in a state in which that means nothing.
    #[error("{number} is {}: {act} means nothing there", .state.as_str())]
    Impossible {
        /// Which case.
        number: CaseNumber,
        /// Where it stands.
        state: CaseState,
        /// What was tried.
        act: &'static str,
    },
    /// There is no reason given.
    #[error("say why: {act} needs a reason")]
    NoReason {
        /// What was tried.
        act: &'static str,
    },
    /// An extension of no workdays, or of more than the limit.
    #[error("an extension may have 1 to {longest} workdays, not {workdays} ([acts] in the config)")]
    BadLength {
        /// What was asked for.
        workdays: u32,
        /// The limit.
        longest: u32,
    },
    /// A number to be reached that is not reached yet.
    #[error(
        "{number} stands at {reached}: it ends by itself once that is reached (jicui targets set)"
    )]
    GoalShort {
        /// Of which case.
        number: CaseNumber,
        /// How far it is: 12/40.
        reached: String,
    },
    /// No extension waits for a decision.
    #[error("no extension of {0} waits for a decision")]
    NothingAsked(CaseNumber),
    /// No unit has this id.
    #[error("no unit has the id {0}: see units.toml")]
    UnknownUnit(String),
    /// The checklist has no such item.
    #[error("{number} has no item {item} to tick: {}", named(.known))]
    UnknownItem {
        /// Of which case.
        number: CaseNumber,
        /// What was named.
        item: String,
        /// The items it has.
        known: Vec<String>,
    },
    /// An item is ticked already.
    #[error("{item} was ticked by {by} at {}; nothing was changed", in_taipei(*.at))]
    Ticked {
        /// Which.
        item: String,
        /// Who said so.
        by: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// An item is not ticked.
    #[error("{0} is not ticked; nothing was changed")]
    NotTicked(String),
    /// No number is to be reached.
    #[error("{0} has no number to reach: `jicui targets` lists those that have")]
    NoGoal(CaseNumber),
    /// The platform's list says how far its number is.
    #[error("how far {0} is the platform's list says: nothing can be said by hand")]
    CountedByPlatform(CaseNumber),
    /// A case with a checklist is done when all of it is.
    #[error("{number} is done when its checklist is: tick {}", .missing.join(", "))]
    ChecklistOpen {
        /// Which case.
        number: CaseNumber,
        /// What is missing.
        missing: Vec<String>,
    },
    /// A day that cannot be.
    #[error("{on} cannot be: it lies {why}")]
    BadDay {
        /// The day.
        on: NaiveDate,
        /// Where it lies: `in the future`.
        why: &'static str,
    },
    /// A source gave it to somebody else; a person cannot take it back.
    #[error("the platform gave {0} to another agency: it comes back when the platform does")]
    NotOurs(CaseNumber),
    /// The calendar cannot count so far.
    #[error(transparent)]
    Calendar(#[from] super::calendar::CalendarError),
}

fn named(words: &[String]) -> String {
    if words.is_empty() {
        return "its kind has no checklist".to_owned();
    }
    format!("write one of {}", words.join(", "))
}

fn in_taipei(at: DateTime<Utc>) -> String {
    let wall = at.naive_utc() + chrono::TimeDelta::hours(8);
    format!("{}+08:00", wall.format("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests;
