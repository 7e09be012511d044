//! Guessing passwords takes long: whoever failed often waits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// So many are told apart; those who failed longest ago are forgotten first.
const REMEMBERED: usize = 4096;
/// A failure is forgotten after this.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Who failed, how often, and when last.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<String, (u32, DateTime<Utc>)>>);

impl Throttle {
    /// How long whoever is called one of these must wait at `now`; each goes with how often it may fail.
    pub(super) fn wait(&self, who: &[(String, u32)], now: DateTime<Utc>) -> Option<TimeDelta> {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |(key, often): &(String, u32)| {
            let (failures, last) = failed.get(key)?;
            let left = *last + FORGOTTEN_AFTER - now;
            (failures >= often && left > TimeDelta::zero()).then_some(left)
        };
        who.iter().filter_map(wait).max()
    }

    /// Notes a failure.
    pub(super) fn failed(&self, who: &[(String, u32)], now: DateTime<Utc>) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, (_, last)| now - *last < FORGOTTEN_AFTER);
        for (key, _) in who {
            if failed.len() >= REMEMBERED && !failed.contains_key(key) {
                let oldest = failed.iter().min_by_key(|(_, (_, last))| *last);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    failed.remove(&oldest);
                }
            }
            let (failures, last) = failed.entry(key.clone()).or_insert((0, now));
            *failures = failures.saturating_add(1);
            *last = now;
        }
    }

    /// Forgets the failures of the first of these: it was the right one in the end.
    pub(super) fn succeeded(&self, who: &[(String, u32)]) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, _)) = who.first() {
            failed.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_failed_often_waits_and_others_do_not() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let who = |name: &str| [(name.to_owned(), 3)];
        for _ in 0..3 {
            assert_eq!(throttle.wait(&who("a"), now), None);
            throttle.failed(&who("a"), now);
        }
        assert_eq!(throttle.wait(&who("a"), now), Some(TimeDelta::minutes(15)));
        assert_eq!(throttle.wait(&who("b"), now), None);
        let later = now + TimeDelta::minutes(15);
        assert_eq!(throttle.wait(&who("a"), later), None);
        throttle.failed(&who("a"), later);
        assert_eq!(throttle.wait(&who("a"), later), None, "it begins anew");
        throttle.succeeded(&who("a"));
        assert!(throttle.0.lock().unwrap().is_empty());
    }

    #[test]
    fn it_remembers_only_so_many() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        for number in 0..REMEMBERED + 10 {
            throttle.failed(&[(number.to_string(), 3)], now);
        }
        assert_eq!(throttle.0.lock().unwrap().len(), REMEMBERED);
    }
}
