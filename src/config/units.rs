//! `units.toml`: agencies, units, people and where they are reached.

use std::path::Path;

use super::claims;
use super::fault::{Fault, Faults};
use super::people::{read_optional_person, read_people};
use super::reader::{self, Section};
use super::template;
use crate::domain::case::CaseKind;
use crate::domain::directory::{
    Administrators, Agency, ChannelAddress, ChannelKind, Directory, Entry, Language,
    Responsibility, Unit,
};
use crate::domain::kind::Kinds;

/// Reads the whole directory; every fault is recorded.
pub(super) fn read(file: &Section<'_>, kinds: &Kinds) -> Directory {
    let places = file.sections("agency");
    let agencies: Vec<Agency> = places.iter().map(read_agency).collect();
    let sections = file.sections("unit");
    let unit = |section| read_unit(section, &agencies, kinds);
    let units: Vec<Unit> = sections.iter().map(unit).collect();
    let administrators = read_administrators(&file.section("administrators"));
    file.finish();
    let directory = Directory { agencies, units, administrators };
    claims::check_names(&directory.agencies, &places);
    claims::check_ties(&directory, &sections);
    claims::check_gaps(&directory, &places);
    if directory.administrators.channels.is_empty() {
        let say = "no [administrators] channels: cases that no unit answers for, and alarms, \
                   would reach nobody";
        file.fault(say.to_owned());
    }
    directory
}

fn read_agency(section: &Section<'_>) -> Agency {
    let agency = Agency {
        name: section.text("name"),
        aliases: section.texts("aliases").into_iter().map(|(alias, _)| alias).collect(),
        seat: read_seat(section),
    };
    section.finish();
    agency
}

fn read_seat(section: &Section<'_>) -> Option<String> {
    section.optional_text("seat").map(|(seat, _)| seat.replace('台', "臺"))
}

fn read_unit(section: &Section<'_>, agencies: &[Agency], kinds: &Kinds) -> Unit {
    let name = section.text("name");
    let known = |name: &str| agencies.iter().any(|agency| agency.is_named(name));
    for (agency, node) in section.texts("agencies").iter().chain(&section.texts("agency")) {
        if !known(agency) {
            let say = format!("no [[agency]] is called 「{agency}」: add it, or mend the name");
            node.fault(section.faults(), say);
        }
    }
    let unit = Unit {
        id: section.text("id"),
        name,
        agency: section.text("agency"),
        answers_for: Responsibility {
            datasets: section.numbers("datasets"),
            dataset_names: words(section, "dataset_names"),
            agencies: words(section, "agencies"),
            kinds: read_kinds(section, kinds),
        },
        officers: read_people(section, "officers"),
        deputies: read_people(section, "deputies"),
        supervisor: read_optional_person(section, "supervisor"),
        supervisor_deputy: read_optional_person(section, "supervisor_deputy"),
        channels: read_channels(section, "channels"),
        supervisor_channels: read_channels(section, "supervisor_channels"),
        language: read_language(section),
        seat: read_seat(section),
    };
    section.finish();
    let unit = with_supervisor(unit);
    if unit.channels.is_empty() {
        section
            .fault(format!("unit {} has no channels: its reminders would reach nobody", unit.id));
    }
    if unit.answers_for == Responsibility::default() {
        let say = format!(
            "unit {} answers for nothing: give it datasets, dataset_names, agencies or kinds",
            unit.id
        );
        section.fault(say);
    }
    unit
}

/// Where a unit reads its mail nobody can be called by name: a supervisor with an address of their own has
/// mails of their own.
fn with_supervisor(mut unit: Unit) -> Unit {
    let reads_mail = unit.channels.first().is_some_and(|channel| channel.kind == ChannelKind::Mail);
    let mail = unit.supervisor.as_ref().and_then(|supervisor| supervisor.mail.clone());
    let own = mail.map(|address| ChannelAddress { kind: ChannelKind::Mail, address });
    let is_shared = |own: &ChannelAddress| {
        unit.channels.iter().any(|channel| channel.address.eq_ignore_ascii_case(&own.address))
    };
    let own = own.filter(|own| reads_mail && !is_shared(own));
    if unit.supervisor_channels.is_empty() {
        unit.supervisor_channels.extend(own);
    }
    unit
}

fn words(section: &Section<'_>, key: &str) -> Vec<String> {
    section.texts(key).into_iter().map(|(word, _)| word).collect()
}

fn read_kinds(section: &Section<'_>, kinds: &Kinds) -> Vec<CaseKind> {
    let read = |(word, node): (String, super::reader::Node)| {
        let kind = CaseKind::parse(&word).filter(|kind| kinds.knows(*kind));
        if kind.is_none() {
            let known = kinds.words().join(", ");
            node.fault(section.faults(), format!("no kind `{word}`: write one of {known}"));
        }
        kind
    };
    section.texts("kinds").into_iter().filter_map(read).collect()
}

fn read_language(section: &Section<'_>) -> Language {
    let Some((word, node)) = section.optional_text("language") else { return Language::Chinese };
    let language = Language::ALL.into_iter().find(|language| language.as_str() == word);
    language.unwrap_or_else(|| {
        let say = format!("language = \"{word}\": write \"zh-TW\" or \"en\"");
        node.fault(section.faults(), say);
        Language::Chinese
    })
}

fn read_channels(section: &Section<'_>, key: &str) -> Vec<ChannelAddress> {
    let read = |(text, node): (String, super::reader::Node)| match ChannelAddress::parse(&text) {
        Ok(channel) => Some(channel),
        Err(error) => {
            node.fault(section.faults(), error.to_string());
            None
        }
    };
    section.texts(key).into_iter().filter_map(read).collect()
}

fn read_administrators(section: &Section<'_>) -> Administrators {
    let administrators = Administrators {
        people: read_people(section, "people"),
        channels: read_channels(section, "channels"),
    };
    section.finish();
    administrators
}

/// Reads a directory from a file that need not be in force.
///
/// # Errors
///
/// Every fault of the file.
pub fn read_alone(path: &Path, kinds: &Kinds) -> Result<Directory, Vec<Fault>> {
    let faults = Faults::default();
    let text = reader::read_text(path, &faults);
    let parsed = text.map(|text| reader::parse(path, &text, &faults));
    let filled = parsed.filter(|root| !template::blame_blanks(Some(root), &faults));
    let directory = filled.map(|root| read(&Section::new("", vec![root], &faults), kinds));
    match directory {
        Some(directory) if !faults.any() => Ok(directory),
        _ => Err(faults.into_sorted()),
    }
}

/// Where the entry of an agency or a unit stands in the file, for a fault found later.
pub fn place_of(path: &Path, text: &str, entry: &Entry) -> Option<(usize, usize)> {
    let faults = Faults::default();
    let file = Section::new("", vec![reader::parse(path, text, &faults)], &faults);
    let (list, key, wanted) = match entry {
        Entry::Agency(name) => ("agency", "name", name),
        Entry::Unit(id) => ("unit", "id", id),
        Entry::Administrators => {
            return file.section("administrators").node().map(reader::Node::at);
        }
    };
    let sections = file.sections(list);
    let found = sections.iter().find(|s| s.optional_text(key).is_some_and(|(v, _)| v == *wanted));
    found.and_then(Section::node).map(reader::Node::at)
}
