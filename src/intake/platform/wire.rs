//! The platform's foreign shapes: where a value stands, and what a text or number there means.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde_json::Value;

use crate::config::settings::{Endpoint, Pointers};
use crate::intake::SourceError;

/// The list of rows in a document, or what stands there instead.
pub(super) fn rows<'d>(
    document: &'d Value,
    endpoint: &Endpoint,
) -> Result<&'d Vec<Value>, SourceError> {
    let Pointers(pointers) = &endpoint.rows;
    // Of several places the first that holds a list; what else stands there is for the fault.
    let mut places = pointers.iter().filter_map(|pointer| document.pointer(pointer));
    let found = places.clone().find(|place| place.is_array()).or_else(|| places.next());
    let wanted = pointers.first().map_or("", String::as_str);
    match found {
        Some(Value::Array(rows)) => Ok(rows),
        Some(other) => Err(SourceError::Changed(format!(
            "expected a list at {wanted}, got {}",
            type_name(other)
        ))),
        None => Err(SourceError::Changed(format!("expected a list at {wanted}, got nothing"))),
    }
}

/// The number of all rows, if the document says it.
pub(super) fn count(document: &Value, endpoint: &Endpoint) -> Option<u64> {
    first(document, &endpoint.count).and_then(number)
}

/// Whether a row has the field at all, be it without a value.
pub(super) fn has_field(row: &Value, endpoint: &Endpoint, name: &str) -> bool {
    let pointers = endpoint.fields.get(name).map(|Pointers(pointers)| pointers.as_slice());
    pointers.unwrap_or_default().iter().any(|pointer| row.pointer(pointer).is_some())
}

/// A row's field, by our name for it; null and empty texts are no value.
pub(super) fn field<'r>(row: &'r Value, endpoint: &Endpoint, name: &str) -> Option<&'r Value> {
    first(row, endpoint.fields.get(name)?)
}

fn first<'v>(value: &'v Value, Pointers(pointers): &Pointers) -> Option<&'v Value> {
    let mut found = pointers.iter().filter_map(|pointer| value.pointer(pointer));
    found.find(|value| !value.is_null() && value.as_str().is_none_or(|text| !text.is_empty()))
}

/// A number, or a text of digits.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A text, trimmed.
pub(super) fn text<'r>(row: &'r Value, endpoint: &Endpoint, name: &str) -> Option<&'r str> {
    field(row, endpoint, name)?.as_str().map(str::trim)
}

/// A field's moment in Taipei: none if the field is absent, `Err` if it cannot be read.
pub(super) fn moment(
    row: &Value,
    endpoint: &Endpoint,
    name: &str,
) -> Result<Option<NaiveDateTime>, String> {
    let Some(value) = field(row, endpoint, name) else { return Ok(None) };
    let read = match value {
        Value::Number(seconds) => seconds.as_i64().and_then(of_unix_seconds),
        Value::String(text) => read_moment(text.trim()),
        _ => None,
    };
    let within = read.filter(is_plausible);
    within.map(Some).ok_or_else(|| format!("`{name}` is no date that can be read"))
}

/// Whether the calendar can count from that day.
pub(in crate::intake) fn is_plausible(at: &NaiveDateTime) -> bool {
    (2000..=2058).contains(&at.year())
}

fn of_unix_seconds(seconds: i64) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp(seconds, 0)?.naive_utc() + TAIPEI_AHEAD)
}

/// Taipei is eight hours ahead of UTC, all year.
const TAIPEI_AHEAD: TimeDelta = TimeDelta::hours(8);

/// Reads `2024-11-06 14:42`, `2024-11-06`, `2024/11/06 14:42:00`, `113-11-06`, RFC 3339, Unix
/// seconds.
pub(in crate::intake) fn read_moment(text: &str) -> Option<NaiveDateTime> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.naive_utc() + TAIPEI_AHEAD);
    }
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return of_unix_seconds(text.parse().ok()?);
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let time = ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(time.trim(), form).ok())?;
    Some(read_day(day)?.and_time(time))
}

fn read_day(text: &str) -> Option<NaiveDate> {
    let plain = text.replace('/', "-");
    let (year, rest) = plain.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let roc = if year.len() <= 3 { 1911 } else { 0 };
    let year = year.parse::<i32>().ok()? + roc;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// What a value is, for a fault that quotes nothing.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let read = read_moment(text).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn moments_are_read_in_every_form_met() {
        check("2024-11-06 14:42", Some("2024-11-06 14:42"));
        check("2024-11-06 14:42:07", Some("2024-11-06 14:42"));
        check("2024-11-06", Some("2024-11-06 00:00"));
        check("2024/11/06 14:42", Some("2024-11-06 14:42"));
        check("113-11-06", Some("2024-11-06 00:00"));
        check("2024-11-06T06:42:00Z", Some("2024-11-06 14:42"));
        check("2024-11-06T14:42:00+08:00", Some("2024-11-06 14:42"));
        check("1730875320", Some("2024-11-06 14:42"));
        for text in ["", "yesterday", "2024-13-01", "2024-11-06 25:00", "11/06"] {
            check(text, None);
        }
    }
}
