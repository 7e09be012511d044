//! What a look could not read: which of it is an alarm, and in which words.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};

use super::{App, Live, alarms};
use crate::domain::case::CaseNumber;
use crate::domain::message::Alarm;
use crate::domain::observation::RowFault;
use crate::intake::{Look, SeenDataset, SourceError, Trouble};

/// So many rows an alarm names.
const NAMED: usize = 5;
/// That there are other rows is said again this long after it was said last.
const SAID_AGAIN_AFTER: TimeDelta = TimeDelta::hours(3);

impl App {
    /// A changed shape is an alarm at once; no answer is one when it has lasted (`self_watch`).
    pub(super) async fn judge_troubles(
        &self,
        live: &Live,
        look: &Look,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let is_changed = |trouble: &&Trouble| matches!(trouble.error, SourceError::Changed(_));
        let changed = (alarms::PLATFORM_CHANGED, live.config.platform.base_url.as_str());
        match summary(look.grave().filter(is_changed)) {
            Some(detail) => self.raise(live, changed, detail, now).await,
            None if look.grave().next().is_none() => self.end_alarm(live, changed, now).await,
            None => Ok(()),
        }
    }

    pub(super) async fn judge_faults(
        &self,
        live: &Live,
        source: &str,
        faults: &[RowFault],
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let subject = (alarms::ROWS_UNREADABLE, source);
        match unreadable(faults) {
            Some(detail) if self.are_others(subject, faults, now).await? => {
                self.raise_anew(live, subject, detail, now).await
            }
            Some(detail) => self.raise(live, subject, detail, now).await,
            None => self.end_alarm(live, subject, now).await,
        }
    }

    /// Whether other rows are wrong than an alarm names, which was said long enough ago: while something spreads it is
    /// not said time and again.
    async fn are_others(
        &self,
        (code, subject): (&str, &str),
        faults: &[RowFault],
        now: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let same = |alarm: &&Alarm| alarm.code == code && alarm.subject == subject;
        Ok(active.iter().find(same).is_some_and(|alarm| {
            let is_named = |fault: &RowFault| alarm.detail.contains(&format!(" {}: ", fault.row));
            let named = faults.iter().filter(|fault| is_named(fault)).count();
            // Beside those that it names it counts others.
            let others = faults.len() - named;
            let said = alarm.detail.split(' ').next().and_then(|count| count.parse().ok());
            let unnamed = said.unwrap_or(0_usize).saturating_sub(NAMED);
            others > unnamed && now - alarm.raised_at >= SAID_AGAIN_AFTER
        }))
    }
}

/// The datasets whose comments alone could not be read: at once where the platform says no or something else, and
/// after a day where it does not answer, which it may by the next look.
pub(super) fn stale_threads(look: &Look, now: DateTime<Utc>) -> Vec<RowFault> {
    let lasts = |trouble: &&Trouble| {
        let of_it = |dataset: &&SeenDataset| Some(dataset.nid) == trouble.dataset;
        let since = look.datasets.iter().find(of_it).and_then(|of| of.reading.failing_since);
        !trouble.error.is_passing() || since.is_some_and(|since| now - since >= TimeDelta::days(1))
    };
    let alone = look.troubles.iter().filter(|trouble| trouble.dataset.is_some());
    let alone = alone.filter(|_| !look.comments_unread).filter(lasts);
    let fault = |trouble: &Trouble| RowFault {
        row: trouble.what.clone(),
        fault: trouble.error.to_string(),
    };
    alone.map(fault).collect()
}

pub(super) fn no_reply_shown(number: &CaseNumber) -> RowFault {
    let fault = "it was answered, and its answer is not shown any more".to_owned();
    RowFault { row: number.to_string(), fault }
}

/// How many rows could not be read, and why the first of them.
pub(super) fn unreadable(faults: &[RowFault]) -> Option<String> {
    let first = faults.iter().take(NAMED).map(|fault| format!("{}: {}", fault.row, fault.fault));
    let detail = first.collect::<Vec<_>>().join("; ");
    (!faults.is_empty()).then(|| format!("{} rows: {detail}", faults.len()))
}

/// The first trouble in words, and how many there are.
pub(super) fn summary<'t>(troubles: impl IntoIterator<Item = &'t Trouble>) -> Option<String> {
    let mut troubles = troubles.into_iter();
    let first = troubles.next()?;
    let more = troubles.count();
    let tail = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    Some(format!("{}: {}{tail}", first.what, first.error))
}
