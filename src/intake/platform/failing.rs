//! The datasets whose comments could not be read when they were last asked for: one look does not ask for all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::intake::{Alone, SourceError, Trouble};

/// What is known of one.
#[derive(Debug)]
struct Failure {
    since: DateTime<Utc>,
    last: DateTime<Utc>,
    error: SourceError,
}

/// Every dataset that fails, by number.
#[derive(Debug, Default)]
pub(super) struct Failing(Mutex<BTreeMap<u64, Failure>>);

impl Failing {
    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It failed now. That it has changed stays said while it only does not answer.
    pub(super) fn note(&self, nid: u64, error: SourceError, now: DateTime<Utc>) -> Trouble {
        let mut all = self.all();
        let known = all.remove(&nid);
        let since = known.as_ref().map_or(now, |known| known.since);
        let changed = known.map(|known| known.error);
        let changed = changed.filter(|known| error.is_passing() && !known.is_passing());
        let failure = Failure { since, last: now, error: changed.unwrap_or(error) };
        let trouble = trouble(nid, &failure);
        all.insert(nid, failure);
        trouble
    }

    /// It was read, or is none of ours any more.
    pub(super) fn forget(&self, nid: u64) {
        self.all().remove(&nid);
    }

    /// When it was last asked for in vain: others have their turn before it is again.
    pub(super) fn last_tried(&self, nid: u64) -> Option<DateTime<Utc>> {
        self.all().get(&nid).map(|failure| failure.last)
    }

    /// The troubles of those that this look did not ask for, of the datasets that are ours.
    pub(super) fn others(&self, asked: &BTreeSet<u64>, ours: impl Fn(u64) -> bool) -> Vec<Trouble> {
        let mut all = self.all();
        all.retain(|nid, _| ours(*nid));
        let others = all.iter().filter(|(nid, _)| !asked.contains(nid));
        others.map(|(nid, failure)| trouble(*nid, failure)).collect()
    }
}

fn trouble(nid: u64, Failure { since, error, .. }: &Failure) -> Trouble {
    Trouble {
        what: format!("comments of dataset {nid}"),
        alone: Some(Alone { nid, since: *since }),
        error: error.clone(),
    }
}
