//! `jicui status`: what is late, stuck, stale or unconfigured, worst first.

use serde::Serialize;

use super::{Failure, Setup, out};
use crate::app::health::{CheckResult, Severity};

#[derive(Serialize)]
struct Line {
    severity: &'static str,
    code: String,
    message: String,
    remedy: String,
}

/// Prints every check; exits 1 if anything is bad.
pub(super) async fn run(setup: &Setup) -> Result<(), Failure> {
    let app = setup.open()?;
    let results = app.status().await?;
    if setup.json {
        let line = |result: &CheckResult| Line {
            severity: result.severity.as_str(),
            code: result.code.clone(),
            message: result.message.clone(),
            remedy: result.remedy.clone(),
        };
        let lines: Vec<Line> = results.iter().map(line).collect();
        out::print_json(&lines)?;
    } else {
        for result in &results {
            let mark = match result.severity {
                Severity::Bad => "BAD ",
                Severity::Warning => "warn",
                Severity::Good => "ok  ",
            };
            out::print(&format!("{mark}  {}: {}", result.code, result.message))?;
            if !result.remedy.is_empty() {
                out::print(&format!("      → {}", result.remedy))?;
            }
        }
    }
    let bad = results.iter().any(|result| result.severity == Severity::Bad);
    if bad { Err(Failure::Said) } else { Ok(()) }
}
