//! One attempt: what a parcel carries goes out, after an earlier one that broke off was looked up.

use chrono::{DateTime, TimeDelta, Utc};

use super::Live;
use super::judge::{Ready, together};
use crate::notify::{Envelope, LookUp, NotifyError, Receipt};
use crate::store::Leased;

/// What came of an attempt.
pub(super) struct Attempted {
    /// What the provider said.
    pub(super) result: Result<Option<Receipt>, NotifyError>,
    /// Whether an *earlier* attempt may have arrived: it broke off, and nobody could say.
    pub(super) in_doubt: bool,
    /// The line of an earlier attempt that had arrived after all: nothing was sent.
    pub(super) found: Option<String>,
    /// Nothing was sent, for it was not found where its recipient reads no longer.
    pub(super) is_astray: bool,
}

impl Attempted {
    fn of(result: Result<Option<Receipt>, NotifyError>, in_doubt: bool) -> Self {
        Self { result, in_doubt, found: None, is_astray: false }
    }

    fn astray(in_doubt: bool) -> Self {
        Self { is_astray: true, ..Self::of(Ok(None), in_doubt) }
    }
}

/// Sends what a parcel carries, after looking up an earlier attempt that broke off. Where its recipient reads elsewhere
/// by now (`is_astray`) it is only looked up.
pub(super) async fn attempt(
    live: &Live,
    carried: &[(Leased, Ready)],
    (bundle, broke_off_at, is_astray): (Option<String>, Option<DateTime<Utc>>, bool),
    now: DateTime<Utc>,
) -> Attempted {
    let Some((first, ready)) = carried.first() else { return Attempted::of(Ok(None), false) };
    let channel = match live.channels.get(&first.row.message.channel) {
        Ok(channel) => channel,
        Err(error) => return Attempted::of(Err(error), broke_off_at.is_some()),
    };
    let mut envelope = envelope(first, ready, bundle.as_deref(), now);
    if bundle.is_some() {
        envelope.gathered = carried.iter().map(|(leased, _)| leased.name.clone()).collect();
        // What one of them may have said before, the whole says again.
        envelope.repeated = carried.iter().any(|(leased, _)| leased.row.message.may_have_arrived);
    }
    if first.row.message.occasion.is_edit() {
        // To edit twice is to edit once.
        let Some(first) = &envelope.thread else { return Attempted::of(Ok(None), false) };
        return Attempted::of(channel.update(first, &ready.message).await.map(|()| None), false);
    }
    if let Some(since) = broke_off_at {
        // An instant that has not come yet is another clock's: look further back.
        let since = if since > now { now - TimeDelta::days(1) } else { since };
        match channel.look_up(&envelope, since).await {
            Err(error) => return Attempted::of(Err(error), true),
            Ok(LookUp::Found { receipt, text }) => {
                return Attempted { found: Some(text), ..Attempted::of(Ok(receipt), false) };
            }
            Ok(LookUp::Absent) if is_astray => return Attempted::astray(false),
            Ok(LookUp::CannotAsk) if is_astray => return Attempted::astray(true),
            Ok(LookUp::Absent) => {}
            Ok(LookUp::CannotAsk) => {
                if !channel.promise().is_kept_after(first.row.unknown_outcomes) {
                    let reason = "neither the message nor its repeat was answered".to_owned();
                    return Attempted::of(Err(NotifyError::Never { reason }), true);
                }
                envelope.repeated = true;
            }
        }
    }
    let in_doubt = envelope.repeated;
    let result = match carried {
        [_] => channel.post(&envelope, &ready.message).await,
        several => match together(live, several, now) {
            Ok(message) => channel.post(&envelope, &message).await,
            Err(error) => Err(NotifyError::Later { after: None, reason: format!("{error:#}") }),
        },
    };
    Attempted::of(result, in_doubt)
}

fn envelope(first: &Leased, ready: &Ready, bundle: Option<&str>, now: DateTime<Utc>) -> Envelope {
    let message = &first.row.message;
    let is_bundle = bundle.is_some();
    let thread = first.thread.clone().filter(|_| !is_bundle);
    let number = message.case.as_ref().filter(|_| !is_bundle);
    Envelope {
        key: bundle.unwrap_or(&first.name).to_owned(),
        gathered: Vec::new(),
        case_number: number.map(|(number, _)| number.to_string()),
        stage: if is_bundle { "burst".to_owned() } else { message.stage.clone() },
        address: message.channel.address.clone(),
        now,
        thread: thread.map(|(channel, ts)| Receipt { channel, ts }),
        broadcast: ready.broadcast,
        repeated: message.may_have_arrived,
    }
}
