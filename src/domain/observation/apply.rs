//! What a change makes of a case.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::case::{Case, CaseState, Origin, StartDay};
use super::super::handling::{Handling, HoldEnd};
use super::{Change, ReplyStatus, SeenCase, day_in_taipei, reply, state_given_back};

/// Who ends a hold when a source shows that there is nothing more to wait for.
const SOURCE: &str = "platform";

/// A history entry's account of a change: what was before, and what is after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The value before; empty if there was none.
    pub before: String,
    /// The value after.
    pub after: String,
}

impl Account {
    fn new(before: impl Into<String>, after: impl Into<String>) -> Self {
        Self { before: before.into(), after: after.into() }
    }
}

/// The case that [`Change::New`] begins.
pub fn begin(seen: &SeenCase, start: StartDay, now: DateTime<Utc>) -> Case {
    let asked_again = seen.reply == ReplyStatus::AskedAgain;
    let answered = matches!(seen.reply, ReplyStatus::Answered(_));
    let posted_on = seen.posted_at.map(|at| at.date());
    let mut case = Case {
        number: seen.number.clone(),
        kind: seen.kind,
        title: seen.title.clone(),
        agency: seen.agency.clone(),
        dataset: seen.dataset.clone(),
        url: seen.url.clone(),
        posted_at: seen.posted_at,
        // Of a round before this one nobody saw when it began.
        assigned_on: posted_on
            .filter(|_| asked_again && start.origin == Origin::Observed)
            .unwrap_or(start.on),
        start,
        round: if asked_again { 2 } else { 1 },
        state: if answered { CaseState::Replied } else { CaseState::Open },
        replied_at: None,
        first_seen_at: now,
        vanished_at: None,
        handling: Handling::default(),
    };
    if let ReplyStatus::Answered(Some(at)) = seen.reply
        && reply::may_answer(&case, at)
    {
        reply::enter(&mut case, Some(at), (now, now));
    }
    case
}

/// Applies a change to a known case and says what it changed. `now` is when it was noticed.
///
/// [`Change::New`] and [`Change::AwaitingAssignment`] change no known case.
pub fn apply(case: &mut Case, change: &Change, now: DateTime<Utc>) -> Account {
    let before = case.state.as_str();
    match change {
        Change::New(..) | Change::AwaitingAssignment => Account::default(),
        Change::Replied(at) => {
            let at = reply::enter(case, *at, (now, now));
            end_hold(case, day_in_taipei(at), now);
            case.state = CaseState::Replied;
            Account::new(before, case.state.as_str())
        }
        Change::ReplyConfirmed(at) => {
            // The public record's time, where it gives one, is the time of the answer.
            let reported = case.replied_at.unwrap_or(now);
            let shown = reply::enter(case, *at, (reported, now));
            case.handling.reply_unconfirmed = false;
            let words = |at: DateTime<Utc>| day_in_taipei(at).to_string();
            Account::new(words(reported), words(shown))
        }
        Change::ReplyWithdrawn => {
            case.state = CaseState::Open;
            case.replied_at = None;
            Account::new(before, case.state.as_str())
        }
        Change::NewRound(start) => begin_round(case, *start, now),
        Change::Reassigned { to: agency, keeps_unit } => {
            if case.state == CaseState::Withdrawn {
                case.state = state_given_back(case);
            }
            if !keeps_unit {
                case.change_hands();
            }
            // News of who has it counts after what a person had decided.
            case.handling.unit = None;
            Account::new(std::mem::replace(&mut case.agency, agency.clone()), agency)
        }
        Change::TakenAway(agency) => withdraw(case, agency, now),
        Change::TakenBack => {
            let account = withdraw(case, "", now);
            // Whoever has it next has its time anew.
            case.handling = Handling::default();
            account
        }
        Change::Retitled(title) => {
            Account::new(std::mem::replace(&mut case.title, title.clone()), title)
        }
        Change::DatasetKnown(dataset) => {
            let before = case.dataset.replace(dataset.clone());
            let before = before.map(|dataset| dataset.nid.to_string());
            Account::new(before.unwrap_or_default(), dataset.nid.to_string())
        }
        Change::Started(start) => restart(case, *start),
        Change::Vanished => show(case, Some(now)),
        Change::Returned => show(case, None),
    }
}

/// It is no longer ours, but of `agency`, if any.
fn withdraw(case: &mut Case, agency: &str, now: DateTime<Utc>) -> Account {
    end_hold(case, day_in_taipei(now), now);
    case.handling.unit = None;
    case.state = CaseState::Withdrawn;
    Account::new(std::mem::replace(&mut case.agency, agency.to_owned()), agency)
}

fn restart(case: &mut Case, start: StartDay) -> Account {
    let account = Account::new(case.start.on.to_string(), start.on.to_string());
    case.start = start;
    if case.round == 1 {
        case.assigned_on = start.on;
    }
    account
}

fn begin_round(case: &mut Case, start: StartDay, now: DateTime<Utc>) -> Account {
    let account = Account::new(case.round.to_string(), (case.round + 1).to_string());
    case.round += 1;
    case.start = start;
    case.state = CaseState::Open;
    case.replied_at = None;
    case.first_seen_at = now;
    case.handling = case.handling.next_round();
    account
}

fn show(case: &mut Case, vanished_at: Option<DateTime<Utc>>) -> Account {
    case.vanished_at = vanished_at;
    match vanished_at {
        Some(_) => Account::new("shown", "vanished"),
        None => Account::new("vanished", "shown"),
    }
}

fn end_hold(case: &mut Case, on: NaiveDate, now: DateTime<Utc>) {
    case.handling.end_hold(HoldEnd { on, by: SOURCE.to_owned(), at: now });
}
