//! The advisory group's report: the cases of a period and of those it is compared with, counted; and
//! the other duties that concern the period.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::{App, Live};
use crate::clock::today;
use crate::domain::access::Viewer;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::statistics::{self, CountedCase, Deeds, Statistics};
pub use crate::domain::statistics::{Format, Period};
use crate::report::Report;
use crate::report::document::Section;
use crate::report::duties::{self, DutyCase};
use crate::store::HistoryEntry;
use crate::store::WithRounds;

impl App {
    /// The report of `period` as it stands now, with every word: the office's own.
    pub async fn report(&self, period: Period) -> anyhow::Result<Report> {
        self.report_to(None, period).await
    }

    /// The same for `viewer`: with the words of the units that they may read.
    pub async fn report_for(&self, viewer: &Viewer, period: Period) -> anyhow::Result<Report> {
        self.report_to(Some(viewer.clone()), period).await
    }

    async fn report_to(&self, reader: Option<Viewer>, period: Period) -> anyhow::Result<Report> {
        let (live, now) = (self.live(), self.now());
        let periods = [period, period.before(), period.year_earlier()];
        let cases = self.store.cases_assigned_within(periods).await.context("loading cases")?;
        let cases = self.store.with_earlier_rounds(cases).await.context("loading rounds")?;
        let deeds = self.store.deeds().await.context("loading what was done")?;
        let duties = self.store.duties_of(period).await.context("loading other duties")?;
        let counting = tokio::task::spawn_blocking(move || {
            let sections = sections(&live, duties, (reader.as_ref(), now));
            (statistics(&live, period, (cases, deeds), now), sections)
        });
        let (statistics, sections) = counting.await.context("counting cases")?;
        Ok(Report { statistics, sections, made_at: now })
    }
}

fn statistics(
    live: &Arc<Live>,
    period: Period,
    (cases, deeds): (Vec<WithRounds>, BTreeMap<CaseNumber, Deeds>),
    now: DateTime<Utc>,
) -> Statistics {
    let (rules, as_of) = (&live.config.rules, today(now));
    let count = |(case, earlier): WithRounds| {
        let answered_on = case.replied_at.map(today);
        let deeds = deeds.get(&case.number).copied().unwrap_or_default();
        let counted = statistics::count(case, (answered_on, deeds), rules, as_of);
        // A round whose answer was never seen here has no day to be counted by.
        let answered = earlier.into_iter().filter(|case| case.replied_at.is_some());
        let day_of_answer = |case: Case| {
            let answered_on = case.replied_at.map(today);
            (case, answered_on)
        };
        counted.after(answered.map(day_of_answer).collect(), rules, as_of)
    };
    let counted = cases.into_iter().map(count).collect();
    let agencies: Vec<String> =
        rules.directory.agencies.iter().map(|agency| agency.name.clone()).collect();
    statistics::tabulate(period, as_of, counted, &agencies)
}

/// A section for each kind of duty that has cases, in the order of their words; `None` reads all.
fn sections(
    live: &Arc<Live>,
    cases: Vec<(Case, Vec<HistoryEntry>)>,
    (reader, now): (Option<&Viewer>, DateTime<Utc>),
) -> Vec<Section> {
    let (rules, as_of) = (&live.config.rules, today(now));
    let count = |(case, notes): (Case, Vec<HistoryEntry>)| {
        let answered_on = case.replied_at.map(today);
        (statistics::count(case, (answered_on, Deeds::default()), rules, as_of), notes)
    };
    let counted: Vec<(CountedCase, Vec<HistoryEntry>)> = cases.into_iter().map(count).collect();
    let may_read = |case: &Case| {
        let unit = rules.unit(case).map(|unit| unit.id.as_str());
        reader.is_none_or(|viewer| viewer.may_read_words(unit))
    };
    let mut sections = Vec::new();
    for duty in &rules.kinds.0 {
        let of_kind = counted.iter().filter(|(counted, _)| counted.case.kind == duty.kind);
        let listed: Vec<DutyCase<'_>> = of_kind
            .map(|(counted, notes)| DutyCase {
                counted,
                checklist: rules.checklist(&counted.case),
                notes: notes.iter().map(note).collect(),
                shows_words: may_read(&counted.case),
            })
            .collect();
        sections.extend(duties::section(duty, &listed));
    }
    sections
}

fn note(entry: &HistoryEntry) -> (chrono::NaiveDate, &str, &str) {
    (today(entry.at), &entry.actor, &entry.reason)
}
