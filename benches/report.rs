//! A report of 100,000 cases, from the store to each format. The promise: under 2 s each.
//!
//! `cargo bench --bench report`
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
use jicui::app::{App, Live};
use jicui::clock::SystemClock;
use jicui::config::secrets::Environment;
use jicui::config::{self, Config, SAMPLE_UNITS};
use jicui::domain::statistics::Period;
use jicui::report::Format;
use jicui::store::Store;
use rusqlite::Connection;

const CASES: i64 = 100_000;
const ROUNDS: usize = 5;
const LIMIT: Duration = Duration::from_secs(2);

/// Cases of the sample ministry's agencies over two years, most of them answered, some of them twice.
const FILL: &str = "
    with recursive number(n) as (select 1 union all select n + 1 from number where n < ?1)
    insert into cases (number, kind, title, agency, url, assigned_on, starts_on, start_origin,
        round, state, replied_at, first_seen_at)
    select iif(n % 3, 'C-', 'S-') || n, iif(n % 3, 'comment', 'request'),
        '資料集更新頻率與欄位說明（第 ' || n || ' 件）',
        (select value from json_each(?2) where key = n % json_array_length(?2)), 'x',
        date('2024-01-01', (n % 730) || ' days'), date('2024-01-01', (n % 730) || ' days'), 'posted',
        1 + (n % 50 = 0), iif(n % 20, 'replied', 'open'),
        iif(n % 20, date('2024-01-01', (n % 730 + n % 25) || ' days') || 'T03:00:00.000Z', null),
        '2024-01-01T01:00:00.000Z' from number";

/// What was done with them besides: answers followed up, extensions and holds.
const DEEDS: &str = "
    insert into follow_ups (case_number, round, answered_at, outcome)
        select number, 1, coalesce(replied_at, first_seen_at), iif(rowid % 4, 'planned', null) from cases;
    insert into extensions select number, 1, 1, 5, 'x', 'x', first_seen_at, 'confirmed', 'x',
        first_seen_at from cases where rowid % 10 = 0;
    insert into holds select number, 1, 1, starts_on, 'x', 'x', first_seen_at, 0, starts_on, 'x',
        first_seen_at from cases where rowid % 15 = 0;";

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

fn sample_config(dir: &std::path::Path) -> anyhow::Result<Config> {
    let path = dir.join("config.toml");
    std::fs::write(&path, "state_dir = \"state\"\n")?;
    std::fs::write(dir.join("units.toml"), SAMPLE_UNITS)?;
    let loaded = config::load(Some(&path), &Environment::default());
    Ok(loaded.map_err(|faults| anyhow!("{faults:?}"))?.config)
}

fn fill(path: &std::path::Path, config: &Config) -> anyhow::Result<()> {
    drop(Store::open(path)?);
    let agencies = config.rules.directory.agencies.iter();
    let names: Vec<String> = agencies.map(|agency| format!("\"{}\"", agency.name)).collect();
    let database = Connection::open(path)?;
    database.execute(FILL, (CASES, format!("[{}]", names.join(","))))?;
    Ok(database.execute_batch(DEEDS)?)
}

async fn run() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let (config, path) = (sample_config(dir.path())?, dir.path().join("jicui.db"));
    fill(&path, &config)?;
    let app = App::new(Arc::new(SystemClock), Store::open(&path)?, Live::new(config)?);
    let period = Period::new("2024-01-01".parse()?, "2025-12-31".parse()?)?;
    let mut counting = Vec::new();
    let mut writing = [const { Vec::new() }; Format::ALL.len()];
    let mut bytes = [0; Format::ALL.len()];
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let report = app.report(period).await?;
        counting.push(began.elapsed());
        for ((format, times), bytes) in Format::ALL.into_iter().zip(&mut writing).zip(&mut bytes) {
            let began = Instant::now();
            *bytes = report.write(format)?.len();
            times.push(began.elapsed());
        }
    }
    let counted = median(counting);
    println!("{CASES} cases read and counted {counted:>9.1?} (median)");
    let mut slowest = Duration::ZERO;
    for ((format, times), bytes) in Format::ALL.into_iter().zip(writing).zip(bytes) {
        let whole = counted + median(times);
        slowest = slowest.max(whole);
        println!("{:>4}, from the store on {whole:>9.1?}, {bytes:>9} bytes", format.as_str());
    }
    ensure!(slowest < LIMIT, "a report of {CASES} cases takes {slowest:?}, more than {LIMIT:?}");
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
