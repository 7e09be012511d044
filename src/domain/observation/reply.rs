//! What is shown of a reply (回復狀態), held against the state of the case.

use chrono::NaiveDate;

use super::super::case::{Case, CaseState, Origin, StartDay};
use super::{Change, ReplyStatus, SeenCase};

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
