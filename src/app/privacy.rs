//! People's words are kept no longer than they are needed: some time after a case ended they are erased.

use anyhow::Context;
use chrono::{DateTime, Utc};
use tracing::{info, warn};

use super::{App, Live};
use crate::clock::today;
use crate::store::Erased;

/// When this was last done is kept under this name.
const ERASURE: &str = "erasure";

impl App {
    /// Once a day erases what people wrote of the citizens' cases that ended long enough ago. What a
    /// reader of the database kept in its log is tried again at the next bell.
    pub(super) async fn erase_when_due(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let Some(months) = live.config.erase_after else { return Ok(()) };
        let last = self.store.last_reading(ERASURE).await.context("loading the last erasure")?;
        if last.is_some_and(|last| today(last) == today(now)) {
            return Ok(());
        }
        let Some(before) = now.checked_sub_months(months) else { return Ok(()) };
        let Erased { places, is_gone } = self.store.erase(before).await.context("erasing")?;
        if places > 0 {
            info!(places, "erased what was written of cases that ended long ago");
        }
        if !is_gone {
            warn!("somebody reads the database: what was erased is gone from its log later");
            return Ok(());
        }
        self.store.note_reading(ERASURE, now).await.context("noting the erasure")
    }
}
