//! 通知紀錄: the messages that a person looks for, page by page, the newest first.

use anyhow::Context;
use tracing::info;

use super::{App, alarms};
use crate::domain::act::{Act, Actor};
use crate::domain::case::CaseNumber;
use crate::domain::directory::ChannelKind;
use crate::domain::message::{Alarm, MessageState, OutboxMessage};
use crate::store::MessageFilter;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// Only in this state.
    pub state: Option<MessageState>,
    /// Only by this kind of channel.
    pub channel: Option<ChannelKind>,
    /// Only for the unit with this id, or its supervisor.
    pub unit: Option<String>,
    /// Only about this case.
    pub case: Option<CaseNumber>,
    /// Only those older than this number.
    pub before: Option<i64>,
}

/// Alarms that say that messages reach nobody by some way.
const OUTAGES: [&str; 3] =
    [alarms::CHANNEL_UNREACHABLE, alarms::CHANNEL_MISCONFIGURED, alarms::MESSAGE_UNDELIVERED];

impl App {
    /// At most `limit` messages, the newest first; and whether there are more.
    pub async fn find_messages(
        &self,
        query: MessageQuery,
        limit: usize,
    ) -> anyhow::Result<(Vec<OutboxMessage>, bool)> {
        let MessageQuery { state, channel, unit, case, before } = query;
        let filter = MessageFilter { state, channel, unit, case, before };
        let more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
        let mut rows =
            self.store.find_messages(filter, more).await.context("looking for messages")?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Ok((rows, has_more))
    }

    /// What keeps messages from reaching anybody now.
    pub async fn outages(&self) -> anyhow::Result<Vec<Alarm>> {
        let mut active = self.store.active_alarms().await.context("loading alarms")?;
        active.retain(|alarm| OUTAGES.contains(&alarm.code.as_str()));
        Ok(active)
    }

    /// Notes in the history of a message's case who steered it; a message without a case has none.
    pub async fn note_steering(&self, id: i64, words: &str, actor: &Actor) -> anyhow::Result<()> {
        let about = self.store.case_of_message(id).await.context("looking for its case")?;
        let Some(number) = about else { return Ok(()) };
        let text = format!("{words} {id}");
        if let Err(refusal) = self.act(&number, Act::Note { text }, actor).await {
            info!(id, %refusal, "the history keeps no note of it");
        }
        Ok(())
    }
}
