//! Where cases come from: one file a source, all feeding one comparison.
//!
//! A source only *looks*: it knows nothing of the store and decides nothing. A row it cannot read
//! is one fault; a page whose shape has changed is a trouble, and contributes nothing.

pub mod folder;
pub mod history;
pub mod platform;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::directory::Agency;
use crate::domain::duty::About;
use crate::domain::observation::{Observation, Reading};

/// What a source is told before it looks.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The agencies whose cases are wanted.
    pub agencies: Vec<Agency>,
    /// Every case that still owes an answer, so that a reply or its absence is noticed.
    pub open: Vec<WatchedCase>,
    /// The oldest request that may yet become ours or be asked again: where it is named, the list of requests is
    /// read so far back.
    pub reach: Option<CaseNumber>,
    /// The datasets as they were remembered from the last look.
    pub datasets: Vec<SeenDataset>,
    /// What the platform was seen to show in any look before.
    pub shown: BTreeSet<Shown>,
    /// The instant of this look.
    pub now: DateTime<Utc>,
}

/// What not every platform need show, but one that did goes on to: where it stops, it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// How many comments each dataset has.
    CommentCounts,
    /// Which reply to a comment is the agency's: 機關回復.
    ReplyLabels,
    /// Requests, of whatever agency.
    Requests,
    /// How many datasets a list has in all.
    DatasetCount,
    /// How many requests their list has in all.
    RequestCount,
    /// When a comment was posted: without it the clock would start when it is first seen.
    CommentDates,
    /// When a request was posted.
    RequestDates,
}

impl Shown {
    /// Everything that is remembered so.
    pub const ALL: [Self; 7] = [
        Self::CommentCounts,
        Self::ReplyLabels,
        Self::Requests,
        Self::DatasetCount,
        Self::RequestCount,
        Self::CommentDates,
        Self::RequestDates,
    ];

    /// The word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommentCounts => "comment counts",
            Self::ReplyLabels => "reply labels",
            Self::Requests => "requests",
            Self::DatasetCount => "count of datasets",
            Self::RequestCount => "count of requests",
            Self::CommentDates => "dates of comments",
            Self::RequestDates => "dates of requests",
        }
    }
}

/// A case that the source must look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedCase {
    /// 案號.
    pub number: CaseNumber,
    /// Comment or request.
    pub kind: CaseKind,
    /// The dataset a comment stands under.
    pub dataset: Option<u64>,
}

/// One dataset of our agencies, as remembered between looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDataset {
    /// The platform's number.
    pub nid: u64,
    /// 資料集名稱.
    pub title: String,
    /// 提供機關.
    pub agency: String,
    /// How many comments the list said it has (`comment_quantity`) when they were last read.
    pub comments: u64,
    /// How its comments were read.
    pub reading: Reading,
    /// What is shown of it.
    pub about: About,
    /// The platform said that it was taken down: that it is not listed is no wonder.
    pub is_gone: bool,
}

/// What a look brought. Everything in it may be used, whatever the troubles.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The cases, and the rows that could not be read.
    pub observation: Observation,
    /// The datasets to remember.
    pub datasets: Vec<SeenDataset>,
    /// The numbers of all datasets of our agencies, where all of them could be read.
    pub listed: Option<Vec<u64>>,
    /// The list of requests was read as far back as was asked for.
    pub requests_read: bool,
    /// What the platform was seen to show.
    pub shown: BTreeSet<Shown>,
    /// Comments were asked for, and those of no dataset could be read, or of too many one after another not.
    pub comments_unread: bool,
    /// It took too long: not all was asked for that should have been.
    pub is_cut_short: bool,
    /// What went wrong, one entry for each address; empty after a look without any.
    pub troubles: Vec<Trouble>,
    /// What time it is now by the clock of the server, if it said.
    pub server_time: Option<DateTime<Utc>>,
}

/// One address that did not answer as it should.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// What was being read, in words: `comments of dataset 6100`.
    pub what: String,
    /// The one dataset whose comments could not be read; `None` for a whole list.
    pub dataset: Option<u64>,
    /// What happened.
    pub error: SourceError,
}

/// How [`SourceError::Changed`] begins.
pub const CHANGED: &str = "the platform changed";

/// Why an address could not be read. None carries a citizen's words or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No answer: refused, reset, timed out, name not found.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// An answer that asks us to come back later or says no.
    #[error("answered {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// How long it asked us to wait.
        after: Option<Duration>,
    },
    /// An answer of another shape than the one known: its own alarm, never "nothing new".
    #[error("{CHANGED}: {0}")]
    Changed(String),
}

impl Look {
    /// Whether everything that was to be read could be: what is not seen to be wrong is well.
    pub fn is_complete(&self) -> bool {
        self.troubles.is_empty() && !self.is_cut_short
    }

    /// The troubles for which this was no good look: a list that could not be read, or the comments of no dataset.
    /// What is wrong with one dataset alone keeps nothing else from being read.
    pub fn grave(&self) -> impl Iterator<Item = &Trouble> {
        self.troubles.iter().filter(|trouble| trouble.dataset.is_none() || self.comments_unread)
    }
}

impl SourceError {
    /// Whether it may be otherwise soon, or only on the way: an answer that says so, or none at all.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Changed(_) => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => {
                "let this machine reach it (name, firewall, proxy), or mend [platform] base_url"
            }
            Self::Refused { status: 401 | 403, .. } => {
                "it refuses this machine: mend [platform] user_agent, or ask those who run it"
            }
            Self::Refused { status: 429 | 500..=599, .. } => "try again later",
            Self::Refused { .. } => "mend [platform] base_url, or the path of this list there",
            Self::Changed(_) => {
                "mend `rows` and `fields` of this list under [platform]; config/default.toml says how"
            }
        }
    }
}
