//! How fast what is queued is delivered: beside a bare loop with the same client and concurrency in
//! the same run, over real HTTP on loopback, from a real file with `synchronous=FULL`.
//!
//! `cargo bench --bench delivery [slow] [limited] [fast]`; it fails where a limit is missed. Whoever sends is a process of its
//! own, so that its memory is its own.

mod receiver;
mod sender;

use std::io::Write;
use std::time::Duration;

use anyhow::ensure;

use receiver::{Manner, Receiver};
use sender::{Ministry, Role, Sent};

/// What a receiver takes that is not in a hurry, and how many messages are under way to it.
const PAUSE: Duration = Duration::from_millis(20);
const AT_ONCE: usize = 8;
/// How many are under way to one that takes no time.
const MANY_AT_ONCE: usize = 64;
/// What a receiver takes in a second that limits its callers, and what it is sent.
const PER_SECOND: usize = 10;
const LIMITED: usize = 200;
/// The queues whose rates and sizes are compared.
const QUEUES: [usize; 3] = [1_000, 10_000, 100_000];

/// The limits.
const SLOW_SHARE: f64 = 0.85;
const FAST_SHARE: f64 = 0.40;
const LIMITED_WITHIN: f64 = 1.1;
const LINEAR_SHARE: f64 = 0.80;
const QUEUE_MB: f64 = 16.0;
const ALL_MB: f64 = 60.0;

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if let Some(role) = Role::of(std::env::args().skip(1)) {
        return runtime.block_on(role.play());
    }
    let scenarios = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    runtime.block_on(measure(&scenarios.collect::<Vec<String>>()))
}

async fn measure(scenarios: &[String]) -> anyhow::Result<()> {
    let mut bench = Bench { receiver: Receiver::start().await?, missed: Vec::new() };
    let is_wanted = |name: &str| scenarios.is_empty() || scenarios.iter().any(|one| one == name);
    if is_wanted("slow") {
        bench.slow().await?;
    }
    if is_wanted("limited") {
        bench.limited().await?;
    }
    if is_wanted("fast") {
        bench.fast().await?;
    }
    ensure!(bench.missed.is_empty(), "limits missed: {}", bench.missed.join("; "));
    Ok(())
}

/// The scenarios, and what they missed.
struct Bench {
    receiver: Receiver,
    missed: Vec<String>,
}

impl Bench {
    async fn slow(&mut self) -> anyhow::Result<()> {
        say(&format!("a receiver that takes {PAUSE:?}, {AT_ONCE} in flight"))?;
        self.receiver.behave(Manner::Slow(PAUSE));
        let ours = self.deliver(2_000, AT_ONCE).await?;
        self.compare(ours, AT_ONCE, SLOW_SHARE).await
    }

    async fn limited(&mut self) -> anyhow::Result<()> {
        say(&format!("a receiver that answers 429 beyond {PER_SECOND} a second"))?;
        self.receiver.behave(Manner::Limited(PER_SECOND));
        let ours = self.deliver(LIMITED, 1).await?;
        let refused = self.receiver.counted().refused;
        let ideal = Duration::from_secs(u64::try_from(LIMITED / PER_SECOND - 1)?).as_secs_f64();
        let times = ours.seconds / ideal;
        say(&format!(
            "  {LIMITED} delivered after {:.2} s, {times:.3} times the ideal",
            ours.seconds
        ))?;
        say(&format!("  {refused} refused on the way"))?;
        self.demand(times <= LIMITED_WITHIN, &format!("limited: {times:.3} times the ideal"));
        Ok(())
    }

    async fn fast(&mut self) -> anyhow::Result<()> {
        say(&format!("a receiver that takes no time, {MANY_AT_ONCE} in flight"))?;
        self.receiver.behave(Manner::Fast);
        let mut queues = Vec::new();
        for queue in QUEUES {
            let ours = self.deliver(queue, MANY_AT_ONCE).await?;
            say(&format!(
                "  {queue:>7} queued {:>12.0} a second, at most {:.1} MB",
                ours.rate, ours.peak_mb
            ))?;
            queues.push(ours);
        }
        let [small, .., large] = queues.as_slice() else { return Ok(()) };
        let queue_mb = large.peak_mb - small.peak_mb;
        let linear = large.rate / small.rate;
        say(&format!(
            "  for the queue's sake {queue_mb:.1} MB; {:.0} % of the small queue's rate",
            linear * 100.0
        ))?;
        self.demand(linear >= LINEAR_SHARE, &format!("not linear: {linear:.2} of the rate"));
        self.demand(queue_mb <= QUEUE_MB, &format!("{queue_mb:.1} MB for the queue's sake"));
        self.demand(large.peak_mb < ALL_MB, &format!("{:.1} MB in all", large.peak_mb));
        self.compare(*large, MANY_AT_ONCE, FAST_SHARE).await
    }

    /// Delivers `queue` reminders to as many webhooks as may be under way at once.
    async fn deliver(&self, queue: usize, at_once: usize) -> anyhow::Result<Sent> {
        let ministry = Ministry::found(&self.receiver, queue, at_once).await?;
        self.receiver.forget();
        let sent = Role::Deliver(ministry.path()).cast(queue).await?;
        let taken = self.receiver.counted().taken;
        ensure!(taken == queue, "{taken} of {queue} were delivered");
        Ok(sent)
    }

    /// Sets what was sent beside a bare loop that sends as much of the same.
    async fn compare(&mut self, ours: Sent, at_once: usize, least: f64) -> anyhow::Result<()> {
        let role = Role::Loop {
            url: self.receiver.url("loop"),
            body: self.receiver.body(),
            sends: ours.sends,
            at_once,
        };
        let bare = role.cast(ours.sends).await?;
        let share = ours.rate / bare.rate;
        say(&format!("  delivered {:>15.0} a second", ours.rate))?;
        say(&format!("  a bare loop {:>13.0} a second: {:.0} % of it", bare.rate, share * 100.0))?;
        self.demand(share >= least, &format!("{share:.2} of the bare loop, {at_once} in flight"));
        Ok(())
    }

    fn demand(&mut self, is_kept: bool, what: &str) {
        if !is_kept {
            self.missed.push(what.to_owned());
        }
    }
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
