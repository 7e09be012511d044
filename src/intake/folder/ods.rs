//! An `OpenDocument` sheet (ODS) becomes a table of texts.
//!
//! What a reader would have to guess at is refused with its row and column: merged cells, and
//! formulas, whose last result may not be what the sheet says now.

use std::io::{Cursor, Read};

use quick_xml::events::{BytesStart, Event};

use super::tables::{MOST_CELLS, Table, column_name, resolve, with_header};

/// A sheet's own text may be no larger than this, however small the file is; nor may its cells be.
const CONTENT_LIMIT_BYTES: usize = 50_000_000;
/// A sheet repeats its empty tail a million times; rows that hold something are not that many.
const MOST_COLUMNS: usize = 1_000;

/// Reads the one sheet that holds anything.
pub(super) fn read(bytes: &[u8]) -> Result<Table, String> {
    let text = content(bytes)?;
    let mut sheets = Vec::new();
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut cursor = Position::default();
    loop {
        let event = reader.read_event();
        match event.map_err(|_| format!("not ODS at byte {}", reader.error_position()))? {
            Event::Start(element) => cursor.begin(&element)?,
            Event::Empty(element) => {
                cursor.begin(&element)?;
                cursor.end(element.name().as_ref(), &mut sheets)?;
            }
            Event::Text(text) => cursor.text(&text.xml10_content()),
            Event::GeneralRef(reference) => cursor.text(&resolve(&reference)),
            Event::End(element) => cursor.end(element.name().as_ref(), &mut sheets)?,
            Event::Eof => break,
            _ => {}
        }
    }
    let mut filled = (1..).zip(sheets).filter(|(_, sheet): &(usize, Sheet)| !sheet.is_empty());
    let (first, rows) = filled.next().unwrap_or_default();
    match filled.next() {
        // A sheet's name may be a citizen's: its place says which one it is.
        Some((second, _)) => Err(format!(
            "two sheets hold something, sheet {first} and sheet {second}: keep one of them"
        )),
        None => with_header(rows),
    }
}

fn content(bytes: &[u8]) -> Result<String, String> {
    let broken = |error: zip::result::ZipError| format!("not an ODS file: {error}");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let file = archive.by_name("content.xml").map_err(|_| {
        "a packed file without a sheet in it: save it as an OpenDocument sheet (.ods) or as CSV"
    })?;
    let mut text = String::new();
    let most = u64::try_from(CONTENT_LIMIT_BYTES).unwrap_or(u64::MAX);
    let read = file.take(most).read_to_string(&mut text);
    read.map_err(|error| format!("not an ODS file: {error}"))?;
    if text.len() == CONTENT_LIMIT_BYTES {
        return Err(format!(
            "its sheets unpack to more than {CONTENT_LIMIT_BYTES} bytes: split it"
        ));
    }
    Ok(text)
}

/// A sheet's rows with their numbers.
type Sheet = Vec<(usize, Vec<String>)>;

/// Where the reader is.
#[derive(Default)]
struct Position {
    sheet: Sheet,
    /// The number of the row that is being read, from 1.
    row: usize,
    row_repeats: usize,
    /// Cells and bytes kept so far, repeated ones each time.
    kept: (usize, usize),
    cells: Vec<String>,
    cell_repeats: usize,
    /// What the cell says by itself, where it is a date or a number.
    value: Option<String>,
    words: String,
    in_cell: bool,
    /// Within a remark that somebody stuck to a cell.
    in_remark: bool,
}

impl Position {
    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match element.name().as_ref() {
            "table:table" => {
                self.sheet = Sheet::new();
                self.row = 1;
            }
            "table:table-row" => {
                self.row_repeats = repeats(element, "table:number-rows-repeated");
                self.cells.clear();
            }
            "table:table-cell" | "table:covered-table-cell" => self.begin_cell(element)?,
            "office:annotation" => self.in_remark = true,
            "text:p" if !self.words.is_empty() && !self.in_remark => self.words.push(' '),
            "text:s" | "text:tab" | "text:line-break" => self.text(" "),
            _ => {}
        }
        Ok(())
    }

    fn begin_cell(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let place = || format!("row {}, column {}", self.row, column_name(self.cells.len()));
        let is_spanned = |key| attribute(element, key).is_some_and(|span| span != "1");
        if is_spanned("table:number-columns-spanned") || is_spanned("table:number-rows-spanned") {
            return Err(format!("{}: merged cells: take the merging out", place()));
        }
        if attribute(element, "table:formula").is_some() {
            return Err(format!("{}: a formula: put its value there", place()));
        }
        self.cell_repeats = repeats(element, "table:number-columns-repeated");
        let kind = attribute(element, "office:value-type").unwrap_or_default();
        self.value = match kind.as_str() {
            "date" => attribute(element, "office:date-value"),
            "float" => attribute(element, "office:value"),
            _ => None,
        };
        self.words.clear();
        self.in_cell = true;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.in_cell && !self.in_remark {
            self.words.push_str(text);
        }
    }

    fn end(&mut self, name: &str, sheets: &mut Vec<Sheet>) -> Result<(), String> {
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                let cell = self.value.take().unwrap_or_else(|| self.words.trim().to_owned());
                let room = MOST_COLUMNS.saturating_sub(self.cells.len());
                if self.cell_repeats > room && !cell.is_empty() {
                    return Err(format!("row {}: more than {MOST_COLUMNS} columns", self.row));
                }
                let repeats = self.cell_repeats.min(room);
                if cell.len().saturating_mul(repeats) > CONTENT_LIMIT_BYTES {
                    return Err(format!("row {}: more words than can be read", self.row));
                }
                self.cells.extend(std::iter::repeat_n(cell, repeats));
                self.in_cell = false;
            }
            "table:table-row" => self.end_row()?,
            "table:table" => sheets.push(std::mem::take(&mut self.sheet)),
            "office:annotation" => self.in_remark = false,
            _ => {}
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), String> {
        while self.cells.last().is_some_and(String::is_empty) {
            self.cells.pop();
        }
        if !self.cells.is_empty() {
            let bytes = self.cells.iter().map(String::len).sum::<usize>();
            let (kept_cells, kept_bytes) = self.kept;
            let cells = self.cells.len().saturating_mul(self.row_repeats);
            let bytes = bytes.saturating_mul(self.row_repeats);
            self.kept = (kept_cells.saturating_add(cells), kept_bytes.saturating_add(bytes));
            if self.kept.0 > MOST_CELLS || self.kept.1 > CONTENT_LIMIT_BYTES {
                return Err(format!("row {}: more rows than can be read: split it", self.row));
            }
            let rows = (self.row..).take(self.row_repeats).map(|row| (row, self.cells.clone()));
            self.sheet.extend(rows);
        }
        self.row = self.row.saturating_add(self.row_repeats);
        Ok(())
    }
}

fn attribute(element: &BytesStart<'_>, key: &str) -> Option<String> {
    let mut attributes = element.attributes().flatten();
    let found = attributes.find(|attribute| attribute.key.as_ref() == key)?;
    quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}

fn repeats(element: &BytesStart<'_>, key: &str) -> usize {
    attribute(element, key).and_then(|text| text.parse().ok()).unwrap_or(1)
}
