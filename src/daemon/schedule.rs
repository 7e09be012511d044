//! Bells: a cron job's whole body is one ring; our own loops do the work.
//!
//! tokio-cron-scheduler lives here only. It runs overlapping bodies and does not wait for them at
//! shutdown; a ring cannot overlap and needs no waiting for. [`Notify`] keeps one permit, so rings
//! during a run melt into one more run.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::task::AbortOnDropHandle;

use crate::app::Step;
use crate::clock::ZONE;
use crate::config::settings::Schedule;

/// One bell for each step.
#[derive(Debug, Default)]
pub(super) struct Bells([Arc<Notify>; 3]);

impl Bells {
    /// The bell of `step`.
    pub(super) fn of(&self, step: Step) -> Arc<Notify> {
        self.0.get(step as usize).map(Arc::clone).unwrap_or_default()
    }

    /// Rings every bell once: a start is a catch-up.
    pub(super) fn ring_all(&self) {
        for bell in &self.0 {
            bell.notify_one();
        }
    }

    /// Rings the bell of the step after `step`.
    pub(super) fn ring_after(&self, step: Step) {
        if let Some(bell) = self.0.get(step as usize + 1) {
            bell.notify_one();
        }
    }
}

/// When the bells ring.
#[derive(Clone, Debug)]
pub enum Rhythm {
    /// By the cron lines of the configuration, in Taipei's time.
    Cron(Schedule),
    /// All of them, this often in real time: a rehearsal on a clock of its own.
    Every(Duration),
}

/// What keeps the bells ringing; they fall silent when it is dropped.
pub(super) enum Ringing {
    /// The cron scheduler.
    Cron(#[expect(dead_code, reason = "held for its drop")] JobScheduler),
    /// A loop.
    Every(#[expect(dead_code, reason = "held for its drop")] AbortOnDropHandle<()>),
}

/// Sets the bells ringing.
pub(super) async fn ring(bells: &Arc<Bells>, rhythm: Rhythm) -> anyhow::Result<Ringing> {
    match rhythm {
        Rhythm::Cron(schedule) => {
            let scheduler = JobScheduler::new().await?;
            for (step, line) in lines(&schedule) {
                scheduler.add(job(line, bells.of(step))?).await?;
            }
            scheduler.start().await?;
            Ok(Ringing::Cron(scheduler))
        }
        Rhythm::Every(period) => {
            let bells = Arc::clone(bells);
            let ringing = tokio::spawn(async move {
                let mut ticks = tokio::time::interval(period);
                loop {
                    ticks.tick().await;
                    bells.ring_all();
                }
            });
            Ok(Ringing::Every(AbortOnDropHandle::new(ringing)))
        }
    }
}

/// The cron lines that cannot be read, with the reason.
pub fn faults(schedule: &Schedule) -> Vec<String> {
    let fault = |(step, line): (Step, &str)| {
        let error = job(line, Arc::default()).err()?;
        let name = step.as_str();
        Some(format!(
            "schedule.{name} = \"{line}\": {error}; write seconds, minutes, hours, day, month, \
             weekday, such as \"0 */10 * * * *\""
        ))
    };
    lines(schedule).into_iter().filter_map(fault).collect()
}

fn lines(schedule: &Schedule) -> [(Step, &str); 3] {
    [
        (Step::Poll, schedule.poll.as_str()),
        (Step::Remind, schedule.remind.as_str()),
        (Step::Deliver, schedule.deliver.as_str()),
    ]
}

fn job(line: &str, bell: Arc<Notify>) -> Result<Job, JobSchedulerError> {
    Job::new_async_tz(line, ZONE, move |_, _| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        bell.notify_one();
        Box::pin(std::future::ready(()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nine_in_taipei_is_one_utc() {
        let mut scheduler = JobScheduler::new().await.unwrap();
        scheduler.add(job("0 0 9 * * *", Arc::default()).unwrap()).await.unwrap();
        scheduler.start().await.unwrap();
        let wait = scheduler.time_till_next_job().await.unwrap().unwrap();
        let next = crate::clock::Clock::now(&crate::clock::SystemClock) + wait;
        let next = next.format("%H:%M").to_string();
        assert!(["00:59", "01:00"].contains(&next.as_str()), "{next}");
    }

    #[test]
    fn a_bad_line_is_named() {
        let schedule = Schedule {
            poll: "every ten minutes".to_owned(),
            remind: "0 * * * * *".to_owned(),
            deliver: "0 * * * *".to_owned(),
        };
        let faults = faults(&schedule);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].starts_with("schedule.poll"), "{faults:?}");
    }
}
