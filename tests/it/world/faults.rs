//! What can go wrong on the wire, in the order it shall go wrong.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// 429, with a `Retry-After` in seconds; nothing is taken.
    RateLimit(u64),
    /// HTTP 200 with `"ok": false` and this error; nothing is taken.
    Refuse(String),
    /// This status without a body; nothing is taken.
    Status(u16),
    /// The message is taken, and no answer ever comes.
    Hang,
    /// The message is taken, and the connection closes without an answer.
    Drop,
}

impl Fault {
    /// Whether the request takes effect all the same.
    pub(crate) fn takes_effect(&self) -> bool {
        matches!(self, Self::Hang | Self::Drop)
    }

    /// The answer, if there ever is one.
    pub(crate) async fn answer(self) -> Response {
        match self {
            Self::RateLimit(seconds) => {
                let wait = [(header::RETRY_AFTER, seconds.to_string())];
                let body = axum::Json(serde_json::json!({ "ok": false, "error": "ratelimited" }));
                (StatusCode::TOO_MANY_REQUESTS, wait, body).into_response()
            }
            Self::Refuse(error) => {
                axum::Json(serde_json::json!({ "ok": false, "error": error })).into_response()
            }
            Self::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Self::Hang => {
                let never: Infallible = std::future::pending().await;
                match never {}
            }
            // Unwinding ends the task that serves the connection, without a word on stderr.
            Self::Drop => std::panic::resume_unwind(Box::new("the connection is dropped")),
        }
    }
}

/// The faults still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Faults {
    /// The next `times` requests meet `fault`, after those already waiting.
    pub(crate) fn inject(&mut self, times: usize, fault: &Fault) {
        self.0.extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// The fault of this request.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        self.0.pop_front()
    }
}
