//! Acting from Teams and mail: signed links, and the page behind them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jicui::config::SAMPLE_UNITS;
use jicui::domain::case::CaseState;
use jicui::web;
use tokio::net::TcpListener;

use super::world::smtp::FakeSmtp;
use super::world::teams::PostedCard;
use super::world::{NID, World, comment, moment};

const PUBLIC_URL: &str = "https://jicui.example.gov.tw";

/// The unit's officer; its supervisor reads in the same channel.
const OFFICER: &str = "吳保險";

/// A world in which one case was assigned by Teams, and its pages are served.
struct Scene {
    world: World,
    address: String,
    client: reqwest::Client,
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, words: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(words)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a page answered.
struct Page {
    status: u16,
    html: String,
}

impl Scene {
    async fn begin() -> Self {
        Self::with(&teams(SAMPLE_UNITS), "不分幅_澎湖20MDEM無法下載").await
    }

    async fn with(units: &str, title: &str) -> Self {
        Self::with_more(units, title, "").await
    }

    async fn with_more(units: &str, title: &str, more: &str) -> Self {
        let config = format!(
            "[web]\npublic_url = \"{PUBLIC_URL}\"\nlink_secret_file = \"link_secret\"\n\
             request_timeout_secs = 1\n{more}"
        );
        let files = [("link_secret", "0123456789abcdef0123456789abcdef")];
        let mut world = World::with_files("2026-03-02 09:30", units, (&config, &files)).await;
        let at = jicui::clock::wall(moment("2026-03-02 09:00"));
        world.platform.post_comment(NID, 558_380, title, at);
        world.pass().await;
        world.sent();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pages = (web::router(world.app.clone()).unwrap(), Duration::from_secs(1));
        tokio::spawn(web::serve(listener, pages, world.app.stop().clone()));
        let client = jicui::http::client("test", Duration::from_secs(10)).unwrap();
        Self { world, address, client }
    }

    /// The newest link that says `label` on the newest card.
    fn link(&self, label: &str) -> String {
        let links = self.links();
        let found = links.iter().rev().find(|(title, _)| title == label);
        found.unwrap_or_else(|| panic!("no link {label}: {links:?}")).1.clone()
    }

    /// What every card offers by a page of ours, oldest first.
    fn links(&self) -> Vec<(String, String)> {
        let cards = self.world.teams.all();
        let cards = cards.iter().map(|card| card.card["actions"].as_array().unwrap().clone());
        let link = |action: serde_json::Value| {
            let word = |name: &str| action[name].as_str().unwrap().to_owned();
            (word("title"), word("url"))
        };
        cards.flatten().map(link).filter(|(_, url)| url.starts_with(PUBLIC_URL)).collect()
    }

    fn here(&self, link: &str) -> String {
        link.replace(PUBLIC_URL, &format!("http://{}", self.address))
    }

    async fn ask(&self, method: &str, link: &str, form: Option<&[(&str, &str)]>) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, self.here(link));
        if let Some(form) = form {
            request = request.form(form);
        }
        let answer = request.send().await.unwrap();
        Page { status: answer.status().as_u16(), html: answer.text().await.unwrap() }
    }

    async fn get(&self, link: &str) -> Page {
        self.ask("GET", link, None).await
    }

    async fn post(&self, link: &str, form: &[(&str, &str)]) -> Page {
        self.ask("POST", link, Some(form)).await
    }

    /// The same, sent by the unit's officer.
    async fn send(&self, link: &str, form: &[(&str, &str)]) -> Page {
        self.post(link, &[&[("person", OFFICER)], form].concat()).await
    }

    async fn state(&self) -> CaseState {
        self.world.app.store().case(&comment(558_380)).await.unwrap().unwrap().state
    }

    /// What people did, by the words of the history.
    async fn deeds(&self) -> Vec<String> {
        let history = self.world.app.store().history(&comment(558_380)).await.unwrap();
        let by_people = history.into_iter().filter(|entry| entry.actor != "platform");
        by_people.map(|entry| format!("{} {} {}", entry.actor, entry.event, entry.reason)).collect()
    }
}

/// The unit reads in Teams, its supervisor by mail of its own.
fn teams(units: &str) -> String {
    units.replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"teams:flow\"]")
}

/// Two officers share the channel.
fn with_two_officers() -> String {
    teams(SAMPLE_UNITS).replace(
        "officers = [{ name = \"吳保險\"",
        "officers = [{ name = \"鄭同仁\", teams = \"cheng@example.gov.tw\" }, { name = \"吳保險\"",
    )
}

impl Page {
    #[track_caller]
    fn check(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{}", self.html);
        assert!(self.html.contains(words), "{words} is not in {}", self.html);
    }
}

#[tokio::test]
async fn a_card_has_a_link_for_each_act_and_at_most_six_actions() {
    let scene = Scene::begin().await;
    let labels: Vec<String> = scene.links().into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["受理", "已於平臺回復", "申請展延", "改分", "暫停計時"]);
    let cards = scene.world.teams.cards("flow");
    assert_eq!(cards[0].card["actions"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_link_asks_first_and_acts_only_when_it_is_sent() {
    let mut scene = Scene::begin().await;
    let link = scene.link("受理");
    let asked = scene.get(&link).await;
    asked.check(200, "確認受理本案？");
    for fact in
        ["不分幅_澎湖20MDEM無法下載", "勞工保險局企劃管理組", "115/03/20（五）", "尚餘 14 個工作天"]
    {
        asked.check(200, fact);
    }
    assert_eq!(scene.state().await, CaseState::Open);
    scene.send(&link, &[]).await.check(200, "已受理");
    assert_eq!(scene.state().await, CaseState::Acknowledged);
    assert_eq!(scene.deeds().await, ["吳保險 acknowledged "]);
    scene.world.run_until("2026-03-17 10:00").await;
    let cards = scene.world.teams.cards("flow");
    let headline = |card: &PostedCard| card.card["body"][0]["items"][0]["text"].clone();
    let stages: Vec<String> = cards.iter().map(|card| headline(card).to_string()).collect();
    insta::assert_snapshot!(stages.join("\n"), @r#"
    "📨 新案分派：14 個工作天內回復"
    "⏰ 將屆期：尚餘 3 個工作天"
    "#);
}

#[tokio::test]
async fn scanners_open_every_link_and_change_nothing() {
    let scene = Scene::begin().await;
    for (_, link) in scene.links() {
        for method in ["GET", "HEAD", "OPTIONS", "GET", "PUT", "DELETE"] {
            let page = scene.ask(method, &link, None).await;
            let looked = matches!(method, "GET" | "HEAD");
            assert_eq!(page.status, if looked { 200 } else { 405 }, "{method}");
            assert_eq!(page.html.is_empty(), method == "HEAD", "{method}");
        }
    }
    assert_eq!(scene.state().await, CaseState::Open);
    assert!(scene.deeds().await.is_empty());
}

#[tokio::test]
async fn a_replayed_link_shows_who_did_it_and_does_nothing() {
    let scene = Scene::begin().await;
    let (hold, link) = (scene.link("暫停計時"), scene.link("受理"));
    scene.send(&link, &[]).await.check(200, "已受理");
    for page in [scene.get(&link).await, scene.send(&link, &[]).await] {
        page.check(200, "本項先前已辦理");
        page.check(200, "吳保險 115/03/02（一）09:30");
    }
    // Used once, also where the same could be done again.
    scene.send(&hold, &[("reason", "請民眾補充")]).await.check(200, "已暫停計時");
    let actor = jicui::domain::act::Actor::at_console("root");
    let resume = jicui::domain::act::Act::Resume;
    scene.world.app.act(&comment(558_380), resume, &actor).await.unwrap();
    scene.send(&hold, &[("reason", "再一次")]).await.check(200, "本項先前已辦理");
    assert_eq!(scene.state().await, CaseState::Acknowledged);
    assert_eq!(scene.deeds().await.len(), 3);
}

#[tokio::test]
async fn two_officers_at_once_act_once() {
    let scene = Scene::with(&with_two_officers(), "題").await;
    let link = scene.link("受理");
    let asked = scene.get(&link).await;
    asked.check(200, "鄭同仁");
    asked.check(200, "請選擇您的姓名");
    scene.post(&link, &[]).await.check(422, "請選擇辦理人員");
    scene.post(&link, &[("person", "張組長")]).await.check(422, "請選擇辦理人員");
    assert_eq!(scene.state().await, CaseState::Open);
    let (mine, theirs) = tokio::join!(
        scene.post(&link, &[("person", "吳保險")]),
        scene.post(&link, &[("person", "鄭同仁")])
    );
    let done = |page: &Page| page.html.contains("<h1 class=\"good\">已受理</h1>");
    assert!(done(&mine) != done(&theirs), "one of them: {} {}", mine.html, theirs.html);
    let other = if done(&mine) { theirs } else { mine };
    other.check(200, "本項先前已辦理");
    assert_eq!(scene.deeds().await.len(), 1);
}

#[tokio::test]
async fn an_expired_link_says_so() {
    let scene = Scene::begin().await;
    let link = scene.link("受理");
    scene.world.sleep_until("2026-04-01 09:31");
    for page in [scene.get(&link).await, scene.send(&link, &[]).await] {
        page.check(410, "連結已逾有效期限");
    }
    assert_eq!(scene.state().await, CaseState::Open);
}

#[tokio::test]
async fn a_forged_link_is_refused() {
    let scene = Scene::begin().await;
    let link = scene.link("受理");
    let (text, signature) = link.rsplit_once('.').unwrap();
    let other = scene.link("已於平臺回復");
    let forged = [
        format!("{text}.{}", "A".repeat(43)),
        format!("{}.{signature}", other.rsplit_once('.').unwrap().0),
        text.to_owned(),
        format!("{link}x"),
        format!("{PUBLIC_URL}/act/."),
        format!("{PUBLIC_URL}/act/{}", "a".repeat(3000)),
        format!("{PUBLIC_URL}/act/%00%ff"),
    ];
    for link in forged {
        for page in [scene.get(&link).await, scene.send(&link, &[]).await] {
            assert!([403, 404].contains(&page.status), "{} {link}", page.status);
            assert!(page.html.contains("請回到原訊息"), "{link}: {}", page.html);
        }
    }
    assert_eq!(scene.state().await, CaseState::Open);
}

#[tokio::test]
async fn more_time_is_asked_for_and_granted_by_links() {
    let by_slack = "channels = [\"slack:C00ADMIN001\"]";
    let units = teams(SAMPLE_UNITS).replace(by_slack, "channels = [\"teams:office\"]");
    let mut scene = Scene::with(&units, "不分幅_澎湖20MDEM無法下載").await;
    let link = scene.link("申請展延");
    scene.get(&link).await.check(200, "展延工作天數");
    let wrong = scene.send(&link, &[("workdays", "9999"), ("reason", "<b>原因</b>")]).await;
    wrong.check(422, "之間的數字");
    wrong.check(422, "&#60;b&#62;原因");
    scene.send(&link, &[("workdays", "5")]).await.check(422, "請填寫說明");
    scene.send(&link, &[("workdays", "5"), ("reason", "洽其他機關")]).await.check(200, "已送出");
    let late = scene.get(&scene.link("已於平臺回復")).await;
    late.check(200, "吳保險 申請 5 個工作天：洽其他機關");
    // Whoever reads in the unit's channel could say to be the supervisor: the administrators are asked.
    let known = scene.links().len();
    scene.world.run_until("2026-03-02 10:00").await;
    let grant = scene.link("核定展延");
    scene.get(&grant).await.check(200, "資訊處值班");
    scene.world.run_until("2026-03-09 10:00").await;
    let decisions = scene.links().into_iter().skip(known).filter(|(label, _)| label == "核定展延");
    assert_eq!(decisions.count(), 1, "the unit's next card offers none");
    scene.post(&grant, &[]).await.check(200, "115/03/27（五）");
    scene.post(&scene.link("不予展延"), &[("reason", "太久")]).await.check(409, "沒有待核定");
    let deeds = scene.deeds().await;
    assert_eq!(deeds, ["吳保險 extension_asked 洽其他機關", "資訊處值班 extended 洽其他機關"]);
}

#[tokio::test]
async fn nobody_grants_themselves_time_under_the_supervisor_s_name() {
    let scene = Scene::begin().await;
    let link = scene.link("申請展延");
    assert!(!scene.get(&link).await.html.contains("黃組長"));
    let form = [("person", "黃組長"), ("workdays", "5"), ("reason", "x")];
    let refused = scene.post(&link, &form).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    assert!(scene.deeds().await.is_empty());
}

#[tokio::test]
async fn more_time_that_was_asked_for_is_decided_by_whoever_has_the_case_now() {
    let own = "channels = [\"slack:C00WDA0001\"]";
    let units = teams(SAMPLE_UNITS);
    assert!(units.contains(own));
    let units = units.replace(own, &format!("{own}\nsupervisor_channels = [\"slack:C00WDABOSS\"]"));
    let mut scene = Scene::with(&units, "題").await;
    let asked = [("workdays", "5"), ("reason", "洽其他機關")];
    scene.send(&scene.link("申請展延"), &asked).await.check(200, "已送出");
    scene.world.pass().await;
    scene.world.sent();
    let form = [("unit", "wda-planning"), ("reason", "業務屬發展署")];
    scene.send(&scene.link("改分"), &form).await.check(200, "勞動力發展署綜合規劃組");
    scene.world.run_until("2026-03-02 11:00").await;
    let sent = scene.world.sent();
    let asked: Vec<&str> = sent.lines().filter(|line| line.contains("申請展延")).collect();
    assert!(asked.len() == 1 && asked[0].contains("C00WDABOSS"), "{sent}");
}

#[tokio::test]
async fn a_case_is_given_away_and_its_old_links_lead_nowhere() {
    let scene = Scene::begin().await;
    let (link, reply) = (scene.link("改分"), scene.link("已於平臺回復"));
    scene.get(&link).await.check(200, "勞動力發展署綜合規劃組");
    scene.send(&link, &[("unit", "nobody"), ("reason", "x")]).await.check(422, "請選擇單位");
    let form = [("unit", "wda-planning"), ("reason", "業務屬發展署")];
    scene.send(&link, &form).await.check(200, "勞動力發展署綜合規劃組");
    for page in [scene.get(&reply).await, scene.send(&reply, &[]).await] {
        page.check(409, "目前無法辦理");
    }
    assert_eq!(scene.deeds().await.len(), 1);
    // What those who have it now write is not for those who had it.
    let hold = jicui::domain::act::Act::Hold { reason: "民眾住院".to_owned() };
    let actor = jicui::domain::act::Actor::at_console("root");
    scene.world.app.act(&comment(558_380), hold, &actor).await.unwrap();
    for page in [scene.get(&link).await, scene.send(&link, &form).await] {
        page.check(409, "本項先前已辦理");
        assert!(!page.html.contains("C-558380") && !page.html.contains("住院"), "{}", page.html);
    }
}

#[tokio::test]
async fn what_means_nothing_now_is_said_before_anybody_fills_it_in() {
    let scene = Scene::begin().await;
    let (reply, extend) = (scene.link("已於平臺回復"), scene.link("申請展延"));
    scene.send(&reply, &[]).await.check(200, "已登錄回復");
    scene.get(&extend).await.check(409, "目前為「已回復」");
    scene.send(&extend, &[("workdays", "3"), ("reason", "x")]).await.check(409, "目前無法辦理");
}

#[tokio::test]
async fn no_link_and_no_word_of_anybody_stands_in_the_log() {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("trace,hyper=off,hyper_util=off,reqwest=off")
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let scene = Scene::begin().await;
    let (acknowledge, hold) = (scene.link("受理"), scene.link("暫停計時"));
    scene.get(&acknowledge).await.check(200, "確認受理本案？");
    scene.send(&acknowledge, &[]).await.check(200, "已受理");
    scene.send(&hold, &[("reason", "")]).await.check(422, "請填寫說明");
    scene.send(&hold, &[("reason", "請民眾王大明補充")]).await.check(200, "已暫停計時");
    scene.get(&format!("{hold}x")).await.check(403, "連結無效");
    let said = log.said();
    assert!(said.contains("case_number=C-558380 act=\"hold\""), "{said}");
    for secret in ["0123456789abcdef0123456789abcdef", "王大明", "澎湖", "/act/"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    for link in [acknowledge, hold] {
        let token = link.rsplit('/').next().unwrap();
        for part in token.split('.') {
            assert!(!said.contains(part), "{part}: {said}");
        }
    }
}

#[tokio::test]
async fn hostile_forms_are_refused() {
    let scene = Scene::begin().await;
    let link = scene.here(&scene.link("暫停計時"));
    let send = |body: String, kind: &'static str| {
        let request = scene.client.post(&link).header("content-type", kind).body(body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send(format!("reason={}", "x".repeat(100_000)), form).await, 413);
    assert_eq!(send("reason=a&by=root".to_owned(), form).await, 422);
    assert_eq!(send("reason=a&reason=b".to_owned(), form).await, 422);
    assert_eq!(send("{\"reason\":\"a\"}".to_owned(), "application/json").await, 415);
    assert_eq!(send("reason=%ff%fe".to_owned(), form).await, 422);
    assert!(scene.deeds().await.is_empty());
    // A body that never ends.
    let path = link.split_once(&scene.address).unwrap().1.to_owned();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {form}\r\nContent-Length: 90\r\n\
         Connection: close\r\n\r\nreason=",
        scene.address
    );
    let answer = super::web::raw(&scene.address, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("作業逾時"), "{answer}");
}

#[tokio::test]
async fn a_citizen_s_words_have_no_effect_on_the_page() {
    let nasty =
        "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{7*7}} <!channel> \u{202e}";
    let scene = Scene::with(&teams(SAMPLE_UNITS), nasty).await;
    let link = scene.link("暫停計時");
    let asked = scene.get(&link).await;
    let faulty = scene.send(&link, &[("reason", "")]).await;
    faulty.check(422, "請填寫說明");
    let done = scene.send(&link, &[("reason", nasty)]).await;
    for page in [asked, faulty, done] {
        assert!(!page.html.contains("<script") && !page.html.contains("<img"), "{}", page.html);
        assert!(!page.html.contains('\u{202e}'), "{}", page.html);
        assert!(page.html.contains("&#60;script&#62;"), "{}", page.html);
    }
}

#[tokio::test]
async fn a_mail_to_one_person_is_that_person_s_link_in_both_its_parts() {
    let server = FakeSmtp::start(false);
    let units = with_two_officers()
        .replace("channels = [\"teams:flow\"]", "channels = [\"mail:wu@example.gov.tw\"]")
        .replace("teams = \"wu@example.gov.tw\"", "mail = \"wu@example.gov.tw\"");
    let more = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n\
         from = \"jicui@example.gov.tw\"\n",
        server.port()
    );
    let scene = Scene::with_more(&units, "題", &more).await;
    let mails = server.mails();
    let mail = mail_parser::MessageParser::default().parse(&mails[0]).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    let line = text.lines().find(|line| line.starts_with("受理：")).unwrap();
    let link = line.split_once('：').unwrap().1;
    assert!(mail.body_html(0).unwrap().contains(&format!("href=\"{link}\"")));
    let asked = scene.get(link).await;
    asked.check(200, "確認送出（吳保險）");
    assert!(!asked.html.contains("鄭同仁"), "{}", asked.html);
    scene.post(link, &[("person", "鄭同仁")]).await.check(200, "吳保險");
    assert_eq!(scene.deeds().await, ["吳保險 acknowledged "]);
}

#[tokio::test]
async fn without_a_public_address_there_are_no_links() {
    let mut world = World::with_units("2026-03-02 09:30", &teams(SAMPLE_UNITS)).await;
    let at = jicui::clock::wall(moment("2026-03-02 09:00"));
    world.platform.post_comment(NID, 558_380, "題", at);
    world.pass().await;
    assert_eq!(world.teams.cards("flow")[0].card["actions"].as_array().unwrap().len(), 1);
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn what_became_of_a_question_is_recorded_by_a_link() {
    let mut scene = Scene::begin().await;
    let at = jicui::clock::wall(moment("2026-03-03 09:00"));
    scene.world.run_until("2026-03-03 09:30").await;
    scene.world.platform.reply_to_comment(558_380, at);
    scene.world.run_until("2026-03-11 10:00").await;
    let labels: Vec<String> = scene.links().into_iter().map(|(label, _)| label).collect();
    let offered = ["已調整資料集", "已新增資料集", "已列入規劃", "無須調整"];
    assert!(labels.ends_with(&offered.map(str::to_owned)), "{labels:?}");
    let link = scene.link("無須調整");
    scene.send(&link, &[]).await.check(422, "請填寫說明");
    scene.send(&link, &[("reason", "已有相同資料集")]).await.check(200, "已登錄延伸精進情形");
    scene.get(&link).await.check(200, "本項先前已辦理");
    let recorded = scene.world.app.store().follow_ups(None).await.unwrap();
    assert_eq!(recorded[0].reason.as_deref(), Some("已有相同資料集"));
}
