//! A store that takes nothing can keep no alarm either: the administrators are told directly, by
//! whatever channel still works; once when it begins and once when it is over, however often the daemon
//! starts in between.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::{App, Live, Step, alarms};
use crate::config::owner::write_private;
use crate::notify::{Envelope, Message, NotifyError, render};
use crate::store::StoreError;

/// The name of the mark in the state directory: empty, since a full disk has room for a name.
const MARK: &str = "store-failing";

/// Whether the administrators know that the store takes nothing. Steps that meet the same fault at
/// the same time wait for the one that tells of it.
#[derive(Debug)]
pub(super) struct StoreAlarm {
    raised: Mutex<Option<Raised>>,
    /// A file that is there while they know.
    mark: PathBuf,
}

/// What the administrators know.
#[derive(Debug, Default)]
struct Raised {
    /// The steps that met a fault and were not well since: a fault of one part of the file need not
    /// be met by all.
    steps: Vec<Step>,
}

impl StoreAlarm {
    /// As the last daemon left it.
    pub(super) fn kept_in(state_dir: &Path) -> Self {
        let mark = state_dir.join(MARK);
        Self { raised: Mutex::new(mark.exists().then(Raised::default)), mark }
    }

    pub(super) async fn is_raised(&self) -> bool {
        self.raised.lock().await.is_some()
    }
}

impl App {
    /// Tells the administrators, unless they know, that `step` met a store that takes or gives
    /// nothing: no reminder goes out without its row.
    pub(super) async fn tell_store_fault(&self, error: &anyhow::Error, step: Step) {
        let Some(fault) = fault_of_store(error) else { return };
        let mut raised = self.store_alarm.raised.lock().await;
        if raised.is_none() {
            if !tell_begin(&self.live(), fault, self.now()).await {
                return;
            }
            if let Err(error) = write_private(&self.store_alarm.mark, b"") {
                warn!(%error, "a start will tell of it again");
            }
        }
        let steps = &mut raised.get_or_insert_default().steps;
        if !steps.contains(&step) {
            steps.push(step);
        }
    }

    /// `step` found the store well: tells them that it is over, if they were told of it and no other
    /// step waits for that.
    pub(super) async fn tell_store_well(&self, step: Step) {
        let mut raised = self.store_alarm.raised.lock().await;
        let Some(Raised { steps }) = raised.as_mut() else { return };
        steps.retain(|other| *other != step);
        if !steps.is_empty() {
            return;
        }
        let live = self.live();
        let message = render::alarm_over(alarms::STORE_FAILING, &place(&live));
        if !tell_directly(&live, "over", &message, self.now()).await {
            return;
        }
        *raised = None;
        if let Err(error) = std::fs::remove_file(&self.store_alarm.mark) {
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
        let key = format!("{}/{what}/{}", alarms::STORE_FAILING, now.timestamp_millis());
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
