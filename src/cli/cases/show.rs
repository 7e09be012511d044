//! `jicui cases show NUMBER`: everything that is known of one case.

use chrono::NaiveDateTime;

use super::super::{Failure, Setup, deadline, out};
use crate::app::cases::{CaseFile, CaseView, ChecklistLine};
use crate::app::rounds::RoundView;
use crate::clock::rfc3339;
use crate::documents::file::CaseFile as CaseFileDocument;
use crate::domain::act::Outcome;
use crate::domain::case::CaseNumber;
use crate::domain::counted::counted;
use crate::domain::handling::{Extension, Handling, Hold};
use crate::domain::message::OutboxMessage;
use crate::notify::render::{origin_name, roc_date};
use crate::store::{FollowUpRecord, HistoryEntry};

/// Shows one case.
pub(super) async fn run(
    setup: &Setup,
    number: &CaseNumber,
    at: Option<NaiveDateTime>,
) -> Result<(), Failure> {
    let app = setup.open()?;
    let mut rules = app.live().config.rules.clone();
    if let Some(at) = at {
        rules.calendars = deadline::kept_calendars(&app, at).await?;
    }
    let Some(file) = app.case_file_by(number, &rules).await? else {
        return Err(anyhow::anyhow!("there is no case {number}: `jicui cases` lists them").into());
    };
    if setup.json {
        return Ok(out::print_json(&CaseFileDocument::from(&file))?);
    }
    Ok(out::print(&page(&file))?)
}

fn page(file: &CaseFile) -> String {
    let (case, deadline) = (&file.view.case, &file.view.deadline);
    let provisional =
        if deadline.provisional { "  provisional: a year is not published" } else { "" };
    let left = match (file.view.workdays_left, file.view.workdays_taken) {
        (Some(left), _) => out::workdays_left(left),
        (None, Some(taken)) => format!("answered on workday {taken}"),
        (None, None) => String::new(),
    };
    let start = deadline.start;
    let unit = file.view.unit.as_ref().map(|(id, name)| format!("{name} ({id})"));
    let unit = unit.or_else(|| file.unit_fault.clone()).unwrap_or_default();
    let mut text = format!(
        "{} {}\n  title   {}\n  state   {} (round {}) {left}\n  agency  {}\n  unit    {unit}\n  \
         starts  {} — {} ({})\n  due     {} ({}){provisional}\n  page    {}\n",
        case.number,
        file.view.kind_name,
        out::cut(&case.title, 60),
        case.state.as_str(),
        case.round,
        file.view.agency,
        roc_date(start.on),
        origin_name(start.origin),
        start.origin.as_str(),
        roc_date(deadline.due_on),
        count_words(&file.view),
        out::cut(&case.url, 200),
    );
    file.checklist.iter().for_each(|line| text.push_str(&checklist_line(line)));
    for round in &file.rounds {
        text.push_str(&round_lines(round, file.rounds.len() > 1));
    }
    let history: Vec<_> = file.history.iter().map(history_row).collect();
    let messages: Vec<_> = file.messages.iter().map(message_row).collect();
    text.push_str("\nhistory\n");
    text.push_str(&out::table(&["at", "who", "what", "before", "after", "why"], &history));
    text.push_str("\n\nmessages\n");
    text.push_str(&out::table(&["at", "stage", "to", "channel", "state"], &messages));
    text.push_str("\n\nthe count\n");
    text.push_str(&deadline::lines(&file.account));
    text
}

fn history_row(entry: &HistoryEntry) -> Vec<String> {
    vec![
        rfc3339(entry.at),
        out::cut(&entry.actor, 40),
        entry.event.clone(),
        out::cut(&entry.before, 30),
        out::cut(&entry.after, 30),
        out::cut(&entry.reason, 40),
    ]
}

fn message_row(row: &OutboxMessage) -> Vec<String> {
    vec![
        rfc3339(row.sent_at.unwrap_or(row.queued_at)),
        row.message.stage.clone(),
        row.message.recipient.to_string(),
        row.message.channel.to_string(),
        row.reason.as_ref().map_or_else(
            || row.state.as_str().to_owned(),
            |reason| format!("{}: {reason}", row.state.as_str()),
        ),
    ]
}

/// `14 workdays`, and what was added to them.
fn count_words(view: &CaseView) -> String {
    let deadline = &view.deadline;
    let mut words = counted(deadline.workdays, "workday");
    if deadline.extension > 0 {
        let limit = deadline.workdays - deadline.extension;
        words = format!("{words}: {limit} and an extension of {}", deadline.extension);
    }
    if view.workdays_held > 0 {
        words = format!("{words}, on hold for {}", view.workdays_held);
    }
    if deadline.due_on != deadline.original_due_on {
        words = format!("{words}; originally {}", roc_date(deadline.original_due_on));
    }
    words
}

/// What was done in a round; of several rounds each has a line of its own.
fn round_lines(round: &RoundView, of_several: bool) -> String {
    let (case, mut text) = (&round.view.case, String::new());
    if of_several {
        let due = roc_date(round.view.deadline.due_on);
        let taken = round.view.workdays_taken;
        let answered = taken.map(|taken| format!(", answered on workday {taken}"));
        let answered = answered.unwrap_or_default();
        text = format!(
            "  round {} {}, due {due} ({}){answered}\n",
            case.round,
            roc_date(case.start.on),
            count_words(&round.view)
        );
    }
    text.push_str(&handling_lines(&case.handling));
    text.extend(round.follow_up.as_ref().map(follow_up_line));
    text
}

fn handling_lines(handling: &Handling) -> String {
    let mut lines = Vec::new();
    for extension in &handling.extensions {
        let Extension { workdays, reason, asked_by, state, .. } = extension;
        let decided = extension.decided_by.as_ref().map(|by| format!(" by {by}"));
        let (state, decided) = (state.as_str(), decided.unwrap_or_default());
        let workdays = counted(workdays, "workday");
        let line = format!("{workdays}, asked by {asked_by}, {state}{decided}: {reason}");
        lines.push(format!("  extend  {}\n", out::cut(&line, 100)));
    }
    for hold in &handling.holds {
        let Hold { from, reason, by, end, .. } = hold;
        let until = end.as_ref().map(|end| format!("until {} by {}", roc_date(end.on), end.by));
        let until = until.unwrap_or_else(|| "it lasts".to_owned());
        let line = format!("after {} by {by}, {until}: {reason}", roc_date(*from));
        lines.push(format!("  hold    {}\n", out::cut(&line, 100)));
    }
    if handling.reply_unconfirmed {
        lines
            .push("  reply   reported by a person; the platform does not show it yet\n".to_owned());
    }
    lines.concat()
}

fn checklist_line(line: &ChecklistLine) -> String {
    let done = line.tick.as_ref().map(|tick| {
        let document = Some(&tick.document).filter(|document| !document.is_empty());
        let document = document.map(|document| format!(", {document}")).unwrap_or_default();
        format!("{} by {}{document}", roc_date(tick.on), tick.by)
    });
    let mark = if done.is_some() { "[x]" } else { "[ ]" };
    let said = done.unwrap_or_else(|| "missing".to_owned());
    let words = format!("{} ({}): {said}", line.name, line.word);
    format!("  tick    {mark} {}\n", out::cut(&words, 100))
}

fn follow_up_line(record: &FollowUpRecord) -> String {
    let outcome = record.outcome.map_or("not recorded yet", Outcome::as_str);
    let by = record.recorded_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = record.reason.as_ref().filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("  after   {outcome}{by}{}\n", out::cut(&reason, 80))
}
