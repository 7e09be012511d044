//! The report every run leaves, and the datasets remembered between looks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::columns::{instant, optional, parse_instant, parsed};
use super::duties::read_about;
use super::{Store, StoreError};
use crate::domain::duty::About;
use crate::domain::observation::Reading;

/// What a run leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// `poll`, `remind`, `deliver`, `backup` or `calendar`.
    pub stage: &'static str,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// What it did, in words and numbers.
    pub report: String,
    /// What went wrong, if anything did; never a citizen's words.
    pub fault: Option<String>,
}

/// A run as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// Whether it went well.
    pub good: bool,
    /// What it did.
    pub report: String,
    /// What went wrong.
    pub fault: Option<String>,
}

/// A dataset as remembered between looks (the store's own shape).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedDataset {
    /// The platform's number.
    pub nid: u64,
    /// Its name.
    pub title: String,
    /// Its agency.
    pub agency: String,
    /// How many comments it had when they were last read.
    pub comments: u64,
    /// How they were read.
    pub reading: Reading,
    /// What is shown of it.
    pub about: About,
    /// The platform said that it was taken down.
    pub is_gone: bool,
}

// The index `runs_by_stage` has the good and the bad apart, each in order: whoever looks for the last or the
// first of both asks it twice. Else all that are kept would be read and sorted.
//
// A run that began after `now` is another clock's, that was ahead: it counts as none, or what is due would wait
// for its day to come.

/// Reports kept for each stage; older ones are dropped.
const KEPT: i64 = 2000;

impl Store {
    /// Keeps a run's report.
    pub async fn report_run(&self, report: RunReport) -> Result<(), StoreError> {
        const INSERT: &str = "insert into runs (stage, started_at, took_ms, good, report, fault)
            values (?1, ?2, ?3, ?4, ?5, ?6)";
        const PRUNE: &str = "delete from runs where stage = ?1 and id <= (
            select id from runs where stage = ?1 order by id desc limit 1 offset ?2)
            and id not in (select max(id) from runs where stage = ?1 and good)";
        self.write(move |tx| {
            let took = i64::try_from(report.took.as_millis()).unwrap_or(i64::MAX);
            let good = report.fault.is_none();
            let started = instant(report.started_at);
            tx.prepare_cached(INSERT)?.execute((
                report.stage,
                started,
                took,
                good,
                &report.report,
                &report.fault,
            ))?;
            tx.prepare_cached(PRUNE)?.execute((report.stage, KEPT))?;
            Ok(())
        })
        .await
    }

    /// When the last thing was written, by the clock of that time.
    pub async fn last_instant(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        const NEWEST: &str = "select max(at) as at from (
            select (select started_at from runs order by id desc limit 1) as at union all
            select (select queued_at from outbox order by id desc limit 1))";
        self.read(|tx| {
            tx.prepare_cached(NEWEST)?
                .query_row([], |row| Ok(optional(row, "at", parse_instant)))?
        })
        .await
    }

    /// The last run of `stage` until `now`, and the last that went well.
    pub async fn last_runs(
        &self,
        stage: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(Option<Run>, Option<Run>), StoreError> {
        const LAST: &str = "select * from runs where id = (select max(id) from (
            select max(id) as id from runs where stage = ?1 and good = 0 and started_at <= ?2 union all
            select max(id) from runs where stage = ?1 and good = 1 and started_at <= ?2))";
        const LAST_GOOD: &str = "select * from runs where stage = ?1 and good = 1
            and started_at <= ?2 order by id desc limit 1";
        let now = instant(now);
        self.read(move |tx| {
            let one = |sql| -> Result<Option<Run>, StoreError> {
                tx.prepare_cached(sql)?
                    .query_row([stage, now.as_str()], |row| Ok(read_run(row)))
                    .optional()?
                    .transpose()
            };
            Ok((one(LAST)?, one(LAST_GOOD)?))
        })
        .await
    }

    /// The newest runs of all steps, each with its step.
    pub async fn newest_runs(&self, limit: u32) -> Result<Vec<(String, Run)>, StoreError> {
        const NEWEST: &str = "select * from runs order by id desc limit ?1";
        self.glance(move |tx| {
            let mut statement = tx.prepare_cached(NEWEST)?;
            let mut rows = statement.query([limit])?;
            let mut runs = Vec::new();
            while let Some(row) = rows.next()? {
                runs.push((row.get("stage")?, read_run(row)?));
            }
            Ok(runs)
        })
        .await
    }

    /// The version of the schema, and of SQLite itself.
    pub async fn versions(&self) -> Result<(i64, String), StoreError> {
        self.glance(|tx| {
            let schema =
                tx.prepare_cached("pragma user_version")?.query_row([], |row| row.get(0))?;
            Ok((
                schema,
                tx.prepare_cached("select sqlite_version()")?.query_row([], |row| row.get(0))?,
            ))
        })
        .await
    }

    /// When `stage` first ran until `now`, well or not.
    pub async fn first_run(
        &self,
        stage: &'static str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        const FIRST: &str = "select started_at from runs where id = (select min(id) from (
            select min(id) as id from runs where stage = ?1 and good = 0 and started_at <= ?2 union all
            select min(id) from runs where stage = ?1 and good = 1 and started_at <= ?2))";
        let now = instant(now);
        self.read(move |tx| {
            let found = tx.prepare_cached(FIRST)?.query_row([stage, now.as_str()], |row| {
                Ok(parsed(row, "started_at", parse_instant))
            });
            found.optional()?.transpose()
        })
        .await
    }

    /// The datasets remembered from the last look.
    pub async fn datasets(&self) -> Result<Vec<RememberedDataset>, StoreError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("select * from datasets order by nid")?;
            let mut rows = statement.query([])?;
            let mut datasets = Vec::new();
            while let Some(row) = rows.next()? {
                datasets.push(RememberedDataset {
                    nid: row.get::<_, i64>("nid")?.unsigned_abs(),
                    title: row.get("title")?,
                    agency: row.get("agency")?,
                    comments: row.get::<_, i64>("comments")?.unsigned_abs(),
                    reading: Reading {
                        read_at: optional(row, "read_at", parse_instant)?,
                        tried_at: optional(row, "tried_at", parse_instant)?,
                        failing_since: optional(row, "failing_since", parse_instant)?,
                    },
                    about: read_about(row)?,
                    is_gone: row.get::<_, Option<String>>("gone_on")?.is_some(),
                });
            }
            Ok(datasets)
        })
        .await
    }

    /// Remembers the datasets of a look; those it did not bring are left alone.
    pub async fn remember_datasets(
        &self,
        datasets: Vec<RememberedDataset>,
    ) -> Result<(), StoreError> {
        const SAVE: &str = "insert into datasets (nid, title, agency, comments, read_at, tried_at,
                failing_since, badge, frequency, updated_on)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            on conflict (nid) do update set title = excluded.title, agency = excluded.agency,
                comments = excluded.comments, read_at = excluded.read_at,
                tried_at = excluded.tried_at, failing_since = excluded.failing_since,
                badge = excluded.badge, frequency = excluded.frequency,
                updated_on = excluded.updated_on
            where (title, agency, comments, tried_at, read_at, failing_since, badge, frequency,
                updated_on) is not
                (excluded.title, excluded.agency, excluded.comments, excluded.tried_at,
                excluded.read_at, excluded.failing_since, excluded.badge, excluded.frequency,
                excluded.updated_on)";
        self.write(move |tx| {
            let mut statement = tx.prepare_cached(SAVE)?;
            for dataset in datasets {
                let nid = i64::try_from(dataset.nid).unwrap_or(i64::MAX);
                let comments = i64::try_from(dataset.comments).unwrap_or(i64::MAX);
                let Reading { read_at, tried_at, failing_since } = dataset.reading;
                let [read_at, tried_at, failing_since] =
                    [read_at, tried_at, failing_since].map(|at| at.map(instant));
                let About { badge, frequency, updated_on } = dataset.about;
                let updated_on = updated_on.map(|day| day.to_string());
                statement.execute(params![
                    nid,
                    dataset.title,
                    dataset.agency,
                    comments,
                    read_at,
                    tried_at,
                    failing_since,
                    badge,
                    frequency,
                    updated_on
                ])?;
            }
            Ok(())
        })
        .await
    }
}

fn read_run(row: &Row<'_>) -> Result<Run, StoreError> {
    Ok(Run {
        started_at: parsed(row, "started_at", parse_instant)?,
        took: Duration::from_millis(row.get::<_, i64>("took_ms")?.unsigned_abs()),
        good: row.get("good")?,
        report: row.get("report")?,
        fault: row.get("fault")?,
    })
}
