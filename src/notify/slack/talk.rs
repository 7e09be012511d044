//! What is said to the one person who clicked: a modal, a private answer.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::{SlackBot, blocks};
use crate::notify::{NotifyError, Receipt, text};

impl SlackBot {
    /// Opens `view` before the person who clicked.
    pub async fn open_modal(&self, trigger: &str, view: &Value) -> Result<(), NotifyError> {
        let body = json!({ "trigger_id": trigger, "view": view });
        let answer = self.call::<IgnoredAny>("views.open", &body).await;
        answer.map(|_| ()).map_err(Refusal::of_idempotent)
    }

    /// Says something that only `user` sees, beside the message that was clicked.
    pub async fn whisper(
        &self,
        user: &str,
        beside: &Receipt,
        words: &str,
    ) -> Result<(), NotifyError> {
        let words = text::plain(words);
        // Only what is read as Slack's markup is escaped.
        let body = json!({
            "channel": beside.channel,
            "user": user,
            "text": blocks::text(&words),
            "blocks": [{ "type": "section", "text": {
                "type": "plain_text", "text": text::cut(&words, 3000), "emoji": false,
            } }],
            "parse": "none",
            "link_names": false,
        });
        let answer = self.call::<IgnoredAny>("chat.postEphemeral", &body).await;
        answer.map(|_| ()).map_err(Refusal::of_idempotent)
    }
}
