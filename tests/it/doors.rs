//! Each act by each of its doors, a button, a link, the command line: what becomes of the ladder,
//! and of the first message, is the same.

use std::time::Duration;

use jicui::app::clicks::Taken;
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::act::{Act, Actor, Outcome};
use jicui::domain::offer::{Answers, Offer};
use jicui::notify::slack::click::{self, Interaction};
use jicui::web;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::world::slack::{APP_TOKEN, Posted};
use super::world::{NID, UNIT, World, comment, moment};

const PUBLIC_URL: &str = "https://jicui.example.gov.tw";

/// Name, and Slack's member id.
type Who = (&'static str, &'static str);
const OFFICER: Who = ("吳保險", "U00OFF0004");
const SUPERVISOR: Who = ("黃組長", "U00SUP0003");
const ADMINISTRATOR: Who = ("資訊處值班", "U00ADMIN01");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Button,
    Link,
    CommandLine,
}

/// Something that is done at a moment.
struct Deed {
    at: &'static str,
    who: Who,
    offer: Offer,
    answers: Answers,
}

fn deed(at: &'static str, who: Who, offer: Offer) -> Deed {
    Deed { at, who, offer, answers: Answers::default() }
}

fn because(at: &'static str, who: Who, offer: Offer, reason: &str) -> Deed {
    let reason = reason.to_owned();
    Deed { at, who, offer, answers: Answers { reason, ..Answers::default() } }
}

/// A case of 2 March, due on the 20th, of which its unit was told in Slack.
struct Office {
    door: Door,
    world: World,
    pages: String,
}

impl Office {
    async fn open(door: Door, units: &str) -> Self {
        let (config, files) = match door {
            Door::Button => (String::new(), vec![("app_token", APP_TOKEN)]),
            Door::Link => (
                format!("[web]\npublic_url = \"{PUBLIC_URL}\"\nlink_secret_file = \"seal\"\n"),
                vec![("seal", "0123456789abcdef0123456789abcdef")],
            ),
            Door::CommandLine => (String::new(), Vec::new()),
        };
        let mut world = World::with_files("2026-03-02 09:30", units, (&config, &files)).await;
        let at = wall(moment("2026-03-02 09:00"));
        world.platform.post_comment(NID, 558_380, "不分幅_澎湖20MDEM無法下載", at);
        world.run_until("2026-03-02 10:00").await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pages = format!("http://{}", listener.local_addr().unwrap());
        let router = (web::router(world.app.clone()).unwrap(), Duration::from_secs(9));
        tokio::spawn(web::serve(listener, router, world.app.stop().clone()));
        Self { door, world, pages }
    }

    async fn act(&mut self, deed: &Deed) {
        self.world.run_until(deed.at).await;
        match self.door {
            Door::Button => self.press(deed).await,
            Door::Link => self.follow(deed).await,
            Door::CommandLine => self.type_in(deed).await,
        }
        self.world.pass().await;
    }

    /// The newest message that offers this under `prefix`, and its button.
    fn offered(&self, prefix: &str, offer: Offer) -> (Posted, Value) {
        let id = format!("{prefix}{}", offer.as_str());
        let button = |posted: Posted| {
            let actions = posted.blocks.iter().find(|block| block["type"] == "actions")?;
            let buttons = actions["elements"].as_array()?;
            let button = buttons.iter().find(|button| button["action_id"] == id)?.clone();
            Some((posted, button))
        };
        let newest = self.world.slack.all().into_iter().rev().find_map(button);
        newest.unwrap_or_else(|| panic!("nothing offers {id}"))
    }

    async fn press(&self, deed: &Deed) {
        let (app, slack) = (&self.world.app, &self.world.slack);
        let (posted, button) = self.offered("", deed.offer);
        let pressed = click::read(&json!({
            "type": "block_actions", "user": { "id": deed.who.1 }, "trigger_id": "trigger-1",
            "container": { "channel_id": posted.channel, "message_ts": posted.ts },
            "actions": [{
                "action_id": button["action_id"], "value": button["value"], "action_ts": deed.at,
            }],
        }));
        if let Taken::Ask { click, trigger } = app.take_click(pressed).await.unwrap() {
            app.ask_by_modal(&click, &trigger).await.unwrap();
            assert!(!slack.modals().is_empty(), "{:?}", slack.whispers());
            let sent = Interaction::Sent(click::Click { answers: deed.answers.clone(), ..click });
            assert_eq!(app.take_click(sent).await.unwrap(), Taken::Kept);
        }
        assert_eq!(app.work_off_clicks().await.unwrap(), 1);
        assert!(slack.whispers().is_empty(), "{:?}", slack.whispers());
    }

    async fn follow(&self, deed: &Deed) {
        let (_, button) = self.offered("page_", deed.offer);
        let link = button["url"].as_str().unwrap().replace(PUBLIC_URL, &self.pages);
        let Answers { workdays, unit, reason } = deed.answers.clone();
        let workdays = workdays.map(|days| days.to_string()).unwrap_or_default();
        let form = [
            ("person", deed.who.0.to_owned()),
            ("workdays", workdays),
            ("unit", unit.unwrap_or_default()),
            ("reason", reason),
        ];
        let client = jicui::http::client("test", Duration::from_secs(10)).unwrap();
        let answer = client.post(link).form(&form).send().await.unwrap();
        let (status, page) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success() && page.contains("class=\"good\""), "{status} {page}");
    }

    /// As `jicui cases …` does it (`tests/it/cases_cli.rs` types it).
    async fn type_in(&self, deed: &Deed) {
        let act = deed.offer.act(deed.answers.clone()).unwrap();
        let actor = match act {
            Act::Extend { .. } => Actor::on_behalf(deed.who.0),
            _ => Actor::at_console(deed.who.0),
        };
        self.world.app.act(&comment(558_380), act, &actor).await.unwrap();
    }

    /// What was sent, with what the first message to the unit records.
    fn told(&mut self) -> String {
        let sent = self.world.sent();
        let first = self.world.slack.messages(UNIT).remove(0);
        let shown = first.shown();
        let record = shown.split("辦理紀錄").nth(1).unwrap_or_default();
        let record = record.lines().skip(1).take_while(|line| line.starts_with("115/"));
        let record: Vec<String> = record.map(|line| format!("　　{line}")).collect();
        format!("{sent}\n{}", record.join("\n"))
    }
}

/// The same lines, but for the messages whose buttons were pressed: they show what became of that.
#[track_caller]
fn assert_same(by_button: &str, by_other: &str) {
    let begin = |line: &str| line.split('【').next().unwrap().to_owned();
    let pressed =
        |(mine, theirs): (&str, &str)| mine.ends_with("（已編輯）") && begin(mine) == begin(theirs);
    let mut pairs = by_button.lines().zip(by_other.lines());
    let same = pairs.all(|(mine, theirs)| mine == theirs || pressed((mine, theirs)));
    let counts = [by_button, by_other].map(|told| told.lines().count());
    assert!(same && counts[0] == counts[1], "{by_button}\n--\n{by_other}");
}

/// What everybody is told until `until`, the same by every door.
async fn ladder(units: &str, deeds: &[Deed], until: &str) -> String {
    let mut by_button = None;
    for door in [Door::Button, Door::Link, Door::CommandLine] {
        let mut office = Office::open(door, units).await;
        for deed in deeds {
            office.act(deed).await;
        }
        office.world.run_until(until).await;
        let told = office.told();
        assert_same(by_button.get_or_insert_with(|| told.clone()), &told);
    }
    by_button.unwrap()
}

#[tokio::test]
async fn acknowledge() {
    let deeds = [deed("2026-03-03 10:00", OFFICER, Offer::Acknowledge)];
    insta::assert_snapshot!(ladder(SAMPLE_UNITS, &deeds, "2026-03-19 10:00").await, @"
    03-02 09:30 C00BLI0001 【已受理】C-558380「不分幅_澎湖20MDEM無法下載」115/03/03（二）10:00 吳保險 受理（已編輯）
    03-17 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/20（五）
    03-19 09:00 C00BLI0001 ↳! 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 1 個工作天，期限 115/03/20（五）
    　　115/03/03（二）10:00 吳保險 受理
    ");
}

#[tokio::test]
async fn reply() {
    let deeds = [deed("2026-03-05 15:00", OFFICER, Offer::Reply)];
    insta::assert_snapshot!(ladder(SAMPLE_UNITS, &deeds, "2026-03-10 10:00").await, @"
    03-02 09:30 C00BLI0001 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於第 3 個工作天回復，提前 11 個工作天，謝謝（已編輯）
    03-05 15:00 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於第 3 個工作天回復，提前 11 個工作天，謝謝
    03-10 08:30 C00BLI0001 ↳! 【平臺尚未顯示回復】C-558380「不分幅_澎湖20MDEM無法下載」已登錄回復，惟平臺尚未顯示，請確認是否已送出
    03-10 08:30 C00ADMIN001 【平臺尚未顯示回復】C-558380「不分幅_澎湖20MDEM無法下載」已登錄回復，惟平臺尚未顯示，請確認是否已送出
    　　115/03/05（四）15:00 吳保險 回復
    ");
}

/// The sample's units, of which the supervisor of one has a channel of their own: there a link is theirs.
fn with_own_channel() -> String {
    let channels = "channels = [\"slack:C00BLI0001\"]";
    SAMPLE_UNITS
        .replace(channels, &format!("{channels}\nsupervisor_channels = [\"slack:C00BOSS001\"]"))
}

#[tokio::test]
async fn what_those_write_who_have_a_case_now_is_not_for_the_supervisor_who_had_it() {
    let mut world = World::with_units("2026-03-02 09:30", &with_own_channel()).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-24 10:00").await;
    let actor = Actor::at_console("陳乙");
    let (unit, reason) = ("wda-planning".to_owned(), "業務屬發展署".to_owned());
    let reassign = Act::Reassign { unit, reason };
    let hold = Act::Hold { reason: "民眾住院".to_owned() };
    for act in [reassign, hold] {
        world.app.act(&comment(558_380), act, &actor).await.unwrap();
        world.pass().await;
    }
    let posted = world.slack.all();
    let supervisor: Vec<&Posted> =
        posted.iter().filter(|posted| posted.channel == "C00BOSS001").collect();
    assert!(supervisor.iter().any(|posted| posted.shown().contains("已改分")));
    for posted in supervisor {
        let shown = posted.shown();
        assert!(!shown.contains("住院"), "{shown}");
    }
    world.sent();
}

#[tokio::test]
async fn extend_and_grant() {
    let workdays = Some(5);
    let asked = because("2026-03-10 10:00", OFFICER, Offer::Extend, "洽其他機關");
    let asked = Deed { answers: Answers { workdays, ..asked.answers }, ..asked };
    let deeds = [asked, deed("2026-03-11 10:00", SUPERVISOR, Offer::ConfirmExtension)];
    insta::assert_snapshot!(ladder(&with_own_channel(), &deeds, "2026-03-26 10:00").await, @"
    03-02 09:30 C00BLI0001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/11（三）10:00 黃組長 核定展延（洽其他機關）（已編輯）
    03-09 09:00 C00BLI0001 ↳ 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/10（二）10:00 吳保險 申請展延（洽其他機關）（已編輯）
    03-10 10:00 C00BOSS001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/11（三）10:00 黃組長 核定展延（洽其他機關）（已編輯）
    03-11 10:00 C00BLI0001 ↳! 【期限變更】C-558380「不分幅_澎湖20MDEM無法下載」期限由 115/03/20（五）改為 115/03/27（五）
    03-13 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 10 個工作天，期限 115/03/27（五）
    03-24 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/27（五）
    03-26 09:00 C00BLI0001 ↳! 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 1 個工作天，期限 115/03/27（五）
    　　115/03/10（二）10:00 吳保險 申請展延（洽其他機關）
    　　115/03/11（三）10:00 黃組長 核定展延（洽其他機關）
    ");
}

#[tokio::test]
async fn extend_and_refuse() {
    let workdays = Some(5);
    let asked = because("2026-03-10 10:00", OFFICER, Offer::Extend, "洽其他機關");
    let asked = Deed { answers: Answers { workdays, ..asked.answers }, ..asked };
    let refused = because("2026-03-11 10:00", SUPERVISOR, Offer::RefuseExtension, "可如期完成");
    let told = ladder(&with_own_channel(), &[asked, refused], "2026-03-17 10:00").await;
    insta::assert_snapshot!(told, @"
    03-02 09:30 C00BLI0001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/11（三）10:00 黃組長 不予展延（可如期完成）（已編輯）
    03-09 09:00 C00BLI0001 ↳ 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/10（二）10:00 吳保險 申請展延（洽其他機關）（已編輯）
    03-10 10:00 C00BOSS001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/11（三）10:00 黃組長 不予展延（可如期完成）（已編輯）
    03-11 10:00 C00BLI0001 ↳! 【不予展延】C-558380「不分幅_澎湖20MDEM無法下載」黃組長未同意展延，期限仍為 115/03/20（五），尚餘 7 個工作天（可如期完成）
    03-13 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 5 個工作天，期限 115/03/20（五）
    03-17 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/20（五）
    　　115/03/10（二）10:00 吳保險 申請展延（洽其他機關）
    　　115/03/11（三）10:00 黃組長 不予展延（可如期完成）
    ");
}

/// Without a supervisor the administrators decide, in their own channel.
#[tokio::test]
async fn extend_and_have_an_administrator_grant_it() {
    let supervisor = SAMPLE_UNITS.lines().find(|line| line.contains("黃組長")).unwrap();
    let units = SAMPLE_UNITS.replace(supervisor, "");
    let workdays = Some(5);
    let asked = because("2026-03-10 10:00", OFFICER, Offer::Extend, "洽其他機關");
    let asked = Deed { answers: Answers { workdays, ..asked.answers }, ..asked };
    let deeds = [asked, deed("2026-03-11 10:00", ADMINISTRATOR, Offer::ConfirmExtension)];
    insta::assert_snapshot!(ladder(&units, &deeds, "2026-03-13 10:00").await, @"
    03-02 09:30 C00BLI0001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/11（三）10:00 資訊處值班 核定展延（洽其他機關）（已編輯）
    03-09 09:00 C00BLI0001 ↳ 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/10（二）10:00 吳保險 申請展延（洽其他機關）（已編輯）
    03-10 10:00 C00ADMIN001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/11（三）10:00 資訊處值班 核定展延（洽其他機關）（已編輯）
    03-11 10:00 C00BLI0001 ↳! 【期限變更】C-558380「不分幅_澎湖20MDEM無法下載」期限由 115/03/20（五）改為 115/03/27（五）
    03-13 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 10 個工作天，期限 115/03/27（五）
    　　115/03/10（二）10:00 吳保險 申請展延（洽其他機關）
    　　115/03/11（三）10:00 資訊處值班 核定展延（洽其他機關）
    ");
}

#[tokio::test]
async fn reassign() {
    let given = because("2026-03-10 10:00", OFFICER, Offer::Reassign, "屬訓練業務");
    let unit = Some("wda-training".to_owned());
    let deeds = [Deed { answers: Answers { unit, ..given.answers }, ..given }];
    insta::assert_snapshot!(ladder(SAMPLE_UNITS, &deeds, "2026-03-13 10:00").await, @"
    03-02 09:30 C00BLI0001 【已改分】C-558380「不分幅_澎湖20MDEM無法下載」115/03/10（二）10:00 吳保險 改分（屬訓練業務）（已編輯）
    03-09 09:00 C00BLI0001 ↳ 【已改分】C-558380「不分幅_澎湖20MDEM無法下載」115/03/10（二）10:00 吳保險 改分（屬訓練業務）（已編輯）
    03-10 10:00 C00BLI0001 ↳! 【已改分】C-558380「不分幅_澎湖20MDEM無法下載」已改由勞動力發展署訓練發展組承辦，貴單位無須再辦理
    03-10 10:00 C00WDA0002 【改分承辦】C-558380「不分幅_澎湖20MDEM無法下載」改由貴單位承辦，尚餘 8 個工作天，期限 115/03/20（五）（屬訓練業務）
    03-13 09:00 C00WDA0002 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 5 個工作天，期限 115/03/20（五）
    　　115/03/10（二）10:00 吳保險 改分（屬訓練業務）
    ");
}

#[tokio::test]
async fn hold_and_resume() {
    let deeds = [
        because("2026-03-05 15:00", OFFICER, Offer::Hold, "請民眾補充"),
        deed("2026-03-25 10:00", OFFICER, Offer::Resume),
    ];
    insta::assert_snapshot!(ladder(SAMPLE_UNITS, &deeds, "2026-04-08 10:00").await, @"
    03-02 09:30 C00BLI0001 【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/25（三）10:00 吳保險 恢復計時（已編輯）
    03-25 10:00 C00BLI0001 ↳! 【期限變更】C-558380「不分幅_澎湖20MDEM無法下載」期限由 115/03/20（五）改為 115/04/13（一）
    03-27 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/04/13（一）
    04-02 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 5 個工作天，期限 115/04/13（一）
    04-08 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/04/13（一）
    　　115/03/05（四）15:00 吳保險 暫停計時（請民眾補充）
    　　115/03/25（三）10:00 吳保險 恢復計時
    ");
}

#[tokio::test]
async fn follow_up() {
    let mut by_button = None;
    for door in [Door::Button, Door::Link, Door::CommandLine] {
        let mut office = Office::open(door, SAMPLE_UNITS).await;
        office.world.platform.reply_to_comment(558_380, wall(moment("2026-03-02 10:30")));
        let planned = Offer::FollowUp(Outcome::Planned);
        office.act(&because("2026-03-09 10:00", OFFICER, planned, "下半年")).await;
        let records = office.world.app.store().follow_ups(None).await.unwrap();
        let record = (records[0].outcome, records[0].recorded_by.as_deref());
        assert_eq!(record, (Some(Outcome::Planned), Some(OFFICER.0)), "{door:?}");
        let told = office.told();
        assert_same(by_button.get_or_insert_with(|| told.clone()), &told);
    }
    insta::assert_snapshot!(by_button.unwrap(), @"
    03-02 09:30 C00BLI0001 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/09（一）10:00 吳保險 已列入規劃（下半年）（已編輯）
    03-02 10:00 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於分派當日回復，提前 14 個工作天，謝謝
    03-09 08:30 C00BLI0001 ↳! 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/09（一）10:00 吳保險 已列入規劃（下半年）（已編輯）
    　　115/03/02（一）10:00 平臺顯示已回復
    　　115/03/09（一）10:00 吳保險 已列入規劃（下半年）
    ");
}

/// Nobody pressed anything: the first message shows it all the same.
#[tokio::test]
async fn what_the_platform_shows_stands_in_the_first_message() {
    let mut office = Office::open(Door::CommandLine, SAMPLE_UNITS).await;
    office.world.platform.reply_to_comment(558_380, wall(moment("2026-03-03 09:30")));
    office.world.run_until("2026-03-03 10:00").await;
    insta::assert_snapshot!(office.told(), @"
    03-02 09:30 C00BLI0001 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於分派當日回復，提前 14 個工作天，謝謝（已編輯）
    03-02 10:00 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於分派當日回復，提前 14 個工作天，謝謝
    　　115/03/02（一）10:00 平臺顯示已回復
    ");
}
