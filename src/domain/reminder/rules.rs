//! What the office has decided, asked of one case.

use chrono::{NaiveDate, NaiveDateTime};

use super::super::calendar::{CalendarError, WorkCalendar};
use super::super::case::{Case, CaseKind, CaseState};
use super::super::checklist;
use super::super::deadline::Deadline;
use super::super::directory::{Answerer, Unit};
use super::super::escalation::{Audience, Policy, Rung};
use super::super::kind::workdays_until;
use super::{Recipient, Rules, Standing, is_acknowledged};

impl Rules {
    /// Whether `case` belongs to one of our agencies.
    pub fn is_ours(&self, case: &Case) -> bool {
        self.directory.agency(&case.agency).is_some()
    }

    /// The agency of `case` as the directory calls it; as the platform writes it, where it is none of ours.
    pub fn agency<'a>(&'a self, case: &'a Case) -> &'a str {
        self.directory.agency_name(&case.agency)
    }

    /// The agency that answers `case`: that of its unit, if a person gave it to another agency's.
    pub fn answering_agency<'a>(&'a self, case: &'a Case) -> &'a str {
        let given_to = self.directory.given_to(case);
        let agency = given_to.and_then(|unit| self.directory.agency(&unit.agency));
        agency.map_or_else(|| self.agency(case), |agency| &agency.name)
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
        // What was brought in as history is answered: its answer is the first round's.
        let round = if case.handling.imported { 1 } else { case.round };
        let limit = match case.handling.due_on {
            Some(day) => workdays_until(day, case.start.on, calendar)?,
            None => self.limit((case.kind, round), case.start.on, calendar)?,
        };
        self.deadlines.deadline(case, limit, calendar, today)
    }

    /// Workdays that `case` has left on `today`: 0 on the due day, negative once overdue.
    pub fn workdays_left(&self, case: &Case, today: NaiveDate) -> Result<i64, CalendarError> {
        self.deadline(case, today)?.workdays_left(self.calendar(case), today)
    }

    /// The calendar that `unit` works by; without one, the whole country's.
    pub fn calendar_of_unit(&self, unit: Option<&Unit>) -> &WorkCalendar {
        self.calendars.of(unit.and_then(|unit| self.directory.seat_of_unit(unit)))
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

    /// Whom `rung` reaches for `case`: a supervisor without a channel is named in the unit's, and who reads
    /// in the same channel is not told the same there twice.
    pub fn recipients(&self, case: &Case, rung: &Rung<'_>) -> Vec<Recipient> {
        let Some(unit) = self.unit(case) else {
            return vec![Recipient::Administrators];
        };
        let reaches = |audience| rung.stage.reaches.contains(&audience);
        let day = rung.falls_at.date();
        let by_name = reaches(Audience::Supervisor) && self.hears_in_units(unit, day);
        let mut recipients = Vec::new();
        if reaches(Audience::Officer) || reaches(Audience::Unit) || by_name {
            recipients.push(Recipient::Unit(unit.id.clone()));
        }
        if reaches(Audience::Supervisor) && !by_name {
            recipients.push(Recipient::Supervisor(unit.id.clone()));
        }
        if reaches(Audience::Administrators) {
            let administrators = Recipient::Administrators;
            let is_told =
                recipients.iter().any(|told| self.read_together(told, &administrators, day));
            recipients.extend((!is_told).then_some(administrators));
        }
        recipients
    }

    /// Whether the supervisor of `unit` is named in the unit's channel on `day`: for want of another, or
    /// because they read there.
    pub fn hears_in_units(&self, unit: &Unit, day: NaiveDate) -> bool {
        let (own, supervisor) =
            (Recipient::Unit(unit.id.clone()), Recipient::Supervisor(unit.id.clone()));
        unit.supervisor_channels.is_empty() || self.read_together(&own, &supervisor, day)
    }

    /// Whether both read first of all in one channel on `day`: what one is told there need not be said to
    /// the other.
    pub fn read_together(&self, one: &Recipient, other: &Recipient, day: NaiveDate) -> bool {
        let first = |reader: &Recipient| reader.channels(&self.directory, day).into_iter().next();
        first(one).is_some_and(|there| there.is_read() && first(other) == Some(there))
    }

    /// Whether a stage of an earlier day, not said yet, can wait for a higher one of this day: two
    /// messages within the hour say less than one. An assignment does not wait.
    pub fn can_wait(
        &self,
        case: &Case,
        standing: &Standing<'_>,
        recipient: &Recipient,
        now: NaiveDateTime,
    ) -> Result<bool, CalendarError> {
        if standing.is_assignment() || standing.rung.falls_at.date() >= now.date() {
            return Ok(false);
        }
        let (calendar, hours) = (self.calendar(case), self.policy.office_hours);
        let closes = hours.on(calendar, now.date()).map_or(hours.closes, |hours| hours.1);
        let closing = (is_acknowledged(case), now.date().and_time(closes));
        let tonight = self.policy(case).standing(&standing.deadline, calendar, closing)?;
        let later = tonight.filter(|rung| rung.falls_at > now);
        Ok(later.is_some_and(|rung| self.recipients(case, &rung).contains(recipient)))
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
