//! What another calendar would change: days, and the open cases whose deadline moves.

use chrono::{Datelike, NaiveDate};

use super::calendar::{CalendarDay, CalendarError, Calendars, WorkCalendar};
use super::case::{Case, CaseKind, CaseNumber};
use super::publication::DayKind;
use super::reminder::{Recipient, Rules};

/// A day that one calendar sees differently from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayChange {
    /// The day as it was.
    pub before: CalendarDay,
    /// The day as it is.
    pub after: CalendarDay,
    /// The region that sees it so; `None` for the whole country.
    pub region: Option<String>,
}

/// Every day that counts or reads differently: nationally, then where a region differs otherwise.
pub fn changed_days(before: &Calendars, after: &Calendars) -> Vec<DayChange> {
    let mut changes = differences(before.national(), after.national(), None);
    let everywhere = changes.clone();
    let of =
        |change: &DayChange| (change.after.date, meaning(&change.before), meaning(&change.after));
    let is_like_everywhere =
        |here: &DayChange| everywhere.iter().any(|there| of(here) == of(there));
    let mut regions: Vec<&str> = before.regions().chain(after.regions()).collect();
    regions.sort_unstable();
    regions.dedup();
    for region in regions {
        let there = (before.of(Some(region)), after.of(Some(region)));
        let here = differences(there.0, there.1, Some(region)).into_iter();
        changes.extend(here.filter(|change| !is_like_everywhere(change)));
    }
    changes
}

/// What a day is to those who count it.
fn meaning(day: &CalendarDay) -> (DayKind, bool, String, bool) {
    (day.kind, day.workday, day.note.clone(), day.published)
}

fn differences(
    before: &WorkCalendar,
    after: &WorkCalendar,
    region: Option<&str>,
) -> Vec<DayChange> {
    let days = days_spoken_of(before, after).into_iter();
    let pair = |date| (before.day(date), after.day(date));
    let differs = |(before, after): &(CalendarDay, CalendarDay)| meaning(before) != meaning(after);
    let region = region.map(ToOwned::to_owned);
    days.map(pair)
        .filter(differs)
        .map(|(before, after)| DayChange { before, after, region: region.clone() })
        .collect()
}

/// The days of every year that differs, and the days of every closure.
fn days_spoken_of(before: &WorkCalendar, after: &WorkCalendar) -> Vec<NaiveDate> {
    let year = |calendar: &WorkCalendar, year| {
        calendar.published_years().find(|known| known.year() == year).cloned()
    };
    let years = before.published_years().chain(after.published_years());
    let changed = years.map(|known| known.year()).filter(|known| {
        let (a, b) = (year(before, *known), year(after, *known));
        !matches!((a, b), (Some(a), Some(b)) if a.has_days_of(&b))
    });
    let mut days: Vec<NaiveDate> = changed.flat_map(days_of).collect();
    days.extend(before.closures().chain(after.closures()).map(|closure| closure.date));
    days.sort_unstable();
    days.dedup();
    days
}

fn days_of(year: i32) -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1);
    first.into_iter().flat_map(move |day| day.iter_days().take_while(move |d| d.year() == year))
}

/// Open cases of one kind and agency whose clock started on one day: they are due together. A case
/// in its second round, extended, held or given to another unit has a clock of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningClock {
    /// Comment, request, or a duty.
    pub kind: CaseKind,
    /// The agency, as the platform writes it.
    pub agency: String,
    /// Day zero.
    pub starts_on: NaiveDate,
    /// The only case of this clock, if it is a case's own.
    pub own: Option<Box<Case>>,
}

impl RunningClock {
    /// The clock of one case alone.
    pub fn of(case: Case) -> Self {
        let (kind, agency, starts_on) = (case.kind, case.agency.clone(), case.start.on);
        Self { kind, agency, starts_on, own: Some(Box::new(case)) }
    }
}

/// Where a deadline lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDay {
    /// The due day.
    pub on: NaiveDate,
    /// The count crossed an unpublished year.
    pub provisional: bool,
}

/// A clock whose deadline moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedClock {
    /// The clock.
    pub clock: RunningClock,
    /// Its deadline before.
    pub from: DueDay,
    /// Its deadline after.
    pub to: DueDay,
}

/// An open case whose deadline moves, and who was told the earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedCase {
    /// 案號.
    pub number: CaseNumber,
    /// Its deadline before.
    pub from: DueDay,
    /// Its deadline after.
    pub to: DueDay,
    /// Who was told another day than the one after, and which.
    pub told: Vec<(Recipient, NaiveDate)>,
}

impl MovedCase {
    /// Whether it is due on another day; else the day only became certain, or a guess.
    pub fn is_moved(&self) -> bool {
        self.from.on != self.to.on
    }
}

/// When the cases of a clock are due by `calendars`, seen from `today`.
pub fn due_day(
    clock: &RunningClock,
    rules: &Rules,
    calendars: &Calendars,
    today: NaiveDate,
) -> Result<DueDay, CalendarError> {
    if let Some(case) = &clock.own {
        let calendar = calendars.of(rules.directory.seat(case));
        let deadline = rules.deadline_by(case, calendar, today)?;
        return Ok(DueDay { on: deadline.due_on, provisional: deadline.provisional });
    }
    let calendar = calendars.of(rules.directory.seat_of(&clock.agency));
    let workdays = rules.limit((clock.kind, 1), clock.starts_on, calendar)?;
    let counted = calendar.add_workdays(clock.starts_on, workdays)?;
    Ok(DueDay { on: counted.on, provisional: counted.provisional })
}

/// The clocks whose deadline another calendar moves, the earliest new deadline first. One that cannot be
/// counted by either has no deadline that moves.
pub fn moved(
    clocks: impl IntoIterator<Item = RunningClock>,
    rules: &Rules,
    (before, after): (&Calendars, &Calendars),
    today: NaiveDate,
) -> Vec<MovedClock> {
    let mut moved = Vec::new();
    for clock in clocks {
        let due_by = |calendars| due_day(&clock, rules, calendars, today);
        if let (Ok(from), Ok(to)) = (due_by(before), due_by(after))
            && from != to
        {
            moved.push(MovedClock { clock, from, to });
        }
    }
    moved.sort_by(|a, b| (a.to.on, &a.clock.agency).cmp(&(b.to.on, &b.clock.agency)));
    moved
}
