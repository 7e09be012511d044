//! What every door shares: who may act, what is offered in a message, and what became of a case.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};

use super::judge::thanks;
use super::links::Link;
use super::remind::brief;
use super::{App, Live};
use crate::clock::{today, wall};
use crate::domain::act::{Act, Actor, Moment, Outcome, Refusal, may, perform};
use crate::domain::case::{Case, CaseState};
use crate::domain::checklist::is_missing;
use crate::domain::directory::{ChannelAddress, ChannelKind, Language, Person, Role, Unit};
use crate::domain::handling::Goal;
use crate::domain::message::{NewMessage, Occasion, OutboxMessage};
use crate::domain::offer::{Answers, Field, Offer, Reason, offers};
use crate::domain::reminder::{Recipient, Rules};
use crate::notify::door::{Deed, FOLLOWED_UP, words};
use crate::notify::slack::click;
use crate::notify::{Action, Door, Message, render};
use crate::store::Reminded;

/// Deeds shown in a message: the newest.
const DEEDS_SHOWN: usize = 6;

/// What a message about `case` offers, each by the door that its channel has.
pub(super) fn actions(
    live: &Live,
    case: &Case,
    row: &OutboxMessage,
    now: DateTime<Utc>,
) -> Vec<Action> {
    let message = &row.message;
    let unit = live.config.rules.unit(case);
    let offered = match message.occasion {
        Occasion::Stage
        | Occasion::DeadlineMoved
        | Occasion::ExtensionAsked
        | Occasion::ExtensionRefused
        | Occasion::Reassigned => offers(case, &message.recipient, unit),
        Occasion::FollowUpAsked => Outcome::ALL.into_iter().map(Offer::FollowUp).collect(),
        _ => Vec::new(),
    };
    by_doors(live, case, offered, (&message.channel, &message.recipient), now)
}

/// The first message of the case, wherever it can be edited, says who did what.
pub(super) fn marks(
    live: &Live,
    case: &Case,
    reminded: &[Reminded],
    now: DateTime<Utc>,
) -> Vec<NewMessage> {
    let mut messages: Vec<NewMessage> = Vec::new();
    for Reminded { recipient, channel, .. } in reminded {
        if !live.channels.can_update(channel) || messages.iter().any(|m| m.channel == *channel) {
            continue;
        }
        let once = format!("{}/{channel}", now.timestamp_millis());
        let about = (Occasion::MarkActed, once.as_str());
        messages.push(NewMessage::of_case(case, about, channel, recipient.clone()));
    }
    messages
}

/// Whether a case is its recipient's still: its unit has it, or it is the administrators.
pub(super) fn has_case(rules: &Rules, case: &Case, recipient: &Recipient) -> bool {
    let unit = rules.unit(case);
    recipient.unit_id().is_none_or(|id| unit.is_some_and(|unit| unit.id == id))
}

/// The same offers, as buttons where clicks are heard, else as links.
pub(super) fn by_doors(
    live: &Live,
    case: &Case,
    offered: Vec<Offer>,
    (channel, recipient): (&ChannelAddress, &Recipient),
    now: DateTime<Utc>,
) -> Vec<Action> {
    let rules = &live.config.rules;
    let offered: Vec<Offer> =
        offered.into_iter().filter(|offer| can_be_done(rules, case, *offer)).collect();
    if hears_clicks(live, channel) {
        let door = || Door::Button(click::value(&case.number, case.round));
        return offered.into_iter().map(|offer| Action { offer, door: door() }).collect();
    }
    let Some(links) = &live.links else { return Vec::new() };
    let owner = unit_of(rules, recipient).and_then(|unit| unit.owner(channel));
    let here = rules.unit(case).is_some_and(|unit| unit.channels.contains(channel));
    let known = owner.map(|person| person.name.as_str());
    let page = |offer| {
        // Whoever of the unit reads there could follow it.
        let is_open_to_all = here && !role_may(Role::Officer, offer);
        if is_open_to_all || holders(rules, recipient, (offer, today(now)), known).is_empty() {
            return None;
        }
        let link = Link {
            case: case.number.clone(),
            round: case.round,
            recipient: recipient.clone(),
            person: known.map(ToOwned::to_owned),
            offer,
        };
        Some(Action { offer, door: Door::Page(links.address(&link, now)?) })
    };
    offered.into_iter().filter_map(page).collect()
}

/// Whether a click in this channel is heard, with who clicked.
pub(super) fn hears_clicks(live: &Live, channel: &ChannelAddress) -> bool {
    channel.kind == ChannelKind::Slack && live.channels.clicks().is_some()
}

fn unit_of<'a>(rules: &'a Rules, recipient: &Recipient) -> Option<&'a Unit> {
    recipient.unit_id().and_then(|id| rules.directory.unit(id))
}

/// Whether what has a case, by its id or as the platform names an agency, is this unit, as far as can be told.
fn is_of(unit: &Unit, who: &str) -> bool {
    unit.id == who || unit.agency == who
}

/// Whether what is offered can come to anything as the case and the office stand.
fn can_be_done(rules: &Rules, case: &Case, offer: Offer) -> bool {
    match offer {
        // With something still to be done first it would be refused.
        Offer::Reply => {
            !is_missing(&rules.checklist(case))
                && case.handling.goal.as_ref().is_none_or(Goal::is_reached)
        }
        Offer::Reassign => {
            let own = rules.unit(case).map(|unit| &unit.id);
            rules.directory.units.iter().any(|unit| Some(&unit.id) != own)
        }
        _ => true,
    }
}

/// Whether whoever has this role may do what is offered.
fn role_may(role: Role, offer: Offer) -> bool {
    let filled = Answers { workdays: Some(1), unit: Some(String::new()), ..Answers::default() };
    offer.act(filled).is_some_and(|act| may(role, &act))
}

/// Those who may act by a link that went to `recipient`, on `today`: those who read there, and no
/// other, whatever else they may do elsewhere; `known` is who alone reads there. Who of a unit follows a link
/// nobody knows else: it leads to nothing that an officer may not do.
pub(super) fn holders<'a>(
    rules: &'a Rules,
    recipient: &Recipient,
    (offer, today): (Offer, NaiveDate),
    known: Option<&str>,
) -> Vec<&'a Person> {
    let unit = unit_of(rules, recipient);
    let stands_in = |person: &Person| {
        let there = unit.map(|unit| unit.officers_on(today).there).unwrap_or_default();
        there.iter().any(|on| on.person == person && !on.instead_of.is_empty())
    };
    let allowed = |person: &Person, role: Role| match recipient {
        Recipient::Unit(_) => {
            let reads = match role {
                Role::Officer => true,
                // What a supervisor asks for is granted with it: whoever picked their name would grant it.
                Role::Supervisor => {
                    (offer != Offer::Extend || known.is_some())
                        && (unit.is_some_and(|unit| unit.supervisor_channels.is_empty())
                            || stands_in(person))
                }
                Role::Administrator => false,
            };
            reads && role_may(Role::Officer, offer)
        }
        Recipient::Supervisor(_) => role == Role::Supervisor && role_may(role, offer),
        Recipient::Administrators => role == Role::Administrator && role_may(role, offer),
    };
    let mut people = rules.directory.may_act(unit, today);
    // Those who do the work stand before those who watch over it.
    people.sort_by_key(|actor| actor.role);
    let mut holders: Vec<&Person> = Vec::new();
    for person in
        people.into_iter().filter(|one| allowed(one.person, one.role)).map(|one| one.person)
    {
        if !holders.contains(&person) {
            holders.push(person);
        }
    }
    holders
}

/// What is not filled in as it must be, each by its field, in words.
pub(super) fn faults(
    rules: &Rules,
    (offer, answers): (Offer, &Answers),
    language: Language,
) -> Vec<(Field, String)> {
    let (form, words) = (offer.form(), words(language));
    let longest = rules.acts.longest_extension_workdays;
    let mut faults = Vec::new();
    if form.workdays && !answers.workdays.is_some_and(|days| (1..=longest).contains(&days)) {
        faults.push((Field::Workdays, words.between(longest)));
    }
    let unit = answers.unit.as_deref().and_then(|id| rules.directory.unit(id));
    if form.unit && unit.is_none() {
        faults.push((Field::Unit, words.unit().missing.to_owned()));
    }
    if form.reason == Reason::Required && answers.reason.trim().is_empty() {
        faults.push((Field::Reason, words.reason(offer).missing.to_owned()));
    }
    faults
}

impl App {
    /// Why `act` could not be done to `case` by `actor` now, if it could not; nothing is done.
    pub(super) fn would_refuse(&self, case: &Case, act: &Act, actor: &Actor) -> Option<Refusal> {
        let (live, now) = (self.live(), self.now());
        let moment = Moment { now, today: today(now) };
        perform(case, act, actor, (&live.config.rules, moment)).err()
    }

    /// What people did to `case`, oldest first.
    pub(super) async fn deeds(&self, case: &Case) -> anyhow::Result<Vec<Deed>> {
        let history = self.store.history(&case.number).await.context("loading its history")?;
        let deed = |entry: crate::store::HistoryEntry| Deed {
            at: wall(entry.at),
            by: entry.actor,
            event: entry.event,
            after: entry.after,
            reason: entry.reason,
        };
        Ok(history.into_iter().map(deed).collect())
    }

    /// A message about `case` as it stands now: who did what and when, and what can still be done.
    pub(super) async fn standing_message(
        &self,
        live: &Live,
        case: &Case,
        (channel, recipient): (&ChannelAddress, &Recipient),
        now: DateTime<Utc>,
    ) -> anyhow::Result<Message> {
        let rules = &live.config.rules;
        let mut deeds = self.deeds(case).await?;
        let is_readers = has_case(rules, case, recipient);
        if !is_readers {
            // What others write who have it by now is theirs.
            let mut has_it = true;
            deeds.retain(|deed| {
                let had_it = has_it;
                if matches!(deed.event.as_str(), "reassigned" | "taken_away" | "taken_back") {
                    has_it = unit_of(rules, recipient).is_some_and(|unit| is_of(unit, &deed.after));
                }
                had_it || has_it
            });
        }
        let deeds = (&*deeds, DEEDS_SHOWN);
        // What became of the question since then says more than thanks.
        let is_new = deeds.0.last().is_none_or(|deed| deed.event != FOLLOWED_UP);
        let mut message = if is_readers && case.state == CaseState::Replied && is_new {
            render::with_deeds(thanks(rules, case, recipient, now)?, deeds)
        } else {
            let brief = brief(rules, case, now)?.read_by(recipient, &rules.directory);
            render::as_it_stands(&brief, deeds, is_readers)
        };
        let offered = if case.state.is_open() {
            offers(case, recipient, rules.unit(case))
        } else {
            Vec::new()
        };
        message.actions = by_doors(live, case, offered, (channel, recipient), now);
        Ok(message)
    }
}
