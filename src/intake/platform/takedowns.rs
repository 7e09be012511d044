//! Which datasets were taken down: the daily list of changed ones, and the list of unpublished ones.

use chrono::NaiveDate;
use serde_json::Value;

use super::fetch::Blanks;
use super::{Platform, convert, sort_out, wire};
use crate::config::settings::Endpoint;
use crate::domain::observation::RowFault;
use crate::intake::SourceError;

/// A dataset that a list shows as taken down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneDataset {
    /// Its number, where the list has it.
    pub nid: Option<u64>,
    /// 資料集名稱.
    pub title: String,
    /// 提供機關.
    pub agency: String,
    /// The day.
    pub on: NaiveDate,
}

/// What a list shows as taken down, and the rows that could not be read.
pub type Gone = (Vec<GoneDataset>, Vec<RowFault>);

impl Platform {
    /// Whether the list of unpublished datasets is read at all.
    pub fn reads_unpublished(&self) -> bool {
        !self.settings.unpublished.path.is_empty()
    }

    /// What the list of datasets changed on `day` says was deleted (資料集變動狀態 = 刪除).
    ///
    /// # Errors
    ///
    /// The list could not be read, or is none. A day without any change is an empty list.
    pub async fn deleted_on(&self, day: NaiveDate) -> Result<Gone, SourceError> {
        let endpoint = &self.settings.changed;
        let blanks = Blanks { day: Some(day), ..Blanks::default() };
        let document = self.fetcher.document(endpoint, blanks).await?;
        let rows = wire::rows(&document, endpoint)?;
        let read = |(row, position)| self.changed(row, position, day);
        let (read, faults) = sort_out(rows.iter().zip(1..).map(read), rows.len())?;
        Ok((read.into_iter().flatten().collect(), faults))
    }

    /// The newest of the list of unpublished datasets.
    ///
    /// # Errors
    ///
    /// The list could not be read, or is empty: there have been unpublished datasets for years.
    pub async fn unpublished(&self) -> Result<Gone, SourceError> {
        let endpoint = &self.settings.unpublished;
        let (mut found, mut all_faults) = (Vec::new(), Vec::new());
        for page in 1..=self.settings.recent_request_pages {
            let size = self.settings.request_page_size;
            let blanks = Blanks { page, size, ..Blanks::default() };
            let document = self.fetcher.document(endpoint, blanks).await?;
            let rows = wire::rows(&document, endpoint)?;
            if rows.is_empty() && page == 1 {
                let say = "no unpublished dataset is listed, of any agency".to_owned();
                return Err(SourceError::Changed(say));
            }
            let read = rows.iter().zip(1..).map(|(row, position)| row_of(row, endpoint, position));
            let (read, faults) = sort_out(read, rows.len())?;
            let before = found.len();
            found.extend(read.into_iter().filter(|gone| !found.contains(gone)).collect::<Vec<_>>());
            all_faults.extend(faults);
            // A list that ignores its page shows the same again.
            if found.len() == before || rows.len() < size as usize {
                break;
            }
        }
        Ok((found, all_faults))
    }

    /// A row of the list of changes; `None` for one that says something else.
    fn changed(
        &self,
        row: &Value,
        position: usize,
        day: NaiveDate,
    ) -> Result<Option<GoneDataset>, RowFault> {
        let endpoint = &self.settings.changed;
        let name = format!("row {position}");
        let word = convert::required(row, endpoint, "status", &name)?;
        let is_in = |words: &[String]| words.contains(&word);
        if is_in(&self.settings.changed_words) {
            return Ok(None);
        }
        if !is_in(&self.settings.deleted_words) {
            return Err(convert::fault(&name, "its status of change is an unknown word"));
        }
        let nid = Some(convert::id(row, endpoint, "nid", position)?);
        let title = convert::required(row, endpoint, "title", &name)?;
        let agency = convert::required(row, endpoint, "agency", &name)?;
        Ok(Some(GoneDataset { nid, title, agency, on: day }))
    }
}

fn row_of(row: &Value, endpoint: &Endpoint, position: usize) -> Result<GoneDataset, RowFault> {
    let name = format!("row {position}");
    let nid = wire::field(row, endpoint, "nid").and_then(wire::number);
    let title = convert::required(row, endpoint, "title", &name)?;
    let agency = convert::required(row, endpoint, "agency", &name)?;
    let on = wire::moment(row, endpoint, "on").map_err(|text| convert::fault(&name, &text))?;
    let on = on.ok_or_else(|| convert::fault(&name, "`on` is not a day"))?.date();
    Ok(GoneDataset { nid, title, agency, on })
}
