//! The daemon: a loop for each step, its bell, and an orderly end. It should be the dullest part.

pub mod lifecycle;
pub mod lock;
pub mod reload;
pub mod schedule;
mod socket;
mod task;
mod web;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::BoxFuture;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::app::{App, Step};
use schedule::{Bells, Rhythm};

/// How long the tasks may take to finish what they have in hand: within systemd's patience.
const FINISH_WITHIN: Duration = Duration::from_secs(9);

/// Runs until `app.stop()` is cancelled, or a task ends by itself, which is a fault.
///
/// Boxed, so that all of it is compiled here once, not again for each program that calls it.
pub fn run(app: Arc<App>, rhythm: Rhythm) -> BoxFuture<'static, anyhow::Result<()>> {
    Box::pin(run_daemon(app, rhythm))
}

async fn run_daemon(app: Arc<App>, rhythm: Rhythm) -> anyhow::Result<()> {
    let stop = app.stop().clone();
    let bells = Arc::new(Bells::default());
    let limits = rhythm.limits(app.now())?;
    // Heard from here on: systemd may ask for a reload as soon as it is told "ready".
    let hangup = signal(SignalKind::hangup()).context("listening for SIGHUP")?;
    // Before anybody asks it anything.
    let checking = {
        let app = Arc::clone(&app);
        tokio::spawn(async move { app.store().check().await })
    };
    let mut tasks = JoinSet::new();
    let (trying, tried) = oneshot::channel();
    tasks.spawn(web::serve(Arc::clone(&app), trying));
    tasks.spawn(lifecycle::feed_watchdog(Arc::clone(&app), limits));
    // Whoever waits for "ready" finds the pages; that they cannot be served keeps nothing back.
    let _ = tried.await;
    lifecycle::say_ready();
    // Nothing is built on a file that is not sound; to read a large one whole takes some moments.
    checking.await.context("reading the database")??;
    app.recover().await.context("taking up what was left")?;
    app.wait_after_long_silence().await.context("taking up what was left")?;
    app.config_is_valid().await;
    let _ringing = schedule::ring(&bells, rhythm).await.context("starting the schedule")?;
    for step in Step::ALL {
        let task = task::Task::new(Arc::clone(&app), step, Arc::clone(&bells));
        tasks.spawn(task.run());
    }
    tasks.spawn(reload::watch(Arc::clone(&app), Arc::clone(&bells), hangup));
    tasks.spawn(socket::listen(Arc::clone(&app), Arc::clone(&bells)));
    bells.ring_all();
    info!("running");
    let ended = tokio::select! {
        // A task that ends because it was asked to is no fault.
        biased;
        () = stop.cancelled() => None,
        ended = tasks.join_next() => ended,
    };
    lifecycle::say_stopping();
    stop.cancel();
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH_WITHIN, finished).await.is_err() {
        warn!("a task did not finish in time; what it had in hand is looked up at the next start");
    }
    match ended {
        None => {
            info!("stopped");
            Ok(())
        }
        Some(Ok(name)) => Err(anyhow::anyhow!("the task {name} ended by itself")),
        Some(Err(error)) => Err(anyhow::Error::new(error).context("a task died")),
    }
}
