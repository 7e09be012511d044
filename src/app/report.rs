//! The advisory group's report: the cases of a period and of those it is compared with, counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::{App, Live};
use crate::clock::today;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::statistics::{self, Deeds, Period, Statistics};
use crate::report::Report;

impl App {
    /// The report of `period` as it stands now.
    pub async fn report(&self, period: Period) -> anyhow::Result<Report> {
        let (live, now) = (self.live(), self.now());
        let periods = [period, period.before(), period.year_earlier()];
        let cases = self.store.cases_assigned_within(periods).await.context("loading cases")?;
        let deeds = self.store.deeds().await.context("loading what was done")?;
        let counting =
            tokio::task::spawn_blocking(move || statistics(&live, period, (cases, deeds), now));
        let statistics = counting.await.context("counting cases")?;
        Ok(Report { statistics, sections: Vec::new(), made_at: now })
    }
}

fn statistics(
    live: &Arc<Live>,
    period: Period,
    (cases, deeds): (Vec<Case>, BTreeMap<CaseNumber, Deeds>),
    now: DateTime<Utc>,
) -> Statistics {
    let (rules, as_of) = (&live.config.rules, today(now));
    let count = |case: Case| {
        let answered_on = case.replied_at.map(today);
        let deeds = deeds.get(&case.number).copied().unwrap_or_default();
        statistics::count(case, (answered_on, deeds), rules, as_of)
    };
    let counted = cases.into_iter().map(count).collect();
    let agencies: Vec<String> =
        rules.directory.agencies.iter().map(|agency| agency.name.clone()).collect();
    statistics::tabulate(period, as_of, counted, &agencies)
}
