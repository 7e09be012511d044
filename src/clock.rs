//! What time it is, and which day that is in Taipei: the only module that knows either.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Asia::Taipei;
use rustix::time::{ClockId, clock_gettime};

/// The zone in which offices keep time; cron lines are read in it.
pub const ZONE: chrono_tz::Tz = Taipei;

/// Tells the instant. Held by `App` alone; everything below is handed `now`.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;

    /// How much time had passed since some moment that never changes when this clock said `now`, a
    /// moment ago: nobody can set it, and it goes on while the machine sleeps.
    fn elapsed(&self, now: DateTime<Utc>) -> Duration;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that others ask")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self, _: DateTime<Utc>) -> Duration {
        let passed = clock_gettime(ClockId::Boottime);
        Duration::new(
            u64::try_from(passed.tv_sec).unwrap_or_default(),
            u32::try_from(passed.tv_nsec).unwrap_or_default(),
        )
    }
}

/// A clock that is corrected by less than this is merely kept right.
pub const JUMP: TimeDelta = TimeDelta::minutes(2);

/// Notices that a clock was set, by the time that passed between two readings of it.
#[derive(Debug, Default)]
pub struct ClockWatch(Option<(DateTime<Utc>, Duration)>);

impl ClockWatch {
    /// Takes a reading ([`Clock::now`] and [`Clock::elapsed`]); by how much the clock was set since the
    /// one before, if that is a [`JUMP`].
    pub fn read(&mut self, now: DateTime<Utc>, elapsed: Duration) -> Option<TimeDelta> {
        if self.0.is_some_and(|(_, last)| elapsed < last) {
            // Somebody else read the clock later and was faster.
            return None;
        }
        let (then, before) = self.0.replace((now, elapsed))?;
        let passed = TimeDelta::from_std(elapsed.saturating_sub(before)).ok()?;
        Some(now - then - passed).filter(|jump| jump.abs() >= JUMP)
    }
}

/// A clock that stands where it was set.
#[derive(Debug)]
pub struct FixedClock(Mutex<(DateTime<Utc>, Duration)>);

impl FixedClock {
    /// A clock that says `now` until it is set again.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new((now, Duration::ZERO)))
    }

    /// Lets the time pass until `now`.
    pub fn set(&self, now: DateTime<Utc>) {
        let (at, elapsed) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *elapsed += (now - *at).to_std().unwrap_or_default();
        *at = now;
    }

    /// Says `now` from here on, though no time has passed: somebody sets the machine's clock.
    pub fn jump(&self, now: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = now;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn elapsed(&self, _: DateTime<Utc>) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// A clock for rehearsals: it runs through given stretches of time, each at its own pace.
#[derive(Debug)]
pub struct RehearsalClock {
    began: Instant,
    stretches: Vec<Stretch>,
}

/// A stretch of rehearsed time, and how long it takes to watch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub from: DateTime<Utc>,
    /// How much rehearsed time it covers.
    pub covers: Duration,
    /// How much real time it takes.
    pub takes: Duration,
}

impl RehearsalClock {
    /// Starts now, at the first stretch.
    pub fn start(stretches: Vec<Stretch>) -> Self {
        Self { began: Instant::now(), stretches }
    }

    fn at(&self, mut elapsed: Duration) -> DateTime<Utc> {
        let mut end = DateTime::<Utc>::UNIX_EPOCH;
        for stretch in &self.stretches {
            if elapsed < stretch.takes {
                let share = elapsed.as_secs_f64() / stretch.takes.as_secs_f64();
                return stretch.from + stretch.covers.mul_f64(share);
            }
            elapsed -= stretch.takes;
            end = stretch.from + stretch.covers;
        }
        end
    }
}

impl Clock for RehearsalClock {
    fn now(&self) -> DateTime<Utc> {
        self.at(self.began.elapsed())
    }

    /// Its time passes as it says: at its speed a moment later is minutes later.
    fn elapsed(&self, now: DateTime<Utc>) -> Duration {
        (now - DateTime::UNIX_EPOCH).to_std().unwrap_or_default()
    }
}

/// The wall clock in Taipei at `now`.
pub fn wall(now: DateTime<Utc>) -> NaiveDateTime {
    now.with_timezone(&Taipei).naive_local()
}

/// The day in Taipei at `now`.
pub fn today(now: DateTime<Utc>) -> NaiveDate {
    wall(now).date()
}

/// The instant at which Taipei's clocks show `wall`. Taipei has had no summer time since 1979.
pub fn instant(wall: NaiveDateTime) -> DateTime<Utc> {
    Taipei
        .from_local_datetime(&wall)
        .earliest()
        .map_or_else(|| wall.and_utc(), |local| local.with_timezone(&Utc))
}

/// The instant at which `time` comes on `day` in Taipei.
pub fn at(day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    instant(day.and_time(time))
}

/// RFC 3339 with Taipei's offset: `2026-02-11T09:00:00+08:00`.
pub fn rfc3339(now: DateTime<Utc>) -> String {
    now.with_timezone(&Taipei).to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}

/// A text that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day: write 2026-02-11, 115-02-11 or 1150211")]
pub struct NotADay(String);

/// Reads a day in Western (`2026-02-11`, `20260211`) or ROC years (`115-02-11`, `1150211`).
pub fn parse_date(text: &str) -> Result<NaiveDate, NotADay> {
    let refuse = || NotADay(text.chars().take(40).collect());
    let plain = text.trim().replace('/', "-");
    let (year, month, day) = match plain.split('-').collect::<Vec<_>>().as_slice() {
        [digits] if digits.len() == 7 || digits.len() == 8 => {
            let year = digits.len() - 4;
            (digits.get(..year), digits.get(year..year + 2), digits.get(year + 2..))
        }
        [year, month, day] => (Some(*year), Some(*month), Some(*day)),
        _ => return Err(refuse()),
    };
    let number = |part: Option<&str>| part.and_then(digits_only).ok_or_else(refuse);
    let year_digits = year.map_or(0, str::len);
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let year = match year_digits {
        4 => year,
        3 => year + ROC_YEAR_ZERO,
        _ => return Err(refuse()),
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).map_err(|_| refuse())?, month, day);
    date.ok_or_else(refuse)
}

/// ROC year 1 (民國元年) is 1912.
const ROC_YEAR_ZERO: u32 = 1911;

fn digits_only(text: &str) -> Option<u32> {
    let fits = text.len() <= 4 && text.chars().all(|c| c.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

/// The ROC year of a day: 115 for 2026.
pub fn roc_year(date: NaiveDate) -> i32 {
    date.year() - 1911
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let date = parse_date(text).ok().map(|date| date.to_string());
        assert_eq!(date.as_deref(), expected, "{text}");
    }

    #[test]
    fn days_are_read_in_western_and_roc_years() {
        check("2026-02-11", Some("2026-02-11"));
        check("115-02-11", Some("2026-02-11"));
        check("1150211", Some("2026-02-11"));
        check("20260211", Some("2026-02-11"));
        check("115/2/11", Some("2026-02-11"));
        check("099-12-31", Some("2010-12-31"));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2026-02-30", "26-02-11", "0150211x", "2026-02", "+15-02-11", "民國115年"]
        {
            check(text, None);
        }
    }

    #[test]
    fn a_day_in_taipei_begins_at_sixteen_hours_utc() {
        let before = "2026-02-10T15:59:59Z".parse().unwrap();
        let after = "2026-02-10T16:00:00Z".parse().unwrap();
        assert_eq!(today(before).to_string(), "2026-02-10");
        assert_eq!(today(after).to_string(), "2026-02-11");
        assert_eq!(rfc3339(after), "2026-02-11T00:00:00+08:00");
        assert_eq!(instant(wall(after)), after);
    }

    #[test]
    fn a_rehearsal_runs_each_stretch_at_its_own_pace() {
        let secs = Duration::from_secs;
        let from: DateTime<Utc> = "2026-02-11T00:00:00Z".parse().unwrap();
        let next: DateTime<Utc> = "2026-02-12T00:00:00Z".parse().unwrap();
        let clock = RehearsalClock::start(vec![
            Stretch { from, covers: secs(3600), takes: secs(10) },
            Stretch { from: next, covers: secs(7200), takes: secs(1) },
        ]);
        assert_eq!(clock.at(secs(5)), from + secs(1800));
        assert_eq!(clock.at(secs(10)), next);
        assert_eq!(clock.at(secs(60)), next + secs(7200));
    }
}
