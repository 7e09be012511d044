//! A rehearsal: what would be said in days to come, on a copy.

use futures_util::FutureExt;
use jicui::app::rehearsal::{NoTrial, Trial};
use jicui::clock::wall;
use jicui::domain::access::{Role, Scope};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::access::token;
use super::web::{check_status, raw, serve};
use super::world::program::Program;
use super::world::{NID, World, comment, moment};

/// A program with one case in its database, due on 2026-03-20.
fn with_a_case() -> Program {
    let program = Program::install();
    let add = ["cases", "add", "A-1", "--title", "來函", "--agency", "勞動部"];
    let more = ["--kind", "request", "--assigned-on", "2026-03-02"];
    program.command(&[&add[..], &more[..]].concat()).assert().success();
    program
}

#[test]
fn what_would_be_said_is_printed_and_nothing_is_changed() {
    let program = with_a_case();
    let before = std::fs::read(program.path("state/jicui.db")).unwrap();
    let rehearse = ["rehearse", "--from", "115-03-19", "--until", "2026-03-23", "--speed", "1000"];
    let output = program.run(&rehearse);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let headlines = lines.windows(2).filter_map(|pair| match pair {
        [day, _] if day.starts_with("━━") => Some(*day),
        [to, headline] if to.starts_with("── ") => Some(*headline),
        _ => None,
    });
    insta::assert_snapshot!(headlines.collect::<Vec<_>>().join("\n"), @r"
    ━━ 115/03/19（四） ━━
    ⏰ 將屆期：尚餘 1 個工作天
    ━━ 115/03/20（五） ━━
    🔔 今日到期：請於下班前回復
    🔔 今日到期：請於下班前回復
    ━━ 115/03/21（六） day off ━━
    ━━ 115/03/22（日） day off ━━
    ━━ 115/03/23（一） ━━
    🚨 逾期 1 個工作天
    ");
    assert!(!said.contains("主機時鐘異動"), "{said}");
    let document = program.json(&["rehearse", "--from", "115-03-19", "--until", "2026-03-23"]);
    let stages = document.as_array().unwrap().iter().map(|said| said["stage"].as_str().unwrap());
    assert_eq!(stages.collect::<Vec<_>>(), ["before-1", "due", "due-afternoon", "overdue-1"]);
    assert_eq!(program.json(&["outbox"]).as_array().unwrap().len(), 0);
    assert_eq!(std::fs::read(program.path("state/jicui.db")).unwrap(), before);
}

#[test]
fn an_office_that_opens_early_and_closes_late_is_rehearsed_from_end_to_end() {
    let program = with_a_case();
    let path = program.path("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let hours = "[office_hours]\nopens = \"07:30\"\ncloses = \"19:00\"\n\
        [[stage]]\nname = \"late\"\nbefore = 1\nat = \"19:00\"\nreaches = [\"unit\"]\n\
        [[stage]]\nname = \"early\"\non = \"due\"\nat = \"07:30\"\nreaches = [\"unit\"]\n";
    std::fs::write(path, config + hours).unwrap();
    let said = program.json(&["rehearse", "--from", "2026-03-19", "--until", "2026-03-20"]);
    let said = said.as_array().unwrap().iter();
    let stages = said.map(|said| (said["stage"].as_str().unwrap(), said["text"].as_str().unwrap()));
    let stages: Vec<_> = stages.collect();
    assert_eq!((stages.len(), stages[0].0, stages[1].0), (2, "late", "early"), "{stages:?}");
    assert!(stages[0].1.contains("尚餘 1 個工作天"), "{stages:?}");
}

#[test]
fn it_cannot_end_before_it_begins() {
    let program = Program::install();
    let output = program.run(&["rehearse", "--from", "2026-03-19", "--until", "2026-03-18"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn what_cannot_be_counted_is_refused_at_once() {
    let program = Program::install();
    let output = program.run(&["rehearse", "--from", "2059-12-30", "--until", "2060-01-05"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    assert!(
        said.contains("2060-01-05 lies outside the years") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn what_is_wrong_now_is_no_news_of_a_rehearsal() {
    let program = with_a_case();
    let database = rusqlite::Connection::open(program.path("state/jicui.db")).unwrap();
    let raise = "insert into alarms (code, subject, detail, raised_at)
        values ('platform_changed', 'https://data.gov.tw', 'x', '2026-03-01T00:00:00.000Z')";
    database.execute(raise, []).unwrap();
    let document = program.json(&["rehearse", "--from", "115-03-19", "--until", "2026-03-19"]);
    let occasions: Vec<_> =
        document.as_array().unwrap().iter().map(|said| &said["occasion"]).collect();
    assert_eq!(occasions, ["stage"]);
}

#[test]
fn a_report_that_falls_due_leaves_no_file_behind() {
    let program = Program::install();
    let rehearse = ["rehearse", "--from", "115-10-30", "--until", "115-11-02", "--speed", "1000"];
    let output = program.run(&rehearse);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("民眾意見回復情形統計"), "{said}");
    assert!(!program.path("state").exists(), "the rehearsal wrote beside the real database");
}

/// An open case of 勞工保險局, and an administrator's token.
async fn office() -> (World, String, String) {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_comment(NID, 1, "民眾的話", wall(moment("2026-03-02 09:00")));
    world.pass().await;
    world.sent();
    let address = serve(&world).await;
    let administrator = token(&world, Scope::Act, Role::Administrator, None).await;
    (world, address, administrator)
}

async fn rehearse(address: &str, token: &str, (until, change): (&str, &str)) -> String {
    let escaped = utf8_percent_encode(change, NON_ALPHANUMERIC);
    let body = format!("from=115-03-02&until={until}&change={escaped}");
    let head = format!(
        "POST /rehearsal HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    raw(address, head.as_bytes()).await
}

/// The days that have messages, and those messages: when, stage, and how it compares.
fn timeline(page: &str) -> Vec<String> {
    let text = |html: &str| {
        let tags = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        tags.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let lines = page.lines().filter(|line| line.contains("class=\"when\""));
    lines.map(text).collect()
}

#[tokio::test]
async fn a_change_of_the_ladder_is_tried_on_a_page_before_it_is_saved() {
    let (world, address, administrator) = office().await;
    let head = format!(
        "GET /rehearsal HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Bearer {administrator}\r\n\r\n"
    );
    let form = raw(&address, head.as_bytes()).await;
    check_status(&form, 200);
    assert!(form.contains("value=\"2026-03-02\"") && form.contains("value=\"2026-04-01\""));
    let shown = form.split("<textarea").nth(1).and_then(|rest| rest.split_once(">\n"));
    let shown = shown.and_then(|(_, rest)| rest.split_once("</textarea>")).unwrap().0;
    let shown = shown.replace("&#34;", "\"").replace("&#62;", ">").replace("&#60;", "<");
    let history = world.app.store().history(&comment(1)).await.unwrap();
    let messages = world.app.store().messages_of(&comment(1)).await.unwrap();

    // As it is: nothing is added, dropped or moved.
    let page = rehearse(&address, &administrator, ("115-03-20", &shown)).await;
    check_status(&page, 200);
    insta::assert_snapshot!(timeline(&page).join("\n"), @r"
    115/03/09（一）09:00 C-1 after-5 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/13（五）09:00 C-1 after-9 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/17（二）09:00 C-1 before-3 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/19（四）09:00 C-1 before-1 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/20（五）09:00 C-1 due 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/20（五）14:00 C-1 due-afternoon 勞工保險局企劃管理組 slack:C00BLI0001
    ");
    for words in ["例假日", "115/03/20（五）", "不發送、不儲存"] {
        assert!(page.contains(words), "lacks {words}: {page}");
    }

    // One stage an hour later, one taken away, one put in.
    let changed = shown
        .replacen(
            "name = \"before-3\"\nbefore = 3\nat = \"09:00\"",
            "name = \"before-3\"\nbefore = 3\nat = \"10:00\"",
            1,
        )
        .replacen("name = \"after-9\"\nafter = 9", "name = \"after-7\"\nafter = 7", 1);
    assert_ne!(changed, shown);
    let page = rehearse(&address, &administrator, ("115-03-20", &changed)).await;
    check_status(&page, 200);
    insta::assert_snapshot!(timeline(&page).join("\n"), @r"
    115/03/09（一）09:00 C-1 after-5 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/11（三）09:00 C-1 after-7 勞工保險局企劃管理組 slack:C00BLI0001 新增
    115/03/13（五）09:00 C-1 after-9 勞工保險局企劃管理組 slack:C00BLI0001 不再發送
    115/03/17（二）10:00 C-1 before-3 勞工保險局企劃管理組 slack:C00BLI0001 移動，原為 115/03/17（二）09:00
    115/03/19（四）09:00 C-1 before-1 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/20（五）09:00 C-1 due 勞工保險局企劃管理組 slack:C00BLI0001
    115/03/20（五）14:00 C-1 due-afternoon 勞工保險局企劃管理組 slack:C00BLI0001
    ");

    assert_eq!(world.app.store().history(&comment(1)).await.unwrap(), history);
    assert_eq!(world.app.store().messages_of(&comment(1)).await.unwrap(), messages);
}

#[tokio::test]
async fn a_change_that_cannot_be_is_said_by_its_line_and_kept() {
    let (_world, address, administrator) = office().await;
    let check = async |until: &str, change: &str, words: &[&str]| {
        let page = rehearse(&address, &administrator, (until, change)).await;
        check_status(&page, 422);
        for words in words {
            assert!(page.contains(words), "lacks {words}: {page}");
        }
        let kept = change.replace('"', "&#34;");
        assert!(page.contains(&kept), "what was typed is gone: {page}");
    };
    check("115-03-20", "[office_hours]\ncloses = \"25:00\"", &["第 2 行", "25:00"]).await;
    check("115-03-20", "[[stage]\n", &["第 1 行", "not valid TOML"]).await;
    check("115-03-20", "[web]\nlisten = \"0.0.0.0:80\"", &["第 1 行", "cannot be tried here"])
        .await;
    check("115-03-01", "", &["結束日不得早於開始日"]).await;
    check("2027-03-01", "", &["93"]).await;
    check("soon", "", &["id=\"until-fault\""]).await;
    let page = rehearse(&address, "nobody", ("115-03-20", "")).await;
    check_status(&page, 401);
}

#[tokio::test]
async fn a_rehearsal_goes_on_alone_where_whoever_asked_went_away() {
    let world = World::at("2026-03-02 09:30").await;
    let from = "2026-03-02".parse().unwrap();
    let rehearse = |until| world.app.rehearse(Trial { from, until, change: String::new() });
    // So many days take longer than to ask once more.
    let long = rehearse("2026-04-30".parse().unwrap());
    assert!(long.now_or_never().is_none(), "it goes on where nobody waits for it");
    assert!(matches!(rehearse(from).await, Err(NoTrial::Busy)));
    let rehearsed = loop {
        match rehearse(from).await {
            Err(NoTrial::Busy) => tokio::task::yield_now().await,
            done => break done,
        }
    };
    assert_eq!(rehearsed.unwrap().days.len(), 1);
}
