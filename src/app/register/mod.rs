//! The register (案件登記簿): a line for each case, held in memory for the pages and the API.
//!
//! A deadline is never stored, so that no index of the database can sort by it. The lines hold it as
//! long as it is true: whenever another configuration is in force, or another day begins, all are
//! counted anew; else only those of cases to which something happened, by the history.

mod find;
mod line;
mod query;
mod words;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anyhow::Context;
use chrono::NaiveDate;

use super::cases::{Count, count};
use super::{App, Live};
use crate::clock::today;
use crate::domain::case::Case;
use crate::domain::reminder::Rules;
use crate::store::Revision;
use line::Names;
use words::{Place, Words};

pub(super) use find::row;
pub use find::{Found, Row, Span};
pub use line::{Line, Name};
pub(super) use query::workday_before;
pub use query::{DUE_SOON_WORKDAYS, Order, Query, Which};

/// Cases read at a time.
const STEP: u32 = 500;

/// Every line, as of one state of the database, one configuration and one day.
#[derive(Debug, Default)]
pub struct Lines {
    /// By number.
    all: Vec<Line>,
    words: Words,
    kinds: Names,
    agencies: Names,
    datasets: Names,
    units: Names,
    as_of: Option<AsOf>,
}

#[derive(Debug)]
struct AsOf {
    live: Arc<Live>,
    day: NaiveDate,
    revision: Revision,
    entry: i64,
}

impl Lines {
    /// The lines that owe an answer, the most urgent first.
    pub fn open(&self) -> Vec<&Line> {
        let mut open: Vec<&Line> = self.all.iter().filter(|line| line.state.is_open()).collect();
        open.sort_by_key(|line| line.due_on);
        open
    }

    /// The number of a line's case.
    pub fn number(&self, line: &Line) -> &str {
        self.words.number(line.words)
    }

    /// The word of its kind.
    pub fn kind(&self, line: &Line) -> &str {
        self.kinds.get(line.kind)
    }

    /// Its agency.
    pub fn agency(&self, line: &Line) -> &str {
        self.agencies.get(line.agency)
    }

    /// The id of its unit, if a single one has it.
    pub fn unit(&self, line: &Line) -> Option<&str> {
        line.unit.map(|unit| self.units.get(Some(unit)))
    }

    fn put(&mut self, case: &Case, (rules, today): (&Rules, NaiveDate)) -> anyhow::Result<()> {
        let (number, title) = (case.number.as_str(), case.title.as_str());
        let place = self.all.binary_search_by(|known| self.words.number(known.words).cmp(number));
        let old = place.ok().and_then(|index| self.all.get(index)).map(|known| known.words);
        let words = match old {
            Some(old) => self.words.replace(old, number, title),
            None => self.words.put(number, title),
        };
        let line = self.line_of(case, words, (rules, today))?;
        match place {
            Ok(index) => {
                if let Some(known) = self.all.get_mut(index) {
                    *known = line;
                }
            }
            Err(index) => self.all.insert(index, line),
        }
        Ok(())
    }

    fn line_of(
        &mut self,
        case: &Case,
        words: Place,
        (rules, today): (&Rules, NaiveDate),
    ) -> anyhow::Result<Line> {
        let Count { deadline, left, taken } = count(rules, case, today);
        let replied_on = case.replied_at.map(crate::clock::today);
        let dataset = case.dataset.as_ref();
        Ok(Line {
            words,
            kind: self.kinds.of(case.kind.as_str()),
            agency: self.agencies.of(rules.agency(case)),
            dataset: dataset.and_then(|dataset| self.datasets.of(&dataset.title)),
            unit: rules.unit(case).and_then(|unit| self.units.of(&unit.id)),
            state: case.state,
            round: case.round,
            assigned_on: case.assigned_on,
            arrived_on: crate::clock::today(case.first_seen_at),
            due_on: deadline.due_on,
            provisional: deadline.provisional,
            replied_on,
            left: case.state.is_open().then(|| i32::try_from(left)).transpose()?,
            taken: taken.map(i32::try_from).transpose()?,
        })
    }
}

/// The lines, and who counts them anew.
#[derive(Debug, Default)]
pub(super) struct Register {
    lines: RwLock<Lines>,
    counting: tokio::sync::Mutex<()>,
}

impl Register {
    fn read(&self) -> RwLockReadGuard<'_, Lines> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Lines> {
        self.lines.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_as_of(&self, live: &Arc<Live>, day: NaiveDate, revision: Revision) -> bool {
        let lines = self.read();
        lines.as_of.as_ref().is_some_and(|as_of| {
            Arc::ptr_eq(&as_of.live, live) && (as_of.day, as_of.revision) == (day, revision)
        })
    }

    /// The last entry of the history that the lines know, if those after it are all they lack.
    fn seen_entry(&self, live: &Arc<Live>, day: NaiveDate) -> Option<i64> {
        let lines = self.read();
        let as_of = lines.as_of.as_ref().filter(|_| !lines.words.is_wasted())?;
        (Arc::ptr_eq(&as_of.live, live) && as_of.day == day).then_some(as_of.entry)
    }
}

impl App {
    /// Looks at the lines of all cases as they are now.
    pub async fn with_lines<T>(&self, look: impl FnOnce(&Lines) -> T) -> anyhow::Result<T> {
        loop {
            self.bring_up_to_date().await?;
            let lines = self.register.read();
            // Else somebody is about to count anew.
            if lines.as_of.is_some() {
                return Ok(look(&lines));
            }
        }
    }

    /// Has every line counted anew: words were erased, of which no history speaks.
    pub(super) async fn forget_lines(&self) {
        let _alone = self.register.counting.lock().await;
        *self.register.write() = Lines::default();
    }

    async fn bring_up_to_date(&self) -> anyhow::Result<()> {
        let (live, day) = (self.live(), today(self.now()));
        let revision = self.store.revision().await.context("looking whether anything changed")?;
        if self.register.is_as_of(&live, day, revision) {
            return Ok(());
        }
        let _alone = self.register.counting.lock().await;
        if self.register.is_as_of(&live, day, revision) {
            return Ok(());
        }
        let entry = self.store.newest_entry().await.context("looking at the history")?;
        let as_of = AsOf { live: Arc::clone(&live), day, revision, entry };
        let rules = &live.config.rules;
        let touched = match self.register.seen_entry(&live, day) {
            Some(seen) => self.store.cases_touched_since(seen, STEP).await,
            None => Ok(None),
        };
        let Some(touched) = touched.context("loading what changed")? else {
            // Nobody can use what there was: it need not take room beside what is counted.
            *self.register.write() = Lines::default();
            let mut lines = self.count_all(rules, day).await?;
            lines.as_of = Some(as_of);
            *self.register.write() = lines;
            return Ok(());
        };
        let mut lines = self.register.write();
        for case in &touched {
            lines.put(case, (rules, day))?;
        }
        lines.as_of = Some(as_of);
        Ok(())
    }

    async fn count_all(&self, rules: &Rules, day: NaiveDate) -> anyhow::Result<Lines> {
        let count = self.store.count_cases().await.context("counting cases")?;
        let (all, words) = (Vec::with_capacity(count), Words::of(count));
        let (mut lines, mut last) = (Lines { all, words, ..Lines::default() }, None);
        loop {
            let cases = self.store.cases_after(last, STEP).await.context("loading cases")?;
            let Some(case) = cases.last() else { break };
            last = Some(case.number.clone());
            for case in &cases {
                let words = lines.words.put(case.number.as_str(), &case.title);
                let line = lines.line_of(case, words, (rules, day))?;
                lines.all.push(line);
            }
            tokio::task::yield_now().await;
        }
        lines.all.shrink_to_fit();
        lines.words.shrink_to_fit();
        Ok(lines)
    }
}
