//! `/calendar/…`: 辦公日曆, a year at a glance, and its edits in view of what they do.

use std::borrow::Borrow;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::desk::{Desk, broken};
use crate::app::calendar_edit::EditFault;
use crate::clock::parse_date;
use crate::domain::calendar::{CalendarDay, CalendarError, Closure, CountedDay, DayPart, YEARS};
use crate::domain::publication::DayKind;
use crate::web::question::{Path, Query};
use crate::web::{Web, pages};

/// Longer counts fill no page.
const MOST_WORKDAYS: u32 = 250;

/// What was asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    region: String,
    moved: Option<usize>,
}

/// A month: its days, each with what the calendar knows of it.
struct Month {
    number: u32,
    workdays: usize,
    days: Vec<CalendarDay>,
    /// The column of its first day.
    column: u32,
}

/// `templates/console/calendar.html`.
#[derive(Template)]
#[template(path = "console/calendar.html")]
struct YearPage<'a> {
    desk: &'a Desk,
    year: i32,
    region: &'a str,
    regions: Vec<String>,
    published: bool,
    months: Vec<Month>,
    closures: Vec<Closure>,
    versions: Vec<Version>,
    proposals: Vec<(i32, String)>,
    moved: Option<usize>,
    may_edit: bool,
}

/// A calendar that was in force.
struct Version {
    since: String,
    by: String,
    what: String,
}

impl YearPage<'_> {
    fn workdays(&self) -> usize {
        self.months.iter().map(|month| month.workdays).sum()
    }

    /// The year before and the year after, as far as the calendar can speak of them.
    fn before(&self) -> Option<i32> {
        Some(self.year - 1).filter(|year| YEARS.contains(year))
    }

    fn after(&self) -> Option<i32> {
        Some(self.year + 1).filter(|year| YEARS.contains(year))
    }

    /// The way to a year, as seen from the same region.
    fn way(&self, year: impl Borrow<i32>) -> String {
        let year = year.borrow();
        let region = super::desk::escaped(self.region);
        let query = if region.is_empty() { String::new() } else { format!("?region={region}") };
        format!("{}calendar/{year}{query}", self.desk.root)
    }

    fn is_today(&self, day: &CalendarDay) -> bool {
        day.date == self.desk.day
    }
}

/// This year.
pub(super) async fn this_year(desk: Desk) -> Response {
    let place = format!("./calendar/{}", desk.day.year());
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// Twelve months.
pub(super) async fn year(
    State(web): State<Web>,
    desk: Desk,
    Path(year): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    let Ok(year) = year.parse::<i32>() else { return Ok(pages::no_such_page()) };
    // 115 is 2026.
    let year = if (89..=148).contains(&year) { year + 1911 } else { year };
    if !YEARS.contains(&year) {
        return Ok(pages::no_such_page());
    }
    let live = web.app.live();
    let calendars = &live.config.rules.calendars;
    let region = Some(asked.region.as_str()).filter(|region| !region.is_empty());
    let calendar = calendars.of(region);
    let versions = web.app.calendar_versions().await.map_err(broken("calendar"))?;
    let proposals = web.app.proposals().await.map_err(broken("calendar"))?;
    let version = |version: &crate::app::calendar::CalendarVersion| Version {
        since: desk.say.moment(version.in_force_at),
        by: desk.say.maker(&version.actor),
        what: super::say::plain(&desk.say.making(&version.reason)),
    };
    let page = YearPage {
        year,
        region: &asked.region,
        regions: web.app.regions(),
        published: calendar.is_published(year),
        months: (1..=12)
            .filter_map(|month| month_of(year, month, |day| calendar.day(day)))
            .collect(),
        closures: calendars.closures().iter().filter(|c| c.date.year() == year).cloned().collect(),
        versions: versions.iter().rev().map(version).collect(),
        proposals: proposals.into_iter().map(|found| (found.year, found.source)).collect(),
        moved: asked.moved,
        may_edit: desk.viewer.may_administer(),
        desk: &desk,
    };
    Ok(pages::page(StatusCode::OK, &page))
}

fn month_of(year: i32, number: u32, day: impl Fn(NaiveDate) -> CalendarDay) -> Option<Month> {
    let first = NaiveDate::from_ymd_opt(year, number, 1)?;
    let days = first.iter_days().take_while(|date| date.month() == number);
    let days: Vec<CalendarDay> = days.map(day).collect();
    let workdays = days.iter().filter(|day| day.workday).count();
    Some(Month { number, workdays, days, column: first.weekday().num_days_from_monday() + 1 })
}

/// What was typed into the form of a day.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    pub(super) region: String,
    pub(super) part: String,
    pub(super) reason: String,
}

/// `templates/console/day.html`.
#[derive(Template)]
#[template(path = "console/day.html")]
struct DayPage<'a> {
    desk: &'a Desk,
    day: CalendarDay,
    /// Where it is seen otherwise.
    elsewhere: Vec<(String, CalendarDay)>,
    closures: Vec<Closure>,
    regions: Vec<String>,
    may_edit: bool,
    filled: Filled,
    fault: Option<EditFault>,
}

impl DayPage<'_> {
    fn lacks_reason(&self) -> bool {
        self.fault == Some(EditFault::NoReason)
    }

    /// What is wrong with the whole, not with a field.
    fn said(&self) -> String {
        let fault = self.fault.as_ref().filter(|fault| **fault != EditFault::NoReason);
        fault.map(|fault| self.desk.say.edit_fault(fault)).unwrap_or_default()
    }
}

/// One day: what the calendar says of it, and what can be done.
pub(super) async fn day(
    State(web): State<Web>,
    desk: Desk,
    Path(date): Path<String>,
) -> Result<Response, Response> {
    show_day(&web, &desk, &date, (Filled::default(), None)).await
}

/// The page of a day, with what was typed and what is wrong with it.
pub(super) async fn show_day(
    web: &Web,
    desk: &Desk,
    date: &str,
    (filled, fault): (Filled, Option<EditFault>),
) -> Result<Response, Response> {
    let date = parse_date(date).ok().filter(|date| YEARS.contains(&date.year()));
    let Some(date) = date else { return Ok(pages::no_such_page()) };
    let live = web.app.live();
    let calendars = &live.config.rules.calendars;
    let day = calendars.national().day(date);
    let seen = |region: &str| (region.to_owned(), calendars.of(Some(region)).day(date));
    let elsewhere = calendars.regions().map(seen).filter(|(_, there)| *there != day).collect();
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = DayPage {
        desk,
        day,
        elsewhere,
        closures: calendars.closures().iter().filter(|c| c.date == date).cloned().collect(),
        regions: web.app.regions(),
        may_edit: desk.viewer.may_administer(),
        filled,
        fault,
    };
    Ok(pages::page(status, &page))
}

/// What a count is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Count {
    from: String,
    workdays: String,
    region: String,
}

/// `templates/console/explain.html`.
#[derive(Template)]
#[template(path = "console/explain.html")]
struct Explained<'a> {
    desk: &'a Desk,
    count: &'a Count,
    regions: Vec<String>,
    from: Option<NaiveDate>,
    workdays: Option<u32>,
    account: Vec<CountedDay>,
    too_far: bool,
}

impl Explained<'_> {
    fn due(&self) -> Option<NaiveDate> {
        self.account.last().map(|counted| counted.day.date)
    }

    fn is_provisional(&self) -> bool {
        self.account.iter().any(|counted| !counted.day.published)
    }
}

/// When a case is due whose clock starts on any day, and why.
pub(super) async fn explain(
    State(web): State<Web>,
    desk: Desk,
    Query(mut count): Query<Count>,
) -> Response {
    let live = web.app.live();
    if count.workdays.trim().is_empty() {
        count.workdays = live.config.rules.deadlines.comment_workdays.to_string();
    }
    let from = parse_date(count.from.trim()).ok();
    let workdays = count.workdays.trim().parse().ok();
    let workdays = workdays.filter(|days| (1..=MOST_WORKDAYS).contains(days));
    let region = Some(count.region.as_str()).filter(|region| !region.is_empty());
    let calendar = live.config.rules.calendars.of(region);
    let account: Result<Vec<CountedDay>, CalendarError> = match (from, workdays) {
        (Some(from), Some(workdays)) => calendar.explain(from, workdays),
        _ => Ok(Vec::new()),
    };
    let is_asked = !count.from.is_empty();
    let is_wrong = is_asked && (from.is_none() || workdays.is_none() || account.is_err());
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let too_far = account.is_err();
    let (account, regions) = (account.unwrap_or_default(), web.app.regions());
    let (desk, count) = (&desk, &count);
    pages::page(status, &Explained { desk, count, regions, from, workdays, account, too_far })
}
