use std::sync::LazyLock;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::config::calendar::compiled_in;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

static PUBLISHED: LazyLock<WorkCalendar> = LazyLock::new(|| compiled_in().national().clone());

fn calendar() -> &'static WorkCalendar {
    &PUBLISHED
}

fn years() -> Vec<Arc<PublishedYear>> {
    calendar().published_years().cloned().collect()
}

fn closed(days: &[(&str, Option<DayPart>)], policy: ClosurePolicy) -> WorkCalendar {
    let closure = |(day, part): &(&str, Option<DayPart>)| Closure {
        date: date(day),
        region: None,
        part: *part,
        reason: "颱風".to_owned(),
        source: "closures.toml:1".into(),
    };
    WorkCalendar::new(years(), days.iter().map(closure), policy)
}

#[test]
fn every_counted_vector_holds() {
    let calendar = calendar();
    let vectors = include_str!("../../../tests/data/calendar/vectors.csv");
    let mut reader = csv::Reader::from_reader(vectors.as_bytes());
    let mut checked = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let counted = calendar.add_workdays(date(&row[0]), row[1].parse().unwrap()).unwrap();
        assert_eq!(counted.on, date(&row[2]), "{row:?}");
        assert!(!counted.provisional, "{row:?}");
        checked += 1;
    }
    assert_eq!(checked, 47);
}

#[test]
fn every_published_year_has_its_official_count() {
    let official = [249, 250, 250, 251, 249, 250, 249, 251, 247, 245, 244].into_iter().zip(2017..);
    let makeup = [3, 2, 3, 3, 2, 1, 6, 1, 1, 0, 0];
    let calendar = calendar();
    for ((workdays, year), makeup_days) in official.zip(makeup) {
        assert_eq!(calendar.workdays_in(year), workdays, "{year}");
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let days = first.iter_days().take_while(|day| day.year() == year);
        let kinds = days.map(|day| calendar.day(day).kind);
        assert_eq!(kinds.filter(|k| *k == DayKind::MakeupWorkday).count(), makeup_days, "{year}");
    }
}

#[track_caller]
fn check_kind(day: &str, kind: DayKind, note: &str) {
    let found = calendar().day(date(day));
    assert_eq!((found.kind, found.note.as_str()), (kind, note), "{day}");
}

#[test]
fn days_are_of_their_kind() {
    check_kind("2026-03-02", DayKind::Workday, "");
    check_kind("2026-03-07", DayKind::Weekend, "");
    check_kind("2026-01-01", DayKind::Holiday, "開國紀念日");
    check_kind("2026-02-28", DayKind::Holiday, "和平紀念日");
    check_kind("2026-02-27", DayKind::SubstituteHoliday, "補假");
    check_kind("2025-02-08", DayKind::MakeupWorkday, "補行上班");
    check_kind("2023-01-27", DayKind::BridgeHoliday, "調整放假");
}

#[test]
fn an_unpublished_year_is_counted_monday_to_friday_and_marked() {
    let counted = calendar().add_workdays(date("2027-12-20"), 14).unwrap();
    assert_eq!((counted.on, counted.provisional), (date("2028-01-11"), true));
    let before = calendar().add_workdays(date("2016-12-31"), 14).unwrap();
    assert!(!before.provisional, "every counted day is in 2017");
    assert!(calendar().add_workdays(date("2016-12-28"), 14).unwrap().provisional);
}

#[test]
fn days_beyond_the_horizon_are_refused() {
    let outside = date("1999-12-31");
    assert_eq!(calendar().add_workdays(outside, 1), Err(CalendarError::OutOfRange(outside)));
    assert!(calendar().add_workdays(date("2059-12-30"), 14).is_err());
    assert!(calendar().add_workdays(date("2059-12-30"), u32::MAX).is_err());
}

#[test]
fn a_closed_day_does_not_count_and_a_half_closed_one_does() {
    let days = [("2026-03-03", None), ("2026-03-04", Some(DayPart::Morning))];
    let calendar = closed(&days, ClosurePolicy::default());
    assert_eq!(calendar.add_workdays(date("2026-03-02"), 3).unwrap().on, date("2026-03-06"));
    assert_eq!(calendar.day(date("2026-03-03")).kind, DayKind::Closure);
    assert!(calendar.is_open(date("2026-03-04")));
    let all_count = ClosurePolicy { closures_count: true, half_closures_count: true };
    let calendar = closed(&days, all_count);
    assert_eq!(calendar.add_workdays(date("2026-03-02"), 3).unwrap().on, date("2026-03-05"));
    assert!(!calendar.is_open(date("2026-03-03")), "counted, but nobody is there");
    let none_counts = ClosurePolicy { closures_count: false, half_closures_count: false };
    let calendar = closed(&days, none_counts);
    assert_eq!(calendar.add_workdays(date("2026-03-02"), 3).unwrap().on, date("2026-03-09"));
}

#[test]
fn two_halves_of_a_day_are_the_whole_wherever_each_was_said() {
    let half = |region: Option<&str>, part| Closure {
        date: date("2026-03-03"),
        region: region.map(ToOwned::to_owned),
        part: Some(part),
        reason: if region.is_some() { "豪雨" } else { "颱風" }.to_owned(),
        source: "closures.toml:1".into(),
    };
    let (morning, afternoon) =
        (half(None, DayPart::Morning), half(Some("臺北市"), DayPart::Afternoon));
    for closures in [vec![morning.clone(), afternoon.clone()], vec![afternoon, morning.clone()]] {
        let calendars = Calendars::new(&years(), closures, ClosurePolicy::default());
        let there = calendars.of(Some("臺北市"));
        assert!(!there.is_workday(date("2026-03-03")));
        let closure = there.day(date("2026-03-03")).closure.unwrap();
        assert_eq!((closure.part, closure.region.as_deref()), (None, Some("臺北市")));
        assert!(closure.reason.contains("颱風") && closure.reason.contains("豪雨"));
        assert!(calendars.national().is_workday(date("2026-03-03")), "only its morning is closed");
    }
    let twice = [morning.clone(), morning];
    let calendar = WorkCalendar::new(years(), twice, ClosurePolicy::default());
    assert!(calendar.is_workday(date("2026-03-03")), "the same half twice is a half");
}

#[test]
fn a_closure_on_a_day_off_changes_nothing() {
    let calendar = closed(&[("2026-02-17", None)], ClosurePolicy::default());
    assert_eq!(calendar.day(date("2026-02-17")).note, "春節");
}

#[test]
fn only_the_seat_s_region_is_closed() {
    let closure = Closure {
        date: date("2026-03-03"),
        region: Some("臺北市".to_owned()),
        part: None,
        reason: "颱風".to_owned(),
        source: "closures.toml:1".into(),
    };
    let calendars = Calendars::new(&years(), vec![closure], ClosurePolicy::default());
    assert!(!calendars.of(Some("臺北市")).is_workday(date("2026-03-03")));
    assert!(calendars.of(Some("高雄市")).is_workday(date("2026-03-03")));
    assert!(calendars.of(None).is_workday(date("2026-03-03")));
}

/// The count as a person does it, with a finger on the wall calendar.
fn naive(calendar: &WorkCalendar, start: NaiveDate, workdays: u32) -> NaiveDate {
    let days = start.iter_days().skip(1).filter(|day| calendar.is_workday(*day));
    if workdays == 0 { start } else { days.take(workdays as usize).last().unwrap() }
}

#[test]
fn every_start_and_limit_of_the_published_years_agrees_with_the_naive_count() {
    let calendar = calendar();
    for start in date("2017-01-01").iter_days().take_while(|day| day.year() <= 2027) {
        for workdays in [1, 3, 14, 30] {
            let due = calendar.add_workdays(start, workdays).unwrap().on;
            assert_eq!(due, naive(calendar, start, workdays), "{start} + {workdays}");
        }
    }
}

#[test]
fn for_every_start_and_limit_the_last_counted_day_is_the_due_day() {
    let calendar = calendar();
    for start in date("2017-01-01").iter_days().take_while(|day| day.year() <= 2027) {
        let account = calendar.explain(start, 30).unwrap();
        assert_eq!(account.last().unwrap().count, Some(30), "{start}");
        // The account of a shorter limit is the beginning of a longer one.
        for counted in &account {
            let Some(workdays) = counted.count else { continue };
            let due = calendar.add_workdays(start, workdays).unwrap().on;
            assert_eq!(counted.day.date, due, "{start} + {workdays}");
        }
    }
}

prop_compose! {
    fn any_day()(offset in 0i64..4017) -> NaiveDate {
        date("2017-01-01") + TimeDelta::days(offset)
    }
}

proptest! {
    #[test]
    fn add_lands_on_a_workday_and_inverts_between(start in any_day(), workdays in 1u32..=30) {
        let calendar = calendar();
        let due = calendar.add_workdays(start, workdays).unwrap().on;
        prop_assert!(calendar.is_workday(due));
        prop_assert_eq!(calendar.workdays_between(start, due).unwrap(), i64::from(workdays));
        prop_assert_eq!(calendar.workdays_between(due, start).unwrap(), -i64::from(workdays));
    }

    #[test]
    fn add_is_monotonic(start in any_day(), later in 0i64..60, workdays in 1u32..=30) {
        let calendar = calendar();
        let first = calendar.add_workdays(start, workdays).unwrap().on;
        let second = calendar.add_workdays(start + TimeDelta::days(later), workdays).unwrap().on;
        prop_assert!(first <= second);
    }

    #[test]
    fn a_closure_never_makes_a_deadline_earlier(
        start in any_day(), ahead in 0i64..40, workdays in 1u32..=30, half in any::<bool>(),
    ) {
        let day = (start + TimeDelta::days(ahead)).to_string();
        let part = half.then_some(DayPart::Afternoon);
        let policy = ClosurePolicy { closures_count: false, half_closures_count: false };
        let shut = closed(&[(day.as_str(), part)], policy);
        let before = calendar().add_workdays(start, workdays).unwrap().on;
        prop_assert!(shut.add_workdays(start, workdays).unwrap().on >= before);
    }
}
