//! What every command starts from: the configuration, and the database that it names.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::{Failure, out};
use crate::app::backups::last_copy;
use crate::app::{App, Live};
use crate::clock::{Clock, SystemClock, today};
use crate::config::owner::{of_its_directory, private_directory};
use crate::config::secrets::Environment;
use crate::config::{self, Config, Loaded};
use crate::daemon::lock;
use crate::notify::channels::Channels;
use crate::notify::print::Print;
use crate::store::{Store, StoreError, unfinished};
use crate::telemetry;

/// What to do about a database that is not for this user.
const AS_THE_SERVICE: &str =
    "type `sudo jicui …`, or run it as the user of jicui (`sudo -u jicui jicui …`)";

/// What every command starts from.
pub(super) struct Setup {
    pub(super) path: Option<PathBuf>,
    pub(super) json: bool,
}

impl Setup {
    /// The configuration, and what is odd about it.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        self.load_replacing(None)
    }

    /// The same where this file of the calendar is about to be replaced.
    pub(super) fn load_replacing(&self, replaced: Option<&str>) -> Result<Loaded, Failure> {
        let loaded = config::load_replacing(self.path.as_deref(), replaced, &self.environment());
        loaded.map_err(Failure::Configuration)
    }

    fn environment(&self) -> Environment {
        Environment::of_process().as_the_service(self.path.as_deref())
    }

    /// Whether secrets may be there that this user may not see: what seems to be missing may not be.
    pub(super) fn may_lack_secrets(&self) -> bool {
        self.environment().is_barred()
    }

    /// The same for what sends messages: not begun by a user who may not see the service's secrets.
    pub(super) fn load_to_send(&self) -> Result<Loaded, Failure> {
        let loaded = self.load()?;
        if self.may_lack_secrets() {
            let say = "the service's credentials are not to be seen by this user: run it as root";
            return Err(anyhow!(say).into());
        }
        Ok(loaded)
    }

    /// The application over the configured database, for a command: logs only warnings.
    pub(super) fn open(&self) -> Result<Arc<App>, Failure> {
        self.open_with(self.load()?)
    }

    /// The same for a command that sends messages.
    pub(super) fn open_to_send(&self) -> Result<Arc<App>, Failure> {
        self.open_with(self.load_to_send()?)
    }

    /// The same over a configuration that is loaded already.
    pub(super) fn open_with(&self, loaded: Loaded) -> Result<Arc<App>, Failure> {
        telemetry::start(loaded.config.log, "warn");
        open_app(self.live(loaded.config)?)
    }

    /// The sources and channels; beside a JSON document nothing else is printed on standard output.
    pub(super) fn live(&self, config: Config) -> anyhow::Result<Live> {
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
    may_be_read(&path)?;
    let is_older = path.exists() && Store::is_older(&path)?;
    let _lock = if is_older {
        let say = "the database is of an older build, and one is at work on it: let `jicui run` bring it \
                   up to date (systemctl restart jicui)";
        let taken = lock::take(&config.state_dir);
        // A disk that is full has a fault of its own.
        let is_disk = |error: &anyhow::Error| error.root_cause().is::<io::Error>();
        Some(taken.map_err(|error| if is_disk(&error) { error } else { anyhow!(say) })?)
    } else {
        None
    };
    open_store(config).or_else(|error| match error.downcast_ref::<StoreError>() {
        // What an older build wrote cannot be read before it is brought up to date.
        Some(StoreError::Full(_) | StoreError::ReadOnly(_)) if !is_older => read_only(&path, error),
        _ => Err(error),
    })
}

/// A disk that takes nothing more still gives what is on it.
fn read_only(path: &Path, error: anyhow::Error) -> anyhow::Result<Store> {
    let Ok(store) = Store::open_to_read(path) else { return Err(error) };
    out::complain(&format!(
        "{}: {error:#}; until then it can be read, and nothing changed",
        path.display()
    ));
    Ok(store)
}

/// Whether this user may read the database: whoever may not even enter its directory cannot tell whether it is
/// there.
pub(super) fn may_be_read(path: &Path) -> anyhow::Result<()> {
    let is_barred = match path.try_exists() {
        Ok(true) => accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS) == Err(Errno::ACCESS),
        Ok(false) => false,
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    };
    if is_barred {
        bail!("{} cannot be read by this user: {AS_THE_SERVICE}", path.display());
    }
    Ok(())
}

/// Opens the database that a configuration names.
pub(super) fn open_store(config: &Config) -> anyhow::Result<Store> {
    prepare(&config.state_dir)?;
    let path = database(&config.state_dir);
    if let Some(reason) = broken_restoration(&path) {
        return Err(anyhow!(reason));
    }
    create_database(&path).map_err(|error| not_made(&path, error))?;
    Ok(Store::open(&path)?)
}

/// The database's file.
pub(super) fn database(state_dir: &Path) -> PathBuf {
    state_dir.join("jicui.db")
}

/// What is wrong if a restoration broke off, and what to type.
pub(super) fn broken_restoration(database: &Path) -> Option<String> {
    let (left, path) = (unfinished(database)?, database.display());
    Some(format!(
        "a restoration broke off before {} was in the place of {path}: type `jicui restore FILE` \
         again",
        left.display()
    ))
}

/// What to type to put the last copy back that was made by itself, or another.
fn restore_command(config: &Config) -> String {
    let (backups, today) = (config.backups.as_ref(), today(SystemClock.now()));
    let last = backups.and_then(|backups| last_copy(&backups.directory, today));
    let copy = last.map_or_else(|| "BACKUP".to_owned(), |path| path.display().to_string());
    let config = config.path.as_ref().map(|path| format!(" --config {}", path.display()));
    format!("jicui restore {copy}{}", config.unwrap_or_default())
}

/// What is wrong with the database; if it is damaged, with what to type.
pub(super) fn explain(error: StoreError, config: &Config) -> anyhow::Error {
    let file = database(&config.state_dir);
    let file = file.display();
    if !error.is_damage() {
        return anyhow::Error::new(error).context(format!("opening {file}"));
    }
    anyhow!("opening {file}: {error}, while jicui is stopped:\n  {}", restore_command(config))
}

/// The same of whatever went wrong, where it is the database's.
pub(super) fn explained(error: anyhow::Error, config: &Config) -> anyhow::Error {
    match error.downcast::<StoreError>() {
        Ok(fault) => explain(fault, config),
        Err(other) => other,
    }
}

/// Makes the state directory if it is not there.
pub(super) fn prepare(state_dir: &Path) -> anyhow::Result<()> {
    private_directory(state_dir)
        .map_err(|error| not_made(state_dir, error))
        .context("set state_dir to a directory that jicui may write to")
}

fn not_made(path: &Path, error: io::Error) -> anyhow::Error {
    let path = path.display();
    let place = match error.kind() {
        ErrorKind::PermissionDenied => {
            format!("making {path} (this user may not: {AS_THE_SERVICE})")
        }
        _ => format!("making {path}"),
    };
    anyhow::Error::new(error).context(place)
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
