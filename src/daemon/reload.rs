//! Edits take effect while running: the whole configuration is read again, and put in force only
//! if all of it is valid. An invalid edit changes nothing and is said once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::Signal;
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::lifecycle;
use super::schedule::{self, Bells};
use crate::app::{App, Live};
use crate::config::calendar::{CLOSURES_FILE, CalendarFiles, is_calendar_file, place_of};
use crate::config::secrets::Environment;
use crate::config::{self, Config, Fault, Loaded, Severity, is_absent};

/// Editors write a file in pieces: wait until it has been quiet for this long.
const QUIET_FOR: Duration = Duration::from_millis(400);
/// However busy an editor is, an edit is read after this long.
const AT_MOST: Duration = Duration::from_millis(1500);

/// What `systemctl status` says after an edit that is not valid.
const NOT_IN_FORCE: &str = "the last edit is not in force: see `jicui check`";

/// Watches the configuration's files and SIGHUP until the app stops.
pub(super) async fn watch(app: Arc<App>, bells: Arc<Bells>, mut hangup: Signal) -> &'static str {
    let changed = Arc::new(Notify::new());
    let mut watching = watcher(&app.live().config, &changed);
    let (stop, started) = (app.stop().clone(), app.live());
    loop {
        let is_asked = tokio::select! {
            () = stop.cancelled() => return "reload",
            _ = hangup.recv() => true,
            () = changed.notified() => {
                settle(&changed).await;
                false
            }
        };
        if is_asked {
            lifecycle::say_reloading();
        }
        // A directory that was made only now is watched before it is read, and so is one that the
        // edit itself names.
        watching = watcher(&app.live().config, &changed).or(watching);
        let is_in_force = Box::pin(reload(&app, &started.config)).await;
        if is_in_force {
            watching = watcher(&app.live().config, &changed).or(watching);
            bells.ring_all();
        }
        let is_as_written = is_in_force || app.live().config.path.is_none();
        lifecycle::say_status(if is_as_written { "" } else { NOT_IN_FORCE });
        if is_asked {
            lifecycle::say_ready();
        }
    }
}

/// Waits until the files are quiet.
async fn settle(changed: &Notify) {
    let quiet =
        async { while tokio::time::timeout(QUIET_FOR, changed.notified()).await.is_ok() {} };
    // Either outcome means: read now.
    let _ = tokio::time::timeout(AT_MOST, quiet).await;
}

/// Watches the directories (not the files: editors replace them) that hold the configuration.
fn watcher(config: &Config, changed: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let files = files_of(config);
    let parents = files.iter().filter_map(|file| file.parent().map(directory_of));
    let mut directories: Vec<PathBuf> =
        parents.chain([config.calendar_dir.clone()]).filter(|path| path.is_dir()).collect();
    directories.sort();
    directories.dedup();
    let (bell, watched) = (Arc::clone(changed), Watched::of(config));
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| watched.is_touched_by(&event)) {
            bell.notify_one();
        }
    });
    let mut watcher = watcher
        .inspect_err(|fault| warn!(%fault, "edits are noticed only at `systemctl reload`"))
        .ok()?;
    for directory in &directories {
        if let Err(fault) = watcher.watch(directory, RecursiveMode::NonRecursive) {
            warn!(%fault, directory = %directory.display(), "edits here need `systemctl reload`");
        }
    }
    Some(watcher)
}

/// The configuration's files and the calendar's directory; where one is a link, with what it links to, for that is
/// what is edited.
fn files_of(config: &Config) -> Vec<PathBuf> {
    let calendar = &config.calendar_dir;
    let own = config.path.iter().chain([&config.units_file, calendar]).cloned();
    let beside = std::fs::read_dir(calendar).into_iter().flatten().filter_map(Result::ok);
    let linked = beside.map(|entry| entry.path()).filter(|path| path.is_symlink());
    let files = own.chain(linked);
    files.flat_map(|file| [file.canonicalize().ok(), Some(file)]).flatten().collect()
}

/// The files that matter, and the calendar's directory, among all that lie beside them: a log, the
/// database, an editor's own.
struct Watched(Vec<OsString>);

impl Watched {
    fn of(config: &Config) -> Self {
        let names = files_of(config).into_iter();
        Self(names.filter_map(|file| file.file_name().map(ToOwned::to_owned)).collect())
    }

    fn is_touched_by(&self, event: &notify::Event) -> bool {
        !event.kind.is_access() && event.paths.iter().any(|path| self.matters(path))
    }

    fn matters(&self, path: &Path) -> bool {
        let name = path.file_name();
        is_calendar_file(path) || self.0.iter().any(|known| Some(known.as_os_str()) == name)
    }
}

/// A file without a directory lies in the present one.
fn directory_of(parent: &Path) -> PathBuf {
    if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() }
}

/// Cron lines that cannot be read, as faults of the configuration.
pub fn schedule_faults(config: &Config) -> Vec<Fault> {
    let file = config.path.clone().unwrap_or_else(|| "config/default.toml".into());
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let fault = |(name, message)| Fault {
        at: line_of(&text, name).map(|line| (line, 1)),
        ..Fault::of_file(file.clone(), message)
    };
    schedule::faults(&config.schedule).into_iter().map(fault).collect()
}

/// The line of a setting of the table `[schedule]`, from 1.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let within = lines.skip_while(|(_, line)| !line.starts_with("[schedule]")).skip(1);
    let mut within = within.take_while(|(_, line)| !line.starts_with('['));
    let is_its =
        |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='));
    within.find(|(_, line)| is_its(line)).map(|(number, _)| number)
}

/// Reads the configuration. A schedule takes effect with the next start only, which a bad one would
/// prevent: it is no better than any other fault.
async fn read(
    path: PathBuf,
    before: Arc<Live>,
) -> Result<Result<Loaded, Vec<Fault>>, tokio::task::JoinError> {
    let read = move || {
        let loaded = config::load(Some(&path), &Environment::of_process())?;
        let mut faults = schedule_faults(&loaded.config);
        faults.extend(lost(&before.config, &loaded.config));
        if faults.is_empty() { Ok(loaded) } else { Err(faults) }
    };
    tokio::task::spawn_blocking(read).await
}

/// Makes the sources and channels of another configuration; what prints goes on printing.
fn make(Loaded { mut config, warnings }: Loaded, before: &Live) -> Result<Live, Vec<Fault>> {
    for warning in warnings {
        warn!("{warning}");
    }
    if let Err(fault) = config.seal_links() {
        error!(%fault, "the secret of links cannot be made: messages carry none");
    }
    let file = config.path.clone().unwrap_or_default();
    let live = if before.channels.are_printing() {
        Live::with_channels(config, before.channels.clone())
    } else {
        Live::new(config)
    };
    live.map_err(|error| vec![Fault::of_file(file, format!("{error:#}"))])
}

/// What is in force and has no file any more. Without units nobody is reminded, the administrators
/// neither; without the calendar's directory, or one of its files, its closures count again: that is no edit, but
/// a file that was moved away, another name by mistake, or a copy for which there was no room. A start goes by
/// what is there.
fn lost(before: &Config, after: &Config) -> Vec<Fault> {
    let mut lost = Vec::new();
    if !before.rules.directory.units.is_empty() && is_absent(&after.units_file) {
        let say = "no such file, and its units are in force: put it back, or empty it";
        lost.push(Fault::of_file(after.units_file.clone(), say.to_owned()));
    }
    let compiled_in = CalendarFiles::compiled_in(before.calendar_files.policy());
    if before.calendar_files != compiled_in && is_absent(&after.calendar_dir) {
        let say = "no such directory, and its files are in force: put it back, or empty it";
        lost.push(Fault::of_file(after.calendar_dir.clone(), say.to_owned()));
    } else if before.calendar_dir == after.calendar_dir {
        let names = before.calendar_files.iter().map(|(name, _)| name);
        // Of a year that every build carries that one is in force again.
        let own = names.filter(|name| compiled_in.file(name).is_none());
        let is_idle = before.rules.calendars.closures().is_empty();
        let own = own.filter(|name| !is_idle || *name != CLOSURES_FILE);
        let places = own.map(|name| place_of(&after.calendar_dir, name));
        lost.extend(places.filter(|path| is_nothing(path)).map(|path| {
            let say = "nothing is there any more, and what was is in force: put it back, or restart jicui \
                       to do without it";
            Fault::of_file(path, say.to_owned())
        }));
    }
    lost
}

/// Whether there is surely no file, or one without a word in it.
fn is_nothing(path: &Path) -> bool {
    is_absent(path) || std::fs::metadata(path).is_ok_and(|file| file.len() == 0)
}

/// Says what keeps an edit from being put in force: in the log, and to the administrators.
async fn refuse(app: &App, faults: &[Fault]) {
    let stopping = faults.iter().filter(|fault| fault.severity == Severity::Fault);
    let lines: Vec<String> = stopping.map(ToString::to_string).collect();
    for line in &lines {
        error!("the edit is not in force: {line}");
    }
    app.config_is_invalid(lines.join("\n")).await;
}

/// Reads the configuration again. Returns whether another one is in force now.
async fn reload(app: &App, started: &Config) -> bool {
    let Some(path) = app.live().config.path.clone() else { return false };
    let mut replaced = replace(app, path.clone(), started).await;
    if matches!(replaced, Ok(Err(_))) {
        // Half a file is not valid either: its writer has a moment more before anybody is told.
        tokio::time::sleep(QUIET_FOR * 2).await;
        replaced = replace(app, path, started).await;
    }
    match replaced {
        Ok(Ok(waiting)) => {
            app.config_is_valid().await;
            info!("the configuration was read again and is in force");
            for setting in waiting {
                warn!("{setting}: in force with the next start only (systemctl restart jicui)");
            }
            true
        }
        Ok(Err(faults)) => {
            refuse(app, &faults).await;
            false
        }
        Err(_) => false,
    }
}

/// What is written otherwise than at the start, and only a start takes up.
fn waiting_for_restart(before: &Config, after: &Config) -> Vec<&'static str> {
    let changed = [
        (
            before.state_dir != after.state_dir,
            "state_dir (first move what lies in the old one: docs/operations.md)",
        ),
        (before.schedule != after.schedule, "[schedule]"),
        (before.log != after.log, "[log]"),
        (before.web.listen != after.web.listen, "[web] listen"),
        (before.web.tls != after.web.tls, "[web] tls_certificate_file, tls_key_file"),
    ];
    changed.into_iter().filter(|(is_other, _)| *is_other).map(|(_, setting)| setting).collect()
}

/// Puts what is written in force, if it is valid; returns what of it waits for a start. What was read before
/// the calendar was edited is read again: it would put the old one back.
async fn replace(
    app: &App,
    path: PathBuf,
    started: &Config,
) -> Result<Result<Vec<&'static str>, Vec<Fault>>, tokio::task::JoinError> {
    loop {
        let before = app.live();
        let loaded = read(path.clone(), Arc::clone(&before)).await?;
        let _alone = app.hold_edits().await;
        if Arc::ptr_eq(&before, &app.live()) {
            let live = loaded.and_then(|loaded| make(loaded, &before));
            return Ok(live.map(|live| {
                let waiting = waiting_for_restart(started, &live.config);
                app.replace_live(live);
                waiting
            }));
        }
    }
}
