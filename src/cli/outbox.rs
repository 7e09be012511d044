//! `jicui outbox [--failed] | retry ID | cancel ID`: what is waiting, sent, stuck.

use clap::{Args, Subcommand};

use super::{By, Failure, Setup, out};
use crate::clock::rfc3339;
use crate::documents::message::Message;
use crate::domain::act::Actor;
use crate::domain::message::{MessageState, OutboxMessage};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only those refused for good
    #[arg(long)]
    failed: bool,
    /// At most this many: what waits, then the newest
    #[arg(long, default_value_t = 200)]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try a message now that was refused, overtaken or waits
    Retry {
        /// Its id in `jicui outbox`
        id: i64,
        #[command(flatten)]
        by: By,
    },
    /// Never send a message that waits or was refused
    Cancel {
        /// Its id in `jicui outbox`
        id: i64,
        /// Why
        #[arg(long, default_value = "no longer wanted")]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

/// Lets a message be tried again or dropped. A running daemon sends within the half minute.
async fn steer(setup: &Setup, command: &Command) -> Result<(), Failure> {
    let app = setup.open()?;
    let (id, done) = match command {
        Command::Retry { id, by } => {
            app.retry_message(*id, &Actor::at_console(&by.name())).await?;
            (id, "will be tried at the next delivery")
        }
        Command::Cancel { id, reason, by } => {
            app.cancel_message(*id, &Actor::at_console(&by.name()), reason).await?;
            (id, "will not be sent")
        }
    };
    out::complain(&format!("message {id} {done}"));
    Ok(())
}

/// Lists the outbox, or steers one message.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    if let Some(command) = &arguments.command {
        return steer(setup, command).await;
    }
    let app = setup.open()?;
    let states =
        if arguments.failed { vec![MessageState::Failed] } else { MessageState::ALL.to_vec() };
    let rows = app.store().outbox(states, arguments.limit).await?;
    if setup.json {
        let documents: Vec<Message> = rows.iter().map(Message::from).collect();
        return Ok(out::print_json(&documents)?);
    }
    if rows.is_empty() {
        out::complain("nothing");
        return Ok(());
    }
    let line = |row: &OutboxMessage| {
        vec![
            row.id.to_string(),
            row.state.as_str().to_owned(),
            rfc3339(row.sent_at.unwrap_or(row.queued_at)),
            row.message.case.as_ref().map(|(n, _)| n.to_string()).unwrap_or_default(),
            row.message.stage.clone(),
            row.message.channel.to_string(),
            out::cut(row.reason.as_deref().unwrap_or_default(), 40),
        ]
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    let header = ["id", "state", "at", "case", "stage", "channel", "reason"];
    out::print(&out::table(&header, &lines))?;
    if u32::try_from(rows.len()) == Ok(arguments.limit) {
        out::complain(&format!(
            "there may be more: --limit {}",
            arguments.limit.saturating_mul(10)
        ));
    }
    Ok(())
}
