//! A file becomes a table of texts: CSV, JSON, XML or ODS, in whatever encoding it was saved.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use encoding_rs::BIG5;
use quick_xml::events::Event;
use serde_json::Value;

use super::ods;

/// No more cells than this are read from one file, empty ones too: however small it is, some 100 MB of
/// memory. A list of all that was ever asked of one ministry has a hundredth of them.
pub(super) const MOST_CELLS: usize = 1_000_000;

/// A cell with its column's name, as [`name_of`] has it.
pub(in crate::intake) type Cell = (Arc<str>, String);

/// Rows of named cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::intake) struct Table {
    /// Each row's number as a person counts it (the header is row 1), and its cells.
    pub(in crate::intake) rows: Vec<(usize, Vec<Cell>)>,
    /// How many cells there are.
    cells: usize,
    /// The names, each kept once.
    names: BTreeSet<Arc<str>>,
}

impl Table {
    fn push(
        &mut self,
        number: usize,
        cells: impl ExactSizeIterator<Item = (String, String)>,
    ) -> Result<(), String> {
        self.cells = self.cells.saturating_add(cells.len());
        if self.cells > MOST_CELLS {
            return Err(format!("row {number}: more than {MOST_CELLS} cells up to here: split it"));
        }
        let cells = cells.map(|(name, cell)| (self.shared(name), cell)).collect();
        self.rows.push((number, cells));
        Ok(())
    }

    fn shared(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.names.get(name.as_str()) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

/// Reads a file by what it looks like; its name's ending decides only between text formats.
pub(in crate::intake) fn read(bytes: Vec<u8>, path: &Path) -> Result<Table, String> {
    if bytes.starts_with(b"PK\x03\x04") {
        return ods::read(&bytes);
    }
    let text = decode(bytes)?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let start = text.trim_start();
    if extension == "xml" || start.starts_with('<') {
        read_xml(&text)
    } else if extension == "json" || start.starts_with(['[', '{']) {
        read_json(&text)
    } else {
        read_csv(&text)
    }
}

/// Takes the bytes: a large file is not kept twice.
fn decode(mut bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let bytes = error.as_bytes();
    let big5 = BIG5.decode_without_bom_handling_and_without_replacement(bytes);
    big5.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        let read = bytes.get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let row = read.split(|byte| *byte == b'\n').count();
        format!("row {row}: neither UTF-8 nor Big5: save it as UTF-8")
    })
}

/// A column's name without marks, spaces and letter case.
pub(in crate::intake) fn name_of(cell: &str) -> String {
    let plain = |c: &char| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{3000}');
    cell.chars().filter(plain).collect::<String>().to_uppercase()
}

/// Cells that a stray quotation mark would draw together are a fault of the file: what stood in them
/// would be gone, and nobody would know.
fn check_quotes(text: &str) -> Result<(), String> {
    let (mut row, mut is_start, mut characters) = (1, true, text.chars().peekable());
    while let Some(character) = characters.next() {
        if character == '"' && is_start {
            let opened = row;
            loop {
                match characters.next() {
                    Some('"') if characters.next_if_eq(&'"').is_none() => break,
                    Some(_) => {}
                    None => return Err(stray_quote(opened)),
                }
            }
            if characters.peek().is_some_and(|next| !matches!(next, ',' | '\n')) {
                return Err(stray_quote(opened));
            }
        }
        is_start = matches!(character, ',' | '\n');
        row += usize::from(character == '\n');
    }
    Ok(())
}

fn stray_quote(row: usize) -> String {
    format!(
        "row {row}: a quotation mark opens a cell, and none closes it where it ends: write those \
         within a cell twice"
    )
}

fn read_csv(text: &str) -> Result<Table, String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    check_quotes(&text)?;
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut number, mut record, mut rows) = (0, csv::StringRecord::new(), Vec::new());
    loop {
        let before = reader.position().line();
        let is_row = reader.read_record(&mut record);
        if !is_row.map_err(|_| format!("row {} is not CSV", number + 1))? {
            break;
        }
        // Empty lines, which the reader passes over, are rows to whoever looks at the sheet; a line that
        // breaks within a cell is none.
        let within: usize = record.iter().map(|cell| cell.matches('\n').count()).sum();
        let lines = usize::try_from(reader.position().line() - before).unwrap_or(usize::MAX);
        number += lines.saturating_sub(within);
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push((number, record.iter().map(|cell| cell.trim().to_owned()).collect()));
        }
    }
    with_header(rows)
}

/// The first row names the columns of the others. A fault quotes none of its cells: without a header
/// they are a citizen's.
pub(super) fn with_header(rows: Vec<(usize, Vec<String>)>) -> Result<Table, String> {
    let mut rows = rows.into_iter();
    let Some((first, header)) = rows.next() else { return Ok(Table::default()) };
    let mut table = Table::default();
    let names: Vec<String> = header.iter().map(|cell| name_of(cell)).collect();
    for (index, name) in names.iter().enumerate() {
        let earlier = names.iter().take(index).position(|before| before == name);
        if let Some(earlier) = earlier.filter(|_| !name.is_empty()) {
            let (column, earlier) = (column_name(index), column_name(earlier));
            return Err(format!(
                "row {first}, column {column}: the same name as column {earlier}: this row must \
                 name the columns, each once"
            ));
        }
    }
    for (number, mut cells) in rows {
        cells.resize(names.len().max(cells.len()), String::new());
        let name = |index: usize| names.get(index).cloned().unwrap_or_default();
        let named = cells.into_iter().enumerate().map(|(index, cell)| (name(index), cell));
        table.push(number, named)?;
    }
    Ok(table)
}

/// `A`, `B`, … `Z`, `AA`: what a person calls the column at `index`.
pub(in crate::intake) fn column_name(index: usize) -> String {
    let letter = |index: usize| char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    match index.checked_sub(26) {
        None => letter(index).to_string(),
        Some(beyond) => format!("{}{}", column_name(beyond / 26), letter(beyond)),
    }
}

fn read_json(text: &str) -> Result<Table, String> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| format!("not JSON at line {}", error.line()))?;
    let list = list_in(&document).ok_or("no list of rows in it: export the list as JSON")?;
    let mut table = Table::default();
    for (number, row) in (1..).zip(list) {
        let Value::Object(fields) = row else {
            return Err(format!("row {number} is not an object"));
        };
        let cell = |(name, value): (&String, &Value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            (name_of(name), if value.is_null() { String::new() } else { text.trim().to_owned() })
        };
        let cells: Vec<(String, String)> = fields.iter().map(cell).collect();
        table.push(number, cells.into_iter())?;
    }
    Ok(table)
}

/// The document itself, or the first list that stands in it.
fn list_in(document: &Value) -> Option<&Vec<Value>> {
    match document {
        Value::Array(list) => Some(list),
        Value::Object(fields) => fields.values().find_map(list_in),
        _ => None,
    }
}

/// Elements two levels down are rows, three levels down cells: whatever the rows are called.
fn read_xml(text: &str) -> Result<Table, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut table = Table::default();
    let mut path: Vec<String> = Vec::new();
    let mut row: Vec<(String, String)> = Vec::new();
    let mut cell = String::new();
    loop {
        let event = reader.read_event();
        match event.map_err(|_| format!("not XML at byte {}", reader.error_position()))? {
            Event::Start(element) => {
                path.push(element.name().as_ref().to_owned());
                cell.clear();
            }
            Event::Empty(element) if path.len() == 2 => {
                row.push((name_of(element.name().as_ref()), String::new()));
            }
            Event::Text(text) => cell.push_str(&text.xml10_content()),
            Event::CData(text) => cell.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => cell.push_str(&resolve(&reference)),
            Event::End(_) => {
                let name = path.pop().unwrap_or_default();
                match path.len() {
                    2 => row.push((name_of(&name), cell.trim().to_owned())),
                    1 => table.push(table.rows.len() + 1, std::mem::take(&mut row).into_iter())?,
                    _ => {}
                }
            }
            Event::Eof if path.is_empty() => return Ok(table),
            Event::Eof => return Err("it breaks off: export it anew".to_owned()),
            _ => {}
        }
    }
}

/// `&amp;` and its like; anything else stays as it is written.
pub(super) fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name: &str = reference;
    quick_xml::escape::resolve_xml_entity(name)
        .map_or_else(|| format!("&{name};"), ToOwned::to_owned)
}
