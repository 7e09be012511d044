//! How long an edit of the calendar takes to be in force, and its impact to be known, with a
//! million open cases in the store; beside a plain loop over the same array in the same run.
//!
//! `cargo bench --bench edit`

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use chrono::{NaiveDate, TimeDelta};
use jicui::app::{App, Live};
use jicui::clock::SystemClock;
use jicui::config::secrets::Environment;
use jicui::config::{self, Config, SAMPLE_UNITS};
use jicui::domain::calendar::WorkCalendar;
use jicui::store::Store;

const CASES: usize = 1_000_000;
const ROUNDS: u32 = 7;

/// Open cases of the sample ministry's agencies, assigned on the workdays of two months.
const FILL: &str = "
    with recursive number(n) as (select 1 union all select n + 1 from number where n < ?1)
    insert into cases (number, kind, title, agency, url, assigned_on, starts_on, start_origin,
        round, state, first_seen_at)
    select 'C-' || n, iif(n % 3, 'comment', 'request'), 'x',
        (select value from json_each(?2) where key = n % json_array_length(?2)), 'x',
        date('2026-08-03', (n % 60) || ' days'), date('2026-08-03', (n % 60) || ' days'),
        'posted', 1, 'open', '2026-08-03T01:00:00.000Z' from number";

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("config.toml"), "state_dir = \".\"\n")?;
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS)?;
    std::fs::create_dir(dir.path().join("calendar"))?;
    let config = load(dir.path())?;
    let path = dir.path().join("jicui.db");
    drop(Store::open(&path)?);
    let names: Vec<&str> =
        config.rules.directory.agencies.iter().map(|agency| agency.name.as_str()).collect();
    let filled = rusqlite::Connection::open(&path)?
        .execute(FILL, (i64::try_from(CASES)?, serde_json::to_string(&names)?))?;
    let app = App::new(Arc::new(SystemClock), Store::open(&path)?, Live::new(config)?);

    let mut out = std::io::stdout().lock();
    writeln!(out, "{filled} open cases in the store")?;
    let mut in_force = Vec::new();
    let mut impact = Vec::new();
    for round in 0..ROUNDS {
        let closures = closure(round);
        let proposed = app.live().config.calendar_files.with("closures.toml", closures.as_bytes());
        let began = Instant::now();
        let moved = app.impact(&proposed).await?.moved.len();
        impact.push(began.elapsed());
        std::fs::write(dir.path().join("calendar/closures.toml"), closures)?;
        let began = Instant::now();
        app.replace_live(Live::with_channels(load(dir.path())?, app.live().channels.clone())?);
        let due = app.next_due(100).await?;
        in_force.push(began.elapsed());
        let first = due.first().context("no case is due")?.1.on;
        writeln!(
            out,
            "round {round}: {moved} cases move, the first of {} due on {first}",
            due.len()
        )?;
    }
    writeln!(out, "edit in force, next 100 due listed   {:?} (median)", median(in_force))?;
    writeln!(out, "impact of an edit on all open cases  {:?} (median)", median(impact))?;
    let (ours, plain) = array(&app)?;
    let ratio = plain.as_secs_f64() / ours.as_secs_f64();
    writeln!(out, "every deadline from an array         {ours:?}, calendar rebuilt")?;
    writeln!(out, "the same by a plain loop over days   {plain:?}, {ratio:.1} times")?;
    Ok(())
}

fn load(dir: &Path) -> anyhow::Result<Config> {
    let loaded = config::load(Some(&dir.join("config.toml")), &Environment::default());
    loaded.map(|loaded| loaded.config).map_err(|faults| anyhow!("{faults:?}"))
}

/// A typhoon on another day each round.
fn closure(round: u32) -> String {
    let day = 7 + round;
    format!("[[closure]]\ndate = 2026-09-{day:02}\nregion = \"臺北市\"\nreason = \"颱風\"\n")
}

/// Every deadline of a million start days: by ranks after a rebuild, and by walking the days.
fn array(app: &App) -> anyhow::Result<(Duration, Duration)> {
    let live = app.live();
    let calendar = live.config.rules.calendars.of(Some("臺北市"));
    let first = NaiveDate::from_ymd_opt(2026, 8, 3).context("a day")?;
    let starts: Vec<NaiveDate> =
        (0..60).cycle().take(CASES).map(|day| first + TimeDelta::days(day)).collect();
    let began = Instant::now();
    let years: Vec<_> = calendar.published_years().cloned().collect();
    let rebuilt =
        WorkCalendar::new(years, calendar.closures().cloned(), live.config.calendar_files.policy());
    for start in &starts {
        black_box(rebuilt.add_workdays(*start, 14)?);
    }
    let ours = began.elapsed();
    let flags: Vec<bool> =
        first.iter_days().take(200).map(|day| calendar.is_workday(day)).collect();
    let began = Instant::now();
    for start in &starts {
        let index = usize::try_from((*start - first).num_days())?;
        let due = flags.iter().enumerate().skip(index + 1).filter(|(_, work)| **work).nth(13);
        let (index, _) = due.context("beyond the array")?;
        black_box(first + TimeDelta::days(i64::try_from(index)?));
    }
    Ok((ours, began.elapsed()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
