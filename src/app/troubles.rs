//! What a look could not read: which of it is an alarm, and in which words.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};

use super::{App, Live, alarms};
use crate::domain::case::CaseNumber;
use crate::domain::observation::RowFault;
use crate::intake::{Look, SourceError, Trouble, Watch};

impl App {
    /// A changed shape is an alarm at once; no answer is one when it has lasted (`self_watch`).
    pub(super) async fn judge_troubles(
        &self,
        live: &Live,
        look: &Look,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let is_changed = |trouble: &&Trouble| matches!(trouble.error, SourceError::Changed(_));
        let changed: Vec<&Trouble> = look.troubles.iter().filter(is_changed).collect();
        let is_silent = look.grave().any(|trouble| !is_changed(&trouble));
        let subject = live.config.platform.base_url.as_str();
        let changed_alarm = (alarms::PLATFORM_CHANGED, subject);
        match summary(changed.iter().copied()) {
            Some(detail) => self.raise(live, changed_alarm, detail, now).await?,
            None if !is_silent => self.end_alarm(live, changed_alarm, now).await?,
            None => {}
        }
        Ok(())
    }

    /// The datasets whose comments alone could not be read: at once where the platform says no, and after a day where it
    /// does not answer, which it may by the next look.
    pub(super) async fn stale_threads(
        &self,
        look: &Look,
        watch: &Watch,
    ) -> anyhow::Result<Vec<RowFault>> {
        let mut stale = Vec::new();
        for Trouble { what, dataset, error } in
            look.troubles.iter().filter(|_| !look.comments_unread)
        {
            let Some(nid) = *dataset else { continue };
            let lasts = match error {
                // It has an alarm of its own.
                SourceError::Changed(_) => false,
                error if error.is_passing() => {
                    watch.now - self.unanswered_since(nid, watch).await? >= TimeDelta::days(1)
                }
                _ => true,
            };
            if lasts {
                stale.push(RowFault { row: what.clone(), fault: error.to_string() });
            }
        }
        Ok(stale)
    }

    /// Since when a dataset's comments are not answered, whichever process asked: since they were last read.
    async fn unanswered_since(&self, nid: u64, watch: &Watch) -> anyhow::Result<DateTime<Utc>> {
        let name = format!("comments of dataset {nid} unanswered");
        let dataset = watch.datasets.iter().find(|dataset| dataset.nid == nid);
        let read_at = dataset.and_then(|dataset| dataset.read_at);
        let noted = self.store.last_reading(name.as_str()).await.context("loading a failure")?;
        if let Some(since) = noted.filter(|since| read_at.is_none_or(|read_at| *since > read_at)) {
            return Ok(since);
        }
        self.store.note_reading(name, watch.now).await.context("noting a failure")?;
        Ok(watch.now)
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
            Some(detail) => self.raise(live, subject, detail, now).await,
            None => self.end_alarm(live, subject, now).await,
        }
    }
}

pub(super) fn no_reply_shown(number: &CaseNumber) -> RowFault {
    let fault = "it was answered, and its answer is not shown any more".to_owned();
    RowFault { row: number.to_string(), fault }
}

/// How many rows could not be read, and why the first of them.
pub(super) fn unreadable(faults: &[RowFault]) -> Option<String> {
    let first = faults.iter().take(5).map(|fault| format!("{}: {}", fault.row, fault.fault));
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
