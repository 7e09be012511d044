//! What is said of a duty, in the words that the config gives its kind.

use super::words::{Label, Standing, Task, Words};
use super::{Brief, zh};
use crate::domain::case::CaseKind;
use crate::domain::checklist;
use crate::domain::kind::Kinds;
use crate::notify::text::cut;
use crate::notify::{Link, Message};

impl<'a> Brief<'a> {
    /// What the case asks of its unit.
    pub(super) fn task(&self) -> Task {
        match self.case.kind {
            CaseKind::Comment | CaseKind::Request => Task::Answer,
            CaseKind::Duty(_) => Task::Duty,
        }
    }

    /// The name of its kind: the config's, or its word once it is gone there.
    pub(super) fn kind_name(&self) -> &'a str {
        let own = self.words().kind(self.case.kind);
        own.or(self.duty.map(|duty| duty.name.as_str())).unwrap_or(self.case.kind.as_str())
    }
}

/// 我有話要說, 我想要更多, or the name that the config gives a duty; its word, once it is gone there.
pub fn kind_name<'a>(kinds: &'a Kinds, kind: &'a CaseKind) -> &'a str {
    let given = || kinds.duty(*kind).map(|duty| duty.name.as_str());
    zh::Chinese.kind(*kind).or_else(given).unwrap_or(kind.as_str())
}

/// A case is now the unit's.
pub(super) fn assigned<'a>(brief: &Brief<'a>) -> Standing<'a> {
    match brief.task() {
        Task::Answer => Standing::Assigned,
        Task::Duty => Standing::Opened(brief.kind_name()),
    }
}

/// What the due day is called.
pub(super) fn due_label(brief: &Brief<'_>) -> Label {
    match brief.task() {
        Task::Answer => Label::DueDay,
        Task::Duty => Label::FinishBy,
    }
}

/// How far the number is that is to be reached, where there is one.
pub(super) fn progress(brief: &Brief<'_>) -> Option<String> {
    let goal = brief.case.handling.goal.as_ref()?;
    Some(brief.words().progress(goal.value, goal.number))
}

/// What must still be done before the case is: a few by name, the others by their number.
pub(super) fn missing(brief: &Brief<'_>) -> Option<String> {
    const NAMED: usize = 10;
    const LETTERS: usize = 60;
    let lines = checklist::lines(brief.duty, &brief.case.handling);
    let missing: Vec<_> = lines.iter().filter(|line| line.tick.is_none()).collect();
    if missing.is_empty() || !brief.case.state.is_open() {
        return None;
    }
    let names: Vec<String> =
        missing.iter().take(NAMED).map(|line| cut(line.name, LETTERS)).collect();
    Some(brief.words().missing(&names, missing.len().saturating_sub(NAMED)))
}

/// The case's page, where it has one: where it is answered, as long as it is to be.
pub(super) fn link(brief: &Brief<'_>) -> Option<Link> {
    let case = brief.case;
    let is_answered_there = case.state.is_open() && case.is_on_platform();
    let label = if is_answered_there { Label::OpenCase } else { Label::OpenPage };
    let (label, url) = (brief.words().label(label).to_owned(), case.url.clone());
    (!url.is_empty()).then_some(Link { label, url })
}

/// What its reader need not answer any more, though others must, is only looked at.
pub(super) fn only_look(brief: &Brief<'_>, message: &mut Message) {
    if let Some(link) = &mut message.link {
        brief.words().label(Label::OpenPage).clone_into(&mut link.label);
    }
}
