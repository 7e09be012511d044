//! The typed settings: what `config/default.toml` explains, checked and ready to use.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::oidc::Oidc;
use super::seal::Seal;
use crate::domain::case::CaseKind;
use crate::domain::directory::{ChannelAddress, ChannelKind};
use crate::domain::statistics::{Format, ReportRules};

/// Where a value stands in a JSON document: the first pointer (RFC 6901) that leads to one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointers(pub Vec<String>);

/// `[platform]`: the government's open-data platform.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Whether it is polled at all.
    pub enabled: bool,
    /// `https://data.gov.tw`, without a slash at the end.
    pub base_url: String,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Gives up on a request after this long.
    pub request_timeout: Duration,
    /// Reads no body larger than this.
    pub body_limit_bytes: usize,
    /// Waits this long between two requests.
    pub pause: Duration,
    /// Asks again this often after 429, 5xx or no answer, within one look.
    pub retries: u32,
    /// The first wait before asking again; doubles each time, with jitter.
    pub retry_after: Duration,
    /// Rows asked for on a page of datasets.
    pub dataset_page_size: u32,
    /// Rows asked for on a page of requests.
    pub request_page_size: u32,
    /// More pages than this means that the filters were ignored.
    pub max_pages: u32,
    /// Pages of requests read on every look, beyond those with open cases.
    pub recent_request_pages: u32,
    /// The files of the office calendar's dataset.
    pub publications: Endpoint,
    /// The datasets changed on a day, and those that were taken down.
    pub changed: Endpoint,
    /// The datasets taken down; without a path it is not read.
    pub unpublished: Endpoint,
    /// How often these two are read.
    pub takedowns_every: Duration,
    /// Words that mean a deleted dataset (資料集變動狀態).
    pub deleted_words: Vec<String>,
    /// Words that mean another change.
    pub changed_words: Vec<String>,
    /// Datasets whose comments are read again on each look though nothing seems to have changed.
    pub sweep_datasets: usize,
    /// `[platform.datasets]`.
    pub datasets: Endpoint,
    /// `[platform.comments]`.
    pub comments: Endpoint,
    /// `[platform.requests]`.
    pub requests: Endpoint,
    /// The page of a comment for people: `{base_url}/dataset/{nid}`.
    pub comment_page: String,
    /// The page of a request for people: `{base_url}/suggests/{sid}`.
    pub request_page: String,
    /// Words that mean an answered case (回復狀態).
    pub answered_words: Vec<String>,
    /// Words that mean an unanswered case.
    pub unanswered_words: Vec<String>,
    /// Words that mean a case to be answered again (再回復).
    pub asked_again_words: Vec<String>,
    /// Words that mean an assigned request (分派狀態).
    pub assigned_words: Vec<String>,
    /// Words that mean a request not yet assigned.
    pub unassigned_words: Vec<String>,
    /// Words that mark a reply as the citizen's own (民眾回復).
    pub citizen_words: Vec<String>,
    /// The words that mark a reply as the agency's.
    pub agency_words: Vec<String>,
}

/// `[calendar.fetch]`: asking the platform for new and corrected office calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Whether it is asked at all.
    pub enabled: bool,
    /// How often.
    pub every: Duration,
    /// Whether a year that was not published yet is put in force without a person.
    pub applies_new_years: bool,
}

/// How one kind of list is asked for, and where its values stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The HTTP method.
    pub method: Method,
    /// The path and query, with `{page}`, `{size}`, `{agency}`, `{nid}` filled in (URL-encoded).
    pub path: String,
    /// The body, with the same words filled in; empty sends none.
    pub body: String,
    /// `application/json` or `application/x-www-form-urlencoded`.
    pub content_type: String,
    /// Where the list of rows stands.
    pub rows: Pointers,
    /// Where the number of all rows stands, if anywhere.
    pub count: Pointers,
    /// Where each field of a row stands, by our name for it.
    pub fields: BTreeMap<String, Pointers>,
}

/// The HTTP methods an endpoint may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
}

/// `[folder]`: list exports (匯出搜尋結果清冊) dropped into a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The directory that is watched; `None` turns the source off.
    pub path: Option<PathBuf>,
    /// Reads no file larger than this.
    pub file_limit_bytes: u64,
    /// Leaves a file alone until it has not changed for this long.
    pub settle: Duration,
}

/// A secret, and where it came from.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The secret itself.
    pub value: SecretString,
    /// Where it was found, without the value: `credential slack_token`.
    pub origin: String,
}

/// `[slack]`.
#[derive(Clone, Debug)]
pub struct Slack {
    /// `https://slack.com/api`, or a stand-in.
    pub api_url: String,
    /// The bot token, if there is one.
    pub token: Option<Secret>,
    /// The app-level token for Socket Mode, if there is one: then messages have buttons.
    pub app_token: Option<Secret>,
    /// Gives up on a call after this long.
    pub request_timeout: Duration,
    /// Incoming webhooks by name.
    pub webhooks: BTreeMap<String, Option<Secret>>,
}

/// `[teams]`.
#[derive(Clone, Debug)]
pub struct Teams {
    /// Gives up on a call after this long.
    pub request_timeout: Duration,
    /// Workflows webhooks by name; `None` while the secret is missing.
    pub webhooks: BTreeMap<String, Option<Secret>>,
}

/// `[mail]`: the server that takes e-mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub encryption: Encryption,
    /// The sender's address.
    pub from: String,
    /// The name to log in by; `None` logs in as nobody.
    pub username: Option<String>,
    /// The password, if it is there.
    pub password: Option<Secret>,
    /// Gives up on a mail after this long.
    pub request_timeout: Duration,
}

/// How a connection to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It begins in the clear and must become private before anything is said.
    StartTls,
    /// It is private from the first byte.
    Tls,
    /// Not at all: only to this machine itself.
    Loopback,
}

/// `[web]`: the pages, and the links that lead to them.
#[derive(Clone, Debug)]
pub struct Web {
    /// Where they are served; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// How people reach them, without a slash at the end; `None`: messages carry no links.
    pub public_url: Option<String>,
    /// Whether a proxy stands before them and names the caller.
    pub behind_proxy: bool,
    /// Whether somebody at this machine may read titles and figures while nobody can sign in.
    pub local_reader: bool,
    /// The certificate and the key, where the pages themselves speak TLS.
    pub tls: Option<TlsFiles>,
    /// A session ends after this, however busy.
    pub session_lasts: Duration,
    /// A session ends after so long without a request.
    pub session_idle: Duration,
    /// The header by which a proxy names who asks; believed from `trusted_proxies` alone.
    pub trusted_header: Option<String>,
    /// The proxy's own addresses; none: it is believed from anywhere, but for who asks.
    pub trusted_proxies: Vec<IpAddr>,
    /// The provider that signs people in.
    pub oidc: Option<Oidc>,
    /// How long a link works.
    pub link_lifetime: Duration,
    /// Signs links; `None` until there is a secret.
    pub seal: Option<Seal>,
    /// Gives up on a request after this long.
    pub request_timeout: Duration,
    /// Requests a minute from one caller.
    pub caller_requests_per_min: u32,
    /// Requests a minute from all together.
    pub requests_per_min: u32,
}

/// The files by which the pages are served over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that vouch for it, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// `[delivery]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How long a message may be under way before it counts as broken off.
    pub lease: Duration,
    /// The waits before the second, third, … attempt; the last one repeats.
    pub retry: Vec<Duration>,
    /// Attempts before the next channel is used.
    pub max_attempts: u32,
    /// Each wait is lengthened or shortened by up to this share, in percent.
    pub jitter_percent: u32,
    /// A message that providers put off for longer than this goes to the next channel.
    pub max_age: Duration,
    /// How many messages may be under way to one provider at once.
    pub under_way_per_provider: usize,
    /// More reminders than this to one channel within an hour become one message; 0: never.
    pub burst_over: usize,
    /// Messages a second to one Slack channel or webhook; 0: as many as come.
    pub slack_per_second: u32,
    /// Messages a second to one Teams webhook; 0: as many as come.
    pub teams_per_second: u32,
    /// Messages a second to the mail server; 0: as many as come.
    pub mail_per_second: u32,
}

impl Delivery {
    /// The time between two messages to one destination.
    pub fn interval(&self, kind: ChannelKind) -> Duration {
        let per_second = match kind {
            ChannelKind::Slack | ChannelKind::SlackWebhook => self.slack_per_second,
            ChannelKind::Teams => self.teams_per_second,
            ChannelKind::Mail => self.mail_per_second,
            ChannelKind::Print => 0,
        };
        Duration::from_secs(1).checked_div(per_second).unwrap_or_default()
    }
}

/// `[heartbeat]`: addresses of an outside watcher; `None` where nobody watches.
#[derive(Clone, Debug, Default)]
pub struct Heartbeat {
    /// Asked for after each good poll.
    pub poll: Option<Secret>,
    /// Asked for after each good round of delivery.
    pub deliver: Option<Secret>,
}

/// `[schedule]`: when the bells ring (seconds first; every day: the stages ask the calendar).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Cron line of the poll.
    pub poll: String,
    /// Cron line of the reminders.
    pub remind: String,
    /// Cron line of the deliveries.
    pub deliver: String,
}

/// `[log] format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// `[import.NAME]`: how an office's own sheet is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportMapping {
    /// The kind of every row, where no column says it.
    pub kind: Option<CaseKind>,
    /// Columns that are not read.
    pub ignored: Vec<String>,
    /// Words in the status column that mean a case taken back.
    pub withdrawn_words: Vec<String>,
    /// The title of the column that holds each field.
    pub columns: BTreeMap<ImportField, String>,
}

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportField {
    /// 案號: C-558380, or the platform's own number.
    Number,
    /// Comment, request or a duty, by its word or its name.
    Kind,
    /// The title.
    Title,
    /// The agency it was assigned to.
    Agency,
    /// The dataset's name.
    Dataset,
    /// The dataset's number.
    DatasetNumber,
    /// When it was posted.
    Posted,
    /// The day it was assigned.
    Assigned,
    /// When it was answered.
    Replied,
    /// 回復狀態, or that it was taken back.
    Status,
    /// 1, and one more for each 再回復.
    Round,
}

impl ImportField {
    /// Every field.
    pub const ALL: [Self; 11] = [
        Self::Number,
        Self::Kind,
        Self::Title,
        Self::Agency,
        Self::Dataset,
        Self::DatasetNumber,
        Self::Posted,
        Self::Assigned,
        Self::Replied,
        Self::Status,
        Self::Round,
    ];

    /// The word used in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Kind => "kind",
            Self::Title => "title",
            Self::Agency => "agency",
            Self::Dataset => "dataset",
            Self::DatasetNumber => "dataset_number",
            Self::Posted => "posted",
            Self::Assigned => "assigned",
            Self::Replied => "replied",
            Self::Status => "status",
            Self::Round => "round",
        }
    }
}

/// `[report]`: reports that go out by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Which, and when.
    pub rules: ReportRules,
    /// Who gets them besides the administrators.
    pub recipients: Vec<ChannelAddress>,
    /// The files of a report.
    pub formats: Vec<Format>,
    /// The files of one mail are no larger than this together.
    pub attachment_limit_bytes: u32,
    /// Where files lie that no mail carries; `None`: in `reports` within the state directory.
    pub directory: Option<PathBuf>,
}
