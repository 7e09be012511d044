//! A year of the calendar whose file cannot be used, and that is about to be replaced: what is wrong with it keeps
//! nobody from putting it right.

use std::path::Path;
use std::sync::Arc;

use super::calendar::{COMPILED_IN, CalendarFiles, read_year};
use super::fault::Faults;

impl CalendarFiles {
    /// The same without the file of this name, if it cannot be used: what the program carries of its year, if
    /// anything, is in its place.
    pub(super) fn without_unusable(mut self, name: &str) -> Self {
        let Some(bytes) = self.files.get(name).cloned() else { return self };
        if read_year(Path::new(name), &bytes, &Faults::default()).is_some() {
            return self;
        }
        self.files.remove(name);
        let carried = COMPILED_IN.iter().find(|(carried, _)| *carried == name);
        self.files.extend(carried.map(|(name, bytes)| ((*name).to_owned(), (*bytes).into())));
        self.unusable = Some((name.to_owned(), bytes));
        self
    }

    /// The name of the file that cannot be used, if there is one.
    pub fn unusable(&self) -> Option<&str> {
        self.unusable.as_ref().map(|(name, _)| name.as_str())
    }

    /// The same with this in force in the place of the file that cannot be used.
    #[must_use]
    pub fn with_in_its_place(&self, bytes: &[u8]) -> Self {
        let mut changed = self.clone();
        changed.files.extend(self.unusable().map(|name| (name.to_owned(), bytes.into())));
        changed
    }

    /// One of the files as it was found on the disk, also where it cannot be used.
    pub fn found(&self, name: &str) -> Option<&[u8]> {
        let unusable = self.unusable.as_ref().filter(|(unusable, _)| unusable == name);
        unusable.map_or_else(|| self.file(name), |(_, bytes)| Some(bytes))
    }

    /// Whether the same was found on the disk.
    pub fn is_found_as(&self, other: &Self) -> bool {
        let found = |files: &Self| -> Vec<(String, Arc<[u8]>)> {
            let others = files.iter().filter(|(name, _)| files.unusable() != Some(*name));
            let others = others.map(|(name, bytes)| (name.to_owned(), Arc::clone(bytes)));
            let mut all: Vec<_> = others.chain(files.unusable.clone()).collect();
            all.sort();
            all
        };
        self.policy() == other.policy() && found(self) == found(other)
    }
}
