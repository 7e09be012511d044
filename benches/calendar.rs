//! How long a deadline takes, beside a plain loop over the same days in the same run.
//!
//! `cargo bench --bench calendar`

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use chrono::{NaiveDate, TimeDelta};
use jicui::config::calendar::compiled_in;
use jicui::domain::calendar::{ClosurePolicy, WorkCalendar};

const CALLS: u32 = 2_000_000;

fn main() -> std::io::Result<()> {
    let calendars = compiled_in();
    let calendar = calendars.national();
    let first = NaiveDate::from_ymd_opt(2017, 1, 1).unwrap_or_default();
    let starts: Vec<NaiveDate> = (0..3900).map(|day| first + TimeDelta::days(day)).collect();
    let flags: Vec<bool> =
        first.iter_days().take(4100).map(|day| calendar.is_workday(day)).collect();

    let mut next = starts.iter().copied().cycle();
    let counted = nanos_per_call(|| {
        let start = next.next().unwrap_or_default();
        black_box(calendar.add_workdays(black_box(start), 14).is_ok());
    });
    let mut next = starts.iter().copied().cycle();
    let looped = nanos_per_call(|| {
        let start = next.next().unwrap_or_default();
        let index = usize::try_from((black_box(start) - first).num_days()).unwrap_or_default();
        let due = flags.iter().enumerate().skip(index + 1).filter(|(_, work)| **work).nth(13);
        black_box(due.map(|(index, _)| first + TimeDelta::days(i64::try_from(index).unwrap_or(0))));
    });
    let years: Vec<_> = calendar.published_years().cloned().collect();
    let began = Instant::now();
    for _ in 0..20 {
        black_box(WorkCalendar::new(years.clone(), [], ClosurePolicy::default()));
    }
    let rebuild = began.elapsed() / 20;

    let mut out = std::io::stdout().lock();
    writeln!(out, "add_workdays(14)       {counted:6.1} ns a call")?;
    writeln!(out, "a loop over the flags  {looped:6.1} ns a call, {:.1} times", looped / counted)?;
    writeln!(out, "rebuild of 60 years    {rebuild:?}")
}

fn nanos_per_call(mut call: impl FnMut()) -> f64 {
    let began = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}
