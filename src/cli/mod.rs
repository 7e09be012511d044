//! The command line: one file a command; nothing but data on standard output.

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
mod state;
mod status;
mod targets;
mod tokens;
mod units;
mod users;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use chrono::{NaiveDate, NaiveDateTime};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::app::{App, Live};
use crate::clock::{SystemClock, parse_date};
use crate::config::owner::{of_its_directory, private_directory};
use crate::config::secrets::Environment;
use crate::config::{self, Config, Fault, Loaded};
use crate::daemon::lock;
use crate::domain::case::CaseNumber;
use crate::notify::channels::Channels;
use crate::notify::print::Print;
use crate::store::{Store, StoreError, unfinished};
use crate::telemetry;

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
        Ok(runtime) => runtime.block_on(dispatch(cli)),
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
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl By {
    fn name(&self) -> String {
        let logged_in =
            || ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|v| std::env::var(v).ok());
        self.by
            .clone()
            .or_else(logged_in)
            .unwrap_or_else(|| "somebody at the command line".to_owned())
    }
}

/// What every command starts from.
struct Setup {
    path: Option<PathBuf>,
    json: bool,
}

impl Setup {
    /// The configuration; its warnings go to standard error.
    fn load(&self) -> Result<Loaded, Failure> {
        let environment = Environment::of_process().as_the_service(self.path.as_deref());
        let loaded = config::load(self.path.as_deref(), &environment);
        loaded.map_err(Failure::Configuration)
    }

    /// The application over the configured database, for a command: logs only warnings.
    fn open(&self) -> Result<Arc<App>, Failure> {
        let loaded = self.load()?;
        telemetry::start(loaded.config.log, "warn");
        open_app(self.live(loaded.config)?)
    }

    /// The sources and channels; beside a JSON document nothing else is printed on standard output.
    fn live(&self, config: Config) -> anyhow::Result<Live> {
        let channels = Channels::new(&config)?;
        let channels = if self.json { channels.printing_to(Print::stderr()) } else { channels };
        Live::with_channels(config, channels)
    }
}

/// The application over the database that its configuration names, for a command beside a daemon.
fn open_app(live: Live) -> Result<Arc<App>, Failure> {
    let store = open_beside(&live.config).map_err(|error| explained(error, &live.config))?;
    Ok(Arc::new(App::new(Arc::new(SystemClock), store, live)))
}

/// Opens the database that a configuration names; but brings it up to this build's schema only where no older
/// build is at work on it, which would not know its way in it any more.
fn open_beside(config: &Config) -> anyhow::Result<Store> {
    let path = database(&config.state_dir);
    let is_older = path.exists() && Store::is_older(&path)?;
    let _lock = if is_older {
        let say = "the database is of an older build: let `jicui run` bring it up to date \
                   (systemctl restart jicui)";
        Some(lock::take(&config.state_dir).context(say)?)
    } else {
        None
    };
    open_store(config)
}

/// Opens the database that a configuration names.
fn open_store(config: &Config) -> anyhow::Result<Store> {
    prepare(&config.state_dir)?;
    let path = database(&config.state_dir);
    if let Some(reason) = broken_restoration(&path) {
        return Err(anyhow!(reason));
    }
    create_database(&path).with_context(|| format!("making {}", path.display()))?;
    Ok(Store::open(&path)?)
}

/// The database's file.
fn database(state_dir: &Path) -> PathBuf {
    state_dir.join("jicui.db")
}

/// What is wrong if a restoration broke off, and what to type.
fn broken_restoration(database: &Path) -> Option<String> {
    let (left, path) = (unfinished(database)?, database.display());
    Some(format!(
        "a restoration broke off before {} was in the place of {path}: type `jicui restore FILE` \
         again",
        left.display()
    ))
}

/// What to type to put a backup back.
fn restore_command(config: Option<&Path>) -> String {
    let config = config.map(|path| format!(" --config {}", path.display())).unwrap_or_default();
    format!("jicui restore BACKUP{config}")
}

/// What is wrong with the database; if it is damaged, with what to type.
fn explain(error: StoreError, path: &Path, config: Option<&Path>) -> anyhow::Error {
    let file = path.display();
    if !error.is_damage() {
        return anyhow::Error::new(error).context(format!("opening {file}"));
    }
    anyhow!("opening {file}: {error}, while jicui is stopped:\n  {}", restore_command(config))
}

/// The same of whatever went wrong, where it is the database's.
fn explained(error: anyhow::Error, config: &Config) -> anyhow::Error {
    match error.downcast::<StoreError>() {
        Ok(fault) => explain(fault, &database(&config.state_dir), config.path.as_deref()),
        Err(other) => other,
    }
}

/// Makes the state directory if it is not there.
fn prepare(state_dir: &Path) -> anyhow::Result<()> {
    private_directory(state_dir)
        .with_context(|| format!("making {}", state_dir.display()))
        .context("set state_dir to a directory that jicui may write to")
}

/// Makes the database's file if there is none: its owner's alone, and SQLite's logs are as it is.
fn create_database(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(file) => of_its_directory(&file, path),
        // What is wrong with one that is there, SQLite says better.
        Err(_) if path.exists() => Ok(()),
        Err(error) => Err(error),
    }
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
    fn a_moment_is_a_day_and_a_time() {
        let moment = |text| moment_argument(text).map(|at| at.to_string()).ok();
        assert_eq!(moment("115-02-11 14:30").as_deref(), Some("2026-02-11 14:30:00"));
        assert_eq!(moment("2026-02-11").as_deref(), Some("2026-02-11 09:00:00"));
        assert_eq!(moment("2026-02-11 25:00"), None);
    }
}
