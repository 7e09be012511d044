//! `jicui calendar history`: every calendar that was in force.

use serde::Serialize;

use super::super::{Failure, Setup, out};
use super::open;
use crate::clock::{rfc3339, wall};

#[derive(Serialize)]
struct Version {
    id: i64,
    in_force_at: String,
    actor: String,
    reason: String,
}

/// Lists the versions, newest first.
pub(super) async fn run(setup: &Setup) -> Result<(), Failure> {
    let app = open(setup)?;
    let mut versions = app.calendar_versions().await?;
    versions.reverse();
    if setup.json {
        let document = |version: &crate::store::CalendarVersion| Version {
            id: version.id,
            in_force_at: rfc3339(version.in_force_at),
            actor: version.actor.clone(),
            reason: version.reason.clone(),
        };
        return Ok(out::print_json(&versions.iter().map(document).collect::<Vec<_>>())?);
    }
    if versions.is_empty() {
        out::complain("no calendar was kept yet: `jicui run` keeps the first");
        return Ok(());
    }
    let row = |version: &crate::store::CalendarVersion| {
        vec![
            wall(version.in_force_at).format("%Y-%m-%d %H:%M").to_string(),
            version.actor.clone(),
            version.reason.clone(),
        ]
    };
    let rows: Vec<_> = versions.iter().map(row).collect();
    Ok(out::print(&out::table(&["in force since", "by", "what was done"], &rows))?)
}
