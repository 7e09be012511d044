//! How many requests are answered: from one caller, and from all together.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many callers are told apart; beyond them the limit of all together is the only one.
const CALLERS: usize = 4096;

/// A limit, in requests a minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    /// From one caller.
    pub(super) caller: u32,
    /// From all together.
    pub(super) all: u32,
}

/// What is left for whom.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    all: Bucket,
    callers: HashMap<IpAddr, Bucket>,
}

/// Fills evenly, up to a minute's worth; empty until it is first used.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket(Option<(f64, Instant)>);

impl Bucket {
    /// What is in it at `now`.
    fn filled(self, rate: u32, now: Instant) -> f64 {
        let full = f64::from(rate);
        self.0.map_or(full, |(left, at)| {
            let passed = now.saturating_duration_since(at).as_secs_f64();
            full.min(left + passed * full / 60.0)
        })
    }

    /// Takes one out, or says how long until there is one.
    fn take(&mut self, rate: u32, now: Instant) -> Result<(), Duration> {
        let filled = self.filled(rate, now);
        if filled < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - filled) * 60.0 / f64::from(rate)));
        }
        self.0 = Some((filled - 1.0, now));
        Ok(())
    }
}

impl Limits {
    /// Counts a request of `caller`, or says how long it shall wait. What one caller has too many
    /// is not taken from the others.
    pub(super) fn take(&self, caller: IpAddr, rates: Rates, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = network(caller);
        if buckets.callers.len() >= CALLERS && !buckets.callers.contains_key(&caller) {
            let is_full = |bucket: &Bucket| bucket.filled(rates.caller, now) >= rates.caller.into();
            buckets.callers.retain(|_, bucket| !is_full(bucket));
        }
        if buckets.callers.len() < CALLERS || buckets.callers.contains_key(&caller) {
            buckets.callers.entry(caller).or_default().take(rates.caller, now)?;
        }
        buckets.all.take(rates.all, now)
    }
}

/// One subscriber has a whole /64 of IPv6.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates { caller: 3, all: 5 };

    fn caller(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn one_caller_has_its_share_and_all_have_theirs() {
        let (limits, now) = (Limits::default(), Instant::now());
        let take = |who, now| limits.take(caller(who), RATES, now);
        for _ in 0..3 {
            take(1, now).unwrap();
        }
        assert_eq!(take(1, now), Err(Duration::from_secs(20)));
        take(2, now).unwrap();
        take(2, now).unwrap();
        assert_eq!(take(3, now), Err(Duration::from_secs(12)), "all together have had five");
        take(1, now + Duration::from_secs(20)).unwrap();
    }

    #[test]
    fn too_many_callers_share_one_limit() {
        let (limits, now) = (Limits::default(), Instant::now());
        let rates = Rates { caller: 1, all: 1_000_000 };
        let numbered = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..5000 {
            limits.take(numbered(n), rates, now).unwrap();
        }
        assert_eq!(limits.0.lock().unwrap().callers.len(), CALLERS);
        limits.take(numbered(6000), rates, now + Duration::from_mins(2)).unwrap();
        assert_eq!(limits.0.lock().unwrap().callers.len(), 1, "those that rested are forgotten");
    }

    #[test]
    fn a_network_counts_as_one_caller() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(address("2001:db8::1")), network(address("2001:db8::ffff:2")));
        assert_ne!(network(address("2001:db8::1")), network(address("2001:db8:0:1::1")));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
