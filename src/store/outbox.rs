//! The outbox: every message is a row before it is sent, and its fate is a row after.
//!
//! How messages are taken for sending and what became of them is written: `exchange.rs`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::cases::append;
use super::columns::{InOrder, Named, instant, optional, parse_day, parse_instant, parsed};
use super::{Store, StoreError};
use crate::clock::JUMP;
use crate::domain::act::Entry;
use crate::domain::case::CaseNumber;
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{MAY_HAVE_ARRIVED, MessageState, NewMessage, Occasion, OutboxMessage};
use crate::domain::reminder::Recipient;

/// What a person decides about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steering {
    /// Try it now, as if it were new.
    Retry,
    /// Never send it.
    Cancel {
        /// By whom, and why.
        reason: String,
    },
}

/// What became of the messages by one kind of channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Taken by the provider.
    pub sent: u64,
    /// Refused for good, and by no other channel of its recipient either.
    pub failed: u64,
    /// Not yet taken.
    pub waiting: u64,
    /// When the oldest of those was queued.
    pub oldest: Option<DateTime<Utc>>,
}

/// What was refused everywhere is queued again this long after that, if it is still due: by then a
/// person may have mended the channel. What another clock noted for later than now, it noted at some time before.
const FAILED_AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// A message that ended in doubt comes back as one that broke off: it is looked up first, and what
/// cannot be is repeated no more often than it was promised, however often it comes back. So is, as
/// long as a restoration lasts, whatever is known by its key: it may have been sent before. What a
/// person took back does not come back, nor what another channel took in its place.
const INSERT: &str = "
    insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient,
        detail, may_have_arrived, state, queued_at, next_attempt_at, last_attempt_at)
    select :key, :case_number, :round, :occasion, :stage, :due_on, :channel, :recipient,
        :detail, :may_have_arrived, iif(known_until is null, 'queued', 'sending'), :now, :now, known_until
    from (select max(known_until) as known_until from restorations
        where over_at is null and :is_known_by_key)
    where true
    on conflict (key) do update set
        state = iif(outbox.in_doubt, 'sending', 'queued'),
        may_have_arrived = outbox.may_have_arrived or excluded.may_have_arrived,
        channel = iif(outbox.in_doubt, outbox.channel, excluded.channel),
        bundle = iif(outbox.in_doubt, outbox.bundle, null), in_doubt = 0,
        queued_at = excluded.queued_at, next_attempt_at = excluded.next_attempt_at, attempts = 0,
        unknown_outcomes = iif(outbox.in_doubt, outbox.unknown_outcomes, 0), reason = null,
        sent_at = null, put_off_since = null
        where not outbox.is_cancelled and (outbox.state = 'overtaken'
            or (outbox.state = 'failed'
                and (coalesce(outbox.ended_at, '') <= :again or outbox.ended_at > :ahead)))
            and not exists (select 1 from outbox as next where next.key > outbox.key || ' > '
                and next.key < outbox.key || ' >!' and next.key not glob '*/another-clock-*'
                and (next.state in ('sent', 'queued', 'sending') or next.is_cancelled))";

/// A newer reminder of a case makes the older ones that still wait pointless.
const OVERTAKE: &str = "
    update outbox set state = 'overtaken', reason = 'a later stage was reached'
    where case_number = ?1 and recipient = ?2 and key <> ?3 and state = 'queued'
        and occasion in ('stage', 'deadline_moved')";

/// News of how a case stands by now takes the place of older news of the same that still waits.
const OVERTAKE_NEWS: &str = "
    update outbox set state = 'overtaken', reason = 'there is newer news of it'
    where case_number = ?1 and recipient = ?2 and occasion = ?3 and key <> ?4 and state = 'queued'";

impl Store {
    /// Queues messages in one transaction; those already queued change nothing. Returns how many
    /// are new.
    pub async fn enqueue(
        &self,
        messages: Vec<NewMessage>,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| {
            let mut queued = 0;
            for message in &messages {
                queued += insert(tx, message, now)?;
            }
            Ok(queued)
        })
        .await
    }

    /// Those of `keys` that were queued by then.
    pub async fn queued_by(
        &self,
        keys: Vec<String>,
        by: DateTime<Utc>,
    ) -> Result<BTreeSet<String>, StoreError> {
        const QUEUED: &str = "select exists (select 1 from outbox where key = ?1
            and state <> 'overtaken' and queued_at <= ?2)";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(QUEUED)?;
            let mut queued = BTreeSet::new();
            for key in keys {
                if statement.query_row((&key, instant(by)), |row| row.get(0))? {
                    queued.insert(key);
                }
            }
            Ok(queued)
        })
        .await
    }

    /// The outbox in these states: what waits before all else, then the newest.
    pub async fn outbox(
        &self,
        states: Vec<MessageState>,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        let words: Vec<String> = states.iter().map(|s| format!("'{}'", s.as_str())).collect();
        let sql = format!(
            "select * from outbox where state in ({}) \
             order by state in ('queued', 'sending') desc, id desc limit {limit}",
            words.join(", ")
        );
        self.read(move |tx| select(tx, &sql, [])).await
    }

    /// Lets a person change what becomes of a message; returns what it was and whether it is changed, or `None`
    /// if there is no such message. One that was sent, or is under way, is left alone.
    pub async fn steer(
        &self,
        id: i64,
        steering: Steering,
        (actor, note): (&str, Entry),
        now: DateTime<Utc>,
    ) -> Result<Option<(MessageState, bool)>, StoreError> {
        const RETRY: &str = "update outbox set state = iif(in_doubt, 'sending', 'queued'),
            bundle = iif(in_doubt, bundle, null), in_doubt = 0, attempts = 0,
            unknown_outcomes = 0, next_attempt_at = ?2, reason = null, is_cancelled = 0,
            put_off_since = null
            where id = ?1 and state in ('queued', 'failed', 'overtaken')";
        // What is in doubt is looked up first, whenever it is tried. While it waits it is `sending` for a reason; a lease
        // takes that away.
        const HURRY: &str = "update outbox set next_attempt_at = ?2
            where id = ?1 and state = 'sending' and reason is not null";
        const CANCEL: &str = "update outbox set state = 'overtaken', is_cancelled = 1,
            in_doubt = in_doubt or state = 'sending',
            reason = ?2 || iif(in_doubt or state = 'sending', ?3, '')
            where id = ?1 and (state in ('queued', 'failed')
                or state = 'sending' and reason is not null)";
        let actor = actor.to_owned();
        self.write(move |tx| {
            const FOUND: &str = "select state, case_number from outbox where id = ?1";
            let read = |row: &Row<'_>| {
                let number = optional(row, "case_number", |text| CaseNumber::parse(text).ok());
                Ok(number.and_then(|of| Ok((parsed(row, "state", MessageState::parse)?, of))))
            };
            let found = tx.prepare_cached(FOUND)?.query_row([id], read);
            let Some((state, number)) = found.optional()?.transpose()? else { return Ok(None) };
            let changed = match steering {
                Steering::Retry => {
                    let now = instant(now);
                    let again = tx.prepare_cached(RETRY)?.execute((id, &now))?;
                    again + tx.prepare_cached(HURRY)?.execute((id, &now))?
                }
                Steering::Cancel { reason } => {
                    tx.prepare_cached(CANCEL)?.execute((id, reason, MAY_HAVE_ARRIVED))?
                }
            };
            if let Some(number) = number.filter(|_| changed > 0) {
                append(tx, &number, (&actor, now), &note)?;
            }
            Ok(Some((state, changed > 0)))
        })
        .await
    }

    /// Whom the message meant that has this receipt.
    pub async fn recipient_of(
        &self,
        channel: &str,
        ts: &str,
    ) -> Result<Option<Recipient>, StoreError> {
        const OF: &str = "select recipient from outbox where receipt_channel = ?1
            and receipt_ts = ?2 order by id limit 1";
        let receipt = (channel.to_owned(), ts.to_owned());
        self.read(move |tx| {
            let found = tx
                .prepare_cached(OF)?
                .query_row(receipt, |row| Ok(parsed(row, "recipient", Recipient::parse)));
            found.optional()?.transpose()
        })
        .await
    }

    /// What became of all messages, by kind of channel (`slack`).
    pub async fn traffic(&self) -> Result<BTreeMap<String, Traffic>, StoreError> {
        const COUNT: &str = "select substr(channel, 1, instr(channel || ':', ':') - 1) as kind,
                sum(state = 'sent') as sent,
                sum(state = 'failed' and reason is not null
                    and occasion <> 'mark_acted' and not exists (select 1
                    from outbox as next where next.key > outbox.key || ' > '
                        and next.key < outbox.key || ' >!' and next.state <> 'overtaken')) as failed,
                sum(state in ('queued', 'sending')) as waiting,
                min(iif(state in ('queued', 'sending'), queued_at, null)) as oldest
            from outbox group by kind";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(COUNT)?;
            let mut rows = statement.query([])?;
            let mut traffic = BTreeMap::new();
            while let Some(row) = rows.next()? {
                traffic.insert(row.get("kind")?, read_traffic(row)?);
            }
            Ok(traffic)
        })
        .await
    }

    /// What has waited since before `now`, by channel: how many messages, and since when the first. What
    /// waits for a moment of its own (office hours, a silence) does not wait before it, and of whom it is
    /// known that nothing reaches them there nothing more is said.
    pub async fn waiting(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ChannelAddress, u64, DateTime<Utc>)>, StoreError> {
        const WAITING: &str = "select channel, count(*) as count, min(since) as since from (
                select channel, iif(state = 'sending' or reason is not null, queued_at,
                    next_attempt_at) as since
                from outbox as o where state in ('queued', 'sending')
                    and occasion not in ('alarm', 'alarm_over')
                    and not exists (select 1 from alarms where over_at is null
                        and code = 'message_undelivered'
                        and subject = o.case_number || ' ' || o.recipient
                        and instr(detail, o.channel || ':') = 1))
            where since < ?1 group by channel order by since";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(WAITING)?;
            let mut rows = statement.query([instant(now)])?;
            let mut waiting = Vec::new();
            while let Some(row) = rows.next()? {
                let count = row.get::<_, i64>("count")?.unsigned_abs();
                waiting.push((read_channel(row)?, count, parsed(row, "since", parse_instant)?));
            }
            Ok(waiting)
        })
        .await
    }

    /// Every message about one case, oldest first.
    pub async fn messages_of(&self, number: &CaseNumber) -> Result<Vec<OutboxMessage>, StoreError> {
        const OF_CASE: &str = "select * from outbox where case_number = ?1 order by id";
        let number = number.as_str().to_owned();
        self.read(move |tx| select(tx, OF_CASE, [number])).await
    }
}

/// Queues one message within a transaction; returns 1 if it is new, or is tried anew.
pub(super) fn insert(
    tx: &Connection,
    message: &NewMessage,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let queued = insert_unless_failed_since(tx, message, now - FAILED_AGAIN_AFTER, now)?;
    if let (true, Some((number, _))) = (message.occasion.is_of_a_moment(), &message.case)
        && queued > 0
    {
        let recipient = message.recipient.to_string();
        let older = (number.as_str(), recipient, message.occasion.as_str(), &message.key);
        tx.prepare_cached(OVERTAKE_NEWS)?.execute(older)?;
    }
    Ok(queued)
}

/// Queues the same message for the next channel: it is tried whenever the channel before was.
pub(super) fn redirect(
    tx: &Connection,
    message: &NewMessage,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    insert_unless_failed_since(tx, message, now + JUMP, now)
}

fn insert_unless_failed_since(
    tx: &Connection,
    message: &NewMessage,
    again: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let recipient = message.recipient.to_string();
    let queued = tx.prepare_cached(INSERT)?.execute(named_params! {
        ":key": message.key,
        ":case_number": message.case.as_ref().map(|(number, _)| number.as_str()),
        ":round": message.case.as_ref().map(|(_, round)| round),
        ":occasion": message.occasion.as_str(),
        ":stage": message.stage,
        ":due_on": message.due_on.map(|day| day.to_string()),
        ":channel": message.channel.to_string(),
        ":recipient": recipient,
        ":detail": message.detail,
        ":may_have_arrived": message.may_have_arrived,
        ":is_known_by_key": message.occasion.is_known_by_key(),
        ":now": instant(now),
        ":again": instant(again),
        // Steps that began at different instants are no different clocks.
        ":ahead": instant(now + JUMP),
    })?;
    if let (Occasion::Stage, Some((number, _))) = (message.occasion, &message.case)
        && queued > 0
    {
        tx.prepare_cached(OVERTAKE)?.execute((number.as_str(), recipient, &message.key))?;
    }
    Ok(queued)
}

fn select(
    tx: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<OutboxMessage>, StoreError> {
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(read_message(row)?);
    }
    Ok(messages)
}

fn read_traffic(row: &Row<'_>) -> Result<Traffic, StoreError> {
    let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    Ok(Traffic {
        sent: count("sent")?,
        failed: count("failed")?,
        waiting: count("waiting")?,
        oldest: optional(row, "oldest", parse_instant)?,
    })
}

pub(super) fn read_channel(row: &impl Named) -> Result<ChannelAddress, StoreError> {
    parsed(row, "channel", |text| ChannelAddress::parse(text).ok())
}

pub(super) fn read_message(row: &Row<'_>) -> Result<OutboxMessage, StoreError> {
    let row = &InOrder::of(row);
    let (id, key) = (row.get("id")?, row.get("key")?);
    let number = optional(row, "case_number", |text| CaseNumber::parse(text).ok())?;
    let round: Option<u32> = row.get("round")?;
    let message = NewMessage {
        key,
        case: number.zip(round),
        occasion: parsed(row, "occasion", Occasion::parse)?,
        stage: row.get("stage")?,
        due_on: optional(row, "due_on", parse_day)?,
        channel: read_channel(row)?,
        recipient: parsed(row, "recipient", Recipient::parse)?,
        detail: row.get("detail")?,
        may_have_arrived: false,
    };
    let mut read = OutboxMessage {
        id,
        message,
        state: parsed(row, "state", MessageState::parse)?,
        attempts: row.get("attempts")?,
        queued_at: parsed(row, "queued_at", parse_instant)?,
        next_attempt_at: parsed(row, "next_attempt_at", parse_instant)?,
        last_attempt_at: optional(row, "last_attempt_at", parse_instant)?,
        sent_at: optional(row, "sent_at", parse_instant)?,
        reason: row.get("reason")?,
        text: row.get("text")?,
        bundle: row.get("bundle")?,
        unknown_outcomes: row.get("unknown_outcomes")?,
        ended_at: None,
        put_off_since: None,
    };
    read.message.may_have_arrived = row.get("may_have_arrived")?;
    read.ended_at = optional(row, "ended_at", parse_instant)?;
    read.put_off_since = optional(row, "put_off_since", parse_instant)?;
    Ok(read)
}
