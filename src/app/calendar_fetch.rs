//! New and corrected office calendars on the platform: noticed, proposed, and applied by a person.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::calendar::Examined;
use super::{App, Live, alarms};
use crate::clock::{roc_year, today};
use crate::config::calendar::file_of;
use crate::intake::Trouble;
use crate::intake::platform::{FoundFile, Platform};
use crate::store::{Proposal, RunReport};

/// What a run of the fetch is called.
const STAGE: &str = "calendar";

/// After a fetch that failed, the next one comes this soon.
const AGAIN_AFTER: TimeDelta = TimeDelta::days(1);

impl App {
    /// Asks the platform for the office calendar, if that is wanted and it is time.
    pub(super) async fn fetch_calendar(
        &self,
        live: &Live,
        platform: &Platform,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        if !live.config.fetch.enabled || !self.is_fetch_due(live, now).await? {
            return Ok(());
        }
        let began = Instant::now();
        let (report, fault) = match platform.publications(roc_year(today(now)) - 1).await {
            Ok((files, troubles)) => (self.take_files(live, files, now).await?, summary(&troubles)),
            Err(error) => ("nothing read".to_owned(), Some(error.to_string())),
        };
        if let Some(fault) = &fault {
            warn!(fault, "the office calendar could not be fetched");
        }
        let took = began.elapsed();
        let run = RunReport { stage: STAGE, started_at: now, took, report, fault };
        self.store.report_run(run).await.context("keeping the run's report")
    }

    async fn is_fetch_due(&self, live: &Live, now: DateTime<Utc>) -> anyhow::Result<bool> {
        let runs = self.store.last_runs(STAGE, now).await.context("loading the last fetches")?;
        let (Some(last), good) = runs else { return Ok(true) };
        let every = TimeDelta::from_std(live.config.fetch.every)?;
        let waited = good.is_none_or(|good| now - good.started_at >= every);
        Ok(waited && (last.good || now - last.started_at >= AGAIN_AFTER))
    }

    /// Holds each year's files against the calendar in force; of several the last offered wins.
    async fn take_files(
        &self,
        live: &Live,
        files: Vec<FoundFile>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<String> {
        let mut years: BTreeMap<i32, (FoundFile, Examined)> = BTreeMap::new();
        let read = files.len();
        for file in files {
            match self.examine(&file.content, &file.title).await? {
                Ok(examined) if examined.superseded.is_some() => {}
                Ok(examined) => {
                    years.insert(examined.year, (file, examined));
                }
                Err(faults) => {
                    let first = faults.first().map(|fault| fault.message.as_str());
                    warn!(file = file.url, fault = first, "a published calendar cannot be read");
                }
            }
        }
        let mut news = 0;
        for (year, (file, examined)) in years {
            if examined.is_in_force {
                self.settle_proposal(live, year).await?;
                continue;
            }
            news += 1;
            self.take_news(live, file, &examined, now).await?;
        }
        Ok(format!("{read} files read, {news} differ from the calendar in force"))
    }

    /// A new year is applied where that is wanted; everything else waits for a person.
    async fn take_news(
        &self,
        live: &Live,
        file: FoundFile,
        examined: &Examined,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let name = file_of(examined.year);
        let is_applied = examined.is_new_year
            && live.config.fetch.applies_new_years
            && self.take_new_year(examined, &file.url).await?;
        if is_applied {
            info!(year = examined.year, "a new year's calendar was put in force");
            return Ok(());
        }
        let impact = self.impact(&live.config.calendar_files.with(&name, &file.content)).await?;
        let first: Vec<String> =
            impact.days.iter().take(5).map(|d| d.after.date.to_string()).collect();
        let detail = if examined.is_new_year {
            format!("a new year, {} open cases move; {}", impact.moves(), file.title)
        } else {
            let (days, cases, first) = (impact.days.len(), impact.moves(), first.join(", "));
            format!("{days} days differ ({first} …), {cases} open cases move; {}", file.title)
        };
        let year = examined.year;
        let content = examined.content.clone();
        let proposal = Proposal { year, content, source: file.url, proposed_at: now };
        self.store.propose(proposal).await.context("keeping a proposal")?;
        let subject = year.to_string();
        self.raise(live, (alarms::CALENDAR_PROPOSED, &subject), detail, now).await
    }
}

fn summary(troubles: &[Trouble]) -> Option<String> {
    let first = troubles.first()?;
    Some(format!("{}: {} ({} in all)", first.what, first.error, troubles.len()))
}
