//! `jicui preview [--at MOMENT] [--until DATE]`: what would be sent; writes nothing.

use chrono::{NaiveDate, NaiveDateTime};
use clap::Args;
use serde::Serialize;

use super::{Failure, Setup, date_argument, moment_argument, out};
use crate::app::remind::Foreseen;
use crate::clock::{instant, rfc3339, wall};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// At this moment in Taipei instead of now
    #[arg(long, value_name = "YYYY-MM-DD HH:MM", value_parser = moment_argument)]
    at: Option<NaiveDateTime>,
    /// And on, until the end of this day
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    until: Option<NaiveDate>,
}

#[derive(Serialize)]
struct Document {
    at: String,
    case_number: String,
    stage: String,
    channel: String,
    recipient: String,
    due_on: NaiveDate,
    text: String,
}

impl From<&Foreseen> for Document {
    fn from(foreseen: &Foreseen) -> Self {
        let key = &foreseen.reminder.key;
        Self {
            at: rfc3339(foreseen.at),
            case_number: key.case.to_string(),
            stage: key.stage.clone(),
            channel: key.channel.to_string(),
            recipient: key.recipient.to_string(),
            due_on: key.due_on,
            text: foreseen.message.text.clone(),
        }
    }
}

/// Prints what would be sent.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let app = setup.open()?;
    let from = arguments.at.map_or_else(|| app.now(), instant);
    if arguments.until.is_some_and(|until| until < wall(from).date()) {
        return Err(anyhow::anyhow!("--until lies before the moment it starts from").into());
    }
    let foreseen = app.preview(from, arguments.until).await?;
    if setup.json {
        let documents: Vec<Document> = foreseen.iter().map(Document::from).collect();
        return Ok(out::print_json(&documents)?);
    }
    if foreseen.is_empty() {
        out::complain("nothing would be sent (on a day off and outside office hours nothing is)");
        return Ok(());
    }
    for entry in &foreseen {
        let key = &entry.reminder.key;
        let head = format!(
            "{}  {}  {} → {} by {}",
            rfc3339(entry.at),
            key.case,
            key.stage,
            key.recipient,
            key.channel
        );
        out::print(&head)?;
        out::print(&format!("    {}", out::cut(&entry.message.text, 76)))?;
    }
    Ok(())
}
