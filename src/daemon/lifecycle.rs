//! Signals, and what systemd is told (`Type=notify-reload`, `WatchdogSec`).

use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info};

use super::schedule::Limits;
use super::socket;
use crate::app::App;

/// Cancels `stop` at the first SIGTERM or SIGINT; a second one ends the process at once.
pub fn stop_at_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if first {
                info!("asked to stop; finishing the message in hand");
                stop.cancel();
            } else {
                std::process::exit(1);
            }
        }
    });
    Ok(())
}

/// Tells systemd that the daemon is ready.
pub(super) fn say_ready() {
    say(&[NotifyState::Ready]);
}

/// Tells systemd that SIGHUP was heard: it waits until the daemon is ready again.
pub(super) fn say_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(&[NotifyState::Reloading, now]),
        Err(fault) => debug!(%fault, "systemd was not told"),
    }
}

/// Tells systemd what `systemctl status` shows beside the unit's name.
pub(super) fn say_status(status: &str) {
    say(&[NotifyState::Status(status)]);
}

/// Tells systemd that the daemon is stopping.
pub(super) fn say_stopping() {
    say(&[NotifyState::Stopping]);
}

fn say(states: &[NotifyState<'_>]) {
    if let Err(fault) = sd_notify::notify(states) {
        debug!(%fault, "systemd was not told");
    }
}

/// Feeds systemd's watchdog while every loop gives signs of life; without one, waits for the stop.
pub(super) async fn feed_watchdog(app: Arc<App>, limits: Limits) -> &'static str {
    let stop = app.stop().clone();
    let Some(limit) = sd_notify::watchdog_enabled() else {
        stop.cancelled().await;
        return "watchdog";
    };
    let mut ticks = tokio::time::interval(limit / 2);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let silent = app.beats().silent(|step| limits.of(step));
        let no_clicks = app.beats().are_clicks_silent(socket::SILENT_AT_MOST);
        if silent.is_empty() && !no_clicks {
            say(&[NotifyState::Watchdog]);
        } else {
            error!(
                ?silent,
                no_clicks, "a loop hangs: systemd is told nothing and will restart jicui"
            );
        }
    }
    "watchdog"
}
