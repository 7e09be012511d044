//! E-mail: received by a real server, read by a parser written elsewhere.

use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use icalendar::{Calendar, CalendarComponent, Component};
use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders};

use super::world::smtp::{FakeSmtp, LOGIN, Refusal};
use super::world::{ADMINISTRATORS, NID, TYPHOON, World, comment, moment};
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::act::{Act, Actor};
use jicui::domain::message::MessageState;

const ADDRESS: &str = "bli-planning@example.gov.tw";
/// Everything that might mean something to a mail program.
const TITLE: &str = "不分幅<b>x</b> \"&'\r\nBcc: a@b.tw\u{202e}，第 1 頁";

pub(super) fn config(server: &FakeSmtp) -> String {
    format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n\
         from = \"jicui@example.gov.tw\"\nrequest_timeout_secs = 2\n",
        server.port()
    )
}

fn units(channels: &str) -> String {
    SAMPLE_UNITS.replace("channels = [\"slack:C00BLI0001\"]", &format!("channels = [{channels}]"))
}

async fn by_mail(server: &FakeSmtp, now: &str) -> World {
    let channels = format!("\"mail:{ADDRESS}\", \"slack:C00BLI0001\"");
    let world = World::with(now, &units(&channels), &config(server)).await;
    world.platform.post_comment(NID, 558_380, TITLE, wall(moment(now)));
    world
}

fn read(mail: &[u8]) -> Message<'_> {
    MessageParser::default().parse(mail).unwrap()
}

fn attached(mail: &Message<'_>) -> Calendar {
    let file = mail.attachments().next().unwrap();
    assert_eq!(file.content_type().unwrap().subtype(), Some("calendar"));
    Calendar::from_str(file.text_contents().unwrap()).unwrap()
}

/// Each entry's uid, sequence, day, status and method; all are ours.
fn entries(mail: &Message<'_>) -> Vec<[String; 5]> {
    let calendar = attached(mail);
    let method = calendar.property_value("METHOD").unwrap_or_default();
    let read = |component: &CalendarComponent| {
        let CalendarComponent::Event(event) = component else { panic!("{component:?}") };
        let value = |name: &str| event.property_value(name).unwrap_or_default().to_owned();
        assert_eq!(value("ORGANIZER"), "mailto:jicui@example.gov.tw");
        [value("UID"), value("SEQUENCE"), value("DTSTART"), value("STATUS"), method.to_owned()]
    };
    calendar.components.iter().map(read).collect()
}

/// The only one.
fn entry(mail: &Message<'_>) -> [String; 5] {
    let mut entries = entries(mail);
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

#[tokio::test]
async fn a_case_is_one_thread_of_mails_and_one_entry_in_the_calendar() {
    let server = FakeSmtp::start(false);
    let mut world = by_mail(&server, "2026-03-02 09:30").await;
    world.run_until("2026-03-09 10:00").await;
    world.close(TYPHOON);
    world.run_until("2026-03-09 11:00").await;
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-09 11:10")));
    world.run_until("2026-03-09 12:00").await;
    let mails = server.mails();
    let mails: Vec<Message<'_>> = mails.iter().map(|mail| read(mail)).collect();
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject().unwrap()).collect();
    for (subject, label) in
        subjects.iter().zip(["【新案分派】", "【辦理中】", "【期限變更】", "【已回復】"])
    {
        assert!(subject.starts_with(label), "{subjects:?}");
    }
    assert_eq!(mails.len(), 4);
    let first = mails[0].message_id().unwrap();
    for mail in &mails {
        assert_eq!(mail.to().unwrap().first().unwrap().address(), Some(ADDRESS));
        assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("稽催系統"));
        assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
        assert!(mail.header("Bcc").is_none(), "a title is no header");
        let thread = mail.in_reply_to().clone();
        assert!(mail.message_id() == Some(first) || thread == HeaderValue::Text(first.into()));
        let html = mail.body_html(0).unwrap();
        assert!(html.contains("&lt;b&gt;x&lt;/b&gt;") && !html.contains("<b>"), "{html}");
        assert!(!mail.body_text(0).unwrap().contains('\u{202e}'));
        assert!(
            mail.body_text(0)
                .unwrap()
                .contains(&format!("{}/dataset/6100", world.platform.base_url()))
        );
    }
    let told = [entry(&mails[0]), entry(&mails[2]), entry(&mails[3])];
    let days: Vec<&str> = told.iter().map(|[_, _, day, ..]| day.as_str()).collect();
    assert_eq!(days, ["20260320", "20260323", "20260323"]);
    assert!(told.iter().all(|[uid, ..]| uid == "C-558380-1@example.gov.tw"), "{told:?}");
    let sequences: Vec<u32> =
        told.iter().map(|[_, sequence, ..]| sequence.parse().unwrap()).collect();
    assert!(sequences.is_sorted_by(|a, b| a < b), "{sequences:?}");
    assert_eq!((told[2][3].as_str(), told[2][4].as_str()), ("CANCELLED", "CANCEL"));
    assert_eq!((told[0][3].as_str(), told[0][4].as_str()), ("CONFIRMED", "PUBLISH"));
    assert_eq!(world.sent(), "", "Slack is only the second channel");
}

#[tokio::test]
async fn whoever_hears_of_a_case_late_or_anew_has_its_entry_too() {
    let server = FakeSmtp::start(false);
    let units = units(&format!("\"mail:{ADDRESS}\""));
    let mut world = World::with("2026-03-10 09:30", &units, &config(&server)).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-10 10:00").await;
    let (number, console) = (comment(558_380), Actor::at_console("資訊處"));
    for act in [Act::Reply { at: None }, Act::Resume, Act::Reply { at: None }] {
        world.app.act(&number, act, &console).await.unwrap();
        world.sleep_until(&wall(world.now() + TimeDelta::hours(1)).format("%F %H:%M").to_string());
        world.pass().await;
    }
    let mails = server.mails();
    let told: Vec<_> = mails.iter().map(|mail| entry(&read(mail))).collect();
    let methods: Vec<&str> = told.iter().map(|[.., method]| method.as_str()).collect();
    assert_eq!(methods, ["PUBLISH", "CANCEL", "PUBLISH", "CANCEL"]);
    let sequences = told.iter().map(|[_, sequence, ..]| sequence.parse::<u32>().unwrap());
    assert!(sequences.is_sorted_by(|a, b| a < b), "{told:?}");
}

#[tokio::test]
async fn what_nobody_answers_for_stands_in_nobody_s_calendar() {
    let server = FakeSmtp::start(false);
    let units = SAMPLE_UNITS
        .replace("agencies = [\"勞動部勞工保險局\"]", "datasets = [1]")
        .replace("\"slack:C00ADMIN001\"", &format!("\"mail:{ADDRESS}\""));
    let mut world = World::with("2026-03-02 09:30", &units, &config(&server)).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 10:00").await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(
        !String::from_utf8_lossy(&mails[0]).contains("text/calendar"),
        "nothing would take it away"
    );
}

#[tokio::test]
async fn a_stage_that_tells_of_a_move_moves_the_entry_too() {
    let server = FakeSmtp::start(false);
    let mut world = by_mail(&server, "2026-03-02 09:30").await;
    world.run_until("2026-03-06 18:00").await;
    world.close(TYPHOON);
    // Down until the stage of the morning is due as well.
    world.sleep_until("2026-03-09 09:05");
    world.pass().await;
    let mails = server.mails();
    let last = read(mails.last().unwrap());
    assert!(last.subject().unwrap().starts_with("【辦理中】"), "{:?}", last.subject());
    assert_eq!(entry(&last)[2], "20260323");
}

#[tokio::test]
async fn a_burst_brings_the_deadline_of_each_of_its_cases() {
    let server = FakeSmtp::start(false);
    let mut world = by_mail(&server, "2026-03-02 09:30").await;
    for number in 1..12 {
        world.platform.post_comment(NID, 558_380 + number, "題", wall(world.now()));
    }
    world.pass().await;
    let together = server.mails();
    assert_eq!(together.len(), 1);
    let together = entries(&read(&together[0]));
    assert_eq!(together.len(), 12);
    let of_first = |entries: &[[String; 5]]| {
        let entry = entries.iter().find(|[uid, ..]| uid == "C-558380-1@example.gov.tw").unwrap();
        (entry[1].parse::<u32>().unwrap(), entry[2].clone(), entry[3].clone(), entry[4].clone())
    };
    let (sequence, day, status, method) = of_first(&together);
    assert_eq!(
        (day.as_str(), status.as_str(), method.as_str()),
        ("20260320", "CONFIRMED", "PUBLISH")
    );
    world.run_until("2026-03-02 10:10").await;
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-02 10:10")));
    world.run_until("2026-03-02 12:30").await;
    let mails = server.mails();
    let (later, _, status, method) = of_first(&[entry(&read(mails.last().unwrap()))]);
    assert_eq!((status.as_str(), method.as_str()), ("CANCELLED", "CANCEL"));
    assert!(later > sequence, "the same entry, as it stands now");
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_leaves_it_to_the_next_channel() {
    let server = FakeSmtp::start(false);
    let mut world = by_mail(&server, "2026-03-02 09:30").await;
    server.refuse(Some(Refusal::NoMailbox));
    world.pass().await;
    assert!(world.sent().contains("【新案分派】"));
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn a_server_that_refuses_this_machine_is_one_alarm_however_many_cases_wait() {
    check_one_alarm(Refusal::Machine, "before any mail").await;
}

#[tokio::test]
async fn a_server_that_refuses_the_sender_is_one_alarm_however_many_cases_wait() {
    check_one_alarm(Refusal::Sender, "[mail] from").await;
}

async fn check_one_alarm(refusal: Refusal, reason: &str) {
    let server = FakeSmtp::start(false);
    let units = units(&format!("\"mail:{ADDRESS}\""));
    let config = format!("burst_over = 0\n{}", config(&server));
    let mut world = World::with("2026-03-02 09:30", &units, &config).await;
    for number in 0..4 {
        world.platform.post_comment(NID, 558_380 + number, "題", wall(moment("2026-03-02 09:00")));
    }
    server.refuse(Some(refusal));
    world.pass().await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("通知管道設定失效"), "{sent}");
    let active = world.app.store().active_alarms().await.unwrap();
    assert!(active.iter().any(|alarm| alarm.detail.contains(reason)), "{active:?}");
    server.refuse(None);
    world.run_until("2026-03-02 12:00").await;
    assert_eq!(server.mails().len(), 4);
    let sent = world.sent();
    assert!(sent.lines().count() == 1 && sent.contains("警示解除"), "{sent}");
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_mail_s() {
    let server = FakeSmtp::start(false);
    let channels = format!("\"mail:{ADDRESS}\"");
    let mut world = World::with("2026-03-02 09:30", &units(&channels), &config(&server)).await;
    let post = |world: &World, cid| world.platform.post_comment(NID, cid, "題", wall(world.now()));
    post(&world, 1);
    server.refuse(Some(Refusal::Late(Duration::from_millis(2300))));
    world.pass().await;
    server.confirms(1).await;
    server.refuse(Some(Refusal::NoRoom));
    post(&world, 2);
    world.pass().await;
    let store = world.app.store();
    assert_eq!(store.outbox(vec![MessageState::Sent], 10).await.unwrap(), []);
    server.refuse(None);
    world.run_until("2026-03-02 10:30").await;
    let mails = server.mails();
    let subject = |mail: &Vec<u8>| read(mail).subject().unwrap().to_owned();
    let subjects: Vec<String> = mails.iter().map(subject).collect();
    assert_eq!(subjects.len(), 3, "one was taken, and repeated: {subjects:?}");
    assert!(subjects.iter().any(|subject| subject.contains("C-2")), "{subjects:?}");
    let repeats = subjects.iter().filter(|subject| subject.contains("重送"));
    assert_eq!(repeats.count(), 1, "{subjects:?}");
}

#[tokio::test]
async fn a_supervisor_has_no_entry_that_nobody_would_take_away() {
    let server = FakeSmtp::start(false);
    let units = SAMPLE_UNITS.replace(
        "channels = [\"slack:C00BLI0001\"]",
        &format!("channels = [\"slack:C00BLI0001\"]\nsupervisor_channels = [\"mail:{ADDRESS}\"]"),
    );
    let mut world = World::with("2026-03-02 09:30", &units, &config(&server)).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-24 18:00").await;
    // Overdue since Friday 03-20: the supervisor hears of it, and that the day moves.
    world.close(TYPHOON);
    world.run_until("2026-03-26 18:00").await;
    let mails = server.mails();
    let subjects: Vec<String> =
        mails.iter().map(|mail| read(mail).subject().unwrap().to_owned()).collect();
    assert!(subjects.iter().any(|subject| subject.contains("【期限變更】")), "{subjects:?}");
    for mail in &mails {
        assert_eq!(read(mail).attachments().count(), 0);
    }
    assert!(world.sent().contains("【期限變更】"), "to the unit");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let server = FakeSmtp::start(false);
    let mut world = by_mail(&server, "2026-03-02 09:30").await;
    server.refuse(Some(Refusal::TryLater));
    world.pass().await;
    server.refuse(None);
    world.sleep_until("2026-03-02 09:40");
    world.pass().await;
    assert_eq!(server.mails().len(), 1);
    assert!(!read(&server.mails()[0]).subject().unwrap().contains("重送"), "it was never taken");
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn a_server_that_is_gone_is_waited_for_and_then_left_for_the_next_channel() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\n\
         from = \"jicui@example.gov.tw\"\nrequest_timeout_secs = 1\n"
    );
    let channels = format!("\"mail:{ADDRESS}\", \"slack:C00BLI0001\"");
    let mut world = World::with("2026-03-02 09:30", &units(&channels), &config).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-02 10:00").await;
    assert_eq!(world.sent(), "");
    world.run_until("2026-03-02 17:00").await;
    assert!(world.sent().contains("【新案分派】"));
}

#[tokio::test]
async fn a_wrong_password_is_an_alarm_and_the_right_one_is_taken() {
    for (password, well) in [("wrong", false), (LOGIN.1, true)] {
        let server = FakeSmtp::start(true);
        let secret = "username = \"jicui\"\npassword_file = \"password\"\n";
        let config = format!("{}{secret}", config(&server));
        let channels = format!("\"mail:{ADDRESS}\", \"slack:C00BLI0001\"");
        let files = [("password", password)];
        let mut world =
            World::with_files("2026-03-02 09:30", &units(&channels), (&config, &files)).await;
        world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
        world.pass().await;
        let sent = world.sent();
        assert_eq!(server.mails().len(), usize::from(well), "{sent}");
        let told = sent.contains(ADMINISTRATORS) && sent.contains("通知管道設定失效");
        assert_eq!(told, !well, "{sent}");
        assert!(!sent.contains("wrong"), "{sent}");
    }
}
