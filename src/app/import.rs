//! Past cases from a file (`jicui cases import`): all or nothing, and not a single reminder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use tracing::info;

use super::{App, Live};
use crate::clock::today;
use crate::config::calendar::sha256;
use crate::domain::act::Entry;
use crate::domain::case::{Case, CaseNumber, CaseState, Origin, StartDay};
use crate::domain::observation::{self, Account, Assignment, ReplyStatus};
use crate::domain::past::contradiction;
use crate::intake::history::{PastRow, PastRows, Reading, read};

/// How a file of past cases is taken in.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The mapping's name in the config; `None` for the platform's lists.
    pub mapping: Option<String>,
    /// Who does it.
    pub by: String,
    /// Only says what it would do.
    pub dry: bool,
    /// Leaves out cases that are known and the same, instead of refusing the file.
    pub skip_known: bool,
}

/// What came of a file of past cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The SHA-256 of the file.
    pub sha256: String,
    /// Cases that were read.
    pub rows: usize,
    /// Cases that nobody knew.
    pub new: Vec<CaseNumber>,
    /// Those of the new ones whose answer has no day.
    pub undated: usize,
    /// Cases that were known already, and are the same.
    pub known: usize,
    /// Cases that still owe an answer: left out, they are no history.
    pub open: Vec<CaseNumber>,
    /// Cases of agencies that are not ours, each with its row: left out.
    pub not_ours: Vec<String>,
    /// Those of the new ones of a year whose calendar is not there: counted Monday to Friday.
    pub provisional: usize,
    /// Answered comments of datasets that nobody has seen: left out.
    pub of_unknown_datasets: usize,
    /// Why nothing was taken in, each with its row; empty if all went well.
    pub faults: Vec<String>,
}

impl App {
    /// Takes in the past cases of a file.
    ///
    /// Cases that still owe an answer are left out: the sources bring those, with their reminders.
    pub async fn import_history(&self, path: &Path, import: &Import) -> anyhow::Result<Imported> {
        let (live, now) = (self.live(), self.now());
        let bytes = bytes_of(&live, path)?;
        let mut report = Imported { sha256: sha256(&bytes), ..Imported::default() };
        let past = match self.read_history(&live, (path, bytes), import, now).await? {
            Ok(past) => past,
            Err(faults) => return Ok(Imported { faults, ..report }),
        };
        report.of_unknown_datasets = past.of_unknown_datasets;
        report.rows = past.rows.len() + past.of_unknown_datasets;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let source = format!("{name} (SHA-256 {})", report.sha256);
        let mut desk = Desk { live: &live, now, report, met: BTreeMap::new() };
        let cases = past.rows.into_iter().filter_map(|row| desk.take(row, &source)).collect();
        let Desk { mut report, met, .. } = desk;
        if !report.faults.is_empty() {
            return Ok(report);
        }
        self.write_history(cases, (&mut report, met), import, now).await?;
        Ok(report)
    }

    async fn write_history(
        &self,
        cases: Vec<(Case, Entry)>,
        (report, met): (&mut Imported, BTreeMap<CaseNumber, (String, Case)>),
        import: &Import,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let all = cases.len();
        let judge = {
            let (live, skip_known) = (self.live(), import.skip_known);
            let places: BTreeMap<CaseNumber, String> =
                met.iter().map(|(number, (place, _))| (number.clone(), place.clone())).collect();
            move |known: &Case, past: &Case| {
                let place = places.get(&past.number).map_or("", String::as_str);
                judge_known(&live, (known, past), place, skip_known)
            }
        };
        let made = self.store.import(cases, judge, (import.by.clone(), import.dry), now).await;
        match made.context("writing past cases")? {
            Err(faults) => report.faults = faults,
            Ok(new) => {
                let rules = &self.live().config.rules;
                report.known = all - new.len();
                for (_, case) in new.iter().filter_map(|number| met.get(number)) {
                    let is_undated = case.state == CaseState::Replied && case.replied_at.is_none();
                    report.undated += usize::from(is_undated);
                    let is_provisional = rules.deadline(case, today(now))?.provisional;
                    report.provisional += usize::from(is_provisional);
                }
                report.new = new;
                if !import.dry {
                    info!(new = report.new.len(), by = import.by, "past cases imported");
                }
            }
        }
        Ok(())
    }

    async fn read_history(
        &self,
        live: &Arc<Live>,
        (path, bytes): (&Path, Vec<u8>),
        import: &Import,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Result<PastRows, Vec<String>>> {
        let imports = &live.config.imports;
        if let Some(name) = import.mapping.as_ref().filter(|name| !imports.contains_key(*name)) {
            let known: Vec<&str> = imports.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!("the config has no [import.{name}]; it has: {known}");
        }
        let watch = self.watch(live, now).await?;
        let (live, path, mapping) = (Arc::clone(live), path.to_owned(), import.mapping.clone());
        let job = move || {
            let mapping = mapping.and_then(|name| live.config.imports.get(&name));
            let (platform, kinds) = (&live.config.platform, &live.config.rules.kinds);
            read(bytes, &path, Reading { mapping, platform, kinds, watch: &watch })
        };
        tokio::task::spawn_blocking(job).await.context("reading the file")
    }
}

fn bytes_of(live: &Live, path: &Path) -> anyhow::Result<Vec<u8>> {
    let (shown, limit) = (path.display(), live.config.folder.file_limit_bytes);
    let size = std::fs::metadata(path).with_context(|| format!("reading {shown}"))?.len();
    if size > limit {
        bail!("{shown} is larger than {limit} bytes: split it, or raise [folder] file_limit_bytes");
    }
    std::fs::read(path).with_context(|| format!("reading {shown}"))
}

/// Sorts out the rows: which are past cases of ours.
struct Desk<'a> {
    live: &'a Arc<Live>,
    now: DateTime<Utc>,
    report: Imported,
    /// The cases of the rows before, and where each stands.
    met: BTreeMap<CaseNumber, (String, Case)>,
}

impl Desk<'_> {
    /// The case of a row with its entry of the history; what else is there is counted, or a fault.
    fn take(&mut self, row: PastRow, source: &str) -> Option<(Case, Entry)> {
        let directory = &self.live.config.rules.directory;
        let Some(agency) = directory.agency(&row.seen.agency) else {
            self.report.not_ours.push(format!("{}: {}", row.place, row.seen.agency));
            return None;
        };
        let (place, agency) = (row.place.clone(), agency.name.clone());
        let Some(case) = past_case(row, self.now) else {
            self.report.faults.push(format!("{place}: it has no day to begin with"));
            return None;
        };
        let case = Case { agency, ..case };
        if let Some((before, _)) = self.met.get(&case.number) {
            let number = &case.number;
            self.report.faults.push(format!("{place}: {number} stands in {before} too"));
            return None;
        }
        self.met.insert(case.number.clone(), (place.clone(), case.clone()));
        if case.state.is_open() {
            self.report.open.push(case.number);
            return None;
        }
        let account = Account { before: String::new(), after: format!("{source}, {place}") };
        Some((case, Entry { event: "imported", account, reason: String::new() }))
    }
}

/// The case of a row; `None` if there is no day it could have begun on.
fn past_case(row: PastRow, now: DateTime<Utc>) -> Option<Case> {
    let PastRow { seen, withdrawn, round, .. } = row;
    let given = match seen.assignment {
        Assignment::Made(given) => given,
        Assignment::Awaited => None,
    };
    let posted = seen.posted_at.map(|at| at.date());
    let start = match (given, posted) {
        (Some(on), _) => StartDay { on, origin: Origin::Given },
        (None, on) => StartDay { on: on?, origin: Origin::Posted },
    };
    let mut case = observation::begin(&seen, start, now);
    case.round = round.max(case.round);
    case.handling.imported = true;
    if withdrawn {
        case.state = CaseState::Withdrawn;
    }
    if matches!(seen.reply, ReplyStatus::AskedAgain) {
        case.state = CaseState::Open;
    }
    Some(case)
}

/// Whether the file may go on though this case is known.
fn judge_known(
    live: &Live,
    (known, past): (&Case, &Case),
    place: &str,
    skip_known: bool,
) -> Result<(), String> {
    let number = &past.number;
    let directory = &live.config.rules.directory;
    let same_agency =
        |a: &str, b: &str| a == b || directory.agency(a).is_some_and(|agency| agency.is_named(b));
    match contradiction(known, past, same_agency) {
        Some(what) => Err(format!(
            "{place}: {number} is known, and differs in its {what}: see `jicui cases show {number}`"
        )),
        None if skip_known => Ok(()),
        None => Err(format!(
            "{place}: {number} is known already: take the row out, or give --skip-known"
        )),
    }
}
