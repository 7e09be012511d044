//! What people were told: read back from the outbox, which is its only record.

use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{optional, parse_day, parse_instant, parsed};
use super::outbox::read_channel;
use super::{Store, StoreError};
use crate::clock::wall;
use crate::domain::case::CaseNumber;
use crate::domain::directory::{ChannelAddress, ChannelKind};
use crate::domain::message::{MessageState, Occasion, OutboxMessage};
use crate::domain::reminder::{LastTold, Recipient, Told, ToldDay};

/// Every message that told a due day of an open case, or a farewell to it, in the order in which they were
/// said; but what a clock
/// of another day said reminded nobody of this one.
const TOLD: &str = "
    select o.id, o.case_number, o.round, o.recipient, o.occasion, o.state, o.queued_at, o.sent_at,
        o.due_on, o.is_cancelled
    from outbox as o join cases as c on c.number = o.case_number and c.round = o.round
    where o.occasion in ('stage', 'deadline_moved', 'reassigned', 'given_away', 'withdrawn', 'answered')
        and (o.state <> 'overtaken'
            or (o.is_cancelled and o.occasion in ('stage', 'deadline_moved', 'reassigned')))
        and o.key not glob '*/another-clock-*'
        and c.state in ('open', 'acknowledged', 'on_hold')
    order by coalesce(o.sent_at, o.queued_at), o.id";

impl Store {
    /// What each recipient was told of each open case: sent, or surely on its way.
    pub async fn told(&self) -> Result<Told, StoreError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(TOLD)?;
            let mut rows = statement.query([])?;
            let mut told = Told::new();
            while let Some(row) = rows.next()? {
                let number = parsed(row, "case_number", |text| CaseNumber::parse(text).ok())?;
                let recipient = parsed(row, "recipient", Recipient::parse)?;
                let last = told.entry((number, row.get("round")?, recipient)).or_default();
                hear(last, row)?;
            }
            Ok(told)
        })
        .await
    }
}

/// The due day that `recipient` was last told of this round of a case, and has not heard a farewell to since.
pub(super) fn told_day(
    tx: &Connection,
    (number, round): (&CaseNumber, u32),
    recipient: &Recipient,
) -> Result<Option<ToldDay>, StoreError> {
    const TOLD_DAY: &str = "select id, due_on, sent_at from outbox as told
        where case_number = ?1 and round = ?2 and recipient = ?3 and state = 'sent'
            and due_on is not null and key not glob '*/another-clock-*'
            and not exists (select 1 from outbox as gone where gone.case_number = ?1
                and gone.round = ?2 and gone.recipient = ?3 and gone.state = 'sent'
                and gone.occasion in ('given_away', 'withdrawn', 'answered')
                and (gone.sent_at, gone.id) > (told.sent_at, told.id))
        order by sent_at desc, id desc limit 1";
    let key = (number.as_str(), round, recipient.to_string());
    let mut statement = tx.prepare_cached(TOLD_DAY)?;
    let found = statement.query_row(key, |row| Ok(read_told(row)));
    found.optional()?.transpose()
}

/// The receipt of the first message about a case in a channel, to answer in its thread. A row that waited may have been
/// sent after a younger one, and ours is not the clock by which Slack, to which a reply is no thread, stamps what it
/// takes. A mail's name tells no order; but each names one before it, so that they stand together whichever it is.
pub(super) fn thread(
    tx: &Connection,
    number: &CaseNumber,
    channel: &ChannelAddress,
) -> Result<Option<(String, String)>, StoreError> {
    const THREAD: &str = "select receipt_channel, receipt_ts from outbox
        where case_number = ?1 and channel = ?2 and receipt_ts is not null
        order by iif(?3, length(receipt_ts), 0), iif(?3, receipt_ts, sent_at), id limit 1";
    let is_stamped = channel.kind == ChannelKind::Slack;
    let key = (number.as_str(), channel.to_string(), is_stamped);
    let mut statement = tx.prepare_cached(THREAD)?;
    Ok(statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// By which name a message travels: its key; but where a clock of another day sent something by that key, this one
/// is another message, which whoever knows the first must not take for it.
pub(super) fn name(tx: &Connection, row: &OutboxMessage) -> Result<String, StoreError> {
    const BEFORE: &str = "select count(*) from outbox where key > ?1 || '/another-clock-'
        and key < ?1 || '/another-clock.' and id < ?2";
    let (key, own) = (&row.message.key, format!("/another-clock-{}", row.id));
    let key = key.strip_suffix(&own).unwrap_or(key);
    let before: u32 = tx.prepare_cached(BEFORE)?.query_row((key, row.id), |row| row.get(0))?;
    Ok(if before > 0 { format!("{key}/anew-{before}") } else { key.to_owned() })
}

/// A recipient that was reminded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminded {
    /// Who.
    pub recipient: Recipient,
    /// Where.
    pub channel: ChannelAddress,
    /// The thanks that arrived there for an earlier answer of this round, if that was reminded of since: the case
    /// was opened again.
    pub thanked: Option<i64>,
}

/// Where each recipient was reminded of this round of a case, once for each channel; not those who
/// heard since then that it is no longer theirs.
pub(super) fn reminded(
    tx: &Connection,
    number: &CaseNumber,
    round: u32,
) -> Result<Vec<Reminded>, StoreError> {
    const REMINDED: &str = "select recipient, channel, (select max(thanks.id) from outbox as thanks
            where thanks.case_number = o.case_number and thanks.round = o.round
                and thanks.channel = o.channel and thanks.occasion = 'answered'
                and thanks.state = 'sent' and +thanks.sent_at <= max(o.queued_at)) as thanked
        from outbox as o
        where case_number = ?1 and round = ?2 and occasion in ('stage', 'reassigned')
            and state in ('sent', 'sending')
            and not exists (select 1 from outbox as gone where gone.case_number = o.case_number
                and gone.round = o.round and gone.recipient = o.recipient
                and gone.occasion = 'given_away' and gone.state <> 'overtaken' and gone.id > o.id)
        group by recipient, channel order by min(id)";
    let mut statement = tx.prepare_cached(REMINDED)?;
    let mut rows = statement.query((number.as_str(), round))?;
    let mut reminded = Vec::new();
    while let Some(row) = rows.next()? {
        let recipient = parsed(row, "recipient", Recipient::parse)?;
        let (channel, thanked) = (read_channel(row)?, row.get("thanked")?);
        reminded.push(Reminded { recipient, channel, thanked });
    }
    Ok(reminded)
}

fn read_told(row: &Row<'_>) -> Result<ToldDay, StoreError> {
    let due_on = parsed(row, "due_on", parse_day)?;
    Ok(ToldDay { due_on, message: row.get("id")?, at: parsed(row, "sent_at", parse_instant)? })
}

/// Adds what one message, younger than those before it, told its recipient.
fn hear(last: &mut LastTold, row: &Row<'_>) -> Result<(), StoreError> {
    let state = parsed(row, "state", MessageState::parse)?;
    // What was refused for good told nobody anything: it is due still. What a person took back is not, by no
    // channel.
    let is_cancelled: bool = row.get("is_cancelled")?;
    let arrives = is_cancelled || !matches!(state, MessageState::Failed | MessageState::Overtaken);
    let occasion = parsed(row, "occasion", Occasion::parse)?;
    if state == MessageState::Sent && occasion.is_farewell() {
        // Whatever it knew, it need do nothing any more; if the case comes back, it is told anew.
        *last = LastTold { farewell: Some(row.get("id")?), ..LastTold::default() };
        return Ok(());
    }
    if occasion == Occasion::GivenAway {
        // It has the case no longer, were it that it did not hear so.
        *last = LastTold { farewell: last.farewell, ..LastTold::default() };
        return Ok(());
    }
    if arrives && matches!(occasion, Occasion::Stage | Occasion::Reassigned) {
        let reminded_at = wall(parsed(row, "queued_at", parse_instant)?);
        last.reminded_at = last.reminded_at.max(Some(reminded_at));
    }
    match state {
        // What a person took back is not said after all: they know why.
        _ if is_cancelled && occasion == Occasion::DeadlineMoved => {
            last.taken_back = optional(row, "due_on", parse_day)?;
        }
        MessageState::Sent => {
            if optional(row, "due_on", parse_day)?.is_some() {
                last.day = Some(read_told(row)?);
                last.taken_back = None;
            }
        }
        MessageState::Queued | MessageState::Sending => last.waiting = true,
        MessageState::Overtaken | MessageState::Failed => {}
    }
    Ok(())
}
