//! `jicui cases …` as administrators type it: the real program, today.

use std::process::Output;

use chrono::{Datelike, NaiveDate, TimeDelta};
use jicui::clock::{Clock, SystemClock, today};
use serde_json::Value;

use super::world::program::Program;

const NUMBER: &str = "M-115-0001";

/// A ministry with one case put in by hand a week ago.
struct Office(Program);

impl Office {
    fn new() -> Self {
        let office = Self(Program::install());
        let day = a_week_ago().to_string();
        let agency = ["--agency", "勞工保險局", "--assigned-on", &day];
        let what = ["cases", "add", NUMBER, "--kind", "request", "--title", "來函請求開放"];
        let remark = ["--reason", "收文 1150001"];
        assert_code(
            &office.run(&[&what[..], &agency, &remark].concat()),
            0,
            "added for 勞工保險局企劃管理組",
        );
        office
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.0.run(arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.0.json(arguments)
    }

    fn act(&self, verb: &str, arguments: &[&str]) -> Value {
        self.json(&[&["cases", verb, NUMBER], arguments].concat())
    }

    fn show(&self) -> Value {
        self.json(&["cases", "show", NUMBER])
    }

    #[track_caller]
    fn check_refused(&self, arguments: &[&str], code: i32, expected: &str) {
        let before = self.show();
        assert_code(&self.run(&[&["cases"], arguments].concat()), code, expected);
        assert_eq!(self.show(), before, "nothing changed");
    }
}

#[track_caller]
fn assert_code(output: &Output, code: i32, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(expected), "{expected}: {said}");
    assert!(output.stdout.is_empty());
}

fn a_week_ago() -> NaiveDate {
    today(SystemClock.now()) - TimeDelta::days(7)
}

#[test]
fn a_case_put_in_by_hand_counts_from_the_day_that_was_given() {
    let office = Office::new();
    let case = &office.json(&["cases"])[0];
    assert_eq!(case["case_number"], NUMBER);
    assert_eq!(case["agency"], "勞動部勞工保險局", "as the directory writes it");
    assert_eq!(case["unit"], "bli-planning");
    assert_eq!(case["state"], "open");
    assert_eq!(case["start_origin"], "by_hand");
    assert_eq!(case["starts_on"], a_week_ago().to_string());
    let due = office.json(&["deadline", &a_week_ago().to_string()]);
    assert_eq!(case["due_on"], due["due_on"]);
    let file = office.show();
    assert_eq!(file["history"][0]["event"], "added");
    assert_eq!(file["history"][0]["actor"], "王小明");
}

#[test]
fn what_is_done_to_a_case_is_shown_with_who_when_and_why() {
    let office = Office::new();
    assert_eq!(
        office.act("acknowledge", &["--by", "吳保險", "--reason", "已洽廠商"])["state"],
        "acknowledged"
    );
    let day = a_week_ago().to_string();
    let due =
        |workdays: &str| office.json(&["deadline", &day, "--workdays", workdays])["due_on"].clone();
    let asked = office.act("extend", &["--workdays", "3", "--reason", "等候廠商", "--ask"]);
    assert_eq!(asked["due_on"], due("14"), "it waits for the supervisor");
    let extended = office.act("extend", &["--confirm", "--by", "黃組長"]);
    assert_eq!((&extended["due_on"], &extended["original_due_on"]), (&due("17"), &due("14")));
    assert_eq!(extended["extension_workdays"], 3);
    let held = office.act("hold", &["--reason", "請民眾補充"]);
    assert_eq!((&held["state"], &held["due_on"]), (&Value::from("on_hold"), &due("17")));
    assert_eq!(office.act("resume", &["--reason", "已補充"])["state"], "acknowledged");
    office.act("note", &["已電話聯繫"]);
    let given = office.act("reassign", &["--unit", "wda-training", "--reason", "屬訓練業務"]);
    assert_eq!((&given["unit"], &given["state"]), (&"wda-training".into(), &"open".into()));
    assert_eq!(office.act("reply", &["--by", "李訓練", "--reason", "已上架"])["state"], "replied");
    let follow_up = ["--outcome", "not_needed", "--reason", "資料已齊", "--by", "李訓練"];
    office.act("follow-up", &follow_up);
    let file = office.show();
    let history = file["history"].as_array().unwrap();
    let line = |entry: &Value| {
        let word = |key: &str| entry[key].as_str().unwrap().to_owned();
        format!("{} {} {}", word("actor"), word("event"), word("reason")).trim_end().to_owned()
    };
    let lines: Vec<String> = history.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    王小明 added 收文 1150001
    吳保險 acknowledged 已洽廠商
    王小明 extension_asked 等候廠商
    黃組長 extended 等候廠商
    王小明 held 請民眾補充
    王小明 resumed 已補充
    王小明 note 已電話聯繫
    王小明 reassigned 屬訓練業務
    李訓練 replied 已上架
    李訓練 follow_up 資料已齊
    ");
    assert_eq!((&history[3]["before"], &history[3]["after"]), (&due("14"), &due("17")));
    assert_eq!(file["extensions"][0]["state"], "confirmed");
    assert_eq!(file["holds"][0]["reason"], "請民眾補充");
    assert_eq!(file["follow_up"]["outcome"], "not_needed");
    let rounds = file["rounds"].as_array().unwrap();
    assert_eq!((rounds.len(), &rounds[0]["extensions"]), (1, &file["extensions"]));
    assert_eq!((&rounds[0]["due_on"], &rounds[0]["follow_up"]), (&due("17"), &file["follow_up"]));
    assert_eq!(file["reply_confirmed"], true, "no source could show it: nothing to wait for");
    let page = office.run(&["cases", "show", NUMBER]);
    let page = String::from_utf8(page.stdout).unwrap();
    for expected in ["extension of 3", "originally", "asked by 王小明", "展延", "not_needed"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
}

#[test]
fn a_checklist_is_ticked_and_shown() {
    let office = Office::new();
    let day = a_week_ago().to_string();
    let add = ["cases", "add", "T-1", "--kind", "takedown", "--title", "下架勞保統計"];
    let due = (a_week_ago() + TimeDelta::days(30)).to_string();
    let more = ["--unit", "bli-planning", "--assigned-on", &day, "--due", &due];
    let added = office.json(&[&add[..], &more].concat());
    let on = added["due_on"].as_str().unwrap().parse::<NaiveDate>().unwrap();
    assert!(on >= due.parse().unwrap(), "{on}");
    let ticked = ["cases", "tick", "T-1", "approval", "--on", &day, "--document", "勞資字第1號"];
    let output = office.run(&[&ticked[..], &["--by", "吳保險"]].concat());
    assert_code(&output, 0, "T-1 still lacks countersign (資訊單位會簽)");
    let file = office.json(&["cases", "show", "T-1"]);
    let approval = &file["checklist"][0];
    assert_eq!(
        (&approval["item"], &approval["name"]),
        (&"approval".into(), &"機關首長書面核准".into())
    );
    assert_eq!(
        (&approval["done_on"], &approval["document"]),
        (&day.as_str().into(), &"勞資字第1號".into())
    );
    assert_eq!(approval["ticked_by"], "吳保險");
    assert_eq!(file["checklist"][3]["done_on"], Value::Null);
    let page = String::from_utf8(office.run(&["cases", "show", "T-1"]).stdout).unwrap();
    assert!(page.contains("[x] 機關首長書面核准 (approval)") && page.contains("[ ] "), "{page}");
    assert_code(&office.run(&ticked), 1, "approval was ticked by 吳保險 at ");
    let untick = ["cases", "untick", "T-1", "approval", "--reason", "文號有誤"];
    assert_code(&office.run(&untick), 0, "T-1 unticked");
    for item in ["approval", "countersign", "advisory-group", "copy"] {
        office.run(&["cases", "tick", "T-1", item]);
    }
    assert_eq!(office.json(&["cases", "show", "T-1"])["state"], "replied");
}

#[test]
fn a_target_is_listed_and_measured_by_hand() {
    let office = Office::new();
    let year = today(SystemClock.now()).year();
    let goal = format!(
        "[[kind.target.goal]]\nagency = \"勞工保險局\"\nyear = {year}\nname = \"高應用價值資料集數\"\n\
         number = 3\nmeasure = \"hand\"\n"
    );
    let path = office.0.path("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, config + &goal).unwrap();
    office.run(&["once"]);
    let target = &office.json(&["targets"])[0];
    assert_eq!((&target["case_number"], &target["number"]), (&"G-1".into(), &3.into()));
    assert_eq!((&target["value"], &target["reached"]), (&Value::Null, &false.into()));
    assert_eq!(target["due_on"].as_str().unwrap()[..4], year.to_string());
    let short = &office.json(&["targets", "set", "G-1", "2", "--by", "吳保險"])[0];
    assert_eq!((&short["value"], &short["measured_by"]), (&2.into(), &"吳保險".into()));
    let table = String::from_utf8(office.run(&["targets"]).stdout).unwrap();
    assert!(table.contains("2 of 3"), "{table}");
    let reached = &office.json(&["targets", "set", "G-1", "3"])[0];
    assert_eq!((&reached["reached"], &reached["state"]), (&true.into(), &"replied".into()));
    assert_eq!(office.json(&["targets", "set", "G-1", "1"])[0]["state"], "open", "not after all");
    let none = "M-115-0001 has no number to reach: `jicui targets` lists those that have";
    assert_code(&office.run(&["targets", "set", NUMBER, "3"]), 1, none);
}

#[test]
fn bad_input_gets_a_clear_word_and_changes_nothing() {
    let office = Office::new();
    let refused = |arguments: &[&str], expected: &str| {
        office.check_refused(arguments, 1, expected);
    };
    refused(&["acknowledge", "C-9"], "there is no case C-9: `jicui cases` lists them");
    let limit = "an extension may have 1 to 14 workdays, not 15";
    refused(&["extend", NUMBER, "--workdays", "15", "--reason", "因"], limit);
    refused(&["extend", NUMBER, "--confirm"], "no extension of M-115-0001 waits");
    refused(&["hold", NUMBER, "--reason", " "], "say why: hold needs a reason");
    refused(&["resume", NUMBER], "M-115-0001 is open: resume means nothing there");
    refused(&["reassign", NUMBER, "--unit", "x", "--reason", "因"], "no unit has the id x");
    refused(&["start", NUMBER, "--on", "2059-01-01", "--reason", "因"], "in the future");
    refused(&["reply", NUMBER, "--at", "2020-01-01 09:00"], "before the clock started");
    refused(&["follow-up", NUMBER, "--outcome", "added"], "follow_up means nothing there");
    let again = ["add", NUMBER, "--kind", "comment", "--title", "題", "--unit", "bli-planning"];
    refused(&again, "there is a case M-115-0001 already");
    let nobody = ["add", "M-2", "--kind", "comment", "--title", "題", "--agency", "無此機關"];
    refused(&nobody, "no [[agency]] is called 「無此機關」");
    let letter = ["add", "M-2", "--kind", "letter", "--title", "題", "--unit", "bli-planning"];
    refused(&letter, "no kind is called letter: write one of comment, request, ");
    let takedown = ["add", "T-9", "--kind", "takedown", "--title", "題", "--unit", "bli-planning"];
    let with = |more: &[&'static str]| [&takedown[..], more].concat();
    refused(&with(&["--dataset", "6100"]), "the platform has shown no dataset 6100 of ours");
    refused(&with(&["--due", "2020-01-01"]), "2020-01-01 cannot be: it lies before the clock");
    refused(&["tick", NUMBER, "approval"], "no item approval to tick: its kind has no checklist");
    let wrong = |arguments: &[&str]| office.check_refused(arguments, 2, "");
    wrong(&["untick", NUMBER, "approval"]);
    wrong(&["tick", NUMBER]);
    wrong(&["extend", NUMBER, "--workdays=-3", "--reason", "因"]);
    wrong(&["extend", NUMBER, "--workdays", "0", "--reason", "因"]);
    wrong(&["extend", NUMBER, "--workdays", "3"]);
    wrong(&["extend", NUMBER]);
    wrong(&["withdraw", NUMBER]);
    wrong(&["note", NUMBER]);
    wrong(&["acknowledge", "案 1"]);
    wrong(&["follow-up", NUMBER, "--outcome", "maybe"]);
    wrong(&["add", "M-2", "--kind", "Letter", "--title", "題", "--unit", "bli-planning"]);
    wrong(&["add", "M-2", "--kind", "comment", "--title", "題"]);
    wrong(&with(&["--url", "javascript:alert(1)"]));
}

#[test]
fn what_is_done_already_is_said_with_who_did_it() {
    let office = Office::new();
    let twice = |arguments: &[&str], expected: &str| {
        assert_eq!(office.run(&[&["cases"], arguments].concat()).status.code(), Some(0));
        office.check_refused(arguments, 1, expected);
    };
    twice(&["acknowledge", NUMBER, "--by", "吳保險"], "吳保險 did that at ");
    twice(&["hold", NUMBER, "--reason", "因"], "王小明 did that at ");
    twice(&["resume", NUMBER], "王小明 did that at ");
    twice(&["extend", NUMBER, "--days", "2", "--reason", "因"], "王小明 did that at ");
    let later = (a_week_ago() + TimeDelta::days(1)).to_string();
    twice(&["start", NUMBER, "--on", &later, "--reason", "因"], "王小明 did that at ");
    twice(&["withdraw", NUMBER, "--reason", "重複"], "王小明 did that at ");
    let closed = "is withdrawn: extend means nothing there";
    office.check_refused(&["extend", NUMBER, "--days", "2", "--reason", "因"], 1, closed);
    assert_eq!(office.act("resume", &[])["state"], "open", "a withdrawal can be taken back");
}

#[test]
fn a_unit_that_is_not_there_has_no_empty_list() {
    let office = Office::new();
    let known = "no unit `nope`; there are: mol-information";
    assert_code(&office.run(&["cases", "--unit", "nope"]), 1, known);
    assert_eq!(office.json(&["cases", "--unit", "bli-planning"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_number_of_the_platform_is_of_its_kind_and_an_act_is_somebodys() {
    let program = Program::install();
    let add = |number: &str, by: &str| {
        let add = ["cases", "add", number, "--title", "題", "--agency", "勞動部"];
        let more = ["--kind", "request", "--assigned-on", "2026-03-02", "--by", by];
        let output = program.run(&[&add[..], &more[..]].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = add("C-777777", "王小明");
    assert!(
        code == Some(2) && said.contains("number of a comment: write --kind comment"),
        "{said}"
    );
    for nobody in ["", "  ", "王\n小明"] {
        let (code, said) = add("S-7", nobody);
        assert!(code == Some(2) && said.contains("it cannot be a name"), "{said}");
    }
    assert_eq!(add("S-7", "王小明").0, Some(0));
}
