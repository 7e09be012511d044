//! The rounds that a case had before its present one (再回復).

use rusqlite::{Connection, named_params};

use super::columns::{instant, optional, parse_day, parse_instant, parsed};
use super::{Store, StoreError, handling};
use crate::domain::case::{Case, CaseState, Origin, StartDay};
use crate::domain::handling::Handling;

/// A case with its earlier rounds, as the case was when each was answered.
pub type WithRounds = (Case, Vec<Case>);

impl Store {
    /// Each case with its earlier rounds, the first first, each as the case was at its end. Of a round
    /// that was answered before jicui saw it, the day of the answer is not known. A round before the
    /// one in which the case was first seen is not among them.
    pub async fn with_earlier_rounds(
        &self,
        cases: Vec<Case>,
    ) -> Result<Vec<WithRounds>, StoreError> {
        self.read(move |tx| {
            let with_rounds = |case: Case| {
                let earlier = if case.round > 1 { earlier_rounds(tx, &case)? } else { Vec::new() };
                Ok((case, earlier))
            };
            cases.into_iter().map(with_rounds).collect()
        })
        .await
    }
}

/// Keeps how the round of `case` stands that ends now.
pub(super) fn keep(tx: &Connection, case: &Case) -> Result<(), StoreError> {
    const KEEP: &str = "insert into ended_rounds values (:number, :round, :agency, :given_to,
            :starts_on, :start_origin, :due_given, :replied_at, :imported)
        on conflict do nothing";
    tx.prepare_cached(KEEP)?.execute(named_params! {
        ":number": case.number.as_str(),
        ":round": case.round,
        ":agency": case.agency,
        ":given_to": case.handling.unit,
        ":starts_on": case.start.on.to_string(),
        ":start_origin": case.start.origin.as_str(),
        ":due_given": case.handling.due_on.map(|day| day.to_string()),
        ":replied_at": case.replied_at.map(instant),
        ":imported": case.handling.imported,
    })?;
    Ok(())
}

fn earlier_rounds(tx: &Connection, case: &Case) -> Result<Vec<Case>, StoreError> {
    const ENDED: &str = "select * from ended_rounds where case_number = ?1 order by round";
    let mut statement = tx.prepare_cached(ENDED)?;
    let mut rows = statement.query([case.number.as_str()])?;
    let mut rounds = Vec::new();
    while let Some(row) = rows.next()? {
        let handling = Handling {
            unit: row.get("given_to")?,
            due_on: optional(row, "due_given", parse_day)?,
            imported: row.get("imported")?,
            ..Handling::default()
        };
        let mut earlier = Case {
            round: row.get("round")?,
            agency: row.get("agency")?,
            start: StartDay {
                on: parsed(row, "starts_on", parse_day)?,
                origin: parsed(row, "start_origin", Origin::parse)?,
            },
            state: CaseState::Replied,
            replied_at: optional(row, "replied_at", parse_instant)?,
            handling,
            ..case.clone()
        };
        handling::attach_one(tx, &mut earlier)?;
        rounds.push(earlier);
    }
    Ok(rounds)
}
