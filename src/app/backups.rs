//! Copies of the database that are made by themselves, each day; old ones go once a new one was read
//! again and found whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use tracing::{info, warn};

use super::health::{CheckResult, Severity};
use super::patience::within;
use super::{App, Live, alarms};
use crate::clock::{at, rfc3339, today};
use crate::config::keeping::Backups;
use crate::config::owner::private_directory;
use crate::domain::counted::counted;
use crate::store::{Copied, RunReport, back_up, begun, spare};

/// What a run of the backup is called.
const STAGE: &str = "backup";
/// One that takes longer hangs: the disk it goes to does not answer.
const TAKES: Duration = Duration::from_mins(4);
/// After one that failed the next is tried this soon.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Without a good one for so long something is wrong, whatever the alarms say.
const STALE_AFTER: TimeDelta = TimeDelta::hours(49);

impl App {
    /// Makes the day's copy, if its time has come; that it failed is an alarm until one succeeds.
    pub(super) async fn back_up_when_due(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let Some(settings) = &live.config.backups else { return Ok(()) };
        let (last, good) =
            self.store.last_runs(STAGE, now).await.context("loading the last backups")?;
        let is_made = good.is_some_and(|run| run.started_at >= last_due(settings, now));
        let waits = last.is_some_and(|run| !run.good && now - run.started_at < AGAIN_AFTER);
        if is_made || waits {
            return Ok(());
        }
        let began = Instant::now();
        let alarm = (alarms::BACKUP_FAILED, settings.directory.display().to_string());
        // The one that is open, whatever the configuration says by now.
        let database = self.store.path().to_owned();
        // One that hangs is not joined by others.
        let Some(copying) = self.disks.ask(&database) else { return Ok(()) };
        let (settings, day) = (settings.clone(), today(now));
        let made = within(TAKES, move || {
            let _copying = copying;
            make(&database, &settings, day)
        });
        let made = made.await.unwrap_or_else(|error| Err(error.context("making a backup")));
        let (report, fault) = match made {
            Ok((copied, removed)) => {
                let (cases, bytes) = (counted(copied.cases, "case"), counted(copied.bytes, "byte"));
                let report = format!("{cases}, {bytes}, {removed} removed that were old");
                info!(directory = alarm.1, "backup: {report}");
                self.end_alarm(live, (alarm.0, &alarm.1), now).await?;
                (report, None)
            }
            Err(error) => {
                let fault = format!("{error:#}");
                self.raise(live, (alarm.0, &alarm.1), fault.clone(), now).await?;
                ("no backup".to_owned(), Some(fault))
            }
        };
        let run = RunReport { stage: STAGE, started_at: now, took: began.elapsed(), report, fault };
        self.store.report_run(run).await.context("keeping the run's report")
    }

    /// When the last copy was made by itself; `None` before the first.
    pub(super) async fn last_backup(
        &self,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let (_, good) =
            self.store.last_runs(STAGE, now).await.context("loading the last backups")?;
        Ok(good.map(|run| run.started_at))
    }

    /// What `status` says of it.
    pub(super) async fn check_backups(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<CheckResult> {
        let Some(settings) = &live.config.backups else {
            let say = "none is made by itself ([backup] enabled = false)".to_owned();
            return Ok(CheckResult::new(Severity::Good, STAGE, say, ""));
        };
        let directory = settings.directory.display();
        let remedy = "see backup_failed in docs/operations.md";
        let Some(last) = self.last_backup(now).await? else {
            let say = format!("none yet in {directory}");
            return Ok(CheckResult::new(Severity::Warning, STAGE, say, "start `jicui run`"));
        };
        let stale = now - last >= STALE_AFTER;
        let say = format!(
            "last one {} h ago, at {}, in {directory}",
            (now - last).num_hours(),
            rfc3339(last)
        );
        let severity = if stale { Severity::Warning } else { Severity::Good };
        Ok(CheckResult::new(severity, STAGE, say, if stale { remedy } else { "" }))
    }
}

/// The last moment at which a copy was due.
fn last_due(settings: &Backups, now: DateTime<Utc>) -> DateTime<Utc> {
    let of_today = at(today(now), settings.at);
    if of_today <= now { of_today } else { at(today(now) - Days::new(1), settings.at) }
}

/// Makes the copy of `day`, and then removes those that need not be kept. Returns how many.
fn make(database: &Path, settings: &Backups, day: NaiveDate) -> anyhow::Result<(Copied, usize)> {
    let directory = &settings.directory;
    private_directory(directory).with_context(|| {
        format!("making {}: may jicui's user write there (ReadWritePaths=)?", directory.display())
    })?;
    let path = path_of(directory, day);
    if let Some(spared) = spare(&path, database)? {
        let spared = spared.display();
        warn!(
            "the copy of {day} knows more than the database that was put back: it is {spared} now"
        );
    }
    let copied = back_up(database, &path, settings.redact)?;
    let entries =
        fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
    let names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    // Those of a day to come a clock made that was ahead: they take nobody's place, and stay until then.
    let days: BTreeSet<NaiveDate> =
        names.iter().filter_map(|name| day_of(name)).filter(|of| *of <= day).collect();
    let kept = kept(&days, settings);
    let is_old = |name: &&String| match begun(name) {
        // What a crash left of one that was under way.
        Some((file, is_left)) => is_left && day_of(file).is_some(),
        None => day_of(name).is_some_and(|day| days.contains(&day) && !kept.contains(&day)),
    };
    let mut removed = 0;
    for name in names.iter().filter(is_old) {
        let path = directory.join(name);
        fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        removed += 1;
    }
    Ok((copied, removed))
}

fn path_of(directory: &Path, day: NaiveDate) -> PathBuf {
    directory.join(format!("jicui-{day}.db"))
}

/// The day of a copy by its name; nothing else is ever removed.
fn day_of(name: &str) -> Option<NaiveDate> {
    let day = name.strip_prefix("jicui-")?.strip_suffix(".db")?.parse().ok()?;
    (path_of(Path::new(""), day) == Path::new(name)).then_some(day)
}

/// The last copy that was made by itself until `day`, of those that are there.
pub fn last_copy(directory: &Path, day: NaiveDate) -> Option<PathBuf> {
    let names = fs::read_dir(directory).ok()?;
    let days = names.filter_map(|entry| day_of(entry.ok()?.file_name().to_str()?));
    Some(path_of(directory, days.filter(|of| *of <= day).max()?))
}

/// The days whose copies stay: the last ones, and the last one of each of the last weeks.
fn kept(days: &BTreeSet<NaiveDate>, settings: &Backups) -> BTreeSet<NaiveDate> {
    let newest_first = || days.iter().rev().copied();
    let mut kept: BTreeSet<NaiveDate> = newest_first().take(settings.keep_daily).collect();
    let mut weeks = BTreeSet::new();
    for day in newest_first() {
        if weeks.len() < settings.keep_weekly
            && weeks.insert((day.iso_week().year(), day.iso_week().week()))
        {
            kept.insert(day);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_days_and_the_last_of_each_week_stay() {
        let settings = Backups {
            directory: PathBuf::new(),
            at: chrono::NaiveTime::MIN,
            keep_daily: 3,
            keep_weekly: 3,
            redact: false,
        };
        let first: NaiveDate = "2026-02-01".parse().unwrap();
        let days: BTreeSet<_> = first.iter_days().take(30).collect();
        let stay: Vec<String> = kept(&days, &settings).iter().map(ToString::to_string).collect();
        // A week ends on Sunday; 2026-03-02 is a Monday.
        assert_eq!(stay, ["2026-02-22", "2026-02-28", "2026-03-01", "2026-03-02"]);
    }

    #[test]
    fn only_our_own_names_are_ours() {
        assert!(day_of("jicui-2026-03-02.db").is_some());
        for name in ["jicui.db", "jicui-2026-3-2.db", "jicui-2026-03-02.db-wal", "jicui-latest.db"]
        {
            assert_eq!(day_of(name), None, "{name}");
        }
    }
}
