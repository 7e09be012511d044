//! SQLite on disk: the only module that names rusqlite.
//!
//! One writer, one file, WAL, `synchronous=FULL`: writes are few and each is a promise. No
//! transaction spans an await: every method runs its whole transaction on a blocking thread. Whoever
//! wants a connection waits for it in line, first come, first served, before it takes a thread: however
//! many ask, there is one thread at work for each connection.

mod accounts;
mod acts;
mod alarms;
mod burst;
mod calendar;
mod cases;
mod clicks;
mod columns;
mod copy;
mod duties;
mod erasure;
mod examine;
mod exchange;
mod glance;
mod handling;
mod import;
mod message_list;
mod migrate;
mod outbox;
mod partial;
mod restoration;
mod room;
mod rounds;
mod runs;
mod settle;
mod silences;
mod statistics;
mod tokens;
mod told;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{Mutex, oneshot};

pub use acts::{Attempt, Condition, FollowUpRecord, Ticket};
pub use alarms::AlarmSubject;
pub use burst::Burst;
pub use calendar::{CalendarVersion, HAD_BEEN_TOLD, Kept, Proposal};
pub use cases::{Consequence, HistoryEntry};
pub use clicks::HeardClick;
pub use copy::{Copied, CopyError, Restored, back_up, restore, spare, unfinished};
pub use exchange::{Exchanged, Leased, Parcel, Take};
pub use glance::{LastDeed, LastWords, Revision, Waiting};
pub use message_list::MessageFilter;
pub use outbox::{Steering, Traffic};
pub use partial::begun;
pub use restoration::Restoration;
pub use room::Room;
pub use rounds::WithRounds;
pub use runs::{RememberedDataset, Run, RunReport};
pub use settle::{Effort, Settled, Settlement};
pub use told::Reminded;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
    /// The file is no database, or no longer a whole one.
    #[error("the file is no database, or is damaged; it was left as it is: restore a backup")]
    Damaged(#[source] rusqlite::Error),
    /// SQLite's own check found a fault.
    #[error("the file is damaged ({0}); it was left as it is: restore a backup")]
    Unsound(String),
    /// Nothing more can be written.
    #[error("the disk is full: make room, and all goes on where it stopped")]
    Full(#[source] rusqlite::Error),
    /// The file, its directory or its disk may only be read.
    #[error(
        "the database may only be read: let jicui's user own state_dir and what is in it, and see \
         whether the disk went read-only (dmesg)"
    )]
    ReadOnly(#[source] rusqlite::Error),
    /// The disk failed.
    #[error("the disk failed: see `dmesg`; all goes on where it stopped once it is well")]
    Disk(#[source] rusqlite::Error),
    /// Another program holds the file.
    #[error("the database is held by another program: see who with `fuser`, and end it")]
    Locked(#[source] rusqlite::Error),
    /// A row that cannot be read back.
    #[error("the database holds `{value}` as {column}, which this build cannot read")]
    Inconsistent {
        /// The column.
        column: &'static str,
        /// What stands there, shortened.
        value: String,
    },
    /// Written by a newer build.
    #[error(
        "the database is at schema {found}, this build knows {known}: \
         install the newer jicui again, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The file's schema.
        found: i64,
        /// The newest this build knows.
        known: i64,
    },
    /// The thread that ran the transaction is gone.
    #[error("the database thread ended")]
    ThreadEnded,
}

impl StoreError {
    /// Whether nothing but a backup helps.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::Unsound(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged(error),
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly(error)
            }
            // Where there is no room for the index of the log, SQLite calls it so.
            Some(_) if extended_code(&error) == Some(SQLITE_IOERR_SHMSIZE) => Self::Full(error),
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// What exactly SQLite says.
fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

impl StoreError {
    /// Whether nothing at all can be written, until a person does something about it.
    pub fn stops_everything(&self) -> bool {
        matches!(
            self,
            Self::Damaged(_)
                | Self::Unsound(_)
                | Self::Full(_)
                | Self::ReadOnly(_)
                | Self::Disk(_)
                | Self::Locked(_)
        )
    }
}

/// Another program has long written what it wanted to before this.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the write-ahead log becomes before it is brought into the file, in pages: 16 MB. What many
/// messages change again and again, the indexes above all, is then written once for all of them.
const LOG_PAGES: u32 = 4000;

/// Statements kept ready: as many as there are, so that none is read again each time it is used.
const STATEMENTS: usize = 256;

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    /// A second connection to the same file, opened by who first looks: see [`glance`].
    reader: Arc<Mutex<Option<Connection>>>,
    path: Arc<Path>,
    /// Transactions run where they are asked for.
    in_place: bool,
}

impl Store {
    /// Opens or creates the database at `path`, brought up to this build's schema.
    ///
    /// # Errors
    ///
    /// A file that is no database, or is from a newer build; it is left as it was.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        leave_log(&connection, true)?;
        // What is erased is overwritten, not only forgotten.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -2000)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        // Else every statement that an index on some of the rows may serve is planned anew each
        // time it is used.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        migrate::migrate(&mut connection)?;
        leave_log(&connection, false)?;
        Ok(Self::of(connection))
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the database at `path` for one look, after which nothing lies beside it where nobody uses it.
    pub fn open_to_look(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::of(examine::open(path)?))
    }

    /// The same to read it for longer, while another jicui is at work, or begins to be.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::of(examine::open_beside_others(path)?))
    }

    fn of(connection: Connection) -> Self {
        let path = Arc::from(Path::new(connection.path().unwrap_or_default()));
        let connection = Arc::new(Mutex::new(connection));
        Self { connection, reader: Arc::default(), path, in_place: false }
    }

    /// The same store, whose transactions run on the thread that asks, while all else there waits: for a
    /// world of one thread in which the order of events is to be the same each time.
    #[must_use]
    pub fn in_place(self) -> Self {
        Self { in_place: true, ..self }
    }

    /// Reads the whole file once and says whether it is sound: at the start of the daemon, so that
    /// damage is found before anything is built on it. A damaged file is left as it is.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.read(|tx| {
            let checked = migrate::check(tx);
            leave_log(tx, checked.is_err())?;
            checked
        })
        .await
    }

    /// Brings everything from the write-ahead log into the file and empties the log; `false` if somebody
    /// else reads it just now: nobody is waited for.
    pub async fn empty_log(&self) -> Result<bool, StoreError> {
        let connection = Arc::clone(&self.connection).lock_owned().await;
        let job = move || -> Result<bool, StoreError> {
            connection.busy_timeout(Duration::ZERO)?;
            let sql = "pragma wal_checkpoint(truncate)";
            let is_held = connection.query_row(sql, [], |row| row.get::<_, bool>(0));
            connection.busy_timeout(PATIENCE)?;
            Ok(!is_held?)
        };
        self.perform(job).await
    }

    /// Runs `work` in one write transaction, off the async threads. `work` cannot await.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(TransactionBehavior::Immediate, work).await
    }

    /// Runs `work` in one read transaction.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(TransactionBehavior::Deferred, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        behaviour: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = Arc::clone(&self.connection).lock_owned().await;
        let job = move || {
            let transaction = connection.transaction_with_behavior(behaviour)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        self.perform(job).await
    }

    /// Does `job` on a blocking thread, or where it is asked for.
    async fn perform<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.in_place {
            let result = job();
            // Others have their turn after each transaction, as if it had taken time.
            tokio::task::yield_now().await;
            return result;
        }
        let (tell, told) = oneshot::channel();
        // One kind of task for the runtime, whatever the job: each kind is 2 kB of program.
        let task: Box<dyn FnOnce() + Send> = Box::new(move || {
            // Whoever asked may be gone; the job was done all the same.
            let _ = tell.send(job());
        });
        tokio::task::spawn_blocking(task);
        told.await.map_err(|_| StoreError::ThreadEnded)?
    }
}

/// Whether the write-ahead log is left beside the file when the connection ends, rather than brought into
/// it: nothing is written to a file that may be damaged.
fn leave_log(connection: &Connection, leaves: bool) -> Result<(), StoreError> {
    let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    Ok(connection.set_db_config(setting, leaves).map(drop)?)
}

#[cfg(test)]
impl Store {
    /// Keeps everybody else waiting until it is dropped.
    pub(crate) async fn hold(&self) -> tokio::sync::OwnedMutexGuard<Connection> {
        Arc::clone(&self.connection).lock_owned().await
    }
}

#[cfg(test)]
mod tests;
