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
use crate::clock::{ClockWatch, JUMP, rfc3339, today};

/// After a jump forward nothing but alarms goes out for so long: a clock that was set wrong is often
/// set right again soon, and what was sent by it cannot be called back.
const SETTLES_WITHIN: Duration = Duration::from_mins(10);

/// Who was away for longer may have come back with a clock that is ahead: what is said by it waits
/// likewise.
const LONG_SILENCE: TimeDelta = TimeDelta::days(1);

/// What the clock is called in alarms.
const CLOCK: &str = "clock";
/// When the clock was found to be behind what was written is kept under this name.
const BEHIND: &str = "clock behind";
/// When later days were disowned is kept under this name.
const DISOWNED: &str = "later days disowned";

/// A clock that is set forward so soon after later days were disowned had been behind, and they were right.
/// Later than that, the machine may have stood still for as long.
const OWNED_AGAIN_WITHIN: TimeDelta = TimeDelta::hours(2);

/// What the clock said last, and how it is trusted.
#[derive(Debug, Default)]
pub(super) struct TimeWatch(Mutex<Reading>);

#[derive(Debug, Default)]
struct Reading {
    watch: ClockWatch,
    settles_at: Option<Duration>,
    /// The waits of messages are another clock's.
    stale: bool,
    /// The clock was found behind what was written, and it is not known yet which of them is right.
    is_behind: bool,
    /// Jumps of which not all is done yet, the earliest first: the store failed.
    jumps: Vec<Jump>,
}

/// The clock was set.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// What it would have said.
    from: DateTime<Utc>,
    /// What it said.
    to: DateTime<Utc>,
}

impl Jump {
    fn is_forward(self) -> bool {
        self.to > self.from
    }
}

impl TimeWatch {
    /// Takes a reading; hands out the jumps since the one before, and those that were [kept](Self::keep).
    fn read(&self, now: DateTime<Utc>, elapsed: Duration) -> Vec<Jump> {
        self.with(|reading| {
            if let Some(jump) = reading.watch.read(now, elapsed) {
                reading.stale = true;
                reading.settles_at = (jump > TimeDelta::zero()).then(|| elapsed + SETTLES_WITHIN);
                reading.jumps.push(Jump { from: now - jump, to: now });
            }
            std::mem::take(&mut reading.jumps)
        })
    }

    /// Keeps jumps for the next reading.
    fn keep(&self, jumps: Vec<Jump>) {
        self.with(|reading| reading.jumps.splice(0..0, jumps).for_each(drop));
    }

    fn is_settling(&self, elapsed: Duration) -> bool {
        self.with(|reading| reading.settles_at.is_some_and(|settles_at| elapsed < settles_at))
    }

    /// Whether waits are another clock's; asked once after each jump.
    fn take_stale(&self) -> bool {
        self.with(|reading| std::mem::take(&mut reading.stale))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Reading) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    /// Notices a jump of the clock, and tells the administrators. What the store does not take is done by the
    /// next step.
    pub(super) async fn watch_time(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let mut jumps = self.time.read(now, self.clock.elapsed(now));
        let followed = self.follow(&mut jumps, now).await;
        self.time.keep(jumps);
        followed
    }

    /// Does what follows from `jumps`; leaves those of which not all is done.
    async fn follow(&self, jumps: &mut Vec<Jump>, now: DateTime<Utc>) -> anyhow::Result<()> {
        if jumps.iter().any(|jump| !jump.is_forward()) {
            self.note_behind(now).await?;
        }
        self.settle_days(now).await?;
        while let Some(jump) = jumps.first().copied() {
            if jump.is_forward() {
                self.own_again(now, jump.from).await?;
            }
            self.tell_jump(jump, now).await?;
            jumps.remove(0);
        }
        Ok(())
    }

    async fn tell_jump(&self, jump: Jump, now: DateTime<Utc>) -> anyhow::Result<()> {
        let minutes = (jump.to - jump.from).num_minutes();
        warn!(minutes, "the clock was set");
        let (direction, then) = if jump.is_forward() {
            let hold = SETTLES_WITHIN.as_secs() / 60;
            ("forward", format!("reminders wait for {hold} minutes in case it is set back"))
        } else {
            ("back", "nothing is sent twice for it".to_owned())
        };
        let (minutes, to) = (minutes.abs(), rfc3339(jump.to));
        let detail = format!("set {direction} by {minutes} minutes, to {to}; {then}");
        self.announce(&self.live(), (alarms::CLOCK_JUMPED, CLOCK), detail, now).await
    }

    /// Whether the clock was set forward so lately that it may yet be set back.
    pub(super) fn is_time_settling(&self) -> bool {
        self.time.is_settling(self.clock.elapsed(self.now()))
    }

    /// The clock is that of others: what is said by it need not wait.
    pub(super) fn trust_clock(&self) {
        self.time.with(|reading| reading.settles_at = None);
    }

    /// After a long silence nothing but alarms goes out for a while: a machine whose clock is ahead when it
    /// boots would call every case overdue.
    pub async fn wait_after_long_silence(&self) -> anyhow::Result<()> {
        let now = self.now();
        let last = self.store.last_instant().await.context("reading the last instant")?;
        if last.is_some_and(|last| now - last > LONG_SILENCE) {
            let settles_at = self.clock.elapsed(now) + SETTLES_WITHIN;
            self.time.with(|reading| reading.settles_at = Some(settles_at));
            let minutes = SETTLES_WITHIN.as_secs() / 60;
            info!(minutes, "away for more than a day: reminders wait for the clock to be right");
        }
        Ok(())
    }

    async fn note_behind(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        self.time.with(|reading| reading.is_behind = true);
        self.store.note_reading(BEHIND, now).await.context("noting that the clock is behind")
    }

    /// Once a clock that was found behind has stayed so for a while, and nobody else's says otherwise, it is
    /// right: what was written by that of a later day is disowned. Had it been set right meanwhile, there
    /// would be no such day.
    async fn settle_days(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        if !self.time.with(|reading| reading.is_behind) {
            return Ok(());
        }
        let since = self.store.last_reading(BEHIND).await.context("loading the clock's past")?;
        let settles = TimeDelta::from_std(SETTLES_WITHIN).unwrap_or_default();
        match since {
            // It could not be noted at the time.
            None => self.note_behind(now).await,
            Some(since) if now - since < settles => Ok(()),
            Some(_) => self.disown(now).await,
        }
    }

    /// Disowns what was written for the days after this one, unless the platform's server says that this clock
    /// is the wrong one: that is waited for until the day is nearly over, for the next one is disowned.
    async fn disown(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let is_off = active.iter().any(|alarm| alarm.code == alarms::CLOCK_OFF);
        if is_off && today(now + TimeDelta::hours(1)) == today(now) {
            return Ok(());
        }
        let disowned = self.store.disown_later_days(now).await.context("with another clock")?;
        info!(disowned, "the clock is taken to be right: later days were another's");
        if disowned > 0 {
            self.store.note_reading(DISOWNED, now).await.context("noting what is disowned")?;
        }
        self.store.forget_reading(BEHIND).await.context("forgetting the clock's past")?;
        self.time.with(|reading| reading.is_behind = false);
        Ok(())
    }

    /// After the clock was set forward from `before`: what was disowned a little earlier was right.
    async fn own_again(&self, now: DateTime<Utc>, before: DateTime<Utc>) -> anyhow::Result<()> {
        let disowned = self.store.last_reading(DISOWNED).await;
        let disowned = disowned.context("loading when days were disowned")?;
        let soon = TimeDelta::zero()..=OWNED_AGAIN_WITHIN;
        if disowned.is_some_and(|at| soon.contains(&(before - at))) {
            let owned = self.store.own_again(now).await.context("after the clock was set")?;
            info!(owned, "the clock had been behind: what it took for later days' was right");
        }
        Ok(())
    }

    /// Lets what waits for an instant of another clock come due: it is judged again anyway.
    pub(super) async fn forget_stale_waits(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        if self.time.take_stale() {
            self.pace.forget_pauses();
            let dropped = self.drop_waits(now).await;
            // They are another clock's still.
            return dropped.inspect_err(|_| self.time.with(|reading| reading.stale = true));
        }
        Ok(())
    }

    /// Lets all that waits by the clock before be judged again.
    async fn drop_waits(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let hurried = self.store.stop_waiting(now).await.context("after the clock was set")?;
        info!(hurried, "waits of the clock before were dropped");
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
        let noted = self.store.last_reading(BEHIND).await.context("loading the clock's past")?;
        self.time.with(|reading| reading.is_behind = noted.is_some());
        let last = self.store.last_instant().await.context("reading the last instant")?;
        let Some(behind) = last.map(|last| last - now).filter(|behind| *behind > JUMP) else {
            return Ok(());
        };
        self.note_behind(now).await?;
        // Nothing of it is kept in this process: what waits does so by the clock of the one before.
        self.drop_waits(now).await?;
        let detail = format!(
            "{} is {} minutes before the last entry of the database",
            rfc3339(now),
            behind.num_minutes()
        );
        warn!(minutes = behind.num_minutes(), "the clock is behind the database");
        self.announce(&self.live(), (alarms::CLOCK_JUMPED, CLOCK), detail, now).await
    }
}
