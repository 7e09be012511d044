//! The two who send: jicui's own delivery, and a bare loop; each in a process of its own.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use axum::body::Bytes;
use jicui::app::{App, Live, Step};
use jicui::clock::{RehearsalClock, Stretch};
use jicui::config::secrets::Environment;
use jicui::config::settings::LogFormat;
use jicui::config::{self, Config};
use jicui::domain::message::MessageState;
use jicui::store::Store;
use jicui::{http, telemetry};

use crate::receiver::Receiver;

/// Open cases of one agency, assigned in the morning: each is to be reminded of once.
const FILL: &str = "
    with recursive number(n) as (select 1 union all select n + 1 from number where n < ?1)
    insert into cases (number, kind, title, agency, dataset_nid, dataset_title, url, assigned_on,
        starts_on, start_origin, round, state, first_seen_at)
    select 'C-' || n, 'comment', '資料集欄位說明不足，請補充各欄位之單位與更新頻率', '勞動部', n % ?2 + 1,
        '勞動統計', 'https://data.gov.tw/dataset/' || (n % ?2 + 1), '2026-03-02', '2026-03-02',
        'posted', 1, 'open', '2026-03-02T01:00:00.000Z' from number";

/// A Monday on which the offices are open.
const MORNING: &str = "2026-03-02T02:00:00Z";
const HOURS: Duration = Duration::from_hours(6);

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) sends: usize,
    pub(crate) seconds: f64,
    /// Messages a second.
    pub(crate) rate: f64,
    /// The most memory that was resident.
    pub(crate) peak_mb: f64,
}

/// Who sends.
pub(crate) enum Role {
    /// Queues a reminder for each case.
    Queue(PathBuf),
    /// Delivers what is queued.
    Deliver(PathBuf),
    /// Sends the same body again and again.
    Loop { url: String, body: Bytes, sends: usize, at_once: usize },
}

impl Role {
    /// What this process was started for.
    pub(crate) fn of(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let word = arguments.next()?;
        let mut next = || arguments.next().unwrap_or_default();
        match word.as_str() {
            "queue" => Some(Self::Queue(next().into())),
            "deliver" => Some(Self::Deliver(next().into())),
            "loop" => {
                let (url, body) = (next(), Bytes::from(next()));
                let (sends, at_once) = (next().parse().ok()?, next().parse().ok()?);
                Some(Self::Loop { url, body, sends, at_once })
            }
            _ => None,
        }
    }

    /// Has this role played by another process; what it says of its work.
    pub(crate) async fn cast(&self, sends: usize) -> anyhow::Result<Sent> {
        let mut command = Command::new(std::env::current_exe()?);
        let log = match self {
            Self::Queue(dir) | Self::Deliver(dir) => {
                let word = if matches!(self, Self::Queue(_)) { "queue" } else { "deliver" };
                command.arg(word).arg(dir);
                Stdio::from(File::create(dir.join("log"))?)
            }
            Self::Loop { url, body, sends, at_once } => {
                let body = std::str::from_utf8(body)?;
                command.args(["loop", url, body]).args([sends, at_once].map(usize::to_string));
                Stdio::inherit()
            }
        };
        command.stdin(Stdio::null()).stderr(log);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = String::from_utf8(output.stdout)?;
        let (seconds, peak_kb) = said.trim().split_once(' ').context("a sender failed")?;
        ensure!(output.status.success(), "a sender failed");
        let (seconds, peak_kb): (f64, f64) = (seconds.parse()?, peak_kb.parse()?);
        let rate = f64::from(u32::try_from(sends)?) / seconds;
        Ok(Sent { sends, seconds, rate, peak_mb: peak_kb / 1024.0 })
    }

    /// Plays it, and says how long it took and how much memory.
    pub(crate) async fn play(self) -> anyhow::Result<()> {
        let took = match self {
            Self::Queue(dir) => queue(&dir).await?,
            Self::Deliver(dir) => deliver(&dir).await?,
            Self::Loop { url, body, sends, at_once } => {
                bare_loop(&url, &body, (sends, at_once)).await?
            }
        };
        let status = std::fs::read_to_string("/proc/self/status")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.split_whitespace().next()).context("no VmHWM")?;
        Ok(writeln!(std::io::stdout(), "{} {peak}", took.as_secs_f64())?)
    }
}

/// A ministry with a queue, on a disk.
pub(crate) struct Ministry(tempfile::TempDir);

impl Ministry {
    /// With one unit for each webhook, and a reminder queued for each case.
    pub(crate) async fn found(
        receiver: &Receiver,
        cases: usize,
        units: usize,
    ) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let mut config =
            "state_dir = \".\"\n[platform]\nenabled = false\n[backup]\nenabled = false\n\
             [digest]\ndaily = false\nweekly = false\nmonthly = false\n\
             [delivery]\nteams_per_second = 0\nburst_over = 0\n"
                .to_owned();
        let mut text = "[administrators]\nchannels = [\"print\"]\n\
             [[agency]]\nname = \"勞動部\"\nseat = \"臺北市\"\n"
            .to_owned();
        for unit in 1..=units {
            std::fs::write(
                dir.path().join(format!("url-{unit}")),
                receiver.url(&format!("{unit}")),
            )?;
            writeln!(config, "[teams.webhooks.u{unit}]\nurl_file = \"url-{unit}\"")?;
            write!(
                text,
                "[[unit]]\nid = \"u{unit}\"\nname = \"第 {unit} 科\"\nagency = \"勞動部\"\n\
                 datasets = [{unit}]\nofficers = [{{ name = \"王小明\" }}]\n\
                 channels = [\"teams:u{unit}\"]\n"
            )?;
        }
        std::fs::write(dir.path().join("config.toml"), config)?;
        std::fs::write(dir.path().join("units.toml"), text)?;
        std::fs::create_dir(dir.path().join("calendar"))?;
        let path = dir.path().join("jicui.db");
        drop(Store::open(&path)?);
        let connection = rusqlite::Connection::open(&path)?;
        connection.execute(FILL, (i64::try_from(cases)?, i64::try_from(units)?))?;
        let ministry = Self(dir);
        Role::Queue(ministry.path()).cast(cases).await?;
        let queued: i64 = connection.query_row(
            "select count(*) from outbox where state = 'queued'",
            [],
            |row| row.get(0),
        )?;
        ensure!(queued == i64::try_from(cases)?, "{queued} queued for {cases} cases");
        Ok(ministry)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

fn load(dir: &Path) -> anyhow::Result<Config> {
    let loaded = config::load(Some(&dir.join("config.toml")), &Environment::default());
    loaded.map(|loaded| loaded.config).map_err(|faults| anyhow!("{faults:?}"))
}

fn open(dir: &Path) -> anyhow::Result<App> {
    telemetry::start(LogFormat::Human, "info");
    let from = MORNING.parse()?;
    let clock = RehearsalClock::start(vec![Stretch { from, covers: HOURS, takes: HOURS }]);
    let store = Store::open(&dir.join("jicui.db"))?;
    Ok(App::new(Arc::new(clock), store, Live::new(load(dir)?)?))
}

async fn queue(dir: &Path) -> anyhow::Result<Duration> {
    let app = open(dir)?;
    let began = Instant::now();
    let report = app.run(Step::Remind).await;
    ensure!(report.fault.is_none(), "{report:?}");
    Ok(began.elapsed())
}

/// Rings the bell of delivery as the daemon does, until nothing waits.
async fn deliver(dir: &Path) -> anyhow::Result<Duration> {
    let app = open(dir)?;
    let began = Instant::now();
    loop {
        let report = app.run(Step::Deliver).await;
        ensure!(report.fault.is_none(), "{report:?}");
        let Some(again_at) = report.again_at else { break };
        tokio::time::sleep((again_at - app.now()).to_std().unwrap_or_default()).await;
    }
    let took = began.elapsed();
    let waiting = app.store().outbox(vec![MessageState::Queued, MessageState::Sending], 1).await?;
    ensure!(waiting.is_empty(), "something waits: {waiting:?}");
    Ok(took)
}

async fn bare_loop(
    url: &str,
    body: &Bytes,
    (sends, at_once): (usize, usize),
) -> anyhow::Result<Duration> {
    let client = http::client(http::USER_AGENT, Duration::from_secs(15))?;
    let sent = AtomicUsize::new(0);
    let began = Instant::now();
    let one_after_another = async || {
        while sent.fetch_add(1, Ordering::Relaxed) < sends {
            let request = client.post(url).header("content-type", "application/json");
            let answer = request.body(body.clone()).send().await?;
            ensure!(answer.status().is_success(), "{}", answer.status());
            answer.bytes().await?;
        }
        anyhow::Ok(())
    };
    futures_util::future::try_join_all((0..at_once).map(|_| one_after_another())).await?;
    Ok(began.elapsed())
}
