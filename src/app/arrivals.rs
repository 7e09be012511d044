//! When messages were last taken: a provider that takes others' is not down, and an address that took one
//! since was not putting everything off.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::domain::directory::ChannelAddress;

/// The last arrival by each provider and at each destination, and how often each kind of channel was tried again;
/// a new process knows of none.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    last: Mutex<BTreeMap<String, DateTime<Utc>>>,
    retries: Mutex<BTreeMap<&'static str, u64>>,
}

impl Arrivals {
    /// A message was taken there.
    pub(super) fn note(&self, address: &ChannelAddress, now: DateTime<Utc>) {
        let mut arrivals = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.insert(address.provider(), now);
        arrivals.insert(address.destination(), now);
    }

    /// A message is tried there for another time.
    pub(super) fn note_retry(&self, address: &ChannelAddress) {
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        *retries.entry(address.kind.as_str()).or_default() += 1;
    }

    /// How often messages were tried again by this kind of channel.
    pub(super) fn retries(&self, kind: &str) -> u64 {
        let retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        retries.get(kind).copied().unwrap_or_default()
    }

    /// When the last message was taken by this provider, or at this destination. An instant that has not
    /// come yet is another clock's.
    pub(super) fn last(&self, whose: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let arrivals = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(whose).copied().filter(|last| *last <= now)
    }
}
