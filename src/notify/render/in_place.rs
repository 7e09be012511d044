//! A message replaced in place: how its case stands now, and who did what and when.

use super::duties::only_look;
use super::words::{Said, Task};
use super::{Brief, about_case};
use crate::domain::case::CaseState;
use crate::notify::door::{self, Deed};
use crate::notify::{Message, Tone};

/// The case as it stands now; for a reader who no longer has it, that it went elsewhere. At most the
/// newest `limit` deeds are named.
pub fn as_it_stands(
    brief: &Brief<'_>,
    (deeds, limit): (&[Deed], usize),
    is_readers: bool,
) -> Message {
    let (case, words) = (brief.case, door::words(brief.language));
    let shown = if is_readers { case.state } else { CaseState::Withdrawn };
    let state = match shown {
        _ if !is_readers => words.given_away(),
        CaseState::Open if brief.task() == Task::Duty => words.open_duty(),
        shown => words.state(shown),
    };
    let left = brief.workdays_left;
    let (icon, tone) = match shown {
        CaseState::Replied | CaseState::Closed => ("✅", Tone::Good),
        CaseState::OnHold => ("⏸️", Tone::Neutral),
        CaseState::Withdrawn => ("↪️", Tone::Neutral),
        CaseState::Open | CaseState::Acknowledged if left < 0 => ("🚨", Tone::Alert),
        CaseState::Open | CaseState::Acknowledged => ("📌", Tone::Neutral),
    };
    let running = matches!(shown, CaseState::Open | CaseState::Acknowledged);
    let left = if running { format!(" · {}", words.left(left)) } else { String::new() };
    let lines = door::deeds(brief.language, deeds, limit);
    let asked = case.handling.asked_extension().filter(|_| is_readers);
    let request = match asked {
        Some(asked) => words.asked(asked.workdays, &asked.asked_by, &asked.reason),
        None if running => brief.words().ask(&brief.matter()),
        None => String::new(),
    };
    let mut message = about_case(
        brief,
        Said {
            label: words.marked(state),
            headline: format!("{icon} {state}{left}"),
            sentence: lines.last().cloned().unwrap_or_default(),
            request,
        },
    );
    message.tone = tone;
    if !is_readers {
        only_look(brief, &mut message);
    }
    with_lines(message, &lines)
}

/// The same message with who did what and when: at most the newest `limit` deeds.
pub fn with_deeds(message: Message, (deeds, limit): (&[Deed], usize)) -> Message {
    let lines = door::deeds(message.language, deeds, limit);
    with_lines(message, &lines)
}

fn with_lines(mut message: Message, lines: &[String]) -> Message {
    if !lines.is_empty() {
        let label = door::words(message.language).deeds().to_owned();
        message.facts.push((label, lines.join("\n")));
    }
    message
}
