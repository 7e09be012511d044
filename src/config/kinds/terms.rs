//! What the openers of `[kind.WORD]` go by: days, badges, frequencies, numbers to be reached.

use super::super::reader::Section;
use crate::domain::directory::Directory;
use crate::domain::kind::{Measure, Opener, Target, Terms};

/// Reads what `opened_by` goes by; what it needs and lacks is a fault.
pub(super) fn read(section: &Section<'_>, opened_by: Opener) -> Terms {
    let before = section.optional_number("open_workdays_before", &(0..=250));
    let terms = Terms {
        open_workdays_before: before.unwrap_or(20),
        targets: section.sections("goal").iter().map(read_target).collect(),
        good_badges: section.texts("good_badges").into_iter().map(|(word, _)| word).collect(),
        update_days: read_days(&section.section("update_days")),
    };
    let lacks = match opened_by {
        Opener::BadgeLow | Opener::Dates if section.texts("dates").is_empty() => Some("dates"),
        Opener::BadgeLow if terms.good_badges.is_empty() => Some("good_badges"),
        Opener::DatasetStale if terms.update_days.is_empty() => Some("update_days"),
        _ => None,
    };
    if let (Some(key), Some((word, node))) = (lacks, section.optional_text("opened_by")) {
        let say = format!("opened_by = \"{word}\" needs `{key}`: nothing would ever be opened");
        node.fault(section.faults(), say);
    }
    terms
}

/// The platform's words for how often a dataset is updated, each with the days that may pass.
fn read_days(section: &Section<'_>) -> Vec<(String, u32)> {
    let days = |word: String| {
        let days = section.optional_number(&word, &(1..=3660))?;
        Some((word, days))
    };
    section.names().into_iter().filter_map(days).collect()
}

fn read_target(section: &Section<'_>) -> Target {
    let year = section.number("year", &(90..=2200));
    let year = i32::try_from(year).unwrap_or_default();
    let target = Target {
        agency: section.text("agency"),
        unit: section.optional_text("unit").map(|(unit, _)| unit),
        year: if year < 1000 { year + 1911 } else { year },
        name: section.text("name"),
        number: section.number("number", &(1..=1_000_000)),
        measure: read_measure(section),
    };
    section.finish();
    target
}

fn read_measure(section: &Section<'_>) -> Measure {
    let Some((word, node)) = section.optional_text("measure") else { return Measure::Datasets };
    let measure = Measure::ALL.into_iter().find(|measure| measure.as_str() == word);
    measure.unwrap_or_else(|| {
        let words = Measure::ALL.map(Measure::as_str).join(" or ");
        node.fault(section.faults(), format!("measure = \"{word}\": write {words}"));
        Measure::Datasets
    })
}

/// A goal of an agency or a unit that is not there would never be looked at.
pub(in crate::config) fn check_targets(list: &Section<'_>, directory: &Directory) {
    for (_, section) in list.named_sections() {
        for goal in section.sections("goal") {
            if let Some((name, node)) = goal.optional_text("agency")
                && directory.agency(&name).is_none()
            {
                let say = format!("no [[agency]] is called 「{name}」: see units.toml");
                node.fault(goal.faults(), say);
            }
            if let Some((id, node)) = goal.optional_text("unit")
                && directory.unit(&id).is_none()
            {
                node.fault(goal.faults(), format!("no unit has the id {id}: see units.toml"));
            }
        }
    }
}
