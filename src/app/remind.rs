//! Plan what is due at this instant and queue it. How it looks ahead without queueing: `preview.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Datelike, Utc};

use super::calendar::FOUND;
use super::{App, Live, StepReport, alarms, digest};
use crate::clock::{today, wall};
use crate::domain::case::Case;
use crate::domain::escalation::Stage;
use crate::domain::message::NewMessage;
use crate::domain::reminder::{self, Recipient, Rules, ToldDay};
use crate::notify::Message;
use crate::notify::render::{self, Brief};

impl App {
    /// Plans every reminder now due and puts the new ones in the outbox.
    pub(super) async fn remind(&self, now: DateTime<Utc>) -> anyhow::Result<StepReport> {
        let live = self.live_and_noted().await?;
        let rules = &live.config.rules;
        self.keep_duties(&live, now).await?;
        let (mut cases, mut uncounted) = self.counted_cases(rules, now).await?;
        if self.end_longest_holds(&live, &cases, now).await? > 0 {
            (cases, uncounted) = self.counted_cases(rules, now).await?;
        }
        let mut told = self.store.told().await.context("loading what was told")?;
        let handed_over = self.hand_over(&live, (&cases, &told), now).await?;
        if handed_over > 0 {
            told = self.store.told().await.context("loading what was told")?;
        }
        let silences = self.store.silences(today(now)).await.context("loading silences")?;
        let audible = silences.audible(&cases, rules, wall(now))?;
        let planned = reminder::plan(audible, &told, rules, wall(now))?;
        let mut messages: Vec<NewMessage> = planned.into_iter().map(NewMessage::from).collect();
        messages.extend(digest::plan(&live, &cases, &silences, now));
        messages.extend(self.due_reports(&live, now).await?);
        let mut queued = self.store.enqueue(messages, now).await.context("queueing reminders")?;
        queued += self.queue_news(&live, now).await? + handed_over;
        self.watch_calendar(&live, now).await?;
        self.watch_restoration(&live, now).await?;
        Ok(StepReport {
            report: format!("{} open, {queued} queued", cases.len()),
            fault: uncounted,
            made_work: queued > 0,
            again_at: None,
        })
    }

    /// The open cases whose deadline can be counted, and in words those whose cannot: that one of them
    /// cannot keeps nobody from hearing of the others.
    pub(super) async fn counted_cases(
        &self,
        rules: &Rules,
        now: DateTime<Utc>,
    ) -> anyhow::Result<(Vec<Case>, Option<String>)> {
        let open = self.store.open_cases().await.context("loading open cases")?;
        let mut uncounted = Vec::new();
        let is_counted = |case: &Case| {
            let left = rules.workdays_left(case, today(now));
            uncounted.extend(left.as_ref().err().map(|error| format!("{}: {error}", case.number)));
            left.is_ok()
        };
        let counted = open.into_iter().filter(is_counted).collect();
        Ok((counted, (!uncounted.is_empty()).then(|| uncounted.join("; "))))
    }

    /// What is in force, once its calendar is kept in the calendar's history. Whoever edits it meanwhile is not
    /// taken for a hand that puts the old one back.
    async fn live_and_noted(&self) -> anyhow::Result<Arc<Live>> {
        let _alone = self.hold_edits().await;
        let live = self.live();
        self.note_calendar(&live.config.calendar_files, FOUND).await?;
        Ok(live)
    }

    /// A missing year is an alarm, said again each week until it is there: the next one from a day on, by
    /// default in December.
    pub(super) async fn watch_calendar(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let this = today(now).year();
        let next = this + 1;
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let missed = active.iter().filter(|alarm| alarm.code == alarms::CALENDAR_MISSING);
        let mut years: BTreeSet<i32> =
            missed.filter_map(|alarm| alarm.subject.parse().ok()).collect();
        years.extend([this, next]);
        for year in years {
            let subject = year.to_string();
            let alarm = (alarms::CALENDAR_MISSING, subject.as_str());
            if live.config.rules.calendars.national().is_published(year) {
                self.end_alarm(live, alarm, now).await?;
            } else if year < next || live.config.warn_from.has_come(today(now)) {
                let detail = format!(
                    "deadlines that reach into {year} are provisional; put the published {year}.csv \
                     into {}",
                    live.config.calendar_dir.display()
                );
                self.raise(live, alarm, detail, now).await?;
                self.repeat_weekly(live, alarm, now).await?;
            }
        }
        self.settle_proposals(live).await
    }
}

/// The facts that messages about `case` are made from, as they are on the day of `now`.
pub(super) fn brief<'a>(
    rules: &'a Rules,
    case: &'a Case,
    now: DateTime<Utc>,
) -> anyhow::Result<Brief<'a>> {
    let calendar = rules.calendar(case);
    let deadline = rules.deadline(case, today(now))?;
    let unit = rules.unit(case);
    Ok(Brief {
        case,
        duty: rules.kinds.duty(case.kind),
        unit,
        workdays_left: deadline.workdays_left(calendar, today(now))?,
        workdays_gone: deadline.workdays_taken(calendar, today(now))?,
        now: wall(now),
        language: unit.map(|unit| unit.language).unwrap_or_default(),
        deadline,
    })
}

/// What is said to someone who was told another due day (期限變更).
pub(super) fn words_of_move(
    rules: &Rules,
    case: &Case,
    (told, recipient): (ToldDay, &Recipient),
    now: DateTime<Utc>,
) -> anyhow::Result<Message> {
    let brief = brief(rules, case, now)?.read_by(recipient, &rules.directory);
    let account = brief.deadline.account(rules.calendar(case))?;
    Ok(render::deadline_moved(&brief, told, &account))
}

/// What a reminder says at this stage to this recipient.
pub(super) fn words(
    rules: &Rules,
    case: &Case,
    (stage, recipient): (&Stage, &Recipient),
    now: DateTime<Utc>,
) -> anyhow::Result<Message> {
    let brief = brief(rules, case, now)?.read_by(recipient, &rules.directory);
    Ok(render::reminder(&brief, stage, recipient))
}
