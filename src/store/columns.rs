//! How domain values stand in columns, and how they are read back: never with a guess.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use rusqlite::Row;

use super::StoreError;

/// An instant as `2026-02-11T01:00:00.000Z`: sortable as text.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A wall-clock moment as `2024-11-06T14:42:00`.
pub(super) fn moment(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Reads a text column with `parse`.
pub(super) fn parsed<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?;
    parse(text).ok_or_else(|| inconsistent(column, text))
}

/// Reads a text column that may be null.
pub(super) fn optional<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    text.map(|text| parse(text).ok_or_else(|| inconsistent(column, text))).transpose()
}

fn inconsistent(column: &'static str, value: &str) -> StoreError {
    StoreError::Inconsistent { column, value: value.chars().take(40).collect() }
}

/// Reads `2026-02-11`.
pub(super) fn parse_day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// Reads what [`instant`] writes.
pub(super) fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}

/// Reads what [`moment`] writes.
pub(super) fn parse_moment(text: &str) -> Option<NaiveDateTime> {
    text.parse().ok()
}
