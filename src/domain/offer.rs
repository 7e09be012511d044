//! What a message offers to be done at once, by a button or a link, and what must be filled in.

use super::act::{Act, Outcome};
use super::case::{Case, CaseState};
use super::directory::Unit;
use super::reminder::Recipient;

/// One thing that can be done from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offer {
    /// 受理.
    Acknowledge,
    /// 已於平臺回復.
    Reply,
    /// 申請展延.
    Extend,
    /// 改分.
    Reassign,
    /// 暫停計時.
    Hold,
    /// 恢復計時.
    Resume,
    /// 核定展延.
    ConfirmExtension,
    /// 不予展延.
    RefuseExtension,
    /// 延伸精進: this became of the question.
    FollowUp(Outcome),
}

/// Whether a reason is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not.
    None,
    /// It may be left out.
    Optional,
    /// Nothing is done without it.
    Required,
}

/// What must be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How many workdays.
    pub workdays: bool,
    /// Which unit.
    pub unit: bool,
    /// Why.
    pub reason: Reason,
}

impl Form {
    /// Whether a click says everything.
    pub fn is_empty(self) -> bool {
        !self.workdays && !self.unit && self.reason == Reason::None
    }
}

/// Something that is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Who acts.
    Person,
    /// How many workdays.
    Workdays,
    /// Which unit.
    Unit,
    /// Why.
    Reason,
}

impl Field {
    /// Its name in forms and modals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Workdays => "workdays",
            Self::Unit => "unit",
            Self::Reason => "reason",
        }
    }
}

/// What was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// How many workdays.
    pub workdays: Option<u32>,
    /// The id of the unit.
    pub unit: Option<String>,
    /// Why.
    pub reason: String,
}

impl Offer {
    /// Every offer.
    pub const ALL: [Self; 12] = [
        Self::Acknowledge,
        Self::Reply,
        Self::Extend,
        Self::Reassign,
        Self::Hold,
        Self::Resume,
        Self::ConfirmExtension,
        Self::RefuseExtension,
        Self::FollowUp(Outcome::Adjusted),
        Self::FollowUp(Outcome::Added),
        Self::FollowUp(Outcome::Planned),
        Self::FollowUp(Outcome::NotNeeded),
    ];

    /// The word used in buttons, in links and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Reply => "reply",
            Self::Extend => "extend",
            Self::Reassign => "reassign",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::ConfirmExtension => "confirm_extension",
            Self::RefuseExtension => "refuse_extension",
            Self::FollowUp(Outcome::Adjusted) => "follow_up_adjusted",
            Self::FollowUp(Outcome::Added) => "follow_up_added",
            Self::FollowUp(Outcome::Planned) => "follow_up_planned",
            Self::FollowUp(Outcome::NotNeeded) => "follow_up_not_needed",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|offer| offer.as_str() == text)
    }

    /// What must be filled in for it.
    pub fn form(self) -> Form {
        let reason = match self {
            Self::Acknowledge | Self::Reply | Self::Resume | Self::ConfirmExtension => Reason::None,
            Self::FollowUp(Outcome::NotNeeded)
            | Self::Extend
            | Self::Reassign
            | Self::Hold
            | Self::RefuseExtension => Reason::Required,
            Self::FollowUp(_) => Reason::Optional,
        };
        Form { workdays: self == Self::Extend, unit: self == Self::Reassign, reason }
    }

    /// The act that is meant; `None` while something is not filled in.
    pub fn act(self, answers: Answers) -> Option<Act> {
        let Answers { workdays, unit, reason } = answers;
        Some(match self {
            Self::Acknowledge => Act::Acknowledge,
            Self::Reply => Act::Reply { at: None },
            Self::Extend => Act::Extend { workdays: workdays?, reason },
            Self::Reassign => Act::Reassign { unit: unit?, reason },
            Self::Hold => Act::Hold { reason },
            Self::Resume => Act::Resume,
            Self::ConfirmExtension => Act::ConfirmExtension,
            Self::RefuseExtension => Act::RefuseExtension { reason },
            Self::FollowUp(outcome) => Act::FollowUp { outcome, reason },
        })
    }
}

/// What `recipient` is offered in a message about `case`, the most likely first.
///
/// An extension that waits is decided by the supervisor: in the supervisor's own messages, or in the
/// unit's where the supervisor reads there and it is heard who clicks (`app/doors.rs`). A unit that
/// no longer has the case is offered nothing.
pub fn offers(case: &Case, recipient: &Recipient, unit: Option<&Unit>) -> Vec<Offer> {
    let mut offers = Vec::new();
    let is_another = |id: &String| unit.is_none_or(|unit| unit.id != *id);
    if matches!(recipient, Recipient::Unit(id) | Recipient::Supervisor(id) if is_another(id)) {
        return offers;
    }
    let Some(unit) = unit.filter(|_| case.state.is_open()) else {
        // Nobody's case: somebody must be found.
        return if case.state.is_open() { vec![Offer::Reassign] } else { offers };
    };
    let decides = match recipient {
        Recipient::Unit(_) => unit.supervisor_channels.is_empty(),
        Recipient::Supervisor(_) | Recipient::Administrators => true,
    };
    let asked = case.handling.asked_extension().is_some();
    if asked && decides {
        offers.extend([Offer::ConfirmExtension, Offer::RefuseExtension]);
    }
    if matches!(recipient, Recipient::Unit(_)) {
        if case.state == CaseState::Open {
            offers.push(Offer::Acknowledge);
        }
        offers.push(Offer::Reply);
        if case.state == CaseState::OnHold {
            offers.push(Offer::Resume);
        } else if !asked && case.handling.extension_workdays() == 0 {
            offers.push(Offer::Extend);
        }
    }
    offers.push(Offer::Reassign);
    if matches!(recipient, Recipient::Unit(_)) && case.state != CaseState::OnHold {
        offers.push(Offer::Hold);
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offer_has_a_word_of_its_own() {
        for offer in Offer::ALL {
            assert_eq!(Offer::parse(offer.as_str()), Some(offer));
        }
        assert_eq!(Offer::parse("withdraw"), None);
    }

    #[test]
    fn an_offer_is_the_act_of_its_name_once_it_is_filled_in() {
        let filled =
            Answers { workdays: Some(3), unit: Some("x".to_owned()), reason: "r".to_owned() };
        for offer in Offer::ALL {
            let act = offer.act(filled.clone()).unwrap();
            assert!(offer.as_str().starts_with(act.as_str()), "{offer:?} {act:?}");
            let needs = offer.form().workdays || offer.form().unit;
            assert_eq!(offer.act(Answers::default()).is_none(), needs, "{offer:?}");
        }
    }
}
