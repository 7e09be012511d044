//! `jicui demo`: the real daemon on a miniature platform and a fast clock.

use std::fs::DirBuilder;
use std::io::{ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{Days, NaiveDate, NaiveDateTime};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

use super::{Failure, Setup, out};
use crate::app::cases::{CaseFilter, CaseView};
use crate::app::{App, Live};
use crate::clock::{Clock, RehearsalClock, instant, today, wall};
use crate::config::secrets::Environment;
use crate::config::{self, SAMPLE_UNITS, seal};
use crate::daemon::schedule::Rhythm;
use crate::daemon::{self, lifecycle};
use crate::demo::pace;
use crate::demo::platform::MiniaturePlatform;
use crate::demo::story::{self, Deed, Event};
use crate::domain::access::{Grant, Role};
use crate::notify::channels::Channels;
use crate::notify::print::Print;
use crate::notify::render::roc_date;
use crate::store::Store;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How many times as fast as usual (a working day in about 10 s)
    #[arg(long, default_value_t = 1.0, value_parser = speed_argument)]
    speed: f64,
    /// Serve the console here as well (127.0.0.1:8080), and stay until Ctrl-C
    #[arg(long, value_name = "ADDRESS", value_parser = own_address)]
    listen: Option<SocketAddr>,
}

/// An address of this machine alone: the demonstration's pages are in the clear.
fn own_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback());
    address.ok_or_else(|| "this machine's own address and a port, as 127.0.0.1:8080".to_owned())
}

/// How many times as fast as usual.
pub(super) fn speed_argument(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.1..=1000.0).contains(speed));
    speed.ok_or_else(|| "a number from 0.1 to 1000".to_owned())
}

/// How often the bells ring and the narrator looks up, at speed 1.
const TICK: Duration = Duration::from_millis(100);
/// The fastest that makes sense on a small machine.
const FASTEST_TICK: Duration = Duration::from_millis(15);

/// So many days more the clock runs for who looks at the console, before it stands still.
const DAYS_AFTER: Days = Days::new(60);

/// Tells the story from beginning to end.
pub(super) async fn run(_: &Setup, arguments: Arguments) -> Result<(), Failure> {
    let folder = TemporaryFolder::make("demo")?;
    let result = tell(folder.path(), &arguments).await;
    drop(folder);
    Ok(result?)
}

async fn tell(folder: &Path, &Arguments { speed, listen }: &Arguments) -> anyhow::Result<()> {
    let platform = MiniaturePlatform::start().await.context("starting the miniature platform")?;
    story::set_the_stage(&platform);
    let config = write_configuration(folder, &platform.base_url(), listen)?;
    let begins: NaiveDateTime = story::BEGINS.parse()?;
    let ends_on: NaiveDate = story::ENDS_ON.parse()?;
    let calendar = config.rules.calendars.national();
    let until = |day| pace::stretches(calendar, begins, day, speed);
    introduce(until(ends_on).iter().map(|stretch| stretch.takes).sum())?;
    let stretches = until(if listen.is_some() { ends_on + DAYS_AFTER } else { ends_on });
    telemetry::start(config.log, "error");
    let store = Store::open(&config.state_dir.join("jicui.db"))?;
    let live = Live::with_channels(config, Channels::printing(Print::stdout()))?;
    let clock = Arc::new(RehearsalClock::start(stretches));
    let app = Arc::new(App::new(Arc::clone(&clock) as Arc<dyn Clock>, store, live));
    lifecycle::stop_at_signal(app.stop().clone())?;
    if let Some(address) = listen {
        open_console(&app, address).await?;
    }
    let tick = TICK.div_f64(speed).max(FASTEST_TICK);
    let daemon = tokio::spawn(daemon::run(Arc::clone(&app), Rhythm::Every(tick)));
    let mut told = narrate(&app, &platform, folder, (ends_on, tick)).await;
    if listen.is_some() && told.is_ok() {
        told = conclude(&app).await;
        app.stop().cancelled().await;
    }
    app.stop().cancel();
    daemon.await.context("the daemon died")??;
    told?;
    if listen.is_some() { Ok(()) } else { conclude(&app).await }
}

/// Lets whoever reads this sign in to the console, as long as the demonstration lasts.
async fn open_console(app: &App, address: SocketAddr) -> anyhow::Result<()> {
    let password: String = seal::random()?.chars().take(16).collect();
    let grant = Grant { name: "demo".to_owned(), role: Role::Administrator, units: Vec::new() };
    let secret = (None, Some(password.clone().into()));
    app.add_user(grant, secret, "jicui demo").await?;
    say(&format!(
        "The console: http://{address}/ (name `demo`, password `{password}`). It is there until Ctrl-C:\n\
         after the story two months pass, then the clock stands still."
    ))
}

/// Lets each event happen at its time, and says which day it is.
async fn narrate(
    app: &App,
    platform: &MiniaturePlatform,
    folder: &Path,
    (ends_on, tick): (NaiveDate, Duration),
) -> anyhow::Result<()> {
    let mut events = story::events().into_iter().peekable();
    let mut announced = None;
    let the_end = instant(ends_on.and_hms_opt(17, 0, 0).unwrap_or_default());
    loop {
        let now = app.now();
        while let Some(event) = events.next_if(|event| instant(event.at) <= now) {
            announce(&mut announced, event.at.date(), app)?;
            happen(&event, platform, folder)?;
        }
        announce(&mut announced, today(now), app)?;
        if now >= the_end || app.stop().is_cancelled() {
            return Ok(());
        }
        tokio::time::sleep(tick).await;
    }
}

fn happen(event: &Event, platform: &MiniaturePlatform, folder: &Path) -> anyhow::Result<()> {
    say(&format!("{} ▸ {}", event.at.format("%H:%M"), event.says))?;
    if let Deed::Close { date, region } = &event.deed {
        let path = folder.join("calendar/closures.toml");
        let closure =
            format!("[[closure]]\ndate = {date}\nregion = \"{region}\"\nreason = \"颱風\"\n");
        std::fs::write(&path, closure).context("closing an office")?;
    }
    story::happen(platform, &event.deed, event.at);
    Ok(())
}

/// A line for each new day: its date, and why nobody works on it.
pub(super) fn announce(
    announced: &mut Option<NaiveDate>,
    day: NaiveDate,
    app: &App,
) -> anyhow::Result<()> {
    if announced.is_some_and(|last| last >= day) {
        return Ok(());
    }
    *announced = Some(day);
    let live = app.live();
    let calendars = &live.config.rules.calendars;
    let known = calendars.national().day(day);
    let note = match (known.kind.is_work(), known.note.as_str()) {
        (true, _) => String::new(),
        (false, "") => " day off".to_owned(),
        (false, note) => format!(" day off: {note}"),
    };
    let shut = calendars.closures().iter().filter(|closure| closure.date == day).map(|closure| {
        let region = closure.region.as_deref().unwrap_or("全國");
        format!(" {region} shut: {}", closure.reason)
    });
    say(&format!("\n━━ {}{note}{} ━━", roc_date(day), shut.collect::<String>()))
}

fn introduce(takes: Duration) -> anyhow::Result<()> {
    say(&format!(
        "jicui demo — 稽催: no citizen's question goes unanswered past its day\n\n\
         A miniature of data.gov.tw runs on loopback; the real daemon polls it, counts\n\
         14 workdays by the office calendar, and reminds. What the units would read in\n\
         Slack or Teams is printed here. ▸ marks what happens on the platform.\n\
         It takes about {} seconds; --speed 3 is three times as fast; Ctrl-C ends it.",
        takes.as_secs()
    ))
}

async fn conclude(app: &App) -> anyhow::Result<()> {
    let cases = app.cases(&CaseFilter::default()).await?;
    say("\n━━ who answered when ━━")?;
    let rows: Vec<_> = cases.iter().map(row).collect();
    say(&out::table(&["case", "unit", "due", "answered", "workdays", ""], &rows))?;
    let in_time = |view: &&CaseView| {
        view.workdays_taken.is_some_and(|taken| taken <= i64::from(view.deadline.workdays))
    };
    let late = cases.len() - cases.iter().filter(in_time).count();
    say(&format!(
        "\n{} cases, {} answered in time, {late} late. Next: README, \"Install\".",
        cases.len(),
        cases.len() - late
    ))
}

fn row(view: &CaseView) -> Vec<String> {
    let limit = i64::from(view.deadline.workdays);
    let outcome = match view.workdays_taken.map(|taken| limit - taken) {
        None => "open".to_owned(),
        Some(0) => "on the day".to_owned(),
        Some(early @ 1..) => format!("{early} early"),
        Some(late) => format!("{} LATE", -late),
    };
    let answered = view.case.replied_at.map(|at| wall(at).format("%m-%d %H:%M").to_string());
    vec![
        view.case.number.to_string(),
        view.unit.as_ref().map(|(_, name)| out::cut(name, 26)).unwrap_or_default(),
        view.deadline.due_on.format("%m-%d").to_string(),
        answered.unwrap_or_default(),
        view.workdays_taken.map(|taken| format!("{taken:>8}")).unwrap_or_default(),
        outcome,
    ]
}

/// The demonstration's output is its data. A terminal sees the narrator apart from the messages.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    if std::io::stdout().is_terminal() {
        out::print(&format!("\u{1b}[36m{text}\u{1b}[0m"))
    } else {
        out::print(text)
    }
}

/// Messages are told as fast as they come: the pace that providers allow goes by the real clock, and a
/// second of that is an hour of the story.
fn write_configuration(
    folder: &Path,
    base_url: &str,
    listen: Option<SocketAddr>,
) -> anyhow::Result<config::Config> {
    let path = folder.join("config.toml");
    let listen = listen.map(|address| address.to_string()).unwrap_or_default();
    let text = format!(
        "state_dir = \"state\"\n[platform]\nbase_url = \"{base_url}\"\npause_ms = 0\n\
         request_timeout_secs = 5\n[delivery]\nslack_per_second = 0\nteams_per_second = 0\n\
         mail_per_second = 0\n[alarms]\nclock_off_secs = 0\noutbox_stale_mins = 100000\n\
         [backup]\nenabled = false\n\
         [web]\nlisten = \"{listen}\"\nsession_hours = 10000\nsession_idle_mins = 10000\n"
    );
    std::fs::create_dir_all(folder.join("calendar"))?;
    std::fs::create_dir_all(folder.join("state"))?;
    for (name, text) in [("config.toml", text.as_str()), ("units.toml", SAMPLE_UNITS)] {
        let mut file = std::fs::File::create(folder.join(name))?;
        file.write_all(text.as_bytes())?;
    }
    let loaded = config::load(Some(&path), &Environment::default());
    loaded.map(|loaded| loaded.config).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the demonstration's own configuration: {}", lines.join("; "))
    })
}

/// So many names are tried for a temporary directory.
const NAMES_TRIED: usize = 8;

/// A directory that goes away with its value.
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Makes one that only its owner may enter, under a name that nobody can have foreseen.
    pub(super) fn make(purpose: &str) -> anyhow::Result<Self> {
        let directory = std::env::temp_dir();
        let name = || format!("jicui-{purpose}-{:016x}", fastrand::u64(..));
        let paths = std::iter::repeat_with(|| directory.join(name())).take(NAMES_TRIED);
        let made = Self::first_of(paths);
        made.with_context(|| format!("making a directory in {}", directory.display()))
    }

    /// Makes the first of `paths` that is not there: what is there is somebody else's, a link too.
    fn first_of(paths: impl Iterator<Item = PathBuf>) -> std::io::Result<Self> {
        for path in paths {
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Removes it, and ends the program, when that is told to stop, until the task is aborted.
    pub(super) fn remove_at_signal(&self) -> anyhow::Result<AbortHandle> {
        let path = self.0.clone();
        let mut signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
            .map(signal)
            .into_iter()
            .collect::<std::io::Result<Vec<_>>>()?;
        let removing = tokio::spawn(async move {
            let told = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
            futures_util::future::select_all(told).await;
            let _ = std::fs::remove_dir_all(path);
            std::process::exit(130);
        });
        Ok(removing.abort_handle())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Nothing in it matters once the story is told.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::ChannelKind;

    #[test]
    fn a_directory_that_somebody_else_has_made_is_not_taken() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let [theirs, link, free] = ["theirs", "link", "free"].map(|name| dir.path().join(name));
        std::fs::create_dir(&theirs).unwrap();
        symlink(&theirs, &link).unwrap();
        let taken = [theirs.clone(), link.clone()];
        let refused = TemporaryFolder::first_of(taken.clone().into_iter()).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        let folder = TemporaryFolder::first_of(taken.into_iter().chain([free.clone()])).unwrap();
        assert_eq!(folder.path(), free);
        assert_eq!(std::fs::metadata(&free).unwrap().permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!free.exists() && theirs.exists() && link.exists());
        // Nothing above it is made.
        let deep = std::iter::once(dir.path().join("nowhere/deep"));
        assert_eq!(TemporaryFolder::first_of(deep).err().unwrap().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn the_name_of_a_temporary_directory_cannot_be_foreseen() {
        let [one, another] = [1, 2].map(|_| TemporaryFolder::make("test").unwrap());
        assert_ne!(one.path(), another.path());
        let foreseen = format!("jicui-test-{}", std::process::id());
        assert!(!one.path().ends_with(foreseen));
    }

    #[test]
    fn no_message_waits_for_the_real_clock() {
        let dir = tempfile::tempdir().unwrap();
        let config = write_configuration(dir.path(), "http://127.0.0.1:9", None).unwrap();
        for kind in ChannelKind::ALL {
            assert_eq!(config.delivery.interval(kind), Duration::ZERO, "{kind:?}");
        }
        assert_eq!(config.alarms.outbox_stale, Duration::from_mins(100_000));
    }

    #[test]
    fn the_console_is_shown_to_nobody_else() {
        assert!(own_address("127.0.0.1:8080").is_ok() && own_address("[::1]:8080").is_ok());
        for address in ["0.0.0.0:8080", "192.168.0.2:8080", "127.0.0.1", "8080", ""] {
            assert!(own_address(address).is_err(), "{address}");
        }
    }
}
