//! What the advisory group reads: the figures of a period, counted from the cases themselves.
//!
//! A case counts in the period in which it was first assigned. Its clock is that of its current
//! round: a case that must be answered again (再回復) is open again. The answers of all rounds are
//! counted beside, each against the limit of its own round. Everything here is a function
//! of the cases, the rules and one day.

mod counted;
mod figures;
mod format;
mod period;
mod rhythm;
mod tenths;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub use counted::{CountedCase, Deeds, FollowUp, Outcome, count};
pub use figures::{Figures, Spread};
pub use format::Format;
pub use period::{Compared, Month, NotAPeriod, Period, last_ended};
pub use rhythm::{DueReport, ReportRules, Rhythm, due};
pub use tenths::Tenths;

use self::figures::Tally;
use super::case::CaseKind;

/// What citizens ask: the kinds that are counted here. The other duties are reported one by one.
pub const QUESTIONS: [CaseKind; 2] = [CaseKind::Comment, CaseKind::Request];

/// The figures of one period, and what they are counted from.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The period.
    pub period: Period,
    /// The day as of which an answer is there or not.
    pub as_of: NaiveDate,
    /// All cases of the period.
    pub whole: Figures,
    /// The same by kind; a kind without a case is there with zeros.
    pub kinds: Vec<(CaseKind, Figures)>,
    /// The same by month; a month without a case is there with zeros. At both ends only the days of
    /// the period count.
    pub months: Vec<(Month, Figures)>,
    /// The same by agency and unit; an agency of ours without a case is there with zeros.
    pub agencies: Vec<AgencyFigures>,
    /// The period before.
    pub before: (Period, Figures),
    /// The same period of the year before.
    pub year_earlier: (Period, Figures),
    /// The cases, by the day of their assignment.
    pub cases: Vec<CountedCase>,
}

/// The figures of one agency and its units.
#[derive(Clone, Debug, PartialEq)]
pub struct AgencyFigures {
    /// Its name.
    pub name: String,
    /// All its cases.
    pub whole: Figures,
    /// By unit; `None` for those that no single unit answers for.
    pub units: Vec<(Option<String>, Figures)>,
}

/// Counts `cases` for a period as they stood on `as_of`. They may be of any time; those of the two
/// periods of comparison should be among them. `agencies` are those to be shown in any case.
pub fn tabulate(
    periods: impl Into<Compared>,
    as_of: NaiveDate,
    cases: Vec<CountedCase>,
    agencies: &[String],
) -> Statistics {
    let Compared { period, before, year_earlier } = periods.into();
    let figures_of = |period: Period| {
        let mut tally = Tally::default();
        let within = cases.iter().filter(|case| period.contains(case.case.assigned_on));
        for case in within {
            tally.add(case);
        }
        (period, tally.finish())
    };
    let (before, year_earlier) = (figures_of(before), figures_of(year_earlier));
    let mut cases = cases;
    cases.retain(|case| period.contains(case.case.assigned_on));
    cases.sort_by(|a, b| {
        (a.case.assigned_on, &a.case.number).cmp(&(b.case.assigned_on, &b.case.number))
    });
    let mut whole = Tally::default();
    for case in &cases {
        whole.add(case);
    }
    Statistics {
        period,
        as_of,
        whole: whole.finish(),
        kinds: by_kind(&cases),
        months: by_month(period, &cases),
        agencies: by_agency(agencies, &cases),
        before,
        year_earlier,
        cases,
    }
}

fn by_kind(cases: &[CountedCase]) -> Vec<(CaseKind, Figures)> {
    let mut tallies: BTreeMap<CaseKind, Tally> =
        QUESTIONS.into_iter().map(|kind| (kind, Tally::default())).collect();
    for case in cases {
        tallies.entry(case.case.kind).or_default().add(case);
    }
    tallies.into_iter().map(|(kind, tally)| (kind, tally.finish())).collect()
}

fn by_month(period: Period, cases: &[CountedCase]) -> Vec<(Month, Figures)> {
    let mut tallies: BTreeMap<Month, Tally> =
        period.months().into_iter().map(|month| (month, Tally::default())).collect();
    for case in cases {
        tallies.entry(Month::of(case.case.assigned_on)).or_default().add(case);
    }
    tallies.into_iter().map(|(month, tally)| (month, tally.finish())).collect()
}

fn by_agency(agencies: &[String], cases: &[CountedCase]) -> Vec<AgencyFigures> {
    type Units<'a> = BTreeMap<Option<&'a str>, Tally>;
    let mut names: Vec<&str> = agencies.iter().map(String::as_str).collect();
    let mut tallies: BTreeMap<&str, (Tally, Units<'_>)> =
        names.iter().map(|name| (*name, Default::default())).collect();
    for case in cases {
        if !tallies.contains_key(case.agency.as_str()) {
            names.push(&case.agency);
        }
        let (tally, units) = tallies.entry(&case.agency).or_default();
        tally.add(case);
        units.entry(case.unit.as_deref()).or_default().add(case);
    }
    let figures = |name: &str| {
        let (tally, units) = tallies.remove(name)?;
        let unit = |(unit, tally): (Option<&str>, Tally)| (unit.map(str::to_owned), tally.finish());
        let units = units.into_iter().map(unit).collect();
        Some(AgencyFigures { name: name.to_owned(), whole: tally.finish(), units })
    };
    names.into_iter().filter_map(figures).collect()
}

#[cfg(test)]
mod tests;
