//! What the providers do to a request, and where the program is cut off: chosen from a seed.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use serde_json::Value;
use tokio::sync::Notify;

use crate::world::faults::{Chooser, Fault};

/// How a provider behaves for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weather {
    /// As it should.
    #[default]
    Fair,
    /// 429, with a wait.
    Limited,
    /// 5xx.
    Failing,
    /// It takes the message, and the connection breaks.
    BreakingOff,
    /// `"ok": false`, for now.
    Unwell,
    /// `"ok": false`, for good.
    Refusing,
    /// The token, or the flow, is gone.
    Revoked,
}

impl Weather {
    pub(crate) const BAD: [Self; 6] = [
        Self::Limited,
        Self::Failing,
        Self::BreakingOff,
        Self::Unwell,
        Self::Refusing,
        Self::Revoked,
    ];

    fn fault(self, is_slack: bool, random: &mut fastrand::Rng) -> Option<Fault> {
        let refuse = |code: &str| Fault::Refuse(code.to_owned());
        Some(match (self, is_slack) {
            (Self::Fair, _) => return None,
            (Self::Limited, _) => Fault::RateLimit(random.u64(1..400)),
            (Self::Failing, _) => Fault::Status(random.choice([500, 502, 503]).unwrap()),
            (Self::BreakingOff, _) => Fault::Drop,
            (Self::Unwell, true) => refuse("internal_error"),
            (Self::Unwell, false) => Fault::Status(504),
            (Self::Refusing, true) => refuse("is_archived"),
            (Self::Refusing, false) => Fault::Status(400),
            (Self::Revoked, true) => refuse("token_revoked"),
            (Self::Revoked, false) => Fault::Status(404),
        })
    }
}

/// The weather of both providers, shared with the stand-ins.
#[derive(Debug, Default)]
pub(crate) struct Sky {
    pub(crate) slack: Weather,
    pub(crate) teams: Weather,
    /// The program ends at the so many-th request from now; whether that one takes effect.
    cut: Option<(u32, bool)>,
    asked: BTreeMap<u64, u64>,
    pub(crate) faults: u64,
}

/// The sky, and the bell that rings when the program is to be cut off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heaven {
    pub(crate) sky: Arc<Mutex<Sky>>,
    lightning: Arc<Notify>,
}

impl Heaven {
    pub(crate) fn change(&self, change: impl FnOnce(&mut Sky)) {
        change(&mut self.sky.lock().unwrap());
    }

    /// Whether both providers do as they should.
    pub(crate) fn is_fair(&self) -> bool {
        let sky = self.sky.lock().unwrap();
        (sky.slack, sky.teams) == (Weather::Fair, Weather::Fair)
    }

    /// What a stand-in asks about each request. The same request meets the same fate, in whatever
    /// order requests come.
    pub(crate) fn chooser(&self, seed: u64, is_slack: bool) -> Chooser {
        let heaven = self.clone();
        Box::new(move |request: &Value| {
            let mut sky = heaven.sky.lock().unwrap();
            if let Some((left, takes_effect)) = sky.cut {
                sky.cut = (left > 1).then_some((left - 1, takes_effect));
                if left == 1 {
                    heaven.lightning.notify_one();
                    return Some(if takes_effect { Fault::Hang } else { Fault::Lose });
                }
            }
            let mut hasher = DefaultHasher::new();
            (seed, is_slack).hash(&mut hasher);
            match request.pointer("/metadata/event_payload/key") {
                Some(key) => key.to_string().hash(&mut hasher),
                None => request.to_string().hash(&mut hasher),
            }
            let request = hasher.finish();
            let times = sky.asked.entry(request).or_default();
            *times += 1;
            let mut random = fastrand::Rng::with_seed(request.wrapping_add(*times));
            let weather = if is_slack { sky.slack } else { sky.teams };
            let fault =
                if random.f64() < 0.8 { weather.fault(is_slack, &mut random) } else { None };
            sky.faults += u64::from(fault.is_some());
            fault
        })
    }

    /// Runs `work`, and cuts it off when the `left`-th request from now reaches a stand-in; that one
    /// takes effect or is lost. `None` if it was cut off.
    pub(crate) async fn strike_at_the_wire<T>(
        &self,
        (left, takes_effect): (u32, bool),
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.change(|sky| sky.cut = Some((left, takes_effect)));
        let done = tokio::select! {
            done = work => Some(done),
            () = self.lightning.notified() => None,
        };
        self.change(|sky| sky.cut = None);
        done
    }
}

/// Drops `work` after its `left`-th transaction: the program ends between that and whatever comes
/// next. With what happens at the wire these are all the states in which a crash can leave things.
pub(crate) struct CutOff<F> {
    work: Pin<Box<F>>,
    commits: Commits,
    until: u32,
}

impl<F: Future> CutOff<F> {
    pub(crate) fn new(work: F, commits: Commits, left: u32) -> Self {
        let until = commits.count() + left;
        Self { work: Box::pin(work), commits, until }
    }
}

impl<F: Future> Future for CutOff<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.commits.count() >= self.until {
            return Poll::Ready(None);
        }
        self.work.as_mut().poll(context).map(Some)
    }
}

/// Counts the transactions of a database: the wal-index keeps the number in its header.
pub(crate) struct Commits(File);

impl Commits {
    pub(crate) fn of(database: &Path) -> Self {
        Self(File::open(database.with_extension("db-shm")).unwrap())
    }

    fn count(&self) -> u32 {
        let mut number = [0; 4];
        self.0.read_exact_at(&mut number, 8).unwrap();
        u32::from_ne_bytes(number)
    }
}
