//! Lease, send, settle: every destination at its own pace, side by side, until nothing is due.
//!
//! What each channel promises of a message whose sending broke off stands in
//! [`Promise`](crate::notify::Promise).

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use futures_util::future::OptionFuture;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::{info, warn};

use super::attempt::{Attempted, attempt};
use super::judge::{Ready, Verdict, judge, offices_open};
use super::store_alarm::fault_of_store;
use super::tally::Tally;
use super::{App, Live, Step, StepReport};
use crate::clock::{at, today};
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{Alarm, MAY_HAVE_ARRIVED, Occasion, OutboxMessage};
use crate::domain::silence::Silences;
use crate::notify::NotifyError;
use crate::store::{
    Burst, Consequence, Effort, Exchanged, Leased, Parcel, Room, Settled, Settlement, StoreError,
    Take,
};

/// Who asks for less than this is still left alone for so long.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// So long an arrival waits for others to be settled with it: a transaction costs about as much.
const LINGER: Duration = Duration::from_millis(1);

/// The store at work on what it was told, while messages travel.
type Exchanging<'a> = Pin<Box<dyn Future<Output = Result<Exchanged, StoreError>> + Send + 'a>>;

/// What came of a message that was on its way.
pub(super) struct Arrival {
    /// The rows it carried, with what each of them said.
    pub(super) carried: Vec<(Leased, Ready)>,
    /// Whether they went together, as one.
    pub(super) is_bundle: bool,
    /// What came of it.
    pub(super) attempted: Attempted,
    /// By which share of the configured jitter, -1 to 1, what it carried is late for its next attempt: what
    /// went together comes due together.
    pub(super) jitter: f64,
}

/// One round of delivery.
pub(super) struct Round<'a> {
    pub(super) app: &'a App,
    pub(super) live: &'a Arc<Live>,
    silences: Silences,
    room: Room,
    /// The messages on their way, each a task of its own.
    sending: JoinSet<Arrival>,
    exchanging: Option<Exchanging<'a>>,
    /// What the store is being told.
    telling: Arc<Vec<Settled>>,
    /// Something may have become due since the store was last asked.
    is_due: bool,
    /// The rows that those carry.
    under_way: BTreeSet<i64>,
    settled: Vec<Settled>,
    /// Until when the first of them waits for others.
    lingers_until: Instant,
    /// Destinations at which something is due, but that had no room.
    held: BTreeSet<String>,
    next_at: Option<DateTime<Utc>>,
    /// The alarms that are active, as of the last exchange.
    pub(super) active: Vec<Alarm>,
    tally: Tally,
}

impl App {
    /// Sends everything that is due. A stop loses nothing: what is under way is finished, no more.
    pub(super) async fn deliver(&self, now: DateTime<Utc>) -> anyhow::Result<StepReport> {
        let live = self.live();
        self.forget_stale_waits(now).await?;
        let mut round = Round {
            app: self,
            live: &live,
            silences: self.silences(now).await?,
            room: Room {
                per_provider: live.config.delivery.under_way_per_provider,
                ..Room::default()
            },
            sending: JoinSet::new(),
            exchanging: None,
            telling: Arc::default(),
            is_due: true,
            under_way: BTreeSet::new(),
            settled: std::mem::take(&mut *self.untold()),
            lingers_until: Instant::now(),
            held: BTreeSet::new(),
            next_at: None,
            active: Vec::new(),
            tally: Tally::default(),
        };
        round.run().await?;
        let again_at = if round.is_outdated() { Some(self.now()) } else { round.next_at };
        Ok(StepReport { again_at, ..round.tally.report() })
    }

    /// What became of messages, and the store could not be told.
    fn untold(&self) -> MutexGuard<'_, Vec<Settled>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round<'_> {
    async fn run(&mut self) -> anyhow::Result<()> {
        loop {
            self.app.beats.beat(Step::Deliver);
            self.exchange();
            match self.wait().await {
                Ok(Some(exchanged)) => {
                    self.telling = Arc::default();
                    self.take_up(exchanged).await;
                }
                Ok(None) if self.is_idle() => return Ok(()),
                Ok(None) => {}
                Err(error) => {
                    // What is known of messages is told once the store is well: else they would be repeated.
                    self.settled.splice(0..0, self.telling.iter().cloned());
                    while let Some(arrived) = self.sending.join_next().await {
                        self.arrive(&arrival(arrived)?);
                    }
                    // What the store cannot take by its nature would stand in the way of all others.
                    if fault_of_store(&error).is_some() {
                        *self.app.untold() = std::mem::take(&mut self.settled);
                    }
                    return Err(error);
                }
            }
            while let Some(arrived) = self.sending.try_join_next() {
                self.arrive(&arrival(arrived)?);
            }
        }
    }

    /// Whether more may be started now.
    fn is_open(&self) -> bool {
        !self.app.is_stopping() && !self.is_outdated() && offices_open(self.live, self.app.now())
    }

    /// Whether another configuration is in force by now: the next round goes by that one.
    fn is_outdated(&self) -> bool {
        !Arc::ptr_eq(self.live, &self.app.live())
    }

    /// Whether nothing is under way, and nothing is left to tell or to ask.
    fn is_idle(&self) -> bool {
        self.sending.is_empty()
            && self.exchanging.is_none()
            && self.settled.is_empty()
            && !self.is_due
            && self.next_turn().is_none()
    }

    /// When a destination at which something is due has had its rest.
    fn next_turn(&self) -> Option<Instant> {
        self.app.pace.next_ready(&self.held).filter(|_| self.is_open())
    }

    /// Whether what arrived waits a little for the other half of what is under way.
    fn lingers(&self) -> bool {
        !self.is_due
            && !self.settled.is_empty()
            && self.settled.len() < self.sending.len()
            && Instant::now() < self.lingers_until
    }

    /// Tells the store what became of messages and asks for more, if it is not at work already:
    /// meanwhile others arrive, and are told together.
    fn exchange(&mut self) {
        let has_cause = self.is_due || !self.settled.is_empty();
        if self.exchanging.is_some() || !has_cause || self.lingers() {
            return;
        }
        self.is_due = false;
        let now = self.app.now();
        let take = self.is_open().then(|| self.take(now));
        if self.settled.is_empty() && take.is_none() {
            self.held.clear();
            return;
        }
        self.telling = Arc::new(std::mem::take(&mut self.settled));
        let told = Arc::clone(&self.telling);
        self.exchanging = Some(Box::pin(self.app.store.exchange(told, take, now)));
    }

    /// Starts what the store gave.
    async fn take_up(&mut self, exchanged: Exchanged) {
        let Exchanged { parcels, held, next_at, alarms, active } = exchanged;
        for alarm in alarms {
            let (code, subject, detail) = (&alarm.code, &alarm.subject, &alarm.detail);
            if active.iter().any(|active| active.id == alarm.id) {
                warn!(code, subject, detail, "alarm raised");
            } else {
                info!(code, subject, "alarm over");
            }
        }
        self.active = active;
        self.held = held.iter().map(ChannelAddress::destination).collect();
        self.next_at = next_at.into_iter().chain(self.app.pace.next_pause_over(&self.held)).min();
        for parcel in parcels {
            self.start(parcel).await;
        }
    }

    fn take(&mut self, now: DateTime<Utc>) -> Take {
        let delivery = &self.live.config.delivery;
        self.room.resting = self.app.pace.resting(now);
        let closes = first_closing(self.live, today(now));
        Take {
            lease: delivery.lease,
            room: self.room.clone(),
            burst: Burst {
                over: delivery.burst_over,
                hold_until: at(today(now), closes) - TimeDelta::minutes(30),
            },
            only_alarms: self.app.is_time_settling(),
            under_way: self.under_way.clone(),
        }
    }

    /// Judges what a parcel holds and sends what is left of it.
    async fn start(&mut self, parcel: Parcel) {
        let now = self.app.now();
        let Parcel { rows, bundle, broke_off_at } = parcel;
        let mut carried = Vec::new();
        for leased in rows {
            let astray = self.astray(&leased.row.message).filter(|_| broke_off_at.is_none());
            if let Some(settlement) = astray {
                self.settle(&leased.row, settlement, Vec::new());
                continue;
            }
            let verdict = match leased.row.message.occasion {
                Occasion::Digest => self.app.judge_digest(self.live, &leased.row, now).await,
                Occasion::Report => self.app.judge_report(self.live, &leased.row).await,
                Occasion::MarkActed => self.app.judge_acted(self.live, &leased, now).await,
                _ => judge((self.live, &self.silences), &leased, now),
            };
            let settlement = match verdict {
                Ok(Verdict::Send(ready)) => {
                    carried.push((leased, *ready));
                    continue;
                }
                Ok(Verdict::Overtaken(reason)) => overtaken(reason, broke_off_at.is_some()),
                Ok(Verdict::Wait(until)) => postponed(until, broke_off_at.is_some()),
                // One case that cannot be judged keeps no other from being delivered.
                Err(error) => {
                    let (at, reason) = (now + TimeDelta::hours(1), format!("{error:#}"));
                    self.tally.note_fault(&reason);
                    let unknown = broke_off_at.is_some();
                    Settlement::Again { at, reason, unknown, effort: Effort::Refused }
                }
            };
            self.settle(&leased.row, settlement, Vec::new());
        }
        let Some((first, _)) = carried.first() else { return };
        let address = &first.row.message.channel;
        self.room.start(address);
        if first.row.attempts > 1 {
            self.app.arrivals.note_retry(address);
        }
        let interval = self.live.config.delivery.interval(address.kind);
        self.app.pace.start(address.destination(), interval);
        self.under_way.extend(carried.iter().map(|(leased, _)| leased.row.id));
        let (live, is_bundle) = (Arc::clone(self.live), bundle.is_some());
        let is_astray = broke_off_at.is_some()
            && carried.iter().any(|(leased, _)| self.astray(&leased.row.message).is_some());
        let jitter = 2.0 * fastrand::f64() - 1.0;
        self.sending.spawn(async move {
            let attempted = attempt(&live, &carried, (bundle, broke_off_at, is_astray), now).await;
            Arrival { carried, is_bundle, attempted, jitter }
        });
    }

    /// Waits for something to do: the store, an arrival, a turn, a new message, the stop. What the
    /// store answered, if it did.
    async fn wait(&mut self) -> anyhow::Result<Option<Exchanged>> {
        if self.is_idle() {
            return Ok(None);
        }
        let (is_open, turn) = (self.is_open(), self.next_turn());
        let turn = async {
            match turn {
                Some(turn) => tokio::time::sleep_until(turn).await,
                None => std::future::pending().await,
            }
        };
        let (lingers, until) = (self.exchanging.is_none() && self.lingers(), self.lingers_until);
        let exchanging = OptionFuture::from(self.exchanging.as_mut());
        tokio::select! {
            Some(exchanged) = exchanging => {
                self.exchanging = None;
                return exchanged.map(Some).context("taking and settling messages");
            }
            Some(arrived) = self.sending.join_next() => self.arrive(&arrival(arrived)?),
            () = tokio::time::sleep_until(until), if lingers => {}
            () = turn, if !self.is_due => self.is_due = true,
            () = self.app.queued.notified(), if is_open => self.is_due = true,
            () = self.app.stop.cancelled(), if is_open => {}
        }
        Ok(None)
    }

    /// Takes down what became of the rows that a message carried.
    fn arrive(&mut self, arrival: &Arrival) {
        let Some((first, _)) = arrival.carried.first() else { return };
        let address = first.row.message.channel.clone();
        self.room.finish(&address);
        if let Err(NotifyError::Later { after: Some(after), .. }) = &arrival.attempted.result {
            let until = self.app.now() + (*after).max(SHORTEST_PAUSE);
            self.app.pace.pause(address.destination(), until);
        }
        if arrival.attempted.result.is_ok() && !first.row.message.occasion.is_edit() {
            self.app.arrivals.note(&address, self.app.now());
        }
        for (leased, ready) in &arrival.carried {
            self.under_way.remove(&leased.row.id);
            let (settlement, consequences) = self.outcome(leased, ready, arrival);
            self.settle(&leased.row, settlement, consequences);
        }
    }

    fn settle(
        &mut self,
        row: &OutboxMessage,
        settlement: Settlement,
        consequences: Vec<Consequence>,
    ) {
        self.tally.count(row, &settlement);
        if self.settled.is_empty() {
            self.lingers_until = Instant::now() + LINGER;
        }
        self.settled.push(Settled { id: row.id, settlement, consequences });
    }
}

/// When the first of the offices closes that are open on `day`.
fn first_closing(live: &Live, day: NaiveDate) -> NaiveTime {
    let rules = &live.config.rules;
    let (hours, calendars) = (rules.policy.office_hours, &rules.calendars);
    let regional = calendars.regions().map(|region| calendars.of(Some(region)));
    let open = std::iter::once(calendars.national()).chain(regional);
    let closings = open.filter_map(|calendar| hours.on(calendar, day)).map(|(_, closes)| closes);
    closings.min().unwrap_or(hours.closes)
}

/// What came of a message's task. Where that fell, all falls: no message is silently not settled.
fn arrival(arrived: Result<Arrival, JoinError>) -> anyhow::Result<Arrival> {
    arrived.map_err(|error| match error.try_into_panic() {
        Ok(payload) => std::panic::resume_unwind(payload),
        Err(ended) => anyhow::Error::new(ended).context("sending a message"),
    })
}

fn overtaken(reason: &str, broke_off: bool) -> Settlement {
    let doubt = if broke_off { MAY_HAVE_ARRIVED } else { "" };
    Settlement::Overtaken { reason: format!("{reason}{doubt}"), in_doubt: broke_off }
}

fn postponed(until: DateTime<Utc>, broke_off: bool) -> Settlement {
    if broke_off {
        let reason = "the office is shut".to_owned();
        Settlement::Again { at: until, reason, unknown: true, effort: Effort::None }
    } else {
        Settlement::Postponed { until }
    }
}
