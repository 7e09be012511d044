//! Every way out of the house that the configuration names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::email::Email;
use super::print::Print;
use super::slack::SlackBot;
use super::slack_webhook::SlackWebhook;
use super::teams::Teams;
use super::{Channel, NotifyError};
use crate::config::Config;
use crate::domain::directory::{ChannelAddress, ChannelKind};

/// The channels by kind and name.
#[derive(Clone, Debug)]
pub struct Channels {
    slack: Option<Arc<Channel>>,
    email: Option<Arc<Channel>>,
    named: BTreeMap<(ChannelKind, String), Arc<Channel>>,
    print: Arc<Channel>,
    only_print: bool,
}

impl Channels {
    /// Builds the channels whose secrets are there.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let mut named = BTreeMap::new();
        let timeout = config.slack.request_timeout;
        for (name, secret) in &config.slack.webhooks {
            if let Some(url) = secret {
                let webhook = Channel::SlackWebhook(SlackWebhook::new(name, url, timeout)?);
                named.insert((ChannelKind::SlackWebhook, name.clone()), Arc::new(webhook));
            }
        }
        let timeout = config.teams.request_timeout;
        for (name, secret) in &config.teams.webhooks {
            if let Some(url) = secret {
                let teams = Channel::Teams(Teams::new(name, url, timeout)?);
                named.insert((ChannelKind::Teams, name.clone()), Arc::new(teams));
            }
        }
        let slack = SlackBot::new(&config.slack)?.map(Channel::Slack).map(Arc::new);
        let email = config.mail.as_ref().map(Email::new).transpose()?;
        let email = email.map(Channel::Email).map(Arc::new);
        let print = Arc::new(Channel::Print(Print::stdout()));
        Ok(Self { slack, email, named, print, only_print: false })
    }

    /// The same channels, but what is printed goes to `print`.
    #[must_use]
    pub fn printing_to(self, print: Print) -> Self {
        Self { print: Arc::new(Channel::Print(print)), ..self }
    }

    /// Every address leads to `print`: a rehearsal, a demonstration.
    pub fn printing(print: Print) -> Self {
        let print = Arc::new(Channel::Print(print));
        Self { slack: None, email: None, named: BTreeMap::new(), print, only_print: true }
    }

    /// The channel behind an address, or what is missing for it.
    pub fn get(&self, address: &ChannelAddress) -> Result<&Channel, NotifyError> {
        let found: Option<&Arc<Channel>> = match address.kind {
            _ if self.only_print => Some(&self.print),
            ChannelKind::Print => Some(&self.print),
            ChannelKind::Slack => self.slack.as_ref(),
            ChannelKind::Mail => self.email.as_ref(),
            kind => self.named.get(&(kind, address.address.clone())),
        };
        found.map(AsRef::as_ref).ok_or_else(|| NotifyError::Misconfigured {
            reason: format!("{address} is not set up: see `jicui check`"),
        })
    }

    /// The workspace, as the bot sees it.
    pub fn slack(&self) -> Option<&SlackBot> {
        match self.slack.as_deref() {
            Some(Channel::Slack(slack)) => Some(slack),
            _ => None,
        }
    }

    /// The workspace in which clicks are heard, if there is one.
    pub fn clicks(&self) -> Option<&SlackBot> {
        self.slack().filter(|slack| slack.has_socket())
    }

    /// Whether every address leads to print.
    pub fn are_printing(&self) -> bool {
        self.only_print
    }

    /// Whether messages posted at this address can be edited later.
    pub fn can_update(&self, address: &ChannelAddress) -> bool {
        self.get(address).is_ok_and(Channel::can_update)
    }
}
