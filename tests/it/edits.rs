//! Edits while the daemon runs, made as editors make them.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::world::World;
use jicui::config::SAMPLE_UNITS;
use jicui::daemon;
use jicui::daemon::schedule::Rhythm;

const PUBLISHED: &str = include_str!("../../config/calendar/2026.csv");

/// A valid year with this many days off more than published.
fn year(more_days_off: usize) -> String {
    let mut text = PUBLISHED.to_owned();
    for (day, weekday) in
        [("20260302", "一"), ("20260303", "二"), ("20260304", "三")].into_iter().take(more_days_off)
    {
        text = text.replace(&format!("{day},{weekday},0,"), &format!("{day},{weekday},2,試行"));
    }
    text
}

/// Writes as most editors and `cp` do: the file is emptied, then filled piece by piece.
fn in_place(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(path).unwrap();
    for piece in text.as_bytes().chunks(2000) {
        file.write_all(piece).unwrap();
        file.flush().unwrap();
        std::thread::sleep(Duration::from_millis(60));
    }
}

/// Writes as vim does: a swap file, a probe, the old file renamed, a new one, the backup removed.
fn as_vim(path: &Path, text: &str) {
    let directory = path.parent().unwrap();
    let swap = directory.join(".2026.csv.swp");
    std::fs::write(&swap, b"b0VIM 9.1").unwrap();
    File::create(directory.join("4913")).unwrap();
    std::fs::remove_file(directory.join("4913")).unwrap();
    let backup = directory.join("2026.csv~");
    if path.exists() {
        std::fs::rename(path, &backup).unwrap();
    }
    std::thread::sleep(Duration::from_millis(30));
    std::fs::write(path, text).unwrap();
    let _ = std::fs::remove_file(backup);
    std::fs::remove_file(swap).unwrap();
}

/// Writes as careful programs do: beside it, then renamed over it.
fn renamed_over(path: &Path, text: &str) {
    let beside = path.with_extension("csv.tmp");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

/// How an editor writes a file.
type Editor = fn(&Path, &str);

async fn workdays_become(world: &World, expected: usize) -> Duration {
    let began = Instant::now();
    loop {
        let calendars = &world.app.live().config.rules.calendars.clone();
        if calendars.national().workdays_in(2026) == expected {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(10), "not in force");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until `condition` holds of the running daemon.
async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < Duration::from_secs(10), "not yet: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn the_units_are_edited_with_the_same_care(world: &World) {
    let path = world.path("units.toml");
    let officer = || {
        let live = world.app.live();
        let unit = live.config.rules.directory.unit("bli-planning");
        unit.map(|unit| unit.officers[0].name.clone()).unwrap_or_default()
    };
    renamed_over(&path, &SAMPLE_UNITS.replace("吳保險", "新承辦"));
    until("the new officer", async || officer() == "新承辦").await;
    // A second unit of one id, and a leave that ends before it begins: nothing changes, said once.
    let twins = SAMPLE_UNITS.replace("id = \"wda-training\"", "id = \"wda-planning\"");
    let away = "{ name = \"吳保險\", leave = [\"115/03/06 ~ 115/03/02\"]";
    in_place(&path, &twins.replace("{ name = \"吳保險\"", away));
    let alarms = || world.app.store().active_alarms();
    until("the alarm", async || alarms().await.unwrap().len() == 1).await;
    let told = alarms().await.unwrap().remove(0);
    assert_eq!(told.code, "config_invalid");
    assert!(told.detail.contains("two units have the id wda-planning"), "{}", told.detail);
    assert!(told.detail.contains("the last day lies before the first"), "{}", told.detail);
    assert_eq!(officer(), "新承辦");
    as_vim(&path, SAMPLE_UNITS);
    until("the old officer", async || officer() == "吳保險").await;
    until("the end of the alarm", async || alarms().await.unwrap().is_empty()).await;
}

/// Without them nobody would be reminded, and days would count that do not.
async fn what_is_moved_away_stays_in_force(world: &World) {
    let units = || world.app.live().config.rules.directory.units.len();
    let (before, workdays) = (units(), world.app.live().config.rules.calendars.clone());
    let workdays = workdays.national().workdays_in(2026);
    for (name, say) in [("units.toml", "no such file"), ("calendar", "no such directory")] {
        let (there, away) = (world.path(name), world.path("moved-away"));
        std::fs::rename(&there, &away).unwrap();
        let told = told_that_it_is_invalid(world).await;
        assert!(told.contains(say), "{told}");
        assert_eq!(units(), before);
        let calendars = world.app.live().config.rules.calendars.clone();
        assert_eq!(calendars.national().workdays_in(2026), workdays);
        std::fs::rename(&away, &there).unwrap();
        the_alarm_ends(world).await;
    }
}

/// Without the file its closures would be taken back, and told as such.
async fn a_calendar_file_that_is_lost_stays_in_force(world: &World) {
    let path = world.path("calendar/closures.toml");
    let workdays = world.app.live().config.rules.calendars.national().workdays_in(2026);
    std::fs::write(&path, "[[closure]]\ndate = 2026-09-30\nreason = \"颱風\"\n").unwrap();
    workdays_become(world, workdays - 1).await;
    let closed = std::fs::read(&path).unwrap();
    let losses: [fn(&Path); 2] =
        [|path| std::fs::remove_file(path).unwrap(), |path| std::fs::write(path, "").unwrap()];
    for lose in losses {
        lose(&path);
        let told = told_that_it_is_invalid(world).await;
        assert!(told.contains("closures.toml: nothing is there any more"), "{told}");
        workdays_become(world, workdays - 1).await;
        std::fs::write(&path, &closed).unwrap();
        the_alarm_ends(world).await;
    }
    std::fs::write(&path, "# none\n").unwrap();
    workdays_become(world, workdays).await;
    // Where nothing was closed nothing is lost.
    std::fs::write(&path, "").unwrap();
    std::fs::write(world.path("calendar/2026.csv"), year(2)).unwrap();
    workdays_become(world, workdays - 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_takes_effect_within_two_seconds_however_it_is_made() {
    // Without pages: two tests would want one port.
    let world = World::with_config("2026-03-07 09:00", "[web]\nlisten = \"\"\n").await;
    std::fs::remove_dir(world.path("calendar")).unwrap();
    let running =
        tokio::spawn(daemon::run(Arc::clone(&world.app), Rhythm::Every(Duration::from_mins(1))));
    let path = world.path("calendar/2026.csv");
    tokio::time::sleep(Duration::from_millis(200)).await;
    // The directory itself is made while the daemon runs.
    std::fs::create_dir(world.path("calendar")).unwrap();
    let edits: [(&str, Editor); 4] =
        [("cp", in_place), ("vim", as_vim), ("rename", renamed_over), ("nano", in_place)];
    for (round, (editor, write)) in edits.into_iter().enumerate() {
        let more = round % 3 + 1;
        let (path, text) = (path.clone(), year(more));
        tokio::task::spawn_blocking(move || write(&path, &text)).await.unwrap();
        let took = workdays_become(&world, 245 - more).await;
        assert!(took < Duration::from_secs(2), "{editor}: {took:?}");
    }
    // An invalid edit changes nothing and is said once, with its place; a log beside it is no edit.
    std::fs::write(&path, year(1).replace("20260105,一", "20260105,二")).unwrap();
    let began = Instant::now();
    let told = loop {
        let alarms = world.app.store().active_alarms().await.unwrap();
        if let [alarm] = &alarms[..] {
            break alarm.clone();
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{alarms:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(told.code, "config_invalid");
    assert!(told.detail.contains("2026.csv:6:1: 2026-01-05 is a 一"), "{}", told.detail);
    assert_eq!(world.app.live().config.rules.calendars.national().workdays_in(2026), 244);
    std::fs::remove_file(&path).unwrap();
    workdays_become(&world, 245).await;
    the_units_are_edited_with_the_same_care(&world).await;
    std::fs::write(&path, year(1)).unwrap();
    workdays_become(&world, 244).await;
    what_is_moved_away_stays_in_force(&world).await;
    a_calendar_file_that_is_lost_stays_in_force(&world).await;
    world.app.stop().cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_linked_to_is_edited_like_what_lies_there() {
    let world = World::with_config("2026-03-07 09:00", "[web]\nlisten = \"\"\n").await;
    std::fs::create_dir(world.path("repository")).unwrap();
    let kept = world.path("repository/year-115.csv");
    std::fs::write(&kept, year(1)).unwrap();
    std::os::unix::fs::symlink(&kept, world.path("calendar/2026.csv")).unwrap();
    let running =
        tokio::spawn(daemon::run(Arc::clone(&world.app), Rhythm::Every(Duration::from_mins(1))));
    tokio::time::sleep(Duration::from_millis(200)).await;
    renamed_over(&kept, &year(2));
    let took = workdays_become(&world, 243).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    world.app.stop().cancel();
    running.await.unwrap().unwrap();
}

/// Waits for the alarm of an edit that is not in force; its words.
async fn told_that_it_is_invalid(world: &World) -> String {
    let alarms = || world.app.store().active_alarms();
    until("the alarm", async || alarms().await.unwrap().len() == 1).await;
    let told = alarms().await.unwrap().remove(0);
    assert_eq!(told.code, "config_invalid");
    told.detail
}

async fn the_alarm_ends(world: &World) {
    let alarms = || world.app.store().active_alarms();
    until("the end of the alarm", async || alarms().await.unwrap().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_next_start_would_refuse_is_not_put_in_force() {
    let world = World::with_config("2026-03-07 09:00", "[web]\nlisten = \"\"\n").await;
    let running =
        tokio::spawn(daemon::run(Arc::clone(&world.app), Rhythm::Every(Duration::from_mins(1))));
    let (path, token) = (world.path("config.toml"), world.path("token"));
    let [valid, valid_token] = [&path, &token].map(|file| std::fs::read_to_string(file).unwrap());
    tokio::time::sleep(Duration::from_millis(200)).await;
    renamed_over(&path, &format!("{valid}[schedule]\npoll = \"junk\"\n"));
    let told = told_that_it_is_invalid(&world).await;
    assert!(told.contains(":1: schedule.poll = \"junk\""), "{told}");
    assert_ne!(world.app.live().config.schedule.poll, "junk");
    renamed_over(&path, &valid);
    the_alarm_ends(&world).await;
    // A secret that is none: the file itself is as it was.
    std::fs::write(&token, "tök en").unwrap();
    renamed_over(&path, &format!("{valid}# with another token\n"));
    let told = told_that_it_is_invalid(&world).await;
    assert!(told.contains("config.toml:") && told.contains("holds no token"), "{told}");
    assert!(!told.contains("tök en"), "{told}");
    std::fs::write(&token, valid_token).unwrap();
    renamed_over(&path, &valid);
    the_alarm_ends(&world).await;
    world.app.stop().cancel();
    running.await.unwrap().unwrap();
}
