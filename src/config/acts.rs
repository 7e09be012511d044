//! `[acts]`: what people may do to a case.

use super::reader::Section;
use crate::domain::act::ActRules;

/// Reads the section.
pub(super) fn read(section: &Section<'_>) -> ActRules {
    let asks = section.flag("follow_up");
    let after = section.number("follow_up_after_workdays", &(1..=250));
    let rules = ActRules {
        longest_extension_workdays: section.number("longest_extension_workdays", &(1..=250)),
        reassigned_begins_anew: read_clock(section),
        reply_shown_within_workdays: section.number("reply_shown_within_workdays", &(1..=250)),
        follow_up_after_workdays: asks.then_some(after),
    };
    section.finish();
    rules
}

fn read_clock(section: &Section<'_>) -> bool {
    match section.optional_text("reassigned_clock") {
        None => false,
        Some((word, _)) if word == "left" || word == "fresh" => word == "fresh",
        Some((word, node)) => {
            let say = format!("reassigned_clock = \"{word}\": write \"left\" or \"fresh\"");
            node.fault(section.faults(), say);
            false
        }
    }
}
