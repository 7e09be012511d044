//! A unit's silence: for a while, for a reason, and never when the due day is near.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::calendar::CalendarError;
use super::case::Case;
use super::escalation::is_pressing;
use super::reminder::Rules;

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
            let left =
                |case| rules.deadline(case, today)?.workdays_left(rules.calendar(case), today);
            if !silent || is_pressing(left(case)?) {
                audible.push(case);
            }
        }
        Ok(audible)
    }
}
