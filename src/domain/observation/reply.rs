//! What is shown of a reply (回復狀態), held against the state of the case.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::super::case::{Case, CaseNumber, CaseState, Origin, StartDay};
use super::{Change, Known, Observation, ReplyStatus, SeenCase};

/// What a person reported holds until the platform shows something new: that it shows no reply
/// yet, or the same 再回復 as before, is nothing new.
pub(super) fn changes(case: &Case, seen: &SeenCase, today: NaiveDate) -> Vec<Change> {
    let unconfirmed = case.handling.reply_unconfirmed;
    let new_round = || Change::NewRound(StartDay { on: today, origin: Origin::Observed });
    match (case.state, seen.reply) {
        (CaseState::Replied, ReplyStatus::Answered(at)) if unconfirmed => {
            vec![Change::ReplyConfirmed(at)]
        }
        (CaseState::Replied, ReplyStatus::Unanswered) if unconfirmed => Vec::new(),
        (CaseState::Replied, ReplyStatus::AskedAgain) if unconfirmed && case.round > 1 => {
            Vec::new()
        }
        (state, ReplyStatus::Answered(at)) if state.is_open() => vec![Change::Replied(at)],
        (CaseState::Replied, ReplyStatus::AskedAgain) => vec![new_round()],
        // A person withdrew it; it was answered all the same, and is asked again.
        (CaseState::Withdrawn, ReplyStatus::AskedAgain) if case.round == 1 => vec![new_round()],
        (CaseState::Replied, ReplyStatus::Unanswered) => vec![Change::ReplyWithdrawn],
        // Answered, and asked again, since the look before.
        (state, ReplyStatus::AskedAgain) if state.is_open() && case.round == 1 => {
            vec![Change::Replied(None), new_round()]
        }
        _ => Vec::new(),
    }
}

/// The cases that the source showed as answered before, and of whose answers it shows nothing now: it has
/// changed. One agency may take one answer back; that two are gone at once, and none is left of all that
/// were looked at, is the platform's doing.
pub fn contradictions(known: &Known, observed: &Observation) -> BTreeSet<CaseNumber> {
    let was_shown = |case: &Case| {
        let by_hand = case.handling.reply_unconfirmed || case.handling.imported;
        case.state == CaseState::Replied && !by_hand
    };
    let was_answered = |seen: &&SeenCase| known.cases.get(&seen.number).is_some_and(was_shown);
    let answered: Vec<&SeenCase> = observed.seen.iter().filter(was_answered).collect();
    let of = |status: ReplyStatus| {
        let of = answered.iter().filter(move |seen| seen.reply == status);
        of.map(|seen| seen.number.clone()).collect::<BTreeSet<CaseNumber>>()
    };
    let (mut doubtful, lost) = (of(ReplyStatus::NotShown), of(ReplyStatus::Unanswered));
    if lost.len() > 1 && doubtful.len() + lost.len() == answered.len() {
        doubtful.extend(lost);
    }
    doubtful
}
