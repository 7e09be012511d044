//! While a restoration lasts, nobody knows what was sent after the backup was made.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row};

use super::columns::{instant, parse_instant, parsed};
use super::{Store, StoreError};

/// A database that was put back and has not caught up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restoration {
    /// The newest instant that the backup knew.
    pub known_until: DateTime<Utc>,
    /// When it was put back.
    pub restored_at: DateTime<Utc>,
}

impl Store {
    /// The restoration that lasts, if one does.
    pub async fn restoration(&self) -> Result<Option<Restoration>, StoreError> {
        const ACTIVE: &str = "select * from restorations where over_at is null";
        self.read(|tx| {
            let found = tx.prepare_cached(ACTIVE)?.query_row([], |row| Ok(read(row))).optional()?;
            found.transpose()
        })
        .await
    }

    /// Forgets what was said and run from `since` on, and that anything is wrong now: for a rehearsal, in which no source
    /// is read and every channel prints. That it is over would be news of nothing.
    pub async fn forget_since(&self, since: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |tx| {
            for sql in [
                "delete from outbox where queued_at >= ?1",
                "delete from runs where started_at >= ?1",
                "delete from alarms where raised_at >= ?1 or over_at is null",
                "delete from restorations where restored_at >= ?1",
            ] {
                tx.prepare_cached(sql)?.execute([instant(since)])?;
            }
            Ok(())
        })
        .await
    }

    /// What is queued from now on was surely not sent before.
    pub async fn end_restoration(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        const END: &str = "update restorations set over_at = ?1 where over_at is null";
        self.write(move |tx| {
            tx.prepare_cached(END)?.execute([instant(now)])?;
            Ok(())
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<Restoration, StoreError> {
    Ok(Restoration {
        known_until: parsed(row, "known_until", parse_instant)?,
        restored_at: parsed(row, "restored_at", parse_instant)?,
    })
}
