//! When many reminders for one channel become one message (彙整), and how many it had lately.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::StoreError;
use super::columns::{instant, parse_instant};

/// When many reminders for one channel become one message (彙整).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// More than this many within an hour become one; 0: never.
    pub over: usize,
    /// What comes after a full hour's share waits for the hour to pass, but not beyond this.
    pub hold_until: DateTime<Utc>,
}

/// No message lists more reminders than this: it must fit every provider, and a reader's patience.
pub(super) const LARGEST: usize = 20;

/// When messages of the last hour, by the clock as it is now, reached an address, the oldest of the last
/// `most` first; a burst counts once.
pub(super) fn lately(
    tx: &Connection,
    address: &str,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    const LATELY: &str = "select min(sent_at) from (
            select sent_at, coalesce(bundle, id) as message from outbox
            where channel = ?1 and sent_at > ?2 and sent_at <= ?4
                and occasion in ('stage', 'deadline_moved')
            order by sent_at desc limit 1000)
        group by message order by min(sent_at) desc limit ?3";
    let mut statement = tx.prepare_cached(LATELY)?;
    let since = instant(now - TimeDelta::hours(1));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query((address, since, most, instant(now)))?;
    let mut sent = Vec::new();
    while let Some(row) = rows.next()? {
        sent.extend(parse_instant(row.get_ref(0)?.as_str().unwrap_or_default()));
    }
    sent.reverse();
    Ok(sent)
}

/// How many reminders reached an address within the last hour or are on their way, each counted, alone or
/// in a list; `most` if there are more.
pub(super) fn reminded_lately(
    tx: &Connection,
    address: &str,
    most: usize,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    const COUNT: &str = "select count(*) from (
        select 1 from outbox where channel = ?1 and sent_at > ?2 and sent_at <= ?4
            and occasion in ('stage', 'deadline_moved')
        union all select 1 from outbox where state in ('queued', 'sending') and state = 'sending'
            and channel = ?1 and occasion in ('stage', 'deadline_moved')
        limit ?3)";
    let since = instant(now - TimeDelta::hours(1));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let count: i64 = tx
        .prepare_cached(COUNT)?
        .query_row((address, since, most, instant(now)), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}
