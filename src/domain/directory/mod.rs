//! Who answers for what, and where they are reached.

mod audit;
mod matching;
mod people;

use std::fmt;

pub use audit::{Doubt, Entry, ListedDataset};
pub use matching::Responsibility;
pub use people::{Actor, Duty, Leave, OnDuty, Person, QuietHours, Role};

/// Where a message can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Slack with a bot token: threads, edits, receipts.
    Slack,
    /// A Slack incoming webhook: posts only.
    SlackWebhook,
    /// A Microsoft Teams Workflows webhook.
    Teams,
    /// E-mail: a thread for each case, and the deadline for the reader's calendar.
    Mail,
    /// Standard output, for trying things.
    Print,
}

impl ChannelKind {
    /// Every kind of channel.
    pub const ALL: [Self; 5] =
        [Self::Slack, Self::SlackWebhook, Self::Teams, Self::Mail, Self::Print];

    /// The word before the colon in `units.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::SlackWebhook => "slack-webhook",
            Self::Teams => "teams",
            Self::Mail => "mail",
            Self::Print => "print",
        }
    }

    /// How many messages may be under way to one destination at once.
    pub fn most_under_way(self) -> usize {
        match self {
            // The server is one for all addresses; a second connection passes a slow recipient.
            Self::Mail => 2,
            // One after another: they stay in order.
            Self::Slack | Self::SlackWebhook | Self::Teams | Self::Print => 1,
        }
    }

    /// Whether an address is needed behind the colon.
    pub fn needs_address(self) -> bool {
        self != Self::Print
    }
}

/// One place a message can go: `slack:C0123456789`, `teams:wda`, `mail:wda@example.gov.tw`, `print`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelAddress {
    /// Which kind.
    pub kind: ChannelKind,
    /// Slack's channel id, the name of a webhook in the config, or a mail address; empty for print.
    pub address: String,
}

/// A text that names no channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no channel: write slack:C0123456789, slack-webhook:NAME, teams:NAME, \
     mail:somebody@example.gov.tw or print"
)]
pub struct NotAChannel(String);

impl ChannelAddress {
    /// Reads `kind:address`.
    pub fn parse(text: &str) -> Result<Self, NotAChannel> {
        let (word, address) = text.split_once(':').unwrap_or((text, ""));
        let kind = ChannelKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        match kind {
            Some(ChannelKind::Mail) if !is_mail_address(address.trim()) => {
                Err(NotAChannel(text.to_owned()))
            }
            Some(kind) if kind.needs_address() != address.trim().is_empty() => {
                Ok(Self { kind, address: address.trim().to_owned() })
            }
            _ => Err(NotAChannel(text.to_owned())),
        }
    }
}

impl ChannelAddress {
    /// What fails together with this address: all of Slack, all mail, or one webhook.
    pub fn provider(&self) -> String {
        match self.kind {
            ChannelKind::Slack | ChannelKind::Mail | ChannelKind::Print => {
                self.kind.as_str().to_owned()
            }
            ChannelKind::SlackWebhook | ChannelKind::Teams => self.to_string(),
        }
    }

    /// Whether people read there: what is printed is for trying.
    pub fn is_read(&self) -> bool {
        self.kind != ChannelKind::Print
    }

    /// What keeps one pace: a Slack channel, a webhook, the mail server.
    pub fn destination(&self) -> String {
        match self.kind {
            ChannelKind::Mail => self.provider(),
            _ => self.to_string(),
        }
    }
}

/// Whether a text can be a mail address: something, one `@`, a host; nothing that ends a header.
pub fn is_mail_address(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && !"<>,;:\"()[]\\".contains(c);
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && host.contains('.') && !host.contains('@') && text.chars().all(fits)
    })
}

/// Whether a text can be a member id of Slack: nothing else may stand between `<@` and `>`.
pub fn is_slack_member(text: &str) -> bool {
    let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.strip_prefix(['U', 'W'])
        .is_some_and(|rest| (1..=20).contains(&rest.len()) && rest.chars().all(known))
}

impl fmt::Display for ChannelAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address.as_str() {
            "" => f.write_str(self.kind.as_str()),
            address => write!(f, "{}:{address}", self.kind.as_str()),
        }
    }
}

/// One of the ministry's agencies (機關).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    /// As the platform writes it (提供機關).
    pub name: String,
    /// Other spellings the platform uses for the same agency.
    pub aliases: Vec<String>,
    /// The city or county of its seat: closures there stop its clock.
    pub seat: Option<String>,
}

impl Agency {
    /// Whether `name` means this agency.
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// The names in what the platform says of who has a case: of several agencies it writes them side by side.
pub fn agencies_in(said: &str) -> impl Iterator<Item = &str> {
    let separators = ['、', '，', ',', '；', ';', '/', '／', '\n'];
    said.split(separators).map(str::trim).filter(|name| !name.is_empty())
}

/// What language a unit reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Traditional Chinese as used in Taiwan.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// The tag used in the config, and in pages (BCP 47).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chinese => "zh-TW",
            Self::English => "en",
        }
    }
}

/// A unit (承辦單位): who answers, and where they read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// A short name that never changes: `wda-training`.
    pub id: String,
    /// The name people know.
    pub name: String,
    /// The agency it belongs to.
    pub agency: String,
    /// What it answers for.
    pub answers_for: Responsibility,
    /// 承辦人.
    pub officers: Vec<Person>,
    /// 代理人, who stand in for an officer who is away: the first who is there.
    pub deputies: Vec<Person>,
    /// 主管.
    pub supervisor: Option<Person>,
    /// Who stands in for the supervisor.
    pub supervisor_deputy: Option<Person>,
    /// Where it reads, the preferred first; the next is used when one fails for good.
    pub channels: Vec<ChannelAddress>,
    /// Where the supervisor reads; empty means in the unit's channel, by name.
    pub supervisor_channels: Vec<ChannelAddress>,
    /// What it reads.
    pub language: Language,
    /// The city or county where it sits, if that is not its agency's.
    pub seat: Option<String>,
}

/// Those who watch over jicui (資訊處).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Administrators {
    /// Their names.
    pub people: Vec<Person>,
    /// Where they read, the preferred first.
    pub channels: Vec<ChannelAddress>,
}

/// Who answers for a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer<'a> {
    /// Exactly this unit.
    Unit(&'a Unit),
    /// Nobody was named: the administrators have it.
    Nobody,
    /// Several were named equally well: the administrators have it.
    Several(&'a Unit, &'a Unit),
}

/// All units, agencies and administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The agencies jicui looks after.
    pub agencies: Vec<Agency>,
    /// Their units.
    pub units: Vec<Unit>,
    /// 資訊處.
    pub administrators: Administrators,
}

impl Directory {
    /// Every address by which somebody is told: the units', their supervisors', the administrators'.
    pub fn channels(&self) -> impl Iterator<Item = &ChannelAddress> {
        let units = self.units.iter();
        let units = units.flat_map(|unit| unit.channels.iter().chain(&unit.supervisor_channels));
        units.chain(&self.administrators.channels)
    }

    /// The agency that the platform calls `name`.
    pub fn agency(&self, name: &str) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.is_named(name))
    }

    /// What we call the agency that the platform calls `name`; just that, where it is none of ours.
    pub fn agency_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.agency(name).map_or(name, |agency| &agency.name)
    }

    /// The unit with this id.
    pub fn unit(&self, id: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// The region whose closures concern `unit`: its own seat, or that of its agency.
    pub fn seat_of_unit<'a>(&'a self, unit: &'a Unit) -> Option<&'a str> {
        unit.seat.as_deref().or_else(|| self.seat_of(&unit.agency))
    }

    /// The seat of the agency that the platform calls `name`.
    pub fn seat_of(&self, name: &str) -> Option<&str> {
        self.agency(name).and_then(|agency| agency.seat.as_deref())
    }
}

#[cfg(test)]
mod tests;
