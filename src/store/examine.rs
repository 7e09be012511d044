//! Looks at a database without opening it for work: nothing in it is changed, and nothing is made; but
//! where a crash has left a log without its index, SQLite makes that anew, as the next start would.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::migrate;
use super::{Store, StoreError};

/// A daemon in the middle of its one exclusive moment is done long before this.
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Whether the database at `path`, which is there, is sound and of a schema this build knows. A
    /// running daemon goes on meanwhile.
    ///
    /// # Errors
    ///
    /// What keeps the daemon from working with it.
    pub fn examine(path: &Path) -> Result<(), StoreError> {
        let connection = open(path)?;
        migrate::schema(&connection)?;
        migrate::check(&connection)
    }

    /// Whether the database at `path` lacks what this build knows: it was never opened by one as new.
    ///
    /// # Errors
    ///
    /// A file that is no database, or is from a newer build.
    pub fn is_older(path: &Path) -> Result<bool, StoreError> {
        let (found, known) = migrate::schema(&open(path)?)?;
        Ok(found < known)
    }
}

/// Opens the database at `path` to look at it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    open_as(path, has_company(path))
}

/// The same to read it for longer, while somebody may begin to use it.
pub(super) fn open_beside_others(path: &Path) -> Result<Connection, StoreError> {
    open_as(path, true)
}

/// Where its disk takes not even what SQLite lays beside it, it is read as it lies there: that is all of it, as
/// long as no log has any content.
fn open_as(path: &Path, is_used: bool) -> Result<Connection, StoreError> {
    let connection = read_only(Path::new(&address(path, is_used)))?;
    match connection
        .pragma_query_value(None, "schema_version", |_| Ok(()))
        .map_err(StoreError::from)
    {
        Err(StoreError::Full(_) | StoreError::ReadOnly(_)) if !has_log(path) => {
            read_only(Path::new(&address(path, false)))
        }
        Err(error) => Err(error),
        Ok(()) => Ok(connection),
    }
}

/// Whether something stands in the database's log that may not stand in its file yet.
fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Whether somebody uses the database, or did so until a crash.
fn has_company(path: &Path) -> bool {
    has_log(path) || beside(path, "-shm").exists()
}

/// Opens a file, or an address, for reading only.
fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// The database as an address. Where nobody uses it, SQLite need not lay anything beside it either.
fn address(path: &Path, is_used: bool) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            address.push(char::from(*byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(address, "%{byte:02x}");
        }
    }
    if is_used { address } else { address + "?immutable=1" }
}

/// A file that lies beside a database: its own name, with an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
