//! One request at a time, gently: pauses, retries with jitter, limits, conditional requests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED,
};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::config::settings::{self, Endpoint, Method};
use crate::http::{self, BodyError};
use crate::intake::SourceError;

/// Answers kept for conditional requests: the first pages of the lists that are asked for by GET.
const KEPT_ANSWERS: usize = 8;

/// Longer than this is not waited within a look: the next look comes anyway.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A year's calendar has some 7,000 bytes.
const LARGEST_FILE: usize = 1_000_000;

/// What is filled into an endpoint's path and body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Blanks<'a> {
    /// `{page}`, from 1.
    pub(super) page: u32,
    /// `{size}`.
    pub(super) size: u32,
    /// `{agency}`.
    pub(super) agency: &'a str,
    /// `{nid}`.
    pub(super) nid: u64,
    /// `{day}`.
    pub(super) day: Option<NaiveDate>,
}

/// An answer kept with what the server calls its version.
#[derive(Debug)]
struct Kept {
    url: String,
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
    document: Value,
}

/// Asks the platform.
#[derive(Debug)]
pub(super) struct Fetcher {
    client: reqwest::Client,
    settings: settings::Platform,
    kept: Mutex<VecDeque<Kept>>,
    /// What the server's clock said last, and when that was heard.
    server_clock: Mutex<Option<(DateTime<Utc>, Instant)>>,
    /// Until when the server asked to be left alone, and with which status.
    resting: Mutex<Option<(Instant, u16)>>,
}

impl Fetcher {
    /// A fetcher with the house client.
    pub(super) fn new(settings: &settings::Platform) -> reqwest::Result<Self> {
        let client = http::client(&settings.user_agent, settings.request_timeout)?;
        let (kept, server_clock, resting) = Default::default();
        Ok(Self { client, settings: settings.clone(), kept, server_clock, resting })
    }

    /// What the server's clock says now, if it has answered since this was last asked.
    pub(super) fn server_time(&self) -> Option<DateTime<Utc>> {
        let heard = self.server_clock.lock().unwrap_or_else(PoisonError::into_inner).take();
        heard.map(|(said, at)| said + at.elapsed())
    }

    /// The JSON document that an endpoint answers, asked for again where that may help.
    pub(super) async fn document(
        &self,
        endpoint: &Endpoint,
        blanks: Blanks<'_>,
    ) -> Result<Value, SourceError> {
        self.rest()?;
        let mut wait = self.settings.retry_after;
        for attempt in 0.. {
            tokio::time::sleep(self.settings.pause).await;
            let error = match self.attempt(endpoint, blanks).await {
                Ok(document) => return Ok(document),
                Err(error) => error,
            };
            let asked = match &error {
                SourceError::Unreachable(_) => None,
                SourceError::Refused { after, .. } if error.is_passing() => *after,
                // One page that says it is busy is no other platform.
                SourceError::Changed(_) if attempt == 0 => None,
                SourceError::Refused { .. } | SourceError::Changed(_) => return Err(error),
            };
            if attempt >= self.settings.retries || asked.is_some_and(|a| a > LONGEST_WAIT) {
                return Err(error);
            }
            let jittered = wait.mul_f64(0.5 + fastrand::f64());
            tokio::time::sleep(jittered.max(asked.unwrap_or_default()).min(LONGEST_WAIT)).await;
            wait *= 2;
        }
        Err(SourceError::Unreachable("not tried".to_owned()))
    }

    /// Asks nothing while the server wants to be left alone.
    fn rest(&self) -> Result<(), SourceError> {
        let resting = *self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |until: Instant| until.checked_duration_since(Instant::now());
        match resting.and_then(|(until, status)| Some((left(until)?, status))) {
            Some((after, status)) => Err(SourceError::Refused { status, after: Some(after) }),
            None => Ok(()),
        }
    }

    /// Takes down for how long the server wants to be left alone: longer than a look waits.
    fn let_rest(&self, status: StatusCode, after: Option<Duration>) {
        if let Some(after) = after.filter(|after| *after > LONGEST_WAIT) {
            let until = Instant::now() + after;
            let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
            *resting = Some((until, status.as_u16()));
        }
    }

    async fn attempt(&self, endpoint: &Endpoint, blanks: Blanks<'_>) -> Result<Value, SourceError> {
        let path = fill(&endpoint.path, blanks, url_encoded);
        let url = format!("{}{path}", self.settings.base_url);
        let mut request = match endpoint.method {
            Method::Get => self.with_conditions(self.client.get(&url), &url),
            Method::Post => self.client.post(&url),
        };
        request = request.header(ACCEPT, "application/json");
        if !endpoint.body.is_empty() {
            let is_json = endpoint.content_type.contains("json");
            let escape = if is_json { json_escaped } else { url_encoded };
            let body = fill(&endpoint.body, blanks, escape);
            request = request.header(CONTENT_TYPE, &endpoint.content_type).body(body);
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(said) = http::server_time(&headers) {
            let mut clock = self.server_clock.lock().unwrap_or_else(PoisonError::into_inner);
            *clock = Some((said, Instant::now()));
        }
        if status == StatusCode::NOT_MODIFIED {
            let kept = self.kept(&url);
            return kept.ok_or_else(|| SourceError::Changed("304 to a plain request".to_owned()));
        }
        if !status.is_success() {
            let after = http::retry_after(&headers);
            if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
                self.let_rest(status, after);
            }
            return Err(SourceError::Refused { status: status.as_u16(), after });
        }
        let document = self.read(response).await?;
        if endpoint.method == Method::Get {
            self.keep(url, &headers, &document);
        }
        Ok(document)
    }

    /// A file that the platform names, wherever it lies; at most a megabyte.
    pub(super) async fn file(&self, url: &str) -> Result<Vec<u8>, SourceError> {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(SourceError::Changed("expected the address of a file".to_owned()));
        }
        tokio::time::sleep(self.settings.pause).await;
        let response = self.client.get(url).send().await.map_err(|error| unreachable(&error))?;
        if !response.status().is_success() {
            let after = http::retry_after(response.headers());
            return Err(SourceError::Refused { status: response.status().as_u16(), after });
        }
        let limit = self.settings.body_limit_bytes.min(LARGEST_FILE);
        self.read_body(response, limit).await
    }

    async fn read_body(&self, response: Response, limit: usize) -> Result<Vec<u8>, SourceError> {
        http::read_body(response, limit).await.map_err(|error| match error {
            BodyError::TooLarge(_) => SourceError::Changed(error.to_string()),
            BodyError::BrokenOff(_) => SourceError::Unreachable(error.to_string()),
        })
    }

    async fn read(&self, response: Response) -> Result<Value, SourceError> {
        let body = self.read_body(response, self.settings.body_limit_bytes).await?;
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        serde_json::from_slice(body).map_err(|_| SourceError::Changed(describe(body)))
    }

    fn with_conditions(&self, mut request: RequestBuilder, url: &str) -> RequestBuilder {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.iter().find(|kept| kept.url == url) {
            if let Some(etag) = &kept.etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            if let Some(last_modified) = &kept.last_modified {
                request = request.header(IF_MODIFIED_SINCE, last_modified);
            }
        }
        request
    }

    fn kept(&self, url: &str) -> Option<Value> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|kept| kept.url == url).map(|kept| kept.document.clone())
    }

    fn keep(&self, url: String, headers: &HeaderMap, document: &Value) {
        let (etag, last_modified) = (headers.get(ETAG), headers.get(LAST_MODIFIED));
        if etag.is_none() && last_modified.is_none() {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.url != url);
        kept.truncate(KEPT_ANSWERS - 1);
        kept.push_front(Kept {
            url,
            etag: etag.cloned(),
            last_modified: last_modified.cloned(),
            document: document.clone(),
        });
    }
}

/// Why there was no answer, without the address.
fn unreachable(error: &reqwest::Error) -> SourceError {
    let reason = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "could not connect"
    } else {
        "the connection broke"
    };
    SourceError::Unreachable(reason.to_owned())
}

/// What a body is that should have been JSON, without any of it.
fn describe(body: &[u8]) -> String {
    let start = body.trim_ascii_start();
    if start.is_empty() {
        "expected JSON, got an empty answer".to_owned()
    } else if start.starts_with(b"<") {
        "expected JSON, got HTML or XML".to_owned()
    } else if start.starts_with(b"{") || start.starts_with(b"[") {
        "expected JSON, got JSON that breaks off or is not valid UTF-8".to_owned()
    } else {
        format!("expected JSON, got {} bytes of something else", body.len())
    }
}

/// Fills a template's blanks, each escaped for where it stands.
fn fill(template: &str, blanks: Blanks<'_>, escape: fn(&str) -> String) -> String {
    let day = blanks.day.map(|day| day.to_string()).unwrap_or_default();
    template
        .replace("{page}", &blanks.page.to_string())
        .replace("{size}", &blanks.size.to_string())
        .replace("{nid}", &blanks.nid.to_string())
        .replace("{day}", &day)
        .replace("{agency}", &escape(blanks.agency))
}

fn json_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.trim_matches('"').to_owned()
}

fn url_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode =
        |byte: u8| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}
