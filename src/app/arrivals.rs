//! When a provider last took a message: one that takes others' is not down.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// The last arrival by each provider; a new process knows of none.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Mutex<BTreeMap<String, DateTime<Utc>>>);

impl Arrivals {
    /// `provider` took a message.
    pub(super) fn note(&self, provider: String, now: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(provider, now);
    }

    /// Whether `provider` took a message within so long before `now`. An instant that has not come yet
    /// is another clock's.
    pub(super) fn is_within(&self, provider: &str, long: Duration, now: DateTime<Utc>) -> bool {
        let arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = arrivals.get(provider).filter(|last| **last <= now);
        last.is_some_and(|last| (now - *last).to_std().is_ok_and(|ago| ago <= long))
    }
}
