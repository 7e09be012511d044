//! `jicui outbox [--failed] | retry ID | cancel ID`: what is waiting, sent, stuck.

use anyhow::anyhow;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{By, Failure, Setup, out};
use crate::clock::rfc3339;
use crate::domain::message::{MessageState, OutboxMessage};
use crate::store::Steering;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only those refused for good
    #[arg(long)]
    failed: bool,
    /// At most this many, the newest first
    #[arg(long, default_value_t = 200)]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try a message now that was refused, overtaken or waits
    Retry {
        /// Its id in `jicui outbox`
        id: i64,
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

/// A message as JSON.
#[derive(Serialize)]
pub(super) struct MessageDocument {
    id: i64,
    case_number: Option<String>,
    occasion: &'static str,
    stage: String,
    due_on: Option<NaiveDate>,
    channel: String,
    recipient: String,
    state: &'static str,
    attempts: u32,
    queued_at: String,
    next_attempt_at: Option<String>,
    sent_at: Option<String>,
    reason: Option<String>,
    text: Option<String>,
}

impl From<&OutboxMessage> for MessageDocument {
    fn from(row: &OutboxMessage) -> Self {
        let waits = matches!(row.state, MessageState::Queued | MessageState::Sending);
        Self {
            id: row.id,
            case_number: row.message.case.as_ref().map(|(number, _)| number.to_string()),
            occasion: row.message.occasion.as_str(),
            stage: row.message.stage.clone(),
            due_on: row.message.due_on,
            channel: row.message.channel.to_string(),
            recipient: row.message.recipient.to_string(),
            state: row.state.as_str(),
            attempts: row.attempts,
            queued_at: rfc3339(row.queued_at),
            next_attempt_at: waits.then(|| rfc3339(row.next_attempt_at)),
            sent_at: row.sent_at.map(rfc3339),
            reason: row.reason.clone(),
            text: row.text.clone(),
        }
    }
}

/// Lets a message be tried again or dropped. A running daemon sends within the half minute.
async fn steer(setup: &Setup, command: &Command) -> Result<(), Failure> {
    let app = setup.open()?;
    let (id, steering, done) = match command {
        Command::Retry { id } => (*id, Steering::Retry, "will be tried at the next delivery"),
        Command::Cancel { id, reason, by } => {
            let reason = format!("cancelled by {}: {reason}", by.name());
            (*id, Steering::Cancel { reason }, "will not be sent")
        }
    };
    match (app.store().steer(id, steering, app.now()).await?, command) {
        (None, _) => Err(anyhow!("there is no message {id}: see `jicui outbox`").into()),
        (Some(MessageState::Sent), _) => Err(anyhow!("message {id} was sent already").into()),
        (Some(MessageState::Sending), _) => {
            Err(anyhow!("message {id} is under way: look again in a few minutes").into())
        }
        (Some(MessageState::Overtaken), Command::Cancel { .. }) => {
            Err(anyhow!("message {id} was overtaken and is not sent anyway").into())
        }
        (Some(_), _) => {
            out::complain(&format!("message {id} {done}"));
            Ok(())
        }
    }
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
        let documents: Vec<MessageDocument> = rows.iter().map(MessageDocument::from).collect();
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
    Ok(out::print(&out::table(&header, &lines))?)
}
