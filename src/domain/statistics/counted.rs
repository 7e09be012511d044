//! One case as it counts: its deadline, what its answer took, and how it ended.

use chrono::NaiveDate;

use super::super::act;
use super::super::case::{Case, CaseState, Origin};
use super::super::deadline::Deadline;
use super::super::reminder::Rules;

/// A case with everything that figures are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedCase {
    /// The case.
    pub case: Case,
    /// The agency that answers it, by the name that the directory gives it.
    pub agency: String,
    /// The name of its unit; `None` where no single unit answers for it.
    pub unit: Option<String>,
    /// Its limit in workdays; `None` where the calendar does not reach back to it.
    pub limit: Option<u32>,
    /// Its due day; `None` where the calendar does not reach back to it.
    pub due_on: Option<NaiveDate>,
    /// The day of its answer, if it has one.
    pub answered_on: Option<NaiveDate>,
    /// Workdays from day zero to the answer; `None` where it is not answered, or nobody knows when.
    pub workdays_taken: Option<i64>,
    /// Workdays from the answer to the due day: negative when it came late. `None` as above.
    pub days_ahead: Option<i64>,
    /// How it ended, or that it did not.
    pub outcome: Outcome,
    /// What was done with it besides.
    pub deeds: Deeds,
    /// How the day of its first assignment is known.
    pub assignment: Origin,
    /// Each earlier round that is known, by its number, and how it was answered; the first one first.
    pub earlier: Vec<(u32, Outcome)>,
}

/// What was done with a case besides answering it, in all its rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// 展延: those that were confirmed.
    pub extensions: u32,
    /// 暫停計時.
    pub holds: u32,
    /// Whether the day of its last answer is the one on which it was noticed: no source said when it was given.
    pub is_noticed: bool,
    /// 延伸精進 of its last answer.
    pub follow_up: FollowUp,
}

/// What became of a question after its answer (延伸精進).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FollowUp {
    /// Nobody is asked for it.
    #[default]
    NotAsked,
    /// Its unit has not said yet.
    Awaited,
    /// Its unit has said.
    Done(act::Outcome),
}

/// How a case ended, or where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Answered before the due day.
    Early,
    /// Answered on the due day.
    OnDueDay,
    /// Answered after the due day.
    Late,
    /// Answered or closed, but nobody knows when.
    Undated,
    /// Waiting for its answer, in time.
    Open,
    /// Waiting for its answer, and its day is gone.
    Overdue,
    /// No longer ours, or taken back.
    Withdrawn,
}

impl Outcome {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Early => "answered_early",
            Self::OnDueDay => "answered_on_due_day",
            Self::Late => "answered_late",
            Self::Undated => "answered_undated",
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether an answer is there.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Early | Self::OnDueDay | Self::Late | Self::Undated)
    }

    /// Whether the answer came within the limit.
    pub fn is_in_time(self) -> bool {
        matches!(self, Self::Early | Self::OnDueDay)
    }
}

/// Counts one case by `rules` as it stood on `as_of`; `answered_on` is the day of its answer in
/// Taipei.
pub fn count(
    case: Case,
    (answered_on, deeds): (Option<NaiveDate>, Deeds),
    rules: &Rules,
    as_of: NaiveDate,
) -> CountedCase {
    let calendar = rules.calendar(&case);
    // A case older than every calendar is counted all the same, without what nobody can count.
    let deadline = rules.deadline(&case, as_of).ok();
    let taken = |day| deadline.as_ref()?.workdays_taken(calendar, day).ok();
    let ahead = |day| deadline.as_ref()?.workdays_ahead(calendar, day).ok();
    let due_on = deadline.as_ref().map(|deadline| deadline.due_on);
    let is_answered = matches!(case.state, CaseState::Replied | CaseState::Closed);
    // One that was taken away after its answer ended otherwise.
    let counted_on = answered_on.filter(|_| is_answered);
    let is_asked = rules.acts.follow_up_after_workdays.is_some() && is_answered;
    let mut deeds = deeds;
    if deeds.follow_up == FollowUp::Awaited && !is_asked {
        deeds.follow_up = FollowUp::NotAsked;
    }
    CountedCase {
        agency: rules.answering_agency(&case).to_owned(),
        unit: rules.unit(&case).map(|unit| unit.name.clone()),
        limit: deadline.as_ref().map(|deadline| deadline.workdays),
        due_on,
        answered_on,
        workdays_taken: counted_on.and_then(taken),
        days_ahead: counted_on.and_then(ahead),
        outcome: outcome(case.state, deadline.as_ref(), answered_on, as_of),
        deeds,
        assignment: case.start.origin,
        earlier: Vec::new(),
        case,
    }
}

impl CountedCase {
    /// The same with its earlier rounds, each as the case was then.
    #[must_use]
    pub fn after(
        mut self,
        rounds: Vec<(Case, Option<NaiveDate>)>,
        rules: &Rules,
        as_of: NaiveDate,
    ) -> Self {
        if let Some((first, _)) = rounds.first() {
            self.assignment = first.start.origin;
        }
        let counted = rounds.into_iter().map(|(case, answered_on)| {
            let round = case.round;
            (round, count(case, (answered_on, Deeds::default()), rules, as_of).outcome)
        });
        self.earlier.extend(counted);
        self
    }

    /// How every round was answered that has been.
    pub fn answers(&self) -> impl Iterator<Item = Outcome> {
        let last = Some(self.outcome).filter(|outcome| outcome.is_answered());
        self.earlier.iter().map(|(_, outcome)| *outcome).chain(last)
    }
}

fn outcome(
    state: CaseState,
    deadline: Option<&Deadline>,
    answered_on: Option<NaiveDate>,
    as_of: NaiveDate,
) -> Outcome {
    match state {
        CaseState::Withdrawn => Outcome::Withdrawn,
        CaseState::Open | CaseState::Acknowledged | CaseState::OnHold => {
            if deadline.is_some_and(|deadline| deadline.is_over(as_of)) {
                Outcome::Overdue
            } else {
                Outcome::Open
            }
        }
        CaseState::Replied | CaseState::Closed => match deadline.zip(answered_on) {
            None => Outcome::Undated,
            Some((deadline, answered_on)) if deadline.is_over(answered_on) => Outcome::Late,
            Some((deadline, answered_on)) if answered_on < deadline.due_on => Outcome::Early,
            Some(_) => Outcome::OnDueDay,
        },
    }
}
