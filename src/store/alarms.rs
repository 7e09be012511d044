//! Alarms: said once when something goes wrong, and once when it is over.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row};

use super::columns::{instant, parse_instant, parsed};
use super::{Store, StoreError};

/// Something that is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its number: part of its messages' keys.
    pub id: i64,
    /// Which alarm: `platform_changed`. Each has a section in docs/operations.md.
    pub code: String,
    /// What it is about: an address, a case number.
    pub subject: String,
    /// What happened, without a citizen's words.
    pub detail: String,
    /// Since when.
    pub raised_at: DateTime<Utc>,
}

impl Store {
    /// Raises an alarm; `None` if it was already raised and is not over.
    pub async fn raise(
        &self,
        code: &'static str,
        subject: String,
        detail: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        const RAISE: &str = "insert into alarms (code, subject, detail, raised_at)
            values (?1, ?2, ?3, ?4) on conflict do nothing";
        self.write(move |tx| {
            let raised = tx.execute(RAISE, (code, &subject, &detail, instant(now)))?;
            let id = tx.last_insert_rowid();
            let code = code.to_owned();
            Ok((raised == 1).then_some(Alarm { id, code, subject, detail, raised_at: now }))
        })
        .await
    }

    /// Ends an alarm; returns it if it was active.
    pub async fn end_alarm(
        &self,
        code: &'static str,
        subject: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        const FIND: &str =
            "select * from alarms where code = ?1 and subject = ?2 and over_at is null";
        self.write(move |tx| {
            let found = tx.query_row(FIND, (code, &subject), |row| Ok(read_alarm(row)));
            let Some(alarm) = found.optional()?.transpose()? else { return Ok(None) };
            tx.execute("update alarms set over_at = ?2 where id = ?1", (alarm.id, instant(now)))?;
            Ok(Some(alarm))
        })
        .await
    }

    /// What is wrong now, oldest first.
    pub async fn active_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        self.read(|tx| {
            let mut statement =
                tx.prepare("select * from alarms where over_at is null order by id")?;
            let mut rows = statement.query([])?;
            let mut alarms = Vec::new();
            while let Some(row) = rows.next()? {
                alarms.push(read_alarm(row)?);
            }
            Ok(alarms)
        })
        .await
    }
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
