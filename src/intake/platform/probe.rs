//! Whether the platform answers, and in the shape that is known: one small read of each list.

use serde_json::Value;

use super::fetch::Blanks;
use super::{Platform, convert, wire};
use crate::config::settings::Endpoint;
use crate::domain::observation::RowFault;
use crate::intake::{SeenDataset, SourceError};

/// What was tried, and what came of it.
type Tried = (String, Result<String, SourceError>);

impl Platform {
    /// Tries each list with one small read, the datasets by one of our agencies, and reads its first
    /// row as a look would.
    pub async fn probe(&self, agency: &str) -> Vec<Tried> {
        let settings = &self.settings;
        let blanks = Blanks { page: 1, size: 1, nid: 1, agency, ..Blanks::default() };
        let mut first = None;
        let datasets = self.try_list(&settings.datasets, blanks, |row| {
            first = Some(convert::dataset(row, settings, 1)?);
            Ok(())
        });
        let datasets = datasets.await;
        let dataset = first.unwrap_or_else(some_dataset);
        let blanks = Blanks { nid: dataset.nid, ..blanks };
        let comments = self.try_list(&settings.comments, blanks, |row| {
            convert::comment(row, settings, (&dataset, false), 1).map(|_| ())
        });
        let comments = comments.await;
        let requests = self.try_list(&settings.requests, blanks, |row| {
            convert::request(row, settings, 1).map(|_| ())
        });
        let requests = requests.await;
        [("datasets", datasets), ("comments", comments), ("requests", requests)]
            .map(|(what, result)| (format!("platform {what}"), result))
            .into()
    }

    async fn try_list(
        &self,
        endpoint: &Endpoint,
        blanks: Blanks<'_>,
        read: impl FnOnce(&Value) -> Result<(), RowFault>,
    ) -> Result<String, SourceError> {
        let document = self.fetcher.document(endpoint, blanks).await?;
        let rows = wire::rows(&document, endpoint)?;
        let address = format!("{}{}", self.settings.base_url, endpoint.path);
        let Some(row) = rows.first() else {
            return Ok(format!("{address}, which has no rows now"));
        };
        read(row)
            .map_err(|fault| SourceError::Changed(format!("{}: {}", fault.row, fault.fault)))?;
        Ok(address)
    }
}

/// Where the list shows none, whose comments are asked for does not matter.
fn some_dataset() -> SeenDataset {
    SeenDataset {
        nid: 1,
        title: String::new(),
        agency: String::new(),
        comments: 0,
        reading: crate::domain::observation::Reading::default(),
        about: crate::domain::duty::About::default(),
        is_gone: false,
    }
}
