//! What promises to change nothing changes nothing; what this user may not see is not taken for nothing; and a disk
//! that takes nothing more still gives what is on it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::check::{age, by_nobody, is_root, permit, said, with_database};
use super::world::program::Program;

const HEADER: &str = "ID,開放建議標題,發表日期,實際派發機關,分派狀態,回復狀態\n";
const ROW: &str = "136936,希望開放,2026-01-05,勞動部勞工保險局,已分派,已回復\n";

/// The commands that promise it.
fn promising(program: &Program) -> Vec<Vec<String>> {
    let list = program.path("past.csv");
    std::fs::write(&list, format!("{HEADER}{ROW}")).unwrap();
    let (list, units) =
        (list.display().to_string(), program.path("units.toml").display().to_string());
    let commands: [&[&str]; 6] = [
        &["preview", "--until", "2026-12-31"],
        &["calendar", "impact", "--close", "2026-12-01"],
        &["calendar", "impact", "config/calendar/2026.csv"],
        &["units", "impact", &units],
        &["cases", "import", &list, "--dry-run"],
        &["rehearse", "--from", "2026-03-02", "--until", "2026-03-03", "--speed", "1000"],
    ];
    commands.map(|command| command.iter().map(ToString::to_string).collect()).into()
}

fn run(program: &Program, command: &[String]) -> Output {
    program.run(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The files of the state directory and what they hold, in short; but for what SQLite lays beside a database for
/// whoever reads it.
fn files(program: &Program) -> BTreeMap<String, u64> {
    let entries = std::fs::read_dir(program.path("state")).unwrap();
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let (name, content) = (path.file_name()?.to_str()?, std::fs::read(&path).unwrap());
        let mut hash = DefaultHasher::new();
        content.hash(&mut hash);
        let is_laid = name.ends_with("-shm") || name.ends_with("-wal") && content.is_empty();
        (!is_laid).then(|| (name.to_owned(), hash.finish()))
    };
    entries.filter_map(read).collect()
}

#[test]
fn what_promises_to_change_nothing_makes_no_database_and_migrates_none() {
    let program = Program::install();
    for command in promising(&program) {
        let output = run(&program, &command);
        assert!(output.status.success(), "{command:?}: {output:?}");
        assert!(!program.path("state").exists(), "{command:?} made a database");
    }
    let program = with_database();
    for is_old in [false, true] {
        if is_old {
            age(&program);
        }
        let before = files(&program);
        for command in promising(&program) {
            let output = run(&program, &command);
            assert!(output.status.success(), "{command:?}: {output:?}");
            assert_eq!(files(&program), before, "{command:?} changed something");
        }
    }
}

#[test]
fn what_is_not_for_this_user_is_not_taken_for_nothing() {
    if !is_root() {
        // Only root can give a directory away.
        return;
    }
    let program = with_database();
    permit(&program.path("state"), 0o700);
    let config = program.path("config.toml");
    let mut commands = promising(&program);
    let others =
        [&["cases"][..], &["status"], &["report", "--from", "2026-01-01", "--to", "2026-02-01"]];
    commands.extend(others.map(|command| command.iter().map(ToString::to_string).collect()));
    commands.push(vec!["backup".to_owned(), program.path("copy.db").display().to_string()]);
    for command in commands {
        let typed: Vec<&str> = command.iter().map(String::as_str).collect();
        let (code, text) = said(&by_nobody(&program, &typed, &config));
        assert!(
            code == 1 && text.contains("state/jicui.db cannot be read by this user"),
            "{code} {text}"
        );
        assert!(text.contains("`sudo jicui …`") && !text.contains("making"), "{text}");
    }
    // Whose it is may look: nothing is wrong with it.
    let (code, text) = said(&by_nobody(&program, &["check"], &config));
    assert!(code == 0 && text.contains("cannot be looked at by this user"), "{code} {text}");
    assert!(text.contains("sudo -u jicui jicui check"), "{text}");
    // Nor where not even the directory can be seen.
    let deep = format!("state_dir = \"{}\"\n", program.path("state/deep/er").display());
    let text = std::fs::read_to_string(&config).unwrap().replace("state_dir = \"state\"\n", &deep);
    std::fs::write(&config, text).unwrap();
    for command in ["cases", "preview"] {
        let (code, text) = said(&by_nobody(&program, &[command], &config));
        assert!(code == 1 && text.contains("cannot be read by this user"), "{code} {text}");
    }
    let (code, text) = said(&by_nobody(&program, &["check"], &config));
    assert!(code == 0 && text.contains("cannot be looked at by this user"), "{code} {text}");
}

/// What commands say of a database on a disk of its own that takes nothing more, if this machine gives one to a test.
fn on_a_disk(program: &Program, seal: &str, commands: &str) -> Option<String> {
    let mut own = Command::new("unshare");
    own.args(["--user", "--map-root-user", "--mount", "sh", "-ec"]);
    own.arg(format!(
        "jicui() {{ \"$JICUI\" \"$@\" --config \"$CONFIG\" 2>&1 && echo \"code 0\" || echo \"code $?\"; }}\n\
         mount -t tmpfs -o size=8m tmpfs \"$STATE\" || exit 77\n\
         jicui cases add A-1 --title 來函 --agency 勞動部 --kind request --assigned-on 2026-03-02\n\
         {seal}\n\
         echo mounted\n\
         {commands}"
    ));
    own.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("USER", "王小明");
    own.env("JICUI", env!("CARGO_BIN_EXE_jicui")).env("STATE", program.path("state"));
    own.env("CONFIG", program.path("config.toml")).env("COPY", program.path("copy.db"));
    let output = own.output().ok()?;
    let said = String::from_utf8(output.stdout).unwrap();
    said.split_once("mounted\n").map(|(_, said)| said.to_owned())
}

#[test]
fn a_disk_that_takes_nothing_more_still_gives_what_is_on_it() {
    let program = Program::install();
    std::fs::create_dir(program.path("state")).unwrap();
    for (seal, words) in [
        ("mount -o remount,ro \"$STATE\"", "may only be read"),
        ("head -c 9000k /dev/zero > \"$STATE/full\" || true", "disk is full"),
    ] {
        let reading = "jicui cases --overdue\njicui status\njicui preview --at '2026-03-19 08:00'\n\
             jicui backup \"$COPY\"\njicui cases acknowledge A-1\n";
        let Some(said) = on_a_disk(&program, seal, reading) else {
            // A machine that lends a test no disk shows nothing.
            return;
        };
        let codes: Vec<&str> = said.lines().filter(|line| line.starts_with("code ")).collect();
        // That something is overdue is not well.
        assert_eq!(codes, ["code 0", "code 1", "code 0", "code 0", "code 1"], "{seal}: {said}");
        assert!(said.contains("A-1") && said.contains("mol-information"), "{said}");
        assert!(said.contains(words) && said.contains("and nothing changed"), "{said}");
        assert!(said.contains("1 case,"), "{said}");
        std::fs::remove_file(program.path("copy.db")).unwrap();
    }
}

#[test]
fn a_rehearsal_ends_where_its_reader_goes_away() {
    let program = Program::install();
    let add = ["cases", "add", "A-1", "--title", "來函", "--agency", "勞動部", "--kind", "request"];
    program.command(&[&add[..], &["--assigned-on", "2026-03-02"]].concat()).assert().success();
    let mut rehearse = Command::new(env!("CARGO_BIN_EXE_jicui"));
    rehearse.env_clear().args([
        "rehearse",
        "--from",
        "2026-03-19",
        "--until",
        "2026-03-20",
        "--config",
    ]);
    rehearse.arg(program.path("config.toml")).args(["--speed", "0.25"]);
    let mut running = rehearse.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().any(|line| line.unwrap().contains("115/03/19")));
    drop(lines);
    // The message of nine o'clock finds nobody; a day takes 40 s.
    let began = Instant::now();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(20), "it went on for {:?}", began.elapsed());
}
