//! Guessing passwords takes long: whoever failed often waits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// So many are told apart; those who failed longest ago are forgotten first.
const REMEMBERED: usize = 4096;
/// A failure is forgotten after this.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Who failed, how often, and when last.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<String, (u32, DateTime<Utc>)>>);

/// A try that is under way: who tries, each with when they failed before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Try {
    who: Vec<(String, Option<DateTime<Utc>>)>,
    at: DateTime<Utc>,
}

impl Throttle {
    /// Begins a try of whoever is called one of these, each with how often it may fail: counted as a failure
    /// until it [`succeeded`](Self::succeeded), so that many tries at once are as many as one after the
    /// other. Else how long to wait.
    pub(super) fn begin(
        &self,
        who: Vec<(String, u32)>,
        now: DateTime<Utc>,
    ) -> Result<Try, TimeDelta> {
        let mut failed = self.lock();
        let wait = |(key, often): &(String, u32)| {
            let (failures, last) = failed.get(key)?;
            let left = *last + FORGOTTEN_AFTER - now;
            (failures >= often && left > TimeDelta::zero()).then_some(left)
        };
        if let Some(wait) = who.iter().filter_map(wait).max() {
            return Err(wait);
        }
        failed.retain(|_, (_, last)| now - *last < FORGOTTEN_AFTER);
        let mut count = |(key, _): (String, u32)| {
            if failed.len() >= REMEMBERED && !failed.contains_key(&key) {
                let oldest = failed.iter().min_by_key(|(_, (_, last))| *last);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    failed.remove(&oldest);
                }
            }
            let before = failed.get(&key).map(|(_, last)| *last);
            let (failures, last) = failed.entry(key.clone()).or_insert((0, now));
            *failures = failures.saturating_add(1);
            *last = now;
            (key, before)
        };
        Ok(Try { who: who.into_iter().map(&mut count).collect(), at: now })
    }

    /// It was the right one: forgets the failures of the first who tried, and that the others failed now.
    pub(super) fn succeeded(&self, tried: &Try) {
        self.take_back(tried);
        if let Some((first, _)) = tried.who.first() {
            self.lock().remove(first);
        }
    }

    /// Nobody could say whether it was the right one: it counts for nobody.
    pub(super) fn take_back(&self, tried: &Try) {
        let mut failed = self.lock();
        for (key, before) in &tried.who {
            let Some((failures, last)) = failed.get_mut(key) else { continue };
            *failures = failures.saturating_sub(1);
            if let Some(before) = before.filter(|_| *last == tried.at) {
                *last = before;
            }
        }
        failed.retain(|_, (failures, _)| *failures > 0);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u32, DateTime<Utc>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_failed_often_waits_and_others_do_not() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let begin = |name: &str, now| throttle.begin(vec![(name.to_owned(), 3)], now);
        for _ in 0..3 {
            assert!(begin("a", now).is_ok());
        }
        let minutes = TimeDelta::minutes(15);
        assert_eq!(begin("a", now), Err(minutes), "though none has ended");
        assert!(begin("b", now).is_ok());
        let later = now + minutes;
        let again = begin("a", later).unwrap();
        throttle.succeeded(&again);
        assert!(throttle.0.lock().unwrap().is_empty());
    }

    #[test]
    fn who_succeeds_takes_back_only_what_this_try_counted_for_others() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let begin = |name: &str, now| {
            throttle.begin(vec![(name.to_owned(), 3), ("their network".to_owned(), 4)], now)
        };
        for name in ["a", "a", "b"] {
            assert!(begin(name, now).is_ok());
        }
        let later = now + TimeDelta::minutes(14);
        for _ in 0..5 {
            let tried = begin("c", later).unwrap();
            throttle.succeeded(&tried);
        }
        let tried = begin("d", later).unwrap();
        throttle.take_back(&tried);
        assert!(begin("b", now).is_ok());
        assert!(begin("c", now).is_err(), "four of the network failed");
        assert!(
            begin("c", now + TimeDelta::minutes(15)).is_ok(),
            "who succeeded keeps no failure alive"
        );
    }

    #[test]
    fn it_remembers_only_so_many() {
        let throttle = Throttle::default();
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        for number in 0..REMEMBERED + 10 {
            assert!(throttle.begin(vec![(number.to_string(), 3)], now).is_ok());
        }
        assert_eq!(throttle.0.lock().unwrap().len(), REMEMBERED);
    }
}
