//! A store that takes nothing can keep no alarm either: the administrators are told directly, by
//! whatever channel still works; once when it begins and once when it is over.

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::{App, alarms};
use crate::notify::{Envelope, Message, NotifyError, render};
use crate::store::StoreError;

/// Whether the administrators know that the store takes nothing. Steps that meet the same fault at
/// the same time wait for the one that tells of it.
#[derive(Debug, Default)]
pub(super) struct StoreAlarm(Mutex<bool>);

impl StoreAlarm {
    pub(super) async fn is_raised(&self) -> bool {
        *self.0.lock().await
    }
}

impl App {
    /// Tells the administrators, unless they know, that nothing can be written: no reminder goes
    /// out without its row.
    pub(super) async fn tell_store_fault(&self, error: &anyhow::Error) {
        let fault = error.chain().find_map(|cause| cause.downcast_ref::<StoreError>());
        let Some(fault) = fault.filter(|fault| fault.stops_everything()) else { return };
        let mut is_raised = self.store_alarm.0.lock().await;
        if *is_raised {
            return;
        }
        let (now, place) = (self.now(), self.place_of_store());
        let message = render::alarm(alarms::STORE_FAILING, &place, &fault.to_string());
        *is_raised = self.tell_directly("begins", &message, now).await;
    }

    /// Tells them that it is over, if they were told of it.
    pub(super) async fn tell_store_well(&self) {
        let mut is_raised = self.store_alarm.0.lock().await;
        if *is_raised {
            let message = render::alarm_over(alarms::STORE_FAILING, &self.place_of_store());
            *is_raised = !self.tell_directly("over", &message, self.now()).await;
        }
    }

    fn place_of_store(&self) -> String {
        self.live().config.state_dir.display().to_string()
    }

    /// Sends without a row, by the first of the administrators' channels that takes it. One that broke
    /// off may have arrived: it is not said again unless another channel takes it now.
    async fn tell_directly(&self, what: &str, message: &Message, now: DateTime<Utc>) -> bool {
        let live = self.live();
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
}
