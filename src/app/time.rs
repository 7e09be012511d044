//! Whether the machine's clock keeps step with the time that passes.
//!
//! A clock that was set (by a person, by NTP after a boot) makes the instants that messages wait for
//! another clock's. Sleep is no jump: the time passed all the same.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::{App, alarms};
use crate::clock::rfc3339;

/// A clock that is corrected by less than this is merely kept right.
const JUMP: TimeDelta = TimeDelta::minutes(2);

/// After a jump forward nothing but alarms goes out for so long: a clock that was set wrong is often
/// set right again soon, and what was sent by it cannot be called back.
const SETTLES_WITHIN: Duration = Duration::from_mins(10);

/// What the clock is called in alarms.
const CLOCK: &str = "clock";

/// What the clock said last, and how it is trusted.
#[derive(Debug, Default)]
pub(super) struct TimeWatch(Mutex<Reading>);

#[derive(Debug, Default)]
struct Reading {
    last: Option<(DateTime<Utc>, Duration)>,
    settles_at: Option<Duration>,
    /// The waits of messages are another clock's.
    stale: bool,
}

impl TimeWatch {
    /// Takes a reading; returns by how much the clock jumped since the one before.
    fn read(&self, now: DateTime<Utc>, elapsed: Duration) -> Option<TimeDelta> {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reading.last.is_some_and(|(_, last)| elapsed < last) {
            // Another step read the clock later and was faster.
            return None;
        }
        let (then, before) = reading.last.replace((now, elapsed))?;
        let passed = TimeDelta::from_std(elapsed.saturating_sub(before)).ok()?;
        let jump = now - then - passed;
        if jump.abs() < JUMP {
            return None;
        }
        reading.stale = true;
        reading.settles_at = (jump > TimeDelta::zero()).then(|| elapsed + SETTLES_WITHIN);
        Some(jump)
    }

    fn is_settling(&self, elapsed: Duration) -> bool {
        let reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.settles_at.is_some_and(|settles_at| elapsed < settles_at)
    }

    /// Whether waits are another clock's; asked once after each jump.
    fn take_stale(&self) -> bool {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).stale)
    }
}

impl App {
    /// Notices a jump of the clock, and tells the administrators.
    pub(super) async fn watch_time(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let Some(jump) = self.time.read(now, self.clock.elapsed(now)) else { return Ok(()) };
        let minutes = jump.num_minutes();
        let disowned =
            self.store.disown_later_days(now).await.context("after the clock was set")?;
        warn!(minutes, disowned, "the clock was set");
        let (direction, then) = if minutes > 0 {
            let hold = SETTLES_WITHIN.as_secs() / 60;
            ("forward", format!("reminders wait for {hold} minutes in case it is set back"))
        } else {
            ("back", "nothing is sent twice for it".to_owned())
        };
        let detail =
            format!("set {direction} by {} minutes, to {}; {then}", minutes.abs(), rfc3339(now));
        self.announce(&self.live(), (alarms::CLOCK_JUMPED, CLOCK), detail, now).await
    }

    /// Whether the clock was set forward so lately that it may yet be set back.
    pub(super) fn is_time_settling(&self) -> bool {
        self.time.is_settling(self.clock.elapsed(self.now()))
    }

    /// Lets what waits for an instant of another clock come due: it is judged again anyway.
    pub(super) async fn forget_stale_waits(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        if self.time.take_stale() {
            self.pace.forget_pauses();
            let hurried = self.store.stop_waiting(now).await.context("after the clock was set")?;
            info!(hurried, "waits of the clock before were dropped");
        }
        Ok(())
    }

    /// For the one process that has the state directory to itself, when it starts: looks at once
    /// at what the one before had under way, and whether the clock is behind what it wrote.
    pub async fn recover(&self) -> anyhow::Result<()> {
        let now = self.now();
        let released = self.store.release_leases(now).await.context("releasing leases")?;
        if released > 0 {
            info!(released, "messages were under way when the last process ended");
        }
        let newest = self.store.newest_instant().await.context("reading the newest instant")?;
        let Some(behind) = newest.map(|newest| newest - now).filter(|behind| *behind > JUMP) else {
            return Ok(());
        };
        self.store.disown_later_days(now).await.context("with a clock that is behind")?;
        let detail = format!(
            "{} is {} minutes before the newest entry of the database",
            rfc3339(now),
            behind.num_minutes()
        );
        warn!(minutes = behind.num_minutes(), "the clock is behind the database");
        self.announce(&self.live(), (alarms::CLOCK_JUMPED, CLOCK), detail, now).await
    }
}
