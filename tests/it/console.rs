//! The console on the wire: what somebody who looks gets, in both languages.

use std::collections::BTreeSet;
use std::time::Duration;

use jicui::app::acts::ActError;
use jicui::app::cases::CaseFilter;
use jicui::app::forms::Form;
use jicui::app::register::{Order, Query, Which};
use jicui::clock::wall;
use jicui::domain::access::{Role, Scope, Viewer};
use jicui::domain::act::{Act, Actor};
use jicui::domain::directory::Language;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::access::token;
use super::duties::by_hand;
use super::web::{check_status, raw, serve};
use super::world::{NID, World, comment, moment};

const ENGLISH: &str = "Cookie: a=b; jicui_language=en\r\n";

async fn get(address: &str, path: &str, headers: &str) -> String {
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    raw(address, head.as_bytes()).await
}

/// Three comments: one overdue on 2026-03-20, one due on that day, one that came on it.
async fn three_cases() -> World {
    let mut world = World::at("2026-02-24 09:00").await;
    let at = |text: &str| wall(moment(text));
    world.platform.post_comment(NID, 1, "逾期的 <b>題目</b>", at("2026-02-23 09:00"));
    world.pass().await;
    world.sleep_until("2026-03-02 09:00");
    world.platform.post_comment(NID, 2, "今日到期的題目", at("2026-03-02 08:00"));
    world.pass().await;
    world.sleep_until("2026-03-20 10:00");
    world.platform.post_comment(NID, 3, "=cmd|新的題目", at("2026-03-20 08:00"));
    world.pass().await;
    world.sent();
    world
}

fn console() -> Actor {
    Actor::at_console("王小明")
}

#[tokio::test]
async fn of_an_open_duty_no_answer_is_awaited() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let duty = by_hand("resolution", "R-115-1", "盤點職業訓練資料集");
    world.app.add_case(duty, &console(), "").await.unwrap();
    for path in ["/cases?state=open", "/cases/R-115-1", "/cases.csv?state=open"] {
        let page = get(&address, path, "").await;
        check_status(&page, 200);
        let rows = page.split_once("R-115-1").unwrap().1;
        assert!(rows.contains("待辦理") && !rows.contains("待回復"), "{path}: {page}");
    }
}

#[tokio::test]
async fn home_shows_what_presses_the_days_left_before_all() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let hold = Act::Hold { reason: "等待民眾補充".to_owned() };
    world.app.act(&comment(3), hold, &console()).await.unwrap();
    let page = get(&address, "/", "").await;
    check_status(&page, 200);
    for words in [
        "<html lang=\"zh-Hant-TW\">",
        "民國115年3月20日（五）",
        "逾期的 &#60;b&#62;題目&#60;/b&#62;",
        "<strong>今日</strong> <span>到期</span>",
        "id=\"overdue\"",
        "id=\"due_today\"",
        "id=\"on_hold\"",
        "王小明 暫停計時",
        "最近讀取平臺",
        "已匯入至民國 116 年",
    ] {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
    assert!(!page.contains("id=\"unassigned\""), "an empty section is only counted");
    let page = get(&address, "/", ENGLISH).await;
    for words in
        ["<html lang=\"en\">", "Friday, 20 March 2026", "workdays late", "Sources last read"]
    {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
}

#[tokio::test]
async fn an_alarm_stands_on_the_home_page_with_what_to_do() {
    let mut world = World::at("2026-03-02 09:30").await;
    let at = wall(moment("2026-02-23 09:00"));
    world.platform.post_comment(NID, 1, "題", at);
    world.slack.revoke();
    world.run_until("2026-03-02 11:00").await;
    world.sent();
    let address = serve(&world).await;
    let page = get(&address, "/", "").await;
    assert!(page.contains("通知管道設定失效") && page.contains("jicui send-test"), "{page}");
    let page = get(&address, "/", ENGLISH).await;
    assert!(page.contains("A channel&#39;s settings do not work"), "{page}");
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_says_how_many() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let check = async |query: &str, expected: &[u64]| {
        let page = get(&address, &format!("/cases?{query}"), "").await;
        check_status(&page, 200);
        let shown: Vec<u64> = page
            .split("<span class=\"number\">C-")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(shown, expected, "{query}");
    };
    check("", &[1, 2, 3]).await;
    check("state=overdue", &[1]).await;
    check("state=due_today", &[2]).await;
    check("state=new", &[3]).await;
    check("state=replied", &[]).await;
    check("q=CMD", &[3]).await;
    check("q=c-2", &[2]).await;
    check("q=%E5%8B%9E%E4%BF%9D", &[1, 2, 3]).await;
    // ＣＭＤ; 題目 with 今日; 勞保 of the dataset with 今日 of the title.
    check("q=%EF%BC%A3%EF%BC%AD%EF%BC%A4", &[3]).await;
    check("q=%E9%A1%8C%E7%9B%AE%20%E4%BB%8A%E6%97%A5", &[2]).await;
    check("q=%E5%8B%9E%E4%BF%9D%E3%80%80%E4%BB%8A%E6%97%A5", &[2]).await;
    // No word reaches from the number into the title.
    check("q=3%3Dcmd", &[]).await;
    check("kind=request", &[]).await;
    check("kind=comment&unit=bli-planning", &[1, 2, 3]).await;
    check("unit=no-such", &[]).await;
    check("from=115-02-24&to=2026-03-10", &[2]).await;
    check("sort=number&back=1", &[3, 2, 1]).await;
    check("sort=assigned", &[3, 2, 1]).await;
    // There may have been more when the way to that page was taken.
    check("sort=due&page=2", &[1, 2, 3]).await;
    check("page=99999999999999999999", &[1, 2, 3]).await;
}

#[tokio::test]
async fn what_cannot_be_read_of_an_address_is_answered_by_a_page() {
    let world = three_cases().await;
    let address = serve(&world).await;
    for path in
        ["/cases?state=a&state=b", "/cases/%FF", "/calendar/2026?moved=", "/sign-in?unsent=1"]
    {
        let page = get(&address, path, "").await;
        check_status(&page, 400);
        assert!(page.contains("<!doctype html>") && page.contains("lang=\"zh-Hant-TW\""), "{page}");
    }
}

#[tokio::test]
async fn a_day_that_is_none_is_said_beside_its_field_and_kept() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    for (headers, said) in [("", "請輸入日期"), (ENGLISH, "Write a day as")] {
        let page = get(&address, "/cases?from=2026-02-30&to=%22%3E", headers).await;
        check_status(&page, 422);
        assert!(page.contains(said) && page.contains("value=\"2026-02-30\""), "{page}");
        assert!(page.contains("value=\"&#34;&#62;\""), "{page}");
    }
    check_status(&get(&address, "/cases.csv?from=x", "").await, 422);
}

#[tokio::test]
async fn the_list_is_a_file_that_a_spreadsheet_reads_and_does_not_run() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let file = get(&address, "/cases.csv?q=cmd", "").await;
    check_status(&file, 200);
    assert!(file.contains("text/csv"), "{file}");
    assert!(file.contains("\u{feff}案號,類別,標題"), "{file}");
    assert!(file.contains("C-3,我有話要說,'=cmd|新的題目,"), "{file}");
    assert!(!file.contains("C-1,"), "only what was asked for: {file}");
    let file = get(&address, "/cases.csv?state=all", ENGLISH).await;
    assert!(
        file.contains("\u{feff}case_number,kind,title") && file.contains("C-1,comment"),
        "{file}"
    );
}

#[tokio::test]
async fn a_language_is_kept_and_leads_back_to_where_it_was_chosen_and_nowhere_else() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    for (next, place) in [
        ("cases%3Fq%3Da", "./../cases?q=a"),
        ("", "./../"),
        ("%2F%2Fevil.example", "./../evil.example"),
        ("..%2F..%2Fevil", "./../evil"),
        ("%01%2Fcases%00%0D%0A%7F%3Fq%3Da", "./../cases?q=a"),
    ] {
        let answer = get(&address, &format!("/language/en?next={next}"), "").await;
        check_status(&answer, 303);
        let answer = answer.to_lowercase();
        assert!(answer.contains(&format!("location: {place}\r\n")), "{answer}");
        assert!(answer.contains("set-cookie: jicui_language=en; path=/;"), "{answer}");
    }
    check_status(&get(&address, "/language/fr", "").await, 404);
}

#[tokio::test]
async fn a_page_that_is_open_hears_of_a_change() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let since = world.app.revision().await.unwrap();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!("GET /live?since={since} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    world.app.act(&comment(1), Act::Acknowledge, &console()).await.unwrap();
    let mut heard = String::new();
    while !heard.contains("event: changed") {
        let mut part = [0; 1024];
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut part));
        let count = read.await.expect("it is told").unwrap();
        assert_ne!(count, 0, "hung up: {heard}");
        heard.push_str(&String::from_utf8_lossy(&part[..count]));
    }
    assert!(heard.contains("text/event-stream"), "{heard}");
    world.app.stop().cancel();
    let rest = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut heard));
    rest.await.expect("a stop ends it").unwrap();
}

#[tokio::test]
async fn a_policy_lets_in_the_pages_own_script_and_nothing_else() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    for path in ["/", "/cases", "/cases?q=x"] {
        let page = get(&address, path, "").await;
        let policy = "content-security-policy: default-src 'none'; style-src 'self'; \
                      script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'\r\n";
        assert!(page.contains(policy), "{page}");
        assert!(!page.contains(" style=") && !page.contains("<style"), "{page}");
        assert!(!page.contains("://"), "nothing from elsewhere: {page}");
    }
    for file in ["/live.js", "/icon.svg"] {
        check_status(&get(&address, file, "").await, 200);
    }
}

#[tokio::test]
async fn a_case_shows_its_days_its_history_and_its_messages() {
    let world = three_cases().await;
    let reason = "等待民眾補充";
    let hold = Act::Hold { reason: reason.to_owned() };
    world.app.act(&comment(3), hold, &console()).await.unwrap();
    let address = serve(&world).await;
    let page = get(&address, "/cases/C-1", "").await;
    check_status(&page, 200);
    for words in [
        "逾期的 &#60;b&#62;題目&#60;/b&#62;",
        "逾期工作天",
        "<span class=\"date\">2/23 一</span>",
        "和平紀念日",
        "<li class=\"due\">",
        "<li class=\"late today\">",
        "前往平臺查看",
        "<strong>新案分派</strong>　平臺",
        "已送達",
        "（內容僅承辦單位可見）",
    ] {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
    assert!(!page.contains("C00BLI0001"), "an address is not for everybody");
    assert!(!page.contains("<form"), "who only looks has no forms");
    let page = get(&address, "/cases/C-3?done=hold", ENGLISH).await;
    for words in ["paused", "clock paused", "its reason is for the unit only", "Done: "] {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
    assert!(!page.contains(reason), "a reason is not for everybody");
    for path in ["/cases/C-99", "/cases/%00", "/cases/..%2F.."] {
        check_status(&get(&address, path, "").await, 404);
    }
}

#[tokio::test]
async fn a_case_has_the_forms_that_make_sense_for_whoever_acts() {
    let world = three_cases().await;
    let forms = async |cid: u64, actor: &Actor| {
        let file = world.app.case_file(&comment(cid)).await.unwrap().unwrap();
        let forms = world.app.forms(&file, actor).into_iter().map(Form::as_str);
        forms.collect::<Vec<_>>().join(" ")
    };
    let admin = console();
    assert_eq!(
        forms(1, &admin).await,
        "acknowledge reply extend hold reassign note correct_start withdraw"
    );
    let unit = |role, unit: &str| {
        let units = vec![unit.to_owned()];
        Viewer { name: "王".to_owned(), role, units, only_reads: false }.actor().unwrap()
    };
    let officer = unit(Role::Officer, "bli-planning");
    assert_eq!(forms(1, &officer).await, "acknowledge reply extend hold reassign note");
    let supervisor = unit(Role::Supervisor, "bli-planning");
    assert_eq!(forms(1, &supervisor).await, "acknowledge reply extend hold reassign note withdraw");
    assert_eq!(forms(1, &unit(Role::Supervisor, "wda-planning")).await, "");
    let ask = Act::Extend { workdays: 3, reason: "洽詢".to_owned() };
    world.app.act(&comment(1), ask, &officer).await.unwrap();
    assert!(forms(1, &supervisor).await.contains("confirm_extension refuse_extension hold"));
    assert!(!forms(1, &officer).await.contains("extension"));
    world.app.act(&comment(2), Act::Reply { at: None }, &admin).await.unwrap();
    assert_eq!(forms(2, &officer).await, "resume follow_up note");
}

/// The number in the hidden field of a form.
pub(crate) fn seen(page: &str) -> &str {
    let rest = page.split("name=\"seen\" value=\"").nth(1).expect("a form");
    rest.split('"').next().unwrap()
}

async fn post(address: &str, path: &str, token: &str, body: &str) -> String {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    raw(address, head.as_bytes()).await
}

#[tokio::test]
async fn a_form_does_what_it_says_or_says_why_not_and_keeps_what_was_typed() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let officer = token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await;
    let as_officer = format!("Authorization: Bearer {officer}\r\n");
    let page = get(&address, "/cases/C-1", &as_officer).await;
    assert!(page.contains("id=\"act-extend\"") && !page.contains("id=\"act-withdraw\""), "{page}");
    let first = seen(&page).to_owned();
    let act = async |body: String| post(&address, "/cases/C-1/act", &officer, &body).await;
    let wrong = act(format!("act=extend&seen={first}&workdays=99&reason=%3Cb%3E")).await;
    check_status(&wrong, 422);
    for words in [
        "尚未送出，請修正欄位",
        "/act#act-extend\"",
        "language/en?next=cases%2FC%2D1\"",
        "請填寫 1 至",
        "id=\"extend-workdays-fault\"",
        "value=\"99\"",
        "&#60;b&#62;</textarea>",
    ] {
        assert!(wrong.contains(words), "lacks {words}: {wrong}");
    }
    assert_eq!(wrong.matches(" open>").count(), 1, "only the form that was sent is open");
    let done = act(format!("act=acknowledge&seen={first}")).await;
    check_status(&done, 303);
    assert!(done.contains("location: ./../C-1?done=acknowledge#\r\n"), "{done}");
    // What was done in between is shown first.
    let late = act(format!("act=hold&seen={first}&reason=wait")).await;
    check_status(&late, 409);
    assert!(late.contains("在您查看之後已有異動") && late.contains("受理"), "{late}");
    assert!(late.contains(">wait</textarea>"), "{late}");
    let again = seen(&late).to_owned();
    check_status(&act(format!("act=hold&seen={again}&reason=wait")).await, 303);
    // A browser counts a line's end once, and sends two characters.
    let reason = |lines: usize| format!("{}{}", "%0D%0A".repeat(10), "x".repeat(lines));
    let note = |reason: String| format!("act=note&seen=99999&reason=y{reason}y");
    let long = act(note(reason(489))).await;
    check_status(&long, 422);
    assert!(long.contains("請填寫說明，500 字以內"), "{long}");
    check_status(&act(note(reason(488))).await, 303);
    // What this role may not do, and what nobody can.
    for (body, status) in
        [("act=withdraw&seen=99999&reason=x", 403), ("act=nonsense", 422), ("seen=x", 422)]
    {
        check_status(&act(body.to_owned()).await, status);
    }
    let reader = token(&world, Scope::Read, Role::Viewer, None).await;
    check_status(&post(&address, "/cases/C-1/act", &reader, "act=acknowledge").await, 403);
    let history = get(&address, "/cases/C-1", &as_officer).await;
    assert!(history.contains("act-officer-bli-planning"), "the name of whoever did it");
    assert!(history.contains("wait"), "the unit's own people read its reasons");
}

#[tokio::test]
async fn a_form_says_what_it_means_for_this_case_and_this_person() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let officer = token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await;
    let supervisor = token(&world, Scope::Act, Role::Supervisor, Some("bli-planning")).await;
    let page = async |token: &str| get(&address, "/cases/C-1", &bearer(token)).await;
    let [asks, grants] = ["核定前期限不變", "送出後立即生效"];
    let (by_officer, by_supervisor) = (page(&officer).await, page(&supervisor).await);
    assert!(by_officer.contains(asks) && !by_officer.contains(grants), "{by_officer}");
    assert!(by_supervisor.contains(grants) && !by_supervisor.contains(asks), "{by_supervisor}");
    // What is asked for stands where it is decided.
    let ask = Act::Extend { workdays: 3, reason: "洽詢".to_owned() };
    world.app.act(&comment(1), ask, &Actor::on_behalf("吳保險")).await.unwrap();
    let asked = page(&supervisor).await;
    assert_eq!(asked.matches("吳保險 申請 3 個工作天：洽詢").count(), 3, "{asked}");
    world.app.act(&comment(1), Act::Reply { at: None }, &console()).await.unwrap();
    let answered = page(&officer).await;
    assert!(answered.contains("重新開啟案件") && !answered.contains("恢復計時"), "{answered}");
}

#[tokio::test]
async fn what_somebody_else_did_in_between_is_not_overwritten_unseen() {
    let world = three_cases().await;
    let seen = world.app.newest_entry_of(&comment(1)).await.unwrap();
    world.app.act(&comment(2), Act::Acknowledge, &console()).await.unwrap();
    let other = Actor::at_console("李小華");
    world.app.act(&comment(1), Act::Acknowledge, &other).await.unwrap();
    let hold = || Act::Hold { reason: "等待".to_owned() };
    let refused = world.app.act_as_seen(&comment(1), hold(), &console(), seen).await.unwrap_err();
    assert!(matches!(refused, ActError::Changed(_)), "{refused}");
    assert!(refused.words(Language::Chinese).contains("在您查看之後已有異動"));
    let meanwhile = world.app.entries_since(&comment(1), seen).await.unwrap();
    assert_eq!(meanwhile.len(), 1);
    assert_eq!((&*meanwhile[0].actor, &*meanwhile[0].event), ("李小華", "acknowledged"));
    let seen = world.app.newest_entry_of(&comment(1)).await.unwrap();
    world.app.act_as_seen(&comment(1), hold(), &console(), seen).await.unwrap();
}

/// Every line of the register says what the case itself says.
async fn check_register(world: &World) {
    let views = world.app.cases(&CaseFilter::default()).await.unwrap();
    let query = Query { which: Which::All, order: Order::Number, ..Query::default() };
    let found = world.app.find_cases(&query, (0, usize::MAX)).await.unwrap();
    assert_eq!(found.total, views.len());
    for row in &found.rows {
        let view = views.iter().find(|view| view.case.number.as_str() == row.number);
        let view = view.expect("a case of that number");
        let line = &row.line;
        assert_eq!(line.left(), view.workdays_left, "{}", row.number);
        assert_eq!(line.taken(), view.workdays_taken, "{}", row.number);
        assert_eq!((line.state, line.due_on), (view.case.state, view.deadline.due_on));
        assert_eq!((&row.title, line.round), (&view.case.title, view.case.round));
        assert_eq!(row.unit, view.unit);
        assert_eq!(row.agency, view.agency);
    }
}

#[tokio::test]
async fn the_register_is_true_after_whatever_happened() {
    let mut world = three_cases().await;
    check_register(&world).await;
    let acts = [
        (1, Act::Acknowledge),
        (1, Act::Extend { workdays: 5, reason: "洽詢".to_owned() }),
        (2, Act::Hold { reason: "等待".to_owned() }),
        (3, Act::Reassign { unit: "wda-planning".to_owned(), reason: "業務".to_owned() }),
    ];
    for (cid, act) in acts {
        world.app.act(&comment(cid), act, &console()).await.unwrap();
        check_register(&world).await;
    }
    // Another process writes into the same database.
    let elsewhere = world.another();
    elsewhere.act(&comment(1), Act::Reply { at: None }, &console()).await.unwrap();
    check_register(&world).await;
    // Days pass, and the platform shows something new.
    world.run_until("2026-03-25 10:00").await;
    world.sent();
    check_register(&world).await;
}

#[tokio::test]
async fn only_what_a_list_shows_is_sought_not_what_people_wrote_of_a_case() {
    let world = three_cases().await;
    let hold = Act::Hold { reason: "電話不通".to_owned() };
    world.app.act(&comment(1), hold, &console()).await.unwrap();
    let query = |text: &str| Query { text: text.to_owned(), ..Query::default() };
    for (text, expected) in [("電話", 0), ("王小明", 0), ("逾期", 1), ("題目 逾期", 1)] {
        let found = world.app.find_cases(&query(text), (0, 50)).await.unwrap();
        assert_eq!(found.total, expected, "{text}");
    }
}

#[tokio::test]
async fn of_many_changes_at_once_the_register_misses_none() {
    let mut world = three_cases().await;
    check_register(&world).await;
    // More than are taken one by one.
    for cid in 10..620 {
        let title = format!("第 {cid} 題");
        world.platform.post_comment(NID, cid, &title, wall(moment("2026-03-20 10:30")));
    }
    world.sleep_until("2026-03-20 11:00");
    world.pass().await;
    world.sent();
    check_register(&world).await;
    let query = Query { text: "第 619 題".to_owned(), ..Query::default() };
    let found = world.app.find_cases(&query, (0, 50)).await.unwrap();
    assert_eq!(found.rows.iter().map(|row| &*row.number).collect::<Vec<_>>(), ["C-619"]);
    // Programs get as many as they ask for, however many are read at a time.
    let address = serve(&world).await;
    let answer = get(&address, "/api/v1/cases?limit=250&offset=300", "").await;
    assert!(answer.contains("x-total-count: 613\r\n"), "{answer}");
    let (_, list) = answer.split_once("\r\n\r\n").unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_str(list).unwrap();
    let numbers: BTreeSet<_> = list.iter().map(|case| case["case_number"].as_str()).collect();
    assert_eq!((list.len(), numbers.len()), (250, 250));
    let calendar = get(&address, "/calendar.ics", "").await;
    assert_eq!(calendar.matches("BEGIN:VEVENT\r\n").count(), 613);
    let status = world.app.status().await.unwrap();
    let cases = status.iter().find(|result| result.code == "cases").unwrap();
    assert_eq!(cases.message, "613 open, 1 overdue: C-1");
    world.sleep_until("2026-06-20 11:00");
    let status = world.app.status().await.unwrap();
    let cases = status.iter().find(|result| result.code == "cases").unwrap();
    assert!(cases.message.starts_with("613 open, 613 overdue: C-1, C-2, "), "{}", cases.message);
    assert!(cases.message.ends_with(" and 593 more"), "{}", cases.message);
}

/// The value of a hidden field.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
    rest.split('"').next().unwrap()
}

/// The header of somebody with this token: while there is one, nobody reads without.
fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

async fn admin(world: &World) -> String {
    token(world, Scope::Act, Role::Administrator, None).await
}

const TYPHOON: &str =
    "edit=close&date=2026-03-23&region=%E8%87%BA%E5%8C%97%E5%B8%82&part=&reason=%E9%A2%B1%E9%A2%A8";

#[tokio::test]
async fn the_year_shows_every_day_by_its_kind_and_any_count() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let page = get(&address, "/calendar/2026", "").await;
    check_status(&page, 200);
    for words in [
        "民國115年",
        "<strong>245</strong>",
        "class=\"workday now\"",
        "國定假日 開國紀念日",
        "補假",
    ] {
        assert!(page.contains(words), "lacks {words}");
    }
    assert_eq!(page.matches("/calendar/day/2026-").count(), 365);
    assert!(!page.contains("type=\"file\""), "who only looks uploads nothing");
    assert!(get(&address, "/calendar/115", "").await.contains("民國115年"));
    let page = get(&address, "/calendar/2031", ENGLISH).await;
    assert!(page.contains("Monday to Friday is a guess"), "{page}");
    for path in ["/calendar/1999", "/calendar/day/2026-02-30", "/calendar/day/x"] {
        check_status(&get(&address, path, "").await, 404);
    }
    assert!(get(&address, "/calendar", "").await.contains("location: ./calendar/2026"));
    let day = get(&address, "/calendar/day/115-02-27", "").await;
    assert!(day.contains("民國115年2月27日（五）") && day.contains("不計入工作天"), "{day}");
    let count = get(&address, "/calendar/explain?from=115-02-11", "").await;
    assert!(count.contains("民國115年3月11日（三）"), "{count}");
    let count = get(&address, "/calendar/explain?from=nonsense&workdays=0", ENGLISH).await;
    check_status(&count, 422);
    assert!(count.contains("Write a day") && count.contains("from 1 to 250"), "{count}");
    check_status(&get(&address, "/calendar/explain?from=2059-12-30", "").await, 422);
}

#[tokio::test]
async fn a_day_is_closed_in_view_of_what_it_moves_and_who_is_told() {
    let mut world = three_cases().await;
    let address = serve(&world).await;
    let admin = admin(&world).await;
    let asked = post(&address, "/calendar/ask", &admin, TYPHOON).await;
    check_status(&asked, 200);
    for words in
        ["停止上班", "民國115年3月23日（一）", "臺北市", "C-3", "115/04/", "勞工保險局企劃管理組"]
    {
        assert!(asked.contains(words), "lacks {words}: {asked}");
    }
    assert!(!asked.contains(">C-1<"), "what is over does not move");
    assert_eq!(world.app.live().config.rules.calendars.closures().len(), 0, "nothing is done yet");
    let basis = hidden(&asked, "basis");
    let done =
        post(&address, "/calendar/confirm", &admin, &format!("{TYPHOON}&basis={basis}")).await;
    check_status(&done, 303);
    assert!(done.contains("location: ./2026?moved=1"), "{done}");
    assert_eq!(world.app.live().config.rules.calendars.closures().len(), 1, "in force at once");
    let file = std::fs::read_to_string(world.path("calendar/closures.toml")).unwrap();
    assert!(file.contains("date = 2026-03-23") && file.contains("reason = \"颱風\""), "{file}");
    let year =
        get(&address, "/calendar/2026?region=%E8%87%BA%E5%8C%97%E5%B8%82&moved=1", &bearer(&admin))
            .await;
    for words in [
        "class=\"closure",
        "1 件未結案件之期限隨之變更",
        "act-administrator-none",
        "停止上班 115/03/23（一）",
    ] {
        assert!(year.contains(words), "lacks {words}");
    }
    // The same again, and a reason that is none, are said; what was typed is kept.
    let again = post(&address, "/calendar/ask", &admin, TYPHOON).await;
    check_status(&again, 422);
    assert!(again.contains("已停止上班；如需變更"), "{again}");
    let bare = "edit=close&date=2026-03-24&part=pm&reason=+";
    let bare = post(&address, "/calendar/ask", &admin, bare).await;
    check_status(&bare, 422);
    assert!(
        bare.contains("id=\"reason-fault\"") && bare.contains("value=\"pm\" selected"),
        "{bare}"
    );
    // The unit is told the same morning.
    world.pass().await;
    assert!(world.sent().contains("期限變更"));
    let reopen = "edit=reopen&date=2026-03-23&region=%E8%87%BA%E5%8C%97%E5%B8%82";
    let asked = post(&address, "/calendar/ask", &admin, reopen).await;
    let basis = hidden(&asked, "basis");
    check_status(
        &post(&address, "/calendar/confirm", &admin, &format!("{reopen}&basis={basis}")).await,
        303,
    );
    assert_eq!(world.app.live().config.rules.calendars.closures().len(), 0);
}

#[tokio::test]
async fn an_edit_of_the_calendar_in_between_is_shown_and_one_by_hand_is_not_overwritten() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let admin = admin(&world).await;
    let asked = post(&address, "/calendar/ask", &admin, TYPHOON).await;
    let basis = hidden(&asked, "basis").to_owned();
    let other = "edit=close&date=2026-03-25&reason=x";
    let first = post(&address, "/calendar/ask", &admin, other).await;
    let confirmed = format!("{other}&basis={}", hidden(&first, "basis"));
    check_status(&post(&address, "/calendar/confirm", &admin, &confirmed).await, 303);
    let late =
        post(&address, "/calendar/confirm", &admin, &format!("{TYPHOON}&basis={basis}")).await;
    check_status(&late, 409);
    assert!(late.contains("已由他人變更"), "{late}");
    let path = world.path("calendar/closures.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n# 編輯中\n[[closure]\n")).unwrap();
    let confirmed = format!("{TYPHOON}&basis={}", hidden(&late, "basis"));
    let refused = post(&address, "/calendar/confirm", &admin, &confirmed).await;
    check_status(&refused, 422);
    assert!(refused.contains("正由他人直接編輯"), "{refused}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("編輯中"));
}

async fn upload(address: &str, token: &str, name: &str, content: &[u8]) -> String {
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let mut request = format!(
        "POST /calendar/file HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=x\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend(body);
    raw(address, &request).await
}

#[tokio::test]
async fn a_published_file_is_shown_before_it_is_in_force() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let admin = admin(&world).await;
    let in_force = include_bytes!("../../config/calendar/2026.csv");
    let text = String::from_utf8_lossy(in_force).replace("20260302,一,0,", "20260302,一,2,補假");
    let asked = upload(&address, &admin, "new.csv", text.as_bytes()).await;
    check_status(&asked, 200);
    assert!(asked.contains("115/03/02（一）") && asked.contains("補假"), "{asked}");
    let (content, basis) = (hidden(&asked, "content"), hidden(&asked, "basis"));
    let content =
        content.replace("&#43;", "+").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let body = format!("edit=publish&name=new.csv&content={content}&basis={basis}");
    check_status(&post(&address, "/calendar/confirm", &admin, &body).await, 303);
    let same = upload(&address, &admin, "115年.csv", text.as_bytes()).await;
    check_status(&same, 422);
    assert!(same.contains("民國115年之日曆與此檔相同") && same.contains("115年.csv"), "{same}");
    assert!(
        !world
            .app
            .live()
            .config
            .rules
            .calendars
            .national()
            .is_workday("2026-03-02".parse().unwrap())
    );
    let broken =
        upload(&address, &admin, "x.csv", text.replace("20260305,四", "20260305,五").as_bytes())
            .await;
    check_status(&broken, 422);
    assert!(broken.contains("第 65 列") && broken.contains("2026-03-05 is a"), "{broken}");
    // One that is known to be superseded needs a word more.
    let first = include_bytes!("../data/calendar/2025-first.csv");
    let asked = upload(&address, &admin, "114.csv", first).await;
    assert!(asked.contains("此版本已被取代") && asked.contains("name=\"force\""), "{asked}");
    let officer = token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await;
    check_status(&upload(&address, &officer, "x.csv", in_force).await, 403);
}

#[tokio::test]
async fn messages_are_found_and_steered_by_administrators() {
    let world = three_cases().await;
    world.slack.revoke();
    world
        .app
        .act(&comment(3), Act::Withdraw { reason: "重複".to_owned() }, &console())
        .await
        .unwrap();
    world.pass().await;
    let address = serve(&world).await;
    let admin = admin(&world).await;
    let page = get(&address, "/outbox", &bearer(&admin)).await;
    check_status(&page, 200);
    for words in ["通知紀錄", "稽催", "已送達", "勞工保險局企劃管理組", "slack:C00BLI0001"]
    {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
    let reader = bearer(&token(&world, Scope::Read, Role::Viewer, None).await);
    let page = get(&address, "/outbox?case=C-2&state=sent", &reader).await;
    assert!(page.contains("C-2") && !page.contains(">C-1<"), "{page}");
    assert!(!page.contains("C00BLI0001") && !page.contains("<button class=\"second\""), "{page}");
    for (query, expected) in
        [("channel=teams", false), ("channel=slack", true), ("unit=bli-planning", true)]
    {
        let page = get(&address, &format!("/outbox?{query}"), &reader).await;
        assert_eq!(page.contains(">C-1<"), expected, "{query}");
    }
    check_status(&get(&address, "/outbox?case=a+b", &reader).await, 422);
    // On the page of its case, too, a message is for those for whom it was meant.
    let officer = bearer(&token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await);
    for (headers, addresses) in [(&officer, ["slack:C00BLI0001"].as_slice()), (&reader, &[])] {
        for path in ["/cases/C-1", "/api/v1/cases/C-1"] {
            let page = get(&address, path, headers).await;
            let told: BTreeSet<&str> =
                page.match_indices("slack:C").map(|(at, _)| &page[at..at + 16]).collect();
            assert_eq!(told, addresses.iter().copied().collect(), "{path}: {page}");
        }
    }
    let sent = post(&address, "/outbox/1/retry", &admin, "").await;
    check_status(&sent, 409);
    assert!(sent.contains("此訊息已送達，未變更"), "{sent}");
    check_status(&post(&address, "/outbox/999/cancel", &admin, "reason=x").await, 409);
    check_status(&post(&address, "/outbox/1/burn", &admin, "").await, 404);
    let supervisor = token(&world, Scope::Act, Role::Supervisor, Some("bli-planning")).await;
    check_status(&post(&address, "/outbox/1/retry", &supervisor, "").await, 403);
}

#[tokio::test]
async fn units_show_what_they_have_to_do_and_whether_they_are_reached() {
    let mut world = three_cases().await;
    let address = serve(&world).await;
    let admin = admin(&world).await;
    let page = get(&address, "/units", &bearer(&admin)).await;
    check_status(&page, 200);
    for words in [
        "勞工保險局企劃管理組",
        "<strong>3</strong> 未結",
        "<strong>1</strong> 逾期",
        "slack:C00BLI0001",
        "最近送達",
        "尚未送達過",
        "units/bli-planning/test",
    ] {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
    let tested = post(&address, "/units/bli-planning/test", &admin, "").await;
    check_status(&tested, 200);
    assert!(tested.contains("測試訊息") && tested.contains("fate sent"), "{tested}");
    assert!(world.sent().contains("測試"));
    check_status(&post(&address, "/units/nobody/test", &admin, "").await, 404);
    let officer = token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await;
    check_status(&post(&address, "/units/bli-planning/test", &officer, "").await, 403);
    let page = get(&address, "/units", &format!("{}{ENGLISH}", bearer(&officer))).await;
    assert!(page.contains("slack:C00BLI0001"), "its own addresses");
    assert_eq!(page.matches("slack:C").count(), 1, "and no other's: {page}");
    assert!(page.contains("never reached yet") && !page.contains("/test\""), "{page}");
}

#[tokio::test]
async fn a_dataset_that_no_unit_answers_for_is_said() {
    let agency = super::world::AGENCY;
    let units = format!(
        "[administrators]\nchannels = [\"print\"]\n[[agency]]\nname = \"{agency}\"\n[[unit]]\n\
         id = \"other\"\nname = \"其他組\"\nagency = \"{agency}\"\ndataset_names = [\"不相干\"]\n\
         channels = [\"print\"]\n"
    );
    let world = World::with_units("2026-03-02 09:30", &units).await;
    world.pass().await;
    let address = serve(&world).await;
    let page = get(&address, "/units", "").await;
    assert!(page.contains("對應關係有疑義") && page.contains("6100"), "{page}");
}

#[tokio::test]
async fn the_report_has_its_charts_and_every_file() {
    let world = three_cases().await;
    let address = serve(&world).await;
    let page = get(&address, "/report?from=115-02-01&to=2026-03-31", "").await;
    check_status(&page, 200);
    assert!(page.contains("<svg") && page.contains("value=\"2026-02-01\""), "{page}");
    assert!(page.len() < 100_000 && !page.contains(" style="), "{} bytes", page.len());
    check_status(&get(&address, "/report", ENGLISH).await, 200);
    for (query, field) in [("from=x", "from-fault"), ("to=2026-02-31", "to-fault")] {
        let page = get(&address, &format!("/report?{query}"), ENGLISH).await;
        check_status(&page, 422);
        assert!(page.contains(field) && page.contains("Write a day"), "{page}");
    }
    let page = get(&address, "/report?from=2026-03-02&to=2026-03-01", "").await;
    check_status(&page, 422);
    assert!(page.contains("期間不合理"), "{page}");
    for (format, kind) in [
        ("md", "text/markdown"),
        ("html", "text/html"),
        ("csv", "text/csv"),
        ("json", "application/json"),
        ("ods", "opendocument.spreadsheet"),
        ("odt", "opendocument.text"),
    ] {
        let path = format!("/report/{format}?from=2026-02-01&to=2026-03-31");
        let file = get(&address, &path, "").await;
        check_status(&file, 200);
        let name = format!("filename=\"jicui-report-2026-02-01-2026-03-31.{format}\"");
        assert!(file.contains(kind) && file.contains(&name), "{format}");
    }
    check_status(&get(&address, "/report/exe", "").await, 404);
}

#[tokio::test]
async fn the_system_is_for_administrators_and_no_secret_stands_in_it() {
    let world = three_cases().await;
    let address = serve(&world).await;
    check_status(&get(&address, "/system", "").await, 403);
    assert!(!get(&address, "/", "").await.contains("href=\"./system\""), "no way leads there");
    let admin = bearer(&admin(&world).await);
    for (headers, words) in [
        (admin.clone(), ["自我檢查", "執行紀錄", "讀取平臺", "須處理"]),
        (format!("{admin}{ENGLISH}"), ["Self-checks", "config.toml:", "file ", "schema"]),
    ] {
        let page = get(&address, "/system", &headers).await;
        check_status(&page, 200);
        for words in words {
            assert!(page.contains(words), "lacks {words}: {page}");
        }
        assert!(!page.contains(super::world::slack::TOKEN) && page.len() < 100_000, "{page}");
    }
}

/// Every page, and what it answers to nobody, to a viewer, an officer and an administrator.
const PAGES: [(&str, [u16; 4]); 11] = [
    ("/", [303, 200, 200, 200]),
    ("/cases", [303, 200, 200, 200]),
    ("/cases.csv", [303, 200, 200, 200]),
    ("/cases/C-1", [303, 200, 200, 200]),
    ("/calendar/2026", [303, 200, 200, 200]),
    ("/calendar/day/2026-03-23", [303, 200, 200, 200]),
    ("/calendar/explain?from=2026-03-02", [303, 200, 200, 200]),
    ("/units", [303, 200, 200, 200]),
    ("/outbox", [303, 200, 200, 200]),
    ("/report", [303, 200, 200, 200]),
    ("/system", [303, 403, 403, 200]),
];

#[tokio::test]
async fn every_page_knows_who_looks_in_both_languages() {
    let config = "[web]\nlocal_reader = false\ncaller_requests_per_min = 1000\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    world.platform.post_comment(NID, 1, "題目", wall(moment("2026-02-23 09:00")));
    world.pass().await;
    world.sent();
    let address = serve(&world).await;
    let who = [
        String::new(),
        bearer(&token(&world, Scope::Read, Role::Viewer, None).await),
        bearer(&token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await),
        bearer(&admin(&world).await),
    ];
    for (path, expected) in PAGES {
        for (headers, status) in who.iter().zip(expected) {
            for language in ["", ENGLISH] {
                let page = get(&address, path, &format!("{headers}{language}")).await;
                check_status(&page, status);
                let is_page = [200, 403].contains(&status) && path != "/cases.csv";
                let is_english = page.contains("<html lang=\"en\">");
                assert_eq!(is_english, is_page && !language.is_empty(), "{path}");
            }
        }
    }
}
