//! Microsoft Teams through a Workflows webhook: an Adaptive Card, and no receipt.

mod adaptive;
pub(super) mod card;

use std::time::Duration;

use serde_json::json;

use super::webhook::{Answer, Webhook};
use super::{Envelope, Message, NotifyError};
use crate::config::settings::Secret;

/// One Workflows webhook.
#[derive(Debug)]
pub struct Teams(Webhook);

impl Teams {
    /// The webhook that the config calls `name`.
    pub fn new(name: &str, url: &Secret, timeout: Duration) -> Result<Self, NotifyError> {
        Webhook::new(format!("the Teams webhook {name}"), url, timeout).map(Self)
    }

    /// Posts `message`. A flow accepts it before it posts it: this is as much as can be known.
    pub async fn post(&self, envelope: &Envelope, message: &Message) -> Result<(), NotifyError> {
        let answer = self.0.post(card::body(envelope, message)?).await?;
        outcome(&self.0, &answer)
    }

    /// Tries it with a list of no cards: a flow that lives takes it, and has nothing to post.
    pub async fn probe(&self) -> Result<String, NotifyError> {
        let nothing = json!({ "type": "message", "attachments": [] });
        let answer = self.0.post(nothing.to_string()).await?;
        outcome(&self.0, &answer)?;
        Ok(format!(
            "{} ({}); nothing was posted, and the flow's run history shows it",
            self.0.name, self.0.origin
        ))
    }
}

/// How a flow that takes nothing is mended.
const REMEDY: &str = "the flow was deleted or disabled, or its owner has left; make a new one (\"When a \
                      Teams webhook request is received\")";

fn outcome(webhook: &Webhook, answer: &Answer) -> Result<(), NotifyError> {
    let reason = format!("{} answered HTTP {}", webhook.name, answer.status);
    match answer.status {
        200 | 202 => Ok(()),
        _ => Err(webhook.refusal(answer, reason, REMEDY)),
    }
}
