//! Planning: which reminders are due now, and the keys that keep them from being sent twice.

mod rules;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::act::ActRules;
use super::calendar::{CalendarError, Calendars};
use super::case::{Case, CaseNumber, CaseState};
use super::deadline::{Deadline, DeadlineRule};
use super::digest::DigestRules;
use super::directory::{ChannelAddress, Directory, Unit};
use super::escalation::{Loudness, Moment, Policy, Rung};
use super::kind::Kinds;
use super::silence::Silences;

/// Who is meant by a message, apart from the channel that carries it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// The unit with this id.
    Unit(String),
    /// The supervisor of the unit with this id.
    Supervisor(String),
    /// 資訊處.
    Administrators,
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::Supervisor(id) => write!(f, "supervisor:{id}"),
            Self::Administrators => f.write_str("administrators"),
        }
    }
}

impl Recipient {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("unit", id)) => Some(Self::Unit(id.to_owned())),
            Some(("supervisor", id)) => Some(Self::Supervisor(id.to_owned())),
            None if text == "administrators" => Some(Self::Administrators),
            _ => None,
        }
    }

    /// The id of the unit whose people are meant; `None` for the administrators.
    pub fn unit_id(&self) -> Option<&str> {
        match self {
            Self::Unit(id) | Self::Supervisor(id) => Some(id),
            Self::Administrators => None,
        }
    }

    /// The channels that reach this recipient on `day`, the preferred first.
    pub fn channels(&self, directory: &Directory, day: NaiveDate) -> Vec<ChannelAddress> {
        let unit = |id: &String| directory.unit(id);
        match self {
            Self::Unit(id) => unit(id).map(|unit| unit.channels_on(day)).unwrap_or_default(),
            Self::Supervisor(id) => {
                unit(id).map(|unit| unit.supervisor_channels_on(day)).unwrap_or_default()
            }
            Self::Administrators => directory.administrators.channels.clone(),
        }
    }
}

/// What makes a reminder the same reminder: the promise that it is queued once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReminderKey {
    /// 案號.
    pub case: CaseNumber,
    /// The round it belongs to.
    pub round: u32,
    /// The stage's label: `before-3`, `overdue-2`.
    pub stage: String,
    /// The due day it speaks of.
    pub due_on: NaiveDate,
    /// The day the stage falls on: a closure entered afterwards may put it off to another one, and
    /// it is due anew though the due day is the same. Of a move, the due day.
    pub falls_on: NaiveDate,
    /// Where it goes.
    pub channel: ChannelAddress,
    /// Whom it means.
    pub recipient: Recipient,
    /// The message that told them before it that the case is no longer theirs, or owes nothing: what
    /// they knew of it they hear anew.
    pub after_farewell: Option<i64>,
}

impl fmt::Display for ReminderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, round, stage, due_on, falls_on, channel, recipient, after_farewell } =
            self;
        write!(f, "{case}/{round}/{stage}/{due_on}/{falls_on}/{channel}/{recipient}")?;
        after_farewell.map_or(Ok(()), |message| write!(f, "/after-farewell-{message}"))
    }
}

/// A reminder that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Its identity.
    pub key: ReminderKey,
    /// When its stage fell, in Taipei.
    pub falls_at: NaiveDateTime,
    /// 期限變更: it only says that the due day is no longer the one that was told.
    pub moved: Option<ToldDay>,
}

/// What stands for a stage in the key of a message that only says that the due day moved.
pub const DEADLINE_MOVED: &str = "deadline_moved";

/// A due day that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldDay {
    /// The day.
    pub due_on: NaiveDate,
    /// The message that told it.
    pub message: i64,
    /// When that left.
    pub at: DateTime<Utc>,
}

/// What one recipient was told of one round of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastTold {
    /// When it was last reminded of a stage.
    pub reminded_at: Option<NaiveDateTime>,
    /// The due day it was last told.
    pub day: Option<ToldDay>,
    /// The other due day of which a person did not want it told.
    pub taken_back: Option<NaiveDate>,
    /// Something is still on its way, and will tell the day of its arrival.
    pub waiting: bool,
    /// The last message that told it that the case is no longer its own, or owes nothing.
    pub farewell: Option<i64>,
}

/// What every recipient was told.
pub type Told = BTreeMap<(CaseNumber, u32, Recipient), LastTold>;

/// What the office has decided: everything a plan depends on but the cases and the instant.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The calendars of every region.
    pub calendars: Calendars,
    /// The limits of the platform's own kinds.
    pub deadlines: DeadlineRule,
    /// The other dated duties.
    pub kinds: Kinds,
    /// The ladder of every kind that has none of its own, and the office hours of all.
    pub policy: Policy,
    /// The units.
    pub directory: Directory,
    /// What people may do to a case.
    pub acts: ActRules,
    /// The digests.
    pub digests: DigestRules,
}

impl Rules {
    /// Where an open case stands at `now`, on a day and at an hour when it may be said.
    pub fn standing(
        &self,
        case: &Case,
        now: NaiveDateTime,
    ) -> Result<Option<Standing<'_>>, CalendarError> {
        let calendar = self.calendar(case);
        let open = self.policy.office_hours.open_at(calendar, now);
        if !case.state.is_open() || !open || self.is_held(case, now.date())? {
            return Ok(None);
        }
        let deadline = self.deadline(case, now.date())?;
        let acknowledged = is_acknowledged(case);
        let rung = self.policy(case).standing(&deadline, calendar, (acknowledged, now))?;
        Ok(rung.map(|rung| Standing { deadline, rung }))
    }

    /// The due day of `case`, if `recipient` was told another and should hear of it at `now`.
    pub fn moved_from(
        &self,
        case: &Case,
        recipient: &Recipient,
        told: NaiveDate,
        now: NaiveDateTime,
    ) -> Result<Option<NaiveDate>, CalendarError> {
        let concerned = match recipient {
            Recipient::Unit(id) | Recipient::Supervisor(id) => {
                self.unit(case).is_some_and(|unit| unit.id == *id)
            }
            Recipient::Administrators => true,
        };
        let open = self.policy.office_hours.open_at(self.calendar(case), now);
        if !concerned || !open || !case.state.is_open() || self.is_held(case, now.date())? {
            return Ok(None);
        }
        let due_on = self.deadline(case, now.date())?.due_on;
        Ok((due_on != told).then_some(due_on))
    }
}

/// Whether its officer has said that `case` is in hand, also if it was put on hold after that.
fn is_acknowledged(case: &Case) -> bool {
    match case.state {
        CaseState::Acknowledged => true,
        CaseState::OnHold => case.handling.open_hold().is_some_and(|hold| hold.was_acknowledged),
        _ => false,
    }
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its deadline.
    pub deadline: Deadline,
    /// The highest stage reached.
    pub rung: Rung<'a>,
}

impl Standing<'_> {
    /// Whether the message should be seen outside the case's thread as well.
    pub fn is_loud(&self) -> bool {
        self.rung.stage.loudness == Loudness::Loud
    }

    /// Whether this is the notice that the case is now theirs.
    pub fn is_assignment(&self) -> bool {
        self.rung.stage.moment == Moment::Assigned
    }
}

/// The reminders due at `now`: for each open case the highest stage reached, unless its recipient
/// has been reminded of the case since that stage fell; and for those who were told another due
/// day, and have no reminder due, that it moved.
///
/// What was missed on an earlier day waits for a higher stage of this one, if one falls. A stage
/// is thus never sent twice because the deadline moved by a day, and is sent again when
/// the move makes it due anew. A recipient without any channel falls to the administrators.
pub fn plan<'c>(
    cases: impl IntoIterator<Item = &'c Case>,
    told: &Told,
    rules: &Rules,
    now: NaiveDateTime,
) -> Result<Vec<Reminder>, CalendarError> {
    let mut reminders = Vec::new();
    for case in cases {
        let before = reminders.len();
        if let Some(standing) = rules.standing(case, now)? {
            for recipient in rules.recipients(case, &standing.rung) {
                let last = told.get(&(case.number.clone(), case.round, recipient.clone()));
                let reminded_at = last.and_then(|last| last.reminded_at);
                let is_due = reminded_at.is_none_or(|at| at < standing.rung.falls_at);
                if is_due && !rules.can_wait(case, &standing, &recipient, now)? {
                    let whom = (recipient, last.and_then(|last| last.farewell));
                    reminders.extend(address(case, &standing, whom, (rules, now.date())));
                }
            }
        }
        let mut moves = moves(case, told, rules, now)?;
        let reminded = reminders.get(before..).unwrap_or_default();
        moves.retain(|m| reminded.iter().all(|r| r.key.recipient != m.key.recipient));
        reminders.extend(moves);
    }
    Ok(reminders)
}

/// 期限變更, to everyone still concerned who was told another due day than the one that holds; where the unit was
/// told a day, whoever reads with it hears of the move from that.
fn moves(
    case: &Case,
    told: &Told,
    rules: &Rules,
    now: NaiveDateTime,
) -> Result<Vec<Reminder>, CalendarError> {
    let first = (case.number.clone(), case.round, Recipient::Unit(String::new()));
    let of_case = told
        .range(first..)
        .take_while(|((number, round, _), _)| *number == case.number && *round == case.round);
    let knows = |recipient: Recipient| {
        let last = told.get(&(case.number.clone(), case.round, recipient));
        last.is_some_and(|last| last.waiting || last.day.is_some())
    };
    let mut moves = Vec::new();
    for ((.., recipient), last) in of_case {
        let Some(day) = last.day.filter(|_| !last.waiting) else { continue };
        let moved = rules.moved_from(case, recipient, day.due_on, now)?;
        let Some(due_on) = moved.filter(|to| last.taken_back != Some(*to)) else { continue };
        // Of those who read together the first hears of it.
        let hears_there = |unit: &Unit| {
            let others = [Recipient::Unit(unit.id.clone()), Recipient::Supervisor(unit.id.clone())];
            let mut others = others.into_iter().filter(|other| other < recipient);
            others.any(|other| rules.read_together(&other, recipient, now.date()) && knows(other))
        };
        if rules.unit(case).is_some_and(hears_there) {
            continue;
        }
        let channels = recipient.channels(&rules.directory, now.date());
        let Some(channel) = channels.first() else { continue };
        let key = ReminderKey {
            case: case.number.clone(),
            round: case.round,
            stage: DEADLINE_MOVED.to_owned(),
            due_on,
            falls_on: due_on,
            channel: channel.clone(),
            recipient: recipient.clone(),
            after_farewell: None,
        };
        moves.push(Reminder { key, falls_at: now, moved: Some(day) });
    }
    Ok(moves)
}

fn address(
    case: &Case,
    standing: &Standing<'_>,
    (recipient, after_farewell): (Recipient, Option<i64>),
    (rules, today): (&Rules, NaiveDate),
) -> Option<Reminder> {
    let directory = &rules.directory;
    let channels = recipient.channels(directory, today);
    let channel = channels.first().or_else(|| directory.administrators.channels.first())?.clone();
    let key = ReminderKey {
        case: case.number.clone(),
        round: case.round,
        stage: standing.rung.label(),
        due_on: standing.deadline.due_on,
        falls_on: standing.rung.falls_at.date(),
        channel,
        recipient,
        after_farewell,
    };
    Some(Reminder { key, falls_at: standing.rung.falls_at, moved: None })
}

/// Every reminder that would be planned at `from`, and on until the end of `until` if it is given,
/// in order, if nothing else happened: no reply, no new case, no edit.
pub fn foresee(
    cases: &[Case],
    mut told: Told,
    (rules, silences): (&Rules, &Silences),
    (from, until): (NaiveDateTime, Option<NaiveDate>),
) -> Result<Vec<(NaiveDateTime, Reminder)>, CalendarError> {
    let mut foreseen = Vec::new();
    for now in moments(rules, from, until) {
        for reminder in plan(silences.audible(cases, rules, now)?, &told, rules, now)? {
            let key = &reminder.key;
            let last = told.entry((key.case.clone(), key.round, key.recipient.clone()));
            let last = last.or_default();
            // By then all is known that is known now.
            let (due_on, at) = (key.due_on, DateTime::<Utc>::MAX_UTC);
            last.day = Some(ToldDay { due_on, message: i64::MAX, at });
            if reminder.moved.is_none() {
                last.reminded_at = Some(now);
            }
            foreseen.push((now, reminder));
        }
    }
    Ok(foreseen)
}

/// The moments at which a plan can change: office openings, the stages' and the digests' times of
/// day.
pub fn moments(rules: &Rules, from: NaiveDateTime, until: Option<NaiveDate>) -> Vec<NaiveDateTime> {
    let hours = rules.policy.office_hours;
    let own = rules.kinds.0.iter().filter_map(|duty| duty.policy.as_ref());
    let stages = own.chain([&rules.policy]).flat_map(|policy| &policy.stages);
    let mut times: Vec<_> = stages.map(|stage| stage.at).collect();
    times.extend([hours.opens, hours.noon, rules.digests.at]);
    times.sort_unstable();
    times.dedup();
    let days = from.date().iter_days().take_while(|day| until.is_some_and(|last| *day <= last));
    let later = days.flat_map(|day| times.iter().map(move |time| day.and_time(*time)));
    std::iter::once(from).chain(later.filter(|moment| *moment > from)).collect()
}

#[cfg(test)]
mod tests;
