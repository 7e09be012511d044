//! What people did to the present round of a case, as far as its unit, its clock and its stages
//! depend on it: the unit it was given to, its due day, its checklist, its extensions (展延) and its
//! holds (暫停計時).

use chrono::{DateTime, NaiveDate, Utc};

use super::checklist::Item;

/// What people did to the present round of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// The unit a person gave it to (改分); `None` where the directory decides.
    pub unit: Option<String>,
    /// The due day a person gave it; `None` where the limit of its kind decides.
    pub due_on: Option<NaiveDate>,
    /// Its checklist, as far as it was ticked or is its own; see [`checklist`](super::checklist).
    pub checklist: Vec<Item>,
    /// The number it is to reach, where there is one.
    pub goal: Option<Goal>,
    /// Every extension asked for, oldest first; at most one is confirmed or waits.
    pub extensions: Vec<Extension>,
    /// Every hold, oldest first; at most the last one has no end.
    pub holds: Vec<Hold>,
    /// A person said that it is answered, and no source has shown the reply yet.
    pub reply_unconfirmed: bool,
    /// It was brought in as history, answered or taken back before jicui watched.
    pub imported: bool,
}

impl Handling {
    /// Confirmed workdays beyond the limit.
    pub fn extension_workdays(&self) -> u32 {
        let confirmed = self.extensions.iter().filter(|e| e.state == ExtensionState::Confirmed);
        confirmed.map(|extension| extension.workdays).sum()
    }

    /// Whether the answer is what a person said, and no source has shown.
    pub fn is_reply_by_hand(&self) -> bool {
        self.reply_unconfirmed || self.imported
    }

    /// The extension that waits for a supervisor.
    pub fn asked_extension(&self) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.state == ExtensionState::Asked)
    }

    /// The hold that has not ended.
    pub fn open_hold(&self) -> Option<&Hold> {
        self.holds.last().filter(|hold| hold.end.is_none())
    }

    /// Ends the open hold, if there is one.
    pub fn end_hold(&mut self, end: HoldEnd) {
        if let Some(hold) = self.holds.last_mut().filter(|hold| hold.end.is_none()) {
            hold.end = Some(HoldEnd { on: end.on.max(hold.from), ..end });
        }
    }

    /// What a new round begins with: the unit stays, the clock is new.
    #[must_use]
    pub fn next_round(&self) -> Self {
        Self { unit: self.unit.clone(), ..Self::default() }
    }

    /// Whether the deadline depends on anything done here.
    pub fn moves_clock(&self) -> bool {
        self.unit.is_some()
            || self.due_on.is_some()
            || self.extension_workdays() > 0
            || !self.holds.is_empty()
    }
}

/// A number to be reached, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The number.
    pub number: u32,
    /// How far it is; `None` while nobody knows.
    pub value: Option<u32>,
    /// Since when it is so far.
    pub measured_on: Option<NaiveDate>,
    /// Who said so; `None` where the platform's list does.
    pub measured_by: Option<String>,
}

impl Goal {
    /// Whether it is reached.
    pub fn is_reached(&self) -> bool {
        self.value.is_some_and(|value| value >= self.number)
    }

    /// `32/40`.
    pub fn words(&self) -> String {
        let value = self.value.map_or_else(|| "?".to_owned(), |value| value.to_string());
        format!("{value}/{}", self.number)
    }
}

/// More time (展延): asked for by an officer, confirmed by a supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// How many workdays.
    pub workdays: u32,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// What became of it.
    pub state: ExtensionState,
    /// Who decided; `None` while it waits.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// What became of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExtensionState {
    /// Waits for a supervisor.
    Asked,
    /// In force.
    Confirmed,
    /// Not granted.
    Refused,
}

impl ExtensionState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Confirmed, Self::Refused];

    /// The word used in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A time in which the clock stands still while the citizen is asked (暫停計時).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The last day that counts before it.
    pub from: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The case had been acknowledged, and is again when it goes on.
    pub was_acknowledged: bool,
    /// When it ended; `None` while it lasts.
    pub end: Option<HoldEnd>,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldEnd {
    /// The last day that does not count.
    pub on: NaiveDate,
    /// Who ended it: a person, a source that showed the reply, or jicui at its longest.
    pub by: String,
    /// When that was written.
    pub at: DateTime<Utc>,
}
