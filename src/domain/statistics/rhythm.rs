//! Reports that go out by themselves: of which period, and since when.

use chrono::{Days, NaiveDateTime, NaiveTime};

use super::super::calendar::WorkCalendar;
use super::period::{Period, last_ended};

/// A report is not sent later than this many days after its day: who turns one on, or comes back from
/// a long sleep, is not given an old one as news.
const LATEST_DAYS: i64 = 31;

/// How often a report goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rhythm {
    /// Of the month before.
    Monthly,
    /// Of the period between two meetings of the advisory group.
    HalfYearly,
}

impl Rhythm {
    /// The word in keys and in the outbox.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::HalfYearly => "half-yearly",
        }
    }
}

/// Which reports go out by themselves, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRules {
    /// Each month.
    pub monthly: bool,
    /// Each half year.
    pub half_yearly: bool,
    /// The months with whose first day a half-yearly period begins, 1 to 12.
    pub periods_begin: Vec<u32>,
    /// At what time of the first workday after the period.
    pub at: NaiveTime,
}

/// A report that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueReport {
    /// Why.
    pub rhythm: Rhythm,
    /// Of which period.
    pub period: Period,
    /// Since when, in Taipei.
    pub since: NaiveDateTime,
}

/// The reports that are due at `now`, whether they were sent or not.
pub fn due(rules: &ReportRules, calendar: &WorkCalendar, now: NaiveDateTime) -> Vec<DueReport> {
    let every_month: Vec<u32> = (1..=12).collect();
    let wanted = [
        (rules.monthly, Rhythm::Monthly, &every_month),
        (rules.half_yearly, Rhythm::HalfYearly, &rules.periods_begin),
    ];
    let report = |(_, rhythm, begins): (bool, Rhythm, &Vec<u32>)| {
        let period = last_ended(begins, now.date())?;
        let mut days = (period.to() + Days::new(1)).iter_days().take(60);
        let since = days.find(|day| calendar.is_open(*day))?.and_time(rules.at);
        let is_due = since <= now && (now - since).num_days() <= LATEST_DAYS;
        is_due.then_some(DueReport { rhythm, period, since })
    };
    wanted.into_iter().filter(|(is_wanted, ..)| *is_wanted).filter_map(report).collect()
}
