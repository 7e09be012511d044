//! Printing: data to standard output, everything said to people to standard error.

use std::io::{self, Write};

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use unicode_width::UnicodeWidthStr;

use crate::config::Fault;
use crate::domain::counted::counted;
use crate::notify::text;

/// Standard output that says when its reader went away.
pub(super) struct WatchedOutput {
    nobody_reads: CancellationToken,
}

impl WatchedOutput {
    /// Cancels `nobody_reads` at the first broken pipe.
    pub(super) fn new(nobody_reads: CancellationToken) -> Self {
        Self { nobody_reads }
    }

    fn note<T>(&self, written: io::Result<T>) -> io::Result<T> {
        written.inspect_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                self.nobody_reads.cancel();
            }
        })
    }
}

impl Write for WatchedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.note(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.note(io::stdout().flush())
    }
}

/// Prints lines of data.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Prints one JSON document.
pub(super) fn print_json(document: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(document)?)
}

/// Says something to the person at the terminal.
pub(super) fn complain(text: &str) {
    // Standard error may be closed: there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says every fault, one a line.
pub(super) fn complain_of(faults: &[Fault]) {
    for fault in faults {
        complain(&fault.to_string());
    }
}

/// Whether the reader of our output went away (`jicui cases | head`): no fault of anybody's.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What is shown beside something that is done: it is done all the same where its reader went away, and
/// not where it cannot be written for another reason.
pub(super) fn shown(printed: anyhow::Result<()>) -> anyhow::Result<()> {
    match printed {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        printed => printed,
    }
}

/// How many workdays are left until the due day, or for how many it is over.
pub(super) fn workdays_left(left: i64) -> String {
    if left < 0 {
        return format!("overdue by {}", counted(left.unsigned_abs(), "workday"));
    }
    format!("{} left", counted(left, "workday"))
}

/// A table for a terminal: columns as wide as their widest cell, counted as they are shown.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let header: Vec<String> = header.iter().map(ToString::to_string).collect();
    let lines = std::iter::once(&header).chain(rows).map(|row| line(row, &widths));
    lines.collect::<Vec<_>>().join("\n")
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| pad(cell, *width));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// `text` filled with spaces to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// `words` cut to `width` columns, with `…` where something is missing; one line, nothing active.
pub(super) fn cut(words: &str, width: usize) -> String {
    let plain = text::plain(words);
    if plain.width() <= width {
        return plain;
    }
    let mut kept = String::new();
    for c in plain.chars() {
        kept.push(c);
        if kept.width() + 1 > width {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_workday_is_no_plural_and_none_is_negative() {
        let said = [2, 1, 0, -1, -2].map(workdays_left);
        let expected = [
            "2 workdays left",
            "1 workday left",
            "0 workdays left",
            "overdue by 1 workday",
            "overdue by 2 workdays",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_cut_moves_no_cursor_and_turns_no_line() {
        assert_eq!(cut("\u{202e}題\u{1b}[31m\t\u{7}目", 20), "題[31m 目");
        assert_eq!(cut("題目甚長", 5), "題目…");
    }
}
