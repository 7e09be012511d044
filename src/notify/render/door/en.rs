//! English.

use super::super::words::of as in_messages;
use super::{DoorWords, FieldWords, Plain, done_before};
use crate::domain::act::{Outcome, Refusal};
use crate::domain::case::{CaseNumber, CaseState};
use crate::domain::directory::Language;
use crate::domain::offer::Offer;

/// English, for a unit that asks for it.
pub(super) struct English;

impl DoorWords for English {
    fn house(&self) -> &'static str {
        "Jicui reminders"
    }

    fn tag(&self) -> &'static str {
        "en"
    }

    fn offer(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "Acknowledge",
            Offer::Reply => "Answered on the platform",
            Offer::Extend => "Ask for more time",
            Offer::Reassign => "Hand over",
            Offer::Hold => "Pause the clock",
            Offer::Resume => "Resume the clock",
            Offer::ConfirmExtension => "Grant the extension",
            Offer::RefuseExtension => "Refuse the extension",
            Offer::FollowUp(Outcome::Adjusted) => "Dataset adjusted",
            Offer::FollowUp(Outcome::Added) => "Dataset added",
            Offer::FollowUp(Outcome::Planned) => "Planned",
            Offer::FollowUp(Outcome::NotNeeded) => "Nothing needed",
        }
    }

    fn question(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "Acknowledge this case?",
            Offer::Reply => "Answered there?",
            Offer::Extend => "Ask for more time",
            Offer::Reassign => "Hand over to a unit",
            Offer::Hold => "Pause the clock",
            Offer::Resume => "Resume the clock?",
            Offer::ConfirmExtension => "Grant the extension?",
            Offer::RefuseExtension => "Refuse the extension",
            Offer::FollowUp(Outcome::Adjusted) => "Record: adjusted",
            Offer::FollowUp(Outcome::Added) => "Record: added",
            Offer::FollowUp(Outcome::Planned) => "Record: planned",
            Offer::FollowUp(Outcome::NotNeeded) => "Record: nothing needed",
        }
    }

    fn meaning(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "The early reminders stop; those near the due day still come.",
            Offer::Reply => "Reminders stop; the reply is then looked for on the platform.",
            Offer::Extend => "The supervisor decides; until then the due day stays.",
            Offer::Reassign => "The other unit has the case; this one is no longer reminded of it.",
            Offer::Hold => "The clock stops from the next workday, as while the citizen is asked.",
            Offer::Resume => "The clock goes on with the workdays that are left.",
            Offer::ConfirmExtension => "The due day moves at once.",
            Offer::RefuseExtension => "The due day stays, and the unit is told.",
            Offer::FollowUp(_) => "What became of the question after its answer, for the report.",
        }
    }

    fn done(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "Acknowledged",
            Offer::Reply => "Recorded as answered",
            Offer::Extend => "More time was asked for",
            Offer::Reassign => "Handed over",
            Offer::Hold => "The clock is paused",
            Offer::Resume => "The clock goes on",
            Offer::ConfirmExtension => "The extension is granted",
            Offer::RefuseExtension => "The extension is refused",
            Offer::FollowUp(_) => "Recorded",
        }
    }

    fn confirm(&self) -> &'static str {
        "Confirm"
    }

    fn cancel(&self) -> &'static str {
        "Back"
    }

    fn person(&self) -> FieldWords {
        FieldWords {
            label: "Who acts",
            hint: "Choose your name: it is kept in the record.",
            missing: "Choose who acts.",
        }
    }

    fn workdays(&self) -> FieldWords {
        FieldWords { label: "Workdays", hint: "A number.", missing: "Say how many workdays." }
    }

    fn unit(&self) -> FieldWords {
        FieldWords {
            label: "To the unit",
            hint: "The unit that shall answer.",
            missing: "Choose a unit.",
        }
    }

    fn reason(&self, offer: Offer) -> FieldWords {
        let hint = match offer {
            Offer::Extend => "Such as: another agency must be asked.",
            Offer::Hold => "Such as: the citizen was asked for details.",
            Offer::FollowUp(Outcome::NotNeeded) => "Such as: another dataset has it already.",
            Offer::FollowUp(_) => "Such as: which dataset, or by when.",
            _ => "In a few words, without anybody's personal data.",
        };
        FieldWords { label: "Reason", hint, missing: "Say why." }
    }

    fn optional(&self) -> &'static str {
        " (may be left out)"
    }

    fn between(&self, longest: u32) -> String {
        format!("Give a number from 1 to {longest}.")
    }

    fn deeds(&self) -> &'static str {
        "Record"
    }

    fn deed(&self, event: &str) -> Option<&'static str> {
        Some(match event {
            "acknowledged" => "acknowledged it",
            "replied" => "answered it",
            "extension_asked" => "asked for more time",
            "extended" => "granted more time",
            "extension_refused" => "refused more time",
            "held" => "paused the clock",
            "resumed" => "resumed the clock",
            "reassigned" => "handed it over",
            "reopened" => "reopened it",
            "withdrawn" => "withdrew it",
            _ => return None,
        })
    }

    fn source(&self) -> &'static str {
        "the platform"
    }

    fn itself(&self) -> &'static str {
        "the system"
    }

    fn seen(&self, event: &str) -> Option<&'static str> {
        Some(match event {
            "replied" | "reply_confirmed" => "the platform shows an answer",
            "reply_withdrawn" => "the platform no longer shows an answer",
            "new_round" => "the platform asks for another answer",
            "reassigned" | "taken_away" => "handed over on the platform",
            "taken_back" => "taken back on the platform, to be assigned",
            _ => return None,
        })
    }

    fn given_away(&self) -> &'static str {
        "Handed over"
    }

    fn open_duty(&self) -> &'static str {
        "To be done"
    }

    fn state(&self, state: CaseState) -> &'static str {
        match state {
            CaseState::Open => "To be answered",
            CaseState::Acknowledged => "Acknowledged",
            CaseState::OnHold => "On hold",
            CaseState::Replied => "Answered",
            CaseState::Closed => "Closed",
            CaseState::Withdrawn => "Withdrawn",
        }
    }

    fn unknown_case(&self, number: &CaseNumber) -> String {
        format!("There is no case {number}.")
    }

    fn known_case(&self, number: &CaseNumber) -> String {
        format!("There is a case {number} already.")
    }

    fn done_before(&self, by: &str, at: &str) -> String {
        format!("{by} did this on {at}; nothing was changed.")
    }

    fn changed_meanwhile(&self, number: &CaseNumber) -> String {
        format!(
            "Something was done to {number} since you looked at it. Nothing was changed: look at what was done, and send it again."
        )
    }

    fn act_failed(&self) -> &'static str {
        "This cannot be done just now; nothing was changed. Please try again later."
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::NotAllowed { number, act, .. } if act.ends_with("_extension") => {
                format!(
                    "Only the supervisor or an administrator decides on more time for {number}."
                )
            }
            Refusal::NotAllowed { number, .. } => format!(
                "{number} is for the people of its unit, its supervisor or an administrator."
            ),
            Refusal::AlreadyDone(_) => "This was done before; nothing was changed.".to_owned(),
            Refusal::Impossible { number, state, .. } => {
                let state = self.state(*state).to_lowercase();
                format!("{number} is {state}: this cannot be done now.")
            }
            Refusal::NoReason { .. } => "Please say why.".to_owned(),
            Refusal::BadLength { workdays, longest } => {
                format!("Ask for 1 to {longest} workdays; {workdays} cannot be granted.")
            }
            Refusal::GoalShort { number, reached } => {
                format!("{number} stands at {reached}; it ends by itself once that is reached.")
            }
            Refusal::NothingAsked(number) => format!("Nobody asked for more time for {number}."),
            Refusal::UnknownUnit(unit) => format!("There is no unit {unit}."),
            Refusal::UnknownItem { number, item, .. } => {
                format!("{number} has nothing called {item} on its checklist.")
            }
            Refusal::Ticked { item, by, at } => {
                format!("{item}: {}", done_before(Language::English, by, *at))
            }
            Refusal::NotTicked(item) => format!("{item} is not ticked."),
            Refusal::NoGoal(number) => format!("{number} has no number to reach."),
            Refusal::CountedByPlatform(number) => {
                format!("How far {number} is the platform's list says.")
            }
            Refusal::ChecklistOpen { number, missing } => format!(
                "{number} lacks {} of its checklist; it is done once all of it is ticked.",
                missing.len()
            ),
            Refusal::BadDay { on, .. } => format!("{on} cannot be the day; please look again."),
            Refusal::NotOurs(number) => {
                format!("The platform gave {number} to another agency, or is about to.")
            }
            Refusal::Calendar(_) => {
                "That day lies beyond the office calendar; please look again.".to_owned()
            }
        }
    }

    fn marked(&self, state: &str) -> String {
        format!("[{state}] ")
    }

    fn left(&self, days: i64) -> String {
        in_messages(Language::English).days(Some(days))
    }

    fn asked(&self, workdays: u32, by: &str, reason: &str) -> String {
        format!("{by} asks for {workdays} workdays: {reason}")
    }

    fn facts(&self) -> [&'static str; 5] {
        ["Case", "Unit", "Due", "Time left", "Extension"]
    }

    fn platform(&self) -> &'static str {
        "See the case on the platform"
    }

    fn notice(&self, notice: Plain) -> (&'static str, &'static str) {
        match notice {
            Plain::NotFound => (
                "No such page",
                "Look at the address again, or go back to the message and use the link in it.",
            ),
            Plain::TooMany => ("Too many requests", "Nothing was done. Try again in a minute."),
            Plain::TooSlow => (
                "It took too long",
                "It may or may not be done. Open the link again: what is done is shown, and never \
                 done twice.",
            ),
            Plain::NotUnderstood => (
                "The form could not be read",
                "Nothing was done. Go back and fill it in again, or open the link of the message again.",
            ),
            Plain::StaleForm => (
                "This page is too old",
                "Nothing was done. Go back, load the page anew, and send the form again.",
            ),
            Plain::Broken => (
                "It cannot be done at the moment",
                "Please try again later; if that does not help, ask the administrators.",
            ),
            Plain::UnknownLink => (
                "This link is not valid",
                "It is cut, or not made here. Use the link in the message, or ask the administrators.",
            ),
            Plain::ExpiredLink => (
                "This link has expired",
                "Use a link of the newest message, or ask the administrators.",
            ),
            Plain::EarlierRound => (
                "The case is in another round",
                "This link is of an earlier one: use a link of the newest message.",
            ),
            Plain::Nobody => (
                "Nobody may use this link",
                "Those it was made for are no longer on the unit's list. Use a link of the newest \
                 message, or ask the administrators.",
            ),
            Plain::DoneBefore => {
                ("Done before", "Not done again; an open case is still to be answered.")
            }
            Plain::Impossible => {
                ("Not possible now", "The case may have changed: see the newest message.")
            }
            Plain::TooLarge => {
                ("Too large", "The file or the text is longer than is read here: send less.")
            }
            Plain::Forbidden => (
                "Not for your role",
                "Your role may not see or do that. If you need it, please ask the administrators.",
            ),
            Plain::Stranger => (
                "This is for others",
                "Only the case's unit, its supervisor and the administrators may do that. If you \
                 are one of them, please ask the administrators to put you on the list.",
            ),
        }
    }
}
