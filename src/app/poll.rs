//! Look at every source, compare with what is known, record what changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;

use super::changes::consequences_of;
use super::troubles::{no_reply_shown, stale_threads, summary, unreadable};
use super::{App, Live, StepReport, alarms};
use crate::clock::today;
use crate::domain::case::{Case, CaseKind, CaseNumber, ERASED};
use crate::domain::counted::counted;
use crate::domain::message::Alarm;
use crate::domain::observation::{
    self, Answers, CaseEvent, Change, Known, Observation, RowFault, SeenCase,
};
use crate::domain::reminder::Rules;
use crate::intake::folder::passed_over::listed;
use crate::intake::platform::Platform;
use crate::intake::{Look, SeenDataset, Shown, Watch, WatchedCase};
use crate::store::{RememberedDataset, Reminded};

/// What the platform is called in alarms and in the history.
pub(super) const PLATFORM: &str = "platform";
/// What is called so of which the platform shows less than before.
pub(super) const REPLIES: &str = "replies";
/// What the folder is called in alarms and in the history.
const FOLDER: &str = "folder";

/// So many other datasets are asked where a look shows no answer any more that was shown.
const WITNESSES: usize = 3;

/// When requests were last read far back is kept under this name.
const FAR_BACK: &str = "requests far back";
/// So long after an answer a citizen who rates it below three stars may still be expected to (再回復): the
/// platform names no limit.
const ASKED_AGAIN: TimeDelta = TimeDelta::days(365);

impl App {
    /// Looks at the platform and the folder. What one cannot give, the other still does.
    pub(super) async fn poll(&self, now: DateTime<Utc>) -> anyhow::Result<StepReport> {
        let live = self.live();
        let mut report = StepReport::default();
        let mut counts = Vec::new();
        if let Some(platform) = &live.platform {
            let unread = self.read_takedowns(&live, platform, now).await?;
            let shown = self.shown_before(&live).await?;
            let reaches_back = self.reaches_back(now).await?;
            let reach = if reaches_back { self.oldest_awaited(now).await? } else { None };
            let watch = Watch { reach, shown, ..self.watch(&live, now).await? };
            let look = platform.look(&watch).await;
            if reaches_back && look.requests_read {
                let noted = self.store.note_reading(FAR_BACK, now).await;
                noted.context("noting how far back requests were read")?;
            }
            self.note_shown(&live, &look.shown - &watch.shown, now).await?;
            self.judge_clock(&live, look.server_time).await?;
            // What is wrong with the whole platform is one alarm, not three.
            let is_well = look.grave().next().is_none();
            let events = self.take_look(&live, (platform, &watch), look, &mut report).await?;
            for list in unread.iter().filter(|_| is_well) {
                self.judge_list(&live, list, now).await?;
            }
            counts.push(format!("platform: {}", counted(events, "change")));
            self.fetch_calendar(&live, platform, now).await?;
            report.made_work |= events > 0;
        }
        if live.folder.is_watched() {
            let events = self.poll_folder(&live, &mut report, now).await?;
            counts.push(format!("folder: {}", counted(events, "change")));
            let folder = live.folder.clone();
            let passed_over = tokio::task::spawn_blocking(move || folder.passed_over()).await;
            counts.extend(listed(&passed_over.context("looking at the folder")?));
            report.made_work |= events > 0;
        }
        self.try_channels(&live, now).await?;
        if counts.is_empty() {
            counts.push("no source: set [platform] enabled and name the agencies".to_owned());
        }
        report.report = counts.join(", ");
        Ok(report)
    }

    pub(super) async fn watch(&self, live: &Live, now: DateTime<Utc>) -> anyhow::Result<Watch> {
        let mut open = self.store.open_cases().await.context("loading open cases")?;
        // A reply that a person reported must be seen too.
        open.extend(self.store.unconfirmed_cases().await.context("loading reported replies")?);
        let datasets = self.store.datasets().await.context("loading datasets")?;
        let watched = |case: Case| WatchedCase {
            number: case.number,
            kind: case.kind,
            dataset: case.dataset.map(|dataset| dataset.nid),
        };
        Ok(Watch {
            agencies: live.config.rules.directory.agencies.clone(),
            // What the platform cannot show is not looked for there.
            open: open.into_iter().filter(Case::is_on_platform).map(watched).collect(),
            datasets: datasets.into_iter().map(|dataset| seen_dataset(dataset, now)).collect(),
            reach: None,
            shown: BTreeSet::new(),
            now,
        })
    }

    /// Whether the list of requests is read further back than the newest: once a day, in the first look that can.
    async fn reaches_back(&self, now: DateTime<Utc>) -> anyhow::Result<bool> {
        let last = self.store.last_reading(FAR_BACK).await;
        let last = last.context("loading how far back requests were read")?;
        Ok(last.is_none_or(|last| today(last) != today(now)))
    }

    /// The oldest request that waits for an agency, or ended, and is no older than [`ASKED_AGAIN`].
    async fn oldest_awaited(&self, now: DateTime<Utc>) -> anyhow::Result<Option<CaseNumber>> {
        let late = self.store.may_be_asked_again(now - ASKED_AGAIN).await;
        let late = late.context("loading requests that may be asked again")?;
        let sids = late.iter().filter_map(|number| number.platform_id(CaseKind::Request));
        Ok(sids.min().map(CaseNumber::of_request))
    }

    /// What the platform at this address was seen to show in any look.
    async fn shown_before(&self, live: &Live) -> anyhow::Result<BTreeSet<Shown>> {
        let mut shown = BTreeSet::new();
        for what in Shown::ALL {
            let before = self.store.last_reading(reading_of(live, what)).await;
            if before.context("loading what was shown")?.is_some() {
                shown.insert(what);
            }
        }
        Ok(shown)
    }

    async fn note_shown(
        &self,
        live: &Live,
        news: BTreeSet<Shown>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        for what in news {
            let noted = self.store.note_reading(reading_of(live, what), now).await;
            noted.context("noting what is shown")?;
        }
        Ok(())
    }

    /// Records a look at the platform, and raises or ends the alarms it asks for.
    async fn take_look(
        &self,
        live: &Arc<Live>,
        (platform, watch): (&Platform, &Watch),
        look: Look,
        report: &mut StepReport,
    ) -> anyhow::Result<usize> {
        let now = watch.now;
        let (fault, stale) = (summary(look.grave()), stale_threads(&look, now));
        let is_complete = look.is_complete();
        self.judge_troubles(live, &look, now).await?;
        let Look { mut observation, datasets: shown, listed, .. } = look;
        // What only was asked for to know more is read in its turn.
        let own: BTreeSet<CaseNumber> =
            observation.seen.iter().map(|seen| seen.number.clone()).collect();
        let mut known = self.store.known().await.context("loading what is known")?;
        let comments = Answers::of(&known, &observation, CaseKind::Comment);
        let mut unwitnessed = BTreeSet::new();
        if !comments.lost.is_empty() && comments.shown.is_empty() {
            let is_there =
                |nid| shown.iter().chain(&watch.datasets).any(|of| of.nid == nid && !of.is_gone);
            let others = observation::witnesses(&known, &observation, (WITNESSES, &is_there));
            match platform.threads(watch, &others).await {
                Some(seen) => observation.seen.extend(seen),
                // Whoever was to say whether answers are still shown cannot be asked just now.
                None if !others.is_empty() => unwitnessed = comments.lost,
                None => {}
            }
            // Somebody may have acted meanwhile.
            known = self.store.known().await.context("loading what is known")?;
        }
        let refused = observation.refuse_days_to_come(today(now));
        let doubtful = &observation::contradictions(&known, &observation) | &unwitnessed;
        let events = self.record(live, (&known, &doubtful), (&observation, PLATFORM), now).await?;
        let is_in_doubt =
            |seen: &&SeenCase| doubtful.contains(&seen.number) && own.contains(&seen.number);
        let in_doubt = observation.seen.iter().filter(is_in_doubt);
        let unread: Vec<u64> = in_doubt
            .chain(&refused)
            .filter_map(|seen| seen.dataset.as_ref().map(|dataset| dataset.nid))
            .collect();
        let silent: Vec<RowFault> = doubtful.iter().map(no_reply_shown).collect();
        // Their threads are read again, until they can be read whole.
        let mut datasets: Vec<RememberedDataset> = shown.into_iter().map(remembered).collect();
        for dataset in datasets.iter_mut().filter(|dataset| unread.contains(&dataset.nid)) {
            dataset.reading.read_at = None;
        }
        self.store.remember_datasets(datasets).await.context("remembering datasets")?;
        if let Some(listed) = listed {
            self.store.note_listed(listed).await.context("noting what is listed")?;
        }
        observation.faults.extend(stale);
        for (source, faults) in [(PLATFORM, &observation.faults), (REPLIES, &silent)] {
            // Where something could not be read nothing shows that it is well.
            if is_complete || !faults.is_empty() {
                self.judge_faults(live, source, faults, now).await?;
            }
        }
        report.fault = fault;
        Ok(events)
    }

    async fn poll_folder(
        &self,
        live: &Arc<Live>,
        report: &mut StepReport,
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let watch = self.watch(live, now).await?;
        let folder = live.folder.clone();
        let look = tokio::task::spawn_blocking(move || folder.look(&watch));
        let (mut events, mut stuck) = (0, BTreeSet::new());
        let files = match look.await.context("reading the folder")? {
            Ok(files) => files,
            Err(error) => return self.miss_folder(live, &error, report, now).await,
        };
        for mut file in files {
            let refused = file.observation.refuse_days_to_come(today(now));
            let unread = unreadable(&file.observation.faults);
            // A file is told of once, whatever is wrong with it.
            if let Some(rows) = unread.as_ref().filter(|_| !refused.is_empty()) {
                let how = "drop it again once they are mended, or the machine's clock is right";
                file.trouble = Some(format!("{rows}; {how}"));
            }
            let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // What it says was taken down when it was read first; others may have said more since.
            if !file.is_known {
                let known = self.store.known().await.context("loading what is known")?;
                let seen = (&file.observation, FOLDER);
                // A list may be older than what the platform showed since: it takes back no answer of it.
                let numbers = file.observation.seen.iter().map(|seen| seen.number.clone());
                let kept = numbers.filter(|_| live.platform.is_some()).collect();
                events += self.record(live, (&known, &kept), seen, now).await?;
            }
            let failed = (alarms::FOLDER_FILE_FAILED, name.as_str());
            // One that stays there is read each time, and keeps no other from being read.
            if let Err(error) = live.folder.finish(&file) {
                let trouble =
                    file.trouble.map(|trouble| format!("{trouble}; ")).unwrap_or_default();
                let detail = format!("{trouble}it cannot be put away: {error}");
                self.raise(live, failed, detail, now).await?;
                stuck.insert(name);
            } else if let Some(trouble) = &file.trouble {
                // What is wrong with the platform is not covered by a file.
                report.fault.get_or_insert_with(|| format!("{name}: {trouble}"));
                self.announce(live, failed, trouble.clone(), now).await?;
            } else if let Some(detail) = unread {
                self.announce(live, (alarms::ROWS_UNREADABLE, &name), detail, now).await?;
            }
        }
        self.release(live, &stuck, now).await?;
        Ok(events)
    }

    /// The folder itself cannot be read: an alarm of its own, and no reason to say so of the platform.
    async fn miss_folder(
        &self,
        live: &Live,
        error: &impl std::fmt::Display,
        report: &mut StepReport,
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let path = live.config.folder.path.as_deref().unwrap_or_else(|| Path::new(""));
        let subject = path.display().to_string();
        let detail = format!(
            "it cannot be read: {error}: make it, or set [folder] path to one that is there"
        );
        if live.platform.is_none() {
            report.fault.get_or_insert_with(|| format!("the folder {subject}: {detail}"));
        }
        self.raise(live, (alarms::FOLDER_UNREADABLE, &subject), detail, now).await?;
        Ok(0)
    }

    /// Ends the alarms about the folder, which can be read, and about files that are no longer in the way.
    async fn release(
        &self,
        live: &Live,
        stuck: &BTreeSet<String>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let is_over = |alarm: &&Alarm| match alarm.code.as_str() {
            alarms::FOLDER_UNREADABLE => true,
            alarms::FOLDER_FILE_FAILED => !stuck.contains(&alarm.subject),
            _ => false,
        };
        for alarm in active.iter().filter(is_over) {
            self.end_active(live, alarm, now).await?;
        }
        Ok(())
    }

    /// Compares a look with what is known and records the difference; of the cases in doubt no answer is taken
    /// back. Returns how much changed.
    async fn record(
        &self,
        live: &Arc<Live>,
        (known, doubtful): (&Known, &BTreeSet<CaseNumber>),
        (observed, actor): (&Observation, &'static str),
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let directory = &live.config.rules.directory;
        let ours = |name: &str| match directory.agency(name) {
            Some(agency) => Some(agency.name.clone()),
            None => (name.is_empty() && actor == FOLDER).then(String::new),
        };
        let mut events = observation::compare(known, observed, ours, today(now));
        let rules = &live.config.rules;
        for event in &mut events {
            if let (Change::Reassigned { to, keeps_unit }, Some(case)) =
                (&mut event.change, known.cases.get(&event.number))
            {
                *keeps_unit = is_with_the_same_unit(rules, case, to);
            }
        }
        let is_of_doubt = |event: &CaseEvent| {
            let case = known.cases.get(&event.number);
            let is_doubted = doubtful.contains(&event.number);
            // A list may be older than what the platform showed since: whether a request is assigned, that one says.
            let is_older = actor == FOLDER && is_doubted && case.is_some();
            if is_older && known.awaiting.contains(&event.number) {
                return true;
            }
            match event.change {
                Change::ReplyWithdrawn => is_doubted,
                // What stays ended stays erased.
                Change::Retitled(_) => is_doubted && case.is_some_and(|case| case.title == ERASED),
                Change::TakenBack | Change::AwaitingAssignment => is_older,
                // A list knows datasets by their titles, which several may have.
                Change::DatasetKnown(_) => {
                    actor == FOLDER && case.is_some_and(|case| case.dataset.is_some())
                }
                _ => false,
            }
        };
        events.retain(|event| !is_of_doubt(event));
        let consequences = {
            let live = Arc::clone(live);
            move |event: &CaseEvent, case: &Case, reminded: &[Reminded]| {
                consequences_of(&live, event, (case, reminded), now)
            }
        };
        let touched = self.store.record(events, actor, consequences, now).await;
        let touched = touched.context("recording changes")?;
        for (event, case) in &touched {
            info!(case_number = %case.number, event = event.change.as_str(), source = actor, "case");
        }
        Ok(touched.len())
    }
}

/// Whether the unit that has a case has it as well where its agency is `to`.
fn is_with_the_same_unit(rules: &Rules, case: &Case, to: &str) -> bool {
    let mut moved = Case { agency: to.to_owned(), ..case.clone() };
    moved.handling.unit = None;
    let unit = |case: &Case| rules.unit(case).map(|unit| unit.id.clone());
    unit(case).is_some() && unit(case) == unit(&moved)
}

/// Under which name it is kept that the platform at this address shows something.
fn reading_of(live: &Live, what: Shown) -> String {
    format!("{} of {}", what.as_str(), live.config.platform.base_url)
}

fn seen_dataset(dataset: RememberedDataset, now: DateTime<Utc>) -> SeenDataset {
    let RememberedDataset { nid, title, agency, comments, reading, about, is_gone } = dataset;
    SeenDataset { nid, title, agency, comments, reading: reading.known_by(now), about, is_gone }
}

fn remembered(dataset: SeenDataset) -> RememberedDataset {
    let SeenDataset { nid, title, agency, comments, reading, about, is_gone } = dataset;
    RememberedDataset { nid, title, agency, comments, reading, about, is_gone }
}
