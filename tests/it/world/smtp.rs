//! A mail server that keeps what it takes: SMTP by a library for mail servers, on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mailin::response::Action;
use mailin::{AuthMechanism, Handler, Response, SessionBuilder, response};

/// What the server has taken, and how it behaves.
#[derive(Debug, Default)]
struct State {
    mails: Vec<Vec<u8>>,
    refuse: Option<Refusal>,
    /// How often it said that it took a mail.
    confirmed: usize,
}

/// How the server refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 550 to the sender, with what it means (RFC 3463).
    Sender,
    /// 550 to every recipient.
    NoMailbox,
    /// 450: come back later.
    TryLater,
    /// 452 to this recipient, who has no room left.
    Full(&'static str),
    /// 550 to this recipient, who is not there.
    Gone(&'static str),
    /// 554 to the machine, before it said anything.
    Machine,
    /// 452 to a mail that came whole.
    NoRoom,
    /// It takes the mail, and says so only after this.
    Late(Duration),
}

/// A mail server of one's own; its threads end with the process.
#[derive(Clone, Debug)]
pub(crate) struct FakeSmtp {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

#[derive(Clone)]
struct Connection {
    state: Arc<Mutex<State>>,
    data: Vec<u8>,
}

/// The name and the password that the server knows.
pub(crate) const LOGIN: (&str, &str) = ("jicui", "horse-battery");

impl FakeSmtp {
    /// Starts a server; one that wants a login takes only [`LOGIN`].
    pub(crate) fn start(wants_login: bool) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let handler = Connection { state: Arc::clone(&state), data: Vec::new() };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let handler = handler.clone();
                std::thread::spawn(move || talk(stream, handler, wants_login));
            }
        });
        Self { state, address }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on it refuses like this, or not at all.
    pub(crate) fn refuse(&self, how: Option<Refusal>) {
        self.lock().refuse = how;
    }

    /// Waits until it has said of so many mails that it took them.
    pub(crate) async fn confirms(&self, mails: usize) {
        while self.lock().confirmed < mails {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Every mail taken, as it came, the oldest first.
    pub(crate) fn mails(&self) -> Vec<Vec<u8>> {
        self.lock().mails.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection, line by line, until either side closes it.
fn talk(stream: TcpStream, handler: Connection, wants_login: bool) -> std::io::Result<()> {
    let state = Arc::clone(&handler.state);
    let is_refused = state.lock().unwrap().refuse == Some(Refusal::Machine);
    let mut builder = SessionBuilder::new("mail.example.gov.tw");
    if wants_login {
        builder.enable_auth(AuthMechanism::Plain).insecure_enable_plaintext_auth();
    }
    let mut session = builder.build(stream.peer_addr()?.ip(), handler);
    let mut out = stream.try_clone()?;
    if is_refused {
        return Response::custom(554, "no service".to_owned()).write_to(&mut out);
    }
    session.greeting().write_to(&mut out)?;
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let response = session.process(&line);
        line.clear();
        if !matches!(response.action, Action::NoReply) {
            response.write_to(&mut out)?;
            out.flush()?;
        }
        let taken = state.lock().unwrap().mails.len();
        state.lock().unwrap().confirmed = taken;
        // To the library a mail that was refused has not ended yet: nothing more would be answered.
        let is_out_of_room =
            response.code == 452 && state.lock().unwrap().refuse == Some(Refusal::NoRoom);
        if is_out_of_room || matches!(response.action, Action::Close) {
            break;
        }
    }
    Ok(())
}

impl Handler for Connection {
    fn helo(&mut self, _: IpAddr, _: &str) -> Response {
        response::OK
    }

    fn auth_plain(&mut self, _: &str, name: &str, password: &str) -> Response {
        if (name, password) == LOGIN { response::AUTH_OK } else { response::INVALID_CREDENTIALS }
    }

    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        match self.state.lock().unwrap().refuse {
            Some(Refusal::Sender) => {
                Response::custom(550, format!("5.1.8 <{from}>: Sender address rejected"))
            }
            _ => response::OK,
        }
    }

    fn rcpt(&mut self, to: &str) -> Response {
        match self.state.lock().unwrap().refuse {
            Some(Refusal::NoMailbox) => response::NO_MAILBOX,
            Some(Refusal::TryLater) => Response::custom(450, "later".to_owned()),
            Some(Refusal::Gone(mailbox)) if to == mailbox => response::NO_MAILBOX,
            Some(Refusal::Full(mailbox)) if to == mailbox => {
                Response::custom(452, "4.2.2 the mailbox is full".to_owned())
            }
            _ => response::OK,
        }
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.data.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mail = std::mem::take(&mut self.data);
        let refuse = self.state.lock().unwrap().refuse;
        if refuse == Some(Refusal::NoRoom) {
            return Response::custom(452, "4.3.1 insufficient system storage".to_owned());
        }
        self.state.lock().unwrap().mails.push(mail);
        if let Some(Refusal::Late(wait)) = refuse {
            std::thread::sleep(wait);
        }
        response::OK
    }
}
