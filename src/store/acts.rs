//! What people do: decided and written in one transaction, with what it asks for.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::alarms::carry_out;
use super::cases::{Consequence, append, find, no_longer_awaited, save};
use super::columns::{instant, optional, parse_instant, parsed};
use super::glance::newest_of;
use super::outbox::insert;
use super::told::{Reminded, reminded};
use super::{Store, StoreError};
use crate::domain::act::{Entry, Outcome, Performed, Refusal};
use crate::domain::case::{Case, CaseKind, CaseNumber};
use crate::domain::message::NewMessage;

/// What became of an attempt to do something to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Done: the case before it, and all that was done.
    Done(Box<(Case, Performed)>),
    /// Refused, and who had done it before, and when, where that is the reason.
    Refused(Refusal, Option<(String, DateTime<Utc>)>),
    /// Its ticket was used before: by whom, and when.
    Used(String, DateTime<Utc>),
    /// Something happened to the case since whoever acts had looked at it.
    Changed,
    /// There is no such case.
    Unknown,
}

/// What an act uses up: what was done by a link or a click is not done by it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its name.
    pub key: String,
    /// The act.
    pub act: &'static str,
}

/// On what an act depends, beside the case itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// That this ticket was not used before.
    Ticket(Ticket),
    /// That nothing happened after this entry of the case's history: what a form showed still holds.
    Seen(i64),
}

/// A ticket is known to be used for longer than any link works.
const TICKETS_KEPT: TimeDelta = TimeDelta::days(400);

/// What is known of what became of a question after its answer (延伸精進).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUpRecord {
    /// 案號.
    pub number: CaseNumber,
    /// The round that was answered.
    pub round: u32,
    /// When.
    pub answered_at: DateTime<Utc>,
    /// What was done; `None` while that is not known.
    pub outcome: Option<Outcome>,
    /// Which dataset, by when, or why it is not needed.
    pub reason: Option<String>,
    /// Who said so.
    pub recorded_by: Option<String>,
    /// When.
    pub recorded_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Lets `decide` decide what becomes of a case, and writes it with its history and with what
    /// `asks_for` asks for, in one transaction: of two who act at once, the second sees what the
    /// first did.
    pub async fn act(
        &self,
        (number, actor, condition): (&CaseNumber, &str, Option<Condition>),
        decide: impl FnOnce(&Case) -> Result<Performed, Refusal> + Send + 'static,
        asks_for: impl FnOnce(&Performed, &[Reminded]) -> Vec<Consequence> + Send + 'static,
        now: DateTime<Utc>,
    ) -> Result<Attempt, StoreError> {
        let (number, actor) = (number.clone(), actor.to_owned());
        self.write(move |tx| {
            let Some(before) = find(tx, &number)? else { return Ok(Attempt::Unknown) };
            let ticket = match condition {
                Some(Condition::Seen(entry)) if newest_of(tx, &number)? > entry => {
                    return Ok(Attempt::Changed);
                }
                Some(Condition::Ticket(ticket)) => Some(ticket),
                Some(Condition::Seen(_)) | None => None,
            };
            let used = ticket.as_ref().map(|ticket| used(tx, &ticket.key)).transpose()?;
            if let Some((by, at)) = used.flatten() {
                return Ok(Attempt::Used(by, at));
            }
            let performed = match decide(&before) {
                Ok(performed) => performed,
                Err(refusal) => return refused(tx, &number, refusal),
            };
            if let Some((outcome, reason)) = &performed.follow_up
                && !record_follow_up(tx, &before, (*outcome, reason), (&actor, now))?
            {
                return refused(tx, &number, Refusal::AlreadyDone(&["follow_up"]));
            }
            let told = reminded(tx, &number, before.round)?;
            write(tx, &performed, &actor, now)?;
            if let Some(ticket) = ticket {
                use_up(tx, &ticket, (&number, &actor), now)?;
            }
            for consequence in asks_for(&performed, &told) {
                carry_out(tx, consequence, now)?;
            }
            Ok(Attempt::Done(Box::new((before, performed))))
        })
        .await
    }

    /// Who used a ticket, and when; `None` if nobody did.
    pub async fn ticket(&self, key: &str) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
        let key = key.to_owned();
        self.read(move |tx| used(tx, &key)).await
    }

    /// Queues what is said of a case that changed hands by itself; the history keeps it with the
    /// first of that. Returns whether anything is new.
    pub async fn hand_over(
        &self,
        (number, actor, entry): (CaseNumber, &'static str, Entry),
        messages: Vec<NewMessage>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        const KNOWN: &str = "select exists (select 1 from outbox where key = ?1)";
        self.write(move |tx| {
            let (mut queued, mut known) = (0, false);
            for message in &messages {
                known |= tx
                    .prepare_cached(KNOWN)?
                    .query_row([&message.key], |row| row.get::<_, bool>(0))?;
                queued += insert(tx, message, now)?;
            }
            if queued > 0 && !known {
                if let Some(mut case) = find(tx, &number)? {
                    case.change_hands();
                    save(tx, &case)?;
                }
                append(tx, &number, (actor, now), &entry)?;
            }
            Ok(queued > 0)
        })
        .await
    }

    /// Adds a case by hand; `false` if there is one of that number.
    pub async fn add(
        &self,
        case: Case,
        entry: Entry,
        actor: String,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            if find(tx, &case.number)?.is_some() {
                return Ok(false);
            }
            no_longer_awaited(tx, &case.number)?;
            write(tx, &Performed { case, entries: vec![entry], follow_up: None }, &actor, now)?;
            Ok(true)
        })
        .await
    }

    /// What became of the question after each answer, oldest first: of all cases, or of one.
    pub async fn follow_ups(
        &self,
        number: Option<&CaseNumber>,
    ) -> Result<Vec<FollowUpRecord>, StoreError> {
        const ALL: &str = "select * from follow_ups where ?1 is null or case_number = ?1
            order by answered_at, case_number, round";
        let number = number.map(|number| number.as_str().to_owned());
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(ALL)?;
            let mut rows = statement.query([number])?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                records.push(FollowUpRecord {
                    number: parsed(row, "case_number", |text| CaseNumber::parse(text).ok())?,
                    round: row.get("round")?,
                    answered_at: parsed(row, "answered_at", parse_instant)?,
                    outcome: optional(row, "outcome", Outcome::parse)?,
                    reason: row.get("reason")?,
                    recorded_by: row.get("recorded_by")?,
                    recorded_at: optional(row, "recorded_at", parse_instant)?,
                });
            }
            Ok(records)
        })
        .await
    }
}

fn used(tx: &Connection, key: &str) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
    const USED: &str = "select used_by, used_at from tickets where key = ?1";
    let found = tx.prepare_cached(USED)?.query_row([key], |row| {
        let by: String = row.get("used_by")?;
        Ok(parsed(row, "used_at", parse_instant).map(|at| (by, at)))
    });
    found.optional()?.transpose()
}

fn use_up(
    tx: &Connection,
    ticket: &Ticket,
    (number, actor): (&CaseNumber, &str),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const USE: &str = "insert into tickets (key, used_at, used_by, act, case_number)
        values (?1, ?2, ?3, ?4, ?5)";
    tx.prepare_cached("delete from tickets where used_at < ?1")?
        .execute([instant(now - TICKETS_KEPT)])?;
    tx.prepare_cached(USE)?.execute((
        &ticket.key,
        instant(now),
        actor,
        ticket.act,
        number.as_str(),
    ))?;
    Ok(())
}

/// Writes a case as an act left it, and what the history keeps of it.
pub(super) fn write(
    tx: &Connection,
    performed: &Performed,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let case = &performed.case;
    save(tx, case)?;
    // What was answered before stays as it was, whatever else is done to it.
    if performed.entries.iter().any(|entry| entry.event == "replied") {
        expect_follow_up(tx, case)?;
    }
    for entry in &performed.entries {
        append(tx, &case.number, (actor, now), entry)?;
    }
    Ok(())
}

/// Notes that an answer waits for its follow-up; another duty has none, and neither has the past.
pub(super) fn expect_follow_up(tx: &Connection, case: &Case) -> Result<(), StoreError> {
    const EXPECT: &str = "insert into follow_ups (case_number, round, answered_at)
        values (?1, ?2, ?3) on conflict do update set answered_at = excluded.answered_at";
    let is_question = matches!(case.kind, CaseKind::Comment | CaseKind::Request);
    if let Some(at) = case.replied_at.filter(|_| is_question && !case.handling.imported) {
        tx.prepare_cached(EXPECT)?.execute((case.number.as_str(), case.round, instant(at)))?;
    }
    Ok(())
}

/// Records what became of the question; `false` if just that was recorded before.
fn record_follow_up(
    tx: &Connection,
    case: &Case,
    (outcome, reason): (Outcome, &str),
    (actor, now): (&str, DateTime<Utc>),
) -> Result<bool, StoreError> {
    const RECORD: &str = "insert into follow_ups values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        on conflict do update set outcome = excluded.outcome, reason = excluded.reason,
            recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
            where outcome is not excluded.outcome or reason is not excluded.reason";
    // Whoever said so is not asked any more.
    const NOT_ASKED: &str = "update outbox set state = 'overtaken', reason = 'it was answered',
            ended_at = ?3
        where case_number = ?1 and round = ?2 and occasion = 'follow_up_asked' and state = 'queued'";
    let answered_at = instant(case.replied_at.unwrap_or(now));
    let number = case.number.as_str();
    let row = (number, case.round, answered_at, outcome.as_str(), reason, actor, instant(now));
    let is_news = tx.prepare_cached(RECORD)?.execute(row)? > 0;
    if is_news {
        tx.prepare_cached(NOT_ASKED)?.execute((number, case.round, instant(now)))?;
    }
    Ok(is_news)
}

/// A refusal, with who did it and when if that is the reason.
fn refused(tx: &Connection, number: &CaseNumber, refusal: Refusal) -> Result<Attempt, StoreError> {
    const LAST: &str = "select actor, at from history
        where case_number = ?1 and event in (select value from json_each(?2))
        order by id desc limit 1";
    let Refusal::AlreadyDone(events) = &refusal else { return Ok(Attempt::Refused(refusal, None)) };
    let words: Vec<String> = events.iter().map(|event| format!("\"{event}\"")).collect();
    let key = (number.as_str(), format!("[{}]", words.join(",")));
    let found = tx.prepare_cached(LAST)?.query_row(key, |row| {
        let actor: String = row.get(0)?;
        Ok(parsed(row, "at", parse_instant).map(|at| (actor, at)))
    });
    let before = found.optional()?.transpose()?;
    Ok(Attempt::Refused(refusal, before))
}
