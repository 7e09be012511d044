//! `jicui check` on the disk and the database: it says what would keep the daemon, and changes nothing.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use jicui::store::Store;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::world::program::Program;

/// A user who may nothing.
const NOBODY: u32 = 65_534;

/// The files of the state directory with what is in them; of what is shared memory only the name.
fn state(program: &Program) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(program.path("state")) else { return BTreeMap::new() };
    let entries = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let content =
            if name.ends_with("-shm") { Vec::new() } else { std::fs::read(path).unwrap() };
        (name, content)
    });
    entries.collect()
}

/// Checks, and looks that nothing was made or changed; the exit code and what was said.
#[track_caller]
fn check(program: &Program) -> (i32, String) {
    let before = state(program);
    let output = program.run(&["check"]);
    assert_eq!(state(program), before, "check changed something");
    said(&output)
}

pub(crate) fn said(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

pub(crate) fn with_database() -> Program {
    let program = Program::install();
    assert!(program.run(&["once"]).status.success());
    assert!(state(&program).contains_key("jicui.db"));
    program
}

#[test]
fn what_is_not_there_yet_or_in_use_is_well() {
    let program = Program::install();
    let (code, text) = check(&program);
    assert_eq!((code, program.path("state").exists()), (0, false), "{text}");
    let program = with_database();
    assert_eq!(check(&program).0, 0);
    // As a running daemon has it: with a log beside it.
    let path = program.path("state/jicui.db");
    let store = Store::open(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("create table x (y)").unwrap();
    assert!(state(&program)["jicui.db-wal"].len() > 4096);
    let (code, text) = check(&program);
    assert_eq!(code, 0, "{text}");
    drop(store);
}

#[test]
fn a_log_that_a_crash_left_is_read_and_left_where_it_is() {
    let program = with_database();
    let path = program.path("state/jicui.db");
    let open = rusqlite::Connection::open(&path).unwrap();
    open.execute_batch("pragma user_version = 99").unwrap();
    let [file, log] =
        ["", "-wal"].map(|ending| std::fs::read(format!("{}{ending}", path.display())));
    drop(open);
    // The version stands only in the log; the index, which is memory, is gone.
    std::fs::write(&path, file.unwrap()).unwrap();
    std::fs::write(program.path("state/jicui.db-wal"), log.unwrap()).unwrap();
    let before = state(&program);
    let (code, text) = said(&program.run(&["check"]));
    assert!(code == 1 && text.contains("schema 99"), "{text}");
    let mut after = state(&program);
    after.remove("jicui.db-shm");
    assert_eq!(after, before);
}

#[test]
fn a_damaged_database_is_named_with_the_command_that_helps() {
    let program = with_database();
    let path = program.path("state/jicui.db");
    let mut content = std::fs::read(&path).unwrap();
    content[3 * 4096..4 * 4096].fill(0xA5);
    std::fs::write(&path, content).unwrap();
    let (code, text) = check(&program);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(&format!("{}: ", path.display())), "{text}");
    assert!(text.contains("damaged") && text.contains("jicui restore BACKUP"), "{text}");
    // The last copy that was made by itself is named, where there is one.
    let config = std::fs::read_to_string(program.path("config.toml")).unwrap();
    let config = config.replace("[backup]\nenabled = false", "[backup]\ndirectory = \"copies\"");
    std::fs::write(program.path("config.toml"), config).unwrap();
    let copies = program.path("copies");
    std::fs::create_dir(&copies).unwrap();
    for day in ["2026-02-28", "2026-03-01"] {
        std::fs::write(copies.join(format!("jicui-{day}.db")), "").unwrap();
    }
    let (_, text) = check(&program);
    let last = format!("jicui restore {}/jicui-2026-03-01.db", copies.display());
    assert!(text.contains(&last), "{text}");
    std::fs::write(&path, "no database any more".repeat(1000)).unwrap();
    let (code, text) = check(&program);
    assert!(code == 1 && text.contains("is no database"), "{text}");
}

#[test]
fn a_newer_database_is_not_for_this_build() {
    let program = with_database();
    let path = program.path("state/jicui.db");
    let open = rusqlite::Connection::open(&path).unwrap();
    open.execute_batch("pragma user_version = 99; pragma wal_checkpoint(truncate)").unwrap();
    drop(open);
    let (code, text) = check(&program);
    assert!(code == 1 && text.contains("schema 99") && text.contains("newer jicui"), "{text}");
    let findings = program.json(&["check"]);
    let finding =
        findings.as_array().unwrap().iter().find(|finding| finding["severity"] == "fault");
    assert_eq!(finding.unwrap()["file"], path.display().to_string());
}

/// Takes the last migrations back, as far as a reader of the version can tell.
pub(crate) fn age(program: &Program) {
    let path = program.path("state/jicui.db");
    std::fs::remove_file(&path).unwrap();
    let old = rusqlite::Connection::open(&path).unwrap();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.iter().take(11) {
        old.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    old.pragma_update(None, "user_version", 11).unwrap();
}

#[test]
fn the_database_of_an_older_build_is_no_fault() {
    let program = with_database();
    age(&program);
    let (code, text) = check(&program);
    assert!(code == 0 && text.contains("brought up to date at the next start"), "{text}");
}

#[test]
fn what_is_too_large_or_a_pipe_is_named_and_not_read() {
    let program = Program::install();
    std::fs::create_dir(program.path("calendar")).unwrap();
    let huge = std::fs::File::create(program.path("calendar/2028.csv")).unwrap();
    huge.set_len(90_000_000).unwrap();
    let pipe = program.path("calendar/closures.toml");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let (code, text) = said(&program.run(&["check"]));
    assert_eq!(code, 64, "{text}");
    assert!(text.contains("2028.csv: cannot be read: larger than 200000 bytes"), "{text}");
    assert!(text.contains("closures.toml: cannot be read: it is a pipe"), "{text}");
}

#[test]
fn a_directory_that_cannot_be_one_is_named() {
    let program = Program::install();
    std::fs::write(program.path("state"), "").unwrap();
    let (code, text) = check(&program);
    assert!(code == 1 && text.contains("is a file: set state_dir"), "{text}");
}

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The program with this configuration, for somebody who may not do everything.
pub(crate) fn by_nobody(program: &Program, command: &[&str], config: &Path) -> Output {
    let copy = program.path("jicui");
    std::fs::copy(env!("CARGO_BIN_EXE_jicui"), &copy).unwrap();
    let mut typed = Command::new(copy);
    typed.args(command).arg("--config").arg(config).env_clear();
    if is_root() {
        permit(&program.path(""), 0o755);
        typed.uid(NOBODY);
    }
    typed.output().unwrap()
}

/// Checks as somebody who may not do everything.
fn as_nobody(program: &Program, owner_of_state: u32) -> Output {
    if is_root() {
        for path in [program.path("state"), program.path("state/jicui.db")] {
            chown(path, Some(owner_of_state), None).unwrap();
        }
    }
    by_nobody(program, &["check"], &program.path("config.toml"))
}

pub(crate) fn permit(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_written_to_is_named_with_whom_to_give_it_to() {
    let program = with_database();
    permit(&program.path("state"), 0o555);
    permit(&program.path("state/jicui.db"), 0o444);
    let (code, text) = said(&as_nobody(&program, NOBODY));
    permit(&program.path("state"), 0o755);
    assert_eq!(code, 1, "{text}");
    for path in ["state", "state/jicui.db"] {
        let line = format!("{}: cannot be written to", program.path(path).display());
        assert!(text.contains(&line) && text.contains("chown"), "{text}");
    }
}

#[test]
fn a_configuration_that_is_not_for_this_user_is_named_with_what_to_type() {
    let program = Program::install();
    let closed = program.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::copy(program.path("config.toml"), closed.join("config.toml")).unwrap();
    permit(&closed, 0o000);
    let deadline = ["deadline", "2026-02-11"];
    let output = by_nobody(&program, &deadline, &closed.join("config.toml"));
    permit(&closed, 0o755);
    assert!(output.stdout.is_empty(), "{output:?}");
    let (code, text) = said(&output);
    let line = format!("{}: cannot be read by this user", closed.join("config.toml").display());
    assert!(code == 64 && text.contains(&line), "{code} {text}");
    assert!(text.contains("`sudo jicui …`") && text.contains("--config"), "{text}");
}

#[test]
fn a_backup_that_is_not_for_this_user_is_named_as_such() {
    let program = with_database();
    let backup = program.path("backup.db");
    program.command(&["backup", backup.to_str().unwrap()]).assert().success();
    let config = program.path("theirs.toml");
    let text = std::fs::read_to_string(program.path("config.toml")).unwrap();
    std::fs::write(&config, text.replace("\"state\"", "\"theirs\"")).unwrap();
    std::fs::create_dir(program.path("theirs")).unwrap();
    if is_root() {
        chown(program.path("theirs"), Some(NOBODY), None).unwrap();
    } else {
        permit(&backup, 0o000);
    }
    let restore = ["restore", backup.to_str().unwrap()];
    let (code, text) = said(&by_nobody(&program, &restore, &config));
    assert!(code == 1 && text.contains("backup.db: cannot be read by this user"), "{code} {text}");
    assert!(!text.contains("state_dir"), "{text}");
}

/// Checks with a state directory on a small disk of its own, if this machine gives one to a test.
fn on_a_disk(program: &Program, options: &str, fill_kb: usize) -> Option<Output> {
    let mut own = Command::new("unshare");
    own.args(["--user", "--map-root-user", "--mount", "sh", "-ec"]);
    own.arg(
        "mount -t tmpfs -o size=8m tmpfs \"$1\" || exit 77\n\
         head -c \"$3\"k /dev/zero > \"$1/full\" || true\n\
         mount -o \"remount,$2\" \"$1\" || exit 77\n\
         echo mounted\n\
         exec \"$4\" check --config \"$5\"",
    );
    own.arg("sh").arg(program.path("state")).args([options, &fill_kb.to_string()]);
    own.arg(env!("CARGO_BIN_EXE_jicui"))
        .arg(program.path("config.toml"))
        .env_remove("JICUI_CONFIG");
    own.output().ok().filter(|output| output.stdout.starts_with(b"mounted"))
}

#[test]
fn a_disk_that_is_full_or_read_only_is_named() {
    let program = Program::install();
    std::fs::create_dir(program.path("state")).unwrap();
    for (options, fill_kb, expected, words) in [
        ("rw", 1024, 0, "warning: 7 MB are left"),
        ("rw", 9000, 1, "is full: make room"),
        ("ro", 1024, 1, "the file system is read-only"),
    ] {
        let Some(output) = on_a_disk(&program, options, fill_kb) else {
            // A machine that lends a test no disk has files that are none.
            std::fs::remove_dir(program.path("state")).unwrap();
            std::fs::write(program.path("state"), "").unwrap();
            assert_eq!(check(&program).0, 1);
            return;
        };
        let (code, text) = said(&output);
        assert!(code == expected && text.contains(words), "{options}: {code} {text}");
    }
}

#[test]
fn a_dataset_that_two_units_name_is_a_fault_and_stops_nothing() {
    let program = Program::install();
    let twin = |id: &str| {
        format!(
            "[[unit]]\nid = \"{id}\"\nname = \"{id}\"\nagency = \"勞動部\"\ndatasets = [6100]\n\
             channels = [\"print\"]\n"
        )
    };
    let units = format!("{}\n{}{}", jicui::config::SAMPLE_UNITS, twin("one"), twin("two"));
    std::fs::write(program.path("units.toml"), units).unwrap();
    let (code, text) = check(&program);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("unit two answers for dataset 6100 as one does"), "{text}");
    assert!(!text.contains("nothing would be started"), "{text}");
    assert!(program.run(&["once"]).status.success());
}

#[test]
fn what_could_only_be_a_slip_is_a_fault() {
    let program = Program::install();
    let path = program.path("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    for (more, fault) in [
        ("[platform.comments.fields]\nreplys = [\"/reply\"]\n", "replys"),
        (
            "[platform.comments]\npath = \"/x?p={pages}\"\n",
            "path: `{pages}` is not filled in: {page},",
        ),
        ("[slack]\nrequest_timeout_secs = 0\n", "it must lie in 1..300"),
        ("[delivery]\nretry_secs = [9223372036854775807]\n", "no wait is longer than a day"),
        (
            "[digest]\nat = \"18:00\"\nuntil = \"19:00\"\n",
            "nothing is sent once the offices are closed",
        ),
    ] {
        std::fs::write(&path, format!("{config}{more}")).unwrap();
        let (code, said) = check(&program);
        assert!(code == 64 && said.contains(fault), "{more}: {said}");
    }
}

#[test]
fn a_tie_is_found_without_a_platform_also_by_a_check_online() {
    let program = Program::install();
    let twin = |id: &str| {
        format!(
            "[[unit]]\nid = \"{id}\"\nname = \"資料組\"\nagency = \"勞動部\"\ndataset_names = [\"職訓{id}\"]\n\
             channels = [\"print\"]\n"
        )
    };
    let units = format!("{}\n{}{}", jicui::config::SAMPLE_UNITS, twin("one"), twin("two"));
    std::fs::write(program.path("units.toml"), units).unwrap();
    assert!(program.run(&["once"]).status.success());
    let database = rusqlite::Connection::open(program.path("state/jicui.db")).unwrap();
    let known = "insert into datasets (nid, title, agency, comments) values (1, '職訓one職訓two', '勞動部', 0)";
    database.execute(known, []).unwrap();
    drop(database);
    for arguments in [&["check"][..], &["check", "--online"]] {
        let (_, text) = said(&program.run(arguments));
        assert!(text.contains("職訓one職訓two"), "{arguments:?}: {text}");
        // Of two units of one name nobody can say which is meant.
        let twice = "warning: unit two is called 「資料組」 as one is";
        assert!(text.contains(twice), "{arguments:?}: {text}");
    }
    let silence = ["units", "silence", "資料組", "--until", "2099-01-01", "--reason", "搬遷"];
    let (code, text) = said(&program.run(&silence));
    assert!(code == 1 && text.contains("use the id, one of one, two"), "{code} {text}");
    let (code, text) = said(&program.run(&["cases", "--unit", "資料組"]));
    assert!(code == 1 && text.contains("use the id"), "{code} {text}");
    assert_eq!(said(&program.run(&["cases", "--unit", "two"])).0, 0);
}

#[test]
fn a_secret_that_is_none_is_a_fault_of_its_line_and_a_mark_before_it_is_read_over() {
    let program = Program::install();
    let path = program.path("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let more = "[slack]\ntoken_file = \"token\"\n[teams.webhooks.flow]\nurl_file = \"url\"\n";
    std::fs::write(&path, format!("{config}{more}")).unwrap();
    let address = "https://example.gov.tw/flow";
    for (token, url, line, fault) in [
        ("\u{feff}xoxb-1-2\r\n", "\u{feff}https://example.gov.tw/flow\n", 0, ""),
        ("", address, 7, "is empty"),
        ("xoxb-1\nxoxb-2\n", address, 7, "holds no token: put the bot token"),
        ("xoxb-1-2", "address: see the wiki", 9, "holds no web address: put the whole one"),
        ("xoxb-1-2", "https://", 9, "holds no web address: put the whole one"),
    ] {
        std::fs::write(program.path("token"), token).unwrap();
        std::fs::write(program.path("url"), url).unwrap();
        let (code, text) = check(&program);
        let place = format!("config.toml:{line}:");
        assert_eq!(code, if line == 0 { 0 } else { 64 }, "{token:?} {url:?}: {text}");
        assert!(line == 0 || text.contains(&place) && text.contains(fault), "{text}");
        assert!(!text.contains("xoxb-1") && !text.contains("wiki"), "{text}");
        let (code, text) = said(&program.run(&["cases"]));
        assert!(code == if line == 0 { 0 } else { 64 }, "{text}");
        assert!(line == 0 || text.contains(&place), "{text}");
        let found = program.json(&["check", "--online"]);
        let is_said = |finding: &&serde_json::Value| finding["line"] == line;
        assert_eq!(found.as_array().unwrap().iter().any(|found| is_said(&found)), line != 0);
    }
}

#[test]
fn without_a_source_it_is_not_all_well() {
    let (code, said) = check(&Program::install());
    assert_eq!(code, 0);
    assert!(said.trim_end().ends_with("no source: [platform] enabled, or [folder] path"), "{said}");
}
