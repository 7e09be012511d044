//! 通知紀錄: the messages that a person looks for, page by page, the newest first.

use anyhow::Context;

use super::{App, alarms};
use crate::domain::message::{Alarm, OutboxMessage};
pub use crate::store::MessageFilter;

impl App {
    /// At most `limit` messages, the newest first; and whether there are more.
    pub async fn find_messages(
        &self,
        filter: MessageFilter,
        limit: usize,
    ) -> anyhow::Result<(Vec<OutboxMessage>, bool)> {
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
        active.retain(|alarm| alarms::OF_DELIVERY.contains(&alarm.code.as_str()));
        Ok(active)
    }
}
