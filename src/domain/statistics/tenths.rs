//! Numbers as people read them in reports: to one decimal, the same wherever they stand.

use std::fmt;

/// A number to one decimal, rounded half away from zero (四捨五入), as spreadsheets round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenths(i64);

impl Tenths {
    /// A share in percent; `None` of nothing.
    pub fn percent(part: usize, whole: usize) -> Option<Self> {
        Self::ratio(100 * i128::try_from(part).ok()?, i128::try_from(whole).ok()?)
    }

    /// `numerator` by a `denominator` that is not below zero; `None` by zero.
    pub(super) fn ratio(numerator: i128, denominator: i128) -> Option<Self> {
        let magnitude = (20 * numerator.abs() + denominator).checked_div(2 * denominator)?;
        i64::try_from(numerator.signum() * magnitude).ok().map(Self)
    }

    /// The number, for whoever calculates with it.
    pub fn to_f64(self) -> f64 {
        i32::try_from(self.0).map_or(f64::MAX, f64::from) / 10.0
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        write!(f, "{sign}{}.{}", magnitude / 10, magnitude % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check((numerator, denominator): (i128, i128), expected: &str) {
        let number = Tenths::ratio(numerator, denominator).unwrap();
        assert_eq!(number.to_string(), expected, "{numerator}/{denominator}");
        assert_eq!(format!("{}", number.to_f64()), expected.trim_end_matches(".0"));
    }

    #[test]
    fn a_half_is_rounded_away_from_zero_and_nothing_is_below_nothing() {
        check((25, 4), "6.3");
        check((-25, 4), "-6.3");
        check((24, 4), "6.0");
        check((1, 3), "0.3");
        check((2, 3), "0.7");
        check((-1, 30), "0.0");
        check((-1, 20), "-0.1");
        check((0, 7), "0.0");
        // 1.45 and 0.05 are no numbers of the binary kind, and would be rounded down there.
        check((29, 20), "1.5");
        check((1, 20), "0.1");
        assert_eq!(Tenths::percent(1, 16).unwrap().to_string(), "6.3");
        assert_eq!(Tenths::percent(5, 5).unwrap().to_string(), "100.0");
        assert_eq!(Tenths::percent(0, 0), None);
    }
}
