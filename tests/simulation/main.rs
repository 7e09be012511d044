//! Virtual months, deterministic from a seed: cases come and are answered, the calendar is edited,
//! providers and the platform fail, and the program ends between any two of its steps.
//!
//! The store is real, and so is every request: only the clock and the outside world are made up.
//! After each step the promises are checked against a count that knows nothing of the program's.
//!
//! `cargo test --profile quick --test simulation -- --seeds 10000` is the long form; a seed that fails is
//! printed and replays with `--seed N`. Everything outside and every cut is the seed's; only what the
//! program sends side by side may arrive in another order.
#![cfg(test)]

#[path = "../support/arguments.rs"]
mod arguments;
mod checks;
mod count;
mod deeds;
mod month;
mod weather;
#[path = "../it/world/mod.rs"]
#[expect(dead_code, reason = "the other test binaries use the rest of it")]
mod world;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use libtest_mimic::{Failed, Trial};

use month::{Month, Sums};

/// Months in the short form, which an unoptimised build runs as well.
const MONTHS: u64 = 24;
/// Months lived at once by each core: most of one is spent waiting for a request to come round.
const AT_ONCE: usize = 8;
/// No seed was given.
const ANY: u64 = u64::MAX;

fn main() -> ExitCode {
    let (own, arguments) = arguments::parse(&[("--seeds", MONTHS), ("--seed", ANY)]);
    let (months, seed) = (own[0], own[1]);
    if Path::new("/dev/shm").is_dir() {
        // What power cuts do is another test's business.
        let _ = tempfile::env::override_temp_dir(Path::new("/dev/shm"));
    }
    let seeds = if seed == ANY { 0..months } else { seed..seed + 1 };
    let trial = Trial::test("every_promise_holds_in_every_month", move || many(seeds));
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

/// One month, in numbers.
fn one(seed: u64) -> Result<Sums, String> {
    // One thread: the order of events is the seed's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(Month::live(seed))
    }));
    lived.unwrap_or_else(|_| Err("it panicked".to_owned())).map_err(|violation| {
        format!("seed {seed}: {violation}\nreplay: cargo test --test simulation -- --seed {seed}")
    })
}

fn many(seeds: std::ops::Range<u64>) -> Result<(), Failed> {
    let began = Instant::now();
    let (next, last) = (AtomicU64::new(seeds.start), seeds.end);
    let (sums, failures) = (Mutex::new(Sums::default()), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores * AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        break;
                    }
                    match one(seed) {
                        Ok(month) => *sums.lock().unwrap() += month,
                        Err(violation) => failures.lock().unwrap().push(violation),
                    }
                }
            });
        }
    });
    let (failures, took) = (failures.into_inner().unwrap(), began.elapsed().as_secs_f64());
    let sums = sums.into_inner().unwrap();
    println!("{} months in {took:.1} s: {sums}", last - seeds.start);
    if !failures.is_empty() {
        return Err(failures.join("\n\n").into());
    }
    // A single month may be one without reminders.
    if last - seeds.start >= MONTHS && (sums.due_days == 0 || sums.days_left == 0) {
        return Err("no message told a due day, or days left: are the words others now?".into());
    }
    Ok(())
}
