//! A store that takes nothing can keep no alarm either: the administrators are told directly, by
//! whatever channel still works; once when it begins and once when it is over, however often the daemon
//! starts in between.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::{App, Live, alarms};
use crate::config::owner::write_private;
use crate::notify::{Envelope, Message, NotifyError, render};
use crate::store::StoreError;

/// The name of the mark in the state directory: empty, since a full disk has room for a name.
const MARK: &str = "store-failing";

/// Whether the administrators know that the store takes nothing. Steps that meet the same fault at
/// the same time wait for the one that tells of it.
#[derive(Debug)]
pub(super) struct StoreAlarm {
    is_raised: Mutex<bool>,
    /// A file that is there while they know.
    mark: PathBuf,
}

impl StoreAlarm {
    /// As the last daemon left it.
    pub(super) fn kept_in(state_dir: &Path) -> Self {
        let mark = state_dir.join(MARK);
        Self { is_raised: Mutex::new(mark.exists()), mark }
    }

    pub(super) async fn is_raised(&self) -> bool {
        *self.is_raised.lock().await
    }
}

impl App {
    /// Tells the administrators, unless they know, that nothing can be written: no reminder goes
    /// out without its row.
    pub(super) async fn tell_store_fault(&self, error: &anyhow::Error) {
        let Some(fault) = fault_of_store(error) else { return };
        let mut is_raised = self.store_alarm.is_raised.lock().await;
        if *is_raised {
            return;
        }
        *is_raised = tell_begin(&self.live(), fault, self.now()).await;
        if *is_raised && let Err(error) = write_private(&self.store_alarm.mark, b"") {
            warn!(%error, "a start will tell of it again");
        }
    }

    /// Tells them that it is over, if they were told of it.
    pub(super) async fn tell_store_well(&self) {
        let mut is_raised = self.store_alarm.is_raised.lock().await;
        if !*is_raised {
            return;
        }
        let live = self.live();
        let message = render::alarm_over(alarms::STORE_FAILING, &place(&live));
        *is_raised = !tell_directly(&live, "over", &message, self.now()).await;
        if !*is_raised && let Err(error) = std::fs::remove_file(&self.store_alarm.mark) {
            warn!(%error, "a start will say again that it is over");
        }
    }
}

/// Tells the administrators, unless they know, why the daemon cannot start. It is started again and
/// again: where no mark can be made they are told nothing, rather than each time.
pub async fn tell_failed_start(live: &Live, error: &anyhow::Error, now: DateTime<Utc>) {
    let mark = live.config.state_dir.join(MARK);
    let Some(fault) = fault_of_store(error).filter(|_| !mark.exists()) else { return };
    if let Err(error) = write_private(&mark, b"") {
        warn!(%error, "the administrators are not told: {} cannot be made", mark.display());
    } else if !tell_begin(live, fault, now).await {
        let _ = std::fs::remove_file(&mark);
    }
}

/// What keeps the store from taking anything at all.
pub(super) fn fault_of_store(error: &anyhow::Error) -> Option<&StoreError> {
    let fault = error.chain().find_map(|cause| cause.downcast_ref::<StoreError>());
    fault.filter(|fault| fault.stops_everything())
}

fn place(live: &Live) -> String {
    live.config.state_dir.display().to_string()
}

async fn tell_begin(live: &Live, fault: &StoreError, now: DateTime<Utc>) -> bool {
    let message = render::alarm(alarms::STORE_FAILING, &place(live), &fault.to_string());
    tell_directly(live, "begins", &message, now).await
}

/// Sends without a row, by the first of the administrators' channels that takes it. One that broke
/// off may have arrived: it is not said again unless another channel takes it now.
async fn tell_directly(live: &Live, what: &str, message: &Message, now: DateTime<Utc>) -> bool {
    let mut may_have_arrived = false;
    for address in &live.config.rules.directory.administrators.channels {
        let key = format!("{}/{what}/{}", alarms::STORE_FAILING, now.timestamp());
        let envelope = Envelope::alone(key, alarms::STORE_FAILING, address, now);
        let sent = match live.channels.get(address) {
            Ok(channel) => channel.post(&envelope, message).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => {
                info!(channel = %address, "the administrators were told directly");
                return true;
            }
            Err(fault) => {
                may_have_arrived |= matches!(fault, NotifyError::Unknown { .. });
                warn!(channel = %address, %fault, "could not be told directly");
            }
        }
    }
    may_have_arrived
}
