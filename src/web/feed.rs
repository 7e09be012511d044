//! `/calendar.ics`: the deadlines, for calendar programs. Those cannot sign in: a unit's has a token in its
//! address.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Web;
use super::api::problem::Problem;
use crate::domain::access::Viewer;

/// Every deadline, for whoever may look.
pub(super) async fn all(State(web): State<Web>, _: Viewer) -> Result<Response, Problem> {
    Ok(calendar(web.app.deadlines(&[]).await?))
}

/// The deadlines that the token in the address opens.
pub(super) async fn by_token(
    State(web): State<Web>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let Some(token) = web.app.subscription(&token).await? else {
        let detail =
            "no such calendar: it was revoked, its time is over, or the address is not whole";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    Ok(calendar(web.app.deadlines(&token.grant.units).await?))
}

fn calendar(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response()
}
