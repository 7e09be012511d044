//! What can go wrong on the wire, in the order it shall go wrong.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

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
    /// The message is lost on its way, and no answer ever comes.
    Lose,
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
            Self::Hang | Self::Lose => {
                let never: Infallible = std::future::pending().await;
                match never {}
            }
            // Unwinding ends the task that serves the connection, without a word on stderr.
            Self::Drop => std::panic::resume_unwind(Box::new("the connection is dropped")),
        }
    }
}

/// Waits as long as the way takes.
pub(crate) async fn travel(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

/// Says which fault a request meets, if any.
pub(crate) type Chooser = Box<dyn FnMut(&Value) -> Option<Fault> + Send>;

/// The faults still to come, and how long everything takes.
#[derive(Default)]
pub(crate) struct Faults {
    queue: VecDeque<Fault>,
    chooser: Option<Chooser>,
    pause: Duration,
    under_way: Arc<()>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&self.queue).finish()
    }
}

impl Faults {
    /// The next `times` requests meet `fault`, after those already waiting.
    pub(crate) fn inject(&mut self, times: usize, fault: &Fault) {
        self.queue.extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// Every request meets what `chooser` says.
    pub(crate) fn choose(&mut self, chooser: Chooser) {
        self.chooser = Some(chooser);
    }

    /// A request takes this long on its way, and its answer as long on its way back.
    pub(crate) fn slow_down(&mut self, pause: Duration) {
        self.pause = pause;
    }

    /// The fault of this request.
    pub(crate) fn next(&mut self, request: &Value) -> Option<Fault> {
        let chosen = self.chooser.as_mut().and_then(|choose| choose(request));
        chosen.or_else(|| self.queue.pop_front())
    }

    /// How long the way takes, and what to hold while a request is under way.
    pub(crate) fn way(&self) -> (Duration, Arc<()>) {
        (self.pause, Arc::clone(&self.under_way))
    }

    /// How many requests are under way, or their answers.
    pub(crate) fn under_way(&self) -> usize {
        Arc::strong_count(&self.under_way) - 1
    }
}
