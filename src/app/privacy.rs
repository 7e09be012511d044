//! People's words are kept no longer than they are needed: some time after a case ended they are erased.

use anyhow::Context;
use chrono::{DateTime, Utc};
use tracing::info;

use super::{App, Live};
use crate::clock::today;

/// When this was last done is kept under this name, …
const ERASURE: &str = "erasure";
/// … and when the log was last emptied after it under this one.
const EMPTYING: &str = "emptying of the log";

impl App {
    /// Once a day erases what people wrote of the citizens' cases that ended long enough ago. What somebody
    /// who reads the database keeps in its log is gone at a later bell.
    pub(super) async fn erase_when_due(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let Some(months) = live.config.erase_after else { return Ok(()) };
        let erased = self.store.last_reading(ERASURE).await.context("loading the last erasure")?;
        let emptied =
            self.store.last_reading(EMPTYING).await.context("loading the last erasure")?;
        let is_done = erased.is_some_and(|last| today(last) == today(now));
        let mut is_owed = emptied < erased;
        if !is_done && let Some(before) = now.checked_sub_months(months) {
            let places = self.store.erase(before).await.context("erasing")?;
            if places > 0 {
                self.forget_lines().await;
                info!(places, "erased what was written of cases that ended long ago");
            }
            // Without anything erased there is nothing to be emptied.
            is_owed |= places > 0;
            self.store.note_reading(ERASURE, now).await.context("noting the erasure")?;
            if !is_owed {
                self.store.note_reading(EMPTYING, now).await.context("noting the erasure")?;
            }
        }
        if is_owed && self.store.empty_log().await.context("emptying the log")? {
            self.store.note_reading(EMPTYING, now).await.context("noting the erasure")?;
        }
        Ok(())
    }
}
