//! A year of the office calendar, or a month of one.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::calendar::{CalendarDay, WorkCalendar};

/// A year, or one month of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Year {
    /// Which year.
    pub year: i32,
    /// Whether it is published; else Monday to Friday is a guess.
    pub published: bool,
    /// How many of the days are workdays.
    pub workdays: usize,
    /// Every day.
    pub days: Vec<Day>,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    /// Which day.
    pub date: NaiveDate,
    /// Whether it counts.
    pub workday: bool,
    /// `workday`, `weekend`, `holiday`, `substitute_holiday`, `bridge_holiday`, `makeup_workday` or
    /// `closure`.
    pub kind: &'static str,
    /// What the calendar says of it.
    pub note: String,
}

impl From<&CalendarDay> for Day {
    fn from(day: &CalendarDay) -> Self {
        Self {
            date: day.date,
            workday: day.workday,
            kind: day.kind.as_str(),
            note: day.note.clone(),
        }
    }
}

/// The days of a year, or of one month of it.
pub fn days(calendar: &WorkCalendar, year: i32, month: Option<u32>) -> Vec<CalendarDay> {
    let first = NaiveDate::from_ymd_opt(year, month.unwrap_or(1), 1);
    let is_within =
        |date: &NaiveDate| date.year() == year && month.is_none_or(|month| date.month() == month);
    let days = first.into_iter().flat_map(|first| first.iter_days().take_while(is_within));
    days.map(|date| calendar.day(date)).collect()
}

impl Year {
    /// `year` with these of its days.
    pub fn of(calendar: &WorkCalendar, year: i32, days: &[CalendarDay]) -> Self {
        Self {
            year,
            published: calendar.is_published(year),
            workdays: days.iter().filter(|day| day.workday).count(),
            days: days.iter().map(Day::from).collect(),
        }
    }
}
