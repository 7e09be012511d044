//! A message goes another way than it was planned: an edit, a fallback, a list; to each reader once.

use std::collections::BTreeSet;

use jicui::app::Step;
use jicui::app::outbox::SteerError;
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::act::{Act, Actor};
use jicui::domain::message::{MessageState, Occasion};
use serde_json::{Value, json};

use super::delivery::rows;
use super::world::faults::Fault;
use super::world::slack::Posted;
use super::world::smtp::{FakeSmtp, Refusal};
use super::world::{
    ADMINISTRATORS, NID, TYPHOON, UNIT, World, comment, moment, units_by_slack_then_teams,
};

const BY_SLACK: &str = "channels = [\"slack:C00BLI0001\"]";
const ELSEWHERE: &str = "C00NEW0001";

fn by(channels: &str) -> String {
    SAMPLE_UNITS.replace(BY_SLACK, &format!("channels = [{channels}]"))
}

fn post(world: &World, cid: u64) {
    world.platform.post_comment(NID, cid, "題", wall(world.now()));
}

fn edit(world: &World, units: &str) {
    std::fs::write(world.path("units.toml"), units).unwrap();
    world.reload();
}

/// A reminder that Slack did not take yet.
async fn waiting() -> World {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1);
    world.slack.status_next(1, 503);
    world.pass().await;
    assert_eq!(world.sent(), "");
    world
}

#[tokio::test]
async fn what_waits_goes_where_its_unit_reads_by_now() {
    let mut world = waiting().await;
    edit(&world, &by(&format!("\"slack:{ELSEWHERE}\"")));
    world.run_until("2026-03-02 10:30").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ELSEWHERE) && sent.contains("【新案分派】"), "{sent}");
    assert!(!sent.contains("重送"), "nothing was sent before: {sent}");
    assert_eq!(rows(&world, MessageState::Failed).await, []);
}

/// A reminder whose sending broke off, and its unit reads elsewhere since.
async fn broken_off(fault: Fault, before: &str, after: &str) -> World {
    let mut world = World::with_units("2026-03-02 09:30", &by(before)).await;
    post(&world, 1);
    let mut fault = Some(fault);
    let is_post = |body: &Value| body.to_string().contains("C-1");
    let choose = move |body: &Value| is_post(body).then(|| fault.take()).flatten();
    if before.starts_with("\"slack:") {
        world.slack.choose_faults(Box::new(choose));
    } else {
        world.teams.choose_faults(Box::new(choose));
    }
    world.pass().await;
    edit(&world, &by(after));
    world.run_until("2026-03-02 11:00").await;
    world
}

#[tokio::test]
async fn what_broke_off_and_never_arrived_goes_where_its_unit_reads_by_now() {
    let (old, new) = (format!("\"slack:{UNIT}\""), format!("\"slack:{ELSEWHERE}\""));
    let mut world = broken_off(Fault::Lose, &old, &new).await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ELSEWHERE) && !sent.contains("重送"), "{sent}");
}

#[tokio::test]
async fn what_broke_off_and_arrived_is_not_said_again_elsewhere() {
    let (old, new) = (format!("\"slack:{UNIT}\""), format!("\"slack:{ELSEWHERE}\""));
    let mut world = broken_off(Fault::Drop, &old, &new).await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains(UNIT), "{sent}");
}

#[tokio::test]
async fn what_broke_off_where_nobody_can_be_asked_goes_elsewhere_as_a_repeat() {
    let new = format!("\"slack:{ELSEWHERE}\"");
    let mut world = broken_off(Fault::Drop, "\"teams:flow\"", &new).await;
    assert_eq!(world.teams.cards("flow").len(), 1);
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("重送"), "{sent}");
    assert!(sent.contains(ELSEWHERE), "{sent}");
}

#[tokio::test]
async fn a_list_that_broke_off_goes_where_its_unit_reads_by_now() {
    let config = "burst_over = 2\n";
    let mut world = World::with("2026-03-02 09:30", &by("\"teams:flow\""), config).await;
    for cid in 1..=3 {
        post(&world, cid);
    }
    let mut fault = Some(Fault::Drop);
    world.teams.choose_faults(Box::new(move |_| fault.take()));
    world.pass().await;
    edit(&world, &by(&format!("\"slack:{ELSEWHERE}\"")));
    world.run_until("2026-03-02 11:00").await;
    assert_eq!(world.teams.cards("flow").len(), 1, "it is not said there again");
    let sent = world.sent();
    assert!(sent.contains(ELSEWHERE) && sent.contains("重送"), "{sent}");
    let rows = rows(&world, MessageState::Sent).await;
    let there = rows.iter().filter(|row| row.message.channel.address == ELSEWHERE);
    assert_eq!(there.count(), 3, "each of them: {sent}");
}

#[tokio::test]
async fn what_a_person_took_back_comes_by_no_other_channel() {
    let mut world = waiting().await;
    let [row] = &rows(&world, MessageState::Queued).await[..] else { panic!() };
    world.app.cancel_message(row.id, &Actor::at_console("王小明"), "已電話告知").await.unwrap();
    edit(&world, &by(&format!("\"slack:{ELSEWHERE}\", \"slack:{UNIT}\"")));
    world.run_until("2026-03-02 17:00").await;
    assert_eq!(world.sent(), "");
    // The next stage is another message.
    world.run_until("2026-03-09 10:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains(ELSEWHERE), "{sent}");
    let steered = world.app.cancel_message(row.id, &Actor::at_console("王小明"), "再次").await;
    assert!(matches!(steered, Err(SteerError::Overtaken(_))), "{steered:?}");
}

#[tokio::test]
async fn a_digest_that_another_channel_took_does_not_come_again_when_the_first_is_mended() {
    let units = units_by_slack_then_teams();
    let config = "[digest]\ndaily = true\nweekly = false\nmonthly = false\n";
    let mut world = World::with("2026-03-02 09:30", &units, config).await;
    post(&world, 1);
    world.run_until("2026-03-02 18:00").await;
    world.sent();
    world.slack.archive(UNIT);
    world.run_until("2026-03-03 09:30").await;
    assert_eq!(world.teams.cards("flow").len(), 1);
    world.slack.unarchive(UNIT);
    world.run_until("2026-03-03 11:59").await;
    let sent = world.sent();
    assert!(!sent.contains(UNIT), "{sent}");
    assert_eq!(world.teams.cards("flow").len(), 1);
}

#[tokio::test]
async fn a_digest_that_goes_elsewhere_after_an_edit_comes_once() {
    let config = "[digest]\ndaily = true\nweekly = false\nmonthly = false\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    post(&world, 1);
    world.run_until("2026-03-03 08:40").await;
    world.sent();
    world.slack.status_next(1, 503);
    world.run_until("2026-03-03 08:45").await;
    assert_eq!(world.sent(), "");
    edit(&world, &by(&format!("\"slack:{ELSEWHERE}\"")));
    world.run_until("2026-03-03 11:59").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ELSEWHERE), "{sent}");
}

/// A unit by Slack, then by Teams, whose one case is answered. What became of it is asked in the next
/// week, when its Slack channel is archived.
async fn answered_before_the_first_way_is_closed() -> World {
    let mut world = World::with_units("2026-03-02 09:30", &units_by_slack_then_teams()).await;
    post(&world, 1);
    world.pass().await;
    world.platform.reply_to_comment(1, wall(moment("2026-03-02 11:00")));
    world.run_until("2026-03-06 18:00").await;
    world.sent();
    world.slack.archive(UNIT);
    world
}

#[tokio::test]
async fn the_question_what_became_of_it_is_asked_once_by_whichever_channel() {
    let mut world = answered_before_the_first_way_is_closed().await;
    world.run_until("2026-03-09 12:00").await;
    let asked =
        || world.teams.cards("flow").iter().filter(|c| c.shown().contains("延伸精進")).count();
    assert_eq!(asked(), 1, "{:?}", world.teams.cards("flow").len());
    world.slack.unarchive(UNIT);
    world.run_until("2026-03-11 12:00").await;
    let sent = world.sent();
    assert!(!sent.contains("延伸精進"), "{sent}");
}

#[tokio::test]
async fn a_list_that_was_refused_for_now_stays_one_list() {
    let mut world = World::with_config("2026-03-02 09:30", "burst_over = 3\n").await;
    let config = std::fs::read_to_string(world.path("config.toml")).unwrap();
    let config = config.replace("jitter_percent = 0", "jitter_percent = 50");
    std::fs::write(world.path("config.toml"), config).unwrap();
    world.reload();
    for cid in 1..=10 {
        post(&world, cid);
    }
    world.slack.status_next(1, 503);
    world.pass().await;
    assert_eq!(world.sent(), "");
    world.run_until("2026-03-02 10:30").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(rows(&world, MessageState::Sent).await.iter().all(|row| row.bundle.is_some()));
}

#[tokio::test]
async fn who_reads_in_the_unit_s_channel_is_not_told_there_twice() {
    let administrators = format!("channels = [\"slack:{ADMINISTRATORS}\"]");
    let units = SAMPLE_UNITS.replace(&administrators, BY_SLACK);
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    post(&world, 1);
    // From the third day overdue the administrators are reached, too.
    world.run_until("2026-03-24 18:00").await;
    world.sent();
    world.run_until("2026-03-25 10:00").await;
    let sent = world.sent();
    let overdue = sent.lines().filter(|line| line.contains("【逾期 3 個工作天】")).count();
    assert_eq!(overdue, 1, "{sent}");
}

#[tokio::test]
async fn who_shares_the_unit_s_channel_is_told_there_where_the_unit_is_not() {
    let administrators = format!("channels = [\"slack:{ADMINISTRATORS}\"]");
    let apart = format!("{BY_SLACK}\nsupervisor_channels = [\"slack:C00BOSS001\"]");
    let units = SAMPLE_UNITS.replace(BY_SLACK, &apart).replace(&administrators, BY_SLACK);
    let ladder = "[[stage]]\nname = \"above\"\nafter = 5\nat = \"09:00\"\n\
                  reaches = [\"supervisor\", \"administrators\"]\n";
    let mut world = World::with("2026-03-02 09:30", &units, ladder).await;
    post(&world, 1);
    world.run_until("2026-03-09 10:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "{sent}");
    assert!(sent.contains(UNIT) && sent.contains("C00BOSS001"), "{sent}");
}

#[tokio::test]
async fn a_supervisor_in_the_unit_s_own_mailbox_has_one_mail() {
    let server = FakeSmtp::start(false);
    let units = by("\"mail:unit@example.gov.tw\"")
        .replace("slack = \"U00SUP0003\"", "mail = \"Unit@example.gov.tw\"");
    let config = super::mail::config(&server);
    let mut world = World::with("2026-03-23 08:00", &units, &config).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-24 18:00").await;
    world.sent();
    let sent = rows(&world, MessageState::Sent).await;
    let to: Vec<String> = sent.iter().map(|row| row.message.recipient.to_string()).collect();
    assert!(to.iter().any(|to| to == "unit:bli-planning"), "{to:?}");
    assert!(to.iter().all(|to| !to.starts_with("supervisor")), "{to:?}");
}

#[tokio::test]
async fn a_question_that_a_person_took_back_on_its_second_way_does_not_come_by_the_first() {
    let mut world = answered_before_the_first_way_is_closed().await;
    world.teams.status_next(1000, 503);
    world.run_until("2026-03-09 09:05").await;
    let waiting = rows(&world, MessageState::Queued).await;
    let [row] = &waiting[..] else { panic!("{waiting:?}") };
    world.app.cancel_message(row.id, &Actor::at_console("王小明"), "已知").await.unwrap();
    world.slack.unarchive(UNIT);
    world.run_until("2026-03-12 12:00").await;
    let sent = world.sent();
    assert!(!sent.contains("延伸精進"), "{sent}");
}

#[tokio::test]
async fn thanks_go_to_where_the_reminder_was_though_the_unit_reads_elsewhere_by_now() {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1);
    world.pass().await;
    world.sent();
    edit(&world, &by(&format!("\"slack:{ELSEWHERE}\"")));
    world.platform.reply_to_comment(1, wall(moment("2026-03-02 11:00")));
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert!(sent.contains(UNIT) && !sent.contains(ELSEWHERE), "{sent}");
}

#[tokio::test]
async fn a_supervisor_of_a_unit_that_reads_mail_has_mails_of_their_own() {
    let server = FakeSmtp::start(false);
    let units = by("\"mail:unit@example.gov.tw\"")
        .replace("slack = \"U00SUP0003\"", "mail = \"boss@example.gov.tw\"");
    let config = super::mail::config(&server);
    let mut world = World::with("2026-03-02 09:30", &units, &config).await;
    post(&world, 1);
    world.run_until("2026-03-23 10:00").await;
    let mails = server.mails();
    let overdue = mails.iter().map(|mail| String::from_utf8_lossy(mail).into_owned());
    let to: Vec<bool> = overdue.map(|mail| mail.contains("To: boss@example.gov.tw")).collect();
    assert_eq!(to.iter().filter(|is_boss| **is_boss).count(), 1, "on the first day overdue");
}

#[tokio::test]
async fn a_report_that_one_reader_cannot_have_is_not_the_administrators_second_one() {
    let server = FakeSmtp::start(false);
    let units = SAMPLE_UNITS
        .replace(&format!("\"slack:{ADMINISTRATORS}\""), "\"mail:administrators@example.gov.tw\"");
    let config = format!(
        "{}[report]\nmonthly = true\nrecipients = [\"mail:full@example.gov.tw\"]\n",
        super::mail::config(&server)
    );
    let mut world = World::with("2026-03-30 09:30", &units, &config).await;
    world.pass().await;
    server.refuse(Some(Refusal::Gone("full@example.gov.tw")));
    world.run_until("2026-04-01 17:00").await;
    let reports = world.app.store().outbox(vec![MessageState::Sent], 100).await.unwrap();
    let reports = reports.iter().filter(|row| row.message.occasion == Occasion::Report);
    assert_eq!(reports.count(), 1);
}

#[tokio::test]
async fn a_unit_hears_in_its_own_language_that_a_case_is_no_longer_its() {
    let english = format!("{BY_SLACK}\nlanguage = \"en\"");
    let mut world =
        World::with_units("2026-03-02 09:30", &SAMPLE_UNITS.replace(BY_SLACK, &english)).await;
    post(&world, 1);
    world.pass().await;
    world.sent();
    let act = Act::Reassign { unit: "wda-planning".to_owned(), reason: "x".to_owned() };
    world.app.act(&comment(1), act, &Actor::at_console("王小明")).await.unwrap();
    world.app.run(Step::Deliver).await;
    let sent = world.sent();
    let farewell = sent.lines().find(|line| line.contains("No longer yours")).unwrap_or(&sent);
    assert!(farewell.contains(UNIT), "{sent}");
    assert!(sent.contains("【改分承辦】"), "{sent}");
}

/// Every case that some message in Slack names there.
fn named(world: &World, channel: &str) -> Vec<u64> {
    let shown: String = world.slack.messages(channel).iter().map(Posted::shown).collect();
    let numbers = shown.split("C-").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    numbers.collect::<BTreeSet<u64>>().into_iter().collect()
}

#[tokio::test]
async fn what_was_parted_from_a_list_that_was_lost_is_said_all_the_same() {
    let mut world = World::at("2026-03-02 09:30").await;
    // Two of them press: they are due the day after.
    for cid in 1..=12 {
        let posted = if cid <= 2 { "2026-02-03 09:00" } else { "2026-03-02 09:00" };
        world.platform.post_comment(NID, cid, "題", wall(moment(posted)));
    }
    let mut lost = 0;
    world.slack.choose_faults(Box::new(move |request: &Value| {
        let is_list = request.pointer("/metadata/event_payload/stage") == Some(&json!("burst"));
        lost += u32::from(is_list);
        (is_list && lost == 1).then_some(Fault::Lose)
    }));
    world.pass().await;
    assert_eq!(named(&world, UNIT), [0; 0], "on its way it was lost");
    let until = "2026-03-04".parse().unwrap();
    world.app.silence("bli-planning", until, ("辦公室搬遷", "王小明")).await.unwrap();
    world.run_until("2026-03-02 10:30").await;
    assert_eq!(named(&world, UNIT), [1, 2], "a silence holds what does not press");
    world.app.end_silence("bli-planning", "王小明").await.unwrap();
    world.run_until("2026-03-03 10:00").await;
    assert_eq!(named(&world, UNIT), (1..=12).collect::<Vec<_>>());
    world.sent();
}

#[tokio::test]
async fn a_list_with_a_message_that_may_have_arrived_elsewhere_says_so() {
    let theirs = "channels = [\"slack:C00WDA0001\"]";
    let units = by("\"teams:flow\", \"slack:C00BLI0001\"").replace(theirs, BY_SLACK);
    let mut world = World::with("2026-03-02 09:20", &units, "burst_over = 1\n").await;
    // The unit that reads Slack alone is put off, and has one more that waits in line.
    let theirs = 6200;
    world.platform.add_dataset(theirs, "訓練統計", "勞動部勞動力發展署");
    world.slack.rate_limit_next(1, 1800);
    for (cid, time) in [(2, "09:20"), (3, "09:22")] {
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.platform.post_comment(theirs, cid, "題", wall(world.now()));
        world.pass().await;
    }
    // Ours comes after it, from a flow that never answered.
    post(&world, 1);
    world.teams.hang_next(2);
    for time in ["09:25", "09:30", "09:35", "09:40"] {
        world.sleep_until(&format!("2026-03-02 {time}"));
        world.pass().await;
    }
    assert_eq!(world.sent(), "");
    world.sleep_until("2026-03-02 09:55");
    world.pass().await;
    assert_eq!(named(&world, UNIT), [1, 2, 3]);
    let [list] = &world.slack.messages(UNIT)[..] else { panic!() };
    assert!(list.shown().contains("重送"), "{}", list.shown());
    world.sent();
}

#[tokio::test]
async fn a_digest_that_may_have_arrived_says_so_by_the_next_channel() {
    let config = "[digest]\ndaily = true\nweekly = false\nmonthly = false\n";
    let units = by("\"teams:flow\", \"slack:C00BLI0001\"");
    let mut world = World::with("2026-03-02 09:30", &units, config).await;
    post(&world, 1);
    world.run_until("2026-03-03 08:00").await;
    world.sent();
    world.teams.hang_next(2);
    world.run_until("2026-03-03 12:00").await;
    let sent = world.sent();
    assert!(sent.contains("【今日待辦】") && sent.contains("重送"), "{sent}");
}

#[tokio::test]
async fn a_move_that_was_taken_back_by_everybody_is_over() {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1);
    world.run_until("2026-03-02 16:00").await;
    world.sent();
    world.close(TYPHOON);
    world.app.run(Step::Remind).await;
    let queued = rows(&world, MessageState::Queued).await;
    let [row] = &queued[..] else { panic!("{queued:?}") };
    assert_eq!(row.message.occasion, Occasion::DeadlineMoved);
    world.app.cancel_message(row.id, &Actor::at_console("王小明"), "誤植").await.unwrap();
    world.close("");
    world.run_until("2026-03-03 09:00").await;
    for _ in 0..2 {
        let report = world.app.run(Step::Remind).await;
        assert!(!report.made_work, "{report:?}");
        world.app.run(Step::Deliver).await;
    }
    assert_eq!(world.sent(), "");
    // The same move again is not told, another one is.
    world.close(TYPHOON);
    world.run_until("2026-03-03 10:00").await;
    assert_eq!(world.sent(), "");
    let two = TYPHOON.replace("03-17", "03-18");
    world.close(&format!("{TYPHOON}{two}"));
    world.run_until("2026-03-03 11:00").await;
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("期限變更"), "{sent}");
}
