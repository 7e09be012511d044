//! How domain values stand in columns, and how they are read back: never with a guess.

use std::cell::Cell;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Error, Row};

use super::StoreError;

/// An instant as `2026-02-11T01:00:00.000Z`: sortable as text.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A wall-clock moment as `2024-11-06T14:42:00`.
pub(super) fn moment(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A row whose columns have names.
pub(super) trait Named {
    /// What stands in a column.
    fn value(&self, column: &'static str) -> rusqlite::Result<ValueRef<'_>>;
}

impl Named for Row<'_> {
    fn value(&self, column: &'static str) -> rusqlite::Result<ValueRef<'_>> {
        self.get_ref(column)
    }
}

/// A row of many columns that are read in about the order in which they stand: each is looked for from
/// where the last one was found, which is much cheaper than from the first.
pub(super) struct InOrder<'r> {
    row: &'r Row<'r>,
    next: Cell<usize>,
}

impl<'r> InOrder<'r> {
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: Cell::new(0) }
    }

    /// Reads a column.
    pub(super) fn get<T: FromSql>(&self, column: &'static str) -> rusqlite::Result<T> {
        self.row.get(self.index(column)?)
    }

    fn index(&self, column: &'static str) -> rusqlite::Result<usize> {
        let statement = self.row.as_ref();
        let next = self.next.get();
        let mut all = (next..statement.column_count()).chain(0..next);
        let index = all.find(|index| statement.column_name(*index) == Ok(column));
        let index = index.ok_or_else(|| Error::InvalidColumnName(column.to_owned()))?;
        self.next.set(index + 1);
        Ok(index)
    }
}

impl Named for InOrder<'_> {
    fn value(&self, column: &'static str) -> rusqlite::Result<ValueRef<'_>> {
        self.row.get_ref(self.index(column)?)
    }
}

/// Reads a text column with `parse`.
pub(super) fn parsed<T>(
    row: &impl Named,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let text = row.value(column)?.as_str().map_err(Error::from)?;
    parse(text).ok_or_else(|| inconsistent(column, text))
}

/// Reads a text column that may be null.
pub(super) fn optional<T>(
    row: &impl Named,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let text = row.value(column)?.as_str_or_null().map_err(Error::from)?;
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
