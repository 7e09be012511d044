//! A case that a person puts in.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::case::{Case, CaseKind, CaseNumber, CaseState, Dataset, Origin, StartDay};
use super::super::handling::Handling;

/// A case put in by hand: what arrives by mail or telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseByHand {
    /// 案號.
    pub number: CaseNumber,
    /// Comment, request, or a duty.
    pub kind: CaseKind,
    /// What it is about.
    pub title: String,
    /// The agency it was assigned to, as the directory writes it.
    pub agency: String,
    /// The unit it was given to, where the directory shall not decide.
    pub unit: Option<String>,
    /// The dataset it speaks of.
    pub dataset: Option<Dataset>,
    /// Day zero.
    pub assigned_on: NaiveDate,
    /// The due day, where the limit of its kind shall not decide.
    pub due_on: Option<NaiveDate>,
    /// Its page, or nothing.
    pub url: String,
}

impl CaseByHand {
    /// The case that begins so.
    pub fn begin(self, now: DateTime<Utc>) -> Case {
        Case {
            number: self.number,
            kind: self.kind,
            title: self.title,
            agency: self.agency,
            dataset: self.dataset,
            url: self.url,
            posted_at: None,
            assigned_on: self.assigned_on,
            start: StartDay { on: self.assigned_on, origin: Origin::ByHand },
            round: 1,
            state: CaseState::Open,
            replied_at: None,
            first_seen_at: now,
            vanished_at: None,
            handling: Handling { unit: self.unit, due_on: self.due_on, ..Default::default() },
        }
    }
}
