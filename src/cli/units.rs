//! `jicui units [silence UNIT | resume UNIT]`: the directory with its open cases.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{By, Failure, Setup, date_argument, out};
use crate::app::App;
use crate::app::hand_over::Handover;
use crate::app::units::{Units, of_nobody};
use crate::clock::today;
use crate::config::units::read_alone;
use crate::documents::unit::Unit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send a unit no digests, and no reminders until one workday before the due day
    Silence {
        /// The unit's id or name
        unit: String,
        /// The last day of it
        #[arg(long, value_name = "DATE", value_parser = date_argument)]
        until: NaiveDate,
        /// Why: 辦公室搬遷
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: By,
    },
    /// Which open cases would change hands if FILE were units.toml; changes nothing
    Impact {
        /// A units.toml
        file: PathBuf,
    },
    /// End a silence before its time
    Resume {
        /// The unit's id or name
        unit: String,
        #[command(flatten)]
        by: By,
    },
}

/// Lists the units, or lets one alone.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => {
            let app = setup.open()?;
            list(setup, &app.units().await?, today(app.now()))
        }
        Some(Command::Impact { file }) => impact(setup, &*setup.open_aside().await?, &file).await,
        Some(Command::Silence { unit, until, reason, by }) => {
            let app = setup.open()?;
            app.silence(&unit, until, (&reason, &by.name())).await?;
            out::complain(&format!(
                "{unit} is silent until {until}; a case with one workday left is spoken of all \
                 the same"
            ));
            Ok(())
        }
        Some(Command::Resume { unit, by }) => {
            let app = setup.open()?;
            let was_silent = app.end_silence(&unit, &by.name()).await?;
            let what = if was_silent { "is reminded again" } else { "was not silent" };
            out::complain(&format!("{unit} {what}"));
            Ok(())
        }
    }
}

/// A case that would change hands, as JSON.
#[derive(Serialize)]
struct HandoverDocument {
    case_number: String,
    from: Option<String>,
    to: Option<String>,
    workdays_left: i64,
}

async fn impact(setup: &Setup, app: &App, file: &Path) -> Result<(), Failure> {
    let directory = read_alone(file, &app.live().config.rules.kinds);
    let handovers = app.handovers(&directory.map_err(Failure::Configuration)?).await?;
    let document = |handover: Handover| HandoverDocument {
        case_number: handover.number.to_string(),
        from: handover.from,
        to: handover.to,
        workdays_left: handover.workdays_left,
    };
    let documents: Vec<HandoverDocument> = handovers.into_iter().map(document).collect();
    if setup.json {
        return Ok(out::print_json(&documents)?);
    }
    if documents.is_empty() {
        out::complain("no open case changes hands");
        return Ok(());
    }
    let name = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "administrators".to_owned());
    let row = |document: &HandoverDocument| {
        let left = document.workdays_left.to_string();
        vec![document.case_number.clone(), name(&document.from), name(&document.to), left]
    };
    let rows: Vec<Vec<String>> = documents.iter().map(row).collect();
    out::print(&out::table(&["case", "from", "to", "left"], &rows))?;
    out::complain(
        "both units are told once it is in force; who had a case that no unit has is not",
    );
    Ok(())
}

fn list(setup: &Setup, units: &Units, today: NaiveDate) -> Result<(), Failure> {
    let documents: Vec<Unit> = units.units.iter().map(|view| Unit::of(view, today)).collect();
    if setup.json {
        return Ok(out::print_json(&documents)?);
    }
    let row = |unit: &Unit| {
        let away = unit.stand_ins.iter().map(|absence| match &absence.replaced_by {
            Some(stand_in) => format!("{} for {}", stand_in, absence.away),
            None => format!("nobody for {}", absence.away),
        });
        let silent = unit.silent_until.map(|until| {
            let reason = unit.silent_because.as_deref().unwrap_or_default();
            format!("silent until {until}: {reason}")
        });
        vec![
            unit.id.clone(),
            out::cut(&unit.name, 30),
            unit.open.to_string(),
            unit.overdue.to_string(),
            out::cut(&unit.officers.join("、"), 30),
            out::cut(&silent.into_iter().chain(away).collect::<Vec<_>>().join("; "), 60),
        ]
    };
    let rows: Vec<Vec<String>> = documents.iter().map(row).collect();
    out::print(&out::table(&["unit", "name", "open", "overdue", "officers", "today"], &rows))?;
    if !units.without_unit.is_empty() {
        let numbers = &units.without_unit;
        out::complain(&format!(
            "{}: {}; `jicui cases show NUMBER` says why",
            of_nobody(numbers.len()),
            numbers.join(", ")
        ));
    }
    Ok(())
}
