//! The machine's clock goes wrong: no storm, no silence.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::mail::config;
use super::world::program::{Program, build_shim};
use super::world::smtp::FakeSmtp;
use super::world::{ADMINISTRATORS, NID, UNIT, World, moment};
use jicui::app::Step;
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use mail_parser::MessageParser;

async fn with_case(now: &str, posted: &str) -> World {
    let world = World::at(now).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment(posted)));
    world
}

fn to_unit(sent: &str) -> Vec<&str> {
    sent.lines().filter(|line| line.contains(UNIT)).collect()
}

#[tokio::test]
async fn set_back_an_hour_nothing_is_said_twice_and_nothing_waits_for_the_hour() {
    let mut world = with_case("2026-03-02 09:30", "2026-03-02 09:00").await;
    world.slack.rate_limit_next(1, 60);
    world.pass().await;
    assert_eq!(world.sent(), "", "put off to 09:31");
    world.clock_jumps_to("2026-03-02 08:31");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent).len(), 1, "it does not wait until 09:31 by the new clock: {sent}");
    assert!(sent.contains("主機時鐘異動"), "{sent}");
    world.run_until("2026-03-02 17:00").await;
    assert_eq!(world.sent(), "", "neither at 09:30 again, nor about the clock");
}

#[tokio::test]
async fn set_back_while_jicui_was_stopped_nothing_waits_for_the_clock_before() {
    let mut world = with_case("2026-03-02 09:30", "2026-03-02 09:00").await;
    world.slack.rate_limit_next(1, 60);
    world.pass().await;
    assert_eq!(world.sent(), "", "put off to 09:31");
    world.restart();
    world.clock_jumps_to("2026-03-02 08:31");
    world.app.recover().await.unwrap();
    world.pass().await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent).len(), 1, "it does not wait until 09:31 by the new clock: {sent}");
    assert!(sent.contains("主機時鐘異動"), "{sent}");
    world.run_until("2026-03-02 17:00").await;
    assert_eq!(world.sent(), "", "neither at 09:30 again, nor about the clock");
}

#[tokio::test]
async fn set_back_an_hour_after_a_stage_it_is_not_said_again() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-12 10:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-12 08:45");
    world.run_until("2026-03-12 17:00").await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "before-3 was said at 09:00: {sent}");
    world.run_until("2026-03-16 17:00").await;
    assert_eq!(to_unit(&world.sent()).len(), 1, "before-1");
}

#[tokio::test]
async fn set_forward_a_day_reminders_wait_a_little_for_it_to_be_set_back() {
    // Due on 03-17.
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-16 10:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-17 10:00");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("主機時鐘異動"), "{sent}");
    world.clock_jumps_to("2026-03-16 10:05");
    world.run_until("2026-03-16 17:00").await;
    assert_eq!(to_unit(&world.sent()), [""; 0], "before-1 was said in the morning");
    world.run_until("2026-03-17 09:00").await;
    assert_eq!(to_unit(&world.sent()).len(), 1, "due, on its day");
}

#[tokio::test]
async fn set_forward_for_good_each_case_says_its_highest_stage_once() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-06 10:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-17 10:00");
    world.pass().await;
    world.sent();
    world.sleep_until("2026-03-17 10:11");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent).len(), 1, "{sent}");
    assert!(sent.contains("今日到期"), "{sent}");
}

#[tokio::test]
async fn what_a_clock_of_tomorrow_said_is_said_again_on_its_day() {
    // Due on 03-17. The clock runs a day ahead for hours, and is then set right.
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-16 08:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-17 08:40");
    world.run_until("2026-03-17 10:00").await;
    let sent = world.sent();
    assert!(to_unit(&sent).len() == 1 && sent.contains("今日到期"), "got {sent}");
    world.clock_jumps_to("2026-03-16 10:00");
    world.run_until("2026-03-16 17:00").await;
    let sent = world.sent();
    assert!(to_unit(&sent).len() == 1 && sent.contains("尚餘 1 個工作天"), "got {sent}");
    world.run_until("2026-03-17 10:00").await;
    let sent = world.sent();
    assert!(to_unit(&sent).len() == 1 && sent.contains("今日到期"), "got {sent}");
}

#[tokio::test]
async fn what_is_said_again_on_its_day_is_a_mail_of_its_own() {
    let server = FakeSmtp::start(false);
    let by_mail = "channels = [\"mail:bli-planning@example.gov.tw\"]";
    let units = SAMPLE_UNITS.replace("channels = [\"slack:C00BLI0001\"]", by_mail);
    let mut world = World::with("2026-02-24 09:30", &units, &config(&server)).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-02-24 09:00")));
    world.run_until("2026-03-16 08:00").await;
    world.clock_jumps_to("2026-03-17 08:40");
    world.run_until("2026-03-17 10:00").await;
    world.clock_jumps_to("2026-03-16 10:00");
    world.run_until("2026-03-17 10:00").await;
    let mails = server.mails();
    let mails: Vec<_> =
        mails.iter().map(|mail| MessageParser::default().parse(mail).unwrap()).collect();
    let due = mails.iter().filter(|mail| mail.subject().unwrap().contains("今日到期")).count();
    assert_eq!(due, 2, "{:?}", mails.iter().map(|mail| mail.subject()).collect::<Vec<_>>());
    let names: BTreeSet<&str> = mails.iter().map(|mail| mail.message_id().unwrap()).collect();
    assert_eq!(names.len(), mails.len(), "a name that a mail system knows is a mail it drops");
    for reply in &mails[1..] {
        let first = reply.in_reply_to().as_text().unwrap();
        assert!(names.contains(first), "{first} is none of {names:?}");
    }
    assert!(world.sent().lines().all(|line| line.contains("主機時鐘異動")));
}

#[tokio::test]
async fn the_digest_that_a_clock_of_tomorrow_sent_is_sent_again_on_its_day() {
    let config = "[digest]\ndaily = true\nweekly = false\nmonthly = false\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    for cid in [1, 2] {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.run_until("2026-03-03 08:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-04 08:40");
    world.run_until("2026-03-04 10:00").await;
    let digests = |sent: &str| sent.lines().filter(|line| line.contains("【今日待辦】")).count();
    let sent = world.sent();
    assert_eq!(digests(&sent), 1, "{sent}");
    world.clock_jumps_to("2026-03-03 10:00");
    world.run_until("2026-03-03 17:00").await;
    world.sent();
    world.run_until("2026-03-04 10:00").await;
    let sent = world.sent();
    assert_eq!(digests(&sent), 1, "{sent}");
}

#[tokio::test]
async fn wrong_at_boot_nothing_is_said_until_the_time_is_known() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-16 10:00").await;
    world.sent();
    world.restart();
    world.clock_jumps_to("1970-01-01 09:00");
    world.app.recover().await.unwrap();
    world.pass().await;
    let sent = world.sent();
    assert!(to_unit(&sent).is_empty() && sent.contains("主機時鐘異動"), "{sent}");
    world.clock_jumps_to("2026-03-17 09:10");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "{sent}");
    world.sleep_until("2026-03-17 09:25");
    world.pass().await;
    let sent = world.sent();
    assert!(to_unit(&sent).len() == 1 && sent.contains("今日到期"), "got {sent}");
}

#[tokio::test]
async fn sleep_over_a_week_end_is_no_jump() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-13 17:00").await;
    world.sent();
    world.sleep_until("2026-03-17 08:40");
    world.run_until("2026-03-17 09:30").await;
    let sent = world.sent();
    assert!(to_unit(&sent).len() == 1 && sent.contains("今日到期"), "got {sent}");
    assert!(!sent.contains("時鐘"), "{sent}");
}

#[tokio::test]
async fn set_right_after_a_boot_nothing_is_said_again() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-12 10:00").await;
    world.sent();
    world.restart();
    world.clock_jumps_to("2020-01-01 09:00");
    world.app.recover().await.unwrap();
    world.pass().await;
    world.clock_jumps_to("2026-03-13 10:00");
    world.run_until("2026-03-13 17:00").await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "before-3 was said the day before: {sent}");
    world.run_until("2026-03-16 17:00").await;
    assert_eq!(to_unit(&world.sent()).len(), 1, "before-1");
}

#[tokio::test]
async fn set_back_a_day_by_mistake_and_right_again_nothing_is_said_again() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-12 10:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-11 10:00");
    world.pass().await;
    world.clock_jumps_to("2026-03-12 10:05");
    world.run_until("2026-03-13 17:00").await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "before-3 was said in the morning: {sent}");
}

#[tokio::test]
async fn behind_for_long_and_right_again_nothing_is_said_again() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-16 10:00").await;
    world.sent();
    // Longer than a clock is given to be set right.
    world.clock_jumps_to("2026-03-13 18:00");
    world.run_until("2026-03-13 18:30").await;
    assert_eq!(to_unit(&world.sent()), [""; 0]);
    world.clock_jumps_to("2026-03-16 11:00");
    world.run_until("2026-03-16 17:00").await;
    assert_eq!(to_unit(&world.sent()), [""; 0], "before-1 was said in the morning");
}

#[tokio::test]
async fn what_was_queued_while_the_clock_was_ahead_is_said_once() {
    let mut world = World::at("2026-03-02 09:00").await;
    world.pass().await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:05")));
    world.clock_jumps_to("2026-03-03 10:00");
    world.pass().await;
    assert_eq!(to_unit(&world.sent()), [""; 0], "the clock may be set back");
    world.clock_jumps_to("2026-03-02 09:10");
    world.run_until("2026-03-02 17:00").await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent).len(), 1, "{sent}");
    world.run_until("2026-03-10 17:00").await;
    let sent = world.sent();
    assert!(to_unit(&sent).len() == 1 && sent.contains("【辦理中】"), "after-5: {sent}");
}

#[tokio::test]
async fn set_back_a_day_by_mistake_and_right_again_by_a_restart_nothing_is_said_again() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-12 10:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-11 10:00");
    world.pass().await;
    world.restart();
    world.clock_jumps_to("2026-03-12 10:30");
    world.app.recover().await.unwrap();
    world.run_until("2026-03-13 17:00").await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "before-3 was said in the morning: {sent}");
}

#[tokio::test]
async fn ahead_at_boot_no_case_is_called_overdue() {
    let mut world = with_case("2026-03-02 09:30", "2026-03-02 09:00").await;
    world.run_until("2026-03-02 10:00").await;
    world.sent();
    world.restart();
    world.clock_jumps_to("2026-03-25 10:00");
    world.app.recover().await.unwrap();
    world.app.wait_after_long_silence().await.unwrap();
    world.pass().await;
    assert_eq!(to_unit(&world.sent()), [""; 0]);
    world.clock_jumps_to("2026-03-02 10:05");
    world.run_until("2026-03-03 17:00").await;
    assert_eq!(to_unit(&world.sent()), [""; 0], "assigned was said");
}

#[tokio::test]
async fn back_after_a_long_silence_it_waits_a_little_and_says_the_highest_stage() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-06 10:00").await;
    world.sent();
    world.sleep_until("2026-03-17 10:00");
    world.restart();
    world.app.recover().await.unwrap();
    world.app.wait_after_long_silence().await.unwrap();
    world.pass().await;
    assert_eq!(world.sent(), "");
    world.sleep_until("2026-03-17 10:11");
    world.pass().await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("今日到期"), "{sent}");
}

/// Runs `step` while the store refuses to write `column` of the outbox: it fails.
async fn run_while_stuck(world: &World, step: Step, column: &str) {
    let database = rusqlite::Connection::open(world.path("state/jicui.db")).unwrap();
    let stuck = format!(
        "create trigger stuck before update of {column} on outbox
         begin select raise(abort, 'stuck'); end"
    );
    database.execute_batch(&stuck).unwrap();
    let report = world.app.run(step).await;
    assert!(report.fault.as_ref().is_some_and(|fault| fault.contains("stuck")), "{report:?}");
    database.execute_batch("drop trigger stuck").unwrap();
}

#[tokio::test]
async fn waits_of_the_clock_before_are_dropped_though_the_store_failed_at_first() {
    let mut world = with_case("2026-03-02 09:30", "2026-03-02 09:00").await;
    world.slack.rate_limit_next(1, 60);
    world.pass().await;
    world.clock_jumps_to("2026-03-02 08:31");
    run_while_stuck(&world, Step::Deliver, "next_attempt_at").await;
    world.pass().await;
    assert_eq!(to_unit(&world.sent()).len(), 1, "it does not wait until 09:31 by the new clock");
}

#[tokio::test]
async fn right_again_nothing_is_said_again_though_the_store_failed_at_first() {
    let mut world = with_case("2026-02-24 09:30", "2026-02-24 09:00").await;
    world.run_until("2026-03-16 10:00").await;
    world.sent();
    world.clock_jumps_to("2026-03-13 18:00");
    world.run_until("2026-03-13 18:30").await;
    world.clock_jumps_to("2026-03-16 11:00");
    run_while_stuck(&world, Step::Remind, "key").await;
    world.run_until("2026-03-16 17:00").await;
    let sent = world.sent();
    assert_eq!(to_unit(&sent), [""; 0], "before-1 was said in the morning: {sent}");
    assert_eq!(sent.matches("主機時鐘異動").count(), 2, "once for each time it was set: {sent}");
}

/// The real daemon by its real bells: they ring on, whatever the clock says.
#[test]
fn set_back_an_hour_the_bells_ring_on() {
    let program = Program::install();
    let shim = build_shim("clock", &program.path(""));
    let (offset, log) = (program.path("offset"), program.path("log"));
    let set = |seconds: i64| std::fs::write(&offset, seconds.to_ne_bytes()).unwrap();
    set(0);
    let config = "state_dir = \"state\"\n[platform]\nenabled = false\n[web]\nlisten = \"\"\n\
                  [backup]\nenabled = false\n[schedule]\ndeliver = \"* * * * * *\"\n";
    std::fs::write(program.path("config.toml"), config).unwrap();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_jicui"))
        .args(["run", "--config"])
        .arg(program.path("config.toml"))
        .env_clear()
        .env("JICUI_LOG", "debug")
        .env("LD_PRELOAD", &shim)
        .env("CLOCK_OFFSET", &offset)
        .stderr(File::create(&log).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let rings = || {
        let text = std::fs::read_to_string(&log).unwrap();
        let is_delivery = |line: &&str| line.contains("step=\"deliver\"");
        text.lines().filter(is_delivery).count()
    };
    let wait_for = |more: usize| {
        let (began, before) = (Instant::now(), rings());
        while rings() < before + more && began.elapsed() < Duration::from_secs(40) {
            std::thread::sleep(Duration::from_millis(100));
        }
        rings() >= before + more
    };
    let rang = wait_for(3);
    set(-3600);
    // The look at the clock rings them once; more than that is the schedule.
    let rang_on = wait_for(6);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(rang && rang_on, "{said}");
    assert!(said.contains("the clock was set"), "{said}");
}
