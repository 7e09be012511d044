//! What becomes of a case that is there: it follows what its subject asks for now, or its subject is
//! over.

use chrono::Datelike;

use super::super::act::{Entry, Moment, Performed};
use super::super::calendar::CalendarError;
use super::super::case::{Case, CaseState};
use super::super::checklist::{Item, Tick, is_missing};
use super::super::handling::HoldEnd;
use super::super::kind::{Kind, Opener};
use super::super::observation::Account;
use super::super::reminder::Rules;
use super::openers::{name_of, owner_of};
use super::{Deed, KnownDataset, Standing, Subject, Wanted};

/// Who does what happens by itself.
const BY_ITSELF: &str = "jicui";

fn entry(event: &'static str, (before, after): (&str, &str), reason: &str) -> Entry {
    let account = Account { before: before.to_owned(), after: after.to_owned() };
    Entry { event, account, reason: reason.to_owned() }
}

fn enter(case: &mut Case, state: CaseState, event: &'static str, reason: &str) -> Entry {
    let before = std::mem::replace(&mut case.state, state);
    entry(event, (before.as_str(), state.as_str()), reason)
}

/// Ends a case by itself; the entry says so by the word of its new state.
fn conclude(case: &mut Case, state: CaseState, reason: &str, moment: Moment) -> Entry {
    end_hold(case, moment);
    if state == CaseState::Replied {
        case.replied_at = Some(moment.now);
    }
    enter(case, state, state.as_str(), reason)
}

fn end_hold(case: &mut Case, moment: Moment) {
    let end = HoldEnd { on: moment.today, by: BY_ITSELF.to_owned(), at: moment.now };
    case.handling.end_hold(end);
}

/// Brings a case up to what its subject asks for now; `None` if it is so already.
pub(super) fn follow(
    case: &Case,
    wanted: &Wanted,
    (rules, moment): (&Rules, Moment),
) -> Option<Deed> {
    let (mut case, mut entries) = (case.clone(), Vec::new());
    if !case.state.is_open() && case.state != CaseState::Replied {
        return None;
    }
    entries.extend(follow_items(&mut case, &wanted.opening.items, moment));
    entries.extend(follow_goal(&mut case, wanted));
    let has_own = case.handling.checklist.iter().any(|item| item.name.is_some());
    let is_met = match &case.handling.goal {
        Some(goal) => goal.is_reached(),
        None => wanted.is_met || has_own && !is_missing(&rules.checklist(&case)),
    };
    let moves_by_itself = has_own || case.handling.goal.is_some();
    if is_met && case.state.is_open() {
        entries.push(conclude(&mut case, CaseState::Replied, "", moment));
    } else if !is_met && case.state == CaseState::Replied && moves_by_itself {
        case.replied_at = None;
        entries.push(enter(&mut case, CaseState::Open, "reopened", ""));
    }
    let performed = Performed { case, entries, follow_up: None };
    (!performed.entries.is_empty())
        .then(|| Deed::Settle { ended: None, performed: Box::new(performed) })
}

/// What the case alone has on its checklist: what is asked for no more is done, and what is asked
/// for again is not.
fn follow_items(case: &mut Case, asked: &[(String, String)], moment: Moment) -> Option<Entry> {
    let missing = |case: &Case| {
        case.handling
            .checklist
            .iter()
            .filter(|item| item.name.is_some() && item.tick.is_none())
            .count()
    };
    let (before, known) = (missing(case), case.handling.checklist.clone());
    let done = || Tick {
        on: moment.today,
        document: String::new(),
        by: BY_ITSELF.to_owned(),
        at: moment.now,
    };
    for item in case.handling.checklist.iter_mut().filter(|item| item.name.is_some()) {
        match asked.iter().find(|(word, _)| *word == item.word) {
            Some((_, name)) => {
                item.name = Some(name.clone());
                item.tick = item.tick.take().filter(|tick| tick.by != BY_ITSELF);
            }
            None if item.tick.is_none() => item.tick = Some(done()),
            None => {}
        }
    }
    for (word, name) in asked {
        if case.handling.checklist.iter().all(|item| item.word != *word) {
            let (word, name) = (word.clone(), Some(name.clone()));
            case.handling.checklist.push(Item { word, name, tick: None });
        }
    }
    let after = missing(case);
    (case.handling.checklist != known)
        .then(|| entry("checklist_moved", (&before.to_string(), &after.to_string()), "missing"))
}

/// The goal of the config, and the value that was measured; one that a person gave is left alone
/// where nothing is measured.
fn follow_goal(case: &mut Case, wanted: &Wanted) -> Option<Entry> {
    let is_by_hand = wanted.is_measured_by_hand;
    let wanted = wanted.opening.goal.as_ref()?;
    let goal = case.handling.goal.get_or_insert_with(|| wanted.clone());
    let before = goal.words();
    goal.number = wanted.number;
    if wanted.value.is_some() && goal.value != wanted.value {
        *goal = wanted.clone();
    }
    let after = goal.words();
    // What was counted by the list is a person's to say from now on.
    let is_handed_over = is_by_hand && goal.measured_by.is_none() && goal.measured_on.is_some();
    if is_handed_over {
        goal.measured_on = None;
    }
    let why = if is_handed_over { "改由人工登錄" } else { "" };
    (before != after || is_handed_over).then(|| entry("measured", (&before, &after), why))
}

/// What becomes of a case whose subject asks for nothing any more. That it is done is said only where what
/// is known shows so: of what is lost from view (a field that is no longer shown, an agency that
/// is no longer in the directory) nothing follows.
pub(super) fn lapse(
    (duty, rules): (&Kind, &Rules),
    case: &Case,
    (subject, standing): (&Subject, &Standing),
    moment: Moment,
) -> Result<Option<Deed>, CalendarError> {
    let (mut case, mut entries) = (case.clone(), Vec::new());
    let nid = case.dataset.as_ref().map(|dataset| dataset.nid);
    let known = standing.datasets.iter().find(|known| Some(known.dataset.nid) == nid);
    let is_listed = known.is_some_and(|known| known.listed);
    let is_open = case.state.is_open();
    // That a dataset is listed again is shown, whoever its agency is by now.
    if is_open && !rules.is_ours(&case) && duty.opened_by != Opener::DatasetGone {
        return Ok(None);
    }
    match duty.opened_by {
        // A person ends it, or moves it; the next day opens another one.
        Opener::Hand | Opener::Dates => return Ok(None),
        Opener::DatasetGone if !is_listed => return Ok(None),
        Opener::DatasetGone => {
            let back = "資料集已重新上架";
            if is_open && !subject.joined {
                entries.push(conclude(&mut case, CaseState::Withdrawn, back, moment));
            }
            entries.push(entry("returned", ("", ""), back));
        }
        Opener::DatasetStale if is_open && !is_listed => {
            entries.push(conclude(&mut case, CaseState::Withdrawn, "資料集已下架", moment));
        }
        Opener::DatasetStale if is_open && !known.is_some_and(shows_age) => return Ok(None),
        Opener::DatasetStale if is_open => {
            entries.push(conclude(&mut case, CaseState::Replied, "", moment));
        }
        Opener::BadgeLow if is_open && !is_over(&case, rules, moment)? => {
            match badges_of(&case, (duty, rules), (subject, standing), moment) {
                Badges::Open => return Ok(None),
                Badges::OfAnother => {
                    let moved = "資料集已改由其他單位辦理";
                    entries.push(conclude(&mut case, CaseState::Withdrawn, moved, moment));
                }
                Badges::Good => {
                    entries.extend(follow_items(&mut case, &[], moment));
                    entries.push(conclude(&mut case, CaseState::Replied, "", moment));
                }
            }
        }
        // A year's last due day may be the next year's first workday.
        Opener::TargetShort
            if is_open && is_past(subject, moment) && !is_over(&case, rules, moment)? =>
        {
            return Ok(None);
        }
        Opener::TargetShort if is_open && !is_past(subject, moment) => {
            let gone = "目標已自設定移除";
            entries.push(conclude(&mut case, CaseState::Withdrawn, gone, moment));
        }
        Opener::TargetShort | Opener::BadgeLow if is_open => {
            entries.push(conclude(&mut case, CaseState::Closed, "", moment));
        }
        Opener::DatasetStale | Opener::TargetShort | Opener::BadgeLow => {}
    }
    let performed = Performed { case, entries, follow_up: None };
    let ended = Some(subject.word.clone());
    Ok(Some(Deed::Settle { ended, performed: Box::new(performed) }))
}

/// Whether the platform shows when a dataset was updated, and how often it should be.
fn shows_age(known: &KnownDataset) -> bool {
    known.about.frequency.is_some() && known.about.updated_on.is_some()
}

/// How the datasets on a case's list stand, of whichever unit they are now.
enum Badges {
    /// All that are listed have a badge that is good enough.
    Good,
    /// Those that have none are another unit's.
    OfAnother,
    /// One of its own has none, or of one it is not shown.
    Open,
}

fn badges_of(
    case: &Case,
    (duty, rules): (&Kind, &Rules),
    (subject, standing): (&Subject, &Standing),
    moment: Moment,
) -> Badges {
    let asked = case.handling.checklist.iter();
    let mut badges = Badges::Good;
    for item in asked.filter(|item| item.name.is_some() && item.tick.is_none()) {
        let known = standing.datasets.iter().find(|d| d.dataset.nid.to_string() == item.word);
        let Some(known) = known else { return Badges::Open };
        let badge = known.about.badge.as_ref();
        if !known.listed || badge.is_some_and(|badge| duty.terms.good_badges.contains(badge)) {
            continue;
        }
        let owner = owner_of(known, (duty, rules), moment);
        if badge.is_none() || subject.word.ends_with(&format!(" {}", name_of(&owner))) {
            return Badges::Open;
        }
        badges = Badges::OfAnother;
    }
    badges
}

/// Whether the year that a target is of is over; else it was taken out of the configuration.
fn is_past(subject: &Subject, moment: Moment) -> bool {
    let year = subject.word.split(' ').next().and_then(|year| year.parse::<i32>().ok());
    year.is_some_and(|year| year < moment.today.year())
}

/// Whether the due day of `case` is gone.
fn is_over(case: &Case, rules: &Rules, moment: Moment) -> Result<bool, CalendarError> {
    Ok(rules.deadline(case, moment.today)?.is_over(moment.today))
}
