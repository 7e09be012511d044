use super::*;
use crate::domain::case::{Case, CaseKind, CaseNumber, CaseState, Dataset, Origin, StartDay};
use crate::domain::handling::Handling;

fn unit(id: &str, answers_for: Responsibility) -> Unit {
    Unit {
        id: id.to_owned(),
        name: id.to_owned(),
        agency: "勞動部".to_owned(),
        answers_for,
        officers: Vec::new(),
        deputies: Vec::new(),
        supervisor: None,
        supervisor_deputy: None,
        channels: Vec::new(),
        supervisor_channels: Vec::new(),
        language: Language::Chinese,
        seat: None,
    }
}

fn case(nid: u64, title: &str, agency: &str, kind: CaseKind) -> Case {
    let day = "2026-03-02".parse().unwrap();
    Case {
        number: CaseNumber::of_comment(1),
        kind,
        title: "題".to_owned(),
        agency: agency.to_owned(),
        dataset: Some(Dataset { nid, title: title.to_owned() }),
        url: String::new(),
        posted_at: None,
        assigned_on: day,
        start: StartDay { on: day, origin: Origin::Posted },
        round: 1,
        state: CaseState::Open,
        replied_at: None,
        first_seen_at: "2026-03-02T01:00:00Z".parse().unwrap(),
        vanished_at: None,
        handling: Handling::default(),
    }
}

fn directory() -> Directory {
    let agency = |name: &str, aliases: &[&str]| Agency {
        name: name.to_owned(),
        aliases: aliases.iter().map(ToString::to_string).collect(),
        seat: None,
    };
    let by = Responsibility::default;
    Directory {
        agencies: vec![agency("勞動部", &[]), agency("勞動部勞工保險局", &["勞工保險局"])],
        units: vec![
            unit("agency", Responsibility { agencies: vec!["勞動部".into()], ..by() }),
            unit("number", Responsibility { datasets: vec![6100], ..by() }),
            unit("name", Responsibility { dataset_names: vec!["職業*訓練".into()], ..by() }),
            unit("bureau", Responsibility { agencies: vec!["勞動部勞工保險局".into()], ..by() }),
            unit(
                "requests",
                Responsibility {
                    agencies: vec!["勞動部".into()],
                    kinds: vec![CaseKind::Request],
                    ..by()
                },
            ),
        ],
        administrators: Administrators::default(),
    }
}

#[track_caller]
fn check(case: &Case, expected: Option<&str>) {
    let directory = directory();
    let found = match directory.answerer(case) {
        Answerer::Unit(unit) => Some(unit.id.clone()),
        Answerer::Nobody | Answerer::Several(..) => None,
    };
    assert_eq!(found.as_deref(), expected);
}

#[test]
fn the_most_precisely_named_unit_has_the_case() {
    use CaseKind::{Comment, Request};
    check(&case(6100, "職業安全訓練", "勞動部", Comment), Some("number"));
    check(&case(1, "職業安全訓練", "勞動部", Comment), Some("name"));
    check(&case(1, "訓練職業", "勞動部", Comment), Some("agency"));
    check(&case(1, "薪資", "勞動部", Request), Some("requests"));
    check(&case(1, "薪資", "勞工保險局", Comment), Some("bureau"));
    check(&case(1, "薪資", "內政部", Comment), None);
}

#[test]
fn a_tie_is_nobody_s() {
    let mut directory = directory();
    directory
        .units
        .push(unit("twin", Responsibility { datasets: vec![6100], ..Responsibility::default() }));
    let case = case(6100, "薪資", "勞動部", CaseKind::Comment);
    assert!(matches!(directory.answerer(&case), Answerer::Several(..)));
}

#[test]
fn channels_are_read_as_they_are_written() {
    for text in ["slack:C0123456789", "slack-webhook:wda", "teams:wda", "print"] {
        assert_eq!(ChannelAddress::parse(text).unwrap().to_string(), text);
    }
    for text in ["slack", "slack:", "print:x", "line:x", ""] {
        assert!(ChannelAddress::parse(text).is_err(), "{text}");
    }
}

fn person(name: &str, leave: &[(&str, &str)]) -> Person {
    let leave = leave
        .iter()
        .map(|(first, last)| Leave { first: first.parse().unwrap(), last: last.parse().unwrap() });
    Person {
        name: name.to_owned(),
        mail: Some(format!("{name}@example.gov.tw")),
        leave: leave.collect(),
        ..Person::default()
    }
}

const WEEK: (&str, &str) = ("2026-03-02", "2026-03-06");

/// Officers `a` and `b`, deputies `c` and `d`, supervisor `s` with the deputy `t`; those named are
/// away for a week.
fn staffed(away: &str) -> Unit {
    let leave = |name: &str| if away.contains(name) { vec![WEEK] } else { Vec::new() };
    let person = |name: &str| person(name, &leave(name));
    let mut unit = unit("u", Responsibility::default());
    unit.officers = vec![person("a"), person("b")];
    unit.deputies = vec![person("c"), person("d")];
    unit.supervisor = Some(person("s"));
    unit.supervisor_deputy = Some(person("t"));
    unit.channels = vec![
        ChannelAddress::parse("mail:a@example.gov.tw").unwrap(),
        ChannelAddress::parse("slack:C1").unwrap(),
    ];
    unit
}

/// `b c(a)`: b is there, and c for a; `!a`: nobody is there for a.
fn duty_of(duty: &Duty<'_>) -> String {
    let mut words = Vec::new();
    for on in &duty.there {
        let away: Vec<&str> = on.instead_of.iter().map(|person| person.name.as_str()).collect();
        let away = if away.is_empty() { String::new() } else { format!("({})", away.join(",")) };
        words.push(format!("{}{away}", on.person.name));
    }
    words.extend(duty.uncovered.iter().map(|person| format!("!{}", person.name)));
    words.join(" ")
}

#[track_caller]
fn check_duty(away: &str, expected: &str) {
    let unit = staffed(away);
    let duty = |day: &str| duty_of(&unit.officers_on(day.parse().unwrap()));
    for day in ["2026-03-02", "2026-03-06"] {
        assert_eq!(duty(day), expected, "{away} away on {day}");
    }
    for day in ["2026-03-01", "2026-03-07"] {
        assert_eq!(duty(day), "a b", "{day}");
    }
}

#[test]
fn a_deputy_stands_in_then_the_next_then_the_supervisor() {
    check_duty("", "a b");
    check_duty("a", "b c(a)");
    check_duty("ab", "c(a,b)");
    check_duty("ac", "b d(a)");
    check_duty("acd", "b(a)");
    check_duty("abcd", "s(a,b)");
    check_duty("abcds", "t(a,b)");
    check_duty("abcdst", "!a !b");
}

#[test]
fn what_is_somebody_s_own_goes_to_the_stand_in() {
    let channels = |away: &str| -> Vec<String> {
        let day = "2026-03-04".parse().unwrap();
        staffed(away).channels_on(day).iter().map(ToString::to_string).collect()
    };
    assert_eq!(channels("b"), ["mail:a@example.gov.tw", "slack:C1"]);
    assert_eq!(channels("a"), ["mail:c@example.gov.tw", "slack:C1"]);
    assert_eq!(channels("abcdst"), ["slack:C1"], "nobody reads there");
}

#[test]
fn who_may_act_depends_on_the_unit_and_the_day() {
    let directory = Directory {
        administrators: Administrators { people: vec![person("z", &[])], channels: Vec::new() },
        ..Directory::default()
    };
    let actors = |away: &str| -> String {
        let unit = staffed(away);
        let day = "2026-03-04".parse().unwrap();
        let actors = directory.may_act(Some(&unit), day);
        let word = |actor: &Actor<'_>| format!("{} {:?}", actor.person.name, actor.role);
        actors.iter().map(word).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        actors("a"),
        "z Administrator, s Supervisor, a Officer, b Officer, c Officer, d Officer"
    );
    assert!(actors("s").starts_with("z Administrator, s Supervisor, t Supervisor, a"));
    assert_eq!(directory.may_act(None, "2026-03-04".parse().unwrap()).len(), 1);
}

#[test]
fn of_two_names_the_longer_wins_and_of_two_equal_claims_the_one_by_kind() {
    let mut directory = directory();
    let name = |name: &str| Responsibility {
        dataset_names: vec![name.to_owned()],
        ..Responsibility::default()
    };
    directory.units.push(unit("longer", name("職業*訓練統計")));
    let by_kind = Responsibility {
        datasets: vec![6100],
        kinds: vec![CaseKind::Request],
        ..Responsibility::default()
    };
    directory.units.push(unit("by-kind", by_kind));
    let answerer = |case: &Case| match directory.answerer(case) {
        Answerer::Unit(unit) => unit.id.clone(),
        other => panic!("{other:?}"),
    };
    let of = |nid, title, kind| answerer(&case(nid, title, "勞動部", kind));
    assert_eq!(of(1, "職業安全訓練統計", CaseKind::Comment), "longer");
    assert_eq!(of(1, "職業安全訓練", CaseKind::Comment), "name");
    assert_eq!(of(6100, "薪資", CaseKind::Request), "by-kind");
    assert_eq!(of(6100, "薪資", CaseKind::Comment), "number");
}

#[test]
fn a_unit_may_sit_elsewhere_than_its_agency() {
    let mut directory = directory();
    directory.agencies[0].seat = Some("臺北市".to_owned());
    let number = directory.units.iter().position(|unit| unit.id == "number").unwrap();
    let at = |directory: &Directory, nid| {
        let case = case(nid, "薪資", "勞動部", CaseKind::Comment);
        directory.seat(&case).map(ToOwned::to_owned)
    };
    assert_eq!(at(&directory, 6100).as_deref(), Some("臺北市"));
    directory.units[number].seat = Some("臺中市".to_owned());
    assert_eq!(at(&directory, 6100).as_deref(), Some("臺中市"));
    assert_eq!(at(&directory, 1).as_deref(), Some("臺北市"));
}

#[test]
fn the_directory_is_held_against_the_platform_s_list() {
    let mut directory = directory();
    let listed = |nid, title: &str, agency: &str| ListedDataset {
        nid,
        title: title.to_owned(),
        agency: agency.to_owned(),
    };
    let all = [listed(6100, "薪資", "勞動部"), listed(7, "職業安全訓練", "勞工保險局")];
    assert_eq!(directory.audit(&all), []);
    directory.units[1].answers_for.datasets = vec![6100, 9, 7];
    directory.units[2].answers_for.dataset_names.push("無此資料".to_owned());
    let doubts = directory.audit(&all[..1]);
    let messages: Vec<String> =
        doubts.iter().map(|doubt| format!("{:?} {}", doubt.entry, doubt.message)).collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    Agency("勞動部勞工保險局") the platform lists no dataset of 「勞動部勞工保險局」: write the name as the platform does (提供機關), unless it has published none
    Unit("number") unit number: dataset 9 is not among our agencies' on the platform: mend the number, or take it out
    Unit("number") unit number: dataset 7 is not among our agencies' on the platform: mend the number, or take it out
    Unit("name") unit name: no dataset of our agencies is called 「職業*訓練」
    Unit("name") unit name: no dataset of our agencies is called 「無此資料」
    "#);
    let doubts = directory.audit(&all);
    assert!(doubts.iter().any(|doubt| doubt.message.contains("dataset 7 belongs to")));
}

#[test]
fn ties_and_gaps_among_known_datasets_are_found_before_any_case() {
    let listed = |nid: u64, title: &str, agency: &str| ListedDataset {
        nid,
        title: title.to_owned(),
        agency: agency.to_owned(),
    };
    let mut directory = directory();
    let names = |names: &[&str]| Responsibility {
        dataset_names: names.iter().map(ToString::to_string).collect(),
        ..Responsibility::default()
    };
    // Of a title that both fit, `名冊` and `機構` name as many letters; `訓練機構` names more.
    directory.units.push(unit("lists", names(&["名冊"])));
    directory.units.push(unit("bodies", names(&["機構", "訓練機構"])));
    directory.units.remove(0);
    let mut known = vec![
        listed(1, "機構名冊", "勞動部"),
        listed(2, "訓練機構名冊", "勞動部"),
        listed(3, "薪資", "勞工保險局"),
        listed(9, "他部會", "內政部"),
    ];
    known.extend((4..8).map(|nid| listed(nid, "薪資", "勞動部")));
    let doubts = directory.unanswered(&known);
    assert!(doubts.iter().all(|doubt| doubt.is_fault));
    let lines: Vec<String> =
        doubts.iter().map(|doubt| format!("{:?} {}", doubt.entry, doubt.message)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    Unit("bodies") units lists and bodies answer for dataset 1 「機構名冊」 equally: their cases are with the administrators; name them by a longer word in `dataset_names`, or by number in `datasets`, of one of the two
    Agency("勞動部") no unit answers for 4 datasets (4 「薪資」, 5 「薪資」, 6 「薪資」, …) of 「勞動部」: their cases are with the administrators; add the agency to the `agencies` of a unit, or name them
    "#);
    // A duty that a unit is narrowed to can tie as well; that nobody has it is no gap.
    let takedown = CaseKind::parse("takedown").unwrap();
    for id in ["one", "other"] {
        let answers_for = Responsibility { kinds: vec![takedown], ..names(&["職災"]) };
        directory.units.push(unit(id, answers_for));
    }
    let doubts = directory.unanswered(&[listed(10, "職災", "勞工保險局")]);
    assert_eq!(doubts.len(), 1);
    assert!(doubts[0].message.starts_with("units one and other answer for dataset 10 「職災」"));
}

#[test]
fn a_shared_mailbox_makes_no_two_people_one() {
    let known_by = |name: &str, slack: Option<&str>, mail: Option<&str>| Person {
        slack: slack.map(ToOwned::to_owned),
        mail: mail.map(ToOwned::to_owned),
        ..person(name, &[])
    };
    let section = Some("section@example.gov.tw");
    let officer = known_by("吳保險", Some("U1"), section);
    for (other, is_same) in [
        (known_by("黃組長", Some("U2"), section), false),
        (known_by("黃組長", None, section), false),
        (known_by("吳保險", None, section), true),
        (known_by("吳保險", None, None), true),
        (known_by("吳保險", None, Some("wu@example.gov.tw")), false),
        (known_by("Wu", Some("u1"), Some("wu@example.gov.tw")), true),
    ] {
        assert_eq!(
            (officer.is_same(&other), other.is_same(&officer)),
            (is_same, is_same),
            "{other:?}"
        );
    }
}
