//! What became of a message, written down.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::columns::instant;
use super::outbox::redirect;
use super::{Consequence, StoreError};
use crate::domain::message::{MessageState, NewMessage};

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Taken; with the line as sent and the provider's channel and time stamp, if it gave any.
    Sent {
        /// The line people read.
        text: String,
        /// The due day that it told, if it told any.
        due_on: Option<NaiveDate>,
        /// Slack's channel and time stamp, or a mail's address and name.
        receipt: Option<(String, String)>,
    },
    /// To be tried again.
    Again {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: String,
        /// Whether it may have arrived all the same.
        unknown: bool,
        /// What the attempt was.
        effort: Effort,
    },
    /// Waits for the office to open; this was no attempt.
    Postponed {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Pointless now.
    Overtaken {
        /// Why.
        reason: String,
        /// Whether an earlier attempt may have arrived.
        in_doubt: bool,
    },
    /// Its recipient reads elsewhere by now, where the same message goes in the same transaction.
    Redirected {
        /// The same message for that channel.
        instead: NewMessage,
    },
    /// Refused for good; `instead` goes to the next channel in the same transaction.
    Failed {
        /// Why.
        reason: String,
        /// Whether an attempt may have arrived all the same.
        in_doubt: bool,
        /// The same message for the next channel, or for a person.
        instead: Vec<NewMessage>,
    },
}

/// What came of an attempt, as far as attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// None was made: the office is shut.
    None,
    /// None, as far as that goes: the provider said when to come back.
    PutOff,
    /// It failed, and the other side said so.
    Refused,
    /// It was never answered.
    Unanswered,
}

/// One message's fate, and the alarms that follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The row.
    pub id: i64,
    /// What became of it.
    pub settlement: Settlement,
    /// What it asks for, in the same transaction.
    pub consequences: Vec<Consequence>,
}

/// Since when a message is put off: as long as others that wait for the same address, for whichever of
/// them the provider was asked.
const PUT_OFF: &str = "update outbox as o set put_off_since = iif(?2, coalesce(o.put_off_since,
    (select min(put_off_since) from outbox as w
        where w.state in ('queued', 'sending') and w.channel = o.channel), ?3), null)
    where id = ?1";

/// Why a message ends that goes elsewhere.
const READS_ELSEWHERE: &str = "the channel is its recipient's no longer";

/// Writes what became of one message, within a transaction.
pub(super) fn settle(
    tx: &Connection,
    id: i64,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    match settlement {
        Settlement::Sent { text, due_on, receipt } => {
            const SENT: &str = "update outbox set state = 'sent', sent_at = ?2, text = ?3,
                due_on = ?4, receipt_channel = ?5, receipt_ts = ?6, reason = null where id = ?1";
            let (channel, ts) = receipt.as_ref().map(|(channel, ts)| (channel, ts)).unzip();
            let due_on = due_on.map(|day| day.to_string());
            let sent = (id, instant(now), text, due_on, channel, ts);
            tx.prepare_cached(SENT)?.execute(sent)?;
        }
        Settlement::Again { at, reason, unknown, effort } => {
            // What surely did not arrive is free to go by itself, or in another company.
            const AGAIN: &str = "update outbox set next_attempt_at = ?2, reason = ?3,
                state = iif(?4, 'sending', 'queued'), bundle = iif(?4, bundle, null),
                attempts = attempts - ?5, unknown_outcomes = unknown_outcomes + ?6
                where id = ?1";
            let none = matches!(effort, Effort::None | Effort::PutOff);
            let unanswered = *effort == Effort::Unanswered;
            let again = (id, instant(*at), reason, unknown, none, unanswered);
            tx.prepare_cached(AGAIN)?.execute(again)?;
            if none {
                let is_put_off = *effort == Effort::PutOff;
                tx.prepare_cached(PUT_OFF)?.execute((id, is_put_off, instant(now)))?;
            }
        }
        Settlement::Postponed { until } => {
            const POSTPONE: &str = "update outbox set state = 'queued', next_attempt_at = ?2,
                attempts = attempts - 1, reason = null, bundle = null, put_off_since = null
                where id = ?1";
            tx.prepare_cached(POSTPONE)?.execute((id, instant(*until)))?;
        }
        Settlement::Overtaken { reason, in_doubt } => {
            end(tx, id, (MessageState::Overtaken, now), (reason, *in_doubt))?;
        }
        Settlement::Redirected { instead } => {
            end(tx, id, (MessageState::Overtaken, now), (READS_ELSEWHERE, false))?;
            redirect(tx, instead, now)?;
        }
        Settlement::Failed { reason, in_doubt, instead } => {
            end(tx, id, (MessageState::Failed, now), (reason, *in_doubt))?;
            for message in instead {
                redirect(tx, message, now)?;
            }
        }
    }
    Ok(())
}

fn end(
    tx: &Connection,
    id: i64,
    (state, now): (MessageState, DateTime<Utc>),
    (reason, in_doubt): (&str, bool),
) -> Result<(), StoreError> {
    const END: &str = "update outbox set state = ?2, reason = ?3, in_doubt = ?4, ended_at = ?5
        where id = ?1";
    tx.prepare_cached(END)?.execute((id, state.as_str(), reason, in_doubt, instant(now)))?;
    Ok(())
}
