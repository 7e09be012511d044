//! `jicui targets`: the numbers to be reached, and how far each is.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{By, Failure, Setup, number_argument, out};
use crate::app::cases::{CaseFilter, CaseView};
use crate::domain::act::{Act, Actor};
use crate::domain::case::CaseNumber;
use crate::notify::render::roc_date;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say how far one is, where the platform's list does not
    Set {
        /// The case number: G-1
        #[arg(value_parser = number_argument)]
        number: CaseNumber,
        /// How far it is
        value: u32,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Serialize)]
struct TargetDocument {
    case_number: String,
    title: String,
    agency: String,
    unit: Option<String>,
    number: u32,
    value: Option<u32>,
    reached: bool,
    measured_on: Option<chrono::NaiveDate>,
    measured_by: Option<String>,
    due_on: chrono::NaiveDate,
    state: &'static str,
}

/// Lists the targets, or says how far one is.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    let app = setup.open()?;
    if let Some(Command::Set { number, value, by }) = arguments.command {
        let actor = Actor::at_console(&by.name());
        app.act(&number, Act::Measure { value }, &actor).await?;
    }
    let cases = app.cases(&CaseFilter::default()).await?;
    let targets: Vec<(&CaseView, TargetDocument)> =
        cases.iter().filter_map(|view| Some((view, document(view)?))).collect();
    if setup.json {
        let documents: Vec<&TargetDocument> = targets.iter().map(|(_, target)| target).collect();
        return Ok(out::print_json(&documents)?);
    }
    if targets.is_empty() {
        out::complain(
            "no target: write [[kind.WORD.goal]] into the config, see config/default.toml",
        );
        return Ok(());
    }
    let rows: Vec<_> = targets.iter().map(|(view, target)| row(view, target)).collect();
    Ok(out::print(&out::table(&["case", "due", "reached", "state", "agency", "target"], &rows))?)
}

fn document(view: &CaseView) -> Option<TargetDocument> {
    let goal = view.case.handling.goal.as_ref()?;
    Some(TargetDocument {
        case_number: view.case.number.to_string(),
        title: view.case.title.clone(),
        agency: view.agency.clone(),
        unit: view.unit.as_ref().map(|(id, _)| id.clone()),
        number: goal.number,
        value: goal.value,
        reached: goal.is_reached(),
        measured_on: goal.measured_on,
        measured_by: goal.measured_by.clone(),
        due_on: view.deadline.due_on,
        state: view.case.state.as_str(),
    })
}

fn row(view: &CaseView, target: &TargetDocument) -> Vec<String> {
    let value = target.value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    vec![
        target.case_number.clone(),
        roc_date(view.deadline.due_on),
        format!("{value} of {}", target.number),
        target.state.to_owned(),
        target.agency.clone(),
        out::cut(&target.title, 40),
    ]
}
