//! The office calendar's own dataset: which files it offers, and the files.

use super::fetch::Blanks;
use super::{Platform, wire};
use crate::intake::{SourceError, Trouble};

/// A published file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// What the platform calls it.
    pub title: String,
    /// Where it was read.
    pub url: String,
    /// The file, byte for byte.
    pub content: Vec<u8>,
}

impl Platform {
    /// The calendar files of `since` (an ROC year) and later, as offered; the Google variant is
    /// left out.
    ///
    /// # Errors
    ///
    /// The list could not be read. A file that could not be read is a trouble beside the others.
    pub async fn publications(
        &self,
        since: i32,
    ) -> Result<(Vec<FoundFile>, Vec<Trouble>), SourceError> {
        let endpoint = &self.settings.publications;
        let document = self.fetcher.document(endpoint, Blanks::default()).await?;
        let (mut found, mut troubles) = (Vec::new(), Vec::new());
        for row in wire::rows(&document, endpoint)? {
            let text = |name| wire::text(row, endpoint, name).unwrap_or_default();
            let (title, url) = (text("title"), text("url"));
            if !text("format").eq_ignore_ascii_case("csv") || !is_wanted(title, since) {
                continue;
            }
            match self.fetcher.file(url).await {
                Ok(content) => {
                    found.push(FoundFile { title: title.to_owned(), url: url.to_owned(), content });
                }
                Err(error) => {
                    troubles.push(Trouble { what: title.to_owned(), dataset: None, error });
                }
            }
        }
        if found.is_empty() && troubles.is_empty() {
            let say = "the office calendar's dataset offers no CSV of this year".to_owned();
            return Err(SourceError::Changed(say));
        }
        Ok((found, troubles))
    }
}

/// Not for Google, and of `since` at the earliest, where the title tells its year.
fn is_wanted(title: &str, since: i32) -> bool {
    let year = title.split_once('年').and_then(|(before, _)| {
        let digits: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
        digits.chars().rev().collect::<String>().parse::<i32>().ok()
    });
    year.is_none_or(|year| year >= since) && !title.to_lowercase().contains("google")
}
