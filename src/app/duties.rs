//! Duties that open and end by themselves; and the lists that show which datasets were taken down.

use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use tracing::info;

use super::{App, Live, alarms, news};
use crate::clock::today;
use crate::domain::act::{Moment, Performed};
use crate::domain::case::Dataset;
use crate::domain::duty::{self, Standing};
use crate::domain::kind::Opener;
use crate::domain::observation::RowFault;
use crate::intake::SourceError;
use crate::intake::platform::{Gone, GoneDataset, Platform};
use crate::store::{Consequence, RememberedDataset, Reminded};

/// The lists, as alarms and the store call them.
const CHANGED: &str = "datasets changed";
const UNPUBLISHED: &str = "datasets unpublished";

/// Days before the last reading that are read again: a list may be late, and so may the platform be
/// with no longer listing a dataset.
const READ_AGAIN: Days = Days::new(2);
/// After a long outage no more days than these are asked for.
const LOOKS_BACK: Days = Days::new(31);
/// A list that did not answer for so long is an alarm.
const SILENT_FOR: TimeDelta = TimeDelta::hours(26);

/// A list that could not be read.
pub(super) struct Unread {
    list: &'static str,
    last: Option<DateTime<Utc>>,
    error: SourceError,
}

impl App {
    /// Opens, follows and ends what the datasets, the days and the goals ask for. Returns how many
    /// cases changed.
    pub(super) async fn keep_duties(
        &self,
        live: &Arc<Live>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let moment = Moment { now, today: today(now) };
        let standing = self.store.standing_of_duties().await.context("loading duties")?;
        if duty::due(&live.config.rules, &standing, moment)?.is_empty() {
            return Ok(0);
        }
        let decide = {
            let live = Arc::clone(live);
            move |standing: &Standing| duty::due(&live.config.rules, standing, moment)
        };
        let live = Arc::clone(live);
        let asks_for = move |performed: &Performed, reminded: &[Reminded]| {
            asked_for(&live, performed, reminded, now)
        };
        let done = self.store.keep_duties(decide, asks_for, moment).await;
        let done = done.context("keeping duties")??;
        for performed in &done {
            let (number, entry) = (&performed.case.number, performed.entries.first());
            info!(case_number = %number, event = entry.map(|entry| entry.event), "duty");
        }
        Ok(done.len())
    }

    /// Reads the lists that show what was taken down, where a duty asks for it and it is time, or
    /// the last look went wrong: an agency that lists nothing any more may have taken down its last
    /// dataset. Returns what could not be read.
    pub(super) async fn read_takedowns(
        &self,
        live: &Live,
        platform: &Platform,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<Unread>> {
        let lists = [CHANGED, UNPUBLISHED].into_iter().filter(|list| reads_takedowns(live, list));
        let (last_poll, _) =
            self.store.last_runs("poll", now).await.context("loading the last poll")?;
        let is_hurried = last_poll.is_some_and(|run| !run.good);
        let mut unread = Vec::new();
        for list in lists {
            let last = self.store.last_reading(list).await.context("loading readings")?;
            let last = last.filter(|last| *last <= now);
            let every = live.config.platform.takedowns_every;
            if !is_hurried
                && last.is_some_and(|last| (now - last).to_std().is_ok_and(|age| age < every))
            {
                continue;
            }
            let read = match list {
                CHANGED => deleted_since(platform, last, now).await,
                _ => platform.unpublished().await,
            };
            match read {
                Ok((gone, faults)) => self.note_gone(live, (list, gone, faults), now).await?,
                Err(error) => {
                    let is_dead = matches!(error, SourceError::Unreachable(_));
                    unread.push(Unread { list, last, error });
                    if is_dead {
                        break;
                    }
                }
            }
        }
        Ok(unread)
    }

    async fn note_gone(
        &self,
        live: &Live,
        (list, gone, faults): (&'static str, Vec<GoneDataset>, Vec<RowFault>),
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let known = self.store.datasets().await.context("loading datasets")?;
        let ours = gone.into_iter().filter_map(|gone| recognised(live, list, gone, &known));
        let noted = self.store.note_gone(ours.collect(), (list, now)).await;
        noted.context("noting what was taken down")?;
        self.end_alarm(live, (alarms::PLATFORM_CHANGED, list), now).await?;
        self.end_alarm(live, (alarms::PLATFORM_UNREACHABLE, list), now).await?;
        self.judge_faults(live, list, &faults, now).await
    }

    /// A list that is not there, or is another one, is an alarm at once; no answer, when it has
    /// lasted.
    pub(super) async fn judge_list(
        &self,
        live: &Live,
        Unread { list, last, error }: &Unread,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        if !error.is_passing() {
            let alarm = (alarms::PLATFORM_CHANGED, *list);
            return self.raise(live, alarm, error.to_string(), now).await;
        }
        let first = self.store.first_run("poll", now).await.context("loading the first poll")?;
        if last.or(first).is_some_and(|since| now - since > SILENT_FOR) {
            let alarm = (alarms::PLATFORM_UNREACHABLE, *list);
            return self.raise(live, alarm, error.to_string(), now).await;
        }
        Ok(())
    }
}

/// Whether this list of what was taken down is read: a duty asks for it, and there is one.
pub(super) fn reads_takedowns(live: &Live, list: &str) -> bool {
    let kinds = &live.config.rules.kinds.0;
    kinds.iter().any(|kind| kind.opened_by == Opener::DatasetGone)
        && live.platform.as_ref().is_some_and(|platform| match list {
            UNPUBLISHED => platform.reads_unpublished(),
            _ => true,
        })
}

/// What a change by itself asks for: nothing, unless the case ended or is open again.
fn asked_for(
    live: &Live,
    performed: &Performed,
    reminded: &[Reminded],
    now: DateTime<Utc>,
) -> Vec<Consequence> {
    let is_said = |event: &str| matches!(event, "replied" | "withdrawn" | "closed" | "reopened");
    if performed.entries.iter().any(|entry| is_said(entry.event)) {
        return news::asked_for(live, performed, reminded, now);
    }
    Vec::new()
}

/// What was deleted from a few days before the last reading until today.
async fn deleted_since(
    platform: &Platform,
    last: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Gone, SourceError> {
    let today = today(now);
    let earliest = today.checked_sub_days(LOOKS_BACK).unwrap_or(today);
    let last: NaiveDate = last.map_or(today, crate::clock::today);
    let first = last.checked_sub_days(READ_AGAIN).unwrap_or(last).clamp(earliest, today);
    let (mut all, mut all_faults) = (Vec::new(), Vec::new());
    for day in first.iter_days().take_while(|day| *day <= today) {
        let (gone, faults) = platform.deleted_on(day).await?;
        all.extend(gone);
        all_faults.extend(faults);
    }
    Ok((all, all_faults))
}

/// The dataset of ours that a row means. The list of unpublished ones goes back for years and need
/// not have numbers: of it, only a dataset that was listed before counts.
fn recognised(
    live: &Live,
    list: &str,
    gone: GoneDataset,
    known: &[RememberedDataset],
) -> Option<(Dataset, String, NaiveDate)> {
    let agency = live.config.rules.directory.agency(&gone.agency)?;
    let is_it = |dataset: &&RememberedDataset| match gone.nid {
        Some(nid) => dataset.nid == nid,
        None => dataset.title == gone.title && agency.is_named(&dataset.agency),
    };
    let nid = match known.iter().find(is_it) {
        Some(known) => known.nid,
        None if list == CHANGED => gone.nid?,
        None => return None,
    };
    Some((Dataset { nid, title: gone.title }, gone.agency, gone.on))
}
