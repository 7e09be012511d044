//! The calendar's files: published years over the compiled-in ones, and `closures.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::fault::Faults;
use super::publication;
use super::reader::{self, Section};
use crate::domain::calendar::{Calendars, Closure, ClosurePolicy, DayPart};
use crate::domain::publication::PublishedYear;

/// The published files that every build carries, as published.
const COMPILED_IN: [(&str, &[u8]); 11] = [
    ("2017.csv", include_bytes!("../../config/calendar/2017.csv")),
    ("2018.csv", include_bytes!("../../config/calendar/2018.csv")),
    ("2019.csv", include_bytes!("../../config/calendar/2019.csv")),
    ("2020.csv", include_bytes!("../../config/calendar/2020.csv")),
    ("2021.csv", include_bytes!("../../config/calendar/2021.csv")),
    ("2022.csv", include_bytes!("../../config/calendar/2022.csv")),
    ("2023.csv", include_bytes!("../../config/calendar/2023.csv")),
    ("2024.csv", include_bytes!("../../config/calendar/2024.csv")),
    ("2025.csv", include_bytes!("../../config/calendar/2025.csv")),
    ("2026.csv", include_bytes!("../../config/calendar/2026.csv")),
    ("2027.csv", include_bytes!("../../config/calendar/2027.csv")),
];

/// The name of the file that holds what administrators add.
pub const CLOSURES_FILE: &str = "closures.toml";

/// The calendars of the compiled-in years, without any closure.
pub fn compiled_in() -> Calendars {
    let years: Vec<_> = compiled_in_years().into_values().collect();
    Calendars::new(&years, Vec::new(), ClosurePolicy::default())
}

fn compiled_in_years() -> BTreeMap<i32, Arc<PublishedYear>> {
    let read = |(name, bytes): &(&str, &[u8])| publication::read(bytes, name).ok();
    COMPILED_IN.iter().filter_map(read).map(|year| (year.year(), Arc::new(year))).collect()
}

/// Reads the directory: its published years replace the compiled-in ones.
pub(super) fn read_directory(
    directory: &Path,
    policy: ClosurePolicy,
    faults: &Faults,
) -> Calendars {
    let mut years = compiled_in_years();
    for path in csv_files(directory, faults) {
        if let Some(year) = read_year(&path, faults) {
            years.insert(year.year(), Arc::new(year));
        }
    }
    let closures = read_closures(&directory.join(CLOSURES_FILE), faults);
    Calendars::new(&years.into_values().collect::<Vec<_>>(), closures, policy)
}

/// Whether a file of this name has a say in the calendar: not an editor's swap file or backup.
pub fn is_calendar_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == CLOSURES_FILE) || is_published_file(path)
}

fn is_published_file(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn csv_files(directory: &Path, faults: &Faults) -> Vec<std::path::PathBuf> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            faults.fault(directory, None, format!("cannot be read: {error}"));
            return Vec::new();
        }
    };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<_> = paths.filter(|path| is_published_file(path)).collect();
    files.sort();
    files
}

fn read_year(path: &Path, faults: &Faults) -> Option<PublishedYear> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(named) = path.file_stem().and_then(|stem| stem.to_str()?.parse::<i32>().ok()) else {
        let say = "not named YEAR.csv, and left alone: `jicui calendar import` takes any name";
        faults.warn(path, None, say.to_owned());
        return None;
    };
    let bytes = std::fs::read(path)
        .map_err(|error| faults.fault(path, None, format!("cannot be read: {error}")))
        .ok()?;
    match publication::read(&bytes, &name) {
        Ok(year) if year.year() == named => Some(year),
        Ok(year) => {
            let year = year.year();
            faults.fault(path, None, format!("holds {year}: name it {year}.csv"));
            None
        }
        Err(found) => {
            for fault in found {
                faults.fault(path, fault.row.map(|row| (row, 1)), fault.message);
            }
            None
        }
    }
}

fn read_closures(path: &Path, faults: &Faults) -> Vec<Closure> {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            faults.fault(path, None, format!("cannot be read: {error}"));
            return Vec::new();
        }
    };
    let Ok(text) = text else {
        faults.fault(path, None, "not UTF-8: save it as UTF-8".to_owned());
        return Vec::new();
    };
    let file = Section::new("", vec![reader::parse(path, &text, faults)], faults);
    let closures = file.sections("closure").iter().filter_map(read_closure).collect();
    file.finish();
    closures
}

fn read_closure(section: &Section<'_>) -> Option<Closure> {
    let date = section.date("date");
    let region = section.optional_text("region").map(|(region, _)| region.replace('台', "臺"));
    let part = section.optional_text("part").and_then(|(text, node)| {
        let part = DayPart::parse(&text);
        if part.is_none() {
            let say = format!("closure.part = \"{text}\": write \"am\" or \"pm\", or leave it out");
            node.fault(section.faults(), say);
        }
        part
    });
    let reason = section.text("reason");
    section.finish();
    let (date, node) = date?;
    Some(Closure { date, region, part, reason, source: node.place().into() })
}
