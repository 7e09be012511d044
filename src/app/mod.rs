//! The use cases: each does its step, and returns a report.
//!
//! `poll → remind → deliver`, one way: a later step learns of an earlier one only through the
//! store. Every step may run at any time, twice, or after a week's outage.

pub mod access;
pub mod accounts;
pub mod acts;
pub mod alarms;
mod arrivals;
mod attempt;
pub mod audit;
pub mod backups;
pub mod beats;
pub mod calendar;
pub mod calendar_edit;
mod calendar_fetch;
pub mod case_page;
pub mod cases;
mod changes;
pub mod clicks;
mod clock_watch;
pub mod deliver;
mod digest;
mod doors;
mod duties;
pub mod feed;
pub mod figures;
pub mod forms;
pub mod hand_over;
pub mod health;
pub mod import;
mod judge;
pub mod link_pages;
pub mod links;
pub mod message_list;
mod news;
pub mod outbox;
mod outcome;
mod pace;
mod password;
mod patience;
pub mod poll;
pub mod preview;
mod privacy;
pub mod provider;
mod quiet;
pub mod register;
pub mod rehearsal;
pub mod remind;
pub mod report;
mod restoration;
pub mod rounds;
mod scheduled;
mod self_watch;
pub mod store_alarm;
pub mod system_page;
mod tally;
mod throttle;
pub mod today;
mod troubles;
pub mod unit_page;
pub mod units;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::calendar::CalendarFiles;
use crate::intake::folder::Folder;
use crate::intake::platform::Platform;
use crate::notify::channels::Channels;
use crate::notify::heartbeat::Heartbeat;
use crate::oidc::Provider;
use crate::store::{RunReport, Settled, Store};
use arrivals::Arrivals;
use beats::Beats;
use clock_watch::TimeWatch;
use links::Links;
use pace::Pace;
use patience::Disks;
use register::Register;
use store_alarm::{StoreAlarm, fault_of_store};
use throttle::Throttle;
use today::Front;

/// The parts, held once.
#[derive(Debug)]
pub struct App {
    clock: Arc<dyn Clock>,
    store: Store,
    live: RwLock<Arc<Live>>,
    /// The calendar that was last seen kept in its history: what need not be looked up again.
    noted: Mutex<Option<CalendarFiles>>,
    stop: CancellationToken,
    /// Rung when messages were queued, for a delivery that is still at work.
    queued: Notify,
    pace: Pace,
    arrivals: Arrivals,
    time: TimeWatch,
    beats: Beats,
    store_alarm: StoreAlarm,
    throttle: Throttle,
    /// What became of messages while the store could not be told.
    untold: Mutex<Vec<Settled>>,
    register: Register,
    /// Held while a page's edit of the calendar is made: one after another.
    calendar_edits: tokio::sync::Mutex<()>,
    /// Held while a rehearsal is worked out, also for somebody who went away: nobody else does meanwhile.
    rehearsals: Arc<tokio::sync::Mutex<()>>,
    disks: Disks,
    front: Front,
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
    heartbeat: Heartbeat,
    /// Makes the links by which people act, and knows them again.
    links: Option<Links>,
    /// Signs people in, where one is set up.
    provider: Option<Provider>,
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
        let heartbeat = Heartbeat::new(&config.heartbeat)?;
        let links = Links::new(&config.web);
        let provider = config.web.oidc.as_ref().map(Provider::new).transpose()?;
        Ok(Self { config, channels, platform, folder, heartbeat, links, provider })
    }

    /// Tries every source with a small read: what was tried, and what came of it.
    pub async fn probe_sources(&self) -> Vec<(String, Result<String, String>)> {
        let mut tried = Vec::new();
        if let Some(platform) = &self.platform {
            let agencies = &self.config.rules.directory.agencies;
            let agency = agencies.first().map(|agency| agency.name.as_str()).unwrap_or_default();
            let lists = platform.probe(agency).await.into_iter();
            tried.extend(lists.map(|(what, result)| {
                (what, result.map_err(|error| format!("{error}: {}", error.remedy())))
            }));
        }
        if self.folder.is_watched() {
            tried.push(("folder".to_owned(), self.folder.probe()));
        }
        if tried.is_empty() {
            let say = "no source: set [platform] enabled and name the agencies".to_owned();
            tried.push(("platform".to_owned(), Err(say)));
        }
        tried
    }

    /// Tries the provider that signs people in, where there is one.
    pub async fn probe_provider(
        &self,
        now: DateTime<Utc>,
    ) -> Vec<(String, Result<String, String>)> {
        match &self.provider {
            Some(provider) => provider.probe(now).await,
            None => Vec::new(),
        }
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
    /// When this step has something to do again, if that is known.
    pub again_at: Option<DateTime<Utc>>,
}

impl App {
    /// Puts the parts together.
    pub fn new(clock: Arc<dyn Clock>, store: Store, live: Live) -> Self {
        let store_alarm = StoreAlarm::kept_in(&live.config.state_dir);
        Self {
            clock,
            store,
            live: RwLock::new(Arc::new(live)),
            noted: Mutex::default(),
            stop: CancellationToken::new(),
            queued: Notify::new(),
            pace: Pace::default(),
            arrivals: Arrivals::default(),
            time: TimeWatch::default(),
            beats: Beats::default(),
            store_alarm,
            throttle: Throttle::default(),
            untold: Mutex::default(),
            disks: Disks::default(),
            register: Register::default(),
            calendar_edits: tokio::sync::Mutex::default(),
            rehearsals: Arc::default(),
            front: Front::default(),
        }
    }

    /// The signs of life of every step.
    pub fn beats(&self) -> &Beats {
        &self.beats
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
    pub fn replace_live(&self, mut live: Live) {
        let mut current = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.folder.go_on_from(&current.folder);
        *current = Arc::new(live);
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
    ///
    /// Boxed, so that all of it is compiled here once, not again for each program that calls it.
    pub fn run(&self, step: Step) -> BoxFuture<'_, StepReport> {
        Box::pin(self.run_step(step))
    }

    async fn run_step(&self, step: Step) -> StepReport {
        let (started_at, began) = (self.clock.now(), Instant::now());
        self.beats.beat(step);
        let mut store_is_well = true;
        let report = match self.take(step, started_at).await {
            Ok(report) => report,
            Err(error) => {
                store_is_well = fault_of_store(&error).is_none();
                self.tell_store_fault(&error, step).await;
                StepReport { fault: Some(format!("{error:#}")), ..StepReport::default() }
            }
        };
        if report.made_work && step != Step::Deliver {
            self.queued.notify_one();
        }
        self.beats.beat(step);
        let (name, took) = (step.as_str(), began.elapsed());
        match &report.fault {
            Some(fault) => error!(step = name, fault, "{}", report.report),
            None if report.made_work => info!(step = name, "{}", report.report),
            None => tracing::debug!(step = name, "{}", report.report),
        }
        if self.keep_report(step, &report, (started_at, took)).await && store_is_well {
            self.tell_store_well(step).await;
        }
        report
    }

    async fn take(&self, step: Step, now: DateTime<Utc>) -> anyhow::Result<StepReport> {
        self.watch_time(now).await?;
        match step {
            Step::Poll => self.poll(now).await,
            Step::Remind => {
                // Each is done, whatever becomes of the others; the first fault is told.
                let planned = self.remind(now).await;
                let backed_up = self.back_up_when_due(&self.live(), now).await;
                let erased = self.erase_when_due(&self.live(), now).await;
                let watched = self.watch_itself(&planned, &erased, now).await;
                let mut report = planned?;
                match backed_up.and(erased).and(watched) {
                    Err(error) if fault_of_store(&error).is_some() => return Err(error),
                    Err(error) => _ = report.fault.get_or_insert_with(|| format!("{error:#}")),
                    Ok(()) => {}
                }
                Ok(report)
            }
            Step::Deliver => self.deliver(now).await,
        }
    }

    /// Tells the outside watcher of `step`, if there is one, that a run went well: at most once a
    /// minute. What it says is of no consequence but a warning in the log.
    pub async fn ping(&self, step: Step) {
        let live = self.live();
        let watcher = match step {
            Step::Poll => live.heartbeat.poll.as_ref().filter(|_| health::has_source(&live)),
            Step::Remind => None,
            Step::Deliver => live.heartbeat.deliver.as_ref(),
        };
        let Some(watcher) = watcher else { return };
        if self.beats.is_ping_due(step)
            && let Err(fault) = watcher.ping().await
        {
            warn!(step = step.as_str(), fault, "the outside watcher was not told");
        }
    }

    /// Returns whether there was something to keep, and the store took it.
    async fn keep_report(
        &self,
        step: Step,
        report: &StepReport,
        (started_at, took): (DateTime<Utc>, std::time::Duration),
    ) -> bool {
        // A delivery with nothing to deliver every half minute would only fill the disk.
        let idle = step != Step::Poll && !report.made_work && report.fault.is_none();
        let is_probe = self.store_alarm.is_raised().await;
        if idle && !is_probe && !self.is_first_good_run(step, started_at).await {
            return false;
        }
        let kept = RunReport {
            stage: step.as_str(),
            started_at,
            took,
            report: report.report.clone(),
            fault: report.fault.clone(),
        };
        let kept = self.store.report_run(kept).await;
        if let Err(fault) = kept {
            error!(step = step.as_str(), %fault, "the run's report could not be kept");
            self.tell_store_fault(&fault.into(), step).await;
            return false;
        }
        true
    }

    /// Whether the last kept run of `step` was a fault, or there is none: then a quiet one counts.
    async fn is_first_good_run(&self, step: Step, now: DateTime<Utc>) -> bool {
        let last = self.store.last_runs(step.as_str(), now).await;
        !matches!(last, Ok((Some(run), _)) if run.good)
    }
}
