//! When each step's loop last gave a sign of life.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Step;

/// The last sign of life of each loop.
#[derive(Debug)]
pub struct Beats {
    began: Instant,
    last: [AtomicU64; 3],
    /// Of the loop that hears clicks.
    clicks: AtomicU64,
    /// The minute, counted from the beginning, in which a watcher was last told; 0: never.
    pinged: [AtomicU64; 3],
}

impl Default for Beats {
    fn default() -> Self {
        let (last, pinged) = Default::default();
        Self { began: Instant::now(), last, clicks: AtomicU64::default(), pinged }
    }
}

impl Beats {
    /// A sign of life of `step`.
    pub fn beat(&self, step: Step) {
        if let Some(last) = self.last.get(step as usize) {
            last.store(self.began.elapsed().as_secs(), Ordering::Relaxed);
        }
    }

    /// A sign of life of the loop that hears clicks.
    pub fn beat_clicks(&self) {
        self.clicks.store(self.began.elapsed().as_secs(), Ordering::Relaxed);
    }

    /// Whether the loop that hears clicks gave no sign of life for `limit`.
    pub fn are_clicks_silent(&self, limit: Duration) -> bool {
        let last = self.clicks.load(Ordering::Relaxed);
        // A beat may fall between the two looks at the time.
        self.began.elapsed().as_secs().saturating_sub(last) >= limit.as_secs()
    }

    /// Whether the outside watcher of `step` was not told yet in this minute; it counts as told.
    pub(super) fn is_ping_due(&self, step: Step) -> bool {
        let minute = self.began.elapsed().as_secs() / 60 + 1;
        let pinged = self.pinged.get(step as usize);
        pinged.is_some_and(|last| last.swap(minute, Ordering::Relaxed) < minute)
    }

    /// The steps that gave no sign of life for longer than their limit.
    pub fn silent(&self, limit: impl Fn(Step) -> Duration) -> Vec<Step> {
        let now = self.began.elapsed().as_secs();
        let is_silent = |step: &Step| {
            let last = self.last.get(*step as usize).map(|last| last.load(Ordering::Relaxed));
            now.saturating_sub(last.unwrap_or_default()) >= limit(*step).as_secs()
        };
        Step::ALL.into_iter().filter(is_silent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_silent_for_its_own_limit_is_named() {
        let beats = Beats::default();
        let limit = |step| match step {
            Step::Poll => Duration::from_hours(1),
            Step::Remind | Step::Deliver => Duration::from_mins(5),
        };
        assert_eq!(beats.silent(limit), []);
        tokio::time::advance(Duration::from_mins(5)).await;
        assert_eq!(beats.silent(limit), [Step::Remind, Step::Deliver]);
        beats.beat(Step::Deliver);
        assert_eq!(beats.silent(limit), [Step::Remind]);
        assert!(beats.are_clicks_silent(Duration::from_mins(5)));
        beats.beat_clicks();
        assert!(!beats.are_clicks_silent(Duration::from_mins(5)));
    }
}
