//! `/rehearsal`: 預演, for the administrators: the ladder with a change, before it is saved.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Days, Utc};
use serde::Deserialize;

use super::desk::{Desk, broken};
use crate::app::rehearsal::{Change, MOST_DAYS, NoTrial, Rehearsal, Trial, Tried, TriedDay};
use crate::clock::parse_date;
use crate::domain::calendar::CalendarDay;
use crate::domain::case::CaseNumber;
use crate::domain::message::Occasion;
use crate::web::{Web, pages};

/// Messages shown; what lies beyond is counted.
const SHOWN: usize = 400;
/// How far the form looks ahead where nothing else is typed.
const A_MONTH: Days = Days::new(30);

/// What is to be tried, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    from: String,
    until: String,
    change: String,
}

/// `templates/console/rehearsal.html`.
#[derive(Template)]
#[template(path = "console/rehearsal.html")]
struct RehearsalPage<'a> {
    desk: &'a Desk,
    sent: Sent,
    fault: Option<NoTrial>,
    outcome: Option<Outcome>,
}

impl RehearsalPage<'_> {
    fn is_wrong(&self, field: &str) -> bool {
        match &self.fault {
            Some(NoTrial::Change(_)) => field == "change",
            Some(NoTrial::Backwards | NoTrial::OutOfReach) => field == "until",
            _ => false,
        }
    }

    /// The faults of the change, each with its line where it has one.
    fn faults(&self) -> Vec<(Option<usize>, &str)> {
        let Some(NoTrial::Change(faults)) = &self.fault else { return Vec::new() };
        faults.iter().map(|(at, message)| (at.map(|(line, _)| line), message.as_str())).collect()
    }
}

/// What came of a trial, as much of it as a page shows.
struct Outcome {
    /// How many messages would be sent, added, dropped, moved.
    figures: [usize; 4],
    /// Every day; of all together no more than [`SHOWN`] messages are left.
    days: Vec<ShownDay>,
}

/// A day of the time line.
struct ShownDay {
    day: CalendarDay,
    /// How many messages it has.
    count: usize,
    /// Those that are shown.
    lines: Vec<Line>,
}

/// A message of the time line.
struct Line {
    at: DateTime<Utc>,
    case: Option<CaseNumber>,
    /// The stage, or what else it is.
    what: String,
    recipient: String,
    channel: String,
    /// How it compares, in words; nothing where it is sent all the same.
    compared: String,
    class: &'static str,
}

impl Outcome {
    fn new(web: &Web, desk: &Desk, rehearsal: Rehearsal) -> Self {
        let figures = [
            rehearsal.sent(),
            rehearsal.count(|change| change == Change::Added),
            rehearsal.count(|change| change == Change::Dropped),
            rehearsal.count(|change| matches!(change, Change::MovedFrom(_))),
        ];
        let mut left = SHOWN;
        let days = rehearsal.days.into_iter().map(|TriedDay { day, messages }| {
            let count = messages.len();
            let shown = messages.iter().take(left);
            let lines: Vec<Line> = shown.map(|tried| line(web, desk, tried)).collect();
            left -= lines.len();
            ShownDay { day, count, lines }
        });
        Self { figures, days: days.collect() }
    }
}

fn line(web: &Web, desk: &Desk, tried: &Tried) -> Line {
    let (at, message) = (tried.foreseen.at, &tried.foreseen.message);
    let (class, compared) = match tried.change {
        Change::None => ("same", String::new()),
        Change::Added => ("added", desk.t("新增", "added").to_owned()),
        Change::Dropped => ("dropped", desk.t("不再發送", "no longer sent").to_owned()),
        Change::MovedFrom(from) => {
            let words = desk.t("移動，原為", "moved from");
            ("moved", format!("{words} {}", desk.say.moment(from)))
        }
    };
    let what = match message.occasion {
        Occasion::Stage => message.stage.clone(),
        occasion => desk.say.occasion(occasion).to_owned(),
    };
    Line {
        at,
        case: message.case.as_ref().map(|(number, _)| number.clone()),
        what,
        recipient: desk.recipient(&web.app, &message.recipient),
        channel: message.channel.to_string(),
        compared,
        class,
    }
}

/// The form, with what is in force.
pub(super) async fn page(State(web): State<Web>, desk: Desk) -> Result<Response, Response> {
    if !desk.viewer.may_see_system() {
        return Err(pages::forbidden());
    }
    let change = web.app.ladder_in_force().map_err(broken("rehearsal"))?;
    let until = desk.day.checked_add_days(A_MONTH).unwrap_or(desk.day);
    let sent = Sent { from: desk.day.to_string(), until: until.to_string(), change };
    let page = RehearsalPage { desk: &desk, sent, fault: None, outcome: None };
    Ok(pages::page(StatusCode::OK, &page))
}

/// What would be sent.
pub(super) async fn rehearse(
    State(web): State<Web>,
    desk: Desk,
    form: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Response> {
    if !desk.viewer.may_see_system() {
        return Err(pages::forbidden());
    }
    let Form(sent) = form.map_err(|rejection| pages::not_understood(rejection.status()))?;
    let (from, until) = (parse_date(&sent.from), parse_date(&sent.until));
    let tried = match (from, until) {
        (Ok(from), Ok(until)) => {
            web.app.rehearse(Trial { from, until, change: sent.change.clone() }).await
        }
        _ => Err(NoTrial::OutOfReach),
    };
    let mut page = RehearsalPage { desk: &desk, sent, fault: None, outcome: None };
    let status = match tried {
        Ok(rehearsal) => {
            page.outcome = Some(Outcome::new(&web, &desk, rehearsal));
            StatusCode::OK
        }
        Err(NoTrial::Broken(fault)) => return Err(broken("rehearsal")(fault)),
        Err(fault) => {
            let is_busy = matches!(fault, NoTrial::Busy);
            page.fault = Some(fault);
            if is_busy { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }
        }
    };
    Ok(pages::page(status, &page))
}
