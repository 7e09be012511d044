//! `jicui run` and `jicui once`.

use std::sync::Arc;

use anyhow::Context;

use super::setup::{explained, open_store, prepare};
use super::{Failure, Setup, out};
use crate::app::store_alarm::tell_failed_start;
use crate::app::{App, Live, Step};
use crate::clock::{Clock, SystemClock};
use crate::config::Loaded;
use crate::daemon::reload::schedule_faults;
use crate::daemon::schedule::Rhythm;
use crate::daemon::{self, lifecycle, lock};
use crate::telemetry;

/// What was tried when links cannot be signed.
const NO_SEAL: &str =
    "making the secret of links in state_dir; or give one: [web] link_secret_file";

/// The daemon.
pub(super) async fn run(setup: &Setup) -> Result<(), Failure> {
    let Loaded { mut config, warnings } = setup.load_to_send()?;
    out::complain_of(&warnings);
    telemetry::start(config.log, "info");
    let rhythm = Rhythm::Cron(config.schedule.clone());
    let bad_lines = schedule_faults(&config);
    if !bad_lines.is_empty() {
        return Err(Failure::Configuration(bad_lines));
    }
    prepare(&config.state_dir)?;
    let _lock = lock::take(&config.state_dir)?;
    config.seal_links().context(NO_SEAL)?;
    let live = Live::new(config)?;
    let app = Box::pin(begin(live)).await?;
    lifecycle::stop_at_signal(app.stop().clone())?;
    match daemon::run(Arc::clone(&app), rhythm).await {
        Ok(()) => Ok(()),
        Err(error) => Err(cannot_start(&app.live(), error).await),
    }
}

/// The application over its database, or word to the administrators that it cannot be had.
async fn begin(live: Live) -> Result<Arc<App>, Failure> {
    match open_store(&live.config) {
        Ok(store) => Ok(Arc::new(App::new(Arc::new(SystemClock), store, live))),
        Err(error) => Err(cannot_start(&live, error).await),
    }
}

/// Reads the database whole, and takes up what was left.
async fn take_up(app: &App) -> anyhow::Result<()> {
    app.store().check().await.context("reading the database")?;
    app.recover().await.context("taking up what was left")
}

/// Tells the administrators, where it is the database, and whoever reads the journal.
async fn cannot_start(live: &Live, error: anyhow::Error) -> Failure {
    tell_failed_start(live, &error, SystemClock.now()).await;
    explained(error, &live.config).into()
}

/// One whole pass.
pub(super) async fn once(setup: &Setup) -> Result<(), Failure> {
    let Loaded { mut config, warnings } = setup.load_to_send()?;
    out::complain_of(&warnings);
    telemetry::start(config.log, "warn");
    prepare(&config.state_dir)?;
    let _lock = lock::take(&config.state_dir)?;
    config.seal_links().context(NO_SEAL)?;
    let live = setup.live(config)?;
    let app = Box::pin(begin(live)).await?;
    lifecycle::stop_at_signal(app.stop().clone())?;
    // As at each start of the daemon; but it does not wait for the clock to be right, as the daemon does that was
    // away for more than a day: it may be rung once a day only.
    if let Err(error) = take_up(&app).await {
        return Err(cannot_start(&app.live(), error).await);
    }
    let mut faults = 0;
    let mut steps = Vec::new();
    for step in Step::ALL {
        let report = app.run(step).await;
        if report.fault.is_none() {
            app.ping(step).await;
        }
        faults += usize::from(report.fault.is_some());
        steps.push((step, report));
    }
    if setup.json {
        let document: Vec<_> = steps
            .iter()
            .map(|(step, report)| {
                serde_json::json!({
                    "step": step.as_str(),
                    "report": report.report,
                    "fault": report.fault,
                })
            })
            .collect();
        out::print_json(&document)?;
    } else {
        for (step, report) in &steps {
            let fault = report.fault.as_ref().map(|f| format!(" — {f}")).unwrap_or_default();
            out::complain(&format!("{}: {}{fault}", step.as_str(), report.report));
        }
    }
    if faults > 0 { Err(Failure::Said) } else { Ok(()) }
}
