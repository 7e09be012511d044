//! Whether a message that was planned should still go out, and in which words.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::doors::actions;
use super::news::judge_news;
use super::remind::{brief, words, words_of_move};
use super::{App, Live, quiet};
use crate::clock::{at, today, wall};
use crate::domain::calendar::WorkCalendar;
use crate::domain::case::{Case, CaseState};
use crate::domain::directory::Person;
use crate::domain::escalation::is_pressing;
use crate::domain::message::{Occasion, OutboxMessage};
use crate::domain::reminder::{Recipient, Rules, ToldDay};
use crate::domain::silence::Silences;
use crate::notify::Message;
use crate::notify::render::{self, Gathered};
use crate::store::Leased;

/// What to do with a leased message at this instant.
pub(super) enum Verdict {
    /// Send these words.
    Send(Box<Ready>),
    /// It is pointless now.
    Overtaken(&'static str),
    /// Its office is shut: wait.
    Wait(DateTime<Utc>),
}

/// A message ready to go.
pub(super) struct Ready {
    /// The words.
    pub(super) message: Message,
    /// The due day it tells.
    pub(super) due_on: Option<NaiveDate>,
    /// Whether it is seen outside its thread as well.
    pub(super) broadcast: bool,
}

impl Ready {
    pub(super) fn quiet(message: Message) -> Self {
        Self { message, due_on: None, broadcast: false }
    }
}

/// Looks at the case again: what was planned may have become pointless, or differently worded.
pub(super) fn judge(
    (live, silences): (&Live, &Silences),
    leased: &Leased,
    now: DateTime<Utc>,
) -> anyhow::Result<Verdict> {
    let (rules, row, told) = (&live.config.rules, &leased.row, leased.told);
    if row.message.case.is_none() {
        return Ok(judge_alarm(row));
    }
    let (case, presses) = match admitted(live, leased, now)? {
        Ok(admitted) => admitted,
        Err(verdict) => return Ok(verdict),
    };
    let said = (row.message.occasion, &row.message.recipient);
    if silences.hold(said, (today(now), presses)) {
        // Looked at again each morning: the case may press by then.
        return Ok(Verdict::Wait(next_opening(rules, rules.calendar(case), now)));
    }
    let mut verdict = match row.message.occasion {
        Occasion::Stage => judge_stage(rules, case, (row, told), now),
        Occasion::DeadlineMoved => judge_moved(rules, case, (row, told), now),
        Occasion::Answered => judge_answered(rules, case, (&row.message.recipient, now)),
        _ => judge_news(rules, case, row, now),
    }?;
    if let Verdict::Send(ready) = &mut verdict {
        ready.message.actions = actions(live, case, row, now);
        if !has_entry(&row.message.recipient) {
            ready.message.entries.clear();
        }
    }
    Ok(verdict)
}

/// Whether a deadline stands in the calendar of `recipient`: of the unit that answers, which its farewell, that takes
/// it away again, surely reaches.
fn has_entry(recipient: &Recipient) -> bool {
    matches!(recipient, Recipient::Unit(_))
}

/// The case of a message and whether it presses, if it may be said now; else what becomes of the
/// message.
fn admitted<'a>(
    live: &Live,
    leased: &'a Leased,
    now: DateTime<Utc>,
) -> anyhow::Result<Result<(&'a Case, bool), Verdict>> {
    let (rules, row) = (&live.config.rules, &leased.row);
    let Some(case) = &leased.case else {
        return Ok(Err(Verdict::Overtaken("the case is gone")));
    };
    if row.message.case.as_ref().is_some_and(|(_, round)| case.round != *round) {
        return Ok(Err(Verdict::Overtaken("a new round began")));
    }
    // A unit that has the case no longer reads by its own calendar, and has its own quiet hours.
    let reader = row.message.recipient.unit_id().and_then(|id| rules.directory.unit(id));
    let has_it = rules.unit(case);
    let had_it = reader.filter(|reader| has_it.is_none_or(|has_it| has_it.id != reader.id));
    let calendar = match had_it {
        Some(unit) => rules.calendar_of_unit(Some(unit)),
        None => rules.calendar(case),
    };
    if !rules.policy.office_hours.open_at(calendar, wall(now)) {
        return Ok(Err(Verdict::Wait(next_opening(rules, calendar, now))));
    }
    let left = rules.workdays_left(case, today(now))?;
    let presses = is_pressing(left);
    let is_urgent = presses && row.message.occasion.must_arrive();
    let unit = reader.or(has_it).filter(|_| !is_urgent);
    if let Some(until) = quiet::until(unit, &row.message.channel, now) {
        return Ok(Err(Verdict::Wait(until)));
    }
    Ok(Ok((case, presses)))
}

impl App {
    /// The first message of a case, to be edited to say who did what.
    pub(super) async fn judge_acted(
        &self,
        live: &Live,
        leased: &Leased,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Verdict> {
        let case = match admitted(live, leased, now)? {
            Ok((case, _)) => case,
            Err(verdict) => return Ok(verdict),
        };
        let message = &leased.row.message;
        let reader = (&message.channel, &message.recipient);
        let message = self.standing_message(live, case, reader, now).await?;
        Ok(Verdict::Send(Box::new(Ready::quiet(message))))
    }
}

fn judge_stage(
    rules: &Rules,
    case: &Case,
    (row, told): (&OutboxMessage, Option<ToldDay>),
    now: DateTime<Utc>,
) -> anyhow::Result<Verdict> {
    if !case.state.is_open() {
        return Ok(Verdict::Overtaken("the case is answered"));
    }
    let Some(standing) = rules.standing(case, wall(now))? else {
        return Ok(Verdict::Overtaken(
            "the deadline moved, or the case is acknowledged or on hold",
        ));
    };
    if standing.rung.label() != row.message.stage {
        return Ok(Verdict::Overtaken("another stage was reached"));
    }
    if !rules.recipients(case, &standing.rung).contains(&row.message.recipient) {
        return Ok(Verdict::Overtaken("the case went to another unit"));
    }
    if rules.can_wait(case, &standing, &row.message.recipient, wall(now))? {
        return Ok(Verdict::Overtaken("a higher stage falls later today"));
    }
    let mut message = words(rules, case, (standing.rung.stage, &row.message.recipient), now)?;
    let due_on = standing.deadline.due_on;
    let told = told.map(|told| told.due_on);
    if told != Some(due_on) {
        let recipient = &row.message.recipient;
        let brief = brief(rules, case, now)?.read_by(recipient, &rules.directory);
        message.facts.extend(told.map(|told| render::moved_fact(&brief, told)));
        message.entries = vec![render::entry(&brief, false)];
    }
    let broadcast = standing.is_loud();
    Ok(Verdict::Send(Box::new(Ready { message, due_on: Some(due_on), broadcast })))
}

fn judge_moved(
    rules: &Rules,
    case: &Case,
    (row, told): (&OutboxMessage, Option<ToldDay>),
    now: DateTime<Utc>,
) -> anyhow::Result<Verdict> {
    let recipient = &row.message.recipient;
    let moved = told
        .map(|told| rules.moved_from(case, recipient, told.due_on, wall(now)).map(|to| (told, to)));
    let Some((told, Some(due_on))) = moved.transpose()? else {
        return Ok(Verdict::Overtaken("the due day is the one that was told"));
    };
    let message = words_of_move(rules, case, (told, recipient), now)?;
    Ok(Verdict::Send(Box::new(Ready { message, due_on: Some(due_on), broadcast: true })))
}

fn judge_answered(
    rules: &Rules,
    case: &Case,
    (recipient, now): (&Recipient, DateTime<Utc>),
) -> anyhow::Result<Verdict> {
    if case.state != CaseState::Replied {
        return Ok(Verdict::Overtaken("the case is open again"));
    }
    Ok(Verdict::Send(Box::new(Ready::quiet(thanks(rules, case, recipient, now)?))))
}

/// Thanks, with the days that the answer took.
pub(super) fn thanks(
    rules: &Rules,
    case: &Case,
    recipient: &Recipient,
    now: DateTime<Utc>,
) -> anyhow::Result<Message> {
    let calendar = rules.calendar(case);
    let brief = brief(rules, case, now)?.read_by(recipient, &rules.directory);
    let replied_on = today(case.replied_at.unwrap_or(now));
    let taken = brief.deadline.workdays_taken(calendar, replied_on)?;
    let left = brief.deadline.workdays_left(calendar, replied_on)?;
    let is_no_workday_late = brief.deadline.workdays_ahead(calendar, replied_on)? == 0 && left < 0;
    let is_after_on_day_off = is_no_workday_late && !calendar.is_workday(replied_on);
    Ok(render::answered(&brief, taken, (!is_after_on_day_off).then_some(left)))
}

fn judge_alarm(row: &OutboxMessage) -> Verdict {
    let (subject, detail) = row.message.detail.split_once('\n').unwrap_or_default();
    let message = match row.message.occasion {
        Occasion::AlarmOver => render::alarm_over(&row.message.stage, subject),
        _ => render::alarm(&row.message.stage, subject, detail),
    };
    Verdict::Send(Box::new(Ready::quiet(message)))
}

/// Many reminders for one channel as one message (彙整).
pub(super) fn together(
    live: &Live,
    carried: &[(Leased, Ready)],
    now: DateTime<Utc>,
) -> anyhow::Result<Message> {
    let rules = &live.config.rules;
    let mut said = Vec::new();
    let mut mentions: Vec<Person> = Vec::new();
    for (leased, ready) in carried {
        let new = ready.message.mentions.iter().filter(|person| !mentions.contains(person));
        let new: Vec<Person> = new.cloned().collect();
        mentions.extend(new);
        if let Some(case) = &leased.case {
            let recipient = &leased.row.message.recipient;
            said.push(Gathered {
                brief: brief(rules, case, now)?.read_by(recipient, &rules.directory),
                recipient,
                has_entry: has_entry(recipient),
                told: leased.told.map(|told| told.due_on),
            });
        }
    }
    Ok(Message { mentions, ..render::burst(&said) })
}

/// Whether any office may be rung now; regional closures are looked at case by case.
pub(super) fn offices_open(live: &Live, now: DateTime<Utc>) -> bool {
    let rules = &live.config.rules;
    rules.policy.office_hours.open_at(rules.calendars.national(), wall(now))
}

/// When the office next opens after `now`.
pub(super) fn next_opening(
    rules: &Rules,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let hours = rules.policy.office_hours;
    let opening = |day| hours.on(calendar, day).map(|(opens, _)| at(day, opens));
    let days = today(now).iter_days().take(60);
    days.filter_map(opening).find(|opens| *opens > now).unwrap_or(now + TimeDelta::hours(1))
}
