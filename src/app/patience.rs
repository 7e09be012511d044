//! Work on disks that may not answer: a share whose server is gone holds whoever asks it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;

/// The files and directories whose disks are asked for something now, each by one at a time: whoever waits for one that
/// hangs is enough.
#[derive(Debug, Default)]
pub(super) struct Disks(Arc<Mutex<BTreeSet<PathBuf>>>);

/// Held by whoever asks a disk.
pub(super) struct Asking(Arc<Mutex<BTreeSet<PathBuf>>>, PathBuf);

impl Disks {
    /// Leave to ask for something there; `None` while somebody does.
    pub(super) fn ask(&self, path: &Path) -> Option<Asking> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.insert(path.to_owned()).then(|| Asking(Arc::clone(&self.0), path.to_owned()))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Does blocking work off the async threads, and waits for it no longer than `limit`: what takes longer goes
/// on by itself, and nobody hears of its end.
///
/// # Errors
///
/// It took longer, or panicked.
pub(super) async fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let work = tokio::task::spawn_blocking(work);
    let done = tokio::time::timeout(limit, work).await;
    done.with_context(|| format!("no answer within {} s", limit.as_secs()))?.context("it fell")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_asked_by_one_at_a_time_and_others_beside_it() {
        let disks = Disks::default();
        let first = disks.ask(Path::new("/a")).unwrap();
        assert!(disks.ask(Path::new("/a")).is_none());
        assert!(disks.ask(Path::new("/b")).is_some());
        drop(first);
        assert!(disks.ask(Path::new("/a")).is_some());
    }

    #[tokio::test]
    async fn nobody_waits_for_longer_than_the_limit() {
        assert_eq!(within(Duration::from_mins(1), || 7).await.unwrap(), 7);
        let (hangs, lets_go) = std::sync::mpsc::channel::<()>();
        let refused = within(Duration::ZERO, move || lets_go.recv().is_ok()).await.unwrap_err();
        assert_eq!(refused.to_string(), "no answer within 0 s");
        drop(hangs);
    }
}
