//! How fast each destination is told: its own pace, and its own wish to be left alone for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// The turns of every destination, kept between rounds; a new process begins without any.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<BTreeMap<String, Turn>>);

/// When a destination may be told again.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// Not before this, by its rate.
    ready: Option<Instant>,
    /// Not before this, by its own wish (`Retry-After`).
    paused_until: Option<DateTime<Utc>>,
}

impl Pace {
    /// A message starts on its way; the next one may follow after `interval`.
    pub(super) fn start(&self, destination: String, interval: Duration) {
        if !interval.is_zero() {
            let ready = Instant::now() + interval;
            self.change(destination, |turn| turn.ready = Some(ready));
        }
    }

    /// The destination asked to be left alone.
    pub(super) fn pause(&self, destination: String, until: DateTime<Utc>) {
        self.change(destination, |turn| turn.paused_until = turn.paused_until.max(Some(until)));
    }

    /// Forgets what was asked for by another clock.
    pub(super) fn forget_pauses(&self) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.values_mut().for_each(|turn| turn.paused_until = None);
    }

    fn change(&self, destination: String, change: impl FnOnce(&mut Turn)) {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(turns.entry(destination).or_default());
    }

    /// The destinations that rest now; what is over is forgotten.
    pub(super) fn resting(&self, now: DateTime<Utc>) -> BTreeSet<String> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present = Instant::now();
        for turn in turns.values_mut() {
            turn.ready = turn.ready.filter(|ready| *ready > present);
            turn.paused_until = turn.paused_until.filter(|until| *until > now);
        }
        turns.retain(|_, turn| turn.ready.is_some() || turn.paused_until.is_some());
        turns.keys().cloned().collect()
    }

    /// When the first of `destinations` that only keeps its pace is ready again.
    pub(super) fn next_ready(&self, destinations: &BTreeSet<String>) -> Option<Instant> {
        let turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = destinations.iter().filter_map(|destination| turns.get(destination));
        turns.filter(|turn| turn.paused_until.is_none()).filter_map(|turn| turn.ready).min()
    }

    /// When the first of `destinations` that wanted to be left alone no longer does.
    pub(super) fn next_pause_over(&self, destinations: &BTreeSet<String>) -> Option<DateTime<Utc>> {
        let turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = destinations.iter().filter_map(|destination| turns.get(destination));
        turns.filter_map(|turn| turn.paused_until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_destination_rests_until_its_pace_and_its_wish_allow() {
        let now: DateTime<Utc> = "2026-03-02T01:00:00Z".parse().unwrap();
        let (pace, all) = (Pace::default(), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        pace.start("a".to_owned(), Duration::from_secs(1));
        pace.pause("b".to_owned(), now + Duration::from_mins(1));
        assert_eq!(pace.resting(now), all);
        assert_eq!(pace.next_ready(&all), Some(Instant::now() + Duration::from_secs(1)));
        assert_eq!(pace.next_pause_over(&all), Some(now + Duration::from_mins(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pace.resting(now), BTreeSet::from(["b".to_owned()]));
        assert_eq!(pace.resting(now + Duration::from_mins(1)), BTreeSet::new());
    }
}
