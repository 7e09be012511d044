//! A file becomes a table of texts: CSV, JSON, XML or ODS, in whatever encoding it was saved.

use std::path::Path;

use encoding_rs::BIG5;
use quick_xml::events::Event;
use serde_json::Value;

use super::ods;

/// Rows of named cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::intake) struct Table {
    /// Each row's number as a person counts it (the header is row 1), and its cells.
    pub(in crate::intake) rows: Vec<(usize, Vec<(String, String)>)>,
}

/// Reads a file by what it looks like; its name's ending decides only between text formats.
pub(in crate::intake) fn read(bytes: &[u8], path: &Path) -> Result<Table, String> {
    if bytes.starts_with(b"PK\x03\x04") {
        return ods::read(bytes);
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

fn decode(bytes: &[u8]) -> Result<String, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error,
    };
    let big5 = BIG5.decode_without_bom_handling_and_without_replacement(bytes);
    big5.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        let read = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let row = read.split(|byte| *byte == b'\n').count();
        format!("row {row}: neither UTF-8 nor Big5: save it as UTF-8")
    })
}

/// A column's name without marks, spaces and letter case.
pub(in crate::intake) fn name_of(cell: &str) -> String {
    let plain = |c: &char| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{3000}');
    cell.chars().filter(plain).collect::<String>().to_uppercase()
}

fn read_csv(text: &str) -> Result<Table, String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
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
    let named = |(number, mut cells): (usize, Vec<String>)| {
        let columns = names.len().max(cells.len());
        cells.resize(columns, String::new());
        let names = names.iter().cloned().chain(std::iter::repeat(String::new()));
        (number, names.zip(cells).collect())
    };
    Ok(Table { rows: rows.map(named).collect() })
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
        table.rows.push((number, fields.iter().map(cell).collect()));
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
                    1 => table.rows.push((table.rows.len() + 1, std::mem::take(&mut row))),
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
