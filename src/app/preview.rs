//! Looking ahead: what would be sent, if nothing else happened; nothing is queued.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::news::{self, Desk};
use super::remind::{brief, words, words_of_move};
use super::{App, Live, digest, quiet};
use crate::clock::{at, instant, today, wall};
use crate::domain::case::Case;
use crate::domain::digest::due;
use crate::domain::directory::{ChannelAddress, Unit};
use crate::domain::escalation::is_pressing;
use crate::domain::message::{NewMessage, Occasion};
use crate::domain::reminder::{self, Recipient, Rules};
use crate::domain::silence::Silences;
use crate::notify::Message;

/// A message that would be sent, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// When it would be sent.
    pub at: DateTime<Utc>,
    /// What would be queued.
    pub message: NewMessage,
    /// The due day of its case.
    pub due_on: Option<NaiveDate>,
    /// What it would say.
    pub words: Message,
}

/// What is looked at from here.
struct Sight<'a> {
    live: &'a Live,
    silences: Silences,
    from: DateTime<Utc>,
    until: Option<NaiveDate>,
}

impl Sight<'_> {
    fn rules(&self) -> &Rules {
        &self.live.config.rules
    }

    fn moments(&self) -> Vec<NaiveDateTime> {
        reminder::moments(self.rules(), wall(self.from), self.until)
    }

    /// Whether the office of `unit` is open; without one, the ministry's.
    fn is_open(&self, unit: Option<&Unit>, moment: NaiveDateTime) -> bool {
        let rules = self.rules();
        rules.policy.office_hours.open_at(rules.calendar_of_unit(unit), moment)
    }
}

impl App {
    /// What would be sent at `from`, and on until the end of `until` if it is given, as if nothing
    /// else happened in between; writes nothing.
    pub async fn preview(
        &self,
        from: DateTime<Utc>,
        until: Option<NaiveDate>,
    ) -> anyhow::Result<Vec<Foreseen>> {
        self.preview_by(&self.live(), from, until).await
    }

    /// The same by another configuration than the one in force.
    pub(super) async fn preview_by(
        &self,
        live: &Live,
        from: DateTime<Utc>,
        until: Option<NaiveDate>,
    ) -> anyhow::Result<Vec<Foreseen>> {
        let silences = self.silences(from).await?;
        let sight = Sight { live, silences, from, until };
        let (cases, _) = self.counted_cases(sight.rules(), from).await?;
        let mut foreseen = self.foreseen_reminders(&sight, &cases).await?;
        let mut others = self.foreseen_digests(&sight, &cases).await?;
        others.extend(self.foreseen_news(&sight).await?);
        let keys = others.iter().map(|other| other.message.key.clone()).collect();
        let known = self.store.queued_by(keys, from).await.context("loading what was queued")?;
        foreseen.extend(others.into_iter().filter(|other| !known.contains(&other.message.key)));
        foreseen.sort_by_key(|foreseen| foreseen.at);
        Ok(foreseen)
    }

    async fn foreseen_reminders(
        &self,
        sight: &Sight<'_>,
        cases: &[Case],
    ) -> anyhow::Result<Vec<Foreseen>> {
        let rules = sight.rules();
        let mut told = self.store.told().await.context("loading what was told")?;
        told.retain(|_, last| last.reminded_at.is_none_or(|at| at <= wall(sight.from)));
        let (by, span) = ((rules, &sight.silences), (wall(sight.from), sight.until));
        let mut shown = Vec::new();
        for (moment, reminder) in reminder::foresee(cases, told, by, span)? {
            let at = instant(moment);
            let Some(case) = cases.iter().find(|case| case.number == reminder.key.case) else {
                continue;
            };
            let recipient = &reminder.key.recipient;
            let words = match (&reminder.moved, rules.standing(case, moment)?) {
                (Some(told), _) => words_of_move(rules, case, (*told, recipient), at)?,
                (None, Some(standing)) => words(rules, case, (standing.rung.stage, recipient), at)?,
                (None, None) => continue,
            };
            let due_on = Some(reminder.key.due_on);
            let at = leaves_at(rules, case, (&reminder.key.channel, Occasion::Stage), at)?;
            shown.push(Foreseen { at, message: reminder.into(), due_on, words });
        }
        Ok(shown)
    }

    async fn foreseen_digests(
        &self,
        sight: &Sight<'_>,
        cases: &[Case],
    ) -> anyhow::Result<Vec<Foreseen>> {
        let (rules, mut seen, mut shown) = (sight.rules(), BTreeSet::new(), Vec::new());
        for moment in sight.moments() {
            let now = instant(moment);
            let known_by = at(today(now), rules.digests.at);
            for digest in due(cases, (rules, &sight.silences), moment, known_by) {
                let unit = digest.recipient.unit_id().and_then(|id| rules.directory.unit(id));
                if !sight.is_open(unit, moment) || !seen.insert(digest.key()) {
                    continue;
                }
                let words = match unit {
                    Some(unit) => digest::of_unit(rules, cases, (unit, digest.rhythm), now),
                    None => self.monthly(rules, now).await?,
                };
                let message = digest::addressed(rules, digest);
                let (Some(message), Some(words)) = (message, words) else { continue };
                let at = quiet::until(unit, &message.channel, now).unwrap_or(now);
                shown.push(Foreseen { at, message, due_on: None, words });
            }
        }
        Ok(shown)
    }

    async fn foreseen_news(&self, sight: &Sight<'_>) -> anyhow::Result<Vec<Foreseen>> {
        let mut shown = Vec::new();
        let unconfirmed = self.store.unconfirmed_cases().await;
        for case in unconfirmed.context("loading reported replies")? {
            let desk = Desk { live: sight.live, case: &case, now: sight.from };
            for message in news::not_shown(&desk) {
                shown.extend(first_moment(sight, &case, &message)?);
            }
        }
        let since = sight.from - news::FOLLOW_UP_LOOKS_BACK;
        let answered = self.store.cases_to_follow_up(since).await;
        for case in answered.context("loading answered cases")? {
            let desk = Desk { live: sight.live, case: &case, now: sight.from };
            if let Some(message) = news::follow_up(&desk) {
                shown.extend(first_moment(sight, &case, &message)?);
            }
        }
        Ok(shown)
    }
}

/// The first moment at which news of `case` is news and may be said, with its words.
fn first_moment(
    sight: &Sight<'_>,
    case: &Case,
    message: &NewMessage,
) -> anyhow::Result<Option<Foreseen>> {
    let rules = sight.rules();
    let said: (Occasion, &Recipient) = (message.occasion, &message.recipient);
    for moment in sight.moments() {
        let (now, calendar) = (instant(moment), rules.calendar(case));
        let Ok(deadline) = rules.deadline(case, moment.date()) else { return Ok(None) };
        let pressing = is_pressing(deadline.workdays_left(calendar, moment.date())?);
        if !rules.policy.office_hours.open_at(calendar, moment)
            || sight.silences.hold(said, (moment.date(), pressing))
        {
            continue;
        }
        let Some((words, _)) = news::words(rules, case, message, now)? else { continue };
        let at = leaves_at(rules, case, (&message.channel, message.occasion), now)?;
        let (message, due_on) = (message.clone(), Some(deadline.due_on));
        return Ok(Some(Foreseen { at, message, due_on, words }));
    }
    Ok(None)
}

/// When what is due at `at` leaves: a channel of somebody's own waits for the end of quiet hours.
fn leaves_at(
    rules: &Rules,
    case: &Case,
    (channel, occasion): (&ChannelAddress, Occasion),
    at: DateTime<Utc>,
) -> anyhow::Result<DateTime<Utc>> {
    let brief = brief(rules, case, at)?;
    let is_urgent = is_pressing(brief.workdays_left) && occasion.must_arrive();
    let unit = brief.unit.filter(|_| !is_urgent);
    Ok(quiet::until(unit, channel, at).unwrap_or(at))
}
