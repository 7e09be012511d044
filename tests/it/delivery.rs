//! Delivery: side by side, at each destination's pace, and never in doubt for longer than it must.

use std::sync::Arc;
use std::time::Duration;

use super::world::faults::Fault;
use super::world::teams::PostedCard;
use super::world::{ADMINISTRATORS, NID, TYPHOON, UNIT, World, units_by_slack_then_teams};
use jicui::app::{Step, StepReport};
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::message::{MessageState, OutboxMessage};
use serde_json::Value;

/// The sample ministry, whose unit of labour insurance reads Teams.
fn units_on_teams() -> String {
    SAMPLE_UNITS.replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"teams:flow\"]")
}

fn post_cases(world: &World, count: u64) {
    for number in 0..count {
        let title = format!("題 {number}");
        let posted = wall(world.now());
        world.platform.post_comment(NID, 558_380 + number, &title, posted);
    }
}

/// A case of another unit, which reads Slack.
pub(super) fn post_elsewhere(world: &World, cid: u64) {
    let other = 6200;
    world.platform.add_dataset(other, "職業訓練", "勞動部勞動力發展署");
    world.platform.post_comment(other, cid, "題", wall(world.now()));
}

async fn plan(world: &World) {
    world.app.run(Step::Poll).await;
    world.app.run(Step::Remind).await;
}

/// A round of delivery, on its own.
fn deliver_apart(world: &World) -> tokio::task::JoinHandle<StepReport> {
    let app = Arc::clone(&world.app);
    tokio::spawn(async move { app.run(Step::Deliver).await })
}

pub(super) async fn rows(world: &World, state: MessageState) -> Vec<OutboxMessage> {
    world.app.store().outbox(vec![state], 1000).await.unwrap()
}

#[tokio::test]
async fn a_destination_that_hangs_delays_no_other() {
    let mut world = World::with_units("2026-03-02 09:30", &units_on_teams()).await;
    world.platform.post_comment(NID, 1, "題", wall(world.now()));
    post_elsewhere(&world, 2);
    plan(&world).await;
    world.teams.hang_next(1);
    let delivery = deliver_apart(&world);
    let arrived = async {
        while world.slack.all().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_millis(900), arrived).await.unwrap();
    assert!(!delivery.is_finished(), "Teams keeps us waiting for a second");
    delivery.await.unwrap();
    assert_eq!(world.sent().lines().count(), 1);
}

#[tokio::test]
async fn a_message_queued_during_a_round_goes_out_in_it() {
    let mut world = World::with_units("2026-03-02 09:30", &units_on_teams()).await;
    world.platform.post_comment(NID, 1, "題", wall(world.now()));
    plan(&world).await;
    world.teams.hang_next(1);
    let delivery = deliver_apart(&world);
    while world.teams.calls("flow") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    post_elsewhere(&world, 2);
    plan(&world).await;
    let report = delivery.await.unwrap();
    assert!(report.report.starts_with("1 sent"), "{}", report.report);
    assert_eq!(world.sent().lines().count(), 1);
}

#[tokio::test]
async fn messages_to_one_channel_keep_its_pace() {
    let mut world = World::with_config("2026-03-02 09:30", "burst_over = 0\n").await;
    let path = world.path("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, config.replace("slack_per_second = 0", "slack_per_second = 5")).unwrap();
    world.reload();
    post_cases(&world, 4);
    plan(&world).await;
    let began = std::time::Instant::now();
    world.app.run(Step::Deliver).await;
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    assert_eq!(world.sent().lines().count(), 4);
}

#[tokio::test]
async fn a_burst_is_one_message_that_lists_them() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_cases(&world, 12);
    world.pass().await;
    let sent = world.sent();
    let failed = rows(&world, MessageState::Failed).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(sent.lines().count(), 1, "{sent}");
    let shown = world.slack.messages(UNIT).pop().unwrap().shown();
    for number in 0..12 {
        assert!(shown.contains(&format!("C-{}", 558_380 + number)), "{shown}");
    }
    assert_eq!(rows(&world, MessageState::Sent).await.len(), 12, "each is settled by itself");
    world.pass().await;
    assert_eq!(world.sent(), "");
    // The stages to come are counted from each case, as ever.
    world.sleep_until("2026-03-09 09:00");
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1, "after-5, together again");
}

#[tokio::test]
async fn what_does_not_fit_into_one_list_goes_into_a_second() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_cases(&world, 29);
    world.pass().await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "{sent}");
    assert_eq!(rows(&world, MessageState::Sent).await.len(), 29);
}

#[tokio::test]
async fn deadlines_that_move_together_are_one_message_that_says_from_where() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_cases(&world, 12);
    world.run_until("2026-03-09 18:00").await;
    world.sent();
    world.close(TYPHOON);
    world.run_until("2026-03-10 18:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    let shown = world.slack.messages(UNIT).pop().unwrap().shown();
    assert_eq!(shown.matches("原 115/03/20（五），現為 115/03/23（一）").count(), 12, "{shown}");
}

#[tokio::test]
async fn a_burst_cut_off_on_its_way_is_found_again() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_cases(&world, 12);
    world.slack.drop_next(1);
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1, "it arrived, but no answer came");
    world.restart();
    world.app.recover().await.unwrap();
    world.pass().await;
    assert_eq!(world.sent(), "", "it was found, and not sent again");
    assert_eq!(rows(&world, MessageState::Sent).await.len(), 12);
}

#[tokio::test]
async fn what_comes_after_a_full_hour_waits_for_its_end_and_goes_together() {
    let mut world = World::with_config("2026-03-02 09:30", "burst_over = 2\n").await;
    for (number, time) in ["09:30", "09:35", "09:40", "09:45"].iter().enumerate() {
        world.sleep_until(&format!("2026-03-02 {time}"));
        let number = u64::try_from(number).unwrap();
        world.platform.post_comment(NID, 558_380 + number, "題", wall(world.now()));
        world.pass().await;
    }
    assert_eq!(world.sent().lines().count(), 2);
    world.sleep_until("2026-03-02 10:31");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    let shown = world.slack.messages(UNIT).pop().unwrap().shown();
    assert!(shown.contains("C-558382") && shown.contains("C-558383"), "{shown}");
}

#[tokio::test]
async fn a_look_up_that_fails_leaves_the_outcome_in_doubt() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_cases(&world, 1);
    world.slack.drop_next(1);
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1, "it arrived, but no answer came");
    for time in ["09:40", "10:00", "10:20"] {
        world.slack.status_next(1, 503);
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.app.run(Step::Deliver).await;
    }
    world.slack.mend();
    world.sleep_until("2026-03-02 10:40");
    world.app.run(Step::Deliver).await;
    let sent = world.sent();
    assert!(!sent.contains(UNIT), "it was found in the end, and not sent again: {sent}");
    assert!(rows(&world, MessageState::Sent).await.iter().any(|row| row.message.case.is_some()));
}

#[tokio::test]
async fn a_repeat_that_is_not_answered_either_goes_to_the_next_channel() {
    let units = SAMPLE_UNITS.replace(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"teams:flow\", \"slack:C00BLI0001\"]",
    );
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    post_cases(&world, 1);
    world.teams.hang_next(2);
    for time in ["09:30", "09:40", "09:50", "10:00"] {
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.pass().await;
    }
    let cards = world.teams.cards("flow");
    assert_eq!(cards.len(), 2, "the message and one repeat");
    assert!(cards[1].shown().contains("重送"));
    let sent = world.sent();
    assert!(sent.contains(UNIT) && sent.lines().count() == 1, "{sent}");
    assert!(sent.contains("重送"), "it may have arrived in Teams: {sent}");
}

#[tokio::test]
async fn a_bot_that_may_not_read_repeats_once_and_gives_way_to_the_next_channel() {
    let mut world = World::with_units("2026-03-02 09:30", &units_by_slack_then_teams()).await;
    post_cases(&world, 1);
    world.slack.choose_faults(Box::new(|request: &Value| {
        let is_post = request.get("text").is_some();
        Some(if is_post { Fault::Drop } else { Fault::Refuse("missing_scope".to_owned()) })
    }));
    for time in ["09:30", "09:40", "09:50", "10:00"] {
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.pass().await;
    }
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "the message and one repeat: {sent}");
    assert_eq!(world.teams.cards("flow").len(), 1);
}

#[tokio::test]
async fn a_rate_limit_is_no_attempt_and_stops_only_its_destination() {
    let mut world = World::with_config("2026-03-02 09:30", "max_attempts = 2\n").await;
    post_cases(&world, 1);
    for minute in 30..36 {
        world.sleep_until(&format!("2026-03-02 09:{minute}"));
        world.slack.rate_limit_next(1, 60);
        world.pass().await;
    }
    assert_eq!(world.sent(), "");
    assert!(rows(&world, MessageState::Failed).await.is_empty(), "it was put off, not refused");
    world.slack.mend();
    world.sleep_until("2026-03-02 09:37");
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1);
}

#[tokio::test]
async fn a_provider_that_puts_off_for_hours_is_left_for_the_next_channel_and_said_once() {
    let units = units_by_slack_then_teams()
        .replace("channels = [\"slack:C00ADMIN001\"]", "channels = [\"teams:flow\"]");
    let world = World::with_units("2026-03-02 09:00", &units).await;
    post_cases(&world, 3);
    for time in ["09:00", "10:00", "11:00", "11:30", "12:00", "12:30"] {
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.slack.rate_limit_next(3, 1700);
        world.pass().await;
    }
    let shown: Vec<String> = world.teams.cards("flow").iter().map(PostedCard::shown).collect();
    let alarms = shown.iter().filter(|shown| shown.contains("通知管道中斷")).count();
    assert_eq!((shown.len(), alarms), (4, 1), "{shown:#?}");
}

#[tokio::test]
async fn a_damaged_store_is_told_directly_once_and_nothing_is_sent_without_its_row() {
    let mut world = World::at("2026-03-02 09:30").await;
    post_cases(&world, 1);
    plan(&world).await;
    let path = world.path("state/jicui.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("pragma wal_checkpoint(truncate)")
        .unwrap();
    std::fs::write(&path, "no database any more".repeat(1000)).unwrap();
    for _ in 0..3 {
        world.app.run(Step::Deliver).await;
    }
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("資料庫無法寫入"), "{sent}");
}

#[tokio::test]
async fn an_outside_watcher_hears_of_good_polls_and_good_rounds_only() {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};
    let watcher = MockServer::start().await;
    for step in ["/poll", "/deliver"] {
        Mock::given(path(step)).respond_with(ResponseTemplate::new(200)).mount(&watcher).await;
    }
    let urls = ["poll", "deliver"].map(|step| format!("{}/{step}", watcher.uri()));
    let config = "[heartbeat]\npoll_url_file = \"poll_url\"\ndeliver_url_file = \"deliver_url\"\n";
    let files = [("poll_url", urls[0].as_str()), ("deliver_url", urls[1].as_str())];
    let world = World::with_files("2026-03-02 09:30", SAMPLE_UNITS, (config, &files)).await;
    for step in Step::ALL {
        world.app.ping(step).await;
        world.app.ping(step).await;
    }
    let heard: Vec<String> = watcher
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    assert_eq!(heard, ["/poll", "/deliver"], "once a minute each");
    assert!(!format!("{:?}", world.app.live()).contains(&watcher.uri()), "its address is a secret");
}
