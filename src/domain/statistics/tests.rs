//! Periods by table, figures by law.

use std::sync::LazyLock;

use chrono::Days;
use proptest::prelude::*;

use super::figures::Answers;
use super::*;
use crate::domain::case::{Case, CaseNumber, CaseState, Origin, StartDay};
use crate::domain::handling::{Extension, ExtensionState, Handling, Hold, HoldEnd};
use crate::domain::reminder::Rules;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period::new(day(from), day(to)).unwrap()
}

#[track_caller]
fn check(of: (&str, &str), before: (&str, &str), year_earlier: (&str, &str)) {
    let of = period(of.0, of.1);
    assert_eq!(of.before(), period(before.0, before.1));
    assert_eq!(of.year_earlier(), period(year_earlier.0, year_earlier.1));
}

#[test]
fn whole_months_are_compared_with_whole_months() {
    check(("2024-11-01", "2025-05-31"), ("2024-04-01", "2024-10-31"), ("2023-11-01", "2024-05-31"));
    check(("2025-03-01", "2025-03-31"), ("2025-02-01", "2025-02-28"), ("2024-03-01", "2024-03-31"));
    check(("2025-02-01", "2025-02-28"), ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29"));
}

#[test]
fn days_are_compared_with_as_many_days() {
    check(("2025-03-10", "2025-03-16"), ("2025-03-03", "2025-03-09"), ("2024-03-10", "2024-03-16"));
    check(("2024-02-29", "2024-02-29"), ("2024-02-28", "2024-02-28"), ("2023-02-28", "2023-02-28"));
}

#[test]
fn a_period_begins_before_it_ends() {
    let backwards = Period::new(day("2025-05-31"), day("2024-11-01"));
    assert!(matches!(backwards, Err(NotAPeriod::EndsBeforeItStarts { .. })));
    let long = Period::new(day("1960-01-01"), day("2025-01-01"));
    assert!(matches!(long, Err(NotAPeriod::TooLong { .. })));
    let never = [(NaiveDate::MIN, NaiveDate::MIN), (NaiveDate::MAX, NaiveDate::MAX)];
    for (from, to) in never {
        assert!(matches!(Period::new(from, to), Err(NotAPeriod::TooLong { .. })));
    }
    for on in ["1000-01-01", "2025-01-01", "9999-12-31"] {
        let period = Period::new(day(on), day(on)).unwrap();
        assert_eq!(period.months().len(), 1);
        assert!(period.before() < period && period.year_earlier() < period);
    }
}

#[test]
fn the_last_period_that_ended_is_known_on_every_day() {
    let ended = |beginnings: &[u32], today| last_ended(beginnings, day(today)).unwrap();
    let months: Vec<u32> = (1..=12).collect();
    assert_eq!(ended(&months, "2026-03-01"), period("2026-02-01", "2026-02-28"));
    assert_eq!(ended(&months, "2026-03-31"), period("2026-02-01", "2026-02-28"));
    assert_eq!(ended(&[1, 7], "2026-06-30"), period("2025-07-01", "2025-12-31"));
    assert_eq!(ended(&[1, 7], "2026-07-01"), period("2026-01-01", "2026-06-30"));
    // The minutes' own: from November to May, from June to October.
    assert_eq!(ended(&[6, 11], "2025-06-25"), period("2024-11-01", "2025-05-31"));
    assert_eq!(ended(&[4], "2026-04-01"), period("2025-04-01", "2026-03-31"));
    assert_eq!(last_ended(&[], day("2026-04-01")), None);
}

/// The sample ministry.
fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, "").unwrap();
        std::fs::write(dir.path().join("units.toml"), crate::config::SAMPLE_UNITS).unwrap();
        let environment = crate::config::secrets::Environment::default();
        crate::config::load(Some(&path), &environment).unwrap().config.rules
    });
    &RULES
}

fn case(number: u64, assigned_on: NaiveDate, state: CaseState) -> Case {
    let kind = if number.is_multiple_of(3) { CaseKind::Request } else { CaseKind::Comment };
    Case {
        number: CaseNumber::of_comment(number),
        kind,
        title: "資料集更新頻率".to_owned(),
        agency: ["勞動部勞工保險局", "勞工保險局", "勞動部", "不在名單之機關"]
            [usize::try_from(number % 4).unwrap()]
        .to_owned(),
        dataset: None,
        url: String::new(),
        posted_at: None,
        assigned_on,
        start: StartDay { on: assigned_on, origin: Origin::Posted },
        round: 1,
        state,
        replied_at: None,
        first_seen_at: chrono::DateTime::UNIX_EPOCH,
        vanished_at: None,
        handling: Handling::default(),
    }
}

/// A case of 2026-03-02, due on 2026-03-20, as it counts on `as_of`.
fn counted(state: CaseState, answered_on: Option<&str>, as_of: &str) -> CountedCase {
    let case = case(1, day("2026-03-02"), state);
    count(case, (answered_on.map(day), Deeds::default()), rules(), day(as_of))
}

#[test]
fn each_case_ends_in_one_way() {
    let replied = |on| counted(CaseState::Replied, Some(on), "2026-06-01");
    let figures = |case: CountedCase| (case.outcome, case.workdays_taken, case.days_ahead);
    assert_eq!(replied("2026-03-19").due_on, Some(day("2026-03-20")));
    assert_eq!(figures(replied("2026-03-19")), (Outcome::Early, Some(13), Some(1)));
    assert_eq!(figures(replied("2026-03-20")), (Outcome::OnDueDay, Some(14), Some(0)));
    // On the Saturday after: no workday later, and late all the same.
    assert_eq!(figures(replied("2026-03-21")), (Outcome::Late, Some(14), Some(0)));
    assert_eq!(figures(replied("2026-03-24")), (Outcome::Late, Some(16), Some(-2)));
    assert_eq!(figures(replied("2026-03-02")), (Outcome::Early, Some(0), Some(14)));
    let outcome = |state, as_of| counted(state, None, as_of).outcome;
    assert_eq!(outcome(CaseState::Open, "2026-03-20"), Outcome::Open);
    assert_eq!(outcome(CaseState::Acknowledged, "2026-03-21"), Outcome::Overdue);
    assert_eq!(outcome(CaseState::Closed, "2026-03-21"), Outcome::Undated);
    assert_eq!(outcome(CaseState::Withdrawn, "2026-03-21"), Outcome::Withdrawn);
}

#[test]
fn what_became_of_a_question_is_awaited_only_where_somebody_is_asked() {
    let awaited = Deeds { follow_up: FollowUp::Awaited, ..Deeds::default() };
    let count = |state, rules: &Rules| {
        let case = case(1, day("2026-03-02"), state);
        let answered_on = Some(day("2026-03-10"));
        count(case, (answered_on, awaited), rules, day("2026-06-01")).deeds.follow_up
    };
    assert_eq!(count(CaseState::Replied, rules()), FollowUp::Awaited);
    assert_eq!(count(CaseState::Open, rules()), FollowUp::NotAsked, "the answer was taken back");
    let mut silent = rules().clone();
    silent.acts.follow_up_after_workdays = None;
    assert_eq!(count(CaseState::Replied, &silent), FollowUp::NotAsked);
}

#[test]
fn a_case_older_than_every_calendar_is_counted_without_a_deadline() {
    let case = case(1, day("1999-03-02"), CaseState::Replied);
    let answered = (Some(day("1999-03-04")), Deeds::default());
    let counted = count(case, answered, rules(), day("2026-01-01"));
    assert_eq!((counted.due_on, counted.workdays_taken), (None, None));
    assert_eq!(counted.outcome, Outcome::Undated);
}

#[test]
fn months_and_agencies_without_a_case_are_there_with_zeros() {
    let period = period("2024-11-01", "2025-05-31");
    let statistics = tabulate(period, day("2025-06-25"), Vec::new(), &["勞動部".to_owned()]);
    let months: Vec<String> = statistics.months.iter().map(|(m, _)| m.to_string()).collect();
    assert_eq!(months.join(" "), "2024-11 2024-12 2025-01 2025-02 2025-03 2025-04 2025-05");
    assert_eq!(statistics.agencies[0].whole, Figures::default());
    assert_eq!(statistics.kinds.len(), QUESTIONS.len());
    assert_eq!(statistics.whole.in_time_percent(), None);
}

#[test]
fn the_middle_of_an_even_number_lies_between_two() {
    let answered = |on| counted(CaseState::Replied, Some(on), "2026-06-01");
    let cases = ["2026-03-03", "2026-03-04", "2026-03-05", "2026-03-31"].map(answered).to_vec();
    let whole = tabulate(period("2026-03-01", "2026-03-31"), day("2026-06-01"), cases, &[]).whole;
    let number = |numerator, denominator| Tenths::ratio(numerator, denominator).unwrap();
    let expected = Spread { median: number(5, 2), mean: number(27, 4), least: 1, most: 21 };
    assert_eq!(whole.taken, Some(expected));
    let share = whole.in_time_percent();
    assert_eq!((whole.in_time(), whole.decided(), share), (3, 4, Some(number(75, 1))));
}

#[test]
fn an_extension_and_a_hold_put_the_day_off() {
    let at = chrono::DateTime::UNIX_EPOCH;
    let mut extended = case(1, day("2026-03-02"), CaseState::Replied);
    extended.handling.extensions.push(Extension {
        workdays: 5,
        reason: "等候廠商".to_owned(),
        asked_by: "王小明".to_owned(),
        asked_at: at,
        state: ExtensionState::Confirmed,
        decided_by: Some("張組長".to_owned()),
        decided_at: Some(at),
    });
    let mut held = case(2, day("2026-03-02"), CaseState::Replied);
    held.handling.holds.push(Hold {
        from: day("2026-03-04"),
        reason: "請民眾補充".to_owned(),
        by: "王小明".to_owned(),
        at,
        was_acknowledged: false,
        end: Some(HoldEnd { on: day("2026-03-06"), by: "王小明".to_owned(), at }),
    });
    let on = |case, answered_on| {
        let answered = (Some(day(answered_on)), Deeds::default());
        let counted = count(case, answered, rules(), day("2026-06-01"));
        (counted.due_on.unwrap().to_string(), counted.workdays_taken, counted.days_ahead)
    };
    assert_eq!(on(extended, "2026-03-23"), ("2026-03-27".to_owned(), Some(15), Some(4)));
    assert_eq!(on(held, "2026-03-09"), ("2026-03-24".to_owned(), Some(3), Some(11)));
}

fn any_case() -> impl Strategy<Value = CountedCase> {
    let states = proptest::sample::select(CaseState::ALL.to_vec());
    (0u64..100_000, 0u64..900, states, 0u64..60, any::<bool>()).prop_map(
        |(number, offset, state, took, dated)| {
            let mut case = case(number, day("2023-06-01") + Days::new(offset), state);
            case.round = 1 + u32::from(number.is_multiple_of(7));
            let answered = matches!(state, CaseState::Replied | CaseState::Closed) && dated;
            let answered_on = answered.then(|| case.assigned_on + Days::new(took));
            let follow_up = if dated { FollowUp::Awaited } else { FollowUp::NotAsked };
            let extensions = u32::from(took % 3 == 0);
            let deeds =
                Deeds { extensions, holds: u32::from(dated), follow_up, ..Deeds::default() };
            let first = Case { round: 1, state: CaseState::Replied, ..case.clone() };
            let earlier = if case.round > 1 { vec![(first, answered_on)] } else { Vec::new() };
            let as_of = day("2025-06-25");
            count(case, (answered_on, deeds), rules(), as_of).after(earlier, rules(), as_of)
        },
    )
}

#[test]
fn each_round_s_answer_counts_against_its_own_limit() {
    let round = |state, (number, started), answered_on: Option<&str>| {
        let mut case = case(1, day("2026-03-02"), state);
        (case.round, case.start.on) = (number, day(started));
        (case, answered_on.map(day))
    };
    let last = |state, answered_on| {
        let (case, answered_on) = round(state, (3, "2026-05-04"), answered_on);
        let counted = count(case, (answered_on, Deeds::default()), rules(), day("2026-06-01"));
        let late = round(CaseState::Replied, (1, "2026-03-02"), Some("2026-03-24"));
        let early = round(CaseState::Replied, (2, "2026-04-01"), Some("2026-04-10"));
        counted.after(vec![late, early], rules(), day("2026-06-01"))
    };
    let figures = |counted| {
        let period = period("2026-03-01", "2026-03-31");
        let whole = tabulate(period, day("2026-06-01"), vec![counted], &[]).whole;
        (whole.received, whole.second_rounds, whole.answered, whole.answers)
    };
    let answered = last(CaseState::Replied, Some("2026-05-11"));
    assert_eq!(answered.earlier, [(1, Outcome::Late), (2, Outcome::Early)]);
    let answers = |given, in_time, late| Answers { given, in_time, late, undated: 0 };
    assert_eq!(figures(answered), (1, 1, 1, answers(3, 2, 1)));
    assert_eq!(figures(last(CaseState::Open, None)), (1, 1, 0, answers(2, 1, 1)));
}

#[test]
fn of_a_case_whose_first_rounds_are_not_known_the_others_keep_their_numbers() {
    let round = |number| {
        let mut case = case(1, day("2026-03-02"), CaseState::Replied);
        case.round = number;
        case
    };
    let undated = count(round(3), (None, Deeds::default()), rules(), day("2026-06-01")).after(
        vec![(round(2), None)],
        rules(),
        day("2026-06-01"),
    );
    assert_eq!(undated.earlier, [(2, Outcome::Undated)]);
    let period = period("2026-03-01", "2026-03-31");
    let answers = tabulate(period, day("2026-06-01"), vec![undated], &[]).whole.answers;
    assert_eq!(answers, Answers { given: 2, undated: 2, ..Answers::default() });
}

#[test]
fn an_answered_case_that_was_taken_away_took_no_workdays() {
    let taken = counted(CaseState::Withdrawn, Some("2026-03-19"), "2026-06-01");
    assert_eq!((taken.outcome, taken.answered_on), (Outcome::Withdrawn, Some(day("2026-03-19"))));
    assert_eq!((taken.workdays_taken, taken.days_ahead), (None, None));
}

#[test]
fn a_period_may_be_compared_with_another_than_the_one_of_equal_length() {
    let half = period("2024-11-01", "2025-05-31");
    let before = period("2024-06-01", "2024-10-31");
    let cases = ["2024-05-31", "2024-06-01", "2024-10-31", "2024-11-01"].map(|on| {
        let case = case(1, day(on), CaseState::Replied);
        count(case, (Some(day(on)), Deeds::default()), rules(), day("2025-06-25"))
    });
    let compared = Compared { before, ..half.into() };
    let statistics = tabulate(compared, day("2025-06-25"), cases.to_vec(), &[]);
    assert_eq!((statistics.before.0, statistics.before.1.received), (before, 2));
}

/// What can be added up of figures.
fn sums<'a>(all: impl IntoIterator<Item = &'a Figures>) -> [usize; 19] {
    let each = |f: &Figures| {
        [
            f.received,
            f.of_kind(CaseKind::Comment),
            f.of_kind(CaseKind::Request),
            f.answered,
            f.early,
            f.on_due_day,
            f.late,
            f.undated,
            f.open,
            f.overdue,
            f.withdrawn,
            f.second_rounds,
            f.answers.given,
            f.answers.in_time,
            f.answers.late,
            f.extended.cases,
            f.held.cases,
            f.followed_up(FollowUp::Awaited),
            usize::try_from(f.extended.times + f.held.times).unwrap(),
        ]
    };
    all.into_iter().map(each).fold([0; 19], |sum, one| std::array::from_fn(|i| sum[i] + one[i]))
}

proptest! {
    #[test]
    fn every_way_of_cutting_adds_up_to_the_whole(
        cases in proptest::collection::vec(any_case(), 0..60),
        from in 0u64..500,
        length in 0u64..500,
    ) {
        let from = day("2023-08-01") + Days::new(from);
        let period = Period::new(from, from + Days::new(length)).unwrap();
        let names: Vec<String> = vec!["勞動部".to_owned(), "勞動部勞工保險局".to_owned()];
        let statistics = tabulate(period, day("2025-06-25"), cases.clone(), &names);
        let whole = sums([&statistics.whole]);
        prop_assert_eq!(sums(statistics.months.iter().map(|(_, figures)| figures)), whole);
        prop_assert_eq!(sums(statistics.kinds.iter().map(|(_, figures)| figures)), whole);
        prop_assert_eq!(sums(statistics.agencies.iter().map(|agency| &agency.whole)), whole);
        for agency in &statistics.agencies {
            let units = sums(agency.units.iter().map(|(_, figures)| figures));
            prop_assert_eq!(units, sums([&agency.whole]));
        }
        let of = &statistics.whole;
        prop_assert_eq!(of.received, of.answered + of.open + of.withdrawn);
        prop_assert_eq!(of.answered, of.early + of.on_due_day + of.late + of.undated);
        prop_assert_eq!(of.received, statistics.cases.len());
        prop_assert!(of.overdue <= of.open);
        let number = |number: i64| Tenths::ratio(number.into(), 1).unwrap();
        let shares = number(0)..=number(100);
        prop_assert!(of.in_time_percent().is_none_or(|share| shares.contains(&share)));
        let all = of.answers;
        prop_assert_eq!(all.given, all.in_time + all.late + all.undated);
        if let Some(taken) = of.taken {
            let (least, most) = (number(taken.least), number(taken.most));
            prop_assert!((least..=most).contains(&taken.median));
            prop_assert!((least..=most).contains(&taken.mean));
        }
        // The period that follows counts the same cases as the one before it.
        let next_from = period.to() + Days::new(1);
        let next = Period::new(next_from, next_from + Days::new(length)).unwrap();
        if next.before() == period {
            let next = tabulate(next, day("2025-06-25"), cases, &names);
            prop_assert_eq!(&next.before.1, of);
        }
    }

    #[test]
    fn a_period_and_the_one_before_touch(from in 0u64..4000, length in 0u64..800) {
        let from = day("2015-01-01") + Days::new(from);
        let period = Period::new(from, from + Days::new(length)).unwrap();
        let before = period.before();
        prop_assert_eq!(before.to() + Days::new(1), period.from());
        prop_assert!(before.from() <= before.to());
        prop_assert!(period.months().windows(2).all(|pair| pair[0] < pair[1]));
        let months = period.months();
        prop_assert_eq!(months.first().copied(), Some(Month::of(period.from())));
        prop_assert_eq!(months.last().copied(), Some(Month::of(period.to())));
    }
}
