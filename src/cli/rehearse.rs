//! `jicui rehearse`: every step of the daemon on a copy of the data and a clock of its own.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::demo::{TemporaryFolder, announce, say, speed_argument};
use super::{Failure, Setup, aside, date_argument, out};
use crate::app::{App, Live, Step};
use crate::clock::{Clock, FixedClock, at};
use crate::config::Config;
use crate::daemon::lifecycle;
use crate::documents::message::Message;
use crate::domain::calendar::{CalendarError, YEARS};
use crate::domain::counted::counted;
use crate::domain::escalation::OfficeHours;
use crate::domain::message::MessageState;
use crate::notify::channels::Channels;
use crate::notify::print::Print;
use crate::store::Store;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The first day
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    from: NaiveDate,
    /// The last day
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    until: NaiveDate,
    /// How many times as fast as usual (a working day in about 10 s)
    #[arg(long, default_value_t = 1.0, value_parser = speed_argument)]
    speed: f64,
}

/// Runs through the days; the cases stay as they are, and everything that would be sent is printed: as it
/// comes, or as one document in the end, for which nobody need wait.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    if arguments.until < arguments.from {
        return Err(Failure::Usage("--until lies before --from".to_owned()));
    }
    let is_counted = |day: &NaiveDate| YEARS.contains(&day.year());
    if let Some(day) = [arguments.from, arguments.until].into_iter().find(|day| !is_counted(day)) {
        return Err(anyhow!(CalendarError::OutOfRange(day)).into());
    }
    let config = setup.load()?.config;
    telemetry::start(config.log, "error");
    let folder = TemporaryFolder::make("rehearsal")?;
    let removing = folder.remove_at_signal()?;
    let store = copy(&config, folder.path(), arguments.from).await?;
    removing.abort();
    let nobody_reads = CancellationToken::new();
    let stdout = out::WatchedOutput::new(nobody_reads.clone());
    let print = if setup.json { Print::stderr() } else { Print::to(stdout) };
    let live = Live::with_channels(offline(config, folder.path()), Channels::printing(print))?;
    let clock = Arc::new(FixedClock::new(at(arguments.from, NaiveTime::MIN)));
    let app = App::new(Arc::clone(&clock) as Arc<dyn Clock>, store, live);
    stop_with(&nobody_reads, &app);
    let Arguments { from, .. } = arguments;
    let faults = rehearse(&app, &clock, arguments, !setup.json).await?;
    if nobody_reads.is_cancelled() {
        return Err(std::io::Error::from(ErrorKind::BrokenPipe).into());
    }
    if setup.json && app.stop().is_cancelled() {
        return Err(
            anyhow!("stopped before its end: nothing is printed of half a rehearsal").into()
        );
    }
    if setup.json {
        out::print_json(&said_since(&app, at(from, NaiveTime::MIN)).await?)?;
    }
    if faults > 0 {
        out::complain(&format!("{} of the rehearsal failed: see above", counted(faults, "step")));
        return Err(Failure::Said);
    }
    Ok(())
}

/// Goes no further once whoever read what is printed went away (`| head`).
fn stop_with(nobody_reads: &CancellationToken, app: &App) {
    let (nobody_reads, stop) = (nobody_reads.clone(), app.stop().clone());
    tokio::spawn(async move {
        nobody_reads.cancelled().await;
        stop.cancel();
    });
}

/// What was said in the rehearsal, the first first.
async fn said_since(app: &App, start: DateTime<Utc>) -> anyhow::Result<Vec<Message>> {
    let mut sent = app.messages(vec![MessageState::Sent], u32::MAX).await?;
    sent.retain(|row| row.sent_at.is_some_and(|at| at >= start));
    sent.sort_by_key(|row| (row.sent_at, row.id));
    Ok(sent.iter().map(Message::from).collect())
}

/// The data as it is, in a place of its own, without what happens from the first day on.
async fn copy(config: &Config, folder: &Path, from: NaiveDate) -> anyhow::Result<Store> {
    let store = aside::copy(config, folder).await?;
    let midnight = at(from, NaiveTime::MIN);
    store.forget_since(midnight).await.context("forgetting what comes after the first day")?;
    Ok(store)
}

/// The configuration with no source, and with `folder` for what is written.
fn offline(mut config: Config, folder: &Path) -> Config {
    config.platform.enabled = false;
    config.folder.path = None;
    config.fetch.enabled = false;
    config.reports.directory = None;
    config.backups = None;
    folder.clone_into(&mut config.state_dir);
    config
}

/// The bells ring so often, by the rehearsal's clock.
const STEP_MINUTES: usize = 5;
/// How long a day takes to watch at speed 1.
const DAY: Duration = Duration::from_secs(10);

/// Lets the bells ring one after another: however slow the machine is, no stage is passed over. Returns
/// how many steps failed.
async fn rehearse(
    app: &App,
    clock: &FixedClock,
    arguments: Arguments,
    is_watched: bool,
) -> anyhow::Result<usize> {
    let Arguments { from, until, speed } = arguments;
    let calendars = app.live().config.rules.calendars.clone();
    let hours = app.live().config.rules.policy.office_hours;
    lifecycle::stop_at_signal(app.stop().clone())?;
    let introduction = format!(
        "A rehearsal on a copy of the data: what would be sent from {from} to {until} is printed, and\n\
         nothing is. No source is read: the cases stay as they are. --speed 10 is ten times as fast;\n\
         Ctrl-C ends it."
    );
    if is_watched {
        say(&introduction)?;
    } else {
        out::complain(&introduction);
    }
    let (mut announced, mut faults) = (None, 0);
    for day in from.iter_days().take_while(|day| *day <= until) {
        if is_watched {
            announce(&mut announced, day, app)?;
        }
        let bells: Vec<NaiveTime> = bells(hours).collect();
        let open = calendars.national().is_open(day);
        let pause = DAY.div_f64(speed) / u32::try_from(bells.len())?;
        for bell in bells {
            clock.set(at(day, bell));
            for step in Step::ALL {
                faults += usize::from(app.run(step).await.fault.is_some());
            }
            let paused =
                tokio::time::sleep(if open && is_watched { pause } else { Duration::ZERO });
            if app.stop().run_until_cancelled(paused).await.is_none() {
                return Ok(faults);
            }
        }
    }
    Ok(faults)
}

/// From eight in the morning to six in the evening, and for as long as the offices are open.
fn bells(hours: OfficeHours) -> impl Iterator<Item = NaiveTime> {
    let minute = |time: NaiveTime| time.hour() * 60 + time.minute();
    let (opens, closes) = (minute(hours.opens).min(8 * 60), minute(hours.closes).max(18 * 60));
    let minutes = (opens..=closes).step_by(STEP_MINUTES);
    minutes.filter_map(|minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0))
}
