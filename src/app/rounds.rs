//! The rounds of a case, each wholly: a second one (再回復) keeps nothing of the first but its unit.

use chrono::NaiveDate;

use super::cases::{CaseView, view};
use crate::domain::case::Case;
use crate::domain::reminder::Rules;
use crate::store::{FollowUpRecord, WithRounds};

/// One round of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundView {
    /// The case as it was at the end of the round, or as it is.
    pub view: CaseView,
    /// What became of the question after its answer (延伸精進), once there is one.
    pub follow_up: Option<FollowUpRecord>,
}

/// Every round of a case that jicui has seen, the first first.
pub(super) fn views(
    rules: &Rules,
    (case, earlier): WithRounds,
    follow_ups: &[FollowUpRecord],
    today: NaiveDate,
) -> anyhow::Result<Vec<RoundView>> {
    let show = |case: Case| {
        let follow_up = follow_ups.iter().find(|record| record.round == case.round).cloned();
        Ok(RoundView { view: view(rules, case, today)?, follow_up })
    };
    earlier.into_iter().chain([case]).map(show).collect()
}
