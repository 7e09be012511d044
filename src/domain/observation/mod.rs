//! What a source showed, compared with what is known: the only way a case changes by itself.

mod apply;
mod reply;
mod seen;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

pub use apply::{Account, apply, begin};
pub use reply::{Answers, contradictions, witnesses};
pub use seen::{Assignment, Observation, Reading, ReplyStatus, Requests, RowFault, SeenCase};

use super::case::{Case, CaseNumber, CaseState, Dataset, ERASED, Origin, StartDay};
use super::directory::agencies_in;

/// What is known before a look.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Every case by its number.
    pub cases: BTreeMap<CaseNumber, Case>,
    /// Requests seen that nobody had been given yet.
    pub awaiting: BTreeSet<CaseNumber>,
}

/// What a look changed for one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ours, and new to us.
    New(Box<SeenCase>, StartDay),
    /// Seen, but not yet given to anyone.
    AwaitingAssignment,
    /// Answered on the platform, at this moment if it says when.
    Replied(Option<NaiveDateTime>),
    /// The platform shows the answer that a person had reported, at this moment if it says when.
    ReplyConfirmed(Option<NaiveDateTime>),
    /// The answer is no longer shown: the same round is open again.
    ReplyWithdrawn,
    /// 再回復: the next round begins on this day.
    NewRound(StartDay),
    /// 改分: now this agency's, which is one of ours.
    Reassigned {
        /// Its name.
        to: String,
        /// The unit that had it has it still.
        keeps_unit: bool,
    },
    /// 改分 to an agency that is not ours: no longer our case.
    TakenAway(String),
    /// Given to nobody any more: whoever has it next is to be assigned.
    TakenBack,
    /// The citizen's title changed.
    Retitled(String),
    /// The dataset under which it stands: nothing was known of it, or it was another.
    DatasetKnown(Dataset),
    /// Its clock begins on this day: a source now gives that of its assignment, it was assigned anew after it was taken
    /// back, or is seen to have been answered before the day on which it was first seen assigned.
    Started(StartDay),
    /// The platform no longer shows it.
    Vanished,
    /// The platform shows it again.
    Returned,
}

impl Change {
    fn reassigned(to: &str) -> Self {
        Self::Reassigned { to: to.to_owned(), keeps_unit: false }
    }

    /// The word used in the history and in logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::New(..) => "new",
            Self::AwaitingAssignment => "awaiting_assignment",
            Self::Replied(_) => "replied",
            Self::ReplyConfirmed(_) => "reply_confirmed",
            Self::ReplyWithdrawn => "reply_withdrawn",
            Self::NewRound(_) => "new_round",
            Self::Reassigned { .. } => "reassigned",
            Self::TakenAway(_) => "taken_away",
            Self::TakenBack => "taken_back",
            Self::Retitled(_) => "retitled",
            Self::DatasetKnown(_) => "dataset_known",
            Self::Started(StartDay { origin: Origin::Given, .. }) => "start_given",
            Self::Started(_) => "start_seen",
            Self::Vanished => "vanished",
            Self::Returned => "returned",
        }
    }
}

/// One change of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    /// Which case.
    pub number: CaseNumber,
    /// What changed.
    pub change: Change,
}

/// Compares a look with what is known. `ours` knows our agencies, and the name of each whatever it is
/// called: nothing for those that are not ours.
///
/// The order is the observation's, so that the history reads as the source did. The same
/// observation again, once its events are recorded, gives nothing.
pub fn compare(
    known: &Known,
    observed: &Observation,
    ours: impl Fn(&str) -> Option<String>,
    today: NaiveDate,
) -> Vec<CaseEvent> {
    let mut events = Vec::new();
    // What several agencies have may stand in several rows: ours is the one that counts.
    let is_ours = |seen: &&SeenCase| ours_among(&seen.agency, &ours, None).is_some();
    let as_ours: BTreeSet<&CaseNumber> =
        observed.seen.iter().filter(is_ours).map(|seen| &seen.number).collect();
    let mut met = BTreeSet::new();
    let rows = observed.seen.iter().filter(|seen| is_ours(seen) || !as_ours.contains(&seen.number));
    for seen in rows.filter(|seen| met.insert(seen.number.clone())) {
        let before = known.cases.get(&seen.number).and_then(|case| ours(&case.agency));
        let agency = ours_among(&seen.agency, &ours, before.as_deref());
        // Kept by the name that the directory gives it, whatever it is called here.
        let renamed = agency.as_ref().filter(|name| **name != seen.agency);
        let renamed = renamed.map(|name| SeenCase { agency: name.clone(), ..seen.clone() });
        let seen = renamed.as_ref().unwrap_or(seen);
        let changes = match known.cases.get(&seen.number) {
            Some(case) => {
                // The same agency by another of its names has not changed.
                let is_same = agency.is_some() && before == agency;
                let whose = Whose { ours: agency.is_some(), was_ours: before.is_some(), is_same };
                changes_of((known, case), seen, whose, today)
            }
            None => first_sight(known, seen, agency.is_some(), today).into_iter().collect(),
        };
        let number = &seen.number;
        events.extend(changes.into_iter().map(|c| CaseEvent { number: number.clone(), change: c }));
    }
    let still_shown = |number: &&CaseNumber| {
        let case = known.cases.get(number);
        case.is_some_and(|case| case.vanished_at.is_none() && !met.contains(number))
    };
    let gone = observed.missing.iter().filter(still_shown);
    events.extend(gone.map(|n| CaseEvent { number: n.clone(), change: Change::Vanished }));
    events
}

/// Which of our agencies has a case, by what is said of it: where several are named, the one that had it `before`,
/// or the first of ours.
fn ours_among(
    said: &str,
    ours: impl Fn(&str) -> Option<String>,
    before: Option<&str>,
) -> Option<String> {
    ours(said).or_else(|| {
        let named: Vec<String> = agencies_in(said).filter_map(ours).collect();
        let same = named.iter().find(|name| Some(name.as_str()) == before);
        same.or(named.first()).cloned()
    })
}

fn first_sight(known: &Known, seen: &SeenCase, ours: bool, today: NaiveDate) -> Option<Change> {
    match seen.assignment {
        Assignment::Awaited => {
            let news = !known.awaiting.contains(&seen.number) && (ours || seen.agency.is_empty());
            news.then_some(Change::AwaitingAssignment)
        }
        Assignment::Made(_) if !ours => None,
        Assignment::Made(given) => {
            let start = start_day(known, seen, given, today);
            Some(Change::New(Box::new(seen.clone()), start))
        }
    }
}

/// Day zero by the order of preference: given, observed, posted (see [`Origin`]).
fn start_day(
    known: &Known,
    seen: &SeenCase,
    given: Option<NaiveDate>,
    today: NaiveDate,
) -> StartDay {
    let observed = StartDay { on: today, origin: Origin::Observed };
    if let Some(on) = given {
        StartDay { on, origin: Origin::Given }
    } else if known.awaiting.contains(&seen.number) || seen.reply == ReplyStatus::AskedAgain {
        observed
    } else {
        let posted = seen.posted_at.map(|at| StartDay { on: at.date(), origin: Origin::Posted });
        posted.unwrap_or(observed)
    }
}

/// Whose a known case is by what is shown of it.
#[derive(Clone, Copy)]
struct Whose {
    /// An agency of ours has it.
    ours: bool,
    /// One had it.
    was_ours: bool,
    /// It is the one that had it.
    is_same: bool,
}

fn changes_of(
    (known, case): (&Known, &Case),
    seen: &SeenCase,
    whose: Whose,
    today: NaiveDate,
) -> Vec<Change> {
    if case.handling.imported && !case.state.is_open() {
        // History stays as it was brought in; only what is asked anew is news.
        let asked_again = seen.reply == ReplyStatus::AskedAgain;
        let is_news = asked_again && case.state != CaseState::Withdrawn;
        return if is_news { reply::changes(case, seen, today) } else { Vec::new() };
    }
    let mut changes = Vec::new();
    if case.vanished_at.is_some() {
        changes.push(Change::Returned);
    }
    // What was erased here is not taken up again because the platform still shows it.
    let opens = || {
        let changes = reply::changes(case, seen, today);
        changes.iter().any(|c| matches!(c, Change::NewRound(_) | Change::ReplyWithdrawn))
    };
    let stays_erased = case.title == ERASED && !case.state.is_open() && !opens();
    if case.title != seen.title && !stays_erased {
        changes.push(Change::Retitled(seen.title.clone()));
    }
    let before = case.dataset.as_ref().map(|dataset| dataset.nid);
    if let Some(dataset) = seen.dataset.as_ref().filter(|dataset| before != Some(dataset.nid)) {
        changes.push(Change::DatasetKnown(dataset.clone()));
    }
    changes.extend(hands_of((known, case), seen, whose, today));
    changes
}

/// What is shown of who has a case, since when, and of its answer.
fn hands_of(
    (known, case): (&Known, &Case),
    seen: &SeenCase,
    whose: Whose,
    today: NaiveDate,
) -> Vec<Change> {
    let is_awaited = known.awaiting.contains(&case.number);
    if seen.assignment == Assignment::Awaited
        && let Some(awaits) = awaiting_again(case, seen, whose)
    {
        let is_known = awaits == [Change::AwaitingAssignment] && is_awaited;
        return if is_known { Vec::new() } else { awaits };
    }
    let mut changes = Vec::new();
    let is_made = matches!(seen.assignment, Assignment::Made(_));
    let comes_back = is_made && is_awaited && whose.ours && case.state == CaseState::Withdrawn;
    let is_another = !whose.is_same && case.agency != seen.agency && !seen.agency.is_empty();
    let is_moved = is_another || comes_back;
    if is_moved && !whose.ours {
        changes.push(Change::TakenAway(seen.agency.clone()));
        // What becomes of it from here on is another's.
        return changes;
    }
    if is_moved {
        changes.push(Change::reassigned(&seen.agency));
    }
    // As it stands once it came back.
    let mut back = case.clone();
    if is_moved && case.state == CaseState::Withdrawn {
        back.state = state_given_back(case);
    }
    if let Assignment::Made(given) = seen.assignment
        && comes_back
    {
        // A day that is given is that of the first round.
        let start = start_day(known, seen, given.filter(|_| case.round == 1), today);
        back.start = start;
        changes.push(Change::Started(start));
    } else if let Assignment::Made(Some(on)) = seen.assignment
        && case.start.on != on
        && case.round == 1
        && !matches!(case.start.origin, Origin::Given | Origin::ByHand)
    {
        changes.push(Change::Started(StartDay { on, origin: Origin::Given }));
    }
    if is_moved || whose.is_same || case.state != CaseState::Withdrawn {
        changes.extend(reply::changes(&back, seen, today));
    }
    changes
}

/// What it means that nobody has a case yet, by what is shown; `None` where that says nothing of it: a person brought
/// it in, which the platform was never seen to have given to anybody, or it was answered.
fn awaiting_again(case: &Case, seen: &SeenCase, whose: Whose) -> Option<Vec<Change>> {
    let is_by_hand = case.start.origin == Origin::ByHand;
    let is_answered = matches!(seen.reply, ReplyStatus::Answered(_));
    match case.state {
        _ if is_by_hand || is_answered => None,
        state if state.is_open() => Some(vec![Change::TakenBack, Change::AwaitingAssignment]),
        CaseState::Withdrawn if !whose.was_ours => Some(vec![Change::AwaitingAssignment]),
        _ => None,
    }
}

/// The state in which a case comes back that was taken away.
fn state_given_back(case: &Case) -> CaseState {
    if case.replied_at.is_some() { CaseState::Replied } else { CaseState::Open }
}

/// The day in Taipei of an instant.
pub fn day_in_taipei(at: DateTime<Utc>) -> NaiveDate {
    let ahead = at.naive_utc().checked_add_signed(chrono::TimeDelta::hours(8));
    ahead.unwrap_or(NaiveDateTime::MAX).date()
}

/// The instant at which `day` begins in Taipei.
pub fn beginning_of(day: NaiveDate) -> DateTime<Utc> {
    taipei_to_utc(day.and_time(chrono::NaiveTime::MIN))
}

/// Taipei is eight hours ahead of UTC, all year.
fn taipei_to_utc(at: NaiveDateTime) -> DateTime<Utc> {
    (at - chrono::TimeDelta::hours(8)).and_utc()
}

#[cfg(test)]
mod tests;
