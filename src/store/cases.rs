//! Cases and their history.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::acts;
use super::alarms::{AlarmSubject, carry_out};
use super::columns::{
    InOrder, instant, moment, optional, parse_day, parse_instant, parse_moment, parsed,
};
use super::handling;
use super::rounds;
use super::told::{Reminded, reminded};
use super::{Store, StoreError};
use crate::domain::act::Entry;
use crate::domain::case::{Case, CaseKind, CaseNumber, CaseState, Dataset, Origin, StartDay};
use crate::domain::handling::Handling;
use crate::domain::message::NewMessage;
use crate::domain::observation::{self, Account, CaseEvent, Change, Known};

/// One entry of a case's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who: `platform`, `folder`, `jicui` itself, an edit (`units.toml`, `hand`), or a person.
    pub actor: String,
    /// What.
    pub event: String,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
    /// Why, where a person did it.
    pub reason: String,
}

/// What a change of a case asks for, in the same transaction: nothing is forgotten in a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// To say this.
    Messages(Vec<NewMessage>),
    /// To raise an alarm.
    Raise(AlarmSubject, String),
    /// To say something to the administrators that is over with the saying.
    Announce(AlarmSubject, String),
    /// To end an alarm.
    End(AlarmSubject),
    /// To end an alarm about a case for whomever it was raised: `C-1 unit:…`, `C-1 supervisor:…`.
    EndForAll(AlarmSubject),
}

const SELECT_CASE: &str = "select * from cases";

const SAVE_CASE: &str = "
    insert into cases (number, kind, title, agency, dataset_nid, dataset_title, url, posted_at,
        assigned_on, starts_on, start_origin, round, state, replied_at, first_seen_at, vanished_at,
        given_to, reply_unconfirmed, imported, own_clock, due_given)
    values (:number, :kind, :title, :agency, :dataset_nid, :dataset_title, :url, :posted_at,
        :assigned_on, :starts_on, :start_origin, :round, :state, :replied_at, :first_seen_at,
        :vanished_at, :given_to, :reply_unconfirmed, :imported, :own_clock,
        :due_given)
    on conflict (number) do update set
        title = excluded.title, agency = excluded.agency, dataset_nid = excluded.dataset_nid,
        dataset_title = excluded.dataset_title, assigned_on = excluded.assigned_on,
        starts_on = excluded.starts_on, start_origin = excluded.start_origin,
        round = excluded.round, state = excluded.state, replied_at = excluded.replied_at,
        first_seen_at = excluded.first_seen_at, vanished_at = excluded.vanished_at,
        given_to = excluded.given_to, reply_unconfirmed = excluded.reply_unconfirmed,
        imported = excluded.imported, own_clock = excluded.own_clock,
        due_given = excluded.due_given";

impl Store {
    /// Everything a look is compared with.
    pub async fn known(&self) -> Result<Known, StoreError> {
        self.read(|tx| {
            let cases = select(tx, SELECT_CASE)?;
            let mut statement = tx.prepare_cached("select number from awaiting")?;
            let mut rows = statement.query([])?;
            let mut awaiting = BTreeSet::new();
            while let Some(row) = rows.next()? {
                awaiting.insert(parsed(row, "number", |text| CaseNumber::parse(text).ok())?);
            }
            let cases = cases.into_iter().map(|case| (case.number.clone(), case)).collect();
            Ok(Known { cases, awaiting })
        })
        .await
    }

    /// The requests that began after `since`, or were answered after it, and owe nothing now; and those that were
    /// seen after it and waited for an agency.
    pub async fn may_be_asked_again(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<CaseNumber>, StoreError> {
        const LATE: &str = "select number from cases where kind = 'request'
                and state in ('replied', 'closed', 'withdrawn')
                and coalesce(replied_at, assigned_on) > ?1
            union select number from awaiting where first_seen_at > ?1";
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(LATE)?;
            let mut rows = statement.query([instant(since)])?;
            let mut numbers = Vec::new();
            while let Some(row) = rows.next()? {
                numbers.push(parsed(row, "number", |text| CaseNumber::parse(text).ok())?);
            }
            Ok(numbers)
        })
        .await
    }

    /// The cases that still owe an answer, oldest first.
    pub async fn open_cases(&self) -> Result<Vec<Case>, StoreError> {
        const OPEN: &str = "select * from cases
            where state in ('open', 'acknowledged', 'on_hold') order by starts_on, number";
        self.read(|tx| select(tx, OPEN)).await
    }

    /// The cases that a person reported as answered, and no source has shown so yet.
    pub async fn unconfirmed_cases(&self) -> Result<Vec<Case>, StoreError> {
        const UNCONFIRMED: &str = "select * from cases where reply_unconfirmed = 1 order by number";
        self.read(|tx| select(tx, UNCONFIRMED)).await
    }

    /// The answered cases of which it is not known what became of the question (延伸精進), answered
    /// at `since` or later.
    pub async fn cases_to_follow_up(&self, since: DateTime<Utc>) -> Result<Vec<Case>, StoreError> {
        const WAITING: &str = "select c.* from follow_ups as f join cases as c
                on c.number = f.case_number and c.round = f.round
            where f.outcome is null and f.answered_at >= ?1 and c.state in ('replied', 'closed')
            order by f.answered_at, c.number";
        self.read(move |tx| select_by(tx, WAITING, [instant(since)])).await
    }

    /// Every case, oldest first.
    pub async fn all_cases(&self) -> Result<Vec<Case>, StoreError> {
        const ALL: &str = "select * from cases order by starts_on, number";
        self.read(|tx| select(tx, ALL)).await
    }

    /// One case.
    pub async fn case(&self, number: &CaseNumber) -> Result<Option<Case>, StoreError> {
        let number = number.clone();
        self.read(move |tx| find(tx, &number)).await
    }

    /// What happened to a case, oldest first.
    pub async fn history(&self, number: &CaseNumber) -> Result<Vec<HistoryEntry>, StoreError> {
        let number = number.clone();
        self.read(move |tx| history_of(tx, &number, 0)).await
    }

    /// Applies events, with what each asks for, in one transaction; returns the cases they touched,
    /// as they are now.
    ///
    /// `consequences_of` is told who was reminded of the case's round. An event already applied (the same
    /// new case again) changes nothing and asks for nothing.
    pub async fn record(
        &self,
        events: Vec<CaseEvent>,
        actor: &'static str,
        consequences_of: impl Fn(&CaseEvent, &Case, &[Reminded]) -> Vec<Consequence> + Send + 'static,
        now: DateTime<Utc>,
    ) -> Result<Vec<(CaseEvent, Case)>, StoreError> {
        self.write(move |tx| {
            let mut touched = Vec::new();
            for event in events {
                let Some(case) = record_one(tx, &event, actor, now)? else { continue };
                let reminded = reminded(tx, &case.number, case.round)?;
                for consequence in consequences_of(&event, &case, &reminded) {
                    carry_out(tx, consequence, now)?;
                }
                touched.push((event, case));
            }
            Ok(touched)
        })
        .await
    }
}

fn record_one(
    tx: &Connection,
    event: &CaseEvent,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Option<Case>, StoreError> {
    const AWAIT: &str = "insert into awaiting (number, first_seen_at) values (?1, ?2)
        on conflict (number) do nothing";
    if matches!(event.change, Change::AwaitingAssignment) {
        tx.prepare_cached(AWAIT)?.execute((event.number.as_str(), instant(now)))?;
        return Ok(None);
    }
    let (case, account) = match (find(tx, &event.number)?, &event.change) {
        (None, Change::New(seen, start)) => {
            no_longer_awaited(tx, &event.number)?;
            let case = observation::begin(seen, *start, now);
            let after = format!("{} {}", case.start.on, case.start.origin.as_str());
            (case, Account { before: String::new(), after })
        }
        (Some(mut case), change) if !matches!(change, Change::New(..)) => {
            if matches!(change, Change::NewRound(_)) {
                rounds::keep(tx, &case)?;
            }
            if matches!(change, Change::Started(_) | Change::TakenAway(_)) {
                no_longer_awaited(tx, &event.number)?;
            }
            let account = observation::apply(&mut case, change, now);
            (case, account)
        }
        _ => return Ok(None),
    };
    if matches!(event.change, Change::TakenBack) {
        handling::clear(tx, &case)?;
    }
    save(tx, &case)?;
    if matches!(event.change, Change::Replied(_)) {
        acts::expect_follow_up(tx, &case)?;
    }
    let entry = Entry { event: event.change.as_str(), account, reason: String::new() };
    append(tx, &event.number, (actor, now), &entry)?;
    Ok(Some(case))
}

/// A request that nobody had been given is somebody's.
pub(super) fn no_longer_awaited(tx: &Connection, number: &CaseNumber) -> Result<(), StoreError> {
    tx.prepare_cached("delete from awaiting where number = ?1")?.execute([number.as_str()])?;
    Ok(())
}

/// What happened to a case, oldest first, within a transaction.
pub(super) fn history_of(
    tx: &Connection,
    number: &CaseNumber,
    since: i64,
) -> Result<Vec<HistoryEntry>, StoreError> {
    const HISTORY: &str = "select at, actor, event, before, after, reason from history
        where case_number = ?1 and id > ?2 order by id";
    let mut statement = tx.prepare_cached(HISTORY)?;
    let mut rows = statement.query((number.as_str(), since))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(HistoryEntry {
            at: parsed(row, "at", parse_instant)?,
            actor: row.get("actor")?,
            event: row.get("event")?,
            before: row.get("before")?,
            after: row.get("after")?,
            reason: row.get("reason")?,
        });
    }
    Ok(entries)
}

/// Adds to the history of a case, within a transaction.
pub(super) fn append(
    tx: &Connection,
    number: &CaseNumber,
    (actor, now): (&str, DateTime<Utc>),
    entry: &Entry,
) -> Result<(), StoreError> {
    const APPEND: &str = "insert into history
        (case_number, at, actor, event, before, after, reason) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Entry { event, account, reason } = entry;
    let (before, after) = (&account.before, &account.after);
    tx.prepare_cached(APPEND)?.execute((
        number.as_str(),
        instant(now),
        actor,
        event,
        before,
        after,
        reason,
    ))?;
    Ok(())
}

/// Writes a case, within a transaction.
pub(super) fn save(tx: &Connection, case: &Case) -> Result<(), StoreError> {
    tx.prepare_cached(SAVE_CASE)?.execute(named_params! {
        ":number": case.number.as_str(),
        ":kind": case.kind.as_str(),
        ":title": case.title,
        ":agency": case.agency,
        ":dataset_nid": case.dataset.as_ref().and_then(|d| i64::try_from(d.nid).ok()),
        ":dataset_title": case.dataset.as_ref().map(|d| d.title.as_str()),
        ":url": case.url,
        ":posted_at": case.posted_at.map(moment),
        ":assigned_on": case.assigned_on.to_string(),
        ":starts_on": case.start.on.to_string(),
        ":start_origin": case.start.origin.as_str(),
        ":round": case.round,
        ":state": case.state.as_str(),
        ":replied_at": case.replied_at.map(instant),
        ":first_seen_at": instant(case.first_seen_at),
        ":vanished_at": case.vanished_at.map(instant),
        ":given_to": case.handling.unit,
        ":reply_unconfirmed": case.handling.reply_unconfirmed,
        ":imported": case.handling.imported,
        ":own_clock": case.has_own_clock(),
        ":due_given": case.handling.due_on.map(|day| day.to_string()),
    })?;
    handling::save(tx, case)
}

/// One case, within a transaction.
pub(super) fn find(tx: &Connection, number: &CaseNumber) -> Result<Option<Case>, StoreError> {
    let mut statement = tx.prepare_cached("select * from cases where number = ?1")?;
    let found = statement.query_row([number.as_str()], |row| Ok(read_case(row))).optional()?;
    let Some(mut case) = found.transpose()? else { return Ok(None) };
    handling::attach_one(tx, &mut case)?;
    Ok(Some(case))
}

pub(super) fn select(tx: &Connection, sql: &str) -> Result<Vec<Case>, StoreError> {
    select_by(tx, sql, [])
}

pub(super) fn select_by(
    tx: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Case>, StoreError> {
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut cases = Vec::new();
    while let Some(row) = rows.next()? {
        cases.push(read_case(row)?);
    }
    handling::attach(tx, &mut cases)?;
    Ok(cases)
}

pub(super) fn read_case(row: &Row<'_>) -> Result<Case, StoreError> {
    let row = &InOrder::of(row);
    Ok(Case {
        number: parsed(row, "number", |text| CaseNumber::parse(text).ok())?,
        kind: parsed(row, "kind", CaseKind::parse)?,
        title: row.get("title")?,
        agency: row.get("agency")?,
        dataset: read_dataset(row)?,
        url: row.get("url")?,
        posted_at: optional(row, "posted_at", parse_moment)?,
        assigned_on: parsed(row, "assigned_on", parse_day)?,
        start: StartDay {
            on: parsed(row, "starts_on", parse_day)?,
            origin: parsed(row, "start_origin", Origin::parse)?,
        },
        round: row.get("round")?,
        state: parsed(row, "state", CaseState::parse)?,
        replied_at: optional(row, "replied_at", parse_instant)?,
        first_seen_at: parsed(row, "first_seen_at", parse_instant)?,
        vanished_at: optional(row, "vanished_at", parse_instant)?,
        handling: Handling {
            unit: row.get("given_to")?,
            due_on: optional(row, "due_given", parse_day)?,
            reply_unconfirmed: row.get("reply_unconfirmed")?,
            imported: row.get("imported")?,
            ..Handling::default()
        },
    })
}

fn read_dataset(row: &InOrder<'_>) -> Result<Option<Dataset>, StoreError> {
    let nid: Option<i64> = row.get("dataset_nid")?;
    let title: Option<String> = row.get("dataset_title")?;
    let nid = nid.and_then(|nid| u64::try_from(nid).ok());
    Ok(nid.map(|nid| Dataset { nid, title: title.unwrap_or_default() }))
}
