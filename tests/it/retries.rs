//! What is tried again, how often, by which channel, and what the administrators hear of it.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use jicui::app::Step;
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::act::{Act, Actor};
use jicui::domain::message::MessageState;
use rusqlite::Connection;

use super::delivery::{post_elsewhere, rows};
use super::mail::config;
use super::world::smtp::{FakeSmtp, Refusal};
use super::world::teams::PostedCard;
use super::world::{ADMINISTRATORS, NID, UNIT, World, comment, moment, units_by_slack_then_teams};

const UNIT_BY_SLACK: &str = "channels = [\"slack:C00BLI0001\"]";
const OTHER_BY_SLACK: &str = "channels = [\"slack:C00WDA0002\"]";
const ADMINISTRATORS_BY_SLACK: &str = "channels = [\"slack:C00ADMIN001\"]";

#[track_caller]
fn replace(units: &str, before: &str, after: &str) -> String {
    assert!(units.contains(before), "{before}");
    units.replace(before, &format!("channels = [{after}]"))
}

fn post_case(world: &World, cid: u64) {
    world.platform.post_comment(NID, cid, "題", wall(world.now()));
}

/// The bells of reminding and of delivery, minute by minute.
async fn run_minutes(world: &World, minutes: u32) {
    for _ in 0..minutes {
        world.app.run(Step::Remind).await;
        world.app.run(Step::Deliver).await;
        world.set(world.now() + TimeDelta::minutes(1));
    }
}

fn cards(world: &World) -> Vec<String> {
    world.teams.cards("flow").iter().map(PostedCard::shown).collect()
}

/// A case that was seen, of a unit that reads in Teams.
async fn polled_by_teams() -> World {
    let units = replace(SAMPLE_UNITS, UNIT_BY_SLACK, "\"teams:flow\"");
    let world = World::with_units("2026-03-02 09:30", &units).await;
    post_case(&world, 1);
    world.app.run(Step::Poll).await;
    world
}

#[tokio::test]
async fn what_is_never_answered_is_repeated_once_however_long_it_is_due() {
    let mut world = polled_by_teams().await;
    world.teams.drop_next(1000);
    run_minutes(&world, 200).await;
    let cards = cards(&world);
    assert_eq!(cards.len(), 2, "the message and one repeat: {cards:#?}");
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains("【系統警示】提醒無法送達"), "{sent}");
}

#[tokio::test]
async fn what_is_in_doubt_waits_no_longer_once_a_person_asks_for_it() {
    let mut world = polled_by_teams().await;
    world.teams.drop_next(1);
    for step in [Step::Remind, Step::Deliver, Step::Deliver] {
        world.app.run(step).await;
    }
    let in_doubt = || async {
        let rows = world.app.store().outbox(vec![MessageState::Sending], 9).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let waiting = in_doubt().await;
    assert_eq!(waiting.len(), 1);
    let all = world.app.store().outbox(MessageState::ALL.to_vec(), 1).await.unwrap();
    assert_eq!(all[0].id, waiting[0], "what waits stands before all else");
    world.app.retry_message(waiting[0], &Actor::at_console("王小明")).await.unwrap();
    world.app.run(Step::Deliver).await;
    assert!(in_doubt().await.is_empty());
    assert!(cards(&world).last().unwrap().contains("重送"), "{:#?}", cards(&world));
    world.sent();
}

#[tokio::test]
async fn what_is_in_doubt_is_not_repeated_once_a_person_takes_it_back() {
    let mut world = polled_by_teams().await;
    world.teams.drop_next(1);
    for step in [Step::Remind, Step::Deliver] {
        world.app.run(step).await;
    }
    let waiting = world.app.store().outbox(vec![MessageState::Sending], 9).await.unwrap();
    assert_eq!(waiting.len(), 1);
    let by = Actor::at_console("王小明");
    world.app.cancel_message(waiting[0].id, &by, "已電話告知").await.unwrap();
    run_minutes(&world, 90).await;
    assert_eq!(cards(&world).len(), 1, "{:#?}", cards(&world));
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn a_mailbox_that_is_full_is_said_of_its_unit_and_not_of_the_mail_server() {
    let server = FakeSmtp::start(false);
    let full = "full@example.gov.tw";
    let units = replace(SAMPLE_UNITS, UNIT_BY_SLACK, &format!("\"mail:{full}\""));
    let units = replace(&units, OTHER_BY_SLACK, "\"mail:open@example.gov.tw\"");
    let config = format!(
        "{}[alarms]\nclock_off_secs = 0\ntry_channels_every_hours = 0\noutbox_stale_mins = 30\n",
        config(&server)
    );
    let mut world = World::with("2026-03-02 09:30", &units, &config).await;
    server.refuse(Some(Refusal::Full(full)));
    post_case(&world, 1);
    world.app.run(Step::Poll).await;
    // The first attempts follow one another within minutes.
    for (cid, minutes) in (100..).zip([1; 5].into_iter().chain([5; 32])) {
        post_elsewhere(&world, cid);
        world.app.run(Step::Poll).await;
        run_minutes(&world, minutes).await;
    }
    assert!(server.mails().len() >= 15, "{}", server.mails().len());
    let sent = world.sent();
    let said: Vec<&str> =
        sent.lines().filter_map(|line| line.split_once('【')?.1.split('：').next()).collect();
    // That it waits is said until it is known of whom: after that, nothing more.
    let once = ["系統警示】訊息逾時未送出", "系統警示】提醒無法送達", "警示解除】訊息逾時未送出"];
    assert_eq!(said, once, "{sent}");
}

#[tokio::test]
async fn an_edit_with_nothing_to_edit_is_no_arrival() {
    let units = replace(SAMPLE_UNITS, ADMINISTRATORS_BY_SLACK, "\"teams:flow\"");
    let mut world = World::with("2026-03-02 09:30", &units, "burst_over = 1\n").await;
    for cid in [1, 2] {
        post_case(&world, cid);
    }
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1, "together: no message is any case's own");
    world.slack.status_next(10_000, 503);
    post_elsewhere(&world, 3);
    world.app.run(Step::Poll).await;
    run_minutes(&world, 5).await;
    assert_eq!(cards(&world).len(), 1, "{:?}", cards(&world));
    let officer = Actor::at_console("吳保險");
    world.app.act(&comment(1), Act::Acknowledge, &officer).await.unwrap();
    run_minutes(&world, 2).await;
    let cards = cards(&world);
    assert!(cards.len() == 1 && cards[0].contains("通知管道中斷"), "{cards:#?}");
}

#[tokio::test]
async fn patience_is_counted_from_when_it_was_asked_for() {
    let mut world = World::with_units("2026-03-02 09:30", &units_by_slack_then_teams()).await;
    world.slack.archive(UNIT);
    post_case(&world, 1);
    world.pass().await;
    assert_eq!(cards(&world).len(), 1);
    let [failed] = &rows(&world, MessageState::Failed).await[..] else { panic!() };
    world.slack.unarchive(UNIT);
    world.sleep_until("2026-03-02 15:00");
    world.app.retry_message(failed.id, &Actor::at_console("吳保險")).await.unwrap();
    world.slack.rate_limit_next(1, 60);
    world.app.run(Step::Deliver).await;
    let [waiting] = &rows(&world, MessageState::Queued).await[..] else { panic!() };
    assert_eq!(
        waiting.put_off_since,
        Some(moment("2026-03-02 15:00")),
        "hours after it was queued"
    );
    world.sleep_until("2026-03-02 15:02");
    world.app.run(Step::Deliver).await;
    let sent = world.sent();
    assert!(sent.contains("【新案分派】") && !sent.contains("通知管道中斷"), "{sent}");
}

#[tokio::test]
async fn the_next_channel_is_tried_whenever_the_one_before_was() {
    let mut world = World::with_units("2026-03-02 09:30", &units_by_slack_then_teams()).await;
    world.slack.archive(UNIT);
    world.teams.status_next(8, 503);
    post_case(&world, 1);
    world.app.run(Step::Poll).await;
    run_minutes(&world, 60).await;
    assert_eq!(cards(&world), [""; 0], "given up for this hour");
    run_minutes(&world, 5).await;
    assert_eq!(cards(&world).len(), 1, "the hour is over for both");
    assert_eq!(world.sent().lines().count(), 2, "that the flow was down, and no longer is");
}

#[tokio::test]
async fn a_round_ends_when_the_configuration_that_it_goes_by_is_no_longer_in_force() {
    let mut world = World::with_config("2026-03-02 09:30", "burst_over = 0\n").await;
    for cid in [1, 2] {
        post_case(&world, cid);
    }
    world.app.run(Step::Poll).await;
    world.app.run(Step::Remind).await;
    world.slack.slow_down(Duration::from_millis(200));
    let app = Arc::clone(&world.app);
    let round = tokio::spawn(async move { app.run(Step::Deliver).await });
    while world.slack.under_way() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.close("[[closure]]\ndate = 2026-03-02\nreason = \"颱風\"\n");
    let report = round.await.unwrap();
    assert_eq!(world.sent().lines().count(), 1, "the one under way");
    assert_eq!(report.again_at, Some(world.now()), "the rest is the next round's");
    world.app.run(Step::Deliver).await;
    assert_eq!(world.sent(), "", "the offices are shut");
}

#[tokio::test]
async fn what_another_clock_sent_later_today_holds_nothing_back() {
    let mut world = World::with_config("2026-03-02 15:00", "burst_over = 1\n").await;
    post_case(&world, 1);
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1);
    world.clock_jumps_to("2026-03-02 10:00");
    post_case(&world, 2);
    world.app.run(Step::Poll).await;
    run_minutes(&world, 15).await;
    let sent = world.sent();
    assert!(sent.contains("【新案分派】C-2"), "{sent}");
}

/// The page of the database file on which a table begins, read or replaced.
fn page_of(path: &Path, table: &str, replacement: Option<&[u8]>) -> Vec<u8> {
    let database = Connection::open(path).unwrap();
    // Another connection's change has everyone read the file again.
    database
        .execute_batch("update runs set report = report; pragma wal_checkpoint(truncate)")
        .unwrap();
    let number =
        |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs();
    let root = number(&format!("select rootpage from sqlite_schema where name = '{table}'"));
    let size = number("pragma page_size");
    drop(database);
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut page = vec![0; usize::try_from(size).unwrap()];
    file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
    file.read_exact(&mut page).unwrap();
    if let Some(replacement) = replacement {
        file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
        file.write_all(replacement).unwrap();
    }
    page
}

#[tokio::test]
async fn damage_that_not_every_step_meets_is_said_once_and_over_once() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_case(&world, 1);
    world.app.run(Step::Poll).await;
    world.app.run(Step::Remind).await;
    let path = world.path("state/jicui.db");
    let sound = page_of(&path, "outbox", Some(&[0xff; 4096]));
    for _ in 0..3 {
        let report = world.app.run(Step::Deliver).await;
        assert!(report.fault.is_some(), "{report:?}");
        world.app.run(Step::Poll).await;
    }
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("資料庫無法寫入"), "{sent}");
    page_of(&path, "outbox", Some(&sound));
    world.app.run(Step::Deliver).await;
    world.app.run(Step::Deliver).await;
    let sent = world.sent();
    assert!(sent.contains("【警示解除】資料庫無法寫入") && sent.contains("【新案分派】"), "{sent}");
    assert_eq!(sent.lines().count(), 2, "{sent}");
}
