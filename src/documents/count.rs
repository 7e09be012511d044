//! The count of a deadline, day by day.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::calendar::CountedDay;
use crate::domain::publication::DayKind;

/// One day of a count.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CountedDay)]
pub struct Day {
    /// Which day.
    pub date: NaiveDate,
    /// Whether it is a workday.
    pub workday: bool,
    /// Which workday of the count it is, if it counts.
    pub count: Option<u32>,
    /// Why it counts or not.
    pub reason: String,
    /// Which file says so.
    pub source: Option<String>,
}

impl From<&CountedDay> for Day {
    fn from(counted: &CountedDay) -> Self {
        Self {
            date: counted.day.date,
            workday: counted.day.workday,
            count: counted.count,
            reason: reason(counted),
            source: counted.day.source.as_ref().map(ToString::to_string),
        }
    }
}

/// Why a day counts or not.
pub fn reason(counted: &CountedDay) -> String {
    let day = &counted.day;
    let kind = match day.kind {
        DayKind::Workday => "workday",
        DayKind::Weekend => "weekend",
        DayKind::Holiday => "holiday",
        DayKind::SubstituteHoliday => "substitute holiday",
        DayKind::BridgeHoliday => "bridge holiday",
        DayKind::MakeupWorkday => "make-up workday",
        DayKind::Closure => "closure",
    };
    let mut reason = kind.to_owned();
    if let Some(closure) = &day.closure {
        let region = closure.region.as_deref().unwrap_or("everywhere");
        let part = closure.part.map(|part| format!(" {}", part.as_str())).unwrap_or_default();
        let counts = if day.workday { ", counts" } else { "" };
        reason = format!("{kind}: 停止上班 {region}{part} {}{counts}", closure.reason);
    } else if !day.note.is_empty() {
        reason = format!("{kind}: {}", day.note);
    }
    if counted.held {
        reason.push_str(", on hold (暫停計時)");
    }
    if counted.extended {
        reason.push_str(", extension (展延)");
    }
    if !day.published {
        reason.push_str(" (not published: a guess)");
    }
    reason
}
