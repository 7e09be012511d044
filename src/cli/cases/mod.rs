//! `jicui cases`: the list, one case, and what a person does to one.

mod act;
mod add;
mod import;
mod show;

use chrono::NaiveDateTime;
use clap::{Args, Subcommand};

use super::{Failure, Setup, moment_argument, number_argument, out};
use crate::app::cases::{CaseFilter, CaseView};
use crate::documents::case::Case;
use crate::domain::case::CaseNumber;
use crate::notify::render::roc_date;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only those that owe an answer
    #[arg(long)]
    open: bool,
    /// Only those of this unit (its id or name)
    #[arg(long, value_name = "U")]
    unit: Option<String>,
    /// Only those overdue
    #[arg(long)]
    overdue: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One case with its whole history and its day-by-day count
    Show {
        /// The case number: C-558380
        #[arg(value_parser = number_argument)]
        number: CaseNumber,
        /// Counted by the calendar that was in force at this moment in Taipei
        #[arg(long, value_name = "YYYY-MM-DD HH:MM", value_parser = moment_argument)]
        at: Option<NaiveDateTime>,
    },
    /// Put in a case by hand: what arrives by mail or telephone
    Add(add::Arguments),
    /// Take in past cases from a file, without a single reminder
    Import(import::Arguments),
    #[command(flatten)]
    Act(act::Command),
}

/// Lists cases, shows one, or acts on one.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { command, open, unit, overdue } = arguments;
    match command {
        None => {}
        Some(Command::Show { number, at }) => return show::run(setup, &number, at).await,
        Some(Command::Add(arguments)) => return add::run(setup, arguments).await,
        Some(Command::Import(arguments)) => return import::run(setup, &arguments).await,
        Some(Command::Act(command)) => return act::run(setup, command).await,
    }
    let app = setup.open()?;
    let cases = app.cases(&CaseFilter { open, overdue, unit }).await?;
    if setup.json {
        let documents: Vec<Case> = cases.iter().map(Case::from).collect();
        return Ok(out::print_json(&documents)?);
    }
    if cases.is_empty() {
        out::complain("no such case");
        return Ok(());
    }
    let rows: Vec<_> = cases.iter().map(row).collect();
    Ok(out::print(&out::table(&["case", "due", "left", "state", "unit", "title"], &rows))?)
}

fn row(view: &CaseView) -> Vec<String> {
    let mark = if view.deadline.provisional { "?" } else { "" };
    vec![
        view.case.number.to_string(),
        format!("{}{mark}", roc_date(view.deadline.due_on)),
        view.workdays_left.map(|left| format!("{left:>4}")).unwrap_or_default(),
        view.case.state.as_str().to_owned(),
        view.unit.as_ref().map_or_else(|| "(nobody)".to_owned(), |(id, _)| id.clone()),
        out::cut(&view.case.title, 40),
    ]
}
