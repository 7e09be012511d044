//! What delivery and the store say to each other, in one transaction: what became of the messages
//! that were under way, and which ones are next.
//!
//! The lease writes `sending`, the attempt and the time to try again *before* the call. A row found
//! `sending` when its lease is over broke off: its outcome is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use rusqlite::{Connection, Row};

use super::alarms::{self, carry_out};
use super::burst::{Burst, LARGEST, lately, reminded_lately};
use super::columns::{instant, parse_instant, parsed};
use super::outbox::{read_channel, read_message};
use super::room::Room;
use super::settle::{Settled, settle};
use super::told::{name, thread, told_day};
use super::{Store, StoreError, cases};
use crate::clock::{at, today};
use crate::domain::case::Case;
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{Alarm, MessageState, OutboxMessage};
use crate::domain::reminder::ToldDay;

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

/// A message taken for sending, with what is needed to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// The row, as it is now.
    pub row: OutboxMessage,
    /// By which name it travels: the same whenever it is repeated, and no other message's.
    pub name: String,
    /// Its case.
    pub case: Option<Case>,
    /// The due day its recipient was last told of this round, and knows.
    pub told: Option<ToldDay>,
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
        settled: Arc<Vec<Settled>>,
        take: Option<Take>,
        now: DateTime<Utc>,
    ) -> Result<Exchanged, StoreError> {
        self.write(move |tx| {
            let mut exchanged = Exchanged::default();
            for Settled { id, settlement, consequences } in &*settled {
                settle(tx, *id, settlement, now)?;
                for consequence in consequences {
                    exchanged.alarms.extend(carry_out(tx, consequence.clone(), now)?);
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
        const RELEASE: &str = "update outbox set next_attempt_at = min(next_attempt_at, ?1),
                reason = coalesce(reason, 'the process ended while it was under way')
            where state in ('queued', 'sending') and state = 'sending'
                and (next_attempt_at > ?1 or reason is null)";
        self.write(move |tx| Ok(tx.prepare_cached(RELEASE)?.execute([instant(now)])?)).await
    }

    /// Takes back the keys of what a clock of a later day sent and of what its days and periods ask
    /// for: each is due again when its day comes. What such a clock only queued, and was sent since or
    /// waits, is of today. Returns how many keys were taken back.
    pub async fn disown_later_days(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        const DISOWN: &str = "update outbox set key = key || '/another-clock-' || id
            where occasion in ('stage', 'reply_not_shown', 'follow_up_asked', 'digest', 'report')
                and state in ('sent', 'overtaken', 'failed')
                and coalesce(sent_at, queued_at) >= ?1
                and key not glob '*/another-clock-*'";
        const TAKE_OVER: &str = "update outbox set queued_at = coalesce(sent_at, ?2)
            where queued_at >= ?1 and (sent_at < ?1 or state in ('queued', 'sending'))";
        let tomorrow = instant(at(today(now) + Days::new(1), NaiveTime::MIN));
        self.write(move |tx| {
            let disowned = tx.prepare_cached(DISOWN)?.execute([&tomorrow])?;
            tx.prepare_cached(TAKE_OVER)?.execute((tomorrow, instant(now)))?;
            Ok(disowned)
        })
        .await
    }

    /// Gives back the keys of what was disowned and lies in the past by the clock as it is now: it was
    /// right all the same. What was said again meanwhile keeps the key. Returns how many there are.
    pub async fn own_again(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        const OWN: &str = "update or ignore outbox
            set key = substr(key, 1, instr(key, '/another-clock-') - 1)
            where key glob '*/another-clock-*' and coalesce(sent_at, queued_at) <= ?1";
        self.write(move |tx| Ok(tx.prepare_cached(OWN)?.execute([instant(now)])?)).await
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
    /// Something was under way there at an instant that is over.
    may_have_broken_off: bool,
}

/// The first that waits at the next address: stepping from one to the next along the index is as cheap as there are
/// addresses, however much waits at each.
const NEXT_HEAD: &str = "
    select channel, next_attempt_at as since from outbox
    where state in ('queued', 'sending') and state = 'queued' and channel > ?1
        and (?2 = 0 or occasion in ('alarm', 'alarm_over'))
    order by channel, next_attempt_at limit 1";

/// What is under way, or was: never many.
const UNDER_WAY: &str = "
    select channel, min(next_attempt_at) as since from outbox
    where state in ('queued', 'sending') and state = 'sending'
        and (?1 = 0 or occasion in ('alarm', 'alarm_over'))
    group by channel";

/// The addresses at which something waits, the longest first.
fn heads(tx: &Connection, only_alarms: bool, now: DateTime<Utc>) -> Result<Vec<Head>, StoreError> {
    let read = |row: &Row<'_>| {
        let (channel, since) = (read_channel(row)?, parsed(row, "since", parse_instant)?);
        Ok::<_, StoreError>(Head { channel, since, may_have_broken_off: false })
    };
    let mut heads: BTreeMap<String, Head> = BTreeMap::new();
    let (mut next, mut after) = (tx.prepare_cached(NEXT_HEAD)?, String::new());
    while let Some(row) = next.query((&after, only_alarms))?.next()? {
        after = row.get("channel")?;
        heads.insert(after.clone(), read(row)?);
    }
    let mut under_way = tx.prepare_cached(UNDER_WAY)?;
    let mut rows = under_way.query([only_alarms])?;
    while let Some(row) = rows.next()? {
        let mut head = read(row)?;
        head.may_have_broken_off = head.since <= now;
        match heads.get_mut(row.get_ref("channel")?.as_str().map_err(rusqlite::Error::from)?) {
            Some(known) => {
                known.since = known.since.min(head.since);
                known.may_have_broken_off = head.may_have_broken_off;
            }
            None => drop(heads.insert(row.get("channel")?, head)),
        }
    }
    let mut heads: Vec<Head> = heads.into_values().collect();
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
    for head in heads(tx, take.only_alarms, now)? {
        if head.since > now {
            exchanged.next_at = exchanged.next_at.into_iter().chain([head.since]).min();
            continue;
        }
        loop {
            if !take.room.is_there(&head.channel) {
                exchanged.held.push(head.channel);
                break;
            }
            match next_parcel(tx, &head, take, now)? {
                Next::Parcel(parcel) => {
                    lease(tx, &parcel, take.lease, now)?;
                    take.room.start(&head.channel);
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

/// Due at one address in one state, in order, except behind an unsettled message of the same thread; one
/// that was put off (a silence, quiet hours) stands in nobody's way, and neither does an edit of one that
/// was sent.
const DUE: &str = "
    select * from outbox as o
    where state in ('queued', 'sending') and state = ?1 and channel = ?2 and next_attempt_at <= ?3
        and (?4 = 0 or occasion in ('alarm', 'alarm_over'))
        and not exists (select 1 from outbox as e where e.case_number = o.case_number
            and e.channel = o.channel and e.id < o.id
            and e.occasion <> 'mark_acted' and (e.state = 'sending'
                or e.state = 'queued' and (e.attempts > 0 and e.reason is not null
                    or e.next_attempt_at <= ?3)))
    order by next_attempt_at, id";

/// What broke off comes before what was never tried.
fn next_parcel(
    tx: &Connection,
    Head { channel, may_have_broken_off, .. }: &Head,
    take: &Take,
    now: DateTime<Utc>,
) -> Result<Next, StoreError> {
    let address = channel.to_string();
    let due = |state: MessageState, most: usize, is_wanted: fn(&Leased) -> bool| {
        let mut statement = tx.prepare_cached(DUE)?;
        let key = (state.as_str(), &address, instant(now), take.only_alarms);
        let (mut rows, mut found) = (statement.query(key)?, Vec::new());
        while found.len() < most
            && let Some(row) = rows.next()?
        {
            if !take.under_way.contains(&row.get("id")?) {
                found.extend(Some(leased(tx, row)?).filter(is_wanted));
            }
        }
        Ok::<Vec<Leased>, StoreError>(found)
    };
    if *may_have_broken_off && let Some(head) = due(MessageState::Sending, 1, |_| true)?.pop() {
        return Ok(Next::Parcel(broken_off(tx, head)?));
    }
    let Some(head) = due(MessageState::Queued, 1, |_| true)?.pop() else {
        return Ok(Next::Nothing);
    };
    let alone = |head: Leased| Parcel { rows: vec![head], bundle: None, broke_off_at: None };
    if take.burst.over == 0 || !is_reminder(&head) {
        return Ok(Next::Parcel(alone(head)));
    }
    let lately = lately(tx, &address, take.burst.over, now)?;
    let together = due(MessageState::Queued, LARGEST, is_reminder)?;
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

fn lease(
    tx: &Connection,
    parcel: &Parcel,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // While the outcome of an attempt is in doubt, its instant is where to look for it. What is `sending` for a reason
    // waits; what has none is held by whoever leased it, and no other process may decide about it.
    const LEASE: &str =
        "update outbox set state = 'sending', attempts = attempts + 1, reason = null,
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
    let name = name(tx, &row)?;
    let mut leased = Leased { row, name, case: None, told: None, thread: None };
    let message = &leased.row.message;
    if let Some((number, round)) = &message.case {
        leased.case = cases::find(tx, number)?;
        leased.told = told_day(tx, (number, *round), &message.recipient)?;
        leased.thread = thread(tx, number, &message.channel)?;
    }
    Ok(leased)
}
