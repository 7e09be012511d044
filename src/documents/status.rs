//! What is late, stuck, stale or unconfigured.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::health::CheckResult;

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// `bad`, `warning` or `good`.
    pub severity: &'static str,
    /// Which check.
    pub code: String,
    /// What was found.
    pub message: String,
    /// What to do; empty when all is well.
    pub remedy: String,
}

impl Line {
    /// Without colleagues' reasons and addresses.
    #[must_use]
    pub fn in_short(result: &CheckResult) -> Self {
        let message = result.in_short.as_ref().unwrap_or(&result.message).clone();
        Self { message, ..Self::from(result) }
    }
}

impl From<&CheckResult> for Line {
    fn from(result: &CheckResult) -> Self {
        Self {
            severity: result.severity.as_str(),
            code: result.code.clone(),
            message: result.message.clone(),
            remedy: result.remedy.clone(),
        }
    }
}
