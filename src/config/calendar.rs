//! The calendar's files: published years over the compiled-in ones, and `closures.toml`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use super::Config;
use super::closures::region;
use super::fault::{Fault, Faults};
use super::file::read_at_most;
use super::owner::of_its_directory;
use super::publication;
use super::reader::{self, LONGEST_TEXT, Section};
use crate::domain::calendar::{Calendars, Closure, ClosurePolicy, DayPart, YEARS};
use crate::domain::publication::PublishedYear;

/// The published files that every build carries, as published.
pub(super) const COMPILED_IN: [(&str, &[u8]); 11] = [
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

/// The files that make a calendar, by name (`2026.csv`, `closures.toml`), byte for byte, and the
/// policy they are read by: what is compiled in, with the directory's own over it.
#[derive(Clone, Debug)]
pub struct CalendarFiles {
    pub(super) files: BTreeMap<String, Arc<[u8]>>,
    policy: ClosurePolicy,
    /// What lies on the disk in the place of one of them, and cannot be used.
    pub(super) unusable: Option<(String, Arc<[u8]>)>,
}

/// Those are the same that are in force alike, whatever else lies on the disk.
impl PartialEq for CalendarFiles {
    fn eq(&self, other: &Self) -> bool {
        (&self.files, self.policy) == (&other.files, other.policy)
    }
}

impl Eq for CalendarFiles {}

impl CalendarFiles {
    /// The years that every build carries, without any closure.
    pub fn compiled_in(policy: ClosurePolicy) -> Self {
        let files = COMPILED_IN.iter().map(|(name, bytes)| ((*name).to_owned(), (*bytes).into()));
        Self { files: files.collect(), policy, unusable: None }
    }

    /// A calendar of these files and no other, as it was kept.
    pub fn kept(files: BTreeMap<String, Arc<[u8]>>, policy: ClosurePolicy) -> Self {
        Self { files, policy, unusable: None }
    }

    /// The compiled-in years with the files of `directory` over them.
    pub(super) fn in_directory(directory: &Path, policy: ClosurePolicy, faults: &Faults) -> Self {
        let mut own = BTreeMap::new();
        for path in calendar_files(directory, faults) {
            let Some(name) = name_of(&path) else {
                let say =
                    "not named YEAR.csv, and left alone: `jicui calendar import` takes any name";
                faults.warn(&path, None, say.to_owned());
                continue;
            };
            match read_file(&path).map(|bytes| own.insert(name, bytes.into())) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    faults.fault(
                        &path,
                        None,
                        "a second file of its year: take one away".to_owned(),
                    );
                }
                Err(error) => faults.fault(&path, None, format!("cannot be read: {error}")),
            }
        }
        let mut calendar = Self::compiled_in(policy);
        calendar.files.extend(own);
        calendar
    }

    /// The same calendar with this file put in place.
    #[must_use]
    pub fn with(&self, name: &str, bytes: &[u8]) -> Self {
        let mut changed = self.clone();
        changed.files.insert(name.to_owned(), bytes.into());
        changed.unusable.take_if(|(unusable, _)| unusable == name);
        changed
    }

    /// One of the files.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(AsRef::as_ref)
    }

    /// Every file by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes))
    }

    /// How closures count.
    pub fn policy(&self) -> ClosurePolicy {
        self.policy
    }

    /// Reads the files as if they lay in `directory`, or names every fault in them.
    pub fn calendars(&self, directory: &Path) -> Result<Calendars, Vec<Fault>> {
        let faults = Faults::default();
        let calendars = self.read(directory, &faults);
        if faults.any() { Err(faults.into_sorted()) } else { Ok(calendars) }
    }

    pub(super) fn read(&self, directory: &Path, faults: &Faults) -> Calendars {
        let mut years = Vec::new();
        let mut closures = Vec::new();
        for (name, bytes) in self.iter() {
            let path = directory.join(name);
            if name == CLOSURES_FILE {
                closures = read_closures(&path, bytes, faults);
            } else {
                let known = compiled_in_year(name, bytes);
                years.extend(known.or_else(|| read_year(&path, bytes, faults).map(Arc::new)));
            }
        }
        Calendars::new(&years, closures, self.policy)
    }
}

/// The calendars of the compiled-in years, without any closure.
pub fn compiled_in() -> Calendars {
    CalendarFiles::compiled_in(ClosurePolicy::default()).read(Path::new(""), &Faults::default())
}

/// The year of a file that is the compiled-in one: those are read once.
fn compiled_in_year(name: &str, bytes: &[u8]) -> Option<Arc<PublishedYear>> {
    static READ: LazyLock<Vec<Option<Arc<PublishedYear>>>> = LazyLock::new(|| {
        let read = |(name, bytes): &(&str, &[u8])| publication::read(bytes, name).ok();
        COMPILED_IN.iter().map(|file| read(file).map(Arc::new)).collect()
    });
    let mut files = COMPILED_IN.iter().zip(READ.iter());
    files.find(|(file, _)| **file == (name, bytes)).and_then(|(_, year)| year.clone())
}

/// SHA-256 of a file, in hexadecimal: what proves which file it was.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads a file of the calendar, or one that shall become its year.
pub fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let is_closures = path.file_name().is_some_and(|name| name == CLOSURES_FILE);
    read_at_most(path, if is_closures { LONGEST_TEXT } else { publication::LONGEST })
}

/// What a file is called here: `closures.toml`, or `2026.csv` also for `2026.CSV`.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    if name == CLOSURES_FILE { Some(name.to_owned()) } else { year_named(name).map(file_of) }
}

/// The name of a year's file.
pub fn file_of(year: i32) -> String {
    format!("{year}.csv")
}

/// The year that a file's name says: 2026 for `2026.csv`.
fn year_named(name: &str) -> Option<i32> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    stem.parse().ok().filter(|year| YEARS.contains(year))
}

/// What is odd about the calendar in force, though it may be right: the file, and what about it.
pub fn oddities(config: &Config, today: NaiveDate) -> Vec<(String, String)> {
    let calendars = &config.rules.calendars;
    let national = calendars.national();
    let mut odd = Vec::new();
    for year in national.published_years() {
        if let Some(why) = publication::superseded(year) {
            odd.push((year.source().to_string(), why.to_owned()));
        }
    }
    for year in [today.year(), today.year() + 1] {
        let expected = year == today.year() || config.warn_from.has_come(today);
        if expected && !national.is_published(year) {
            let say = format!(
                "not there: deadlines that reach into {year} are provisional; `jicui calendar import` \
                 takes the published file"
            );
            odd.push((file_of(year), say));
        }
    }
    let seats = config.rules.directory.seats();
    for closure in calendars.closures() {
        let (date, day) = (closure.date, national.day(closure.date));
        let why = if !YEARS.contains(&date.year()) {
            Some("lies outside the years that are counted")
        } else if !day.kind.is_work() && day.closure.is_none() {
            Some("is a day off already")
        } else {
            None
        };
        if let Some(why) = why {
            let say = format!("{date} {why}: the closure changes nothing");
            odd.push((closure.source.to_string(), say));
        }
        if let Some(region) = closure.region.as_deref().filter(|region| !seats.contains(region)) {
            let say = format!(
                "no agency and no unit has its seat in {region}: the closure concerns nobody"
            );
            odd.push((closure.source.to_string(), say));
        }
    }
    odd
}

/// A file that lies whole beside the one whose place it shall take; it is gone with this unless it took it.
pub struct Replacement {
    unfinished: PathBuf,
    path: PathBuf,
}

impl Replacement {
    /// Lays it there. It may be read by whoever could read the old one, a new one by the group too, whatever the
    /// umask: the daemon is another user than the administrator who types.
    /// What the name links to is what is replaced; the link stays. What root writes belongs to whom the old
    /// one belonged to, a new one to the directory's owner.
    pub fn lay(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let path = target_of(place_of(directory, name));
        let unfinished = path.with_file_name(format!(".{name}.new"));
        // One that a crash left, or that somebody laid there for us to write through.
        let _ = std::fs::remove_file(&unfinished);
        let mut file = File::create_new(&unfinished)?;
        let laid = Self { unfinished, path };
        laid.fill(&mut file, bytes)?;
        Ok(laid)
    }

    fn fill(&self, file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
        if let Ok(known) = std::fs::metadata(&self.path) {
            file.set_permissions(known.permissions())?;
            if rustix::process::geteuid().is_root() {
                fchown(&*file, Some(known.uid()), Some(known.gid()))?;
            }
        } else {
            file.set_permissions(PermissionsExt::from_mode(0o640))?;
            of_its_directory(file, &self.unfinished)?;
        }
        std::io::Write::write_all(file, bytes)?;
        file.sync_all()
    }

    /// Puts it in its place in one step: whoever reads sees the old one or the new one, whole.
    pub fn put(self) -> std::io::Result<()> {
        std::fs::rename(&self.unfinished, &self.path)?;
        let directory = self.path.parent().unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // It is not there any more where it took its place.
        let _ = std::fs::remove_file(&self.unfinished);
    }
}

/// What a name links to, where root or whoever runs this made the link; else the name itself: what another user
/// links to is not theirs to have replaced.
fn target_of(path: PathBuf) -> PathBuf {
    let Ok(link) = std::fs::symlink_metadata(&path) else { return path };
    let is_ours = [0, rustix::process::geteuid().as_raw()].contains(&link.uid());
    if is_ours { std::fs::canonicalize(&path).unwrap_or(path) } else { path }
}

/// Where the file of this name lies, however its name is written there (`2026.CSV`), or would lie.
pub fn place_of(directory: &Path, name: &str) -> PathBuf {
    let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let mut paths = entries.map(|entry| entry.path()).filter(|path| is_calendar_file(path));
    let there = paths.find(|path| name_of(path).is_some_and(|known| known == name));
    there.unwrap_or_else(|| directory.join(name))
}

/// Whether a file of this name has a say in the calendar: not an editor's swap file or backup.
pub fn is_calendar_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == CLOSURES_FILE) || is_published_file(path)
}

fn is_published_file(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// The files of a directory that make the calendar; none if there is no directory.
fn calendar_files(directory: &Path, faults: &Faults) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            faults.fault(directory, None, format!("cannot be read: {error}"));
            return Vec::new();
        }
    };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<_> = paths.filter(|path| is_calendar_file(path)).collect();
    files.sort();
    files
}

pub(super) fn read_year(path: &Path, bytes: &[u8], faults: &Faults) -> Option<PublishedYear> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match publication::read(bytes, &name) {
        Ok(year) if year_named(&name) == Some(year.year()) => Some(year),
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

fn read_closures(path: &Path, bytes: &[u8], faults: &Faults) -> Vec<Closure> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        faults.fault(path, None, "not UTF-8: save it as UTF-8".to_owned());
        return Vec::new();
    };
    let file = Section::new("", vec![reader::parse(path, text, faults)], faults);
    let closures = file.sections("closure").iter().filter_map(read_closure).collect();
    file.finish();
    closures
}

fn read_closure(section: &Section<'_>) -> Option<Closure> {
    let date = section.date("date");
    let region = section.optional_text("region").and_then(|(name, _)| region(&name));
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
