//! What is late, stuck, stale or unconfigured: neutral results, the worst first.
//!
//! Reads what the program itself goes by, and nothing else: runs, messages, alarms, cases, the calendar, the
//! directory.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{DateTime, Datelike, Utc};

use super::cases::{is_bare, minutes_between};
use super::register::Lines;
use super::units::{Units, of_nobody};
use super::{App, Live, alarms};
use crate::clock::today;
use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::counted::{counted, first_of};
use crate::domain::directory::Language;
use crate::domain::impact::DueDay;
use crate::domain::kind::Kinds;
use crate::domain::message::Alarm;
use crate::domain::silence::Silence;
use crate::notify::render::alarm_words;

/// So many cases a check names.
const NAMED: usize = 20;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody must act now.
    Bad,
    /// Somebody should look.
    Warning,
    /// All is well.
    Good,
}

impl Severity {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warning => "warning",
            Self::Good => "good",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// How bad it is.
    pub severity: Severity,
    /// Which check: `poll`, `outbox`, `overdue`, or an alarm's code.
    pub code: String,
    /// What was found.
    pub message: String,
    /// The same where colleagues' reasons and addresses are nobody's business.
    pub in_short: Option<String>,
    /// What to do; empty when all is well.
    pub remedy: String,
}

impl CheckResult {
    pub(super) fn new(severity: Severity, code: &str, message: String, remedy: &str) -> Self {
        let (code, remedy) = (code.to_owned(), remedy.to_owned());
        Self { severity, code, message, in_short: None, remedy }
    }
}

/// Whether the program does its work by what was found: nothing is bad. What somebody should look at,
/// as one failed poll after a fresh good one, keeps it from nothing.
pub fn is_ready(results: &[CheckResult]) -> bool {
    results.iter().all(|result| result.severity != Severity::Bad)
}

impl App {
    /// Everything worth knowing, the worst first.
    pub async fn status(&self) -> anyhow::Result<Vec<CheckResult>> {
        let now = self.now();
        let live = self.live();
        let mut results = vec![self.check_poll(&live, now).await?];
        results.extend(self.check_store().await);
        results.extend(self.check_outbox(&live, now).await?);
        let open = self.with_lines(OpenCases::of).await?;
        results.push(check_cases(&open));
        results.extend(check_kinds(&live.config.rules.kinds, &open));
        results.extend(self.next_due(1).await?.first().map(next_due));
        results.push(check_calendar(&live, now));
        results.push(self.check_backups(&live, now).await?);
        results.extend(check_directory(&live));
        results.extend(check_channels(&live));
        results.extend(self.check_local_reader().await?);
        results.extend(check_units(&self.units().await?));
        for alarm in self.store.active_alarms().await.context("loading alarms")? {
            results.push(of_alarm(&alarm));
        }
        results.sort_by_key(|result| result.severity);
        Ok(results)
    }

    /// What [`is_ready`] is told by: the calendar of this year there, the last good poll fresh, every
    /// message taken by somebody. A store that cannot be read is an error.
    pub async fn readiness(&self) -> anyhow::Result<Vec<CheckResult>> {
        let (now, live) = (self.now(), self.live());
        let mut results = vec![self.check_poll(&live, now).await?, check_calendar(&live, now)];
        results.extend(self.check_store().await);
        // What waits outside office hours waits as it should, and what one channel refused another may
        // have taken.
        let alarms = self.store.active_alarms().await.context("loading alarms")?;
        let of_delivery =
            alarms.iter().filter(|alarm| alarms::OF_DELIVERY.contains(&alarm.code.as_str()));
        results.extend(of_delivery.map(of_alarm));
        Ok(results)
    }

    /// That nothing can be written stands in no row.
    async fn check_store(&self) -> Option<CheckResult> {
        let message = "the database takes or gives nothing".to_owned();
        let remedy = remedy_of(alarms::STORE_FAILING);
        let failing = CheckResult::new(Severity::Bad, alarms::STORE_FAILING, message, &remedy);
        self.store_alarm.is_raised().await.then_some(failing)
    }

    async fn check_poll(&self, live: &Live, now: DateTime<Utc>) -> anyhow::Result<CheckResult> {
        if !has_source(live) {
            let message = "nothing is read: no new question would be seen".to_owned();
            let remedy = "set [platform] enabled and name the agencies, or [folder] path";
            return Ok(CheckResult::new(Severity::Warning, "poll", message, remedy));
        }
        let (last, good) = self.store.last_runs("poll", now).await.context("loading polls")?;
        let fault = last.and_then(|run| run.fault).unwrap_or_default();
        let limit = live.config.alarms.poll_stale.as_secs() / 60;
        Ok(match good {
            None => CheckResult::new(
                Severity::Bad,
                "poll",
                format!("no source has been read yet. {fault}").trim_end().to_owned(),
                "start `jicui run`, or try `jicui check --online`",
            ),
            Some(run) => {
                let age = minutes_between(run.started_at, now);
                let stale = u64::try_from(age).is_ok_and(|age| age >= limit);
                let severity = match (stale, fault.is_empty()) {
                    (true, _) => Severity::Bad,
                    (false, false) => Severity::Warning,
                    (false, true) => Severity::Good,
                };
                let message = format!("last good poll {age} min ago. {fault}");
                let remedy =
                    if severity == Severity::Good { "" } else { "try `jicui check --online`" };
                CheckResult::new(severity, "poll", message.trim_end().to_owned(), remedy)
            }
        })
    }

    async fn check_outbox(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<CheckResult>> {
        let traffic = self.store.traffic().await.context("counting messages")?;
        let waiting: u64 = traffic.values().map(|of_kind| of_kind.waiting).sum();
        let undelivered: u64 = traffic.values().map(|of_kind| of_kind.failed).sum();
        let oldest = traffic.values().filter_map(|of_kind| of_kind.oldest).min();
        let age = oldest.map_or(0, |oldest| minutes_between(oldest, now));
        let limit = live.config.alarms.outbox_stale.as_secs() / 60;
        let severity = if u64::try_from(age).is_ok_and(|age| age >= limit) && waiting > 0 {
            Severity::Warning
        } else {
            Severity::Good
        };
        let message = format!("{waiting} waiting, the oldest for {age} min");
        let remedy = if severity == Severity::Good {
            ""
        } else {
            "outside office hours this is as it should be; otherwise see `jicui outbox`"
        };
        let mut results = vec![CheckResult::new(severity, "outbox", message, remedy)];
        if undelivered > 0 {
            let message = format!("{} refused for good", counted(undelivered, "message"));
            let remedy = "see `jicui outbox --failed`, mend the channel, and retry or cancel them";
            results.push(CheckResult::new(Severity::Warning, "outbox_failed", message, remedy));
        }
        Ok(results)
    }
}

fn of_alarm(alarm: &Alarm) -> CheckResult {
    let message = format!("{}: {}", alarm.subject, alarm.detail);
    let in_short = Some(alarm.subject.clone());
    let remedy = remedy_of(&alarm.code);
    CheckResult { in_short, ..CheckResult::new(Severity::Bad, &alarm.code, message, &remedy) }
}

/// What to do about an alarm, and where more of it is written: among the sources, and where the packages put it.
fn remedy_of(code: &str) -> String {
    let (_, remedy) = alarm_words(Language::English, code);
    let place = "docs/operations.md, /usr/share/doc/jicui/operations.md";
    format!("{} (more: {code} in {place})", remedy.trim_end_matches('.'))
}

/// The cases that owe an answer, as far as they are checked.
struct OpenCases {
    count: usize,
    /// The numbers of the overdue, the latest first.
    overdue: Vec<String>,
    kinds: BTreeSet<CaseKind>,
}

impl OpenCases {
    fn of(lines: &Lines) -> Self {
        let open = lines.open();
        let overdue = open.iter().filter(|line| line.is_overdue());
        let kinds = open.iter().filter_map(|line| CaseKind::parse(lines.kind(line)));
        Self {
            count: open.len(),
            overdue: overdue.map(|line| lines.number(line).to_owned()).collect(),
            kinds: kinds.collect(),
        }
    }
}

fn check_cases(open: &OpenCases) -> CheckResult {
    let (count, overdue) = (open.count, &open.overdue);
    if overdue.is_empty() {
        let message = format!("{count} open, none overdue");
        return CheckResult::new(Severity::Good, "cases", message, "");
    }
    let message = format!("{count} open, {} overdue: {}", overdue.len(), first_of(overdue, NAMED));
    let remedy = "speak with the units; `jicui cases --overdue` lists them";
    CheckResult::new(Severity::Bad, "cases", message, remedy)
}

/// Open cases of a kind that was taken out of the config keep a comment's limit.
fn check_kinds(kinds: &Kinds, open: &OpenCases) -> Option<CheckResult> {
    let unknown = open.kinds.iter().filter(|kind| !kinds.knows(**kind));
    let words: Vec<&str> = unknown.map(CaseKind::as_str).collect();
    (!words.is_empty()).then(|| {
        CheckResult::new(
            Severity::Warning,
            "kinds",
            format!("open cases of kinds that the config no longer has: {}", words.join(", ")),
            "put [kind.WORD] back, or withdraw the cases; until then they have a comment's limit",
        )
    })
}

fn next_due((number, due): &(CaseNumber, DueDay)) -> CheckResult {
    let mark = if due.provisional { " (provisional)" } else { "" };
    CheckResult::new(Severity::Good, "next_due", format!("{number} on {}{mark}", due.on), "")
}

fn check_calendar(live: &Live, now: DateTime<Utc>) -> CheckResult {
    let (today, config) = (today(now), &live.config);
    let calendar = config.rules.calendars.national();
    let next = today.year() + 1;
    if calendar.is_published(today.year()) && calendar.is_published(next) {
        return CheckResult::new(Severity::Good, "calendar", format!("published to {next}"), "");
    }
    let missing = if calendar.is_published(today.year()) { next } else { today.year() };
    let severity = match missing == today.year() {
        true => Severity::Bad,
        false if config.warn_from.has_come(today) => Severity::Warning,
        false => Severity::Good,
    };
    if severity == Severity::Good {
        let message = format!("published to {}", today.year());
        return CheckResult::new(severity, "calendar", message, "");
    }
    let reach = if missing == next { " that reach into it" } else { "" };
    let message =
        format!("the calendar of {missing} is not there: deadlines{reach} are provisional");
    let remedy = format!("put {missing}.csv into {}", config.calendar_dir.display());
    CheckResult::new(severity, "calendar", message, &remedy)
}

/// Cases that no single unit has, and units that are let alone.
fn check_units(units: &Units) -> Vec<CheckResult> {
    let mut results = Vec::new();
    if !units.without_unit.is_empty() {
        let message = format!(
            "{}: {}",
            of_nobody(units.without_unit.len()),
            first_of(&units.without_unit, NAMED)
        );
        let remedy = "`jicui cases show NUMBER` says why; name one unit in units.toml";
        results.push(CheckResult::new(Severity::Warning, "cases_without_unit", message, remedy));
    }
    for view in &units.units {
        if let Some(silence) = &view.silence {
            let Silence { unit, until, reason, by, .. } = silence;
            let short = format!("{unit} is silent until {until}");
            let message = format!("{short}: {reason} ({by})");
            let remedy = "`jicui units resume UNIT` ends it";
            let in_short = Some(short);
            let result = CheckResult::new(Severity::Warning, "unit_silent", message, remedy);
            results.push(CheckResult { in_short, ..result });
        }
    }
    results
}

/// Channels by which nothing can be said: no secret, or no server, was given for them.
fn check_channels(live: &Live) -> Option<CheckResult> {
    let config = &live.config;
    let channels = config.rules.directory.channels().chain(&config.reports.recipients);
    let dead = channels.filter(|address| live.channels.get(address).is_err());
    let dead: BTreeSet<String> = dead.map(ToString::to_string).collect();
    (!dead.is_empty()).then(|| {
        let dead: Vec<String> = dead.into_iter().collect();
        let lead = if dead.len() == 1 { "leads" } else { "lead" };
        let short = format!("{} {lead} nowhere", counted(dead.len(), "channel"));
        let message = format!("{short}: {}", dead.join(", "));
        let remedy = "`sudo jicui check` names what each of them lacks";
        let result = CheckResult::new(Severity::Warning, "channels", message, remedy);
        CheckResult { in_short: Some(short), ..result }
    })
}

/// Whether anything is read at all.
pub(super) fn has_source(live: &Live) -> bool {
    live.platform.is_some() || live.folder.is_watched()
}

fn check_directory(live: &Live) -> Option<CheckResult> {
    is_bare(live).then(|| {
        CheckResult::new(
            Severity::Bad,
            "units",
            "no unit is configured: nobody is reminded of anything".to_owned(),
            &format!("fill in {}", live.config.units_file.display()),
        )
    })
}
