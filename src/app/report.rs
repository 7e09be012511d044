//! The advisory group's report: the cases of a period and of those it is compared with, counted; and
//! the other duties that concern the period.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use super::{App, Live};
use crate::clock::today;
use crate::domain::access::Viewer;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::statistics::{self, Compared, CountedCase, Deeds, Statistics};
pub use crate::domain::statistics::{Format, Period};
use crate::report::Report;
use crate::report::document::Section;
use crate::report::duties::{self, DutyCase};
use crate::store::HistoryEntry;
use crate::store::WithRounds;

/// Each takes 60 MB and more for 100,000 cases while it is made and written: whoever asks for many waits.
static ONE: Semaphore = Semaphore::const_new(1);

impl App {
    /// The report of `period` as it stands now, with every word: the office's own.
    pub async fn report(&self, period: Period) -> anyhow::Result<Report> {
        self.written_report(period, None, |report| report).await
    }

    /// What `write` makes of the report: for a viewer with the words of the units that they may
    /// read. One is made and written after another.
    pub async fn written_report<T: Send + 'static>(
        &self,
        periods: impl Into<Compared>,
        reader: Option<&Viewer>,
        write: impl FnOnce(Report) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let turn = ONE.acquire().await.context("waiting for a report's turn")?;
        let reader = reader.cloned();
        let (live, now) = (self.live(), self.now());
        let periods = periods.into();
        let Compared { period, before, year_earlier } = periods;
        let all = [period, before, year_earlier];
        let cases = self.store.cases_assigned_within(all).await.context("loading cases")?;
        let cases = self.store.with_earlier_rounds(cases).await.context("loading rounds")?;
        let deeds = self.store.deeds().await.context("loading what was done")?;
        let known_since = self.store.first_assigned_on().await.context("loading the first day")?;
        let duties = self.store.duties_of(period).await.context("loading other duties")?;
        let making = tokio::task::spawn_blocking(move || {
            // The work's own: it goes on where whoever asked for it has gone away.
            let _turn = turn;
            let sections = sections(&live, duties, (reader.as_ref(), now));
            let statistics = statistics(&live, periods, (cases, deeds), now);
            write(Report { statistics, sections, known_since, made_at: now })
        });
        making.await.context("making a report")
    }
}

fn statistics(
    live: &Arc<Live>,
    periods: Compared,
    (cases, deeds): (Vec<WithRounds>, BTreeMap<CaseNumber, Deeds>),
    now: DateTime<Utc>,
) -> Statistics {
    let (rules, as_of) = (&live.config.rules, today(now));
    let count = |(case, earlier): WithRounds| {
        let answered_on = case.answered_on();
        let deeds = deeds.get(&case.number).copied().unwrap_or_default();
        let counted = statistics::count(case, (answered_on, deeds), rules, as_of);
        let day_of_answer = |case: Case| {
            let answered_on = case.answered_on();
            (case, answered_on)
        };
        counted.after(earlier.into_iter().map(day_of_answer).collect(), rules, as_of)
    };
    let counted = cases.into_iter().map(count).collect();
    let agencies: Vec<String> =
        rules.directory.agencies.iter().map(|agency| agency.name.clone()).collect();
    statistics::tabulate(periods, as_of, counted, &agencies)
}

/// A section for each kind of duty that has cases, in the order of their words; `None` reads all.
fn sections(
    live: &Arc<Live>,
    cases: Vec<(Case, Vec<HistoryEntry>)>,
    (reader, now): (Option<&Viewer>, DateTime<Utc>),
) -> Vec<Section> {
    let (rules, as_of) = (&live.config.rules, today(now));
    let count = |(case, notes): (Case, Vec<HistoryEntry>)| {
        let answered_on = case.answered_on();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use crate::config::load;
    use crate::config::secrets::Environment;
    use crate::notify::channels::Channels;
    use crate::notify::print::Print;
    use crate::store::Store;

    #[tokio::test]
    async fn one_is_written_after_another_also_where_whoever_asked_went_away() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("jicui.db")).unwrap();
        let config = load(None, &Environment::default()).unwrap().config;
        let channels = Channels::printing(Print::to(std::io::sink()));
        let live = Live::with_channels(config, channels).unwrap();
        let app = App::new(Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)), store, live);
        let day = today(DateTime::UNIX_EPOCH);
        let period = Period::new(day, day).unwrap();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let write = move |_| {
            begin.send(()).unwrap();
            wait.recv().unwrap();
        };
        tokio::select! {
            _ = app.written_report(period, None, write) => panic!("it waits"),
            begun = begun => begun.unwrap(),
        }
        assert_eq!(ONE.available_permits(), 0, "it is being written for nobody");
        go_on.send(()).unwrap();
        app.report(period).await.unwrap();
        assert_eq!(ONE.available_permits(), 1);
    }
}
