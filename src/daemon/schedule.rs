//! Bells: a cron job's whole body is one ring; our own loops do the work.
//!
//! tokio-cron-scheduler lives here only. It runs overlapping bodies and does not wait for them at
//! shutdown; a ring cannot overlap and needs no waiting for. [`Notify`] keeps one permit, so rings
//! during a run melt into one more run.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds};
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::task::AbortOnDropHandle;
use tracing::error;

use crate::app::Step;
use crate::clock::{Clock, ClockWatch, SystemClock, ZONE};
use crate::config::settings::Schedule;

/// One bell for each step.
#[derive(Debug, Default)]
pub(super) struct Bells([Arc<Notify>; 3]);

impl Bells {
    /// The bell of `step`.
    pub(super) fn of(&self, step: Step) -> Arc<Notify> {
        self.0.get(step as usize).map(Arc::clone).unwrap_or_default()
    }

    /// Rings the bell of `step`.
    pub(super) fn ring(&self, step: Step) {
        if let Some(bell) = self.0.get(step as usize) {
            bell.notify_one();
        }
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

/// For how long each step may give no sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits([Duration; 3]);

impl Limits {
    /// The limit of `step`.
    pub(super) fn of(self, step: Step) -> Duration {
        self.0.get(step as usize).copied().unwrap_or(Duration::MAX)
    }
}

/// A poll may take this long; a plan, or one message on its way, this long.
const POLL_TAKES: Duration = Duration::from_mins(45);
const STEP_TAKES: Duration = Duration::from_mins(5);

/// Rings looked at to find the longest silence between two: a week and more of the default lines.
const RINGS: usize = 10_000;

impl Rhythm {
    /// The longest silence between two rings twice over, and what the work may take.
    pub(super) fn limits(&self, now: DateTime<Utc>) -> anyhow::Result<Limits> {
        let mut limits = Limits([POLL_TAKES, STEP_TAKES, STEP_TAKES]);
        let gaps = match self {
            Self::Every(period) => [*period; 3],
            Self::Cron(schedule) => {
                let [poll, remind, deliver] = lines(schedule).map(|(_, line)| line);
                [longest_gap(poll, now)?, longest_gap(remind, now)?, longest_gap(deliver, now)?]
            }
        };
        for (limit, gap) in limits.0.iter_mut().zip(gaps) {
            *limit = limit.saturating_add(gap.saturating_mul(2));
        }
        Ok(limits)
    }
}

fn longest_gap(line: &str, now: DateTime<Utc>) -> anyhow::Result<Duration> {
    let parser = CronParser::builder().seconds(Seconds::Required).build();
    let cron = parser.parse(line).with_context(|| format!("reading the cron line {line}"))?;
    let (mut last, mut longest) = (now.with_timezone(&ZONE), Duration::ZERO);
    for ring in cron.iter_after(last).take(RINGS) {
        longest = longest.max((ring - last).to_std().unwrap_or_default());
        last = ring;
    }
    Ok(longest)
}

/// How often the machine's clock is looked at: so long at most the bells may be silent once it was set.
const CLOCK_SEEN_EVERY: Duration = Duration::from_secs(15);

/// Sets the bells ringing, until what is returned is dropped.
pub(super) async fn ring(
    bells: &Arc<Bells>,
    rhythm: Rhythm,
) -> anyhow::Result<AbortOnDropHandle<()>> {
    let bells = Arc::clone(bells);
    Ok(AbortOnDropHandle::new(match rhythm {
        Rhythm::Cron(schedule) => {
            let scheduler = by_cron(&bells, &schedule).await?;
            tokio::spawn(keep_by_clock(bells, schedule, scheduler))
        }
        Rhythm::Every(period) => tokio::spawn(async move {
            let mut ticks = tokio::time::interval(period);
            loop {
                ticks.tick().await;
                bells.ring_all();
            }
        }),
    }))
}

/// Changes of its three jobs of which the scheduler may not have heard yet: 200 unless said otherwise, for
/// which it keeps 200 kB.
const CHANGES_AT_ONCE: usize = 16;

async fn by_cron(bells: &Bells, schedule: &Schedule) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new_with_channel_size(CHANGES_AT_ONCE).await?;
    for (step, line) in lines(schedule) {
        scheduler.add(job(line, bells.of(step))?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

/// The scheduler waits for the instant that it worked out last: set back by an hour, the clock comes to
/// it an hour late. Each time that the clock is set, another scheduler begins, and all bells ring.
async fn keep_by_clock(bells: Arc<Bells>, schedule: Schedule, mut scheduler: JobScheduler) {
    let mut watch = ClockWatch::default();
    let mut is_out_of_step = false;
    let mut looks = tokio::time::interval(CLOCK_SEEN_EVERY);
    loop {
        looks.tick().await;
        let now = SystemClock.now();
        is_out_of_step |= watch.read(now, SystemClock.elapsed(now)).is_some();
        if !is_out_of_step {
            continue;
        }
        match by_cron(&bells, &schedule).await {
            Ok(another) => {
                let mut late = std::mem::replace(&mut scheduler, another);
                // One that would not end rings the same bells: that does no harm.
                let _ = late.shutdown().await;
                is_out_of_step = false;
            }
            Err(fault) => error!(%fault, "the schedule could not follow the clock; tried again"),
        }
        bells.ring_all();
    }
}

/// The cron lines that cannot be read, by their setting's name, with the reason.
pub fn faults(schedule: &Schedule) -> Vec<(&'static str, String)> {
    let fault = |(step, line): (Step, &str)| {
        let error = job(line, Arc::default()).err()?;
        let name = step.as_str();
        let say = format!(
            "schedule.{name} = \"{line}\": {error}; write seconds, minutes, hours, day, month, \
             weekday, such as \"0 */10 * * * *\""
        );
        Some((name, say))
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
        let next = SystemClock.now() + wait;
        let next = next.format("%H:%M").to_string();
        assert!(["00:59", "01:00"].contains(&next.as_str()), "{next}");
    }

    #[test]
    fn a_loop_may_be_silent_for_as_long_as_its_bell_is() {
        let schedule = Schedule {
            poll: "0 0 9 * * *".to_owned(),
            remind: "0 * * * * *".to_owned(),
            deliver: "*/30 * * * * *".to_owned(),
        };
        let now = "2026-03-02T01:00:00Z".parse().unwrap();
        let limits = Rhythm::Cron(schedule).limits(now).unwrap();
        assert_eq!(limits.of(Step::Poll), POLL_TAKES + Duration::from_hours(48));
        assert_eq!(limits.of(Step::Remind), STEP_TAKES + Duration::from_mins(2));
        assert_eq!(limits.of(Step::Deliver), STEP_TAKES + Duration::from_mins(1));
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
        assert!(faults[0].1.starts_with("schedule.poll"), "{faults:?}");
    }
}
