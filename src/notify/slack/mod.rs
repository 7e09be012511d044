//! Slack with a bot token: threads, edits, receipts, and a way to ask what became of a message.
//!
//! The calls go through slack-morphism's session. The bodies are our own: its types insist on
//! knowing every kind of block and metadata in an answer, so that one unknown word would make a
//! posted message look like a failed one, and its `conversations.replies` cannot ask for metadata.

mod answer;
pub(super) mod blocks;
pub mod click;
mod connector;
mod look_up;
mod members;
pub mod modal;
mod probe;
pub mod socket;
mod talk;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use slack_morphism::{SlackApiToken, SlackApiTokenValue, SlackClient};

use super::{Envelope, LookUp, Message, NotifyError, Receipt, text};
use crate::config::settings;
use crate::http;
use answer::Refusal;
use connector::HouseConnector;
use members::Members;

/// The metadata's `event_type`: marks a message as ours.
const EVENT_TYPE: &str = "jicui_reminder";

/// A workspace, as a bot sees it.
pub struct SlackBot {
    client: SlackClient<HouseConnector>,
    api_url: String,
    token: SlackApiToken,
    token_origin: String,
    /// By which connections for clicks are opened; `None` where there are none.
    app_token: Option<SlackApiToken>,
    /// Slack is asked over TLS: so must it answer.
    is_private: bool,
    members: Box<tokio::sync::Mutex<Members>>,
    /// Where look-ups go on that Slack asked to wait: the page that was not turned, by what is looked for.
    pages: Mutex<BTreeMap<String, String>>,
    request_timeout: Duration,
}

/// Without the token.
impl fmt::Debug for SlackBot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackBot")
            .field("token_origin", &self.token_origin)
            .field("request_timeout", &self.request_timeout)
            .finish_non_exhaustive()
    }
}

/// So many look-ups at once that cannot turn their pages are more than there ever are.
const KEPT_PAGES: usize = 64;

/// `chat.postMessage` answers with much more; this is what we keep.
#[derive(Deserialize)]
struct Posted {
    channel: String,
    ts: String,
}

impl SlackBot {
    /// The bot of `[slack]`, or none without a token.
    pub fn new(settings: &settings::Slack) -> Result<Option<Self>, NotifyError> {
        let Some(token) = &settings.token else {
            return Ok(None);
        };
        let api_url = settings.api_url.trim_end_matches('/');
        if !text::is_web_address(api_url) || reqwest::Url::parse(api_url).is_err() {
            let reason = format!("slack.api_url is no address: {api_url}");
            return Err(NotifyError::Misconfigured { reason });
        }
        let value = token.value.expose_secret().trim();
        if value.is_empty() || !value.chars().all(|c| c.is_ascii_graphic()) {
            let reason =
                format!("{} holds no token; put the bot token (xoxb-…) there", token.origin);
            return Err(NotifyError::Misconfigured { reason });
        }
        http::tls().map_err(|error| {
            let reason = format!("the system's trusted certificates cannot be read ({error})");
            NotifyError::Misconfigured { reason }
        })?;
        let client = http::posting_client(settings.request_timeout).map_err(|_| {
            let reason = "the HTTP client could not be built".to_owned();
            NotifyError::Misconfigured { reason }
        })?;
        Ok(Some(Self {
            client: SlackClient::new(HouseConnector::new(client, api_url.to_owned())),
            api_url: api_url.to_owned(),
            token: SlackApiToken::new(SlackApiTokenValue(value.to_owned())),
            token_origin: token.origin.clone(),
            app_token: settings.app_token.as_ref().map(socket::app_token).transpose()?,
            is_private: api_url.starts_with("https://"),
            members: Box::default(),
            pages: Mutex::default(),
            request_timeout: settings.request_timeout,
        }))
    }

    /// Posts `message` to the channel `envelope.address`, or in the thread of the case.
    pub async fn post(
        &self,
        envelope: &Envelope,
        message: &Message,
    ) -> Result<Receipt, NotifyError> {
        let message = self.with_members(message).await;
        let mut body = post_body(envelope, &message);
        let mut answer = self.call::<Posted>("chat.postMessage", &body).await;
        if envelope.thread.is_some()
            && answer.as_ref().is_err_and(|refusal| look_up::is_thread_gone(&refusal.code))
        {
            // Somebody deleted the first message: a reminder is worth more than its thread.
            remove_thread(&mut body);
            answer = self.call::<Posted>("chat.postMessage", &body).await;
        }
        let posted = answer.map_err(|refusal| refusal.error)?;
        Ok(Receipt { channel: posted.channel, ts: posted.ts })
    }

    /// Replaces the words of a message already posted; its metadata stays.
    pub async fn update(&self, receipt: &Receipt, message: &Message) -> Result<(), NotifyError> {
        let message = &self.with_members(message).await;
        let headline = text::plain(&message.headline);
        let body = json!({
            "channel": receipt.channel,
            "ts": receipt.ts,
            "text": blocks::text(&text::plain(&message.text)),
            "blocks": blocks::blocks(&headline, message),
            "parse": "none",
            "link_names": false,
        });
        let answer = self.call::<IgnoredAny>("chat.update", &body).await;
        answer.map(|_| ()).map_err(Refusal::of_idempotent)
    }

    /// Looks for the message with `envelope.key` among those posted since an hour before `since`: Slack
    /// stamps them by its own clock, and ours may be ahead of it.
    pub async fn look_up(
        &self,
        envelope: &Envelope,
        since: DateTime<Utc>,
    ) -> Result<LookUp, NotifyError> {
        let oldest = since - TimeDelta::hours(1);
        look_up::look_up(self, envelope, oldest).await
    }

    async fn call<A: DeserializeOwned + Send>(
        &self,
        method: &str,
        body: &Value,
    ) -> Result<A, Refusal> {
        let session = self.client.open_session(&self.token);
        session.http_session_api.http_post(method, body, None).await.map_err(Refusal::from)
    }

    async fn ask<A: DeserializeOwned + Send>(
        &self,
        method: &str,
        parameters: &Vec<(&str, Option<String>)>,
    ) -> Result<A, Refusal> {
        let session = self.client.open_session(&self.token);
        session.http_session_api.http_get(method, parameters, None).await.map_err(Refusal::from)
    }

    /// Keeps the page that a look-up could not turn; of the first there is nothing to keep.
    fn note_page(&self, place: String, page: Option<String>) {
        let Some(page) = page else { return };
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        // What was looked for and is settled otherwise leaves its page behind.
        if pages.len() >= KEPT_PAGES {
            pages.clear();
        }
        pages.insert(place, page);
    }

    /// The page at which a look-up goes on.
    fn take_page(&self, place: &str) -> Option<String> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).remove(place)
    }
}

fn post_body(envelope: &Envelope, message: &Message) -> Value {
    let headline = text::headline(envelope, message);
    let mut body = json!({
        "channel": envelope.address,
        "text": blocks::text(&text::summary(envelope, message)),
        "blocks": blocks::blocks(&headline, message),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "metadata": {
            "event_type": EVENT_TYPE,
            "event_payload": {
                "key": envelope.key,
                "case": envelope.case_number.as_deref().unwrap_or_default(),
                "stage": envelope.stage,
            },
        },
    });
    if !envelope.gathered.is_empty()
        && let Some(payload) = body.pointer_mut("/metadata/event_payload")
    {
        payload["gathered"] = json!(envelope.gathered.join("\n"));
    }
    if let (Some(thread), Some(body)) = (&envelope.thread, body.as_object_mut()) {
        body.insert("thread_ts".to_owned(), json!(thread.ts));
        body.insert("reply_broadcast".to_owned(), json!(envelope.broadcast));
    }
    body
}

fn remove_thread(body: &mut Value) {
    if let Some(body) = body.as_object_mut() {
        body.remove("thread_ts");
        body.remove("reply_broadcast");
    }
}
