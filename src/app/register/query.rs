//! What is asked of the register, in the words of addresses.

use chrono::{Days, NaiveDate};

use super::Line;
use crate::domain::case::{CaseKind, CaseState};
use crate::domain::reminder::Rules;

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// All that owe an answer.
    #[default]
    Open,
    /// Of these, the overdue.
    Overdue,
    /// Due by the end of today.
    DueToday,
    /// Due within three workdays, but not today.
    DueSoon,
    /// Came since the workday before, presses not, and nobody has taken it yet.
    New,
    /// 待民眾補充: their clock stands still.
    Waiting,
    /// No single unit has them.
    Unassigned,
    /// 已回復.
    Replied,
    /// 結案.
    Closed,
    /// No longer ours.
    Withdrawn,
    /// Every case.
    All,
}

/// So many workdays before its due day a case is due soon.
pub const DUE_SOON_WORKDAYS: i64 = 3;

impl Which {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Open,
        Self::Overdue,
        Self::DueToday,
        Self::DueSoon,
        Self::New,
        Self::Waiting,
        Self::Unassigned,
        Self::Replied,
        Self::Closed,
        Self::Withdrawn,
        Self::All,
    ];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::DueToday => "due_today",
            Self::DueSoon => "due_soon",
            Self::New => "new",
            Self::Waiting => "on_hold",
            Self::Unassigned => "unassigned",
            Self::Replied => "replied",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
            Self::All => "all",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.as_str() == text)
    }

    /// Whether `line` is one of them; `since` is the workday before today.
    pub fn admits(self, line: &Line, since: NaiveDate) -> bool {
        let left = line.left().filter(|_| line.state != CaseState::OnHold);
        match self {
            Self::All => true,
            Self::Open => line.state.is_open(),
            Self::Overdue => line.is_overdue(),
            Self::DueToday => left == Some(0),
            Self::DueSoon => left.is_some_and(|left| (1..=DUE_SOON_WORKDAYS).contains(&left)),
            Self::New => {
                let rests = line.state == CaseState::Open
                    && left.is_some_and(|left| left > DUE_SOON_WORKDAYS);
                rests && line.arrived_on >= since
            }
            Self::Waiting => line.state == CaseState::OnHold && !line.is_overdue(),
            Self::Unassigned => line.is_unassigned(),
            Self::Replied => line.state == CaseState::Replied,
            Self::Closed => line.state == CaseState::Closed,
            Self::Withdrawn => line.state == CaseState::Withdrawn,
        }
    }
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What presses first.
    #[default]
    Urgent,
    /// The day of assignment, the newest first.
    Assigned,
    /// The due day, the earliest first.
    Due,
    /// 案號.
    Number,
    /// The id of the unit.
    Unit,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Urgent, Self::Due, Self::Assigned, Self::Number, Self::Unit];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Assigned => "assigned",
            Self::Due => "due",
            Self::Number => "number",
            Self::Unit => "unit",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == text)
    }
}

/// What is asked of the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Where they stand.
    pub which: Which,
    /// Only those whose state is this one.
    pub state: Option<CaseState>,
    /// Only this kind.
    pub kind: Option<CaseKind>,
    /// Only those of the unit with this id.
    pub unit: Option<String>,
    /// Assigned on this day or later.
    pub from: Option<NaiveDate>,
    /// Assigned on this day or earlier.
    pub to: Option<NaiveDate>,
    /// With each of these words in the number, the title or the dataset's name.
    pub text: String,
    /// By what they are sorted.
    pub order: Order,
    /// The other way round.
    pub backwards: bool,
}

/// The last workday before `day`.
pub(in crate::app) fn workday_before(rules: &Rules, day: NaiveDate) -> NaiveDate {
    let eve = day.checked_sub_days(Days::new(1)).unwrap_or(day);
    rules.calendars.national().last_open(eve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_addresses_read_back() {
        for which in Which::ALL {
            assert_eq!(Which::parse(which.as_str()), Some(which));
        }
        for order in Order::ALL {
            assert_eq!(Order::parse(order.as_str()), Some(order));
        }
    }
}
