//! A stretch of days to be reported, and the ones it is compared with.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};

/// Longer than this nobody reports at once.
const AT_MOST_YEARS: u32 = 50;

/// A stretch of days, the first and the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

/// Two days that make no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPeriod {
    /// The last day comes before the first.
    #[error("the period ends on {to}, before it starts on {from}: exchange the two days")]
    EndsBeforeItStarts {
        /// Its first day.
        from: NaiveDate,
        /// Its last day.
        to: NaiveDate,
    },
    /// More than half a century, or in a year that is not written with four digits: so near an end of
    /// time nothing may come before it, or after.
    #[error(
        "{from} to {to} is no period to be reported: at most {AT_MOST_YEARS} years, from 1000 to 9999"
    )]
    TooLong {
        /// Its first day.
        from: NaiveDate,
        /// Its last day.
        to: NaiveDate,
    },
}

/// A period, and those that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The period itself.
    pub period: Period,
    /// The one before.
    pub before: Period,
    /// The same of the year before.
    pub year_earlier: Period,
}

impl From<Period> for Compared {
    fn from(period: Period) -> Self {
        Self { period, before: period.before(), year_earlier: period.year_earlier() }
    }
}

/// A month of a year (Western).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The Western year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// The month in which `day` lies.
    pub fn of(day: NaiveDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Period {
    /// From `from` to `to`, both included.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, NotAPeriod> {
        if to < from {
            return Err(NotAPeriod::EndsBeforeItStarts { from, to });
        }
        let fits = to.years_since(from).is_some_and(|years| years < AT_MOST_YEARS);
        if !fits || from.year() < 1000 || to.year() > 9999 {
            return Err(NotAPeriod::TooLong { from, to });
        }
        Ok(Self { from, to })
    }

    /// Its first day.
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// Its last day.
    pub fn to(self) -> NaiveDate {
        self.to
    }

    /// Whether `day` lies in it.
    pub fn contains(self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Every month it touches, in order.
    pub fn months(self) -> Vec<Month> {
        let last = Month::of(self.to);
        let months = std::iter::successors(Some(Month::of(self.from)), |month| Some(month.next()));
        months.take_while(|month| *month <= last).collect()
    }

    /// The period of the same length just before: as many months if it is made of whole months, as
    /// many days otherwise.
    #[must_use]
    pub fn before(self) -> Self {
        let to = self.from - Days::new(1);
        let from = if self.is_whole_months() {
            let months = u32::try_from(self.months().len()).unwrap_or(u32::MAX);
            self.from.checked_sub_months(Months::new(months))
        } else {
            let days = (self.to - self.from).num_days().unsigned_abs();
            to.checked_sub_days(Days::new(days))
        };
        Self { from: from.unwrap_or(to), to }
    }

    /// The same days a year earlier; the end of a month stays the end of that month.
    #[must_use]
    pub fn year_earlier(self) -> Self {
        let earlier = |day: NaiveDate| day.checked_sub_months(Months::new(12)).unwrap_or(day);
        let to = if is_last_of_month(self.to) {
            last_of_month(earlier(self.to))
        } else {
            earlier(self.to)
        };
        Self { from: earlier(self.from), to }
    }

    fn is_whole_months(self) -> bool {
        self.from.day() == 1 && is_last_of_month(self.to)
    }
}

fn is_last_of_month(day: NaiveDate) -> bool {
    (day + Days::new(1)).day() == 1
}

fn last_of_month(day: NaiveDate) -> NaiveDate {
    day.iter_days().find(|day| is_last_of_month(*day)).unwrap_or(day)
}

/// The last period that was over before `today`, where a period begins on the first day of each of
/// `beginnings` (1 to 12) and runs to the day before the next.
pub fn last_ended(beginnings: &[u32], today: NaiveDate) -> Option<Period> {
    let begins = |day: &NaiveDate| day.day() == 1 && beginnings.contains(&day.month());
    let backwards = std::iter::successors(today.with_day(1), NaiveDate::pred_opt);
    let mut starts = backwards.take(3 * 366).filter(begins);
    let next = starts.next()?;
    Some(Period { from: starts.next()?, to: next.pred_opt()? })
}
