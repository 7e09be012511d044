//! Figures of a set of cases.

use std::collections::BTreeMap;

use super::super::case::CaseKind;
use super::counted::{CountedCase, FollowUp, Outcome};
use super::tenths::Tenths;

/// The figures of a set of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// All of them: `answered + open + withdrawn`.
    pub received: usize,
    /// How many of each kind; a kind without a case need not be there.
    pub kinds: BTreeMap<CaseKind, usize>,
    /// Those with an answer: `early + on_due_day + late + undated`.
    pub answered: usize,
    /// Answered before the due day.
    pub early: usize,
    /// Answered on the due day.
    pub on_due_day: usize,
    /// Answered after the due day.
    pub late: usize,
    /// Answered nobody knows when.
    pub undated: usize,
    /// Waiting for their answer, overdue or not.
    pub open: usize,
    /// Waiting for their answer, and their day is gone.
    pub overdue: usize,
    /// No longer ours, or taken back.
    pub withdrawn: usize,
    /// Those that had to be answered again (再回復).
    pub second_rounds: usize,
    /// The answers of all their rounds, each within the limit of its round or not.
    pub answers: Answers,
    /// Those whose day was put off (展延), and how often in all.
    pub extended: Repeated,
    /// Those whose clock was stopped (暫停), and how often in all.
    pub held: Repeated,
    /// 延伸精進: how many answers ended in which way, or wait; those nobody is asked for are left out.
    pub follow_ups: BTreeMap<FollowUp, usize>,
    /// Workdays that the answers took.
    pub taken: Option<Spread>,
    /// Workdays by which the answers came ahead of the due day; negative for late ones.
    pub ahead: Option<Spread>,
}

/// Answers, of every round one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// All of them: `in_time + late + undated`.
    pub given: usize,
    /// Within the limit of their round.
    pub in_time: usize,
    /// After it.
    pub late: usize,
    /// Given nobody knows when.
    pub undated: usize,
}

/// How many cases something was done with, and how often in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Cases.
    pub cases: usize,
    /// Times.
    pub times: u32,
}

impl Repeated {
    fn add(&mut self, times: u32) {
        self.cases += usize::from(times > 0);
        self.times += times;
    }
}

/// How numbers of workdays are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The middle one.
    pub median: Tenths,
    /// The mean.
    pub mean: Tenths,
    /// The smallest.
    pub least: i64,
    /// The largest.
    pub most: i64,
}

impl Figures {
    /// How many are of this kind.
    pub fn of_kind(&self, kind: CaseKind) -> usize {
        self.kinds.get(&kind).copied().unwrap_or_default()
    }

    /// How many follow-ups ended so.
    pub fn followed_up(&self, follow_up: FollowUp) -> usize {
        self.follow_ups.get(&follow_up).copied().unwrap_or_default()
    }

    /// Answered within the limit.
    pub fn in_time(&self) -> usize {
        self.early + self.on_due_day
    }

    /// Those of which it is decided whether they were answered within the limit: answered on a known
    /// day, or overdue by now.
    pub fn decided(&self) -> usize {
        self.in_time() + self.late + self.overdue
    }

    /// The share of the decided ones that were answered within the limit, 0 to 100.
    pub fn in_time_percent(&self) -> Option<Tenths> {
        Tenths::percent(self.in_time(), self.decided())
    }

    /// The share of the decided ones that were answered before the due day, 0 to 100.
    pub fn early_percent(&self) -> Option<Tenths> {
        Tenths::percent(self.early, self.decided())
    }
}

/// Figures in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    figures: Figures,
    taken: Vec<i64>,
    ahead: Vec<i64>,
}

impl Tally {
    pub(super) fn add(&mut self, case: &CountedCase) {
        let figures = &mut self.figures;
        figures.received += 1;
        *figures.kinds.entry(case.case.kind).or_default() += 1;
        figures.answered += usize::from(case.outcome.is_answered());
        match case.outcome {
            Outcome::Early => figures.early += 1,
            Outcome::OnDueDay => figures.on_due_day += 1,
            Outcome::Late => figures.late += 1,
            Outcome::Undated => figures.undated += 1,
            Outcome::Open => figures.open += 1,
            Outcome::Overdue => {
                figures.open += 1;
                figures.overdue += 1;
            }
            Outcome::Withdrawn => figures.withdrawn += 1,
        }
        figures.second_rounds += usize::from(case.case.round > 1);
        for answer in case.answers() {
            figures.answers.given += 1;
            figures.answers.in_time += usize::from(answer.is_in_time());
            figures.answers.late += usize::from(answer == Outcome::Late);
            figures.answers.undated += usize::from(answer == Outcome::Undated);
        }
        figures.extended.add(case.deeds.extensions);
        figures.held.add(case.deeds.holds);
        if case.deeds.follow_up != FollowUp::NotAsked {
            *figures.follow_ups.entry(case.deeds.follow_up).or_default() += 1;
        }
        self.taken.extend(case.workdays_taken);
        self.ahead.extend(case.days_ahead);
    }

    pub(super) fn finish(self) -> Figures {
        Figures { taken: spread(self.taken), ahead: spread(self.ahead), ..self.figures }
    }
}

/// How `numbers` are spread; `None` if there are none.
fn spread(mut numbers: Vec<i64>) -> Option<Spread> {
    numbers.sort_unstable();
    let (least, most) = (*numbers.first()?, *numbers.last()?);
    let count = numbers.len();
    // Of an even number the middle lies between two.
    let middle = numbers.get((count - 1) / 2..=count / 2)?;
    Some(Spread { median: mean(middle)?, mean: mean(&numbers)?, least, most })
}

fn mean(numbers: &[i64]) -> Option<Tenths> {
    let sum = numbers.iter().copied().map(i128::from).sum();
    Tenths::ratio(sum, i128::try_from(numbers.len()).ok()?)
}
