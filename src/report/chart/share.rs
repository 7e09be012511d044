//! How large a share was answered ahead of time.

use super::canvas::{Anchor, Canvas, Fill, width_of};
use super::{FIRST, FOURTH, SECOND, THIRD, WIDTH, legend, small};
use crate::domain::statistics::{Statistics, Tenths};
use crate::report::document::Chart;
use crate::report::words;

const LEFT: f64 = 110.0;
const TOP: f64 = 48.0;
const PLOT_WIDTH: f64 = WIDTH - LEFT - 30.0;
const ROW: f64 = 48.0;

/// Ahead of time, on the day, late, and still waiting: of all cases, and of each kind.
pub(in crate::report) fn share(statistics: &Statistics) -> Chart {
    let mut rows = vec![(words::ALL_KINDS, &statistics.whole)];
    rows.extend(statistics.kinds.iter().map(|(kind, figures)| (words::kind(*kind), figures)));
    let height = TOP + ROW * f64::from(small(rows.len())) + 34.0;
    let description = words::share_in_words(&rows);
    let mut canvas = Canvas::new(words::SHARE_CHART, description, (WIDTH, height));
    let fills = [FIRST, SECOND, THIRD, FOURTH];
    let entries: Vec<(Fill, &str)> = fills.into_iter().zip(words::SHARES).collect();
    legend(&mut canvas, &entries, LEFT, 12.0);
    for (index, (name, figures)) in rows.iter().enumerate() {
        let y = TOP + ROW * f64::from(small(index));
        canvas.words((LEFT - 8.0, y + 24.0), Anchor::End, name);
        let parts = [figures.early, figures.on_due_day, figures.late, figures.overdue];
        let all: usize = parts.iter().sum();
        if all == 0 {
            canvas.words((LEFT + 8.0, y + 24.0), Anchor::Start, words::NOTHING_DECIDED);
            continue;
        }
        let mut x = LEFT;
        for (count, fill) in parts.into_iter().zip(fills).filter(|(count, _)| *count > 0) {
            let part = f64::from(small(count)) / f64::from(small(all));
            let width = part * PLOT_WIDTH;
            canvas.rect((x, y + 4.0, width, ROW - 16.0), fill);
            if let Some(percent) = Tenths::percent(count, all) {
                figure(&mut canvas, (x, y, width), fill, &words::part(count, percent));
            }
            x += width;
        }
    }
    for tenth in [0, 25, 50, 75, 100] {
        let x = LEFT + PLOT_WIDTH * f64::from(tenth) / 100.0;
        canvas.line([(x, height - 36.0), (x, height - 30.0)], "#1a1a1a", 1.0);
        canvas.words((x, height - 14.0), Anchor::Middle, &format!("{tenth}%"));
    }
    canvas.finish()
}

/// A part's own figure within it, where there is room; on a ground that lets it be read.
fn figure(canvas: &mut Canvas, (x, y, width): (f64, f64, f64), fill: Fill, words: &str) {
    let wide = width_of(words) + 12.0;
    if width < wide + 4.0 {
        return;
    }
    let middle = x + width / 2.0;
    if fill == FIRST {
        canvas.words_in((middle, y + 25.0), Anchor::Middle, (words, "#ffffff"));
    } else {
        let ground = Fill { ground: "#ffffff", ink: "#ffffff", hatch: super::Hatch::None };
        canvas.rect((middle - wide / 2.0, y + 10.0, wide, 20.0), ground);
        canvas.words((middle, y + 25.0), Anchor::Middle, words);
    }
}
