//! 停止上班: days on which a local government shuts the offices, wholly or for half a day.

use std::sync::Arc;

use chrono::NaiveDate;

/// Which half of a day an office is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayPart {
    /// 上午.
    Morning,
    /// 下午.
    Afternoon,
}

impl DayPart {
    /// `am` or `pm`, as the command line and `closures.toml` write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Morning => "am",
            Self::Afternoon => "pm",
        }
    }

    /// Reads `am` or `pm`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "am" => Some(Self::Morning),
            "pm" => Some(Self::Afternoon),
            _ => None,
        }
    }
}

/// 停止上班: an office shut by the local government.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The day.
    pub date: NaiveDate,
    /// The city or county; `None` means everywhere.
    pub region: Option<String>,
    /// Half a day; `None` means the whole.
    pub part: Option<DayPart>,
    /// Why, as announced: `颱風`.
    pub reason: String,
    /// Where it was said: `closures.toml:3`.
    pub source: Arc<str>,
}

impl Closure {
    /// Closes the day as long as both do.
    pub(super) fn add(&mut self, other: Self) {
        match (self.part, other.part) {
            (None, _) => {}
            (Some(_), None) => *self = other,
            (Some(here), Some(there)) if here == there => {}
            (Some(_), Some(_)) => {
                self.part = None;
                if self.reason != other.reason {
                    self.reason = format!("{}、{}", self.reason, other.reason);
                }
                self.source = format!("{}, {}", self.source, other.source).into();
                self.region = self.region.take().or(other.region);
            }
        }
    }
}

/// Whether closed days count toward a deadline all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosurePolicy {
    /// A whole closed day counts as a workday.
    pub closures_count: bool,
    /// A half closed day counts as a workday.
    pub half_closures_count: bool,
}

impl Default for ClosurePolicy {
    fn default() -> Self {
        Self { closures_count: false, half_closures_count: true }
    }
}

impl ClosurePolicy {
    pub(super) fn counts(self, closure: &Closure) -> bool {
        if closure.part.is_some() { self.half_closures_count } else { self.closures_count }
    }
}
