//! The rounds of a case, each wholly: a second one (再回復) keeps nothing of the first but its unit.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cases::{CaseView, view};
use crate::clock::today;
use crate::domain::case::{Case, CaseState, Origin, StartDay};
use crate::domain::handling::Handling;
use crate::domain::reminder::Rules;
use crate::store::{FollowUpRecord, HistoryEntry};

/// One round of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundView {
    /// The case as it was at the end of the round, or as it is.
    pub view: CaseView,
    /// What became of the question after its answer (延伸精進), once there is one.
    pub follow_up: Option<FollowUpRecord>,
}

/// Every round of `case` that jicui has seen, the first first.
pub(super) fn rounds(
    rules: &Rules,
    case: &Case,
    (history, follow_ups): (&[HistoryEntry], &[FollowUpRecord]),
    mut handlings: BTreeMap<u32, Handling>,
    today: NaiveDate,
) -> anyhow::Result<Vec<RoundView>> {
    let mut rounds = Vec::new();
    for (round, start) in earlier(case, history) {
        let follow_up = follow_ups.iter().find(|record| record.round == round).cloned();
        let past = Case {
            round,
            start,
            state: CaseState::Replied,
            replied_at: follow_up.as_ref().map(|record| record.answered_at),
            handling: Handling {
                unit: case.handling.unit.clone(),
                ..handlings.remove(&round).unwrap_or_default()
            },
            ..case.clone()
        };
        rounds.push(RoundView { view: view(rules, past, today)?, follow_up });
    }
    let follow_up = follow_ups.iter().find(|record| record.round == case.round).cloned();
    rounds.push(RoundView { view: view(rules, case.clone(), today)?, follow_up });
    Ok(rounds)
}

/// The earlier rounds and their day zero, by what the history says.
fn earlier(case: &Case, history: &[HistoryEntry]) -> Vec<(u32, StartDay)> {
    let begun = history.iter().filter(|entry| entry.event == "new_round").count();
    let first = case.round.saturating_sub(u32::try_from(begun).unwrap_or(u32::MAX));
    let mut rounds = vec![(first, StartDay { on: case.assigned_on, origin: Origin::Given })];
    for entry in history {
        match (entry.event.as_str(), rounds.last_mut()) {
            ("new_round", Some((round, _))) => {
                let next = *round + 1;
                rounds.push((next, StartDay { on: today(entry.at), origin: Origin::Observed }));
            }
            ("new" | "start_corrected" | "added", Some((_, start))) => {
                *start = start_in(&entry.after).unwrap_or(*start);
            }
            _ => {}
        }
    }
    rounds.pop();
    rounds
}

/// `2026-03-04 by_hand`, as the history writes a day zero.
fn start_in(text: &str) -> Option<StartDay> {
    let (on, origin) = text.split_once(' ')?;
    Some(StartDay { on: on.parse().ok()?, origin: Origin::parse(origin)? })
}
