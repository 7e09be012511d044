//! The layering and the size budgets, as tests: they read `src/` and name the line that breaks one.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use jicui::domain::directory::Language;

/// Each module, and the modules it may name. A module that is not listed fails the test.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("config", &["domain", "clock"]),
    ("http", &[]),
    ("store", &["domain", "config", "clock"]),
    ("intake", &["domain", "config", "http"]),
    ("notify", &["domain", "config", "http"]),
    ("oidc", &["config", "http"]),
    ("report", &["domain", "clock", "notify"]),
    ("app", &["domain", "clock", "config", "store", "intake", "notify", "oidc", "report"]),
    ("documents", &["domain", "clock", "store", "app"]),
    ("telemetry", &["config"]),
    ("web", &["domain", "clock", "config", "notify", "report", "app", "documents"]),
    ("daemon", &["domain", "clock", "config", "store", "intake", "notify", "app", "web"]),
    ("demo", &["domain", "clock", "config", "store", "intake", "notify", "app"]),
    (
        "cli",
        &[
            "domain",
            "clock",
            "config",
            "http",
            "store",
            "intake",
            "notify",
            "report",
            "app",
            "documents",
            "web",
            "daemon",
            "demo",
            "telemetry",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Outside crates that only one module may name.
const AT_HOME_IN: &[(&str, &str)] = &[
    ("rusqlite", "store"),
    ("tokio_cron_scheduler", "daemon"),
    ("slack_morphism", "notify"),
    ("clap", "cli"),
    ("chrono_tz", "clock"),
    ("sha2", "config"),
    ("hmac", "config"),
    ("askama", "web"),
    ("prometheus", "web"),
    ("tokio_tungstenite", "notify"),
    ("toml_edit", "config"),
    ("lettre", "notify"),
    ("icalendar", "notify"),
    ("zip", "report intake"),
    ("argon2", "app"),
    ("tokio_rustls", "web"),
    ("rpassword", "cli"),
    ("ring::signature", "oidc"),
    ("utoipa", "documents web"),
];

/// What the domain may name from outside.
const DOMAIN_MAY_USE: &[&str] = &["std", "chrono", "thiserror", "super", "self"];

const FILE_LINES: usize = 400;
const MAIN_LINES: usize = 40;

/// A source file without its test module.
struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let source = |path: PathBuf| {
        let inner = path.strip_prefix(&root).unwrap();
        let first = inner.components().next().unwrap().as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        Source { path, module, text }
    };
    let is_test = |path: &PathBuf| path.ends_with("tests.rs") || path.iter().any(|p| p == "tests");
    let sources: Vec<Source> = found.into_iter().filter(|p| !is_test(p)).map(source).collect();
    assert!(sources.len() > 30, "found only {} files: is the walk broken?", sources.len());
    sources
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The words that follow `crate::` outside comments, a group's members each.
fn named_modules(text: &str) -> Vec<String> {
    let mut named = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for after in line.split("crate::").skip(1) {
            let word = |text: &str| -> String {
                text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
            };
            match after.strip_prefix('{') {
                Some(group) => named.extend(group.split(',').map(word)),
                None => named.push(word(after)),
            }
        }
    }
    named.retain(|name| !name.is_empty());
    named
}

#[test]
fn every_module_names_only_what_it_may() {
    for source in sources() {
        let rule = MAY_NAME.iter().find(|(module, _)| *module == source.module);
        let (_, may) = rule.unwrap_or_else(|| panic!("{} is not in MAY_NAME", source.module));
        for named in named_modules(&source.text) {
            let own = named == source.module;
            let known = MAY_NAME.iter().any(|(module, _)| *module == named);
            let path = source.path.display();
            assert!(own || !known || may.contains(&named.as_str()), "{path} names crate::{named}");
        }
    }
}

#[test]
fn outside_crates_stay_at_home() {
    for source in sources() {
        for (foreign, home) in AT_HOME_IN {
            let uses = source.text.contains(&format!("{foreign}::"));
            let path = source.path.display();
            let mut homes = home.split(' ');
            assert!(
                !uses || homes.any(|home| home == source.module),
                "{path} names {foreign}, at home in {home}"
            );
        }
        if source.module == "domain" {
            for line in source.text.lines().filter_map(|line| line.trim().strip_prefix("use ")) {
                let first = line.split("::").next().unwrap();
                assert!(DOMAIN_MAY_USE.contains(&first), "{}: use {line}", source.path.display());
            }
            assert!(!source.text.contains("async fn"), "{}", source.path.display());
        }
    }
}

#[test]
fn chinese_for_people_stands_in_render_only() {
    // A note in 「」 or （） beside an English word is a term, not a message; format strings in
    // other modules that begin with a Chinese word are messages.
    let renders = |path: &Path| path.iter().any(|part| part == "render");
    for source in sources().iter().filter(|source| !renders(&source.path)) {
        let path = source.path.display();
        assert!(!source.text.contains("\"【"), "{path} holds a message: it belongs into render/");
    }
}

#[test]
fn files_stay_within_their_budget() {
    for source in sources() {
        let budget = if source.module == "main" { MAIN_LINES } else { FILE_LINES };
        let lines = source.text.lines().count();
        assert!(lines <= budget, "{}: {lines} lines, at most {budget}", source.path.display());
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources() {
        assert!(source.text.starts_with("//!"), "{}", source.path.display());
    }
}

#[test]
fn every_alarm_has_its_words_and_its_section() {
    let operations = include_str!("../docs/operations.md");
    let unknown = jicui::notify::render::alarm("no such code", "", "");
    for code in jicui::app::alarms::CODES {
        assert!(operations.contains(&format!("\n## {code}\n")), "docs/operations.md lacks {code}");
        let message = jicui::notify::render::alarm(code, "", "");
        assert_ne!(message.headline, unknown.headline, "{code} has no words");
        let words = |code| jicui::notify::render::alarm_words(Language::English, code);
        assert_ne!(words(code), words("no such code"), "{code} has no English words");
    }
}
