//! What would stand still unseen is said to the administrators: once, and once when it is over.

use super::world::{ADMINISTRATORS, NID, World, comment, moment};
use jicui::app::Step;
use jicui::app::cases::CaseFilter;
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::demo::platform::Misbehaviour;
use jicui::domain::act::{Act, Actor};

/// The administrators are told by Slack, and by Teams where that does not work.
fn two_channels() -> String {
    let one = "channels = [\"slack:C00ADMIN001\"]";
    assert!(SAMPLE_UNITS.contains(one));
    SAMPLE_UNITS.replace(one, "channels = [\"slack:C00ADMIN001\", \"teams:flow\"]")
}

fn quiet(more: &str) -> String {
    format!("[alarms]\nclock_off_secs = 0\n{more}")
}

#[track_caller]
fn check_only(sent: &str, words: &str) {
    let lines = sent.lines().count();
    assert!(lines == 1 && sent.contains(ADMINISTRATORS) && sent.contains(words), "{sent}");
}

#[tokio::test]
async fn a_platform_that_is_silent_over_a_weekend_is_none_until_the_office_has_waited() {
    let mut world = World::at("2026-03-06 16:30").await;
    world.run_until("2026-03-06 17:00").await;
    world.platform.misbehave(Some(Misbehaviour::Status(503)));
    // Half an hour of Friday, and half an hour of Monday.
    world.run_until("2026-03-09 09:00").await;
    assert_eq!(world.sent(), "");
    world.run_until("2026-03-09 10:00").await;
    check_only(&world.sent(), "平臺無法讀取");
    world.run_until("2026-03-09 17:00").await;
    assert_eq!(world.sent(), "", "said once");
    world.platform.misbehave(None);
    world.pass().await;
    check_only(&world.sent(), "警示解除");
}

#[tokio::test]
async fn messages_that_wait_are_said_once_however_many() {
    let mut world =
        World::with_config("2026-03-02 09:30", &quiet("try_channels_every_hours = 0\n")).await;
    for cid in 1..=3 {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.slack.status_next(6, 503);
    world.pass().await;
    world.sleep_until("2026-03-02 09:59");
    world.app.run(Step::Remind).await;
    assert!(world.app.store().active_alarms().await.unwrap().is_empty());
    world.sleep_until("2026-03-02 10:05");
    world.app.run(Step::Remind).await;
    world.app.run(Step::Remind).await;
    let alarms = world.app.store().active_alarms().await.unwrap();
    let [alarm] = &alarms[..] else { panic!("{alarms:?}") };
    assert_eq!(alarm.code, "outbox_stale");
    assert!(alarm.detail.starts_with("3 messages wait, the oldest since 2026-03-02T09:30"));
    world.slack.mend();
    world.pass().await;
    world.pass().await;
    let sent = world.sent();
    let to_us: Vec<_> = sent.lines().filter(|line| line.contains(ADMINISTRATORS)).collect();
    assert!(to_us.len() == 2 && to_us[0].contains("訊息逾時未送出"), "{sent}");
    assert!(to_us[1].contains("警示解除"), "{sent}");
}

#[tokio::test]
async fn what_waits_for_the_office_to_open_does_not_wait() {
    let mut world =
        World::with_config("2026-03-06 17:20", &quiet("try_channels_every_hours = 0\n")).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-06 17:00")));
    world.slack.status_next(1, 503);
    world.pass().await;
    // Ten minutes of Friday, and ten of Monday.
    world.sleep_until("2026-03-09 08:40");
    world.app.run(Step::Remind).await;
    assert!(world.app.store().active_alarms().await.unwrap().is_empty());
    world.run_until("2026-03-09 09:00").await;
    world.sent();
}

#[tokio::test]
async fn what_was_refused_and_then_waits_for_quiet_hours_to_end_does_not_wait() {
    let own = SAMPLE_UNITS
        .replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"slack:U00OFF0004\"]")
        .replace("slack = \"U00OFF0004\"", "slack = \"U00OFF0004\", quiet = \"12:00-13:30\"");
    let config = quiet("try_channels_every_hours = 0\n");
    let mut world = World::with("2026-03-02 11:59", &own, &config).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.slack.status_next(1, 503);
    world.pass().await;
    for time in ["12:05", "12:50"] {
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.app.run(Step::Remind).await;
        world.app.run(Step::Deliver).await;
        let alarms = world.app.store().active_alarms().await.unwrap();
        assert!(alarms.is_empty(), "{alarms:?}");
    }
    world.sleep_until("2026-03-02 13:31");
    world.pass().await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("U00OFF0004"), "{sent}");
}

#[tokio::test]
async fn a_channel_that_only_a_stand_in_reads_stays_an_alarm() {
    let (officer, deputy) =
        ("slack = \"U00OFF0004\"", "slack = \"U00OFF0009\", teams = \"cheng@example.gov.tw\"");
    assert!(SAMPLE_UNITS.contains(deputy));
    let units = SAMPLE_UNITS
        .replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"slack:U00OFF0004\"]")
        .replace(officer, &format!("{officer}, leave = [\"115/03/02 ~ 115/03/06\"]"))
        .replace(deputy, "mail = \"cheng@example.gov.tw\"");
    let mut world = World::with("2026-03-02 09:30", &units, &quiet("")).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 16:00").await;
    check_only(&world.sent(), "通知管道設定失效");
}

#[tokio::test]
async fn a_channel_that_fails_is_told_by_another_one() {
    let mut world = World::with_units("2026-03-02 09:30", &two_channels()).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.slack.fail_next(10_000, "token_revoked");
    world.run_until("2026-03-02 10:00").await;
    let cards = world.teams.cards("flow");
    assert_eq!(cards.len(), 1);
    assert!(cards[0].shown().contains("通知管道設定失效"), "{}", cards[0].shown());
    world.slack.mend();
    world.run_until("2026-03-02 11:00").await;
    let sent = world.sent();
    assert!(sent.contains("新案分派") && sent.contains("警示解除"), "{sent}");
}

#[tokio::test]
async fn a_channel_that_nobody_is_told_by_any_more_is_no_alarm() {
    let units =
        SAMPLE_UNITS.replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"teams:flow\"]");
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.teams.disable("flow");
    world.run_until("2026-03-02 10:00").await;
    check_only(&world.sent(), "通知管道設定失效");
    std::fs::write(world.path("units.toml"), SAMPLE_UNITS).unwrap();
    world.reload();
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert!(sent.contains("【警示解除】通知管道設定失效") && sent.contains("新案分派"), "{sent}");
    let alarms = world.app.store().active_alarms().await.unwrap();
    assert!(alarms.is_empty(), "{alarms:?}");
}

#[tokio::test]
async fn what_the_administrators_are_told_does_not_wait_for_a_provider_that_is_down() {
    let world = World::with_units("2026-03-02 09:30", &two_channels()).await;
    world.platform.misbehave(Some(Misbehaviour::Html));
    world.slack.status_next(10_000, 503);
    for minute in 30..36 {
        world.sleep_until(&format!("2026-03-02 09:{minute}"));
        world.pass().await;
    }
    let shown: String =
        world.teams.cards("flow").iter().map(super::world::teams::PostedCard::shown).collect();
    assert!(shown.contains("平臺格式變更") && shown.contains("通知管道中斷"), "{shown}");
}

#[tokio::test]
async fn a_token_that_died_is_found_out_before_it_is_needed() {
    let config = quiet("try_channels_every_hours = 12\n");
    let mut world = World::with("2026-03-02 07:00", &two_channels(), &config).await;
    world.pass().await;
    assert_eq!(world.slack.calls("auth.test"), 0, "nobody could do anything about it");
    world.run_until("2026-03-02 18:00").await;
    assert_eq!(world.slack.calls("auth.test"), 1);
    world.slack.fail_next(10_000, "token_revoked");
    world.run_until("2026-03-03 12:00").await;
    let cards = world.teams.cards("flow");
    assert_eq!(cards.len(), 1);
    assert!(cards[0].shown().contains("通知管道設定失效"), "{}", cards[0].shown());
    world.slack.mend();
    world.run_until("2026-03-03 13:00").await;
    let sent = world.sent();
    check_only(&sent, "警示解除");
    assert_eq!(world.teams.cards("flow").len(), 1);
}

#[tokio::test]
async fn a_disk_that_fills_is_said_before_it_is_full() {
    let config = quiet("try_channels_every_hours = 0\ndisk_free_mb = 1_000_000_000\n");
    let mut world = World::with_config("2026-03-02 09:30", &config).await;
    world.run_until("2026-03-02 12:00").await;
    check_only(&world.sent(), "磁碟空間不足");
    let path = world.path("config.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("1_000_000_000", "1")).unwrap();
    world.reload();
    world.run_until("2026-03-02 14:00").await;
    check_only(&world.sent(), "警示解除");
}

#[tokio::test]
async fn a_clock_that_is_off_is_noticed_by_the_platforms() {
    let config = "[alarms]\ntry_channels_every_hours = 0\nclock_off_secs = 120\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    world.platform.says_it_is(moment("2026-03-02 09:31"));
    world.pass().await;
    assert_eq!(world.sent(), "");
    world.sleep_until("2026-03-02 09:40");
    world.platform.says_it_is(moment("2026-03-02 09:36"));
    world.pass().await;
    world.pass().await;
    check_only(&world.sent(), "主機時間不準");
    world.platform.says_it_is(world.now());
    world.pass().await;
    check_only(&world.sent(), "警示解除");
}

#[tokio::test]
async fn next_years_calendar_is_missed_from_the_day_that_is_set() {
    let config = "[calendar]\nwarn_from = \"10-15\"\n";
    let mut world = World::with_config("2027-10-14 09:30", config).await;
    world.run_until("2027-10-14 12:00").await;
    assert_eq!(world.sent(), "");
    world.run_until("2027-10-15 10:00").await;
    check_only(&world.sent(), "年度辦公日曆表尚未匯入");
}

#[tokio::test]
async fn a_year_that_has_begun_is_missed_at_once() {
    let mut world = World::at("2028-03-01 09:30").await;
    world.run_until("2028-03-01 10:00").await;
    let sent = world.sent();
    check_only(&sent, "年度辦公日曆表尚未匯入");
    assert!(sent.contains("2028"), "{sent}");
}

#[tokio::test]
async fn a_clock_that_nobody_compares_any_more_is_no_alarm() {
    let config = "[alarms]\ntry_channels_every_hours = 0\nclock_off_secs = 120\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    world.platform.says_it_is(moment("2026-03-02 09:20"));
    world.pass().await;
    check_only(&world.sent(), "主機時間不準");
    let path = world.path("config.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("clock_off_secs = 120", "clock_off_secs = 0")).unwrap();
    world.reload();
    world.run_until("2026-03-02 12:00").await;
    check_only(&world.sent(), "警示解除");
}

#[tokio::test]
async fn a_case_that_cannot_be_counted_keeps_nobody_from_hearing_of_the_others() {
    let mut world = World::at("2026-03-02 09:30").await;
    for cid in [1, 2] {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 09:00")));
    }
    world.app.run(Step::Poll).await;
    let database = rusqlite::Connection::open(world.path("state/jicui.db")).unwrap();
    let start = |day: &str| {
        let sql = "update cases set starts_on = ?1 where number = 'C-1'";
        assert_eq!(database.execute(sql, [day]).unwrap(), 1);
    };
    start("0115-03-02");
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert!(sent.contains("【新案分派】C-2"), "{sent}");
    assert!(sent.contains("【系統警示】提醒無法安排"), "{sent}");
    assert_eq!(sent.lines().count(), 2, "{sent}");
    let alarms = world.app.store().active_alarms().await.unwrap();
    assert!(alarms[0].detail.starts_with("C-1: 0115-03-02 lies outside"), "{alarms:?}");
    // Whoever looks sees it before all others.
    let results = world.app.status().await.unwrap();
    assert!(results.iter().any(|result| result.code == "remind_failing"), "{results:?}");
    let filter = CaseFilter { overdue: true, ..CaseFilter::default() };
    let overdue = world.app.cases(&filter).await.unwrap();
    let [view] = overdue.as_slice() else { panic!("{overdue:?}") };
    assert_eq!((view.case.number.as_str(), view.workdays_left), ("C-1", Some(-1)));
    assert!(view.deadline.provisional);
    let due = world.app.next_due(10).await.unwrap();
    let numbers: Vec<&str> = due.iter().map(|(number, _)| number.as_str()).collect();
    assert_eq!(numbers, ["C-1", "C-2"]);
    assert!(world.app.case_file(&due[0].0).await.unwrap().unwrap().account.is_empty());
    assert_eq!(world.app.with_lines(|lines| lines.open().len()).await.unwrap(), 2);
    let until = Some("2026-04-01".parse().unwrap());
    let foreseen = world.app.preview(world.now(), until).await.unwrap();
    assert!(foreseen.iter().any(|foreseen| foreseen.message.key.contains("C-2")), "{foreseen:?}");
    // Nor does an edit of the calendar, which moves no day of theirs.
    world.close("[[closure]]\ndate = 2026-03-31\nreason = \"颱風\"\n");
    world.platform.post_comment(NID, 3, "題", wall(moment("2026-03-02 12:00")));
    world.run_until("2026-03-02 13:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("【新案分派】C-3"), "{sent}");
    start("2026-03-02");
    world.run_until("2026-03-02 14:00").await;
    let sent = world.sent();
    assert!(
        sent.contains("【新案分派】C-1") && sent.contains("【警示解除】提醒無法安排"),
        "{sent}"
    );
    assert_eq!(sent.lines().count(), 2, "{sent}");
}

#[tokio::test]
async fn a_list_that_is_no_longer_read_is_no_alarm() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.run_until("2026-03-02 10:00").await;
    world.platform.misbehave_in_lists(Some(Misbehaviour::Html));
    world.run_until("2026-03-02 18:00").await;
    assert_eq!(world.sent().lines().count(), 2);
    let config = std::fs::read_to_string(world.path("config.toml")).unwrap();
    let without = format!("{config}[platform.unpublished]\npath = \"\"\n");
    std::fs::write(world.path("config.toml"), without).unwrap();
    world.reload();
    world.run_until("2026-03-03 18:00").await;
    check_only(&world.sent(), "【警示解除】平臺格式變更：datasets unpublished");
}

#[tokio::test]
async fn that_a_case_vanished_is_over_when_the_case_is() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 10:00").await;
    world.platform.remove_comment(1);
    world.run_until("2026-03-02 12:00").await;
    assert!(world.sent().contains("【系統警示】案件自平臺消失：C-1"));
    let withdraw = Act::Withdraw { reason: "平臺已刪除".to_owned() };
    world.app.act(&comment(1), withdraw, &Actor::at_console("資訊處")).await.unwrap();
    world.run_until("2026-03-02 14:00").await;
    let sent = world.sent();
    assert!(sent.contains("【警示解除】案件自平臺消失：C-1"), "{sent}");
    assert!(world.app.store().active_alarms().await.unwrap().is_empty());
}
