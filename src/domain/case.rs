//! A case (案件): one citizen's question that an agency must answer in time.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::handling::Handling;
use super::observation::day_in_taipei;

/// Stands where the words of a case stood that ended long ago: they were erased.
pub const ERASED: &str = "（內容已刪除）";

/// A case number (案號): `C-558380` for a comment, `S-136936` for a request, as the platform counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber(String);

/// A text that cannot be a case number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a case number: letters, digits, `-` and `_`, at most 40 (C-558380)")]
pub struct NotACaseNumber(String);

impl CaseNumber {
    /// Reads a case number, refusing what could not be typed, printed or put in a path. One of the platform's
    /// is the same however it is typed: `c-558380`.
    pub fn parse(text: &str) -> Result<Self, NotACaseNumber> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 40 || !text.chars().all(fits) {
            return Err(NotACaseNumber(text.chars().take(60).collect()));
        }
        let id = |prefix: &str| text.strip_prefix(prefix)?.parse().ok();
        Ok(if let Some(cid) = id("c-").or_else(|| id("C-")) {
            Self::of_comment(cid)
        } else if let Some(sid) = id("s-").or_else(|| id("S-")) {
            Self::of_request(sid)
        } else {
            Self(text.to_owned())
        })
    }

    /// The number of a comment on the platform: `C-{cid}`.
    pub fn of_comment(cid: u64) -> Self {
        Self(format!("C-{cid}"))
    }

    /// The number of a request on the platform: `S-{sid}`.
    pub fn of_request(sid: u64) -> Self {
        Self(format!("S-{sid}"))
    }

    /// The platform's own id, if this number was made from one of the given kind.
    pub fn platform_id(&self, kind: CaseKind) -> Option<u64> {
        let prefix = match kind {
            CaseKind::Comment => "C-",
            CaseKind::Request => "S-",
            CaseKind::Duty(_) => return None,
        };
        self.0.strip_prefix(prefix)?.parse().ok()
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What kind of question, or of duty, a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKind {
    /// 我有話要說: an opinion on a published dataset.
    Comment,
    /// 我想要更多: a wish for data that is not open yet.
    Request,
    /// Another dated duty, as the config defines it under this word.
    Duty(DutyWord),
}

/// The word of a kind that the config defines: `takedown`. Small enough to be copied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DutyWord([u8; DutyWord::LONGEST]);

impl DutyWord {
    /// How many letters a word can have.
    pub const LONGEST: usize = 24;

    fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let mut word = [0; Self::LONGEST];
        word.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        (begins && text.bytes().all(fits)).then_some(Self(word))
    }

    fn as_str(&self) -> &str {
        let letters = self.0.split(|b| *b == 0).next().unwrap_or_default();
        std::str::from_utf8(letters).unwrap_or_default()
    }
}

impl fmt::Debug for DutyWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl CaseKind {
    /// The word used in JSON, in the store and in the config.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Comment => "comment",
            Self::Request => "request",
            Self::Duty(word) => word.as_str(),
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes: lower-case letters, digits and `_`, at
    /// most [`DutyWord::LONGEST`]. Whether the config knows such a kind is asked of
    /// [`Kinds`](super::kind::Kinds).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "comment" => Some(Self::Comment),
            "request" => Some(Self::Request),
            _ => DutyWord::parse(text).map(Self::Duty),
        }
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// Waiting for its answer.
    Open,
    /// The officer has said that it is in hand.
    Acknowledged,
    /// The clock stands still while the citizen is asked.
    OnHold,
    /// Answered (已回復).
    Replied,
    /// Closed (結案).
    Closed,
    /// No longer ours, or taken back.
    Withdrawn,
}

impl CaseState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Acknowledged,
        Self::OnHold,
        Self::Replied,
        Self::Closed,
        Self::Withdrawn,
    ];

    /// The word used in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::OnHold => "on_hold",
            Self::Replied => "replied",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether an answer is still owed.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged | Self::OnHold)
    }
}

/// How we know the day on which the clock started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A source gave the day of assignment.
    Given,
    /// The first poll that saw it assigned, after one that saw it unassigned.
    Observed,
    /// The day it was posted: the earliest possible, so never late by our mistake.
    Posted,
    /// A person said so.
    ByHand,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 4] = [Self::Given, Self::Observed, Self::Posted, Self::ByHand];

    /// The word used in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Observed => "observed",
            Self::Posted => "posted",
            Self::ByHand => "by_hand",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == text)
    }
}

/// Day zero of a case, and how we know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartDay {
    /// The day that is not counted (始日不計算在內).
    pub on: NaiveDate,
    /// How we know it.
    pub origin: Origin,
}

/// The dataset a comment speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The platform's number (資料集識別碼, `nid`).
    pub nid: u64,
    /// 資料集名稱.
    pub title: String,
}

/// One citizen's question, as far as jicui needs to know it: never the body, never a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// 案號.
    pub number: CaseNumber,
    /// Comment, request, or a duty.
    pub kind: CaseKind,
    /// The citizen's title: for the unit that answers; never for a log.
    pub title: String,
    /// The agency it was assigned to (提供機關, 實際派發機關).
    pub agency: String,
    /// The dataset a comment speaks of.
    pub dataset: Option<Dataset>,
    /// Its page on the platform.
    pub url: String,
    /// When the citizen posted it, in Taipei.
    pub posted_at: Option<NaiveDateTime>,
    /// The day it was first assigned.
    pub assigned_on: NaiveDate,
    /// Day zero of the current round.
    pub start: StartDay,
    /// 1, and one more for each 再回復.
    pub round: u32,
    /// Where it stands.
    pub state: CaseState,
    /// When the current round was answered.
    pub replied_at: Option<DateTime<Utc>>,
    /// When jicui first saw it, or saw the current round begin.
    pub first_seen_at: DateTime<Utc>,
    /// Since when the platform no longer shows it.
    pub vanished_at: Option<DateTime<Utc>>,
    /// What people did to the current round.
    pub handling: Handling,
}

impl Case {
    /// Whether the platform can show it: its number was made from one of the platform's.
    pub fn is_on_platform(&self) -> bool {
        self.number.platform_id(self.kind).is_some()
    }

    /// The day of the answer to its present round, in Taipei; none where nobody knows it, or where an earlier build
    /// took an older answer for it.
    pub fn answered_on(&self) -> Option<NaiveDate> {
        self.replied_at.map(day_in_taipei).filter(|on| *on >= self.start.on)
    }

    /// Another has it now, who has not said yet that it is in hand.
    pub fn change_hands(&mut self) {
        if self.state == CaseState::Acknowledged {
            self.state = CaseState::Open;
        }
        if let Some(hold) = self.handling.holds.last_mut() {
            hold.was_acknowledged = false;
        }
    }

    /// Whether its deadline is its own, and not that of all cases of its kind and agency whose
    /// clock started on the same day.
    pub fn has_own_clock(&self) -> bool {
        self.round > 1 || self.handling.moves_clock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_platform_is_the_same_however_it_is_typed() {
        for (typed, number) in [
            ("C-558380", "C-558380"),
            ("c-558380", "C-558380"),
            ("s-000558381", "S-558381"),
            ("M-115-0001", "M-115-0001"),
            ("c-1a", "c-1a"),
            ("C-99999999999999999999", "C-99999999999999999999"),
        ] {
            assert_eq!(CaseNumber::parse(typed).unwrap().as_str(), number);
        }
    }

    #[test]
    fn a_kind_is_a_small_word_that_reads_back() {
        for word in ["comment", "request", "takedown", "a", "competition_request", "b2"] {
            assert_eq!(CaseKind::parse(word).unwrap().as_str(), word);
        }
        let longest = "a".repeat(DutyWord::LONGEST);
        assert_eq!(CaseKind::parse(&longest).unwrap().as_str(), longest);
        for word in ["", "Takedown", "2b", "下架", "a b", "a\0", &"a".repeat(25)] {
            assert_eq!(CaseKind::parse(word), None, "{word}");
        }
        assert_eq!(format!("{:?}", CaseKind::parse("badge").unwrap()), "Duty(badge)");
        assert!(size_of::<CaseKind>() <= 32);
    }
}
