//! Brings a database up to this build's schema, forward only.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Every migration, in order; `user_version` counts how many a file has had.
pub(super) const MIGRATIONS: [&str; 23] = [
    include_str!("../../migrations/0001_spine.sql"),
    include_str!("../../migrations/0002_calendar.sql"),
    include_str!("../../migrations/0003_acts.sql"),
    include_str!("../../migrations/0004_silences.sql"),
    include_str!("../../migrations/0005_delivery.sql"),
    include_str!("../../migrations/0006_follow_ups.sql"),
    include_str!("../../migrations/0007_doubt.sql"),
    include_str!("../../migrations/0008_doors.sql"),
    include_str!("../../migrations/0009_past.sql"),
    include_str!("../../migrations/0010_checklists.sql"),
    include_str!("../../migrations/0011_restorations.sql"),
    include_str!("../../migrations/0012_duties.sql"),
    include_str!("../../migrations/0013_tokens.sql"),
    include_str!("../../migrations/0014_accounts.sql"),
    include_str!("../../migrations/0015_sessions.sql"),
    include_str!("../../migrations/0016_cancelled.sql"),
    include_str!("../../migrations/0017_leases.sql"),
    include_str!("../../migrations/0018_ended.sql"),
    include_str!("../../migrations/0019_rounds.sql"),
    include_str!("../../migrations/0020_unreached.sql"),
    include_str!("../../migrations/0021_imported_rounds.sql"),
    include_str!("../../migrations/0022_readings.sql"),
    include_str!("../../migrations/0023_user_events.sql"),
];

/// Applies what is missing in one transaction; refuses a file from a newer build. A file that lacks
/// nothing is not written to, and one that is damaged is not built upon.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let (found, known) = schema(&transaction)?;
    if found == known {
        return Ok(());
    }
    check(&transaction)?;
    for sql in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

/// The schema of a file, and the newest this build knows; refuses a newer one.
pub(super) fn schema(connection: &Connection) -> Result<(i64, i64), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known || found < 0 {
        return Err(StoreError::Newer { found, known });
    }
    Ok((found, known))
}

/// Reads the whole file and says whether it is sound.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let said: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Unsound(said)) }
}
