//! Lease, send, settle: one message after another until none is due.
//!
//! The promise, by channel: **Slack** shows each message once (an attempt that broke off is looked
//! up before it is repeated); **Teams** and **webhooks** cannot be asked, so a repeat is marked
//! 「重送」: at least once, never silently not at all.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::judge::{Ready, Verdict, offices_open};
use super::{App, Live, StepReport, alarms};
use crate::clock::today;
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{Alarm, NewMessage, Occasion, OutboxMessage};
use crate::domain::reminder::Recipient;
use crate::notify::{Envelope, LookUp, NotifyError, Receipt};
use crate::store::{Leased, Settlement};

/// After so many attempts without an answer it is the provider, not the message: some two minutes
/// by the default waits.
const OUTAGE_AFTER_ATTEMPTS: u32 = 4;

/// Counts of one round.
#[derive(Default)]
struct Tally {
    sent: usize,
    overtaken: usize,
    waiting: usize,
    failed: usize,
    first_fault: Option<String>,
}

impl App {
    /// Sends everything that is due. A stop between two messages loses nothing.
    pub(super) async fn deliver(&self) -> anyhow::Result<StepReport> {
        let live = self.live();
        let lease = live.config.delivery.lease;
        let mut tally = Tally::default();
        while !self.is_stopping() {
            let now = self.now();
            if !offices_open(&live, now) {
                break;
            }
            let Some(leased) = self.store.lease(now, lease).await.context("leasing")? else {
                break;
            };
            self.deliver_one(&live, &leased, &mut tally).await?;
        }
        let Tally { sent, overtaken, waiting, failed, first_fault } = tally;
        Ok(StepReport {
            report: format!(
                "{sent} sent, {overtaken} overtaken, {waiting} to try again, {failed} failed"
            ),
            fault: first_fault,
            made_work: sent + overtaken + waiting + failed > 0,
        })
    }

    async fn deliver_one(
        &self,
        live: &Live,
        leased: &Leased,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let row = &leased.row;
        let now = self.now();
        let verdict = match row.message.occasion {
            Occasion::Digest => self.judge_digest(live, row, now).await?,
            _ => self.judge(live, row, now).await?,
        };
        let settlement = match verdict {
            Verdict::Overtaken(reason) if leased.broke_off_at.is_none() => {
                Settlement::Overtaken { reason: reason.to_owned() }
            }
            Verdict::Overtaken(reason) => Settlement::Overtaken {
                reason: format!("{reason}; an earlier attempt may have arrived"),
            },
            Verdict::Wait(until) if leased.broke_off_at.is_none() => {
                Settlement::Postponed { until }
            }
            Verdict::Wait(until) => Settlement::Again {
                at: until,
                reason: "the office is shut".to_owned(),
                unknown: true,
            },
            Verdict::Send(ready) => {
                let result = self.attempt(live, leased, &ready).await;
                self.settlement(live, row, &ready, result).await?
            }
        };
        tally.count(row, &settlement);
        self.store.settle(row.id, settlement, self.now()).await.context("settling a message")
    }

    /// Sends, after looking up an earlier attempt that broke off.
    async fn attempt(
        &self,
        live: &Live,
        leased: &Leased,
        ready: &Ready,
    ) -> Result<Option<Receipt>, NotifyError> {
        let row = &leased.row;
        let address = &row.message.channel;
        let channel = live.channels.get(address)?;
        let mut envelope = self.envelope(row, ready).await?;
        if row.message.occasion == Occasion::MarkAnswered {
            return match &envelope.thread {
                Some(first) => channel.update(first, &ready.message).await.map(|()| None),
                None => Ok(None),
            };
        }
        if let Some(since) = leased.broke_off_at {
            match channel.look_up(&envelope, since).await? {
                LookUp::Found(receipt) => return Ok(Some(receipt)),
                LookUp::Absent => {}
                LookUp::CannotAsk => envelope.repeated = true,
            }
        }
        channel.post(&envelope, &ready.message).await
    }

    async fn envelope(&self, row: &OutboxMessage, ready: &Ready) -> Result<Envelope, NotifyError> {
        let message = &row.message;
        let mut thread = None;
        if let Some((number, _)) = &message.case {
            let found = self.store.thread(number, &message.channel).await;
            // Without the thread the message would stand alone in the channel: rather later.
            let found = found
                .map_err(|error| NotifyError::Later { after: None, reason: error.to_string() })?;
            thread = found.map(|(channel, ts)| Receipt { channel, ts });
        }
        Ok(Envelope {
            key: message.key.clone(),
            case_number: message.case.as_ref().map(|(number, _)| number.to_string()),
            stage: message.stage.clone(),
            address: message.channel.address.clone(),
            sequence: row.id,
            now: self.now(),
            thread,
            broadcast: ready.broadcast,
            repeated: false,
        })
    }

    /// What the result of an attempt means for the row.
    async fn settlement(
        &self,
        live: &Live,
        row: &OutboxMessage,
        ready: &Ready,
        result: Result<Option<Receipt>, NotifyError>,
    ) -> anyhow::Result<Settlement> {
        let now = self.now();
        let provider = row.message.channel.provider();
        let alarm = (alarms::CHANNEL_MISCONFIGURED, provider.as_str());
        match result {
            Ok(receipt) => {
                self.end_alarm(live, alarm, now).await?;
                self.end_alarm(live, (alarms::CHANNEL_UNREACHABLE, &provider), now).await?;
                if let Some((number, _)) = &row.message.case {
                    let undelivered = (alarms::MESSAGE_UNDELIVERED, number.as_str());
                    self.end_alarm(live, undelivered, now).await?;
                }
                let receipt = receipt.map(|receipt| (receipt.channel, receipt.ts));
                let text = ready.message.text.clone();
                Ok(Settlement::Sent { text, due_on: ready.due_on, receipt })
            }
            Err(NotifyError::Later { after, reason }) => {
                self.again(live, row, (after, reason, false), now).await
            }
            Err(NotifyError::Unknown { reason }) => {
                self.again(live, row, (None, reason, true), now).await
            }
            Err(NotifyError::Never { reason }) => self.give_up(live, row, reason, now).await,
            Err(NotifyError::Misconfigured { reason }) => {
                if row.message.recipient != Recipient::Administrators {
                    self.raise(live, alarm, reason.clone(), now).await?;
                }
                self.give_up(live, row, reason, now).await
            }
        }
    }

    /// Another attempt after a wait, unless there have been enough.
    async fn again(
        &self,
        live: &Live,
        row: &OutboxMessage,
        (after, reason, unknown): (Option<Duration>, String, bool),
        now: DateTime<Utc>,
    ) -> anyhow::Result<Settlement> {
        let delivery = &live.config.delivery;
        let provider = row.message.channel.provider();
        if after.is_none() && row.attempts >= OUTAGE_AFTER_ATTEMPTS {
            self.raise(live, (alarms::CHANNEL_UNREACHABLE, &provider), reason.clone(), now).await?;
        }
        if row.attempts >= delivery.max_attempts {
            return self.give_up(live, row, format!("{reason}, {} times", row.attempts), now).await;
        }
        let step = usize::try_from(row.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let last = delivery.retry.last().copied().unwrap_or(Duration::from_mins(1));
        let wait = delivery.retry.get(step).copied().unwrap_or(last);
        let wait = jitter(wait, delivery.jitter_percent).max(after.unwrap_or_default());
        let at = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1));
        Ok(Settlement::Again { at, reason, unknown })
    }

    /// The next channel of the recipient has it; after the last, the administrators.
    async fn give_up(
        &self,
        live: &Live,
        row: &OutboxMessage,
        reason: String,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Settlement> {
        let message = &row.message;
        let directory = &live.config.rules.directory;
        let channels = message.recipient.channels(directory, today(now));
        // A channel that is no longer the recipient's gives way to the first that is.
        let tried = channels.iter().position(|channel| *channel == message.channel);
        let next = channels.get(tried.map_or(0, |tried| tried + 1));
        let reminds = matches!(message.occasion, Occasion::Stage | Occasion::DeadlineMoved);
        let instead = match next {
            Some(channel) if message.occasion != Occasion::MarkAnswered => {
                vec![redirected(message, channel)]
            }
            _ => Vec::new(),
        };
        if instead.is_empty() && reminds && !self.is_provider_down(message).await? {
            let subject = message.case.as_ref().map_or("", |(number, _)| number.as_str());
            let detail = format!("{} by {}: {reason}", message.recipient, message.channel);
            self.raise(live, (alarms::MESSAGE_UNDELIVERED, subject), detail, now).await?;
        }
        Ok(Settlement::Failed { reason, instead })
    }

    /// Whether the administrators know already that nothing arrives by the message's provider: it
    /// is said once, not once for each reminder, and each of them stays due.
    async fn is_provider_down(&self, message: &NewMessage) -> anyhow::Result<bool> {
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let provider = message.channel.provider();
        let codes = [alarms::CHANNEL_MISCONFIGURED, alarms::CHANNEL_UNREACHABLE];
        let said =
            |alarm: &Alarm| codes.contains(&alarm.code.as_str()) && alarm.subject == provider;
        Ok(active.iter().any(said))
    }
}

impl Tally {
    fn count(&mut self, row: &OutboxMessage, settlement: &Settlement) {
        let (id, channel) = (row.id, row.message.channel.to_string());
        let case_number = row.message.case.as_ref().map_or("", |(number, _)| number.as_str());
        let stage = row.message.stage.as_str();
        match settlement {
            Settlement::Sent { .. } => {
                self.sent += 1;
                info!(id, case_number, stage, channel, "sent");
            }
            Settlement::Overtaken { reason } => {
                self.overtaken += 1;
                info!(id, case_number, stage, channel, reason, "overtaken");
            }
            Settlement::Postponed { .. } => self.waiting += 1,
            Settlement::Again { reason, .. } => {
                self.waiting += 1;
                warn!(id, case_number, stage, channel, reason, "will try again");
            }
            Settlement::Failed { reason, .. } => {
                self.failed += 1;
                warn!(id, case_number, stage, channel, reason, "failed for good");
                self.first_fault.get_or_insert(format!("{channel}: {reason}"));
            }
        }
    }
}

/// The same message for another channel.
fn redirected(message: &NewMessage, channel: &ChannelAddress) -> NewMessage {
    let mut redirected = message.clone();
    redirected.key = format!("{} > {channel}", message.key);
    redirected.channel = channel.clone();
    redirected
}

/// Lengthens or shortens a wait at random, so that many do not return at once.
fn jitter(wait: Duration, percent: u32) -> Duration {
    let share = f64::from(percent) / 100.0;
    wait.mul_f64(1.0 + share * (2.0 * fastrand::f64() - 1.0))
}
