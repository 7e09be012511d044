//! Each channel against its stand-in: what arrives, and what becomes of what does not.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use jicui::config::settings::{self, Secret};
use jicui::domain::directory::Person;
use jicui::notify::slack::SlackBot;
use jicui::notify::slack_webhook::SlackWebhook;
use jicui::notify::teams::Teams;
use jicui::notify::{Channel, Envelope, Link, LookUp, Message, NotifyError, Receipt, Tone};
use serde_json::{Value, json};

use crate::world::faults::Fault;
use crate::world::slack::{FakeSlack, TOKEN};
use crate::world::teams::FakeTeams;

const CHANNEL: &str = "C0123456789";

/// Long enough for a loaded machine, short enough to wait for.
const PATIENCE: Duration = Duration::from_secs(5);
const IMPATIENCE: Duration = Duration::from_millis(400);

fn secret(value: &str, origin: &str) -> Secret {
    Secret { value: value.to_owned().into(), origin: origin.to_owned() }
}

fn slack_with(api_url: String, token: &str, request_timeout: Duration) -> Channel {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = settings::Slack {
        api_url,
        token: Some(secret(token, "credential slack_token")),
        app_token: None,
        request_timeout,
        webhooks: BTreeMap::new(),
    };
    Channel::Slack(SlackBot::new(&settings).unwrap().unwrap())
}

fn slack(fake: &FakeSlack) -> Channel {
    slack_with(fake.api_url(), TOKEN, PATIENCE)
}

fn hook_with(url: &str, timeout: Duration) -> Channel {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = secret(url, "credential slack_hook_wda");
    Channel::SlackWebhook(SlackWebhook::new("wda", &url, timeout).unwrap())
}

fn teams_with(url: &str, timeout: Duration) -> Channel {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = secret(url, "credential teams_wda");
    Channel::Teams(Teams::new("wda", &url, timeout).unwrap())
}

fn teams(fake: &FakeTeams) -> Channel {
    teams_with(&fake.url("wda"), PATIENCE)
}

fn now() -> DateTime<Utc> {
    "2026-03-06T01:00:00Z".parse().unwrap()
}

fn envelope() -> Envelope {
    Envelope {
        key: "C-558380/due_soon/2026-03-11/slack:C0123456789".to_owned(),
        gathered: Vec::new(),
        case_number: Some("C-558380".to_owned()),
        stage: "due_soon".to_owned(),
        address: CHANNEL.to_owned(),
        now: "2026-03-02T01:00:00Z".parse().unwrap(),
        thread: None,
        broadcast: false,
        repeated: false,
    }
}

fn message() -> Message {
    message_with_title("不分幅_澎湖20MDEM無法下載")
}

/// What a look-up says of [`message`].
fn there(receipt: Receipt) -> LookUp {
    LookUp::Found { receipt: Some(receipt), text: message().text }
}

fn message_with_title(title: &str) -> Message {
    Message {
        text: format!("【將屆期】C-558380「{title}」尚餘 3 個工作天，請於 115/03/11（三）前回復"),
        headline: "⏰ 將屆期：尚餘 3 個工作天".to_owned(),
        title: Some(title.to_owned()),
        facts: vec![
            ("案號".to_owned(), "C-558380（我有話要說）".to_owned()),
            ("回復期限".to_owned(), "115/03/11（三）下班前".to_owned()),
            ("資料集".to_owned(), title.to_owned()),
        ],
        request: "請於期限前至平臺回復。".to_owned(),
        link: Some(Link {
            label: "前往平臺回復".to_owned(),
            url: "https://data.gov.tw/suggests/558380".to_owned(),
        }),
        mentions: vec![Person {
            name: "王小明".to_owned(),
            slack: Some("U012AB3CD".to_owned()),
            teams: Some("ming.wang@example.gov.tw".to_owned()),
            ..Person::default()
        }],
        footer: "本訊息由稽催系統自動發送。".to_owned(),
        tone: Tone::Warning,
        ..Message::default()
    }
}

async fn fake_slack() -> FakeSlack {
    let fake = FakeSlack::start().await;
    fake.set_now(now());
    fake.add_channel(CHANNEL);
    fake
}

fn kind(error: &NotifyError) -> &'static str {
    match error {
        NotifyError::Later { .. } => "later",
        NotifyError::Unknown { .. } => "unknown",
        NotifyError::Never { .. } => "never",
        NotifyError::Misconfigured { .. } => "misconfigured",
    }
}

/// Posts, expects a failure of this kind, and that no secret is in its words.
#[track_caller]
fn check_failed(
    outcome: Result<Option<Receipt>, NotifyError>,
    expected: &str,
    words: &str,
) -> NotifyError {
    let error = outcome.unwrap_err();
    assert_eq!(kind(&error), expected, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    for secret in [TOKEN, "hook-secret", "flow-secret", "127.0.0.1"] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    error
}

fn wait_of(error: &NotifyError) -> Option<Duration> {
    match error {
        NotifyError::Later { after, .. } => *after,
        _ => None,
    }
}

/// A line for each field, and for each element of a list.
fn outline(value: &Value) -> String {
    let mut lines = Vec::new();
    for (name, value) in value.as_object().unwrap() {
        match value {
            Value::Array(items) => {
                lines.extend(items.iter().map(|item| format!("{name}[] {item}")));
            }
            value => lines.push(format!("{name} {value}")),
        }
    }
    lines.join("\n")
}

mod slack_bot {
    use super::*;

    #[tokio::test]
    async fn a_message_arrives_and_its_receipt_comes_back() {
        let fake = fake_slack().await;
        let receipt = slack(&fake).post(&envelope(), &message()).await.unwrap().unwrap();
        let posted = &fake.messages(CHANNEL)[0];
        assert_eq!((receipt.channel.as_str(), receipt.ts.as_str()), (CHANNEL, "1772758800.000000"));
        assert_eq!(posted.ts, receipt.ts);
        assert_eq!(posted.key(), Some(envelope().key.as_str()));
        assert!(!posted.broadcast);
        insta::assert_snapshot!(outline(&posted.request), @r#"
        blocks[] {"block_id":"headline","text":{"emoji":true,"text":"⏰ 將屆期：尚餘 3 個工作天","type":"plain_text"},"type":"header"}
        blocks[] {"block_id":"title","text":{"emoji":false,"text":"不分幅_澎湖20MDEM無法下載","type":"plain_text"},"type":"section"}
        blocks[] {"block_id":"facts-0","fields":[{"text":"*案號*\nC-558380（我有話要說）","type":"mrkdwn","verbatim":true},{"text":"*回復期限*\n115/03/11（三）下班前","type":"mrkdwn","verbatim":true},{"text":"*資料集*\n不分幅_澎湖20MDEM無法下載","type":"mrkdwn","verbatim":true}],"type":"section"}
        blocks[] {"block_id":"request","text":{"text":"<@U012AB3CD> 請於期限前至平臺回復。","type":"mrkdwn","verbatim":true},"type":"section"}
        blocks[] {"block_id":"actions","elements":[{"accessibility_label":"前往平臺回復：⏰ 將屆期：尚餘 3 個工作天","action_id":"open_case","style":"primary","text":{"emoji":false,"text":"前往平臺回復","type":"plain_text"},"type":"button","url":"https://data.gov.tw/suggests/558380"}],"type":"actions"}
        blocks[] {"block_id":"footer","elements":[{"emoji":false,"text":"本訊息由稽催系統自動發送。","type":"plain_text"}],"type":"context"}
        channel "C0123456789"
        link_names false
        metadata {"event_payload":{"case":"C-558380","key":"C-558380/due_soon/2026-03-11/slack:C0123456789","stage":"due_soon"},"event_type":"jicui_reminder"}
        mrkdwn false
        parse "none"
        text "【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，請於 115/03/11（三）前回復"
        unfurl_links false
        unfurl_media false
        "#);
    }

    #[tokio::test]
    async fn a_later_stage_answers_in_the_thread() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        let first = slack.post(&envelope(), &message()).await.unwrap();
        let in_thread = Envelope { thread: first.clone(), broadcast: true, ..envelope() };
        slack.post(&in_thread, &message()).await.unwrap();
        let posted = &fake.messages(CHANNEL)[1];
        assert_eq!(posted.thread_ts, first.map(|receipt| receipt.ts));
        assert!(posted.broadcast);
    }

    #[tokio::test]
    async fn without_its_thread_a_message_goes_to_the_channel() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        let first = slack.post(&envelope(), &message()).await.unwrap();
        fake.delete(&first.clone().unwrap().ts);
        let in_thread = Envelope { thread: first, ..envelope() };
        let receipt = slack.post(&in_thread, &message()).await.unwrap().unwrap();
        assert_eq!(fake.messages(CHANNEL)[0].thread_ts, None);
        let found = slack.look_up(&in_thread, now()).await.unwrap();
        assert_eq!(found, there(receipt));
    }

    #[tokio::test]
    async fn an_update_changes_the_words_and_keeps_the_key() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        let receipt = slack.post(&envelope(), &message()).await.unwrap().unwrap();
        let answered = Message { headline: "已回復".to_owned(), ..message() };
        fake.hang_next(1);
        let impatient = slack_with(fake.api_url(), TOKEN, IMPATIENCE);
        let lost = impatient.update(&receipt, &answered).await.unwrap_err();
        assert_eq!(kind(&lost), "later", "an edit may be made twice");
        slack.update(&receipt, &answered).await.unwrap();
        let posted = &fake.messages(CHANNEL)[0];
        assert_eq!(posted.edits, 2);
        assert!(posted.shown().contains("已回復"));
        assert_eq!(posted.key(), Some(envelope().key.as_str()));
        assert!(slack.can_update());
    }

    #[tokio::test]
    async fn a_repeat_says_so() {
        let fake = fake_slack().await;
        let repeated = Envelope { repeated: true, ..envelope() };
        slack(&fake).post(&repeated, &message()).await.unwrap();
        assert!(fake.all()[0].shown().starts_with("【重送】"));
    }

    #[tokio::test]
    async fn a_rate_limit_is_obeyed() {
        let fake = fake_slack().await;
        fake.rate_limit_next(1, 30);
        let error = check_failed(slack(&fake).post(&envelope(), &message()).await, "later", "429");
        assert_eq!(wait_of(&error), Some(Duration::from_secs(30)));
        assert!(fake.all().is_empty());
    }

    #[tokio::test]
    async fn what_passes_is_tried_again() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        fake.fail_next(1, "internal_error");
        check_failed(slack.post(&envelope(), &message()).await, "unknown", "internal_error");
        fake.status_next(1, 503);
        check_failed(slack.post(&envelope(), &message()).await, "later", "503");
        fake.status_next(1, 502);
        check_failed(slack.post(&envelope(), &message()).await, "unknown", "502");
        assert!(fake.all().is_empty());
    }

    #[tokio::test]
    async fn no_connection_means_that_nothing_was_posted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let api_url = format!("http://{}/api", listener.local_addr().unwrap());
        drop(listener);
        let slack = slack_with(api_url, TOKEN, PATIENCE);
        check_failed(slack.post(&envelope(), &message()).await, "later", "could not be reached");
    }

    /// As behind a firewall that drops packets.
    #[tokio::test]
    async fn what_never_answers_a_knock_means_that_nothing_was_posted() {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let deaf = socket.listen(0).unwrap();
        let address = deaf.local_addr().unwrap();
        let _ahead_in_line = tokio::net::TcpStream::connect(address).await.unwrap();
        let slack = slack_with(format!("http://{address}/api"), TOKEN, IMPATIENCE);
        check_failed(slack.post(&envelope(), &message()).await, "later", "could not be reached");
        let teams = teams_with(&format!("http://{address}/flow"), IMPATIENCE);
        check_failed(teams.post(&envelope(), &message()).await, "later", "could not be reached");
    }

    #[tokio::test]
    async fn a_message_whose_answer_was_lost_is_found() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        fake.post_as_stranger(CHANNEL, &json!({ "event_type": "x", "event_payload": { "n": 1 } }));
        fake.drop_next(1);
        check_failed(slack.post(&envelope(), &message()).await, "unknown", "broke off");
        fake.post_as_stranger(CHANNEL, &Value::Null);
        let found = slack.look_up(&envelope(), now()).await.unwrap();
        let ts = fake.messages(CHANNEL)[1].ts.clone();
        assert_eq!(found, there(Receipt { channel: CHANNEL.to_owned(), ts }));
    }

    #[tokio::test]
    async fn what_went_in_a_list_is_found_by_its_own_key_and_has_no_thread_of_it() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        let first = slack.post(&envelope(), &message()).await.unwrap();
        let key = "C-558380/after-5/1".to_owned();
        let gathered = vec![key.clone(), "C-2/after-5/1".to_owned()];
        let list = Envelope { key: "burst/7".to_owned(), gathered, ..envelope() };
        slack.post(&list, &message()).await.unwrap();
        let alone = Envelope { key, thread: first.clone(), ..envelope() };
        let found = LookUp::Found { receipt: None, text: message().text };
        assert_eq!(slack.look_up(&alone, now()).await.unwrap(), found);
        let other = Envelope { key: "C-558380/after-9/1".to_owned(), thread: first, ..envelope() };
        assert_eq!(slack.look_up(&other, now()).await.unwrap(), LookUp::Absent);
    }

    #[tokio::test]
    async fn a_reply_whose_answer_never_came_is_found_in_its_thread() {
        let fake = fake_slack().await;
        let first = slack(&fake).post(&envelope(), &message()).await.unwrap();
        let key = "C-558380/overdue/1".to_owned();
        let in_thread = Envelope { key, thread: first, ..envelope() };
        fake.hang_next(1);
        let impatient = slack_with(fake.api_url(), TOKEN, IMPATIENCE);
        check_failed(impatient.post(&in_thread, &message()).await, "unknown", "in time");
        let found = slack(&fake).look_up(&in_thread, now()).await.unwrap();
        let ts = fake.messages(CHANNEL)[1].ts.clone();
        assert_eq!(found, there(Receipt { channel: CHANNEL.to_owned(), ts }));
        assert_eq!(fake.calls("conversations.history"), 0);
    }

    #[tokio::test]
    async fn whoever_may_turn_few_pages_comes_to_the_last_all_the_same() {
        let fake = fake_slack().await;
        for _ in 0..450 {
            fake.post_as_stranger(CHANNEL, &Value::Null);
        }
        // Every second call is one too many.
        let mut calls = 0;
        fake.choose_faults(Box::new(move |_| {
            calls += 1;
            (calls % 2 == 0).then_some(Fault::RateLimit(1))
        }));
        let slack = slack(&fake);
        for _ in 0..2 {
            let refused = slack.look_up(&envelope(), now()).await.map(|_| None);
            assert_eq!(
                wait_of(&check_failed(refused, "later", "429")),
                Some(Duration::from_secs(1))
            );
        }
        assert_eq!(slack.look_up(&envelope(), now()).await.unwrap(), LookUp::Absent);
        assert_eq!(fake.calls("conversations.history"), 5, "three pages, and two asked for twice");
    }

    #[tokio::test]
    async fn what_was_never_posted_is_absent_however_busy_the_channel() {
        let fake = fake_slack().await;
        for _ in 0..450 {
            fake.post_as_stranger(CHANNEL, &Value::Null);
        }
        let slack = slack(&fake);
        assert_eq!(slack.look_up(&envelope(), now()).await.unwrap(), LookUp::Absent);
        assert_eq!(fake.calls("conversations.history"), 3);
    }

    #[tokio::test]
    async fn a_bot_that_may_not_read_cannot_ask() {
        let fake = fake_slack().await;
        fake.fail_next(1, "missing_scope");
        assert_eq!(slack(&fake).look_up(&envelope(), now()).await.unwrap(), LookUp::CannotAsk);
        fake.status_next(1, 502);
        let error = slack(&fake).look_up(&envelope(), now()).await.unwrap_err();
        assert_eq!(kind(&error), "later", "asking again does no harm");
    }

    #[tokio::test]
    async fn a_token_that_is_not_taken_is_for_the_administrators() {
        let fake = fake_slack().await;
        let wrong = slack_with(fake.api_url(), "xoxb-wrong", PATIENCE);
        check_failed(wrong.post(&envelope(), &message()).await, "misconfigured", "bot token");
        assert!(!format!("{wrong:?}").contains("xoxb"));
        fake.revoke();
        let outcome = slack(&fake).post(&envelope(), &message()).await;
        check_failed(outcome, "misconfigured", "install the app");
        assert_eq!(kind(&slack(&fake).probe().await.unwrap_err()), "misconfigured");
    }

    #[tokio::test]
    async fn a_channel_that_takes_nothing_is_final() {
        let fake = fake_slack().await;
        let slack = slack(&fake);
        let elsewhere = Envelope { address: "C999".to_owned(), ..envelope() };
        check_failed(slack.post(&elsewhere, &message()).await, "never", "/invite");
        fake.archive(CHANNEL);
        check_failed(slack.post(&envelope(), &message()).await, "never", "unarchive");
        fake.allow_any_channel();
        slack.post(&elsewhere, &message()).await.unwrap();
    }

    #[tokio::test]
    async fn a_probe_says_who_we_are_and_where_we_may_post() {
        let fake = fake_slack().await;
        let Channel::Slack(bot) = slack(&fake) else { unreachable!() };
        let who = bot.probe_scopes().await.unwrap();
        assert!(who.starts_with("workspace 部會 as jicui, with the scopes chat:write"), "{who}");
        fake.grant("chat:write,groups:history");
        let lacking = bot.probe_scopes().await.unwrap_err();
        assert_eq!(kind(&lacking), "misconfigured");
        let said = lacking.to_string();
        assert!(said.contains("credential slack_token lacks channels:history: add"), "{said}");
        assert_eq!(bot.probe_channel(CHANNEL).await.unwrap(), "the bot is in the channel");
        check_failed(bot.probe_channel("C999").await.map(|_| None), "never", "/invite");
        fake.add_member("wang@example.gov.tw", "U0WANG");
        assert!(bot.probe_channel("wang@example.gov.tw").await.is_ok());
        let nobody = bot.probe_channel("nobody@example.gov.tw").await.map(|_| None);
        check_failed(nobody, "never", "mend it in units.toml");
        assert!(fake.all().is_empty(), "nobody saw anything");
    }

    /// What answers to everything in Slack's place: where it listens.
    async fn answering(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> String {
        let router = axum::Router::new().fallback(async move || answer);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/api")
    }

    async fn proxy(content_type: &'static str, body: &'static str) -> String {
        answering(([("content-type", content_type)], body)).await
    }

    #[tokio::test]
    async fn a_rate_limit_is_obeyed_whoever_words_it() {
        let busy = (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]);
        for body in ["", "slow down", r#"{"ok":false,"error":"ratelimited"}"#] {
            let slack = slack_with(answering((busy.0, busy.1, body)).await, TOKEN, PATIENCE);
            let error = check_failed(slack.post(&envelope(), &message()).await, "later", "429");
            assert_eq!(wait_of(&error), Some(Duration::from_secs(7)), "{body}");
        }
    }

    #[tokio::test]
    async fn no_answer_is_read_without_end() {
        let endless = format!("{}{{\"ok\":true}}", " ".repeat(17 * 1024 * 1024));
        let slack = slack_with(answering(endless).await, TOKEN, PATIENCE);
        let posted = slack.post(&envelope(), &message()).await;
        check_failed(posted, "unknown", "could not be read");
    }

    #[tokio::test]
    async fn whoever_takes_a_message_without_words_is_named_and_is_no_fault() {
        let hook = hook_with(&proxy("text/plain", "ok").await, PATIENCE);
        let tried = hook.probe_address("wda").await.unwrap();
        assert!(tried.contains("it took a message without words"), "{tried}");
    }

    #[tokio::test]
    async fn what_a_proxy_says_in_its_place_is_not_well() {
        let receipt = Receipt { channel: CHANNEL.to_owned(), ts: "1772758800.000000".to_owned() };
        for (content_type, body) in [
            ("application/json", "{}"),
            ("application/json", r#"{"ok":false}"#),
            ("application/json", r#"{"ok":false,"channel":"C1","ts":"1772758800.000000"}"#),
            ("application/json", r#"{"status":"up","team":"proxy","user":"proxy"}"#),
            ("text/html; charset=utf-8", "<title>Sign in to the network</title>"),
        ] {
            let slack = slack_with(proxy(content_type, body).await, TOKEN, PATIENCE);
            let unreadable = "could not be read";
            let posted = slack.post(&envelope(), &message()).await;
            check_failed(posted, "unknown", unreadable);
            let updated = slack.update(&receipt, &message()).await;
            check_failed(updated.map(|()| None), "later", unreadable);
            check_failed(slack.probe().await.map(|_| None), "later", unreadable);
            let looked_up = slack.look_up(&envelope(), now()).await;
            check_failed(looked_up.map(|_| None), "later", unreadable);
            let Channel::Slack(bot) = slack else { unreachable!() };
            check_failed(bot.probe_scopes().await.map(|_| None), "later", unreadable);
            check_failed(bot.probe_channel(CHANNEL).await.map(|_| None), "later", unreadable);
        }
        let nameless = proxy("application/json", r#"{"ok":true}"#).await;
        let nameless = slack_with(nameless, TOKEN, PATIENCE);
        check_failed(nameless.probe().await.map(|_| None), "later", "could not be read");
    }

    #[test]
    fn without_a_token_there_is_no_bot() {
        let with = |token: Option<&str>, api_url: &str| {
            SlackBot::new(&settings::Slack {
                api_url: api_url.to_owned(),
                token: token.map(|token| secret(token, "credential slack_token")),
                app_token: None,
                request_timeout: PATIENCE,
                webhooks: BTreeMap::new(),
            })
        };
        let api_url = "https://slack.com/api";
        assert!(with(None, api_url).unwrap().is_none());
        let refused = |token, api_url| with(Some(token), api_url).map(|_| None);
        check_failed(refused(" \n", api_url), "misconfigured", "credential slack_token");
        check_failed(refused("xoxb-1\nxoxb-2", api_url), "misconfigured", "credential slack_token");
        check_failed(refused(TOKEN, "slack.com"), "misconfigured", "slack.api_url");
    }
}

mod slack_webhook {
    use super::*;

    #[tokio::test]
    async fn a_message_arrives() {
        let fake = FakeSlack::start().await;
        let hook = hook_with(&fake.hook_url("wda"), PATIENCE);
        assert_eq!(hook.post(&envelope(), &message()).await.unwrap(), None);
        assert!(fake.messages("wda")[0].shown().contains("115/03/11"));
        assert_eq!(hook.probe().await.unwrap(), "only a message can try it");
        let tried = hook.probe_address("wda").await.unwrap();
        assert!(tried.contains("credential slack_hook_wda"), "{tried}");
        assert_eq!(fake.messages("wda").len(), 1, "the probe posted nothing");
        assert_eq!(hook.look_up(&envelope(), now()).await.unwrap(), LookUp::CannotAsk);
    }

    #[tokio::test]
    async fn each_failure_has_its_consequence() {
        let fake = FakeSlack::start().await;
        let hook = hook_with(&fake.hook_url("wda"), PATIENCE);
        let post = async || hook.post(&envelope(), &message()).await;
        fake.rate_limit_next(1, 7);
        assert_eq!(
            wait_of(&check_failed(post().await, "later", "429")),
            Some(Duration::from_secs(7))
        );
        fake.status_next(1, 500);
        check_failed(post().await, "later", "500");
        fake.status_next(1, 400);
        check_failed(post().await, "never", "400");
        fake.status_next(1, 200);
        check_failed(post().await, "unknown", "not in Slack's words");
        fake.drop_next(1);
        check_failed(post().await, "unknown", "broke off");
        fake.status_next(1, 200);
        assert!(hook.probe_address("wda").await.is_err(), "whoever says nothing is not Slack");
        fake.remove_hook("wda");
        let tried = hook.probe_address("wda").await.map(|_| None);
        check_failed(tried, "misconfigured", "make a new one");
        check_failed(post().await, "misconfigured", "no_service");
        let wrong = fake.hook_url("other").replace("hook-secret", "wrong");
        let wrong = hook_with(&wrong, PATIENCE);
        let outcome = wrong.post(&envelope(), &message()).await;
        check_failed(outcome, "misconfigured", "credential slack_hook_wda");
        assert!(!format!("{hook:?}").contains("services"));
    }

    #[tokio::test]
    async fn no_answer_leaves_it_unknown() {
        let fake = FakeSlack::start().await;
        fake.hang_next(1);
        let hook = hook_with(&fake.hook_url("wda"), IMPATIENCE);
        check_failed(hook.post(&envelope(), &message()).await, "unknown", "in time");
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_being_shown() {
        let url = secret("hooks.slack.com/services/hook-secret", "credential slack_hook_wda");
        let outcome = SlackWebhook::new("wda", &url, PATIENCE).map(|_| None);
        check_failed(outcome, "misconfigured", "credential slack_hook_wda");
    }
}

mod teams_webhook {
    use super::*;

    #[tokio::test]
    async fn a_card_arrives() {
        let fake = FakeTeams::start().await;
        assert_eq!(teams(&fake).post(&envelope(), &message()).await.unwrap(), None);
        assert!(fake.failed_runs().is_empty());
        let posted = &fake.cards("wda")[0];
        assert_eq!(posted.request["type"], "message");
        assert_eq!(posted.request["attachments"][0]["content"], posted.card);
        insta::assert_snapshot!(outline(&posted.card), @r#"
        $schema "http://adaptivecards.io/schemas/adaptive-card.json"
        actions[] {"title":"前往平臺回復","type":"Action.OpenUrl","url":"https://data.gov.tw/suggests/558380"}
        body[] {"bleed":true,"items":[{"size":"Large","text":"⏰ 將屆期：尚餘 3 個工作天","type":"TextBlock","weight":"Bolder","wrap":true}],"style":"warning","type":"Container"}
        body[] {"inlines":[{"text":"不分幅_澎湖20MDEM無法下載","type":"TextRun","weight":"Bolder"}],"type":"RichTextBlock"}
        body[] {"facts":[{"title":"案號","value":"C-558380（我有話要說）"},{"title":"回復期限","value":"115/03/11（三）下班前"},{"title":"資料集","value":"不分幅\\_澎湖20MDEM無法下載"}],"type":"FactSet"}
        body[] {"text":"<at>王小明</at> 請於期限前至平臺回復。","type":"TextBlock","wrap":true}
        body[] {"isSubtle":true,"size":"Small","text":"本訊息由稽催系統自動發送。","type":"TextBlock","wrap":true}
        fallbackText "【將屆期】C-558380「不分幅\\_澎湖20MDEM無法下載」尚餘 3 個工作天，請於 115/03/11（三）前回復：https://data.gov.tw/suggests/558380"
        lang "zh"
        msteams {"entities":[{"mentioned":{"id":"ming.wang@example.gov.tw","name":"王小明"},"text":"<at>王小明</at>","type":"mention"}],"width":"full"}
        type "AdaptiveCard"
        version "1.4"
        "#);
    }

    #[tokio::test]
    async fn a_probe_reaches_the_flow_and_posts_nothing() {
        let fake = FakeTeams::start().await;
        let said = teams(&fake).probe_address("wda").await.unwrap();
        assert!(said.contains("credential teams_wda") && said.contains("nothing was posted"));
        assert_eq!((fake.calls("wda"), fake.all().len()), (1, 0));
    }

    #[tokio::test]
    async fn a_repeat_says_so() {
        let fake = FakeTeams::start().await;
        let repeated = Envelope { repeated: true, ..envelope() };
        teams(&fake).post(&repeated, &message()).await.unwrap();
        assert!(fake.all()[0].shown().starts_with("【重送】"));
        assert_eq!(fake.calls("wda"), 1);
    }

    #[tokio::test]
    async fn each_failure_has_its_consequence() {
        let fake = FakeTeams::start().await;
        let teams = teams(&fake);
        let post = async || teams.post(&envelope(), &message()).await;
        fake.rate_limit_next(1, 7);
        assert_eq!(
            wait_of(&check_failed(post().await, "later", "429")),
            Some(Duration::from_secs(7))
        );
        for (status, expected) in [
            (400, "never"),
            (401, "misconfigured"),
            (403, "misconfigured"),
            (408, "later"),
            (410, "misconfigured"),
            (413, "never"),
            (500, "later"),
            (502, "unknown"),
            (503, "later"),
            (504, "unknown"),
        ] {
            fake.status_next(1, status);
            check_failed(post().await, expected, &status.to_string());
        }
        fake.drop_next(1);
        check_failed(post().await, "unknown", "broke off");
        fake.disable("wda");
        check_failed(post().await, "misconfigured", "credential teams_wda");
        assert!(!format!("{teams:?}").contains("workflows"));
        check_failed(
            teams.probe_address("wda").await.map(|_| None),
            "misconfigured",
            "make a new one",
        );
    }

    #[tokio::test]
    async fn no_answer_leaves_it_unknown() {
        let fake = FakeTeams::start().await;
        fake.hang_next(1);
        let teams = teams_with(&fake.url("wda"), IMPATIENCE);
        check_failed(teams.post(&envelope(), &message()).await, "unknown", "in time");
        assert_eq!(fake.cards("wda").len(), 1, "it was taken all the same");
    }

    #[tokio::test]
    async fn no_connection_means_that_nothing_was_posted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/?sig=flow-secret", listener.local_addr().unwrap());
        drop(listener);
        let teams = teams_with(&url, PATIENCE);
        check_failed(teams.post(&envelope(), &message()).await, "later", "could not be reached");
    }
}

mod hostile_titles {
    use super::*;

    fn titles() -> Vec<String> {
        let mut titles: Vec<String> = [
            "<!channel> <!here> @here @channel <@U1> <#C1> <!subteam^S1>",
            "*粗* _斜_ ~刪~ `碼` ```區塊``` > 引 :tada: :x:",
            "<http://evil.example|data.gov.tw> http://evil.example [按我](http://evil.example)",
            "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;&amp;",
            "</at><at>王小明</at> {{DATE(2026-01-01T00:00:00Z,SHORT)}} ${title} @{body('x')}",
            "\u{202e}gpj.exe\u{202c} שלום مرحبا \u{2066}x",
            "a\nb\r\n> c\n# d\n- e\n1. f\u{0}\u{1b}[31m",
            "👨‍👩‍👧🇹🇼😀 \u{200b}\u{feff}",
            "\" \\ ' \u{2028}",
            "   \n ",
        ]
        .map(str::to_owned)
        .to_vec();
        titles.push("陳".repeat(255));
        titles.push("&<>\"😀".repeat(51));
        titles
    }

    /// No text that Slack interprets holds anything but our own bold labels and mentions.
    #[track_caller]
    fn check_slack(posted: &Value) {
        let mut interpreted = vec![posted["text"].as_str().unwrap().to_owned()];
        collect(posted, &mut |object| {
            if object["type"] == "mrkdwn" {
                assert_eq!(object["verbatim"], true);
                interpreted.push(object["text"].as_str().unwrap().to_owned());
            }
        });
        for (number, text) in interpreted.iter().enumerate() {
            let rest = text.replace("<@U012AB3CD>", "");
            assert!(!rest.contains(['<', '>', '\n', '\u{202e}', '\u{1b}']) || number > 0, "{text}");
            assert!(!rest.contains(['<', '>', '\u{202e}', '\u{2066}', '\u{1b}', '\0']), "{text}");
            for mark in ['*', '_', '~', '`', ':'] {
                let ours = if mark == '*' && rest.starts_with('*') { 2 } else { 0 };
                assert!(number == 0 || rest.matches(mark).count() <= ours + 1, "{text}");
            }
        }
        assert_eq!((&posted["mrkdwn"], &posted["unfurl_links"]), (&json!(false), &json!(false)));
        collect(posted, &mut |object| {
            if object["block_id"] == "title" {
                assert_eq!(object["text"]["type"], "plain_text");
                assert_eq!(object["text"]["emoji"], false);
            }
        });
    }

    fn collect(value: &Value, visit: &mut impl FnMut(&Value)) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, visit)),
            Value::Object(fields) => {
                visit(value);
                fields.values().for_each(|field| collect(field, visit));
            }
            _ => {}
        }
    }

    #[tokio::test]
    async fn slack_shows_them_without_effect() {
        let fake = fake_slack().await;
        let (slack, hook) = (slack(&fake), hook_with(&fake.hook_url("wda"), PATIENCE));
        for title in titles() {
            slack.post(&envelope(), &message_with_title(&title)).await.unwrap();
            hook.post(&envelope(), &message_with_title(&title)).await.unwrap();
        }
        for posted in fake.all() {
            check_slack(&posted.request);
        }
        for posted in fake.messages(CHANNEL) {
            assert_eq!(
                (&posted.request["parse"], &posted.request["link_names"]),
                (&json!("none"), &json!(false))
            );
        }
        let shown = fake.messages(CHANNEL)[0].shown();
        assert!(shown.contains("<!channel> <!here> @here"), "the title is shown as it was typed");
    }

    #[tokio::test]
    async fn teams_shows_them_without_effect() {
        let fake = FakeTeams::start().await;
        let teams = teams(&fake);
        for title in titles() {
            teams.post(&envelope(), &message_with_title(&title)).await.unwrap();
        }
        assert!(fake.failed_runs().is_empty());
        for posted in fake.all() {
            let card = posted.card.to_string();
            assert_eq!(card.matches("<at>").count(), 2, "the body's and the entity's: {card}");
            assert!(!card.contains("{{") && !card.contains("\\u0000"), "{card}");
            collect(&posted.card, &mut |object| {
                let text = object["value"].as_str().unwrap_or_default();
                assert_no_markdown(text);
            });
        }
    }

    #[track_caller]
    fn assert_no_markdown(text: &str) {
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            if c == '\\' {
                assert!(characters.next().is_some_and(|c| c.is_ascii_punctuation()), "{text}");
            } else {
                assert!(!"`*_[](){}<>#~&!|".contains(c), "{text}");
            }
        }
    }
}
