//! `jicui report --from DATE --to DATE [--format F] [--output FILE]`.

use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::NaiveDate;
use clap::Args;

use super::{Failure, Setup, date_argument};
use crate::config::owner::replace_private;
use crate::domain::statistics::Period;
use crate::report::Format;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The first day of the period: 2024-11-01, 113-11-01 or 1131101
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    from: NaiveDate,
    /// The last day of the period
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    to: NaiveDate,
    /// md, html, csv, json, ods or odt [default: by the name of FILE; md for what is printed]
    #[arg(long, value_parser = format_argument)]
    format: Option<Format>,
    /// Write the report into this file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn format_argument(text: &str) -> Result<Format, String> {
    let words = Format::ALL.map(Format::as_str).join(", ");
    Format::parse(text).ok_or_else(|| format!("write one of {words}"))
}

impl Arguments {
    /// The format that was asked for, in whichever way.
    fn format(&self, json: bool) -> Result<Format, Failure> {
        match self.format {
            Some(format) if json && format != Format::Json => Err(Failure::Usage(format!(
                "--json and --format {} ask for different things: leave one out",
                format.as_str()
            ))),
            Some(format) => Ok(format),
            None if json => Ok(Format::Json),
            None => self.output.as_deref().map_or(Ok(Format::Markdown), by_name),
        }
    }
}

/// The format by the name of a file that is made; what is written through (a device, a pipe) has no name to go by.
fn by_name(path: &Path) -> Result<Format, Failure> {
    let Some(ending) = path.extension() else { return Ok(Format::Markdown) };
    format_argument(&ending.to_string_lossy()).map_err(|say| {
        let path = path.display();
        Failure::Usage(format!("--output {path}: as the end of its name {say}, or add --format"))
    })
}

/// Prints the report, or writes it into a file.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let period = Period::new(arguments.from, arguments.to)
        .map_err(|error| Failure::Usage(format!("--from, --to: {error}")))?;
    let format = arguments.format(setup.json)?;
    if format.is_binary() && arguments.output.is_none() && io::stdout().is_terminal() {
        return Err(Failure::Usage(format!(
            "a terminal cannot show {0}: add --output report.{0}, or send it into a file",
            format.as_str()
        )));
    }
    let report = setup.open()?.report(period).await?;
    let bytes = report.write(format)?;
    match &arguments.output {
        Some(path) => Ok(write_file(path, &bytes)?),
        None => Ok(print_bytes(&bytes)?),
    }
}

/// It holds the titles of citizens' questions: whoever writes it reads it, also where it takes another's place.
fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // A device, a pipe or a link is written through; a file of its own is replaced.
    let is_own = std::fs::symlink_metadata(path).map_or(true, |known| known.is_file());
    let written = if is_own {
        replace_private(path, bytes)
    } else {
        let mut through = std::fs::OpenOptions::new();
        through.write(true).create(true).truncate(true).mode(0o600);
        through.open(path).and_then(|mut file| file.write_all(bytes))
    };
    written.with_context(|| format!("writing {}", path.display()))
}

fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
