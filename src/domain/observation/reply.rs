//! What is shown of a reply (回復狀態), held against the state of the case.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::super::case::{Case, CaseKind, CaseNumber, CaseState, Origin, StartDay};
use super::{Change, Known, Observation, ReplyStatus, SeenCase, day_in_taipei, taipei_to_utc};

/// What a person reported holds until the platform shows something new: that it shows no reply
/// yet, or the same 再回復 as before, is nothing new.
pub(super) fn changes(case: &Case, seen: &SeenCase, today: NaiveDate) -> Vec<Change> {
    let unconfirmed = case.handling.reply_unconfirmed;
    let new_round = || Change::NewRound(StartDay { on: today, origin: Origin::Observed });
    let answered_at = |first: Option<NaiveDateTime>| {
        let mut shown = first.into_iter().chain(seen.later_answers.iter().copied());
        shown.find(|at| may_answer(case, *at))
    };
    match (case.state, seen.reply) {
        (CaseState::Replied, ReplyStatus::Answered(first)) if unconfirmed => {
            let at = answered_at(first);
            began_before(case, at).into_iter().chain([Change::ReplyConfirmed(at)]).collect()
        }
        (CaseState::Replied, ReplyStatus::Unanswered) if unconfirmed => Vec::new(),
        (CaseState::Replied, ReplyStatus::AskedAgain) if unconfirmed && case.round > 1 => {
            Vec::new()
        }
        (state, ReplyStatus::Answered(first)) if state.is_open() => {
            let at = answered_at(first);
            began_before(case, at).into_iter().chain([Change::Replied(at)]).collect()
        }
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

/// Whether an answer of that time can be one to the present round of `case`. A day zero that is only the day on which
/// the first round was seen to run gives way to its answer.
pub(super) fn may_answer(case: &Case, at: NaiveDateTime) -> bool {
    match case.round {
        1 => at.date() >= case.start.on || case.start.origin == Origin::Observed,
        // On its first day the answer to the round before may stand there.
        _ if at.date() == case.start.on => taipei_to_utc(at) >= case.first_seen_at,
        _ => at.date() > case.start.on,
    }
}

/// That a case which was answered `at` that time began earlier than was seen.
fn began_before(case: &Case, at: Option<NaiveDateTime>) -> Option<Change> {
    let on = at.map(|at| at.date()).filter(|on| gives_way(case, *on))?;
    Some(Change::Started(StartDay { on, origin: Origin::Observed }))
}

/// Whether the day zero of `case` is only the day on which it was seen to run, and it was answered on `day` before.
fn gives_way(case: &Case, day: NaiveDate) -> bool {
    case.round == 1 && case.start.origin == Origin::Observed && day < case.start.on
}

/// Enters when the present round was answered: at the time `shown`, if that can be, and never later than the moment
/// we noticed; `otherwise` where no such time is shown. Gives that moment.
pub(super) fn enter(
    case: &mut Case,
    shown: Option<NaiveDateTime>,
    (otherwise, now): (DateTime<Utc>, DateTime<Utc>),
) -> DateTime<Utc> {
    let shown = shown.filter(|at| may_answer(case, *at));
    let at = shown.map_or(otherwise, |at| taipei_to_utc(at).min(now));
    let day = day_in_taipei(at);
    if gives_way(case, day) {
        case.start.on = day;
        case.assigned_on = day;
    }
    case.replied_at = Some(at);
    at
}

/// Whether the platform itself showed a case as answered: no person's word alone.
fn was_shown_answered(case: &Case) -> bool {
    case.state == CaseState::Replied && !case.handling.is_reply_by_hand()
}

/// What a look shows of the cases of one kind that the platform showed as answered before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Answered still, or asked again.
    pub shown: BTreeSet<CaseNumber>,
    /// Said to be without an answer.
    pub lost: BTreeSet<CaseNumber>,
    /// Nothing is said of an answer.
    pub silent: BTreeSet<CaseNumber>,
}

impl Answers {
    /// What `observed` shows of the answers to cases of this kind.
    pub fn of(known: &Known, observed: &Observation, kind: CaseKind) -> Self {
        let was_shown = |case: &Case| case.kind == kind && was_shown_answered(case);
        let was_answered = |seen: &&SeenCase| known.cases.get(&seen.number).is_some_and(was_shown);
        let mut answers = Self::default();
        for seen in observed.seen.iter().filter(was_answered) {
            let among = match seen.reply {
                ReplyStatus::Answered(_) | ReplyStatus::AskedAgain => &mut answers.shown,
                ReplyStatus::Unanswered => &mut answers.lost,
                ReplyStatus::NotShown => &mut answers.silent,
            };
            among.insert(seen.number.clone());
        }
        answers
    }
}

/// The cases that the platform showed as answered before, and of whose answers it shows nothing now: it has
/// changed. One agency may take one answer back; that more of a kind are gone, and none is left of all that
/// were looked at, or that none of many requests of the whole country has one, is the platform's doing.
pub fn contradictions(known: &Known, observed: &Observation) -> BTreeSet<CaseNumber> {
    let mut doubtful = BTreeSet::new();
    for kind in [CaseKind::Comment, CaseKind::Request] {
        let Answers { shown, lost, silent } = Answers::of(known, observed, kind);
        let none_has_any = kind == CaseKind::Request && observed.requests.show_no_answer();
        if shown.is_empty() && (lost.len() > 1 || none_has_any) {
            doubtful.extend(lost);
        }
        doubtful.extend(silent);
    }
    doubtful
}

/// The datasets with the newest answers to comments that a look did not read: whether those are still shown tells an
/// answer that was taken back from answers that are not shown any more.
pub fn witnesses(
    known: &Known,
    observed: &Observation,
    (most, is_there): (usize, &dyn Fn(u64) -> bool),
) -> Vec<u64> {
    let read: BTreeSet<u64> =
        observed.seen.iter().filter_map(|seen| seen.dataset.as_ref().map(|of| of.nid)).collect();
    let is_witness = |case: &&Case| {
        case.kind == CaseKind::Comment && case.vanished_at.is_none() && was_shown_answered(case)
    };
    let mut answered: Vec<&Case> = known.cases.values().filter(is_witness).collect();
    answered.sort_by_key(|case| std::cmp::Reverse(case.replied_at));
    let mut datasets = Vec::new();
    for nid in answered.into_iter().filter_map(|case| case.dataset.as_ref().map(|of| of.nid)) {
        let is_new = !read.contains(&nid) && !datasets.contains(&nid);
        if datasets.len() < most && is_new && is_there(nid) {
            datasets.push(nid);
        }
    }
    datasets
}
