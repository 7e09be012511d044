//! Looking for messages: by state, channel, unit and case, the newest first.

use rusqlite::named_params;

use super::columns::optional;
use super::outbox::read_message;
use super::{Store, StoreError};
use crate::domain::case::CaseNumber;
use crate::domain::directory::{ChannelAddress, ChannelKind};
use crate::domain::message::{MessageState, OutboxMessage};

use chrono::{DateTime, Utc};

/// What is looked for; `None` is whichever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Its state.
    pub state: Option<MessageState>,
    /// The kind of its channel.
    pub channel: Option<ChannelKind>,
    /// The id of its unit.
    pub unit: Option<String>,
    /// Its case.
    pub case: Option<CaseNumber>,
    /// It is older than this number.
    pub before: Option<i64>,
}

/// One case has few messages, which its own index finds; the others are walked back from the newest.
const OF_CASE: &str = "select * from outbox where case_number = :number
    and (:state is null or state = :state)
    and (:channel is null or substr(channel, 1, instr(channel || ':', ':') - 1) = :channel)
    and (:unit is null or recipient in ('unit:' || :unit, 'supervisor:' || :unit))
    and id < :before order by id desc limit :limit";
const OF_ALL: &str = "select * from outbox where id < :before and :number is null
    and (:state is null or state = :state)
    and (:channel is null or substr(channel, 1, instr(channel || ':', ':') - 1) = :channel)
    and (:unit is null or recipient in ('unit:' || :unit, 'supervisor:' || :unit))
    order by id desc limit :limit";

impl Store {
    /// At most `limit` messages, the newest first.
    pub async fn find_messages(
        &self,
        filter: MessageFilter,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        self.glance(move |tx| {
            let sql = if filter.case.is_some() { OF_CASE } else { OF_ALL };
            let mut statement = tx.prepare_cached(sql)?;
            let mut rows = statement.query(named_params! {
                ":number": filter.case.as_ref().map(CaseNumber::as_str),
                ":state": filter.state.map(MessageState::as_str),
                ":channel": filter.channel.map(ChannelKind::as_str),
                ":unit": filter.unit,
                ":before": filter.before.unwrap_or(i64::MAX),
                ":limit": limit,
            })?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                messages.push(read_message(row)?);
            }
            Ok(messages)
        })
        .await
    }

    /// When each of these channels last took a message.
    pub async fn last_reached(
        &self,
        channels: Vec<ChannelAddress>,
    ) -> Result<Vec<Option<DateTime<Utc>>>, StoreError> {
        const LAST: &str = "select max(sent_at) as at from outbox
            where channel = ?1 and sent_at is not null";
        self.glance(move |tx| {
            let mut statement = tx.prepare_cached(LAST)?;
            let mut last = Vec::with_capacity(channels.len());
            for channel in &channels {
                let parse = super::columns::parse_instant;
                let found = statement
                    .query_row([channel.to_string()], |row| Ok(optional(row, "at", parse)))?;
                last.push(found?);
            }
            Ok(last)
        })
        .await
    }
}
