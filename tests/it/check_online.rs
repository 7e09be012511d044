//! `jicui check --online`: each source and channel by itself, each failure with what to do.

use jicui::config::SAMPLE_UNITS;
use jicui::demo::platform::Misbehaviour;

use jicui::config::settings::TlsFiles;
use jicui::web::{self, Tls};

use super::people::{post, said_by_the_program};
use super::tls::certify;
use super::world::smtp::FakeSmtp;
use super::world::{World, units_by_slack_then_teams};

const NOW: &str = "2026-03-02 09:30";

async fn check(world: &World) -> String {
    said_by_the_program(world, &["check", "--online"]).await.1
}

/// The line about one source or channel.
#[track_caller]
fn about<'t>(said: &'t str, what: &str) -> &'t str {
    let of = |line: &&str| line.split_once(": ").is_some_and(|(_, rest)| rest.starts_with(what));
    said.lines().find(of).unwrap_or_else(|| panic!("nothing about {what}: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_well_is_said_of_each_and_nobody_sees_anything() {
    let units = units_by_slack_then_teams();
    let world = World::with_units(NOW, &units).await;
    post(&world, 1, "題", "2026-03-02 09:00");
    let said = check(&world).await;
    for (what, words) in [
        ("platform datasets", "/api/front/dataset/list"),
        ("platform comments", "/api/front/comment/detail"),
        ("platform requests", "/suggests"),
        ("slack:C00BLI0001", "the bot is in the channel"),
        ("slack:C00ADMIN001", "the bot is in the channel"),
        ("slack", "workspace 部會 as jicui, with the scopes chat:write"),
        ("teams:flow", "nothing was posted"),
    ] {
        let line = about(&said, &format!("{what}: "));
        assert!(line.starts_with("well: ") && line.contains(words), "{line}");
    }
    assert!(world.slack.all().is_empty() && world.teams.all().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_what_to_do() {
    let config = "[folder]\npath = \"nowhere\"\n[mail]\nhost = \"127.0.0.1\"\nport = 9\n\
        encryption = \"none\"\nfrom = \"jicui@example.gov.tw\"\n";
    let units = SAMPLE_UNITS.replacen(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"slack:C00BLI0001\", \"teams:flow\", \"mail:wu@example.gov.tw\"]",
        1,
    );
    let world = World::with(NOW, &units, config).await;
    world.platform.misbehave(Some(Misbehaviour::WrongTypes));
    world.teams.disable("flow");
    world.slack.grant("chat:write");
    let said = check(&world).await;
    for (what, words) in [
        ("platform datasets", "mend `rows` and `fields`"),
        ("folder", "make it, or mend [folder] path"),
        ("slack", "lacks channels:history, groups:history: add the scope"),
        ("teams:flow", "make a new one"),
        ("mail:wu@example.gov.tw", "let this machine reach it"),
    ] {
        let line = about(&said, &format!("{what}: "));
        assert!(line.starts_with("FAULT: ") && line.contains(words), "{line}");
    }
    assert!(!said.contains("slack:C00BLI0001: "), "one word for all channels: {said}");
    assert!(!said.contains("well: 8 units"), "{said}");
}

/// What is said of the mail server at this port, which is asked for this encryption.
async fn about_mail(world: &World, port: u16, encryption: &str) -> String {
    let mail = format!(
        "[platform]\nenabled = false\n[mail]\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"{encryption}\"\n\
         from = \"jicui@example.gov.tw\"\n"
    );
    std::fs::write(world.path("config.toml"), mail).unwrap();
    let said = check(world).await;
    about(&said, "mail:wu@example.gov.tw: ").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_without_encryption_to_be_trusted_is_mended_not_waited_for() {
    let units = SAMPLE_UNITS.replacen(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"mail:wu@example.gov.tw\"]",
        1,
    );
    let world = World::with_units(NOW, &units).await;
    // A certificate that nobody here trusts: whoever answers does not come to speak of mail.
    let files = TlsFiles { certificate: world.path("chain.pem"), key: world.path("key.pem") };
    certify(&files);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let pages = (web::router(world.app.clone()).unwrap(), std::time::Duration::from_secs(2));
    let tls = std::sync::Arc::new(Tls::new(files).unwrap());
    tokio::spawn(web::serve_tls(listener, pages, tls, world.app.stop().clone()));
    let said = about_mail(&world, port, "tls").await;
    assert!(said.contains("offers no encryption that can be trusted"), "{said}");
    let plain = FakeSmtp::start(false).port();
    let said = about_mail(&world, plain, "starttls").await;
    assert!(said.contains("knows no STARTTLS"), "{said}");
    world.app.stop().cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_must_go_by_a_proxy_reaches_slack_by_it() {
    let world = World::at(NOW).await;
    post(&world, 1, "題", "2026-03-02 09:00");
    // The name leads nowhere: only the proxy, for which the stand-in does here, takes what goes there.
    let proxy = world.slack.api_url().replace("/api", "");
    let config = std::fs::read_to_string(world.path("config.toml")).unwrap();
    let config = config.replace(&proxy, "http://slack.invalid");
    std::fs::write(world.path("config.toml"), config).unwrap();
    let path = world.path("config.toml");
    let check = move |proxy: &str| {
        let mut command = assert_cmd::Command::cargo_bin("jicui").unwrap();
        let environment = [("HTTP_PROXY", proxy), ("NO_PROXY", "127.0.0.1")];
        command.env_clear().envs(environment).arg("--config").arg(&path);
        String::from_utf8(command.args(["check", "--online"]).output().unwrap().stderr).unwrap()
    };
    let checked = move || (check(""), check(&proxy));
    let (without, with) = tokio::task::spawn_blocking(checked).await.unwrap();
    assert!(about(&without, "slack: ").contains("could not be reached"), "{without}");
    assert!(about(&with, "slack: ").contains("workspace 部會 as jicui"), "{with}");
    assert!(about(&with, "platform datasets: ").starts_with("well: "), "{with}");
}
