//! Where there is room for one more message on its way.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::directory::ChannelAddress;

/// Where one more message may start on its way now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// How many messages are under way to each destination.
    pub under_way: BTreeMap<String, usize>,
    /// How many messages are under way to each provider.
    pub by_provider: BTreeMap<String, usize>,
    /// How many may be under way to one provider at once.
    pub per_provider: usize,
    /// Destinations that take nothing for now: their pace, or their own wish.
    pub resting: BTreeSet<String>,
}

impl Room {
    /// Whether one more may start.
    pub(super) fn is_there(&self, address: &ChannelAddress) -> bool {
        let destination = address.destination();
        let count =
            |map: &BTreeMap<String, usize>, key: &str| map.get(key).copied().unwrap_or_default();
        !self.resting.contains(&destination)
            && count(&self.under_way, &destination) < address.kind.most_under_way()
            && count(&self.by_provider, &address.provider()) < self.per_provider
    }

    /// One more is on its way.
    pub fn start(&mut self, address: &ChannelAddress) {
        *self.under_way.entry(address.destination()).or_default() += 1;
        *self.by_provider.entry(address.provider()).or_default() += 1;
    }

    /// One has come to its end.
    pub fn finish(&mut self, address: &ChannelAddress) {
        let one_less = |map: &mut BTreeMap<String, usize>, key: String| {
            if let Some(count) = map.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
        };
        one_less(&mut self.under_way, address.destination());
        one_less(&mut self.by_provider, address.provider());
    }
}
