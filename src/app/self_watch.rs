//! What would stand still unseen: told to the administrators once, and once when it is over.
//!
//! What a step meets itself (a changed platform, a refused message, a store that takes nothing) it says
//! itself. Here is what shows only by its absence, or before it hurts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::clicks::CLICKS;
use super::duties::reads_takedowns;
use super::health::has_source;
use super::judge::offices_open;
use super::patience::within;
use super::poll::{PLATFORM, REPLIES};
use super::store_alarm::fault_of_store;
use super::{App, Live, StepReport, alarms};
use crate::clock::{rfc3339, today, wall};
use crate::domain::directory::ChannelAddress;
use crate::domain::message::Alarm;
use crate::intake::CHANGED;
use crate::notify::NotifyError;

/// What the outbox is called in alarms.
const OUTBOX: &str = "outbox";
/// What the planning of reminders is called in alarms.
const PLANNING: &str = "remind";
/// What the clock is called in alarms.
const CLOCK: &str = "clock";
/// The source in alarms where there is no platform.
const FOLDER: &str = "folder";

/// When the channels were last tried is kept under this name.
const TRIED: &str = "channels tried";
/// How the detail of an alarm begins that was raised by trying a channel: it ends by trying, too.
const ON_TRYING: &str = "when it was tried: ";
/// A channel that failed on trying is tried again this soon.
const TRIED_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);

/// What is erased, by the name that alarms give it.
const ERASURE: &str = "erasure";

/// How long a disk may take to say how much room it has.
const DISK_ANSWERS: Duration = Duration::from_secs(10);

/// A disk has enough again when a tenth more than the least is free: not to be said time and again.
const ENOUGH_TENTHS: u64 = 11;

/// What was found of something that is watched.
enum Verdict {
    /// It is wrong: the detail.
    Wrong(String),
    /// It is as it was.
    Unchanged,
    /// It is well.
    Well,
}

impl App {
    /// Looks whether the sources are read, reminders are `planned`, old words are `erased`, messages leave
    /// and the disk has room.
    pub(super) async fn watch_itself(
        &self,
        planned: &anyhow::Result<StepReport>,
        erased: &anyhow::Result<()>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let live = self.live();
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let source = source(&live).to_owned();
        let sources = self.judge_sources(&live, &active, now).await?;
        let outbox = self.judge_outbox(&live, &active, now).await?;
        let mut verdicts = vec![
            (alarms::PLATFORM_UNREACHABLE, source, sources),
            (alarms::OUTBOX_STALE, OUTBOX.to_owned(), outbox),
            (alarms::REMIND_FAILING, PLANNING.to_owned(), judge_planning(planned)),
            (alarms::ERASURE_FAILED, ERASURE.to_owned(), judge_work(erased)),
        ];
        for (directory, verdict) in self.judge_disks(&live).await {
            verdicts.push((alarms::DISK_LOW, directory.display().to_string(), verdict));
        }
        for (code, subject, verdict) in verdicts {
            let same = |alarm: &Alarm| alarm.code == code && alarm.subject == subject;
            match (verdict, active.iter().any(same)) {
                (Verdict::Wrong(detail), false) => {
                    self.raise(&live, (code, &subject), detail, now).await?;
                }
                (Verdict::Well, true) => self.end_alarm(&live, (code, &subject), now).await?,
                _ => {}
            }
        }
        let unwatched = active.iter().filter(|alarm| !is_watched(&live, alarm, today(now)));
        for alarm in unwatched {
            self.end_active(&live, alarm, now).await?;
        }
        Ok(())
    }

    /// Whether the last good poll, or the first of all, is too many office hours ago. A changed platform
    /// has an alarm of its own.
    async fn judge_sources(
        &self,
        live: &Live,
        active: &[Alarm],
        now: DateTime<Utc>,
    ) -> anyhow::Result<Verdict> {
        if !has_source(live) {
            return Ok(Verdict::Well);
        }
        let (last, good) =
            self.store.last_runs("poll", now).await.context("loading the last polls")?;
        // A poll that does not even come to its end is the watchdog's.
        if last.as_ref().is_none_or(|run| run.good) {
            return Ok(Verdict::Well);
        }
        let first = self.store.first_run("poll", now).await.context("loading the first poll")?;
        let Some(since) = good.map(|run| run.started_at).or(first) else {
            return Ok(Verdict::Unchanged);
        };
        let why = last.and_then(|run| run.fault).unwrap_or_default();
        let is_told =
            |alarm: &Alarm| alarm.code == alarms::PLATFORM_CHANGED && alarm.subject == source(live);
        // One that changed, and then does not answer at all, is another matter.
        let has_changed = why.contains(CHANGED) && active.iter().any(is_told);
        if has_changed || office_time(live, since, now) < limit(live.config.alarms.poll_stale) {
            return Ok(Verdict::Unchanged);
        }
        Ok(Verdict::Wrong(format!("not read well since {}: {why}", rfc3339(since))))
    }

    /// Whether there is room on each disk. One that does not even answer is found out by who writes to it; while
    /// it is still asked nobody else asks it.
    async fn judge_disks(&self, live: &Live) -> Vec<(PathBuf, Verdict)> {
        let least = live.config.alarms.disk_free_bytes;
        let mut verdicts = Vec::new();
        for directory in written_to(live) {
            let Some(asking) = self.disks.ask(&directory) else { continue };
            let asked = directory.clone();
            let judge = move || {
                let _asking = asking;
                judge_disk(&asked, least)
            };
            let verdict = within(DISK_ANSWERS, judge).await.unwrap_or(Verdict::Unchanged);
            verdicts.push((directory, verdict));
        }
        verdicts
    }

    /// Whether messages wait of which no alarm says why.
    async fn judge_outbox(
        &self,
        live: &Live,
        active: &[Alarm],
        now: DateTime<Utc>,
    ) -> anyhow::Result<Verdict> {
        let least = limit(live.config.alarms.outbox_stale);
        let is_explained = |channel: &ChannelAddress| {
            let provider = channel.provider();
            active.iter().any(|alarm| {
                let codes = [alarms::CHANNEL_MISCONFIGURED, alarms::CHANNEL_UNREACHABLE];
                codes.contains(&alarm.code.as_str()) && alarm.subject == provider
            })
        };
        let mut waiting = self.store.waiting(now).await.context("loading what waits")?;
        waiting.retain(|(channel, _, since)| {
            !is_explained(channel) && office_time(live, *since, now) >= least
        });
        let Some((channel, _, since)) = waiting.first() else { return Ok(Verdict::Well) };
        let count: u64 = waiting.iter().map(|(_, count, _)| count).sum();
        Ok(Verdict::Wrong(format!(
            "{count} messages wait, the oldest since {} for {channel}",
            rfc3339(*since)
        )))
    }

    /// Whether the machine's clock is where that of the platform's server is.
    pub(super) async fn judge_clock(
        &self,
        live: &Live,
        server: Option<DateTime<Utc>>,
    ) -> anyhow::Result<()> {
        let (Some(server), Some(most)) = (server, live.config.alarms.clock_off) else {
            return Ok(());
        };
        let now = self.now();
        let alarm = (alarms::CLOCK_OFF, CLOCK);
        if (now - server).abs() <= limit(most) {
            self.trust_clock();
            return self.end_alarm(live, alarm, now).await;
        }
        let detail = format!(
            "this machine says {}, the platform's server {}",
            rfc3339(now),
            rfc3339(server)
        );
        self.raise(live, alarm, detail, now).await
    }

    /// Tries each channel from time to time, in office hours: a token that died shall not be found out
    /// by the first message that needs it.
    pub(super) async fn try_channels(&self, live: &Live, now: DateTime<Utc>) -> anyhow::Result<()> {
        let Some(every) = live.config.alarms.try_channels_every else { return Ok(()) };
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let tried = active.iter().filter(|alarm| alarm.detail.starts_with(ON_TRYING));
        let failed: Vec<&str> = tried.map(|alarm| alarm.subject.as_str()).collect();
        let every = if failed.is_empty() { limit(every) } else { TRIED_AGAIN_AFTER };
        let last = self.store.last_reading(TRIED).await.context("loading the last trial")?;
        let is_recent = |last: DateTime<Utc>| last <= now && now - last < every;
        if last.is_some_and(is_recent) || !offices_open(live, now) {
            return Ok(());
        }
        for (provider, address) in providers(live) {
            let alarm = (alarms::CHANNEL_MISCONFIGURED, provider.as_str());
            // One that was never given a secret did not lose it: `jicui check` says so.
            let Ok(channel) = live.channels.get(&address) else { continue };
            match channel.probe().await {
                Ok(_) if failed.contains(&provider.as_str()) => {
                    self.end_alarm(live, alarm, now).await?;
                }
                Err(NotifyError::Misconfigured { reason } | NotifyError::Never { reason }) => {
                    self.raise(live, alarm, format!("{ON_TRYING}{reason}"), now).await?;
                }
                // Who does not answer now may by the next message.
                Ok(_) | Err(NotifyError::Later { .. } | NotifyError::Unknown { .. }) => {}
            }
        }
        self.store.note_reading(TRIED, now).await.context("noting the trial")
    }
}

/// What is read, by the name that alarms give it.
fn source(live: &Live) -> &str {
    if live.platform.is_some() { &live.config.platform.base_url } else { FOLDER }
}

/// Whether what an alarm is about is still there: of what was taken out of the configuration nobody would
/// ever say that it is well.
fn is_watched(live: &Live, alarm: &Alarm, day: NaiveDate) -> bool {
    let subject = alarm.subject.as_str();
    match alarm.code.as_str() {
        alarms::CHANNEL_MISCONFIGURED | alarms::CHANNEL_UNREACHABLE if subject == CLICKS => {
            live.channels.clicks().is_some()
        }
        alarms::CHANNEL_MISCONFIGURED | alarms::CHANNEL_UNREACHABLE => {
            let reports = live.config.reports.recipients.iter();
            let directory = &live.config.rules.directory;
            // A stand-in may read where nobody else does.
            let of_units = directory.units.iter().flat_map(|unit| unit.all_channels_on(day));
            let mut all = directory.channels().chain(reports).cloned().chain(of_units);
            all.any(|address| address.provider() == subject)
        }
        alarms::BACKUP_FAILED => {
            let mut directory = live.config.backups.iter().map(|backups| &backups.directory);
            directory.any(|directory| directory.display().to_string() == subject)
        }
        alarms::DISK_LOW => {
            written_to(live).iter().any(|directory| directory.display().to_string() == subject)
        }
        alarms::PLATFORM_CHANGED | alarms::PLATFORM_UNREACHABLE => {
            let is_address = subject.contains("://");
            match (is_address, subject == FOLDER) {
                (true, _) => live.platform.is_some() && subject == live.config.platform.base_url,
                (false, true) => live.platform.is_none() && live.folder.is_watched(),
                (false, false) => reads_takedowns(live, subject),
            }
        }
        alarms::CLOCK_OFF => live.platform.is_some() && live.config.alarms.clock_off.is_some(),
        alarms::FOLDER_FILE_FAILED => live.folder.is_watched(),
        alarms::FOLDER_UNREADABLE => {
            let mut folder = live.config.folder.path.iter();
            folder.any(|folder| folder.display().to_string() == subject)
        }
        alarms::ROWS_UNREADABLE if [PLATFORM, REPLIES].contains(&subject) => {
            live.platform.is_some()
        }
        alarms::ROWS_UNREADABLE => reads_takedowns(live, subject),
        _ => true,
    }
}

/// How much office time passed between two instants.
fn office_time(live: &Live, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    let rules = &live.config.rules;
    let hours = rules.policy.office_hours;
    hours.open_between(rules.calendars.national(), wall(from), wall(to))
}

fn limit(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// One address of each provider that somebody is told by.
fn providers(live: &Live) -> BTreeMap<String, ChannelAddress> {
    let channels = live.config.rules.directory.channels();
    channels.map(|address| (address.provider(), address.clone())).collect()
}

/// The directories whose disk must not become full.
fn written_to(live: &Live) -> Vec<PathBuf> {
    let backups = live.config.backups.as_ref().map(|backups| backups.directory.clone());
    let state_dir = live.config.state_dir.clone();
    // What lies within it has its disk.
    let elsewhere = backups.filter(|directory| !directory.starts_with(&state_dir));
    [state_dir].into_iter().chain(elsewhere).collect()
}

/// Whether every reminder that is due could be planned.
fn judge_planning(planned: &anyhow::Result<StepReport>) -> Verdict {
    match planned {
        Ok(StepReport { fault: Some(fault), .. }) => Verdict::Wrong(fault.clone()),
        planned => judge_work(planned),
    }
}

/// Whether a work was done. A store that takes nothing has an alarm of its own.
fn judge_work<T>(done: &anyhow::Result<T>) -> Verdict {
    match done {
        Ok(_) => Verdict::Well,
        Err(error) if fault_of_store(error).is_some() => Verdict::Unchanged,
        Err(error) => Verdict::Wrong(format!("{error:#}")),
    }
}

fn judge_disk(directory: &Path, least: u64) -> Verdict {
    // A directory that cannot be asked is found out by who writes to it.
    let Ok(disk) = rustix::fs::statvfs(directory) else { return Verdict::Unchanged };
    let left = disk.f_bavail.saturating_mul(disk.f_frsize);
    if left < least {
        return Verdict::Wrong(format!("{} MB are left", left / 1_000_000));
    }
    if left >= least / 10 * ENOUGH_TENTHS { Verdict::Well } else { Verdict::Unchanged }
}
