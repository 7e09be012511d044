//! What would keep the daemon from its state: the disk, the directory, the database. Looked at without
//! creating or changing anything.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};
use rustix::io::Errno;

use super::setup::{broken_restoration, database, explain};
use crate::config::{Config, Fault, Severity};
use crate::store::{Store, StoreError};

/// With less than this left a disk is as good as full: a busy year takes a tenth of it.
const LITTLE_MB: u64 = 100;
const MEGABYTE: u64 = 1024 * 1024;

/// What is wrong with the state directory and what is in it; nothing if all is well.
pub(super) fn examine(config: &Config) -> Vec<Fault> {
    let (state_dir, mut found) = (config.state_dir.as_path(), Vec::new());
    let Some(there) =
        state_dir.ancestors().find(|path| barred_from(path).is_some() || path.exists())
    else {
        return found;
    };
    if let Some(fault) = out_of_sight(there) {
        return vec![fault];
    }
    if !there.is_dir() {
        let what = format!("{} is a file: set state_dir to a directory", there.display());
        return vec![fault(state_dir, what)];
    }
    found.extend(writable(state_dir, there));
    found.extend(room(state_dir, there));
    let path = database(state_dir);
    found.extend(broken_restoration(&path).map(|reason| fault(&path, reason)));
    match std::fs::metadata(&path) {
        Ok(_) => {
            found.extend(["", "-wal", "-shm"].iter().filter_map(|ending| {
                let mut name = path.as_os_str().to_owned();
                name.push(ending);
                let file = Path::new(&name);
                if file.exists() { writable(file, file) } else { None }
            }));
            found.extend(match Store::examine(&path) {
                Ok(()) => None,
                Err(error @ StoreError::ReadOnly(_)) => Some(barred(&path, error.to_string())),
                Err(error) => Some(fault(&path, format!("{:#}", explain(error, config)))),
            });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => found.push(
            out_of_sight(&path)
                .unwrap_or_else(|| fault(&path, format!("cannot be looked at: {error}"))),
        ),
    }
    found
}

fn barred_from(path: &Path) -> Option<std::io::Error> {
    path.try_exists().err().filter(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// What this user may not even look at: that it is not there, nobody has said.
fn out_of_sight(path: &Path) -> Option<Fault> {
    let error = barred_from(path)?;
    let message = format!("cannot be looked at by this user ({error})");
    let owned = path.ancestors().skip(1).find(|above| above.exists());
    Some(Fault { file: path.to_owned(), ..barred(owned.unwrap_or(path), message) })
}

/// Whether `wanted` can be written to, or made in `there`, the nearest directory that exists.
fn writable(wanted: &Path, there: &Path) -> Option<Fault> {
    let mut access = Access::WRITE_OK;
    if there.is_dir() {
        access |= Access::EXEC_OK;
    }
    let (verb, place) = if wanted == there {
        ("be written to", String::new())
    } else {
        ("be made", format!(" in {}", there.display()))
    };
    match accessat(CWD, there, access, AtFlags::EACCESS) {
        Ok(()) => None,
        Err(Errno::ROFS) => Some(fault(
            wanted,
            format!(
                "cannot {verb}{place}: the file system is read-only; see `dmesg`, and mount it anew"
            ),
        )),
        Err(error) => {
            let remedy = "let jicui's user own it (chown -R), or set state_dir";
            Some(barred(there, format!("cannot {verb}: {error}; {remedy}")))
        }
    }
}

/// Whether there is room to write.
fn room(state_dir: &Path, there: &Path) -> Option<Fault> {
    let disk = statvfs(there).ok()?;
    let left = disk.f_bavail.saturating_mul(disk.f_frsize) / MEGABYTE;
    let is_without_names = disk.f_files > 0 && disk.f_favail == 0;
    let remedy = "make room, or set state_dir to a larger one";
    match left {
        _ if is_without_names => {
            Some(fault(state_dir, format!("its disk takes no more files (inodes): {remedy}")))
        }
        0 => Some(fault(state_dir, format!("its disk is full: {remedy}"))),
        1..LITTLE_MB => {
            Some(warning(state_dir, format!("{left} MB are left on its disk: {remedy}")))
        }
        _ => None,
    }
}

/// What this user may not do, jicui's own may: a fault only if they are the same.
fn barred(file: &Path, message: String) -> Fault {
    let me = rustix::process::geteuid().as_raw();
    match std::fs::metadata(file) {
        Ok(known) if known.uid() != me && me != 0 => warning(
            file,
            format!(
                "{message}; if the daemon runs as another user, check as that one: sudo -u jicui jicui check, or \
                 sudo jicui check"
            ),
        ),
        _ => fault(file, message),
    }
}

fn fault(file: &Path, message: String) -> Fault {
    Fault { file: file.to_owned(), at: None, message, severity: Severity::Fault }
}

fn warning(file: &Path, message: String) -> Fault {
    Fault { severity: Severity::Warning, ..fault(file, message) }
}
