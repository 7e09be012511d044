//! What the result of an attempt means for a message, and for the administrators.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::alarms;
use super::attempt::Attempted;
use super::deliver::{Arrival, Round, SHORTEST_PAUSE};
use super::judge::Ready;
use crate::clock::{at, today};
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{NewMessage, Occasion, OutboxMessage};
use crate::domain::reminder::Recipient;
use crate::notify::NotifyError;
use crate::store::{AlarmSubject, Consequence, Effort, Leased, Settlement};

/// After so many attempts without an answer it is the provider, not the message: some two minutes
/// by the default waits.
const OUTAGE_AFTER_ATTEMPTS: u32 = 4;

type Outcome = (Settlement, Vec<Consequence>);

impl Round<'_> {
    /// What `arrival` means for one of the rows it carried.
    pub(super) fn outcome(&self, leased: &Leased, ready: &Ready, arrival: &Arrival) -> Outcome {
        let row = &leased.row;
        let Attempted { result, in_doubt, found, is_astray } = &arrival.attempted;
        let in_doubt = *in_doubt;
        if *is_astray {
            let may_have_arrived = row.message.may_have_arrived || in_doubt;
            let message = NewMessage { may_have_arrived, ..row.message.clone() };
            if let Some(settlement) = self.astray(&message) {
                return (settlement, Vec::new());
            }
            let reason = "it went with others whose recipients read elsewhere".to_owned();
            return self.again(row, (Effort::None, reason, in_doubt), arrival.jitter);
        }
        match result.clone() {
            Ok(receipt) => {
                // The receipt of many is nobody's thread.
                let receipt = receipt.filter(|_| !arrival.is_bundle);
                let receipt = receipt.map(|receipt| (receipt.channel, receipt.ts));
                // What was found said what it said, not what would be said now; a list says no row's words.
                let text = found.as_ref().filter(|_| !arrival.is_bundle);
                let text = text.unwrap_or(&ready.message.text).clone();
                let told_then = row.message.due_on.filter(|_| found.is_some());
                let due_on = told_then.or(ready.due_on);
                // An edit may have had nothing to edit: nothing need have been sent.
                let is_edit = row.message.occasion.is_edit();
                let over = if is_edit { Vec::new() } else { self.relief(row) };
                (Settlement::Sent { text, due_on, receipt }, over)
            }
            Err(NotifyError::Later { after: Some(after), reason }) => {
                self.later(row, (after, reason, in_doubt))
            }
            Err(NotifyError::Later { after: None, reason }) => {
                self.again(row, (Effort::Refused, reason, in_doubt), arrival.jitter)
            }
            Err(NotifyError::Unknown { reason }) => {
                self.again(row, (Effort::Unanswered, reason, true), arrival.jitter)
            }
            Err(NotifyError::Never { reason }) => self.give_up(row, (reason, in_doubt), Vec::new()),
            Err(NotifyError::Misconfigured { reason }) => {
                let alarm = (alarms::CHANNEL_MISCONFIGURED, row.message.channel.provider());
                let raised = Consequence::Raise(self.about(row, alarm), reason.clone());
                self.give_up(row, (reason, in_doubt), vec![raised])
            }
        }
    }

    /// What is over now that a message arrived.
    fn relief(&self, row: &OutboxMessage) -> Vec<Consequence> {
        let provider = row.message.channel.provider();
        // A farewell to one unit says nothing of what must reach another.
        let case = row.message.case.as_ref();
        let case = case.filter(|_| row.message.occasion != Occasion::GivenAway);
        let unreached = |alarm| case.and_then(|(number, _)| alarms::unreached_by(alarm, number));
        let ended = self.active.iter().filter_map(|alarm| {
            let code = match alarm.code.as_str() {
                alarms::CHANNEL_MISCONFIGURED if alarm.subject == provider => {
                    alarms::CHANNEL_MISCONFIGURED
                }
                alarms::CHANNEL_UNREACHABLE if alarm.subject == provider => {
                    alarms::CHANNEL_UNREACHABLE
                }
                alarms::MESSAGE_UNDELIVERED
                    if unreached(alarm)
                        .is_some_and(|who| is_relief(&row.message.recipient, &who)) =>
                {
                    alarms::MESSAGE_UNDELIVERED
                }
                _ => return None,
            };
            Some(Consequence::End(alarms::about(self.live, code, &alarm.subject)))
        });
        ended.collect()
    }

    /// The provider says when to come back: this was no attempt, but it may not go on for ever.
    fn later(
        &self,
        row: &OutboxMessage,
        (after, reason, unknown): (Duration, String, bool),
    ) -> Outcome {
        let now = self.app.now();
        let put_off_for = self.put_off_for(row, now);
        if put_off_for > self.live.config.delivery.max_age {
            let reason = format!("{reason}, for {} minutes", put_off_for.as_secs() / 60);
            let raised = self.outage(row, put_off_for, &reason);
            return self.give_up(row, (reason, unknown), raised);
        }
        let at = now + after.max(SHORTEST_PAUSE);
        (Settlement::Again { at, reason, unknown, effort: Effort::PutOff }, Vec::new())
    }

    /// Another attempt after a wait, unless there have been enough.
    fn again(
        &self,
        row: &OutboxMessage,
        (effort, reason, unknown): (Effort, String, bool),
        jitter: f64,
    ) -> Outcome {
        let delivery = &self.live.config.delivery;
        let mut consequences = Vec::new();
        if row.attempts >= OUTAGE_AFTER_ATTEMPTS {
            // As long as the waits between them took at the least.
            let waits = (1..row.attempts).map(|attempts| wait_after(&delivery.retry, attempts));
            let least = 1.0 - f64::from(delivery.jitter_percent.min(100)) / 100.0;
            let tried_for = waits.sum::<Duration>().mul_f64(least);
            consequences = self.outage(row, tried_for, &reason);
        }
        // What is said to the administrators does not wait until a provider is well again, if it can
        // be said by another.
        let enough = if row.message.recipient == Recipient::Administrators {
            OUTAGE_AFTER_ATTEMPTS.min(delivery.max_attempts)
        } else {
            delivery.max_attempts
        };
        let is_last_channel = self.next_channel(row).is_none();
        if row.attempts >= delivery.max_attempts || (row.attempts >= enough && !is_last_channel) {
            let reason = format!("{reason}, {} times", row.attempts);
            return self.give_up(row, (reason, unknown), consequences);
        }
        let wait = wait_after(&delivery.retry, row.attempts);
        let wait = wait.mul_f64(1.0 + f64::from(delivery.jitter_percent.min(100)) / 100.0 * jitter);
        let at = self.app.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1));
        (Settlement::Again { at, reason, unknown, effort }, consequences)
    }

    /// For how long of today's office hours a provider has been asking for patience with a message.
    fn put_off_for(&self, row: &OutboxMessage, now: DateTime<Utc>) -> Duration {
        let opened = at(today(now), self.live.config.rules.policy.office_hours.opens);
        // What it took since then it was not put off with.
        let arrived = self.app.arrivals.last(&row.message.channel.destination(), now);
        let since = row.put_off_since.map(|since| since.max(opened).max(arrived.unwrap_or(opened)));
        since.map_or(Duration::ZERO, |since| (now - since).to_std().unwrap_or_default())
    }

    /// That nothing arrives by the provider of `row`, which was tried for so long; nothing, where it took
    /// others' messages meanwhile, or this one's recipient is known not to be reached: then it is
    /// the address.
    fn outage(&self, row: &OutboxMessage, tried_for: Duration, reason: &str) -> Vec<Consequence> {
        let (provider, now) = (row.message.channel.provider(), self.app.now());
        let last = self.app.arrivals.last(&provider, now);
        let is_taking =
            last.is_some_and(|at| (now - at).to_std().is_ok_and(|ago| ago <= tried_for));
        let NewMessage { case, recipient, channel, .. } = &row.message;
        let unreached = |alarm| case.as_ref().and_then(|(of, _)| alarms::unreached_by(alarm, of));
        let is_known = self.active.iter().any(|alarm| {
            unreached(alarm).as_ref() == Some(recipient)
                && alarm.detail.starts_with(&unreached_at(channel))
        });
        if is_known || is_taking {
            return Vec::new();
        }
        let alarm = (alarms::CHANNEL_UNREACHABLE, provider);
        vec![Consequence::Raise(self.about(row, alarm), reason.to_owned())]
    }

    /// The next channel of the recipient has it, as a repeat if it may have arrived all the same;
    /// after the last, the administrators.
    fn give_up(
        &self,
        row: &OutboxMessage,
        (mut reason, in_doubt): (String, bool),
        mut consequences: Vec<Consequence>,
    ) -> Outcome {
        let message = &row.message;
        let next = self.next_channel(row);
        if in_doubt {
            reason.push_str("; it may have arrived");
        }
        let instead = match &next {
            Some(channel) if !message.occasion.is_edit() => {
                vec![redirected(message, channel, in_doubt)]
            }
            _ => Vec::new(),
        };
        // That the provider is down is known; but news of a moment is not planned anew once it is well.
        let waits = message.occasion.stays_due() && self.is_provider_down(message, &consequences);
        let case = message.case.as_ref().filter(|_| message.occasion.must_arrive() && !waits);
        if let Some((number, _)) = case.filter(|_| instead.is_empty()) {
            let subject = alarms::unreached(number, &message.recipient);
            let detail = format!("{} {reason}", unreached_at(&message.channel));
            let alarm = (alarms::MESSAGE_UNDELIVERED, subject);
            consequences.push(Consequence::Raise(self.about(row, alarm), detail));
        }
        (Settlement::Failed { reason, in_doubt, instead }, consequences)
    }

    /// The channel of the recipient after the one that was tried. A channel that is no longer the
    /// recipient's gives way to the first that is; a reader of reports has but one.
    fn next_channel(&self, row: &OutboxMessage) -> Option<ChannelAddress> {
        let channels = self.channels_of(&row.message);
        match channels.iter().position(|channel| *channel == row.message.channel) {
            Some(tried) => channels.get(tried + 1).cloned(),
            None if row.message.occasion == Occasion::Report => None,
            None => channels.first().cloned(),
        }
    }

    fn channels_of(&self, message: &NewMessage) -> Vec<ChannelAddress> {
        let directory = &self.live.config.rules.directory;
        message.recipient.channels(directory, today(self.app.now()))
    }

    /// What becomes of a message whose channel an edit took from its recipient while it waited: it goes by the
    /// first that they have now.
    pub(super) fn astray(&self, message: &NewMessage) -> Option<Settlement> {
        let channels = self.channels_of(message);
        // Thanks are for those who were reminded there.
        let stays = message.occasion.is_edit()
            || matches!(message.occasion, Occasion::Report | Occasion::Answered);
        let first = channels.first().filter(|_| !stays && !channels.contains(&message.channel))?;
        let instead = redirected(message, first, message.may_have_arrived);
        Some(Settlement::Redirected { instead })
    }

    /// Whether the administrators know already that nothing arrives by the message's provider: it
    /// is said once, not once for each reminder, and each of them stays due.
    fn is_provider_down(&self, message: &NewMessage, raising: &[Consequence]) -> bool {
        let provider = message.channel.provider();
        let codes = [alarms::CHANNEL_MISCONFIGURED, alarms::CHANNEL_UNREACHABLE];
        let known = self
            .active
            .iter()
            .any(|alarm| codes.contains(&alarm.code.as_str()) && alarm.subject == provider);
        known || !raising.is_empty()
    }

    /// An alarm that follows from `row`. That the administrators' own channel fails is told by another
    /// of theirs; if there is none it stands in `status`.
    fn about(&self, row: &OutboxMessage, (code, subject): (&'static str, String)) -> AlarmSubject {
        let mut about = alarms::about(self.live, code, &subject);
        if row.message.recipient == Recipient::Administrators {
            let provider = row.message.channel.provider();
            about.tell.retain(|channel| channel.provider() != provider);
        }
        about
    }
}

/// How the detail of [`alarms::MESSAGE_UNDELIVERED`] begins: where nothing reached the recipient.
fn unreached_at(channel: &ChannelAddress) -> String {
    format!("{channel}:")
}

/// Whether it is well again that nothing about a case reached somebody, now that something about it
/// `reached` somebody: them, or whoever has their part in the unit to which the case went. What
/// reaches a supervisor says nothing of the unit.
fn is_relief(reached: &Recipient, unreached: &Recipient) -> bool {
    match reached {
        Recipient::Unit(_) => matches!(unreached, Recipient::Unit(_)),
        Recipient::Supervisor(_) => matches!(unreached, Recipient::Supervisor(_)),
        Recipient::Administrators => *unreached == Recipient::Administrators,
    }
}

/// The same message for another channel.
fn redirected(message: &NewMessage, channel: &ChannelAddress, in_doubt: bool) -> NewMessage {
    NewMessage { may_have_arrived: in_doubt, ..message.by(channel) }
}

/// The wait after so many attempts, by the waits of the configuration, of which the last repeats.
fn wait_after(retry: &[Duration], attempts: u32) -> Duration {
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    retry.get(step).or(retry.last()).copied().unwrap_or(Duration::from_mins(1))
}
