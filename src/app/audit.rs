//! The directory held against the datasets of our agencies: those known so far, or the platform's
//! own list.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::Live;
use crate::domain::directory::{Doubt, Entry, ListedDataset, Person};
use crate::intake::{SeenDataset, Watch};
use crate::store::{RememberedDataset, Store, StoreError};

impl Live {
    /// What the platform's list of our agencies' datasets does not bear out in the directory, ties
    /// and gaps among them; `None` where no platform is read.
    pub async fn audit(&self, now: DateTime<Utc>) -> Result<Option<Vec<Doubt>>, String> {
        let directory = &self.config.rules.directory;
        let Some(platform) = &self.platform else { return Ok(None) };
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
        Ok(Some(doubts))
    }

    /// Those whom `units.toml` names by mail and Slack does not know; `Err` where it cannot say.
    /// `None` where nobody is named so.
    pub async fn audit_members(&self) -> Option<Result<Vec<Doubt>, String>> {
        let (slack, named) = (self.channels.slack()?, self.config.rules.directory.named_by_mail());
        if named.is_empty() {
            return None;
        }
        let mut doubts = Vec::new();
        for (entry, person, mail) in named {
            match slack.member_of(mail).await {
                Ok(Some(_)) => {}
                Ok(None) => doubts.push(stranger(entry, person, mail)),
                Err(error) => return Some(Err(error.to_string())),
            }
        }
        Some(Ok(doubts))
    }
}

fn stranger(entry: Entry, person: &Person, mail: &str) -> Doubt {
    let message = format!(
        "{} ({mail}) is no member of the Slack workspace, or was deactivated: is named there, never \
         called by @, and cannot use the buttons; mend the mail, or write the member id (U012AB3CD)",
        person.name
    );
    Doubt { entry, message, is_fault: false }
}

/// The datasets that earlier looks brought, read from the database as it lies there; none before the
/// first start.
pub async fn known_datasets(database: &Path) -> Result<Vec<ListedDataset>, StoreError> {
    if !database.is_file() {
        return Ok(Vec::new());
    }
    remembered(&Store::open_to_look(database)?).await
}

/// The same from a store that is open.
pub(super) async fn remembered(store: &Store) -> Result<Vec<ListedDataset>, StoreError> {
    let listed = |dataset: RememberedDataset| ListedDataset {
        nid: dataset.nid,
        title: dataset.title,
        agency: dataset.agency,
    };
    Ok(store.datasets().await?.into_iter().map(listed).collect())
}
