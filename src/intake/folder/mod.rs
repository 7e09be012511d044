//! List exports (匯出搜尋結果清冊) dropped into a directory, by a person or a job.
//!
//! CSV, JSON, XML or ODS; UTF-8 with or without BOM, or Big5. Both kinds are told apart by their
//! columns. A processed file moves to `done/`, a bad one to `failed/` with a note beside it.

mod ods;
pub mod passed_over;
pub(in crate::intake) mod rows;
pub(in crate::intake) mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Watch;
use crate::config::owner::{private_directory, write_private};
use crate::config::settings;
use crate::domain::observation::Observation;

/// Where files go that were read, and those that could not be.
const DONE: &str = "done";
const FAILED: &str = "failed";

/// The folder as a source.
#[derive(Clone, Debug)]
pub struct Folder {
    settings: settings::Folder,
    platform: settings::Platform,
    known: Arc<Mutex<BTreeMap<PathBuf, State>>>,
}

/// One file, read.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it showed; nothing if there was a trouble.
    pub observation: Observation,
    /// Why the whole file could not be used, and what to do.
    pub trouble: Option<String>,
    /// It was read before as it is, and could not be put away.
    pub is_known: bool,
    /// How it was when it was read.
    state: State,
}

/// How long a file is, and when it was last written to: another one, and it is to be read again.
type State = (u64, Option<SystemTime>);

fn state_of(metadata: &fs::Metadata) -> State {
    (metadata.len(), metadata.modified().ok())
}

/// Whether a file's last change is what was written to it, within the last hour; of a clock that is ahead nothing is
/// known.
fn was_just_written(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|written| written.elapsed().ok());
    (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec())
        && age.is_some_and(|age| age < JUST_NOW)
}

/// A copy that goes on after this long is none.
const JUST_NOW: Duration = Duration::from_hours(1);

/// So many files are remembered.
const REMEMBERED: usize = 10_000;

impl Folder {
    /// A folder after these settings; the platform's lend the words of the lists.
    pub fn new(settings: &settings::Folder, platform: &settings::Platform) -> Self {
        Self { settings: settings.clone(), platform: platform.clone(), known: Arc::default() }
    }

    /// Whether any directory is watched.
    pub fn is_watched(&self) -> bool {
        self.settings.path.is_some()
    }

    /// Tries whether files that are dropped there can be read and put away; nothing is changed.
    ///
    /// # Errors
    ///
    /// What is wrong with the directory, and what to do.
    pub fn probe(&self) -> Result<String, String> {
        let Some(directory) = &self.settings.path else { return Ok("none".to_owned()) };
        let shown = directory.display();
        let found = fs::read_dir(directory);
        let found =
            found.map_err(|error| format!("{shown}: {error}: make it, or mend [folder] path"))?;
        // Files move to done/ and failed/ in it.
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::access(directory, access).map_err(|error| {
            format!("{shown} cannot be written to: {error}: let jicui's user own it")
        })?;
        let remedy = "; only files are read, under a name as list.csv, .json, .xml or .ods";
        let passed_over = passed_over::listed(&self.passed_over());
        let passed_over = passed_over.map(|listed| format!(", {listed}{remedy}"));
        Ok(format!("{shown}, {} entries{}", found.count(), passed_over.unwrap_or_default()))
    }

    /// What lies there and is never read, by its name.
    pub fn passed_over(&self) -> Vec<String> {
        self.settings.path.as_deref().map(passed_over::find).unwrap_or_default()
    }

    /// Reads every file that lies there and is quiet, the oldest first: what a younger one says counts.
    /// Blocking: call it off the async threads.
    ///
    /// # Errors
    ///
    /// The directory cannot be read.
    pub fn look(&self, watch: &Watch) -> io::Result<Vec<ReadFile>> {
        let Some(directory) = &self.settings.path else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_file() && is_wanted(&entry.path()) {
                files.push((entry.path(), metadata));
            }
        }
        files.extend(self.written_to_since(directory));
        files.retain(|(_, metadata)| self.is_quiet(metadata));
        files.sort_by_cached_key(|(path, metadata)| (metadata.modified().ok(), path.clone()));
        let read = |(path, metadata): (PathBuf, fs::Metadata)| self.read(path, &metadata, watch);
        Ok(files.into_iter().map(read).collect())
    }

    /// What was put away and written to after it was read: a copy that had only paused.
    fn written_to_since(&self, directory: &Path) -> Vec<(PathBuf, fs::Metadata)> {
        let entries = fs::read_dir(directory.join(DONE)).into_iter().flatten();
        let files = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.path(), entry.metadata().ok()?))
        });
        let is_written = |(path, metadata): &(PathBuf, fs::Metadata)| {
            let is_new = match self.known().get(path) {
                Some(state) => *state != state_of(metadata),
                // Another process put it away: its last change was that, unless somebody wrote to it since.
                None => !self.settings.settle.is_zero() && was_just_written(metadata),
            };
            metadata.is_file() && is_new
        };
        files.filter(is_written).collect()
    }

    /// Goes on with what another folder, of an earlier configuration, knows of the same files.
    pub fn go_on_from(&mut self, earlier: &Self) {
        self.known = Arc::clone(&earlier.known);
    }

    /// The files that were read by this process, where they lie now.
    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, State>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that a file was read as it is.
    fn remember(&self, path: PathBuf, state: State) {
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(path, state);
    }

    /// Whether nobody has written to it for a while: a copy may still be under way.
    fn is_quiet(&self, metadata: &fs::Metadata) -> bool {
        let age = metadata.modified().and_then(|at| at.elapsed().map_err(io::Error::other));
        // A file from the future has no age: it is as quiet as it will ever be.
        age.map_or(metadata.modified().is_ok_and(|at| at > UNIX_EPOCH), |age| {
            age >= self.settings.settle
        })
    }

    fn read(&self, path: PathBuf, metadata: &fs::Metadata, watch: &Watch) -> ReadFile {
        let state = state_of(metadata);
        let is_known = self.known().get(&path) == Some(&state);
        let observation = if metadata.len() > self.settings.file_limit_bytes {
            let limit = self.settings.file_limit_bytes;
            Err(format!("larger than {limit} bytes: export fewer rows, or raise file_limit_bytes"))
        } else {
            fs::read(&path)
                .map_err(|error| format!("cannot be read: {error}"))
                .and_then(|bytes| tables::read(bytes, &path))
                .and_then(|table| rows::convert(&table, &self.platform, watch))
        };
        let trouble = observation.as_ref().err().cloned();
        ReadFile { path, observation: observation.unwrap_or_default(), trouble, state, is_known }
    }

    /// Moves a file out of the way: to `done/`, or to `failed/` with a note beside it. What is made for
    /// it is its owner's alone: citizens wrote what lies there.
    ///
    /// # Errors
    ///
    /// The directory cannot be written to.
    pub fn finish(&self, file: &ReadFile) -> io::Result<()> {
        let Some(directory) = &self.settings.path else { return Ok(()) };
        let target = directory.join(if file.trouble.is_some() { FAILED } else { DONE });
        let path = if file.path.starts_with(&target) {
            // A change of its own, that another process may know it by.
            let aside = target.join(format!(".{}", std::process::id()));
            fs::rename(&file.path, &aside)?;
            fs::rename(&aside, &file.path)?;
            file.path.clone()
        } else {
            // Where it lies now, should it have to stay there.
            self.remember(file.path.clone(), file.state);
            private_directory(&target)?;
            let path = free_name(&target, &file.path);
            fs::rename(&file.path, &path)?;
            self.known().remove(&file.path);
            path
        };
        self.remember(path.clone(), file.state);
        if let Some(trouble) = &file.trouble {
            let mut note = path.into_os_string();
            note.push(".txt");
            write_private(Path::new(&note), format!("{trouble}\n").as_bytes())?;
        }
        Ok(())
    }
}

/// Neither hidden nor somebody's unfinished business.
fn is_wanted(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let unfinished = ["tmp", "part", "swp", "crdownload", "txt"].contains(&extension.as_str());
    !is_hidden(path) && !unfinished
}

/// A system's or an editor's own.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.starts_with('~') || name.ends_with('~')
}

/// The file's own name in `directory`, or the first free one with a number.
fn free_name(directory: &Path, path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let numbered = |number: u32| {
        let mut numbered = std::ffi::OsString::from(format!("{number}-"));
        numbered.push(name);
        directory.join(numbered)
    };
    let plain = std::iter::once(directory.join(name));
    let mut names = plain.chain((2..10_000).map(numbered));
    names.find(|path| !path.exists()).unwrap_or_else(|| directory.join(name))
}

#[cfg(test)]
mod tests;
