use super::*;
use crate::config::secrets::Environment;
use crate::config::{self, SAMPLE_UNITS};

const AGENCY: &str = "勞動部勞工保險局";

const GOAL: &str = "[[kind.target.goal]]\nagency = \"勞工保險局\"\nyear = 115\nname = \"開放資料集數\"\n\
                    number = 2\n";

fn rules(config: &str) -> Rules {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("calendar")).unwrap();
    std::fs::write(dir.path().join("config.toml"), config).unwrap();
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
    let path = dir.path().join("config.toml");
    config::load(Some(&path), &Environment::default()).unwrap().config.rules
}

fn on(day: &str) -> Moment {
    let today: NaiveDate = day.parse().unwrap();
    Moment { now: crate::clock::instant(today.and_hms_opt(10, 0, 0).unwrap()), today }
}

fn dataset(nid: u64) -> KnownDataset {
    KnownDataset {
        dataset: Dataset { nid, title: format!("資料集{nid}") },
        agency: AGENCY.to_owned(),
        listed: true,
        gone_on: None,
        about: About::default(),
    }
}

fn badged(nid: u64, badge: &str) -> KnownDataset {
    let about = About { badge: Some(badge.to_owned()), ..About::default() };
    KnownDataset { about, ..dataset(nid) }
}

fn gone(nid: u64) -> KnownDataset {
    KnownDataset { listed: false, gone_on: "2026-03-02".parse().ok(), ..dataset(nid) }
}

/// A store in miniature: does what is asked for, until nothing is.
#[derive(Default)]
struct Office {
    standing: Standing,
    opened: usize,
}

impl Office {
    /// The deeds of a moment as lines; a second look at the same moment gives none.
    #[track_caller]
    fn at(&mut self, day: &str, datasets: &[KnownDataset], rules: &Rules) -> Vec<String> {
        self.standing.datasets = datasets.to_vec();
        let mut lines = Vec::new();
        for deed in due(rules, &self.standing, on(day)).unwrap() {
            lines.push(self.carry(deed, day));
        }
        assert_eq!(due(rules, &self.standing, on(day)).unwrap(), [], "it settles at once");
        lines
    }

    fn carry(&mut self, deed: Deed, day: &str) -> String {
        match deed {
            Deed::Open(opening) => {
                self.opened += 1;
                let number = format!("{}-{}", opening.prefix, self.opened);
                let performed = opening.begin(CaseNumber::parse(&number).unwrap(), on(day));
                let subject = Subject { word: opening.subject.clone(), joined: false };
                self.standing
                    .running
                    .push(Running { case: performed.case, subject: Some(subject) });
                format!("{number} opened for {}", opening.subject)
            }
            Deed::Join { subject, performed } => {
                let word = subject.clone();
                self.replace(&performed, |running| {
                    running.subject = Some(Subject { word, joined: true });
                });
                format!("{} joined with {subject}", performed.case.number)
            }
            Deed::Settle { ended, performed } => {
                self.replace(&performed, |_| {});
                let number = performed.case.number.clone();
                if ended.is_some() {
                    self.standing.running.retain(|running| running.case.number != number);
                }
                let events: Vec<&str> = performed.entries.iter().map(|entry| entry.event).collect();
                format!("{number} {}", events.join(", "))
            }
        }
    }

    fn replace(&mut self, performed: &Performed, change: impl FnOnce(&mut Running)) {
        let number = &performed.case.number;
        let mut all = self.standing.running.iter_mut();
        let running = all.find(|running| running.case.number == *number).unwrap();
        running.case = performed.case.clone();
        change(running);
    }

    fn case(&mut self) -> &mut Case {
        &mut self.standing.running[0].case
    }

    /// What is missing of the newest case's own list.
    fn missing(&self) -> Vec<&str> {
        let items = &self.standing.running.last().unwrap().case.handling.checklist;
        let missing = items.iter().filter(|item| item.tick.is_none());
        missing.map(|item| item.name.as_deref().unwrap_or_default()).collect()
    }
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_dataset_that_is_gone_is_one_case_until_it_is_back() {
    let (rules, mut office) = (rules(""), Office::default());
    assert_eq!(office.at("2026-03-02", &[dataset(1), dataset(2)], &rules), none());
    let unlisted = KnownDataset { listed: false, ..dataset(1) };
    assert_eq!(office.at("2026-03-02", &[unlisted], &rules), none(), "not listed is not gone");
    let late = KnownDataset { listed: true, ..gone(1) };
    assert_eq!(office.at("2026-03-02", &[late], &rules), none(), "it is listed still");
    let foreign = KnownDataset { agency: "內政部".to_owned(), ..gone(9) };
    assert_eq!(office.at("2026-03-02", &[foreign], &rules), none());
    let opened = office.at("2026-03-02", &[gone(1), dataset(2)], &rules);
    assert_eq!(opened, ["T-1 opened for dataset 1"]);
    assert_eq!(office.at("2026-03-03", &[gone(1), dataset(2)], &rules), none());
    assert_eq!(office.at("2026-03-03", &[], &rules), none(), "unknown is not back");
    let back = office.at("2026-03-04", &[dataset(1), dataset(2)], &rules);
    assert_eq!(back, ["T-1 withdrawn, returned"]);
    let again = office.at("2026-03-05", &[gone(1), gone(2)], &rules);
    assert_eq!(again, ["T-2 opened for dataset 1", "T-3 opened for dataset 2"]);
    office.case().state = CaseState::Withdrawn;
    assert_eq!(office.at("2026-03-06", &[gone(1), gone(2)], &rules), none(), "a person decided");
}

#[test]
fn a_planned_takedown_is_the_case_and_is_not_doubled() {
    let (rules, mut office) = (rules(""), Office::default());
    let kind = CaseKind::parse("takedown").unwrap();
    let planned = |number: &str, state, nid| {
        let duty = rules.kinds.duty(kind).unwrap();
        let number = CaseNumber::parse(number).unwrap();
        let case = imagined(duty, &dataset(nid), on("2026-02-02"));
        Running { case: Case { number, state, ..case }, subject: None }
    };
    office.standing.running = vec![
        planned("T-7", CaseState::Withdrawn, 1),
        planned("T-8", CaseState::Replied, 1),
        planned("T-9", CaseState::Open, 2),
    ];
    let deeds = office.at("2026-03-02", &[gone(1), gone(2)], &rules);
    assert_eq!(deeds, ["T-8 joined with dataset 1", "T-9 joined with dataset 2"]);
    let back = office.at("2026-03-04", &[dataset(1), dataset(2)], &rules);
    assert_eq!(back, ["T-8 returned", "T-9 returned"], "what a person planned, a person ends");
}

#[test]
fn a_target_is_short_then_met_then_short_again_and_over_with_its_year() {
    let (rules, mut office) = (rules(GOAL), Office::default());
    let opened = office.at("2026-01-05", &[dataset(1)], &rules);
    assert_eq!(opened, ["G-1 opened for 2026 勞動部勞工保險局 開放資料集數"]);
    let goal = office.case().handling.goal.clone().unwrap();
    assert_eq!((goal.words().as_str(), goal.measured_by), ("1/2", None));
    let due = rules.deadline(office.case(), on("2026-01-05").today).unwrap().due_on;
    assert_eq!(due.to_string(), "2026-12-31");
    assert_eq!(office.at("2026-02-02", &[dataset(1)], &rules), none());
    let met = office.at("2026-03-02", &[dataset(1), dataset(2)], &rules);
    assert_eq!(met, ["G-1 measured, replied"]);
    let short = office.at("2026-04-01", &[dataset(1), gone(2)], &rules);
    assert_eq!(short, ["T-2 opened for dataset 2", "G-1 measured, reopened"]);
    let over = office.at("2027-01-04", &[dataset(1), gone(2)], &rules);
    assert_eq!(over, ["G-1 closed"]);
}

#[test]
fn a_target_is_not_over_before_its_due_day_has_passed() {
    let rules = rules(&GOAL.replace("2026", "2027").replace("115", "116"));
    let mut office = Office::default();
    office.at("2027-01-05", &[dataset(1)], &rules);
    let due = rules.deadline(office.case(), on("2027-01-05").today).unwrap().due_on;
    assert_eq!(due.to_string(), "2028-01-03", "the last of December is a day off");
    assert_eq!(office.at("2028-01-01", &[dataset(1)], &rules), none());
    assert_eq!(office.at("2028-01-03", &[dataset(1)], &rules), none());
    assert_eq!(office.at("2028-01-04", &[dataset(1)], &rules), ["G-1 closed"]);
}

#[test]
fn a_target_that_is_taken_out_is_over_at_once() {
    let (wanted, mut office) = (rules(GOAL), Office::default());
    office.at("2026-01-05", &[dataset(1)], &wanted);
    let renamed = rules(&GOAL.replace("開放資料集數", "開放資料集總數"));
    let deeds = office.at("2026-01-06", &[dataset(1)], &renamed);
    assert!(deeds.contains(&"G-1 withdrawn".to_owned()), "{deeds:?}");
}

#[test]
fn what_a_person_measures_is_left_alone() {
    let by_hand = format!("{GOAL}measure = \"hand\"\nunit = \"wda-planning\"\n");
    let (rules, mut office) = (rules(&by_hand), Office::default());
    office.at("2026-01-05", &[dataset(1)], &rules);
    assert_eq!(rules.unit(office.case()).unwrap().id, "wda-planning");
    office.case().handling.goal.as_mut().unwrap().value = Some(1);
    assert_eq!(office.at("2026-02-02", &[dataset(1)], &rules), none());
    let lower = rules_with_number(&by_hand, 1);
    assert_eq!(office.at("2026-02-03", &[dataset(1)], &lower), ["G-1 measured, replied"]);
}

fn rules_with_number(config: &str, number: u32) -> Rules {
    rules(&config.replace("number = 2", &format!("number = {number}")))
}

#[test]
fn a_unit_has_the_list_of_its_datasets_below_gold_before_each_count() {
    let (rules, mut office) = (rules(""), Office::default());
    let low = [badged(1, "銅"), badged(2, "無"), badged(3, "白金"), dataset(4)];
    assert_eq!(office.at("2026-03-02", &low, &rules), none(), "too early");
    let opened = office.at("2026-04-07", &low, &rules);
    assert_eq!(opened, ["B-1 opened for 2026-04-30 bli-planning"]);
    assert_eq!(office.missing(), ["資料集1（銅）", "資料集2（無）"]);
    let better = [badged(1, "金"), badged(2, "銀"), badged(3, "銀")];
    assert_eq!(office.at("2026-04-08", &better, &rules), ["B-1 checklist_moved"]);
    assert_eq!(office.missing(), ["資料集2（銀）", "資料集3（銀）"]);
    let worse = [badged(1, "銅"), badged(2, "銀"), badged(3, "白金")];
    assert_eq!(office.at("2026-04-09", &worse, &rules), ["B-1 checklist_moved"]);
    assert_eq!(office.missing(), ["資料集1（銅）", "資料集2（銀）"]);
    let gold = [badged(1, "金"), badged(2, "金")];
    assert_eq!(office.at("2026-04-10", &gold, &rules), ["B-1 checklist_moved, replied"]);
    let next = office.at("2026-04-30", &worse, &rules);
    assert_eq!(next, ["B-2 opened for 2026-04-30 bli-planning"]);
    assert_eq!(office.at("2026-05-04", &worse, &rules), ["B-2 closed"], "the count is over");
    let later = office.at("2026-08-10", &worse, &rules);
    assert_eq!(later, ["B-3 opened for 2026-08-31 bli-planning"]);
}

#[test]
fn a_count_on_a_day_off_is_open_until_the_next_workday() {
    let (rules, mut office) =
        (rules("[kind.badge]\ndates = [\"2026-02-14\"]\n"), Office::default());
    let low = [badged(1, "銅")];
    assert_eq!(office.at("2026-02-13", &low, &rules), ["B-1 opened for 2026-02-14 bli-planning"]);
    assert_eq!(office.at("2026-02-22", &low, &rules), none(), "the days of the new year");
    assert_eq!(office.at("2026-02-23", &low, &rules), none(), "it falls due today");
    assert_eq!(office.at("2026-02-24", &low, &rules), ["B-1 closed"]);
}

#[test]
fn every_agency_has_a_case_before_a_day_that_the_config_names() {
    let own = "[kind.inventory]\nname = \"盤點\"\nprefix = \"I\"\naction = \"完成盤點\"\n\
               dates = [\"06-30\"]\nopened_by = \"dates\"\nopen_workdays_before = 5\n";
    let (rules, mut office) = (rules(own), Office::default());
    assert_eq!(office.at("2026-06-22", &[], &rules), none());
    let opened = office.at("2026-06-24", &[], &rules);
    assert_eq!(opened.len(), rules.directory.agencies.len());
    assert_eq!(opened[0], "I-1 opened for 2026-06-30 勞動部");
    assert_eq!(office.case().title, "115年6月30日盤點");
    assert_eq!(office.at("2026-07-20", &[], &rules), none(), "it is overdue, and a person ends it");
}

#[test]
fn each_of_two_days_near_each_other_has_its_cases_in_time() {
    let own = "[kind.inventory]\nname = \"盤點\"\nprefix = \"I\"\naction = \"完成盤點\"\n\
               dates = [\"06-29\", \"06-30\"]\nopened_by = \"dates\"\nopen_workdays_before = 5\n";
    let (rules, mut office) = (rules(own), Office::default());
    let agencies = rules.directory.agencies.len();
    assert_eq!(office.at("2026-06-22", &[], &rules).len(), agencies, "of the first");
    assert_eq!(office.at("2026-06-23", &[], &rules).len(), agencies, "of the second");
}

#[test]
fn an_agency_that_is_called_otherwise_by_now_has_its_cases_already() {
    let own = "[kind.inventory]\nname = \"盤點\"\nprefix = \"I\"\naction = \"完成盤點\"\n\
               dates = [\"06-30\"]\nopened_by = \"dates\"\nopen_workdays_before = 5\n";
    let (mut rules, mut office) =
        (rules(&format!("{own}{GOAL}measure = \"hand\"\n")), Office::default());
    office.at("2026-06-24", &[], &rules);
    let agency =
        rules.directory.agencies.iter_mut().find(|agency| agency.is_named(AGENCY)).unwrap();
    let before = std::mem::replace(&mut agency.name, "勞動部勞保署".to_owned());
    agency.aliases.push(before);
    assert_eq!(office.at("2026-06-25", &[], &rules), none());
}

#[test]
fn a_list_for_no_single_unit_is_one_case_by_whichever_name_its_agency_is_called() {
    let (mut rules, mut office) = (rules(""), Office::default());
    rules.directory.units.clear();
    let low = [KnownDataset { agency: "勞工保險局".to_owned(), ..badged(1, "銅") }];
    assert_eq!(
        office.at("2026-04-07", &low, &rules),
        [format!("B-1 opened for 2026-04-30 {AGENCY}")]
    );
    assert_eq!(office.at("2026-04-08", &low, &rules), none());
    // As an earlier build wrote it.
    office.standing.running[0].subject.as_mut().unwrap().word = "2026-04-30 勞工保險局".to_owned();
    assert_eq!(office.at("2026-04-09", &low, &rules), none());
}

#[test]
fn a_dataset_that_is_stale_again_is_a_case_again_though_a_person_had_opened_one_before() {
    let rules = rules("[kind.update]\nopened_by = \"dataset_stale\"\n");
    let kind = CaseKind::parse("update").unwrap();
    let by_hand = |number: &str, state| {
        let number = CaseNumber::parse(number).unwrap();
        let case = imagined(rules.kinds.duty(kind).unwrap(), &dataset(1), on("2025-01-02"));
        Running { case: Case { number, state, ..case }, subject: None }
    };
    let about = About {
        frequency: Some("每月".to_owned()),
        updated_on: "2026-01-16".parse().ok(),
        ..About::default()
    };
    let stale = [KnownDataset { about, ..dataset(1) }];
    let mut office = Office::default();
    office.standing.running = vec![by_hand("U-90", CaseState::Replied)];
    let deeds = office.at("2026-03-03", &stale, &rules);
    assert_eq!(deeds, ["U-1 opened for dataset 1 of 2026-01-16"]);
    office.standing.running = vec![by_hand("U-91", CaseState::Open)];
    let deeds = office.at("2026-03-03", &stale, &rules);
    assert_eq!(deeds, ["U-91 joined with dataset 1 of 2026-01-16"]);
}

#[test]
fn a_goal_that_is_measured_by_hand_from_now_on_can_be_measured() {
    let mut office = Office::default();
    office.at("2026-01-05", &[dataset(1)], &rules(GOAL));
    assert!(office.case().handling.goal.as_ref().unwrap().measured_on.is_some());
    office.at("2026-01-06", &[dataset(1)], &rules(&format!("{GOAL}measure = \"hand\"\n")));
    let goal = office.case().handling.goal.clone().unwrap();
    assert_eq!((goal.words().as_str(), goal.measured_on), ("1/2", None));
}

#[test]
fn a_dataset_is_stale_when_it_is_older_than_it_says() {
    let updated = |on: &str, frequency: &str| {
        let about = About {
            frequency: Some(frequency.to_owned()),
            updated_on: on.parse().ok(),
            ..About::default()
        };
        KnownDataset { about, ..dataset(1) }
    };
    let (off, mut office) = (rules(""), Office::default());
    assert_eq!(office.at("2026-03-02", &[updated("2025-01-01", "每月")], &off), none());
    let rules = rules("[kind.update]\nopened_by = \"dataset_stale\"\n");
    for (on, frequency) in
        [("2026-01-16", "每月"), ("2020-01-01", "不定期"), ("2025-03-01", "每年")]
    {
        assert_eq!(office.at("2026-03-02", &[updated(on, frequency)], &rules), none(), "{on}");
    }
    let opened = office.at("2026-03-03", &[updated("2026-01-16", "每月")], &rules);
    assert_eq!(opened, ["U-1 opened for dataset 1 of 2026-01-16"]);
    let fresh = office.at("2026-03-05", &[updated("2026-03-05", "每月")], &rules);
    assert_eq!(fresh, ["U-1 replied"]);
    office.at("2026-06-01", &[updated("2026-03-05", "每月")], &rules);
    let lost = office.at("2026-06-02", &[KnownDataset { listed: false, ..dataset(1) }], &rules);
    assert_eq!(lost, ["U-2 withdrawn"]);
}

#[test]
fn what_is_lost_from_view_is_not_done() {
    let (badge_rules, mut office) = (rules(""), Office::default());
    office.at("2026-04-07", &[badged(1, "銅"), badged(2, "無")], &badge_rules);
    for shown in [&[dataset(1), dataset(2)][..], &[]] {
        assert_eq!(office.at("2026-04-08", shown, &badge_rules), none(), "no badge is shown");
    }
    let elsewhere = |nid| KnownDataset { agency: "內政部".to_owned(), ..badged(nid, "銅") };
    let moved = [elsewhere(1), elsewhere(2)];
    assert_eq!(office.at("2026-04-09", &moved, &badge_rules), ["B-1 withdrawn"]);

    let about = About {
        frequency: Some("每月".to_owned()),
        updated_on: "2026-01-01".parse().ok(),
        ..About::default()
    };
    let stale = [KnownDataset { about, ..dataset(1) }];
    let update_rules = rules("[kind.update]\nopened_by = \"dataset_stale\"\n");
    let mut office = Office::default();
    office.at("2026-03-03", &stale, &update_rules);
    assert_eq!(office.at("2026-03-04", &[dataset(1)], &update_rules), none(), "no day is shown");

    let target_rules = rules(GOAL);
    let mut office = Office::default();
    office.at("2026-03-03", &[dataset(1)], &target_rules);
    let mut nobody = target_rules.clone();
    nobody.directory.agencies.clear();
    assert_eq!(office.at("2026-03-04", &[dataset(1)], &nobody), none(), "the agency is unknown");
}

#[test]
fn a_badge_that_is_no_longer_shown_is_still_asked_for() {
    let (rules, mut office) = (rules(""), Office::default());
    office.at("2026-04-07", &[badged(1, "銅"), badged(2, "無")], &rules);
    assert_eq!(office.at("2026-04-08", &[dataset(1), badged(2, "無")], &rules), none());
    let one = office.at("2026-04-09", &[dataset(1), badged(2, "金")], &rules);
    assert_eq!(
        (one, office.missing()),
        (vec!["B-1 checklist_moved".to_owned()], vec!["資料集1（銅）"])
    );
    let both = office.at("2026-04-10", &[badged(1, "金"), badged(2, "金")], &rules);
    assert_eq!(both, ["B-1 checklist_moved, replied"]);
}

#[test]
fn a_case_with_more_time_than_the_count_goes_on_after_it() {
    let (rules, mut office) = (rules(""), Office::default());
    let low = [badged(1, "銅")];
    office.at("2026-04-07", &low, &rules);
    office.case().handling.due_on = "2026-05-29".parse().ok();
    assert_eq!(
        office.at("2026-05-04", &low, &rules),
        none(),
        "the badge is low, and its time is not over"
    );
    assert_eq!(office.at("2026-06-01", &low, &rules), ["B-1 closed"]);
}

#[test]
fn a_dataset_that_is_back_is_back_whoever_its_agency_was() {
    let (known, mut office) = (rules(""), Office::default());
    assert_eq!(office.at("2026-03-03", &[gone(1)], &known).len(), 1);
    let mut other = known.clone();
    other.directory.agencies.retain(|agency| !agency.is_named(AGENCY));
    let back = KnownDataset { agency: "勞動部".to_owned(), ..dataset(1) };
    assert_eq!(office.at("2026-03-04", &[back], &other).len(), 1, "it ends");
}
