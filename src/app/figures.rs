//! The state of everything in numbers, for whoever watches from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::health;
use super::register::DUE_SOON_WORKDAYS;
use super::{App, alarms};
use crate::domain::case::{CaseKind, CaseState};
use crate::domain::directory::ChannelKind;
use crate::store::Traffic;

/// Numbers, never a citizen's words or a person's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Whether [`App::readiness`] finds nothing bad.
    pub is_ready: bool,
    /// Cases that owe an answer, by agency and kind; ours are there with none, too.
    pub cases: BTreeMap<(String, String), CaseCounts>,
    /// Attempts beyond the first one of each message, since this process began, by kind of channel.
    pub retries: BTreeMap<String, u64>,
    /// What became of messages, by kind of channel.
    pub traffic: BTreeMap<String, Traffic>,
    /// How long the message that waits longest has waited; zero if none waits.
    pub unsent_age: Duration,
    /// How long ago the sources were last read well; `None` before the first time.
    pub poll_age: Option<Duration>,
    /// How long the last poll took.
    pub poll_took: Option<Duration>,
    /// How long ago the database was last copied by itself; `None` before the first time.
    pub backup_age: Option<Duration>,
    /// The codes of the alarms that are active, one for each alarm.
    pub alarms: Vec<String>,
    /// The years whose office calendar is there.
    pub years: Vec<i32>,
}

/// Cases of one agency and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseCounts {
    /// Those that owe an answer.
    pub open: u64,
    /// Those of them with few workdays left.
    pub due_soon: u64,
    /// Those of them whose due day is gone.
    pub overdue: u64,
}

impl App {
    /// Counts everything, at this moment.
    pub async fn figures(&self) -> anyhow::Result<Figures> {
        let (now, live) = (self.now(), self.live());
        let readiness = self.readiness().await?;
        let traffic = self.store.traffic().await.context("counting messages")?;
        let (last, good) = self.store.last_runs("poll", now).await.context("loading polls")?;
        let age = |at: DateTime<Utc>| (now - at).to_std().unwrap_or_default();
        let known = ChannelKind::ALL.map(|kind| (kind.as_str().to_owned(), Traffic::default()));
        let alarms = self.store.active_alarms().await.context("loading alarms")?;
        let last_backup = self.last_backup(now).await?;
        let store_failing = self.store_alarm.is_raised().await.then_some(alarms::STORE_FAILING);
        let store_failing = store_failing.map(ToOwned::to_owned);
        Ok(Figures {
            is_ready: health::is_ready(&readiness),
            cases: self.count_cases().await?,
            unsent_age: traffic
                .values()
                .filter_map(|one| one.oldest)
                .min()
                .map_or(Duration::ZERO, age),
            retries: ChannelKind::ALL
                .map(|kind| (kind.as_str().to_owned(), self.arrivals.retries(kind.as_str())))
                .into(),
            traffic: known.into_iter().chain(traffic).collect(),
            poll_age: good.map(|run| age(run.started_at)),
            backup_age: last_backup.filter(|_| live.config.backups.is_some()).map(age),
            poll_took: last.map(|run| run.took),
            alarms: alarms.into_iter().map(|alarm| alarm.code).chain(store_failing).collect(),
            years: live
                .config
                .rules
                .calendars
                .national()
                .published_years()
                .map(|year| year.year())
                .collect(),
        })
    }

    async fn count_cases(&self) -> anyhow::Result<BTreeMap<(String, String), CaseCounts>> {
        let live = self.live();
        let kinds = [CaseKind::Comment, CaseKind::Request];
        let ours = live.config.rules.directory.agencies.iter();
        let ours = ours.flat_map(|agency| kinds.map(|kind| (agency.name.clone(), kind)));
        let mut counted: BTreeMap<_, CaseCounts> = ours
            .map(|(agency, kind)| ((agency, kind.as_str().to_owned()), CaseCounts::default()))
            .collect();
        self.with_lines(|lines| {
            for line in lines.open() {
                let group = (lines.agency(line).to_owned(), lines.kind(line).to_owned());
                let counts = counted.entry(group).or_default();
                counts.open += 1;
                let left = line.left().unwrap_or_default();
                let is_held = line.state == CaseState::OnHold;
                let is_soon = !is_held && (0..=DUE_SOON_WORKDAYS).contains(&left);
                counts.due_soon += u64::from(is_soon);
                counts.overdue += u64::from(left < 0);
            }
        })
        .await?;
        Ok(counted)
    }
}
