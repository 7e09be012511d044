//! The office: its calendar, its units, its figures, and how jicui itself is.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ask::{Asked, Named, day};
use super::problem::{Problem, Refused};
use crate::app::report::{Format, Period};
use crate::clock::today;
use crate::documents::calendar::{Year, days};
use crate::documents::status::Line;
use crate::documents::unit::Unit;
use crate::domain::access::Viewer;
use crate::domain::calendar::YEARS;
use crate::report::Report;
use crate::web::Web;

/// Whose calendar.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// With the closures of this city or county: 臺北市.
    region: Option<String>,
}

/// A year of the office calendar, day by day.
#[utoipa::path(
    get,
    path = "/api/v1/calendar/{year}",
    params(("year" = i32, Path, minimum = 2000, maximum = 2059, example = 2026), Where),
    responses((status = 200, body = Year), Refused)
)]
pub(super) async fn calendar(
    State(web): State<Web>,
    _: Viewer,
    Named(year): Named<i32>,
    Asked(Where { region }): Asked<Where>,
) -> Result<Json<Year>, Problem> {
    if !YEARS.contains(&year) {
        let detail = format!("{year}: write a year from {} to {}", YEARS.start(), YEARS.end());
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let region = region.map(|region| region.replace('台', "臺"));
    let live = web.app.live();
    let calendar = live.config.rules.calendars.of(region.as_deref());
    Ok(Json(Year::of(calendar, year, &days(calendar, year, None))))
}

/// What is late, stuck, stale or unconfigured, worst first.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    responses((status = 200, body = Vec<Line>), Refused)
)]
pub(super) async fn status(
    State(web): State<Web>,
    viewer: Viewer,
) -> Result<Json<Vec<Line>>, Problem> {
    let results = web.app.status().await?;
    let line = if viewer.may_see_system() { Line::from } else { Line::in_short };
    Ok(Json(results.iter().map(line).collect()))
}

/// The units with their open cases.
#[utoipa::path(
    get,
    path = "/api/v1/units",
    responses((status = 200, body = Vec<Unit>), Refused)
)]
pub(super) async fn units(
    State(web): State<Web>,
    viewer: Viewer,
) -> Result<Json<Vec<Unit>>, Problem> {
    let (units, today) = (web.app.units().await?, today(web.app.now()));
    let document = |view| {
        let document = Unit::of(view, today);
        let reads = viewer.may_read_words(Some(&document.id));
        if reads { document } else { document.without_words() }
    };
    Ok(Json(units.units.iter().map(document).collect()))
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct When {
    /// The first day.
    #[serde(deserialize_with = "day")]
    from: NaiveDate,
    /// The last day.
    #[serde(deserialize_with = "day")]
    to: NaiveDate,
}

/// The advisory group's figures for a period.
#[utoipa::path(
    get,
    path = "/api/v1/report",
    params(When),
    responses(
        (status = 200, body = serde_json::Value, content_type = "application/json"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "The days make no period"),
        Refused,
    )
)]
pub(super) async fn report(
    State(web): State<Web>,
    viewer: Viewer,
    Asked(When { from, to }): Asked<When>,
) -> Result<impl IntoResponse, Problem> {
    let no_period = |error: crate::domain::statistics::NotAPeriod| {
        Problem::new(StatusCode::CONFLICT, format!("from, to: {error}"))
    };
    let period = Period::new(from, to).map_err(no_period)?;
    let write = |report: Report| report.write(Format::Json);
    let written = web.app.written_report(period, Some(&viewer), write).await?;
    let document = written.map_err(anyhow::Error::from)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document))
}
