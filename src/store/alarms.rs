//! Alarms: said once when something goes wrong, and once when it is over.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{instant, parse_instant, parsed};
use super::outbox::insert;
use super::{Consequence, Store, StoreError};
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{Alarm, Occasion};

/// What an alarm is about, and whom it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmSubject {
    /// Which alarm.
    pub code: &'static str,
    /// What it is about.
    pub subject: String,
    /// Where the administrators can be told, the best first; none if they can be told nowhere.
    pub tell: Vec<ChannelAddress>,
}

impl Store {
    /// Raises an alarm and queues what is said of it, in one transaction; `None` if it was already
    /// raised and is not over.
    pub async fn raise(
        &self,
        about: AlarmSubject,
        detail: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        self.write(move |tx| raise(tx, &about, detail, now)).await
    }

    /// Raises an alarm instead of the one that is raised of the same, without a word of its end.
    pub async fn raise_anew(
        &self,
        about: AlarmSubject,
        detail: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        const INSTEAD: &str = "update alarms set over_at = ?3
            where code = ?1 and subject = ?2 and over_at is null";
        self.write(move |tx| {
            let before = (about.code, &about.subject, instant(now));
            tx.prepare_cached(INSTEAD)?.execute(before)?;
            raise(tx, &about, detail, now)
        })
        .await
    }

    /// Says something that is over with the saying.
    pub async fn announce(
        &self,
        about: AlarmSubject,
        detail: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        self.write(move |tx| announce(tx, &about, detail, now)).await
    }

    /// Ends an alarm and queues that it is over, in one transaction; returns it if it was active.
    pub async fn end_alarm(
        &self,
        about: AlarmSubject,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        self.write(move |tx| end(tx, &about, now)).await
    }

    /// What is wrong now, oldest first.
    pub async fn active_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        self.read(|tx| active(tx)).await
    }
}

/// What is wrong now, within a transaction, oldest first.
pub(super) fn active(tx: &Connection) -> Result<Vec<Alarm>, StoreError> {
    let mut statement =
        tx.prepare_cached("select * from alarms where over_at is null order by id")?;
    let mut rows = statement.query([])?;
    let mut alarms = Vec::new();
    while let Some(row) = rows.next()? {
        alarms.push(read_alarm(row)?);
    }
    Ok(alarms)
}

/// Does what an event asks for, within its transaction; returns the alarm that began or ended.
pub(super) fn carry_out(
    tx: &Connection,
    consequence: Consequence,
    now: DateTime<Utc>,
) -> Result<Option<Alarm>, StoreError> {
    match consequence {
        Consequence::Messages(messages) => {
            for message in &messages {
                insert(tx, message, now)?;
            }
            Ok(None)
        }
        Consequence::Raise(about, detail) => raise(tx, &about, detail, now),
        Consequence::Announce(about, detail) => announce(tx, &about, detail, now),
        Consequence::End(about) => end(tx, &about, now),
        Consequence::EndForAll(about) => end_for_all(tx, &about, now),
    }
}

/// Raises an alarm within a transaction.
fn raise(
    tx: &Connection,
    about: &AlarmSubject,
    detail: String,
    now: DateTime<Utc>,
) -> Result<Option<Alarm>, StoreError> {
    const RAISE: &str = "insert into alarms (code, subject, detail, raised_at)
        values (?1, ?2, ?3, ?4) on conflict do nothing";
    let (code, subject) = (about.code.to_owned(), about.subject.clone());
    if tx.prepare_cached(RAISE)?.execute((&code, &subject, &detail, instant(now)))? == 0 {
        return Ok(None);
    }
    let alarm = Alarm { id: tx.last_insert_rowid(), code, subject, detail, raised_at: now };
    say(tx, &alarm, Occasion::Alarm, (about, now))?;
    Ok(Some(alarm))
}

/// Raises an alarm and lets it be over, within a transaction.
fn announce(
    tx: &Connection,
    about: &AlarmSubject,
    detail: String,
    now: DateTime<Utc>,
) -> Result<Option<Alarm>, StoreError> {
    let raised = raise(tx, about, detail, now)?;
    if let Some(alarm) = &raised {
        tx.prepare_cached("update alarms set over_at = ?2 where id = ?1")?
            .execute((alarm.id, instant(now)))?;
    }
    Ok(raised)
}

/// Ends an alarm within a transaction.
fn end(
    tx: &Connection,
    about: &AlarmSubject,
    now: DateTime<Utc>,
) -> Result<Option<Alarm>, StoreError> {
    const FIND: &str = "select * from alarms where code = ?1 and subject = ?2 and over_at is null";
    let found =
        tx.prepare_cached(FIND)?.query_row((about.code, &about.subject), |row| Ok(read_alarm(row)));
    let Some(alarm) = found.optional()?.transpose()? else { return Ok(None) };
    tx.prepare_cached("update alarms set over_at = ?2 where id = ?1")?
        .execute((alarm.id, instant(now)))?;
    say(tx, &alarm, Occasion::AlarmOver, (about, now))?;
    Ok(Some(alarm))
}

/// Ends an alarm for each recipient for whom it was raised, within a transaction; returns the last.
fn end_for_all(
    tx: &Connection,
    about: &AlarmSubject,
    now: DateTime<Utc>,
) -> Result<Option<Alarm>, StoreError> {
    let mut last = None;
    for alarm in active(tx)? {
        let recipient = alarm.subject.strip_prefix(&about.subject);
        if alarm.code == about.code && recipient.is_some_and(|rest| rest.starts_with(' ')) {
            let about = AlarmSubject { subject: alarm.subject, ..about.clone() };
            last = end(tx, &about, now)?.or(last);
        }
    }
    Ok(last)
}

fn say(
    tx: &Connection,
    alarm: &Alarm,
    occasion: Occasion,
    (about, now): (&AlarmSubject, DateTime<Utc>),
) -> Result<(), StoreError> {
    if let Some(channel) = working(tx, &about.tell, now)? {
        insert(tx, &alarm.message(occasion, None, channel), now)?;
    }
    Ok(())
}

/// A channel that was down is tried again this long after that was said: nobody else may use it, so that
/// only this shows that it is well. What it refuses goes to the next.
const TRIED_AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// The first channel of which no alarm said lately that nothing arrives by it; else the first of all.
fn working<'a>(
    tx: &Connection,
    channels: &'a [ChannelAddress],
    now: DateTime<Utc>,
) -> Result<Option<&'a ChannelAddress>, StoreError> {
    const IS_DOWN: &str = "select exists (select 1 from alarms where over_at is null
        and code in ('channel_misconfigured', 'channel_unreachable') and subject = ?1
        and raised_at > ?2)";
    let mut statement = tx.prepare_cached(IS_DOWN)?;
    for channel in channels {
        let down = (channel.provider(), instant(now - TRIED_AGAIN_AFTER));
        if !statement.query_row(down, |row| row.get(0))? {
            return Ok(Some(channel));
        }
    }
    Ok(channels.first())
}

fn read_alarm(row: &Row<'_>) -> Result<Alarm, StoreError> {
    Ok(Alarm {
        id: row.get("id")?,
        code: row.get("code")?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
        raised_at: parsed(row, "raised_at", parse_instant)?,
    })
}
