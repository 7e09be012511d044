//! Consistent copies of the database: a backup made beside a running daemon, and the way back.
//!
//! `VACUUM INTO` reads one transaction and writes a file of its own: nothing is copied half, and
//! what stands only in the write-ahead log comes along. A copy counts once it was read again whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::ffi::SQLITE_IOERR_READ;
use rusqlite::{Connection, OptionalExtension};
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::columns::instant;
use super::erasure::{REDACTED, redact};
use super::examine::{self, beside};
use super::migrate::schema;
use super::partial;
use super::{Store, StoreError, extended_code};
use crate::config::owner::of_its_directory;

/// How much of a file is kept that is read once from end to end, in kB: more would stay with the daemon.
const KEPT_KB: i32 = 256;

/// What a database is made of: its logs, and at last itself.
const SUFFIXES: [&str; 3] = ["-wal", "-shm", ""];

/// What can go wrong with a copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// SQLite refuses the database or the copy.
    #[error("{}", .path.display())]
    Store {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        error: StoreError,
    },
    /// The file is damaged, or no database at all.
    #[error("{} is damaged, or no database: nothing was changed; take another copy", .0.display())]
    Damaged(PathBuf),
    /// What is to be copied is damaged.
    #[error("{} is damaged: stop jicui, and put the last copy back (jicui restore BACKUP)", .0.display())]
    Unsound(PathBuf),
    /// The directory is not there in which the copy shall lie.
    #[error("{}: make its directory first (mkdir -p -m 700)", .0.display())]
    NoDirectory(PathBuf),
    /// It cannot be opened, made or renamed.
    #[error("{}: {error}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A sound database of another program, or an empty one.
    #[error("{} is not a database of jicui: nothing was changed", .0.display())]
    Foreign(PathBuf),
    /// A directory where a file is wanted.
    #[error("{} is a directory: name a file in it", .0.display())]
    Directory(PathBuf),
    /// What stands where the copy shall go is none of ours, a newer build's, or no longer whole.
    #[error(
        "{} stands there already and is no whole backup of this jicui: name another file, or move it away",
        .0.display()
    )]
    Taken(PathBuf),
    /// The copy would overwrite what it is made from.
    #[error("{} is the database itself: name another file", .0.display())]
    Itself(PathBuf),
}

impl CopyError {
    fn of(path: &Path, error: impl Into<StoreError>) -> Self {
        match error.into() {
            error if error.is_damage() => Self::Damaged(path.to_owned()),
            error => Self::Store { path: path.to_owned(), error },
        }
    }
}

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many cases.
    pub cases: u64,
    /// How large the file is, in bytes.
    pub bytes: u64,
    /// The newest instant that it knows.
    pub known_until: Option<DateTime<Utc>>,
    /// What people wrote and what they sign in by was left out.
    pub is_redacted: bool,
}

/// Copies the database at `database` to `file`, while others use it; `redacted`: without people's
/// words. An earlier backup of that name is replaced once the new one was read again and found
/// whole; anything else of that name is left alone.
///
/// # Errors
///
/// The database is damaged or not there, the disk full, `file` is something else. A copy that is
/// not whole is removed.
pub fn back_up(database: &Path, file: &Path, redacted: bool) -> Result<Copied, CopyError> {
    if is_same(database, file) {
        return Err(CopyError::Itself(file.to_owned()));
    }
    if file.exists() {
        inspect_earlier(file)?;
    }
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    if directory.is_some_and(|directory| !directory.is_dir()) {
        return Err(CopyError::NoDirectory(file.to_owned()));
    }
    let partial = partial::begin(file);
    let made = copy(database, &partial, redacted).and_then(|copied| {
        rename(&partial, file)?;
        Ok(copied)
    });
    if made.is_err() {
        partial::remove(&partial);
    }
    made.map_err(|error| match error {
        CopyError::Damaged(path) if path == database => CopyError::Unsound(path),
        error => error,
    })
}

/// What the copy holds that stands where another shall go.
fn inspect_earlier(file: &Path) -> Result<Copied, CopyError> {
    inspect(file).map_err(|error| match error {
        CopyError::Damaged(path)
        | CopyError::Foreign(path)
        | CopyError::Store { path, error: StoreError::Newer { .. } } => CopyError::Taken(path),
        error => error,
    })
}

/// Moves a copy away that knows of a time which a restoration took back from `database`: whoever put the wrong
/// copy back has the right one still. Returns where it lies, if it was moved.
///
/// # Errors
///
/// One of the two cannot be read, or the copy not be renamed.
pub fn spare(file: &Path, database: &Path) -> Result<Option<PathBuf>, CopyError> {
    const TAKEN_BACK: &str = "select restored_at from restorations
        where known_until < ?1 and restored_at >= ?1 order by restored_at limit 1";
    if !file.exists() {
        return Ok(None);
    }
    let Some(known_until) = inspect_earlier(file)?.known_until else { return Ok(None) };
    let fault = |error: rusqlite::Error| CopyError::of(database, error);
    let connection = open(database)?;
    let found =
        connection.query_row(TAKEN_BACK, [instant(known_until)], |row| row.get::<_, String>(0));
    let Some(restored_at) = found.optional().map_err(fault)? else { return Ok(None) };
    let name = before_restoration(file, restored_at.parse().unwrap_or(known_until));
    rename(file, &name)?;
    Ok(Some(name))
}

/// What a restoration did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What is in force now.
    pub copied: Copied,
    /// Where the database lies that was there before, if there was one.
    pub set_aside: Option<PathBuf>,
}

/// Puts a copy of `file` in the place of `database`, brought up to this build's schema; the one that
/// was there is set aside, never removed. Only for the one that has the state directory to itself.
///
/// Until the last step the new database lies beside the old one, as [`unfinished`] says.
///
/// # Errors
///
/// `file` is damaged, another program's, or from a newer build: nothing was changed.
pub fn restore(file: &Path, database: &Path, now: DateTime<Utc>) -> Result<Restored, CopyError> {
    if is_same(database, file) {
        return Err(CopyError::Itself(file.to_owned()));
    }
    inspect(file)?;
    let partial = beside(database, ".partial");
    let made = copy(file, &partial, false).and_then(|copied| {
        begin(&partial, copied.known_until.unwrap_or(now).min(now), now)?;
        Ok(copied)
    });
    let copied = made.inspect_err(|_| partial::remove(&partial))?;
    let whole = beside(database, ".restoring");
    rename(&partial, &whole)?;
    let set_aside = set_aside(database, now)?;
    rename(&whole, database)?;
    Ok(Restored { copied, set_aside })
}

/// The file that a restoration which broke off left beside `database`: until it is begun again,
/// nothing may be built on what lies there.
pub fn unfinished(database: &Path) -> Option<PathBuf> {
    Some(beside(database, ".restoring")).filter(|path| path.exists())
}

/// Writes a private copy of `from` to `to` and reads it again.
fn copy(from: &Path, to: &Path, redacted: bool) -> Result<Copied, CopyError> {
    let fault = |error| CopyError::File { path: to.to_owned(), error };
    if to.exists() {
        fs::remove_file(to).map_err(fault)?;
    }
    // SQLite fills an empty file: it is private before anything stands in it.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let file = file.map_err(fault)?;
    of_its_directory(&file, to).map_err(fault)?;
    let source = open(from)?;
    let target = to.to_string_lossy();
    source.execute("vacuum into ?1", [&target]).map_err(|error| {
        let is_reading = extended_code(&error) == Some(SQLITE_IOERR_READ);
        let error = StoreError::from(error);
        // Nothing is written to what is only read.
        let is_writing = matches!(error, StoreError::Full(_) | StoreError::ReadOnly(_))
            || matches!(error, StoreError::Disk(_) if !is_reading);
        CopyError::of(if is_writing { to } else { from }, error)
    })?;
    if redacted {
        let redacted = Connection::open(to).and_then(|copy| redact(&copy));
        redacted.map_err(|error| CopyError::of(to, error))?;
    }
    file.sync_all().map_err(fault)?;
    inspect(to)
}

/// Reads a file whole, changes nothing, and says what it holds.
fn inspect(path: &Path) -> Result<Copied, CopyError> {
    const IS_OURS: &str = "select count(*) = 3 from sqlite_schema
        where type = 'table' and name in ('cases', 'outbox', 'history')";
    const CHECK: &str = "pragma integrity_check(1)";
    const COUNT: &str = "select count(*) from cases";
    const IS_REDACTED: &str = "select exists (select 1 from cases where title = ?1)";
    const NEWEST: &str = "select max(at) from (select max(started_at) as at from runs
        union all select max(at) from history union all select max(queued_at) from outbox)";
    let fault = |error: rusqlite::Error| CopyError::of(path, error);
    let connection = open(path)?;
    let one = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
    if one(IS_OURS)? == 0 {
        return Err(CopyError::Foreign(path.to_owned()));
    }
    let (found, _) = schema(&connection).map_err(|error| CopyError::of(path, error))?;
    if found == 0 {
        return Err(CopyError::Foreign(path.to_owned()));
    }
    let said: String = connection.query_row(CHECK, [], |row| row.get(0)).map_err(fault)?;
    if said != "ok" {
        return Err(CopyError::Damaged(path.to_owned()));
    }
    let newest: Option<String> =
        connection.query_row(NEWEST, [], |row| row.get(0)).map_err(fault)?;
    let file = fs::metadata(path);
    let file = file.map_err(|error| CopyError::File { path: path.to_owned(), error })?;
    Ok(Copied {
        cases: one(COUNT)?.unsigned_abs(),
        bytes: file.len(),
        known_until: newest.and_then(|text| text.parse().ok()),
        is_redacted: connection
            .query_row(IS_REDACTED, [REDACTED], |row| row.get(0))
            .map_err(fault)?,
    })
}

/// Opens a file for reading only; one that is not there, may not be read, or is a directory, is a fault of its own.
fn open(path: &Path) -> Result<Connection, CopyError> {
    let fault = |error| CopyError::File { path: path.to_owned(), error };
    // Looked at, not opened: to close a file takes back every lock that the process has on it, and the daemon's
    // database is locked as long as it runs (https://sqlite.org/howtocorrupt.html, 2.2).
    let found = fs::metadata(path).map_err(|error| fault(barred(error)))?;
    if found.is_dir() {
        return Err(CopyError::Directory(path.to_owned()));
    }
    // SQLite would wait for somebody who writes to a pipe.
    if !found.is_file() {
        return Err(CopyError::Foreign(path.to_owned()));
    }
    accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS)
        .map_err(|error| fault(barred(error.into())))?;
    let opened = examine::open_beside_others(path).and_then(|connection| {
        connection.pragma_update(None, "cache_size", -KEPT_KB)?;
        Ok(connection)
    });
    opened.map_err(|error| CopyError::of(path, error))
}

/// That this user may not, in words.
fn barred(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            io::Error::new(error.kind(), format!("cannot be read by this user ({error})"))
        }
        _ => error,
    }
}

/// Brings the copy up to this build's schema and marks what may have been sent since it was made.
fn begin(path: &Path, known_until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), CopyError> {
    let marked = Store::open(path).and_then(|store| {
        drop(store);
        Ok(mark(&mut Connection::open(path)?, [&instant(known_until), &instant(now)])?)
    });
    marked.map_err(|error| CopyError::of(path, error))?;
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| CopyError::File { path: path.to_owned(), error })
}

fn mark(connection: &mut Connection, [known_until, now]: [&String; 2]) -> rusqlite::Result<()> {
    const AGAIN: &str = "update restorations set over_at = ?1 where over_at is null";
    const BEGIN: &str = "insert into restorations (known_until, restored_at) values (?1, ?2)";
    const WAITED: &str = "update outbox set state = 'sending', next_attempt_at = ?2,
        reason = coalesce(reason, 'it may have been sent since the backup was made'),
        last_attempt_at = min(coalesce(last_attempt_at, ?1), ?1)
        where state in ('queued', 'sending') and occasion not in ('alarm', 'alarm_over')";
    const ENDED: &str = "update outbox set in_doubt = 1,
        last_attempt_at = min(coalesce(last_attempt_at, ?1), ?1)
        where state in ('failed', 'overtaken') and occasion not in ('alarm', 'alarm_over')";
    let tx = connection.transaction()?;
    tx.execute(AGAIN, [now])?;
    tx.execute(BEGIN, [known_until, now])?;
    tx.execute(WAITED, [known_until, now])?;
    tx.execute(ENDED, [known_until])?;
    tx.commit()?;
    // One file that needs no log beside it.
    connection.pragma_update(None, "journal_mode", "delete")
}

/// Moves the database and its logs away, under a name of their own.
fn set_aside(database: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, CopyError> {
    let name = before_restoration(database, now);
    let mut aside = None;
    for suffix in SUFFIXES {
        let from = beside(database, suffix);
        if from.exists() {
            let to = beside(&name, suffix);
            rename(&from, &to)?;
            aside = Some(to);
        }
    }
    Ok(aside)
}

/// A name that is free for what was there before a restoration.
fn before_restoration(file: &Path, restored_at: DateTime<Utc>) -> PathBuf {
    let stamp = restored_at.format(".before-restore-%Y%m%dT%H%M%SZ").to_string();
    free_name(&beside(file, &stamp))
}

/// `name`, or the first of `name-2`, `name-3`, … under which neither a database nor a log of one lies.
fn free_name(name: &Path) -> PathBuf {
    let is_taken = |name: &Path| SUFFIXES.iter().any(|suffix| beside(name, suffix).exists());
    let (mut free, mut number) = (name.to_owned(), 1);
    while is_taken(&free) {
        number += 1;
        free = beside(name, &format!("-{number}"));
    }
    free
}

/// Renames for good: the directory is synced.
fn rename(from: &Path, to: &Path) -> Result<(), CopyError> {
    let fault = |error| CopyError::File { path: to.to_owned(), error };
    fs::rename(from, to).map_err(fault)?;
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = File::open(directory.unwrap_or(Path::new("."))).map_err(fault)?;
    directory.sync_all().map_err(fault)
}

/// Whether `other` is the database `one`, or a log of it.
fn is_same(one: &Path, other: &Path) -> bool {
    let is = |one: &Path| match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    SUFFIXES.iter().any(|suffix| is(&beside(one, suffix)))
}
