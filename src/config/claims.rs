//! What units answer for, held against one another: ties and gaps.

use std::collections::BTreeSet;

use super::reader::Section;
use crate::domain::case::CaseKind;
use crate::domain::directory::{Agency, Directory, Responsibility, Unit};

/// Two agencies of one name: which of them is meant, and whose seat counts, nobody could say.
pub(super) fn check_names(agencies: &[Agency], sections: &[Section<'_>]) {
    for (number, (agency, section)) in agencies.iter().zip(sections).enumerate() {
        let names = std::iter::once(&agency.name).chain(&agency.aliases);
        for name in names {
            if agencies.iter().take(number).any(|other| other.is_named(name)) {
                section.fault(format!(
                    "an [[agency]] before is called 「{name}」, too: name each once"
                ));
            }
        }
    }
}

/// Two units of one id or one name, or two that answer for the same thing equally precisely.
pub(super) fn check_ties(directory: &Directory, sections: &[Section<'_>]) {
    let mut ids = BTreeSet::new();
    for (number, (unit, section)) in directory.units.iter().zip(sections).enumerate() {
        if !ids.insert(&unit.id) {
            section.fault(format!("two units have the id {}: give each its own", unit.id));
        }
        for other in directory.units.iter().take(number) {
            if other.name == unit.name {
                section.warn(format!(
                    "unit {} is called 「{}」 as {} is: nobody can tell their messages apart, and at the command \
                     line each goes by its id alone; give each a name of its own",
                    unit.id, unit.name, other.id
                ));
            }
            if !meet(&unit.answers_for, &other.answers_for) {
                continue;
            }
            for claim in shared(directory, unit, other) {
                let say = format!(
                    "unit {} answers for {claim} as {} does: its cases go to the administrators; let \
                     one of them go, or narrow both by `kinds`",
                    unit.id, other.id
                );
                section.flaw(say);
            }
        }
    }
}

/// Whether some kind of case is taken by both, equally precisely.
fn meet(a: &Responsibility, b: &Responsibility) -> bool {
    match (a.kinds.is_empty(), b.kinds.is_empty()) {
        (true, true) => true,
        (false, false) => a.kinds.iter().any(|kind| b.kinds.contains(kind)),
        // One is narrowed by kind, and so the more precise.
        _ => false,
    }
}

/// What both name: datasets, names of datasets, agencies, or nothing but kinds.
fn shared(directory: &Directory, unit: &Unit, other: &Unit) -> Vec<String> {
    let (a, b) = (&unit.answers_for, &other.answers_for);
    let datasets = a.datasets.iter().filter(|nid| b.datasets.contains(nid));
    let names = a.dataset_names.iter().filter(|name| b.dataset_names.contains(name));
    let same = |one: &str, two: &str| {
        one == two || directory.agency(one).is_some_and(|agency| agency.is_named(two))
    };
    let agencies =
        a.agencies.iter().filter(|name| b.agencies.iter().any(|other| same(name, other)));
    let mut shared: Vec<String> = datasets.map(|nid| format!("dataset {nid}")).collect();
    shared.extend(names.map(|name| format!("datasets called 「{name}」")));
    shared.extend(agencies.map(|name| format!("agency 「{name}」")));
    if a.is_by_kind_alone() && b.is_by_kind_alone() {
        shared.push("every case of a kind".to_owned());
    }
    shared
}

/// Agencies some of whose cases no unit would have.
pub(super) fn check_gaps(directory: &Directory, sections: &[Section<'_>]) {
    if directory.units.is_empty() {
        return;
    }
    for (agency, section) in directory.agencies.iter().zip(sections) {
        let kinds = [CaseKind::Comment, CaseKind::Request];
        let missing: Vec<&str> = kinds
            .iter()
            .filter(|kind| !directory.units.iter().any(|unit| has(unit, agency, **kind)))
            .map(CaseKind::as_str)
            .collect();
        if !missing.is_empty() {
            section.warn(format!(
                "no unit answers for every {} of 「{}」: what is not named by its dataset goes to \
                 the administrators; add the agency to the `agencies` of a unit",
                missing.join(" and "),
                agency.name
            ));
        }
    }
}

fn has(unit: &Unit, agency: &Agency, kind: CaseKind) -> bool {
    let responsibility = &unit.answers_for;
    let named = responsibility.agencies.iter().any(|name| agency.is_named(name));
    responsibility.takes(kind) && (named || responsibility.is_by_kind_alone())
}
