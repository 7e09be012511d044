//! One case as its page shows it: its days as a strip, and what was done since it was looked at.

use anyhow::Context;
use chrono::{Days, NaiveDate};

use super::App;
use super::cases::CaseFile;
use crate::clock::today;
use crate::domain::calendar::CalendarDay;
use crate::domain::case::CaseNumber;
use crate::domain::reminder::Recipient;
pub use crate::store::HistoryEntry;

/// Days shown after the due day of a case that is late, and no more.
const LATE_DAYS: u64 = 28;

/// One day of the strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripDay {
    /// The day, with its kind and its note.
    pub day: CalendarDay,
    /// Its number, where it counts.
    pub count: Option<u32>,
    /// What it is to the case.
    pub mark: Mark,
    /// It is today.
    pub is_today: bool,
}

/// What a day is to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Day zero (始日).
    Start,
    /// It counts.
    Counted,
    /// It counts, by an extension.
    Extended,
    /// It is no workday.
    Skipped,
    /// A workday on which the clock stood still.
    Held,
    /// The last day.
    Due,
    /// After it.
    Late,
}

impl App {
    /// The days of the present round, from day zero to the due day; of a case that is late, on to
    /// today.
    pub fn strip(&self, file: &CaseFile) -> Vec<StripDay> {
        let (live, today) = (self.live(), today(self.now()));
        let rules = &live.config.rules;
        let calendar = rules.calendar(&file.view.case);
        let deadline = &file.view.deadline;
        let show = |date: NaiveDate, count, mark| StripDay {
            day: calendar.day(date),
            count,
            mark,
            is_today: date == today,
        };
        let mut days = vec![show(deadline.start.on, None, Mark::Start)];
        for counted in &file.account {
            let date = counted.day.date;
            let mark = match counted.count {
                _ if date == deadline.due_on => Mark::Due,
                Some(_) if counted.extended => Mark::Extended,
                Some(_) => Mark::Counted,
                None if counted.held => Mark::Held,
                None => Mark::Skipped,
            };
            days.push(show(date, counted.count, mark));
        }
        if file.view.is_overdue() {
            let last = deadline.due_on.checked_add_days(Days::new(LATE_DAYS));
            let last = last.map_or(today, |last| last.min(today));
            let after = deadline.due_on.iter_days().skip(1).take_while(|day| *day <= last);
            days.extend(after.map(|day| show(day, None, Mark::Late)));
        }
        days
    }

    /// The number of the newest entry of a case's history: what a form was filled in by.
    pub async fn newest_entry_of(&self, number: &CaseNumber) -> anyhow::Result<i64> {
        self.store.newest_entry_of(number).await.context("looking at a case's history")
    }

    /// What happened to a case after that entry.
    pub async fn entries_since(
        &self,
        number: &CaseNumber,
        entry: i64,
    ) -> anyhow::Result<Vec<HistoryEntry>> {
        self.store.entries_since(number, entry).await.context("loading what was done meanwhile")
    }

    /// What people call whoever a message meant; `None` for the administrators.
    pub fn name_of(&self, recipient: &Recipient) -> Option<(String, bool)> {
        let live = self.live();
        let name = |id: &String| {
            let unit = live.config.rules.directory.unit(id);
            unit.map_or_else(|| id.clone(), |unit| unit.name.clone())
        };
        match recipient {
            Recipient::Unit(id) => Some((name(id), false)),
            Recipient::Supervisor(id) => Some((name(id), true)),
            Recipient::Administrators => None,
        }
    }
}
