//! One published year of the office calendar (辦公日曆表), checked when it is built.
//!
//! The Directorate-General of Personnel Administration (行政院人事行政總處) publishes a file a year,
//! dataset 14718 on data.gov.tw: one row a day, off (`2`) or not (`0`), and a note.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Weekday};

/// Why a day counts as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// An ordinary day of work.
    Workday,
    /// 例假日: a Saturday or Sunday without another reason.
    Weekend,
    /// 國定假日: a holiday by law, also one that falls on a weekend.
    Holiday,
    /// 補假: the day off that makes up for a holiday on a weekend.
    SubstituteHoliday,
    /// 調整放假: a workday moved to a Saturday so that a holiday has no gap.
    BridgeHoliday,
    /// 補行上班: the Saturday worked instead.
    MakeupWorkday,
    /// 停止上班: the office is shut by the local government, usually for a typhoon.
    Closure,
}

impl DayKind {
    /// Every kind, in the order a legend lists them.
    pub const ALL: [Self; 7] = [
        Self::Workday,
        Self::MakeupWorkday,
        Self::Weekend,
        Self::Holiday,
        Self::SubstituteHoliday,
        Self::BridgeHoliday,
        Self::Closure,
    ];

    /// The word used in JSON, in the store and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workday => "workday",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
            Self::SubstituteHoliday => "substitute_holiday",
            Self::BridgeHoliday => "bridge_holiday",
            Self::MakeupWorkday => "makeup_workday",
            Self::Closure => "closure",
        }
    }

    /// Whether the published calendar makes a day of this kind one of work.
    pub fn is_work(self) -> bool {
        matches!(self, Self::Workday | Self::MakeupWorkday)
    }
}

/// True for Saturday and Sunday.
pub fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// One day as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedDay {
    /// Whether the offices are off (是否放假 = 2).
    pub off: bool,
    /// 備註, as printed: `開國紀念日`, `補假`, `補行上班`; empty for an ordinary day.
    pub note: String,
}

impl PublishedDay {
    /// What kind of day this is on `date`, read from the flag, the weekday and the note.
    pub fn kind(&self, date: NaiveDate) -> DayKind {
        match (self.off, is_weekend(date)) {
            (false, false) => DayKind::Workday,
            (false, true) => DayKind::MakeupWorkday,
            (true, _) if self.note.contains("補假") => DayKind::SubstituteHoliday,
            (true, _) if self.note.contains("調整放假") || self.note.contains("彈性放假") => {
                DayKind::BridgeHoliday
            }
            (true, true) if self.note.is_empty() => DayKind::Weekend,
            (true, _) => DayKind::Holiday,
        }
    }
}

/// What is wrong with a set of days that claims to be a published year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicationFault {
    /// The year has no row for this day.
    #[error("{0} is missing: a published file has every day of its year")]
    Missing(NaiveDate),
    /// Two rows speak of the same day.
    #[error("{0} stands twice")]
    Twice(NaiveDate),
    /// A row belongs to another year than the first.
    #[error("{0} is not in {1}: a file holds one year")]
    OtherYear(NaiveDate, i32),
    /// The total cannot be right: published years have 240 to 255 workdays.
    #[error("{0} workdays in {1} cannot be right: published years have 240 to 255")]
    Implausible(usize, i32),
    /// Work on a weekend without a note that says so.
    #[error("{0} is a day of work on a weekend without a note (補行上班)")]
    UnexplainedWeekend(NaiveDate),
}

impl PublicationFault {
    /// The day of the row that is wrong; `None` where it is no single row.
    pub fn day(&self) -> Option<NaiveDate> {
        match self {
            Self::Twice(day) | Self::OtherYear(day, _) | Self::UnexplainedWeekend(day) => {
                Some(*day)
            }
            Self::Missing(_) | Self::Implausible(..) => None,
        }
    }
}

/// A whole published year: every day exactly once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedYear {
    year: i32,
    days: Vec<PublishedDay>,
    source: Arc<str>,
}

impl PublishedYear {
    /// Builds a year from its rows, or says everything that is wrong with them.
    ///
    /// `source` names the file, for `explain`.
    pub fn new(
        rows: Vec<(NaiveDate, PublishedDay)>,
        source: &str,
    ) -> Result<Self, Vec<PublicationFault>> {
        let year = rows.first().map_or(0, |(date, _)| date.year());
        let mut faults = Vec::new();
        let mut slots: Vec<Option<PublishedDay>> = vec![None; days_in(year)];
        for (date, day) in rows {
            if date.year() != year {
                // The first says it of all.
                if !faults.iter().any(|f| matches!(f, PublicationFault::OtherYear(..))) {
                    faults.push(PublicationFault::OtherYear(date, year));
                }
                continue;
            }
            if !day.off && is_weekend(date) && day.note.is_empty() {
                faults.push(PublicationFault::UnexplainedWeekend(date));
            }
            match slots.get_mut(date.ordinal0() as usize) {
                Some(slot @ None) => *slot = Some(day),
                _ => faults.push(PublicationFault::Twice(date)),
            }
        }
        faults.extend(missing_days(year, &slots));
        let mut days: Vec<PublishedDay> = slots.into_iter().flatten().collect();
        days.shrink_to_fit();
        let workdays = days.iter().filter(|day| !day.off).count();
        if faults.is_empty() && !(240..=255).contains(&workdays) {
            faults.push(PublicationFault::Implausible(workdays, year));
        }
        if faults.is_empty() { Ok(Self { year, days, source: source.into() }) } else { Err(faults) }
    }

    /// The (Western) year this file is for.
    pub fn year(&self) -> i32 {
        self.year
    }

    /// The name of the file that said so.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The published day, if `date` lies in this year.
    pub fn day(&self, date: NaiveDate) -> Option<&PublishedDay> {
        (date.year() == self.year).then(|| self.days.get(date.ordinal0() as usize))?
    }

    /// Whether another file of the same year says the same of every day.
    pub fn has_days_of(&self, other: &Self) -> bool {
        self.year == other.year && self.days == other.days
    }

    /// The days as text, in a form that does not depend on how the file was saved: what a
    /// publication is known by.
    pub fn canonical(&self) -> String {
        let days = self.days.iter().map(|day| {
            let mark = if day.off { '2' } else { '0' };
            format!("{mark}{}\n", day.note)
        });
        std::iter::once(format!("{}\n", self.year)).chain(days).collect()
    }

    /// Days of work in the year, before any closure.
    pub fn workdays(&self) -> usize {
        self.days.iter().filter(|day| !day.off).count()
    }
}

fn days_in(year: i32) -> usize {
    NaiveDate::from_ymd_opt(year, 12, 31).map_or(0, |last| last.ordinal() as usize)
}

/// The days without a row: each one, or only the first when whole stretches are gone.
fn missing_days(year: i32, slots: &[Option<PublishedDay>]) -> Vec<PublicationFault> {
    (1u32..)
        .zip(slots)
        .filter(|(_, slot)| slot.is_none())
        .filter_map(|(ordinal, _)| NaiveDate::from_yo_opt(year, ordinal))
        .map(PublicationFault::Missing)
        .take(5)
        .collect()
}
