//! `jicui calendar import FILE | --proposed`: a published file becomes the calendar of its year.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use serde::Serialize;

use super::super::{Failure, Setup, out};
use super::{By, impact, open};
use crate::app::App;
use crate::app::calendar::{Examined, Impact};
use crate::config::calendar::file_of;
use crate::config::publication::FileFault;

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
    year: i32,
    file: String,
    sha256: String,
    superseded: Option<String>,
    applied: bool,
    #[serde(flatten)]
    impact: impact::Document,
}

/// Imports the file, or everything that was proposed.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let app = open(setup)?;
    let files = if let Some(path) = &arguments.file {
        vec![read_file(path)?]
    } else {
        let proposals = app.proposals().await?;
        if proposals.is_empty() {
            out::complain("nothing is proposed: no publication on the platform differs");
        }
        proposals.into_iter().map(|found| (found.source, found.content.to_vec())).collect()
    };
    let mut documents = Vec::new();
    let mut refused = false;
    for (name, content) in files {
        match import(&app, setup, (&name, &content), arguments).await? {
            Some(document) => {
                refused |= !document.applied;
                documents.push(document);
            }
            None => {
                out::complain("nothing to do: the calendar in force says the same of every day");
            }
        }
    }
    if setup.json {
        out::print_json(&documents)?;
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

/// Imports one file; `None` if it changes nothing.
async fn import(
    app: &App,
    setup: &Setup,
    (name, content): (&str, &[u8]),
    arguments: &Arguments,
) -> Result<Option<Document>, Failure> {
    let examined = match app.examine(content, name).await? {
        Ok(examined) => examined,
        Err(faults) => return Err(refuse(name, &faults)),
    };
    let file = file_of(examined.year);
    if examined.is_in_force {
        app.settle_proposal(examined.year).await?;
        return Ok(None);
    }
    let impact = app.impact(&app.live().config.calendar_files.with(&file, content)).await?;
    if !setup.json {
        out::print(&format!("{file} from {name} (SHA-256 {})\n", examined.sha256))?;
        impact::print(&impact)?;
    }
    let applied = may_apply(&examined, arguments)?;
    if applied {
        let reason = format!("imported {name} (SHA-256 {})", examined.sha256);
        app.put_in_place(&file, content, (&arguments.by.name(), &reason)).await?;
        app.settle_proposal(examined.year).await?;
        out::complain(&format!("{file} is in force"));
    } else {
        out::complain("nothing was changed");
    }
    Ok(Some(document(name, examined, &impact, applied)))
}

fn document(name: &str, examined: Examined, impact: &Impact, applied: bool) -> Document {
    Document {
        year: examined.year,
        file: name.to_owned(),
        sha256: examined.sha256,
        superseded: examined.superseded,
        applied,
        impact: impact::Document::from(impact),
    }
}

/// Whether a person wants it, or said so before.
fn may_apply(examined: &Examined, arguments: &Arguments) -> anyhow::Result<bool> {
    if let Some(why) = &examined.superseded
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

/// Reads a file that a person named.
pub(super) fn read_file(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let content = std::fs::read(path)
        .with_context(|| format!("{}: cannot be read: name the published CSV", path.display()))?;
    if content.len() > LONGEST {
        return Err(anyhow!(
            "{}: too large for a year of days: name the published CSV",
            path.display()
        )
        .into());
    }
    Ok((path.display().to_string(), content))
}

/// A year's file has some 7,000 bytes.
const LONGEST: usize = 1_000_000;

/// Says every fault of a file, with its row.
pub(super) fn refuse(name: &str, faults: &[FileFault]) -> Failure {
    for fault in faults {
        let row = fault.row.map(|row| format!("{row}: ")).unwrap_or_default();
        out::complain(&format!("{name}:{row} {}", fault.message).replace(":  ", ": "));
    }
    out::complain("nothing was changed");
    Failure::Said
}
