//! Socket Mode: Slack's clicks arrive over a connection that we open, so that no public address is
//! needed.
//!
//! The connection is our own, not slack-morphism's: its client has no time limit for connecting,
//! acknowledges what it cannot read as if it had been understood, and writes addresses and bodies
//! to the log.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::{SlackApiToken, SlackApiTokenValue};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::SlackBot;
use super::answer::Refusal;
use crate::config::settings::Secret;
use crate::notify::NotifyError;

/// A click with its message is some ten thousand bytes.
const FRAME_LIMIT_BYTES: usize = 1024 * 1024;

/// After so much silence we ask whether Slack is still there; after as much again it is not.
const SILENCE: Duration = Duration::from_secs(30);

/// A connection that ends before this was none.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// Longer than any id of an envelope.
const ID_LIMIT: usize = 200;

/// What came over the connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Slack is there.
    Alive,
    /// Slack will close this connection, and wants another to be opened.
    Goodbye,
    /// Something that wants to be acknowledged within three seconds.
    Envelope {
        /// Its name.
        id: String,
        /// What somebody did, in Slack's words; nothing where it is of another kind.
        payload: Value,
    },
}

/// An open connection.
pub struct Session {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    opened: Instant,
    asked: bool,
}

#[derive(Deserialize)]
struct Opened {
    url: String,
}

/// The token by which connections are opened (`xapp-…`), as slack-morphism wants it.
pub(super) fn app_token(secret: &Secret) -> Result<SlackApiToken, NotifyError> {
    let value = secret.value.expose_secret().trim();
    if !value.starts_with("xapp-") || !value.chars().all(|c| c.is_ascii_graphic()) {
        let reason = format!(
            "{} holds no app-level token; put the one that begins with xapp- there",
            secret.origin
        );
        return Err(NotifyError::Misconfigured { reason });
    }
    Ok(SlackApiToken::new(SlackApiTokenValue(value.to_owned())))
}

fn later(reason: &str) -> NotifyError {
    NotifyError::Later { after: None, reason: reason.to_owned() }
}

impl SlackBot {
    /// Whether clicks can be heard.
    pub fn has_socket(&self) -> bool {
        self.app_token.is_some()
    }

    /// Opens a connection for clicks.
    pub async fn connect(&self) -> Result<Session, NotifyError> {
        let Some(token) = &self.app_token else {
            let reason = "there is no app-level token: see [slack] app_token_file".to_owned();
            return Err(NotifyError::Misconfigured { reason });
        };
        let session = self.client.open_session(token);
        let nothing = json!({});
        let call = session.http_session_api.http_post("apps.connections.open", &nothing, None);
        let opened: Opened = call.await.map_err(|error| Refusal::from(error).of_idempotent())?;
        // The address is a secret: whoever has it hears the clicks.
        if !opened.url.starts_with("wss://") && self.is_private {
            return Err(later("Slack gave an address that is not private"));
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(FRAME_LIMIT_BYTES))
            .max_frame_size(Some(FRAME_LIMIT_BYTES));
        let connecting = connect_async_with_config(opened.url.as_str(), Some(config), true);
        match tokio::time::timeout(self.request_timeout, connecting).await {
            Ok(Ok((stream, _))) => Ok(Session { stream, opened: Instant::now(), asked: false }),
            Ok(Err(_)) => Err(later("Slack's connection for clicks could not be opened")),
            Err(_) => Err(later("Slack's connection for clicks did not open in time")),
        }
    }
}

impl Session {
    /// Whether it has been open for so long that it works.
    pub fn has_lasted(&self) -> bool {
        self.opened.elapsed() >= SETTLED_AFTER
    }

    /// What comes next. Nothing is lost if the wait is given up.
    pub async fn next(&mut self) -> Result<Heard, NotifyError> {
        loop {
            match tokio::time::timeout(SILENCE, self.stream.next()).await {
                Err(_) if self.asked => return Err(later("Slack's connection fell silent")),
                Err(_) => {
                    self.asked = true;
                    self.send(Frame::Ping(Vec::new().into())).await?;
                }
                Ok(None | Some(Err(_) | Ok(Frame::Close(_)))) => {
                    return Err(later("Slack's connection broke off"));
                }
                Ok(Some(Ok(frame))) => {
                    self.asked = false;
                    return frame.to_text().map_or(Ok(Heard::Alive), read);
                }
            }
        }
    }

    /// Tells Slack that an envelope has arrived, with an answer if there is one.
    pub async fn acknowledge(
        &mut self,
        id: &str,
        answer: Option<Value>,
    ) -> Result<(), NotifyError> {
        let mut body = json!({ "envelope_id": id });
        if let (Some(answer), Some(body)) = (answer, body.as_object_mut()) {
            body.insert("payload".to_owned(), answer);
        }
        self.send(Frame::Text(body.to_string().into())).await
    }

    async fn send(&mut self, frame: Frame) -> Result<(), NotifyError> {
        let broke_off = || later("Slack's connection broke off");
        let sent = tokio::time::timeout(SILENCE, self.stream.send(frame)).await;
        sent.map_err(|_| broke_off())?.map_err(|_| broke_off())
    }
}

/// Reads a frame; what is none of Slack's only shows that somebody is there.
fn read(text: &str) -> Result<Heard, NotifyError> {
    let Ok(mut frame) = serde_json::from_str::<Value>(text) else { return Ok(Heard::Alive) };
    let word = |name: &str| frame.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, id) = (word("type"), word("envelope_id").to_owned());
    Ok(match kind {
        "disconnect" if word("reason") == "link_disabled" => {
            let reason = "Socket Mode was switched off in the app's settings: switch it on again";
            return Err(NotifyError::Misconfigured { reason: reason.to_owned() });
        }
        "disconnect" => Heard::Goodbye,
        _ if id.is_empty() || id.len() > ID_LIMIT => Heard::Alive,
        "interactive" => {
            let payload = frame.get_mut("payload").map(Value::take).unwrap_or_default();
            Heard::Envelope { id, payload }
        }
        _ => Heard::Envelope { id, payload: Value::Null },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_and_nonsense_is_only_a_sign_of_life() {
        let read = |text: &str| read(text).unwrap();
        let envelope = |payload| Heard::Envelope { id: "e1".to_owned(), payload };
        assert_eq!(read(r#"{"type":"hello","num_connections":1}"#), Heard::Alive);
        assert_eq!(read(r#"{"type":"disconnect","reason":"warning"}"#), Heard::Goodbye);
        let click = r#"{"type":"interactive","envelope_id":"e1","payload":{"type":"x"}}"#;
        assert_eq!(read(click), envelope(json!({ "type": "x" })));
        let other = r#"{"type":"events_api","envelope_id":"e1","payload":{"type":"x"}}"#;
        assert_eq!(read(other), envelope(Value::Null));
        for nonsense in ["", "null", "[]", "{", r#"{"envelope_id":7}"#, r#"{"type":{}}"#] {
            assert_eq!(read(nonsense), Heard::Alive, "{nonsense}");
        }
        assert_eq!(read(&format!(r#"{{"envelope_id":"{}"}}"#, "e".repeat(300))), Heard::Alive);
    }

    #[test]
    fn that_socket_mode_was_switched_off_is_for_a_person_to_mend() {
        let gone = read(r#"{"type":"disconnect","reason":"link_disabled"}"#);
        assert!(matches!(gone, Err(NotifyError::Misconfigured { .. })), "{gone:?}");
    }
}
