//! `jicui calendar show YEAR[-MM]`: a year that a person can read in a terminal.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

use super::super::{Failure, Setup, out};
use super::{of_single_regions, warn_of_stranger};
use crate::config::closures;
use crate::documents::calendar::{Year, days};
use crate::domain::calendar::{CalendarDay, Calendars, Closure, WorkCalendar, YEARS};
use crate::domain::publication::DayKind;

/// A year, or one month of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Period {
    year: i32,
    month: Option<u32>,
}

pub(super) fn period_argument(text: &str) -> Result<Period, String> {
    let refuse = || format!("`{text}` is no year: write 2026, 2026-02, 115 or 115-02");
    let (year, month) = match text.split_once('-') {
        Some((year, month)) => (year, Some(month.parse().map_err(|_| refuse())?)),
        None => (text, None),
    };
    let number: i32 = year.parse().map_err(|_| refuse())?;
    let year = match year.len() {
        4 => number,
        2 | 3 => number + 1911,
        _ => return Err(refuse()),
    };
    if !YEARS.contains(&year) || month.is_some_and(|month| !(1..=12).contains(&month)) {
        return Err(refuse());
    }
    Ok(Period { year, month })
}

/// Prints a year or a month.
pub(super) fn run(setup: &Setup, period: Period, region: Option<&str>) -> Result<(), Failure> {
    let rules = setup.load()?.config.rules;
    let named = region.and_then(closures::region);
    warn_of_stranger(&rules, named.as_deref());
    let calendar = rules.calendars.of(named.as_deref());
    let days = days(calendar, period.year, period.month);
    if setup.json {
        return Ok(out::print_json(&Year::of(calendar, period.year, &days))?);
    }
    let mut text = page(calendar, period, &days);
    if let (None, [first, .., last]) = (region, &*days) {
        text.push_str(&elsewhere(&rules.calendars, first.date..=last.date));
    }
    Ok(out::print(&text)?)
}

/// The closures of single cities, which the page without `--region` does not count.
fn elsewhere(calendars: &Calendars, days: RangeInclusive<NaiveDate>) -> String {
    let row = |(closure, region): (&Closure, &str)| {
        let part = closure.part.map(|part| format!("（{}）", part.as_str())).unwrap_or_default();
        let day = crate::notify::render::roc_date(closure.date);
        vec![day, region.to_owned(), format!("{}{part}", closure.reason)]
    };
    let rows: Vec<_> = of_single_regions(calendars, days).map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let table = out::table(&["day", "only in", "note"], &rows);
    format!("\nNot counted above; --region counts those of one city or county:\n\n{table}")
}

/// Months side by side, then what the marks mean, then every named day.
fn page(calendar: &WorkCalendar, period: Period, days: &[CalendarDay]) -> String {
    let (year, workdays) = (period.year, days.iter().filter(|day| day.workday).count());
    let published = if calendar.is_published(year) {
        String::new()
    } else {
        " — NOT PUBLISHED: Monday to Friday is a guess".to_owned()
    };
    let mut text = format!("{year}（民國 {} 年）{workdays} workdays{published}\n\n", year - 1911);
    let mut months: BTreeMap<u32, Vec<&CalendarDay>> = BTreeMap::new();
    for day in days {
        months.entry(day.date.month()).or_default().push(day);
    }
    let blocks: Vec<Vec<String>> = months.iter().map(|(month, days)| block(*month, days)).collect();
    for row in blocks.chunks(3) {
        text.push_str(&side_by_side(row));
        text.push('\n');
    }
    text.push_str(&legend(days));
    text
}

/// One month as eight lines of 29 columns.
fn block(month: u32, days: &[&CalendarDay]) -> Vec<String> {
    let workdays = days.iter().filter(|day| day.workday).count();
    let mut lines =
        vec![format!("{month} 月（{workdays}）"), "  一  二  三  四  五  六  日".to_owned()];
    let lead = days.first().map_or(0, |day| day.date.weekday().num_days_from_monday());
    let mut line = "    ".repeat(lead as usize);
    for day in days {
        line.push_str(&cell(day));
        if day.date.weekday() == chrono::Weekday::Sun {
            lines.push(std::mem::take(&mut line));
        }
    }
    lines.push(line);
    lines.resize(8, String::new());
    lines
}

/// One day in four columns.
fn cell(day: &CalendarDay) -> String {
    format!("{:>3}{}", day.date.day(), mark(day.kind))
}

fn side_by_side(blocks: &[Vec<String>]) -> String {
    let mut text = String::new();
    for index in 0..8 {
        let cells = blocks.iter().filter_map(|block| block.get(index));
        let line: Vec<String> = cells.map(|cell| out::pad(cell, 30)).collect();
        text.push_str(line.concat().trim_end());
        text.push('\n');
    }
    text
}

/// The mark behind a day's number.
fn mark(kind: DayKind) -> char {
    match kind {
        DayKind::Workday => ' ',
        DayKind::Weekend => '.',
        DayKind::Holiday => '*',
        DayKind::SubstituteHoliday => '+',
        DayKind::BridgeHoliday => '~',
        DayKind::MakeupWorkday => 'W',
        DayKind::Closure => '!',
    }
}

fn legend(days: &[CalendarDay]) -> String {
    let count = |kind| days.iter().filter(|day| day.kind == kind).count();
    let kinds = DayKind::ALL.into_iter().filter(|kind| count(*kind) > 0);
    let entry = |kind: DayKind| {
        let name = kind.as_str().replace('_', " ");
        let mark = mark(kind).to_string();
        let mark = if mark == " " { "(none)".to_owned() } else { mark };
        format!("{mark} {name} {}", count(kind))
    };
    let mut text = kinds.map(entry).collect::<Vec<_>>().join("   ") + "\n\n";
    let named = days.iter().filter(|day| !day.note.is_empty());
    let row = |day: &CalendarDay| {
        let region = day.closure.as_ref().map(|closure| {
            let part = closure.part.map(|part| format!(" {}", part.as_str())).unwrap_or_default();
            format!("（{}{part}）", closure.region.as_deref().unwrap_or("everywhere"))
        });
        vec![
            crate::notify::render::roc_date(day.date),
            day.kind.as_str().replace('_', " "),
            format!("{}{}", day.note, region.unwrap_or_default()),
        ]
    };
    let rows: Vec<_> = named.map(row).collect();
    if !rows.is_empty() {
        text.push_str(&out::table(&["day", "kind", "note"], &rows));
    }
    text
}
