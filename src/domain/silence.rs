//! A unit's silence: for a while, for a reason, and never when the due day is near.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::calendar::CalendarError;
use super::case::Case;
use super::escalation::is_pressing;
use super::message::Occasion;
use super::reminder::{Recipient, Rules};

/// A unit is not to be reminded for some days: it moves house, its system is being maintained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The unit's id.
    pub unit: String,
    /// Its last day.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who wanted it.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Every silence that somebody asked for and nobody ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silences(pub Vec<Silence>);

impl Silences {
    /// The silence of `unit` on `day`.
    pub fn of(&self, unit: &str, day: NaiveDate) -> Option<&Silence> {
        self.0.iter().find(|silence| silence.unit == unit && day <= silence.until)
    }

    /// Whether a message waits: its unit is silent on `day`. What must arrive does not, once the case
    /// is pressing.
    pub fn hold(
        &self,
        (occasion, recipient): (Occasion, &Recipient),
        (day, pressing): (NaiveDate, bool),
    ) -> bool {
        let silent = match recipient {
            Recipient::Unit(id) | Recipient::Supervisor(id) => self.of(id, day).is_some(),
            Recipient::Administrators => false,
        };
        silent && occasion.waits_for_silence() && !(pressing && occasion.must_arrive())
    }

    /// The cases that may be spoken of at `now`: all but those of a silent unit that have more than
    /// a workday left.
    pub fn audible<'c>(
        &self,
        cases: impl IntoIterator<Item = &'c Case>,
        rules: &Rules,
        now: NaiveDateTime,
    ) -> Result<Vec<&'c Case>, CalendarError> {
        let today = now.date();
        let mut audible = Vec::new();
        for case in cases {
            let silent = !self.0.is_empty()
                && rules.unit(case).is_some_and(|unit| self.of(&unit.id, today).is_some());
            if !silent || is_pressing(rules.workdays_left(case, today)?) {
                audible.push(case);
            }
        }
        Ok(audible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(occasion: Occasion, far_off: bool, pressing: bool) {
        let (until, since) = ("2026-03-31".parse().unwrap(), DateTime::UNIX_EPOCH);
        let silence = |unit: &str| Silence {
            unit: unit.to_owned(),
            until,
            reason: String::new(),
            by: String::new(),
            since,
        };
        let silences = Silences(vec![silence("a")]);
        let hold = |recipient: Recipient, day, pressing| {
            silences.hold((occasion, &recipient), (day, pressing))
        };
        for recipient in [Recipient::Unit("a".to_owned()), Recipient::Supervisor("a".to_owned())] {
            assert_eq!(hold(recipient.clone(), until, false), far_off, "{occasion:?}");
            assert_eq!(hold(recipient.clone(), until, true), pressing, "{occasion:?}, pressing");
            assert!(!hold(recipient, until.succ_opt().unwrap(), false), "{occasion:?}, over");
        }
        assert!(!hold(Recipient::Unit("b".to_owned()), until, false));
        assert!(!hold(Recipient::Administrators, until, false));
    }

    #[test]
    fn a_silence_holds_what_can_wait_and_nothing_that_is_pressing() {
        for occasion in Occasion::ALL {
            let (far_off, pressing) = match occasion {
                Occasion::Stage
                | Occasion::DeadlineMoved
                | Occasion::Reassigned
                | Occasion::ReplyNotShown => (true, false),
                Occasion::Answered
                | Occasion::GivenAway
                | Occasion::Withdrawn
                | Occasion::FollowUpAsked
                | Occasion::Digest => (true, true),
                Occasion::ExtensionAsked
                | Occasion::ExtensionRefused
                | Occasion::MarkActed
                | Occasion::Report
                | Occasion::Alarm
                | Occasion::AlarmOver => (false, false),
            };
            check(occasion, far_off, pressing);
        }
    }
}
