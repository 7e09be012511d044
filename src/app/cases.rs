//! Reading cases: each with its unit, its deadline and where it stands today.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};

use super::rounds::{self, RoundView};
use super::{App, Live};
use crate::clock::today;
use crate::domain::calendar::CountedDay;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::checklist::{self, Tick};
use crate::domain::deadline::Deadline;
use crate::domain::directory::{Answerer, Directory};
use crate::domain::impact::{self, DueDay, RunningClock};
use crate::domain::message::OutboxMessage;
use crate::domain::reminder::Rules;
use crate::notify::render::kind_name;
use crate::store::HistoryEntry;

/// A case as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// What people call its kind.
    pub kind_name: String,
    /// Its agency, by the name that the directory gives it.
    pub agency: String,
    /// The id and name of its unit; `None` where the administrators have it.
    pub unit: Option<(String, String)>,
    /// Its deadline.
    pub deadline: Deadline,
    /// Workdays on which its clock stood still.
    pub workdays_held: i64,
    /// Workdays left today, negative when overdue; `None` once it is answered.
    pub workdays_left: Option<i64>,
    /// Workdays the answer took; `None` until it is there.
    pub workdays_taken: Option<i64>,
}

impl CaseView {
    /// Whether an answer is owed and its day is gone.
    pub fn is_overdue(&self) -> bool {
        self.workdays_left.is_some_and(|left| left < 0)
    }
}

/// One case with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// The case.
    pub view: CaseView,
    /// What happened to it.
    pub history: Vec<HistoryEntry>,
    /// Every message about it, and its fate.
    pub messages: Vec<OutboxMessage>,
    /// What must be done and signed for before it is done.
    pub checklist: Vec<ChecklistLine>,
    /// Its count, day by day.
    pub account: Vec<CountedDay>,
    /// Its rounds, the first first; the last is the present one.
    pub rounds: Vec<RoundView>,
    /// Why no single unit has it.
    pub unit_fault: Option<String>,
}

/// A line of a case's checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistLine {
    /// Its short name.
    pub word: String,
    /// The name people know.
    pub name: String,
    /// Who signs; empty where nobody does.
    pub signer: String,
    /// That it is done.
    pub tick: Option<Tick>,
}

impl From<&checklist::Line<'_>> for ChecklistLine {
    fn from(line: &checklist::Line<'_>) -> Self {
        Self {
            word: line.word.to_owned(),
            name: line.name.to_owned(),
            signer: line.signer.to_owned(),
            tick: line.tick.cloned(),
        }
    }
}

/// Which cases a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only those that owe an answer.
    pub open: bool,
    /// Only those overdue.
    pub overdue: bool,
    /// Only those of the unit with this id or name.
    pub unit: Option<String>,
}

impl CaseFilter {
    fn admits(&self, view: &CaseView) -> bool {
        let unit = view.unit.as_ref();
        let of_unit = |wanted: &String| unit.is_some_and(|(id, n)| id == wanted || n == wanted);
        (!self.open || view.case.state.is_open())
            && (!self.overdue || view.is_overdue())
            && self.unit.as_ref().is_none_or(of_unit)
    }
}

impl App {
    /// The cases that `filter` admits, the most urgent first.
    ///
    /// # Errors
    ///
    /// There is no such unit: a misspelt one shall not look like one that has nothing to do.
    pub async fn cases(&self, filter: &CaseFilter) -> anyhow::Result<Vec<CaseView>> {
        let live = self.live();
        if let Some(unit) = &filter.unit {
            self.known_unit(unit)?;
        }
        let cases = if filter.open || filter.overdue {
            self.store.open_cases().await
        } else {
            self.store.all_cases().await
        };
        let cases = cases.context("loading cases")?;
        let now = self.now();
        let mut views = Vec::new();
        for case in cases {
            let view = view(&live.config.rules, case, today(now))?;
            if filter.admits(&view) {
                views.push(view);
            }
        }
        let urgency = |v: &CaseView| (!v.case.state.is_open(), v.deadline.due_on);
        views.sort_by_cached_key(|view| (urgency(view), view.case.number.clone()));
        Ok(views)
    }

    /// The cases of these numbers, in their order.
    pub async fn cases_of(&self, numbers: Vec<CaseNumber>) -> anyhow::Result<Vec<CaseView>> {
        let (live, today) = (self.live(), today(self.now()));
        let cases = self.store.cases_of(numbers).await.context("loading cases")?;
        cases.into_iter().map(|case| view(&live.config.rules, case, today)).collect()
    }

    /// The open cases that are due first, overdue ones before all: at most `limit`.
    ///
    /// Reads the clocks that run and the cases of the first of them, never all cases.
    pub async fn next_due(&self, limit: usize) -> anyhow::Result<Vec<(CaseNumber, DueDay)>> {
        let live = self.live();
        let clocks = self.running_clocks(&live.config.rules).await?;
        let mut due: Vec<(DueDay, RunningClock)> = Vec::with_capacity(clocks.len());
        let (rules, today) = (&live.config.rules, today(self.now()));
        for clock in clocks {
            let uncounted = DueDay { on: clock.starts_on, provisional: true };
            let day = impact::due_day(&clock, rules, &rules.calendars, today);
            due.push((day.unwrap_or(uncounted), clock));
        }
        due.sort_by_key(|(due, _)| due.on);
        // Each clock has at least one case.
        due.truncate(limit);
        let days: Vec<DueDay> = due.iter().map(|(due, _)| *due).collect();
        let clocks = due.into_iter().map(|(_, clock)| clock).collect();
        let limit_each = u32::try_from(limit).unwrap_or(u32::MAX);
        let numbers = self.store.cases_of_clocks(clocks, limit_each).await;
        let numbers = numbers.context("loading the cases due next")?.into_iter().zip(days);
        let cases = numbers.flat_map(|(numbers, due)| numbers.into_iter().map(move |n| (n, due)));
        Ok(cases.take(limit).collect())
    }

    /// Everything known of one case, or `None` if there is none of that number.
    pub async fn case_file(&self, number: &CaseNumber) -> anyhow::Result<Option<CaseFile>> {
        self.case_file_by(number, &self.live().config.rules).await
    }

    /// The same by other rules: by the calendar of an earlier day.
    pub async fn case_file_by(
        &self,
        number: &CaseNumber,
        rules: &Rules,
    ) -> anyhow::Result<Option<CaseFile>> {
        let Some(case) = self.store.case(number).await.context("loading the case")? else {
            return Ok(None);
        };
        let Count { deadline, .. } = count(rules, &case, today(self.now()));
        let account = deadline.account(rules.calendar(&case)).unwrap_or_default();
        let unit_fault = unit_fault(&rules.directory, &case);
        let checklist = rules.checklist(&case).iter().map(Into::into).collect();
        let history = self.store.history(number).await.context("loading its history")?;
        let messages = self.store.messages_of(number).await.context("loading its messages")?;
        let follow_ups = self.store.follow_ups(Some(number)).await;
        let follow_ups = follow_ups.context("loading its follow-up")?;
        let with_rounds = self.store.with_earlier_rounds(vec![case.clone()]).await;
        let (today, mut rounds) = (today(self.now()), Vec::new());
        for case in with_rounds.context("loading its rounds")? {
            rounds.extend(rounds::views(rules, case, &follow_ups, today)?);
        }
        let view = view(rules, case, today)?;
        Ok(Some(CaseFile { view, history, messages, checklist, account, rounds, unit_fault }))
    }
}

/// Where a case stands, for whoever looks.
pub(super) struct Count {
    pub(super) deadline: Deadline,
    /// Workdays left, also of one that is answered.
    pub(super) left: i64,
    /// Workdays that the answer took, if there is one.
    pub(super) taken: Option<i64>,
}

/// Counts what can be counted: one case whose deadline cannot be (`remind_failing`) hides none of the others,
/// nor itself.
pub(super) fn count(rules: &Rules, case: &Case, today: NaiveDate) -> Count {
    let calendar = rules.calendar(case);
    let deadline = rules.deadline(case, today).unwrap_or_else(|_| Deadline::uncounted(case.start));
    let left = deadline.workdays_left(calendar, today);
    Count {
        left: left.unwrap_or_else(|_| if deadline.is_over(today) { -1 } else { 0 }),
        taken: case.answered_on().and_then(|day| deadline.workdays_taken(calendar, day).ok()),
        deadline,
    }
}

pub(super) fn view(rules: &Rules, case: Case, today: NaiveDate) -> anyhow::Result<CaseView> {
    let calendar = rules.calendar(&case);
    let Count { deadline, left, taken: workdays_taken } = count(rules, &case, today);
    let unit = rules.unit(&case).map(|unit| (unit.id.clone(), unit.name.clone()));
    let workdays_left = case.state.is_open().then_some(left);
    let kind_name = kind_name(&rules.kinds, &case.kind).to_owned();
    let workdays_held = deadline.workdays_held(calendar)?;
    let agency = rules.agency(&case).to_owned();
    Ok(CaseView {
        case,
        kind_name,
        agency,
        unit,
        deadline,
        workdays_held,
        workdays_left,
        workdays_taken,
    })
}

fn unit_fault(directory: &Directory, case: &Case) -> Option<String> {
    match directory.answerer(case) {
        Answerer::Unit(_) => None,
        Answerer::Nobody => Some("no unit answers for it: name one in units.toml".to_owned()),
        Answerer::Several(a, b) => {
            Some(format!("{} and {} answer for it equally: let one of them go", a.id, b.id))
        }
    }
}

/// How late a thing is on the clock of people: whole minutes.
pub(super) fn minutes_between(earlier: DateTime<Utc>, later: DateTime<Utc>) -> i64 {
    (later - earlier).num_minutes()
}

/// Whether a configuration names anybody at all.
pub(super) fn is_bare(live: &Live) -> bool {
    live.config.rules.directory.units.is_empty()
}
