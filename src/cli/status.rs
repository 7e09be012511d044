//! `jicui status`: what is late, stuck, stale or unconfigured, worst first.

use super::{Failure, Setup, out};
use crate::app::health::Severity;
use crate::documents::status::Line;

/// Prints every check; exits 1 if anything is bad.
pub(super) async fn run(setup: &Setup) -> Result<(), Failure> {
    let app = setup.open()?;
    let results = app.status().await?;
    if setup.json {
        let lines: Vec<Line> = results.iter().map(Line::from).collect();
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
