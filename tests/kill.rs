//! Kills the real program at random moments: nothing is lost, nothing is doubled.
//!
//! A child `jicui run` delivers to a Slack and a Teams that remember, and gets SIGKILL, again and
//! again, while new cases arrive: every other time at any moment of its life, and every other time
//! soon after a message has left. At the end every reminder is in Slack exactly once; in Teams none
//! is missing, every repeat is marked 「重送」, and there is at most one for each kill and each webhook,
//! which are told side by side.
//!
//! `cargo test --profile quick --test kill -- --kills 200 --seed 7` is the long form.
#![cfg(test)]

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/office.rs"]
mod office;
#[path = "it/world/mod.rs"]
#[expect(dead_code, reason = "the other test binaries use the rest of it")]
mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use office::{Office, UNITS, end};

/// Kills in the short form.
const KILLS: u64 = 20;
/// How long a request travels, and its answer: wide enough to be hit.
const PAUSE: Duration = Duration::from_millis(4);
/// Where a kill falls that hits no message.
const ELSEWHERE: &str = "elsewhere";

fn main() -> ExitCode {
    let (own, arguments) = arguments::parse(&[("--kills", KILLS), ("--seed", 0)]);
    let (kills, seed) = (own[0], own[1]);
    let work = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(kill_again_and_again(kills, seed));
        Ok(())
    };
    let trial = Trial::test("nothing_is_lost_or_doubled_however_often_it_is_killed", work);
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

async fn kill_again_and_again(kills: u64, seed: u64) {
    let mut office = Office::open(PAUSE).await;
    let mut random = fastrand::Rng::with_seed(seed);
    let calm = time_a_calm_run(&mut office).await;
    let mut hits = BTreeMap::<&str, u64>::new();
    for kill in 0..kills {
        office.post_cases();
        let mut child = office.start();
        if kill % 2 == 0 {
            tokio::time::sleep(calm.mul_f64(random.f64() * 1.2)).await;
        } else {
            wait_for_a_sending(&office, calm).await;
            tokio::time::sleep(PAUSE.mul_f64(random.f64() * 3.0)).await;
        }
        *hits.entry(phase(&office)).or_default() += 1;
        end(&mut child);
    }
    office.finish(office.start()).await;
    let repeats = office.check();
    println!(
        "{kills} kills over {} cases: {hits:?}; Slack has each message once; Teams has {repeats} \
         repeats, all marked",
        office.cases(),
    );
    assert!(repeats <= kills * UNITS, "{repeats} repeats after {kills} kills, {UNITS} webhooks");
    let elsewhere = hits.get(ELSEWHERE).copied().unwrap_or_default();
    assert!(kills < 20 || elsewhere < kills, "no kill fell into a sending: {hits:?}");
}

/// How long a start takes until everything has been sent.
async fn time_a_calm_run(office: &mut Office) -> Duration {
    office.post_cases();
    let began = Instant::now();
    office.finish(office.start()).await;
    began.elapsed()
}

/// Waits until something is on its way to a provider, or for as long as that may take.
async fn wait_for_a_sending(office: &Office, at_most: Duration) {
    let began = Instant::now();
    while phase(office) == ELSEWHERE && began.elapsed() < at_most {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Where a kill falls.
fn phase(office: &Office) -> &'static str {
    match (office.slack.under_way(), office.teams.under_way()) {
        (0, 0) => ELSEWHERE,
        (_, 0) => "mid-send to Slack",
        (0, _) => "mid-send to Teams",
        _ => "mid-send to both",
    }
}
