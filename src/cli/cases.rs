//! `jicui cases` and `jicui cases show NUMBER`.

use chrono::{NaiveDate, NaiveDateTime};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Failure, Setup, deadline, moment_argument, out};
use crate::app::cases::{CaseFile, CaseFilter, CaseView};
use crate::clock::rfc3339;
use crate::domain::case::CaseNumber;
use crate::domain::message::OutboxMessage;
use crate::notify::render::{origin_name, roc_date};
use crate::store::HistoryEntry;

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
        number: String,
        /// Counted by the calendar that was in force at this moment in Taipei
        #[arg(long, value_name = "YYYY-MM-DD HH:MM", value_parser = moment_argument)]
        at: Option<NaiveDateTime>,
    },
}

/// A case as JSON: the contract's fields first.
#[derive(Serialize)]
struct CaseDocument {
    case_number: String,
    kind: String,
    title: String,
    agency: String,
    unit: Option<String>,
    unit_name: Option<String>,
    state: &'static str,
    round: u32,
    assigned_on: NaiveDate,
    starts_on: NaiveDate,
    start_origin: &'static str,
    due_on: NaiveDate,
    provisional: bool,
    workdays_left: Option<i64>,
    replied_at: Option<String>,
    workdays_taken: Option<i64>,
    vanished_at: Option<String>,
    url: String,
}

impl From<&CaseView> for CaseDocument {
    fn from(view: &CaseView) -> Self {
        let case = &view.case;
        Self {
            case_number: case.number.to_string(),
            kind: case.kind.as_str().to_owned(),
            title: case.title.clone(),
            agency: case.agency.clone(),
            unit: view.unit.as_ref().map(|(id, _)| id.clone()),
            unit_name: view.unit.as_ref().map(|(_, name)| name.clone()),
            state: case.state.as_str(),
            round: case.round,
            assigned_on: case.assigned_on,
            starts_on: case.start.on,
            start_origin: case.start.origin.as_str(),
            due_on: view.deadline.due_on,
            provisional: view.deadline.provisional,
            workdays_left: view.workdays_left,
            replied_at: case.replied_at.map(rfc3339),
            workdays_taken: view.workdays_taken,
            vanished_at: case.vanished_at.map(rfc3339),
            url: case.url.clone(),
        }
    }
}

#[derive(Serialize)]
struct FileDocument {
    #[serde(flatten)]
    case: CaseDocument,
    unit_fault: Option<String>,
    history: Vec<HistoryDocument>,
    messages: Vec<super::outbox::MessageDocument>,
    days: Vec<deadline::Day>,
}

#[derive(Serialize)]
struct HistoryDocument {
    at: String,
    actor: String,
    event: String,
    before: String,
    after: String,
}

impl From<&HistoryEntry> for HistoryDocument {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            at: rfc3339(entry.at),
            actor: entry.actor.clone(),
            event: entry.event.clone(),
            before: entry.before.clone(),
            after: entry.after.clone(),
        }
    }
}

/// Lists cases, or shows one.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    if let Some(Command::Show { number, at }) = arguments.command {
        return show(setup, &number, at).await;
    }
    let Arguments { open, unit, overdue, .. } = arguments;
    let app = setup.open()?;
    let cases = app.cases(&CaseFilter { open, overdue, unit }).await?;
    if setup.json {
        let documents: Vec<CaseDocument> = cases.iter().map(CaseDocument::from).collect();
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

async fn show(setup: &Setup, number: &str, at: Option<NaiveDateTime>) -> Result<(), Failure> {
    let number = CaseNumber::parse(number)?;
    let app = setup.open()?;
    let mut rules = app.live().config.rules.clone();
    if let Some(at) = at {
        rules.calendars = deadline::kept_calendars(&app, at).await?;
    }
    let Some(file) = app.case_file_by(&number, &rules).await? else {
        return Err(anyhow::anyhow!("there is no case {number}: `jicui cases` lists them").into());
    };
    if setup.json {
        return Ok(out::print_json(&FileDocument {
            case: CaseDocument::from(&file.view),
            unit_fault: file.unit_fault.clone(),
            history: file.history.iter().map(HistoryDocument::from).collect(),
            messages: file.messages.iter().map(super::outbox::MessageDocument::from).collect(),
            days: file.account.iter().map(deadline::Day::from).collect(),
        })?);
    }
    Ok(out::print(&page(&file))?)
}

fn page(file: &CaseFile) -> String {
    let (case, deadline) = (&file.view.case, &file.view.deadline);
    let provisional =
        if deadline.provisional { "  provisional: a year is not published" } else { "" };
    let left = match (file.view.workdays_left, file.view.workdays_taken) {
        (Some(left), _) => format!("{left} workdays left"),
        (None, Some(taken)) => format!("answered on workday {taken}"),
        (None, None) => String::new(),
    };
    let start = deadline.start;
    let unit = file.view.unit.as_ref().map(|(id, name)| format!("{name} ({id})"));
    let unit = unit.or_else(|| file.unit_fault.clone()).unwrap_or_default();
    let mut text = format!(
        "{} {}\n  title   {}\n  state   {} (round {}) {left}\n  agency  {}\n  unit    {unit}\n  \
         starts  {} — {} ({})\n  due     {} ({} workdays){provisional}\n  page    {}\n",
        case.number,
        file.view.kind_name,
        out::cut(&case.title, 60),
        case.state.as_str(),
        case.round,
        case.agency,
        roc_date(start.on),
        origin_name(start.origin),
        start.origin.as_str(),
        roc_date(deadline.due_on),
        deadline.workdays,
        case.url,
    );
    let history: Vec<_> = file.history.iter().map(history_row).collect();
    let messages: Vec<_> = file.messages.iter().map(message_row).collect();
    text.push_str("\nhistory\n");
    text.push_str(&out::table(&["at", "who", "what", "before", "after"], &history));
    text.push_str("\n\nmessages\n");
    text.push_str(&out::table(&["at", "stage", "to", "channel", "state"], &messages));
    text.push_str("\n\nthe count\n");
    text.push_str(&deadline::lines(&file.account));
    text
}

fn history_row(entry: &HistoryEntry) -> Vec<String> {
    vec![
        rfc3339(entry.at),
        entry.actor.clone(),
        entry.event.clone(),
        out::cut(&entry.before, 30),
        out::cut(&entry.after, 30),
    ]
}

fn message_row(row: &OutboxMessage) -> Vec<String> {
    vec![
        rfc3339(row.sent_at.unwrap_or(row.queued_at)),
        row.message.stage.clone(),
        row.message.recipient.to_string(),
        row.message.channel.to_string(),
        row.reason.as_ref().map_or_else(
            || row.state.as_str().to_owned(),
            |reason| format!("{}: {reason}", row.state.as_str()),
        ),
    ]
}
