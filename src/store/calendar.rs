//! The calendar's own history, its proposals, and the clocks that an edit may move.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::cases::select;
use super::columns::{instant, parse_day, parse_instant, parsed};
use super::{Store, StoreError};
use crate::config::calendar::{CalendarFiles, sha256};
use crate::domain::calendar::ClosurePolicy;
use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::impact::{MovedCase, RunningClock};

/// A calendar that was in force, and why it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarVersion {
    /// Its number; the largest is in force.
    pub id: i64,
    /// Since when.
    pub in_force_at: DateTime<Utc>,
    /// Who: a person, `hand` or `fetch`.
    pub actor: String,
    /// What was done, and from which file.
    pub reason: String,
}

/// Between why a case's deadline moved, in its history, and who had been told the earlier day.
pub const HAD_BEEN_TOLD: &str = "; the earlier day had been told to ";

/// A version with its files.
pub type Kept = (CalendarVersion, CalendarFiles);

/// A publication found on the platform, waiting for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its year.
    pub year: i32,
    /// The file, as published.
    pub content: Arc<[u8]>,
    /// Where it was found.
    pub source: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
}

impl Store {
    /// Keeps a calendar that is in force from `now` on, and what it moved, in one transaction.
    pub async fn record_calendar(
        &self,
        files: CalendarFiles,
        (actor, reason): (String, String),
        moved: Vec<MovedCase>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const VERSION: &str = "insert into calendar_versions
            (in_force_at, actor, reason, closures_count, half_closures_count)
            values (?1, ?2, ?3, ?4, ?5)";
        const FILE: &str = "insert into calendar_version_files values (?1, ?2, ?3)";
        const MOVED: &str =
            "insert into history (case_number, at, actor, event, before, after, reason)
            values (?1, ?2, ?3, 'deadline_moved', ?4, ?5, ?6)";
        self.write(move |tx| {
            let policy = files.policy();
            let (whole, half) = (policy.closures_count, policy.half_closures_count);
            tx.prepare_cached(VERSION)?.execute((instant(now), &actor, &reason, whole, half))?;
            let version = tx.last_insert_rowid();
            for (name, bytes) in files.iter() {
                tx.prepare_cached(FILE)?.execute((version, name, keep(tx, bytes)?))?;
            }
            let mut history = tx.prepare_cached(MOVED)?;
            for case in moved.iter().filter(|case| case.is_moved()) {
                let (from, to) = (case.from.on.to_string(), case.to.on.to_string());
                let told = case.told.iter().map(|(recipient, _)| recipient.to_string());
                let told = told.collect::<Vec<_>>().join(", ");
                let mut why = reason.clone();
                if !told.is_empty() {
                    why = format!("{why}{HAD_BEEN_TOLD}{told}");
                }
                history.execute((case.number.as_str(), instant(now), &actor, from, to, why))?;
            }
            Ok(())
        })
        .await
    }

    /// The calendar in force at `at`; before the first one that was kept, that one.
    pub async fn calendar_at(&self, at: DateTime<Utc>) -> Result<Option<Kept>, StoreError> {
        const AT: &str = "select * from calendar_versions
            order by in_force_at <= ?1 desc, iif(in_force_at <= ?1, -id, id) limit 1";
        self.read(move |tx| read_kept(tx, AT, [instant(at)])).await
    }

    /// The calendar that was kept last.
    pub async fn latest_calendar(&self) -> Result<Option<Kept>, StoreError> {
        const LATEST: &str = "select * from calendar_versions order by id desc limit 1";
        self.read(|tx| read_kept(tx, LATEST, [])).await
    }

    /// Every version, oldest first.
    pub async fn calendar_versions(&self) -> Result<Vec<CalendarVersion>, StoreError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("select * from calendar_versions order by id")?;
            let mut rows = statement.query([])?;
            let mut versions = Vec::new();
            while let Some(row) = rows.next()? {
                versions.push(read_version(row)?);
            }
            Ok(versions)
        })
        .await
    }

    /// Every file that was ever in force under this name.
    pub async fn calendar_contents_of(&self, name: String) -> Result<Vec<Vec<u8>>, StoreError> {
        const CONTENTS: &str = "select distinct c.content from calendar_contents as c
            join calendar_version_files as f on f.sha256 = c.sha256 where f.name = ?1";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(CONTENTS)?;
            let contents = statement.query_map([name], |row| row.get(0))?;
            Ok(contents.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Keeps a publication that waits for a person; one a year.
    pub async fn propose(&self, proposal: Proposal) -> Result<(), StoreError> {
        const PROPOSE: &str = "insert into calendar_proposals values (?1, ?2, ?3, ?4)
            on conflict (year) do update set sha256 = excluded.sha256, source = excluded.source,
                proposed_at = excluded.proposed_at where sha256 <> excluded.sha256";
        self.write(move |tx| {
            let sha256 = keep(tx, &proposal.content)?;
            let at = instant(proposal.proposed_at);
            tx.prepare_cached(PROPOSE)?.execute((proposal.year, sha256, &proposal.source, at))?;
            Ok(())
        })
        .await
    }

    /// The publications that wait for a person, by year.
    pub async fn proposals(&self) -> Result<Vec<Proposal>, StoreError> {
        const PROPOSALS: &str = "select p.*, c.content from calendar_proposals as p
            join calendar_contents as c on c.sha256 = p.sha256 order by year";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(PROPOSALS)?;
            let mut rows = statement.query([])?;
            let mut proposals = Vec::new();
            while let Some(row) = rows.next()? {
                let content: Vec<u8> = row.get("content")?;
                proposals.push(Proposal {
                    year: row.get("year")?,
                    content: content.into(),
                    source: row.get("source")?,
                    proposed_at: parsed(row, "proposed_at", parse_instant)?,
                });
            }
            Ok(proposals)
        })
        .await
    }

    /// Forgets a proposal: it is in force, or no longer differs.
    pub async fn drop_proposal(&self, year: i32) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.prepare_cached("delete from calendar_proposals where year = ?1")?.execute([year])?;
            Ok(())
        })
        .await
    }

    /// The clocks that run: one for all open cases that are due together.
    ///
    /// Steps along the index from one clock to the next, so that it costs as much as there are
    /// clocks, however many cases each has; cases with a clock of their own come first.
    pub async fn running_clocks(&self) -> Result<Vec<RunningClock>, StoreError> {
        // Beyond every number of the last clock: none sorts after this character.
        const NEXT: &str = "select kind, agency, starts_on from cases indexed by cases_clock
            where (kind, agency, starts_on, number) > (?1, ?2, ?3, char(1114111))
                and own_clock = 0 and state in ('open', 'acknowledged', 'on_hold')
            order by kind, agency, starts_on, number limit 1";
        const OWN: &str = "select * from cases indexed by cases_own_clock
            where own_clock = 1 and state in ('open', 'acknowledged', 'on_hold') order by number";
        self.read(|tx| {
            let mut clocks: Vec<_> = select(tx, OWN)?.into_iter().map(RunningClock::of).collect();
            let mut statement = tx.prepare_cached(NEXT)?;
            let mut last = (String::new(), String::new(), String::new());
            loop {
                let after = (&last.0, &last.1, &last.2);
                let found = statement.query_row(after, |row| Ok(read_clock(row))).optional()?;
                let Some(clock) = found.transpose()? else { return Ok(clocks) };
                let (kind, starts_on) = (clock.kind.as_str(), clock.starts_on.to_string());
                last = (kind.to_owned(), clock.agency.clone(), starts_on);
                clocks.push(clock);
            }
        })
        .await
    }

    /// The open cases of each of these clocks, in their order: the first `limit` of each.
    pub async fn cases_of_clocks(
        &self,
        clocks: Vec<RunningClock>,
        limit: u32,
    ) -> Result<Vec<Vec<CaseNumber>>, StoreError> {
        const OF_CLOCK: &str = "select number from cases
            where kind = ?1 and agency = ?2 and starts_on = ?3
                and own_clock = 0 and state in ('open', 'acknowledged', 'on_hold') order by number limit ?4";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(OF_CLOCK)?;
            let mut all = Vec::with_capacity(clocks.len());
            for clock in &clocks {
                if let Some(case) = &clock.own {
                    all.push(vec![case.number.clone()]);
                    continue;
                }
                let key = (clock.kind.as_str(), &clock.agency, clock.starts_on.to_string(), limit);
                let mut rows = statement.query(key)?;
                let mut numbers = Vec::new();
                while let Some(row) = rows.next()? {
                    numbers.push(parsed(row, "number", |text| CaseNumber::parse(text).ok())?);
                }
                all.push(numbers);
            }
            Ok(all)
        })
        .await
    }
}

/// Keeps a file under its SHA-256, which is returned.
fn keep(tx: &Connection, bytes: &[u8]) -> Result<String, StoreError> {
    const KEEP: &str = "insert into calendar_contents values (?1, ?2) on conflict do nothing";
    let name = sha256(bytes);
    tx.prepare_cached(KEEP)?.execute((&name, bytes))?;
    Ok(name)
}

fn read_kept(
    tx: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Kept>, StoreError> {
    let found = tx.prepare_cached(sql)?.query_row(params, |row| {
        let policy = ClosurePolicy {
            closures_count: row.get("closures_count")?,
            half_closures_count: row.get("half_closures_count")?,
        };
        Ok(read_version(row).map(|version| (version, policy)))
    });
    let Some((version, policy)) = found.optional()?.transpose()? else { return Ok(None) };
    let files = CalendarFiles::kept(files_of(tx, version.id)?, policy);
    Ok(Some((version, files)))
}

fn files_of(tx: &Connection, version: i64) -> Result<BTreeMap<String, Arc<[u8]>>, StoreError> {
    const FILES: &str = "select f.name, c.content from calendar_version_files as f
        join calendar_contents as c on c.sha256 = f.sha256 where f.version_id = ?1";
    let mut statement = tx.prepare_cached(FILES)?;
    let files = statement.query_map([version], |row| {
        let content: Vec<u8> = row.get(1)?;
        Ok((row.get(0)?, content.into()))
    })?;
    Ok(files.collect::<Result<_, _>>()?)
}

fn read_clock(row: &Row<'_>) -> Result<RunningClock, StoreError> {
    Ok(RunningClock {
        kind: parsed(row, "kind", CaseKind::parse)?,
        agency: row.get("agency")?,
        starts_on: parsed(row, "starts_on", parse_day)?,
        own: None,
    })
}

fn read_version(row: &Row<'_>) -> Result<CalendarVersion, StoreError> {
    Ok(CalendarVersion {
        id: row.get("id")?,
        in_force_at: parsed(row, "in_force_at", parse_instant)?,
        actor: row.get("actor")?,
        reason: row.get("reason")?,
    })
}
