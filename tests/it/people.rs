//! The people in it: leave and deputies, digests, silence, quiet hours, language, ties and gaps.

use super::world::smtp::FakeSmtp;
use super::world::{ADMINISTRATORS, NID, UNIT, World, comment, moment};
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::act::{Act, Actor};
use jicui::domain::case::CaseState;
use jicui::domain::directory::Person;

const OFFICER: &str =
    "officers = [{ name = \"吳保險\", slack = \"U00OFF0004\", teams = \"wu@example.gov.tw\" }]";
const DEPUTY: &str =
    "deputies = [{ name = \"鄭保險\", slack = \"U00OFF0009\", teams = \"cheng@example.gov.tw\" }]";

/// The sample ministry, with these lines in place of those of 勞工保險局.
fn units(replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(SAMPLE_UNITS.to_owned(), |units, (from, to)| {
        assert!(units.contains(from), "{from}");
        units.replacen(from, to, 1)
    })
}

pub(crate) fn post(world: &World, cid: u64, title: &str, at: &str) {
    world.platform.post_comment(NID, cid, title, wall(moment(at)));
}

/// Who is called by name in the last message of the unit.
fn called(world: &World) -> Vec<String> {
    let last = world.slack.all().into_iter().rfind(|posted| posted.channel == UNIT).unwrap();
    let shown = last.shown();
    let ids = shown.split("<@").skip(1).filter_map(|rest| rest.split('>').next());
    ids.map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn while_the_officer_is_away_the_deputy_is_called_and_both_are_named() {
    let away = OFFICER.replace(" }", ", leave = [\"115/03/02 ~ 115/03/06\"] }");
    let mut world = World::with_units("2026-03-02 09:30", &units(&[(OFFICER, &away)])).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.pass().await;
    assert!(world.sent().ends_with("（14 個工作天）；吳保險請假，由鄭保險代理"));
    assert_eq!(called(&world), ["U00OFF0009"]);
    let shown = world.slack.all()[0].shown();
    assert!(shown.contains("鄭保險（代理吳保險，請假至 115/03/06（五））"), "{shown}");
    // Back at work: the next stage that calls anybody by name calls the officer.
    world.run_until("2026-03-17 09:00").await;
    assert!(!world.sent().contains("請假"));
    assert_eq!(called(&world), ["U00OFF0004"]);
}

#[tokio::test]
async fn a_leave_that_begins_and_ends_on_the_way_changes_who_is_called() {
    let away = OFFICER.replace(" }", ", leave = [\"115/03/17\"], quiet = \"15:00-16:00\" }");
    let boss = "slack = \"U00SUP0003\"";
    let quiet = format!("{boss}, quiet = \"15:00-16:00\"");
    let mut world =
        World::with_units("2026-03-02 09:30", &units(&[(OFFICER, &away), (boss, &quiet)])).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    let mut who = Vec::new();
    for until in ["03-02 09:30", "03-17 09:00", "03-19 09:00"] {
        world.run_until(&format!("2026-{until}")).await;
        let stands_in = world.sent().lines().last().unwrap().contains("由鄭保險代理");
        who.push((called(&world).join(" "), stands_in));
    }
    let officer = |stands_in| ("U00OFF0004".to_owned(), stands_in);
    assert_eq!(who, [officer(false), ("U00OFF0009".to_owned(), true), officer(false)]);
    // Asked for more time in the supervisor's quiet hours, with a week left: told, and not called.
    post(&world, 2, "題", "2026-03-19 09:00");
    world.sleep_until("2026-03-19 15:10");
    world.pass().await;
    let extend = Act::Extend { workdays: 5, reason: "等候廠商".to_owned() };
    let wu = Actor::person(&Person { name: "吳保險".to_owned(), ..Person::default() });
    world.app.act(&comment(2), extend, &wu).await.unwrap();
    world.pass().await;
    assert!(world.sent().contains("【申請展延】") && called(&world).is_empty());
}

#[tokio::test]
async fn with_the_deputy_away_too_the_supervisor_is_called_and_then_nobody_is_there() {
    let leave = ", leave = [\"2026-03-02..2026-03-31\"] }";
    let (officer, deputy) = (OFFICER.replace(" }", leave), DEPUTY.replace(" }", leave));
    let both = units(&[(OFFICER, &officer), (DEPUTY, &deputy)]);
    let mut world = World::with_units("2026-03-02 09:30", &both).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.pass().await;
    assert!(world.sent().ends_with("；吳保險請假，由黃組長代理"));
    assert_eq!(called(&world), ["U00SUP0003"]);

    let boss = "{ name = \"黃組長\", slack = \"U00SUP0003\", teams = \"huang@example.gov.tw\" }";
    let all = both.replace(boss, &boss.replace(" }", leave));
    let mut world = World::with_units("2026-03-02 09:30", &all).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.pass().await;
    assert!(world.sent().ends_with("；吳保險請假，尚無代理人"));
    assert!(called(&world).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_named_by_mail_is_looked_up_in_slack_and_remembered() {
    let wu = OFFICER.replace("slack = \"U00OFF0004\"", "mail = \"wu@example.gov.tw\"");
    let boss = "黃組長\", slack = \"U00SUP0003\"";
    let by_account = boss.replace("U00SUP0003", "boss@slack.example.gov.tw");
    let named = units(&[(OFFICER, &wu), (boss, &by_account)]);
    let mut world = World::with_units("2026-03-02 09:30", &named).await;
    world.slack.add_member("wu@example.gov.tw", "U0WU");
    world.slack.add_member("boss@slack.example.gov.tw", "U0BOSS");
    post(&world, 1, "題", "2026-03-02 09:00");
    post(&world, 2, "題", "2026-03-02 09:00");
    world.pass().await;
    assert_eq!(called(&world), ["U0WU"]);
    assert_eq!(world.slack.calls("users.lookupByEmail"), 1, "it is remembered");
    world.run_until("2026-03-23 09:00").await;
    assert_eq!(called(&world), ["U0WU", "U0BOSS"], "overdue, the supervisor is called as well");
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    assert!(said.contains("well: people that units.toml names to Slack by mail: 0 of"), "{said}");
    // One leaves, and the other is called by name only where Slack may not be asked.
    world.slack.deactivate("wu@example.gov.tw");
    world.reload();
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    let line = named.lines().position(|line| line == "id = \"bli-planning\"").unwrap();
    let doubt = format!("units.toml:{line}:1: warning: 吳保險 (wu@example.gov.tw) is no member");
    assert!(said.contains(&doubt), "{said}");
    world.run_until("2026-03-24 09:00").await;
    assert_eq!(called(&world), ["U0BOSS"]);
    assert!(world.slack.all().pop().unwrap().shown().contains("> 吳保險"));
    world.slack.forbid_look_ups(true);
    world.reload();
    let before = world.slack.calls("users.lookupByEmail");
    world.run_until("2026-03-25 09:00").await;
    assert!(called(&world).is_empty(), "a reminder does not wait for that");
    assert_eq!(world.slack.calls("users.lookupByEmail"), before + 1, "nobody else is asked after");
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    assert!(said.contains("FAULT: people that units.toml names to Slack by mail: "), "{said}");
    assert!(said.contains("missing_scope") && said.contains("named, and not called"), "{said}");
    assert!(!world.sent().contains("系統警示"));
}

fn by_mail(server: &FakeSmtp) -> String {
    format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n\
         from = \"jicui@example.gov.tw\"\n",
        server.port()
    )
}

/// The people a server has mail for, in order.
fn mailed(server: &FakeSmtp) -> Vec<String> {
    let to = |mail: Vec<u8>| {
        let parsed = mail_parser::MessageParser::default().parse(&mail).unwrap().into_owned();
        parsed.to().unwrap().first().unwrap().address().unwrap().to_owned()
    };
    server.mails().into_iter().map(to).collect()
}

const MAILBOXES: [(&str, &str); 3] = [
    (
        OFFICER,
        "officers = [{ name = \"吳保險\", mail = \"wu@example.gov.tw\", \
         leave = [\"115/03/09\"], quiet = [\"08:00-10:30\"] }]",
    ),
    (DEPUTY, "deputies = [{ name = \"鄭保險\", mail = \"cheng@example.gov.tw\" }]"),
    ("channels = [\"slack:C00BLI0001\"]", "channels = [\"mail:wu@example.gov.tw\"]"),
];

#[tokio::test]
async fn the_list_of_the_day_waits_for_an_office_that_is_shut_in_the_morning() {
    let config = "[digest]\ndaily = true\nweekly = false\nmonthly = false\n";
    let closed =
        "[[closure]]\ndate = 2026-03-04\nregion = \"臺北市\"\npart = \"am\"\nreason = \"豪雨\"\n";
    let files = [("calendar/closures.toml", closed)];
    let mut world = World::with_files("2026-03-02 09:30", SAMPLE_UNITS, (config, &files)).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-03 12:00").await;
    let sent = world.sent();
    assert!(sent.contains("03-03 09:00 C00BLI0001 【今日待辦】"), "{sent}");
    world.run_until("2026-03-04 17:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.starts_with("03-04 13:00 C00BLI0001 【今日待辦】"), "{sent}");
}

#[tokio::test]
async fn a_unit_that_had_a_case_hears_so_by_its_own_calendar() {
    let closed = "[[closure]]\ndate = 2026-03-03\nregion = \"臺北市\"\nreason = \"豪雨\"\n";
    let files = [("calendar/closures.toml", closed)];
    let mut world = World::with_files("2026-03-02 09:30", SAMPLE_UNITS, ("", &files)).await;
    world.platform.post_comment(NID, 1, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-03 10:00").await;
    world.sent();
    let give = Act::Reassign { unit: "wda-training".to_owned(), reason: "業務".to_owned() };
    world.app.act(&comment(1), give, &Actor::at_console("資訊處")).await.unwrap();
    world.run_until("2026-03-03 17:00").await;
    let sent = world.sent();
    assert!(sent.contains("C00WDA0002") && !sent.contains("C00BLI0001"), "{sent}");
    world.run_until("2026-03-04 09:00").await;
    let sent = world.sent();
    assert!(sent.starts_with("03-04 08:30 C00BLI0001") && sent.contains("已改分"), "{sent}");
}

#[tokio::test]
async fn a_mailbox_of_one_s_own_waits_for_quiet_hours_and_is_the_deputy_s_in_absence() {
    let server = FakeSmtp::start(false);
    let mut world = World::with("2026-03-02 09:30", &units(&MAILBOXES), &by_mail(&server)).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.run_until("2026-03-02 10:29").await;
    assert_eq!(mailed(&server).len(), 0, "not to be disturbed");
    world.run_until("2026-03-02 11:00").await;
    assert_eq!(mailed(&server), ["wu@example.gov.tw"]);
    // after-5 falls on 03-09, when the officer is away; the deputy has no quiet hours.
    world.run_until("2026-03-09 09:00").await;
    assert_eq!(mailed(&server)[1..], ["cheng@example.gov.tw"]);
    world.run_until("2026-03-18 18:00").await;
    let before = mailed(&server).len();
    // One workday is left: quiet hours hold no more.
    world.run_until("2026-03-19 09:00").await;
    assert_eq!(mailed(&server)[before..], ["wu@example.gov.tw"]);
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn nobody_is_called_by_name_in_quiet_hours_until_a_workday_is_left() {
    let quiet = OFFICER.replace(" }", ", quiet = \"08:30-12:00\" }");
    let mut world = World::with_units("2026-03-02 09:30", &units(&[(OFFICER, &quiet)])).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.run_until("2026-03-17 09:00").await;
    assert!(world.sent().contains("尚餘 3 個工作天"));
    assert!(called(&world).is_empty(), "the channel is told, the person is not called");
    world.run_until("2026-03-19 09:00").await;
    assert!(world.sent().contains("尚餘 1 個工作天"));
    assert_eq!(called(&world), ["U00OFF0004"]);
}

#[tokio::test]
async fn early_stages_name_nobody() {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    let mut stages = Vec::new();
    for until in ["03-02 09:30", "03-09 09:00", "03-13 09:00", "03-17 09:00", "03-19 09:00"] {
        world.run_until(&format!("2026-{until}")).await;
        assert_eq!(world.sent().lines().count(), 1, "{until}");
        stages.push(!called(&world).is_empty());
    }
    assert_eq!(stages, [true, false, false, true, true]);
}

const DIGESTS: &str = "[digest]\nat = \"08:45\"\n";

/// 02-23 is the first workday after the New Year, 02-27 a day off.
#[tokio::test]
async fn a_week_of_digests_around_a_holiday() {
    let mut world = World::with_config("2026-02-23 14:00", DIGESTS).await;
    post(&world, 1, "先到", "2026-02-23 09:00");
    post(&world, 2, "後到", "2026-02-23 09:10");
    world.run_until("2026-03-01 12:00").await;
    let sent = world.sent();
    let digests = |sent: &str| -> Vec<String> {
        sent.lines().filter(|line| line.contains("待辦")).map(ToOwned::to_owned).collect()
    };
    // None on the day itself: each case has its own message. None on 02-27.
    insta::assert_snapshot!(digests(&sent).join("\n"), @"
    02-24 09:00 C00BLI0001 【今日待辦】勞工保險局企劃管理組 2 件待回復
    02-25 09:00 C00BLI0001 【今日待辦】勞工保險局企劃管理組 2 件待回復
    02-26 09:00 C00BLI0001 【今日待辦】勞工保險局企劃管理組 2 件待回復
    ");
    world.platform.reply_to_comment(1, wall(moment("2026-03-02 08:00")));
    world.run_until("2026-03-03 12:00").await;
    insta::assert_snapshot!(digests(&world.sent()).join("\n"), @"
    03-02 09:00 C00BLI0001 【今日待辦】勞工保險局企劃管理組 1 件待回復
    03-03 09:00 C00BLI0001 【今日待辦】勞工保險局企劃管理組 1 件待回復
    ");
    world.platform.reply_to_comment(2, wall(moment("2026-03-03 13:00")));
    world.run_until("2026-03-06 12:00").await;
    assert!(digests(&world.sent()).is_empty(), "nothing is open");
}

/// What the last message in a channel shows.
fn shown(world: &World, channel: &str) -> String {
    let last = world.slack.all().into_iter().rfind(|posted| posted.channel == channel).unwrap();
    last.shown().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_digest_lists_the_worst_first_with_links_and_calls_the_supervisor_once_a_week() {
    let mut world = World::with_config("2026-03-02 14:00", DIGESTS).await;
    post(&world, 2, "後到", "2026-03-02 09:10");
    world.run_until("2026-03-04 14:00").await;
    post(&world, 3, "再後到 <!channel> *b*", "2026-03-04 13:00");
    world.run_until("2026-03-23 08:30").await;
    world.sent();
    world.sleep_until("2026-03-23 08:45");
    world.pass().await;
    // 03-20 was the due day of C-2.
    insta::assert_snapshot!(world.sent(), @"
    03-23 08:45 C00BLI0001 【今日待辦】勞工保險局企劃管理組 2 件待回復，逾期 1 件
    ");
    insta::assert_snapshot!(shown(&world, UNIT), @"
    📋 今日待辦：2 件待回復，逾期 1 件
    *承辦人*
    吳保險
    逾期 1 個工作天
    C-2
     115/03/20（五） 「後到」
    尚餘 1 個工作天
    C-3
     115/03/24（二） 「再後到 <!channel> *b*」
    <@U00SUP0003> 請依期限先後至平臺回復。
    本訊息由稽催系統自動發送。
    ");
    assert_eq!(called(&world), ["U00SUP0003"], "a Monday");
    let links = world.slack.all().pop().unwrap().blocks;
    assert!(format!("{links:?}").contains("/dataset/6100"));
    world.sleep_until("2026-03-24 08:45");
    world.pass().await;
    assert!(called(&world).is_empty(), "a Tuesday");
    world.sent();
}

#[tokio::test]
async fn a_supervisor_who_reads_where_the_unit_does_has_one_list_on_a_monday() {
    for (daily, list) in [(true, "【今日待辦】"), (false, "【本週待辦】")] {
        let units = units(&[(
            "channels = [\"slack:C00BLI0001\"]",
            "channels = [\"slack:C00BLI0001\"]\nsupervisor_channels = [\"slack:C00BLI0001\"]",
        )]);
        let config = format!("{DIGESTS}daily = {daily}\n");
        let mut world = World::with("2026-03-02 14:00", &units, &config).await;
        post(&world, 1, "題", "2026-03-02 09:10");
        world.run_until("2026-03-06 18:00").await;
        world.sent();
        world.sleep_until("2026-03-09 08:45");
        world.pass().await;
        let sent = world.sent();
        assert!(sent.lines().count() == 1 && sent.contains(list), "{sent}");
        assert_eq!(called(&world).len(), usize::from(daily), "the supervisor: {sent}");
    }
}

#[tokio::test]
async fn administrators_who_read_with_a_supervisor_hear_once_that_it_is_overdue_and_once_that_it_is_not()
 {
    let units = units(&[(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"slack:C00BLI0001\"]\nsupervisor_channels = [\"slack:C00ADMIN001\"]",
    )]);
    let mut world = World::with_units("2026-03-02 14:00", &units).await;
    post(&world, 1, "題", "2026-03-02 09:10");
    world.run_until("2026-03-23 18:00").await;
    let of_both = |sent: &str, words| {
        sent.lines().filter(|line| line.contains("C00ADMIN001") && line.contains(words)).count()
    };
    let sent = world.sent();
    assert_eq!(of_both(&sent, "逾期"), 1, "{sent}");
    world.platform.reply_to_comment(1, wall(moment("2026-03-24 10:30")));
    world.run_until("2026-03-24 17:00").await;
    let sent = world.sent();
    assert_eq!(of_both(&sent, "已回復"), 1, "{sent}");
}

#[tokio::test]
async fn supervisors_with_a_channel_have_the_week_and_administrators_the_month() {
    let units = units(&[(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"slack:C00BLI0001\"]\nsupervisor_channels = [\"slack:C00BOSS001\"]",
    )]);
    let mut world = World::with("2026-03-03 09:30", &units, DIGESTS).await;
    post(&world, 1, "先到", "2026-03-03 09:00");
    post(&world, 2, "後到", "2026-03-03 09:10");
    world.run_until("2026-03-04 09:00").await;
    world.platform.reply_to_comment(1, wall(moment("2026-03-04 09:30")));
    world.run_until("2026-04-01 08:30").await;
    let lines = |sent: &str, channel: &str| -> Vec<String> {
        let digest = |line: &&str| line.contains("【本週") || line.contains("【每月");
        let here = sent.lines().filter(|line| line.contains(channel));
        here.filter(digest).map(ToOwned::to_owned).collect()
    };
    let sent = world.sent();
    insta::assert_snapshot!(lines(&sent, "C00BOSS001").join("\n"), @"
    03-09 09:00 C00BOSS001 【本週待辦】勞工保險局企劃管理組 1 件待回復
    03-16 09:00 C00BOSS001 【本週待辦】勞工保險局企劃管理組 1 件待回復
    03-23 09:00 C00BOSS001 【本週待辦】勞工保險局企劃管理組 1 件待回復，今日到期 1 件
    03-30 09:00 C00BOSS001 【本週待辦】勞工保險局企劃管理組 1 件待回復，逾期 1 件
    ");
    assert!(lines(&sent, ADMINISTRATORS).is_empty());
    world.sleep_until("2026-04-01 09:00");
    world.pass().await;
    insta::assert_snapshot!(lines(&world.sent(), ADMINISTRATORS).join("\n"), @"
    04-01 09:00 C00ADMIN001 【每月統計】115 年 3 月受理 2 件，回復 1 件，其中逾期 0 件
    ");
    world.run_until("2026-04-02 09:00").await;
    assert!(lines(&world.sent(), ADMINISTRATORS).is_empty(), "once a month");
}

#[tokio::test]
async fn after_an_outage_only_today_s_digest_is_sent_and_never_late() {
    let mut world = World::with_config("2026-03-02 14:00", DIGESTS).await;
    post(&world, 1, "題", "2026-03-02 09:00");
    world.pass().await;
    world.sent();
    world.sleep_until("2026-03-05 11:59");
    world.pass().await;
    assert_eq!(world.sent().matches("待辦").count(), 1, "03-03 and 03-04 are over");
    world.pass().await;
    world.sleep_until("2026-03-06 12:00");
    world.pass().await;
    assert_eq!(world.sent(), "", "its morning is over");
    // What could not be sent in its morning is not sent after it.
    world.sleep_until("2026-03-09 08:45");
    world.slack.rate_limit_next(1, 4 * 3600);
    world.pass().await;
    world.sleep_until("2026-03-09 13:00");
    world.pass().await;
    assert_eq!(world.sent().matches("待辦").count(), 0);
}

#[tokio::test]
async fn a_silence_ends_one_workday_before_the_due_day_whatever_it_says() {
    let mut world = World::with_config("2026-03-02 09:30", DIGESTS).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.pass().await;
    world.sent();
    let until = "2026-04-30".parse().unwrap();
    world.app.silence("bli-planning", until, ("辦公室搬遷", "王小明")).await.unwrap();
    world.run_until("2026-03-18 18:00").await;
    assert_eq!(world.sent(), "", "neither a stage nor a digest");
    let status = world.app.status().await.unwrap();
    let silent = status.iter().find(|check| check.code == "unit_silent").unwrap();
    assert!(silent.message.contains("辦公室搬遷 (王小明)"), "{}", silent.message);
    world.run_until("2026-03-20 18:00").await;
    assert_eq!(world.sent().lines().count(), 3, "before-1, and twice on the due day");
    let ended = world.app.end_silence("bli-planning", "王小明").await.unwrap();
    assert!(ended && !world.app.end_silence("bli-planning", "王小明").await.unwrap());
    world.run_until("2026-03-23 09:00").await;
    assert!(world.sent().contains("待辦"));
}

#[tokio::test]
async fn a_silence_takes_back_what_was_queued_and_says_it_when_it_is_over() {
    let mut world = World::at("2026-03-02 08:00").await;
    post(&world, 558_380, "題", "2026-03-02 07:00");
    world.pass().await;
    let silence = |unit: &'static str, until: &str, reason: &'static str| {
        let (app, until) = (world.app.clone(), until.parse().unwrap());
        async move { app.silence(unit, until, (reason, "甲")).await }
    };
    silence("bli-planning", "2026-03-04", "維護").await.unwrap();
    assert!(silence("nobody", "2026-03-04", "維護").await.is_err());
    assert!(silence("bli-planning", "2026-03-01", "維護").await.is_err());
    assert!(silence("bli-planning", "2026-03-04", " ").await.is_err());
    world.run_until("2026-03-04 18:00").await;
    assert_eq!(world.sent(), "");
    world.run_until("2026-03-05 09:00").await;
    assert!(world.sent().contains("03-05 08:30 C00BLI0001 【新案分派】"));
}

/// Silent from 3 March to the end of it, with one case of the 2nd (due on the 20th).
async fn silent() -> World {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1, "題", "2026-03-02 09:00");
    world.pass().await;
    world.sent();
    world.sleep_until("2026-03-03 09:00");
    let until = "2026-03-31".parse().unwrap();
    world.app.silence("bli-planning", until, ("辦公室搬遷", "王小明")).await.unwrap();
    world
}

#[tokio::test]
async fn a_silence_holds_thanks_and_farewells_to_its_end() {
    let mut world = silent().await;
    post(&world, 2, "再題", "2026-03-02 09:10");
    world.platform.reply_to_comment(1, wall(moment("2026-03-04 10:00")));
    world.run_until("2026-03-30 18:00").await;
    // What was never told of needs no thanks; the edit of the first message disturbs nobody.
    let sent = world.sent();
    assert!(!sent.contains("C-1"), "{sent}");
    let edited = world.slack.all().into_iter().find(|posted| posted.text.contains("C-1")).unwrap();
    assert!(edited.edits == 1 && edited.text.starts_with("【已回復】"));
    world.run_until("2026-04-01 09:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-31 09:00 C00BLI0001 ↳! 【逾期 7 個工作天】C-2「再題」期限為 115/03/20（五），請儘速回復；已副知主管黃組長
    03-31 09:00 C00ADMIN001 ↳! 【逾期 7 個工作天】C-2「再題」期限為 115/03/20（五），請儘速回復；已副知主管黃組長
    04-01 08:30 C00BLI0001 ↳ 【已回復】C-1「題」於第 1 個工作天回復，提前 13 個工作天，謝謝
    04-01 08:30 C00BLI0001 ↳! 【延伸精進】C-1「題」請回報後續：已調整、已新增、規劃中之資料集，或無須調整（及原因）
    04-01 09:00 C00BLI0001 ↳! 【逾期 8 個工作天】C-2「再題」期限為 115/03/20（五），請儘速回復；已副知主管黃組長
    04-01 09:00 C00ADMIN001 ↳! 【逾期 8 個工作天】C-2「再題」期限為 115/03/20（五），請儘速回復；已副知主管黃組長
    ");
}

#[tokio::test]
async fn what_somebody_waits_for_does_not_wait_for_a_silence() {
    let mut world = silent().await;
    let officer = Actor::person(&Person { name: "吳保險".to_owned(), ..Person::default() });
    let extend = Act::Extend { workdays: 5, reason: "等候廠商".to_owned() };
    world.app.act(&comment(1), extend, &officer).await.unwrap();
    world.pass().await;
    assert!(world.sent().contains("03-03 09:00 C00BLI0001 ↳! 【申請展延】"));
    // A case that is given away: the one unit waits to hear it, the other does not.
    let give = Act::Reassign { unit: "wda-training".to_owned(), reason: "業務".to_owned() };
    world.app.act(&comment(1), give, &officer).await.unwrap();
    world.run_until("2026-03-03 18:00").await;
    let sent = world.sent();
    assert!(sent.contains("C00WDA0002 【改分承辦】") && !sent.contains(UNIT), "{sent}");
    // Ended before its time, it lets go at once what it held.
    world.sleep_until("2026-03-04 10:00");
    assert!(world.app.end_silence("bli-planning", "王小明").await.unwrap());
    world.pass().await;
    assert!(world.sent().contains("03-04 10:00 C00BLI0001 ↳! 【已改分】"));
}

#[tokio::test]
async fn a_case_given_to_a_silent_unit_is_told_of_when_a_workday_is_left() {
    let mut world = World::at("2026-03-02 09:30").await;
    let until = "2026-03-31".parse().unwrap();
    world.app.silence("wda-training", until, ("搬遷", "王小明")).await.unwrap();
    post(&world, 1, "題", "2026-03-02 09:00");
    world.pass().await;
    let give = Act::Reassign { unit: "wda-training".to_owned(), reason: "業務".to_owned() };
    world.app.act(&comment(1), give, &Actor::at_console("王小明")).await.unwrap();
    world.run_until("2026-03-19 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:30 C00BLI0001 【已改分】C-1「題」115/03/02（一）09:30 王小明 改分（業務）（已編輯）
    03-02 09:30 C00BLI0001 ↳! 【已改分】C-1「題」已改由勞動力發展署訓練發展組承辦，貴單位無須再辦理
    03-19 08:30 C00WDA0002 【改分承辦】C-1「題」改由貴單位承辦，尚餘 1 個工作天，期限 115/03/20（五）（業務）
    03-19 09:00 C00WDA0002 ↳! 【將屆期】C-1「題」尚餘 1 個工作天，期限 115/03/20（五）
    ");
}

#[tokio::test]
async fn a_unit_that_reads_english_is_told_in_english_and_the_administrators_in_chinese() {
    let english = units(&[(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"slack:C00BLI0001\"]\nlanguage = \"en\"",
    )]);
    let mut world = World::with_units("2026-03-02 09:30", &english).await;
    post(&world, 558_380, "題", "2026-03-02 09:00");
    world.run_until("2026-03-25 09:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:30 C00BLI0001 [New case] C-558380 “題”: please answer by 2026-03-20 (Fri) (14 workdays)
    03-09 09:00 C00BLI0001 ↳ [In progress] C-558380 “題”: 9 workdays left, due 2026-03-20 (Fri)
    03-13 09:00 C00BLI0001 ↳ [In progress] C-558380 “題”: 5 workdays left, due 2026-03-20 (Fri)
    03-17 09:00 C00BLI0001 ↳ [Due soon] C-558380 “題”: 3 workdays left, due 2026-03-20 (Fri)
    03-19 09:00 C00BLI0001 ↳! [Due soon] C-558380 “題”: 1 workday left, due 2026-03-20 (Fri)
    03-20 09:00 C00BLI0001 ↳! [Due today] C-558380 “題”: please answer today before the office closes
    03-20 14:00 C00BLI0001 ↳! [Due today] C-558380 “題”: please answer today before the office closes
    03-23 09:00 C00BLI0001 ↳! [1 workday overdue] C-558380 “題”: was due 2026-03-20 (Fri), please answer as soon as you can; 黃組長 was told too
    03-24 09:00 C00BLI0001 ↳! [2 workdays overdue] C-558380 “題”: was due 2026-03-20 (Fri), please answer as soon as you can; 黃組長 was told too
    03-25 09:00 C00BLI0001 ↳! [3 workdays overdue] C-558380 “題”: was due 2026-03-20 (Fri), please answer as soon as you can; 黃組長 was told too
    03-25 09:00 C00ADMIN001 【逾期 3 個工作天】C-558380「題」期限為 115/03/20（五），請儘速回復；已副知主管黃組長
    ");
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-25 09:30")));
    world.run_until("2026-03-25 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-25 09:00 C00BLI0001 ↳ [Answered] C-558380 “題”: answered on workday 17, 3 workdays late
    03-25 09:00 C00ADMIN001 ↳ 【已回復】C-558380「題」於第 17 個工作天回復，逾期 3 個工作天
    ");
}

/// A second unit that has the dataset's number too, by another config section.
const TWIN: &str = "\n[[unit]]\nid = \"bli-twin\"\nname = \"雙生組\"\nagency = \"勞動部勞工保險局\"\n\
    dataset_names = [\"勞保\"]\nchannels = [\"slack:C00TWIN001\"]\n";

#[tokio::test]
async fn a_tie_and_a_gap_are_the_administrators_and_status_says_so() {
    let tie =
        format!("{SAMPLE_UNITS}{TWIN}{}", TWIN.replace("twin", "other").replace("勞保", "統計"));
    let mut world = World::with_units("2026-03-02 09:30", &tie).await;
    post(&world, 1, "題", "2026-03-02 09:00");
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("【尚無承辦單位】"), "{sent}");
    let status = world.app.status().await.unwrap();
    let tie = status.iter().find(|check| check.code == "cases_without_unit").unwrap();
    assert!(tie.message.contains("C-1"), "{}", tie.message);
    // The edit that lets one go takes effect at once; the unit is told of its case.
    std::fs::write(world.path("units.toml"), format!("{SAMPLE_UNITS}{TWIN}")).unwrap();
    world.reload();
    world.pass().await;
    assert!(world.sent().contains("C00TWIN001 【新案分派】"));
    // A unit that is taken out leaves its case to the one that is named next.
    std::fs::write(world.path("units.toml"), SAMPLE_UNITS).unwrap();
    world.reload();
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains("C00BLI0001 【改分承辦】") && sent.lines().count() == 1, "{sent}");
}

/// The sample ministry where another unit has the dataset that every test knows.
fn given_away() -> String {
    units(&[("dataset_names = [\"職業訓練\"", "datasets = [6100]\ndataset_names = [\"職業訓練\"")])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_moves_open_cases_shows_which_and_tells_both_units() {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1, "題", "2026-03-02 09:00");
    world.run_until("2026-03-10 10:00").await;
    world.sent();
    std::fs::write(world.path("new.toml"), given_away()).unwrap();
    let new = world.path("new.toml").to_str().unwrap().to_owned();
    let (table, _) = said_by_the_program(&world, &["units", "impact", &new]).await;
    // The program's own day decides how many workdays are left.
    assert!(table.contains("C-1   bli-planning  wda-training"), "{table}");
    // An edit that is taken back in time is never spoken of.
    let write = |units: &str| std::fs::write(world.path("units.toml"), units).unwrap();
    write(&given_away());
    world.reload();
    write(SAMPLE_UNITS);
    world.reload();
    world.pass().await;
    assert_eq!(world.sent(), "");
    let write = |units: &str| std::fs::write(world.path("units.toml"), units).unwrap();
    world.app.act(&comment(1), Act::Acknowledge, &Actor::at_console("吳保險")).await.unwrap();
    write(&given_away());
    world.reload();
    world.run_until("2026-03-12 10:00").await;
    let state = world.app.case_file(&comment(1)).await.unwrap().unwrap().view.case.state;
    assert_eq!(state, CaseState::Open, "who has it now did not say that it is in hand");
    insta::assert_snapshot!(world.sent(), @"
    03-10 10:00 C00BLI0001 ↳! 【已改分】C-1「題」已改由勞動力發展署訓練發展組承辦，貴單位無須再辦理
    03-10 10:00 C00WDA0002 【改分承辦】C-1「題」改由貴單位承辦，尚餘 8 個工作天，期限 115/03/20（五）
    ");
    let history = world.app.store().history(&comment(1)).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((&*last.actor, &*last.event), ("units.toml", "reassigned"));
    assert_eq!((&*last.before, &*last.after), ("bli-planning", "wda-training"));
    // And back again: it is news to both once more.
    std::fs::write(world.path("units.toml"), SAMPLE_UNITS).unwrap();
    world.reload();
    world.run_until("2026-03-13 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-12 10:00 C00BLI0001 ↳! 【改分承辦】C-1「題」改由貴單位承辦，尚餘 6 個工作天，期限 115/03/20（五）
    03-12 10:00 C00WDA0002 ↳! 【已改分】C-1「題」已改由勞工保險局企劃管理組承辦，貴單位無須再辦理
    03-13 09:00 C00BLI0001 ↳ 【辦理中】C-1「題」尚餘 5 個工作天，期限 115/03/20（五）
    ");
    // A unit that must not be told twice though its channel refuses.
    world.slack.archive("C00WDA0002");
    std::fs::write(world.path("units.toml"), given_away()).unwrap();
    world.reload();
    world.run_until("2026-03-13 11:00").await;
    let sent = world.sent();
    assert_eq!(sent.matches("【已改分】").count(), 1, "{sent}");
    assert!(sent.contains("提醒無法送達") && sent.lines().count() == 2, "{sent}");
    let history = world.app.store().history(&comment(1)).await.unwrap();
    assert_eq!(history.iter().filter(|entry| entry.event == "reassigned").count(), 3);
}

#[tokio::test]
async fn the_open_cases_of_a_unit_that_is_taken_out_are_the_administrators() {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1, "題", "2026-03-02 09:00");
    world.pass().await;
    assert!(world.sent().contains("C00BLI0001 【新案分派】"));
    let gone = SAMPLE_UNITS.replace("agencies = [\"勞動部勞工保險局\"]", "datasets = [1]");
    std::fs::write(world.path("units.toml"), gone).unwrap();
    world.reload();
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("【尚無承辦單位】"), "{sent}");
    assert!(!sent.contains(UNIT), "that nobody has it frees nobody: {sent}");
    let units = world.app.units().await.unwrap();
    assert_eq!(units.without_unit.len(), 1);
    let status = world.app.status().await.unwrap();
    assert!(status.iter().any(|check| check.code == "cases_without_unit"));
}

/// What the real program says with the world's configuration.
pub(crate) async fn said_by_the_program(world: &World, arguments: &[&str]) -> (String, String) {
    let config = world.path("config.toml");
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let run = move || {
        let mut command = assert_cmd::Command::cargo_bin("jicui").unwrap();
        command.env_clear().arg("--config").arg(config).args(arguments).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tie_among_the_datasets_known_so_far_is_shown_before_it_costs_a_case() {
    let tie =
        format!("{SAMPLE_UNITS}{TWIN}{}", TWIN.replace("twin", "other").replace("勞保", "統計"));
    let world = World::with_units("2026-03-02 09:30", &tie).await;
    let (_, before) = said_by_the_program(&world, &["check"]).await;
    assert!(before.contains("well: "), "nothing is known before the first look: {before}");
    world.app.run(jicui::app::Step::Poll).await;
    let (_, said) = said_by_the_program(&world, &["check"]).await;
    let line = tie.lines().position(|line| line == "id = \"bli-other\"").unwrap();
    let place =
        format!("units.toml:{line}:1: units bli-twin and bli-other answer for dataset 6100");
    assert!(said.contains(&place) && !said.contains("well: "), "{said}");
    let (json, _) = said_by_the_program(&world, &["check", "--online", "--json"]).await;
    let findings: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut of_line = findings.as_array().unwrap().iter().filter(|found| found["line"] == line);
    let tie = of_line.find(|found| found["severity"] == "fault").unwrap();
    assert_eq!(tie["column"], 1);
    // Taken out, all its cases would be with the administrators.
    let gap = SAMPLE_UNITS.replace("agencies = [\"勞動部勞工保險局\"]", "datasets = [1]");
    std::fs::write(world.path("units.toml"), &gap).unwrap();
    let (_, said) = said_by_the_program(&world, &["check"]).await;
    let gap = "no unit answers for dataset 6100 「勞保統計」 of 「勞動部勞工保險局」";
    assert!(said.contains(gap), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_is_held_against_the_platform_s_own_list() {
    let wrong = units(&[(
        "id = \"bli-planning\"",
        "id = \"bli-planning\"\ndatasets = [6100, 9999]\ndataset_names = [\"無此資料\"]",
    )]);
    let world = World::with_units("2026-03-02 09:30", &wrong).await;
    let (_, offline) = said_by_the_program(&world, &["check"]).await;
    assert!(!offline.contains("9999"), "{offline}");
    let (_, online) = said_by_the_program(&world, &["check", "--online"]).await;
    let line = wrong.lines().position(|line| line == "id = \"bli-planning\"").unwrap();
    let place = format!("units.toml:{line}:1: warning: ");
    let doubts: Vec<&str> =
        online.lines().filter_map(|line| Some(line.split_once(&place)?.1)).collect();
    insta::assert_snapshot!(doubts.join("\n"), @"
    unit bli-planning: dataset 9999 is not among our agencies' on the platform: mend the number, or take it out
    unit bli-planning: no dataset of our agencies is called 「無此資料」
    ");
    let unknown = "the platform lists no dataset of 「勞動部勞動基金運用局」";
    assert!(online.contains(unknown) && !online.contains("「勞動部勞工保險局」:"), "{online}");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_listed_and_let_alone_from_the_command_line() {
    let mut world = World::at("2026-03-02 09:30").await;
    post(&world, 1, "題", "2026-03-02 09:00");
    world.pass().await;
    world.sent();
    let (_, silent) = said_by_the_program(
        &world,
        &[
            "units",
            "silence",
            "bli-planning",
            "--until",
            "119-12-31",
            "--reason",
            "搬遷",
            "--by",
            "甲",
        ],
    )
    .await;
    assert!(silent.contains("bli-planning is silent until 2030-12-31"), "{silent}");
    let (units, _) = said_by_the_program(&world, &["units", "--json"]).await;
    let units: serde_json::Value = serde_json::from_str(&units).unwrap();
    let unit = units.as_array().unwrap().iter().find(|unit| unit["id"] == "bli-planning").unwrap();
    assert_eq!(unit["open"], 1);
    assert_eq!(unit["silent_until"], "2030-12-31");
    assert_eq!(unit["silent_because"], "搬遷");
    let (table, _) = said_by_the_program(&world, &["units"]).await;
    assert!(table.contains("silent until 2030-12-31: 搬遷"), "{table}");
    let (_, ended) = said_by_the_program(&world, &["units", "resume", "bli-planning"]).await;
    assert!(ended.contains("is reminded again"), "{ended}");
    let (_, unknown) = said_by_the_program(&world, &["units", "resume", "nobody"]).await;
    assert!(unknown.contains("no unit `nobody`; there are: mol-information"), "{unknown}");
}

/// `preview --json` of the running moment's day and on, one line each.
async fn previewed(world: &World, arguments: &[&str]) -> String {
    let arguments = [&["preview", "--json"], arguments].concat();
    let (json, said) = said_by_the_program(world, &arguments).await;
    let list: serde_json::Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{said}"));
    let line = |entry: &serde_json::Value| {
        let word = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
        assert!(!word("channel").is_empty() && !word("text").is_empty());
        let at = word("at").replace(":00+08:00", "");
        let (about, due) = (word("case_number"), word("due_on"));
        format!("{at} {about} {} {} {due} {}", word("stage"), word("recipient"), word("text"))
    };
    list.as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_digests_and_what_the_days_bring_by_themselves() {
    let mut world = World::with_config("2026-03-24 09:30", DIGESTS).await;
    post(&world, 1, "\u{202e}題", "2026-03-24 09:00");
    post(&world, 2, "已答", "2026-03-24 09:00");
    post(&world, 3, "自報", "2026-03-24 09:00");
    world.run_until("2026-03-25 14:00").await;
    world.platform.reply_to_comment(2, wall(moment("2026-03-25 10:00")));
    let officer = Actor::person(&Person { name: "吳保險".to_owned(), ..Person::default() });
    world.app.act(&comment(3), Act::Reply { at: None }, &officer).await.unwrap();
    world.run_until("2026-03-25 18:00").await;
    world.sent();
    let span = ["--at", "2026-03-25 18:00", "--until", "2026-04-01"];
    insta::assert_snapshot!(previewed(&world, &span).await, @"
    2026-03-26T08:45 - daily unit:bli-planning - 【今日待辦】勞工保險局企劃管理組 1 件待回復
    2026-03-27T08:45 - daily unit:bli-planning - 【今日待辦】勞工保險局企劃管理組 1 件待回復
    2026-03-30T08:30 C-3 reply_not_shown unit:bli-planning 2026-04-15 【平臺尚未顯示回復】C-3「自報」已登錄回復，惟平臺尚未顯示，請確認是否已送出
    2026-03-30T08:30 C-3 reply_not_shown administrators 2026-04-15 【平臺尚未顯示回復】C-3「自報」已登錄回復，惟平臺尚未顯示，請確認是否已送出
    2026-03-30T08:45 - daily unit:bli-planning - 【今日待辦】勞工保險局企劃管理組 1 件待回復
    2026-03-31T08:45 - daily unit:bli-planning - 【今日待辦】勞工保險局企劃管理組 1 件待回復
    2026-03-31T09:00 C-1 after-5 unit:bli-planning 2026-04-15 【辦理中】C-1「題」尚餘 9 個工作天，期限 115/04/15（三）
    2026-04-01T08:30 C-2 follow_up_asked unit:bli-planning 2026-04-15 【延伸精進】C-2「已答」請回報後續：已調整、已新增、規劃中之資料集，或無須調整（及原因）
    2026-04-01T08:30 C-3 follow_up_asked unit:bli-planning 2026-04-15 【延伸精進】C-3「自報」請回報後續：已調整、已新增、規劃中之資料集，或無須調整（及原因）
    2026-04-01T08:45 - daily unit:bli-planning - 【今日待辦】勞工保險局企劃管理組 1 件待回復
    2026-04-01T08:45 - monthly administrators - 【每月統計】115 年 3 月受理 3 件，回復 2 件，其中逾期 0 件
    ");
    // The same comes true, and is not foreseen again once it is queued.
    world.run_until("2026-04-01 09:00").await;
    let sent = world.sent();
    let said = |word: &str| sent.lines().filter(|line| line.contains(word)).count();
    assert_eq!((said("【今日待辦】"), said("【每月統計】")), (5, 1), "{sent}");
    assert_eq!((said("【平臺尚未顯示回復】"), said("【延伸精進】")), (2, 2), "{sent}");
    let again = previewed(&world, &["--at", "2026-04-01 09:00"]).await;
    assert_eq!(again, "");
}
