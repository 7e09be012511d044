//! What a change that a source showed asks for at once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::doors::marks;
use super::news::handed_over;
use super::{Live, alarms};
use crate::clock::today;
use crate::domain::case::Case;
use crate::domain::directory::ChannelAddress;
use crate::domain::message::NewMessage;
use crate::domain::observation::{CaseEvent, Change};
use crate::domain::reminder::Recipient;
use crate::store::{Consequence, Reminded};

/// What a change asks for at once.
pub(super) fn consequences_of(
    live: &Live,
    event: &CaseEvent,
    (case, reminded): (&Case, &[Reminded]),
    now: DateTime<Utc>,
) -> Vec<Consequence> {
    let about = |code| alarms::about(live, code, case.number.as_str());
    let marked = || Consequence::Messages(marks(live, case, reminded, now));
    let gone = || Consequence::Messages(given_away(live, (case, reminded), now));
    let over = || alarms::end_with(live, case);
    match &event.change {
        Change::Replied(_) => {
            let thanks = Consequence::Messages(thanks(live, (case, reminded), now));
            [thanks, marked()].into_iter().chain(over()).collect()
        }
        Change::ReplyConfirmed(_) => [marked()].into_iter().chain(over()).collect(),
        Change::ReplyWithdrawn => vec![marked()],
        Change::Vanished => vec![alarms::vanished(live, case)],
        Change::Returned => vec![Consequence::End(about(alarms::CASE_VANISHED))],
        Change::TakenAway(_) | Change::TakenBack => {
            let announced = match &event.change {
                Change::TakenAway(agency) => format!("now with {agency}"),
                _ => "taken back on the platform, to be assigned".to_owned(),
            };
            let withdrawn = Consequence::Announce(about(alarms::CASE_WITHDRAWN), announced);
            [withdrawn, gone()].into_iter().chain(over()).collect()
        }
        Change::Reassigned { .. } => vec![gone()],
        _ => Vec::new(),
    }
}

fn given_away(
    live: &Live,
    (case, reminded): (&Case, &[Reminded]),
    now: DateTime<Utc>,
) -> Vec<NewMessage> {
    let news = handed_over(live, (case, reminded), "", now);
    [news, marks(live, case, reminded, now)].concat()
}

/// Thanks to everyone who was reminded of this round; not to a supervisor, but where the administrators read with
/// them and were told by the same message.
pub(super) fn thanks(
    live: &Live,
    (case, reminded): (&Case, &[Reminded]),
    now: DateTime<Utc>,
) -> Vec<NewMessage> {
    let with_administrators = |told: &Recipient| {
        live.config.rules.read_together(told, &Recipient::Administrators, today(now))
    };
    let mut by_channel = BTreeMap::new();
    for told in reminded {
        let is_supervisors = matches!(told.recipient, Recipient::Supervisor(_));
        if !is_supervisors || with_administrators(&told.recipient) {
            let (_, thanked) = by_channel.entry(&told.channel).or_insert((&told.recipient, None));
            *thanked = told.thanked.max(*thanked);
        }
    }
    let thank = |(channel, (recipient, thanked)): (&ChannelAddress, (&Recipient, _))| {
        NewMessage::thanks(case, channel, (recipient.clone(), thanked))
    };
    by_channel.into_iter().map(thank).collect()
}
