//! TOML with places: every value knows its file, line and column.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Faults, line_and_column};
use super::file::read_at_most;

/// A file as it was read.
#[derive(Debug)]
struct Source {
    /// As the person named it.
    path: PathBuf,
    /// Its text.
    text: String,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    source: Rc<Source>,
    offset: usize,
    /// The value itself.
    pub(super) value: Value,
}

/// What a value can be.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A day without a time.
    Date(NaiveDate),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Rc<Vec<Entry>>),
    /// Anything else, by its name.
    Other(&'static str),
}

/// A key of a table, and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    offset: usize,
    /// Its value.
    pub(super) node: Node,
}

impl Node {
    /// Its line and column.
    pub(super) fn at(&self) -> (usize, usize) {
        line_and_column(&self.source.text, self.offset)
    }

    /// Whether nobody wrote it: it comes from the compiled-in defaults.
    pub(super) fn is_default(&self) -> bool {
        self.path() == Path::new(super::DEFAULTS_PATH)
    }

    /// The file it stands in.
    pub(super) fn path(&self) -> &Path {
        &self.source.path
    }

    /// `file:line`, for what must be traced later.
    pub(super) fn place(&self) -> String {
        let name = self.source.path.file_name().unwrap_or_default().to_string_lossy();
        let (line, _) = self.at();
        format!("{name}:{line}")
    }

    /// Records that this value is wrong.
    pub(super) fn fault(&self, faults: &Faults, message: String) {
        faults.fault(self.path(), Some(self.at()), message);
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The keys of a table, in the order of the file; none for anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of `key`.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Where one of its keys stands.
    pub(super) fn at_key(&self, entry: &Entry) -> (usize, usize) {
        line_and_column(&self.source.text, entry.offset)
    }

    /// The type's name, for a fault.
    pub(super) fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(name) => name,
        }
    }
}

/// What to do about a file that belongs to others.
const NOT_PERMITTED: &str = "type `sudo jicui …`, or name a configuration that you may read with \
                             --config; the service itself reads what its group may (chgrp jicui, \
                             chmod 640)";

/// A directory of some thousand units, or the closures of a century: what is larger is none of ours.
pub(super) const LONGEST_TEXT: usize = 2_000_000;

/// Reads a whole file; why it cannot be read is recorded.
pub(super) fn read_text(path: &Path, faults: &Faults) -> Option<String> {
    let message = match read_at_most(path, LONGEST_TEXT).map(String::from_utf8) {
        Ok(Ok(text)) => return Some(text),
        Ok(Err(_)) => "not UTF-8: save it as UTF-8".to_owned(),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            format!("cannot be read by this user ({error}): {NOT_PERMITTED}")
        }
        Err(error) => format!("cannot be read: {error}"),
    };
    faults.fault(path, None, message);
    None
}

/// Parses `text`; syntax faults are recorded, and what could be read is returned all the same.
pub(super) fn parse(path: &Path, text: &str, faults: &Faults) -> Node {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    let source = Rc::new(Source { path: path.to_owned(), text });
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        let at = error.span().map(|span| line_and_column(&source.text, span.start));
        faults.fault(path, at, format!("not valid TOML: {}", error.message()));
    }
    let entries = table_entries(table.get_ref(), &source);
    Node { source: Rc::clone(&source), offset: 0, value: Value::Table(Rc::new(entries)) }
}

fn table_entries(table: &DeTable<'_>, source: &Rc<Source>) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        Entry { key: name.to_string(), offset: key.span().start, node: node(value, source) }
    };
    table.iter().map(entry).collect()
}

fn node(value: &Spanned<DeValue<'_>>, source: &Rc<Source>) -> Node {
    let read = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or(Value::Other("a number too large"), Value::Integer)
        }
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(moment) => {
            let date = NaiveDate::parse_from_str(&moment.to_string(), "%Y-%m-%d");
            date.map_or(Value::Other("a moment"), Value::Date)
        }
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Array(list) => Value::List(list.iter().map(|item| node(item, source)).collect()),
        DeValue::Table(table) => Value::Table(Rc::new(table_entries(table, source))),
    };
    Node { source: Rc::clone(source), offset: value.span().start, value: read }
}
