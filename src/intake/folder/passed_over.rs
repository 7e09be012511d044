//! What lies in the folder and is never read: somebody may wait for it in vain.

use std::fs::{self, FileType};
use std::path::Path;

use super::{DONE, FAILED, is_hidden, is_wanted};
use crate::domain::counted::first_of;

/// So many are named.
const NAMED: usize = 5;

/// The names of what is passed over in `directory`, in order; what a system or an editor hides is nobody's.
pub(super) fn find(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let named = entries.filter_map(|entry| {
        let (path, kind) = (entry.path(), entry.file_type().ok()?);
        let name = entry.file_name().to_string_lossy().replace(char::is_control, "?");
        let is_own = kind.is_dir() && [DONE, FAILED].contains(&name.as_str());
        let what = if is_own || is_hidden(&path) { None } else { reason(&path, kind) };
        what.map(|what| format!("{name}{what}"))
    });
    let mut names: Vec<String> = named.collect();
    names.sort();
    names
}

/// Why it is passed over, where its name does not say so; `None` for what is read.
fn reason(path: &Path, kind: FileType) -> Option<&'static str> {
    match kind {
        kind if kind.is_symlink() => Some(" (a link)"),
        kind if kind.is_dir() => Some(" (a directory)"),
        kind if !kind.is_file() => Some(" (no file)"),
        _ if is_wanted(path) => None,
        _ => Some(""),
    }
}

/// How many there are, and the first of them; `None` where there are none.
pub fn listed(names: &[String]) -> Option<String> {
    let say = || format!("{} passed over: {}", names.len(), first_of(names, NAMED));
    (!names.is_empty()).then(say)
}
