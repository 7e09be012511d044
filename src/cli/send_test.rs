//! `jicui send-test UNIT [--channel C]`: a test message, marked as one.

use anyhow::anyhow;
use clap::Args;

use super::{Failure, Setup, out};
use crate::clock::today;
use crate::domain::directory::ChannelAddress;
use crate::domain::reminder::Recipient;
use crate::notify::{Envelope, NotifyError, render};

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
    let app = setup.open()?;
    let live = app.live();
    let directory = &live.config.rules.directory;
    let unit = directory.unit(&arguments.unit);
    let (name, recipient) = match unit {
        Some(unit) => (unit.name.clone(), Recipient::Unit(unit.id.clone())),
        None if arguments.unit == "administrators" => {
            ("資訊處".to_owned(), Recipient::Administrators)
        }
        None => {
            let known: Vec<&str> = directory.units.iter().map(|unit| unit.id.as_str()).collect();
            let unit = &arguments.unit;
            return Err(anyhow!("no unit `{unit}`; there are: {}", known.join(", ")).into());
        }
    };
    let wanted = |address: &&ChannelAddress| {
        arguments.channel.as_ref().is_none_or(|channel| {
            address.kind.as_str() == channel || address.to_string() == *channel
        })
    };
    let reached = recipient.channels(directory, today(app.now()));
    let channels: Vec<_> = reached.iter().filter(wanted).collect();
    if channels.is_empty() {
        return Err(anyhow!("{} has no such channel: see units.toml", arguments.unit).into());
    }
    let language = unit.map(|unit| unit.language).unwrap_or_default();
    let message = render::test(&name, language);
    let mut failed = false;
    for address in channels {
        let envelope = Envelope {
            key: format!("test/{}/{}", recipient, app.now().timestamp_millis()),
            case_number: None,
            stage: "test".to_owned(),
            address: address.address.clone(),
            sequence: app.now().timestamp(),
            now: app.now(),
            thread: None,
            broadcast: false,
            repeated: false,
        };
        let sent: Result<_, NotifyError> =
            async { live.channels.get(address)?.post(&envelope, &message).await }.await;
        match sent {
            Ok(_) => out::complain(&format!("sent by {address}")),
            Err(error) => {
                failed = true;
                out::complain(&format!("{address}: {error}"));
            }
        }
    }
    if failed { Err(Failure::Said) } else { Ok(()) }
}
