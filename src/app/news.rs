//! What is said of a case beside its stages: what people did to it, and what became of its answer.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use anyhow::Context;

use super::doors::{hears_clicks, marks};
use super::judge::{Ready, Verdict};
use super::remind::brief;
use super::{App, Live, alarms};
use crate::clock::today;
use crate::domain::act::Performed;
use crate::domain::case::{Case, CaseState};
use crate::domain::handling::ExtensionState;
use crate::domain::message::{NewMessage, Occasion, OutboxMessage};
use crate::domain::reminder::{Recipient, Rules};
use crate::notify::Message;
use crate::notify::render::{self, News};
use crate::store::{Consequence, Reminded};

/// Nobody is asked what became of a question later than this after the right day: who turns the
/// asking on is not flooded with old answers.
const FOLLOW_UP_WITHIN_WORKDAYS: i64 = 20;
/// Answers older than this are not even looked at: more than any count of workdays above.
pub(super) const FOLLOW_UP_LOOKS_BACK: TimeDelta = TimeDelta::days(400);

/// Queues news of a case, each to the first channel of its recipient.
pub(super) struct Desk<'a> {
    pub(super) live: &'a Live,
    pub(super) case: &'a Case,
    pub(super) now: DateTime<Utc>,
}

impl Desk<'_> {
    /// News of this moment: the same again at another moment is news again.
    fn news(&self, occasion: Occasion, recipient: Recipient, detail: &str) -> Option<NewMessage> {
        let moment = self.now.timestamp_millis().to_string();
        self.message((occasion, &moment), recipient, detail)
    }

    /// News that is the same by `once`: it is queued once, by whichever channel reaches its recipient.
    pub(super) fn message(
        &self,
        (occasion, once): (Occasion, &str),
        recipient: Recipient,
        detail: &str,
    ) -> Option<NewMessage> {
        let (directory, day) = (&self.live.config.rules.directory, today(self.now));
        let channels = recipient.channels(directory, day);
        let channel = channels.first().or_else(|| directory.administrators.channels.first())?;
        let once = format!("{once}/{recipient}");
        let message = NewMessage::of_case(self.case, (occasion, &once), channel, recipient);
        Some(NewMessage { detail: detail.to_owned(), ..message })
    }

    /// The unit of the case, or the administrators where no unit has it.
    fn unit(&self) -> Recipient {
        let unit = self.live.config.rules.unit(self.case);
        unit.map_or(Recipient::Administrators, |unit| Recipient::Unit(unit.id.clone()))
    }

    /// Who grants an extension: the supervisor, in the unit's channel if there is no other; but the
    /// administrators, where people act by links, which whoever reads in that channel could follow.
    pub(super) fn supervisor(&self) -> Recipient {
        let Some(unit) = self.live.config.rules.unit(self.case) else {
            return Recipient::Administrators;
        };
        let is_told_there = |channel| self.live.links.is_none() || hears_clicks(self.live, channel);
        if !unit.supervisor_channels.is_empty() {
            Recipient::Supervisor(unit.id.clone())
        } else if unit.supervisor.is_some() && unit.channels.first().is_some_and(is_told_there) {
            Recipient::Unit(unit.id.clone())
        } else {
            Recipient::Administrators
        }
    }
}

/// The units that were reminded of a case.
fn reminded_units(reminded: &[Reminded]) -> Vec<Recipient> {
    let mut units: Vec<Recipient> = Vec::new();
    for Reminded { recipient, .. } in reminded {
        if matches!(recipient, Recipient::Unit(_)) && !units.contains(recipient) {
            units.push(recipient.clone());
        }
    }
    units
}

/// 改分: the units that had the case hear that it is no longer theirs, and the one that has it now,
/// if any, how many days are left.
pub(super) fn handed_over(
    live: &Live,
    (case, reminded): (&Case, &[Reminded]),
    detail: &str,
    now: DateTime<Utc>,
) -> Vec<NewMessage> {
    let desk = Desk { live, case, now };
    let is_open = case.state.is_open();
    let (has_it, had_it) = (desk.unit(), reminded_units(reminded));
    let mut messages = Vec::new();
    for unit in had_it.iter().filter(|unit| **unit != has_it || !is_open) {
        messages.extend(desk.news(Occasion::GivenAway, unit.clone(), detail));
    }
    let is_another = !had_it.contains(&has_it);
    let is_news = is_another && !had_it.is_empty();
    if is_news && is_open && has_it != Recipient::Administrators {
        messages.extend(desk.news(Occasion::Reassigned, has_it, detail));
    }
    // What was asked for waits for whoever decides now.
    let asked = case.handling.asked_extension().filter(|_| is_another && is_open);
    if let Some(asked) = asked {
        messages.extend(desk.news(Occasion::ExtensionAsked, desk.supervisor(), &asked.reason));
    }
    messages
}

/// What an act asks for at once.
pub(super) fn asked_for(
    live: &Live,
    performed: &Performed,
    reminded: &[Reminded],
    now: DateTime<Utc>,
) -> Vec<Consequence> {
    let case = &performed.case;
    let Some(entry) = performed.entries.first() else { return Vec::new() };
    let desk = Desk { live, case, now };
    let detail = entry.reason.as_str();
    let is_done = performed.entries.iter().any(|entry| entry.event == "replied");
    let mut messages = match entry.event {
        _ if is_done => super::changes::thanks(live, (case, reminded), now),
        "extension_asked" => {
            desk.news(Occasion::ExtensionAsked, desk.supervisor(), detail).into_iter().collect()
        }
        "extension_refused" => {
            desk.news(Occasion::ExtensionRefused, desk.unit(), detail).into_iter().collect()
        }
        "reassigned" => handed_over(live, (case, reminded), detail, now),
        "withdrawn" => reminded_units(reminded)
            .into_iter()
            .filter_map(|unit| desk.news(Occasion::Withdrawn, unit, detail))
            .collect(),
        _ => Vec::new(),
    };
    let is_changed = is_done || !matches!(entry.event, "note" | "ticked");
    if is_changed {
        messages.extend(marks(live, case, reminded, now));
    }
    let is_over = is_changed && !case.state.is_open();
    let said = (!messages.is_empty()).then_some(Consequence::Messages(messages));
    let over = is_over.then(|| alarms::end_with(live, case));
    let is_missing_again = entry.event == "reopened" && case.vanished_at.is_some();
    let missing = is_missing_again.then(|| alarms::vanished(live, case));
    said.into_iter().chain(over.into_iter().flatten()).chain(missing).collect()
}

impl App {
    /// Says what the days bring by themselves: a reported reply that the platform does not show,
    /// and the question what became of an answered one. Returns how much is new.
    pub(super) async fn queue_news(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let rules = &live.config.rules;
        let mut messages = Vec::new();
        let unconfirmed = self.store.unconfirmed_cases().await;
        for case in unconfirmed.context("loading reported replies")? {
            if is_reply_missing(rules, &case, now)? {
                messages.extend(not_shown(&Desk { live, case: &case, now }));
            }
        }
        if rules.acts.follow_up_after_workdays.is_some() {
            let answered = self.store.cases_to_follow_up(now - FOLLOW_UP_LOOKS_BACK).await;
            for case in answered.context("loading answered cases")? {
                if is_time_to_follow_up(rules, &case, now)? {
                    messages.extend(follow_up(&Desk { live, case: &case, now }));
                }
            }
        }
        self.store.enqueue(messages, now).await.context("queueing news")
    }
}

/// 延伸精進: what became of the question?
pub(super) fn follow_up(desk: &Desk<'_>) -> Option<NewMessage> {
    desk.message((Occasion::FollowUpAsked, "once"), desk.unit(), "")
}

/// To the unit and to the administrators.
pub(super) fn not_shown(desk: &Desk<'_>) -> Vec<NewMessage> {
    let replied_on = desk.case.replied_at.map(today).unwrap_or_default().to_string();
    let about = (Occasion::ReplyNotShown, replied_on.as_str());
    let (unit, administrators) = (desk.unit(), Recipient::Administrators);
    let rules = &desk.live.config.rules;
    let is_told_there =
        unit == administrators || rules.read_together(&unit, &administrators, today(desk.now));
    let administrators = (!is_told_there).then_some(administrators);
    let recipients = std::iter::once(unit).chain(administrators);
    recipients.filter_map(|recipient| desk.message(about, recipient, "")).collect()
}

/// Workdays since the answer.
fn workdays_since_reply(rules: &Rules, case: &Case, now: DateTime<Utc>) -> anyhow::Result<i64> {
    let replied_on = case.replied_at.map_or(today(now), today);
    Ok(rules.calendar(case).workdays_between(replied_on, today(now))?)
}

fn is_reply_missing(rules: &Rules, case: &Case, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let within = i64::from(rules.acts.reply_shown_within_workdays);
    let waits = case.handling.reply_unconfirmed && case.state == CaseState::Replied;
    Ok(waits && workdays_since_reply(rules, case, now)? > within)
}

fn is_time_to_follow_up(rules: &Rules, case: &Case, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let Some(after) = rules.acts.follow_up_after_workdays.map(i64::from) else { return Ok(false) };
    let gone = workdays_since_reply(rules, case, now)?;
    Ok(rules.unit(case).is_some() && (after..=after + FOLLOW_UP_WITHIN_WORKDAYS).contains(&gone))
}

/// Whether news that was queued is still news, and its words.
pub(super) fn judge_news(
    rules: &Rules,
    case: &Case,
    row: &OutboxMessage,
    now: DateTime<Utc>,
) -> anyhow::Result<Verdict> {
    let Some((message, due_on)) = words(rules, case, &row.message, now)? else {
        return Ok(Verdict::Overtaken("it is no longer so"));
    };
    Ok(Verdict::Send(Box::new(Ready { message, due_on, broadcast: true })))
}

/// The words of news that is still news, and the due day that they tell.
pub(super) fn words(
    rules: &Rules,
    case: &Case,
    message: &NewMessage,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<(Message, Option<NaiveDate>)>> {
    let has_it = match &message.recipient {
        Recipient::Unit(id) => rules.unit(case).is_some_and(|unit| unit.id == *id),
        Recipient::Supervisor(id) if message.occasion == Occasion::ExtensionAsked => {
            rules.unit(case).is_some_and(|unit| unit.id == *id)
        }
        Recipient::Supervisor(_) | Recipient::Administrators => true,
    };
    let brief = brief(rules, case, now)?.read_by(&message.recipient, &rules.directory);
    let reason = message.detail.as_str();
    let unit = brief.unit.map_or(case.agency.as_str(), |unit| unit.name.as_str());
    let last = case.handling.extensions.last();
    let news = match message.occasion {
        Occasion::ExtensionAsked => last
            .filter(|e| has_it && e.state == ExtensionState::Asked && case.state.is_open())
            .map(|e| News::ExtensionAsked { by: &e.asked_by, workdays: e.workdays, reason }),
        Occasion::ExtensionRefused => {
            last.filter(|e| e.state == ExtensionState::Refused && case.state.is_open()).map(|e| {
                News::ExtensionRefused { by: e.decided_by.as_deref().unwrap_or_default(), reason }
            })
        }
        Occasion::Reassigned => {
            (has_it && case.state.is_open()).then_some(News::Reassigned { reason })
        }
        Occasion::GivenAway => {
            let gone = !has_it || !rules.is_ours(case);
            gone.then_some(News::GivenAway { to: unit })
        }
        Occasion::Withdrawn => {
            (case.state == CaseState::Withdrawn).then_some(News::Withdrawn { reason })
        }
        Occasion::ReplyNotShown => {
            let elsewhere =
                message.recipient == Recipient::Administrators && rules.unit(case).is_some();
            is_reply_missing(rules, case, now)?.then_some(News::NotShown { elsewhere })
        }
        _ => is_time_to_follow_up(rules, case, now)?.then_some(News::FollowUp),
    };
    let Some(news) = news else { return Ok(None) };
    let told = matches!(news, News::Reassigned { .. }).then_some(brief.deadline.due_on);
    Ok(Some((render::news(&brief, &news), told)))
}
