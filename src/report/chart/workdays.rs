//! Workdays taken by each answer, against its limit.

use std::collections::{BTreeMap, BTreeSet};

use super::canvas::{Anchor, Canvas, Fill};
use super::{FIRST, THIRD, WIDTH, legend, small, ticks};
use crate::domain::statistics::CountedCase;
use crate::report::document::Chart;
use crate::report::words;

const LEFT: f64 = 110.0;
const TOP: f64 = 76.0;
const PLOT_WIDTH: f64 = WIDTH - LEFT - 56.0;

/// So many cases have a bar each; more are counted by workdays.
const CASES_APART: usize = 30;

/// The height of one case's row.
const ROW: f64 = 26.0;

/// The height of the columns.
const COLUMNS: f64 = 200.0;

/// Columns are made for so many different numbers of workdays; beyond, several share one.
const COLUMNS_AT_MOST: u32 = 45;

/// The line that must not be crossed.
const LIMIT: &str = "#b3261e";

/// An answer: what it took, what it may have taken, and its case.
struct Answer<'a> {
    taken: u32,
    limit: u32,
    late: bool,
    number: &'a str,
}

/// Workdays taken per case; columns of counts where there are many.
pub(in crate::report) fn workdays(cases: &[CountedCase]) -> Chart {
    let answers: Vec<Answer<'_>> = cases.iter().filter_map(answer).collect();
    let limits: BTreeSet<u32> = answers.iter().map(|answer| answer.limit).collect();
    let most = answers.iter().map(|answer| answer.taken.max(answer.limit)).max().unwrap_or(14) + 1;
    let description = words::workdays_in_words(cases);
    if answers.len() <= CASES_APART {
        apart(&answers, &limits, most, description)
    } else {
        counted(&answers, &limits, most, description)
    }
}

fn answer(case: &CountedCase) -> Option<Answer<'_>> {
    Some(Answer {
        taken: u32::try_from(case.workdays_taken?.max(0)).ok()?,
        limit: case.limit?,
        late: !case.outcome.is_in_time(),
        number: case.case.number.as_str(),
    })
}

fn fill(late: bool) -> Fill {
    if late { THIRD } else { FIRST }
}

fn head(canvas: &mut Canvas, limits: &BTreeSet<u32>) {
    legend(canvas, &[(FIRST, words::IN_TIME), (THIRD, words::LATE)], LEFT, 12.0);
    let limits: Vec<String> = limits.iter().map(ToString::to_string).collect();
    if !limits.is_empty() {
        let x = LEFT + 300.0;
        canvas.line([(x, 9.0), (x, 29.0)], LIMIT, 3.0);
        canvas.words((x + 10.0, 24.0), Anchor::Start, &words::limit_line(&limits.join("、")));
    }
}

/// A bar for each case, with a mark at its limit: the marks of equal limits make one line.
fn apart(answers: &[Answer<'_>], limits: &BTreeSet<u32>, most: u32, description: String) -> Chart {
    let height = ROW * f64::from(small(answers.len().max(1)));
    let mut canvas = Canvas::new(words::WORKDAYS_CHART, description, (WIDTH, TOP + height + 44.0));
    head(&mut canvas, limits);
    let (step, lines) = ticks(most, 8);
    let per_day = PLOT_WIDTH / f64::from(step.saturating_mul(lines));
    for line in 0..=lines {
        let x = LEFT + f64::from(line * step) * per_day;
        canvas.line([(x, TOP - 8.0), (x, TOP + height)], "#cccccc", 1.0);
        canvas.words((x, TOP + height + 18.0), Anchor::Middle, &(line * step).to_string());
    }
    canvas.words((LEFT + PLOT_WIDTH / 2.0, TOP + height + 38.0), Anchor::Middle, words::WORKDAYS);
    for (index, answer) in answers.iter().enumerate() {
        let y = TOP + ROW * f64::from(small(index));
        let width = f64::from(answer.taken) * per_day;
        canvas.words((LEFT - 8.0, y + 17.0), Anchor::End, answer.number);
        canvas.rect((LEFT, y + 4.0, width, ROW - 8.0), fill(answer.late));
        let end = (LEFT + width + 6.0, y + 17.0);
        canvas.words(end, Anchor::Start, &answer.taken.to_string());
    }
    for (index, answer) in answers.iter().enumerate() {
        let (x, y) =
            (LEFT + f64::from(answer.limit) * per_day, TOP + ROW * f64::from(small(index)));
        canvas.line([(x, y - 2.0), (x, y + ROW + 2.0)], LIMIT, 3.0);
    }
    if answers.is_empty() {
        canvas.words((LEFT + PLOT_WIDTH / 2.0, TOP + 17.0), Anchor::Middle, words::NO_ANSWERS);
    }
    canvas.finish()
}

/// How many answers took how many workdays.
fn counted(
    answers: &[Answer<'_>],
    limits: &BTreeSet<u32>,
    most: u32,
    description: String,
) -> Chart {
    let share = (most + 1).div_ceil(COLUMNS_AT_MOST).max(1);
    let mut columns: BTreeMap<u32, [usize; 2]> = BTreeMap::new();
    for answer in answers {
        let [in_time, late] = columns.entry(answer.taken / share).or_default();
        *(if answer.late { late } else { in_time }) += 1;
    }
    let highest = columns.values().map(|[a, b]| small(a + b)).max().unwrap_or_default();
    let mut canvas = Canvas::new(words::WORKDAYS_CHART, description, (WIDTH, TOP + COLUMNS + 56.0));
    head(&mut canvas, limits);
    let (step, lines) = ticks(highest, 5);
    let (base, per_case) = (TOP + COLUMNS, COLUMNS / f64::from(step.saturating_mul(lines)));
    canvas.words((LEFT - 8.0, TOP - 16.0), Anchor::End, words::CASES_UNIT);
    for line in 0..=lines {
        let y = base - f64::from(line * step) * per_case;
        canvas.line([(LEFT, y), (LEFT + PLOT_WIDTH, y)], "#cccccc", 1.0);
        canvas.words((LEFT - 8.0, y + 5.0), Anchor::End, &(line * step).to_string());
    }
    let slot = PLOT_WIDTH / f64::from(most / share + 1);
    let every = (most / share + 1).div_ceil(16).max(1);
    for column in 0..=most / share {
        let x = LEFT + slot * f64::from(column);
        let mut y = base;
        for (late, count) in columns.get(&column).copied().unwrap_or_default().iter().enumerate() {
            let height = f64::from(small(*count)) * per_case;
            if height > 0.0 {
                y -= height;
                canvas.rect((x + slot * 0.1, y, slot * 0.8, height), fill(late == 1));
            }
        }
        if column.is_multiple_of(every) {
            let label = (column * share).to_string();
            canvas.words((x + slot / 2.0, base + 18.0), Anchor::Middle, &label);
        }
    }
    for limit in limits {
        // The limit is the last day that is still in time: the line stands after it, also within a column.
        let x = LEFT + slot * f64::from(limit + 1) / f64::from(share);
        canvas.line([(x, TOP - 8.0), (x, base)], LIMIT, 3.0);
    }
    canvas.words((LEFT + PLOT_WIDTH / 2.0, base + 40.0), Anchor::Middle, words::WORKDAYS);
    canvas.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_stands_after_the_limit_also_where_two_numbers_share_a_column() {
        let answer = |taken| Answer { taken, limit: 14, late: taken > 14, number: "" };
        let line = |most| {
            let chart = counted(&[answer(14), answer(15)], &[14].into(), most, String::new());
            let (_, line) = chart.svg.rsplit_once("<line x1=\"").unwrap();
            line.split('"').next().unwrap().parse::<f64>().unwrap()
        };
        // Of 20 numbers each has a column; of 80 two share one, and the 15 is the right half of its column.
        let place = |columns: u32, before: f64| LEFT + PLOT_WIDTH * before / f64::from(columns);
        assert!((line(19) - place(20, 15.0)).abs() < 0.1);
        assert!((line(79) - place(40, 7.5)).abs() < 0.1);
    }
}
