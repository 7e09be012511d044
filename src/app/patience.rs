//! Work on disks that may not answer: a share whose server is gone holds whoever asks it.

use std::time::Duration;

use anyhow::Context;

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

    #[tokio::test]
    async fn nobody_waits_for_longer_than_the_limit() {
        assert_eq!(within(Duration::from_mins(1), || 7).await.unwrap(), 7);
        let (hangs, lets_go) = std::sync::mpsc::channel::<()>();
        let refused = within(Duration::ZERO, move || lets_go.recv().is_ok()).await.unwrap_err();
        assert_eq!(refused.to_string(), "no answer within 0 s");
        drop(hangs);
    }
}
