//! `/calendar.ics`: the deadlines, for calendar programs. Those cannot sign in: a unit's has a token in its
//! address.

use std::future::ready;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{StreamExt, once, try_unfold};

use super::Web;
use super::api::problem::Problem;
use crate::app::feed::Deadlines;
use crate::domain::access::Viewer;
use crate::notify::ics::END;

/// Every deadline, for whoever may look.
pub(super) async fn all(State(web): State<Web>, _: Viewer) -> Result<Response, Problem> {
    let deadlines = web.app.deadlines(&[]).await?;
    Ok(calendar(web, deadlines))
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
    let deadlines = web.app.deadlines(&token.grant.units).await?;
    Ok(calendar(web, deadlines))
}

fn calendar(web: Web, deadlines: Deadlines) -> Response {
    let begin = Bytes::from(deadlines.begin.clone());
    let parts = try_unfold((web.app, deadlines), async |(app, mut rest)| {
        let part = app.next_deadlines(&mut rest).await?;
        anyhow::Ok(part.map(|part| (Bytes::from(part), (app, rest))))
    });
    let whole = |text| once(ready(anyhow::Ok(text)));
    let whole = whole(begin).chain(parts).chain(whole(Bytes::from_static(END.as_bytes())));
    let headers = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")];
    (headers, Body::from_stream(whole)).into_response()
}
