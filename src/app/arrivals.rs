//! When messages were last taken: a provider that takes others' is not down, and an address that took one
//! since was not putting everything off.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::domain::directory::ChannelAddress;

/// The last arrival by each provider and at each destination; a new process knows of none.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Mutex<BTreeMap<String, DateTime<Utc>>>);

impl Arrivals {
    /// A message was taken there.
    pub(super) fn note(&self, address: &ChannelAddress, now: DateTime<Utc>) {
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.insert(address.provider(), now);
        arrivals.insert(address.destination(), now);
    }

    /// When the last message was taken by this provider, or at this destination. An instant that has not
    /// come yet is another clock's.
    pub(super) fn last(&self, whose: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(whose).copied().filter(|last| *last <= now)
    }
}
