//! Digests: planned like reminders, and worded only when they leave.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::judge::{Ready, Verdict, next_opening};
use super::remind::brief;
use super::{App, Live, quiet};
use crate::clock::{at, today, wall};
use crate::domain::case::Case;
use crate::domain::digest::{self, Digest, Rhythm};
use crate::domain::directory::Unit;
use crate::domain::message::{NewMessage, Occasion, OutboxMessage};
use crate::domain::reminder::{Recipient, Rules};
use crate::domain::silence::Silences;
use crate::notify::Message;
use crate::notify::render::{self, Brief};

/// So long after an office opened late its morning lasts.
const LATE_MORNING: TimeDelta = TimeDelta::hours(1);

/// The digests that are due now, as messages.
pub(super) fn plan(
    live: &Live,
    cases: &[Case],
    silences: &Silences,
    now: DateTime<Utc>,
) -> Vec<NewMessage> {
    let rules = &live.config.rules;
    let known_by = at(today(now), rules.digests.at);
    let due = digest::due(cases, (rules, silences), wall(now), known_by);
    due.into_iter().filter_map(|digest| addressed(rules, digest)).collect()
}

pub(super) fn addressed(rules: &Rules, digest: Digest) -> Option<NewMessage> {
    let channels = digest.recipient.channels(&rules.directory, digest.day);
    Some(NewMessage {
        key: digest.key(),
        case: None,
        occasion: Occasion::Digest,
        stage: digest.rhythm.as_str().to_owned(),
        due_on: None,
        channel: channels.first()?.clone(),
        recipient: digest.recipient,
        detail: digest.day.to_string(),
        may_have_arrived: false,
    })
}

impl App {
    /// Whether a digest should still go out, and what it says now.
    pub(super) async fn judge_digest(
        &self,
        live: &Live,
        row: &OutboxMessage,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Verdict> {
        let rules = &live.config.rules;
        let day: Option<NaiveDate> = row.message.detail.parse().ok();
        if day != Some(today(now))
            || wall(now).time() >= morning_ends(rules, &row.message.recipient, now)
        {
            return Ok(Verdict::Overtaken("its morning is over"));
        }
        let message = match (&row.message.recipient, Rhythm::parse(&row.message.stage)) {
            (Recipient::Administrators, Some(Rhythm::Monthly)) => self.monthly(rules, now).await?,
            (Recipient::Unit(id) | Recipient::Supervisor(id), Some(rhythm)) => {
                let Some(unit) = rules.directory.unit(id) else {
                    return Ok(Verdict::Overtaken("the unit is gone"));
                };
                let calendar = rules.calendar_of_unit(Some(unit));
                if !rules.policy.office_hours.open_at(calendar, wall(now)) {
                    return Ok(Verdict::Wait(next_opening(rules, calendar, now)));
                }
                if let Some(until) = quiet::until(Some(unit), &row.message.channel, now) {
                    return Ok(Verdict::Wait(until));
                }
                let silences = self.store.silences(today(now)).await.context("loading silences")?;
                if silences.of(id, today(now)).is_some() {
                    return Ok(Verdict::Overtaken("the unit is silent"));
                }
                let cases = self.store.open_cases().await.context("loading open cases")?;
                of_unit(rules, &cases, (unit, rhythm), now)
            }
            _ => None,
        };
        let Some(message) = message else { return Ok(Verdict::Overtaken("nothing is open")) };
        Ok(Verdict::Send(Box::new(Ready::quiet(message))))
    }

    /// The month's figures, and every case that is overdue today.
    pub(super) async fn monthly(
        &self,
        rules: &Rules,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<Message>> {
        let cases = self.store.all_cases().await.context("loading cases")?;
        let cases = self.store.with_earlier_rounds(cases).await.context("loading rounds")?;
        let rounds =
            (cases.iter().map(|(case, _)| case), cases.iter().flat_map(|(_, earlier)| earlier));
        let figures = digest::figures(rounds, rules, today(now), today);
        let open = cases.iter().map(|(case, _)| case).filter(|case| case.state.is_open());
        let briefs = briefs(rules, open, now);
        let overdue: Vec<Brief<'_>> =
            briefs.into_iter().filter(|brief| brief.workdays_left < 0).collect();
        Ok(Some(render::monthly(&figures, &overdue)))
    }
}

/// Until when a digest is still said today: where the office opens late, a while after that.
fn morning_ends(rules: &Rules, recipient: &Recipient, now: DateTime<Utc>) -> NaiveTime {
    let unit = recipient.unit_id().and_then(|id| rules.directory.unit(id));
    let hours = rules.policy.office_hours.on(rules.calendar_of_unit(unit), today(now));
    let opens = hours.map(|(opens, _)| opens);
    opens.map_or(rules.digests.until, |opens| rules.digests.until.max(opens + LATE_MORNING))
}

pub(super) fn of_unit(
    rules: &Rules,
    cases: &[Case],
    (unit, rhythm): (&Unit, Rhythm),
    now: DateTime<Utc>,
) -> Option<Message> {
    let known_by = at(today(now), rules.digests.at);
    let briefs = briefs(rules, digest::of_unit(cases, rules, unit, known_by), now);
    if briefs.is_empty() {
        return None;
    }
    if rhythm == Rhythm::Weekly {
        return Some(render::weekly(unit, &briefs));
    }
    let mut message = render::daily(unit, &briefs);
    let calendar = rules.calendar_of_unit(Some(unit));
    // A supervisor without a channel but the unit's is called there, once a week.
    if rules.digests.weekly
        && rules.hears_in_units(unit, today(now))
        && digest::begins_week(calendar, today(now))
    {
        let duty = unit.supervisor_on(today(now));
        let there = duty.there.iter().map(|on| on.person);
        let awake = there.filter(|person| !person.is_quiet_at(wall(now).time()));
        message.mentions = awake.cloned().collect();
    }
    Some(message)
}

/// The facts of each case; those that cannot be counted have an alarm of their own.
fn briefs<'a>(
    rules: &'a Rules,
    cases: impl IntoIterator<Item = &'a Case>,
    now: DateTime<Utc>,
) -> Vec<Brief<'a>> {
    cases.into_iter().filter_map(|case| brief(rules, case, now).ok()).collect()
}
