//! The use cases: each reads the clock once, does its step, and returns a report.
//!
//! `poll → remind → deliver`, one way: a later step learns of an earlier one only through the
//! store. Every step may run at any time, twice, or after a week's outage.

pub mod acts;
pub mod alarms;
pub mod calendar;
pub mod cases;
pub mod deliver;
mod digest;
mod fetch;
pub mod health;
mod judge;
pub mod poll;
mod quiet;
pub mod remind;
pub mod units;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::calendar::CalendarFiles;
use crate::intake::folder::Folder;
use crate::intake::platform::Platform;
use crate::notify::channels::Channels;
use crate::store::{RunReport, Store};

/// The parts, held once.
#[derive(Debug)]
pub struct App {
    clock: Arc<dyn Clock>,
    store: Store,
    live: RwLock<Arc<Live>>,
    /// The calendar that was last seen kept in its history: what need not be looked up again.
    noted: Mutex<Option<CalendarFiles>>,
    stop: CancellationToken,
}

/// What follows from the configuration, replaced whole when it changes.
#[derive(Debug)]
pub struct Live {
    /// The configuration in force.
    pub config: Config,
    /// The ways out of the house.
    pub channels: Channels,
    platform: Option<Platform>,
    folder: Folder,
}

impl Live {
    /// Builds the sources and channels that `config` asks for.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let channels = Channels::new(&config)?;
        Self::with_channels(config, channels)
    }

    /// The same with channels of another making: a rehearsal's, a demonstration's.
    pub fn with_channels(config: Config, channels: Channels) -> anyhow::Result<Self> {
        let enabled = config.platform.enabled && !config.rules.directory.agencies.is_empty();
        let platform = enabled.then(|| Platform::new(&config.platform)).transpose()?;
        let folder = Folder::new(&config.folder, &config.platform);
        Ok(Self { config, channels, platform, folder })
    }

    /// Tries every source with a small read: what was tried, and what came of it.
    pub async fn probe_sources(&self, now: DateTime<Utc>) -> Vec<(String, Result<String, String>)> {
        let Some(platform) = &self.platform else {
            let say = "no source: set [platform] enabled and name the agencies".to_owned();
            return vec![("platform".to_owned(), Err(say))];
        };
        let tried = platform.probe(now).await.into_iter();
        tried.map(|(what, result)| (what, result.map_err(|error| error.to_string()))).collect()
    }
}

/// The steps of the flow, by the names used in `runs` and in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Look at the sources and record what changed.
    Poll,
    /// Plan what is due and queue it.
    Remind,
    /// Send what is queued.
    Deliver,
}

impl Step {
    /// The steps, in the order of the flow.
    pub const ALL: [Self; 3] = [Self::Poll, Self::Remind, Self::Deliver];

    /// The word used in the store and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Remind => "remind",
            Self::Deliver => "deliver",
        }
    }
}

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepReport {
    /// Counts, in words.
    pub report: String,
    /// What went wrong though the step went on.
    pub fault: Option<String>,
    /// Whether the next step has something new to do.
    pub made_work: bool,
}

impl App {
    /// Puts the parts together.
    pub fn new(clock: Arc<dyn Clock>, store: Store, live: Live) -> Self {
        let stop = CancellationToken::new();
        Self { clock, store, live: RwLock::new(Arc::new(live)), noted: Mutex::default(), stop }
    }

    /// Cancelled when no new work may be begun: the message in hand is finished, and that is all.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Has someone asked us to stop?
    fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// What follows from the configuration in force now.
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another configuration in force, for every step that starts after this.
    pub fn replace_live(&self, live: Live) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Runs one step, keeps its report, and says whether the next has something to do.
    ///
    /// The one place where a step's fault stops: it is logged and kept, never returned.
    pub async fn run(&self, step: Step) -> StepReport {
        let (started_at, began) = (self.clock.now(), Instant::now());
        let result = match step {
            Step::Poll => self.poll(started_at).await,
            Step::Remind => self.remind(started_at).await,
            Step::Deliver => self.deliver().await,
        };
        let report = result.unwrap_or_else(|error| StepReport {
            fault: Some(format!("{error:#}")),
            ..StepReport::default()
        });
        let (name, took) = (step.as_str(), began.elapsed());
        match &report.fault {
            Some(fault) => error!(step = name, fault, "{}", report.report),
            None if report.made_work => info!(step = name, "{}", report.report),
            None => tracing::debug!(step = name, "{}", report.report),
        }
        self.keep_report(step, &report, (started_at, took)).await;
        report
    }

    async fn keep_report(
        &self,
        step: Step,
        report: &StepReport,
        (started_at, took): (DateTime<Utc>, std::time::Duration),
    ) {
        // A delivery with nothing to deliver every half minute would only fill the disk.
        let idle = step != Step::Poll && !report.made_work && report.fault.is_none();
        if idle && !self.is_first_good_run(step).await {
            return;
        }
        let kept = RunReport {
            stage: step.as_str(),
            started_at,
            took,
            report: report.report.clone(),
            fault: report.fault.clone(),
        };
        if let Err(fault) = self.store.report_run(kept).await {
            error!(step = step.as_str(), %fault, "the run's report could not be kept");
        }
    }

    /// Whether the last kept run of `step` was a fault, or there is none: then a quiet one counts.
    async fn is_first_good_run(&self, step: Step) -> bool {
        let last = self.store.last_runs(step.as_str()).await;
        !matches!(last, Ok((Some(run), _)) if run.good)
    }
}
