//! An address to which messages are posted, and which is a secret itself.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;

use super::{NotifyError, text};
use crate::config::settings::Secret;
use crate::http;

/// Reads no answer larger than this; a good one has two letters.
const ANSWER_LIMIT: usize = 16 * 1024;

/// One webhook. Its address appears in no error, log or debug output.
pub(super) struct Webhook {
    /// What it is and how the config calls it: `the Teams webhook wda`.
    pub(super) name: String,
    /// Where the address was found.
    pub(super) origin: String,
    url: Url,
    client: reqwest::Client,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("name", &self.name)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// What the other side said.
#[derive(Clone)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// How long it asks us to wait.
    pub(super) retry_after: Option<Duration>,
    /// The beginning of what it wrote; empty when that could not be read.
    pub(super) body: String,
}

impl Webhook {
    /// Checks the address.
    pub(super) fn new(name: String, url: &Secret, timeout: Duration) -> Result<Self, NotifyError> {
        let misconfigured = |reason| NotifyError::Misconfigured { reason };
        let origin = &url.origin;
        let address = url.value.expose_secret().trim();
        let parsed = Url::parse(address).ok().filter(|_| text::is_web_address(address));
        let parsed = parsed.ok_or_else(|| {
            misconfigured(format!(
                "{name}: {origin} holds no https address; put the whole one there"
            ))
        })?;
        let client = http::posting_client(timeout)
            .map_err(|_| misconfigured(format!("{name}: the HTTP client could not be built")))?;
        Ok(Self { name, origin: origin.clone(), url: parsed, client })
    }

    /// Posts `body`, which is JSON; an error only where there was no answer.
    pub(super) async fn post(&self, body: String) -> Result<Answer, NotifyError> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        let sent = request.body(body).send().await;
        let response = sent.map_err(|error| self.without_answer(&error))?;
        if response.status().is_redirection() {
            let reason = format!("{} leads elsewhere (is a proxy in the way?)", self.name);
            return Err(NotifyError::Misconfigured { reason });
        }
        let status = response.status().as_u16();
        let retry_after = http::retry_after(response.headers());
        let body = http::read_body(response, ANSWER_LIMIT).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status, retry_after, body })
    }

    /// Why it did not take a message, by the status of its answer; `remedy` is how to mend an address that
    /// takes nothing at all.
    pub(super) fn refusal(&self, answer: &Answer, reason: String, remedy: &str) -> NotifyError {
        match answer.status {
            // A gateway gave up on what stands behind it, which may have taken the message.
            502 | 504 => NotifyError::Unknown { reason },
            408 | 425 | 429 | 500..=599 => NotifyError::Later { after: answer.retry_after, reason },
            400 | 413 => NotifyError::Never { reason },
            _ => {
                let origin = &self.origin;
                let reason = format!("{reason}: {remedy} and put its address into {origin}");
                NotifyError::Misconfigured { reason }
            }
        }
    }

    /// The error itself names the address: it stays here.
    fn without_answer(&self, error: &reqwest::Error) -> NotifyError {
        let name = &self.name;
        if error.is_connect() {
            let reason = format!("{name} could not be reached (DNS, firewall or TLS)");
            NotifyError::Later { after: None, reason }
        } else if error.is_timeout() {
            NotifyError::Unknown { reason: format!("{name} did not answer in time") }
        } else {
            NotifyError::Unknown { reason: format!("the connection to {name} broke off") }
        }
    }
}
