//! `jicui preview [--at MOMENT] [--until DATE]`: what would be sent; writes nothing.

use chrono::{NaiveDate, NaiveDateTime};
use clap::Args;
use serde::Serialize;

use super::{Failure, Setup, date_argument, moment_argument, out};
use crate::app::preview::Foreseen;
use crate::clock::{instant, rfc3339, wall};
use crate::notify::text;

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
    /// `null` for a digest.
    case_number: Option<String>,
    stage: String,
    channel: String,
    recipient: String,
    due_on: Option<NaiveDate>,
    text: String,
}

impl From<&Foreseen> for Document {
    fn from(foreseen: &Foreseen) -> Self {
        let message = &foreseen.message;
        Self {
            at: rfc3339(foreseen.at),
            case_number: message.case.as_ref().map(|(number, _)| number.to_string()),
            stage: message.stage.clone(),
            channel: message.channel.to_string(),
            recipient: message.recipient.to_string(),
            due_on: foreseen.due_on,
            text: text::plain(&foreseen.words.text),
        }
    }
}

/// Prints what would be sent.
pub(super) async fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let app = setup.open_aside().await?;
    let from = arguments.at.map_or_else(|| app.now(), instant);
    if arguments.until.is_some_and(|until| until < wall(from).date()) {
        let say = "--until lies before the moment it starts from".to_owned();
        return Err(Failure::Usage(say));
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
    for document in foreseen.iter().map(Document::from) {
        let Document { at, case_number, stage, channel, recipient, text, .. } = document;
        let about = case_number.as_deref().unwrap_or("digest");
        out::print(&format!("{at}  {about}  {stage} → {recipient} by {channel}"))?;
        out::print(&format!("    {}", out::cut(&text, 76)))?;
    }
    Ok(())
}
