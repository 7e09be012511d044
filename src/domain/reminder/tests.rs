use std::fmt::Write as _;

use super::*;
use crate::config::secrets::Environment;
use crate::config::{self, SAMPLE_UNITS};
use crate::domain::case::{CaseKind, CaseState, Dataset, Origin, StartDay};
use crate::domain::handling::Handling;

/// The default ladder and the sample ministry, with these closures.
fn rules(closures: &str) -> Rules {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("calendar")).unwrap();
    std::fs::write(dir.path().join("config.toml"), "").unwrap();
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
    std::fs::write(dir.path().join("calendar/closures.toml"), closures).unwrap();
    let path = dir.path().join("config.toml");
    config::load(Some(&path), &Environment::default()).unwrap().config.rules
}

fn case(start: &str, agency: &str) -> Case {
    let day = start.parse().unwrap();
    Case {
        number: CaseNumber::of_comment(558_380),
        kind: CaseKind::Comment,
        title: "不分幅_澎湖20MDEM無法下載".to_owned(),
        agency: agency.to_owned(),
        dataset: Some(Dataset { nid: 6100, title: "勞保統計".to_owned() }),
        url: "https://data.gov.tw/dataset/6100".to_owned(),
        posted_at: None,
        assigned_on: day,
        start: StartDay { on: day, origin: Origin::Posted },
        round: 1,
        state: CaseState::Open,
        replied_at: None,
        first_seen_at: crate::clock::instant(day.and_hms_opt(10, 0, 0).unwrap()),
        vanished_at: None,
        handling: Handling::default(),
    }
}

fn moment(text: &str) -> NaiveDateTime {
    format!("{text}:00").replace(' ', "T").parse().unwrap()
}

/// Everything sent from the start to the end of `until`, a line each.
fn ladder(case: &Case, rules: &Rules, from: &str, until: &str) -> String {
    let cases = [case.clone()];
    let until = until.parse().ok();
    let foreseen =
        foresee(&cases, Told::new(), (rules, &Silences::default()), (moment(from), until)).unwrap();
    let mut text = String::new();
    for (at, reminder) in foreseen {
        let key = reminder.key;
        let at = at.format("%m-%d %H:%M");
        writeln!(text, "{at} {:<24} {} by {}", key.stage, key.recipient, key.channel).unwrap();
    }
    text
}

#[test]
fn the_whole_ladder_across_the_lunar_new_year_of_2026() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    insta::assert_snapshot!(ladder(&case, &rules(""), "2026-02-11 10:00", "2026-03-17"), @r"
    02-11 10:00 assigned                 unit:bli-planning by slack:C00BLI0001
    02-25 09:00 after-5                  unit:bli-planning by slack:C00BLI0001
    03-04 09:00 after-9                  unit:bli-planning by slack:C00BLI0001
    03-06 09:00 before-3                 unit:bli-planning by slack:C00BLI0001
    03-10 09:00 before-1                 unit:bli-planning by slack:C00BLI0001
    03-11 09:00 due                      unit:bli-planning by slack:C00BLI0001
    03-11 14:00 due-afternoon            unit:bli-planning by slack:C00BLI0001
    03-12 09:00 overdue-1                unit:bli-planning by slack:C00BLI0001
    03-13 09:00 overdue-2                unit:bli-planning by slack:C00BLI0001
    03-16 09:00 overdue-administrators-3 unit:bli-planning by slack:C00BLI0001
    03-16 09:00 overdue-administrators-3 administrators by slack:C00ADMIN001
    03-17 09:00 overdue-administrators-4 unit:bli-planning by slack:C00BLI0001
    03-17 09:00 overdue-administrators-4 administrators by slack:C00ADMIN001
    ");
}

#[test]
fn nothing_rings_on_a_day_off_or_at_night() {
    let case = case("2026-02-13", "勞動部勞工保險局");
    let sent = ladder(&case, &rules(""), "2026-02-13 18:00", "2026-02-24");
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.starts_with("02-23 08:30 assigned"), "the first office morning: {sent}");
}

#[test]
fn a_stage_at_closing_time_rings_in_its_whole_minute() {
    let mut rules = rules("");
    let closes = rules.policy.office_hours.closes;
    for stage in &mut rules.policy.stages {
        stage.at = closes;
    }
    let case = case("2026-02-11", "勞動部勞工保險局");
    let stages = |now: NaiveDateTime| -> Vec<String> {
        let planned = plan([&case], &Told::new(), &rules, now).unwrap();
        planned.into_iter().map(|reminder| reminder.key.stage).collect()
    };
    let closing = |day: &str, seconds: i64| {
        let day: NaiveDate = day.parse().unwrap();
        day.and_time(closes) + chrono::TimeDelta::milliseconds(seconds * 1_000 + 200)
    };
    // No bell rings on the second.
    assert_eq!(stages(closing("2026-03-11", 0)), ["due-afternoon"]);
    assert_eq!(stages(closing("2026-03-11", 59)), ["due-afternoon"]);
    assert_eq!(stages(closing("2026-03-11", 60)), [""; 0], "the office is shut");
    assert_eq!(stages(closing("2026-03-12", 0))[0], "overdue-1");
}

#[test]
fn a_limit_too_short_for_a_warning_begins_with_its_assignment() {
    let mut case = case("2026-03-02", "勞動部勞工保險局");
    case.handling.due_on = "2026-03-05".parse().ok();
    let sent = ladder(&case, &rules(""), "2026-03-02 10:00", "2026-03-04");
    let stages: Vec<&str> = sent.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(
        stages,
        ["assigned", "before-1"],
        "three workdays are left from the first day on: {sent}"
    );
}

#[test]
fn a_case_nobody_answers_for_goes_to_the_administrators() {
    let case = case("2026-03-02", "勞動部無名處");
    let sent = ladder(&case, &rules(""), "2026-03-02 10:00", "2026-03-02");
    assert_eq!(sent, "03-02 10:00 assigned                 administrators by slack:C00ADMIN001\n");
}

#[test]
fn after_an_outage_only_the_highest_stage_is_sent() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    let planned = plan([&case], &Told::new(), &rules(""), moment("2026-03-10 10:00")).unwrap();
    let stages: Vec<_> = planned.iter().map(|reminder| reminder.key.stage.as_str()).collect();
    assert_eq!(stages, ["before-1"]);
}

#[test]
fn what_was_missed_waits_for_a_higher_stage_of_the_same_day() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    let stages = |now| -> Vec<String> {
        let planned = plan([&case], &Told::new(), &rules(""), moment(now)).unwrap();
        planned.into_iter().map(|reminder| reminder.key.stage).collect()
    };
    // before-3 fell on 03-06, before-1 falls on 03-10 at nine.
    assert_eq!(stages("2026-03-09 08:30"), ["before-3"], "nothing else falls on this day");
    assert_eq!(stages("2026-03-10 08:30"), [""; 0]);
    assert_eq!(stages("2026-03-10 09:00"), ["before-1"]);
    assert_eq!(stages("2026-02-12 08:30"), ["assigned"], "an assignment does not wait");
}

fn told(case: &Case, last: LastTold) -> Told {
    let recipient = Recipient::Unit("bli-planning".to_owned());
    Told::from([((case.number.clone(), 1, recipient), last)])
}

#[test]
fn who_was_told_another_due_day_hears_of_the_move() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    let due_on = "2026-03-11".parse().unwrap();
    let last = LastTold {
        reminded_at: Some(moment("2026-03-06 09:00")),
        day: Some(ToldDay { due_on, message: 7, at: DateTime::default() }),
        taken_back: None,
        waiting: false,
        farewell: None,
    };
    let stages = |told: &Told, rules: &Rules, now| -> Vec<String> {
        let planned = plan([&case], told, rules, moment(now)).unwrap();
        planned.into_iter().map(|reminder| reminder.key.stage).collect()
    };
    let typhoon = rules("[[closure]]\ndate = 2026-03-09\nreason = \"颱風\"\n");
    let told_day = told(&case, last);
    assert_eq!(stages(&told_day, &rules(""), "2026-03-06 10:00"), [""; 0]);
    assert_eq!(stages(&told_day, &typhoon, "2026-03-06 10:00"), [DEADLINE_MOVED]);
    assert_eq!(stages(&told_day, &typhoon, "2026-03-06 18:00"), [""; 0], "the office is shut");
    assert_eq!(stages(&told_day, &typhoon, "2026-03-09 10:00"), [""; 0], "nobody is there");
    // With a reminder due, that one says it.
    assert_eq!(stages(&told_day, &typhoon, "2026-03-11 09:00"), ["before-1"]);
    // What is on its way will tell the day of its arrival.
    let waiting = told(&case, LastTold { waiting: true, ..last });
    assert_eq!(stages(&waiting, &typhoon, "2026-03-06 10:00"), [""; 0]);
}

#[test]
fn a_move_is_said_once_where_the_administrators_read_with_the_unit() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    let day = Some(ToldDay {
        due_on: "2026-03-11".parse().unwrap(),
        message: 7,
        at: DateTime::default(),
    });
    let reminded_at = Some(moment("2026-03-06 09:00"));
    let mut told = told(&case, LastTold { reminded_at, day, ..LastTold::default() });
    let administrators = (case.number.clone(), 1, Recipient::Administrators);
    told.insert(administrators, LastTold { day, ..LastTold::default() });
    let mut rules = rules("[[closure]]\ndate = 2026-03-09\nreason = \"颱風\"\n");
    let now = moment("2026-03-06 10:00");
    let heard = |rules: &Rules, told: &Told| -> Vec<String> {
        let planned = plan([&case], told, rules, now).unwrap();
        planned.into_iter().map(|reminder| reminder.key.recipient.to_string()).collect()
    };
    assert_eq!(heard(&rules, &told), ["unit:bli-planning", "administrators"]);
    let of_unit = rules.directory.unit("bli-planning").unwrap().channels_on(now.date());
    rules.directory.administrators.channels = of_unit;
    assert_eq!(heard(&rules, &told), ["unit:bli-planning"]);
    // What the unit was never told, it does not hear of: they do.
    told.retain(|(.., recipient), _| *recipient == Recipient::Administrators);
    told.extend(self::told(&case, LastTold { reminded_at, ..LastTold::default() }));
    assert_eq!(heard(&rules, &told), ["administrators"]);
}

#[test]
fn a_supervisor_and_the_administrators_who_read_together_are_told_once() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    let mut rules = rules("[[closure]]\ndate = 2026-03-17\nreason = \"颱風\"\n");
    let there = rules.directory.administrators.channels.clone();
    let unit = rules.directory.units.iter_mut().find(|unit| unit.id == "bli-planning");
    unit.unwrap().supervisor_channels = there;
    let readers = |told: &Told, now: &str| -> Vec<String> {
        let planned = plan([&case], told, &rules, moment(now)).unwrap();
        planned.into_iter().map(|reminder| reminder.key.recipient.to_string()).collect()
    };
    let both = ["unit:bli-planning", "supervisor:bli-planning"];
    assert_eq!(readers(&Told::new(), "2026-03-18 10:00"), both);
    let day = Some(ToldDay {
        due_on: "2026-03-10".parse().unwrap(),
        message: 7,
        at: DateTime::default(),
    });
    let reminded_at = Some(moment("2026-03-18 09:00"));
    let told = [Recipient::Supervisor("bli-planning".to_owned()), Recipient::Administrators].map(
        |recipient| {
            let last = LastTold { reminded_at, day, ..LastTold::default() };
            ((case.number.clone(), 1, recipient), last)
        },
    );
    assert_eq!(readers(&Told::from(told), "2026-03-18 10:00"), both, "it moved for one of them");
}

#[test]
fn what_was_told_is_not_told_again_until_it_is_due_anew() {
    let case = case("2026-02-11", "勞動部勞工保險局");
    let reminded =
        LastTold { reminded_at: Some(moment("2026-03-06 09:00")), ..LastTold::default() };
    let told = told(&case, reminded);
    let at = |rules: &Rules, text| plan([&case], &told, rules, moment(text)).unwrap().len();
    assert_eq!(at(&rules(""), "2026-03-06 10:00"), 0);
    // A typhoon moves the deadline by a day; the stage told of stays where it fell.
    let typhoon = "[[closure]]\ndate = 2026-03-09\nreason = \"颱風\"\n";
    assert_eq!(at(&rules(typhoon), "2026-03-06 10:00"), 0);
    assert_eq!(at(&rules(typhoon), "2026-03-09 10:00"), 0, "nobody is there");
    assert_eq!(at(&rules(typhoon), "2026-03-10 10:00"), 0);
    // A closure of an earlier day moves the stage itself: silent until its new day comes.
    let earlier = "[[closure]]\ndate = 2026-03-05\nreason = \"颱風\"\n";
    assert_eq!(at(&rules(earlier), "2026-03-06 10:00"), 0);
    assert_eq!(at(&rules(earlier), "2026-03-09 10:00"), 1);
}

#[test]
fn a_closed_morning_waits_for_the_afternoon() {
    let morning = "[[closure]]\ndate = 2026-03-02\npart = \"am\"\nreason = \"颱風\"\n";
    let case = case("2026-03-02", "勞動部勞工保險局");
    let sent = ladder(&case, &rules(morning), "2026-03-02 10:00", "2026-03-02");
    assert!(sent.starts_with("03-02 12:30 assigned"), "{sent}");
}

#[test]
fn an_answered_case_is_left_alone() {
    let mut case = case("2026-02-11", "勞動部勞工保險局");
    case.state = CaseState::Replied;
    assert_eq!(ladder(&case, &rules(""), "2026-02-11 10:00", "2026-03-20"), "");
}

#[test]
fn for_every_start_day_the_ladder_climbs_on_workdays_in_office_hours() {
    let rules = rules("");
    let first: NaiveDate = "2025-01-01".parse().unwrap();
    for start in first.iter_days().take(730).step_by(7) {
        let case = case(&start.to_string(), "勞動部勞工保險局");
        let deadline = rules.deadline(&case, start).unwrap();
        let from = start.and_hms_opt(9, 0, 0).unwrap();
        let until = Some(deadline.due_on);
        let foreseen =
            foresee(&[case], Told::new(), (&rules, &Silences::default()), (from, until)).unwrap();
        assert_eq!(foreseen.len(), 7, "{start}: each stage up to the due day once");
        for (at, reminder) in &foreseen {
            let calendar = rules.calendars.national();
            assert!(calendar.is_workday(at.date()), "{start}: {at} {}", reminder.key.stage);
            assert!(rules.policy.office_hours.open_at(calendar, *at), "{start}: {at}");
        }
    }
}

#[test]
fn office_time_is_that_of_workdays_alone() {
    let rules = rules("[[closure]]\ndate = 2026-03-10\npart = \"pm\"\nreason = \"颱風\"\n");
    let hours = rules.policy.office_hours;
    let open = |from: &str, to: &str| {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        hours.open_between(rules.calendars.national(), at(from), at(to)).num_minutes()
    };
    assert_eq!(open("2026-03-06 17:00", "2026-03-06 17:20"), 20);
    assert_eq!(open("2026-03-06 17:00", "2026-03-09 09:00"), 60, "a weekend is no office time");
    assert_eq!(open("2026-03-09 00:00", "2026-03-10 00:00"), 9 * 60);
    assert_eq!(open("2026-03-10 00:00", "2026-03-11 00:00"), 4 * 60, "half a day was closed");
    assert_eq!(open("2026-03-09 12:00", "2026-03-09 10:00"), 0);
}
