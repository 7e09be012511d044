//! The work calendar: which days are workdays, and counting them in constant time.
//!
//! Two arrays answer everything: how many workdays lie before a day (rank), and which day is the
//! k-th workday (select). They are rebuilt whole on every edit and never changed.
//!
//! Rules: 行政程序法 §48 (the first day is left out); a make-up Saturday counts; a closure by the
//! local government is not a workday unless the office's policy says so.

mod closure;
mod regions;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::publication::{DayKind, PublishedYear, is_weekend};
pub use closure::{Closure, ClosurePolicy, DayPart};
pub use regions::Calendars;

/// The years the calendar can speak of. Feedback on the platform begins years after the first; the last
/// is far enough for any deadline, near enough to stay small.
pub const YEARS: RangeInclusive<i32> = 2000..=2059;
const FIRST_DAY: NaiveDate = day(*YEARS.start(), 1, 1);
const LAST_DAY: NaiveDate = day(*YEARS.end(), 12, 31);
/// `FIRST_DAY` counted from the first day of the common era, as chrono counts.
const FIRST_DAY_CE: i32 = 730_120;

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// A date or a count that the calendar cannot answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Before 2000 or after 2059.
    #[error("{0} lies outside the years the calendar can count (2000 to 2059)")]
    OutOfRange(NaiveDate),
    /// The count runs past the end of 2059.
    #[error("{workdays} workdays after {from} lie beyond 2059")]
    TooFar {
        /// Where the count started.
        from: NaiveDate,
        /// How many workdays were asked for.
        workdays: u32,
    },
}

/// One day, and everything the calendar knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarDay {
    /// The day.
    pub date: NaiveDate,
    /// Why it counts as it does.
    pub kind: DayKind,
    /// Whether it counts toward a deadline.
    pub workday: bool,
    /// The published note or the closure's reason; empty for an ordinary day.
    pub note: String,
    /// Whether its year is published; if not, Monday to Friday is only a guess.
    pub published: bool,
    /// The file that said so; `None` for an unpublished year.
    pub source: Option<Arc<str>>,
    /// The closure that applies, also when the day counts all the same.
    pub closure: Option<Closure>,
}

/// A counted day of a deadline's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedDay {
    /// The day itself.
    pub day: CalendarDay,
    /// Its number, or `None` if it does not count.
    pub count: Option<u32>,
    /// A workday on which the clock stood still (暫停計時).
    pub held: bool,
    /// It counts toward an extension (展延).
    pub extended: bool,
}

/// A day reached by counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The day.
    pub on: NaiveDate,
    /// The count crossed a year that is not published: the day is the earliest it can be.
    pub provisional: bool,
}

/// A bit for each year of the horizon up to and with `year`.
fn years_up_to(year: i32) -> u64 {
    let years = u32::try_from(year - FIRST_DAY.year() + 1).unwrap_or(0);
    1u64.checked_shl(years).map_or(u64::MAX, |next| next - 1)
}

/// The work calendar of one region.
#[derive(Clone, Debug)]
pub struct WorkCalendar {
    years: BTreeMap<i32, Arc<PublishedYear>>,
    closures: BTreeMap<NaiveDate, Closure>,
    policy: ClosurePolicy,
    /// Workdays before each day of the horizon.
    rank: Vec<u32>,
    /// Each workday of the horizon.
    select: Vec<NaiveDate>,
    /// One bit for each year of the horizon that is published.
    published: u64,
}

impl WorkCalendar {
    /// Builds the calendar from published years and the closures that apply to one place.
    ///
    /// Where several closures name one day, a whole day beats a half, and its two halves are the whole.
    pub fn new(
        years: impl IntoIterator<Item = Arc<PublishedYear>>,
        closures: impl IntoIterator<Item = Closure>,
        policy: ClosurePolicy,
    ) -> Self {
        let mut by_day: BTreeMap<NaiveDate, Closure> = BTreeMap::new();
        for closure in closures {
            match by_day.entry(closure.date) {
                Entry::Vacant(entry) => drop(entry.insert(closure)),
                Entry::Occupied(mut entry) => entry.get_mut().add(closure),
            }
        }
        let mut calendar = Self {
            years: years.into_iter().map(|year| (year.year(), year)).collect(),
            closures: by_day,
            policy,
            rank: Vec::new(),
            select: Vec::new(),
            published: 0,
        };
        calendar.rebuild();
        calendar
    }

    fn rebuild(&mut self) {
        let mut workdays = 0;
        for date in FIRST_DAY.iter_days().take_while(|date| *date <= LAST_DAY) {
            self.rank.push(workdays);
            if self.counts(date) {
                self.select.push(date);
                workdays += 1;
            }
        }
        // They are there as long as the process.
        self.rank.shrink_to_fit();
        self.select.shrink_to_fit();
        self.published =
            self.years.keys().map(|year| years_up_to(*year) ^ years_up_to(*year - 1)).sum();
    }

    /// Whether `date` counts, read from the rules and not from the arrays.
    fn counts(&self, date: NaiveDate) -> bool {
        let published = match self.years.get(&date.year()).and_then(|year| year.day(date)) {
            Some(day) => !day.off,
            None => !is_weekend(date),
        };
        let closed = self.closures.get(&date);
        published && closed.is_none_or(|closure| self.policy.counts(closure))
    }

    fn index(date: NaiveDate) -> Result<usize, CalendarError> {
        usize::try_from(date.num_days_from_ce() - FIRST_DAY_CE)
            .ok()
            .filter(|_| date <= LAST_DAY)
            .ok_or(CalendarError::OutOfRange(date))
    }

    /// Whether `date` counts toward a deadline. Outside the horizon: Monday to Friday.
    pub fn is_workday(&self, date: NaiveDate) -> bool {
        self.counts(date)
    }

    /// Whether the offices are open at all on `date`: a closed day is not, even where it counts.
    pub fn is_open(&self, date: NaiveDate) -> bool {
        self.day(date).kind.is_work()
    }

    /// The `workdays`-th workday after `start`; `start` itself is day zero.
    ///
    /// Constant time. Zero workdays is `start` itself.
    pub fn add_workdays(&self, start: NaiveDate, workdays: u32) -> Result<Counted, CalendarError> {
        let index = Self::index(start)?;
        if workdays == 0 {
            return Ok(Counted { on: start, provisional: false });
        }
        let too_far = CalendarError::TooFar { from: start, workdays };
        let through_start = self.rank.get(index + 1).copied().ok_or(too_far)?;
        let nth = through_start.checked_add(workdays - 1).ok_or(too_far)?;
        let on = self.select.get(nth as usize).copied().ok_or(too_far)?;
        Ok(Counted { on, provisional: self.crosses_unpublished(start, on) })
    }

    /// Workdays after `from` up to and with `to`; negative when `to` lies before `from`.
    ///
    /// The inverse of [`add_workdays`](Self::add_workdays) for every workday.
    pub fn workdays_between(&self, from: NaiveDate, to: NaiveDate) -> Result<i64, CalendarError> {
        Ok(self.through(to)? - self.through(from)?)
    }

    /// Workdays up to and with `date`.
    fn through(&self, date: NaiveDate) -> Result<i64, CalendarError> {
        let index = Self::index(date)?;
        let before = self.rank.get(index).copied().ok_or(CalendarError::OutOfRange(date))?;
        Ok(i64::from(before) + i64::from(self.counts(date)))
    }

    fn crosses_unpublished(&self, start: NaiveDate, end: NaiveDate) -> bool {
        let first = start.succ_opt().unwrap_or(start).year();
        let crossed = years_up_to(end.year()) & !years_up_to(first - 1);
        crossed & !self.published != 0
    }

    /// Everything known of one day.
    pub fn day(&self, date: NaiveDate) -> CalendarDay {
        let year = self.years.get(&date.year());
        let published = year.and_then(|year| year.day(date));
        let (kind, note) = match published {
            Some(day) => (day.kind(date), day.note.clone()),
            None if is_weekend(date) => (DayKind::Weekend, String::new()),
            None => (DayKind::Workday, String::new()),
        };
        let mut day = CalendarDay {
            date,
            kind,
            workday: self.counts(date),
            note,
            published: published.is_some(),
            source: year.map(|year| Arc::clone(year.source())),
            closure: None,
        };
        if let Some(closure) = self.closures.get(&date).filter(|_| kind.is_work()) {
            if closure.part.is_none() || !day.workday {
                day.kind = DayKind::Closure;
            }
            day.note.clone_from(&closure.reason);
            day.source = Some(Arc::clone(&closure.source));
            day.closure = Some(closure.clone());
        }
        day
    }

    /// The account of a count: every day after `start` to the due day, with its number or none.
    pub fn explain(
        &self,
        start: NaiveDate,
        workdays: u32,
    ) -> Result<Vec<CountedDay>, CalendarError> {
        let due = self.add_workdays(start, workdays)?.on;
        let mut count = 0;
        Ok(start
            .iter_days()
            .skip(1)
            .take_while(|date| *date <= due)
            .map(|date| {
                let day = self.day(date);
                count += u32::from(day.workday);
                CountedDay {
                    count: day.workday.then_some(count),
                    day,
                    held: false,
                    extended: false,
                }
            })
            .collect())
    }

    /// The last open day on or before `date`.
    pub fn last_open(&self, date: NaiveDate) -> NaiveDate {
        let days = std::iter::successors(Some(date), NaiveDate::pred_opt);
        days.take(60).find(|day| self.is_open(*day)).unwrap_or(date)
    }

    /// Whether the calendar of `year` is published.
    pub fn is_published(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// The published years, oldest first.
    pub fn published_years(&self) -> impl Iterator<Item = &Arc<PublishedYear>> {
        self.years.values()
    }

    /// Every closure in force here, oldest first.
    pub fn closures(&self) -> impl Iterator<Item = &Closure> {
        self.closures.values()
    }

    /// Workdays in `year`, closures taken off; an unpublished year by Monday to Friday.
    pub fn workdays_in(&self, year: i32) -> usize {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(FIRST_DAY);
        let days = first.iter_days().take_while(|date| date.year() == year);
        days.filter(|date| self.counts(*date)).count()
    }
}

#[cfg(test)]
mod tests;
