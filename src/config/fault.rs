//! What is wrong with a file, and where: collected, never stopped at the first.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

/// Whether a fault stops the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is started.
    Fault,
    /// Some cases are nobody's but the administrators', or the pages cannot be served; the program runs.
    Flaw,
    /// Worth a look; the program runs.
    Warning,
}

/// One thing that is wrong, where it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as the person named it.
    pub file: PathBuf,
    /// Line and column, from 1; `None` when the whole file is meant.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what to do.
    pub message: String,
    /// Whether it stops the program.
    pub severity: Severity,
}

impl Fault {
    /// One that stops the program and has no place of its own in `file`.
    pub fn of_file(file: PathBuf, message: String) -> Self {
        Self { file, at: None, message, severity: Severity::Fault }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        if self.severity == Severity::Warning {
            f.write_str(": warning")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// All the faults of a load, in the order found.
#[derive(Debug, Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Records something that stops the program.
    pub(super) fn fault(&self, file: &Path, at: Option<(usize, usize)>, message: String) {
        self.push(Fault { file: file.to_owned(), at, message, severity: Severity::Fault });
    }

    /// Records something that is to be mended, and stops nothing: cases that are nobody's, pages that are not served.
    pub(super) fn flaw(&self, file: &Path, at: Option<(usize, usize)>, message: String) {
        self.push(Fault { file: file.to_owned(), at, message, severity: Severity::Flaw });
    }

    /// Records something that is worth a look.
    pub(super) fn warn(&self, file: &Path, at: Option<(usize, usize)>, message: String) {
        self.push(Fault { file: file.to_owned(), at, message, severity: Severity::Warning });
    }

    fn push(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }

    /// Whether anything so far stops the program.
    pub(super) fn any(&self) -> bool {
        self.0.borrow().iter().any(|fault| fault.severity == Severity::Fault)
    }

    /// Everything found, by file and place.
    pub(super) fn into_sorted(self) -> Vec<Fault> {
        let mut faults = self.0.into_inner();
        faults.sort_by(|a, b| (&a.file, a.at, &a.message).cmp(&(&b.file, b.at, &b.message)));
        faults.dedup();
        faults
    }
}

/// Line and column (in characters), from 1, of a byte offset.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}
