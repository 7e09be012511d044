//! A line of the register: what it keeps of a case, in as little room as it can.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use super::words::{Place, Sought, fold};
use crate::domain::case::CaseState;

/// One case, as a list needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number and its title.
    pub(super) words: Place,
    /// Its kind.
    pub kind: Option<Name>,
    /// Its agency.
    pub agency: Option<Name>,
    /// Its dataset.
    pub dataset: Option<Name>,
    /// The id of its unit; `None` where no single one has it.
    pub unit: Option<Name>,
    /// Where it stands.
    pub state: CaseState,
    /// The count crossed a year that is not published.
    pub provisional: bool,
    /// Its round.
    pub round: u32,
    /// The day it was first assigned.
    pub assigned_on: NaiveDate,
    /// The day on which its present round was first seen.
    pub arrived_on: NaiveDate,
    /// When it is due, and whether that is only the earliest it can be.
    pub due_on: NaiveDate,
    /// The day of its answer.
    pub replied_on: Option<NaiveDate>,
    pub(super) left: Option<i32>,
    pub(super) taken: Option<i32>,
}

impl Line {
    /// Workdays left today, negative when overdue; `None` once it is answered.
    pub fn left(&self) -> Option<i64> {
        self.left.map(Into::into)
    }

    /// Workdays the answer took.
    pub fn taken(&self) -> Option<i64> {
        self.taken.map(Into::into)
    }

    /// Whether an answer is owed and its day is gone.
    pub fn is_overdue(&self) -> bool {
        self.left.is_some_and(|left| left < 0)
    }

    /// Whether no single unit has it.
    pub fn is_unassigned(&self) -> bool {
        self.state.is_open() && self.unit.is_none()
    }

    /// Sorts those that owe an answer before all others, the first due first; of the others the newest
    /// comes first.
    pub(super) fn urgency(&self) -> u32 {
        let days = self.due_on.num_days_from_ce().cast_unsigned();
        if self.state.is_open() { days } else { u32::MAX - days }
    }
}

/// A name that many lines share, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(NonZeroU32);

impl Name {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Each name once.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<Arc<str>>,
    folded: Vec<Box<str>>,
    known: HashMap<Arc<str>, Name>,
}

impl Names {
    pub(super) fn of(&mut self, name: &str) -> Option<Name> {
        if let Some(known) = self.known.get(name) {
            return Some(*known);
        }
        let number = u32::try_from(self.all.len() + 1).ok().and_then(NonZeroU32::new)?;
        let name: Arc<str> = name.into();
        self.folded.push(fold(&name).into());
        self.all.push(Arc::clone(&name));
        self.known.insert(name, Name(number));
        Some(Name(number))
    }

    /// The number of a name, if any line has it.
    pub(super) fn find(&self, name: &str) -> Option<Name> {
        self.known.get(name).copied()
    }

    /// The name with this number; nothing for none.
    pub(super) fn get(&self, name: Option<Name>) -> &str {
        name.and_then(|name| self.all.get(name.index())).map_or("", |name| name)
    }

    /// For each name whether it has the word.
    pub(super) fn with(&self, word: &Sought) -> Marks {
        Marks(self.folded.iter().map(|name| word.is_in_name(name)).collect())
    }

    /// For each name its place in the order of their letters.
    pub(super) fn ranks(&self) -> Ranks {
        let mut sorted: Vec<(&str, usize)> =
            self.all.iter().enumerate().map(|(index, name)| (&**name, index)).collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len()];
        for (rank, (_, index)) in (1..).zip(sorted) {
            if let Some(own) = ranks.get_mut(index) {
                *own = rank;
            }
        }
        Ranks(ranks)
    }
}

/// Some of the names.
#[derive(Debug)]
pub(super) struct Marks(Vec<bool>);

impl Marks {
    pub(super) fn has(&self, name: Option<Name>) -> bool {
        name.and_then(|name| self.0.get(name.index())).is_some_and(|is_marked| *is_marked)
    }
}

/// The places of names in their order.
#[derive(Debug)]
pub(super) struct Ranks(Vec<u32>);

impl Ranks {
    /// None comes before all.
    pub(super) fn of(&self, name: Option<Name>) -> u32 {
        name.and_then(|name| self.0.get(name.index())).copied().unwrap_or(0)
    }
}
