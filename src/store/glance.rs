//! What the pages read: on a connection of their own, so that no page waits for a writer, and in small
//! steps, so that a hundred thousand cases are never in memory at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row};

use super::cases::{HistoryEntry, find, history_of, read_case};
use super::columns::{optional, parse_instant, parsed};
use super::outbox::read_message;
use super::{Store, StoreError, examine, handling};
use crate::domain::case::{Case, CaseNumber};
use crate::domain::message::OutboxMessage;

/// Statements that a page needs.
const STATEMENTS: usize = 64;

/// The state of the whole database: another one after every change by whomever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision(i64);

impl Revision {
    /// The same as a number, for as long as the process lasts.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What was last said of a case, and what was last done to it by a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastWords {
    /// The newest message about it.
    pub message: Option<OutboxMessage>,
    /// The newest thing that a person did to it.
    pub deed: Option<LastDeed>,
}

/// Who did what to a case, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDeed {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What, by the history's word.
    pub event: String,
}

/// The messages that wait for their moment, or are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub count: u64,
    /// When the oldest was queued.
    pub oldest: Option<DateTime<Utc>>,
}

impl Store {
    /// Runs `work` on the connection that only reads, off the async threads.
    pub(super) async fn glance<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, mut reader) =
            (Arc::clone(&self.path), Arc::clone(&self.reader).lock_owned().await);
        let job = move || {
            if reader.is_none() {
                let connection = examine::open(&path)?;
                connection.pragma_update(None, "cache_size", -4000)?;
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
                connection.set_prepared_statement_cache_capacity(STATEMENTS);
                *reader = Some(connection);
            }
            let Some(connection) = reader.as_mut() else { return Err(StoreError::ThreadEnded) };
            let transaction = connection.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        self.perform(job).await
    }

    /// Tells whether anything at all was written since.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        self.glance(|tx| Ok(Revision(tx.query_row("pragma data_version", [], |row| row.get(0))?)))
            .await
    }

    /// The number of the newest entry of any case's history: whatever is done to a case has one.
    pub async fn newest_entry(&self) -> Result<i64, StoreError> {
        const NEWEST: &str = "select coalesce(max(id), 0) from history";
        self.glance(|tx| Ok(tx.prepare_cached(NEWEST)?.query_row([], |row| row.get(0))?)).await
    }

    /// The number of the newest entry of one case's history.
    pub async fn newest_entry_of(&self, number: &CaseNumber) -> Result<i64, StoreError> {
        let number = number.clone();
        self.glance(move |tx| newest_of(tx, &number)).await
    }

    /// What happened to a case after this entry of its history.
    pub async fn entries_since(
        &self,
        number: &CaseNumber,
        entry: i64,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let number = number.clone();
        self.glance(move |tx| history_of(tx, &number, entry)).await
    }

    /// The `limit` cases after this number, each with what its clock depends on; the first ones
    /// after `None`.
    pub async fn cases_after(
        &self,
        number: Option<CaseNumber>,
        limit: u32,
    ) -> Result<Vec<Case>, StoreError> {
        const AFTER: &str = "select * from cases where number > ?1 order by number limit ?2";
        self.glance(move |tx| {
            let after = number.as_ref().map_or("", CaseNumber::as_str);
            let mut statement = tx.prepare_cached(AFTER)?;
            let mut rows = statement.query((after, limit))?;
            let mut cases = Vec::new();
            while let Some(row) = rows.next()? {
                let mut case = read_case(row)?;
                if row.get("own_clock")? {
                    handling::attach_one(tx, &mut case)?;
                }
                cases.push(case);
            }
            Ok(cases)
        })
        .await
    }

    /// The cases to which anything happened after this entry of the history; `None` if there are more
    /// than `at_most`.
    pub async fn cases_touched_since(
        &self,
        entry: i64,
        at_most: u32,
    ) -> Result<Option<Vec<Case>>, StoreError> {
        const TOUCHED: &str = "select distinct case_number from history where id > ?1 limit ?2";
        self.glance(move |tx| {
            let mut statement = tx.prepare_cached(TOUCHED)?;
            let mut rows = statement.query((entry, i64::from(at_most) + 1))?;
            let mut numbers = Vec::new();
            while let Some(row) = rows.next()? {
                numbers.push(parsed(row, "case_number", |text| CaseNumber::parse(text).ok())?);
            }
            let is_few = u32::try_from(numbers.len()).is_ok_and(|count| count <= at_most);
            is_few.then(|| all_of(tx, &numbers)).transpose()
        })
        .await
    }

    /// How many cases there are.
    pub async fn count_cases(&self) -> Result<usize, StoreError> {
        const COUNT: &str = "select count(*) from cases";
        let count: i64 = self
            .glance(|tx| Ok(tx.prepare_cached(COUNT)?.query_row([], |row| row.get(0))?))
            .await?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// The cases of these numbers, in their order; without those that there are not.
    pub async fn cases_of(&self, numbers: Vec<CaseNumber>) -> Result<Vec<Case>, StoreError> {
        self.glance(move |tx| all_of(tx, &numbers)).await
    }

    /// What waits in the outbox.
    pub async fn count_waiting(&self) -> Result<Waiting, StoreError> {
        const WAITING: &str = "select count(*) as waiting, min(queued_at) as oldest from outbox
            where state in ('queued', 'sending')";
        self.glance(|tx| {
            let mut statement = tx.prepare_cached(WAITING)?;
            statement.query_row([], |row| {
                let count = row.get::<_, i64>("waiting")?.unsigned_abs();
                let oldest = optional(row, "oldest", parse_instant);
                Ok(oldest.map(|oldest| Waiting { count, oldest }))
            })?
        })
        .await
    }

    /// What was last said and done of each of these cases, in their order.
    pub async fn last_words(&self, numbers: Vec<CaseNumber>) -> Result<Vec<LastWords>, StoreError> {
        self.glance(move |tx| numbers.iter().map(|number| last_words_of(tx, number)).collect())
            .await
    }
}

fn all_of(tx: &Connection, numbers: &[CaseNumber]) -> Result<Vec<Case>, StoreError> {
    numbers.iter().filter_map(|number| find(tx, number).transpose()).collect()
}

/// The same within a transaction.
pub(super) fn newest_of(tx: &Connection, number: &CaseNumber) -> Result<i64, StoreError> {
    const NEWEST: &str = "select coalesce(max(id), 0) from history where case_number = ?1";
    Ok(tx.prepare_cached(NEWEST)?.query_row([number.as_str()], |row| row.get(0))?)
}

fn last_words_of(tx: &Connection, number: &CaseNumber) -> Result<LastWords, StoreError> {
    const MESSAGE: &str = "select * from outbox where id =
        (select max(id) from outbox where case_number = ?1 and occasion <> 'mark_acted')";
    const DEED: &str = "select * from history where case_number = ?1
        and actor not in ('platform', 'folder', 'jicui', 'units.toml') and event <> 'deadline_moved'
        order by id desc limit 1";
    let mut statement = tx.prepare_cached(MESSAGE)?;
    let message = statement.query_row([number.as_str()], |row| Ok(read_message(row))).optional()?;
    let mut statement = tx.prepare_cached(DEED)?;
    let deed = statement.query_row([number.as_str()], |row| Ok(read_deed(row))).optional()?;
    Ok(LastWords { message: message.transpose()?, deed: deed.transpose()? })
}

fn read_deed(row: &Row<'_>) -> Result<LastDeed, StoreError> {
    Ok(LastDeed {
        at: parsed(row, "at", parse_instant)?,
        by: row.get("actor")?,
        event: row.get("event")?,
    })
}
