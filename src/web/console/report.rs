//! `/report`: 統計, the advisory group's report for a period, with its charts, and as files.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::desk::{Desk, broken};
use crate::clock::parse_date;
use crate::domain::statistics::Period;
use crate::report::document::Document;
use crate::report::{Format, Report};
use crate::web::question::{Path, Query};
use crate::web::{Web, pages};

/// The period, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    from: String,
    to: String,
}

impl Asked {
    /// The period; this year until today where nothing was typed.
    fn period(&self, today: NaiveDate) -> Result<Period, &'static str> {
        let first = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(today);
        let day = |text: &str, otherwise| match text.trim() {
            "" => Ok(otherwise),
            text => parse_date(text).map_err(|_| ()),
        };
        let from = day(&self.from, first).map_err(|()| "from")?;
        let to = day(&self.to, today).map_err(|()| "to")?;
        Period::new(from, to).map_err(|_| "period")
    }
}

/// `templates/console/report.html`.
#[derive(Template)]
#[template(path = "console/report.html")]
struct ReportPage<'a> {
    desk: &'a Desk,
    from: String,
    to: String,
    fault: Option<&'static str>,
    title: String,
    lines: Vec<String>,
    /// Made and escaped by the writer of the report.
    content: String,
}

impl ReportPage<'_> {
    fn is_wrong(&self, field: &str) -> bool {
        self.fault == Some(field)
    }
}

/// The report.
pub(super) async fn page(
    State(web): State<Web>,
    desk: Desk,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    let mut page = ReportPage {
        from: asked.from.clone(),
        to: asked.to.clone(),
        fault: None,
        title: String::new(),
        lines: Vec::new(),
        content: String::new(),
        desk: &desk,
    };
    let status = match asked.period(desk.day) {
        Err(fault) => {
            page.fault = Some(fault);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Ok(period) => {
            let write = |report: Report| {
                let Document { title, lines, .. } = report.document();
                (title, lines, report.fragment())
            };
            let written = web.app.written_report(period, Some(&desk.viewer), write).await;
            (page.from, page.to) = (period.from().to_string(), period.to().to_string());
            (page.title, page.lines, page.content) = written.map_err(broken("report"))?;
            StatusCode::OK
        }
    };
    Ok(pages::page(status, &page))
}

/// The report as a file.
pub(super) async fn file(
    State(web): State<Web>,
    desk: Desk,
    Path(format): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    let Some(format) = Format::parse(&format) else { return Ok(pages::no_such_page()) };
    let not_understood = |_| pages::not_understood(StatusCode::UNPROCESSABLE_ENTITY);
    let period = asked.period(desk.day).map_err(not_understood)?;
    let write = move |report: Report| (report.file_name(format), report.write(format));
    let written = web.app.written_report(period, Some(&desk.viewer), write).await;
    let (name, bytes) = written.map_err(broken("report"))?;
    let bytes = bytes.map_err(|fault| broken("report")(fault.into()))?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
