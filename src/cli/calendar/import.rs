//! `jicui calendar import FILE | --proposed`: a published file becomes the calendar of its year.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::super::{Failure, Setup, out};
use super::{By, impact, open_replacing};
use crate::app::App;
use crate::app::calendar_edit::{CalendarEdit, EditFault, NotEdited, Proposed};
use crate::config::calendar;
use crate::config::publication::{self, FileFault};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The file as published: Big5 or UTF-8, any name
    #[arg(value_name = "FILE", required_unless_present = "proposed")]
    file: Option<PathBuf>,
    /// What was found on the platform and waits for a person
    #[arg(long, conflicts_with = "file")]
    proposed: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Do not ask, and take a publication that is known to be superseded
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    by: By,
}

#[derive(Serialize)]
struct Document {
    year: Option<i32>,
    file: String,
    sha256: String,
    superseded: Option<String>,
    applied: bool,
    #[serde(flatten)]
    impact: impact::Document,
}

/// Imports the file, or everything that was proposed.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let given = arguments.file.as_deref().map(read_file).transpose()?;
    let replaced = given.as_ref().map(file_replaced).transpose()?;
    let app = open_replacing(setup, replaced.as_deref()).await?;
    let files = if let Some(file) = given {
        vec![file]
    } else {
        let proposals = app.proposals().await?;
        if proposals.is_empty() {
            out::complain("nothing is proposed: no publication on the platform differs");
        }
        proposals.into_iter().map(|found| (found.source, found.content.to_vec())).collect()
    };
    let mut documents = Vec::new();
    let mut refused = false;
    let mut failed = None;
    for file in files {
        match import(&app, setup, file, arguments).await {
            Ok(Some(document)) => {
                refused |= !document.applied;
                documents.push(document);
            }
            Ok(None) => {
                out::complain("nothing to do: the calendar in force says the same of every day");
            }
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        }
    }
    // What was done before a file that failed is said all the same.
    if setup.json {
        out::shown(out::print_json(&documents))?;
    }
    if let Some(failure) = failed {
        return Err(failure);
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

/// Imports one file; `None` if it changes nothing.
async fn import(
    app: &Arc<App>,
    setup: &Setup,
    (name, content): (String, Vec<u8>),
    arguments: &Arguments,
) -> Result<Option<Document>, Failure> {
    let force = arguments.force;
    let edit = CalendarEdit::Publish { name: name.clone(), content, force };
    let Proposed { draft, impact } = match app.propose_edit(&edit).await {
        Ok(proposed) => proposed,
        Err(NotEdited::Refused(EditFault::InForce(year))) => {
            app.settle_proposal(&app.live(), year).await?;
            return Ok(None);
        }
        Err(error) => return Err(refuse(&edit, error)),
    };
    let (file, sha256) = (&draft.file, draft.sha256());
    if !setup.json {
        out::shown(out::print(&format!("{file} from {name} (SHA-256 {sha256})\n")))?;
        out::shown(impact::print(&impact))?;
    }
    let applied = may_apply(draft.superseded.as_deref(), arguments)?;
    if applied {
        let replaced = draft.year.map(calendar::file_of);
        super::unchanged_since(setup, app, replaced.as_deref())?;
        app.make_edit(edit, draft.basis.clone(), arguments.by.name()).await?;
        out::complain(&format!("{file} is in force"));
    } else {
        out::complain("nothing was changed");
    }
    Ok(Some(Document {
        year: draft.year,
        file: name,
        sha256,
        superseded: draft.superseded,
        applied,
        impact: impact::Document::from(&impact),
    }))
}

/// Whether a person wants it, or said so before.
fn may_apply(superseded: Option<&str>, arguments: &Arguments) -> anyhow::Result<bool> {
    if let Some(why) = superseded
        && !arguments.force
    {
        out::complain(&format!("this publication is superseded: {why}"));
        out::complain("if you are sure that it shall win all the same: --force");
        return Ok(false);
    }
    if arguments.yes || arguments.force {
        return Ok(true);
    }
    let mut asked = std::io::stderr();
    write!(asked, "\nput this in force? [y/N] ").and_then(|()| asked.flush()).context("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).context("reading the answer")?;
    Ok(["y", "yes", "是"].contains(&answer.trim().to_lowercase().as_str()))
}

/// The file of the calendar whose place a published one takes.
pub(super) fn file_replaced((name, content): &(String, Vec<u8>)) -> Result<String, Failure> {
    let year = publication::read(content, name).map_err(|faults| refuse_file(name, &faults))?;
    Ok(calendar::file_of(year.year()))
}

/// Reads a file that a person named.
pub(super) fn read_file(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let content = calendar::read_file(path)
        .with_context(|| format!("{}: cannot be read: name the published CSV", path.display()))?;
    Ok((path.display().to_string(), content))
}

/// Why an edit is not made: of a file every fault, with its row.
pub(super) fn refuse(edit: &CalendarEdit, error: NotEdited) -> Failure {
    let (CalendarEdit::Publish { name, .. }, NotEdited::Refused(EditFault::File(faults))) =
        (edit, &error)
    else {
        return error.into();
    };
    refuse_file(name, faults)
}

fn refuse_file(name: &str, faults: &[FileFault]) -> Failure {
    for fault in faults {
        let row = fault.row.map(|row| format!("{row}: ")).unwrap_or_default();
        out::complain(&format!("{name}:{row} {}", fault.message).replace(":  ", ": "));
    }
    out::complain("nothing was changed");
    Failure::Said
}
