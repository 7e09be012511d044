//! The world outside fails: the platform, Slack, a channel, a token.

use super::world::teams::PostedCard;
use super::world::{ADMINISTRATORS, NID, UNIT, World, comment, moment, units_by_slack_then_teams};
use jicui::app::health::Severity;
use jicui::app::outbox::SteerError;
use jicui::clock::wall;
use jicui::demo::platform::Misbehaviour;
use jicui::domain::act::{Act, Actor};
use jicui::domain::case::CaseState;
use jicui::domain::message::MessageState;

async fn with_case(now: &str) -> World {
    let world = World::at(now).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment(now)));
    world
}

#[tokio::test]
async fn three_days_of_silence_are_one_message() {
    // Due on 03-17: from Friday evening to Tuesday afternoon three stages fall unseen.
    let mut world = with_case("2026-02-24 09:30").await;
    world.run_until("2026-03-13 18:00").await;
    world.sent();
    world.sleep_until("2026-03-17 14:30");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.starts_with("03-17 14:30") && sent.contains("今日到期"), "{sent}");
}

#[tokio::test]
async fn three_days_without_slack_are_one_message() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.run_until("2026-03-13 18:00").await;
    world.sent();
    world.slack.status_next(10_000, 503);
    world.run_until("2026-03-18 18:00").await;
    assert_eq!(world.sent(), "");
    world.slack.mend();
    world.run_until("2026-03-19 10:30").await;
    let sent = world.sent();
    let to_unit: Vec<_> = sent.lines().filter(|line| line.contains(UNIT)).collect();
    assert_eq!(to_unit.len(), 1, "{sent}");
}

#[tokio::test]
async fn a_changed_platform_is_an_alarm_once_and_loses_nothing() {
    for trouble in [
        Misbehaviour::Html,
        Misbehaviour::Truncated,
        Misbehaviour::EmptyLists,
        Misbehaviour::WrongTypes,
        Misbehaviour::Noise(10_000_000),
    ] {
        let name = format!("{trouble:?}");
        let mut world = with_case("2026-03-02 09:30").await;
        world.run_until("2026-03-02 10:00").await;
        world.sent();
        world.platform.misbehave(Some(trouble));
        world.run_until("2026-03-02 14:00").await;
        let sent = world.sent();
        assert_eq!(sent.lines().count(), 1, "{name}: {sent}");
        assert!(sent.contains(ADMINISTRATORS) && sent.contains("平臺格式變更"), "{name}: {sent}");
        let case = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
        assert!(case.view.case.state.is_open(), "{name}");
        assert_eq!(case.view.case.vanished_at, None, "{name}");
        world.platform.misbehave(None);
        world.run_until("2026-03-02 15:00").await;
        let sent = world.sent();
        assert!(sent.contains("警示解除") && sent.lines().count() == 1, "{name}: {sent}");
    }
}

#[tokio::test]
async fn a_silent_platform_is_an_alarm_only_when_it_lasts() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.run_until("2026-03-02 10:00").await;
    world.sent();
    world.platform.misbehave(Some(Misbehaviour::Status(503)));
    world.run_until("2026-03-02 11:00").await;
    assert_eq!(world.sent(), "");
    world.run_until("2026-03-02 12:30").await;
    let sent = world.sent();
    assert!(sent.contains("平臺無法讀取") && sent.lines().count() == 1, "{sent}");
    world.platform.misbehave(None);
    world.run_until("2026-03-02 13:00").await;
    assert!(world.sent().contains("警示解除"));
}

#[tokio::test]
async fn answers_that_are_gone_from_every_dataset_open_nothing_however_few_a_look_reads() {
    let mut world = World::at("2026-03-02 09:30").await;
    // A look reads five of those without news, in turn: seldom two with an answer.
    for nid in 7000..7030 {
        world.platform.add_dataset(nid, "統計", "勞動部勞工保險局");
    }
    for (cid, nid) in [(1, NID), (2, 7100), (3, 6900)] {
        world.platform.add_dataset(nid, "統計", "勞動部勞工保險局");
        world.platform.post_comment(nid, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.run_until("2026-03-02 10:00").await;
    for cid in [1, 2, 3] {
        world.platform.reply_to_comment(cid, wall(moment("2026-03-02 10:00")));
    }
    world.run_until("2026-03-02 12:00").await;
    world.sent();
    // All replies are shown as empty lists.
    world.platform.misbehave(Some(Misbehaviour::NoReplies));
    world.run_until("2026-03-03 16:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("無法判讀：replies"), "{sent}");
    for cid in [1, 2, 3] {
        let case = world.app.store().case(&comment(cid)).await.unwrap().unwrap();
        assert_eq!(case.state, CaseState::Replied, "C-{cid}");
    }
}

#[tokio::test]
async fn a_dataset_that_does_not_answer_now_and_then_is_no_alarm() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.platform.add_dataset(6200, "統計", "勞動部勞工保險局");
    world.platform.post_comment(6200, 2, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 10:00").await;
    world.sent();
    world.platform.misbehave(Some(Misbehaviour::SilentAbout(6200)));
    world.run_until("2026-03-02 15:00").await;
    assert_eq!(world.sent(), "");
    assert!(
        world.app.readiness().await.unwrap().iter().all(|found| found.severity == Severity::Good)
    );
    world.run_until("2026-03-03 16:00").await;
    let sent = world.sent();
    let alarms = sent.lines().filter(|line| line.contains("部分資料列無法判讀：platform"));
    assert_eq!(alarms.count(), 1, "after a day it is told of: {sent}");
}

#[tokio::test]
async fn what_is_odd_about_one_dataset_hides_no_change_of_the_whole_platform() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.platform.add_dataset(6200, "統計", "勞動部勞工保險局");
    world.platform.post_comment(6200, 2, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 10:00").await;
    world.sent();
    world.platform.misbehave(Some(Misbehaviour::OddAbout(6200)));
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert_eq!(sent.matches("部分資料列無法判讀：platform").count(), 1, "{sent}");
    assert!(!sent.contains("格式變更"), "{sent}");
    // That it only does not answer now says nothing of how it is.
    world.platform.misbehave(Some(Misbehaviour::SilentAbout(6200)));
    world.run_until("2026-03-02 14:00").await;
    assert_eq!(world.sent(), "");
    world.platform.misbehave(Some(Misbehaviour::Html));
    world.run_until("2026-03-02 16:00").await;
    let sent = world.sent();
    assert_eq!((sent.lines().count(), sent.matches("格式變更").count()), (1, 1), "{sent}");
    world.platform.misbehave(None);
    world.run_until("2026-03-03 09:00").await;
    let sent = world.sent();
    assert_eq!((sent.lines().count(), sent.matches("解除").count()), (2, 2), "{sent}");
}

#[tokio::test]
async fn another_row_that_cannot_be_read_is_told_of_too() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.run_until("2026-03-02 10:00").await;
    world.sent();
    let to_come = wall(moment("2026-03-20 09:00"));
    world.platform.post_comment(NID, 21, "題", to_come);
    world.run_until("2026-03-02 14:00").await;
    assert_eq!(world.sent().matches("無法判讀：platform").count(), 1);
    world.platform.post_comment(NID, 24, "題", to_come);
    world.run_until("2026-03-02 18:00").await;
    assert_eq!(world.sent().matches("無法判讀：platform").count(), 1);
    let said = world.slack.all().pop().unwrap().shown();
    assert!(said.contains("C-21") && said.contains("C-24"), "{said}");
    world.platform.remove_comment(21);
    world.run_until("2026-03-03 12:00").await;
    assert_eq!(world.sent(), "", "it is still so, and known");
    world.platform.remove_comment(24);
    world.run_until("2026-03-03 18:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("解除"), "{sent}");
}

#[tokio::test]
async fn when_slack_refuses_for_good_teams_has_it() {
    let units = units_by_slack_then_teams();
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.slack.archive(UNIT);
    world.run_until("2026-03-02 10:00").await;
    let cards = world.teams.cards("flow");
    assert_eq!(cards.len(), 1);
    assert!(cards[0].shown().contains("新案分派"), "{}", cards[0].shown());
    assert_eq!(world.sent(), "", "the administrators need not act: the unit has it");
}

#[tokio::test]
async fn thanks_that_slack_refuses_are_not_said_twice_in_teams() {
    let units = units_by_slack_then_teams();
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 10:00").await;
    assert_eq!(world.sent().lines().count(), 1);
    // The next stage goes by Teams: both were reminded, and both are thanked.
    world.slack.archive(UNIT);
    world.run_until("2026-03-09 17:00").await;
    let reminders = world.teams.cards("flow").len();
    assert_eq!(reminders, 1);
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-10 10:00")));
    world.run_until("2026-03-10 17:00").await;
    let cards = world.teams.cards("flow");
    let thanks: Vec<_> = cards.iter().skip(reminders).map(PostedCard::shown).collect();
    assert_eq!(thanks.len(), 1, "{thanks:?}");
    assert!(thanks[0].contains("回復"), "{thanks:?}");
}

/// A case of which no reminder arrives, after the administrators were told so.
async fn with_unreached_unit() -> World {
    let mut world = with_case("2026-03-02 09:30").await;
    world.slack.archive(UNIT);
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("提醒無法送達"), "{sent}");
    assert!(says_undelivered(&world).await);
    world
}

async fn says_undelivered(world: &World) -> bool {
    let status = world.app.status().await.unwrap();
    status.iter().any(|result| result.code == "message_undelivered")
}

/// Nobody was reached, so nobody is thanked: what is over is over all the same, and is said once.
async fn check_it_is_over(mut world: World) {
    world.run_until("2026-03-02 17:00").await;
    assert!(!says_undelivered(&world).await);
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("【警示解除】提醒無法送達"), "{sent}");
}

#[tokio::test]
async fn when_nothing_takes_it_the_administrators_are_told_until_it_is_answered() {
    let world = with_unreached_unit().await;
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-02 13:00")));
    check_it_is_over(world).await;
}

#[tokio::test]
async fn when_nothing_takes_it_the_administrators_are_told_until_somebody_reports_an_end() {
    let withdraw = Act::Withdraw { reason: "民眾撤回".to_owned() };
    for act in [Act::Reply { at: None }, withdraw] {
        let world = with_unreached_unit().await;
        world.app.act(&comment(558_380), act, &Actor::at_console("王小明")).await.unwrap();
        check_it_is_over(world).await;
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.slack.rate_limit_next(1, 600);
    world.pass().await;
    assert_eq!(world.sent(), "");
    world.sleep_until("2026-03-02 09:39");
    world.pass().await;
    assert_eq!(world.sent(), "");
    world.sleep_until("2026-03-02 09:41");
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1);
}

#[tokio::test]
async fn a_refused_message_can_be_tried_again_by_a_person() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.slack.archive(UNIT);
    world.pass().await;
    assert!(world.sent().contains("提醒無法送達"));
    let failed = world.app.store().outbox(vec![MessageState::Failed], 10).await.unwrap();
    let id = failed[0].id;
    world.slack.mend();
    let by = Actor::at_console("王小明");
    world.app.retry_message(id, &by).await.unwrap();
    let history = world.app.store().history(&comment(558_380)).await.unwrap();
    let noted = history.last().unwrap();
    assert_eq!((&*noted.event, &*noted.actor), ("note", "王小明"));
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains("【新案分派】") && sent.contains("警示解除"), "{sent}");
    // What was sent is sent.
    let cancelled = world.app.cancel_message(id, &by, "不必").await;
    assert!(matches!(cancelled, Err(SteerError::Sent(_))), "{cancelled:?}");
    let retried = world.app.retry_message(999, &by).await;
    assert!(matches!(retried, Err(SteerError::Unknown(999))), "{retried:?}");
    let store = world.app.store();
    assert_eq!(store.outbox(vec![MessageState::Overtaken], 10).await.unwrap(), []);
    assert_eq!(store.history(&comment(558_380)).await.unwrap().len(), history.len());
}

#[tokio::test]
async fn a_waiting_message_can_be_dropped_by_a_person() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.slack.status_next(1, 503);
    world.pass().await;
    let waiting = world.app.store().outbox(vec![MessageState::Queued], 10).await.unwrap();
    let by = Actor::at_console("王小明");
    world.app.cancel_message(waiting[0].id, &by, "不必").await.unwrap();
    world.run_until("2026-03-04 15:00").await;
    assert_eq!(world.sent(), "", "it does not come back, though it is due");
    world.app.retry_message(waiting[0].id, &by).await.unwrap();
    world.pass().await;
    assert!(world.sent().contains("【新案分派】"), "unless a person wants it");
}

async fn with_the_supervisor_by(channel: &str) -> World {
    let unit = "channels = [\"slack:C00BLI0001\"]";
    let both = format!("{unit}\nsupervisor_channels = [\"{channel}\"]");
    let units = jicui::config::SAMPLE_UNITS.replace(unit, &both);
    World::with_units("2026-03-02 09:30", &units).await
}

#[tokio::test]
async fn what_reaches_the_supervisor_does_not_end_the_alarm_of_the_unit() {
    let mut world = with_the_supervisor_by("teams:flow").await;
    world.platform.post_comment(NID, 558_380, "題", wall(world.now()));
    world.run_until("2026-03-23 08:00").await;
    world.sent();
    world.slack.archive(UNIT);
    world.run_until("2026-03-24 18:00").await;
    assert!(!world.teams.cards("flow").is_empty(), "overdue, to the supervisor");
    let sent = world.sent();
    assert!(sent.contains("提醒無法送達") && !sent.contains("警示解除"), "{sent}");
    assert!(says_undelivered(&world).await);
}

#[tokio::test]
async fn of_each_whom_nothing_reaches_the_administrators_are_told() {
    let mut world = with_the_supervisor_by("slack:C00BOSS001").await;
    world.platform.post_comment(NID, 558_380, "題", wall(world.now()));
    world.slack.archive(UNIT);
    world.slack.archive("C00BOSS001");
    world.run_until("2026-03-23 08:00").await;
    assert_eq!(world.sent().matches("提醒無法送達").count(), 1, "the unit");
    world.run_until("2026-03-24 18:00").await;
    assert_eq!(world.sent().matches("提醒無法送達").count(), 1, "its supervisor, too");
    let alarms = world.app.store().active_alarms().await.unwrap();
    let subjects: Vec<_> = alarms.iter().map(|alarm| alarm.subject.as_str()).collect();
    assert_eq!(subjects, ["C-558380 unit:bli-planning", "C-558380 supervisor:bli-planning"]);
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-25 10:00")));
    world.run_until("2026-03-25 17:00").await;
    assert_eq!(world.sent().matches("【警示解除】提醒無法送達").count(), 2);
    assert!(!says_undelivered(&world).await);
}

#[tokio::test]
async fn what_nobody_took_arrives_when_the_channel_is_mended() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.slack.archive(UNIT);
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "told once, however often it is tried: {sent}");
    world.slack.mend();
    world.run_until("2026-03-02 14:00").await;
    let sent = world.sent();
    assert!(sent.contains("【新案分派】") && sent.contains("警示解除"), "{sent}");
    assert_eq!(sent.lines().count(), 2, "{sent}");
}

#[tokio::test]
async fn an_outage_of_slack_is_said_once_and_not_for_each_case() {
    let units = jicui::config::SAMPLE_UNITS
        .replace("channels = [\"slack:C00ADMIN001\"]", "channels = [\"teams:flow\"]");
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    for cid in 1..=5 {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.slack.status_next(10_000, 503);
    world.run_until("2026-03-03 17:00").await;
    let told = |world: &World| -> Vec<String> {
        world.teams.cards("flow").iter().map(PostedCard::shown).collect()
    };
    let cards = told(&world);
    assert_eq!(cards.len(), 1, "{cards:?}");
    assert!(cards[0].contains("通知管道中斷") && cards[0].contains("slack"), "{cards:?}");
    world.slack.mend();
    world.run_until("2026-03-04 17:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 5, "each case once: {sent}");
    let cards = told(&world);
    assert_eq!(cards.len(), 2, "{cards:?}");
    assert!(cards[1].contains("警示解除"), "{cards:?}");
}

#[tokio::test]
async fn a_revoked_token_is_one_alarm_however_many_cases_wait() {
    let units = jicui::config::SAMPLE_UNITS
        .replace("channels = [\"slack:C00ADMIN001\"]", "channels = [\"teams:flow\"]");
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    for cid in 1..=5 {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.slack.fail_next(10_000, "token_revoked");
    world.run_until("2026-03-02 15:00").await;
    assert_eq!(world.sent(), "");
    let cards = world.teams.cards("flow");
    assert_eq!(cards.len(), 1);
    assert!(cards[0].shown().contains("通知管道設定失效"), "{}", cards[0].shown());
    world.slack.mend();
    world.run_until("2026-03-02 17:00").await;
    assert_eq!(world.sent().lines().count(), 5);
    assert_eq!(world.teams.cards("flow").len(), 2, "and once when it is over");
}

#[tokio::test]
async fn an_answer_of_which_nothing_is_shown_any_more_stays_and_is_said_once() {
    let mut world = World::at("2026-03-02 09:30").await;
    for cid in [1, 2] {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.run_until("2026-03-02 10:00").await;
    world.platform.reply_to_comment(1, wall(moment("2026-03-02 10:00")));
    world.run_until("2026-03-02 12:00").await;
    world.sent();
    world.platform.misbehave(Some(Misbehaviour::Renamed("reply")));
    world.platform.post_comment(NID, 3, "題", wall(moment("2026-03-02 12:00")));
    world.run_until("2026-03-03 18:00").await;
    let sent = world.sent();
    let alarms =
        sent.lines().filter(|line| line.contains("【系統警示】部分資料列無法判讀：replies"));
    assert_eq!((alarms.count(), sent.lines().count()), (1, 2), "{sent}");
    assert!(sent.contains("【新案分派】C-3"), "a new one is seen all the same: {sent}");
    let state = async |cid| world.app.store().case(&comment(cid)).await.unwrap().unwrap().state;
    assert_eq!((state(1).await, state(2).await), (CaseState::Replied, CaseState::Open));
    world.platform.misbehave(None);
    world.run_until("2026-03-04 09:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("警示解除"), "{sent}");
    world.platform.misbehave(Some(Misbehaviour::Renamed("comment_quantity")));
    world.run_until("2026-03-05 09:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("【系統警示】平臺格式變更"), "{sent}");
}
