//! What the office has decided of each kind of case: data, so that no kind has code of its own.

use chrono::{Datelike, NaiveDate};

use super::calendar::{CalendarError, Counted, WorkCalendar};
use super::case::CaseKind;
use super::escalation::Policy;

/// How the due day is found where nobody set one for the case itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Workdays after day zero.
    pub workdays: u32,
    /// Fixed days: the first from day zero on counts; the workdays, where none is left.
    pub dates: Vec<FixedDay>,
}

/// A day that no counting finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixedDay {
    /// This day.
    Once(NaiveDate),
    /// This month and day of every year.
    Yearly(u32, u32),
}

impl FixedDay {
    /// The first such day from `day` on.
    pub fn from(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Once(date) => Some(date).filter(|date| *date >= day),
            Self::Yearly(..) => {
                let this = self.in_year(day.year()).filter(|date| *date >= day);
                this.or_else(|| self.in_year(day.year() + 1))
            }
        }
    }

    /// The last such day up to and with `day`.
    pub fn until(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Once(date) => Some(date).filter(|date| *date <= day),
            Self::Yearly(..) => {
                let this = self.in_year(day.year()).filter(|date| *date <= day);
                this.or_else(|| self.in_year(day.year() - 1))
            }
        }
    }

    fn in_year(self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Once(date) => Some(date),
            Self::Yearly(month, day) => NaiveDate::from_ymd_opt(year, month, day),
        }
    }
}

impl Limit {
    /// How many workdays a clock has that started on `start`.
    ///
    /// A fixed day that is a day off gives its place to the next workday (行政程序法 §48).
    pub fn workdays(
        &self,
        start: NaiveDate,
        calendar: &WorkCalendar,
    ) -> Result<u32, CalendarError> {
        let next = self.dates.iter().filter_map(|day| day.from(start)).min();
        next.map_or(Ok(self.workdays), |day| workdays_until(day, start, calendar))
    }
}

/// How many workdays there are from `start` until the end of `day`, or of the next workday.
pub fn workdays_until(
    day: NaiveDate,
    start: NaiveDate,
    calendar: &WorkCalendar,
) -> Result<u32, CalendarError> {
    let workdays = calendar.workdays_between(start, workday_from(day, calendar)?.on)?;
    Ok(u32::try_from(workdays).unwrap_or(0))
}

/// `day`, or the next workday where it is none.
pub fn workday_from(day: NaiveDate, calendar: &WorkCalendar) -> Result<Counted, CalendarError> {
    let eve = day.pred_opt().ok_or(CalendarError::OutOfRange(day))?;
    calendar.add_workdays(eve, 1)
}

/// A thing that must be done and signed for before a case is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistItem {
    /// A short name that never changes: `approval`.
    pub word: String,
    /// The name people know.
    pub name: String,
    /// Who signs.
    pub signer: String,
}

/// What opens cases of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opener {
    /// A person, and nothing else.
    Hand,
    /// A dataset of ours was taken down.
    DatasetGone,
    /// A dataset was not updated as often as it says.
    DatasetStale,
    /// A number of the config is not reached yet.
    TargetShort,
    /// A day is near, and datasets of a unit have no badge that is good enough.
    BadgeLow,
    /// A day is near.
    Dates,
}

impl Opener {
    /// Every opener.
    pub const ALL: [Self; 6] = [
        Self::Hand,
        Self::DatasetGone,
        Self::DatasetStale,
        Self::TargetShort,
        Self::BadgeLow,
        Self::Dates,
    ];

    /// The word used in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::DatasetGone => "dataset_gone",
            Self::DatasetStale => "dataset_stale",
            Self::TargetShort => "target_short",
            Self::BadgeLow => "badge_low",
            Self::Dates => "dates",
        }
    }
}

/// What an opener goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// So many workdays before one of the fixed days its cases are opened.
    pub open_workdays_before: u32,
    /// The numbers to be reached.
    pub targets: Vec<Target>,
    /// The badges that are good enough, by the platform's words.
    pub good_badges: Vec<String>,
    /// After how many days without an update a dataset is stale, by the platform's words for how
    /// often it is updated.
    pub update_days: Vec<(String, u32)>,
}

/// A number that an agency shall reach within a year (行動方案目標).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The agency, by any of its names.
    pub agency: String,
    /// The unit that sees to it, where the directory shall not decide.
    pub unit: Option<String>,
    /// The year.
    pub year: i32,
    /// What is counted, for people: 開放資料集數.
    pub name: String,
    /// The number.
    pub number: u32,
    /// How it is known how far it is.
    pub measure: Measure,
}

/// How it is known how far a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The datasets of the agency that the platform lists.
    Datasets,
    /// A person says so.
    ByHand,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 2] = [Self::Datasets, Self::ByHand];

    /// The word used in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Datasets => "datasets",
            Self::ByHand => "hand",
        }
    }
}

/// A kind of duty, as the config defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its word.
    pub kind: CaseKind,
    /// The name people know: 下架.
    pub name: String,
    /// What its case numbers begin with: `T` for `T-1`.
    pub prefix: String,
    /// What a unit is asked to do by the due day: 完成下架程序.
    pub action: String,
    /// How the due day is found.
    pub limit: Limit,
    /// Its own ladder; `None` for the default one.
    pub policy: Option<Policy>,
    /// What must be ticked before a case is done; empty where an answer does it.
    pub checklist: Vec<ChecklistItem>,
    /// What opens its cases; a person always can.
    pub opened_by: Opener,
    /// What that goes by.
    pub terms: Terms,
    /// The title of its section in a report; `None` for no section.
    pub section: Option<String>,
}

impl Kind {
    /// The item of its checklist with this word.
    pub fn item(&self, word: &str) -> Option<&ChecklistItem> {
        self.checklist.iter().find(|item| item.word == word)
    }
}

/// The duties that the config defines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds(pub Vec<Kind>);

impl Kinds {
    /// The duty of this kind; `None` for the platform's own kinds, and for one that is no longer
    /// in the config.
    pub fn duty(&self, kind: CaseKind) -> Option<&Kind> {
        self.0.iter().find(|duty| duty.kind == kind)
    }

    /// Whether the config, or the platform, has such a kind.
    pub fn knows(&self, kind: CaseKind) -> bool {
        !matches!(kind, CaseKind::Duty(_)) || self.duty(kind).is_some()
    }

    /// Every word a kind can be named by.
    pub fn words(&self) -> Vec<&str> {
        let duties = self.0.iter().map(|duty| duty.kind.as_str());
        ["comment", "request"].into_iter().chain(duties).collect()
    }
}

#[cfg(test)]
mod tests;
