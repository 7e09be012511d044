//! `jicui send-test UNIT [--channel C]`: a test message, marked as one.

use clap::Args;

use super::{Failure, Setup, out};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The unit's id, or `administrators`
    unit: String,
    /// Only by this channel: slack, slack-webhook, teams, mail, print, or a whole address
    #[arg(long, value_name = "C")]
    channel: Option<String>,
}

/// Sends the test by each channel and says what became of it.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let tested = setup.open()?.send_test(&arguments.unit, arguments.channel.as_deref()).await?;
    for (address, sent) in &tested {
        match sent {
            Ok(()) => out::complain(&format!("sent by {address}")),
            Err(error) => out::complain(&format!("{address}: {error}")),
        }
    }
    if tested.iter().any(|(_, sent)| sent.is_err()) { Err(Failure::Said) } else { Ok(()) }
}
