//! Pages that say one thing, and the frame around every page.

use std::time::Duration;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use tracing::error;

use super::api::problem::Problem;
use super::visit;
use crate::domain::directory::Language;
use crate::notify::Tone;
use crate::notify::door::{self, DoorWords, Notice, Plain, words};

/// What is around every page.
pub(super) struct Frame<'a> {
    /// The name under it.
    pub(super) house: &'a str,
    /// The language's tag.
    pub(super) tag: &'a str,
    /// Leads to the first page.
    pub(super) root: &'a str,
}

impl<'a> Frame<'a> {
    /// In the language of `words`.
    pub(super) fn of(words: &'static dyn DoorWords, root: &'a str) -> Self {
        Self { house: words.house(), tag: words.tag(), root }
    }
}

/// `templates/notice.html`.
#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    frame: Frame<'a>,
    tone: &'a str,
    notice: &'a Notice,
}

/// A page that says one thing; `root` leads from it to the first page.
pub(super) fn notice(status: StatusCode, root: &str, notice: &Notice) -> Response {
    let frame = Frame::of(words(notice.language), root);
    page(status, &NoticePage { frame, tone: tone(notice.tone), notice })
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

tokio::task_local! {
    /// The language in which whoever asks reads pages.
    static LANGUAGE: Language;
}

/// Answers somebody who reads pages in `language`.
pub(super) async fn read_in<A>(language: Language, answering: impl Future<Output = A>) -> A {
    LANGUAGE.scope(language, answering).await
}

/// A page without a case, in the reader's language, at whatever depth.
fn plain(status: StatusCode, plain: Plain) -> Response {
    let language = LANGUAGE.try_with(|language| *language).unwrap_or_default();
    notice(status, "/", &door::notice(language, plain))
}

/// The same for a program, in words of its own.
fn plain_or_problem(is_api: bool, status: StatusCode, what: Plain, detail: &str) -> Response {
    if is_api { Problem::new(status, detail).into_response() } else { plain(status, what) }
}

/// There is no such page.
pub(super) async fn not_found(uri: Uri) -> Response {
    let detail = "there is nothing at this address: see /api/openapi.json";
    plain_or_problem(visit::is_api(&uri), StatusCode::NOT_FOUND, Plain::NotFound, detail)
}

/// The caller shall wait for `wait`.
pub(super) fn too_many(is_api: bool, wait: Duration) -> Response {
    let detail = "too many requests: wait for as many seconds as `retry-after` says";
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = plain_or_problem(is_api, status, Plain::TooMany, detail);
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}

/// The request took too long.
pub(super) fn too_slow(is_api: bool) -> Response {
    let detail = "it took too long: ask for less, or try again later";
    plain_or_problem(is_api, StatusCode::SERVICE_UNAVAILABLE, Plain::TooSlow, detail)
}

/// A form that cannot be read.
pub(super) fn not_understood(status: StatusCode) -> Response {
    let is_too_large = status == StatusCode::PAYLOAD_TOO_LARGE;
    plain(status, if is_too_large { Plain::TooLarge } else { Plain::NotUnderstood })
}

/// A form that was not sent from a page of ours, or whose page is too old.
pub(super) fn stale_form() -> Response {
    plain(StatusCode::FORBIDDEN, Plain::StaleForm)
}

/// A page of ours without what it is asked for.
pub(super) fn no_such_page() -> Response {
    plain(StatusCode::NOT_FOUND, Plain::NotFound)
}

/// Somebody known, who may not see or do that.
pub(super) fn forbidden() -> Response {
    plain(StatusCode::FORBIDDEN, Plain::Forbidden)
}

/// Somebody known, whose case it is not.
pub(super) fn stranger() -> Response {
    plain(StatusCode::FORBIDDEN, Plain::Stranger)
}

/// A link that cannot be one of ours.
pub(super) fn unknown_link() -> Response {
    plain(StatusCode::FORBIDDEN, Plain::UnknownLink)
}

/// Neither a look nor a form that is sent.
pub(super) async fn not_allowed(uri: Uri) -> Response {
    let detail = "this address takes another method: see /api/openapi.json";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    plain_or_problem(visit::is_api(&uri), status, Plain::NotUnderstood, detail)
}

/// A fault of ours, already logged.
pub(super) fn broken() -> Response {
    plain(StatusCode::INTERNAL_SERVER_ERROR, Plain::Broken)
}
