//! `[deadline]` and `[kind.WORD]`: limits, and the dated duties, as data.

mod terms;

use std::collections::BTreeSet;

use super::ladder::{LONGEST, fixed_days, read_stages};
use super::reader::Section;
use crate::domain::case::CaseKind;
use crate::domain::deadline::DeadlineRule;
use crate::domain::escalation::OfficeHours;
use crate::domain::kind::{ChecklistItem, Kind, Kinds, Limit, Opener};
pub(super) use terms::check_targets;

/// Reads `[deadline]`: the limits of the platform's own kinds.
pub(super) fn read_limits(section: &Section<'_>) -> DeadlineRule {
    let rule = DeadlineRule {
        comment_workdays: section.number("comment_workdays", &(1..=250)),
        request_workdays: section.number("request_workdays", &(1..=250)),
        second_round_workdays: section.number("second_round_workdays", &(1..=250)),
        longest_hold_workdays: section.number("longest_hold_workdays", &(1..=250)),
    };
    section.finish();
    rule
}

/// Reads the duties; two of one prefix, or a word that cannot be one, is a fault.
pub(super) fn read(list: &Section<'_>, hours: OfficeHours) -> Kinds {
    let mut prefixes = BTreeSet::from(["C".to_owned(), "S".to_owned()]);
    let mut duties = Vec::new();
    for (word, section) in list.named_sections() {
        let Some(kind @ CaseKind::Duty(_)) = CaseKind::parse(&word) else {
            section.fault(format!(
                "[kind.{word}]: a kind is named by lower-case letters, digits and _, at most 24, \
                 and not comment or request, whose limits stand in [deadline]"
            ));
            continue;
        };
        let duty = read_duty(&section, kind, hours);
        if let Some((prefix, node)) = section.optional_text("prefix")
            && !prefixes.insert(prefix.clone())
        {
            node.fault(section.faults(), format!("another kind has the prefix \"{prefix}\""));
        }
        duties.push(duty);
    }
    Kinds(duties)
}

fn read_duty(section: &Section<'_>, kind: CaseKind, hours: OfficeHours) -> Kind {
    let stages = read_stages(section, hours, LONGEST);
    let opened_by = read_opener(section);
    let duty = Kind {
        kind,
        name: section.text("name"),
        prefix: read_prefix(section),
        action: section.text("action"),
        limit: Limit {
            workdays: section.optional_number("workdays", &(1..=LONGEST)).unwrap_or(14),
            dates: fixed_days(section, "dates"),
        },
        policy: (!stages.stages.is_empty()).then_some(stages),
        checklist: read_checklist(section),
        opened_by,
        terms: terms::read(section, opened_by),
        section: section.optional_text("section").map(|(title, _)| title),
    };
    section.finish();
    duty
}

/// Letters only, and few: a number is `T-1`.
fn read_prefix(section: &Section<'_>) -> String {
    let Some((prefix, node)) = section.optional_text("prefix") else {
        section.missing("prefix");
        return String::new();
    };
    if prefix.len() > 8 || !prefix.chars().all(|c| c.is_ascii_uppercase()) {
        let say = format!("prefix = \"{prefix}\": at most eight capital letters, as in \"T\"");
        node.fault(section.faults(), say);
    }
    prefix
}

fn read_checklist(section: &Section<'_>) -> Vec<ChecklistItem> {
    let mut words = BTreeSet::new();
    let mut items = Vec::new();
    for item in section.sections("checklist") {
        let read = ChecklistItem {
            word: item.text("item"),
            name: item.text("name"),
            signer: item.text("signer"),
        };
        item.finish();
        if !words.insert(read.word.clone()) {
            item.fault(format!("two items are called {}: give each its own name", read.word));
        }
        items.push(read);
    }
    items
}

fn read_opener(section: &Section<'_>) -> Opener {
    let Some((word, node)) = section.optional_text("opened_by") else { return Opener::Hand };
    let opener = Opener::ALL.into_iter().find(|opener| opener.as_str() == word);
    opener.unwrap_or_else(|| {
        let words: Vec<&str> = Opener::ALL.iter().map(|opener| opener.as_str()).collect();
        let say = format!("opened_by = \"{word}\": write one of {}", words.join(", "));
        node.fault(section.faults(), say);
        Opener::Hand
    })
}
