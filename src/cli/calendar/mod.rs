//! `jicui calendar …`: the holiday configuration, without a programmer and without a restart.

mod check;
mod closure;
mod history;
mod impact;
mod import;
mod show;

use std::sync::Arc;

use anyhow::anyhow;
use clap::Subcommand;

use super::{By, Failure, Setup};
use crate::app::App;
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
    if setup.path.is_none() {
        return Err(anyhow!(
            "there is no configuration file, and so no calendar directory: name one with --config"
        )
        .into());
    }
    setup.open()
}

/// A city or county; 台 is 臺.
pub(super) fn region_argument(text: &str) -> Result<String, String> {
    let region = text.trim().replace('台', "臺");
    if region.is_empty() { Err("name a city or county: 臺北市".to_owned()) } else { Ok(region) }
}
