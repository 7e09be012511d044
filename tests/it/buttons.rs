//! Acting from Slack: buttons, modals, private answers, over a connection that breaks.

use std::sync::Arc;
use std::time::Duration;

use jicui::app::Step;
use jicui::config::SAMPLE_UNITS;
use jicui::daemon::{self, schedule::Rhythm};
use jicui::domain::case::CaseState;
use serde_json::{Value, json};

use super::world::faults::Fault;
use super::world::slack::{APP_TOKEN, Posted};
use super::world::{ADMINISTRATORS, NID, UNIT, World, comment, moment};

/// Of the sample ministry: the officer and the supervisor of the unit, another unit's officer, an
/// administrator.
const OFFICER: &str = "U00OFF0004";
const SUPERVISOR: &str = "U00SUP0003";
const STRANGER: &str = "U00OFF0002";
const ADMINISTRATOR: &str = "U00ADMIN01";

/// A world in which one case was assigned, and the daemon runs.
struct Scene {
    world: World,
    daemon: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Scene {
    async fn begin() -> Self {
        Self::with_units(SAMPLE_UNITS).await
    }

    async fn with_units(units: &str) -> Self {
        let files = [("app_token", APP_TOKEN)];
        let config = "[web]\nlisten = \"\"\n";
        let mut world = World::with_files("2026-03-02 09:30", units, (config, &files)).await;
        let at = jicui::clock::wall(moment("2026-03-02 09:00"));
        world.platform.post_comment(NID, 558_380, "不分幅_澎湖20MDEM無法下載", at);
        world.pass().await;
        assert_eq!(world.sent().lines().count(), 1);
        let daemon = Self::run(&world).await;
        Self { world, daemon }
    }

    async fn run(world: &World) -> tokio::task::JoinHandle<anyhow::Result<()>> {
        let rhythm = Rhythm::Every(Duration::from_mins(10));
        let before = world.slack.socket.connections();
        let daemon = tokio::spawn(daemon::run(Arc::clone(&world.app), rhythm));
        until("a connection", || world.slack.socket.connections() > before).await;
        daemon
    }

    fn first(&self) -> Posted {
        self.world.slack.messages(UNIT).remove(0)
    }

    /// `user` presses the button `offer` of the first message.
    fn press(&self, user: &str, offer: &str) -> String {
        let first = self.first();
        let button =
            button(&first, offer).unwrap_or_else(|| panic!("no button {offer}: {first:?}"));
        self.world.slack.socket.press(user, (UNIT, &first.ts), &button)
    }

    async fn acknowledged(&self, id: &str) -> Value {
        let socket = &self.world.slack.socket;
        until("an acknowledgement", || socket.answer(id).is_some()).await;
        socket.answer(id).unwrap()
    }

    async fn state(&self) -> CaseState {
        self.world.app.store().case(&comment(558_380)).await.unwrap().unwrap().state
    }

    async fn state_is(&self, state: CaseState) {
        for _ in 0..500 {
            if self.state().await == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the case never became {state:?}");
    }

    /// How often `event` stands in the case's history.
    async fn times(&self, event: &str) -> usize {
        let history = self.world.app.store().history(&comment(558_380)).await.unwrap();
        history.iter().filter(|entry| entry.event == event).count()
    }

    async fn whispered(&self, user: &str) -> String {
        let slack = &self.world.slack;
        let to_user = || slack.whispers().into_iter().filter(|(to, _)| to == user).map(|(_, w)| w);
        until("a whisper", || to_user().next().is_some()).await;
        to_user().collect::<Vec<_>>().join("\n")
    }

    async fn edited(&self) -> Posted {
        until("an edit", || self.first().edits > 0).await;
        self.first()
    }

    async fn end(self) -> World {
        self.world.app.stop().cancel();
        self.daemon.await.unwrap().unwrap();
        self.world
    }
}

fn button(posted: &Posted, offer: &str) -> Option<Value> {
    let actions = posted.blocks.iter().find(|block| block["type"] == "actions")?;
    actions["elements"].as_array()?.iter().find(|e| e["action_id"] == offer).cloned()
}

fn buttons(posted: &Posted) -> String {
    let actions = posted.blocks.iter().find(|block| block["type"] == "actions");
    let elements = actions.and_then(|block| block["elements"].as_array());
    let text = |element: &Value| element["text"]["text"].as_str().unwrap().to_owned();
    elements.into_iter().flatten().map(text).collect::<Vec<_>>().join(" ")
}

/// Waits for what another task does, at most ten seconds.
async fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..500 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain for {what}");
}

#[tokio::test]
async fn acknowledging_shows_who_did_it_and_silences_the_early_stages() {
    let scene = Scene::begin().await;
    insta::assert_snapshot!(buttons(&scene.first()), @"前往平臺回復 受理 已於平臺回復 申請展延 改分 暫停計時");
    let id = scene.press(OFFICER, "acknowledge");
    assert_eq!(scene.acknowledged(&id).await, Value::Null);
    let shown = scene.edited().await;
    insta::assert_snapshot!(shown.text, @"【已受理】C-558380「不分幅_澎湖20MDEM無法下載」115/03/02（一）09:30 吳保險 受理");
    insta::assert_snapshot!(buttons(&shown), @"前往平臺回復 已於平臺回復 申請展延 改分 暫停計時");
    assert!(shown.shown().contains("吳保險 受理"), "{}", shown.shown());
    let mut world = scene.end().await;
    world.restart();
    world.run_until("2026-03-17 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-17 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/20（五）");
}

#[tokio::test]
async fn a_reply_reported_by_hand_stops_the_ladder() {
    let scene = Scene::begin().await;
    scene.press(OFFICER, "reply");
    scene.state_is(CaseState::Replied).await;
    scene.edited().await;
    let mut world = scene.end().await;
    world.restart();
    world.run_until("2026-03-02 18:00").await;
    insta::assert_snapshot!(world.sent(), @"03-02 09:30 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於分派當日回復，提前 14 個工作天，謝謝");
}

#[tokio::test]
async fn an_extension_is_asked_for_in_a_modal_and_granted_by_the_supervisor() {
    let scene = Scene::begin().await;
    let slack = &scene.world.slack;
    scene.press(OFFICER, "extend");
    until("a modal", || slack.modals().len() == 1).await;
    let modal = slack.modals().remove(0);
    let wrong = slack.socket.send(OFFICER, &modal, &[("workdays", "99"), ("reason", " ")]);
    let faults = scene.acknowledged(&wrong).await;
    insta::assert_snapshot!(faults, @r#"{"errors":{"reason":"請填寫說明。","workdays":"請填寫 1 至 14 之間的數字。"},"response_action":"errors"}"#);
    let good = slack.socket.send(OFFICER, &modal, &[("workdays", "5"), ("reason", "洽其他機關")]);
    assert_eq!(scene.acknowledged(&good).await, Value::Null);
    let asked = scene.edited().await;
    insta::assert_snapshot!(buttons(&asked), @"前往平臺回復 核定展延 不予展延 受理 已於平臺回復 改分 暫停計時");
    // An officer may not decide on what an officer asked for.
    scene.press(OFFICER, "confirm_extension");
    let said = scene.whispered(OFFICER).await;
    assert!(said.contains("須由"), "{said}");
    scene.press(SUPERVISOR, "confirm_extension");
    until("the supervisor's edit", || scene.first().text.contains("黃組長")).await;
    insta::assert_snapshot!(scene.first().text, @"【待回復】C-558380「不分幅_澎湖20MDEM無法下載」115/03/02（一）09:30 黃組長 核定展延（洽其他機關）");
    let case = scene.world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(case.view.deadline.due_on.to_string(), "2026-03-27");
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_hold_stops_the_clock_and_a_click_resumes_it() {
    let scene = Scene::begin().await;
    let slack = &scene.world.slack;
    scene.press(OFFICER, "hold");
    until("a modal", || slack.modals().len() == 1).await;
    slack.socket.send(OFFICER, &slack.modals().remove(0), &[("reason", "請民眾補充")]);
    scene.state_is(CaseState::OnHold).await;
    let shown = scene.edited().await;
    insta::assert_snapshot!(buttons(&shown), @"前往平臺回復 已於平臺回復 恢復計時 改分");
    scene.press(OFFICER, "resume");
    scene.state_is(CaseState::Open).await;
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_case_is_given_to_another_unit() {
    let scene = Scene::begin().await;
    let slack = &scene.world.slack;
    scene.press(OFFICER, "reassign");
    until("a modal", || slack.modals().len() == 1).await;
    let modal = slack.modals().remove(0);
    let options = modal["blocks"][2]["element"]["options"].as_array().unwrap();
    assert_eq!(options.len(), 7, "every other unit: {options:?}");
    slack.socket.send(OFFICER, &modal, &[("unit", "wda-planning"), ("reason", "業務屬發展署")]);
    let shown = scene.edited().await;
    assert_eq!(buttons(&shown), "前往平臺查看", "it is no longer the unit's");
    let mut world = scene.end().await;
    world.restart();
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains("C00WDA0001"), "{sent}");
}

#[tokio::test]
async fn a_stranger_is_told_so_politely_and_privately() {
    let scene = Scene::begin().await;
    scene.press(STRANGER, "acknowledge");
    insta::assert_snapshot!(scene.whispered(STRANGER).await, @"無法代為辦理：本案須由承辦單位、其主管或系統管理者辦理。如您為承辦人，請洽系統管理者更新名單，謝謝。");
    scene.press(STRANGER, "extend");
    until("a second whisper", || scene.world.slack.whispers().len() == 2).await;
    assert!(scene.world.slack.modals().is_empty());
    assert_eq!(scene.state().await, CaseState::Open);
    // Administrators may act on every case.
    scene.press(ADMINISTRATOR, "acknowledge");
    scene.state_is(CaseState::Acknowledged).await;
    scene.edited().await;
    let mut world = scene.end().await;
    assert!(!world.sent().contains(ADMINISTRATORS));
}

#[tokio::test]
async fn a_person_without_a_member_id_is_known_by_the_mail_address() {
    let units = SAMPLE_UNITS.replace(
        "slack = \"U00OFF0004\", teams = \"wu@example.gov.tw\"",
        "mail = \"wu@example.gov.tw\"",
    );
    let scene = Scene::with_units(&units).await;
    scene.world.slack.add_member("wu@example.gov.tw", "U00OFF0014");
    // That nobody was found for the first message is remembered until then, or for ten minutes.
    scene.world.reload();
    scene.press("U00OFF0014", "acknowledge");
    scene.state_is(CaseState::Acknowledged).await;
    let looked_up = scene.world.slack.calls("users.lookupByEmail");
    scene.press("U0SOMEBODY", "reply");
    scene.whispered("U0SOMEBODY").await;
    assert_eq!(scene.world.slack.calls("users.lookupByEmail"), looked_up, "it is remembered");
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn two_officers_at_once_act_once() {
    let scene = Scene::begin().await;
    let (first, second) =
        (scene.press(OFFICER, "acknowledge"), scene.press(SUPERVISOR, "acknowledge"));
    scene.acknowledged(&first).await;
    scene.acknowledged(&second).await;
    until("an answer to the second", || !scene.world.slack.whispers().is_empty()).await;
    let whispers = scene.world.slack.whispers();
    assert_eq!(whispers.len(), 1, "{whispers:?}");
    assert!(whispers[0].1.contains("已於"), "{whispers:?}");
    assert_eq!(scene.times("acknowledged").await, 1);
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_lost_connection_loses_no_click_and_a_click_told_twice_acts_once() {
    let scene = Scene::begin().await;
    let socket = &scene.world.slack.socket;
    socket.break_after_next();
    let id = scene.press(OFFICER, "acknowledge");
    scene.acknowledged(&id).await;
    assert_eq!(socket.connections(), 2, "it was told of again on another connection");
    scene.state_is(CaseState::Acknowledged).await;
    scene.edited().await;
    socket.repeat(&id);
    scene.acknowledged(&id).await;
    socket.cut();
    until("a third connection", || socket.connections() == 3).await;
    socket.tell_of("disconnect", &json!(null));
    assert_eq!(scene.times("acknowledged").await, 1);
    assert!(scene.world.slack.whispers().is_empty(), "nobody is told anything twice");
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_click_that_was_heard_before_a_crash_is_worked_off_after_it() {
    let scene = Scene::begin().await;
    let (first, button) = (scene.first(), button(&scene.first(), "acknowledge").unwrap());
    let mut world = scene.end().await;
    let click = jicui::notify::slack::click::read(&json!({
        "type": "block_actions", "user": { "id": OFFICER },
        "container": { "channel_id": UNIT, "message_ts": first.ts },
        "actions": [{ "action_id": "acknowledge", "value": button["value"], "action_ts": "1.1" }],
    }));
    world.app.take_click(click).await.unwrap();
    world.restart();
    let daemon = Scene::run(&world).await;
    let scene = Scene { world, daemon };
    scene.state_is(CaseState::Acknowledged).await;
    scene.edited().await;
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_crash_between_the_act_and_its_settling_says_nothing_odd() {
    let scene = Scene::begin().await;
    scene.press(OFFICER, "reassign");
    until("a modal", || scene.world.slack.modals().len() == 1).await;
    let (slack, modal) = (&scene.world.slack, scene.world.slack.modals().remove(0));
    slack.socket.send(OFFICER, &modal, &[("unit", "wda-planning"), ("reason", "業務屬發展署")]);
    scene.edited().await;
    let mut world = scene.end().await;
    let database = rusqlite::Connection::open(world.path("state/jicui.db")).unwrap();
    assert_eq!(database.execute("update clicks set done_at = null", []).unwrap(), 1);
    world.restart();
    assert_eq!(world.app.work_off_clicks().await.unwrap(), 1);
    assert_eq!(world.app.work_off_clicks().await.unwrap(), 0);
    assert!(world.slack.whispers().is_empty(), "{:?}", world.slack.whispers());
    let history = world.app.store().history(&comment(558_380)).await.unwrap();
    assert_eq!(history.iter().filter(|entry| entry.event == "reassigned").count(), 1);
    world.sent();
}

#[tokio::test]
async fn before_slack_closes_a_connection_clicks_are_heard_over_it() {
    let scene = Scene::begin().await;
    let slack = &scene.world.slack;
    // The next connection cannot be had at once.
    slack.hang_next(1);
    slack.socket.babble(r#"{"type":"disconnect","reason":"refresh_requested"}"#);
    until("another connection to be asked for", || slack.calls("apps.connections.open") == 2).await;
    let id = scene.press(OFFICER, "acknowledge");
    scene.acknowledged(&id).await;
    assert_eq!(slack.socket.connections(), 1, "it was heard over the old one");
    scene.state_is(CaseState::Acknowledged).await;
    scene.edited().await;
    until("another connection", || slack.socket.connections() == 2).await;
    // Slack may tell both of one click.
    let id = scene.press(OFFICER, "reply");
    scene.acknowledged(&id).await;
    scene.state_is(CaseState::Replied).await;
    assert_eq!(scene.times("replied").await, 1);
    assert!(slack.whispers().is_empty(), "{:?}", slack.whispers());
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn while_a_modal_opens_slowly_the_next_click_is_heard_in_time() {
    let scene = Scene::begin().await;
    let slack = &scene.world.slack;
    slack.hang_next(1);
    scene.press(OFFICER, "hold");
    until("a modal to be asked for", || slack.calls("views.open") == 1).await;
    let id = scene.press(OFFICER, "acknowledge");
    scene.acknowledged(&id).await;
    assert!(slack.whispers().is_empty(), "the modal is still awaited: {:?}", slack.whispers());
    assert!(scene.whispered(OFFICER).await.contains("暫時無法處理"));
    scene.state_is(CaseState::Acknowledged).await;
    scene.edited().await;
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_click_whose_person_cannot_be_looked_up_waits_and_holds_up_no_other() {
    let units = SAMPLE_UNITS.replace(
        "officers = [{ name = \"吳保險\", slack = \"U00OFF0004\"",
        "officers = [{ name = \"吳保險\", mail = \"wu@example.gov.tw\"",
    );
    let scene = Scene::with_units(&units).await;
    let slack = &scene.world.slack;
    // Whom the first message did not find is asked after anew.
    slack.add_member("wu@example.gov.tw", "U00OFF0014");
    scene.world.reload();
    let is_asked_for = |request: &Value| request["email"].is_string();
    slack.choose_faults(Box::new(move |request| {
        is_asked_for(request).then_some(Fault::Status(503))
    }));
    let first = scene.press("U00OFF0014", "reply");
    let second = scene.press(SUPERVISOR, "acknowledge");
    scene.acknowledged(&first).await;
    scene.acknowledged(&second).await;
    scene.state_is(CaseState::Acknowledged).await;
    slack.mend();
    // Who could not be looked up is asked after again in a minute, or by a new process.
    let clicked_at = scene.world.now();
    scene.world.sleep_until("2026-03-02 10:30");
    scene.world.reload();
    scene.world.app.work_off_clicks().await.unwrap();
    assert_eq!(scene.state().await, CaseState::Replied);
    let case = scene.world.app.store().case(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(
        case.replied_at,
        Some(clicked_at),
        "when it was said, not when there was time for it"
    );
    let mut world = scene.end().await;
    world.sent();
}

/// `config/slack-app.json` is pasted as it is.
#[test]
fn the_app_s_manifest_asks_for_what_readme_says() {
    let manifest: Value =
        serde_json::from_str(include_str!("../../config/slack-app.json")).unwrap();
    assert_eq!(manifest["settings"]["socket_mode_enabled"], true);
    assert_eq!(manifest["settings"]["interactivity"]["is_enabled"], true);
    assert_eq!(manifest["settings"]["token_rotation_enabled"], false, "tokens do not rotate");
    let readme = include_str!("../../README.md");
    for scope in ["chat:write", "channels:history", "groups:history", "users:read.email"] {
        assert!(readme.contains(&format!("`{scope}`")), "{scope}");
        let scopes = manifest["oauth_config"]["scopes"]["bot"].as_array().unwrap();
        assert!(scopes.contains(&json!(scope)), "{scope}");
    }
}

#[tokio::test]
async fn nonsense_does_nothing_and_ends_nothing() {
    let scene = Scene::begin().await;
    let socket = &scene.world.slack.socket;
    for text in ["", "null", "{", "[]", r#"{"envelope_id":7}"#, r#"{"type":"interactive"}"#] {
        socket.babble(text);
    }
    socket.babble(&"x".repeat(100_000));
    let first = scene.first();
    let mut ids = vec![
        socket.tell_of("slash_commands", &json!({ "command": "/jicui" })),
        socket.tell_of("interactive", &json!({ "type": "block_actions" })),
        socket.tell_of("interactive", &json!("x".repeat(10_000))),
        socket.tell_of("interactive", &json!({ "type": "shortcut", "user": { "id": OFFICER } })),
    ];
    for (action, value) in [
        ("withdraw", "C-558380/1"),
        ("acknowledge", "C-999/1"),
        ("acknowledge", "C-558380/7"),
        ("acknowledge", "../../etc/passwd/1"),
        ("open_case", ""),
    ] {
        let button = json!({ "action_id": action, "value": value });
        ids.push(socket.press(OFFICER, (UNIT, &first.ts), &button));
    }
    for id in &ids {
        scene.acknowledged(id).await;
    }
    let said = scene.whispered(OFFICER).await;
    assert!(said.contains("下一輪"), "only the button of another round has an answer: {said}");
    assert_eq!(scene.state().await, CaseState::Open);
    assert_eq!(socket.connections(), 1);
    scene.press(OFFICER, "acknowledge");
    scene.state_is(CaseState::Acknowledged).await;
    scene.edited().await;
    let mut world = scene.end().await;
    world.sent();
}

#[tokio::test]
async fn a_socket_that_cannot_be_had_is_told_once_and_reminders_go_on() {
    let files = [("app_token", "xapp-of-another-app")];
    let config = "[web]\nlisten = \"\"\n";
    let mut world = World::with_files("2026-03-02 09:30", SAMPLE_UNITS, (config, &files)).await;
    let rhythm = Rhythm::Every(Duration::from_millis(200));
    let daemon = tokio::spawn(daemon::run(Arc::clone(&world.app), rhythm));
    until("an alarm", || !world.slack.messages(ADMINISTRATORS).is_empty()).await;
    let planned = world.app.run(Step::Remind).await;
    assert_eq!(planned.fault, None);
    let active = world.app.store().active_alarms().await.unwrap();
    assert_eq!(active.len(), 1, "it lasts: {active:?}");
    world.app.stop().cancel();
    daemon.await.unwrap().unwrap();
    let sent = world.sent();
    assert!(sent.contains("通知管道設定失效：slack (Socket Mode)"), "{sent}");
    assert_eq!(sent.lines().count(), 1, "{sent}");
}

#[tokio::test]
async fn what_became_of_a_question_is_recorded_by_a_button() {
    let files = [("app_token", APP_TOKEN)];
    let config = "[web]\nlisten = \"\"\n";
    let mut world = World::with_files("2026-03-02 09:30", SAMPLE_UNITS, (config, &files)).await;
    let at = |text: &str| jicui::clock::wall(moment(text));
    world.platform.post_comment(NID, 558_380, "題", at("2026-03-02 09:00"));
    world.run_until("2026-03-03 09:30").await;
    world.platform.reply_to_comment(558_380, at("2026-03-03 09:00"));
    world.run_until("2026-03-11 10:00").await;
    let sent = world.sent();
    let asked = world.slack.messages(UNIT).pop().unwrap();
    insta::assert_snapshot!(buttons(&asked), @"前往平臺查看 已調整資料集 已新增資料集 已列入規劃 無須調整");
    assert!(sent.ends_with(&asked.text), "{sent}");
    let daemon = Scene::run(&world).await;
    let scene = Scene { world, daemon };
    let button = button(&asked, "follow_up_adjusted").unwrap();
    let slack = &scene.world.slack;
    slack.socket.press(OFFICER, (UNIT, &asked.ts), &button);
    until("a modal", || slack.modals().len() == 1).await;
    let modal = slack.modals().remove(0);
    assert_eq!(modal["blocks"][2]["optional"], true, "which dataset may be left out");
    slack.socket.send(OFFICER, &modal, &[("reason", "資料集 6101")]);
    let edited = || {
        let messages = scene.world.slack.messages(UNIT);
        messages.into_iter().find(|message| message.ts == asked.ts && message.edits > 0)
    };
    until("an edit", || edited().is_some()).await;
    assert_eq!(buttons(&edited().unwrap()), "前往平臺查看");
    let recorded = scene.world.app.store().follow_ups(None).await.unwrap();
    assert_eq!(recorded[0].outcome, Some(jicui::domain::act::Outcome::Adjusted));
    assert_eq!(recorded[0].recorded_by.as_deref(), Some("吳保險"));
    scene.end().await;
}
