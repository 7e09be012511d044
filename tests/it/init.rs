//! `jicui init`, and how `jicui check` leads from there to a configuration that is whole.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn jicui(arguments: &[&str]) -> Output {
    Command::cargo_bin("jicui").unwrap().env_clear().args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_configuration_is_private_and_says_what_comes_next() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("etc/jicui");
    let output = jicui(&["init", dir.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let text = said(&output);
    for next in ["units.toml: written", "fill in", "secrets", "check --online", "run"] {
        assert!(text.contains(next), "{text}");
    }
    // A machine that has the daemon's group lets it read; nobody else may.
    for (name, private, of_the_group) in [
        ("", 0o700, 0o750),
        ("calendar", 0o700, 0o2770),
        ("config.toml", 0o600, 0o640),
        ("units.toml", 0o600, 0o640),
        ("calendar/closures.toml", 0o600, 0o640),
    ] {
        let found = mode(&dir.join(name));
        assert!([private, of_the_group].contains(&found), "{name}: {found:o}");
    }
}

#[test]
fn check_names_each_thing_that_is_still_to_fill_in_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().to_str().unwrap();
    jicui(&["init", dir]);
    let (config, units) = (format!("{dir}/config.toml"), format!("{dir}/units.toml"));
    let text = std::fs::read_to_string(&units).unwrap();
    let blanks: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
        .flat_map(|(number, line)| {
            line.split("\"<")
                .skip(1)
                .map(move |rest| (number + 1, rest.split(">\"").next().unwrap()))
        })
        .collect();
    assert!(blanks.len() > 10, "{blanks:?}");
    let output = jicui(&["check", "--config", &config]);
    assert_eq!(output.status.code(), Some(64));
    let lines = said(&output);
    let named: Vec<&str> = lines.lines().filter(|line| line.contains("units.toml:")).collect();
    assert_eq!(named.len(), blanks.len(), "{lines}");
    for (line, (number, what)) in named.iter().zip(&blanks) {
        assert!(line.contains(&format!("units.toml:{number}:")), "{line}");
        assert!(line.ends_with(&format!("still to fill in: {what}")), "{line}");
    }
    // Filled in, it is well; only the token is missing, which is a warning.
    let mut filled = text.clone();
    for (_, what) in &blanks {
        let value = match *what {
            what if what.contains("mail address") => "wang@example.gov.tw",
            what if what.contains("slack:CHANNEL_ID") => "slack:C00BLI0001",
            what if what.contains("city or county") => "臺北市",
            what if what.contains("agency") => "勞動部勞工保險局",
            what if what.contains("short word") => "planning",
            _ => "王小明",
        };
        filled = filled.replace(&format!("\"<{what}>\""), &format!("\"{value}\""));
    }
    std::fs::write(&units, filled).unwrap();
    let output = jicui(&["check", "--config", &config]);
    let text = said(&output);
    assert!(output.status.success() && text.contains("well: 1 unit,"), "{text}");
    assert!(
        text.trim_end().ends_with("; but channels that lead nowhere: see the warnings above"),
        "{text}"
    );
    assert!(text.contains("credential slack_token"), "{text}");
    jicui(&["cases", "--config", &config]);
    assert!(place.path().join("state/jicui.db").exists(), "the database lies beside it");
}

#[test]
fn what_is_there_already_is_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().to_str().unwrap();
    std::fs::write(place.path().join("units.toml"), "ours").unwrap();
    let output = jicui(&["init", dir, "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["left"], serde_json::json!([format!("{dir}/units.toml")]));
    assert_eq!(document["written"].as_array().unwrap().len(), 2);
    assert_eq!(std::fs::read_to_string(place.path().join("units.toml")).unwrap(), "ours");
    assert!(said(&jicui(&["init", dir])).contains("left as it is"));
}

#[test]
fn a_directory_that_cannot_be_made_is_named_with_the_way_out() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let output = jicui(&["init", file.join("jicui").to_str().unwrap()]);
    let text = said(&output);
    assert!(output.status.code() == Some(1) && text.contains("name another directory"), "{text}");
    assert!(!text.contains("sudo"), "root cannot make it either: {text}");
}

#[test]
fn what_could_not_be_written_whole_is_not_left_there() {
    let place = tempfile::tempdir().unwrap();
    let init = "trap '' XFSZ; ulimit -f \"$1\"; exec \"$0\" init \"$2\"";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", init, env!("CARGO_BIN_EXE_jicui"), "1"]).arg(place.path());
    let output = shell.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!place.path().join("config.toml").exists(), "{output:?}");
    assert!(!said(&output).contains("sudo"), "{output:?}");
    let output = jicui(&["init", place.path().to_str().unwrap()]);
    assert!(said(&output).contains("config.toml: written"), "{output:?}");
}

#[test]
fn the_impact_of_a_directory_that_is_not_filled_in_is_refused() {
    let (ours, place) = (super::world::program::Program::install(), tempfile::tempdir().unwrap());
    jicui(&["init", place.path().to_str().unwrap()]);
    let units = place.path().join("units.toml");
    let output = ours.run(&["units", "impact", units.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(said(&output).contains("still to fill in"), "{output:?}");
}
