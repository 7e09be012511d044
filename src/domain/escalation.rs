//! The ladder: which stage a case has reached at an instant.
//!
//! A stage's moment is counted in workdays from the start day or from the due day, so it always
//! falls on a workday. Where a case *stands* is a function of the instant alone: after an outage
//! only the highest stage reached is seen (逐級通報).

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::calendar::{CalendarError, DayPart, WorkCalendar};
use super::deadline::Deadline;
use super::kind::{FixedDay, workday_from};

/// When a stage falls, in workdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// As soon as the case is known.
    Assigned,
    /// This many workdays after the start day.
    After(u32),
    /// This many workdays before the due day.
    Before(u32),
    /// On the due day.
    Due,
    /// On this day, or the next workday where it is none; never before the start day.
    On(FixedDay),
    /// Every `every` workdays past the due day, from the `from`-th on.
    OverdueEvery {
        /// The distance between two reminders.
        every: u32,
        /// The first workday past the due day that rings.
        from: u32,
    },
}

/// Whom a stage reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// The unit's channel, with the officers mentioned by name.
    Officer,
    /// The unit's channel.
    Unit,
    /// The unit's supervisor.
    Supervisor,
    /// 資訊處.
    Administrators,
}

impl Audience {
    /// Every audience.
    pub const ALL: [Self; 4] = [Self::Officer, Self::Unit, Self::Supervisor, Self::Administrators];

    /// The word used in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Unit => "unit",
            Self::Supervisor => "supervisor",
            Self::Administrators => "administrators",
        }
    }
}

/// How much a message insists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loudness {
    /// For information.
    Quiet,
    /// An ordinary reminder.
    Normal,
    /// Seen in the channel too, not only in the case's thread.
    Loud,
}

impl Loudness {
    /// Every loudness.
    pub const ALL: [Self; 3] = [Self::Quiet, Self::Normal, Self::Loud];

    /// The word used in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Normal => "normal",
            Self::Loud => "loud",
        }
    }
}

/// One stage of the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// A short name that never changes: `before-3`.
    pub name: String,
    /// When it falls.
    pub moment: Moment,
    /// The time of day, within office hours.
    pub at: NaiveTime,
    /// Whom it reaches.
    pub reaches: Vec<Audience>,
    /// How much it insists.
    pub loudness: Loudness,
    /// Whether it calls people by name (@), not only their channel.
    pub mentions: bool,
    /// Falls silent once the officer has said that the case is in hand (受理).
    pub silenced_by_acknowledgement: bool,
}

/// Whether no quiet hours and no silence hold any more: from a workday before the due day on.
pub fn is_pressing(workdays_left: i64) -> bool {
    workdays_left <= 1
}

/// The ladder and the hours in which it may ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The stages, lowest first; of two at the same moment the later one wins.
    pub stages: Vec<Stage>,
    /// When the offices are open.
    pub office_hours: OfficeHours,
}

/// 辦公時間: nothing rings outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficeHours {
    /// The first minute.
    pub opens: NaiveTime,
    /// The last.
    pub closes: NaiveTime,
    /// Where the day is cut when half of it is closed.
    pub noon: NaiveTime,
}

impl OfficeHours {
    /// When the office opens and closes on `date`, or `None` on a day off.
    pub fn on(&self, calendar: &WorkCalendar, date: NaiveDate) -> Option<(NaiveTime, NaiveTime)> {
        let day = calendar.day(date);
        if !day.kind.is_work() {
            return None;
        }
        match day.closure.and_then(|closure| closure.part) {
            Some(DayPart::Morning) => Some((self.noon, self.closes)),
            Some(DayPart::Afternoon) => Some((self.opens, self.noon)),
            None => Some((self.opens, self.closes)),
        }
    }

    /// How much of the time from `from` to `to` the office was open.
    pub fn open_between(
        &self,
        calendar: &WorkCalendar,
        from: NaiveDateTime,
        to: NaiveDateTime,
    ) -> TimeDelta {
        let days = from.date().iter_days().take_while(|day| *day <= to.date());
        let open = |day: NaiveDate| {
            let (opens, closes) = self.on(calendar, day)?;
            let (begins, ends) = (day.and_time(opens).max(from), day.and_time(closes).min(to));
            Some(ends - begins).filter(|open| *open > TimeDelta::zero())
        };
        days.filter_map(open).sum()
    }

    /// Whether the office is open at `now`: the last minute is the one in which it closes, to its end.
    pub fn open_at(&self, calendar: &WorkCalendar, now: NaiveDateTime) -> bool {
        let minute = now.time().with_second(0).and_then(|time| time.with_nanosecond(0));
        let minute = minute.unwrap_or(now.time());
        let hours = self.on(calendar, now.date());
        hours.is_some_and(|(opens, closes)| opens <= minute && minute <= closes)
    }
}

/// A stage at the place where it falls for one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung<'a> {
    /// The stage.
    pub stage: &'a Stage,
    /// Which repetition: 1 unless the stage repeats; of a fixed day, the day as a number (20260630).
    pub step: u32,
    /// When it falls.
    pub falls_at: NaiveDateTime,
}

impl Rung<'_> {
    /// The stage's name in keys and in the outbox: `due`, `overdue-2`.
    pub fn label(&self) -> String {
        match self.stage.moment {
            Moment::OverdueEvery { .. } | Moment::On(_) => {
                format!("{}-{}", self.stage.name, self.step)
            }
            _ => self.stage.name.clone(),
        }
    }
}

impl Stage {
    fn rings(&self, acknowledged: bool) -> bool {
        !(acknowledged && self.silenced_by_acknowledgement)
    }
}

impl Policy {
    /// Where a case with this deadline stands at `now`: the highest stage reached, if any. Those
    /// that an acknowledgement silences do not count once there is one.
    pub fn standing(
        &self,
        deadline: &Deadline,
        calendar: &WorkCalendar,
        (acknowledged, now): (bool, NaiveDateTime),
    ) -> Result<Option<Rung<'_>>, CalendarError> {
        let mut highest: Option<Rung<'_>> = None;
        for stage in self.stages.iter().filter(|stage| stage.rings(acknowledged)) {
            // A limit no longer than a warning's has no such day: on the first one it would drown the assignment.
            let drowns = matches!(stage.moment, Moment::Before(days) if days >= deadline.workdays);
            if drowns && self.stages.iter().any(|stage| stage.moment == Moment::Assigned) {
                continue;
            }
            if let Some(rung) = rung_reached(stage, deadline, calendar, now)?
                && highest.is_none_or(|known| known.falls_at <= rung.falls_at)
            {
                highest = Some(rung);
            }
        }
        Ok(highest)
    }
}

/// The last repetition of `stage` that has fallen by `now`.
fn rung_reached<'a>(
    stage: &'a Stage,
    deadline: &Deadline,
    calendar: &WorkCalendar,
    now: NaiveDateTime,
) -> Result<Option<Rung<'a>>, CalendarError> {
    let (step, falls_at) = match stage.moment {
        // Ranks lowest whenever it was posted; the office hours say when it rings.
        Moment::Assigned => (1, deadline.start.on.and_time(NaiveTime::MIN)),
        Moment::After(workdays) => {
            let day = deadline.nth_after(calendar, deadline.start.on, workdays)?;
            (1, day.and_time(stage.at))
        }
        Moment::Before(workdays) => {
            let counted = deadline.workdays.saturating_sub(workdays);
            let day = deadline.nth_after(calendar, deadline.start.on, counted)?;
            (1, day.and_time(stage.at))
        }
        Moment::Due => (1, deadline.due_on.and_time(stage.at)),
        Moment::On(fixed) => match last_fixed(stage.at, deadline, calendar, now, fixed)? {
            Some(reached) => reached,
            None => return Ok(None),
        },
        Moment::OverdueEvery { every, from } => {
            match overdue_step(stage.at, deadline, calendar, now, (every, from))? {
                Some(step) => {
                    let day = deadline.nth_after(calendar, deadline.due_on, step)?;
                    (step, day.and_time(stage.at))
                }
                None => return Ok(None),
            }
        }
    };
    Ok((falls_at <= now).then_some(Rung { stage, step, falls_at }))
}

/// The last overdue workday of the rhythm whose time of day has come.
fn overdue_step(
    at: NaiveTime,
    deadline: &Deadline,
    calendar: &WorkCalendar,
    now: NaiveDateTime,
    (every, from): (u32, u32),
) -> Result<Option<u32>, CalendarError> {
    let today = now.date();
    let mut past = deadline.between(calendar, deadline.due_on, today)?;
    let rings_today = deadline.between(calendar, today.pred_opt().unwrap_or(today), today)? > 0;
    if rings_today && now.time() < at {
        past -= 1;
    }
    let Some(beyond) = u32::try_from(past).ok().and_then(|past| past.checked_sub(from)) else {
        return Ok(None);
    };
    Ok(Some(from + beyond / every.max(1) * every.max(1)))
}

/// The last day of `fixed` whose moment has come, as a number, and that moment.
fn last_fixed(
    at: NaiveTime,
    deadline: &Deadline,
    calendar: &WorkCalendar,
    now: NaiveDateTime,
    fixed: FixedDay,
) -> Result<Option<(u32, NaiveDateTime)>, CalendarError> {
    let mut until = Some(now.date());
    while let Some(day) = until.and_then(|until| fixed.until(until)) {
        if day < deadline.start.on {
            break;
        }
        let falls_at = workday_from(day, calendar)?.on.and_time(at);
        if falls_at <= now {
            let number = day.year().unsigned_abs() * 10_000 + day.month() * 100 + day.day();
            return Ok(Some((number, falls_at)));
        }
        until = day.pred_opt();
    }
    Ok(None)
}
