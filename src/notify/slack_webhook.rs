//! A Slack incoming webhook: posts into one channel, without threads, edits or receipts.

use std::time::Duration;

use serde_json::json;

use super::slack::blocks;
use super::webhook::{Answer, Webhook};
use super::{Envelope, Message, NotifyError, text};
use crate::config::settings::Secret;

/// How Slack refuses a message without words.
const WITHOUT_WORDS: [&str; 3] =
    ["no_text", "missing_text_or_fallback_or_attachments", "invalid_payload"];

/// One incoming webhook.
#[derive(Debug)]
pub struct SlackWebhook(Webhook);

impl SlackWebhook {
    /// The webhook that the config calls `name`.
    pub fn new(name: &str, url: &Secret, timeout: Duration) -> Result<Self, NotifyError> {
        Webhook::new(format!("the Slack webhook {name}"), url, timeout).map(Self)
    }

    /// Posts `message`.
    pub async fn post(&self, envelope: &Envelope, message: &Message) -> Result<(), NotifyError> {
        let headline = text::headline(envelope, message);
        let body = json!({
            "text": blocks::text(&text::summary(envelope, message)),
            "blocks": blocks::blocks(&headline, message),
            "mrkdwn": false,
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let answer = self.0.post(body.to_string()).await?;
        outcome(&self.0, &answer)
    }

    /// Tries it with a message without words, which Slack refuses once it has taken the address.
    pub async fn probe(&self) -> Result<String, NotifyError> {
        let answer = self.0.post(json!({ "text": "" }).to_string()).await?;
        if answer.status == 400 && WITHOUT_WORDS.contains(&answer.body.trim()) {
            return Ok(format!("{} ({}); nothing was posted", self.0.name, self.0.origin));
        }
        outcome(&self.0, &answer)?;
        let (name, origin) = (&self.0.name, &self.0.origin);
        Ok(format!(
            "{name} ({origin}); it took a message without words, which Slack itself refuses"
        ))
    }
}

/// How a webhook that takes nothing is mended.
const REMEDY: &str =
    "its channel is archived or the webhook was removed; make a new one in the app's settings";

/// Slack's code, a word such as `invalid_payload`; of anything else nothing, for whoever answers in its place
/// may repeat the address or the message.
fn code(body: &str) -> &str {
    let word = body.trim();
    let is_code = word.len() <= 60 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if is_code { word } else { "without a code of Slack's" }
}

fn outcome(webhook: &Webhook, answer: &Answer) -> Result<(), NotifyError> {
    let name = &webhook.name;
    let word = code(&answer.body);
    let reason = format!("{name} answered HTTP {} {word}", answer.status);
    match answer.status {
        200 if word == "ok" => Ok(()),
        200 => Err(NotifyError::Unknown {
            reason: format!("{name} answered, but not in Slack's words (is a proxy in the way?)"),
        }),
        _ => Err(webhook.refusal(answer, reason, REMEDY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_whoever_answers_in_slack_s_place_no_word_is_repeated() {
        for (body, expected) in [
            ("invalid_payload\n", "invalid_payload"),
            ("Cannot POST /services/T0/B0/secret", "without a code of Slack's"),
            ("無法下載 0912345678", "without a code of Slack's"),
        ] {
            assert_eq!(code(body), expected);
        }
    }
}
