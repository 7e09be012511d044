//! `jicui cases import FILE`: past cases come in, without a single reminder.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::super::{By, Failure, Setup, out};
use crate::app::import::{Import, Imported};
use crate::domain::case::CaseNumber;
use crate::domain::counted::counted;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The platform's list export (CSV, JSON, XML), or a sheet of your own (CSV, ODS)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read its columns by [import.NAME] of the config
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Show what would be taken in, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave out cases that are known already and the same, instead of refusing the file
    #[arg(long)]
    skip_known: bool,
    #[command(flatten)]
    by: By,
}

#[derive(Serialize)]
struct Document<'a> {
    file: String,
    sha256: &'a str,
    dry_run: bool,
    applied: bool,
    rows: usize,
    new: Vec<String>,
    undated: usize,
    known: usize,
    open: Vec<String>,
    not_ours: usize,
    provisional: usize,
    of_unknown_datasets: usize,
    faults: &'a [String],
}

/// Imports a file.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { file, mapping, dry_run, skip_known, by } = arguments;
    let (mapping, by, dry) = (mapping.clone(), by.name(), *dry_run);
    let import = Import { mapping, by, dry, skip_known: *skip_known };
    let imported = if dry {
        setup.open_aside().await?.import_history(file, &import).await?
    } else {
        setup.open()?.import_history(file, &import).await?
    };
    let well = imported.faults.is_empty();
    if setup.json {
        let numbers = |list: &[CaseNumber]| list.iter().map(ToString::to_string).collect();
        out::print_json(&Document {
            file: file.display().to_string(),
            sha256: &imported.sha256,
            dry_run: dry,
            applied: well && !dry,
            rows: imported.rows,
            new: numbers(&imported.new),
            undated: imported.undated,
            known: imported.known,
            open: numbers(&imported.open),
            not_ours: imported.not_ours.len(),
            provisional: imported.provisional,
            of_unknown_datasets: imported.of_unknown_datasets,
            faults: &imported.faults,
        })?;
    } else if well {
        out::print(&summary(&imported, dry))?;
    }
    if well {
        return Ok(());
    }
    for fault in &imported.faults {
        out::complain(&format!("{}: {fault}", file.display()));
    }
    out::complain("nothing was taken in");
    Err(Failure::Said)
}

/// So many rows are named that were left out.
const NAMED: usize = 10;

fn summary(imported: &Imported, dry_run: bool) -> String {
    let Imported { rows, new, undated, known, open, not_ours, .. } = imported;
    let verb = if dry_run { "would be taken in" } else { "taken in" };
    let mut text = vec![format!("{} read: {} {verb}", counted(rows, "case"), new.len())];
    let mut line = |count: usize, words: &str| {
        if count > 0 {
            text.push(format!("{count} {words}"));
        }
    };
    line(
        *undated,
        "of these without a day of the answer: reports cannot say whether it was in time",
    );
    line(
        imported.provisional,
        "of these counted Monday to Friday: the calendar of their year is not there \
         (`jicui calendar import`)",
    );
    line(*known, "known already, left as they are");
    line(
        imported.of_unknown_datasets,
        "answered comments left out: whose their datasets are is not known before a poll \
         (`jicui once`)",
    );
    if !not_ours.is_empty() {
        text.push(format!("{} of other agencies left out:", not_ours.len()));
        text.extend(not_ours.iter().take(NAMED).map(|row| format!("  {row}")));
        text.extend(not_ours.get(NAMED).map(|_| "  …".to_owned()));
    }
    if !open.is_empty() {
        let numbers: Vec<&str> = open.iter().map(CaseNumber::as_str).collect();
        let numbers = numbers.join(", ");
        text.push(format!(
            "{} left out because they still owe an answer (the platform or the folder brings \
             them, with their reminders): {numbers}",
            open.len()
        ));
    }
    text.join("\n")
}
