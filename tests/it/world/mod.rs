//! The outside world, as far as the program can tell: a platform, a Slack, a Teams, and a clock.

pub(crate) mod faults;
pub(crate) mod program;
pub(crate) mod provider;
pub(crate) mod slack;
pub(crate) mod smtp;
pub(crate) mod socket;
pub(crate) mod teams;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use jicui::app::{App, Live, Step};
use jicui::clock::{FixedClock, instant, wall};
use jicui::config::secrets::Environment;
use jicui::config::{self, SAMPLE_UNITS};
use jicui::demo::platform::MiniaturePlatform;
use jicui::domain::case::CaseNumber;
use jicui::store::Store;

use slack::{FakeSlack, Posted};
use teams::FakeTeams;

/// The dataset every test knows, and its agency (seated in 臺北市).
pub(crate) const NID: u64 = 6100;
pub(crate) const AGENCY: &str = "勞動部勞工保險局";
/// Where its unit and the administrators read.
pub(crate) const UNIT: &str = "C00BLI0001";
pub(crate) const ADMINISTRATORS: &str = "C00ADMIN001";

/// A ministry, its tools and its time.
pub(crate) struct World {
    pub(crate) platform: MiniaturePlatform,
    pub(crate) slack: FakeSlack,
    pub(crate) teams: FakeTeams,
    pub(crate) app: Arc<App>,
    clock: Arc<FixedClock>,
    dir: tempfile::TempDir,
    read: usize,
}

/// "2026-02-11 09:00" in Taipei.
pub(crate) fn moment(text: &str) -> DateTime<Utc> {
    instant(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
}

/// A closure in Taipei, on Tuesday 03-17: a case due on Friday 03-20 is due on Monday 03-23.
pub(crate) const TYPHOON: &str =
    "[[closure]]\ndate = 2026-03-17\nregion = \"台北市\"\nreason = \"颱風\"\n";

/// A comment's number.
pub(crate) fn comment(cid: u64) -> CaseNumber {
    CaseNumber::of_comment(cid)
}

/// The sample ministry, whose unit of labour insurance reads Slack, and Teams where Slack fails.
pub(crate) fn units_by_slack_then_teams() -> String {
    SAMPLE_UNITS.replace(
        "channels = [\"slack:C00BLI0001\"]",
        "channels = [\"slack:C00BLI0001\", \"teams:flow\"]",
    )
}

impl World {
    /// The sample ministry at this moment, with one dataset on the platform.
    pub(crate) async fn at(now: &str) -> Self {
        Self::with_units(now, SAMPLE_UNITS).await
    }

    /// The same with other units.
    pub(crate) async fn with_units(now: &str, units: &str) -> Self {
        Self::with(now, units, "").await
    }

    /// The sample ministry with more in its configuration.
    pub(crate) async fn with_config(now: &str, config: &str) -> Self {
        Self::with(now, SAMPLE_UNITS, config).await
    }

    /// The same with other units and more in its configuration.
    pub(crate) async fn with(now: &str, units: &str, config: &str) -> Self {
        Self::with_files(now, units, (config, &[])).await
    }

    /// The same with files beside it: secrets.
    pub(crate) async fn with_files(
        now: &str,
        units: &str,
        (config, files): (&str, &[(&str, &str)]),
    ) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (platform, slack, teams) = (
            MiniaturePlatform::start().await.unwrap(),
            FakeSlack::start().await,
            FakeTeams::start().await,
        );
        slack.allow_any_channel();
        platform.add_dataset(NID, "勞保統計", AGENCY);
        let dir = tempfile::tempdir().unwrap();
        write_configuration(dir.path(), (units, config), (&platform, &slack, &teams));
        if files.iter().any(|(name, _)| *name == "app_token") {
            let path = dir.path().join("config.toml");
            let text = std::fs::read_to_string(&path).unwrap();
            let named = text.replacen("[slack]", "[slack]\napp_token_file = \"app_token\"", 1);
            std::fs::write(path, named).unwrap();
        }
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let clock = Arc::new(FixedClock::new(moment(now)));
        slack.set_now(moment(now));
        let app = open_app(dir.path(), &clock);
        Self { platform, slack, teams, app, clock, dir, read: 0 }
    }

    /// The configuration's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The present moment.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    /// Sets the clock without running anything: the machine slept.
    pub(crate) fn sleep_until(&self, text: &str) {
        self.set(moment(text));
    }

    /// Somebody sets the machine's clock: no time has passed.
    pub(crate) fn clock_jumps_to(&self, text: &str) {
        self.clock.jump(moment(text));
        self.slack.set_now(moment(text));
    }

    /// The same, to any instant.
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        self.clock.set(now);
        self.slack.set_now(now);
    }

    /// One pass of every step at the present moment.
    pub(crate) async fn pass(&self) {
        for step in Step::ALL {
            self.app.run(step).await;
        }
    }

    /// Runs bell by bell up to and with this moment: reminders and delivery when the office opens
    /// and at every full hour of its day, the platform every fourth hour, first and last.
    pub(crate) async fn run_until(&mut self, text: &str) {
        let end = moment(text);
        self.pass().await;
        while self.now() < end {
            let half_hour = 30 * 60;
            let next = (self.now().timestamp() / half_hour + 1) * half_hour;
            let next = DateTime::from_timestamp(next, 0).unwrap().min(end);
            self.set(next);
            let (hour, minute) = (wall(next).hour(), wall(next).minute());
            if next == end || (hour % 4 == 0 && minute == 0) {
                self.pass().await;
            } else if minute == 30 && hour == 8 || minute == 0 && (9..19).contains(&hour) {
                self.app.run(Step::Remind).await;
                self.app.run(Step::Deliver).await;
            }
        }
    }

    /// A new process on the same database.
    pub(crate) fn restart(&mut self) {
        self.app = open_app(self.dir.path(), &self.clock);
    }

    /// Another process on the same database.
    pub(crate) fn another(&self) -> Arc<App> {
        open_app(self.dir.path(), &self.clock)
    }

    /// A new process on the same database, with the configuration that the old one had read.
    pub(crate) fn restart_as_it_was(&mut self) {
        let store = open_store(self.dir.path());
        let before = self.app.live();
        let live = Live::with_channels(before.config.clone(), before.channels.clone()).unwrap();
        self.app = Arc::new(App::new(Arc::clone(&self.clock) as Arc<_>, store, live));
    }

    /// Reads the configuration again, as an edit does.
    pub(crate) fn reload(&self) {
        self.app.replace_live(live(self.dir.path()));
    }

    /// Closes offices, as an edit of `closures.toml` does.
    pub(crate) fn close(&self, closures: &str) {
        std::fs::write(self.path("calendar/closures.toml"), closures).unwrap();
        self.reload();
    }

    /// Everything posted to Slack since the last reading: time, channel, thread, words.
    ///
    /// Channels are told side by side: of one moment, units stand before the administrators.
    pub(crate) fn sent(&mut self) -> String {
        let mut new = self.slack.all().split_off(self.read);
        self.read += new.len();
        let minute = |posted: &Posted| -> i64 {
            posted.ts.split('.').next().unwrap().parse::<i64>().unwrap() / 60
        };
        new.sort_by_key(|posted| {
            (minute(posted), posted.channel == ADMINISTRATORS, posted.channel.clone())
        });
        let lines: Vec<String> = new.iter().map(line).collect();
        lines.join("\n")
    }
}

/// A world dropped with unread messages hides something from its test.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let unread = self.sent();
            assert!(unread.is_empty(), "messages nobody looked at:\n{unread}");
        }
    }
}

fn line(posted: &Posted) -> String {
    let seconds: i64 = posted.ts.split('.').next().unwrap().parse().unwrap();
    let at = wall(DateTime::from_timestamp(seconds, 0).unwrap()).format("%m-%d %H:%M");
    let thread = match (&posted.thread_ts, posted.broadcast) {
        (None, _) => "",
        (Some(_), false) => "↳ ",
        (Some(_), true) => "↳! ",
    };
    let edited = if posted.edits > 0 { "（已編輯）" } else { "" };
    format!("{at} {} {thread}{}{edited}", posted.channel, posted.text)
}

/// Digests would stand between the lines of every other test: those that look for them ask for them.
const NO_DIGESTS: &str = "\n[digest]\ndaily = false\nweekly = false\nmonthly = false\n";

/// The platform's clock is not the world's, nothing is tried of which no test speaks, and bells that ring
/// once an hour let everything wait.
const QUIET_ALARMS: &str =
    "[alarms]\nclock_off_secs = 0\ntry_channels_every_hours = 0\noutbox_stale_mins = 100000\n";

fn write_configuration(
    dir: &Path,
    (units, config): (&str, &str),
    (platform, slack, teams): (&MiniaturePlatform, &FakeSlack, &FakeTeams),
) {
    let text = format!(
        "state_dir = \"state\"\n\
         [platform]\nbase_url = \"{}\"\npause_ms = 0\nretry_after_ms = 1\nretries = 1\n\
         request_timeout_secs = 1\n\
         [slack]\napi_url = \"{}\"\ntoken_file = \"token\"\nrequest_timeout_secs = 1\n\
         [teams]\nrequest_timeout_secs = 1\n[teams.webhooks.flow]\nurl_file = \"flow\"\n\
         [teams.webhooks.office]\nurl_file = \"office\"\n\
         [delivery]\njitter_percent = 0\nslack_per_second = 0\nteams_per_second = 0\n\
         mail_per_second = 0\n{config}",
        platform.base_url(),
        slack.api_url(),
    );
    let digests = if config.contains("[digest]") { "" } else { NO_DIGESTS };
    let reports = if config.contains("[report]") { "" } else { "[report]\nhalf_yearly = false\n" };
    let alarms = if config.contains("[alarms]") { "" } else { QUIET_ALARMS };
    let backups = if config.contains("[backup]") { "" } else { "[backup]\nenabled = false\n" };
    let text = format!("{text}{digests}{reports}{alarms}{backups}");
    std::fs::create_dir(dir.join("calendar")).unwrap();
    std::fs::create_dir(dir.join("state")).unwrap();
    std::fs::write(dir.join("config.toml"), text).unwrap();
    std::fs::write(dir.join("units.toml"), units).unwrap();
    std::fs::write(dir.join("token"), slack::TOKEN).unwrap();
    for flow in ["flow", "office"] {
        std::fs::write(dir.join(flow), teams.url(flow)).unwrap();
    }
    std::fs::write(dir.join("state/jicui.db"), fresh_database()).unwrap();
}

/// A database on which nothing has happened yet: made once, since every world begins with one.
fn fresh_database() -> &'static [u8] {
    static FRESH: OnceLock<Vec<u8>> = OnceLock::new();
    FRESH.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jicui.db");
        drop(Store::open(&path).unwrap());
        std::fs::read(path).unwrap()
    })
}

fn live(dir: &Path) -> Live {
    let loaded = config::load(Some(&dir.join("config.toml")), &Environment::default());
    Live::new(loaded.unwrap().config).unwrap()
}

fn open_app(dir: &Path, clock: &Arc<FixedClock>) -> Arc<App> {
    Arc::new(App::new(Arc::clone(clock) as Arc<_>, open_store(dir), live(dir)))
}

fn open_store(dir: &Path) -> Store {
    Store::open(&dir.join("state/jicui.db")).unwrap().in_place()
}
