//! What a copy is called until it is whole: each process has a name of its own, so that of two that copy to one
//! file at once neither builds on what the other has begun.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::examine::beside;

const ENDING: &str = ".partial";
/// What SQLite lays beside it meanwhile.
const JOURNAL: &str = "-journal";

/// The name under which this process copies to `file`; what processes that are gone left of theirs is removed.
pub(super) fn begin(file: &Path) -> PathBuf {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = fs::read_dir(directory.unwrap_or(Path::new("."))).into_iter().flatten();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(OsStr::to_str).and_then(read);
        let left = name.filter(|(of, _)| file.file_name() == Some(OsStr::new(of)));
        if left.is_some_and(|(_, process)| process.is_none_or(is_gone)) {
            // One that stays does no harm.
            let _ = fs::remove_file(&path);
        }
    }
    beside(file, &format!(".{}{ENDING}", std::process::id()))
}

/// Removes what is left of a copy that failed, with its journal: it helps nobody.
pub(super) fn remove(partial: &Path) {
    for path in [partial, &beside(partial, JOURNAL)] {
        let _ = fs::remove_file(path);
    }
}

/// The file whose copy was begun under this name, and whether whoever began it is gone.
pub fn begun(name: &str) -> Option<(&str, bool)> {
    read(name).map(|(file, process)| (file, process.is_none_or(is_gone)))
}

/// The file, and the process that copies to it; an earlier build did not say which.
fn read(name: &str) -> Option<(&str, Option<Pid>)> {
    let name = name.strip_suffix(JOURNAL).unwrap_or(name).strip_suffix(ENDING)?;
    let named = name
        .rsplit_once('.')
        .and_then(|(file, process)| Some((file, Some(Pid::from_raw(process.parse().ok()?)?))));
    Some(named.unwrap_or((name, None)))
}

fn is_gone(process: Pid) -> bool {
    test_kill_process(process) == Err(Errno::SRCH)
}
