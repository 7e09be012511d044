//! What is kept and for how long: the copies that are made by themselves, and people's words.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::world::program::Program;
use super::world::{AGENCY, NID, World, comment, moment};
use jicui::app::Step;
use jicui::app::backups::last_copy;
use jicui::app::register::{Query, Which};
use jicui::clock::{today, wall};
use jicui::domain::act::{Act, Actor};
use jicui::domain::case::CaseNumber;
use jicui::domain::statistics::{Format, Period};
use jicui::store::restore;

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> =
        entries.map(name).map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn each_day_has_its_copy_and_old_ones_go() {
    let config = "[backup]\ndirectory = \"copies\"\nkeep_daily = 2\nkeep_weekly = 2\n";
    let mut world = World::with_config("2026-03-05 02:40", config).await;
    let copies = world.path("copies");
    world.app.run(Step::Remind).await;
    assert_eq!(names(&copies), ["jicui-2026-03-05.db"], "the first one is made at once");
    std::fs::write(copies.join("letter.txt"), "敬啟者").unwrap();
    std::fs::write(copies.join("jicui-2026-03-01.db.partial"), "broken off").unwrap();
    for day in 6..=10 {
        world.sleep_until(&format!("2026-03-{day:02} 02:29"));
        world.app.run(Step::Remind).await;
        assert!(!copies.join(format!("jicui-2026-03-{day:02}.db")).exists());
        world.sleep_until(&format!("2026-03-{day:02} 02:31"));
        world.app.run(Step::Remind).await;
        world.app.run(Step::Remind).await;
    }
    // The last two days, the last of last week (a Sunday), and nothing of anybody else's.
    assert_eq!(
        names(&copies),
        ["jicui-2026-03-08.db", "jicui-2026-03-09.db", "jicui-2026-03-10.db", "letter.txt"]
    );
    assert_eq!(mode(&copies), 0o700);
    assert_eq!(mode(&copies.join("jicui-2026-03-10.db")), 0o600);
    let copy = rusqlite::Connection::open(copies.join("jicui-2026-03-10.db")).unwrap();
    let count: i64 = copy.query_row("select count(*) from runs", [], |row| row.get(0)).unwrap();
    assert!(count > 0);
    let status = world.app.status().await.unwrap();
    let backup = status.iter().find(|result| result.code == "backup").unwrap();
    assert!(backup.message.contains("0 h ago"), "{backup:?}");
    let age = world.app.figures().await.unwrap().backup_age;
    assert_eq!(age, Some(std::time::Duration::ZERO));
    world.sent();
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_copied_keeps_no_day_from_its_copy() {
    let config = "[backup]\ndirectory = \"copies\"\nkeep_daily = 1\nkeep_weekly = 0\n";
    let mut world = World::with_config("2027-03-05 09:00", config).await;
    let copies = world.path("copies");
    world.pass().await;
    world.clock_jumps_to("2026-03-05 09:00");
    let status = world.app.status().await.unwrap();
    let said = |code| status.iter().find(|result| result.code == code).unwrap().message.as_str();
    assert!(said("backup").starts_with("none yet"), "{status:?}");
    assert!(said("poll").starts_with("no source has been read yet"), "{status:?}");
    let figures = world.app.figures().await.unwrap();
    assert_eq!((figures.backup_age, figures.poll_age), (None, None));
    for day in ["2026-03-05", "2026-03-06"] {
        world.sleep_until(&format!("{day} 09:10"));
        world.pass().await;
        let made = format!("jicui-{day}.db");
        assert_eq!(names(&copies), [made.as_str(), "jicui-2027-03-05.db"]);
    }
    assert_eq!(last_copy(&copies, today(world.now())), Some(copies.join("jicui-2026-03-06.db")));
    world.sent();
}

/// Whether somebody holds a lock on the file, by the kernel's account.
fn is_locked(path: &Path) -> bool {
    let inode = format!(":{} ", std::fs::metadata(path).unwrap().ino());
    std::fs::read_to_string("/proc/locks").unwrap().lines().any(|line| line.contains(&inode))
}

#[tokio::test]
async fn the_database_stays_locked_while_it_is_copied() {
    let config = "[backup]\ndirectory = \"copies\"\n";
    let world = World::with_config("2026-03-05 09:00", config).await;
    let database = world.path("state/jicui.db");
    assert!(is_locked(&database));
    world.app.run(Step::Remind).await;
    assert_eq!(names(&world.path("copies")), ["jicui-2026-03-05.db"]);
    assert!(
        is_locked(&database),
        "another program would take itself for the last one and remove the log"
    );
}

#[tokio::test]
async fn the_wrong_copy_put_back_leaves_the_right_one_where_it_can_be_found() {
    let config = "[backup]\ndirectory = \"copies\"\n";
    let mut world = World::with_config("2026-03-05 09:00", config).await;
    world.platform.post_request(1, "一", wall(moment("2026-03-01 08:00")), Some("內政部"));
    world.pass().await;
    world.platform.post_comment(NID, 1, "一", wall(moment("2026-03-05 08:00")));
    world.sleep_until("2026-03-06 09:00");
    world.pass().await;
    let copies = world.path("copies");
    assert_eq!(names(&copies), ["jicui-2026-03-05.db", "jicui-2026-03-06.db"]);
    world.sleep_until("2026-03-06 10:00");
    let older = copies.join("jicui-2026-03-05.db");
    restore(&older, &world.path("state/jicui.db"), world.now()).unwrap();
    world.restart();
    world.sleep_until("2026-03-06 10:01");
    world.pass().await;
    let spared = "jicui-2026-03-06.db.before-restore-20260306T020000Z";
    assert_eq!(names(&copies), ["jicui-2026-03-05.db", "jicui-2026-03-06.db", spared]);
    world.sleep_until("2026-03-06 10:02");
    world.app.run(Step::Remind).await;
    assert_eq!(names(&copies).len(), 3, "it is spared once");
    let copy = rusqlite::Connection::open(copies.join(spared)).unwrap();
    let count: i64 = copy.query_row("select count(*) from cases", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
    world.sent();
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_is_an_alarm_and_the_last_one_stays() {
    let config = "[backup]\ndirectory = \"copies\"\nkeep_daily = 1\nkeep_weekly = 0\n";
    let mut world = World::with_config("2026-03-05 09:00", config).await;
    let copies = world.path("copies");
    world.pass().await;
    // The next one's name is taken by something that is no copy.
    let taken = copies.join("jicui-2026-03-06.db");
    std::fs::write(&taken, "敬啟者").unwrap();
    world.sleep_until("2026-03-06 09:00");
    world.pass().await;
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains("資料庫備份失敗") && sent.lines().count() == 1, "{sent}");
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "敬啟者");
    assert!(copies.join("jicui-2026-03-05.db").exists());
    std::fs::remove_file(&taken).unwrap();
    world.sleep_until("2026-03-06 09:30");
    world.pass().await;
    assert_eq!(world.sent(), "", "tried again within the hour, not at each bell");
    world.sleep_until("2026-03-06 10:01");
    world.pass().await;
    assert!(world.sent().contains("警示解除"));
    assert_eq!(names(&copies), ["jicui-2026-03-06.db"]);
}

const WORDS: [&str; 3] = ["王大明0912345678", "他很生氣", "另一個標題"];

fn holds_words(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(directory) {
        let path = directory.join(&name);
        if !path.is_file() {
            continue;
        }
        let content = std::fs::read(path).unwrap();
        for word in WORDS {
            if content.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(format!("{name}: {word}"));
            }
        }
    }
    found
}

/// An answered case of which citizens and colleagues wrote, some days after its end.
async fn answered(config: &str) -> World {
    let mut world = World::with_config("2024-03-04 09:30", config).await;
    let (number, [title, note, other]) = (comment(558_380), WORDS);
    world.platform.post_comment(NID, 558_380, other, wall(moment("2024-03-04 09:00")));
    world.run_until("2024-03-04 12:00").await;
    world.platform.post_comment(NID, 558_380, title, wall(moment("2024-03-04 09:00")));
    world.run_until("2024-03-05 12:00").await;
    let by = Actor::at_console("王小明");
    let note = Act::Note { text: note.to_owned() };
    world.app.act(&number, note, &by).await.unwrap();
    world.platform.reply_to_comment(558_380, wall(moment("2024-03-06 10:00")));
    world.run_until("2024-03-20 17:00").await;
    world.sent();
    world
}

#[tokio::test]
async fn words_that_cannot_be_erased_are_an_alarm_and_reminders_go_out_all_the_same() {
    let mut world = answered("[privacy]\nerase_after_months = 1\n").await;
    let database = rusqlite::Connection::open(world.path("state/jicui.db")).unwrap();
    database
        .execute_batch(
            "create trigger stuck before update of title on cases
             begin select raise(abort, 'stuck'); end",
        )
        .unwrap();
    world.platform.post_comment(NID, 2, "題", wall(moment("2024-04-30 09:00")));
    world.run_until("2024-04-30 12:00").await;
    let sent = world.sent();
    assert!(sent.contains("【新案分派】C-2"), "{sent}");
    assert_eq!(sent.matches("已屆保存期限之民眾文字未能刪除").count(), 1, "{sent}");
    database.execute_batch("drop trigger stuck").unwrap();
    world.run_until("2024-04-30 14:00").await;
    assert!(world.sent().contains("警示解除"));
}

async fn figures(world: &World) -> serde_json::Value {
    let [from, to] = ["2024-01-01", "2024-06-30"].map(|day| day.parse().unwrap());
    let report = world.app.report(Period::new(from, to).unwrap()).await.unwrap();
    let mut report: serde_json::Value =
        serde_json::from_slice(&report.write(Format::Json).unwrap()).unwrap();
    forget(&mut report, &["title", "made_at", "as_of"]);
    report
}

/// Leaves out what need not be the same.
fn forget(value: &mut serde_json::Value, keys: &[&str]) {
    match value {
        serde_json::Value::Object(map) => {
            map.retain(|key, _| !keys.contains(&key.as_str()));
            map.values_mut().for_each(|value| forget(value, keys));
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| forget(value, keys)),
        _ => {}
    }
}

/// How many cases the console's list finds by these words.
async fn found_by(world: &World, text: &str) -> usize {
    let query = Query { which: Which::All, text: text.to_owned(), ..Query::default() };
    world.app.find_cases(&query, (0, 50)).await.unwrap().total
}

#[tokio::test]
async fn words_are_gone_from_the_disk_and_the_figures_stay() {
    let mut world = answered("[privacy]\nerase_after_months = 24\n").await;
    let state = world.path("state");
    assert!(!holds_words(&state).is_empty(), "the test looks in the wrong place");
    let before = figures(&world).await;
    // Nothing goes before its time.
    world.sleep_until("2026-03-05 09:30");
    world.pass().await;
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(file.view.case.title, WORDS[0]);
    assert_eq!(found_by(&world, WORDS[0]).await, 1);
    world.sleep_until("2026-03-30 09:30");
    world.pass().await;
    world.pass().await;
    assert_eq!(holds_words(&state), [""; 0]);
    assert_eq!(found_by(&world, WORDS[0]).await, 0);
    assert_eq!(found_by(&world, "內容已刪除").await, 1);
    assert_eq!(figures(&world).await, before);
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(file.view.case.title, "（內容已刪除）");
    let events: Vec<&str> = file.history.iter().map(|entry| entry.event.as_str()).collect();
    assert!(events.contains(&"note") && events.contains(&"retitled"), "{events:?}");
    assert!(file.history.iter().all(|entry| entry.reason.is_empty()), "{:?}", file.history);
    world.sent();
}

#[tokio::test]
async fn nothing_is_erased_where_nothing_shall_be() {
    let mut world = answered("[privacy]\nerase_after_months = 0\n").await;
    world.sleep_until("2026-12-30 09:30");
    world.pass().await;
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(file.view.case.title, WORDS[0]);
    world.sent();
}

#[tokio::test]
async fn a_redacted_copy_holds_nobodys_words() {
    let config = "[backup]\ndirectory = \"copies\"\nredact = true\n";
    let mut world = answered(config).await;
    assert!(!names(&world.path("copies")).is_empty());
    assert_eq!(holds_words(&world.path("copies")), [""; 0]);
    world.sent();
}

/// A world with a folder into which lists are dropped.
async fn with_folder() -> (World, PathBuf) {
    let config = "[folder]\npath = \"drop\"\nsettle_secs = 0\n";
    let world = World::with_config("2024-03-04 09:30", config).await;
    let drop = world.path("drop");
    std::fs::create_dir(&drop).unwrap();
    (world, drop)
}

#[tokio::test]
async fn a_list_that_is_older_than_what_the_platform_shows_takes_no_answer_back() {
    let (mut world, drop) = with_folder().await;
    let at = |text| wall(moment(text));
    world.platform.post_request(7, "希望開放", at("2024-03-04 09:00"), Some(AGENCY));
    world.pass().await;
    world.platform.reply_to_request(7, at("2024-03-04 09:20"));
    world.pass().await;
    let rows = "ID,開放建議標題,發表日期,實際派發機關,分派狀態,回復狀態\n\
        7,希望開放,2024-03-04,勞動部勞工保險局,已分派,未回復\n";
    std::fs::write(drop.join("list.csv"), rows).unwrap();
    let replied_at = async |world: &World| {
        world.app.store().case(&CaseNumber::of_request(7)).await.unwrap().unwrap().replied_at
    };
    let before = replied_at(&world).await;
    assert!(before.is_some());
    world.run_until("2024-03-04 18:00").await;
    assert!(!drop.join("list.csv").exists(), "it was read");
    assert_eq!(replied_at(&world).await, before);
    world.sent();
}

#[tokio::test]
async fn a_list_moves_no_comment_to_another_dataset_of_the_same_title() {
    let (mut world, drop) = with_folder().await;
    world.platform.add_dataset(6200, "勞保統計", AGENCY);
    world.platform.post_comment(6200, 7, "題", wall(moment("2024-03-04 09:00")));
    world.pass().await;
    let rows = "ID,發表時間,標題,資料集名稱,回復狀態\n7,2024-03-04 09:00,題,勞保統計,未回復\n";
    std::fs::write(drop.join("list.csv"), rows).unwrap();
    world.run_until("2024-03-04 18:00").await;
    assert!(!drop.join("list.csv").exists(), "it was read");
    let history = world.app.store().history(&comment(7)).await.unwrap();
    let events: Vec<&str> = history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["new"]);
    world.sent();
}

#[tokio::test]
async fn a_folder_that_is_gone_is_told_of_and_says_nothing_of_the_platform() {
    let (mut world, drop) = with_folder().await;
    world.pass().await;
    std::fs::remove_dir(&drop).unwrap();
    world.run_until("2024-03-04 15:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("匯入資料夾無法讀取"), "{sent}");
    assert!(
        world
            .app
            .readiness()
            .await
            .unwrap()
            .iter()
            .all(|found| found.code != "platform_unreachable")
    );
    std::fs::create_dir(&drop).unwrap();
    world.run_until("2024-03-04 16:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("警示解除"), "{sent}");
}

#[tokio::test]
async fn what_citizens_wrote_in_a_bad_file_goes_nowhere_else() {
    let (mut world, drop) = with_folder().await;
    let [name, words, other] = WORDS;
    // Two exports whose first row was cut off; in the second a citizen wrote the same twice.
    let rows = format!("1,2024-03-01,{name},{words},未回復\n2,2024-03-02,{other},{words},未回復\n");
    std::fs::write(drop.join("a.csv"), &rows).unwrap();
    std::fs::write(drop.join("b.csv"), rows.replacen(words, name, 1)).unwrap();
    world.pass().await;
    let posted = world.slack.all();
    assert_eq!(posted.iter().filter(|posted| posted.text.contains("匯入檔案失敗")).count(), 2);
    let mut said: Vec<String> = posted.iter().map(|posted| posted.request.to_string()).collect();
    let failed = drop.join("failed");
    for note in ["a.csv.txt", "b.csv.txt"] {
        assert_eq!(mode(&failed.join(note)), 0o600);
        said.push(std::fs::read_to_string(failed.join(note)).unwrap());
    }
    for said in said {
        assert!(!WORDS.iter().any(|words| said.contains(words)), "{said}");
    }
    assert_eq!(mode(&failed), 0o700);
    assert_eq!(holds_words(&world.path("state")), [""; 0], "nor does the database know it");
    world.sent();
}

#[tokio::test]
async fn a_file_with_a_day_to_come_is_told_of_once_and_can_be_dropped_again() {
    let (mut world, drop) = with_folder().await;
    let rows = "ID,開放建議標題,實際派發機關,回復狀態,發表日期\n\
        1,一,勞動部勞工保險局,未回復,2024-03-01\n2,二,勞動部勞工保險局,未回復,2036-03-01\n";
    std::fs::write(drop.join("a.csv"), rows).unwrap();
    world.pass().await;
    let note = std::fs::read_to_string(drop.join("failed/a.csv.txt")).unwrap();
    assert!(note.starts_with("1 rows: S-2: its day lies in the future; drop it again"), "{note}");
    let sent = world.sent();
    assert_eq!(sent.matches("a.csv").count(), 1, "{sent}");
    assert_eq!(world.app.store().all_cases().await.unwrap().len(), 1);
    std::fs::write(drop.join("a.csv"), rows.replace("2036", "2024")).unwrap();
    world.pass().await;
    assert!(drop.join("done/a.csv").exists());
    assert_eq!(world.app.store().all_cases().await.unwrap().len(), 2);
    world.sent();
}

#[tokio::test]
async fn a_file_that_cannot_be_put_away_stands_in_no_other_s_way() {
    let (mut world, drop) = with_folder().await;
    let rows = "ID,開放建議標題,實際派發機關,回復狀態,發表日期\n\
        1,一,勞動部勞工保險局,未回復,2024-03-01\n";
    std::fs::write(drop.join("a.csv"), "a\n1\n").unwrap();
    std::os::unix::fs::symlink("nowhere", drop.join("failed")).unwrap();
    std::fs::write(drop.join("b.csv"), rows).unwrap();
    for _ in 0..3 {
        world.pass().await;
    }
    assert_eq!(world.app.store().all_cases().await.unwrap().len(), 1);
    assert!(drop.join("done/b.csv").exists());
    let sent = world.sent();
    assert_eq!(
        sent.matches("匯入檔案失敗").count(),
        1,
        "said once, however often it is read: {sent}"
    );
    let alarms = world.app.store().active_alarms().await.unwrap();
    let of_file = alarms.iter().find(|alarm| alarm.subject == "a.csv").unwrap();
    assert!(of_file.detail.contains("it cannot be put away"), "{}", of_file.detail);
    std::fs::remove_file(drop.join("failed")).unwrap();
    world.pass().await;
    assert!(drop.join("failed/a.csv.txt").exists());
    assert!(world.sent().contains("警示解除"));
}

#[test]
fn whatever_the_umask_says_nobody_else_reads_what_is_kept() {
    let program = Program::install();
    let config = "state_dir = \"state\"\n[platform]\nenabled = false\n[web]\nlisten = \"127.0.0.1:0\"\n\
                  public_url = \"https://jicui.example.gov.tw\"\n";
    std::fs::write(program.path("config.toml"), config).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" --config \"$1\" run", env!("CARGO_BIN_EXE_jicui")]);
    command.arg(program.path("config.toml")).env_clear().env("JICUI_LOG", "debug");
    let mut daemon = command.stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(daemon.stderr.take().unwrap());
    let is_backed_up = |line: &String| line.contains("backup: ");
    assert!(log.lines().map_while(Result::ok).any(|line| is_backed_up(&line)));
    let state = program.path("state");
    let kept = names(&state);
    for name in ["backups", "jicui.db", "jicui.db-shm", "jicui.db-wal", "jicui.lock", "link_secret"]
    {
        assert!(kept.iter().any(|kept| kept == name), "{name} is not in {kept:?}");
    }
    let mut open_to_others = Vec::new();
    for directory in [state.clone(), state.join("backups")] {
        open_to_others.extend(Some(directory.clone()).filter(|path| mode(path) != 0o700));
        let files = names(&directory).into_iter().map(|name| directory.join(name));
        open_to_others.extend(files.filter(|path| mode(path) & 0o077 != 0));
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(open_to_others.is_empty(), "{open_to_others:?}");
}
