//! The command line: one file a command; nothing but data on standard output.

mod aside;
mod backup;
mod calendar;
mod cases;
mod check;
mod deadline;
mod demo;
mod init;
mod out;
mod outbox;
mod preview;
mod rehearse;
mod report;
mod run;
mod send_test;
mod setup;
mod state;
mod status;
mod targets;
mod tokens;
mod units;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::{NaiveDate, NaiveDateTime};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::clock::parse_date;
use crate::config::{self, Fault};
use crate::domain::access::is_taken;
use crate::domain::case::CaseNumber;
use setup::Setup;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "jicui", version, about, long_about = None, max_term_width = 100)]
struct Cli {
    /// The configuration file [default: /etc/jicui/config.toml if it is there] [env: `JICUI_CONFIG`]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print data as one JSON document
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The daemon: poll, plan, deliver, until told to stop
    Run,
    /// One whole pass (poll, remind, deliver), and exit
    Once,
    /// The real daemon on a miniature platform and a fast clock: see the ladder in two minutes
    Demo(demo::Arguments),
    /// Write a configuration to fill in; nothing that is there already is changed
    Init(init::Arguments),
    /// Read config, units, stages and calendar; print every fault and warning with its place
    Check {
        /// Also try each source and channel, without sending anything a unit would see
        #[arg(long)]
        online: bool,
    },
    /// What is late, stuck, stale or unconfigured, worst first
    Status,
    /// The cases
    Cases(cases::Arguments),
    /// The units with their open cases; silence one for a while
    Units(units::Arguments),
    /// The numbers to be reached this year, and how far each is
    Targets(targets::Arguments),
    /// Who can sign in to the pages
    Users(users::Arguments),
    /// By what programs are known to the API, and calendars to the deadlines
    Tokens(tokens::Arguments),
    /// The due day of a case whose clock starts on DATE
    Deadline(deadline::Arguments),
    /// What would be sent, to whom, when and why; writes nothing
    Preview(preview::Arguments),
    /// The whole daemon on a copy of the data and a clock of its own; prints instead of sending
    Rehearse(rehearse::Arguments),
    /// The office calendar
    #[command(subcommand)]
    Calendar(calendar::Command),
    /// What is waiting, sent, stuck
    Outbox(outbox::Arguments),
    /// Send a test message to a unit, marked as one
    SendTest(send_test::Arguments),
    /// The advisory group's table for a period
    Report(report::Arguments),
    /// A consistent copy of the database, made while the daemon goes on
    Backup(backup::BackupArguments),
    /// Put a backup in the place of the database; the daemon must be stopped
    Restore(backup::RestoreArguments),
    /// Completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page, or those of all commands
    Man {
        /// Write a page for each command into this directory
        #[arg(long, value_name = "DIRECTORY")]
        into: Option<PathBuf>,
    },
}

/// Why a command did not succeed.
enum Failure {
    /// The configuration is bad: every fault, exit 64.
    Configuration(Vec<Fault>),
    /// The command line cannot be meant so: exit 2.
    Usage(String),
    /// Anything else: exit 1.
    Failed(anyhow::Error),
    /// It has already said why: exit 1.
    Said,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Exit code for a bad configuration (`EX_USAGE` of sysexits.h).
const BAD_CONFIGURATION: u8 = 64;

/// Exit code for a wrong command line, as clap has it.
const WRONG_COMMAND_LINE: u8 = 2;

/// How long work that is left behind may take to end by itself.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Parses the command line, runs the command, says what went wrong. The exit code is the contract's:
/// 0 well, 1 failed, 2 wrong command line, 64 bad configuration.
pub fn main() -> ExitCode {
    // The first caller decides; there is no second.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    // Of threads that wait for a disk there is no end otherwise, and each has a heap of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("starting its threads (are its limits too low? see `ulimit -a`)");
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(dispatch(cli));
            // Who still waits for a disk that does not answer is not waited for.
            runtime.shutdown_timeout(LAST_WORDS);
            done
        }
        Err(error) => Err(Failure::Failed(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Said) => ExitCode::FAILURE,
        Err(Failure::Failed(error)) if out::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(Failure::Failed(error)) => {
            out::complain(&format!("jicui: {error:#}"));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(message)) => {
            out::complain(&format!("jicui: {message}"));
            ExitCode::from(WRONG_COMMAND_LINE)
        }
        Err(Failure::Configuration(faults)) => {
            out::complain_of(&faults);
            ExitCode::from(BAD_CONFIGURATION)
        }
    }
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let Cli { config, json, command } = cli;
    let setup = Setup { path: config::find(config.or_else(named_by_environment)), json };
    match command {
        Command::Run => run::run(&setup).await,
        Command::Once => run::once(&setup).await,
        Command::Demo(arguments) => demo::run(&setup, arguments).await,
        Command::Init(arguments) => init::run(&setup, &arguments),
        Command::Check { online } => Box::pin(check::run(&setup, online)).await,
        Command::Status => status::run(&setup).await,
        Command::Cases(arguments) => cases::run(&setup, arguments).await,
        Command::Units(arguments) => units::run(&setup, arguments).await,
        Command::Targets(arguments) => targets::run(&setup, arguments).await,
        Command::Users(arguments) => users::run(&setup, arguments).await,
        Command::Tokens(arguments) => tokens::run(&setup, arguments).await,
        Command::Deadline(arguments) => deadline::run(&setup, &arguments).await,
        Command::Preview(arguments) => preview::run(&setup, &arguments).await,
        Command::Rehearse(arguments) => rehearse::run(&setup, arguments).await,
        Command::Calendar(command) => calendar::run(&setup, command).await,
        Command::Outbox(arguments) => outbox::run(&setup, &arguments).await,
        Command::SendTest(arguments) => send_test::run(&setup, &arguments).await,
        Command::Report(arguments) => report::run(&setup, &arguments).await,
        Command::Backup(arguments) => backup::backup(&setup, arguments).await,
        Command::Restore(arguments) => backup::restore(&setup, arguments).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "jicui", &mut script);
            Ok(out::print(&String::from_utf8_lossy(&script))?)
        }
        Command::Man { into: Some(directory) } => {
            let written = clap_mangen::generate_to(Cli::command(), &directory);
            let place = || format!("writing into {}: is that a directory?", directory.display());
            Ok(written.with_context(place)?)
        }
        Command::Man { into: None } => {
            Ok(clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?)
        }
    }
}

/// What `JICUI_CONFIG` names; set to nothing, it names nothing.
fn named_by_environment() -> Option<PathBuf> {
    std::env::var_os("JICUI_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// Who does it, for the history.
#[derive(Debug, Args)]
struct By {
    /// Who does this, for the history [default: the name you are logged in by]
    #[arg(long, value_name = "NAME", value_parser = name_argument)]
    by: Option<String>,
}

impl By {
    fn name(&self) -> String {
        let given = |variable| name_argument(&std::env::var(variable).ok()?).ok();
        let logged_in = || ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(given);
        self.by
            .clone()
            .or_else(logged_in)
            .unwrap_or_else(|| "somebody at the command line".to_owned())
    }
}

/// A NAME argument: what the history shows for good.
fn name_argument(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("it cannot be a name: write who does this, on one line".to_owned());
    }
    if is_taken(name) {
        let say = format!(
            "the history says `{name}` of what jicui and its sources do: write who does this"
        );
        return Err(say);
    }
    Ok(name.to_owned())
}

/// A DATE argument.
fn date_argument(text: &str) -> Result<NaiveDate, String> {
    parse_date(text).map_err(|error| error.to_string())
}

/// A NUMBER argument.
fn number_argument(text: &str) -> Result<CaseNumber, String> {
    CaseNumber::parse(text).map_err(|error| error.to_string())
}

/// A "YYYY-MM-DD HH:MM" argument, in Taipei; the day alone means its nine o'clock.
fn moment_argument(text: &str) -> Result<NaiveDateTime, String> {
    let refuse = || format!("`{text}` is not a moment: write \"2026-02-11 09:00\"");
    let (day, time) = text.trim().split_once([' ', 'T']).unwrap_or((text.trim(), "09:00"));
    let day = parse_date(day).map_err(|_| refuse())?;
    let time = chrono::NaiveTime::parse_from_str(time.trim(), "%H:%M").map_err(|_| refuse())?;
    Ok(day.and_time(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nobody_acts_in_the_name_of_a_source() {
        let taken = ["platform", "folder", " jicui ", "units.toml", "hand", "fetch"];
        assert!(taken.into_iter().all(|name| name_argument(name).is_err()));
        assert_eq!(name_argument(" 王小明 ").as_deref(), Ok("王小明"));
    }

    #[test]
    fn a_moment_is_a_day_and_a_time() {
        let moment = |text| moment_argument(text).map(|at| at.to_string()).ok();
        assert_eq!(moment("115-02-11 14:30").as_deref(), Some("2026-02-11 14:30:00"));
        assert_eq!(moment("2026-02-11").as_deref(), Some("2026-02-11 09:00:00"));
        assert_eq!(moment("2026-02-11 25:00"), None);
    }
}
