//! When a case must be answered: a function, never a stored value.
//!
//! The day of assignment is day zero; each following workday counts one; the answer is due by the
//! end of the last (始日不計算在內, 行政程序法 §48).

use chrono::NaiveDate;

use super::calendar::{CalendarError, CountedDay, WorkCalendar};
use super::case::{Case, CaseKind, StartDay};

/// How many workdays each kind of case has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    /// Workdays for a comment (我有話要說).
    pub comment_workdays: u32,
    /// Workdays for a request (我想要更多).
    pub request_workdays: u32,
}

impl Default for DeadlineRule {
    fn default() -> Self {
        Self { comment_workdays: 14, request_workdays: 14 }
    }
}

impl DeadlineRule {
    /// The limit for one kind, in workdays.
    pub fn workdays(self, kind: CaseKind) -> u32 {
        match kind {
            CaseKind::Comment => self.comment_workdays,
            CaseKind::Request => self.request_workdays,
        }
    }

    /// The deadline of `case` by `calendar`.
    pub fn deadline(self, case: &Case, calendar: &WorkCalendar) -> Result<Deadline, CalendarError> {
        let workdays = self.workdays(case.kind);
        let due = calendar.add_workdays(case.start.on, workdays)?;
        Ok(Deadline { start: case.start, workdays, due_on: due.on, provisional: due.provisional })
    }
}

/// The day by whose end a case must be answered, and how it was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Day zero, and how we know it.
    pub start: StartDay,
    /// The limit.
    pub workdays: u32,
    /// The last day that is still on time.
    pub due_on: NaiveDate,
    /// The count crossed an unpublished year: the earliest it can be.
    pub provisional: bool,
}

impl Deadline {
    /// Workdays left on `today`: 0 on the due day, negative once overdue.
    pub fn workdays_left(
        &self,
        calendar: &WorkCalendar,
        today: NaiveDate,
    ) -> Result<i64, CalendarError> {
        calendar.workdays_between(today, self.due_on)
    }

    /// Workdays from day zero to `day`: what an answer on that day took.
    pub fn workdays_taken(
        &self,
        calendar: &WorkCalendar,
        day: NaiveDate,
    ) -> Result<i64, CalendarError> {
        calendar.workdays_between(self.start.on, day)
    }

    /// Every day from day one to the due day, with its number or the reason it has none.
    pub fn account(&self, calendar: &WorkCalendar) -> Result<Vec<CountedDay>, CalendarError> {
        calendar.explain(self.start.on, self.workdays)
    }
}
