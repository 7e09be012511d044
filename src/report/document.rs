//! A report as paper: sections of tables, charts and notes, the same for every format.

use chrono::NaiveDate;

use crate::domain::statistics::Tenths;

/// A whole report.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its name.
    pub title: String,
    /// The lines under the name: the period, the day of counting.
    pub lines: Vec<String>,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// A part of a report with a heading of its own: a sheet of the spreadsheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its heading: `三、各月件數`.
    pub title: String,
    /// The name of its sheet: `各月`.
    pub sheet: String,
    /// Whether it wants the paper's long side.
    pub wide: bool,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// One thing in a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A table.
    Table(Table),
    /// A chart.
    Chart(Chart),
    /// Small print, one paragraph each.
    Notes(Vec<String>),
}

/// A table with one row of headings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; each has as many cells as there are columns.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Its share of the paper's width.
    pub width: u32,
    /// Whether it holds figures.
    pub is_figure: bool,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Whether it sums up others.
    pub is_sum: bool,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words; those of a citizen are made harmless by whoever writes the file.
    Text(String),
    /// A whole number.
    Count(i64),
    /// A number with one decimal.
    Decimal(Tenths),
    /// A share of 100, with one decimal.
    Percent(Tenths),
    /// A day.
    Day(NaiveDate),
    /// There is nothing to be said.
    Nothing,
}

/// A picture made of figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The same figures in words, for those who cannot see it.
    pub description: String,
    /// The picture, as a whole SVG document.
    pub svg: String,
    /// Its width in points of the picture.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Column {
    /// A column of words.
    pub fn text(title: &str, width: u32) -> Self {
        Self { title: title.to_owned(), width, is_figure: false }
    }

    /// A column of figures.
    pub fn figure(title: &str, width: u32) -> Self {
        Self { title: title.to_owned(), width, is_figure: true }
    }
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    /// A number of things.
    pub fn count(number: usize) -> Self {
        Self::Count(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// What `cell` makes of a value, if there is one.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }
}

impl Row {
    /// A row like any other.
    pub fn of(cells: Vec<Cell>) -> Self {
        Self { cells, is_sum: false }
    }

    /// A row that sums up others.
    pub fn sum(cells: Vec<Cell>) -> Self {
        Self { cells, is_sum: true }
    }
}
