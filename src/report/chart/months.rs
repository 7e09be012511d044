//! Cases by month, the kinds stacked.

use super::canvas::{Anchor, Canvas, Fill};
use super::{FIRST, SECOND, THIRD, WIDTH, legend, small, ticks};
use crate::domain::case::CaseKind;
use crate::domain::statistics::{Figures, Month, QUESTIONS};
use crate::report::document::Chart;
use crate::report::words;

const HEIGHT: f64 = 320.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 56.0;
const PLOT_WIDTH: f64 = WIDTH - LEFT - 20.0;
const PLOT_HEIGHT: f64 = HEIGHT - TOP - 56.0;

/// Bars are no wider than this.
const WIDEST: f64 = 48.0;

/// So many months have a label and a figure each.
const LABELLED: usize = 18;

/// Cases by month.
pub(in crate::report) fn months(months: &[(Month, Figures)]) -> Chart {
    let most = months.iter().map(|(_, figures)| small(figures.received)).max().unwrap_or_default();
    let (step, lines) = ticks(most, 5);
    let per_case = PLOT_HEIGHT / f64::from(step.saturating_mul(lines));
    let mut canvas =
        Canvas::new(words::MONTHS_CHART, words::months_in_words(months), (WIDTH, HEIGHT));
    let entries: Vec<(Fill, &str)> =
        kinds().map(|(kind, fill)| (fill, words::kind(kind))).collect();
    legend(&mut canvas, &entries, LEFT, 12.0);
    canvas.words((LEFT - 8.0, TOP - 10.0), Anchor::End, words::CASES_UNIT);
    for line in 0..=lines {
        let count = line * step;
        let y = TOP + PLOT_HEIGHT - f64::from(count) * per_case;
        let ink = if line == 0 { "#1a1a1a" } else { "#cccccc" };
        canvas.line([(LEFT, y), (LEFT + PLOT_WIDTH, y)], ink, 1.0);
        canvas.words((LEFT - 8.0, y + 5.0), Anchor::End, &count.to_string());
    }
    let slot = PLOT_WIDTH / f64::from(small(months.len().max(1)));
    let every = months.len().div_ceil(LABELLED).max(1);
    for (index, (month, figures)) in months.iter().enumerate() {
        let middle = LEFT + slot * (f64::from(small(index)) + 0.5);
        let top = bar(&mut canvas, figures, (middle, slot), per_case);
        if every == 1 {
            canvas.words((middle, top - 6.0), Anchor::Middle, &figures.received.to_string());
        }
        if index.is_multiple_of(every) {
            label(&mut canvas, *month, middle, index == 0 || every > 1);
        }
    }
    canvas.finish()
}

/// One month's bar; returns the height at which it ends.
fn bar(canvas: &mut Canvas, figures: &Figures, (middle, slot): (f64, f64), per_case: f64) -> f64 {
    let width = (slot * 0.6).min(WIDEST);
    let mut y = TOP + PLOT_HEIGHT;
    for (kind, fill) in kinds() {
        let height = f64::from(small(figures.of_kind(kind))) * per_case;
        if height > 0.0 {
            y -= height;
            canvas.rect((middle - width / 2.0, y, width, height), fill);
        }
    }
    y
}

/// The month under its bar, and the year where it begins.
fn label(canvas: &mut Canvas, month: Month, middle: f64, with_year: bool) {
    let base = TOP + PLOT_HEIGHT;
    canvas.words((middle, base + 20.0), Anchor::Middle, &words::month_of_year(month));
    if with_year || month.month == 1 {
        canvas.words((middle, base + 40.0), Anchor::Middle, &words::year(month.year));
    }
}

fn kinds() -> impl Iterator<Item = (CaseKind, Fill)> {
    QUESTIONS.into_iter().zip([FIRST, SECOND, THIRD])
}
