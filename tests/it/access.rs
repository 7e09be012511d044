//! Who is let in, on the wire.

use super::web::{check_status, raw, serve};
use super::world::World;

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
