//! The pages on the wire: what a browser, a monitor and somebody hostile get.

use std::time::Duration;

use jicui::app::Step;
use jicui::clock::wall;
use jicui::demo::platform::Misbehaviour;
use jicui::web;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::world::{NID, World, moment};

/// The pages of `world`, served until the app stops.
pub(crate) async fn serve(world: &World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = web::router(world.app.clone()).unwrap();
    let limit = world.app.live().config.web.request_timeout;
    tokio::spawn(web::serve(listener, (router, limit), world.app.stop().clone()));
    address
}

/// Sends these bytes and reads until the server has said everything.
pub(crate) async fn raw(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has had enough may hang up before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
    let _ = read.await.expect("the server hangs up");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(address: &str, path: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    raw(address, head.as_bytes()).await
}

#[track_caller]
pub(crate) fn check_status(answer: &str, expected: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
}

#[tokio::test]
async fn it_is_alive_at_once_and_ready_after_a_good_poll() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    check_status(&get(&address, "/healthz").await, 200);
    let before = get(&address, "/readyz").await;
    check_status(&before, 503);
    assert!(before.contains(r#"{"code":"poll","severity":"bad"}"#), "{before}");
    world.app.run(Step::Poll).await;
    let after = get(&address, "/readyz").await;
    check_status(&after, 200);
    assert!(after.contains(r#""ready":true"#), "{after}");
    world.sleep_until("2026-03-02 11:30");
    check_status(&get(&address, "/readyz").await, 503);
}

#[tokio::test]
async fn one_failed_poll_does_not_make_it_unready_while_a_good_one_is_fresh() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    world.app.run(Step::Poll).await;
    world.platform.misbehave(Some(Misbehaviour::Status(503)));
    world.sleep_until("2026-03-02 09:40");
    world.app.run(Step::Poll).await;
    let answer = get(&address, "/readyz").await;
    check_status(&answer, 200);
    assert!(answer.contains(r#"{"code":"poll","severity":"warning"}"#), "{answer}");
    assert!(get(&address, "/metrics").await.contains("\njicui_ready 1\n"));
    world.sleep_until("2026-03-02 11:30");
    world.app.run(Step::Poll).await;
    let answer = get(&address, "/readyz").await;
    check_status(&answer, 503);
    assert!(answer.contains(r#"{"code":"poll","severity":"bad"}"#), "{answer}");
    assert!(get(&address, "/metrics").await.contains("\njicui_ready 0\n"));
}

#[tokio::test]
async fn a_calendar_that_is_missing_for_next_year_does_not_make_it_unready() {
    for (now, severity, status) in
        [("2027-12-15 09:30", "warning", 200), ("2028-01-05 09:30", "bad", 503)]
    {
        let world = World::at(now).await;
        let address = serve(&world).await;
        world.app.run(Step::Poll).await;
        let answer = get(&address, "/readyz").await;
        check_status(&answer, status);
        let found = format!(r#"{{"code":"calendar","severity":"{severity}"}}"#);
        assert!(answer.contains(&found), "{answer}");
    }
}

#[tokio::test]
async fn the_metrics_are_numbers_and_say_nothing_of_what_a_citizen_wrote() {
    let mut world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let before = get(&address, "/metrics").await;
    check_status(&before, 200);
    assert!(before.contains("\njicui_ready 0\n"), "{before}");
    assert!(!before.contains("jicui_last_good_poll_age_seconds"), "nothing was read yet");
    world.platform.post_comment(NID, 1, "民眾的話", wall(moment("2026-02-23 09:00")));
    world.run_until("2026-03-13 10:00").await;
    world.slack.revoke();
    world.run_until("2026-03-16 15:10").await;
    let after = get(&address, "/metrics").await;
    let lines: Vec<&str> = after
        .lines()
        .filter(|line| line.starts_with("jicui_") && !line.ends_with(" 0"))
        .filter(|line| !line.starts_with("jicui_last_poll_duration_seconds"))
        .filter(|line| !line.starts_with("jicui_calendar_year_published"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    jicui_alarms_active{code="channel_misconfigured"} 1
    jicui_build_info{version="0.1.0"} 1
    jicui_cases_due_soon{agency="勞動部勞工保險局",kind="comment"} 1
    jicui_cases_open{agency="勞動部勞工保險局",kind="comment"} 1
    jicui_messages_failed{channel="slack"} 3
    jicui_messages_sent_total{channel="slack"} 5
    "#);
    assert!(after.contains("jicui_calendar_year_published{year=\"2026\"} 1"), "{after}");
    assert!(!after.contains("民眾的話"));
    world.sent();
}

#[tokio::test]
async fn a_message_that_reached_nobody_is_not_ready_until_one_does() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_comment(
        super::world::NID,
        1,
        "題",
        jicui::clock::wall(super::world::moment("2026-03-02 09:00")),
    );
    world.slack.archive(super::world::UNIT);
    world.pass().await;
    let address = serve(&world).await;
    let answer = get(&address, "/readyz").await;
    check_status(&answer, 503);
    assert!(answer.contains("message_undelivered"), "{answer}");
    world.pass().await;
    assert!(world.sent().contains("提醒無法送達"));
    world.slack.unarchive(super::world::UNIT);
    world.sleep_until("2026-03-02 11:00");
    world.pass().await;
    check_status(&get(&address, "/readyz").await, 200);
    assert!(world.sent().contains("【新案分派】"));
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_a_public_page() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    for path in ["/healthz", "/readyz", "/metrics", "/style.css", "/no/such/page", "/act/x.y"] {
        let answer = get(&address, path).await.to_lowercase();
        for header in [
            "content-security-policy: default-src 'none'; style-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'\r\n",
            "x-content-type-options: nosniff\r\n",
            "x-frame-options: deny\r\n",
            "referrer-policy: no-referrer\r\n",
        ] {
            assert!(answer.contains(header), "{path} lacks {header}: {answer}");
        }
        let kept = path == "/style.css";
        assert_eq!(answer.contains("cache-control: no-store"), !kept, "{answer}");
    }
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let head = |line: &str, rest: &str| {
        format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{rest}\r\n")
    };
    for (request, expected) in [
        // Somebody else's name.
        (
            "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
            421,
        ),
        ("GET /healthz HTTP/1.0\r\n\r\n".to_owned(), 421),
        // Nonsense, and too much of it.
        ("\u{0}\u{1}\u{2} nonsense\r\n\r\n".to_owned(), 400),
        (head("GET /healthz", "Content-Length: many\r\n"), 400),
        (head("GET /healthz", &"x-a: b\r\n".repeat(100)), 431),
        (head("GET /healthz", &format!("x-a: {}\r\n", "b".repeat(40_000))), 431),
        (head(&format!("GET /{}", "a".repeat(70_000)), ""), 431),
        // Paths that go elsewhere.
        (head("GET /act/../../etc/passwd", ""), 404),
        (head("GET /%2e%2e/%2e%2e/etc/passwd", ""), 404),
        (head("GET //healthz", ""), 404),
        (head("GET /style.css/../../jicui.db", ""), 404),
        (head("GET /healthz%00", ""), 404),
        // Other methods.
        (head("DELETE /healthz", ""), 405),
        (head("PROPFIND /readyz", ""), 405),
    ] {
        let shown: String = request.chars().take(80).collect();
        let answer = raw(&address, request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected} "))
                || answer.starts_with(&format!("HTTP/1.0 {expected} ")),
            "{shown}: {answer}"
        );
    }
    check_status(&get(&address, "/healthz").await, 200);
}

#[tokio::test]
async fn whoever_never_finishes_a_request_is_hung_up_on() {
    let config = "[web]\nrequest_timeout_secs = 1\n";
    let world = World::with_config("2026-03-02 09:30", config).await;
    let address = serve(&world).await;
    assert_eq!(raw(&address, b"").await, "", "nothing at all");
    let began = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nX-Slow: ");
    let answer = raw(&address, began.as_bytes()).await;
    assert!(!answer.contains(" 200 "), "{answer}");
}

#[tokio::test]
async fn a_caller_with_too_many_requests_is_asked_to_wait() {
    let config = "[web]\ncaller_requests_per_min = 3\n";
    let world = World::with_config("2026-03-02 09:30", config).await;
    let address = serve(&world).await;
    for _ in 0..3 {
        check_status(&get(&address, "/style.css").await, 200);
    }
    let refused = get(&address, "/style.css").await;
    check_status(&refused, 429);
    assert!(refused.contains("retry-after: "), "{refused}");
    check_status(&get(&address, "/healthz").await, 200);
}

#[tokio::test]
async fn behind_a_proxy_each_caller_has_a_share() {
    let config = "[web]\nbehind_proxy = true\ncaller_requests_per_min = 1\n";
    let world = World::with_config("2026-03-02 09:30", config).await;
    let address = serve(&world).await;
    let of = |caller: &str| {
        format!(
            "GET /style.css HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: 9.9.9.9, {caller}\r\n\
             Connection: close\r\n\r\n"
        )
    };
    check_status(&raw(&address, of("10.0.0.1").as_bytes()).await, 200);
    check_status(&raw(&address, of("10.0.0.1").as_bytes()).await, 429);
    check_status(&raw(&address, of("10.0.0.2").as_bytes()).await, 200);
}

#[tokio::test]
async fn a_stop_finishes_and_closes() {
    let world = World::at("2026-03-02 09:30").await;
    let address = serve(&world).await;
    let mut idle = TcpStream::connect(&address).await.unwrap();
    check_status(&get(&address, "/healthz").await, 200);
    world.app.stop().cancel();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(10), idle.read_to_end(&mut rest));
    closed.await.expect("an idle connection is closed").unwrap();
    assert!(rest.is_empty());
    assert!(TcpStream::connect(&address).await.is_err(), "nothing new is taken");
}
