//! What one look at a source brings.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};

use super::super::case::{CaseKind, CaseNumber, Dataset};

/// Whether a case has been given to its agency (分派狀態).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Not yet: the clock does not run.
    Awaited,
    /// It has, on this day if the source says which.
    Made(Option<NaiveDate>),
}

/// What the source says of the answer (回復狀態).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyStatus {
    /// 未回復, 處理中, 研議中.
    Unanswered,
    /// 已回復, at this moment in Taipei if the source says when.
    Answered(Option<NaiveDateTime>),
    /// 再回復: the citizen was not content; the agency must answer again.
    AskedAgain,
    /// Nothing at all: of a case not known to be answered, that it is not.
    NotShown,
}

/// A case as a source shows it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCase {
    /// 案號.
    pub number: CaseNumber,
    /// Comment, request, or a duty.
    pub kind: CaseKind,
    /// The citizen's title.
    pub title: String,
    /// The agency, empty while nobody has it.
    pub agency: String,
    /// The dataset a comment speaks of.
    pub dataset: Option<Dataset>,
    /// Its page on the platform.
    pub url: String,
    /// When it was posted, in Taipei.
    pub posted_at: Option<NaiveDateTime>,
    /// 分派狀態.
    pub assignment: Assignment,
    /// 回復狀態.
    pub reply: ReplyStatus,
    /// When the agency answered again after the answer that `reply` tells of, oldest first, where the source says.
    pub later_answers: Vec<NaiveDateTime>,
}

/// One row that could not be read; the rest of the page stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The row's own id, or where it stood: `cid 558380`, `row 7`.
    pub row: String,
    /// What is wrong with it, without the citizen's words.
    pub fault: String,
}

/// How a list that is read in its turn was read, as it is remembered between looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// When every row of it was last read; `None` if never, or not since one could not be.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was last asked for, whatever came of it.
    pub tried_at: Option<DateTime<Utc>>,
    /// Since when it cannot be had at all.
    pub failing_since: Option<DateTime<Utc>>,
}

impl Reading {
    /// It was had; `is_whole` if every row could be read.
    pub fn had(is_whole: bool, now: DateTime<Utc>) -> Self {
        Self { read_at: is_whole.then_some(now), tried_at: Some(now), failing_since: None }
    }

    /// It could not be had.
    #[must_use]
    pub fn failed(self, now: DateTime<Utc>) -> Self {
        let failing_since = self.failing_since.or(Some(now));
        Self { tried_at: Some(now), failing_since, ..self }
    }

    /// The same without what a clock wrote that was ahead of `now`: it would have no turn again before that day.
    #[must_use]
    pub fn known_by(self, now: DateTime<Utc>) -> Self {
        let past = |at: &DateTime<Utc>| *at <= now;
        Self {
            read_at: self.read_at.filter(past),
            tried_at: self.tried_at.filter(past),
            failing_since: self.failing_since.map(|since| since.min(now)),
        }
    }

    /// Whether something of it was asked for in vain when it was last tried.
    pub fn is_wanting(&self) -> bool {
        self.failing_since.is_some() || (self.read_at.is_none() && self.tried_at.is_some())
    }
}

/// Everything one look at a source brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The cases shown.
    pub seen: Vec<SeenCase>,
    /// Known cases that were looked for where they belong, and not found.
    pub missing: Vec<CaseNumber>,
    /// Rows that could not be read.
    pub faults: Vec<RowFault>,
    /// The requests that were read, whoever has them.
    pub requests: Requests,
}

/// Requests of the whole country, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    read: usize,
    answered: usize,
}

impl Requests {
    /// So many without an answer among them are no chance.
    const MANY: usize = 10;

    /// Takes down what these show.
    pub fn count(&mut self, seen: &[SeenCase]) {
        let is_answered = |seen: &&SeenCase| {
            matches!(seen.reply, ReplyStatus::Answered(_) | ReplyStatus::AskedAgain)
        };
        self.read += seen.len();
        self.answered += seen.iter().filter(is_answered).count();
    }

    /// Whether there are many, and none of them is shown as answered.
    pub fn show_no_answer(&self) -> bool {
        self.read >= Self::MANY && self.answered == 0
    }
}

impl Observation {
    /// Makes faults of the cases whose day is yet to come, and returns them: nobody would be reminded of them
    /// before. An answer that is older than its question was given at a time that nobody knows. Clocks may
    /// differ by a day.
    pub fn refuse_days_to_come(&mut self, today: NaiveDate) -> Vec<SeenCase> {
        let tomorrow = today + Days::new(1);
        let is_to_come = |seen: &SeenCase| {
            let given = match seen.assignment {
                Assignment::Made(given) => given,
                Assignment::Awaited => None,
            };
            let posted = seen.posted_at.map(|at| at.date());
            given.into_iter().chain(posted).any(|day| day > tomorrow)
        };
        let refused: Vec<SeenCase> = self.seen.extract_if(.., |seen| is_to_come(seen)).collect();
        for seen in &refused {
            let fault = "its day lies in the future".to_owned();
            self.faults.push(RowFault { row: seen.number.to_string(), fault });
        }
        for seen in &mut self.seen {
            if let ReplyStatus::Answered(Some(at)) = seen.reply
                && seen.posted_at.is_some_and(|posted| at.date() < posted.date())
            {
                seen.reply = ReplyStatus::Answered(None);
            }
        }
        refused
    }
}
