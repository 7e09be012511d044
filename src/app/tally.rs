//! What one round of delivery comes to: counted, and each message logged by its case and stage.

use tracing::{info, warn};

use super::StepReport;
use crate::domain::message::OutboxMessage;
use crate::store::Settlement;

/// Counts of one round.
#[derive(Default)]
pub(super) struct Tally {
    sent: usize,
    overtaken: usize,
    waiting: usize,
    failed: usize,
    first_fault: Option<String>,
}

impl Tally {
    /// What the round's report says.
    pub(super) fn report(self) -> StepReport {
        let Self { sent, overtaken, waiting, failed, first_fault } = self;
        StepReport {
            report: format!(
                "{sent} sent, {overtaken} overtaken, {waiting} to try again, {failed} failed"
            ),
            fault: first_fault,
            made_work: sent + overtaken + waiting + failed > 0,
            again_at: None,
        }
    }

    /// Notes what went wrong, if nothing did before.
    pub(super) fn note_fault(&mut self, reason: &str) {
        self.first_fault.get_or_insert_with(|| reason.to_owned());
    }

    /// Counts what became of one message.
    pub(super) fn count(&mut self, row: &OutboxMessage, settlement: &Settlement) {
        let (id, channel) = (row.id, row.message.channel.to_string());
        let case_number = row.message.case.as_ref().map_or("", |(number, _)| number.as_str());
        let stage = row.message.stage.as_str();
        match settlement {
            Settlement::Sent { .. } => {
                self.sent += 1;
                info!(id, case_number, stage, channel, "sent");
            }
            Settlement::Overtaken { reason, .. } => {
                self.overtaken += 1;
                info!(id, case_number, stage, channel, reason, "overtaken");
            }
            Settlement::Redirected { instead } => {
                self.overtaken += 1;
                let instead = instead.channel.to_string();
                info!(id, case_number, stage, channel, instead, "goes elsewhere");
            }
            Settlement::Postponed { .. } => self.waiting += 1,
            Settlement::Again { reason, .. } => {
                self.waiting += 1;
                warn!(id, case_number, stage, channel, reason, "will try again");
            }
            Settlement::Failed { reason, .. } => {
                self.failed += 1;
                warn!(id, case_number, stage, channel, reason, "failed for good");
                self.note_fault(&format!("{channel}: {reason}"));
            }
        }
    }
}
