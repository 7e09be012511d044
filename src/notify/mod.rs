//! How a message leaves the house: one file a channel.
//!
//! A channel knows its provider and nothing else. It is handed words and says what became of them;
//! whether and when to try again is decided elsewhere.

pub mod channels;
pub mod email;
pub mod heartbeat;
pub mod ics;
pub mod print;
pub mod render;
pub mod slack;
pub mod slack_webhook;
pub mod teams;
pub mod text;
mod webhook;

pub use render::door;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::directory::{ChannelAddress, Language, Person};
use crate::domain::offer::Offer;

/// What a message says, before any provider's markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The whole message in one line, for notifications, screen readers and plain text.
    pub text: String,
    /// The loudest line: `⏰ 將屆期：尚餘 3 個工作天`.
    pub headline: String,
    /// The citizen's title: to be shown exactly as it is, without effect.
    pub title: Option<String>,
    /// Label and value, in order: `回復期限`, `115/03/11（三）下班前`.
    pub facts: Vec<(String, String)>,
    /// Cases of a list, the worst first.
    pub cases: Vec<ListedCase>,
    /// What to do now, in a sentence.
    pub request: String,
    /// Where to do it.
    pub link: Option<Link>,
    /// What can be done at once, the most likely first.
    pub actions: Vec<Action>,
    /// People to be mentioned.
    pub mentions: Vec<Person>,
    /// The small print.
    pub footer: String,
    /// The colour of it.
    pub tone: Tone,
    /// The deadlines of which the reader's calendar should know.
    pub entries: Vec<CalendarEntry>,
    /// Files that come with it, where the channel carries files.
    pub files: Vec<File>,
    /// The language it is in.
    pub language: Language,
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// One case of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCase {
    /// 案號.
    pub number: String,
    /// How many workdays are left.
    pub days: String,
    /// The due day.
    pub due: String,
    /// The citizen's title, between quotation marks.
    pub title: String,
    /// Its page; empty where it has none.
    pub url: String,
    /// How serious it is.
    pub tone: Tone,
}

/// A deadline for the reader's calendar: the same entry each time, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEntry {
    /// Its name, which never changes: the case and its round.
    pub name: String,
    /// The due day.
    pub due_on: NaiveDate,
    /// What the calendar shows.
    pub summary: String,
    /// It is answered: the entry goes.
    pub cancelled: bool,
    /// The case's page.
    pub url: Option<String>,
}

/// A button that opens a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the button says.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// Something that can be done from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What.
    pub offer: Offer,
    /// How.
    pub door: Door,
}

/// The way by which somebody acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// A button that tells us, with what it carries.
    Button(String),
    /// The address of a page that asks.
    Page(String),
}

/// How serious a message is, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Well done.
    Good,
    /// For information.
    #[default]
    Neutral,
    /// The day is near.
    Warning,
    /// The day is here, or gone.
    Alert,
}

/// How a message travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The name by which the message is known, made from its key in the outbox: travels with it so that it can be found
    /// again.
    pub key: String,
    /// The names of what a list gathers: by each of them it is found again, and by its own only as long as
    /// it gathers all of them.
    pub gathered: Vec<String>,
    /// The case it belongs to, if any.
    pub case_number: Option<String>,
    /// The stage or occasion, for the metadata.
    pub stage: String,
    /// Slack's channel id, the webhook's name, or the mail address.
    pub address: String,
    /// When it is sent: of two entries in a calendar, which is the later.
    pub now: DateTime<Utc>,
    /// The first message of this case there, to answer in its thread.
    pub thread: Option<Receipt>,
    /// Show it in the channel too, not only in the thread.
    pub broadcast: bool,
    /// An earlier attempt has an unknown outcome and cannot be looked up: say so (重送).
    pub repeated: bool,
}

impl Envelope {
    /// For a message that is in no outbox and about no case.
    pub fn alone(key: String, stage: &str, address: &ChannelAddress, now: DateTime<Utc>) -> Self {
        Self {
            key,
            gathered: Vec::new(),
            case_number: None,
            stage: stage.to_owned(),
            address: address.address.clone(),
            now,
            thread: None,
            broadcast: false,
            repeated: false,
        }
    }
}

/// What the provider gave back, enough to answer, edit or find the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Slack's channel id, or the mail address.
    pub channel: String,
    /// Slack's time stamp, or the mail's `Message-ID`: the message's name there.
    pub ts: String,
}

/// Why a message was not delivered, as the channel understands its provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// It will pass; nothing was posted.
    #[error("{reason}; will try again")]
    Later {
        /// How long the provider asked us to wait.
        after: Option<Duration>,
        /// What it said, without any secret.
        reason: String,
    },
    /// The call broke off: it may or may not have been posted.
    #[error("{reason}; it may have arrived")]
    Unknown {
        /// What happened.
        reason: String,
    },
    /// This message will never be taken.
    #[error("{reason}; it will never be taken")]
    Never {
        /// What it said.
        reason: String,
    },
    /// Nothing will be taken until a person mends the settings.
    #[error("{reason}; the settings must be mended")]
    Misconfigured {
        /// What it said, and what to do.
        reason: String,
    },
}

impl NotifyError {
    /// The same for a person who tried: what happened, and what to do where it does not say so.
    pub fn of_a_try(&self) -> String {
        match self {
            Self::Later { reason, .. } | Self::Unknown { reason } => format!(
                "{reason}: let this machine reach it (name, firewall, proxy), and try again"
            ),
            Self::Never { reason } | Self::Misconfigured { reason } => reason.clone(),
        }
    }
}

/// A way out of the house.
#[derive(Debug)]
pub enum Channel {
    /// Slack with a bot token.
    Slack(slack::SlackBot),
    /// A Slack incoming webhook.
    SlackWebhook(slack_webhook::SlackWebhook),
    /// A Teams Workflows webhook.
    Teams(teams::Teams),
    /// E-mail.
    Email(email::Email),
    /// Standard output.
    Print(print::Print),
}

impl Channel {
    /// Posts `message`. A receipt comes back where the provider gives one.
    pub async fn post(
        &self,
        envelope: &Envelope,
        message: &Message,
    ) -> Result<Option<Receipt>, NotifyError> {
        match self {
            Self::Slack(slack) => slack.post(envelope, message).await.map(Some),
            Self::SlackWebhook(webhook) => webhook.post(envelope, message).await.map(|()| None),
            Self::Teams(teams) => teams.post(envelope, message).await.map(|()| None),
            // SMTP's own future is large; the others need not carry it about.
            Self::Email(email) => Box::pin(email.post(envelope, message)).await.map(Some),
            Self::Print(print) => print.post(envelope, message).map(|()| None),
        }
    }

    /// Replaces a message already posted; does nothing where the provider cannot.
    pub async fn update(&self, receipt: &Receipt, message: &Message) -> Result<(), NotifyError> {
        match self {
            Self::Slack(slack) => slack.update(receipt, message).await,
            Self::SlackWebhook(_) | Self::Teams(_) | Self::Email(_) | Self::Print(_) => Ok(()),
        }
    }

    /// Looks for a message whose sending broke off: found, surely not there, or cannot be asked.
    pub async fn look_up(
        &self,
        envelope: &Envelope,
        since: DateTime<Utc>,
    ) -> Result<LookUp, NotifyError> {
        match self {
            Self::Slack(slack) => slack.look_up(envelope, since).await,
            Self::SlackWebhook(_) | Self::Teams(_) | Self::Email(_) | Self::Print(_) => {
                Ok(LookUp::CannotAsk)
            }
        }
    }

    /// What people may rely on when the sending of a message breaks off.
    pub fn promise(&self) -> Promise {
        match self {
            Self::Slack(_) => Promise::ExactlyOnce,
            Self::Email(_) => Promise::SameName,
            Self::SlackWebhook(_) | Self::Teams(_) | Self::Print(_) => Promise::RepeatedOnce,
        }
    }

    /// Whether the provider can edit a posted message.
    pub fn can_update(&self) -> bool {
        matches!(self, Self::Slack(_))
    }

    /// Tries whether `address` can be posted to, without posting anything a unit would see.
    pub async fn probe_address(&self, address: &str) -> Result<String, NotifyError> {
        match self {
            Self::Slack(slack) => slack.probe_channel(address).await,
            Self::Teams(teams) => teams.probe().await,
            Self::SlackWebhook(webhook) => webhook.probe().await,
            Self::Email(_) | Self::Print(_) => self.probe().await,
        }
    }

    /// Tries the provider, as often as one likes. A flow of Teams is not called: what it does with
    /// nothing may count as a failure, and one that only fails is turned off. Nor is a webhook of Slack: whatever
    /// speaks like one may show a message without words.
    pub async fn probe(&self) -> Result<String, NotifyError> {
        match self {
            Self::Slack(slack) => slack.probe().await,
            Self::SlackWebhook(_) | Self::Teams(_) => Ok("only a message can try it".to_owned()),
            Self::Email(email) => Box::pin(email.probe()).await,
            Self::Print(_) => Ok("standard output".to_owned()),
        }
    }
}

/// What a channel promises of a message whose sending broke off, its outcome unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// People see it exactly once: the provider is asked before anything is repeated. Where it will not
    /// say, the promise is [`RepeatedOnce`](Self::RepeatedOnce).
    ExactlyOnce,
    /// People see it at least once: a repeat is marked 「重送」 and carries the same `Message-ID`.
    SameName,
    /// People see it at least once, at most one repeat for each attempt cut off on our side: it is
    /// marked 「重送」, and when it is not answered either, the next channel has it.
    RepeatedOnce,
}

impl Promise {
    /// Whether a message that cannot be asked about may be repeated after so many attempts that the other
    /// side never answered.
    pub fn is_kept_after(self, unknown_outcomes: u32) -> bool {
        self == Self::SameName || unknown_outcomes < 2
    }
}

/// What became of a message whose sending broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// It is there.
    Found {
        /// Where; nothing where it went in a list of several, which is nobody's thread.
        receipt: Option<Receipt>,
        /// The line that people read there.
        text: String,
    },
    /// It is not there: it may be sent again.
    Absent,
    /// The provider has no way to ask.
    CannotAsk,
}

#[cfg(test)]
mod tests;
