//! What validators that nobody here wrote look at (`.ci/doors`): every kind of message and page, with
//! harmless and with hostile words, written to `target/tmp/proofs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jicui::config::SAMPLE_UNITS;
use jicui::domain::directory::{Language, Unit};
use jicui::domain::offer::{Answers, Offer};
use jicui::notify::Receipt;
use jicui::notify::slack::click::Click;
use jicui::notify::slack::modal::{Asked, modal};
use jicui::web;
use serde_json::Value;
use tokio::net::TcpListener;

use super::world::slack::APP_TOKEN;
use super::world::{NID, World, comment, moment};

const PUBLIC_URL: &str = "https://jicui.example.gov.tw";

/// Words with everything that might mean something to a provider, a browser or a person's eyes.
fn hostile() -> String {
    let words = "<!channel> <@U1|x> *粗* _斜_ ~刪~ `碼` [連結](https://evil.example) <b>標記</b> \
                 {{7*7}} & \u{202e}反\u{2066} 👨‍👩‍👧 שלום ![圖](x) # 標題 @everyone ";
    words.chars().cycle().take(255).collect()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proofs").join(name);
    // What an earlier run left proves nothing.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).unwrap();
}

async fn world(units: &str, title: &str, files: &[(&str, &str)]) -> World {
    let config =
        format!("[web]\npublic_url = \"{PUBLIC_URL}\"\nlink_secret_file = \"link_secret\"\n");
    let secret = [("link_secret", "0123456789abcdef0123456789abcdef")];
    let files = [&secret[..], files].concat();
    let world = World::with_files("2026-03-02 09:30", units, (&config, &files)).await;
    let at = jicui::clock::wall(moment("2026-03-02 09:00"));
    world.platform.post_comment(NID, 558_380, title, at);
    world
}

/// Two officers, so that the page asks who acts; mentioned in Teams.
fn two_officers(channel: &str) -> String {
    SAMPLE_UNITS
        .replace("channels = [\"slack:C00BLI0001\"]", &format!("channels = [\"{channel}\"]"))
        .replace(
            "officers = [{ name = \"吳保險\"",
            "officers = [{ name = \"鄭同仁\", teams = \"cheng@example.gov.tw\" }, { name = \"吳保險\"",
        )
}

/// One pass at each of these moments.
async fn pass_at(world: &World, moments: &[&str]) {
    for at in moments {
        world.sleep_until(at);
        world.pass().await;
    }
}

/// From the assignment to the third day overdue, with an extension that waits.
async fn climb(world: &mut World) {
    pass_at(world, &["2026-03-02 09:30", "2026-03-09 09:00", "2026-03-10 10:00"]).await;
    let officer = jicui::domain::directory::Person {
        name: "吳保險".to_owned(),
        slack: Some("U00OFF0004".to_owned()),
        ..Default::default()
    };
    let actor = jicui::domain::act::Actor::person(&officer);
    let reason = "<!here> 洽其他機關 *確認*".to_owned();
    let act = jicui::domain::act::Act::Extend { workdays: 5, reason };
    world.app.act(&comment(558_380), act, &actor).await.unwrap();
    let mornings = ["10 10:30", "13 09:00", "17 09:00", "19 09:00", "20 09:00", "20 14:00"];
    let overdue = ["23 09:00", "24 09:00", "25 09:00"];
    for morning in [&mornings[..], &overdue].concat() {
        pass_at(world, &[&format!("2026-03-{morning}")]).await;
    }
}

#[tokio::test]
async fn slack_messages_are_written_for_their_validator() {
    let folder = folder("slack");
    let mut count = 0;
    for (mood, title) in [("plain", "不分幅_澎湖20MDEM無法下載"), ("hostile", &hostile())]
    {
        for (door, files) in [("links", &[][..]), ("buttons", &[("app_token", APP_TOKEN)][..])] {
            let mut world = world(SAMPLE_UNITS, title, files).await;
            climb(&mut world).await;
            for (number, posted) in world.slack.all().into_iter().enumerate() {
                let name = format!("{mood}-{door}-{number:02}.json");
                write(&folder, &name, &posted.request.to_string());
                count += 1;
            }
            world.sent();
        }
    }
    assert!(count > 30, "{count}");
}

/// Every modal, with more units than one menu holds.
#[test]
fn slack_modals_are_written_for_their_validator() {
    let folder = folder("modals");
    let named = |id: String, name: &str| Unit { id, name: name.to_owned(), ..Unit::default() };
    let units: Vec<Unit> =
        (0..130).map(|n| named(format!("unit-{n}"), &format!("{n} {}", hostile()))).collect();
    for offer in Offer::ALL.into_iter().filter(|offer| !offer.form().is_empty()) {
        for (mood, title) in [("plain", "不分幅_澎湖20MDEM無法下載"), ("hostile", &*hostile())]
        {
            let few = if mood == "plain" { 7 } else { units.len() };
            let click = Click {
                id: "U1/V1".to_owned(),
                user: "U1".to_owned(),
                offer,
                case: comment(558_380),
                round: 1,
                message: Receipt { channel: "C1".to_owned(), ts: "1772415000.000100".to_owned() },
                answers: Answers::default(),
            };
            let asked = Asked {
                click: &click,
                case: &format!("C-558380 {title}"),
                units: &units.iter().take(few).collect::<Vec<_>>(),
                longest: 14,
                language: Language::Chinese,
            };
            let name = format!("{mood}-{}.json", offer.as_str());
            write(&folder, &name, &modal(&asked).to_string());
        }
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 16);
}

#[tokio::test]
async fn teams_cards_are_written_for_their_renderer() {
    let folder = folder("teams");
    let mut count = 0;
    for (mood, title) in [("plain", "不分幅_澎湖20MDEM無法下載"), ("hostile", &hostile())]
    {
        let mut world = world(&two_officers("teams:flow"), title, &[]).await;
        climb(&mut world).await;
        for (number, card) in world.teams.cards("flow").into_iter().enumerate() {
            write(&folder, &format!("{mood}-{number:02}.json"), &card.request.to_string());
            count += 1;
        }
        world.sent();
    }
    assert!(count > 10, "{count}");
}

/// The pages behind the links of the newest card, each looked at and then sent.
#[tokio::test]
async fn pages_are_written_for_their_checkers() {
    let folder = folder("pages");
    for (mood, title) in [("plain", "不分幅_澎湖20MDEM無法下載"), ("hostile", &hostile())]
    {
        let mut world = world(&two_officers("teams:flow"), title, &[]).await;
        world.run_until("2026-03-02 09:30").await;
        let client = jicui::http::client("test", Duration::from_secs(10)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = format!("http://{}", listener.local_addr().unwrap());
        let pages = (web::router(world.app.clone()).unwrap(), Duration::from_secs(9));
        tokio::spawn(web::serve(listener, pages, world.app.stop().clone()));
        let ask = async |name: &str, path: &str, form: Option<&[(&str, &str)]>| {
            let address = format!("{here}{path}");
            let answer = match form {
                None => client.get(address).send().await.unwrap(),
                Some(form) => client.post(address).form(form).send().await.unwrap(),
            };
            let headers = ["content-security-policy", "referrer-policy", "x-content-type-options"];
            let headers = headers.map(|name| (name, answer.headers()[name].to_str().unwrap()));
            let headers = serde_json::to_string(&BTreeMap::from(headers)).unwrap();
            write(&folder, "headers.json", &headers);
            write(&folder, &format!("{mood}-{name}.html"), &answer.text().await.unwrap());
        };
        let card = world.teams.cards("flow").remove(0).card;
        let links: Vec<(String, String)> = card["actions"].as_array().unwrap()[1..]
            .iter()
            .map(|action: &Value| {
                let word = |name: &str| action[name].as_str().unwrap().to_owned();
                (word("title"), word("url").replace(PUBLIC_URL, ""))
            })
            .collect();
        let names = ["acknowledge", "reply", "extend", "reassign", "hold"];
        for (name, (_, path)) in names.iter().zip(&links) {
            ask(&format!("{name}-asked"), path, None).await;
            ask(&format!("{name}-faulty"), path, Some(&[("workdays", "x")])).await;
        }
        let (acknowledge, extend) = (&links[0].1, &links[2].1);
        ask("done", acknowledge, Some(&[("person", "鄭同仁")])).await;
        ask("done-before", acknowledge, None).await;
        let form = [("person", "鄭同仁"), ("workdays", "5"), ("reason", title)];
        ask("asked-for-time", extend, Some(&form)).await;
        ask("with-extension", &links[1].1, None).await;
        ask("impossible", extend, None).await;
        ask("unknown", "/act/x.y", None).await;
        ask("not-found", "/nothing/here", None).await;
        world.sleep_until("2026-05-02 09:30");
        ask("expired", extend, None).await;
        std::fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/templates/style.css"),
            folder.join("style.css"),
        )
        .unwrap();
        world.sent();
    }
    let written = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(written, 2 * 18 + 2);
}
