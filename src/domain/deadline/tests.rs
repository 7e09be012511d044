use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::config::calendar::CalendarFiles;
use crate::domain::act::CaseByHand;
use crate::domain::calendar::ClosurePolicy;
use crate::domain::case::CaseNumber;
use crate::domain::handling::{Extension, ExtensionState, HoldEnd};

/// The calendar that every build carries.
fn calendar() -> Arc<WorkCalendar> {
    static BUILT: std::sync::OnceLock<Arc<WorkCalendar>> = std::sync::OnceLock::new();
    let build = || {
        let files = CalendarFiles::compiled_in(ClosurePolicy::default());
        let calendars = files.calendars(std::path::Path::new("calendar")).unwrap();
        Arc::new(calendars.national().clone())
    };
    Arc::clone(BUILT.get_or_init(build))
}

fn case(start: NaiveDate) -> Case {
    CaseByHand {
        number: CaseNumber::of_comment(1),
        kind: CaseKind::Comment,
        title: String::new(),
        agency: String::new(),
        unit: None,
        dataset: None,
        assigned_on: start,
        due_on: None,
        url: String::new(),
    }
    .begin(DateTime::<Utc>::default())
}

fn extension(workdays: u32) -> Extension {
    Extension {
        workdays,
        reason: String::new(),
        asked_by: String::new(),
        asked_at: DateTime::default(),
        state: ExtensionState::Confirmed,
        decided_by: None,
        decided_at: None,
    }
}

fn hold(from: NaiveDate, until: Option<NaiveDate>) -> Hold {
    let end = |on| HoldEnd { on, by: String::new(), at: DateTime::default() };
    Hold {
        from,
        reason: String::new(),
        by: String::new(),
        at: DateTime::default(),
        was_acknowledged: false,
        end: until.map(end),
    }
}

/// Counts day by day, as a person with a calendar on the wall does.
fn count_by_hand(start: NaiveDate, workdays: u32, holds: &[Hold]) -> NaiveDate {
    let calendar = calendar();
    let stands_still = |day: NaiveDate| {
        holds
            .iter()
            .any(|hold| hold.from < day && hold.end.as_ref().is_some_and(|end| day <= end.on))
    };
    let counts = |day: &NaiveDate| calendar.is_workday(*day) && !stands_still(*day);
    let mut days = start.iter_days().skip(1).filter(counts);
    days.nth(workdays as usize - 1).unwrap()
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap()
}

prop_compose! {
    /// A start day, and holds that follow one another, some of them beyond the due day.
    fn holds()(start in 0_i64..900, steps in prop::collection::vec((0_i64..25, 0_i64..30), 0..4))
        -> (NaiveDate, Vec<Hold>) {
        let start = first_day() + chrono::TimeDelta::days(start);
        let mut at = start;
        let mut holds = Vec::new();
        for (gap, length) in steps {
            let from = at + chrono::TimeDelta::days(gap);
            at = from + chrono::TimeDelta::days(length);
            holds.push(hold(from, Some(at)));
        }
        (start, holds)
    }
}

#[test]
fn a_case_is_overdue_on_the_days_off_that_follow_its_due_day() {
    let case = case("2026-11-09".parse().unwrap());
    let left = |case: &Case, today: &str| {
        let today = today.parse().unwrap();
        let deadline = DeadlineRule::default().deadline(case, 14, &calendar(), today).unwrap();
        assert_eq!(deadline.due_on.to_string(), "2026-11-27");
        let left = deadline.workdays_left(&calendar(), today).unwrap();
        assert_eq!(deadline.is_over(today), left < 0);
        left
    };
    let days = ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01"];
    assert_eq!(days.map(|today| left(&case, today)), [1, 0, -1, -1, -1, -2]);
    // While the clock stands still on its last day nothing is over.
    let mut held = case.clone();
    held.handling.holds = vec![hold("2026-11-27".parse().unwrap(), None)];
    assert_eq!(days[1..].iter().map(|today| left(&held, today)).collect::<Vec<_>>(), [0; 5]);
}

proptest! {
    #[test]
    fn the_due_day_is_the_one_a_person_counts((start, holds) in holds(), workdays in 0_u32..15) {
        let mut case = case(start);
        case.handling.holds.clone_from(&holds);
        if workdays > 0 {
            case.handling.extensions.push(extension(workdays));
        }
        let deadline = DeadlineRule::default().deadline(&case, 14, &calendar(), start).unwrap();
        prop_assert_eq!(deadline.due_on, count_by_hand(start, 14 + workdays, &holds));
        prop_assert_eq!(deadline.original_due_on, count_by_hand(start, 14, &[]));
        let account = deadline.account(&calendar()).unwrap();
        let last = account.last().unwrap();
        prop_assert_eq!((last.day.date, last.count), (deadline.due_on, Some(14 + workdays)));
        let left = deadline.workdays_left(&calendar(), start).unwrap();
        prop_assert_eq!(left, i64::from(14 + workdays));
        prop_assert_eq!(deadline.workdays_taken(&calendar(), deadline.due_on).unwrap(), left);
    }

    #[test]
    fn an_extension_never_makes_a_deadline_earlier((start, holds) in holds(), workdays in 1_u32..15) {
        let mut case = case(start);
        case.handling.holds = holds;
        let rule = DeadlineRule::default();
        let before = rule.deadline(&case, 14, &calendar(), start).unwrap().due_on;
        case.handling.extensions.push(extension(workdays));
        let after = rule.deadline(&case, 14, &calendar(), start).unwrap().due_on;
        prop_assert!(before < after, "{before} {after}");
    }

    #[test]
    fn a_hold_keeps_the_days_that_are_left(
        start in 0_i64..900,
        from in 0_i64..20,
        length in 0_i64..60,
        looked in 0_i64..60,
    ) {
        let rule = DeadlineRule { longest_hold_workdays: 250, ..DeadlineRule::default() };
        let days = chrono::TimeDelta::days;
        let start = first_day() + days(start);
        let (from, until) = (start + days(from), start + days(from + length));
        let mut case = case(start);
        let left = |case: &Case, today: NaiveDate| {
            let deadline = rule.deadline(case, 14, &calendar(), today).unwrap();
            deadline.workdays_left(&calendar(), today).unwrap()
        };
        let before = left(&case, from);
        case.handling.holds.push(hold(from, None));
        prop_assert_eq!(left(&case, (from + days(looked)).min(until)), before, "while it lasts");
        case.handling.holds = vec![hold(from, Some(until))];
        prop_assert_eq!(left(&case, until), before, "when it goes on");
    }
}

#[test]
fn the_second_round_has_its_own_limit() {
    let mut case = case("2026-03-02".parse().unwrap());
    case.round = 2;
    let rule = DeadlineRule { second_round_workdays: 5, ..DeadlineRule::default() };
    let limit = rule.workdays(case.kind, case.round);
    let deadline = rule.deadline(&case, limit, &calendar(), case.start.on).unwrap();
    assert_eq!((deadline.workdays, deadline.due_on.to_string()), (5, "2026-03-09".to_owned()));
}

#[test]
fn the_account_names_held_days_and_counts_on() {
    let day = |text: &str| text.parse().unwrap();
    let mut case = case(day("2026-03-02"));
    case.handling.holds.push(hold(day("2026-03-03"), Some(day("2026-03-05"))));
    let deadline =
        DeadlineRule::default().deadline(&case, 14, &calendar(), day("2026-03-09")).unwrap();
    let account = deadline.account(&calendar()).unwrap();
    let seen: Vec<_> = account.iter().take(5).map(|day| (day.count, day.held)).collect();
    let (counted, held) = (|n| (Some(n), false), (None, true));
    assert_eq!(seen, [counted(1), held, held, counted(2), (None, false)]);
    assert_eq!(deadline.workdays_held(&calendar()).unwrap(), 2);
    assert!(!deadline.provisional);
}
