//! What people do about messages: look, try again, never send.

use anyhow::Context;
use tracing::info;

use super::App;
use crate::domain::act::{Actor, Entry};
use crate::domain::message::{MessageState, OutboxMessage};
use crate::notify::render;
use crate::store::Steering;

/// Why a message was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum SteerError {
    /// There is none of that number.
    #[error("there is no message {0}: see `jicui outbox`")]
    Unknown(i64),
    /// It is sent.
    #[error("message {0} was sent already")]
    Sent(i64),
    /// It is being sent.
    #[error("message {0} is under way: look again in a few minutes")]
    UnderWay(i64),
    /// It would not have been sent anyway.
    #[error("message {0} was overtaken and is not sent anyway")]
    Overtaken(i64),
    /// The database failed.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

impl App {
    /// The messages in these states: what waits, then the newest.
    pub async fn messages(
        &self,
        states: Vec<MessageState>,
        limit: u32,
    ) -> anyhow::Result<Vec<OutboxMessage>> {
        self.store.outbox(states, limit).await.context("loading messages")
    }

    /// Tries a message now that was refused, overtaken or waits.
    pub async fn retry_message(&self, id: i64, actor: &Actor) -> Result<(), SteerError> {
        self.steer(id, Steering::Retry, (actor, render::message_retried(id))).await?;
        info!(id, by = actor.name, "a message is tried again");
        Ok(())
    }

    /// Never sends a message that waits or was refused.
    pub async fn cancel_message(
        &self,
        id: i64,
        actor: &Actor,
        reason: &str,
    ) -> Result<(), SteerError> {
        let by = &actor.name;
        let reason = format!("cancelled by {by}: {}", reason.trim());
        self.steer(id, Steering::Cancel { reason }, (actor, render::message_cancelled(id))).await?;
        info!(id, by, "a message is cancelled");
        Ok(())
    }

    /// Decides about a message; the history of its case, if it has one, notes who did.
    async fn steer(
        &self,
        id: i64,
        steering: Steering,
        (actor, note): (&Actor, String),
    ) -> Result<(), SteerError> {
        let cancels = matches!(steering, Steering::Cancel { .. });
        let by = (actor.name.as_str(), Entry::note(&note));
        let steered = self.store.steer(id, steering, by, self.now()).await;
        match steered.map_err(|error| SteerError::Failed(error.into()))? {
            None => Err(SteerError::Unknown(id)),
            Some((MessageState::Sent, _)) => Err(SteerError::Sent(id)),
            Some((MessageState::Sending, false)) => Err(SteerError::UnderWay(id)),
            Some((MessageState::Overtaken, _)) if cancels => Err(SteerError::Overtaken(id)),
            Some(_) => {
                self.queued.notify_one();
                Ok(())
            }
        }
    }
}
