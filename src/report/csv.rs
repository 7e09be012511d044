//! CSV as Excel reads it: UTF-8 with a byte order mark, and nothing in it that Excel would run.

use super::WriteError;
use super::document::{Block, Cell, Document};
use super::markdown::shown;
use crate::notify::text::plain;

/// Tells Excel that what follows is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The document's tables, one under the other, with their headings; charts are left out.
pub(super) fn write(document: &Document) -> Result<Vec<u8>, WriteError> {
    let mut writer = ::csv::WriterBuilder::new()
        .flexible(true)
        .terminator(::csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let mut line = |cells: &[String]| writer.write_record(cells.iter().map(|cell| harmless(cell)));
    line(std::slice::from_ref(&document.title))?;
    for words in &document.lines {
        line(std::slice::from_ref(words))?;
    }
    for section in &document.sections {
        line(&[String::new()])?;
        line(std::slice::from_ref(&section.title))?;
        for block in &section.blocks {
            match block {
                Block::Table(table) => {
                    let titles: Vec<String> =
                        table.columns.iter().map(|column| column.title.clone()).collect();
                    line(&titles)?;
                    for row in &table.rows {
                        line(&row.cells.iter().map(value).collect::<Vec<_>>())?;
                    }
                }
                Block::Notes(notes) => {
                    for note in notes {
                        line(std::slice::from_ref(note))?;
                    }
                }
                Block::Chart(_) => {}
            }
        }
    }
    writer.into_inner().map_err(|error| WriteError::Io(error.into_error()))
}

/// A cell's value; what cannot be said is left empty.
fn value(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        cell => shown(cell),
    }
}

/// Words that a spreadsheet takes for words: one that would begin a formula is put behind `'`.
///
/// A number that is below zero is a number, and stays one.
pub fn harmless(words: &str) -> String {
    let indent: String = words.chars().take_while(|c| *c == '　').collect();
    let words = format!("{indent}{}", plain(words));
    let begins = |c: char| "=+-@＝＋－＠".contains(c);
    if words.trim_start().starts_with(begins) && !is_number(&words) {
        format!("'{words}")
    } else {
        words
    }
}

fn is_number(words: &str) -> bool {
    let digits = words.strip_prefix('-').unwrap_or(words);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_title_is_run_as_a_formula() {
        for title in
            ["=1+1", "+A1", "-A1", "@SUM(A1)", "＝1", "\t=1", "\r\n=1", "　=1", "-1+cmd", "-inf"]
        {
            assert!(harmless(title).starts_with('\''), "{title}: {}", harmless(title));
        }
        for title in ["-3", "-0.5", "資料=1", "0", ""] {
            assert_eq!(harmless(title), title);
        }
    }
}
