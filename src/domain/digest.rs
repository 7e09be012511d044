//! Digests (彙整): which are due, and what the month's figures are.
//!
//! A digest belongs to the morning of a workday. Outside it none is due, and none is made up for.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::calendar::WorkCalendar;
use super::case::{Case, CaseState};
use super::directory::Unit;
use super::reminder::{Recipient, Rules};
use super::silence::Silences;
use super::statistics::QUESTIONS;

/// Which digests there are, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestRules {
    /// The time of day.
    pub at: NaiveTime,
    /// The end of their morning: from then on it is too late.
    pub until: NaiveTime,
    /// Each workday, to each unit with open cases.
    pub daily: bool,
    /// The first workday of the week, to supervisors.
    pub weekly: bool,
    /// The first workday of the month, to the administrators.
    pub monthly: bool,
}

/// How often a digest comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rhythm {
    /// To a unit.
    Daily,
    /// To its supervisor.
    Weekly,
    /// To the administrators.
    Monthly,
}

impl Rhythm {
    /// Every rhythm.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// The word used in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rhythm| rhythm.as_str() == text)
    }
}

/// A digest of one day for one recipient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    /// How often it comes.
    pub rhythm: Rhythm,
    /// Its day.
    pub day: NaiveDate,
    /// Whom it is for.
    pub recipient: Recipient,
}

impl Digest {
    /// What makes it the same digest: it is queued once.
    pub fn key(&self) -> String {
        format!("digest/{}/{}/{}", self.rhythm.as_str(), self.day, self.recipient)
    }
}

impl DigestRules {
    /// Whether `now` lies in the morning of a day on which the offices are open.
    pub fn are_due_at(&self, calendar: &WorkCalendar, now: NaiveDateTime) -> bool {
        calendar.is_open(now.date()) && self.at <= now.time() && now.time() < self.until
    }
}

/// The digests due at `now`. A unit with nothing open gets none, nor does a silent one, nor one
/// all of whose cases are on hold; what was first seen after `seen_before` has its own message.
pub fn due(
    cases: &[Case],
    (rules, silences): (&Rules, &Silences),
    now: NaiveDateTime,
    seen_before: DateTime<Utc>,
) -> Vec<Digest> {
    let (digests, day, directory) = (rules.digests, now.date(), &rules.directory);
    let mut due = Vec::new();
    let add =
        |due: &mut Vec<Digest>, rhythm, recipient| due.push(Digest { rhythm, day, recipient });
    let mut at_work: Option<BTreeSet<&str>> = None;
    for unit in &directory.units {
        let calendar = rules.calendar_of_unit(Some(unit));
        if !digests.are_due_at(calendar, now) || silences.of(&unit.id, day).is_some() {
            continue;
        }
        let at_work = at_work.get_or_insert_with(|| units_at_work(cases, rules, seen_before));
        if !at_work.contains(unit.id.as_str()) {
            continue;
        }
        if digests.daily {
            add(&mut due, Rhythm::Daily, Recipient::Unit(unit.id.clone()));
        }
        let by_name = unit.supervisor_channels.is_empty()
            || (digests.daily && rules.hears_in_units(unit, day));
        if digests.weekly && !by_name && begins_week(calendar, day) {
            add(&mut due, Rhythm::Weekly, Recipient::Supervisor(unit.id.clone()));
        }
    }
    let national = rules.calendars.national();
    if digests.monthly && digests.are_due_at(national, now) && begins_month(national, day) {
        add(&mut due, Rhythm::Monthly, Recipient::Administrators);
    }
    due
}

/// The units that have an open case which was known by then and is not on hold, by their ids.
fn units_at_work<'r>(
    cases: &[Case],
    rules: &'r Rules,
    seen_before: DateTime<Utc>,
) -> BTreeSet<&'r str> {
    let is_at_work = |case: &&Case| is_known(case, seen_before) && case.state != CaseState::OnHold;
    let of = |case| rules.unit(case).map(|unit| unit.id.as_str());
    cases.iter().filter(is_at_work).filter_map(of).collect()
}

fn is_known(case: &Case, seen_before: DateTime<Utc>) -> bool {
    case.state.is_open() && case.first_seen_at < seen_before
}

/// The open cases of `unit` that were known by then.
pub fn of_unit<'c>(
    cases: impl IntoIterator<Item = &'c Case>,
    rules: &Rules,
    unit: &Unit,
    seen_before: DateTime<Utc>,
) -> Vec<&'c Case> {
    let known = |case: &&Case| is_known(case, seen_before);
    let own = |case: &&Case| rules.unit(case).is_some_and(|answerer| answerer.id == unit.id);
    cases.into_iter().filter(known).filter(own).collect()
}

/// Whether `day` is the first of its week, which begins on Monday, on which the offices are open.
pub fn begins_week(calendar: &WorkCalendar, day: NaiveDate) -> bool {
    is_first(calendar, day, day.weekday().num_days_from_monday())
}

/// Whether `day` is the first of its month on which the offices are open.
pub fn begins_month(calendar: &WorkCalendar, day: NaiveDate) -> bool {
    is_first(calendar, day, day.day0())
}

/// Whether the offices are closed on each of the `before` days before `day`, and open on `day`.
fn is_first(calendar: &WorkCalendar, day: NaiveDate, before: u32) -> bool {
    let mut earlier = (1..=u64::from(before)).map(chrono::Days::new);
    let worked = |back| day.checked_sub_days(back).is_some_and(|day| calendar.is_open(day));
    calendar.is_open(day) && !earlier.any(worked)
}

/// A month in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The first day of the month.
    pub month: NaiveDate,
    /// Assigned in it.
    pub received: usize,
    /// Answered in it.
    pub answered: usize,
    /// Of these, after the due day.
    pub late: usize,
    /// Questions open today.
    pub open: usize,
    /// Of these, overdue.
    pub overdue: usize,
    /// Other duties open today.
    pub open_duties: usize,
    /// Of these, overdue.
    pub overdue_duties: usize,
}

/// The figures of the month before `today`, of all cases and of the rounds that they had before; `day_of`
/// tells the day of an instant. Citizens' questions are counted; of the other duties, what is owed, beside them. What
/// cannot be counted is neither late nor overdue.
pub fn figures<'c>(
    (cases, earlier): (impl IntoIterator<Item = &'c Case>, impl IntoIterator<Item = &'c Case>),
    rules: &Rules,
    today: NaiveDate,
    day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
) -> Figures {
    let this_month = today.with_day(1).unwrap_or(today);
    let month = this_month.checked_sub_months(chrono::Months::new(1)).unwrap_or(this_month);
    let within = |day: NaiveDate| month <= day && day < this_month;
    let mut figures = Figures { month, ..Figures::default() };
    let is_over =
        |case: &Case, day| rules.deadline(case, today).is_ok_and(|deadline| deadline.is_over(day));
    let is_question = |case: &Case| QUESTIONS.contains(&case.kind);
    let count_answer = |figures: &mut Figures, case: &Case| {
        let replied_on = case.replied_at.map(&day_of).filter(|day| within(*day));
        if let Some(day) = replied_on.filter(|_| is_question(case) && !case.state.is_open()) {
            figures.answered += 1;
            figures.late += usize::from(is_over(case, day));
        }
    };
    for case in earlier {
        count_answer(&mut figures, case);
    }
    for case in cases {
        figures.received += usize::from(is_question(case) && within(case.assigned_on));
        count_answer(&mut figures, case);
        if case.state.is_open() {
            let (open, overdue) = if is_question(case) {
                (&mut figures.open, &mut figures.overdue)
            } else {
                (&mut figures.open_duties, &mut figures.overdue_duties)
            };
            *open += 1;
            *overdue += usize::from(is_over(case, today));
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::super::act::CaseByHand;
    use super::super::case::{CaseKind, CaseNumber};
    use super::*;
    use crate::config::{self, secrets::Environment};

    #[track_caller]
    fn check(day: &str, begins: (bool, bool)) {
        let rules = config::load(None, &Environment::default()).unwrap().config.rules;
        let (calendar, date) = (rules.calendars.national(), day.parse().unwrap());
        assert_eq!((begins_week(calendar, date), begins_month(calendar, date)), begins, "{day}");
    }

    #[test]
    fn a_closed_day_begins_nothing_even_where_it_counts() {
        let closures = "[[closure]]\ndate = 2026-06-01\nreason = \"颱風\"\n";
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("calendar")).unwrap();
        std::fs::write(dir.path().join("calendar/closures.toml"), closures).unwrap();
        std::fs::write(dir.path().join("units.toml"), config::SAMPLE_UNITS).unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, "[calendar]\nclosures_count = true\n").unwrap();
        let loaded = config::load(Some(&path), &Environment::default()).unwrap();
        let calendar = loaded.config.rules.calendars.national();
        let begins = |day: &str| {
            let day = day.parse().unwrap();
            (calendar.is_workday(day), begins_week(calendar, day), begins_month(calendar, day))
        };
        assert_eq!(begins("2026-06-01"), (true, false, false));
        assert_eq!(begins("2026-06-02"), (true, true, true));
    }

    #[test]
    fn a_week_and_a_month_begin_with_their_first_workday() {
        check("2026-03-02", (true, true));
        check("2026-03-03", (false, false));
        check("2026-03-01", (false, false));
        // The Lunar New Year takes the Monday, and all of the week to 02-20.
        check("2026-02-16", (false, false));
        check("2026-02-23", (true, false));
        // 2026-02-27 is a day off for 228: Monday is the first of neither.
        check("2026-04-01", (false, true));
        check("2026-04-07", (true, false));
        check("2026-01-02", (false, true));
    }

    #[test]
    fn a_month_counts_questions_and_the_answers_of_all_their_rounds() {
        let rules = config::load(None, &Environment::default()).unwrap().config.rules;
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let case = |(kind, round), assigned_on, replied: Option<&str>| {
            let instant = replied.map(|day| format!("{day}T02:00:00Z").parse().unwrap());
            Case {
                round,
                state: if replied.is_some() { CaseState::Replied } else { CaseState::Open },
                replied_at: instant,
                ..CaseByHand {
                    number: CaseNumber::of_comment(u64::from(round)),
                    kind,
                    title: String::new(),
                    agency: String::new(),
                    unit: None,
                    dataset: None,
                    assigned_on: day(assigned_on),
                    due_on: None,
                    url: String::new(),
                }
                .begin(DateTime::default())
            }
        };
        let duty = CaseKind::parse("takedown").unwrap();
        let cases = [
            case((CaseKind::Request, 2), "2026-02-02", None),
            // On a Saturday, the day after its due day.
            case((CaseKind::Comment, 1), "2026-01-19", Some("2026-02-07")),
            case((duty, 1), "2026-02-02", Some("2026-02-10")),
            case((duty, 2), "2026-01-02", None),
            case((duty, 3), "2026-03-02", None),
        ];
        let earlier = [case((CaseKind::Request, 1), "2026-02-02", Some("2026-02-11"))];
        let figures = figures((&cases, &earlier), &rules, day("2026-03-02"), crate::clock::today);
        let counts = (figures.received, figures.answered, figures.late, figures.open);
        assert_eq!(counts, (1, 2, 1, 1), "{figures:?}");
        assert_eq!((figures.open_duties, figures.overdue_duties), (2, 1), "{figures:?}");
    }
}
