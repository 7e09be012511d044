//! A message in the outbox (催辦): what it is about, and what became of it.

use chrono::{DateTime, NaiveDate, Utc};

use super::case::{Case, CaseNumber};
use super::directory::ChannelAddress;
use super::reminder::{DEADLINE_MOVED, Recipient, Reminder};

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// A stage of the ladder.
    Stage,
    /// 期限變更: the due day is no longer the one that was told.
    DeadlineMoved,
    /// Thanks, with the days saved, to whom was reminded.
    Answered,
    /// An officer asks for more time: to who may grant it.
    ExtensionAsked,
    /// It was not granted: to the unit.
    ExtensionRefused,
    /// 改分: to the unit that has the case now.
    Reassigned,
    /// The same, to the unit that had it.
    GivenAway,
    /// It owes no answer any more: to the unit that was reminded.
    Withdrawn,
    /// A person reported the answer, and the platform does not show it.
    ReplyNotShown,
    /// 延伸精進: what became of the question?
    FollowUpAsked,
    /// 彙整: open cases or figures, of a day, a week or a month.
    Digest,
    /// The first message of the case is edited to say who did what.
    MarkActed,
    /// A report of a period that is over.
    Report,
    /// Something is wrong; once, to the administrators.
    Alarm,
    /// It is over.
    AlarmOver,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 15] = [
        Self::Stage,
        Self::DeadlineMoved,
        Self::Answered,
        Self::ExtensionAsked,
        Self::ExtensionRefused,
        Self::Reassigned,
        Self::GivenAway,
        Self::Withdrawn,
        Self::ReplyNotShown,
        Self::FollowUpAsked,
        Self::Digest,
        Self::MarkActed,
        Self::Report,
        Self::Alarm,
        Self::AlarmOver,
    ];

    /// Whether somebody must act upon it: that it reaches nobody is an alarm.
    pub fn must_arrive(self) -> bool {
        match self {
            Self::Stage
            | Self::DeadlineMoved
            | Self::ExtensionAsked
            | Self::ExtensionRefused
            | Self::Reassigned
            | Self::ReplyNotShown => true,
            // Nothing more goes to a unit that has the case no longer, so that nothing would end
            // the alarm. Thanks, a gentle question, a list of what is reminded of anyway. Alarms
            // stand in `status`.
            Self::GivenAway
            | Self::Withdrawn
            | Self::Answered
            | Self::FollowUpAsked
            | Self::Digest
            | Self::MarkActed
            | Self::Report
            | Self::Alarm
            | Self::AlarmOver => false,
        }
    }

    /// Whether it is planned anew, as long as it is due, after it was refused everywhere: it need not be
    /// said of each that it waits for a provider.
    pub fn stays_due(self) -> bool {
        matches!(self, Self::Stage | Self::DeadlineMoved | Self::ReplyNotShown)
    }

    /// Whether it is a reminder: of many within an hour, one message is made.
    pub fn is_reminder(self) -> bool {
        matches!(self, Self::Stage | Self::DeadlineMoved)
    }

    /// Whether its reader need do nothing about the case any more.
    pub fn is_farewell(self) -> bool {
        matches!(self, Self::GivenAway | Self::Withdrawn | Self::Answered)
    }

    /// Whether it says what was decided about a case at a moment: a later one of its kind takes its place.
    pub fn is_of_a_moment(self) -> bool {
        matches!(
            self,
            Self::ExtensionAsked
                | Self::ExtensionRefused
                | Self::Reassigned
                | Self::GivenAway
                | Self::Withdrawn
        )
    }

    /// Whether a message of the same key is the same message, whenever it is queued: not one that says
    /// what happened at a moment, nor one that is numbered.
    pub fn is_known_by_key(self) -> bool {
        match self {
            Self::Stage
            | Self::Answered
            | Self::ReplyNotShown
            | Self::FollowUpAsked
            | Self::Digest
            | Self::Report => true,
            Self::DeadlineMoved
            | Self::ExtensionAsked
            | Self::ExtensionRefused
            | Self::Reassigned
            | Self::GivenAway
            | Self::Withdrawn
            | Self::MarkActed
            | Self::Alarm
            | Self::AlarmOver => false,
        }
    }

    /// Whether it waits while its unit is silent: all that a unit need not know today. Somebody
    /// waits for an answer to what was asked; an edit disturbs nobody; administrators have no unit.
    pub fn waits_for_silence(self) -> bool {
        match self {
            Self::Stage
            | Self::DeadlineMoved
            | Self::Answered
            | Self::Reassigned
            | Self::GivenAway
            | Self::Withdrawn
            | Self::ReplyNotShown
            | Self::FollowUpAsked
            | Self::Digest => true,
            Self::ExtensionAsked
            | Self::ExtensionRefused
            | Self::MarkActed
            | Self::Report
            | Self::Alarm
            | Self::AlarmOver => false,
        }
    }

    /// The word used in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::DeadlineMoved => DEADLINE_MOVED,
            Self::Answered => "answered",
            Self::ExtensionAsked => "extension_asked",
            Self::ExtensionRefused => "extension_refused",
            Self::Reassigned => "reassigned",
            Self::GivenAway => "given_away",
            Self::Withdrawn => "withdrawn",
            Self::ReplyNotShown => "reply_not_shown",
            Self::FollowUpAsked => "follow_up_asked",
            Self::Digest => "digest",
            Self::MarkActed => "mark_acted",
            Self::Report => "report",
            Self::Alarm => "alarm",
            Self::AlarmOver => "alarm_over",
        }
    }

    /// Whether a message that was posted is edited, and none is sent.
    pub fn is_edit(self) -> bool {
        self == Self::MarkActed
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == text)
    }
}

/// Ends the reason of a message that became pointless, or was taken back, after an attempt whose outcome is unknown.
pub const MAY_HAVE_ARRIVED: &str = "; an earlier attempt may have arrived";

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageState {
    /// Waits for its moment or its next attempt.
    Queued,
    /// Under way; found so after a crash or a time-out, its outcome is unknown.
    Sending,
    /// Taken by the provider.
    Sent,
    /// Pointless before it was sent: answered, or a higher stage reached.
    Overtaken,
    /// Refused for good here; the next channel has it, or a person must look.
    Failed,
}

impl MessageState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Overtaken, Self::Failed];

    /// The word used in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Overtaken => "overtaken",
            Self::Failed => "failed",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A message to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Its identity: queued once.
    pub key: String,
    /// The case it is about, and its round.
    pub case: Option<(CaseNumber, u32)>,
    /// Why it is sent.
    pub occasion: Occasion,
    /// The stage's label, or the alarm's code.
    pub stage: String,
    /// The due day it speaks of.
    pub due_on: Option<NaiveDate>,
    /// Where it goes.
    pub channel: ChannelAddress,
    /// Whom it means.
    pub recipient: Recipient,
    /// What an alarm is about, or the reason of news, without a citizen's words.
    pub detail: String,
    /// It goes to its recipient's next channel though it may have arrived by the one before: it is
    /// marked as a repeat.
    pub may_have_arrived: bool,
}

impl NewMessage {
    /// What is said of the present round of `case` without a stage of its own. It is queued once for
    /// `once`, which tells it from others of its occasion.
    pub fn of_case(
        case: &Case,
        (occasion, once): (Occasion, &str),
        channel: &ChannelAddress,
        recipient: Recipient,
    ) -> Self {
        let about = (case.number.clone(), case.round);
        Self {
            key: format!("{}/{}/{}/{once}", about.0, about.1, occasion.as_str()),
            case: Some(about),
            occasion,
            stage: occasion.as_str().to_owned(),
            due_on: None,
            channel: channel.clone(),
            recipient,
            detail: String::new(),
            may_have_arrived: false,
        }
    }

    /// Thanks for an answer: once by each channel that was reminded; where it had thanks for one before, and
    /// was reminded since, once after those.
    pub fn thanks(
        case: &Case,
        channel: &ChannelAddress,
        (recipient, thanked): (Recipient, Option<i64>),
    ) -> Self {
        let after = thanked.map(|message| format!("after-{message}/")).unwrap_or_default();
        let once = format!("{after}{channel}");
        Self::of_case(case, (Occasion::Answered, &once), channel, recipient)
    }

    /// The same message by another channel. [Thanks](Self::thanks) are that channel's own, which it may
    /// have already.
    #[must_use]
    pub fn by(&self, channel: &ChannelAddress) -> Self {
        let thanks = self.key.strip_suffix(&self.channel.to_string());
        let key = match thanks.filter(|_| self.occasion == Occasion::Answered) {
            Some(thanks) => format!("{thanks}{channel}"),
            None => format!("{} > {channel}", self.key),
        };
        Self { key, channel: channel.clone(), ..self.clone() }
    }
}

impl From<Reminder> for NewMessage {
    fn from(reminder: Reminder) -> Self {
        let key = reminder.key;
        let (text, occasion) = match reminder.moved {
            None => (key.to_string(), Occasion::Stage),
            // Moved, and moved back, and moved again: each is news after another message.
            Some(told) => (format!("{key}/after-{}", told.message), Occasion::DeadlineMoved),
        };
        Self {
            key: text,
            case: Some((key.case, key.round)),
            occasion,
            stage: key.stage,
            due_on: Some(key.due_on),
            channel: key.channel,
            recipient: key.recipient,
            detail: String::new(),
            may_have_arrived: false,
        }
    }
}

/// Something that is wrong now, and was said when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its number: part of its messages' keys.
    pub id: i64,
    /// Which alarm: `platform_changed`. Each has a section in docs/operations.md.
    pub code: String,
    /// What it is about: an address, a case number.
    pub subject: String,
    /// What happened, without a citizen's words.
    pub detail: String,
    /// Since when.
    pub raised_at: DateTime<Utc>,
}

impl Alarm {
    /// What the administrators are told of it by `channel`; `week` counts the weeks it has lasted.
    pub fn message(
        &self,
        occasion: Occasion,
        week: Option<i64>,
        channel: &ChannelAddress,
    ) -> NewMessage {
        let week = week.map(|week| format!("/week-{week}")).unwrap_or_default();
        NewMessage {
            key: format!("{}/{}{week}/{channel}", occasion.as_str(), self.id),
            case: None,
            occasion,
            stage: self.code.clone(),
            due_on: None,
            channel: channel.clone(),
            recipient: Recipient::Administrators,
            detail: format!("{}\n{}", self.subject, self.detail),
            may_have_arrived: false,
        }
    }
}

/// A message as it stands in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Its number, for `jicui outbox`.
    pub id: i64,
    /// What was queued.
    pub message: NewMessage,
    /// What has become of it.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it is tried next.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was last tried.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// When the provider took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was refused for good, or became pointless.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed, or why it was overtaken.
    pub reason: Option<String>,
    /// The line that people read, as it was sent.
    pub text: Option<String>,
    /// The key of the message that carries it together with others (彙整).
    pub bundle: Option<String>,
    /// Attempts that the other side never answered.
    pub unknown_outcomes: u32,
    /// Since when its provider asks for patience.
    pub put_off_since: Option<DateTime<Utc>>,
}
