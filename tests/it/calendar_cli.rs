//! `jicui calendar …` as administrators type it.

use std::path::Path;
use std::process::{Output, Stdio};

use assert_cmd::Command;

use super::world::program::Program;

const FIRST_2025: &str = "tests/data/calendar/2025-first.csv";
const CORRECTED_2025: &str = "tests/data/calendar/2025-corrected.csv";

/// What is done to its calendar.
impl Program {
    fn import(&self, file: &str, option: &str) -> Output {
        self.run(&["calendar", "import", file, option])
    }

    fn workdays(&self, year: &str) -> u64 {
        self.json(&["calendar", "show", year])["workdays"].as_u64().unwrap()
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[track_caller]
fn check_refused(output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(expected), "{expected}: {said}");
}

fn published(year: i32) -> String {
    format!("config/calendar/{year}.csv")
}

#[test]
fn every_published_file_imports_in_any_order_and_the_superseded_one_never_wins() {
    let mut files: Vec<String> = (2017..=2027).map(published).collect();
    files.extend([FIRST_2025.to_owned(), CORRECTED_2025.to_owned()]);
    let mut reversed = files.clone();
    reversed.reverse();
    let mut first_last = files.clone();
    first_last.swap(8, 11);
    for order in [files, reversed, first_last] {
        let office = Program::install();
        for file in &order {
            let output = office.import(file, "--yes");
            if file == FIRST_2025 {
                check_refused(&output, "superseded in May 2025");
            } else {
                assert_eq!(output.status.code(), Some(0), "{file}: {output:?}");
            }
        }
        assert_eq!(office.workdays("2025"), 247, "{order:?}");
        assert_eq!(office.workdays("2017"), 249);
    }
}

#[test]
fn a_file_that_is_broken_is_put_right_by_an_import() {
    let office = Program::install();
    std::fs::create_dir(office.path("calendar")).unwrap();
    let good = std::fs::read_to_string(published(2027)).unwrap();
    let edited = good.replace("20270104,一,0,", "20270104,一,2,試辦");
    let broken = good.replace("20270104,一", "20270104,二");
    assert!(edited != good && broken != good);
    let edited_file = office.write("edited.csv", edited.as_bytes());
    // Neither the file that the program carries, nor one that was in force before it was broken, is refused.
    for (file, content) in
        [(published(2027), &good), (edited_file.clone(), &edited), (edited_file, &edited)]
    {
        office.write("calendar/2027.csv", broken.as_bytes());
        assert_eq!(office.run(&["check"]).status.code(), Some(64));
        let impact = office.run(&["calendar", "impact", &file]);
        assert!(impact.status.success(), "{impact:?}");
        let output = office.import(&file, "--yes");
        assert!(output.status.success(), "{output:?}");
        assert_eq!(&std::fs::read_to_string(office.path("calendar/2027.csv")).unwrap(), content);
        assert_eq!(office.run(&["check"]).status.code(), Some(0));
    }
    // The first one, and each that was put in force: what never was is in no history.
    assert_eq!(office.json(&["calendar", "history"]).as_array().unwrap().len(), 4);
    // Only the file that is replaced may be broken, and what is wrong elsewhere is said.
    office.write("calendar/2027.csv", broken.as_bytes());
    let output = office.import(&published(2026), "--yes");
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    check_refused(
        &office.import(&office.write("broken.csv", broken.as_bytes()), "--yes"),
        "2027-01-04",
    );
}

#[test]
fn a_superseded_publication_takes_force_and_what_it_replaced_is_remembered() {
    let office = Program::install();
    check_refused(&office.import(FIRST_2025, "--yes"), "--force");
    assert!(office.import(FIRST_2025, "--force").status.success());
    assert_eq!(office.workdays("2025"), 250);
    assert_eq!(
        std::fs::read(office.path("calendar/2025.csv")).unwrap(),
        std::fs::read(FIRST_2025).unwrap()
    );
    assert!(office.import(CORRECTED_2025, "--yes").status.success());
    assert_eq!(office.workdays("2025"), 247);
    assert!(office.import(&published(2025), "--yes").status.success());
    // Replaced here: to have it back is a decision, too.
    check_refused(&office.import(CORRECTED_2025, "--yes"), "was in force here before");
    assert!(office.import(CORRECTED_2025, "--force").status.success());
    let history = office.json(&["calendar", "history"]);
    let newest = &history[0];
    assert_eq!(newest["actor"], "王小明");
    let reason = newest["reason"].as_str().unwrap();
    let digest = jicui::config::calendar::sha256(&std::fs::read(CORRECTED_2025).unwrap());
    assert!(reason.contains(CORRECTED_2025) && reason.contains(&digest), "{reason}");
    assert_eq!(history.as_array().unwrap().len(), 5, "as found, and four imports: {history}");
}

#[test]
fn the_differences_are_shown_day_by_day_before_anything_is_asked() {
    let office = Program::install();
    office.import(FIRST_2025, "--force");
    let output =
        office.command(&["calendar", "import", CORRECTED_2025, "--force"]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    insta::assert_snapshot!(shown.split_once('\n').unwrap().1, @"
    day              where  before   after
    114/09/28（日）         weekend  holiday: 孔子誕辰紀念日
    114/09/29（一）         workday  holiday
    114/10/24（五）         workday  holiday
    114/10/25（六）         weekend  holiday: 臺灣光復暨金門古寧頭大捷紀念日
    114/12/25（四）         workday  holiday: 行憲紀念日
    no open case moves
    ");
}

#[test]
fn nothing_is_done_without_a_yes() {
    let office = Program::install();
    office.import(FIRST_2025, "--force");
    for (answer, code, workdays) in
        [("", 1, 250), ("n\n", 1, 250), ("perhaps\n", 1, 250), ("y\n", 0, 247)]
    {
        let mut command = office.command(&["calendar", "import", CORRECTED_2025]);
        let output = command.write_stdin(answer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("put this in force? [y/N]"), "{said}");
        assert_eq!(output.status.code(), Some(code), "{answer}: {said}");
        assert_eq!(office.workdays("2025"), workdays, "{answer}");
    }
}

#[test]
fn what_is_no_published_year_is_refused_with_the_right_thing_to_do() {
    let office = Program::install();
    let text = String::from_utf8(std::fs::read(published(2026)).unwrap()).unwrap();
    let next = String::from_utf8(std::fs::read(published(2027)).unwrap()).unwrap();
    let body = next.split_once('\n').unwrap().1;
    let half: Vec<&str> = text.lines().take(200).collect();
    let half = half.join("\r\n");
    for (name, content, expected) in [
        (
            "google.csv",
            "Subject,Start Date,Start Time\r\n春節,2026/2/17,\r\n".to_owned(),
            "辦公日曆表」 of the same year",
        ),
        ("half.csv", half, "2026-07-19 is missing"),
        ("two.csv", format!("{text}{body}"), "is not in 2026: a file holds one year"),
        ("weekday.csv", text.replace("20260105,一", "20260105,二"), "6: 2026-01-05 is a 一"),
        ("flag.csv", text.replace("20260105,一,0", "20260105,一,1"), "6: 是否放假"),
        ("empty.csv", String::new(), "no days in it"),
    ] {
        let file = office.write(name, content.as_bytes());
        check_refused(&office.import(&file, "--yes"), expected);
        check_refused(&office.import(&file, "--force"), "nothing was changed");
    }
    check_refused(&office.import("/nowhere.csv", "--yes"), "cannot be read");
    assert!(!office.path("calendar").exists(), "nothing was written");
    assert_eq!(office.workdays("2026"), 245);
}

#[test]
fn a_closure_is_written_and_taken_back_and_the_comments_stay() {
    let office = Program::install();
    std::fs::create_dir(office.path("calendar")).unwrap();
    let before = include_str!("../../config/calendar/closures.toml");
    std::fs::write(office.path("calendar/closures.toml"), before).unwrap();
    let close = ["calendar", "close", "115-09-30", "--region", "台北市", "--reason", "颱風"];
    let document = office.json(&close);
    assert_eq!(document["days"][0]["date"], "2026-09-30");
    assert_eq!(document["days"][0]["region"], "臺北市");
    assert_eq!(document["days"][0]["after"]["kind"], "closure");
    let text = std::fs::read_to_string(office.path("calendar/closures.toml")).unwrap();
    assert!(text.starts_with(before), "{text}");
    let days = office.json(&["calendar", "show", "2026-09", "--region", "臺北市"]);
    assert_eq!(days["days"][29]["kind"], "closure");
    let national = office.json(&["calendar", "show", "2026-09"]);
    assert_eq!(national["days"][29]["kind"], "workday");
    check_refused(&office.run(&close), "closed there already");
    let half = ["calendar", "close", "2026-10-01", "--part", "am", "--reason", "豪雨"];
    assert!(office.run(&half).status.success());
    let explained = office.json(&[
        "deadline",
        "2026-09-29",
        "--workdays",
        "2",
        "--explain",
        "--region",
        "臺北市",
    ]);
    assert_eq!(explained["due_on"], "2026-10-02", "09-30 is shut; half of 10-01 counts");
    let reasons = explained["days"].to_string();
    assert!(
        reasons.contains("停止上班 臺北市 颱風") && reasons.contains("closures.toml:"),
        "{reasons}"
    );
    for date in ["2026-09-30", "2026-10-01"] {
        assert!(office.run(&["calendar", "reopen", date]).status.success(), "{date}");
    }
    let text = std::fs::read_to_string(office.path("calendar/closures.toml")).unwrap();
    assert_eq!(text, before);
    check_refused(&office.run(&["calendar", "reopen", "2026-09-30"]), "is not closed there");
    // A file without a word would look to a running daemon like one that was lost.
    std::fs::remove_file(office.path("calendar/closures.toml")).unwrap();
    assert!(office.run(&["calendar", "close", "2026-09-30", "--reason", "颱風"]).status.success());
    assert!(office.run(&["calendar", "reopen", "2026-09-30"]).status.success());
    let left = std::fs::read_to_string(office.path("calendar/closures.toml")).unwrap();
    assert_eq!(left, "# nothing is closed\n");
}

#[test]
fn one_of_several_closures_of_a_day_is_taken_back() {
    let office = Program::install();
    let run = |arguments: &[&str]| office.run(&[&["calendar"], arguments].concat());
    let close = |more: &[&str]| {
        let output = run(&[&["close", "2026-09-30", "--reason", "颱風"], more].concat());
        assert!(output.status.success(), "{output:?}");
    };
    close(&[]);
    close(&["--region", "臺北市", "--part", "am"]);
    close(&["--region", "臺北市", "--part", "pm"]);
    check_refused(&run(&["reopen", "2026-09-30"]), "全國 for the whole country");
    let taipei = ["reopen", "2026-09-30", "--region", "台北市", "--part", "pm"];
    assert!(run(&taipei).status.success());
    assert!(run(&["reopen", "2026-09-30", "--region", "全國"]).status.success());
    let text = std::fs::read_to_string(office.path("calendar/closures.toml")).unwrap();
    let left =
        "[[closure]]\ndate = 2026-09-30\nregion = \"臺北市\"\npart = \"am\"\nreason = \"颱風\"\n";
    assert!(text.ends_with(left) && text.matches("[[closure]]").count() == 1, "{text}");
    let history = String::from_utf8(run(&["history"]).stdout).unwrap();
    assert!(history.contains("reopened 2026-09-30 臺北市 pm"), "{history}");
    assert!(history.contains("reopened 2026-09-30 everywhere"), "{history}");
    assert_eq!(run(&["close", "2026-10-02", "--reason", " "]).status.code(), Some(2));
}

#[test]
fn a_year_is_replaced_where_it_lies() {
    let office = Program::install();
    std::fs::create_dir_all(office.path("calendar")).unwrap();
    std::fs::copy(FIRST_2025, office.path("calendar/2025.CSV")).unwrap();
    assert_eq!(office.workdays("2025"), 250);
    let output = office.import(CORRECTED_2025, "--yes");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!office.path("calendar/2025.csv").exists(), "no second file of its year");
    assert_eq!(office.workdays("2025"), 247);
}

#[test]
fn an_edit_goes_through_a_link_that_an_administrator_made() {
    let office = Program::install();
    let (linked, kept) = (office.path("calendar/closures.toml"), office.path("closures-kept.toml"));
    std::fs::create_dir_all(office.path("calendar")).unwrap();
    std::fs::write(&kept, "").unwrap();
    std::os::unix::fs::symlink(&kept, &linked).unwrap();
    let close = ["calendar", "close", "2026-09-30", "--reason", "颱風"];
    assert!(office.run(&close).status.success());
    assert!(linked.is_symlink());
    assert!(std::fs::read_to_string(&kept).unwrap().contains("2026-09-30"));
}

#[test]
fn an_answer_is_of_what_was_shown() {
    let office = Program::install();
    let mut import = std::process::Command::new(env!("CARGO_BIN_EXE_jicui"));
    import.env_clear().args(["calendar", "import", FIRST_2025, "--force"]);
    import.args(["--config", office.path("config.toml").to_str().unwrap()]);
    assert!(import.status().unwrap().success());
    let mut asked = std::process::Command::new(env!("CARGO_BIN_EXE_jicui"));
    asked.env_clear().args(["calendar", "import", CORRECTED_2025]).stdin(Stdio::piped());
    asked.args(["--config", office.path("config.toml").to_str().unwrap()]);
    let mut asked = asked.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut question = std::io::BufReader::new(asked.stderr.take().unwrap());
    let mut said = Vec::new();
    std::io::BufRead::read_until(&mut question, b'?', &mut said).unwrap();
    let close = ["calendar", "close", "2026-09-30", "--reason", "颱風"];
    assert!(office.run(&close).status.success(), "a colleague is quicker");
    std::io::Write::write_all(&mut asked.stdin.take().unwrap(), b"y\n").unwrap();
    std::io::Read::read_to_end(&mut question, &mut said).unwrap();
    assert_eq!(asked.wait().unwrap().code(), Some(1));
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("the calendar was edited since"), "{said}");
    assert_eq!(office.workdays("2025"), 250);
}

#[test]
fn of_two_who_close_at_once_neither_is_lost() {
    let office = Program::install();
    let close = ["calendar", "close", "2026-09-30", "--reason", "颱風"];
    assert!(office.run(&close).status.success());
    // Another process is in the middle of an edit of its own.
    let other = std::fs::File::open(office.path("state/calendar.lock")).unwrap();
    other.lock().unwrap();
    let mut waits = std::process::Command::new(env!("CARGO_BIN_EXE_jicui"));
    waits.env_clear().args(["calendar", "close", "2026-10-01", "--reason", "颱風"]);
    waits.args(["--config", office.path("config.toml").to_str().unwrap()]);
    let mut waits = waits.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut shown = std::io::BufReader::new(waits.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut shown, &mut String::new()).unwrap();
    let path = office.path("calendar/closures.toml");
    let theirs = std::fs::read_to_string(&path).unwrap().replace("09-30", "10-02");
    std::fs::write(&path, &theirs).unwrap();
    drop(other);
    check_refused(&waits.wait_with_output().unwrap(), "edited just now");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), theirs);
    // Many at once: whoever says closed has closed.
    let days: Vec<String> = (12..20).map(|day| format!("2026-10-{day}")).collect();
    let running = days.iter().map(|day| {
        let mut close = std::process::Command::new(env!("CARGO_BIN_EXE_jicui"));
        close.env_clear().args(["calendar", "close", day, "--reason", "颱風"]);
        close.args(["--config", office.path("config.toml").to_str().unwrap()]);
        close.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    let running: Vec<_> = running.collect();
    let closed = running
        .into_iter()
        .zip(&days)
        .filter_map(|(mut process, day)| process.wait().unwrap().success().then_some(day.as_str()));
    let closed: Vec<&str> = closed.collect();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!closed.is_empty());
    for day in &days {
        assert_eq!(text.contains(day.as_str()), closed.contains(&day.as_str()), "{day}: {text}");
    }
}

#[test]
fn what_cannot_be_kept_in_the_history_is_not_put_in_force() {
    let office = Program::install();
    assert!(office.run(&["calendar", "close", "2026-09-30", "--reason", "颱風"]).status.success());
    let before = std::fs::read(office.path("calendar/closures.toml")).unwrap();
    let database = rusqlite::Connection::open(office.path("state/jicui.db")).unwrap();
    let full = "create trigger full before insert on calendar_versions
        begin select raise(abort, 'no room'); end";
    database.execute_batch(full).unwrap();
    let close = office.run(&["calendar", "close", "2026-10-01", "--reason", "颱風"]);
    check_refused(&close, "keeping the calendar's history");
    assert_eq!(std::fs::read(office.path("calendar/closures.toml")).unwrap(), before);
    assert_eq!(std::fs::read_dir(office.path("calendar")).unwrap().count(), 1, "nothing is left");
}

#[test]
fn an_edit_is_made_also_where_nobody_reads_what_it_moves() {
    let office = Program::install();
    let run = |arguments: &[&str], output: Stdio| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jicui"));
        command.env_clear().env("USER", "王小明").args(arguments);
        command.arg("--config").arg(office.path("config.toml"));
        command.stdout(output).stderr(Stdio::null()).status().unwrap().code()
    };
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let kind = || office.json(&["calendar", "show", "2026-09"])["days"][29]["kind"].clone();
    let close = ["calendar", "close", "2026-09-30", "--reason", "颱風"];
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(run(&close, full.into()), Some(1));
    assert_eq!(kind(), "workday", "what could not be shown is not done");
    assert_eq!(run(&close, closed()), Some(0));
    assert_eq!(kind(), "closure");
    assert_eq!(run(&["calendar", "reopen", "2026-09-30", "--json"], closed()), Some(0));
    assert_eq!(kind(), "workday");
    assert_eq!(run(&["calendar", "import", FIRST_2025, "--force"], closed()), Some(0));
    assert_eq!(office.workdays("2025"), 250);
    let superseded = ["calendar", "import", FIRST_2025, "--yes", "--json"];
    office.import(CORRECTED_2025, "--yes");
    assert_eq!(run(&superseded, closed()), Some(1), "refused all the same");
}

#[test]
fn what_the_calendar_said_then_can_be_asked_later() {
    let office = Program::install();
    let now = || chrono_now();
    let closed = ["calendar", "close", "2026-03-17", "--reason", "颱風"];
    let before = now();
    assert!(office.run(&closed).status.success());
    let then = office.json(&["deadline", "2026-03-02", "--at", &before]);
    assert_eq!(then["due_on"], "2026-03-20");
    let today = office.json(&["deadline", "2026-03-02"]);
    assert_eq!(today["due_on"], "2026-03-23");
}

/// The present minute in Taipei, as `--at` takes it.
fn chrono_now() -> String {
    use jicui::clock::Clock;
    let now = jicui::clock::SystemClock.now();
    jicui::clock::wall(now).format("%Y-%m-%d %H:%M").to_string()
}

#[test]
fn an_impact_changes_nothing() {
    let office = Program::install();
    let impact =
        office.json(&["calendar", "impact", "--close", "2026-03-17", "--region", "臺北市"]);
    assert_eq!(impact["days"][0]["date"], "2026-03-17");
    let file = office.json(&["calendar", "impact", FIRST_2025]);
    assert_eq!(file["days"].as_array().unwrap().len(), 5, "{file}");
    assert!(!office.path("calendar").exists());
    assert_eq!(office.run(&["calendar", "impact"]).status.code(), Some(2));
}

#[test]
fn what_is_closed_in_one_city_is_named_where_it_is_not_counted() {
    let office = Program::install();
    let close = ["calendar", "close", "115-09-30", "--region", "臺北市", "--reason", "颱風"];
    assert!(office.run(&close).status.success());
    let printed = |arguments: &[&str]| {
        let Output { stdout, stderr, .. } = office.run(arguments);
        let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
        (stdout, stderr)
    };
    let (page, _) = printed(&["calendar", "show", "2026-09"]);
    let below = page.split_once("Not counted above").unwrap().1;
    assert!(below.contains("臺北市") && below.contains("颱風"), "{page}");
    let (page, _) = printed(&["calendar", "show", "2026-09", "--region", "臺北市"]);
    assert!(!page.contains("Not counted above"), "{page}");
    let (due, said) = printed(&["deadline", "2026-09-29", "--workdays", "2"]);
    assert!(due.starts_with("2026-10-01"), "{due}");
    assert!(said.contains("颱風 is not counted: --region 臺北市 counts it"), "{said}");
    // Before it, and with the right name, there is nothing to say.
    assert_eq!(printed(&["deadline", "2026-09-14", "--workdays", "2"]).1, "");
    let there = printed(&["deadline", "2026-09-29", "--workdays", "2", "--region", "台北市"]);
    assert!(there.0.starts_with("2026-10-02") && there.1.is_empty(), "{there:?}");
    let nowhere = printed(&["deadline", "2026-09-29", "--region", "臺北"]).1;
    assert!(
        nowhere.contains("nothing is closed in 臺北, and nobody has a seat there"),
        "{nowhere}"
    );
    // The whole country is no city of that name.
    for command in ["deadline 2026-09-29 --region 全國", "calendar show 2026-09 --region 全國"]
    {
        let command: Vec<&str> = command.split(' ').collect();
        assert_eq!(printed(&command).1, "");
    }
    // Half a day counts as a workday there too.
    let half = [
        "calendar",
        "close",
        "2026-10-07",
        "--region",
        "臺北市",
        "--part",
        "pm",
        "--reason",
        "颱風",
    ];
    assert!(office.run(&half).status.success());
    assert_eq!(printed(&["deadline", "2026-10-06", "--workdays", "2"]).1, "");
}

#[test]
fn oddities_are_listed() {
    let office = Program::install();
    std::fs::create_dir(office.path("calendar")).unwrap();
    let write = |name: &str, content: &[u8]| {
        std::fs::write(office.path("calendar").join(name), content).unwrap();
    };
    write("2025.csv", &std::fs::read(FIRST_2025).unwrap());
    write("115年.csv", b"x");
    write(".2026.csv.swp", b"x");
    write("closures.toml", "[[closure]]\ndate = 2026-03-15\nreason = \"x\"\n[[closure]]\ndate = 2026-03-17\nregion = \"臺北\"\nreason = \"x\"\n[[closure]]\ndate = 2061-03-17\nreason = \"x\"\n".as_bytes());
    let odd = office.json(&["calendar", "check"]).to_string();
    for expected in [
        "superseded in May 2025",
        "left alone",
        "a day off already",
        "2061-03-17 lies outside the years that are counted",
        "no agency and no unit has its seat in 臺北:",
    ] {
        assert!(odd.contains(expected), "{expected}: {odd}");
    }
    assert!(!odd.contains("swp"), "{odd}");
}

#[test]
fn without_a_configuration_there_is_nothing_to_edit() {
    let mut command = Command::cargo_bin("jicui").unwrap();
    let arguments = ["calendar", "close", "2026-03-17", "--reason", "颱風"];
    let output = command.env_clear().args(arguments).output().unwrap();
    check_refused(&output, "name one with --config");
    assert!(!Path::new("closures.toml").exists());
}
