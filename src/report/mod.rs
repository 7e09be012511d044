//! What the advisory group reads, on paper: figures in, a document out, in six formats.
//!
//! Every format but JSON is written from one [`Document`]: what stands in one stands in all. JSON
//! holds the same figures under names that do not change.

mod chart;
mod compose;
mod csv;
pub mod document;
pub mod duties;
mod html;
mod json;
mod markdown;
mod markup;
mod odf;
mod words;

use chrono::{DateTime, NaiveDate, Utc};

pub use crate::domain::statistics::Format;
use crate::domain::statistics::Statistics;
pub use csv::harmless;
use document::{Document, Section};

/// A report before it has a format.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The figures of citizens' questions.
    pub statistics: Statistics,
    /// What else is reported: a section for each of the other dated duties.
    pub sections: Vec<Section>,
    /// The day of the first case that is known here, if there is one.
    pub known_since: Option<NaiveDate>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The package of an OpenDocument file.
    #[error("the OpenDocument package could not be written")]
    Package(#[from] zip::result::ZipError),
    /// Its content.
    #[error("the file could not be written")]
    Io(#[from] std::io::Error),
    /// The CSV rows.
    #[error("the rows could not be written")]
    Csv(#[from] ::csv::Error),
    /// The JSON document.
    #[error("the JSON document could not be written")]
    Json(#[from] serde_json::Error),
}

impl Report {
    /// The report as a file of `format`.
    pub fn write(&self, format: Format) -> Result<Vec<u8>, WriteError> {
        match format {
            Format::Json => json::write(self),
            Format::Markdown => Ok(markdown::write(&self.document())),
            Format::Html => Ok(html::write(&self.document())),
            Format::Csv => csv::write(&self.document()),
            Format::Ods => odf::spreadsheet(&self.document(), self.made_at),
            Format::Odt => odf::text(&self.document(), self.made_at),
        }
    }

    /// The report as paper.
    pub fn document(&self) -> Document {
        compose::compose(self)
    }

    /// The report within a page of another making: HTML without a style, each word escaped.
    pub fn fragment(&self) -> String {
        html::fragment(&self.document())
    }

    /// The name of its file: `jicui-report-2024-11-01-2025-05-31.ods`.
    pub fn file_name(&self, format: Format) -> String {
        let period = self.statistics.period;
        format!("jicui-report-{}-{}.{}", period.from(), period.to(), format.as_str())
    }
}
