//! What the office has decided, asked of one case.

use chrono::NaiveDate;

use super::super::calendar::{CalendarError, WorkCalendar};
use super::super::case::{Case, CaseKind, CaseState};
use super::super::checklist;
use super::super::deadline::Deadline;
use super::super::directory::{Answerer, Unit};
use super::super::escalation::Policy;
use super::super::kind::workdays_until;
use super::Rules;

impl Rules {
    /// Whether `case` belongs to one of our agencies.
    pub fn is_ours(&self, case: &Case) -> bool {
        self.directory.agency(&case.agency).is_some()
    }

    /// The calendar that counts for `case`.
    pub fn calendar(&self, case: &Case) -> &WorkCalendar {
        self.calendars.of(self.directory.seat(case))
    }

    /// The deadline of `case` as it is on `today`: where the case is on hold, the earliest it can be.
    pub fn deadline(&self, case: &Case, today: NaiveDate) -> Result<Deadline, CalendarError> {
        self.deadline_by(case, self.calendar(case), today)
    }

    /// The same by another calendar.
    pub fn deadline_by(
        &self,
        case: &Case,
        calendar: &WorkCalendar,
        today: NaiveDate,
    ) -> Result<Deadline, CalendarError> {
        let limit = match case.handling.due_on {
            Some(day) => workdays_until(day, case.start.on, calendar)?,
            None => self.limit((case.kind, case.round), case.start.on, calendar)?,
        };
        self.deadlines.deadline(case, limit, calendar, today)
    }

    /// Workdays that `case` has left on `today`: 0 on the due day, negative once overdue.
    pub fn workdays_left(&self, case: &Case, today: NaiveDate) -> Result<i64, CalendarError> {
        self.deadline(case, today)?.workdays_left(self.calendar(case), today)
    }

    /// How many workdays a case of this kind has in this round, whose clock started on `start`.
    pub fn limit(
        &self,
        (kind, round): (CaseKind, u32),
        start: NaiveDate,
        calendar: &WorkCalendar,
    ) -> Result<u32, CalendarError> {
        match self.kinds.duty(kind) {
            Some(duty) => duty.limit.workdays(start, calendar),
            None => Ok(self.deadlines.workdays(kind, round)),
        }
    }

    /// The ladder of `case`: its kind's own, or the default one.
    pub fn policy(&self, case: &Case) -> &Policy {
        let own = self.kinds.duty(case.kind).and_then(|duty| duty.policy.as_ref());
        own.unwrap_or(&self.policy)
    }

    /// What must be done and signed for before `case` is done.
    pub fn checklist<'a>(&'a self, case: &'a Case) -> Vec<checklist::Line<'a>> {
        checklist::lines(self.kinds.duty(case.kind), &case.handling)
    }

    /// Whether the clock of `case` stands still on `today`. A hold that has lasted its longest is
    /// over, also before anybody wrote that down.
    pub fn is_held(&self, case: &Case, today: NaiveDate) -> Result<bool, CalendarError> {
        let hold = case.handling.open_hold().filter(|_| case.state == CaseState::OnHold);
        let Some(hold) = hold else { return Ok(false) };
        Ok(today < self.deadlines.hold_ends_on(hold, self.calendar(case))?)
    }

    /// The unit of `case`, or `None` where the administrators have it.
    pub fn unit(&self, case: &Case) -> Option<&Unit> {
        match self.directory.answerer(case) {
            Answerer::Unit(unit) => Some(unit),
            Answerer::Nobody | Answerer::Several(..) => None,
        }
    }
}
