//! The rounds that a case had before its present one (再回復).

use rusqlite::{Connection, OptionalExtension};

use super::columns::{parse_day, parse_instant, parsed};
use super::{Store, StoreError, handling};
use crate::domain::case::{Case, CaseState, Origin, StartDay};
use crate::domain::handling::Handling;
use crate::domain::observation::day_in_taipei;

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

fn earlier_rounds(tx: &Connection, case: &Case) -> Result<Vec<Case>, StoreError> {
    const ANSWERED: &str =
        "select answered_at from follow_ups where case_number = ?1 and round = ?2";
    let mut rounds = Vec::new();
    for (round, start) in starts(tx, case)?.into_iter().filter(|(round, _)| *round < case.round) {
        let mut statement = tx.prepare_cached(ANSWERED)?;
        let key = (case.number.as_str(), round);
        let found = statement.query_row(key, |row| Ok(parsed(row, "answered_at", parse_instant)));
        let handling = Handling { unit: case.handling.unit.clone(), ..Handling::default() };
        let mut earlier = Case {
            round,
            start,
            state: CaseState::Replied,
            replied_at: found.optional()?.transpose()?,
            handling,
            ..case.clone()
        };
        handling::attach_one(tx, &mut earlier)?;
        rounds.push(earlier);
    }
    Ok(rounds)
}

/// The day on which the clock of each round began, by what the history says: a first round's stands in
/// its entry, each other's is the day on which it was seen, unless a person corrected that.
fn starts(tx: &Connection, case: &Case) -> Result<Vec<(u32, StartDay)>, StoreError> {
    const HISTORY: &str = "select event, at, after from history where case_number = ?1
        and event in ('new', 'added', 'new_round', 'start_corrected') order by id";
    let mut begun = Vec::new();
    let mut first = StartDay { on: case.assigned_on, origin: Origin::Given };
    let mut statement = tx.prepare_cached(HISTORY)?;
    let mut rows = statement.query([case.number.as_str()])?;
    while let Some(row) = rows.next()? {
        let (event, after): (String, String) = (row.get("event")?, row.get("after")?);
        if event == "new_round" {
            let on = day_in_taipei(parsed(row, "at", parse_instant)?);
            begun.push(StartDay { on, origin: Origin::Observed });
        } else if let Some(start) = start_in(&after) {
            *begun.last_mut().unwrap_or(&mut first) = start;
        }
    }
    // One that was first seen as 再回復 begins with its second round.
    let earliest = case.round.saturating_sub(u32::try_from(begun.len()).unwrap_or(u32::MAX));
    Ok((earliest..).zip(std::iter::once(first).chain(begun)).collect())
}

/// `2026-03-04 by_hand`, as the history writes a day zero.
fn start_in(text: &str) -> Option<StartDay> {
    let (on, origin) = text.split_once(' ')?;
    Some(StartDay { on: parse_day(on)?, origin: Origin::parse(origin)? })
}
