//! Takes out of the database what people wrote: of cases that ended long ago, and of copies that go
//! elsewhere. Who did what and when stays, and with it every figure.
//!
//! `secure_delete` overwrites with zeros what is erased; what the write-ahead log still says of it is
//! gone when the log was emptied.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, named_params};

use super::columns::instant;
use super::{Store, StoreError};
use crate::domain::case::ERASED;

/// Stands where a copy leaves a title out.
const REDACTED: &str = "（已遮蔽）";

/// The cases of citizens that ended before an instant.
const ENDED: &str = "insert into temp.erasing select number from cases
    where kind in ('comment', 'request') and state in ('replied', 'closed', 'withdrawn')
        and reply_unconfirmed = 0
        and coalesce(replied_at, (select max(at) from history where case_number = number),
            first_seen_at) < ?1";

/// Every place where people's words stand: what is written of these cases, and all that was sent by then.
/// Each changes only what still holds words.
const PLACES: [&str; 6] = [
    "update cases set title = :title where title <> :title and number in temp.erasing",
    "update outbox set text = null, detail = iif(case_number is null, detail, '')
        where (text is not null or (detail <> '' and case_number is not null))
            and queued_at < :before and (:all or state in ('sent', 'overtaken', 'failed'))",
    "update extensions set reason = '' where reason <> '' and case_number in temp.erasing",
    "update holds set reason = '' where reason <> '' and case_number in temp.erasing",
    "update follow_ups set reason = null where reason <> '' and case_number in temp.erasing",
    "update clicks set reason = '' where reason <> '' and heard_at < :before
        and (:all or done_at is not null)",
];

/// The history is append-only: its lock is taken off for this, and put on again.
const HISTORY: &str = "update history set reason = '',
        before = iif(event = 'retitled', '', before), after = iif(event = 'retitled', '', after)
    where at < :before and case_number in temp.erasing
        and (reason <> '' or (event = 'retitled' and before || after <> ''))";
const IS_HISTORY_CLEAN: &str = "select not exists (select 1 from history
    where at < ?1 and case_number in temp.erasing
        and (reason <> '' or (event = 'retitled' and before || after <> '')))";
const LOCK: &str = "history_is_append_only_update";

impl Store {
    /// Erases people's words of the citizens' cases that ended before this instant, and of everything
    /// that was sent before it. Returns how many places held words; [`Store::empty_log`] does the rest.
    pub async fn erase(&self, before: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(move |tx| {
            tx.execute_batch(ERASING)?;
            tx.execute(ENDED, [instant(before)])?;
            Ok(blank(tx, (ERASED, &instant(before), false))?)
        })
        .await
    }
}

const ERASING: &str = "create temp table if not exists erasing (number text primary key);
    delete from temp.erasing";

/// What lets people and programs in: it opens nothing elsewhere.
const KEYS: &str = "delete from sessions; delete from tokens;
    update users set password = null, mail = null";

/// Takes everything that people wrote out of a copy, and everything that lets anybody in.
pub(super) fn redact(copy: &Connection) -> rusqlite::Result<()> {
    copy.execute_batch(ERASING)?;
    copy.execute_batch(
        "insert into temp.erasing select number from cases union select case_number from history",
    )?;
    blank(copy, (REDACTED, "9999", true))?;
    copy.execute_batch(KEYS)?;
    copy.execute_batch("vacuum")
}

/// Blanks every place of the cases in `erasing`; returns how many held words.
fn blank(
    connection: &Connection,
    (title, before, all): (&str, &str, bool),
) -> rusqlite::Result<usize> {
    let mut places = 0;
    for sql in PLACES {
        let mut statement = connection.prepare(sql)?;
        for (name, value) in [(":title", title), (":before", before)] {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        if let Some(index) = statement.parameter_index(":all")? {
            statement.raw_bind_parameter(index, all)?;
        }
        places += statement.raw_execute()?;
    }
    if connection.query_row(IS_HISTORY_CLEAN, [before], |row| row.get(0))? {
        return Ok(places);
    }
    let find = "select sql from sqlite_schema where name = ?1";
    let lock: String = connection.query_row(find, [LOCK], |row| row.get(0))?;
    connection.execute_batch(&format!("drop trigger {LOCK}"))?;
    places += connection.execute(HISTORY, named_params! { ":before": before })?;
    connection.execute_batch(&lock)?;
    Ok(places)
}
