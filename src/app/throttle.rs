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
    /// Begins a try of whoever is called one of these, each with how often it may fail: counted as a failure
    /// until it [`succeeded`](Self::succeeded), so that many tries at once are as many as one after the
    /// other. Else how long to wait.
    pub(super) fn begin(&self, who: &[(String, u32)], now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |(key, often): &(String, u32)| {
            let (failures, last) = failed.get(key)?;
            let left = *last + FORGOTTEN_AFTER - now;
            (failures >= often && left > TimeDelta::zero()).then_some(left)
        };
        if let Some(wait) = who.iter().filter_map(wait).max() {
            return Err(wait);
        }
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
        Ok(())
    }

    /// It was the right one: forgets the failures of the first of these, and that the others failed now.
    pub(super) fn succeeded(&self, who: &[(String, u32)]) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(((first, _), others)) = who.split_first() else { return };
        failed.remove(first);
        for (key, _) in others {
            if let Some((failures, _)) = failed.get_mut(key) {
                *failures -= 1;
            }
        }
        failed.retain(|_, (failures, _)| *failures > 0);
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
            assert_eq!(throttle.begin(&who("a"), now), Ok(()));
        }
        let minutes = TimeDelta::minutes(15);
        assert_eq!(throttle.begin(&who("a"), now), Err(minutes), "though none has ended");
        assert_eq!(throttle.begin(&who("b"), now), Ok(()));
        let later = now + minutes;
        assert_eq!(throttle.begin(&who("a"), later), Ok(()), "it begins anew");
        throttle.succeeded(&who("a"));
        assert!(throttle.0.lock().unwrap().is_empty());
    }

    #[test]
    fn who_succeeds_takes_back_only_what_this_try_counted_for_others() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let who = |name: &str| [(name.to_owned(), 3), ("their network".to_owned(), 4)];
        for name in ["a", "a", "b"] {
            assert_eq!(throttle.begin(&who(name), now), Ok(()));
        }
        for _ in 0..5 {
            assert_eq!(throttle.begin(&who("c"), now), Ok(()));
            throttle.succeeded(&who("c"));
        }
        assert_eq!(throttle.begin(&who("b"), now), Ok(()));
        assert!(throttle.begin(&who("c"), now).is_err(), "four of the network failed");
    }

    #[test]
    fn it_remembers_only_so_many() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        for number in 0..REMEMBERED + 10 {
            assert_eq!(throttle.begin(&[(number.to_string(), 3)], now), Ok(()));
        }
        assert_eq!(throttle.0.lock().unwrap().len(), REMEMBERED);
    }
}
