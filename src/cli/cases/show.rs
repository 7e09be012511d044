//! `jicui cases show NUMBER`: everything that is known of one case.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::super::{Failure, Setup, deadline, out, outbox};
use super::CaseDocument;
use crate::app::cases::{CaseFile, CaseView, ChecklistLine};
use crate::app::rounds::RoundView;
use crate::clock::rfc3339;
use crate::domain::act::Outcome;
use crate::domain::case::CaseNumber;
use crate::domain::handling::{Extension, Handling, Hold};
use crate::domain::message::OutboxMessage;
use crate::notify::render::{origin_name, roc_date};
use crate::store::{FollowUpRecord, HistoryEntry};

#[derive(Serialize)]
struct FileDocument {
    #[serde(flatten)]
    case: CaseDocument,
    unit_fault: Option<String>,
    extensions: Vec<ExtensionDocument>,
    holds: Vec<HoldDocument>,
    checklist: Vec<ChecklistDocument>,
    follow_up: Option<FollowUpDocument>,
    rounds: Vec<RoundDocument>,
    history: Vec<HistoryDocument>,
    messages: Vec<outbox::MessageDocument>,
    days: Vec<deadline::Day>,
}

#[derive(Serialize)]
struct HistoryDocument {
    at: String,
    actor: String,
    event: String,
    before: String,
    after: String,
    reason: String,
}

impl From<&HistoryEntry> for HistoryDocument {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            at: rfc3339(entry.at),
            actor: entry.actor.clone(),
            event: entry.event.clone(),
            before: entry.before.clone(),
            after: entry.after.clone(),
            reason: entry.reason.clone(),
        }
    }
}

#[derive(Serialize)]
struct ExtensionDocument {
    workdays: u32,
    reason: String,
    state: &'static str,
    asked_by: String,
    asked_at: String,
    decided_by: Option<String>,
    decided_at: Option<String>,
}

impl From<&Extension> for ExtensionDocument {
    fn from(extension: &Extension) -> Self {
        Self {
            workdays: extension.workdays,
            reason: extension.reason.clone(),
            state: extension.state.as_str(),
            asked_by: extension.asked_by.clone(),
            asked_at: rfc3339(extension.asked_at),
            decided_by: extension.decided_by.clone(),
            decided_at: extension.decided_at.map(rfc3339),
        }
    }
}

/// The workdays after `from`, up to and with `until`, do not count.
#[derive(Serialize)]
struct HoldDocument {
    from: NaiveDate,
    until: Option<NaiveDate>,
    reason: String,
    held_by: String,
    ended_by: Option<String>,
}

impl From<&Hold> for HoldDocument {
    fn from(hold: &Hold) -> Self {
        Self {
            from: hold.from,
            until: hold.end.as_ref().map(|end| end.on),
            reason: hold.reason.clone(),
            held_by: hold.by.clone(),
            ended_by: hold.end.as_ref().map(|end| end.by.clone()),
        }
    }
}

/// An item of the checklist; not done while `done_on` is null.
#[derive(Serialize)]
struct ChecklistDocument {
    item: String,
    name: String,
    signer: Option<String>,
    done_on: Option<NaiveDate>,
    document: Option<String>,
    ticked_by: Option<String>,
    ticked_at: Option<String>,
}

impl From<&ChecklistLine> for ChecklistDocument {
    fn from(line: &ChecklistLine) -> Self {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let tick = line.tick.as_ref();
        Self {
            item: line.word.clone(),
            name: line.name.clone(),
            signer: given(&line.signer),
            done_on: tick.map(|tick| tick.on),
            document: tick.and_then(|tick| given(&tick.document)),
            ticked_by: tick.map(|tick| tick.by.clone()),
            ticked_at: tick.map(|tick| rfc3339(tick.at)),
        }
    }
}

/// 延伸精進.
#[derive(Serialize)]
struct FollowUpDocument {
    outcome: Option<&'static str>,
    reason: Option<String>,
    recorded_by: Option<String>,
    recorded_at: Option<String>,
}

impl From<&FollowUpRecord> for FollowUpDocument {
    fn from(record: &FollowUpRecord) -> Self {
        Self {
            outcome: record.outcome.map(Outcome::as_str),
            reason: record.reason.clone(),
            recorded_by: record.recorded_by.clone(),
            recorded_at: record.recorded_at.map(rfc3339),
        }
    }
}

/// One round, wholly; the last is the present one.
#[derive(Serialize)]
struct RoundDocument {
    round: u32,
    starts_on: NaiveDate,
    due_on: NaiveDate,
    original_due_on: NaiveDate,
    extension_workdays: u32,
    held_workdays: i64,
    replied_at: Option<String>,
    workdays_taken: Option<i64>,
    extensions: Vec<ExtensionDocument>,
    holds: Vec<HoldDocument>,
    follow_up: Option<FollowUpDocument>,
}

impl From<&RoundView> for RoundDocument {
    fn from(round: &RoundView) -> Self {
        let (case, deadline) = (&round.view.case, &round.view.deadline);
        Self {
            round: case.round,
            starts_on: case.start.on,
            due_on: deadline.due_on,
            original_due_on: deadline.original_due_on,
            extension_workdays: deadline.extension,
            held_workdays: round.view.workdays_held,
            replied_at: case.replied_at.map(rfc3339),
            workdays_taken: round.view.workdays_taken,
            extensions: case.handling.extensions.iter().map(Into::into).collect(),
            holds: case.handling.holds.iter().map(Into::into).collect(),
            follow_up: round.follow_up.as_ref().map(Into::into),
        }
    }
}

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
        return Ok(out::print_json(&FileDocument {
            case: CaseDocument::from(&file.view),
            unit_fault: file.unit_fault.clone(),
            extensions: file.view.case.handling.extensions.iter().map(Into::into).collect(),
            holds: file.view.case.handling.holds.iter().map(Into::into).collect(),
            checklist: file.checklist.iter().map(Into::into).collect(),
            follow_up: file.rounds.last().and_then(|r| r.follow_up.as_ref()).map(Into::into),
            rounds: file.rounds.iter().map(RoundDocument::from).collect(),
            history: file.history.iter().map(HistoryDocument::from).collect(),
            messages: file.messages.iter().map(outbox::MessageDocument::from).collect(),
            days: file.account.iter().map(deadline::Day::from).collect(),
        })?);
    }
    Ok(out::print(&page(&file))?)
}

fn page(file: &CaseFile) -> String {
    let (case, deadline) = (&file.view.case, &file.view.deadline);
    let provisional =
        if deadline.provisional { "  provisional: a year is not published" } else { "" };
    let left = match (file.view.workdays_left, file.view.workdays_taken) {
        (Some(left), _) => format!("{left} workdays left"),
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
        case.agency,
        roc_date(start.on),
        origin_name(start.origin),
        start.origin.as_str(),
        roc_date(deadline.due_on),
        count_words(&file.view),
        case.url,
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
        entry.actor.clone(),
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
    let mut words = format!("{} workdays", deadline.workdays);
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
        let line = format!("{workdays} workdays, asked by {asked_by}, {state}{decided}: {reason}");
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
