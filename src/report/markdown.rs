//! Markdown: tables that a terminal shows as they are.

use std::fmt::Write;

use super::document::{Block, Cell, Chart, Document, Table};
use super::words;
use crate::notify::text::plain;

/// The document as Markdown.
pub(super) fn write(document: &Document) -> Vec<u8> {
    // Writing to a text cannot fail.
    let mut text = format!("# {}\n\n", document.title);
    for line in &document.lines {
        let _ = writeln!(text, "- {line}");
    }
    for section in &document.sections {
        let _ = write!(text, "\n## {}\n", section.title);
        for block in &section.blocks {
            text.push('\n');
            match block {
                Block::Table(table) => write_table(&mut text, table),
                Block::Chart(Chart { title, description, .. }) => {
                    let _ = writeln!(text, "圖：{}。{}", escaped(title), escaped(description));
                }
                Block::Notes(notes) => {
                    for note in notes {
                        let _ = writeln!(text, "- {}", escaped(note));
                    }
                }
            }
        }
    }
    text.into_bytes()
}

fn write_table(text: &mut String, table: &Table) {
    let titles: Vec<String> = table.columns.iter().map(|column| escaped(&column.title)).collect();
    let _ = writeln!(text, "| {} |", titles.join(" | "));
    let rules = table.columns.iter().map(|column| if column.is_figure { "---:" } else { "---" });
    let _ = writeln!(text, "| {} |", rules.collect::<Vec<_>>().join(" | "));
    for row in &table.rows {
        let cells = row.cells.iter().map(|cell| match shown(cell) {
            words if row.is_sum && !words.is_empty() => format!("**{}**", escaped(words.trim())),
            words => escaped(&words),
        });
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// What a reader sees in a cell.
pub(super) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => words.clone(),
        Cell::Count(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Percent(percent) => format!("{percent}%"),
        Cell::Day(day) => words::day(*day),
        Cell::Nothing => words::NOTHING.to_owned(),
    }
}

/// Words without effect in Markdown.
fn escaped(words: &str) -> String {
    let indent = words.chars().take_while(|c| *c == '　').count();
    let mut safe = "　".repeat(indent);
    for c in plain(words).chars() {
        if "\\`*_{}[]<>#|~&!".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizen_s_words_have_no_effect() {
        let words = "a|b <img src=x> [x](y) **z**\n# t";
        assert_eq!(escaped(words), r"a\|b \<img src=x\> \[x\](y) \*\*z\*\* \# t");
        assert_eq!(escaped("　單位"), "　單位");
    }
}
