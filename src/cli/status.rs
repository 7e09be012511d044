//! `jicui status`: what is late, stuck, stale or unconfigured, worst first.

use super::{Failure, Setup, out};
use crate::app::health::Severity;
use crate::config::secrets;
use crate::documents::status::Line;

/// Prints every check, and of each secret where it comes from; exits 1 if anything is bad.
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
        for (secret, origin) in secrets::origins(&app.live().config) {
            out::complain(&format!("{secret}: from {origin}"));
        }
    }
    let bad = results.iter().any(|result| result.severity == Severity::Bad);
    if bad { Err(Failure::Said) } else { Ok(()) }
}
