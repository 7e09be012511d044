//! Charts as SVG: readable in grey, without colours that some cannot tell apart, and in words.
//!
//! What differs, differs in lightness and in hatching; the hatching is drawn line by line, because
//! not every reader of SVG knows patterns.

mod canvas;
mod months;
mod share;
mod workdays;

pub(super) use months::months;
pub(super) use share::share;
pub(super) use workdays::workdays;

use canvas::{Canvas, Fill, Hatch};

/// The width of every chart.
const WIDTH: f64 = 720.0;

/// Dark, without hatching: what is most and best.
const FIRST: Fill = Fill { ground: "#00507d", ink: "#00507d", hatch: Hatch::None };
/// Light, hatched upwards.
const SECOND: Fill = Fill { ground: "#ffe2a6", ink: "#8a5a00", hatch: Hatch::Up };
/// White, hatched crosswise.
const THIRD: Fill = Fill { ground: "#ffffff", ink: "#b3261e", hatch: Hatch::Cross };
/// Grey, hatched downwards.
const FOURTH: Fill = Fill { ground: "#d0d0d0", ink: "#202020", hatch: Hatch::Down };

/// Squares and what they stand for, side by side from the left.
fn legend(canvas: &mut Canvas, entries: &[(Fill, &str)], left: f64, y: f64) {
    let mut x = left;
    for (fill, words) in entries {
        canvas.rect((x, y, 14.0, 14.0), *fill);
        canvas.words((x + 20.0, y + 12.0), canvas::Anchor::Start, words);
        x += 20.0 + canvas::width_of(words) + 24.0;
    }
}

/// A distance between two lines of an axis, and how many there are: round numbers up to `most`.
fn ticks(most: u32, at_most: u32) -> (u32, u32) {
    let steps = (0..9).flat_map(|power| [1, 2, 5].map(|step| step * 10_u32.pow(power)));
    let fits = |step: &u32| most.div_ceil(*step) <= at_most;
    let step = steps.clone().find(fits).unwrap_or(most.max(1));
    (step, most.div_ceil(step).max(1))
}

/// A number that a chart can hold.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_numbers() {
        assert_eq!(ticks(0, 5), (1, 1));
        assert_eq!(ticks(3, 5), (1, 3));
        assert_eq!(ticks(14, 5), (5, 3));
        assert_eq!(ticks(100_000, 5), (20_000, 5));
        assert_eq!(ticks(u32::MAX, 5).1, 1);
    }
}
