use super::*;
use crate::domain::case::{CaseNumber, CaseState, Dataset, Origin, StartDay};

fn unit(id: &str, answers_for: Responsibility) -> Unit {
    Unit {
        id: id.to_owned(),
        name: id.to_owned(),
        agency: "勞動部".to_owned(),
        answers_for,
        officers: Vec::new(),
        supervisor: None,
        channels: Vec::new(),
        supervisor_channels: Vec::new(),
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
