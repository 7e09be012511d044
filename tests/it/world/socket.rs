//! Slack's Socket Mode, on the wire: connections that we are asked to open, and envelopes that are
//! told of again until they are acknowledged.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// What the address that we are given must end with.
const TICKET: &str = "?ticket=socket-secret";

#[derive(Debug, Default)]
struct State {
    envelopes: Vec<Envelope>,
    connections: usize,
    /// Connections of an earlier number than this are closed.
    closed_below: usize,
    /// The connection breaks after the next envelope, before it is acknowledged.
    breaks_after_next: bool,
    made: usize,
}

#[derive(Debug)]
struct Envelope {
    id: String,
    text: String,
    told_on: BTreeSet<usize>,
    answer: Option<Value>,
    /// Nothing that is acknowledged: nonsense.
    once: bool,
}

/// The listener behind `apps.connections.open`.
#[derive(Clone, Debug)]
pub(crate) struct FakeSocket {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    changed: watch::Sender<()>,
}

impl FakeSocket {
    /// Listens on loopback until the runtime ends.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = Self { address, state: Arc::default(), changed: watch::channel(()).0 };
        let serving = socket.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        socket
    }

    /// What `apps.connections.open` answers.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}/link/{TICKET}", self.address)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn tell(&self, kind: &str, payload: &Value) -> String {
        let mut state = self.lock();
        state.made += 1;
        let id = format!("envelope-{}", state.made);
        let body = json!({
            "envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": true,
        });
        let told_on = BTreeSet::new();
        let text = body.to_string();
        state.envelopes.push(Envelope { id: id.clone(), text, told_on, answer: None, once: false });
        drop(state);
        self.changed.send_replace(());
        id
    }

    /// `user` presses the button `offer` of the message at `ts`.
    pub(crate) fn press(&self, user: &str, (channel, ts): (&str, &str), button: &Value) -> String {
        let made = self.lock().made;
        self.tell(
            "interactive",
            &json!({
                "type": "block_actions",
                "user": { "id": user, "username": "somebody" },
                "trigger_id": format!("trigger-{made}"),
                "container": { "type": "message", "channel_id": channel, "message_ts": ts },
                "actions": [{
                    "type": "button", "block_id": "actions", "action_id": button["action_id"],
                    "value": button["value"], "action_ts": format!("1772415000.{made:06}"),
                }],
            }),
        )
    }

    /// `user` sends a modal: `view` as it was opened, with each field's value.
    pub(crate) fn send(&self, user: &str, view: &Value, fields: &[(&str, &str)]) -> String {
        let made = self.lock().made;
        let mut values = json!({});
        for (field, value) in fields {
            values[field] = match *field {
                "unit" => json!({ "unit": { "selected_option": { "value": value } } }),
                field => json!({ field: { "value": value } }),
            };
        }
        self.tell(
            "interactive",
            &json!({
                "type": "view_submission",
                "user": { "id": user },
                "view": {
                    "id": format!("V{made}"), "callback_id": view["callback_id"],
                    "private_metadata": view["private_metadata"], "state": { "values": values },
                },
            }),
        )
    }

    /// An envelope of any kind.
    pub(crate) fn tell_of(&self, kind: &str, payload: &Value) -> String {
        self.tell(kind, payload)
    }

    /// A frame that is no envelope.
    pub(crate) fn babble(&self, text: &str) {
        let (text, told_on) = (text.to_owned(), BTreeSet::new());
        let frame = Envelope { id: String::new(), text, told_on, answer: None, once: true };
        self.lock().envelopes.push(frame);
        self.changed.send_replace(());
    }

    /// The same envelope is told of once more, though it was acknowledged.
    pub(crate) fn repeat(&self, id: &str) {
        for envelope in self.lock().envelopes.iter_mut().filter(|envelope| envelope.id == id) {
            envelope.answer = None;
            envelope.told_on.clear();
        }
        self.changed.send_replace(());
    }

    /// The answer to an envelope, once it is acknowledged: `null` where there is none.
    pub(crate) fn answer(&self, id: &str) -> Option<Value> {
        let state = self.lock();
        state.envelopes.iter().find(|envelope| envelope.id == id)?.answer.clone()
    }

    /// How many connections were ever opened.
    pub(crate) fn connections(&self) -> usize {
        self.lock().connections
    }

    /// Closes every connection, without a word.
    pub(crate) fn cut(&self) {
        let mut state = self.lock();
        state.closed_below = state.connections + 1;
        drop(state);
        self.changed.send_replace(());
    }

    /// The connection breaks after the next envelope, before it can be acknowledged.
    pub(crate) fn break_after_next(&self) {
        self.lock().breaks_after_next = true;
    }

    async fn serve(self, stream: TcpStream) {
        #[expect(clippy::result_large_err, reason = "the library's own shape")]
        let check = |request: &Request, response: Response| {
            assert!(request.uri().to_string().ends_with(TICKET), "{}", request.uri());
            Ok(response)
        };
        let Ok(mut stream) = accept_hdr_async(stream, check).await else { return };
        let mut changed = self.changed.subscribe();
        let number = {
            let mut state = self.lock();
            state.connections += 1;
            state.connections
        };
        let hello = json!({ "type": "hello", "num_connections": 1 }).to_string();
        let _ = stream.send(Message::text(hello)).await;
        loop {
            let (batch, breaks) = self.untold(number);
            for text in batch {
                let _ = stream.send(Message::text(text)).await;
            }
            if breaks || number < self.lock().closed_below {
                return;
            }
            tokio::select! {
                _ = changed.changed() => {}
                frame = stream.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.acknowledged(text.as_str()),
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => return,
                },
            }
        }
    }

    /// What this connection was not told of yet, and whether it shall break after it.
    fn untold(&self, connection: usize) -> (Vec<String>, bool) {
        let mut state = self.lock();
        let mut batch = Vec::new();
        for envelope in &mut state.envelopes {
            let again = envelope.once && !envelope.told_on.is_empty();
            if envelope.answer.is_none() && !again && envelope.told_on.insert(connection) {
                batch.push(envelope.text.clone());
            }
        }
        let breaks = !batch.is_empty() && std::mem::take(&mut state.breaks_after_next);
        (batch, breaks)
    }

    fn acknowledged(&self, text: &str) {
        let body: Value = serde_json::from_str(text).unwrap();
        let id = body["envelope_id"].as_str().unwrap();
        let mut state = self.lock();
        let envelope = state.envelopes.iter_mut().find(|envelope| envelope.id == id).unwrap();
        envelope.answer = Some(body["payload"].clone());
    }
}
