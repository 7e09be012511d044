//! What delivery and the store say to each other, in one transaction: what became of the messages
//! that were under way, and which ones are next.
//!
//! The lease writes `sending`, the attempt and the time to try again *before* the call. A row found
//! `sending` when its lease is over broke off: its outcome is unknown.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::alarms::{self, carry_out};
use super::columns::{instant, parse_instant};
use super::outbox::read_message;
use super::room::Room;
use super::settle::{Settled, settle};
use super::told::{thread, told_day};
use super::{Store, StoreError, cases};
use crate::clock::{at, today};
use crate::domain::case::Case;
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{Alarm, MessageState, OutboxMessage};

/// What may be taken for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// How long a message may be under way before it counts as broken off.
    pub lease: Duration,
    /// Where there is room.
    pub room: Room,
    /// When many reminders for one channel become one message.
    pub burst: Burst,
    /// Only what the administrators are told: nothing else may go out now.
    pub only_alarms: bool,
    /// Rows whose outcome is still awaited here: whatever their lease says, they did not break off.
    pub under_way: BTreeSet<i64>,
}

/// When many reminders for one channel become one message (彙整).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// More than this many within an hour become one; 0: never.
    pub over: usize,
    /// What comes after a full hour's share waits for the hour to pass, but not beyond this.
    pub hold_until: DateTime<Utc>,
}

/// No message lists more reminders than this: it must fit every provider, and a reader's patience.
const BURST_LARGEST: usize = 20;

/// A message taken for sending, with what is needed to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// The row, as it is now.
    pub row: OutboxMessage,
    /// Its case.
    pub case: Option<Case>,
    /// The due day its recipient was last told of this round.
    pub told: Option<NaiveDate>,
    /// The receipt of the first message about its case in its channel, to answer in its thread.
    pub thread: Option<(String, String)>,
}

/// What goes out as one message: one row, or the reminders of a burst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The rows, never none.
    pub rows: Vec<Leased>,
    /// The key of a burst.
    pub bundle: Option<String>,
    /// An earlier attempt broke off at this instant, its outcome unknown.
    pub broke_off_at: Option<DateTime<Utc>>,
}

/// What the store answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// To be sent now.
    pub parcels: Vec<Parcel>,
    /// Addresses at which something is due, but there was no room.
    pub held: Vec<ChannelAddress>,
    /// When the next waiting message comes due, of those that are not due yet.
    pub next_at: Option<DateTime<Utc>>,
    /// Alarms that began or ended with what was settled.
    pub alarms: Vec<Alarm>,
    /// The alarms that are active now.
    pub active: Vec<Alarm>,
}

impl Store {
    /// Writes what became of messages, and takes the next ones, in one transaction.
    pub async fn exchange(
        &self,
        settled: Vec<Settled>,
        take: Option<Take>,
        now: DateTime<Utc>,
    ) -> Result<Exchanged, StoreError> {
        self.write(move |tx| {
            let mut exchanged = Exchanged::default();
            for Settled { id, settlement, follow_ups } in settled {
                settle(tx, id, settlement, now)?;
                for follow_up in follow_ups {
                    exchanged.alarms.extend(carry_out(tx, follow_up, now)?);
                }
            }
            if let Some(mut take) = take {
                self::take(tx, &mut take, &mut exchanged, now)?;
            }
            exchanged.active = alarms::active(tx)?;
            Ok(exchanged)
        })
        .await
    }

    /// Looks at once at what a process that is gone had under way. Only for the one that has the
    /// state directory to itself.
    pub async fn release_leases(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        const RELEASE: &str = "update outbox set next_attempt_at = ?1
            where state = 'sending' and next_attempt_at > ?1";
        self.write(move |tx| Ok(tx.prepare_cached(RELEASE)?.execute([instant(now)])?)).await
    }

    /// Takes back the keys of reminders that a clock of a later day sent: each is due again when
    /// its day comes. Returns how many there are.
    pub async fn disown_later_days(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        const DISOWN: &str = "update outbox set key = key || '/another-clock-' || id
            where occasion = 'stage' and state <> 'sending' and queued_at >= ?1
                and key not glob '*/another-clock-*'";
        let tomorrow = at(today(now) + Days::new(1), NaiveTime::MIN);
        self.write(move |tx| Ok(tx.prepare_cached(DISOWN)?.execute([instant(tomorrow)])?)).await
    }

    /// Lets everything that waits come due now: the instants it waits for are another clock's.
    pub async fn stop_waiting(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        const HURRY: &str = "update outbox set next_attempt_at = ?1
            where state in ('queued', 'sending') and next_attempt_at > ?1";
        self.write(move |tx| Ok(tx.prepare_cached(HURRY)?.execute([instant(now)])?)).await
    }
}

/// An address at which something waits, and since when.
struct Head {
    channel: ChannelAddress,
    since: DateTime<Utc>,
}

/// Steps from address to address along the index: as cheap as there are addresses, however much
/// waits at each.
fn heads(tx: &Connection, only_alarms: bool) -> Result<Vec<Head>, StoreError> {
    const NEXT_HEAD: &str = "select channel, next_attempt_at from outbox
        where state in ('queued', 'sending') and channel > ?1
        order by channel, next_attempt_at limit 1";
    const NEXT_ALARM: &str = "select channel, next_attempt_at from outbox
        where state in ('queued', 'sending') and channel > ?1 and occasion in ('alarm', 'alarm_over')
        order by channel, next_attempt_at limit 1";
    let mut statement = tx.prepare_cached(if only_alarms { NEXT_ALARM } else { NEXT_HEAD })?;
    let mut heads = Vec::new();
    let mut after = String::new();
    loop {
        let found = statement
            .query_row([&after], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        let Some((channel, since)) = found.optional()? else { break };
        let inconsistent = |column, value: &str| StoreError::Inconsistent {
            column,
            value: value.chars().take(40).collect(),
        };
        heads.push(Head {
            channel: ChannelAddress::parse(&channel)
                .map_err(|_| inconsistent("channel", &channel))?,
            since: parse_instant(&since).ok_or_else(|| inconsistent("next_attempt_at", &since))?,
        });
        after = channel;
    }
    heads.sort_by_key(|head| head.since);
    Ok(heads)
}

/// Takes the oldest message due at each address that has room, never past an unsettled one of its
/// own thread.
fn take(
    tx: &Connection,
    take: &mut Take,
    exchanged: &mut Exchanged,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for Head { channel, since } in heads(tx, take.only_alarms)? {
        if since > now {
            exchanged.next_at = exchanged.next_at.into_iter().chain([since]).min();
            continue;
        }
        loop {
            if !take.room.is_there(&channel) {
                exchanged.held.push(channel);
                break;
            }
            match next_parcel(tx, &channel, take, now)? {
                Next::Parcel(parcel) => {
                    lease(tx, &parcel, take.lease, now)?;
                    take.room.start(&channel);
                    exchanged.parcels.push(parcel);
                }
                Next::Held(until) => {
                    exchanged.next_at = exchanged.next_at.into_iter().chain([until]).min();
                    break;
                }
                Next::Nothing => break,
            }
        }
    }
    Ok(())
}

/// What one address gives.
enum Next {
    Parcel(Parcel),
    /// The rest of this hour's reminders wait to become one message.
    Held(DateTime<Utc>),
    Nothing,
}

/// Due at one address, in order, except behind an unsettled message of the same thread; one that
/// was put off (a silence, quiet hours) stands in nobody's way.
const DUE: &str = "
    select * from outbox as o
    where state in ('queued', 'sending') and channel = ?1 and next_attempt_at <= ?2
        and (?3 = 0 or occasion in ('alarm', 'alarm_over'))
        and not exists (select 1 from outbox as e where e.case_number = o.case_number
            and e.channel = o.channel and e.id < o.id and (e.state = 'sending'
                or e.state = 'queued' and (e.attempts > 0 or e.next_attempt_at <= ?2)))
    order by next_attempt_at, id";

fn next_parcel(
    tx: &Connection,
    channel: &ChannelAddress,
    take: &Take,
    now: DateTime<Utc>,
) -> Result<Next, StoreError> {
    let address = channel.to_string();
    let due = |most: usize, is_wanted: fn(&Leased) -> bool| -> Result<Vec<Leased>, StoreError> {
        let mut statement = tx.prepare_cached(DUE)?;
        let mut rows = statement.query((&address, instant(now), take.only_alarms))?;
        let mut due = Vec::new();
        while due.len() < most
            && let Some(row) = rows.next()?
        {
            if !take.under_way.contains(&row.get("id")?) {
                due.extend(Some(leased(tx, row)?).filter(is_wanted));
            }
        }
        Ok(due)
    };
    let Some(head) = due(1, |_| true)?.pop() else { return Ok(Next::Nothing) };
    if head.row.state == MessageState::Sending {
        return Ok(Next::Parcel(broken_off(tx, head)?));
    }
    let alone = |head: Leased| Parcel { rows: vec![head], bundle: None, broke_off_at: None };
    if take.burst.over == 0 || !is_reminder(&head) {
        return Ok(Next::Parcel(alone(head)));
    }
    let lately = lately(tx, &address, take.burst.over, now)?;
    let together = due(BURST_LARGEST, |leased| {
        is_reminder(leased) && leased.row.state == MessageState::Queued
    })?;
    // What did not fit into one list goes into a second.
    let over = take.burst.over;
    if together.len() > 1 && together.len() + reminded_lately(tx, &address, over, now)? > over {
        let bundle = format!("burst/{}/{}", head.row.id, instant(now));
        return Ok(Next::Parcel(Parcel {
            rows: together,
            bundle: Some(bundle),
            broke_off_at: None,
        }));
    }
    match lately.first() {
        Some(first) if lately.len() >= take.burst.over => {
            let until = *first + TimeDelta::hours(1);
            if until > now && until <= take.burst.hold_until {
                const HOLD: &str = "update outbox set next_attempt_at = ?2 where id = ?1";
                tx.prepare_cached(HOLD)?.execute((head.row.id, instant(until)))?;
                return Ok(Next::Held(until));
            }
            Ok(Next::Parcel(alone(head)))
        }
        _ => Ok(Next::Parcel(alone(head))),
    }
}

fn is_reminder(leased: &Leased) -> bool {
    leased.row.message.occasion.is_reminder()
}

/// A message whose sending broke off, with those that went with it.
fn broken_off(tx: &Connection, head: Leased) -> Result<Parcel, StoreError> {
    const TOGETHER: &str = "select * from outbox where bundle = ?1 and state = 'sending'
        order by id";
    let (bundle, broke_off_at) = (head.row.bundle.clone(), head.row.last_attempt_at);
    let rows = match &bundle {
        None => vec![head],
        Some(bundle) => {
            let mut statement = tx.prepare_cached(TOGETHER)?;
            let mut found = statement.query([bundle])?;
            let mut together = Vec::new();
            while let Some(row) = found.next()? {
                together.push(leased(tx, row)?);
            }
            together
        }
    };
    Ok(Parcel { rows, bundle, broke_off_at })
}

/// When messages of the last hour reached an address, the oldest of the last `most` first; a burst
/// counts once.
fn lately(
    tx: &Connection,
    address: &str,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    const LATELY: &str = "select min(sent_at) from (
            select sent_at, coalesce(bundle, id) as message from outbox
            where channel = ?1 and sent_at > ?2 and occasion in ('stage', 'deadline_moved')
            order by sent_at desc limit 1000)
        group by message order by min(sent_at) desc limit ?3";
    let mut statement = tx.prepare_cached(LATELY)?;
    let since = instant(now - TimeDelta::hours(1));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query((address, since, most))?;
    let mut sent = Vec::new();
    while let Some(row) = rows.next()? {
        sent.extend(parse_instant(row.get_ref(0)?.as_str().unwrap_or_default()));
    }
    sent.reverse();
    Ok(sent)
}

/// How many reminders reached an address within the last hour or are on their way, each counted, alone or
/// in a list; `most` if there are more.
fn reminded_lately(
    tx: &Connection,
    address: &str,
    most: usize,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    const COUNT: &str = "select count(*) from (
        select 1 from outbox where channel = ?1 and sent_at > ?2
            and occasion in ('stage', 'deadline_moved')
        union all select 1 from outbox where channel = ?1 and state = 'sending'
            and occasion in ('stage', 'deadline_moved')
        limit ?3)";
    let since = instant(now - TimeDelta::hours(1));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let count: i64 =
        tx.prepare_cached(COUNT)?.query_row((address, since, most), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

fn lease(
    tx: &Connection,
    parcel: &Parcel,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // While the outcome of an attempt is in doubt, its instant is where to look for it.
    const LEASE: &str = "update outbox set state = 'sending', attempts = attempts + 1,
        last_attempt_at = iif(state = 'sending', last_attempt_at, ?2), next_attempt_at = ?3,
        bundle = ?4 where id = ?1";
    let mut statement = tx.prepare_cached(LEASE)?;
    for leased in &parcel.rows {
        let row = (leased.row.id, instant(now), instant(now + lease), &parcel.bundle);
        statement.execute(row)?;
    }
    Ok(())
}

/// Reads a row with what is needed to judge it, counting the attempt that is about to be made.
fn leased(tx: &Connection, row: &Row<'_>) -> Result<Leased, StoreError> {
    let mut row = read_message(row)?;
    row.attempts += 1;
    let mut leased = Leased { row, case: None, told: None, thread: None };
    let message = &leased.row.message;
    if let Some((number, round)) = &message.case {
        leased.case = cases::find(tx, number)?;
        leased.told = told_day(tx, (number, *round), &message.recipient)?;
        leased.thread = thread(tx, number, &message.channel)?;
    }
    Ok(leased)
}
