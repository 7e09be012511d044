//! The cases that reports count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::params_from_iter;

use super::cases::{HistoryEntry, history_of, read_case, select_by};
use super::columns::{instant, optional, parse_day, parsed};
use super::{Store, StoreError, handling};
use crate::domain::act::Outcome;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::observation::beginning_of;
use crate::domain::statistics::{Deeds, FollowUp, Period};

impl Store {
    /// The citizens' questions that were first assigned within any of these periods. What was taken away (改分)
    /// stands with the agency that had it before.
    pub async fn cases_assigned_within(
        &self,
        periods: [Period; 3],
    ) -> Result<Vec<Case>, StoreError> {
        const WITHIN: &str = "select *, iif(state = 'withdrawn', (select before from history
                where case_number = number and event in ('taken_away', 'taken_back')
                    and id > coalesce((select max(id) from history
                        where case_number = number and event = 'reassigned'), 0)
                order by id limit 1), null) as taken_from
            from cases where kind in ('comment', 'request')
            and (assigned_on between ?1 and ?2 or assigned_on between ?3 and ?4
                or assigned_on between ?5 and ?6)";
        self.read(move |tx| {
            let days = periods.iter().flat_map(|period| [period.from(), period.to()]);
            let mut statement = tx.prepare_cached(WITHIN)?;
            let mut rows = statement.query(params_from_iter(days.map(|day| day.to_string())))?;
            let mut cases = Vec::new();
            while let Some(row) = rows.next()? {
                let case = read_case(row)?;
                let before: Option<String> = row.get("taken_from")?;
                cases.push(Case { agency: before.unwrap_or(case.agency), ..case });
            }
            handling::attach(tx, &mut cases)?;
            Ok(cases)
        })
        .await
    }

    /// The day of the first of the citizens' questions whose first round is known here.
    pub async fn first_assigned_on(&self) -> Result<Option<NaiveDate>, StoreError> {
        const FIRST: &str = "select min(assigned_on) as first from cases
            where kind in ('comment', 'request') and (round = 1 or exists (
                select 1 from ended_rounds as e where e.case_number = number and e.round = 1))";
        self.read(|tx| {
            tx.prepare_cached(FIRST)?.query_row([], |row| Ok(optional(row, "first", parse_day)))?
        })
        .await
    }

    /// The cases of other duties that concern this period, oldest first, each with the remarks on
    /// it: those that began in it, and those that ended in it, after it, or not yet.
    pub async fn duties_of(
        &self,
        period: Period,
    ) -> Result<Vec<(Case, Vec<HistoryEntry>)>, StoreError> {
        const DUTIES: &str = "select * from cases where kind not in ('comment', 'request')
            and assigned_on <= ?2 and (assigned_on >= ?1 or replied_at >= ?3
                or state in ('open', 'acknowledged', 'on_hold')
                or exists (select 1 from history where case_number = number and at >= ?3
                    and event in ('closed', 'withdrawn', 'taken_away', 'taken_back')))
            order by assigned_on, number";
        let first = instant(beginning_of(period.from()));
        self.read(move |tx| {
            let days = (period.from().to_string(), period.to().to_string(), first);
            let cases = select_by(tx, DUTIES, days)?;
            let mut duties = Vec::with_capacity(cases.len());
            for case in cases {
                let mut notes = history_of(tx, &case.number, 0)?;
                notes.retain(|entry| entry.event == "note");
                duties.push((case, notes));
            }
            Ok(duties)
        })
        .await
    }

    /// The keys of the reports that were sent, as they were planned.
    pub async fn sent_reports(&self) -> Result<BTreeSet<String>, StoreError> {
        const SENT: &str = "select key from outbox where occasion = 'report' and state = 'sent'";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(SENT)?;
            let keys = statement.query_map([], |row| row.get::<_, String>(0))?;
            // What its channel refused was sent by another, under a longer key.
            let planned = |key: String| key.split(" > ").next().unwrap_or_default().to_owned();
            Ok(keys.map(|key| key.map(planned)).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// What was done with cases besides answering them; a case without anything is not there.
    pub async fn deeds(&self) -> Result<BTreeMap<CaseNumber, Deeds>, StoreError> {
        const DEEDS: &str = "
            select case_number, count(*) as extensions, 0 as holds, 0 as asked, null as outcome, 0 as noticed
                from extensions where state = 'confirmed' group by case_number
            union all select case_number, 0, count(*), 0, null, 0 from holds group by case_number
            union all select case_number, 0, 0, 1, outcome, 0 from follow_ups as f where round =
                (select max(round) from follow_ups where case_number = f.case_number)
            union all select number, 0, 0, 0, null, 1 from cases where exists (select 1 from history
                where case_number = number and event = 'replied' and at = replied_at
                    and actor in ('platform', 'folder'))";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(DEEDS)?;
            let mut rows = statement.query([])?;
            let mut deeds: BTreeMap<CaseNumber, Deeds> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let number = parsed(row, "case_number", |text| CaseNumber::parse(text).ok())?;
                let of_case = deeds.entry(number).or_default();
                of_case.extensions += row.get::<_, u32>("extensions")?;
                of_case.holds += row.get::<_, u32>("holds")?;
                of_case.is_noticed |= row.get::<_, bool>("noticed")?;
                if row.get("asked")? {
                    let outcome = optional(row, "outcome", Outcome::parse)?;
                    of_case.follow_up = outcome.map_or(FollowUp::Awaited, FollowUp::Done);
                }
            }
            Ok(deeds)
        })
        .await
    }
}
