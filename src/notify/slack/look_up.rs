//! Whether a message whose sending broke off is there: its key travels in its metadata.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{EVENT_TYPE, SlackBot, blocks};
use crate::notify::slack::answer::Refusal;
use crate::notify::{Envelope, LookUp, NotifyError, Receipt};

/// Messages on a page, and pages read: far more than are posted between an attempt and its look-up.
const PAGE_SIZE: &str = "200";
const MAX_PAGES: usize = 10;

/// A page of `conversations.history` or `conversations.replies`. Other people's messages come in
/// shapes of their own; only what is read is named.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    response_metadata: Option<Cursor>,
}

#[derive(Default, Deserialize)]
struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

/// Replies of a thread are listed by `conversations.replies` only; when the thread is gone, or it went in a
/// list, the message went to the channel.
pub(super) async fn look_up(
    slack: &SlackBot,
    envelope: &Envelope,
    oldest: DateTime<Utc>,
) -> Result<LookUp, NotifyError> {
    let oldest = format!("{}.{:06}", oldest.timestamp(), oldest.timestamp_subsec_micros());
    let in_thread = match &envelope.thread {
        Some(thread) => Some(search(slack, envelope, Some(&thread.ts), &oldest).await),
        None => None,
    };
    let answer = match in_thread {
        Some(Err(refusal)) if is_thread_gone(&refusal.code) => {
            search(slack, envelope, None, &oldest).await
        }
        None | Some(Ok(LookUp::Absent)) => search(slack, envelope, None, &oldest).await,
        Some(answer) => answer,
    };
    match answer {
        Ok(found) => Ok(found),
        Err(refusal) if may_not_read(&refusal.code) => Ok(LookUp::CannotAsk),
        Err(refusal) => Err(refusal.of_idempotent()),
    }
}

/// The first message was deleted, or can no longer be answered.
pub(super) fn is_thread_gone(code: &str) -> bool {
    matches!(
        code,
        "thread_not_found"
            | "message_not_found"
            | "cannot_reply_to_message"
            | "restricted_action_thread_locked"
            | "restricted_action_non_threadable_channel"
    )
}

/// The bot may post there, but not read.
fn may_not_read(code: &str) -> bool {
    matches!(
        code,
        "missing_scope"
            | "not_in_channel"
            | "channel_not_found"
            | "no_permission"
            | "not_allowed_token_type"
            | "method_not_supported_for_channel_type"
    )
}

async fn search(
    slack: &SlackBot,
    envelope: &Envelope,
    thread: Option<&str>,
    oldest: &str,
) -> Result<LookUp, Refusal> {
    let method = if thread.is_some() { "conversations.replies" } else { "conversations.history" };
    // A receipt knows the channel's id even where the settings have a name.
    let channel = envelope.thread.as_ref().map_or(&envelope.address, |thread| &thread.channel);
    let place = format!("{method} {}", envelope.key);
    let mut cursor = slack.take_page(&place);
    for _ in 0..MAX_PAGES {
        let parameters = vec![
            ("channel", Some(channel.clone())),
            ("ts", thread.map(str::to_owned)),
            ("oldest", Some(oldest.to_owned())),
            ("include_all_metadata", Some("true".to_owned())),
            ("limit", Some(PAGE_SIZE.to_owned())),
            ("cursor", cursor.clone()),
        ];
        let page: Page = match slack.ask(method, &parameters).await {
            Ok(page) => page,
            // A page that was kept for too long.
            Err(refusal) if refusal.code == "invalid_cursor" && cursor.is_some() => {
                cursor = None;
                continue;
            }
            Err(refusal) => {
                // Whoever may turn one page a minute would never come to the last if each look-up began anew.
                // Whom nobody can be asked of is sent again, and is looked for from the beginning.
                if !may_not_read(&refusal.code) {
                    slack.note_page(place, cursor);
                }
                return Err(refusal);
            }
        };
        let found = page.messages.iter().find_map(|message| ours(message, envelope));
        if let Some(Ours { ts, text, is_list }) = found {
            let receipt = Receipt { channel: channel.clone(), ts: ts.to_owned() };
            let receipt = (!is_list).then_some(receipt);
            return Ok(LookUp::Found { receipt, text: blocks::unescaped(text) });
        }
        let next = page.response_metadata.unwrap_or_default().next_cursor;
        if next.is_empty() {
            return Ok(LookUp::Absent);
        }
        cursor = Some(next);
    }
    Ok(LookUp::CannotAsk)
}

/// A message that was looked for.
struct Ours<'a> {
    ts: &'a str,
    /// Its line.
    text: &'a str,
    /// Whether it has others of ours in it: it is nobody's thread.
    is_list: bool,
}

/// `message`, if it is the one that the envelope speaks of, alone or among others. A list whose rows did not all
/// go together is another one by the same key.
fn ours<'a>(message: &'a Value, Envelope { key, gathered, .. }: &Envelope) -> Option<Ours<'a>> {
    let metadata = message.get("metadata")?;
    let payload = metadata.get("event_payload")?;
    let said = payload.get("gathered").and_then(Value::as_str).unwrap_or_default();
    let has_said = |key: &String| said.split('\n').any(|said| said == key);
    let is_list = has_said(key);
    let is_whole =
        || payload.get("key").and_then(Value::as_str) == Some(key) && gathered.iter().all(has_said);
    let is_ours = metadata.get("event_type")?.as_str()? == EVENT_TYPE && (is_list || is_whole());
    let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
    message.get("ts")?.as_str().filter(|_| is_ours).map(|ts| Ours { ts, text, is_list })
}
