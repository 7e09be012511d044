//! The commands as people and scripts use them: the real program, its output, its exit codes.

use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn jicui(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("jicui").unwrap();
    command.env_clear().args(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = jicui(arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn code(arguments: &[&str]) -> i32 {
    jicui(arguments).status.code().unwrap()
}

/// A configuration whose database lies in the same directory; no platform.
fn configuration(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, format!("state_dir = \"state\"\n{text}")).unwrap();
    std::fs::write(dir.path().join("units.toml"), jicui::config::SAMPLE_UNITS).unwrap();
    let path = path.display().to_string();
    (dir, path)
}

#[test]
fn a_deadline_as_the_contract_writes_it() {
    for date in ["2026-02-11", "115-02-11", "1150211"] {
        let document = json(&["deadline", date, "--json", "--explain"]);
        assert_eq!(document["starts_on"], "2026-02-11");
        assert_eq!(document["due_on"], "2026-03-11");
        assert_eq!(document["workdays"], 14);
        assert_eq!(document["provisional"], false);
        let days = document["days"].as_array().unwrap();
        assert_eq!(days.len(), 28);
        assert_eq!(days[0]["date"], "2026-02-12");
        assert_eq!(days[0]["count"], 1);
        assert_eq!(days[2]["workday"], false);
        assert_eq!(days[2]["count"], Value::Null);
        assert_eq!(days[27]["count"], 14);
    }
    assert!(json(&["deadline", "2027-12-20", "--json"])["provisional"].as_bool().unwrap());
    assert_eq!(code(&["deadline", "2026-02-30"]), 2);
    assert_eq!(code(&["deadline", "1999-01-01"]), 1);
}

#[test]
fn a_year_as_the_contract_writes_it() {
    let document = json(&["calendar", "show", "2026", "--json"]);
    assert_eq!(document["workdays"], 245);
    assert_eq!(document["published"], true);
    let days = document["days"].as_array().unwrap();
    assert_eq!(days.len(), 365);
    assert_eq!(days[0]["kind"], "holiday");
    assert_eq!(days[0]["note"], "開國紀念日");
    let month = json(&["calendar", "show", "115-02", "--json"]);
    assert_eq!(month["days"].as_array().unwrap().len(), 28);
    assert_eq!(code(&["calendar", "show", "26"]), 2);
}

#[test]
fn a_year_for_people_fits_a_terminal() {
    let output = jicui(&["calendar", "show", "2026"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("245 workdays"), "{text}");
    assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 92), "{text}");
}

#[test]
fn exit_codes_are_the_contract_s() {
    assert_eq!(code(&["--no-such"]), 2);
    assert_eq!(code(&["nonsense"]), 2);
    let (_dir, bad) = configuration("[deadlin]\n");
    assert_eq!(code(&["check", "--config", &bad]), 64);
    assert_eq!(code(&["cases", "--config", &bad]), 64);
    let (_dir, good) = configuration("");
    assert_eq!(code(&["check", "--config", &good]), 0);
    assert_eq!(code(&["cases", "show", "C-1", "--config", &good]), 1);
    assert_eq!(code(&["send-test", "nobody", "--config", &good]), 1);
    assert_eq!(code(&["outbox", "retry", "7", "--config", &good]), 1);
    assert_eq!(code(&["outbox", "cancel", "x", "--config", &good]), 2);
    assert_eq!(code(&["--config", "/nowhere/config.toml", "check"]), 64);
}

#[test]
fn every_fault_is_printed_with_its_place_and_nothing_else_on_standard_output() {
    let (_dir, bad) = configuration("[deadline]\ncomment_workdays = 0\n[x]\n");
    let output = jicui(&["run", "--config", &bad]);
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("config.toml:3:20:") && said.contains("config.toml:4:2:"), "{said}");
}

#[test]
fn lists_are_json_even_when_they_are_empty() {
    let (_dir, good) = configuration("");
    for command in ["cases", "outbox", "preview"] {
        assert_eq!(json(&[command, "--json", "--config", &good]), Value::Array(Vec::new()));
    }
    let status = json(&["status", "--json", "--config", &good]);
    assert_eq!(status[0]["severity"], "bad", "no source was read yet: {status}");
}

#[test]
fn the_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, good) = configuration("");
    jicui(&["cases", "--config", &good]);
    let mode = std::fs::metadata(dir.path().join("state")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn the_manual_and_the_completions_are_there() {
    assert!(jicui(&["man"]).stdout.starts_with(b".ie"));
    let pages = tempfile::tempdir().unwrap();
    assert!(jicui(&["man", "--into", pages.path().to_str().unwrap()]).status.success());
    for page in ["jicui.1", "jicui-run.1", "jicui-cases-add.1", "jicui-calendar-close.1"] {
        let text = std::fs::read_to_string(pages.path().join(page)).unwrap();
        assert!(text.starts_with(".ie") && text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(!jicui(&["completions", shell]).stdout.is_empty(), "{shell}");
    }
}

#[test]
fn beside_json_nothing_else_is_printed_on_standard_output() {
    let (dir, path) =
        configuration("[platform]\nenabled = false\n[folder]\npath = \"drop\"\nsettle_secs = 0\n");
    let units = jicui::config::SAMPLE_UNITS.replace("\"slack:C00BLI0001\"", "\"print\"");
    std::fs::write(dir.path().join("units.toml"), units).unwrap();
    std::fs::create_dir(dir.path().join("drop")).unwrap();
    let list = "ID,開放建議標題,發表日期,實際派發機關,分派狀態,回復狀態\n\
        136936,希望開放,2026-01-05,勞動部勞工保險局,已分派,未回復\n";
    std::fs::write(dir.path().join("drop/list.csv"), list).unwrap();
    std::fs::write(dir.path().join("drop/notes.txt"), list).unwrap();
    let steps = json(&["once", "--json", "--config", &path]);
    assert_eq!(steps.as_array().unwrap().len(), 3, "{steps}");
    assert_eq!(steps[0]["report"], "folder: 1 change, 1 passed over: notes.txt");
    let cases = json(&["cases", "--json", "--config", &path]);
    assert_eq!(cases[0]["case_number"], "S-136936");
    assert_eq!(cases[0]["starts_on"], "2026-01-05");
    let test = ["send-test", "bli-planning", "--json", "--config", &path];
    let tested = json(&test);
    assert_eq!(tested[0]["channel"], "print");
    assert_eq!(tested[0]["sent"], true);
}

#[test]
fn a_calendar_of_deadlines_has_a_whole_address() {
    let add = ["tokens", "add", "行事曆", "--scope", "calendar", "--until", "2099-01-01"];
    let added = |text: &str| {
        let (_dir, path) = configuration(text);
        jicui(&[&add[..], &["--config", &path]].concat())
    };
    for (text, root, is_explained) in [
        ("", "http://127.0.0.1:8014/calendar/", true),
        (
            "[web]\npublic_url = \"https://jicui.example.gov.tw\"\n",
            "https://jicui.example.gov.tw/calendar/",
            false,
        ),
    ] {
        let output = added(text);
        let (address, said) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(address.starts_with(root), "{address} {said}");
        assert_eq!(said.contains("public_url is not set"), is_explained, "{said}");
    }
    let output = added("[web]\nlisten = \"\"\n");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("no token was made"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn nobody_acts_in_the_name_of_a_source() {
    let (_dir, path) = configuration("");
    for by in ["platform", "jicui", "fetch"] {
        assert_eq!(code(&["cases", "note", "A-1", "x", "--by", by, "--config", &path]), 2, "{by}");
    }
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let (dir, path) =
        configuration("[platform]\nenabled = false\n[folder]\npath = \"drop\"\nsettle_secs = 0\n");
    let drop = dir.path().join("drop");
    std::fs::create_dir(&drop).unwrap();
    std::fs::write(drop.join("bad.csv"), "no case\n1\n").unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut once = std::process::Command::new(assert_cmd::cargo::cargo_bin("jicui"));
    once.env_clear().env("JICUI_LOG", "debug").args(["once", "--config", &path]);
    let status = once.stdout(std::process::Stdio::null()).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(1), "the file is at fault, the log is not");
    assert!(drop.join("failed/bad.csv").exists());
}

#[test]
fn a_completion_that_nobody_reads_is_no_crash() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut completions = std::process::Command::new(assert_cmd::cargo::cargo_bin("jicui"));
    let status = completions.args(["completions", "bash"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn an_empty_variable_names_no_configuration() {
    let mut deadline = Command::cargo_bin("jicui").unwrap();
    deadline.env_clear().env("JICUI_CONFIG", "").args(["deadline", "2026-02-11"]);
    deadline.assert().success();
    let mut elsewhere = Command::cargo_bin("jicui").unwrap();
    elsewhere.env_clear().env("JICUI_CONFIG", "/nowhere.toml").arg("check");
    elsewhere.assert().code(64);
}
