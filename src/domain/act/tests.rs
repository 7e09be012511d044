use super::*;
use crate::config::secrets::Environment;
use crate::config::{self, SAMPLE_UNITS};
use crate::domain::calendar::CalendarError;
use crate::domain::case::{Case, CaseKind, StartDay};
use crate::domain::directory::Person;
use crate::domain::handling::ExtensionState;
use crate::domain::reminder::Rules;

fn rules(acts: &str) -> Rules {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("calendar")).unwrap();
    std::fs::write(dir.path().join("config.toml"), acts).unwrap();
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
    let path = dir.path().join("config.toml");
    config::load(Some(&path), &Environment::default()).unwrap().config.rules
}

fn moment(text: &str) -> Moment {
    let at: chrono::NaiveDateTime = format!("{text}:00").replace(' ', "T").parse().unwrap();
    Moment { now: crate::clock::instant(at), today: at.date() }
}

fn case() -> Case {
    CaseByHand {
        number: CaseNumber::of_comment(558_380),
        kind: CaseKind::Comment,
        title: "題".to_owned(),
        agency: "勞動部勞工保險局".to_owned(),
        unit: None,
        dataset: None,
        assigned_on: "2026-03-02".parse().unwrap(),
        due_on: None,
        url: String::new(),
    }
    .begin(moment("2026-03-02 09:30").now)
}

fn person(name: &str) -> Actor {
    Actor::person(&Person { name: name.to_owned(), ..Person::default() })
}

fn officer() -> Actor {
    person("吳保險")
}

fn supervisor() -> Actor {
    person("黃組長")
}

fn extend(workdays: u32) -> Act {
    Act::Extend { workdays, reason: "等候廠商".to_owned() }
}

fn hold() -> Act {
    Act::Hold { reason: "請民眾補充".to_owned() }
}

/// Does several acts, each at its moment; the case after them.
#[track_caller]
fn after(rules: &Rules, acts: &[(&str, Act, Actor)]) -> Case {
    acts.iter().fold(case(), |case, (at, act, actor)| {
        perform(&case, act, actor, (rules, moment(at))).unwrap().case
    })
}

#[track_caller]
fn check_refused(case: &Case, (act, actor): (&Act, &Actor), expected: &Refusal) {
    let refused = perform(case, act, actor, (&rules(""), moment("2026-03-09 10:00")));
    assert_eq!(refused.unwrap_err(), *expected);
}

fn due(rules: &Rules, case: &Case, today: &str) -> String {
    rules.deadline(case, today.parse().unwrap()).unwrap().due_on.to_string()
}

#[test]
fn who_may_do_what() {
    let rules = rules("");
    let reason = || "因".to_owned();
    let acts = [
        (Act::Acknowledge, true, true),
        (Act::Reply { at: None }, true, true),
        (extend(3), true, true),
        (hold(), true, true),
        (Act::Reassign { unit: "wda-planning".to_owned(), reason: reason() }, true, true),
        (Act::Note { text: reason() }, true, true),
        (Act::Withdraw { reason: reason() }, false, true),
        (Act::CorrectStart { on: "2026-03-03".parse().unwrap(), reason: reason() }, false, false),
    ];
    for (act, by_officer, by_supervisor) in acts {
        let may = |actor: &Actor| {
            perform(&case(), &act, actor, (&rules, moment("2026-03-09 10:00"))).is_ok()
        };
        assert_eq!(may(&officer()), by_officer, "officer: {act:?}");
        assert_eq!(may(&supervisor()), by_supervisor, "supervisor: {act:?}");
        assert!(may(&person("資訊處值班")) && may(&Actor::at_console("root")), "{act:?}");
        assert!(!may(&person("王小明")), "of another unit: {act:?}");
        assert!(!may(&person("路人")), "a stranger: {act:?}");
    }
}

fn tick(item: &str, on: &str) -> Act {
    let on = (!on.is_empty()).then(|| on.parse().unwrap());
    Act::Tick { item: item.to_owned(), on, document: " 勞資字第1號 ".to_owned() }
}

/// A takedown with all but one of its items ticked.
fn nearly_done(rules: &Rules) -> Case {
    let takedown = Case { kind: CaseKind::parse("takedown").unwrap(), ..case() };
    let items = ["approval", "countersign", "advisory-group"];
    items.iter().fold(takedown, |case, item| {
        let act = tick(item, "2026-03-06");
        perform(&case, &act, &officer(), (rules, moment("2026-03-09 10:00"))).unwrap().case
    })
}

#[test]
fn an_item_is_ticked_on_no_day_of_another_calendar() {
    let rules = rules("");
    let act = tick("副本送資訊處備查", "0115-03-06");
    let moment = moment("2026-03-09 10:00");
    let refused = perform(&nearly_done(&rules), &act, &officer(), (&rules, moment)).unwrap_err();
    assert!(matches!(refused, Refusal::BadDay { .. }), "{refused}");
}

#[test]
fn a_case_with_a_checklist_is_done_when_its_last_item_was() {
    let rules = rules("");
    let open = nearly_done(&rules);
    assert_eq!(open.state, CaseState::Open);
    let last = |on: &str| {
        let act = tick("副本送資訊處備查", on);
        perform(&open, &act, &officer(), (&rules, moment("2026-03-09 10:00"))).unwrap()
    };
    let done = last("");
    assert_eq!(done.case.state, CaseState::Replied);
    assert_eq!(done.case.replied_at, Some(moment("2026-03-09 10:00").now));
    let events: Vec<&str> = done.entries.iter().map(|entry| entry.event).collect();
    assert_eq!(events, ["ticked", "replied"]);
    assert_eq!(done.entries[0].account.after, "copy 2026-03-09 勞資字第1號");
    let earlier = last("2026-03-04").case.replied_at;
    assert_eq!(earlier, Some(moment("2026-03-06 00:00").now), "the last of all its days");
    let before_it_began = Case {
        start: StartDay { on: "2026-03-07".parse().unwrap(), ..open.start },
        ..open.clone()
    };
    let act = tick("copy", "2026-03-06");
    let moment_of = (&rules, moment("2026-03-09 10:00"));
    let done = perform(&before_it_began, &act, &officer(), moment_of).unwrap().case;
    assert_eq!(done.replied_at, Some(moment("2026-03-07 00:00").now));
}

#[test]
fn a_checklist_ends_a_hold_and_nothing_else_ends_the_case() {
    let rules = rules("");
    let at = (&rules, moment("2026-03-09 10:00"));
    let held = perform(&nearly_done(&rules), &hold(), &officer(), at).unwrap().case;
    let missing =
        Refusal::ChecklistOpen { number: held.number.clone(), missing: vec!["copy".to_owned()] };
    check_refused(&held, (&Act::Reply { at: None }, &officer()), &missing);
    let done = perform(&held, &tick("copy", ""), &officer(), at).unwrap().case;
    assert!(done.handling.open_hold().is_none() && done.state == CaseState::Replied);
    let refused = perform(&done, &Act::Resume, &officer(), at).unwrap_err();
    assert!(matches!(refused, Refusal::Impossible { .. }), "what is ticked is unticked");
    let comment = perform(&case(), &tick("copy", ""), &officer(), at).unwrap_err();
    let said = "C-558380 has no item copy to tick: its kind has no checklist";
    assert_eq!(comment.to_string(), said);
}

#[test]
fn the_number_of_the_document_may_come_after_the_deed() {
    let rules = rules("");
    let at = (&rules, moment("2026-03-09 10:00"));
    let bare = Act::Tick {
        item: "copy".to_owned(),
        on: Some("2026-03-06".parse().unwrap()),
        document: String::new(),
    };
    let done = perform(&nearly_done(&rules), &bare, &officer(), at).unwrap().case;
    assert_eq!(done.state, CaseState::Replied);
    check_refused(
        &done,
        (&bare, &officer()),
        &Refusal::Ticked { item: "copy".to_owned(), by: officer().name, at: at.1.now },
    );
    let completed = perform(&done, &tick("copy", ""), &officer(), at).unwrap();
    let account = &completed.entries[0].account;
    assert_eq!(account.before, "copy 2026-03-06");
    assert_eq!(account.after, "copy 2026-03-06 勞資字第1號");
    assert_eq!(completed.case.replied_at, done.replied_at, "it is done as it was");
    let again = perform(&completed.case, &tick("copy", ""), &officer(), at).unwrap_err();
    assert!(matches!(again, Refusal::Ticked { .. }), "{again}");
}

#[test]
fn an_officer_s_extension_waits_and_a_supervisor_s_does_not() {
    let rules = rules("");
    let asked = after(&rules, &[("2026-03-09 10:00", extend(5), officer())]);
    assert_eq!(asked.handling.extensions[0].state, ExtensionState::Asked);
    assert_eq!(due(&rules, &asked, "2026-03-09"), "2026-03-20", "nothing moves yet");
    check_refused(&asked, (&extend(5), &officer()), &Refusal::AlreadyDone(&["extension_asked"]));
    let act = Act::ConfirmExtension;
    let performed = perform(&asked, &act, &supervisor(), (&rules, moment("2026-03-10 10:00")));
    let performed = performed.unwrap();
    let account = &performed.entries[0].account;
    assert_eq!((account.before.as_str(), account.after.as_str()), ("2026-03-20", "2026-03-27"));
    assert_eq!(performed.entries[0].reason, "等候廠商");
    let confirmed = performed.case;
    for act in [extend(2), Act::ConfirmExtension] {
        let expected = Refusal::AlreadyDone(&["extended"]);
        check_refused(&confirmed, (&act, &supervisor()), &expected);
    }
    let at_once = after(&rules, &[("2026-03-09 10:00", extend(5), supervisor())]);
    assert_eq!(due(&rules, &at_once, "2026-03-09"), "2026-03-27");
}

#[test]
fn a_refused_extension_may_be_asked_for_again() {
    let refuse = Act::RefuseExtension { reason: "可如期".to_owned() };
    let refused = after(
        &rules(""),
        &[("2026-03-09 10:00", extend(5), officer()), ("2026-03-09 11:00", refuse, supervisor())],
    );
    let asked = after(&rules(""), &[("2026-03-09 10:00", extend(5), officer())]);
    let answered = Case { state: CaseState::Replied, ..asked };
    let again = Act::RefuseExtension { reason: "可如期".to_owned() };
    let now = moment("2026-03-09 12:00");
    let late = perform(&answered, &again, &supervisor(), (&rules(""), now)).unwrap_err();
    assert!(matches!(late, Refusal::Impossible { .. }), "nothing is owed any more: {late}");
    let again = perform(&refused, &extend(2), &officer(), (&rules(""), moment("2026-03-10 10:00")));
    assert_eq!(again.unwrap().case.handling.extensions.len(), 2);
    let none = Refusal::NothingAsked(refused.number.clone());
    check_refused(&refused, (&Act::ConfirmExtension, &supervisor()), &none);
}

#[test]
fn what_a_person_ended_before_it_had_a_checklist_can_be_taken_back() {
    let (before, own) = (
        rules(""),
        "[[kind.resolution.checklist]]\nitem = \"a\"\nname = \"甲\"\nsigner = \"主管\"\n",
    );
    let resolution = Case { kind: CaseKind::parse("resolution").unwrap(), ..case() };
    let reply = Act::Reply { at: None };
    let now = moment("2026-03-09 10:00");
    let ended = perform(&resolution, &reply, &officer(), (&before, now)).unwrap().case;
    let back = perform(&ended, &Act::Resume, &officer(), (&rules(own), now)).unwrap().case;
    assert_eq!(back.state, CaseState::Open);
}

#[test]
fn a_hold_keeps_the_days_that_are_left() {
    let rules = rules("");
    let acknowledge = ("2026-03-03 10:00", Act::Acknowledge, officer());
    let held = after(&rules, &[acknowledge.clone(), ("2026-03-05 15:00", hold(), officer())]);
    let left = |case: &Case, day: &str| {
        let day = day.parse().unwrap();
        let deadline = rules.deadline(case, day).unwrap();
        deadline.workdays_left(rules.calendar(case), day).unwrap()
    };
    for day in ["2026-03-05", "2026-03-06", "2026-03-08", "2026-03-31"] {
        assert_eq!(left(&held, day), 11, "{day}");
    }
    assert_eq!(due(&rules, &held, "2026-03-10"), "2026-03-25", "the earliest it can be");
    let resume = ("2026-03-10 11:00", Act::Resume, officer());
    let resumed = after(&rules, &[acknowledge, ("2026-03-05 15:00", hold(), officer()), resume]);
    assert_eq!(resumed.state, CaseState::Acknowledged, "as it was before");
    assert_eq!((left(&resumed, "2026-03-10"), left(&resumed, "2026-03-11")), (11, 10));
    assert_eq!(due(&rules, &resumed, "2026-05-01"), "2026-03-25");
}

#[test]
fn a_hold_ends_by_itself_at_its_longest_though_that_is_noticed_late() {
    let rules = rules("[deadline]\nlongest_hold_workdays = 3\n");
    let held = after(&rules, &[("2026-03-05 15:00", hold(), officer())]);
    let day = |text: &str| text.parse().unwrap();
    assert!(rules.is_held(&held, day("2026-03-09")).unwrap());
    assert!(!rules.is_held(&held, day("2026-03-10")).unwrap());
    let at = |text| hold_at_its_longest(&held, (&rules, moment(text)), "jicui").unwrap();
    assert_eq!(at("2026-03-09 17:00"), None);
    let ended = at("2026-03-20 09:00").unwrap();
    assert_eq!(ended.case.state, CaseState::Open);
    assert_eq!(due(&rules, &ended.case, "2026-03-20"), "2026-03-25");
    assert_eq!(due(&rules, &held, "2026-03-20"), "2026-03-25", "the same before it is written");
}

#[test]
fn a_day_that_was_given_stays_whenever_the_clock_starts() {
    let mut case = case();
    case.handling.due_on = "2026-03-11".parse().ok();
    let start = |on: &str| Act::CorrectStart { on: on.parse().unwrap(), reason: "補".to_owned() };
    let (rules, clerk) =
        (rules("[acts]\nreassigned_clock = \"fresh\"\n"), Actor::at_console("王小明"));
    let at = |text| (&rules, moment(text));
    let why = "after the due day that it was given";
    let refused = perform(&case, &start("2026-03-12"), &clerk, at("2026-03-13 10:00"));
    assert_eq!(refused, Err(Refusal::BadDay { on: "2026-03-12".parse().unwrap(), why }));
    let given = Act::Reassign { unit: "wda-planning".to_owned(), reason: "改分".to_owned() };
    for (act, now) in [
        (start("2026-03-11"), "2026-03-13 10:00"),
        (given.clone(), "2026-03-10 10:00"),
        (given, "2026-03-13 10:00"),
    ] {
        let done = perform(&case, &act, &clerk, at(now)).unwrap().case;
        assert_eq!(due(&rules, &done, "2026-03-13"), "2026-03-11", "{act:?} {now}");
    }
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let case = case();
    let by = officer();
    let number = || case.number.clone();
    let (longest, act) = (14, "extend");
    check_refused(&case, (&extend(0), &by), &Refusal::BadLength { workdays: 0, longest });
    check_refused(&case, (&extend(15), &by), &Refusal::BadLength { workdays: 15, longest });
    let silent = Act::Extend { workdays: 3, reason: " ".to_owned() };
    check_refused(&case, (&silent, &by), &Refusal::NoReason { act });
    let nowhere = Act::Reassign { unit: "nowhere".to_owned(), reason: "因".to_owned() };
    check_refused(&case, (&nowhere, &by), &Refusal::UnknownUnit("nowhere".to_owned()));
    let own = Act::Reassign { unit: "bli-planning".to_owned(), reason: "因".to_owned() };
    check_refused(&case, (&own, &by), &Refusal::AlreadyDone(&["reassigned", "new", "added"]));
    let open = CaseState::Open;
    let resume = Refusal::Impossible { number: number(), state: open, act: "resume" };
    check_refused(&case, (&Act::Resume, &by), &resume);
    let reply = |at: &str| Act::Reply { at: Some(moment(at).now) };
    let day = |text: &str| text.parse().unwrap();
    let future = Refusal::BadDay { on: day("2026-03-10"), why: "in the future" };
    check_refused(&case, (&reply("2026-03-10 09:00"), &by), &future);
    let never = Act::Reply { at: Some(DateTime::<Utc>::MAX_UTC) };
    let beyond = Refusal::BadDay { on: chrono::NaiveDate::MAX, why: "in the future" };
    check_refused(&case, (&never, &by), &beyond);
    let early = Refusal::BadDay { on: day("2026-02-26"), why: "before the clock started" };
    check_refused(&case, (&reply("2026-02-26 09:00"), &by), &early);
    let long_ago = day("0115-03-02");
    let typed = Act::CorrectStart { on: long_ago, reason: "補".to_owned() };
    let beyond = Refusal::Calendar(CalendarError::OutOfRange(long_ago));
    check_refused(&case, (&typed, &Actor::at_console("資訊處")), &beyond);
    let held = after(&rules(""), &[("2026-03-05 10:00", hold(), officer())]);
    check_refused(&held, (&hold(), &by), &Refusal::AlreadyDone(&["held"]));
    let replied = after(&rules(""), &[("2026-03-05 10:00", Act::Reply { at: None }, officer())]);
    let closed = Refusal::Impossible { number: number(), state: CaseState::Replied, act };
    check_refused(&replied, (&extend(3), &by), &closed);
}
