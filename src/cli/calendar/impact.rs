//! `jicui calendar impact`: what a published file or a closure would do; and how that is shown.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use super::super::{Failure, Setup, date_argument, out};
use super::{closure, has_directory, import, region_argument};
use crate::app::calendar::Impact;
use crate::app::calendar_edit::{CalendarEdit, EditFault, NotEdited};
use crate::config::closures::{self, NewClosure};
use crate::domain::calendar::{CalendarDay, DayPart};
use crate::domain::impact::{DayChange, DueDay, MovedCase};
use crate::notify::render::roc_date;

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(in crate::cli) struct Arguments {
    /// What this published file would do
    #[arg(value_name = "FILE", conflicts_with_all = ["close", "reopen"])]
    file: Option<PathBuf>,
    /// What a closure on this day would do
    #[arg(long, value_name = "DATE", value_parser = date_argument, conflicts_with = "reopen")]
    close: Option<NaiveDate>,
    /// What taking back the closure of this day would do
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    reopen: Option<NaiveDate>,
    /// The city or county
    #[arg(long, value_parser = region_argument)]
    region: Option<String>,
    /// Half a day: am or pm
    #[arg(long, value_parser = closure::part_argument)]
    part: Option<DayPart>,
}

/// Shows what would change.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let given = arguments.file.as_deref().map(import::read_file).transpose()?;
    let replaced = given.as_ref().map(import::file_replaced).transpose()?;
    has_directory(setup)?;
    let app = setup.open_aside_with(setup.load_replacing(replaced.as_deref())?).await?;
    app.go_on_with_kept().await?;
    let region = arguments.region.clone();
    let edit = match (given, arguments.close, arguments.reopen) {
        (Some((name, content)), ..) => CalendarEdit::Publish { name, content, force: false },
        (None, Some(date), _) => {
            let (part, reason) = (arguments.part, "停止上班".to_owned());
            let region = region.as_deref().and_then(closures::region);
            CalendarEdit::Close(NewClosure { date, region, part, reason })
        }
        (None, None, Some(date)) => closure::meant(date, region.as_deref(), arguments.part),
        (None, None, None) => {
            let say = "name a file, --close DATE or --reopen DATE";
            return Err(Failure::Usage(say.to_owned()));
        }
    };
    let impact = match app.propose_edit(&edit).await {
        Ok(proposed) => proposed.impact,
        Err(NotEdited::Refused(EditFault::InForce(_))) => Impact::default(),
        Err(error) => return Err(import::refuse(&edit, error)),
    };
    if setup.json { Ok(out::print_json(&Document::from(&impact))?) } else { Ok(print(&impact)?) }
}

/// An impact as JSON.
#[derive(Serialize)]
pub(super) struct Document {
    days: Vec<Day>,
    cases: Vec<Moved>,
}

#[derive(Serialize)]
struct Day {
    date: NaiveDate,
    region: Option<String>,
    before: Seen,
    after: Seen,
}

#[derive(Serialize)]
struct Seen {
    workday: bool,
    kind: &'static str,
    note: String,
    published: bool,
}

#[derive(Serialize)]
struct Moved {
    case_number: String,
    from: NaiveDate,
    from_provisional: bool,
    to: NaiveDate,
    to_provisional: bool,
    told: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    recipient: String,
    due_on: NaiveDate,
}

impl From<&Impact> for Document {
    fn from(impact: &Impact) -> Self {
        Self {
            days: impact.days.iter().map(Day::from).collect(),
            cases: impact.moved.iter().map(Moved::from).collect(),
        }
    }
}

impl From<&DayChange> for Day {
    fn from(change: &DayChange) -> Self {
        let seen = |day: &CalendarDay| Seen {
            workday: day.workday,
            kind: day.kind.as_str(),
            note: day.note.clone(),
            published: day.published,
        };
        Self {
            date: change.after.date,
            region: change.region.clone(),
            before: seen(&change.before),
            after: seen(&change.after),
        }
    }
}

impl From<&MovedCase> for Moved {
    fn from(case: &MovedCase) -> Self {
        let told = |(recipient, due_on): &(_, NaiveDate)| Told {
            recipient: ToString::to_string(recipient),
            due_on: *due_on,
        };
        Self {
            case_number: case.number.to_string(),
            from: case.from.on,
            from_provisional: case.from.provisional,
            to: case.to.on,
            to_provisional: case.to.provisional,
            told: case.told.iter().map(told).collect(),
        }
    }
}

/// How many cases are listed for a person; JSON has them all.
const LISTED: usize = 40;

/// Days and cases for a person; a whole new year in one line.
pub(super) fn print(impact: &Impact) -> anyhow::Result<()> {
    let is_new = |change: &&DayChange| !change.before.published && change.after.published;
    let (new, changed): (Vec<_>, Vec<_>) = impact.days.iter().partition(is_new);
    let new = new.len();
    if new > 0 {
        out::print(&format!("{new} days that were only guessed become published"))?;
    }
    let rows: Vec<_> = changed.iter().map(|change| day_row(change)).collect();
    match rows.as_slice() {
        [] if new == 0 => out::print("no day changes")?,
        [] => {}
        rows => out::print(&out::table(&["day", "where", "before", "after"], rows))?,
    }
    let moved = impact.moves();
    let marked = impact.moved.len() - moved;
    let said = match (moved, marked) {
        (0, 0) => return out::print("no open case moves"),
        (0, marked) => format!("{marked} due days are no longer a guess, or become one:"),
        (1, 0) => "1 open case moves:".to_owned(),
        (moved, 0) => format!("{moved} open cases move:"),
        (moved, marked) => {
            format!(
                "{moved} open cases move, {marked} due days are no longer a guess, or become one:"
            )
        }
    };
    out::print(&format!("\n{said}"))?;
    let rows: Vec<_> = impact.moved.iter().take(LISTED).map(case_row).collect();
    out::print(&out::table(&["case", "from", "to", "told the earlier day"], &rows))?;
    match impact.moved.len().checked_sub(LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => out::print(&format!("… and {more} more (--json lists all)")),
    }
}

fn day_row(change: &DayChange) -> Vec<String> {
    let seen = |day: &CalendarDay| {
        let kind = day.kind.as_str().replace('_', " ");
        let counts = match (&day.closure, day.workday) {
            (Some(_), true) => ", counts",
            _ => "",
        };
        if day.note.is_empty() { kind } else { format!("{kind}: {}{counts}", day.note) }
    };
    vec![
        roc_date(change.after.date),
        change.region.clone().unwrap_or_default(),
        seen(&change.before),
        seen(&change.after),
    ]
}

fn case_row(case: &MovedCase) -> Vec<String> {
    let due = |due: DueDay| {
        let mark = if due.provisional { "?" } else { "" };
        format!("{}{mark}", roc_date(due.on))
    };
    let told: Vec<String> = case.told.iter().map(|(recipient, _)| recipient.to_string()).collect();
    vec![case.number.to_string(), due(case.from), due(case.to), told.join(", ")]
}
