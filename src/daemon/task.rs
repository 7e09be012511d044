//! A named loop: wait for the bell, run the step, ring the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::schedule::Bells;
use crate::app::{App, Step};

/// One step's loop.
pub(super) struct Task {
    app: Arc<App>,
    step: Step,
    bells: Arc<Bells>,
    beats: Arc<Beats>,
}

impl Task {
    /// A loop for `step`.
    pub(super) fn new(app: Arc<App>, step: Step, bells: Arc<Bells>, beats: Arc<Beats>) -> Self {
        Self { app, step, bells, beats }
    }

    /// Runs until the app stops; returns the step's name.
    pub(super) async fn run(self) -> &'static str {
        let stop = self.app.stop().clone();
        let bell = self.bells.of(self.step);
        while stop.run_until_cancelled(bell.notified()).await.is_some() {
            self.beats.beat(self.step);
            let run = self.app.run(self.step);
            let report = match self.step {
                // Finishes the message in hand: the step itself looks at the stop.
                Step::Deliver => run.await,
                // Cut off anywhere: each of its writes is whole, and the next run does the rest.
                Step::Poll | Step::Remind => match stop.run_until_cancelled(run).await {
                    Some(report) => report,
                    None => break,
                },
            };
            self.beats.beat(self.step);
            if report.made_work {
                self.bells.ring_after(self.step);
            }
        }
        self.step.as_str()
    }
}

/// When each loop last gave a sign of life.
#[derive(Debug)]
pub(super) struct Beats {
    began: Instant,
    last: [AtomicU64; 3],
}

impl Default for Beats {
    fn default() -> Self {
        Self { began: Instant::now(), last: Default::default() }
    }
}

/// A loop that gave no sign of life for this long hangs: the slowest bell rings every ten minutes,
/// and a long poll takes a few.
const HANGS_AFTER: Duration = Duration::from_mins(45);

impl Beats {
    fn beat(&self, step: Step) {
        if let Some(last) = self.last.get(step as usize) {
            last.store(self.began.elapsed().as_secs(), Ordering::Relaxed);
        }
    }

    /// Whether every loop gave a sign of life lately.
    pub(super) fn are_fresh(&self) -> bool {
        let now = self.began.elapsed().as_secs();
        let age = |last: &AtomicU64| now.saturating_sub(last.load(Ordering::Relaxed));
        self.last.iter().all(|last| age(last) < HANGS_AFTER.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_silent_loop_is_enough_to_hang() {
        let beats = Beats::default();
        assert!(beats.are_fresh());
        tokio::time::advance(HANGS_AFTER).await;
        beats.beat(Step::Poll);
        beats.beat(Step::Remind);
        assert!(!beats.are_fresh());
        beats.beat(Step::Deliver);
        assert!(beats.are_fresh());
    }
}
