//! A Slack that remembers what was posted, on the wire.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::faults::{Chooser, Fault, Faults, travel};
use super::socket::FakeSocket;

/// The only token it takes.
pub(crate) const TOKEN: &str = "xoxb-0123456789-not-a-real-token";

/// The only app-level token it takes.
pub(crate) const APP_TOKEN: &str = "xapp-1-A0-0123456789-not-a-real-token";

/// The secret part of an incoming webhook's address.
const HOOK_SECRET: &str = "hook-secret";

/// A message as a reader sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Posted {
    /// The channel's id, or a webhook's name.
    pub(crate) channel: String,
    /// Its name within the channel; empty for webhooks.
    pub(crate) ts: String,
    /// The message it answers.
    pub(crate) thread_ts: Option<String>,
    /// Shown in the channel as well.
    pub(crate) broadcast: bool,
    /// The text for notifications, still escaped.
    pub(crate) text: String,
    /// Its blocks.
    pub(crate) blocks: Vec<Value>,
    /// `event_type` and `event_payload`.
    pub(crate) metadata: Value,
    /// How often it was edited.
    pub(crate) edits: usize,
    /// The last request that wrote it.
    pub(crate) request: Value,
}

impl Posted {
    /// The outbox key it carries.
    pub(crate) fn key(&self) -> Option<&str> {
        self.metadata.pointer("/event_payload/key")?.as_str()
    }

    /// Everything a reader sees, in order.
    pub(crate) fn shown(&self) -> String {
        let mut shown = Vec::new();
        collect_texts(&Value::Array(self.blocks.clone()), &mut shown);
        shown.join("\n")
    }

    fn to_json(&self, with_metadata: bool) -> Value {
        let mut message = json!({
            "type": "message", "bot_id": "B1", "user": "UBOT", "ts": self.ts, "text": self.text,
            "blocks": self.blocks,
        });
        if let Some(thread_ts) = &self.thread_ts {
            message["thread_ts"] = json!(thread_ts);
        }
        if with_metadata && !self.metadata.is_null() {
            message["metadata"] = self.metadata.clone();
        }
        message
    }
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get("text") {
                texts.push(text.clone());
            }
            fields.values().for_each(|field| collect_texts(field, texts));
        }
        _ => {}
    }
}

/// What the manifest asks for.
const EVERY_SCOPE: &str = "chat:write,channels:history,groups:history,users:read,users:read.email";

#[derive(Debug, Default)]
struct Workspace {
    now_micros: i64,
    last_ts_micros: i64,
    messages: Vec<Posted>,
    channels: BTreeSet<String>,
    archived: BTreeSet<String>,
    any_channel: bool,
    revoked: bool,
    removed_hooks: BTreeSet<String>,
    faults: Faults,
    socket_url: String,
    members: BTreeMap<String, String>,
    deactivated: BTreeSet<String>,
    is_scope_missing: bool,
    scopes: Option<String>,
    modals: Vec<Value>,
    whispers: Vec<(String, String)>,
    calls: BTreeMap<String, usize>,
}

/// A workspace with a bot, served on loopback until dropped.
#[derive(Debug)]
pub(crate) struct FakeSlack {
    /// Where clicks are told of.
    pub(crate) socket: FakeSocket,
    address: std::net::SocketAddr,
    workspace: Arc<Mutex<Workspace>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for FakeSlack {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Shared = Arc<Mutex<Workspace>>;

impl FakeSlack {
    /// An empty workspace.
    pub(crate) async fn start() -> Self {
        let workspace = Shared::default();
        let socket = FakeSocket::start().await;
        workspace.lock().unwrap().socket_url = socket.url();
        let router = Router::new()
            .route("/api/{method}", any(serve_method))
            .route("/services/{name}/{secret}", post(serve_hook))
            .with_state(Arc::clone(&workspace));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { socket, address, workspace, server }
    }

    /// What `slack.api_url` shall be.
    pub(crate) fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// The secret address of the incoming webhook `name`.
    pub(crate) fn hook_url(&self, name: &str) -> String {
        format!("http://{}/services/{name}/{HOOK_SECRET}", self.address)
    }

    /// The time that the next message's `ts` is made from.
    pub(crate) fn set_now(&self, now: DateTime<Utc>) {
        self.lock().now_micros = now.timestamp_micros();
    }

    /// A channel the bot is a member of.
    pub(crate) fn add_channel(&self, channel: &str) {
        self.lock().channels.insert(channel.to_owned());
    }

    /// Every channel exists.
    pub(crate) fn allow_any_channel(&self) {
        self.lock().any_channel = true;
    }

    /// A member with this mail address.
    pub(crate) fn add_member(&self, mail: &str, id: &str) {
        self.lock().members.insert(mail.to_owned(), id.to_owned());
    }

    /// Deactivates the member with this mail address.
    pub(crate) fn deactivate(&self, mail: &str) {
        self.lock().deactivated.insert(mail.to_owned());
    }

    /// The bot may not look anybody up by mail.
    pub(crate) fn forbid_look_ups(&self, forbidden: bool) {
        self.lock().is_scope_missing = forbidden;
    }

    /// The modals that were opened, oldest first.
    pub(crate) fn modals(&self) -> Vec<Value> {
        self.lock().modals.clone()
    }

    /// What was said to one member alone: to whom, and what.
    pub(crate) fn whispers(&self) -> Vec<(String, String)> {
        self.lock().whispers.clone()
    }

    /// Archives a channel.
    pub(crate) fn archive(&self, channel: &str) {
        self.lock().archived.insert(channel.to_owned());
    }

    /// Opens it again.
    pub(crate) fn unarchive(&self, channel: &str) {
        self.lock().archived.remove(channel);
    }

    /// Removes an incoming webhook.
    pub(crate) fn remove_hook(&self, name: &str) {
        self.lock().removed_hooks.insert(name.to_owned());
    }

    /// Takes the token back.
    pub(crate) fn revoke(&self) {
        self.lock().revoked = true;
    }

    /// A person deletes a message.
    pub(crate) fn delete(&self, ts: &str) {
        self.lock().messages.retain(|message| message.ts != ts);
    }

    /// Somebody else's message, in the shape of another program.
    pub(crate) fn post_as_stranger(&self, channel: &str, metadata: &Value) {
        let mut workspace = self.lock();
        let message = Posted {
            channel: channel.to_owned(),
            ts: workspace.next_ts(),
            text: "something else".to_owned(),
            blocks: vec![json!({ "type": "a_block_of_next_year", "x": 1 })],
            metadata: metadata.clone(),
            ..Posted::default()
        };
        workspace.messages.push(message);
    }

    /// The next `times` requests are refused with 429.
    pub(crate) fn rate_limit_next(&self, times: usize, retry_after_secs: u64) {
        self.lock().faults.inject(times, &Fault::RateLimit(retry_after_secs));
    }

    /// The next `times` requests are answered `"ok": false` with this error.
    pub(crate) fn fail_next(&self, times: usize, error: &str) {
        self.lock().faults.inject(times, &Fault::Refuse(error.to_owned()));
    }

    /// The next `times` requests are answered with this status.
    pub(crate) fn status_next(&self, times: usize, status: u16) {
        self.lock().faults.inject(times, &Fault::Status(status));
    }

    /// The token may do this, in Slack's words.
    pub(crate) fn grant(&self, scopes: &str) {
        self.lock().scopes = Some(scopes.to_owned());
    }

    /// The next `times` requests are taken and never answered.
    pub(crate) fn hang_next(&self, times: usize) {
        self.lock().faults.inject(times, &Fault::Hang);
    }

    /// The next `times` requests are taken, and the connection closes.
    pub(crate) fn drop_next(&self, times: usize) {
        self.lock().faults.inject(times, &Fault::Drop);
    }

    /// Every request to the Web API meets what `chooser` says of it.
    pub(crate) fn choose_faults(&self, chooser: Chooser) {
        self.lock().faults.choose(chooser);
    }

    /// A call takes this long to arrive, and its answer as long to come back.
    pub(crate) fn slow_down(&self, pause: Duration) {
        self.lock().faults.slow_down(pause);
    }

    /// How many calls are under way, or their answers.
    pub(crate) fn under_way(&self) -> usize {
        self.lock().faults.under_way()
    }

    /// No more injected faults, no archived channel.
    pub(crate) fn mend(&self) {
        let mut slack = self.lock();
        slack.faults = Faults::default();
        slack.archived.clear();
    }

    /// The messages of a channel (or of a webhook), oldest first.
    pub(crate) fn messages(&self, channel: &str) -> Vec<Posted> {
        self.all().into_iter().filter(|message| message.channel == channel).collect()
    }

    /// Every message, oldest first.
    pub(crate) fn all(&self) -> Vec<Posted> {
        self.lock().messages.clone()
    }

    /// The messages after the first `read`, oldest first.
    pub(crate) fn since(&self, read: usize) -> Vec<Posted> {
        self.lock().messages.iter().skip(read).cloned().collect()
    }

    /// How often `method` was called.
    pub(crate) fn calls(&self, method: &str) -> usize {
        self.lock().calls.get(method).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap()
    }
}

async fn serve_method(
    State(workspace): State<Shared>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = parse(query.as_deref().unwrap_or_default(), &headers, &body);
    let (pause, _under_way) = workspace.lock().unwrap().faults.way();
    travel(pause).await;
    let (fault, answer) = {
        let mut workspace = workspace.lock().unwrap();
        *workspace.calls.entry(method.clone()).or_default() += 1;
        let fault = workspace.faults.next(&request);
        let takes_effect = fault.as_ref().is_none_or(Fault::takes_effect);
        let answer = takes_effect.then(|| {
            let authorized = workspace.authorize(&method, &headers);
            authorized.and_then(|()| workspace.call(&method, &request))
        });
        (fault, answer)
    };
    travel(pause).await;
    match (fault, answer) {
        (Some(fault), _) => fault.answer().await,
        (None, Some(Ok(mut answer))) => {
            answer["ok"] = json!(true);
            let scopes = workspace.lock().unwrap().scopes.clone();
            let scopes = scopes.unwrap_or_else(|| EVERY_SCOPE.to_owned());
            ([("x-oauth-scopes", scopes)], axum::Json(answer)).into_response()
        }
        (None, Some(Err(error))) => {
            axum::Json(json!({ "ok": false, "error": error })).into_response()
        }
        (None, None) => unreachable!("without a fault every request takes effect"),
    }
}

async fn serve_hook(
    State(workspace): State<Shared>,
    Path((name, secret)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (fault, answer) = {
        let mut workspace = workspace.lock().unwrap();
        let fault = workspace.faults.next(&request);
        let takes_effect = fault.as_ref().is_none_or(Fault::takes_effect);
        let answer = takes_effect.then(|| workspace.post_by_hook(&name, &secret, &request));
        (fault, answer)
    };
    match (fault, answer) {
        (Some(fault), _) => fault.answer().await,
        (None, Some(answer)) => answer.into_response(),
        (None, None) => unreachable!("without a fault every request takes effect"),
    }
}

/// A request in JSON, or as a form with JSON in some fields.
fn parse(query: &str, headers: &HeaderMap, body: &[u8]) -> Value {
    let content_type = headers.get("content-type").and_then(|t| t.to_str().ok());
    if content_type.unwrap_or_default().starts_with("application/json") {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    let mut request = Map::new();
    let body = String::from_utf8_lossy(body);
    let url = reqwest::Url::parse(&format!("http://form/?{query}&{body}")).unwrap();
    for (name, value) in url.query_pairs().filter(|(name, _)| !name.is_empty()) {
        let is_json = matches!(name.as_ref(), "blocks" | "metadata");
        let json = serde_json::from_str(&value).ok().filter(|_| is_json);
        let value = json.unwrap_or_else(|| Value::String(value.into_owned()));
        request.insert(name.into_owned(), value);
    }
    Value::Object(request)
}

fn word<'a>(request: &'a Value, name: &str) -> &'a str {
    request[name].as_str().unwrap_or_default()
}

fn is_true(request: &Value, name: &str) -> bool {
    request[name] == true || matches!(word(request, name), "true" | "1")
}

type Answer = Result<Value, &'static str>;

impl Workspace {
    fn authorize(&self, method: &str, headers: &HeaderMap) -> Result<(), &'static str> {
        let token = headers.get("authorization").and_then(|token| token.to_str().ok());
        match token.and_then(|token| token.strip_prefix("Bearer ")) {
            None => Err("not_authed"),
            Some(APP_TOKEN) if method == "apps.connections.open" => Ok(()),
            Some(TOKEN) if method == "apps.connections.open" => Err("not_allowed_token_type"),
            Some(TOKEN) if self.revoked => Err("token_revoked"),
            Some(TOKEN) => Ok(()),
            Some(_) => Err("invalid_auth"),
        }
    }

    fn call(&mut self, method: &str, request: &Value) -> Answer {
        match method {
            "auth.test" => Ok(json!({
                "url": "https://ministry.slack.com/", "team": "部會", "user": "jicui",
                "team_id": "T1", "user_id": "UBOT", "bot_id": "B1",
            })),
            "chat.postMessage" => self.post(request),
            "chat.update" => self.update(request),
            "conversations.history" => self.history(request),
            "conversations.replies" => self.replies(request),
            "apps.connections.open" => Ok(json!({ "url": self.socket_url })),
            "users.lookupByEmail" => {
                if self.is_scope_missing {
                    return Err("missing_scope");
                }
                let mail = word(request, "email");
                let id = self.members.get(mail).ok_or("users_not_found")?;
                let deleted = self.deactivated.contains(mail);
                Ok(json!({ "user": { "id": id, "name": "somebody", "deleted": deleted } }))
            }
            "views.open" => {
                if !word(request, "trigger_id").starts_with("trigger-") {
                    return Err("invalid_trigger_id");
                }
                check_modal(&request["view"])?;
                self.modals.push(request["view"].clone());
                Ok(json!({ "view": { "id": "V1" } }))
            }
            "chat.postEphemeral" => {
                self.check_channel(word(request, "channel"))?;
                check_limits(request)?;
                let whisper = (word(request, "user").to_owned(), word(request, "text").to_owned());
                self.whispers.push(whisper);
                Ok(json!({ "message_ts": "1.1" }))
            }
            _ => Err("unknown_method"),
        }
    }

    fn next_ts(&mut self) -> String {
        self.last_ts_micros = self.now_micros.max(self.last_ts_micros + 100);
        let (seconds, micros) = (self.last_ts_micros / 1_000_000, self.last_ts_micros % 1_000_000);
        format!("{seconds}.{micros:06}")
    }

    fn check_channel(&self, channel: &str) -> Result<(), &'static str> {
        if !self.any_channel && !self.channels.contains(channel) {
            Err("channel_not_found")
        } else if self.archived.contains(channel) {
            Err("is_archived")
        } else {
            Ok(())
        }
    }

    fn post(&mut self, request: &Value) -> Answer {
        let channel = word(request, "channel").to_owned();
        self.check_channel(&channel)?;
        check_limits(request)?;
        let thread_ts = request["thread_ts"].as_str().map(str::to_owned);
        if let Some(thread_ts) = &thread_ts
            && !self.messages.iter().any(|m| m.channel == channel && m.ts == *thread_ts)
        {
            return Err("thread_not_found");
        }
        let ts = self.next_ts();
        let message = Posted {
            channel: channel.clone(),
            ts: ts.clone(),
            broadcast: thread_ts.is_some() && is_true(request, "reply_broadcast"),
            thread_ts,
            text: word(request, "text").to_owned(),
            blocks: request["blocks"].as_array().cloned().unwrap_or_default(),
            metadata: request["metadata"].clone(),
            edits: 0,
            request: request.clone(),
        };
        let answer = message.to_json(false);
        self.messages.push(message);
        Ok(json!({ "channel": channel, "ts": ts, "message": answer }))
    }

    fn update(&mut self, request: &Value) -> Answer {
        let (channel, ts) = (word(request, "channel"), word(request, "ts"));
        self.check_channel(channel)?;
        check_limits(request)?;
        let found = self.messages.iter_mut().find(|m| m.channel == channel && m.ts == ts);
        let message = found.ok_or("message_not_found")?;
        message.text = word(request, "text").to_owned();
        message.blocks = request["blocks"].as_array().cloned().unwrap_or_default();
        if !request["metadata"].is_null() {
            message.metadata = request["metadata"].clone();
        }
        message.edits += 1;
        message.request = request.clone();
        Ok(json!({ "channel": channel, "ts": ts, "text": message.text }))
    }

    fn history(&self, request: &Value) -> Answer {
        self.check_channel(word(request, "channel"))?;
        let in_channel = |message: &&Posted| message.thread_ts.is_none() || message.broadcast;
        let mut messages: Vec<&Posted> =
            self.since(request).into_iter().filter(in_channel).collect();
        messages.reverse();
        Ok(page(request, &messages))
    }

    fn replies(&self, request: &Value) -> Answer {
        let (channel, ts) = (word(request, "channel"), word(request, "ts"));
        self.check_channel(channel)?;
        let is_first = |message: &&Posted| message.channel == channel && message.ts == ts;
        let first = self.messages.iter().find(is_first).ok_or("thread_not_found")?;
        let mut messages = vec![first];
        let answers = |message: &&Posted| message.thread_ts.as_deref() == Some(ts);
        messages.extend(self.since(request).into_iter().filter(answers));
        Ok(page(request, &messages))
    }

    /// The channel's messages after `oldest`. Time stamps have one length: they compare as words.
    fn since(&self, request: &Value) -> Vec<&Posted> {
        let (channel, oldest) = (word(request, "channel"), word(request, "oldest"));
        let wanted = |message: &&Posted| message.channel == channel && message.ts.as_str() > oldest;
        self.messages.iter().filter(wanted).collect()
    }

    fn post_by_hook(
        &mut self,
        name: &str,
        secret: &str,
        request: &Value,
    ) -> (StatusCode, &'static str) {
        if secret != HOOK_SECRET {
            return (StatusCode::FORBIDDEN, "invalid_token");
        }
        if self.removed_hooks.contains(name) {
            return (StatusCode::NOT_FOUND, "no_service");
        }
        if word(request, "text").is_empty() {
            return (StatusCode::BAD_REQUEST, "no_text");
        }
        if let Err(error) = check_limits(request) {
            return (StatusCode::BAD_REQUEST, error);
        }
        self.messages.push(Posted {
            channel: name.to_owned(),
            text: word(request, "text").to_owned(),
            blocks: request["blocks"].as_array().cloned().unwrap_or_default(),
            request: request.clone(),
            ..Posted::default()
        });
        (StatusCode::OK, "ok")
    }
}

fn page(request: &Value, messages: &[&Posted]) -> Value {
    let limit = match &request["limit"] {
        Value::String(limit) => limit.parse().unwrap_or(100),
        limit => limit.as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100),
    };
    let start: usize = word(request, "cursor").parse().unwrap_or_default();
    let with_metadata = is_true(request, "include_all_metadata");
    let shown: Vec<Value> = messages
        .iter()
        .skip(start)
        .take(limit)
        .map(|message| message.to_json(with_metadata))
        .collect();
    let end = start + shown.len();
    let has_more = end < messages.len();
    let next_cursor = if has_more { end.to_string() } else { String::new() };
    let cursor = json!({ "next_cursor": next_cursor });
    json!({ "messages": shown, "has_more": has_more, "response_metadata": cursor })
}

/// The limits of a modal.
fn check_modal(view: &Value) -> Result<(), &'static str> {
    let short = |name: &str| is_text(&view[name], 24) && view[name]["type"] == "plain_text";
    let blocks = view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kept = word(view, "private_metadata").chars().count() <= 3000;
    let whole = view["type"] == "modal" && short("title") && short("submit") && short("close");
    let known = |block: &Value| match word(block, "type") {
        "input" => {
            is_text(&block["label"], 2000)
                && is_text(&block["hint"], 2000)
                && matches!(
                    word(&block["element"], "type"),
                    "number_input" | "static_select" | "plain_text_input"
                )
                && block["element"]["options"].as_array().is_none_or(|options| {
                    (1..=100).contains(&options.len())
                        && options.iter().all(|option| is_text(&option["text"], 75))
                })
        }
        _ => is_valid(block),
    };
    if whole && kept && blocks.iter().all(known) { Ok(()) } else { Err("invalid_arguments") }
}

/// Slack's own limits, as far as a message of ours can break them.
fn check_limits(request: &Value) -> Result<(), &'static str> {
    let blocks = request["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = word(request, "text");
    if text.is_empty() {
        return Err("no_text");
    }
    if text.chars().count() > 40_000 {
        return Err("msg_too_long");
    }
    if serde_json::to_string(blocks).unwrap().chars().count() > 13_000 {
        return Err("msg_blocks_too_long");
    }
    let mut ids = BTreeSet::new();
    let distinct =
        blocks.iter().all(|block| block["block_id"].as_str().is_none_or(|id| ids.insert(id)));
    if blocks.len() > 50 || !distinct || !blocks.iter().all(is_valid) {
        return Err("invalid_blocks");
    }
    Ok(())
}

fn is_valid(block: &Value) -> bool {
    let list = |name: &str| block[name].as_array().cloned().unwrap_or_default();
    match word(block, "type") {
        "header" => block["text"]["type"] == "plain_text" && is_text(&block["text"], 150),
        "section" => {
            let fields = list("fields");
            let text = &block["text"];
            let something = !text.is_null() || !fields.is_empty();
            something
                && (text.is_null() || is_text(text, 3000))
                && fields.len() <= 10
                && fields.iter().all(|field| is_text(field, 2000))
        }
        "actions" => {
            let elements = list("elements");
            !elements.is_empty() && elements.len() <= 25 && elements.iter().all(is_button)
        }
        "context" => {
            let elements = list("elements");
            !elements.is_empty()
                && elements.len() <= 10
                && elements.iter().all(|element| is_text(element, 3000))
        }
        "rich_text" => {
            let elements = list("elements");
            !elements.is_empty() && elements.iter().all(is_list)
        }
        "divider" => true,
        _ => false,
    }
}

/// A list of rich text: sections of words and links, none of them empty.
fn is_list(element: &Value) -> bool {
    let parts = |value: &Value| value["elements"].as_array().cloned().unwrap_or_default();
    let is_part = |part: &Value| match word(part, "type") {
        "text" => !word(part, "text").is_empty(),
        "link" => word(part, "url").starts_with("http") && !word(part, "text").is_empty(),
        _ => false,
    };
    let is_section = |section: &Value| {
        let parts = parts(section);
        section["type"] == "rich_text_section" && !parts.is_empty() && parts.iter().all(is_part)
    };
    let sections = parts(element);
    element["type"] == "rich_text_list"
        && matches!(word(element, "style"), "bullet" | "ordered")
        && !sections.is_empty()
        && sections.iter().all(is_section)
}

fn is_button(element: &Value) -> bool {
    let spoken = word(element, "accessibility_label").chars().count();
    let confirm = &element["confirm"];
    let asks = confirm.is_null()
        || (is_text(&confirm["title"], 100)
            && is_text(&confirm["text"], 300)
            && is_text(&confirm["confirm"], 30)
            && is_text(&confirm["deny"], 30));
    word(element, "type") == "button"
        && asks
        && word(element, "value").chars().count() <= 2000
        && is_text(&element["text"], 75)
        && spoken <= 75
        && word(element, "url").chars().count() <= 3000
}

fn is_text(text: &Value, limit: usize) -> bool {
    let length = word(text, "text").chars().count();
    matches!(word(text, "type"), "plain_text" | "mrkdwn") && (1..=limit).contains(&length)
}
