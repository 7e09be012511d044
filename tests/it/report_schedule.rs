//! Reports that go out by themselves: of each period once, however long the machine slept.

use mail_parser::{Message, MessageParser, MimeHeaders};
use rusqlite::Connection;

use super::world::program::Program;
use super::world::smtp::{FakeSmtp, Refusal};
use super::world::{World, moment};
use jicui::config::SAMPLE_UNITS;

/// The minutes of 114年第1次, as rows.
const MINUTES: &str = include_str!("../data/report/minutes.sql");
const ADMINISTRATORS: &str = "opendata@example.gov.tw";
const GROUP: &str = "group@example.gov.tw";

fn mail(server: &FakeSmtp) -> String {
    format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n\
         from = \"jicui@example.gov.tw\"\nrequest_timeout_secs = 2\n",
        server.port()
    )
}

/// The ministry with the minutes' cases, its administrators reached by these channels.
async fn office(now: &str, channels: &str, config: &str) -> World {
    let slack = "channels = [\"slack:C00ADMIN001\"]";
    assert!(SAMPLE_UNITS.contains(slack));
    let units = SAMPLE_UNITS.replace(slack, &format!("channels = [{channels}]"));
    let world = World::with(now, &units, config).await;
    let database = Connection::open(world.path("state/jicui.db")).unwrap();
    database.execute_batch(MINUTES).unwrap();
    world
}

async fn by_mail(server: &FakeSmtp, now: &str, report: &str) -> World {
    let channels = format!("\"slack:C00ADMIN001\", \"mail:{ADMINISTRATORS}\"");
    office(now, &channels, &format!("{}[report]\n{report}", mail(server))).await
}

fn read(mail: &[u8]) -> Message<'_> {
    MessageParser::default().parse(mail).unwrap()
}

fn addressee(mail: &Message<'_>) -> String {
    mail.to().unwrap().first().unwrap().address().unwrap().to_owned()
}

fn files(mail: &Message<'_>) -> Vec<(String, Vec<u8>)> {
    let file = |part: &mail_parser::MessagePart<'_>| {
        (part.attachment_name().unwrap().to_owned(), part.contents().to_vec())
    };
    mail.attachments().map(file).collect()
}

#[tokio::test]
async fn the_half_year_s_report_comes_by_mail_with_its_files_once() {
    let server = FakeSmtp::start(false);
    let report = format!("recipients = [\"mail:{GROUP}\"]\n");
    let mut world = by_mail(&server, "2025-05-29 10:00", &report).await;
    world.run_until("2025-06-02 09:00").await;
    assert_eq!(server.mails().len(), 0, "its day begins at 09:30");
    world.run_until("2025-06-03 18:00").await;
    world.restart();
    world.run_until("2025-06-20 18:00").await;
    let mails = server.mails();
    let mails: Vec<Message<'_>> = mails.iter().map(|mail| read(mail)).collect();
    let mut readers: Vec<String> = mails.iter().map(addressee).collect();
    readers.sort();
    assert_eq!(readers, [GROUP, ADMINISTRATORS]);
    for mail in &mails {
        let subject = mail.subject().unwrap();
        assert!(
            subject.starts_with("【統計報告】113 年 11 月 1 日至 114 年 5 月 31 日")
                && subject.ends_with("受理 5 件，已回復 5 件"),
            "{subject}"
        );
        let found = files(mail);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let name = "jicui-report-2024-11-01-2025-05-31";
        assert_eq!(names, [format!("{name}.ods"), format!("{name}.odt")]);
        for (name, bytes) in &found {
            assert!(bytes.starts_with(b"PK\x03\x04"), "{name}");
            let kind = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
            assert!(
                kind.file_names().any(|part| part.is_ok_and(|part| part == "content.xml")),
                "{name}"
            );
        }
        let text = mail.body_text(0).unwrap();
        assert!(text.contains("期限內回復率：100.0%") && text.contains("附件："), "{text}");
    }
    assert!(!world.path("state/reports").exists());
}

#[tokio::test]
async fn a_machine_that_was_off_sends_it_when_it_is_back() {
    let server = FakeSmtp::start(false);
    let report = "monthly = true\nhalf_yearly = false\nformats = [\"csv\"]\n";
    let mut world = by_mail(&server, "2025-05-29 10:00", report).await;
    world.pass().await;
    // Of April it was due before jicui was here.
    assert_eq!(server.mails().len(), 0);
    world.sleep_until("2025-06-11 14:00");
    world.restart();
    world.run_until("2025-06-12 18:00").await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let found = files(&read(&mails[0]));
    assert_eq!(found[0].0, "jicui-report-2025-05-01-2025-05-31.csv");
    assert!(found[0].1.starts_with("\u{feff}政府資料開放".as_bytes()));
    world.run_until("2025-07-02 18:00").await;
    assert_eq!(server.mails().len(), 2, "of June");
    world.sleep_until("2025-10-20 14:00");
    world.run_until("2025-10-21 18:00").await;
    assert_eq!(server.mails().len(), 3, "the last one only");
}

#[tokio::test]
async fn who_has_no_mail_is_told_where_the_files_lie() {
    let config = "[report]\nformats = [\"html\"]\n";
    let mut world = office("2025-05-29 10:00", "\"slack:C00ADMIN001\"", config).await;
    world.run_until("2025-06-03 18:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.starts_with("06-02 10:00 C00ADMIN001 【統計報告】"), "{sent}");
    let path = world.path("state/reports/jicui-report-2024-11-01-2025-05-31.html");
    let shown = serde_json::to_string(&world.slack.all().last().unwrap().blocks).unwrap();
    assert!(shown.contains(path.to_str().unwrap()), "{shown}");
    let html = std::fs::read_to_string(path).unwrap();
    assert!(html.contains("C-551201"));
    // From June to October, which was reported before: not seven months, of which two were reported twice.
    assert!(html.contains("113/06/01–113/10/31"), "{html}");
}

#[tokio::test]
async fn a_mail_that_would_be_too_large_leaves_a_file_behind() {
    let server = FakeSmtp::start(false);
    let report = "attachment_limit_bytes = 20000\ndirectory = \"left\"\n";
    let mut world = by_mail(&server, "2025-05-29 10:00", report).await;
    world.run_until("2025-06-03 18:00").await;
    let mails = server.mails();
    let mail = read(&mails[0]);
    let found = files(&mail);
    assert_eq!(found.len(), 1, "{:?}", found.iter().map(|f| &f.0).collect::<Vec<_>>());
    let left = world.path("left/jicui-report-2024-11-01-2025-05-31.odt");
    assert!(std::fs::metadata(&left).unwrap().len() > 5000);
    assert!(mail.body_text(0).unwrap().contains(left.to_str().unwrap()));
}

#[tokio::test]
async fn a_report_that_no_mail_server_takes_goes_the_other_way_once() {
    let server = FakeSmtp::start(false);
    let channels = format!("\"mail:{ADMINISTRATORS}\", \"slack:C00ADMIN001\"");
    let config = format!("{}[report]\nformats = [\"md\"]\n", mail(&server));
    let mut world = office("2025-05-29 10:00", &channels, &config).await;
    world.pass().await;
    server.refuse(Some(Refusal::NoMailbox));
    world.run_until("2025-06-02 12:00").await;
    server.refuse(None);
    world.run_until("2025-06-05 18:00").await;
    let sent = world.sent();
    assert_eq!(sent.matches("【統計報告】").count(), 1, "{sent}");
    assert_eq!(server.mails().len(), 0);
    assert!(world.now() > moment("2025-06-05 17:00"));
}

#[test]
fn nonsense_in_the_section_is_a_fault_with_its_place() {
    let program = Program::install();
    let config = "state_dir = \"state\"\n[platform]\nenabled = false\n[report]\nat = \"22:00\"\n\
        periods_begin = [6, 13]\nrecipients = [\"somebody\", \"mail:a@b.tw\", \"mail:a@b.tw\"]\n\
        formats = [\"pdf\"]\nattachment_limit_bytes = 1\nquarterly = true\n";
    std::fs::write(program.path("config.toml"), config).unwrap();
    let output = program.run(&["check"]);
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for words in [
        "report.at: nothing is sent outside [office_hours]",
        "13 is no month",
        "`somebody` names no channel",
        "mail:a@b.tw stands there twice",
        "no format `pdf`",
        "name a format",
        "attachment_limit_bytes",
        "quarterly",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
