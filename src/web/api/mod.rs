//! `/api/v1/…`: for programs; the same shapes as `--json` on the command line.

pub(super) mod problem;

use axum::Json;
use axum::extract::State;

use super::Web;
use crate::documents::status::Line;
use crate::domain::access::Viewer;
use problem::Problem;

/// What is late, stuck, stale or unconfigured, worst first.
pub(super) async fn status(State(web): State<Web>, _: Viewer) -> Result<Json<Vec<Line>>, Problem> {
    let results = web.app.status().await?;
    Ok(Json(results.iter().map(Line::from).collect()))
}
