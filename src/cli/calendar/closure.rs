//! `jicui calendar close | reopen DATE`: an office is shut (停止上班), or not after all.

use anyhow::anyhow;
use chrono::{Datelike, NaiveDate};
use clap::Args;

use super::super::{Failure, Setup, date_argument, out};
use super::{By, impact, open, region_argument};
use crate::app::App;
use crate::config::calendar::{CLOSURES_FILE, CalendarFiles};
use crate::config::closures::{self, NewClosure};
use crate::domain::calendar::DayPart;

#[derive(Debug, Args)]
pub(in crate::cli) struct Close {
    /// The day: 2026-09-29, 115-09-29 or 1150929
    #[arg(value_parser = date_argument)]
    date: NaiveDate,
    /// The city or county; without it, everywhere
    #[arg(long, value_parser = region_argument)]
    region: Option<String>,
    /// Half a day: am or pm
    #[arg(long, value_parser = part_argument)]
    part: Option<DayPart>,
    /// Why, as announced: 颱風
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Reopen {
    /// The day
    #[arg(value_parser = date_argument)]
    date: NaiveDate,
    /// The city or county, where several are shut
    #[arg(long, value_parser = region_argument)]
    region: Option<String>,
    #[command(flatten)]
    by: By,
}

/// `am` or `pm`.
pub(super) fn part_argument(text: &str) -> Result<DayPart, String> {
    DayPart::parse(text).ok_or_else(|| "write am or pm".to_owned())
}

/// Shows what the closure moves, and writes it down.
pub(super) async fn close(setup: &Setup, arguments: &Close) -> Result<(), Failure> {
    let app = open(setup)?;
    let Close { date, region, part, reason, by } = arguments;
    if !(2000..=2059).contains(&date.year()) {
        return Err(anyhow!("{date} lies outside the years the calendar can count").into());
    }
    if reason.trim().is_empty() || reason.chars().any(char::is_control) {
        return Err(anyhow!("--reason: say in a few words why, as it was announced").into());
    }
    warn_of_stranger(&app, region.as_deref());
    let closure = NewClosure {
        date: *date,
        region: region.clone(),
        part: *part,
        reason: reason.trim().to_owned(),
    };
    let text = text_of(&app.live().config.calendar_files)?;
    let edited = closures::add(&text, &closure)?;
    let region = region.as_deref().unwrap_or("everywhere");
    let part = part.map(|part| format!(" {}", part.as_str())).unwrap_or_default();
    let done = format!("closed {date} {region}{part}: {}", closure.reason);
    apply(setup, &app, &edited, (&by.name(), &done)).await
}

/// Shows what the withdrawal moves, and writes it down.
pub(super) async fn reopen(setup: &Setup, arguments: &Reopen) -> Result<(), Failure> {
    let app = open(setup)?;
    let Reopen { date, region, by } = arguments;
    let text = text_of(&app.live().config.calendar_files)?;
    let edited = closures::remove(&text, *date, region.as_deref())?;
    let region = region.as_deref().unwrap_or("where it was closed");
    apply(setup, &app, &edited, (&by.name(), &format!("reopened {date} {region}"))).await
}

/// `closures.toml` as it stands; empty if it is not there yet.
pub(super) fn text_of(files: &CalendarFiles) -> anyhow::Result<String> {
    let bytes = files.file(CLOSURES_FILE).unwrap_or_default();
    String::from_utf8(bytes.to_vec()).map_err(|_| anyhow!("{CLOSURES_FILE} is not UTF-8"))
}

async fn apply(
    setup: &Setup,
    app: &App,
    text: &str,
    (actor, done): (&str, &str),
) -> Result<(), Failure> {
    let proposed = app.live().config.calendar_files.with(CLOSURES_FILE, text.as_bytes());
    let impact = app.impact(&proposed).await?;
    if setup.json {
        out::print_json(&impact::Document::from(&impact))?;
    } else {
        impact::print(&impact)?;
    }
    app.put_in_place(CLOSURES_FILE, text.as_bytes(), (actor, done)).await?;
    out::complain(done);
    Ok(())
}

/// A closure that concerns nobody is perhaps a slip of the pen.
fn warn_of_stranger(app: &App, region: Option<&str>) {
    let live = app.live();
    let mut seats: Vec<&str> =
        live.config.rules.directory.agencies.iter().filter_map(|a| a.seat.as_deref()).collect();
    seats.sort_unstable();
    seats.dedup();
    if let Some(region) = region.filter(|region| !seats.contains(region)) {
        let seats = seats.join(", ");
        out::complain(&format!("no agency has its seat in {region}; they have it in {seats}"));
    }
}
