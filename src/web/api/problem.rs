//! What a program is told when something cannot be answered (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::error;
use utoipa::{IntoResponses, ToSchema};

/// Why there is no answer, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Problem {
    /// What kind of problem, in a few words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong and what to do, in plain words.
    detail: String,
}

impl Problem {
    /// A problem with its words.
    pub(in crate::web) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem");
        Self { title, status: status.as_u16(), detail: detail.into() }
    }

    /// Nobody known asks.
    pub(in crate::web) fn unknown_caller() -> Self {
        let detail = "send a token: Authorization: Bearer TOKEN (ask an administrator for one)";
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// Whoever asks may not.
    pub(in crate::web) fn not_allowed(may: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("you may not do that: {may} may"))
    }
}

/// A fault of ours: logged here, and never told.
impl From<anyhow::Error> for Problem {
    fn from(fault: anyhow::Error) -> Self {
        error!(fault = format!("{fault:#}"), "a request of the API could not be answered");
        let detail = "something of ours is broken; the log says what. Try again later.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let problem = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What every question can be answered with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
pub(super) enum Refused {
    /// What was asked cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Unreadable(#[to_schema] Problem),
    /// Nobody known asks.
    #[response(status = 401, content_type = "application/problem+json")]
    Unknown(#[to_schema] Problem),
    /// Too many requests: wait for `retry-after` seconds.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(#[to_schema] Problem),
}

/// What every act can be answered with besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes")]
pub(super) enum NotDone {
    /// Whoever asks may not do that.
    #[response(status = 403, content_type = "application/problem+json")]
    NotAllowed(#[to_schema] Problem),
    /// It stands so that this cannot be done, or was done before.
    #[response(status = 409, content_type = "application/problem+json")]
    Impossible(#[to_schema] Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] Problem),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(#[to_schema] Problem),
    /// The body is JSON of another shape.
    #[response(status = 422, content_type = "application/problem+json")]
    OtherShape(#[to_schema] Problem),
}
