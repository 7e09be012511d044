//! `/healthz` and `/readyz`: for whoever watches the watcher. Codes only, no detail.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tracing::error;

use super::Web;
use crate::app::health::is_ready;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Migrated, the calendar of this year there, the last good poll fresh, every message taken by somebody.
pub(super) async fn ready(State(web): State<Web>) -> Response {
    match web.app.readiness().await {
        Ok(results) => {
            let ready = is_ready(&results);
            let checks: Vec<Value> = results
                .iter()
                .map(|r| json!({ "code": r.code, "severity": r.severity.as_str() }))
                .collect();
            let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, Json(json!({ "ready": ready, "checks": checks }))).into_response()
        }
        Err(fault) => {
            error!(fault = format!("{fault:#}"), "readiness could not be told");
            let document =
                json!({ "ready": false, "checks": [{ "code": "store", "severity": "bad" }] });
            (StatusCode::SERVICE_UNAVAILABLE, Json(document)).into_response()
        }
    }
}
