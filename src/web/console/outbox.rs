//! `/outbox`: 通知紀錄, every message and its fate; what keeps messages from arriving; and what a
//! person decides about one.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::desk::{Desk, broken, query, units};
use crate::app::message_list::MessageFilter;
use crate::app::outbox::SteerError;
use crate::domain::case::CaseNumber;
use crate::domain::directory::ChannelKind;
use crate::domain::message::{Alarm, MessageState, OutboxMessage};
use crate::notify::render;
use crate::web::question::{Path, Query};
use crate::web::{Web, pages};

/// Messages on a page.
const ON_A_PAGE: usize = 50;

/// What is looked for, as it was typed; and what was done just now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    channel: String,
    unit: String,
    case: String,
    before: String,
    done: String,
}

impl Asked {
    fn address(&self, before: Option<i64>) -> String {
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        query(&[
            ("state", &self.state),
            ("channel", &self.channel),
            ("unit", &self.unit),
            ("case", &self.case),
            ("before", &before),
        ])
    }
}

/// A message, and how it is shown to this viewer.
struct Shown {
    row: OutboxMessage,
    recipient: String,
    may_read: bool,
}

impl Shown {
    fn can_retry(&self) -> bool {
        !matches!(self.row.state, MessageState::Sent | MessageState::Sending)
    }

    fn can_cancel(&self) -> bool {
        match self.row.state {
            MessageState::Queued | MessageState::Failed => true,
            // In doubt, it waits for its next attempt; under way, it has no reason.
            MessageState::Sending => self.row.reason.is_some(),
            MessageState::Sent | MessageState::Overtaken => false,
        }
    }
}

/// `templates/console/outbox.html`.
#[derive(Template)]
#[template(path = "console/outbox.html")]
struct Outbox<'a> {
    desk: &'a Desk,
    asked: &'a Asked,
    case_is_wrong: bool,
    messages: Vec<Shown>,
    has_more: bool,
    outages: Vec<Alarm>,
    units: Vec<(String, String)>,
    may_steer: bool,
    said: String,
}

impl Outbox<'_> {
    fn older(&self) -> String {
        let last = self.messages.last().map(|shown| shown.row.id);
        format!("{}outbox?{}", self.desk.root, self.asked.address(last))
    }

    fn alarm(&self, alarm: &Alarm) -> (&'static str, &'static str) {
        render::alarm_words(self.desk.say.language, &alarm.code)
    }

    fn is_narrowed(&self) -> bool {
        !self.asked.address(None).is_empty() || !self.asked.before.is_empty()
    }
}

/// The messages.
pub(super) async fn page(
    State(web): State<Web>,
    desk: Desk,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    show(&web, &desk, &asked, (StatusCode::OK, String::new())).await
}

async fn show(
    web: &Web,
    desk: &Desk,
    asked: &Asked,
    (status, said): (StatusCode, String),
) -> Result<Response, Response> {
    let case = asked.case.trim();
    let number = CaseNumber::parse(case).ok();
    let case_is_wrong = !case.is_empty() && number.is_none();
    let filter = MessageFilter {
        state: MessageState::parse(&asked.state),
        channel: ChannelKind::ALL.into_iter().find(|kind| kind.as_str() == asked.channel),
        unit: Some(asked.unit.clone()).filter(|unit| !unit.is_empty()),
        case: number,
        before: asked.before.parse().ok(),
    };
    let (rows, has_more) = if case_is_wrong {
        (Vec::new(), false)
    } else {
        web.app.find_messages(filter, ON_A_PAGE).await.map_err(broken("outbox"))?
    };
    let shown = |row: OutboxMessage| {
        let may_read = desk.viewer.may_read_words(row.message.recipient.unit_id());
        Shown { recipient: desk.recipient(&web.app, &row.message.recipient), may_read, row }
    };
    let status = if case_is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    let page = Outbox {
        desk,
        asked,
        case_is_wrong,
        messages: rows.into_iter().map(shown).collect(),
        has_more,
        outages: web.app.outages().await.map_err(broken("outbox"))?,
        units: units(&web.app),
        may_steer: desk.viewer.may_administer(),
        said,
    };
    Ok(pages::page(status, &page))
}

/// What is decided about a message, and where to go on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Decision {
    reason: String,
}

/// Tries a message again, or takes it back.
pub(super) async fn steer(
    State(web): State<Web>,
    desk: Desk,
    Path((id, what)): Path<(String, String)>,
    form: Result<Form<Decision>, FormRejection>,
) -> Result<Response, Response> {
    let Form(Decision { reason }) =
        form.map_err(|rejection| pages::not_understood(rejection.status()))?;
    let actor = desk.viewer.actor().filter(|_| desk.viewer.may_administer());
    let Some(actor) = actor else { return Err(pages::forbidden()) };
    let Ok(id) = id.parse() else { return Ok(pages::no_such_page()) };
    let steered = match what.as_str() {
        "retry" => web.app.retry_message(id, &actor).await,
        "cancel" => web.app.cancel_message(id, &actor, &reason).await,
        _ => return Ok(pages::no_such_page()),
    };
    match steered {
        Ok(()) => {
            let place = format!("./../../outbox?done={what}");
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
        }
        Err(SteerError::Failed(fault)) => Err(broken("outbox")(fault)),
        Err(error) => {
            let said = desk.say.steer_fault(&error).to_owned();
            show(&web, &desk, &Asked::default(), (StatusCode::CONFLICT, said)).await
        }
    }
}
