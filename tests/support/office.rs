//! A ministry for the real program: offices open day and night, stand-ins that remember, short
//! leases, and a bell each second.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use jicui::clock::{Clock, SystemClock, today, wall};
use jicui::demo::platform::MiniaturePlatform;
use jicui::domain::message::MessageState;
use jicui::store::Store;

use crate::world::AGENCY;
use crate::world::slack::{self, FakeSlack};
use crate::world::teams::FakeTeams;

/// Units of each kind: more than one, because messages to one unit never overlap.
pub(crate) const UNITS: u64 = 4;
/// New cases at a time, for each kind of unit.
const CASES: u64 = 6;
/// The comments that go to Teams are numbered from here.
const IN_TEAMS: u64 = 1_000_000;

/// Everything must have arrived this long after the last trouble; a minute of it may be the one
/// before midnight, when the office is shut.
const PATIENCE: Duration = Duration::from_secs(150);

/// A ministry, for as long as the test lasts.
pub(crate) struct Office {
    pub(crate) slack: FakeSlack,
    pub(crate) teams: FakeTeams,
    platform: MiniaturePlatform,
    dir: tempfile::TempDir,
    posted: u64,
}

impl Office {
    /// Nobody has asked anything yet. Every request to a provider takes `pause`, and every answer.
    pub(crate) async fn open(pause: Duration) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let platform = MiniaturePlatform::start().await.unwrap();
        let (slack, teams) = (FakeSlack::start().await, FakeTeams::start().await);
        slack.allow_any_channel();
        slack.slow_down(pause);
        teams.slow_down(pause);
        for nid in 1..=2 * UNITS {
            platform.add_dataset(nid, &format!("資料集 {nid}"), AGENCY);
        }
        let dir = tempfile::tempdir().unwrap();
        let office = Self { slack, teams, platform, dir, posted: 0 };
        office.write_configuration();
        office
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write_configuration(&self) {
        let mut text = format!(
            "state_dir = \"state\"\n\
             [office_hours]\nopens = \"00:00\"\nnoon = \"12:00\"\ncloses = \"23:59\"\n\
             [platform]\nbase_url = \"{}\"\npause_ms = 0\n\
             [slack]\napi_url = \"{}\"\ntoken_file = \"token\"\nrequest_timeout_secs = 1\n\
             [delivery]\nlease_secs = 1\nretry_secs = [1]\nmax_attempts = 1000\njitter_percent = 0\n\
             slack_per_second = 0\nteams_per_second = 0\nburst_over = 0\n\
             [schedule]\npoll = \"*/5 * * * * *\"\nremind = \"* * * * * *\"\n\
             deliver = \"* * * * * *\"\n[teams]\nrequest_timeout_secs = 1\n\
             [alarms]\noutbox_stale_mins = 100000\ntry_channels_every_hours = 0\nclock_off_secs = 0\n\
             [backup]\nenabled = false\n",
            self.platform.base_url(),
            self.slack.api_url(),
        );
        let mut units = format!(
            "[administrators]\nchannels = [\"slack:C00ADMIN001\"]\n\
             [[agency]]\nname = \"{AGENCY}\"\nseat = \"臺北市\"\n"
        );
        for nid in 1..=2 * UNITS {
            let mut channel = format!("slack:C{nid:010}");
            if nid > UNITS {
                let flow = format!("flow-{nid}");
                std::fs::write(self.path(&flow), self.teams.url(&flow)).unwrap();
                text.extend(["[teams.webhooks.", &flow, "]\nurl_file = \"", &flow, "\"\n"]);
                channel = format!("teams:{flow}");
            }
            units.extend([format!(
                "[[unit]]\nid = \"unit-{nid}\"\nname = \"第 {nid} 科\"\nagency = \"{AGENCY}\"\n\
                 datasets = [{nid}]\nofficers = [{{ name = \"王小明\" }}]\n\
                 supervisor = {{ name = \"張組長\" }}\nchannels = [\"{channel}\"]\n"
            )]);
        }
        std::fs::write(self.path("config.toml"), text).unwrap();
        std::fs::write(self.path("token"), slack::TOKEN).unwrap();
        std::fs::write(self.path("units.toml"), units).unwrap();
        std::fs::create_dir(self.path("calendar")).unwrap();
        for (year, text) in busy_years(today(now())) {
            std::fs::write(self.path(&format!("calendar/{year}.csv")), text).unwrap();
        }
    }

    /// New cases for each kind of unit, posted today: each asks for one reminder at once.
    pub(crate) fn post_cases(&mut self) {
        for _ in 0..CASES {
            self.posted += 1;
            let (unit, created) = (self.posted % UNITS + 1, wall(now()));
            self.platform.post_comment(unit, self.posted, "題", created);
            self.platform.post_comment(unit + UNITS, IN_TEAMS + self.posted, "題", created);
        }
    }

    /// How many cases there are.
    pub(crate) fn cases(&self) -> u64 {
        2 * self.posted
    }

    /// The program on this ministry's configuration; what it says goes into a log.
    pub(crate) fn program(&self, command: &str) -> Command {
        self.slack.set_now(now());
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_jicui"));
        program.args([command, "--config"]).arg(self.path("config.toml")).env_clear();
        program.env("JICUI_LOG", "info").stdout(Stdio::null()).stderr(log);
        program
    }

    /// The real daemon.
    pub(crate) fn start(&self) -> Child {
        self.program("run").spawn().unwrap()
    }

    /// Lets the program run, begun anew whenever it ends, until nothing waits any more.
    pub(crate) async fn finish(&self, mut child: Child) {
        let began = Instant::now();
        while !self.is_done().await {
            self.slack.set_now(now());
            if child.try_wait().unwrap().is_some() {
                child = self.start();
            }
            if began.elapsed() > PATIENCE {
                end(&mut child);
                panic!("not everything arrived:\n{}", self.last_of_log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        end(&mut child);
    }

    /// Whether every case is known and reminded of, and nothing waits.
    async fn is_done(&self) -> bool {
        let path = self.path("state/jicui.db");
        let Some(store) = path.exists().then(|| Store::open(&path).ok()).flatten() else {
            return false;
        };
        let known = store.open_cases().await.unwrap().len() as u64;
        let waiting = store.outbox(vec![MessageState::Queued, MessageState::Sending], 1).await;
        let sent = store.outbox(vec![MessageState::Sent], u32::MAX).await.unwrap();
        let sent = sent.iter().filter(|row| row.message.case.is_some()).count() as u64;
        known == self.cases() && sent >= known && waiting.unwrap().is_empty()
    }

    /// Slack has every reminder exactly once; Teams misses none, and every repeat says so. Returns
    /// how many repeats Teams has.
    pub(crate) fn check(&self) -> u64 {
        let (mut keys, mut in_slack) = (BTreeSet::new(), BTreeMap::new());
        for posted in self.slack.all() {
            let key = posted.key().unwrap_or_default().to_owned();
            assert!(keys.insert(key.clone()), "twice in Slack: {key}");
            *in_slack.entry(case_of(&posted.text)).or_insert(0) += 1;
        }
        let mut in_teams = BTreeMap::new();
        let mut repeats = 0;
        for card in self.teams.all() {
            let shown = card.shown();
            let known: &mut u64 = in_teams.entry(case_of(&shown)).or_default();
            assert!(
                *known == 0 || shown.contains("重送"),
                "a repeat that does not say so: {shown}"
            );
            repeats += u64::from(*known > 0);
            *known += 1;
        }
        for cid in 1..=self.posted {
            assert_eq!(in_slack.get(&cid), Some(&1), "C-{cid} in Slack");
            assert!(in_teams.contains_key(&(IN_TEAMS + cid)), "C-{cid} is missing in Teams");
        }
        repeats
    }

    /// Everything the program said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The end of the program's log.
    pub(crate) fn last_of_log(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// SIGKILL.
pub(crate) fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The machine's own time: the program runs by it here.
pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// The number of the comment a message speaks of; 0 if of none.
fn case_of(text: &str) -> u64 {
    let digits = text.split("C-").nth(1).unwrap_or_default();
    digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default()
}

/// Published calendars in which the days around `today` are workdays, whatever day it is.
fn busy_years(today: NaiveDate) -> Vec<(i32, String)> {
    let far = |day: NaiveDate, days: i64| (day - today).num_days().abs() > days;
    let is_weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let years = [today - TimeDelta::days(40), today + TimeDelta::days(40)].map(|day| day.year());
    let mut files = Vec::new();
    for year in years[0]..=years[1] {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        // A real year has about as many holidays that are no weekends.
        let mut holidays = 14;
        let mut text = "西元日期,星期,是否放假,備註\n".to_owned();
        for day in first.iter_days().take_while(|day| day.year() == year) {
            let holiday = !is_weekend(day) && far(day, 30) && holidays > 0;
            holidays -= u32::from(holiday);
            let off = holiday || (is_weekend(day) && far(day, 3));
            let note = if is_weekend(day) && !off { "補行上班" } else { "" };
            let weekday = ["一", "二", "三", "四", "五", "六", "日"]
                [day.weekday().num_days_from_monday() as usize];
            let (date, mark) = (day.format("%Y%m%d"), if off { 2 } else { 0 });
            text.extend([format!("{date},{weekday},{mark},{note}\n")]);
        }
        files.push((year, text));
    }
    files
}
