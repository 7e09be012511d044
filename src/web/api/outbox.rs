//! Messages: what waits, what was sent, what is stuck; and what is done about it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::ask::{Asked, Named, Told};
use super::deed::words;
use super::problem::{NotDone, Problem, Refused};
use crate::app::outbox::SteerError;
use crate::documents::message::Message;
use crate::domain::access::Viewer;
use crate::domain::act::Actor;
use crate::domain::message::{MessageState, OutboxMessage};
use crate::web::Web;

/// How many messages are answered at once, at most.
const AT_ONCE: u32 = 1000;
/// How many without being asked for more.
const AS_A_RULE: u32 = 200;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those refused for good.
    #[serde(default)]
    #[param(required = false, default = false)]
    failed: bool,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 200)]
    limit: Option<u32>,
}

/// The messages: what waits, then the newest.
#[utoipa::path(
    get,
    path = "/api/v1/outbox",
    params(Which),
    responses((status = 200, body = Vec<Message>), Refused)
)]
pub(super) async fn list(
    State(web): State<Web>,
    viewer: Viewer,
    Asked(Which { failed, limit }): Asked<Which>,
) -> Result<Json<Vec<Message>>, Problem> {
    let limit = limit.unwrap_or(AS_A_RULE);
    if !(1..=AT_ONCE).contains(&limit) {
        let detail = format!("limit: write 1 to {AT_ONCE}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let states = if failed { vec![MessageState::Failed] } else { MessageState::ALL.to_vec() };
    let messages = web.app.messages(states, limit).await?;
    let document = |row: &OutboxMessage| {
        let mut message = Message::from(row);
        if !viewer.may_read_words(row.message.recipient.unit_id()) {
            message.without_words();
        }
        message
    };
    Ok(Json(messages.iter().map(document).collect()))
}

/// Tries a message now that was refused, overtaken or waits.
#[utoipa::path(
    post,
    path = "/api/v1/outbox/{id}/retry",
    params(("id" = i64, Path, description = "Its number in the outbox")),
    responses(
        (status = 204, description = "It is tried at the next delivery"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "There is no such message"),
        Refused,
        NotDone,
    )
)]
pub(super) async fn retry(
    State(web): State<Web>,
    viewer: Viewer,
    Named(id): Named<i64>,
) -> Result<StatusCode, Problem> {
    web.app.retry_message(id, &administrator(&viewer)?).await.map_err(not_done)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a message is not sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Because {
    /// Why.
    #[serde(deserialize_with = "words")]
    #[schema(max_length = 2000)]
    reason: String,
}

/// Never sends a message that waits or was refused.
#[utoipa::path(
    post,
    path = "/api/v1/outbox/{id}/cancel",
    params(("id" = i64, Path, description = "Its number in the outbox")),
    request_body = Because,
    responses(
        (status = 204, description = "It is not sent"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "There is no such message"),
        Refused,
        NotDone,
    )
)]
pub(super) async fn cancel(
    State(web): State<Web>,
    viewer: Viewer,
    Named(id): Named<i64>,
    Told(Because { reason }): Told<Because>,
) -> Result<StatusCode, Problem> {
    web.app.cancel_message(id, &administrator(&viewer)?, &reason).await.map_err(not_done)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever asks, if they may steer messages.
fn administrator(viewer: &Viewer) -> Result<Actor, Problem> {
    let actor = viewer.actor().filter(|_| viewer.may_administer());
    actor.ok_or_else(|| Problem::not_allowed("an administrator with a token of the scope `act`"))
}

fn not_done(error: SteerError) -> Problem {
    match error {
        SteerError::Failed(fault) => fault.into(),
        SteerError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, error.to_string()),
        error => Problem::new(StatusCode::CONFLICT, error.to_string()),
    }
}
