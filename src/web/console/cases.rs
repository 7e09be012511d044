//! `/cases`: the list, with what it was asked for, and the same as CSV.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use futures_util::stream::unfold;
use serde::Deserialize;

use super::desk::{Desk, broken, query, units};
use super::say::Say;
use crate::app::register::{Found, Order, Query, Row, Which};
use crate::clock::parse_date;
use crate::domain::case::CaseKind;
use crate::report;
use crate::web::question::Query as QueryString;
use crate::web::{Web, pages};

/// Cases on a page.
const ON_A_PAGE: usize = 50;
/// Rows of CSV made at a time.
const AT_A_TIME: usize = 2000;
/// Nobody looks for more at once.
const TEXT_CHARS: usize = 100;

/// What the list was asked for, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    kind: String,
    unit: String,
    from: String,
    to: String,
    q: String,
    sort: String,
    back: String,
    page: String,
}

/// What the register is asked for, or the fields that make no sense.
#[derive(Default)]
struct Read {
    query: Query,
    page: usize,
    faults: Vec<&'static str>,
}

impl Asked {
    fn read(&self) -> Read {
        let mut faults = Vec::new();
        let mut day = |field: &'static str, text: &str| {
            let text = text.trim();
            let read = parse_date(text).ok();
            if !text.is_empty() && read.is_none() {
                faults.push(field);
            }
            read
        };
        let (from, to) = (day("from", &self.from), day("to", &self.to));
        let query = Query {
            which: Which::parse(&self.state).unwrap_or_default(),
            state: None,
            kind: CaseKind::parse(&self.kind),
            unit: Some(self.unit.clone()).filter(|unit| !unit.is_empty()),
            from,
            to,
            text: self.q.chars().take(TEXT_CHARS).collect(),
            order: Order::parse(&self.sort).unwrap_or_default(),
            backwards: !self.back.is_empty(),
        };
        let page = self.page.parse().unwrap_or(1).max(1);
        Read { query, page, faults }
    }

    /// The same question, on another page.
    fn address(&self, page: usize) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        query(&[
            ("state", &self.state),
            ("kind", &self.kind),
            ("unit", &self.unit),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
            ("sort", &self.sort),
            ("back", &self.back),
            ("page", &page),
        ])
    }
}

/// `templates/console/cases.html`.
#[derive(Template)]
#[template(path = "console/cases.html")]
struct Cases<'a> {
    desk: &'a Desk,
    asked: &'a Asked,
    query: &'a Query,
    faults: &'a [&'static str],
    found: Found,
    page: usize,
    kinds: Vec<(String, String)>,
    units: Vec<(String, String)>,
}

impl Cases<'_> {
    fn is_wrong(&self, field: &str) -> bool {
        self.faults.contains(&field)
    }

    fn pages(&self) -> usize {
        pages(self.found.total)
    }

    fn way(&self, page: usize) -> String {
        format!("{}cases?{}", self.desk.root, self.asked.address(page))
    }

    fn csv(&self) -> String {
        format!("{}cases.csv?{}", self.desk.root, self.asked.address(1))
    }

    /// The first and the last on this page.
    fn span(&self) -> (usize, usize) {
        let first = (self.page - 1) * ON_A_PAGE;
        (first + 1, first + self.found.rows.len())
    }

    fn is_narrowed(&self) -> bool {
        !self.asked.address(1).is_empty()
    }
}

/// How many pages so many cases take.
fn pages(total: usize) -> usize {
    total.div_ceil(ON_A_PAGE).max(1)
}

/// The list.
pub(super) async fn page(
    State(web): State<Web>,
    desk: Desk,
    QueryString(asked): QueryString<Asked>,
) -> Result<Response, Response> {
    let Read { query, page, faults } = asked.read();
    let (mut page, mut found) = (page, Found::default());
    if faults.is_empty() {
        let of = |page: usize| ((page - 1).saturating_mul(ON_A_PAGE), ON_A_PAGE);
        found = web.app.find_cases(&query, of(page)).await.map_err(broken("cases"))?;
        let last = pages(found.total);
        // There may have been more when the way to this page was taken.
        if page > last {
            page = last;
            found = web.app.find_cases(&query, of(page)).await.map_err(broken("cases"))?;
        }
    }
    let in_words = |(word, name): (String, String)| {
        let name = desk.say.kind(&word, &name);
        (word, name)
    };
    let kinds = web.app.kinds().into_iter().map(in_words).collect();
    let units = units(&web.app);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (desk, asked, query, faults) = (&desk, &asked, &query, &faults);
    let list = Cases { desk, asked, query, faults, found, page, kinds, units };
    Ok(pages::page(status, &list))
}

/// The same list whole, as Excel reads it.
pub(super) async fn csv(
    State(web): State<Web>,
    desk: Desk,
    QueryString(asked): QueryString<Asked>,
) -> Result<Response, Response> {
    let Read { query, faults, .. } = asked.read();
    if !faults.is_empty() {
        return Err(pages::not_understood(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let say = desk.say;
    let first = Bytes::from(format!("\u{feff}{}\r\n", heading(say).join(",")));
    let rest = unfold(Some(0), move |skip| {
        let (app, query) = (web.app.clone(), query.clone());
        async move {
            let skip = skip?;
            let found = app.find_cases(&query, (skip, AT_A_TIME)).await;
            let rows = match found {
                Ok(found) => found.rows,
                Err(fault) => return Some((Err(std::io::Error::other(fault)), None)),
            };
            let next = (rows.len() == AT_A_TIME).then_some(skip + AT_A_TIME);
            (!rows.is_empty()).then(|| (lines(say, &rows).map(Bytes::from), next))
        }
    });
    let whole = futures_util::StreamExt::chain(
        futures_util::stream::once(std::future::ready(Ok(first))),
        rest,
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"jicui-cases.csv\""),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}

fn heading(say: Say) -> [&'static str; 11] {
    [
        say.t("案號", "case_number"),
        say.t("類別", "kind"),
        say.t("標題", "title"),
        say.t("機關", "agency"),
        say.t("承辦單位", "unit"),
        say.t("狀態", "state"),
        say.t("分派日期", "assigned_on"),
        say.t("辦理期限", "due_on"),
        say.t("剩餘工作天", "workdays_left"),
        say.t("回復日期", "replied_on"),
        say.t("回復所用工作天", "workdays_taken"),
    ]
}

fn lines(say: Say, rows: &[Row]) -> std::io::Result<Vec<u8>> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let line = &row.line;
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let words = report::harmless;
        writer.write_record([
            words(&row.number),
            words(&say.kind(&row.kind.0, &row.kind.1)),
            words(&row.title),
            words(&row.agency),
            words(row.unit.as_ref().map_or("", |(_, name)| name)),
            say.state_of(&row.kind.0, line.state).to_owned(),
            day(Some(line.assigned_on)),
            day(Some(line.due_on)),
            number(line.left()),
            day(line.replied_on),
            number(line.taken()),
        ])?;
    }
    writer.into_inner().map_err(|fault| std::io::Error::other(fault.to_string()))
}
