//! E-mail through the office's own server: a thread for each case, and the deadline as an `.ics`.
//!
//! The promise is *at least once*: a server cannot be asked what it took. A repeat carries the
//! same `Message-ID`, so that it is recognisably the same mail, and is marked 「重送」.

pub(super) mod body;

use std::error::Error as _;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, AsyncSmtpTransportBuilder, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use super::{Envelope, Message, NotifyError, Receipt, ics};
use crate::config::settings::{Encryption, Mail};

/// A server closes what is silent for some minutes: before that, we do.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// What a server calls a fault of the sender, whatever its three digits: mailbox, domain (RFC 3463,
/// section 3.2), and no right to send as this one (Exchange).
const FAULTS_OF_SENDER: [&str; 3] = ["5.1.7", "5.1.8", "5.7.60"];

/// The way to one mail server.
#[derive(Debug)]
pub struct Email {
    builder: AsyncSmtpTransportBuilder,
    transport: Mutex<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
    server: String,
    timeout: Duration,
}

impl Email {
    /// A way to the server of these settings; nothing is said to it yet.
    pub fn new(settings: &Mail) -> Result<Self, NotifyError> {
        let server = format!("{}:{}", settings.host, settings.port);
        let misconfigured = |what: &str| NotifyError::Misconfigured {
            reason: format!("{what} of the mail server {server} cannot be used: see [mail]"),
        };
        let address: Address = settings.from.parse().map_err(|_| misconfigured("the sender"))?;
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|_| misconfigured("TLS"));
        let tls = match settings.encryption {
            Encryption::StartTls => Tls::Required(tls()?),
            Encryption::Tls => Tls::Wrapper(tls()?),
            Encryption::Loopback => Tls::None,
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
                .port(settings.port)
                .tls(tls)
                .timeout(Some(settings.request_timeout))
                .pool_config(PoolConfig::new().max_size(2).idle_timeout(IDLE_FOR));
        if let Some(name) = domain_name(&rustix::system::uname().nodename().to_string_lossy()) {
            builder = builder.hello_name(ClientId::Domain(name));
        }
        if let (Some(name), Some(password)) = (&settings.username, &settings.password) {
            let password = password.value.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(name.clone(), password));
        }
        Ok(Self {
            transport: Mutex::new(builder.clone().build()),
            builder,
            from: Mailbox::new(Some(body::SENDER.to_owned()), address),
            server,
            timeout: settings.request_timeout,
        })
    }

    /// Sends `message`; the receipt is the mail's own name.
    pub async fn post(
        &self,
        envelope: &Envelope,
        message: &Message,
    ) -> Result<Receipt, NotifyError> {
        let name = self.name_of(envelope);
        let mail = self.mail(envelope, message, &name)?;
        self.reach().await?;
        let sent = self.in_time(async |transport| transport.send(mail).await.map(|_| true)).await;
        match sent {
            Some(Ok(_)) => Ok(Receipt { channel: envelope.address.clone(), ts: name }),
            Some(Err(error)) if error.is_transport_shutdown() => Err(NotifyError::Later {
                after: None,
                reason: format!("the connections to {} were given up", self.server),
            }),
            Some(Err(error)) => Err(self.refusal(&error).unwrap_or_else(|| NotifyError::Unknown {
                reason: format!("the connection to {} broke off", self.server),
            })),
            None => Err(NotifyError::Unknown {
                reason: format!("{} did not answer in time", self.server),
            }),
        }
    }

    /// What `talk` comes to within the time limit; else `None`, and every connection is given up: the answer
    /// that is still to come on one of them would be taken for the answer to the next mail.
    async fn in_time(
        &self,
        talk: impl AsyncFnOnce(&AsyncSmtpTransport<Tokio1Executor>) -> Result<bool, smtp::Error>,
    ) -> Option<Result<bool, smtp::Error>> {
        let transport = self.lock().clone();
        let mut talking = pin!(talk(&transport));
        if let Ok(said) = tokio::time::timeout(self.timeout, &mut talking).await {
            return Some(said);
        }
        // While `talking` still holds its connection, so that nobody else can get it. To part from the others
        // takes an answer of each, and no longer than anything else.
        *self.lock() = self.builder.clone().build();
        let _ = tokio::time::timeout(self.timeout, transport.shutdown()).await;
        None
    }

    fn lock(&self) -> MutexGuard<'_, AsyncSmtpTransport<Tokio1Executor>> {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries the server and the login without a mail.
    pub async fn probe(&self) -> Result<String, NotifyError> {
        self.reach().await?;
        Ok(format!("{} takes mail from {}", self.server, self.from.email))
    }

    /// Connects and logs in, or says why not: until here nothing can have been sent.
    async fn reach(&self) -> Result<(), NotifyError> {
        let later = |what: &str| NotifyError::Later {
            after: None,
            reason: format!("{} {what}", self.server),
        };
        match self.in_time(async |transport| transport.test_connection().await).await {
            None => Err(later("did not answer in time")),
            Some(Ok(true)) => Ok(()),
            Some(Ok(false)) => Err(later("is not ready")),
            Some(Err(error)) if is_about_tls(&error) => Err(NotifyError::Misconfigured {
                reason: format!(
                    "{} offers no encryption that can be trusted: see [mail] encryption, and the \
                     certificates of this machine",
                    self.server
                ),
            }),
            // It answers, and lacks what it was asked for.
            Some(Err(error)) if error.is_client() => Err(NotifyError::Misconfigured {
                reason: format!(
                    "{} knows no STARTTLS, or no way to log in that jicui knows: see [mail] \
                     encryption and username",
                    self.server
                ),
            }),
            Some(Err(error)) => Err(match self.refusal(&error) {
                // No mail was offered yet: it is none of this one's.
                Some(NotifyError::Never { reason }) => NotifyError::Misconfigured {
                    reason: format!("{reason} before any mail: let it take mail from this machine"),
                },
                Some(refusal) => refusal,
                None => later("could not be reached"),
            }),
        }
    }

    /// What the server's answer means, by its codes alone: its words may quote the mail.
    fn refusal(&self, error: &smtp::Error) -> Option<NotifyError> {
        let code = u16::from(error.status()?);
        let reason = format!("{} answered {code}", self.server);
        Some(match code {
            // RFC 4954: authentication required, too weak, failed.
            530 | 534 | 535 | 538 => NotifyError::Misconfigured {
                reason: format!("{reason}: see [mail] username and its password"),
            },
            _ if is_about_sender(error) => NotifyError::Misconfigured {
                reason: format!("{reason} to the sender {}: see [mail] from", self.from.email),
            },
            400..=499 => NotifyError::Later { after: None, reason },
            _ => NotifyError::Never { reason },
        })
    }

    /// `<…@host of the sender>`, made from the names of what it says: the same for every attempt to send the same.
    fn name_of(&self, Envelope { key, gathered, .. }: &Envelope) -> String {
        let keys: Vec<&str> = std::iter::once(key).chain(gathered).map(String::as_str).collect();
        let digest = crate::config::calendar::sha256(keys.join("\n").as_bytes());
        let short: String = digest.chars().take(40).collect();
        format!("<{short}@{}>", self.from.email.domain())
    }

    fn mail(
        &self,
        envelope: &Envelope,
        message: &Message,
        name: &str,
    ) -> Result<lettre::Message, NotifyError> {
        let refuse = |what: &str| NotifyError::Never { reason: format!("{what} is no mail's") };
        let to: Address = envelope.address.parse().map_err(|_| refuse("the address"))?;
        let mut builder = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(body::subject(envelope, message))
            .date(SystemTime::from(envelope.now))
            .message_id(Some(name.to_owned()))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"));
        if let Some(first) = &envelope.thread {
            builder = builder.in_reply_to(first.ts.clone()).references(first.ts.clone());
        }
        let both = MultiPart::alternative_plain_html(
            body::plain(envelope, message),
            body::html(envelope, message),
        );
        let mut files = Vec::new();
        if !message.entries.is_empty() {
            let from = self.from.email.as_ref();
            let (method, calendar) = ics::of_message(envelope, message, from);
            let kind = format!("text/calendar; method={method}; charset=utf-8");
            let kind = ContentType::parse(&kind).map_err(|_| refuse("the calendar's type"))?;
            files.push(Attachment::new("deadline.ics".to_owned()).body(calendar, kind));
        }
        for file in &message.files {
            let kind = ContentType::parse(file.media_type).map_err(|_| refuse("a file's type"))?;
            files.push(Attachment::new(file.name.clone()).body(file.bytes.clone(), kind));
        }
        let built = if files.is_empty() {
            builder.multipart(both)
        } else {
            let whole = MultiPart::mixed().multipart(both);
            builder.multipart(files.into_iter().fold(whole, MultiPart::singlepart))
        };
        built.map_err(|_| refuse("a header"))
    }
}

/// Whether an error is that of a handshake: what lies behind it says so, for the library counts it as one of the
/// connection.
fn is_about_tls(error: &smtp::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(known) = cause {
        let within = known.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let is_within =
            within.is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
        if is_within || known.is::<rustls::Error>() {
            return true;
        }
        cause = known.source();
    }
    error.is_tls()
}

fn is_about_sender(error: &smtp::Error) -> bool {
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    words.split_whitespace().next().is_some_and(|code| FAULTS_OF_SENDER.contains(&code))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The name of this machine, where it is one by which a server may know it (RFC 5321, section 2.3.5).
fn domain_name(node: &str) -> Option<String> {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_known = node.contains('.') && node.split('.').all(is_label);
    (is_known && !node.ends_with(".localdomain")).then(|| node.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_says_its_name_where_that_is_a_domain_s() {
        let named = ["jicui.mol.gov.tw", "a-1.b"];
        assert_eq!(named.map(domain_name), named.map(|node| Some(node.to_owned())));
        for node in ["", "jicui", "jicui.", "a..b", "a_b.tw", "a b.tw", "localhost.localdomain"] {
            assert_eq!(domain_name(node), None, "{node}");
        }
    }
}
