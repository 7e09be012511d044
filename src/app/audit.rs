//! The directory held against the datasets of our agencies: those known so far, or the platform's
//! own list.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::Live;
use crate::domain::directory::{Doubt, ListedDataset};
use crate::intake::{SeenDataset, Watch};
use crate::store::{RememberedDataset, Store, StoreError};

impl Live {
    /// What the platform's list of our agencies' datasets does not bear out in the directory, ties
    /// and gaps among them.
    pub async fn audit(&self, now: DateTime<Utc>) -> Result<Vec<Doubt>, String> {
        let directory = &self.config.rules.directory;
        let Some(platform) = &self.platform else { return Ok(Vec::new()) };
        let watch = Watch { agencies: directory.agencies.clone(), now, ..Watch::default() };
        let (datasets, troubles) = platform.datasets(&watch).await;
        if let Some(trouble) = troubles.first() {
            return Err(format!("{}: {}", trouble.what, trouble.error));
        }
        let listed = |dataset: SeenDataset| ListedDataset {
            nid: dataset.nid,
            title: dataset.title,
            agency: dataset.agency,
        };
        let listed: Vec<ListedDataset> = datasets.into_iter().map(listed).collect();
        let mut doubts = directory.unanswered(&listed);
        doubts.extend(directory.audit(&listed));
        Ok(doubts)
    }
}

/// The datasets that earlier looks brought, read from the database as it lies there; none before the
/// first start.
pub async fn known_datasets(database: &Path) -> Result<Vec<ListedDataset>, StoreError> {
    if !database.is_file() {
        return Ok(Vec::new());
    }
    let known = |dataset: RememberedDataset| ListedDataset {
        nid: dataset.nid,
        title: dataset.title,
        agency: dataset.agency,
    };
    Ok(Store::open_to_read(database)?.datasets().await?.into_iter().map(known).collect())
}
