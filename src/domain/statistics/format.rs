//! What a report can be written as.

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Markdown, for terminals and wikis.
    Markdown,
    /// One HTML file that needs no other.
    Html,
    /// Comma-separated values that Excel reads.
    Csv,
    /// One JSON document.
    Json,
    /// An OpenDocument spreadsheet.
    Ods,
    /// An OpenDocument text.
    Odt,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Markdown, Self::Html, Self::Csv, Self::Json, Self::Ods, Self::Odt];

    /// The word on the command line and in the config, and the end of a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ods => "ods",
            Self::Odt => "odt",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes, in small letters or large.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(text))
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
        }
    }

    /// Whether a terminal cannot show it.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Ods | Self::Odt)
    }
}
