//! `jicui calendar check`: what is odd, though it may be right.

use serde::Serialize;

use super::super::{Failure, Setup, out};
use crate::clock::{Clock, SystemClock, today};
use crate::config::calendar::oddities;

#[derive(Serialize)]
struct Oddity {
    file: String,
    message: String,
}

/// Lists oddities; faults of the files themselves are faults of the configuration.
pub(super) fn run(setup: &Setup) -> Result<(), Failure> {
    let loaded = setup.load()?;
    let in_calendar = |file: &std::path::Path| file.starts_with(&loaded.config.calendar_dir);
    let warnings = loaded.warnings.iter().filter(|fault| in_calendar(&fault.file));
    let warned = warnings.map(|fault| Oddity {
        file: fault.file.display().to_string(),
        message: fault.message.clone(),
    });
    let odd = oddities(&loaded.config, today(SystemClock.now()));
    let found = odd.into_iter().map(|(file, message)| Oddity { file, message });
    let all: Vec<Oddity> = warned.chain(found).collect();
    if setup.json {
        return Ok(out::print_json(&all)?);
    }
    for oddity in &all {
        out::print(&format!("{}: {}", oddity.file, oddity.message))?;
    }
    if all.is_empty() {
        out::complain("nothing odd");
    }
    Ok(())
}
