//! The office's calendar and ladder counted day by day, with nothing of the program's in it.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

/// The limit of every kind of case.
pub(crate) const LIMIT: u32 = 14;

/// Half of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Morning,
    Afternoon,
}

/// An office shut by its city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shut {
    pub(crate) on: NaiveDate,
    pub(crate) region: Option<&'static str>,
    pub(crate) half: Option<Half>,
}

/// Which days are off, as published, and which offices were shut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    off: BTreeSet<NaiveDate>,
    years: BTreeSet<i32>,
    pub(crate) shut: Vec<Shut>,
}

impl Days {
    /// Reads the published files: date in the first column, 0 or 2 in the third.
    pub(crate) fn published() -> Self {
        let mut days = Self::default();
        for year in 2023..=2027 {
            let root = env!("CARGO_MANIFEST_DIR");
            let bytes = std::fs::read(format!("{root}/config/calendar/{year}.csv")).unwrap();
            for line in String::from_utf8_lossy(&bytes).lines() {
                let cells: Vec<&str> = line.trim_start_matches('\u{feff}').split(',').collect();
                let Ok(day) = NaiveDate::parse_from_str(cells[0], "%Y%m%d") else { continue };
                days.years.insert(day.year());
                if cells[2] == "2" {
                    days.off.insert(day);
                }
            }
        }
        days
    }

    fn is_published_workday(&self, day: NaiveDate) -> bool {
        if self.years.contains(&day.year()) {
            !self.off.contains(&day)
        } else {
            !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
        }
    }

    fn shut_on(&self, day: NaiveDate, region: Option<&str>) -> Option<&Shut> {
        let here = |shut: &&Shut| shut.region.is_none() || shut.region == region;
        self.shut.iter().filter(|shut| shut.on == day).find(here)
    }

    /// Whether `day` counts: half a day does, a whole closed day does not.
    pub(crate) fn counts(&self, day: NaiveDate, region: Option<&str>) -> bool {
        let whole = self.shut_on(day, region).is_some_and(|shut| shut.half.is_none());
        self.is_published_workday(day) && !whole
    }

    /// Whether somebody is in the office.
    pub(crate) fn open_at(&self, now: NaiveDateTime, region: Option<&str>) -> bool {
        let (mut opens, mut closes) = (time(8, 30), time(17, 30));
        match self.shut_on(now.date(), region).map(|shut| shut.half) {
            Some(None) => return false,
            Some(Some(Half::Morning)) => opens = time(12, 30),
            Some(Some(Half::Afternoon)) => closes = time(12, 30),
            None => {}
        }
        self.is_published_workday(now.date()) && opens <= now.time() && now.time() <= closes
    }

    /// The `n`-th day after `start` that counts.
    pub(crate) fn after(&self, start: NaiveDate, n: u32, region: Option<&str>) -> NaiveDate {
        let (mut day, mut left) = (start, n);
        while left > 0 {
            day = day.succ_opt().unwrap();
            left -= u32::from(self.counts(day, region));
        }
        day
    }

    fn before(&self, end: NaiveDate, n: u32, region: Option<&str>) -> NaiveDate {
        let (mut day, mut left) = (end, n);
        while left > 0 {
            day = day.pred_opt().unwrap();
            left -= u32::from(self.counts(day, region));
        }
        day
    }

    /// Every stage of the default ladder that has fallen by `now`, each with its moment, the
    /// highest last.
    pub(crate) fn fallen(
        &self,
        (start, region): (NaiveDate, Option<&str>),
        now: NaiveDateTime,
    ) -> Vec<(String, NaiveDateTime)> {
        let due = self.after(start, LIMIT, region);
        let mut ladder = vec![
            ("assigned".to_owned(), start.and_time(NaiveTime::MIN)),
            ("after-5".to_owned(), self.after(start, 5, region).and_time(time(9, 0))),
            ("after-9".to_owned(), self.after(start, 9, region).and_time(time(9, 0))),
            ("before-3".to_owned(), self.before(due, 3, region).and_time(time(9, 0))),
            ("before-1".to_owned(), self.before(due, 1, region).and_time(time(9, 0))),
            ("due".to_owned(), due.and_time(time(9, 0))),
            ("due-afternoon".to_owned(), due.and_time(time(14, 0))),
        ];
        let mut day = due;
        for step in 1.. {
            day = self.after(day, 1, region);
            if day > now.date() {
                break;
            }
            let name = if step < 3 { "overdue" } else { "overdue-administrators" };
            ladder.push((format!("{name}-{step}"), day.and_time(time(9, 0))));
        }
        ladder.retain(|(_, falls_at)| *falls_at <= now);
        ladder.sort_by_key(|(_, falls_at)| *falls_at);
        ladder
    }
}

pub(crate) fn time(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
}
