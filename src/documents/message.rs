//! A message of the outbox, and its fate.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::domain::message::{MessageState, OutboxMessage};

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// Its number in the outbox.
    pub id: i64,
    /// The case it is about, if it is about one.
    pub case_number: Option<String>,
    /// Why it is sent: `stage`, `deadline_moved`, `digest`, …
    pub occasion: &'static str,
    /// The stage of the ladder.
    pub stage: String,
    /// The due day that it says.
    pub due_on: Option<NaiveDate>,
    /// Where it goes: `slack:C0123456789`; only the kind of channel to who may not read the address.
    pub channel: String,
    /// For whom: `unit:ID`, `supervisor:ID`, `administrators`.
    pub recipient: String,
    /// `queued`, `sending`, `sent`, `failed` or `overtaken`.
    pub state: &'static str,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: String,
    /// When it is tried next, while it waits.
    pub next_attempt_at: Option<String>,
    /// When it was sent.
    pub sent_at: Option<String>,
    /// Why it was not sent.
    pub reason: Option<String>,
    /// Its words, as they were sent; null to who may not read them.
    pub text: Option<String>,
}

impl From<&OutboxMessage> for Message {
    fn from(row: &OutboxMessage) -> Self {
        let waits = matches!(row.state, MessageState::Queued | MessageState::Sending);
        Self {
            id: row.id,
            case_number: row.message.case.as_ref().map(|(number, _)| number.to_string()),
            occasion: row.message.occasion.as_str(),
            stage: row.message.stage.clone(),
            due_on: row.message.due_on,
            channel: row.message.channel.to_string(),
            recipient: row.message.recipient.to_string(),
            state: row.state.as_str(),
            attempts: row.attempts,
            queued_at: rfc3339(row.queued_at),
            next_attempt_at: waits.then(|| rfc3339(row.next_attempt_at)),
            sent_at: row.sent_at.map(rfc3339),
            reason: row.reason.clone(),
            text: row.text.clone(),
        }
    }
}

impl Message {
    /// Takes out its words, and where exactly it went.
    pub fn without_words(&mut self) {
        self.text = None;
        self.reason = None;
        if let Some((kind, _)) = self.channel.split_once(':') {
            self.channel = kind.to_owned();
        }
    }
}
