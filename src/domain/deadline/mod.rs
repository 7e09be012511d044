//! When a case must be answered: a function, never a stored value.
//!
//! The day of assignment is day zero; each following workday counts one; the answer is due by the
//! end of the last (始日不計算在內, 行政程序法 §48). A confirmed extension (展延) adds to the limit; on
//! the workdays of a hold (暫停計時) the clock stands still.

use chrono::NaiveDate;

use super::calendar::{CalendarError, Counted, CountedDay, WorkCalendar};
use super::case::{Case, CaseKind, StartDay};
use super::handling::Hold;

/// How many workdays each kind of case has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    /// Workdays for a comment (我有話要說).
    pub comment_workdays: u32,
    /// Workdays for a request (我想要更多).
    pub request_workdays: u32,
    /// Workdays to answer again (再回復).
    pub second_round_workdays: u32,
    /// A hold that has lasted this many workdays ends by itself.
    pub longest_hold_workdays: u32,
}

impl Default for DeadlineRule {
    fn default() -> Self {
        Self {
            comment_workdays: 14,
            request_workdays: 14,
            second_round_workdays: 14,
            longest_hold_workdays: 30,
        }
    }
}

impl DeadlineRule {
    /// The limit for one kind in one round, in workdays.
    pub fn workdays(self, kind: CaseKind, round: u32) -> u32 {
        match kind {
            _ if round > 1 => self.second_round_workdays,
            // A kind that is no longer in the config is given a comment's limit.
            CaseKind::Comment | CaseKind::Duty(_) => self.comment_workdays,
            CaseKind::Request => self.request_workdays,
        }
    }

    /// The deadline of `case`, which has `limit` workdays, by `calendar` and as it is on `today`:
    /// where the case is on hold, the earliest it can be.
    pub fn deadline(
        self,
        case: &Case,
        limit: u32,
        calendar: &WorkCalendar,
        today: NaiveDate,
    ) -> Result<Deadline, CalendarError> {
        let extension = case.handling.extension_workdays();
        let mut pauses = Vec::new();
        for hold in &case.handling.holds {
            let until = self.held_until(hold, calendar, today)?;
            pauses.push(Pause { after: hold.from.max(case.start.on), until });
        }
        pauses.retain(|pause| pause.after < pause.until);
        let workdays = limit + extension;
        let due = nth_workday(calendar, &pauses, case.start.on, workdays)?;
        Ok(Deadline {
            start: case.start,
            workdays,
            extension,
            due_on: due.on,
            original_due_on: calendar.add_workdays(case.start.on, limit)?.on,
            provisional: due.provisional,
            pauses,
        })
    }

    /// The day on which a hold ends by itself.
    pub fn hold_ends_on(
        self,
        hold: &Hold,
        calendar: &WorkCalendar,
    ) -> Result<NaiveDate, CalendarError> {
        Ok(calendar.add_workdays(hold.from, self.longest_hold_workdays)?.on)
    }

    fn held_until(
        self,
        hold: &Hold,
        calendar: &WorkCalendar,
        today: NaiveDate,
    ) -> Result<NaiveDate, CalendarError> {
        match &hold.end {
            Some(end) => Ok(end.on),
            None => Ok(today.min(self.hold_ends_on(hold, calendar)?)),
        }
    }
}

/// A stretch in which workdays do not count: after one day, up to and with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The last day before it.
    pub after: NaiveDate,
    /// Its last day.
    pub until: NaiveDate,
}

/// The `workdays`-th workday after `from` on which the clock ran. Pauses follow one another.
fn nth_workday(
    calendar: &WorkCalendar,
    pauses: &[Pause],
    from: NaiveDate,
    workdays: u32,
) -> Result<Counted, CalendarError> {
    let (mut at, mut left) = (from, workdays);
    for pause in pauses.iter().filter(|pause| pause.until > from) {
        let undisturbed = calendar.add_workdays(at, left)?;
        if undisturbed.on <= pause.after {
            break;
        }
        let gone = calendar.workdays_between(at, pause.after.max(at))?;
        left = left.saturating_sub(u32::try_from(gone).unwrap_or(0));
        at = pause.until.max(at);
    }
    let on = calendar.add_workdays(at, left)?.on;
    let all = u32::try_from(calendar.workdays_between(from, on)?).unwrap_or(0);
    Ok(Counted { on, provisional: calendar.add_workdays(from, all)?.provisional })
}

/// The day by whose end a case must be answered, and how it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Day zero, and how we know it.
    pub start: StartDay,
    /// The limit, with the extension.
    pub workdays: u32,
    /// Confirmed workdays beyond the limit.
    pub extension: u32,
    /// The last day that is still on time.
    pub due_on: NaiveDate,
    /// What it would be without extension and holds.
    pub original_due_on: NaiveDate,
    /// The count crossed an unpublished year: the earliest it can be.
    pub provisional: bool,
    /// When the clock stood still.
    pub pauses: Vec<Pause>,
}

impl Deadline {
    /// What stands for the deadline of a case of which none can be counted: due at once, and provisional, so
    /// that it stands before all others wherever cases are shown.
    pub fn uncounted(start: StartDay) -> Self {
        Self {
            start,
            workdays: 0,
            extension: 0,
            due_on: start.on,
            original_due_on: start.on,
            provisional: true,
            pauses: Vec::new(),
        }
    }

    /// Workdays left on `today`: 0 on the due day, negative once overdue, were it on a day off on which no
    /// workday is over yet.
    pub fn workdays_left(
        &self,
        calendar: &WorkCalendar,
        today: NaiveDate,
    ) -> Result<i64, CalendarError> {
        let ahead = self.workdays_ahead(calendar, today)?;
        Ok(if self.is_over(today) { ahead.min(-1) } else { ahead })
    }

    /// Workdays from `day` to the due day: negative after it, 0 also on the days off that follow it.
    pub fn workdays_ahead(
        &self,
        calendar: &WorkCalendar,
        day: NaiveDate,
    ) -> Result<i64, CalendarError> {
        self.between(calendar, day, self.due_on)
    }

    /// Whether the due day is gone on `today`. It stays while the clock that reached it stands still.
    pub fn is_over(&self, today: NaiveDate) -> bool {
        let stays = |pause: &Pause| pause.after <= self.due_on && today <= pause.until;
        today > self.due_on && !self.pauses.iter().any(stays)
    }

    /// Workdays from day zero to `day`: what an answer on that day took.
    pub fn workdays_taken(
        &self,
        calendar: &WorkCalendar,
        day: NaiveDate,
    ) -> Result<i64, CalendarError> {
        self.between(calendar, self.start.on, day)
    }

    /// The workdays on which the clock stood still.
    pub fn workdays_held(&self, calendar: &WorkCalendar) -> Result<i64, CalendarError> {
        self.pauses.iter().map(|p| calendar.workdays_between(p.after, p.until)).sum()
    }

    /// The `workdays`-th workday after `from` on which the clock ran.
    pub fn nth_after(
        &self,
        calendar: &WorkCalendar,
        from: NaiveDate,
        workdays: u32,
    ) -> Result<NaiveDate, CalendarError> {
        Ok(nth_workday(calendar, &self.pauses, from, workdays)?.on)
    }

    /// Workdays after `from` up to and with `to` on which the clock ran; negative backwards.
    pub fn between(
        &self,
        calendar: &WorkCalendar,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<i64, CalendarError> {
        if to < from {
            return Ok(-self.between(calendar, to, from)?);
        }
        let mut workdays = calendar.workdays_between(from, to)?;
        for pause in &self.pauses {
            let (after, until) = (pause.after.max(from), pause.until.min(to));
            if after < until {
                workdays -= calendar.workdays_between(after, until)?;
            }
        }
        Ok(workdays)
    }

    /// Every day from day one to the due day, with its number or the reason it has none.
    pub fn account(&self, calendar: &WorkCalendar) -> Result<Vec<CountedDay>, CalendarError> {
        let all = calendar.workdays_between(self.start.on, self.due_on)?;
        let mut account = calendar.explain(self.start.on, u32::try_from(all).unwrap_or(0))?;
        let mut count = 0;
        for counted in &mut account {
            let date = counted.day.date;
            let paused = self.pauses.iter().any(|pause| pause.after < date && date <= pause.until);
            counted.held = paused && counted.day.workday;
            count += u32::from(counted.day.workday && !paused);
            counted.count = (counted.day.workday && !paused).then_some(count);
            counted.extended = counted.count.is_some() && count > self.workdays - self.extension;
        }
        Ok(account)
    }
}

#[cfg(test)]
mod tests;
