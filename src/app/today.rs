//! The home page (今日): what presses, in sections, and whether jicui itself is well.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use super::register::{Lines, Row, Which, row, workday_before};
use super::{App, Live};
use crate::clock::today;
use crate::domain::calendar::YEARS;
use crate::domain::case::CaseNumber;
use crate::domain::message::Alarm;
use crate::store::{LastWords, Revision, Waiting};

/// The sections of the page, in their order.
const SECTIONS: [Which; 6] = [
    Which::Overdue,
    Which::DueToday,
    Which::DueSoon,
    Which::Unassigned,
    Which::New,
    Which::Waiting,
];

/// Cases shown in a section; the list has them all.
const SHOWN: usize = 10;

/// What presses today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Today {
    /// The day.
    pub day: NaiveDate,
    /// How many cases owe an answer.
    pub open: usize,
    /// The sections.
    pub sections: Vec<Section>,
    /// Whether jicui itself is well.
    pub pulse: Pulse,
}

/// Cases of one standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which.
    pub which: Which,
    /// How many there are.
    pub total: usize,
    /// The most urgent of them.
    pub rows: Vec<TodayRow>,
}

/// A case of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TodayRow {
    /// Its line.
    pub row: Row,
    /// What was last said of it, and what was last done.
    pub last: LastWords,
}

/// The health of the whole, in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// When the sources were last read well.
    pub good_poll: Option<DateTime<Utc>>,
    /// Whether the last time they were read went well.
    pub last_poll_good: bool,
    /// After so long without a good one somebody must look.
    pub poll_stale_after: TimeDelta,
    /// The messages that wait.
    pub waiting: Waiting,
    /// After so long the oldest of them is late.
    pub outbox_stale_after: TimeDelta,
    /// The last year of the published calendar that begins with this one; `None` if not even this
    /// year is published.
    pub published_to: Option<i32>,
    /// Whether next year's should be there by now.
    pub lacks_next_year: bool,
    /// Nobody answers for anything: no unit is configured.
    pub is_bare: bool,
    /// What is wrong now, oldest first.
    pub alarms: Vec<Alarm>,
}

/// The page that was last made, for as long as nothing changed.
#[derive(Debug, Default)]
pub(super) struct Front(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    revision: Revision,
    live: Arc<Live>,
    today: Arc<Today>,
}

impl Front {
    fn kept(&self, revision: Revision, live: &Arc<Live>, day: NaiveDate) -> Option<Arc<Today>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let is_true = (kept.revision, kept.today.day) == (revision, day);
        (is_true && Arc::ptr_eq(&kept.live, live)).then(|| Arc::clone(&kept.today))
    }
}

impl App {
    /// A number that is another one after every change of the database.
    pub async fn revision(&self) -> anyhow::Result<i64> {
        let revision = self.store.revision().await;
        Ok(revision.context("looking whether anything changed")?.number())
    }

    /// What presses today, and whether all is well.
    pub async fn today(&self) -> anyhow::Result<Arc<Today>> {
        let (live, now) = (self.live(), self.now());
        let day = today(now);
        let revision = self.store.revision().await.context("looking whether anything changed")?;
        if let Some(kept) = self.front.kept(revision, &live, day) {
            return Ok(kept);
        }
        let today = Arc::new(self.look_at(&live, now).await?);
        let kept = Kept { revision, live, today: Arc::clone(&today) };
        *self.front.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(today)
    }

    async fn look_at(&self, live: &Live, now: DateTime<Utc>) -> anyhow::Result<Today> {
        let day = today(now);
        let since = workday_before(&live.config.rules, day);
        let (open, found) = self.with_lines(|lines| sections(lines, live, since)).await?;
        let numbers: Vec<CaseNumber> =
            found.iter().flat_map(|(_, _, rows)| rows).filter_map(Row::case).collect();
        let last = self.store.last_words(numbers).await.context("loading what was last said")?;
        let mut last = last.into_iter();
        let sections = found.into_iter().map(|(which, total, rows)| {
            let with_last = |row| TodayRow { row, last: last.next().unwrap_or_default() };
            Section { which, total, rows: rows.into_iter().map(with_last).collect() }
        });
        let sections = sections.collect();
        Ok(Today { day, open, sections, pulse: self.pulse(live, now).await? })
    }

    async fn pulse(&self, live: &Live, now: DateTime<Utc>) -> anyhow::Result<Pulse> {
        let day = today(now);
        let (last, good) = self.store.last_runs("poll", now).await.context("loading polls")?;
        let config = &live.config;
        let published = |year: &i32| config.rules.calendars.national().is_published(*year);
        let span = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        let published_to = (day.year()..=*YEARS.end()).take_while(published).last();
        Ok(Pulse {
            good_poll: good.map(|run| run.started_at),
            last_poll_good: last.is_some_and(|run| run.good),
            poll_stale_after: span(config.alarms.poll_stale),
            waiting: self.store.count_waiting().await.context("counting what waits")?,
            outbox_stale_after: span(config.alarms.outbox_stale),
            published_to,
            lacks_next_year: config.warn_from.has_come(day)
                && published_to.is_none_or(|year| year <= day.year()),
            is_bare: super::cases::is_bare(live),
            alarms: self.store.active_alarms().await.context("loading alarms")?,
        })
    }
}

/// How many owe an answer; each section, how many it has, and the first of them.
fn sections(
    lines: &Lines,
    live: &Live,
    since: NaiveDate,
) -> (usize, Vec<(Which, usize, Vec<Row>)>) {
    let mut found = SECTIONS.map(|which| (which, 0, Vec::new()));
    let open = lines.open();
    for line in &open {
        for (which, total, rows) in &mut found {
            if which.admits(line, since) {
                *total += 1;
                if rows.len() < SHOWN {
                    rows.push(row(lines, line, &live.config.rules));
                }
            }
        }
    }
    (open.len(), found.into())
}
