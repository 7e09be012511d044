//! `jicui send-test UNIT [--channel C]`: a test message, marked as one.

use clap::Args;
use serde::Serialize;

use super::{Failure, Setup, out};
use crate::domain::directory::ChannelAddress;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The unit's id or name, or `administrators`
    unit: String,
    /// Only by this channel: slack, slack-webhook, teams, mail, print, or a whole address
    #[arg(long, value_name = "C")]
    channel: Option<String>,
}

/// What became of the test by one channel.
#[derive(Serialize)]
struct Document {
    channel: String,
    sent: bool,
    reason: Option<String>,
}

/// Sends the test by each channel and says what became of it.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let tested = setup
        .open_to_send()?
        .send_test(&arguments.unit, arguments.channel.as_deref(), None)
        .await?;
    if setup.json {
        let document = |(address, sent): &(ChannelAddress, Result<(), String>)| Document {
            channel: address.to_string(),
            sent: sent.is_ok(),
            reason: sent.as_ref().err().cloned(),
        };
        out::print_json(&tested.iter().map(document).collect::<Vec<_>>())?;
    }
    for (address, sent) in &tested {
        match sent {
            Ok(()) => out::complain(&format!("sent by {address}")),
            Err(error) => out::complain(&format!("{address}: {error}")),
        }
    }
    if tested.iter().any(|(_, sent)| sent.is_err()) { Err(Failure::Said) } else { Ok(()) }
}
