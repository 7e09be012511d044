//! How fast the story runs: office days slowly, nights and days off in a blink.

use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::clock::{Stretch, instant};
use crate::domain::calendar::WorkCalendar;

/// How long an office day takes to watch at speed 1.
const OFFICE_DAY: Duration = Duration::from_secs(9);
/// How long a night or a whole day off takes.
const BLINK: Duration = Duration::from_millis(600);

/// The clock's stretches from `begins` to the end of `ends_on`, `speed` times as fast as usual.
pub fn stretches(
    calendar: &WorkCalendar,
    begins: NaiveDateTime,
    ends_on: NaiveDate,
    speed: f64,
) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for day in begins.date().iter_days().take_while(|day| *day <= ends_on) {
        let (morning, evening) = (clock(day, 8), clock(day, 18));
        let midnight = clock(day, 0) + TimeDelta::days(1);
        let office = if calendar.is_open(day) { OFFICE_DAY } else { BLINK };
        for (from, to, takes) in [
            (clock(day, 0), morning, BLINK),
            (morning, evening, office),
            (evening, midnight, BLINK),
        ] {
            let covers = (to - from.max(begins)).to_std().unwrap_or_default();
            if !covers.is_zero() {
                let takes = takes.div_f64(speed);
                stretches.push(Stretch { from: instant(from.max(begins)), covers, takes });
            }
        }
    }
    stretches
}

fn clock(day: NaiveDate, hour: u32) -> NaiveDateTime {
    day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretches_follow_one_another_without_a_gap() {
        let calendars = crate::config::calendar::compiled_in();
        let begins: NaiveDateTime = "2026-09-17T09:30:00".parse().unwrap();
        let ends_on = "2026-09-28".parse().unwrap();
        let stretches = stretches(calendars.national(), begins, ends_on, 2.0);
        assert_eq!(stretches[0].from, instant(begins));
        for pair in stretches.windows(2) {
            assert_eq!(pair[0].from + pair[0].covers, pair[1].from);
        }
        let total: Duration = stretches.iter().map(|stretch| stretch.takes).sum();
        assert!(total < Duration::from_secs(45), "{total:?}");
    }
}
