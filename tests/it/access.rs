//! Who is let in, on the wire.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use icalendar::Calendar;
use jicui::clock::wall;
use jicui::domain::access::{Grant, Role, Scope};
use jicui::domain::act::{Act, Actor};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::console::seen;
use super::duties::by_hand;
use super::web::{check_status, raw, serve};
use super::world::{NID, UNIT, World, comment, moment};

/// `GET` with these headers, its host among them.
async fn get(address: &str, path: &str, headers: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
    raw(address, head.as_bytes()).await
}

const STATUS: &str = "/api/v1/status";

#[tokio::test]
async fn on_a_fresh_machine_whoever_sits_there_may_read() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let port = address.rsplit(':').next().unwrap();
    for host in [&*address, &format!("localhost:{port}")] {
        let answer = get(&address, STATUS, &format!("Host: {host}\r\n")).await;
        check_status(&answer, 200);
        assert!(answer.contains(r#""code":"poll""#), "{answer}");
        assert!(answer.contains(r#""code":"local_reader""#), "it is said: {answer}");
    }
}

#[tokio::test]
async fn whatever_was_handed_on_is_not_from_this_machine() {
    let config = "[web]\npublic_url = \"https://jicui.example.gov.tw\"\n";
    let world = World::with_config("2026-03-02 09:30", config).await;
    let address = serve(&world).await;
    let own = format!("Host: {address}\r\n");
    for headers in [
        "Host: jicui.example.gov.tw\r\n".to_owned(),
        "Host: 10.0.0.1\r\n".to_owned(),
        format!("{own}X-Forwarded-For: 127.0.0.1\r\n"),
        format!("{own}X-Forwarded-Proto: https\r\n"),
        format!("{own}Forwarded: for=127.0.0.1\r\n"),
        format!("{own}Via: 1.1 proxy\r\n"),
        format!("{own}X-Real-IP: 127.0.0.1\r\n"),
    ] {
        let answer = get(&address, STATUS, &headers).await;
        check_status(&answer, 401);
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("Authorization: Bearer"), "it says what to do: {answer}");
    }
}

#[tokio::test]
async fn the_local_reader_can_be_closed() {
    for config in ["[web]\nlocal_reader = false\n", "[web]\nbehind_proxy = true\n"] {
        let world = World::with_config("2026-03-02 09:30", config).await;
        let address = serve(&world).await;
        check_status(&get(&address, STATUS, &format!("Host: {address}\r\n")).await, 401);
        let status = world.app.status().await.unwrap();
        assert!(status.iter().all(|result| result.code != "local_reader"));
    }
}

/// Somebody with a token of this scope and role.
pub(crate) async fn token(world: &World, scope: Scope, role: Role, unit: Option<&str>) -> String {
    let name = format!("{}-{}-{}", scope.as_str(), role.as_str(), unit.unwrap_or("none"));
    let units = unit.map(str::to_owned).into_iter().collect();
    let grant = Grant::new(name, Some(role), units);
    let until = world.now() + TimeDelta::days(1);
    world.app.add_token(grant, (scope, until), "王小明").await.unwrap()
}

/// Everybody there is, by a name of their own.
async fn everybody(world: &World) -> Vec<(&'static str, Option<String>)> {
    let (own, other) = (Some("bli-planning"), Some("wda-training"));
    let of = |scope, role, unit| token(world, scope, role, unit);
    vec![
        ("nobody", None),
        ("calendar", Some(of(Scope::Calendar, Role::Officer, own).await)),
        ("viewer", Some(of(Scope::Act, Role::Viewer, None).await)),
        ("stranger", Some(of(Scope::Act, Role::Supervisor, other).await)),
        ("officer", Some(of(Scope::Act, Role::Officer, own).await)),
        ("supervisor", Some(of(Scope::Act, Role::Supervisor, own).await)),
        ("reader", Some(of(Scope::Read, Role::Administrator, None).await)),
        ("administrator", Some(of(Scope::Act, Role::Administrator, None).await)),
    ]
}

/// A world with an open case of 勞工保險局.
async fn with_a_case() -> World {
    let config = "[web]\ncaller_requests_per_min = 10000\nrequests_per_min = 10000\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    world.platform.post_comment(NID, 1, "欄位說明", wall(moment("2026-03-02 09:00")));
    world.pass().await;
    world.sent();
    world
}

/// Sends a request of the API, its body JSON; the status, and what came back.
async fn ask(
    address: &str,
    (method, path): (&str, &str),
    token: Option<&str>,
    body: &str,
) -> (u16, String) {
    let own = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let json = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{own}{json}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(address, head.as_bytes()).await;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let is_in_parts = head.contains("transfer-encoding: chunked");
    let body = if is_in_parts { joined(body) } else { body.to_owned() };
    (status.unwrap_or_else(|| panic!("{answer}")), body)
}

/// What came in parts, each under its length.
fn joined(parts: &str) -> String {
    let (mut whole, mut rest) = (String::new(), parts);
    while let Some((length, after)) = rest.split_once("\r\n") {
        let (part, after) = after.split_at(usize::from_str_radix(length, 16).unwrap());
        whole.push_str(part);
        rest = after.strip_prefix("\r\n").unwrap();
    }
    whole
}

/// Every route of the API, and what it answers to nobody, to a calendar's token, to a viewer, to
/// another unit's supervisor, to the unit's officer and supervisor, to an administrator who only
/// reads, and to an administrator.
const ROUTES: &[(&str, &str, &str, [u16; 8])] = &[
    ("get", "/api/v1/cases", "", [401, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/api/v1/cases/{number}", "", [401, 401, 200, 200, 200, 200, 200, 200]),
    (
        "post",
        "/api/v1/cases/{number}/acts",
        r#"{"act":"note","text":"電洽"}"#,
        [401, 401, 403, 403, 200, 200, 403, 200],
    ),
    ("get", "/api/v1/calendar/{year}", "", [401, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/api/v1/status", "", [401, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/api/v1/units", "", [401, 401, 200, 200, 200, 200, 200, 200]),
    (
        "get",
        "/api/v1/report?from=2026-03-01&to=2026-03-31",
        "",
        [401, 401, 200, 200, 200, 200, 200, 200],
    ),
    ("get", "/api/v1/outbox", "", [401, 401, 200, 200, 200, 200, 200, 200]),
    ("post", "/api/v1/outbox/{id}/retry", "", [401, 401, 403, 403, 403, 403, 403, 409]),
    (
        "post",
        "/api/v1/outbox/{id}/cancel",
        r#"{"reason":"誤送"}"#,
        [401, 401, 403, 403, 403, 403, 403, 409],
    ),
];

#[tokio::test]
async fn each_route_is_open_to_those_it_is_for_and_to_nobody_else() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let described = ask(&address, ("GET", "/api/openapi.json"), None, "").await.1;
    let described: Value = serde_json::from_str(&described).unwrap();
    let mut routes: Vec<(String, String)> = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        routes.extend(methods.as_object().unwrap().keys().map(|m| (m.clone(), path.clone())));
    }
    let everybody = everybody(&world).await;
    for (method, path, body, expected) in ROUTES {
        let template = path.split('?').next().unwrap();
        let known = routes.len();
        routes.retain(|(m, p)| (m.as_str(), p.as_str()) != (*method, template));
        assert_eq!(routes.len(), known - 1, "{method} {path} is not described");
        let path = path.replace("{number}", "C-1").replace("{year}", "2026").replace("{id}", "1");
        for ((who, token), expected) in everybody.iter().zip(expected) {
            let method = method.to_uppercase();
            let asked = ask(&address, (&method, &path), token.as_deref(), body).await;
            assert_eq!(asked.0, *expected, "{who}: {method} {path}: {}", asked.1);
        }
    }
    assert!(routes.is_empty(), "nobody says who may ask for {routes:?}");
    world.sent();
}

#[tokio::test]
async fn colleagues_reasons_are_not_for_everybody_who_may_see_the_state() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let until = "2026-03-31".parse().unwrap();
    world.app.silence("bli-planning", until, ("家中有事", "王小明")).await.unwrap();
    for ((who, token), reads) in everybody(&world).await.iter().zip([0, 0, 0, 0, 0, 0, 1, 1]) {
        let said = ask(&address, ("GET", STATUS), token.as_deref(), "").await.1;
        assert_eq!(usize::from(said.contains("家中有事")), reads, "{who}: {said}");
        let is_said = said.contains("bli-planning is silent until 2026-03-31");
        assert_eq!(is_said, token.is_some() && !said.contains("401"), "{who}: {said}");
    }
    world.sent();
}

#[tokio::test]
async fn why_a_message_was_taken_back_is_read_by_whoever_may_read_its_words() {
    let mut world = with_a_case().await;
    let database = rusqlite::Connection::open(world.path("state/jicui.db")).unwrap();
    let text: String = database.query_row("select text from outbox", [], |row| row.get(0)).unwrap();
    let cancelled = "update outbox set reason = 'cancelled by 王小明: 家中有事'";
    assert_eq!(database.execute(cancelled, []).unwrap(), 1);
    let address = serve(&world).await;
    let everybody = everybody(&world).await;
    for path in ["/cases/C-1", "/outbox"] {
        let mut readers = Vec::new();
        for (who, token) in &everybody {
            let page = ask(&address, ("GET", path), token.as_deref(), "").await.1;
            assert_eq!(page.contains("家中有事"), page.contains(&text), "{who}: {path}");
            readers.extend(page.contains("由王小明取消：家中有事").then_some(*who));
        }
        assert_eq!(readers, ["officer", "supervisor", "reader", "administrator"], "{path}");
    }
    world.sent();
}

/// A file that is no calendar, as a form sends it.
const FILE: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\nx\r\n\
                    --b--\r\n";

/// Every page, and whom it is shown to; nobody is asked to sign in. The paths are those of the router.
const PAGES: &[(&str, &str, &str, [u16; 8])] = &[
    ("get", "/", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/cases", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/cases.csv", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/cases/{number}", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    (
        "post",
        "/cases/{number}/act",
        "act=note&seen={seen}&reason=x",
        [303, 401, 403, 403, 303, 303, 403, 303],
    ),
    ("get", "/calendar", "", [303, 401, 303, 303, 303, 303, 303, 303]),
    ("get", "/calendar/{year}", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/calendar/day/{date}", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/calendar/explain", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("post", "/calendar/ask", "", [303, 401, 403, 403, 403, 403, 403, 422]),
    ("post", "/calendar/file", FILE, [303, 401, 403, 403, 403, 403, 403, 422]),
    ("post", "/calendar/confirm", "", [303, 401, 403, 403, 403, 403, 403, 422]),
    ("get", "/outbox", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("post", "/outbox/{id}/{what}", "", [303, 401, 403, 403, 403, 403, 403, 409]),
    ("get", "/units", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("post", "/units/{unit}/test", "", [303, 401, 403, 403, 403, 403, 403, 200]),
    ("get", "/rehearsal", "", [303, 401, 403, 403, 403, 403, 200, 200]),
    ("post", "/rehearsal", "", [303, 401, 403, 403, 403, 403, 422, 422]),
    ("get", "/report", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/report/{format}", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/system", "", [303, 401, 403, 403, 403, 403, 200, 200]),
    ("get", "/live", "", [303, 401, 200, 200, 200, 200, 200, 200]),
    ("get", "/language/{tag}", "", [303, 401, 303, 303, 303, 303, 303, 303]),
];

/// What the router says, read from it: a page that is added must be added above.
fn routes_of_the_pages() -> BTreeSet<(String, String)> {
    let router = include_str!("../../src/web/console/mod.rs");
    let pages =
        router.split("fn pages()").nth(1).and_then(|rest| rest.split_once("\n}")).unwrap().0;
    let mut routes = BTreeSet::new();
    for route in pages.split(".route(\"").skip(1) {
        let (path, handlers) = route.split_once('"').unwrap();
        for method in ["get", "post"] {
            if handlers.contains(&format!("{method}(")) {
                routes.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    routes
}

#[tokio::test]
async fn each_page_is_open_to_those_it_is_for_and_asks_nobody_else_in() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let walked = PAGES.iter().map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(walked.collect::<BTreeSet<_>>(), routes_of_the_pages());
    let everybody = everybody(&world).await;
    let mut wrong = Vec::new();
    for (method, path, body, expected) in PAGES {
        let given = [
            ("{number}", "C-1"),
            ("{year}", "2026"),
            ("{date}", "2026-03-03"),
            ("{id}", "1"),
            ("{what}", "retry"),
            ("{unit}", "bli-planning"),
            ("{format}", "csv"),
            ("{tag}", "en"),
        ];
        let path =
            given.iter().fold((*path).to_owned(), |path, (name, value)| path.replace(name, value));
        for ((who, token), expected) in everybody.iter().zip(expected) {
            let body = body.replace("{seen}", &newest_entry(&address, &everybody).await);
            let status = walk(&address, (method, &path, &body), token.as_deref()).await;
            if status != *expected {
                wrong.push(format!("{who}: {method} {path}: {status}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.sent();
}

/// The newest entry of the history that the page of the case shows.
async fn newest_entry(address: &str, everybody: &[(&str, Option<String>)]) -> String {
    let administrator = everybody.last().and_then(|(_, token)| token.as_ref()).unwrap();
    let headers = format!("Host: {address}\r\nAuthorization: Bearer {administrator}\r\n");
    seen(&get(address, "/cases/C-1", &headers).await).to_owned()
}

/// What a page answers, by the first line alone: one of them never ends.
async fn walk(address: &str, (method, path, body): (&str, &str, &str), token: Option<&str>) -> u16 {
    let own = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let kind = if body.starts_with("--") {
        "multipart/form-data; boundary=b"
    } else {
        "application/x-www-form-urlencoded"
    };
    let kind = if method == "post" { format!("Content-Type: {kind}\r\n") } else { String::new() };
    let head = format!(
        "{} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{own}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        method.to_uppercase(),
        body.len(),
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line).await.unwrap();
    line.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("{line}"))
}

#[tokio::test]
async fn words_and_addresses_are_for_the_unit_and_the_administrators() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let note = r#"{"act":"note","text":"民眾來電抱怨"}"#;
    let everybody = everybody(&world).await;
    let (_, administrator) = everybody.last().unwrap();
    let path = "/api/v1/cases/C-1/acts";
    ask(&address, ("POST", path), administrator.as_deref(), note).await;
    for (who, token) in &everybody {
        let mut seen = String::new();
        for path in ["/api/v1/cases/C-1", "/api/v1/cases", "/api/v1/outbox", "/api/v1/units"] {
            seen.push_str(&ask(&address, ("GET", path), token.as_deref(), "").await.1);
        }
        let reads = ["officer", "supervisor", "reader", "administrator"].contains(who);
        let titles = !["nobody", "calendar"].contains(who);
        assert_eq!(seen.contains("欄位說明"), titles, "{who}: {seen}");
        assert_eq!(seen.contains("民眾來電抱怨"), reads, "{who}: {seen}");
        assert_eq!(seen.contains(UNIT), reads, "{who}: {seen}");
        assert_eq!(seen.contains("【新案分派】"), reads, "{who}: {seen}");
    }
    world.sent();
}

#[tokio::test]
async fn a_report_has_the_words_of_a_duty_for_those_who_may_read_them() {
    let mut world = with_a_case().await;
    let clerk = Actor::at_console("資訊處");
    let duty = by_hand("takedown", "T-1", "勞保統計下架");
    let number = duty.number.clone();
    world.app.add_case(duty, &clerk, "").await.unwrap();
    let document = "勞資字第1150000001號".to_owned();
    let tick = Act::Tick { item: "approval".to_owned(), on: None, document };
    for act in [tick, Act::Note { text: "首長尚有疑慮".to_owned() }] {
        world.app.act(&number, act, &clerk).await.unwrap();
    }
    let address = serve(&world).await;
    let days = "from=2026-03-01&to=2026-03-31";
    for (who, token) in &everybody(&world).await {
        for path in ["/report/csv?", "/api/v1/report?"] {
            let path = format!("{path}{days}");
            let (_, report) = ask(&address, ("GET", &path), token.as_deref(), "").await;
            let reads = ["officer", "supervisor", "reader", "administrator"].contains(who);
            let is_shown = !["nobody", "calendar"].contains(who);
            assert_eq!(report.contains("勞保統計下架"), is_shown, "{who}: {path}: {report}");
            assert_eq!(report.contains("首長尚有疑慮"), reads, "{who}: {path}: {report}");
            assert_eq!(report.contains("勞資字第"), reads, "{who}: {path}: {report}");
            let hidden = report.matches("（僅承辦單位可見）").count();
            assert_eq!(hidden, if is_shown && !reads { 2 } else { 0 }, "{who}: {path}: {report}");
        }
    }
    world.pass().await;
    world.sent();
}

#[tokio::test]
async fn an_act_is_in_the_history_by_the_name_of_the_token() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let officer = token(&world, Scope::Act, Role::Officer, Some("bli-planning")).await;
    let path = "/api/v1/cases/C-1/acts";
    let act = |body: &'static str| ask(&address, ("POST", path), Some(&officer), body);
    let (status, body) = act(r#"{"act":"acknowledge"}"#).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(r#""state":"acknowledged""#), "{body}");
    let (status, body) = act(r#"{"act":"acknowledge"}"#).await;
    assert_eq!(status, 409, "{body}");
    assert!(body.contains("act-officer-bli-planning did that"), "{body}");
    let (status, body) = act(r#"{"act":"withdraw","reason":"重複"}"#).await;
    assert_eq!(status, 403, "what takes a supervisor still does: {body}");
    for (body, expected) in [
        (r#"{"act":"extend","workdays":99,"reason":"x"}"#, 409),
        (r#"{"act":"hold","reason":" "}"#, 409),
        (r#"{"act":"explode"}"#, 422),
        (r#"{"act":"note"}"#, 422),
        // Not now, whatever was meant.
        (r#"{"act":"reply","when":"2026-02-11T09:00:00+08:00"}"#, 422),
        (r#"{"act":"acknowledge","by":"somebody else"}"#, 422),
        ("{", 400),
    ] {
        let (status, answer) = act(body).await;
        assert_eq!(status, expected, "{body}: {answer}");
        assert!(answer.contains(r#""detail":""#), "{answer}");
    }
    let history = world.app.store().history(&comment(1)).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((&*last.actor, &*last.event), ("act-officer-bli-planning", "acknowledged"));
    world.pass().await;
    world.sent();
}

#[tokio::test]
async fn a_token_ends_with_its_time_or_when_it_is_revoked_and_opens_nothing_else() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let reader = token(&world, Scope::Read, Role::Viewer, None).await;
    let other = token(&world, Scope::Read, Role::Administrator, None).await;
    let status = |token: String| {
        let address = address.clone();
        async move { ask(&address, ("GET", STATUS), Some(&token), "").await.0 }
    };
    assert_eq!(status(reader.clone()).await, 200);
    assert_eq!(status(format!("{reader}x")).await, 401);
    assert_eq!(status("x".repeat(1000)).await, 401);
    assert_eq!(ask(&address, ("GET", STATUS), None, "").await.0, 401, "the local reader is gone");
    world.app.revoke_token("read-administrator-none", "王小明").await.unwrap();
    assert_eq!(status(other).await, 401);
    world.sleep_until("2026-03-03 09:31");
    assert_eq!(status(reader).await, 401);
    let rows = std::fs::read(world.path("state/jicui.db-wal")).unwrap();
    assert!(!String::from_utf8_lossy(&rows).contains("jicui_"), "no word of a token is kept");
    world.sent();
}

#[tokio::test]
async fn deadlines_can_be_subscribed_to() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let get = |path: String| {
        let address = address.clone();
        async move { ask(&address, ("GET", &path), None, "").await }
    };
    let (status, all) = get("/calendar.ics".to_owned()).await;
    assert_eq!(status, 200, "the local reader: {all}");
    let own = token(&world, Scope::Calendar, Role::Officer, Some("bli-planning")).await;
    let other = token(&world, Scope::Calendar, Role::Officer, Some("wda-training")).await;
    let reader = token(&world, Scope::Read, Role::Viewer, None).await;
    let of = |token: &str| get(format!("/calendar/{token}/calendar.ics"));
    let (status, own) = of(&own).await;
    assert_eq!(status, 200);
    for calendar in [&all, &own] {
        assert!(calendar.starts_with("BEGIN:VCALENDAR"), "{calendar}");
        assert!(calendar.contains("UID:C-1-1@jicui"), "{calendar}");
        assert!(calendar.contains("DTSTART;VALUE=DATE:20260320"), "{calendar}");
        let read: Calendar = calendar.parse().unwrap();
        assert_eq!((read.components.len(), calendar.matches("END:VCALENDAR\r\n").count()), (1, 1));
    }
    let (status, other) = of(&other).await;
    assert_eq!(status, 200);
    assert!(!other.contains("C-1"), "{other}");
    assert_eq!(of(&reader).await.0, 404, "another scope opens no calendar");
    assert_eq!(get("/calendar.ics".to_owned()).await.0, 401);
    assert_eq!(ask(&address, ("GET", "/calendar.ics"), Some(&reader), "").await.0, 200);
    world.sent();
}

#[tokio::test]
async fn the_api_says_what_the_command_line_says() {
    let mut world = with_a_case().await;
    let address = serve(&world).await;
    let get = |path: &'static str| ask(&address, ("GET", path), None, "");
    let config = world.path("config.toml");
    for (path, arguments) in [
        ("/api/v1/cases", vec!["cases"]),
        ("/api/v1/cases?open=true&unit=bli-planning&text=欄位", vec!["cases", "--open"]),
        ("/api/v1/cases?unit=勞工保險局企劃管理組&text=c-1%20欄位", vec!["cases"]),
        ("/api/v1/calendar/2026", vec!["calendar", "show", "2026"]),
    ] {
        let mut command = assert_cmd::Command::cargo_bin("jicui").unwrap();
        command.env_clear().args(&arguments).args(["--json", "--config"]).arg(&config);
        let mut printed: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let path: String = utf8_percent_encode(path, CONTROLS).to_string();
        let (status, answered) = ask(&address, ("GET", &path), None, "").await;
        assert_eq!(status, 200, "{answered}");
        let mut answered: Value = serde_json::from_str(&answered).unwrap();
        // The program has a clock of its own.
        for document in [&mut printed, &mut answered] {
            for case in document.as_array_mut().into_iter().flatten() {
                case.as_object_mut().unwrap().remove("workdays_left");
            }
        }
        assert_eq!(answered, printed, "{path}");
    }
    for (path, expected) in [
        ("/api/v1/cases?state=replied", "[]"),
        ("/api/v1/cases?from=2026-03-03", "[]"),
        ("/api/v1/cases?from=115-03-03", "[]"),
        ("/api/v1/cases?kind=request", "[]"),
        ("/api/v1/cases?offset=1", "[]"),
        ("/api/v1/cases?unit=no-such", "[]"),
        ("/api/v1/cases?open=true&state=acknowledged", "[]"),
        ("/api/v1/cases?text=nothing%20like%20this", "[]"),
    ] {
        assert_eq!(get(path).await, (200, expected.to_owned()), "{path}");
    }
    let long = format!("/api/v1/cases?text={}", "x".repeat(101));
    for path in [
        &*long,
        "/api/v1/cases?limit=0",
        "/api/v1/cases?state=lost",
        "/api/v1/cases?opne=true",
        "/api/v1/cases?from=soon",
        "/api/v1/cases/%20",
        "/api/v1/calendar/1066",
        "/api/v1/calendar/now",
        "/api/v1/outbox?limit=9999",
        "/api/v1/report?from=2026-03-01",
    ] {
        let (status, body) = ask(&address, ("GET", path), None, "").await;
        assert_eq!(status, 400, "{path}: {body}");
        assert!(body.contains(r#""detail":""#), "{body}");
    }
    for (path, expected) in [("/api/v1/cases/C-2", 404), ("/api/v1/nothing", 404)] {
        let (status, body) = get(path).await;
        assert_eq!(status, expected, "{body}");
        assert!(body.contains(r#""detail":""#), "{body}");
    }
    world.sent();
}
