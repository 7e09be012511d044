//! Signing in and out, on the wire.

use assert_cmd::Command;
use jicui::domain::access::{Grant, Role, Scope};
use jicui::web;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::web::{raw, serve};
use super::world::World;
use super::world::program::Program;

const PASSWORD: &str = "公文 準時 回復 民眾 提問";
const STATUS: &str = "/api/v1/status";

/// A world in which 王小明 can sign in.
async fn with_wang(config: &str) -> (World, String) {
    let rates = "caller_requests_per_min = 10000\nrequests_per_min = 10000\n";
    let world = World::with_config("2026-03-02 09:30", &format!("[web]\n{rates}{config}")).await;
    let grant = Grant::new("王小明".to_owned(), Some(Role::Administrator), Vec::new());
    let mail = Some("Wang@example.gov.tw".to_owned());
    let password = Some(SecretString::from(PASSWORD));
    world.app.add_user(grant, (mail, password), "root").await.unwrap();
    let address = serve(&world).await;
    (world, address)
}

/// Sends a request; the whole answer.
pub(crate) async fn send(address: &str, line: &str, headers: &str, body: &str) -> String {
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let kind = if body.is_empty() { "" } else { kind };
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    raw(address, head.as_bytes()).await
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = fields.iter().map(|(key, value)| format!("{key}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

async fn try_password(address: &str, name: &str, password: &str) -> String {
    let body = form(&[("name", name), ("password", password), ("next", "cases?open=true")]);
    send(address, "POST /sign-in", "", &body).await
}

/// The cookie of a new session of 王小明.
async fn sign_in(address: &str) -> String {
    let answer = try_password(address, "王小明", PASSWORD).await;
    assert_eq!(status(&answer), 303, "{answer}");
    cookie(&answer)
}

pub(crate) fn cookie(answer: &str) -> String {
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("Cookie: {}\r\n", set.split(';').next().unwrap())
}

/// What a page's forms carry.
fn csrf(page: &str) -> String {
    let field = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or_else(|| panic!("{page}"));
    field.split('"').next().unwrap().to_owned()
}

pub(crate) async fn looks(address: &str, headers: &str) -> u16 {
    status(&send(address, &format!("GET {STATUS}"), headers, "").await)
}

#[tokio::test]
async fn whoever_has_the_password_is_let_in_and_led_on() {
    let (_world, address) = with_wang("").await;
    let asked = send(&address, "GET /sign-out", "", "").await;
    assert_eq!(status(&asked), 303, "{asked}");
    assert!(asked.contains("location: ./sign-in?next=sign%2Dout\r\n"), "{asked}");
    let page = send(&address, "GET /sign-in?next=cases%3Fopen%3Dtrue", "", "").await;
    assert!(page.contains("name=\"next\" value=\"cases?open=true\""), "{page}");
    assert!(page.contains("<html lang=\"zh-Hant-TW\">") && page.contains("<label for=\"name\">"));
    let english = send(&address, "GET /sign-in?language=en", "", "").await;
    assert!(english.contains("<html lang=\"en\">") && english.contains("Sign in"), "{english}");
    for name in ["王小明", "wang@example.gov.tw"] {
        let answer = try_password(&address, name, PASSWORD).await;
        assert_eq!(status(&answer), 303, "{answer}");
        assert!(answer.contains("location: ./cases?open=true\r\n"), "{answer}");
        let set = answer.lines().find(|line| line.starts_with("set-cookie: jicui=")).unwrap();
        assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
        assert_eq!(looks(&address, &cookie(&answer)).await, 200);
    }
    assert_eq!(looks(&address, "").await, 401, "the local reader is gone");
    assert_eq!(looks(&address, "Cookie: jicui=x\r\n").await, 401);
}

#[tokio::test]
async fn whoever_has_not_is_told_no_more_than_that() {
    let (_world, address) = with_wang("").await;
    let wrong = try_password(&address, "王小明", "公文 準時 回復 民眾").await;
    let stranger = try_password(&address, "<王大明>", PASSWORD).await;
    for answer in [&wrong, &stranger] {
        assert_eq!(status(answer), 403, "{answer}");
        assert!(answer.contains("帳號或密碼不正確"), "{answer}");
        assert!(!answer.contains("set-cookie"), "{answer}");
        assert!(!answer.contains("公文"), "a password is not said again: {answer}");
    }
    assert!(wrong.contains("value=\"王小明\""), "the name is kept: {wrong}");
    assert!(stranger.contains("value=\"&#60;王大明&#62;\""), "{stranger}");
    for headers in ["Origin: https://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        let body = form(&[("name", "王小明"), ("password", PASSWORD)]);
        let answer = send(&address, "POST /sign-in", headers, &body).await;
        assert_eq!(status(&answer), 403, "{answer}");
        assert!(!answer.contains("set-cookie"), "{answer}");
    }
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1\n"] {
        let body = form(&[("name", "王小明"), ("password", PASSWORD), ("next", next)]);
        let answer = send(&address, "POST /sign-in", "", &body).await;
        let place = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        assert_eq!(place, "./", "{next}");
    }
}

#[tokio::test]
async fn guessing_takes_long() {
    let (world, address) = with_wang("").await;
    for _ in 0..5 {
        assert_eq!(status(&try_password(&address, "王小明", "錯").await), 403);
    }
    let refused = try_password(&address, "王小明", PASSWORD).await;
    assert_eq!(status(&refused), 429, "{refused}");
    assert!(refused.contains("嘗試次數過多，請於 16 分鐘後再試"), "{refused}");
    assert_eq!(status(&try_password(&address, "李大華", "錯").await), 403, "others go on");
    world.sleep_until("2026-03-02 09:45");
    assert_eq!(status(&try_password(&address, "王小明", PASSWORD).await), 303);
}

#[tokio::test]
async fn a_session_ends_by_silence_and_by_age() {
    let (world, address) = with_wang("session_hours = 2\nsession_idle_mins = 30\n").await;
    let (busy, idle) = (sign_in(&address).await, sign_in(&address).await);
    for minute in ["09:55", "10:20"] {
        world.sleep_until(&format!("2026-03-02 {minute}"));
        assert_eq!(looks(&address, &busy).await, 200, "{minute}");
    }
    assert_eq!(looks(&address, &idle).await, 401);
    for (minute, expected) in [("10:45", 200), ("11:10", 200), ("11:29", 200), ("11:30", 401)] {
        world.sleep_until(&format!("2026-03-02 {minute}"));
        assert_eq!(looks(&address, &busy).await, expected, "{minute}");
    }
    let kept = std::fs::read(world.path("state/jicui.db-wal")).unwrap();
    let word = busy.split('=').nth(1).unwrap().trim();
    assert!(!String::from_utf8_lossy(&kept).contains(word), "only a hash is kept");
}

#[tokio::test]
async fn a_page_that_asks_by_itself_is_nobody_at_work() {
    let (world, address) = with_wang("session_hours = 2\nsession_idle_mins = 30\n").await;
    let left = sign_in(&address).await;
    let by_itself = format!("{left}X-Jicui-By-Itself: 1\r\n");
    for (minute, expected) in [("09:55", 200), ("10:20", 401)] {
        world.sleep_until(&format!("2026-03-02 {minute}"));
        assert_eq!(looks(&address, &by_itself).await, expected, "{minute}");
    }
    // A page without a script says so in its address.
    let left = sign_in(&address).await;
    let page = send(&address, "GET /", &left, "").await;
    assert!(page.contains(r#"content="60; url=./?by_itself=1""#), "{page}");
    for (minute, expected) in [("10:45", 200), ("11:10", 303)] {
        world.sleep_until(&format!("2026-03-02 {minute}"));
        let answer = send(&address, "GET /?by_itself=1", &left, "").await;
        assert_eq!(status(&answer), expected, "{minute}");
    }
}

#[tokio::test]
async fn who_signs_out_is_out_here_or_everywhere() {
    let (world, address) = with_wang("").await;
    let (first, second, third) =
        (sign_in(&address).await, sign_in(&address).await, sign_in(&address).await);
    let page = send(&address, "GET /sign-out", &first, "").await;
    let body = form(&[("csrf", &csrf(&page))]);
    let answer = send(&address, "POST /sign-out", &first, &body).await;
    assert_eq!(status(&answer), 303, "{answer}");
    assert!(answer.contains("set-cookie: jicui=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
    assert_eq!(looks(&address, &first).await, 401);
    assert_eq!(looks(&address, &second).await, 200);
    let page = send(&address, "GET /sign-out", &second, "").await;
    let body = form(&[("csrf", &csrf(&page))]);
    let answer = send(&address, "POST /sign-out/everywhere", &second, &body).await;
    assert!(answer.contains("location: ./../sign-in\r\n"), "{answer}");
    for held in [&second, &third] {
        assert_eq!(looks(&address, held).await, 401);
    }
    let held = sign_in(&address).await;
    // A token of the same name is no person who could sign out.
    let namesake = Grant::new("王小明".to_owned(), Some(Role::Viewer), Vec::new());
    let until = world.now() + chrono::TimeDelta::days(1);
    let token = world.app.add_token(namesake, (Scope::Read, until), "root").await.unwrap();
    let by_token = format!("Authorization: Bearer {token}\r\n");
    for way in ["/sign-out", "/sign-out/everywhere"] {
        let out = send(&address, &format!("POST {way}"), &by_token, "").await;
        assert_eq!(status(&out), 403, "{out}");
    }
    assert_eq!(looks(&address, &held).await, 200);
    world.app.set_password("王小明", "另一組 夠長的 通關密語".into(), "root").await.unwrap();
    assert_eq!(looks(&address, &held).await, 401, "another password ends every session");
    assert_eq!(status(&try_password(&address, "王小明", PASSWORD).await), 403);
    let answer = try_password(&address, "王小明", "另一組 夠長的 通關密語").await;
    world.app.remove_user("王小明", "root").await.unwrap();
    assert_eq!(looks(&address, &cookie(&answer)).await, 401, "so does being removed");
    assert_eq!(looks(&address, "").await, 401, "and the local reader stays out");
}

#[tokio::test]
async fn what_changes_anything_comes_from_a_page_of_ours() {
    let (_world, address) = with_wang("").await;
    let (own, other) = (sign_in(&address).await, sign_in(&address).await);
    let word = csrf(&send(&address, "GET /sign-out", &own, "").await);
    let others = csrf(&send(&address, "GET /sign-out", &other, "").await);
    assert_ne!(word, others, "each session has its own");
    let long = "x".repeat(300_000);
    for (body, expected) in [
        (String::new(), 403),
        (form(&[("csrf", "")]), 403),
        (form(&[("csrf", &others)]), 403),
        (form(&[("x", &word)]), 403),
        (form(&[("csrf", &word), ("x", &long)]), 413),
    ] {
        let answer = send(&address, "POST /sign-out", &own, &body).await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
    let json = format!("{own}X-CSRF-Token: {word}\r\nContent-Type: application/json\r\n");
    let path = "/api/v1/cases/C-1/acts";
    let body = r#"{"act":"note","text":"x"}"#;
    let head = |headers: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let answer = raw(&address, head(&json).as_bytes()).await;
    assert_eq!(status(&answer), 404, "it was heard: {answer}");
    let without = format!("{own}Content-Type: application/json\r\n");
    let answer = raw(&address, head(&without).as_bytes()).await;
    assert_eq!(status(&answer), 403, "{answer}");
    let boundary = "Content-Type: multipart/form-data; boundary=b\r\n";
    let body =
        format!("--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{word}\r\n--b--\r\n");
    let head = format!(
        "POST /sign-out HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{own}{boundary}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(status(&raw(&address, head.as_bytes()).await), 303, "files come with a form");
}

#[tokio::test]
async fn a_proxy_is_believed_from_its_own_address_alone() {
    let named = |proxy: &str| {
        format!(
            "behind_proxy = true\ntrusted_header = \"X-Remote-User\"\n\
             trusted_proxies = [\"{proxy}\"]\n"
        )
    };
    let (world, address) = with_wang(&named("127.0.0.1")).await;
    for (headers, expected) in [
        ("X-Remote-User: 王小明\r\n", 200),
        ("x-remote-user: WANG@example.gov.tw\r\n", 200),
        ("X-Remote-User: 李大華\r\n", 401),
        ("X-Remote-User: \r\n", 401),
        ("X-Remote-User: 王小明\r\nX-Remote-User: 王小明\r\n", 401),
        ("X-User: 王小明\r\n", 401),
        ("", 401),
    ] {
        assert_eq!(looks(&address, headers).await, expected, "{headers}");
    }
    let header = "X-Remote-User: 王小明\r\n";
    let page = send(&address, "GET /rehearsal", header, "").await;
    let word = form(&[("csrf", &csrf(&page))]);
    let without = send(&address, "POST /units/nobody/test", header, "").await;
    assert_eq!(status(&without), 403, "the proxy vouches for a foreign page too: {without}");
    assert_eq!(status(&send(&address, "POST /units/nobody/test", header, &word).await), 404);
    assert!(!page.contains("sign-out\""), "whom a proxy lets in goes out by the proxy: {page}");
    for way in ["/sign-out", "/sign-out/everywhere"] {
        let out = send(&address, &format!("POST {way}"), header, &word).await;
        assert_eq!(status(&out), 403, "nothing would end: {out}");
    }
    let answer = try_password(&address, "王小明", PASSWORD).await;
    let set = answer.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    assert!(set.starts_with("set-cookie: __Host-jicui="), "over TLS: {set}");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let cookie = cookie(&answer);
    assert_eq!(looks(&address, &cookie).await, 200);
    let other = format!("{cookie}X-Remote-User: 李大華\r\n");
    assert_eq!(
        looks(&address, &other).await,
        401,
        "whoever sat there before is not who sits there"
    );
    drop(world);
    let (world, address) = with_wang(&named("10.1.2.3")).await;
    assert_eq!(looks(&address, header).await, 401, "anybody can send a header");
    // The same connection, heard at another address of this machine.
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let elsewhere = listener.local_addr().unwrap().to_string();
    let router = web::router(world.app.clone()).unwrap();
    let limit = world.app.live().config.web.request_timeout;
    tokio::spawn(web::serve(listener, (router, limit), world.app.stop().clone()));
    assert_eq!(looks(&elsewhere, header).await, 401);
}

/// Types a command, with this on standard input.
fn typed(program: &Program, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command: Command = program.command(arguments);
    let output = command.write_stdin(input).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn administrators_give_and_take_accounts() {
    let program = Program::install();
    let add = ["users", "add", "李訓練", "--unit", "wda-training", "--mail", "li@example.gov.tw"];
    let (done, said) = typed(&program, &add, "短\n");
    assert!(!done && said.contains("at least 12 characters"), "{said}");
    let (done, said) = typed(&program, &add, &format!("{PASSWORD}\n"));
    assert!(done && !said.contains("公文"), "{said}");
    let (done, said) = typed(&program, &add, &format!("{PASSWORD}\n"));
    assert!(!done && said.contains("already"), "{said}");
    for (arguments, expected) in [
        (vec!["users", "add", "張三", "--role", "officer"], "of which unit"),
        (vec!["users", "add", "張三", "--unit", "nowhere"], "no unit has the id nowhere"),
        (vec!["users", "add", "jicui", "--no-password"], "cannot be a name"),
        (vec!["users", "add", "張三", "--no-password", "--mail", "x"], "is no mail address"),
        (vec!["users", "remove", "張三"], "there is no user 張三"),
        (vec!["users", "password", "張三"], "there is no user 張三"),
    ] {
        let (done, said) = typed(&program, &arguments, &format!("{PASSWORD}\n"));
        assert!(!done && said.contains(expected), "{arguments:?}: {said}");
    }
    let users = program.json(&["users", "list"]);
    let user = &users.as_array().unwrap()[0];
    assert_eq!((&user["name"], &user["role"]), (&"李訓練".into(), &"officer".into()));
    assert_eq!(user["added_by"], "王小明");
    assert!(!users.to_string().contains("argon2"), "{users}");
    assert!(typed(&program, &["users", "password", "李訓練"], "另一組 夠長的 通關密語\n").0);
    assert!(typed(&program, &["users", "remove", "李訓練"], "").0);
    assert_eq!(program.json(&["users", "list"]).as_array().unwrap().len(), 0);
    assert!(typed(&program, &["users", "add", "李訓練", "--no-password"], "").0, "once more");
    let events = program.json(&["users", "history"]);
    let events = events.as_array().unwrap().iter();
    let events: Vec<String> = events
        .map(|event| {
            format!("{} {} {}", event["event"], event["role"], event["by"]).replace('"', "")
        })
        .collect();
    let expected = ["added officer", "password officer", "removed officer", "added viewer"]
        .map(|e| format!("{e} 王小明"));
    assert_eq!(events, expected);
}

#[test]
fn tokens_are_made_shown_once_and_revoked() {
    let program = Program::install();
    let add = ["tokens", "add", "儀表板", "--scope", "read", "--until", "2099-12-31"];
    let output = program.run(&add);
    let word = String::from_utf8(output.stdout).unwrap();
    assert!(word.starts_with("jicui_") && word.trim().len() == 49, "{word}");
    assert!(!program.run(&add).status.success(), "the name is taken");
    let over = ["tokens", "add", "舊", "--scope", "read", "--until", "2020-01-01"];
    assert!(!program.run(&over).status.success());
    let calendar = ["tokens", "add", "行事曆", "--scope", "calendar", "--unit", "wda-training"];
    let made = program.json(&[&calendar[..], &["--until", "115-12-31"]].concat());
    let address = made["address"].as_str().unwrap();
    assert!(address.ends_with("/calendar.ics"), "{made}");
    let tokens = program.json(&["tokens", "list"]);
    assert_eq!(tokens.as_array().unwrap().len(), 2, "{tokens}");
    assert!(!tokens.to_string().contains(word.trim()), "{tokens}");
    assert!(program.run(&["tokens", "revoke", "儀表板"]).status.success());
    assert!(!program.run(&["tokens", "revoke", "儀表板"]).status.success());
    assert_eq!(program.json(&["tokens", "list"]).as_array().unwrap().len(), 1);
}
