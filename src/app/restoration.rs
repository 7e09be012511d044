//! After a backup was put back: until everything due was looked up or said again, it is in doubt.

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::judge::offices_open;
use super::{App, Live, alarms};
use crate::clock::rfc3339;
use crate::store::Restoration;

/// What the alarm is about.
const DATABASE: &str = "jicui.db";

impl App {
    /// Tells the administrators that a backup was put back; when the sources were read since and
    /// what they made due was queued in office hours, that it has caught up.
    pub(super) async fn watch_restoration(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let lasting = self.store.restoration().await.context("loading a restoration")?;
        let Some(Restoration { known_until, restored_at }) = lasting else { return Ok(()) };
        let alarm = (alarms::RESTORED, DATABASE);
        let detail = format!(
            "put back at {} from a backup that knew everything until {}: what people did since then \
             has to be entered again, and what was put into the folder since to be copied back out of \
             done/; what is due is looked up in Slack before it is said, and marked as a repeat where \
             nobody can be asked",
            rfc3339(restored_at),
            rfc3339(known_until),
        );
        self.raise(live, alarm, detail, now).await?;
        let (_, read) = self.store.last_runs("poll", now).await.context("loading polls")?;
        if offices_open(live, now) && read.is_some_and(|run| run.started_at >= restored_at) {
            self.store.end_restoration(now).await.context("ending a restoration")?;
            self.end_alarm(live, alarm, now).await?;
        }
        Ok(())
    }
}
