//! Quiet hours: what goes to somebody's own channel waits until they are over.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::wall;
use crate::domain::directory::{ChannelAddress, Unit};

/// When the owner of `channel`, one of `unit`, may next be written to; `None` if it is now, or if
/// the channel is nobody's own.
pub(super) fn until(
    unit: Option<&Unit>,
    channel: &ChannelAddress,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let owner = unit?.owner(channel)?;
    if !owner.is_quiet_at(wall(now).time()) {
        return None;
    }
    let later = (1..=24 * 60).map(|minutes| now + TimeDelta::minutes(minutes));
    let awake = later.into_iter().find(|at| !owner.is_quiet_at(wall(*at).time()));
    Some(awake.unwrap_or(now + TimeDelta::days(1)))
}
