//! The register (案件登記簿): a line for each case, held in memory for the pages and the API.
//!
//! A deadline is never stored, so that no index of the database can sort by it. The lines hold it as
//! long as it is true: whenever another configuration is in force, or another day begins, all are
//! counted anew; else only those of cases to which something happened, by the history.

mod find;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use chrono::{Datelike, NaiveDate};

use super::{App, Live};
use crate::clock::today;
use crate::domain::case::{Case, CaseState};
use crate::domain::reminder::Rules;
use crate::store::Revision;

pub use find::{Found, Order, Query, Row, Span, Which};
pub(super) use find::{row, workday_before};

/// Cases read at a time.
const STEP: u32 = 1000;

/// A name that many lines share.
pub type Name = u32;

/// One case, as a list needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 案號.
    pub number: Box<str>,
    /// The citizen's title.
    pub title: Box<str>,
    /// Its kind, its agency, its dataset and the id of its unit.
    names: [Option<Name>; 4],
    /// Where it stands.
    pub state: CaseState,
    /// Its round.
    pub round: u32,
    /// The day it was first assigned.
    pub assigned_on: NaiveDate,
    /// The day on which its present round was first seen.
    pub arrived_on: NaiveDate,
    /// When it is due, and whether that is only the earliest it can be.
    pub due_on: NaiveDate,
    /// The count crossed a year that is not published.
    pub provisional: bool,
    /// The day of its answer.
    pub replied_on: Option<NaiveDate>,
    /// Workdays left today, negative when overdue; `None` once it is answered.
    pub left: Option<i64>,
    /// Workdays the answer took.
    pub taken: Option<i64>,
}

impl Line {
    /// Whether an answer is owed and its day is gone.
    pub fn is_overdue(&self) -> bool {
        self.left.is_some_and(|left| left < 0)
    }

    /// Whether no single unit has it.
    pub fn is_unassigned(&self) -> bool {
        self.state.is_open() && self.unit().is_none()
    }

    /// The name of its kind.
    pub fn kind(&self) -> Option<Name> {
        let [kind, ..] = self.names;
        kind
    }

    /// The name of its agency.
    pub fn agency(&self) -> Option<Name> {
        let [_, agency, ..] = self.names;
        agency
    }

    /// The name of its dataset.
    pub fn dataset(&self) -> Option<Name> {
        let [.., dataset, _] = self.names;
        dataset
    }

    /// The id of its unit.
    pub fn unit(&self) -> Option<Name> {
        let [.., unit] = self.names;
        unit
    }
}

/// Each name once.
#[derive(Debug, Default)]
pub struct Names {
    all: Vec<Arc<str>>,
    known: HashMap<Arc<str>, Name>,
}

impl Names {
    fn of(&mut self, name: &str) -> Name {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let (name, index): (Arc<str>, _) = (name.into(), self.all.len());
        let index = Name::try_from(index).unwrap_or(Name::MAX);
        self.all.push(Arc::clone(&name));
        self.known.insert(name, index);
        index
    }

    /// The number of a name, if any line has it.
    pub fn find(&self, name: &str) -> Option<Name> {
        self.known.get(name).copied()
    }

    /// The name with this number; nothing for none.
    pub fn get(&self, name: Option<Name>) -> &str {
        name.and_then(|name| self.all.get(name as usize)).map_or("", |name| name)
    }

    /// For each name whether it holds `text`.
    pub fn holding(&self, text: &str) -> Vec<bool> {
        self.all.iter().map(|name| name.to_lowercase().contains(text)).collect()
    }
}

/// Every line, as of one state of the database, one configuration and one day.
#[derive(Debug, Default)]
pub struct Lines {
    /// By number.
    all: Vec<Line>,
    /// The lines that owe an answer, the most urgent first; then the others, the newest first.
    urgent: Vec<u32>,
    /// Their names.
    pub names: Names,
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
    /// Every line, the most urgent first.
    pub fn urgent(&self) -> impl Iterator<Item = &Line> {
        self.urgent.iter().filter_map(|index| self.all.get(*index as usize))
    }

    /// Every line, by number.
    pub fn by_number(&self) -> &[Line] {
        &self.all
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn put(&mut self, case: &Case, (rules, today): (&Rules, NaiveDate)) -> anyhow::Result<()> {
        let line = self.line_of(case, rules, today)?;
        match self.all.binary_search_by(|known| (*known.number).cmp(case.number.as_str())) {
            Ok(index) => {
                if let Some(known) = self.all.get_mut(index) {
                    *known = line;
                }
            }
            Err(index) => self.all.insert(index, line),
        }
        Ok(())
    }

    fn line_of(&mut self, case: &Case, rules: &Rules, today: NaiveDate) -> anyhow::Result<Line> {
        let calendar = rules.calendar(case);
        let deadline = rules.deadline(case, today)?;
        let left = deadline.workdays_left(calendar, today)?;
        let replied_on = case.replied_at.map(crate::clock::today);
        let taken = replied_on.map(|day| deadline.workdays_taken(calendar, day)).transpose()?;
        let unit = rules.unit(case).map(|unit| self.names.of(&unit.id));
        let dataset = case.dataset.as_ref().map(|dataset| self.names.of(&dataset.title));
        let kind = Some(self.names.of(case.kind.as_str()));
        let names = [kind, Some(self.names.of(&case.agency)), dataset, unit];
        Ok(Line {
            number: case.number.as_str().into(),
            title: case.title.as_str().into(),
            names,
            state: case.state,
            round: case.round,
            assigned_on: case.assigned_on,
            arrived_on: crate::clock::today(case.first_seen_at),
            due_on: deadline.due_on,
            provisional: deadline.provisional,
            replied_on,
            left: case.state.is_open().then_some(left),
            taken,
        })
    }

    fn sort(&mut self) {
        let lines = &self.all;
        let mut urgent: Vec<u32> = (0..u32::try_from(lines.len()).unwrap_or(u32::MAX)).collect();
        // Of those that owe nothing any more the newest first.
        urgent.sort_unstable_by_key(|index| {
            let line = lines.get(*index as usize);
            line.map(|line| {
                let days = line.due_on.num_days_from_ce();
                let is_open = line.state.is_open();
                (!is_open, if is_open { days } else { -days }, *index)
            })
        });
        self.urgent = urgent;
    }
}

/// The lines, and who counts them anew.
#[derive(Debug, Default)]
pub(super) struct Register {
    lines: RwLock<Lines>,
    counting: tokio::sync::Mutex<()>,
}

impl App {
    /// Looks at the lines of all cases as they are now.
    pub async fn with_lines<T>(&self, look: impl FnOnce(&Lines) -> T) -> anyhow::Result<T> {
        self.bring_up_to_date().await?;
        Ok(look(&self.register.lines.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Has every line counted anew: words were erased, of which no history speaks.
    pub(super) fn forget_lines(&self) {
        self.register.lines.write().unwrap_or_else(PoisonError::into_inner).as_of = None;
    }

    async fn bring_up_to_date(&self) -> anyhow::Result<()> {
        let (live, day) = (self.live(), today(self.now()));
        let revision = self.store.revision().await.context("looking whether anything changed")?;
        if self.is_as_of(&live, day, Some(revision)) {
            return Ok(());
        }
        let _alone = self.register.counting.lock().await;
        let entry = self.store.newest_entry().await.context("looking at the history")?;
        let seen = self.seen_entry();
        let rules = &live.config.rules;
        if !self.is_as_of(&live, day, None) {
            let mut lines = self.count_all(rules, day).await?;
            lines.as_of = Some(AsOf { live: Arc::clone(&live), day, revision, entry });
            *self.register.lines.write().unwrap_or_else(PoisonError::into_inner) = lines;
            return Ok(());
        }
        let touched = self.store.cases_touched_since(seen).await.context("loading what changed")?;
        let mut lines = self.register.lines.write().unwrap_or_else(PoisonError::into_inner);
        for case in &touched {
            lines.put(case, (rules, day))?;
        }
        if !touched.is_empty() {
            lines.sort();
        }
        lines.as_of = Some(AsOf { live: Arc::clone(&live), day, revision, entry });
        Ok(())
    }

    fn is_as_of(&self, live: &Arc<Live>, day: NaiveDate, revision: Option<Revision>) -> bool {
        let lines = self.register.lines.read().unwrap_or_else(PoisonError::into_inner);
        lines.as_of.as_ref().is_some_and(|as_of| {
            Arc::ptr_eq(&as_of.live, live)
                && as_of.day == day
                && revision.is_none_or(|revision| as_of.revision == revision)
        })
    }

    fn seen_entry(&self) -> i64 {
        let lines = self.register.lines.read().unwrap_or_else(PoisonError::into_inner);
        lines.as_of.as_ref().map_or(0, |as_of| as_of.entry)
    }

    async fn count_all(&self, rules: &Rules, day: NaiveDate) -> anyhow::Result<Lines> {
        let (mut lines, mut last) = (Lines::default(), None);
        loop {
            let cases = self.store.cases_after(last, STEP).await.context("loading cases")?;
            let Some(case) = cases.last() else { break };
            last = Some(case.number.clone());
            for case in &cases {
                let line = lines.line_of(case, rules, day)?;
                lines.all.push(line);
            }
            tokio::task::yield_now().await;
        }
        lines.all.shrink_to_fit();
        lines.sort();
        Ok(lines)
    }
}
