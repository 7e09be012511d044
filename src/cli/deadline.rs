//! `jicui deadline DATE [--workdays N] [--explain]`.

use anyhow::anyhow;
use chrono::{NaiveDate, NaiveDateTime};
use clap::Args;
use serde::Serialize;

use super::calendar::{of_single_regions, region_argument, warn_of_stranger};
use super::{Failure, Setup, date_argument, moment_argument, out};
use crate::app::App;
use crate::clock::{instant, wall};
use crate::config::closures;
use crate::documents::count::{Day, reason};
use crate::domain::calendar::{Calendars, Closure, CountedDay, WorkCalendar};
use crate::notify::render::roc_date;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Day zero: 2026-02-11, 115-02-11 or 1150211
    #[arg(value_parser = date_argument)]
    date: NaiveDate,
    /// How many workdays
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(0..=5000))]
    workdays: u32,
    /// List every day and why it counts or not
    #[arg(long)]
    explain: bool,
    /// Count by the closures of this city or county
    #[arg(long, value_parser = region_argument)]
    region: Option<String>,
    /// By the calendar that was in force at this moment in Taipei
    #[arg(long, value_name = "YYYY-MM-DD HH:MM", value_parser = moment_argument)]
    at: Option<NaiveDateTime>,
}

#[derive(Serialize)]
struct Document {
    starts_on: NaiveDate,
    workdays: u32,
    due_on: NaiveDate,
    provisional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<Vec<Day>>,
}

/// Prints the due day.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let rules = setup.load()?.config.rules;
    let calendars = match arguments.at {
        None => &rules.calendars,
        Some(at) => &kept_calendars(&*setup.open()?, at).await?,
    };
    let region = arguments.region.as_deref().and_then(closures::region);
    warn_of_stranger(&rules, region.as_deref());
    let calendar = calendars.of(region.as_deref());
    let due = calendar.add_workdays(arguments.date, arguments.workdays)?;
    if arguments.region.is_none() {
        let first = arguments.date.succ_opt().unwrap_or(arguments.date);
        let all = of_single_regions(calendars, first..=due.on);
        // One that is half open may count everywhere.
        let is_off_there = |(closure, region): &(&Closure, &str)| {
            calendar.is_workday(closure.date)
                && !calendars.of(Some(region)).is_workday(closure.date)
        };
        for (closure, region) in all.filter(is_off_there) {
            let (day, reason) = (roc_date(closure.date), &closure.reason);
            out::complain(&format!("{day} {reason} is not counted: --region {region} counts it"));
        }
    }
    let account = account(calendar, arguments)?;
    if setup.json {
        let document = Document {
            starts_on: arguments.date,
            workdays: arguments.workdays,
            due_on: due.on,
            provisional: due.provisional,
            days: arguments.explain.then(|| account.iter().map(Day::from).collect()),
        };
        return Ok(out::print_json(&document)?);
    }
    let mark = if due.provisional { "  provisional: a year is not published" } else { "" };
    out::print(&format!("{}  {}{mark}", due.on, roc_date(due.on)))?;
    if arguments.explain {
        out::print(&lines(&account))?;
    }
    Ok(())
}

/// The calendars that were in force at an earlier moment; says since when and by whose doing.
pub(super) async fn kept_calendars(app: &App, at: NaiveDateTime) -> Result<Calendars, Failure> {
    let Some((version, calendars)) = app.calendar_at(instant(at)).await? else {
        return Err(anyhow!("no calendar was kept yet: `jicui run` keeps the first").into());
    };
    let since = wall(version.in_force_at).format("%Y-%m-%d %H:%M");
    let (actor, reason) = (&version.actor, &version.reason);
    if version.in_force_at > instant(at) {
        out::complain(&format!(
            "the calendar's history begins only at {since}; counted by that one"
        ));
    } else {
        out::complain(&format!("the calendar in force since {since}: {reason} ({actor})"));
    }
    Ok(calendars)
}

fn account(calendar: &WorkCalendar, arguments: &Arguments) -> Result<Vec<CountedDay>, Failure> {
    if arguments.explain {
        Ok(calendar.explain(arguments.date, arguments.workdays)?)
    } else {
        Ok(Vec::new())
    }
}

/// An account for a terminal: one day a line.
pub(super) fn lines(account: &[CountedDay]) -> String {
    let row = |counted: &CountedDay| {
        vec![
            counted.count.map(|count| format!("{count:>3}")).unwrap_or_default(),
            roc_date(counted.day.date),
            reason(counted),
            counted.day.source.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = account.iter().map(row).collect();
    out::table(&["  #", "day", "why", "said by"], &rows)
}
