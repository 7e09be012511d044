//! Pages that say one thing, and the frame around every page.

use std::time::Duration;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tracing::error;

use crate::notify::Tone;
use crate::notify::door::{self, HOUSE, Notice};

/// `templates/notice.html`.
#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    house: &'a str,
    tone: &'a str,
    root: &'a str,
    notice: &'a Notice,
}

/// A page that says one thing; `root` leads from it to the first page.
pub(super) fn notice(status: StatusCode, root: &str, notice: &Notice) -> Response {
    let tone = tone(notice.tone);
    page(status, &NoticePage { house: HOUSE, tone, root, notice })
}

/// A page with its status.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(fault) => {
            error!(%fault, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The class under which the stylesheet knows a tone.
pub(super) fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Alert => "alert",
    }
}

/// There is no such page. Its address may have any depth, so it goes without a stylesheet's help
/// from a relative place: the root of the host has one too.
pub(super) async fn not_found() -> Response {
    notice(StatusCode::NOT_FOUND, "/", &door::not_found())
}

/// The caller shall wait for `wait`.
pub(super) fn too_many(wait: Duration) -> Response {
    let mut response = notice(StatusCode::TOO_MANY_REQUESTS, "/", &door::too_many());
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}

/// The request took too long.
pub(super) fn too_slow() -> Response {
    notice(StatusCode::SERVICE_UNAVAILABLE, "/", &door::too_slow())
}
