//! The edits of the calendar: what they do, shown first; and the deed, once somebody confirms it.

use std::borrow::Borrow;

use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike, NaiveDate};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::calendar::{Filled, show_day};
use super::desk::{Desk, broken};
use crate::app::calendar_edit::{CalendarEdit, EditFault, NotEdited, Proposed};
use crate::clock::parse_date;
use crate::config::closures::{self, NewClosure, Place, Reopening, Span};
use crate::config::publication;
use crate::domain::calendar::{CalendarDay, DayPart};
use crate::domain::impact::{DayChange, DueDay, MovedCase};
use crate::domain::reminder::Recipient;
use crate::web::{Web, pages};

/// Days and cases shown of an edit; a whole year is told by its number.
const SHOWN: usize = 60;

/// An edit as the forms send it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    edit: String,
    date: String,
    region: String,
    part: String,
    reason: String,
    /// The name and the bytes of a published file.
    name: String,
    content: String,
    force: String,
    /// From what its consequences were shown.
    basis: String,
}

impl Sent {
    /// The half of the day that is meant; none means the whole.
    fn half(&self) -> Option<DayPart> {
        DayPart::parse(&self.part)
    }

    /// What is wanted, if it is anything at all.
    fn wanted(&self) -> Option<CalendarEdit> {
        let region = closures::region(&self.region);
        match self.edit.as_str() {
            "close" => Some(CalendarEdit::Close(NewClosure {
                date: parse_date(&self.date).ok()?,
                region,
                part: self.half(),
                reason: self.reason.clone(),
            })),
            // The one that stands there, and no other.
            "reopen" => Some(CalendarEdit::Reopen(Reopening {
                date: parse_date(&self.date).ok()?,
                place: Some(region.map_or(Place::Country, Place::Region)),
                span: Some(self.half().map_or(Span::Whole, Span::Half)),
            })),
            "publish" => Some(CalendarEdit::Publish {
                name: self.name.clone(),
                content: STANDARD.decode(&self.content).ok()?,
                force: !self.force.is_empty(),
            }),
            _ => None,
        }
    }
}

/// `templates/console/consequences.html`.
#[derive(Template)]
#[template(path = "console/consequences.html")]
struct Consequences<'a> {
    desk: &'a Desk,
    sent: &'a Sent,
    proposed: &'a Proposed,
    /// It was edited by somebody else since the consequences were shown before.
    is_changed: bool,
    /// The cases that are due on another day, as many as are shown, with who was told the earlier one.
    moved: Vec<(&'a MovedCase, Vec<String>)>,
    date: Option<NaiveDate>,
}

impl Consequences<'_> {
    /// The days that read otherwise than before, but those that only became certain.
    fn changed(&self) -> Vec<&DayChange> {
        self.proposed.impact.days.iter().filter(|change| !became_certain(change)).collect()
    }

    /// How many days were only guessed before.
    fn new_days(&self) -> usize {
        self.proposed.impact.days.iter().filter(|change| became_certain(change)).count()
    }

    /// How many due days only became certain, or a guess.
    fn marked(&self) -> usize {
        self.proposed.impact.moved.len() - self.proposed.impact.moves()
    }

    fn seen(&self, day: &CalendarDay) -> String {
        let kind = self.desk.say.day_kind(day.kind);
        if day.note.is_empty() { kind.to_owned() } else { format!("{kind}：{}", day.note) }
    }

    fn due(&self, due: impl Borrow<DueDay>) -> String {
        let due = due.borrow();
        let mark = if due.provisional { self.desk.t("（暫定）", " (provisional)") } else { "" };
        format!("{}{mark}", self.desk.say.day(due.on))
    }
}

/// Whether a day was only guessed before, and is published now.
fn became_certain(change: &DayChange) -> bool {
    !change.before.published && change.after.published
}

/// What closing or reopening a day would do.
pub(super) async fn ask(
    State(web): State<Web>,
    desk: Desk,
    form: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Response> {
    let Form(sent) = form.map_err(|rejection| pages::not_understood(rejection.status()))?;
    consequences(&web, &desk, &sent, false).await
}

/// What a published file would do.
pub(super) async fn upload(
    State(web): State<Web>,
    desk: Desk,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Response> {
    let not_understood = |_| pages::not_understood(StatusCode::UNPROCESSABLE_ENTITY);
    let mut parts = parts.map_err(|rejection| pages::not_understood(rejection.status()))?;
    let mut sent = Sent { edit: "publish".to_owned(), ..Sent::default() };
    while let Some(part) = parts.next_field().await.map_err(not_understood)? {
        if part.name() == Some("file") {
            let name = part.file_name().unwrap_or_default();
            sent.name = super::say::plain(&name.chars().take(200).collect::<String>());
            sent.content = STANDARD.encode(part.bytes().await.map_err(not_understood)?);
        }
    }
    consequences(&web, &desk, &sent, false).await
}

async fn consequences(
    web: &Web,
    desk: &Desk,
    sent: &Sent,
    is_changed: bool,
) -> Result<Response, Response> {
    if !desk.viewer.may_administer() {
        return Err(pages::forbidden());
    }
    let Some(edit) = sent.wanted() else {
        return Err(pages::not_understood(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let proposed = match web.app.propose_edit(&edit).await {
        Ok(proposed) => proposed,
        Err(error) => return refuse(web, desk, sent, error).await,
    };
    let name = |(recipient, _): &(Recipient, NaiveDate)| desk.recipient(&web.app, recipient);
    let moved = proposed.impact.moved.iter().filter(|case| case.is_moved()).take(SHOWN);
    let moved = moved.map(|case| (case, case.told.iter().map(name).collect())).collect();
    let (date, proposed) = (parse_date(&sent.date).ok(), &proposed);
    let status = if is_changed { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = Consequences { desk, sent, proposed, is_changed, moved, date };
    Ok(pages::page(status, &page))
}

/// `templates/console/file_refused.html`.
#[derive(Template)]
#[template(path = "console/file_refused.html")]
struct FileRefused<'a> {
    desk: &'a Desk,
    name: &'a str,
    said: String,
    faults: Vec<(Option<usize>, String)>,
}

/// Says beside the field, or on a page of its own, what is wrong.
async fn refuse(
    web: &Web,
    desk: &Desk,
    sent: &Sent,
    error: NotEdited,
) -> Result<Response, Response> {
    let fault = match error {
        NotEdited::Refused(fault) => fault,
        NotEdited::Failed(fault) => return Err(broken("calendar")(fault)),
    };
    if sent.edit != "publish" {
        let Sent { region, part, reason, .. } = sent.clone();
        let filled = Filled { region, part, reason };
        return show_day(web, desk, &sent.date, (filled, Some(fault))).await;
    }
    let said = desk.say.edit_fault(&fault);
    let faults = match fault {
        EditFault::File(faults) => {
            faults.into_iter().take(SHOWN).map(|fault| (fault.row, fault.message)).collect()
        }
        _ => Vec::new(),
    };
    let page = FileRefused { desk, name: &sent.name, said, faults };
    Ok(pages::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Makes the edit whose consequences were shown.
pub(super) async fn confirm(
    State(web): State<Web>,
    desk: Desk,
    form: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Response> {
    let Form(sent) = form.map_err(|rejection| pages::not_understood(rejection.status()))?;
    if !desk.viewer.may_administer() {
        return Err(pages::forbidden());
    }
    let Some(edit) = sent.wanted() else {
        return Err(pages::not_understood(StatusCode::UNPROCESSABLE_ENTITY));
    };
    match web.app.make_edit(edit, sent.basis.clone(), desk.viewer.name.clone()).await {
        Ok(moved) => {
            let year = edited_year(&sent).unwrap_or(desk.day.year());
            // Where a city was closed, its own days are shown: elsewhere that day looks like any other.
            let region = match sent.wanted() {
                Some(CalendarEdit::Close(NewClosure { region: Some(region), .. })) => region,
                _ => String::new(),
            };
            let region = utf8_percent_encode(&region, NON_ALPHANUMERIC);
            let place = format!("./{year}?moved={moved}&region={region}");
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
        }
        Err(NotEdited::Refused(EditFault::Changed)) => consequences(&web, &desk, &sent, true).await,
        Err(error) => refuse(&web, &desk, &sent, error).await,
    }
}

/// The year that an edit was about.
fn edited_year(sent: &Sent) -> Option<i32> {
    match sent.wanted()? {
        CalendarEdit::Close(NewClosure { date, .. })
        | CalendarEdit::Reopen(Reopening { date, .. }) => Some(date.year()),
        CalendarEdit::Publish { name, content, .. } => {
            publication::read(&content, &name).ok().map(|year| year.year())
        }
    }
}
