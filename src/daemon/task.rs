//! A named loop: wait for the bell, run the step, ring the next.

use std::sync::Arc;

use tokio::sync::Notify;

use super::schedule::Bells;
use crate::app::{App, Step, StepReport};

/// One step's loop.
pub(super) struct Task {
    app: Arc<App>,
    step: Step,
    bells: Arc<Bells>,
}

impl Task {
    /// A loop for `step`.
    pub(super) fn new(app: Arc<App>, step: Step, bells: Arc<Bells>) -> Self {
        Self { app, step, bells }
    }

    /// Runs until the app stops; returns the step's name.
    pub(super) async fn run(self) -> &'static str {
        let stop = self.app.stop().clone();
        let bell = self.bells.of(self.step);
        let mut last = StepReport::default();
        while stop.run_until_cancelled(self.wake(&bell, &last)).await.is_some() {
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
            if report.made_work {
                self.bells.ring_after(self.step);
            }
            if report.fault.is_none() {
                let (app, step) = (Arc::clone(&self.app), self.step);
                tokio::spawn(async move { app.ping(step).await });
            }
            last = report;
        }
        self.step.as_str()
    }

    /// Waits for the bell, or for the moment at which the last run knew of more to do.
    async fn wake(&self, bell: &Notify, last: &StepReport) {
        let Some(at) = last.again_at else { return bell.notified().await };
        let wait = (at - self.app.now()).to_std().unwrap_or_default();
        // Either outcome means: run now.
        let _ = tokio::time::timeout(wait, bell.notified()).await;
    }
}
