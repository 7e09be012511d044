//! A Teams Workflows webhook that remembers its cards, on the wire.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

use super::faults::{Chooser, Fault, Faults, travel};

/// The secret in a flow's address.
const SIGNATURE: &str = "sig=flow-secret";
const LIMIT_BYTES: usize = 28 * 1024;

/// A card that a flow posted.
#[derive(Clone, Debug)]
pub(crate) struct PostedCard {
    /// The flow's name.
    pub(crate) flow: String,
    /// The Adaptive Card.
    pub(crate) card: Value,
    /// The whole request.
    pub(crate) request: Value,
}

impl PostedCard {
    /// The texts of the body, in order.
    pub(crate) fn shown(&self) -> String {
        let mut shown = Vec::new();
        collect_texts(&self.card["body"], &mut shown);
        shown.join("\n")
    }
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => {
            for name in ["text", "title", "value"] {
                texts.extend(fields.get(name).and_then(Value::as_str).map(str::to_owned));
            }
            fields.values().for_each(|field| collect_texts(field, texts));
        }
        _ => {}
    }
}

#[derive(Debug, Default)]
struct Flows {
    cards: Vec<PostedCard>,
    failed_runs: Vec<String>,
    disabled: BTreeSet<String>,
    calls: BTreeMap<String, usize>,
    faults: Faults,
}

/// What Power Automate answers where a flow was deleted or switched off.
const FLOW_IS_OFF: &str = r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow trigger manual: state Disabled."}}"#;

type Shared = Arc<Mutex<Flows>>;

/// Flows with the trigger "When a Teams webhook request is received", served until dropped.
#[derive(Debug)]
pub(crate) struct FakeTeams {
    address: std::net::SocketAddr,
    flows: Shared,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for FakeTeams {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeTeams {
    /// Flows of any name.
    pub(crate) async fn start() -> Self {
        let flows = Shared::default();
        let router = Router::new()
            .route("/workflows/{flow}/triggers/manual/paths/invoke", post(serve))
            .with_state(Arc::clone(&flows));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, flows, server }
    }

    /// The secret address of a flow.
    pub(crate) fn url(&self, flow: &str) -> String {
        let path = format!("workflows/{flow}/triggers/manual/paths/invoke");
        format!("http://{}/{path}?api-version=2016-06-01&{SIGNATURE}", self.address)
    }

    /// Turns a flow off, as happens when its owner leaves.
    pub(crate) fn disable(&self, flow: &str) {
        self.lock().disabled.insert(flow.to_owned());
    }

    /// The next `times` requests are refused with 429.
    pub(crate) fn rate_limit_next(&self, times: usize, retry_after_secs: u64) {
        self.lock().faults.inject(times, &Fault::RateLimit(retry_after_secs));
    }

    /// The next `times` requests are answered with this status.
    pub(crate) fn status_next(&self, times: usize, status: u16) {
        self.lock().faults.inject(times, &Fault::Status(status));
    }

    /// The next `times` requests are taken and never answered.
    pub(crate) fn hang_next(&self, times: usize) {
        self.lock().faults.inject(times, &Fault::Hang);
    }

    /// The next `times` requests are taken, and the connection closes.
    pub(crate) fn drop_next(&self, times: usize) {
        self.lock().faults.inject(times, &Fault::Drop);
    }

    /// Every request meets what `chooser` says of it.
    pub(crate) fn choose_faults(&self, chooser: Chooser) {
        self.lock().faults.choose(chooser);
    }

    /// A request takes this long to arrive, and its answer as long to come back.
    pub(crate) fn slow_down(&self, pause: Duration) {
        self.lock().faults.slow_down(pause);
    }

    /// How many requests are under way, or their answers.
    pub(crate) fn under_way(&self) -> usize {
        self.lock().faults.under_way()
    }

    /// The cards of a flow, oldest first.
    pub(crate) fn cards(&self, flow: &str) -> Vec<PostedCard> {
        self.all().into_iter().filter(|posted| posted.flow == flow).collect()
    }

    /// Every card, oldest first.
    pub(crate) fn all(&self) -> Vec<PostedCard> {
        self.lock().cards.clone()
    }

    /// The cards after the first `read`, oldest first.
    pub(crate) fn since(&self, read: usize) -> Vec<PostedCard> {
        self.lock().cards.iter().skip(read).cloned().collect()
    }

    /// What went wrong inside flows after they had answered 202: nobody is told.
    pub(crate) fn failed_runs(&self) -> Vec<String> {
        self.lock().failed_runs.clone()
    }

    /// How often a flow was called.
    pub(crate) fn calls(&self, flow: &str) -> usize {
        self.lock().calls.get(flow).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Flows> {
        self.flows.lock().unwrap()
    }
}

async fn serve(
    State(flows): State<Shared>,
    Path(flow): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let signed = query.unwrap_or_default().ends_with(SIGNATURE);
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (pause, _under_way) = flows.lock().unwrap().faults.way();
    travel(pause).await;
    let (fault, status) = {
        let mut flows = flows.lock().unwrap();
        *flows.calls.entry(flow.clone()).or_default() += 1;
        let fault = flows.faults.next(&request);
        let takes_effect = fault.as_ref().is_none_or(Fault::takes_effect);
        (fault, takes_effect.then(|| flows.run(&flow, signed, &body)))
    };
    travel(pause).await;
    match (fault, status) {
        (Some(fault), _) => fault.answer().await,
        (None, Some(status)) => status.into_response(),
        (None, None) => unreachable!("without a fault every request takes effect"),
    }
}

impl Flows {
    fn run(&mut self, flow: &str, signed: bool, body: &[u8]) -> Response {
        if !signed {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if self.disabled.contains(flow) {
            return (StatusCode::BAD_REQUEST, FLOW_IS_OFF).into_response();
        }
        if body.len() > LIMIT_BYTES {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        match check(&request) {
            Ok(cards) => self.cards.extend(cards.into_iter().map(|card| PostedCard {
                flow: flow.to_owned(),
                card,
                request: request.clone(),
            })),
            Err(error) => self.failed_runs.push(format!("{flow}: {error}")),
        }
        StatusCode::ACCEPTED.into_response()
    }
}

fn check(request: &Value) -> Result<Vec<Value>, String> {
    if request["type"] != "message" {
        return Err("type is not message".to_owned());
    }
    let attachments = request["attachments"].as_array().filter(|list| !list.is_empty());
    let attachments = attachments.ok_or("attachments missing or empty")?;
    attachments.iter().map(check_attachment).collect()
}

fn check_attachment(attachment: &Value) -> Result<Value, String> {
    if attachment["contentType"] != "application/vnd.microsoft.card.adaptive" {
        return Err("not an Adaptive Card".to_owned());
    }
    let card = &attachment["content"];
    let known = ["1.0", "1.1", "1.2", "1.3", "1.4"];
    let version = card["version"].as_str().unwrap_or_default();
    if card["type"] != "AdaptiveCard" || !known.contains(&version) {
        return Err("not a card that Teams shows".to_owned());
    }
    let body = card["body"].to_string();
    for entity in card["msteams"]["entities"].as_array().into_iter().flatten() {
        let text = entity["text"].as_str().unwrap_or_default();
        if text.is_empty() || !body.contains(text) {
            return Err(format!("the mention {text} is not in the body"));
        }
    }
    Ok(card.clone())
}
