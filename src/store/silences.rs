//! Silences of units: who wanted one, until when, why; and who ended it.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Row};

use super::columns::{instant, parse_day, parse_instant, parsed};
use super::{Store, StoreError};
use crate::domain::reminder::Recipient;
use crate::domain::silence::{Silence, Silences};

impl Store {
    /// Every silence that is in force on `day`.
    pub async fn silences(&self, day: NaiveDate) -> Result<Silences, StoreError> {
        const IN_FORCE: &str = "select * from silences where ended_at is null and until >= ?1
            order by id desc";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(IN_FORCE)?;
            let mut rows = statement.query([day.to_string()])?;
            let mut silences = Vec::new();
            while let Some(row) = rows.next()? {
                silences.push(read_silence(row)?);
            }
            Ok(Silences(silences))
        })
        .await
    }

    /// Begins a silence, in place of one that was in force; what was queued for the unit is not
    /// sent. What may be said all the same is planned again.
    pub async fn silence(&self, silence: Silence) -> Result<(), StoreError> {
        const BEGIN: &str = "insert into silences (unit, until, reason, actor, since)
            values (?1, ?2, ?3, ?4, ?5)";
        const HUSH: &str = "update outbox set state = 'overtaken', reason = ?3
            where recipient in (?1, ?2) and state = 'queued'
                and occasion in ('stage', 'deadline_moved', 'digest')";
        self.write(move |tx| {
            let Silence { unit, until, reason, by, since } = &silence;
            end(tx, unit, by, *since)?;
            tx.prepare_cached(BEGIN)?.execute((
                unit,
                until.to_string(),
                reason,
                by,
                instant(*since),
            ))?;
            let own = Recipient::Unit(unit.clone()).to_string();
            let supervisor = Recipient::Supervisor(unit.clone()).to_string();
            tx.prepare_cached(HUSH)?.execute((
                own,
                supervisor,
                format!("the unit is silent until {until}"),
            ))?;
            Ok(())
        })
        .await
    }

    /// Ends the silence of a unit before its time; what it held goes out now. Returns whether there
    /// was one.
    pub async fn end_silence(
        &self,
        unit: String,
        by: String,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        const LET_GO: &str = "update outbox set next_attempt_at = ?3
            where recipient in (?1, ?2) and state = 'queued' and attempts = 0";
        self.write(move |tx| {
            let own = Recipient::Unit(unit.clone()).to_string();
            let supervisor = Recipient::Supervisor(unit.clone()).to_string();
            tx.prepare_cached(LET_GO)?.execute((own, supervisor, instant(now)))?;
            end(tx, &unit, &by, now)
        })
        .await
    }
}

fn end(tx: &Connection, unit: &str, by: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    const END: &str = "update silences set ended_at = ?2, ended_by = ?3
        where unit = ?1 and ended_at is null";
    Ok(tx.prepare_cached(END)?.execute((unit, instant(now), by))? > 0)
}

fn read_silence(row: &Row<'_>) -> Result<Silence, StoreError> {
    Ok(Silence {
        unit: row.get("unit")?,
        until: parsed(row, "until", parse_day)?,
        reason: row.get("reason")?,
        by: row.get("actor")?,
        since: parsed(row, "since", parse_instant)?,
    })
}
