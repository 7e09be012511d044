//! The dead man's switch: an outside watcher is told that jicui lives, and notices when it does not.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use secrecy::ExposeSecret;

use super::text;
use crate::config::settings::{self, Secret};
use crate::http;

/// A watcher that takes longer than this is not waited for.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The addresses that are asked for after a good poll and after a good round of delivery.
#[derive(Debug, Default)]
pub struct Heartbeat {
    /// After a good poll.
    pub poll: Option<Watcher>,
    /// After a good round of delivery.
    pub deliver: Option<Watcher>,
}

/// One address of an outside watcher. Whoever knows it can pretend that jicui lives: it is in no
/// error and no log.
#[derive(Clone)]
pub struct Watcher {
    url: Url,
    origin: String,
    client: reqwest::Client,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Heartbeat {
    /// The watchers of `[heartbeat]`.
    pub fn new(settings: &settings::Heartbeat) -> anyhow::Result<Self> {
        let watcher = |secret: &Option<Secret>| secret.as_ref().map(Watcher::new).transpose();
        Ok(Self { poll: watcher(&settings.poll)?, deliver: watcher(&settings.deliver)? })
    }
}

impl Watcher {
    fn new(secret: &Secret) -> anyhow::Result<Self> {
        let (address, origin) = (secret.value.expose_secret().trim(), secret.origin.clone());
        let url = Url::parse(address).ok().filter(|_| text::is_web_address(address));
        let url = url.ok_or_else(|| {
            anyhow::anyhow!("heartbeat: {origin} holds no web address; put the whole one there")
        })?;
        let client = http::client(http::USER_AGENT, TIMEOUT)
            .map_err(|_| anyhow::anyhow!("heartbeat: the HTTP client could not be built"))?;
        Ok(Self { url, origin, client })
    }

    /// Asks for the address; what went wrong, without the address.
    pub async fn ping(&self) -> Result<(), String> {
        let origin = &self.origin;
        match self.client.get(self.url.clone()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                Err(format!("the watcher of {origin} answered {}", answer.status().as_u16()))
            }
            Err(_) => Err(format!("the watcher of {origin} could not be reached")),
        }
    }
}
