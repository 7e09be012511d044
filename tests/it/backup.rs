//! A backup beside a running daemon, and the way back: no case lost, no message said twice.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::world::program::Program;
use super::world::{NID, World, moment};
use jicui::clock::wall;
use jicui::daemon::lock;
use jicui::store::{back_up, restore};
use rustix::fs::{CWD, FileType, Mode, mknodat};

/// A program with one case in its database.
fn with_a_case() -> (Program, PathBuf) {
    let program = Program::install();
    add(&program, "A-1");
    let backup = program.path("backup.db");
    (program, backup)
}

fn add(program: &Program, number: &str) {
    let arguments = ["cases", "add", number, "--title", "民眾的話", "--agency", "勞動部"];
    let more = ["--kind", "request", "--assigned-on", "2026-03-02"];
    program.command(&[&arguments[..], &more[..]].concat()).assert().success();
}

fn numbers(program: &Program) -> Vec<String> {
    let cases = program.json(&["cases"]);
    let number = |case: &serde_json::Value| case["case_number"].as_str().unwrap().to_owned();
    let mut numbers: Vec<String> = cases.as_array().unwrap().iter().map(number).collect();
    numbers.sort();
    numbers
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn check_refused(program: &Program, arguments: &[&str], reason: &str) {
    let output = program.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(reason), "{said}");
}

#[test]
fn what_was_backed_up_comes_back_and_what_was_there_is_set_aside() {
    let (program, backup) = with_a_case();
    let said = program.json(&["backup", text(&backup)]);
    assert_eq!(said["cases"], 1);
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    add(&program, "A-2");
    assert_eq!(numbers(&program), ["A-1", "A-2"]);
    let said = program.json(&["restore", text(&backup)]);
    assert_eq!(numbers(&program), ["A-1"]);
    let aside = PathBuf::from(said["set_aside"].as_str().unwrap());
    program.command(&["restore", text(&aside)]).assert().success();
    assert_eq!(numbers(&program), ["A-1", "A-2"]);
}

#[test]
fn a_newer_backup_takes_the_place_of_an_older_one_and_of_nothing_else() {
    let (program, backup) = with_a_case();
    program.command(&["backup", text(&backup)]).assert().success();
    add(&program, "A-2");
    assert_eq!(program.json(&["backup", text(&backup)])["cases"], 2);
    let letter = program.path("letter.txt");
    std::fs::write(&letter, "敬啟者").unwrap();
    check_refused(&program, &["backup", text(&letter)], "letter.txt stands there already");
    assert_eq!(std::fs::read_to_string(&letter).unwrap(), "敬啟者");
    let foreign = program.path("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("create table t (a)").unwrap();
    drop(other);
    check_refused(&program, &["backup", text(&foreign)], "foreign.db stands there already");
    let database = program.path("state/jicui.db");
    check_refused(&program, &["backup", text(&database)], "is the database itself");
    let log = program.path("state/jicui.db-wal");
    check_refused(&program, &["backup", text(&log)], "is the database itself");
    let say = "/nowhere/at/all.db: make its directory first";
    check_refused(&program, &["backup", "/nowhere/at/all.db"], say);
    let left = std::fs::read_dir(program.path("")).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_str().unwrap().contains("partial")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn what_another_process_has_begun_is_left_alone_until_it_is_gone() {
    let (program, backup) = with_a_case();
    let mut gone = Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    let begun = |process: u32| program.path(&format!("backup.db.{process}.partial"));
    let (theirs, left) = (begun(std::process::id()), begun(gone.id()));
    let journal = PathBuf::from(format!("{}-journal", left.display()));
    for path in [&theirs, &left, &journal, &program.path("backup.db.partial")] {
        std::fs::write(path, "begun").unwrap();
    }
    program.command(&["backup", text(&backup)]).assert().success();
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "begun");
    for path in [&left, &journal, &program.path("backup.db.partial")] {
        assert!(!path.exists(), "{}", path.display());
    }
}

#[test]
fn the_disk_that_takes_no_copy_is_named() {
    let (program, backup) = with_a_case();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"]);
    limited.arg(env!("CARGO_BIN_EXE_jicui")).args(["backup", text(&backup), "--config"]);
    let output = limited.arg(program.path("config.toml")).env_clear().output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("backup.db.") && !said.contains("state/jicui.db"), "{said}");
    let files = std::fs::read_dir(program.path("")).unwrap();
    let mut names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(!names.any(|name| name.starts_with("backup.db")), "nothing is left of it");
}

#[test]
fn a_pipe_is_no_file() {
    let (program, _) = with_a_case();
    let pipe = program.path("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    check_refused(&program, &["backup", text(&pipe)], "pipe stands there already");
    check_refused(&program, &["restore", text(&pipe)], "pipe is not a database of jicui");
}

#[test]
fn a_directory_is_no_file() {
    let (program, _) = with_a_case();
    let directory = program.path("state");
    for command in ["backup", "restore"] {
        let arguments = [command, text(&directory)];
        check_refused(&program, &arguments, "state is a directory: name a file in it");
    }
    assert_eq!(numbers(&program), ["A-1"]);
}

#[test]
fn there_is_nothing_to_back_up_before_the_first_start() {
    let program = Program::install();
    let backup = program.path("backup.db");
    check_refused(&program, &["backup", text(&backup)], "No such file");
    assert!(!backup.exists());
}

#[test]
fn what_cannot_be_read_is_not_put_back() {
    let (program, backup) = with_a_case();
    program.command(&["backup", text(&backup)]).assert().success();
    let sound = std::fs::read(&backup).unwrap();
    let mut damaged = sound.clone();
    damaged[4096 * 2..4096 * 3].fill(0xA5);
    let bad = program.path("bad.db");
    for content in [&damaged[..], &sound[..sound.len() / 2], b"not a database at all"] {
        std::fs::write(&bad, content).unwrap();
        check_refused(&program, &["restore", text(&bad)], "bad.db is damaged, or no database");
    }
    std::fs::write(&bad, &sound).unwrap();
    let newer = rusqlite::Connection::open(&bad).unwrap();
    newer.pragma_update(None, "user_version", 9999).unwrap();
    drop(newer);
    check_refused(&program, &["restore", text(&bad)], "install the newer jicui");
    check_refused(&program, &["backup", text(&bad)], "bad.db stands there already");
    let said = program.run(&["restore", text(&bad)]).stderr;
    let said = String::from_utf8_lossy(&said);
    assert_eq!(said.matches("is at schema 9999").count(), 1, "{said}");
    std::fs::remove_file(&bad).unwrap();
    check_refused(&program, &["restore", text(&bad)], "No such file");
    let other = rusqlite::Connection::open(&bad).unwrap();
    other.execute_batch("create table t (a)").unwrap();
    drop(other);
    check_refused(&program, &["restore", text(&bad)], "is not a database of jicui");
    assert_eq!(numbers(&program), ["A-1"]);
}

#[test]
fn nothing_is_put_back_under_a_running_daemon() {
    let (program, backup) = with_a_case();
    program.command(&["backup", text(&backup)]).assert().success();
    let held = lock::take(&program.path("state")).unwrap();
    check_refused(&program, &["restore", text(&backup)], "stop it first");
    drop(held);
    program.command(&["restore", text(&backup)]).assert().success();
}

#[test]
fn no_command_takes_the_database_away_from_an_older_build_that_runs() {
    let program = Program::install();
    std::fs::create_dir(program.path("state")).unwrap();
    let database = rusqlite::Connection::open(program.path("state/jicui.db")).unwrap();
    let schema =
        || -> i64 { database.query_row("pragma user_version", [], |row| row.get(0)).unwrap() };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut migrations: Vec<PathBuf> = files.collect();
    migrations.sort();
    migrations.pop().unwrap();
    for migration in &migrations {
        database.execute_batch(&std::fs::read_to_string(migration).unwrap()).unwrap();
    }
    let older = i64::try_from(migrations.len()).unwrap();
    database.pragma_update(None, "user_version", older).unwrap();
    let held = lock::take(&program.path("state")).unwrap();
    for arguments in [&["cases"][..], &["targets"], &["outbox"], &["status"]] {
        check_refused(&program, arguments, "the database is of an older build");
    }
    // What changes nothing looks at a copy.
    assert!(program.run(&["preview"]).status.success());
    assert_eq!(schema(), older);
    drop(held);
    assert!(numbers(&program).is_empty());
    assert_eq!(schema(), older + 1, "with nobody at work on it, it is brought up to date");
}

#[test]
fn of_a_damaged_database_the_administrators_hear_by_the_single_pass_too() {
    let (program, _) = with_a_case();
    let one = "channels = [\"slack:C00ADMIN001\"]";
    let units = jicui::config::SAMPLE_UNITS.replace(one, "channels = [\"print\"]");
    std::fs::write(program.path("units.toml"), units).unwrap();
    let path = program.path("state/jicui.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..8_000].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    for expected in [1, 0] {
        let output = program.run(&["once"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.matches("資料庫無法寫入").count(), expected, "said once: {output:?}");
    }
}

#[test]
fn a_restoration_that_broke_off_is_begun_again() {
    let (program, backup) = with_a_case();
    program.command(&["backup", text(&backup)]).assert().success();
    // The old database was set aside, the new one not yet put in its place.
    let database = program.path("state/jicui.db");
    std::fs::rename(&database, program.path("state/jicui.db.restoring")).unwrap();
    check_refused(&program, &["cases"], "a restoration broke off");
    check_refused(&program, &["check"], "a restoration broke off");
    assert!(!database.exists(), "an empty database was made");
    program.command(&["restore", text(&backup)]).assert().success();
    assert_eq!(numbers(&program), ["A-1"]);
}

#[test]
fn a_redacted_backup_holds_no_words_of_citizens() {
    let (program, backup) = with_a_case();
    let user = ["users", "add", "李訓練", "--unit", "wda-training", "--mail", "li@example.gov.tw"];
    program.command(&user).write_stdin("公文 準時 回復 民眾 提問\n").assert().success();
    let token = ["tokens", "add", "儀表板", "--scope", "read", "--until", "2099-12-31"];
    program.command(&token).assert().success();
    let holds = |path: &Path, words: &str| {
        let words = words.as_bytes();
        std::fs::read(path).unwrap().windows(words.len()).any(|window| window == words)
    };
    let secrets = ["民眾的話", "$argon2id$", "li@example.gov.tw", "儀表板"];
    program.command(&["backup", text(&backup)]).assert().success();
    for secret in secrets {
        assert!(holds(&backup, secret), "{secret}");
    }
    program.command(&["backup", text(&backup), "--redact"]).assert().success();
    for secret in secrets {
        assert!(!holds(&backup, secret), "nothing that lets anybody in: {secret}");
    }
    let restored = program.run(&["restore", text(&backup)]);
    let said = String::from_utf8(restored.stderr).unwrap();
    assert!(restored.status.success() && said.contains("it was made with --redact"), "{said}");
    assert_eq!(program.json(&["cases"])[0]["title"], "（已遮蔽）");
}

/// A day of work, a backup at its evening, two more days; then the backup is put back.
async fn restored(units: &str) -> World {
    let mut world = World::with_units("2026-03-02 09:30", units).await;
    let (database, backup) = (world.path("state/jicui.db"), world.path("backup.db"));
    world.platform.post_comment(NID, 1, "一", wall(moment("2026-02-23 09:00")));
    world.run_until("2026-03-02 18:00").await;
    back_up(&database, &backup, false).unwrap();
    world.platform.post_comment(NID, 2, "二", wall(moment("2026-03-03 10:00")));
    world.run_until("2026-03-05 12:00").await;
    let known = world.app.store().all_cases().await.unwrap();
    assert_eq!(known.len(), 2);
    restore(&backup, &database, world.now()).unwrap();
    world
}

#[tokio::test]
async fn what_slack_was_given_since_the_backup_is_found_there() {
    let mut world = restored(jicui::config::SAMPLE_UNITS).await;
    insta::assert_snapshot!(world.sent(), @r"
    03-02 09:30 C00BLI0001 【新案分派】C-1「一」請於 115/03/16（一）前回復（尚餘 10 個工作天）
    03-03 08:30 C00BLI0001 【新案分派】C-2「二」請於 115/03/23（一）前回復（14 個工作天）
    03-03 09:00 C00BLI0001 ↳ 【辦理中】C-1「一」尚餘 9 個工作天，期限 115/03/16（一）
    ");
    world.restart();
    world.pass().await;
    insta::assert_snapshot!(world.sent(), @r"
    03-05 12:00 C00ADMIN001 【系統警示】資料庫已由備份還原：jicui.db
    03-05 12:00 C00ADMIN001 【警示解除】資料庫已由備份還原：jicui.db
    ");
    world.run_until("2026-03-12 12:00").await;
    insta::assert_snapshot!(world.sent(), @r"
    03-09 09:00 C00BLI0001 ↳ 【辦理中】C-1「一」尚餘 5 個工作天，期限 115/03/16（一）
    03-10 09:00 C00BLI0001 ↳ 【辦理中】C-2「二」尚餘 9 個工作天，期限 115/03/23（一）
    03-11 09:00 C00BLI0001 ↳ 【將屆期】C-1「一」尚餘 3 個工作天，期限 115/03/16（一）
    ");
}

#[tokio::test]
async fn what_went_out_in_a_list_since_the_backup_is_found_there_too() {
    let mut world = World::at("2026-03-02 09:30").await;
    let (database, backup) = (world.path("state/jicui.db"), world.path("backup.db"));
    world.pass().await;
    back_up(&database, &backup, false).unwrap();
    for cid in 1..=12 {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:40")));
    }
    world.run_until("2026-03-02 10:00").await;
    assert!(world.sent().contains("彙整"), "they went together");
    restore(&backup, &database, world.now()).unwrap();
    world.restart();
    world.run_until("2026-03-02 17:00").await;
    let sent = world.sent();
    assert!(!sent.contains("新案分派") && !sent.contains("彙整"), "{sent}");
}

#[tokio::test]
async fn teams_is_told_again_once_and_marked() {
    let units = jicui::config::SAMPLE_UNITS
        .replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"teams:flow\"]");
    let mut world = restored(&units).await;
    let before = world.teams.cards("flow").len();
    world.restart();
    world.pass().await;
    let cards = world.teams.cards("flow").split_off(before);
    assert!(!cards.is_empty());
    assert!(cards.iter().all(|card| card.shown().contains("重送")));
    world.pass().await;
    assert_eq!(world.teams.cards("flow").len(), before + cards.len());
    world.sent();
}
