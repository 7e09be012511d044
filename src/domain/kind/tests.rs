use proptest::prelude::*;

use super::*;
use crate::config::secrets::Environment;
use crate::domain::calendar::Calendars;

fn calendars() -> Calendars {
    crate::config::load(None, &Environment::default()).unwrap().config.rules.calendars
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[track_caller]
fn check(dates: &[FixedDay], start: &str, due_on: &str) {
    let (limit, calendars) = (Limit { workdays: 14, dates: dates.to_vec() }, calendars());
    let calendar = calendars.national();
    let workdays = limit.workdays(day(start), calendar).unwrap();
    assert_eq!(calendar.add_workdays(day(start), workdays).unwrap().on, day(due_on));
}

fn once(text: &str) -> FixedDay {
    FixedDay::Once(day(text))
}

#[test]
fn a_limit_is_counted_or_the_next_fixed_day() {
    check(&[], "2026-02-11", "2026-03-11");
    let yearly = [FixedDay::Yearly(8, 31), FixedDay::Yearly(4, 30), FixedDay::Yearly(12, 31)];
    check(&yearly, "2026-01-01", "2026-04-30");
    check(&yearly, "2026-04-30", "2026-04-30");
    check(&yearly, "2026-05-01", "2026-08-31");
    check(&yearly, "2025-12-31", "2025-12-31");
    check(&[once("2026-03-31")], "2026-02-11", "2026-03-31");
    check(&[once("2026-03-31")], "2026-04-01", "2026-04-23");
}

#[test]
fn a_fixed_day_off_gives_its_place_to_the_next_workday() {
    check(&[once("2026-01-31")], "2026-01-05", "2026-02-02");
    check(&[once("2026-02-14")], "2026-01-05", "2026-02-23");
    check(&[once("2026-09-25")], "2026-09-01", "2026-09-29");
    check(&[once("2026-09-25")], "2026-09-25", "2026-09-29");
}

#[test]
fn a_leap_day_is_met_in_leap_years_only() {
    let leap = FixedDay::Once(day("2028-02-29"));
    assert_eq!(leap.from(day("2028-03-01")), None);
    assert_eq!(leap.until(day("2028-03-01")), Some(day("2028-02-29")));
}

proptest! {
    #[test]
    fn a_fixed_day_lands_on_it_or_on_the_first_workday_after(
        start in 0_i64..3000, ahead in 0_i64..400,
    ) {
        let calendars = calendars();
        let calendar = calendars.national();
        let start = day("2017-06-01") + chrono::TimeDelta::days(start);
        let told = start + chrono::TimeDelta::days(ahead);
        let limit = Limit { workdays: 14, dates: vec![FixedDay::Once(told)] };
        let workdays = limit.workdays(start, calendar).unwrap();
        let due = calendar.add_workdays(start, workdays).unwrap().on;
        prop_assert!(due >= told);
        prop_assert!(calendar.is_workday(due));
        let between = told.iter_days().take_while(|day| *day < due);
        prop_assert!(between.into_iter().all(|day| !calendar.is_workday(day)));
    }

    #[test]
    fn a_yearly_day_is_never_more_than_a_year_away(
        start in 0_i64..3000, month in 1_u32..=12, of_month in 1_u32..=28,
    ) {
        let start = day("2017-06-01") + chrono::TimeDelta::days(start);
        let fixed = FixedDay::Yearly(month, of_month);
        let (next, last) = (fixed.from(start).unwrap(), fixed.until(start).unwrap());
        prop_assert!(last <= start && start <= next);
        prop_assert!((next - last).num_days() <= 366);
        prop_assert_eq!((next.month(), next.day()), (month, of_month));
    }
}
