//! `jicui calendar …`: the holiday configuration, without a programmer and without a restart.

mod check;
mod closure;
mod history;
mod impact;
mod import;
mod show;

use std::ops::RangeInclusive;
use std::sync::Arc;

use anyhow::ensure;
use chrono::NaiveDate;
use clap::Subcommand;

use super::{By, Failure, Setup, out};
use crate::app::App;
use crate::app::calendar_edit::EditFault;
use crate::domain::calendar::{Calendars, Closure};
use crate::domain::reminder::Rules;
use show::{Period, period_argument};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// A year or a month: its days off, make-up days and closures
    Show {
        /// 2026, 2026-02, 115 or 115-02
        #[arg(value_parser = period_argument)]
        period: Period,
        /// With the closures of this city or county
        #[arg(long, value_parser = region_argument)]
        region: Option<String>,
    },
    /// What is odd about the calendar's files
    Check,
    /// Put a published file in force: shows first what it changes, and asks
    Import(import::Arguments),
    /// An office is shut (停止上班) on a day
    Close(closure::Close),
    /// Take a closure back
    Reopen(closure::Reopen),
    /// What a published file or a closure would do; changes nothing
    Impact(impact::Arguments),
    /// Every calendar that was in force: since when, by whom, from which file
    History,
}

/// Runs one of the calendar's commands.
pub(super) async fn run(setup: &Setup, command: Command) -> Result<(), Failure> {
    match command {
        Command::Show { period, region } => show::run(setup, period, region.as_deref()),
        Command::Check => check::run(setup),
        Command::Import(arguments) => import::run(setup, &arguments).await,
        Command::Close(arguments) => closure::close(setup, &arguments).await,
        Command::Reopen(arguments) => closure::reopen(setup, &arguments).await,
        Command::Impact(arguments) => impact::run(setup, &arguments).await,
        Command::History => history::run(setup).await,
    }
}

/// The application, where there is a calendar directory to edit.
fn open(setup: &Setup) -> Result<Arc<App>, Failure> {
    has_directory(setup)?;
    setup.open()
}

/// The same where this file of the calendar is about to be replaced.
async fn open_replacing(setup: &Setup, replaced: Option<&str>) -> Result<Arc<App>, Failure> {
    has_directory(setup)?;
    let app = setup.open_with(setup.load_replacing(replaced)?)?;
    app.go_on_with_kept().await?;
    Ok(app)
}

fn has_directory(setup: &Setup) -> anyhow::Result<()> {
    ensure!(
        setup.path.is_some(),
        "there is no configuration file, and so no calendar directory: name one with --config"
    );
    Ok(())
}

/// Whether the calendar's files are as they were when this program read them: somebody who took their time
/// over a question answers it of what they saw.
fn unchanged_since(setup: &Setup, app: &App, replaced: Option<&str>) -> Result<(), Failure> {
    let files = &app.live().config.calendar_files;
    let now = setup.load_replacing(replaced)?;
    if now.config.calendar_files.is_found_as(files) {
        Ok(())
    } else {
        Err(EditFault::Changed.into())
    }
}

/// A city or county; 台 is 臺.
pub(super) fn region_argument(text: &str) -> Result<String, String> {
    let region = text.trim().replace('台', "臺");
    if region.is_empty() { Err("name a city or county: 臺北市".to_owned()) } else { Ok(region) }
}

/// A city or county where nothing was closed and nobody has a seat is perhaps a slip of the pen.
pub(super) fn warn_of_stranger(rules: &Rules, region: Option<&str>) {
    let is_closed = |region: &str| rules.calendars.regions().any(|known| known == region);
    let is_known = |region: &str| rules.directory.seats().contains(region) || is_closed(region);
    if let Some(region) = region.filter(|region| !is_known(region)) {
        out::complain(&format!(
            "nothing is closed in {region}, and nobody has a seat there: counted as everywhere"
        ));
    }
}

/// The closures of single cities on `days`, which nothing counts that names no region.
pub(super) fn of_single_regions(
    calendars: &Calendars,
    days: RangeInclusive<NaiveDate>,
) -> impl Iterator<Item = (&Closure, &str)> {
    let closures = calendars.closures().iter();
    let named = closures.filter_map(|closure| Some((closure, closure.region.as_deref()?)));
    named.filter(move |(closure, _)| days.contains(&closure.date))
}
