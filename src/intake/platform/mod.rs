//! data.gov.tw: the datasets of our agencies, their comments, and the requests assigned to them.
//!
//! Answers are judged by their content, never by their status: a list that lost its shape, is
//! empty where there were cases, or ignores what was asked for is a trouble and changes nothing.

mod comments;
mod convert;
mod fetch;
mod paging;
mod probe;
mod publications;
mod requests;
mod shown;
mod takedowns;
pub(in crate::intake) mod wire;

use std::collections::BTreeMap;

use super::{Look, SeenDataset, Shown, SourceError, Trouble, Watch};
use crate::config::settings;
use crate::domain::case::CaseKind;
use crate::domain::directory::{Agency, agencies_in};
use crate::domain::observation::{RowFault, SeenCase};
pub(in crate::intake) use convert::{assignment, reply_status};
use fetch::{Blanks, Fetcher};
use paging::{End, Paging};
pub use publications::FoundFile;
use shown::Dates;
pub use takedowns::{Gone, GoneDataset};

/// The platform as a source.
#[derive(Debug)]
pub struct Platform {
    settings: settings::Platform,
    fetcher: Fetcher,
}

/// The look's result as it grows, and whether to go on.
struct Progress<'w> {
    watch: &'w Watch,
    look: Look,
    reached: bool,
    /// Every dataset that is listed was met.
    is_whole: bool,
    /// The rows of comments that were read, and whether any says when it was posted; and those of requests.
    comments: Dates,
    requests: Dates,
}

impl<'w> Progress<'w> {
    fn of(watch: &'w Watch) -> Self {
        let (look, comments, requests) = Default::default();
        Self { watch, look, reached: false, is_whole: true, comments, requests }
    }

    fn trouble(&mut self, what: String, error: SourceError) {
        self.look.troubles.push(Trouble { what, dataset: None, error });
    }

    /// A dead server is not hammered: nothing was reached, and the first address failed.
    fn is_hopeless(&self) -> bool {
        let no_answer = |trouble: &Trouble| !matches!(trouble.error, SourceError::Changed(_));
        !self.reached && self.look.troubles.iter().any(no_answer)
    }
}

impl Platform {
    /// A source after these settings.
    pub fn new(settings: &settings::Platform) -> reqwest::Result<Self> {
        let fetcher = Fetcher::new(settings)?;
        Ok(Self { settings: settings.clone(), fetcher })
    }

    /// Looks at everything once. A trouble with one address does not stop the others.
    pub async fn look(&self, watch: &Watch) -> Look {
        let mut progress = Progress::of(watch);
        let listed = self.list_datasets(&mut progress).await;
        let look = &progress.look;
        let is_whole =
            progress.is_whole && look.troubles.is_empty() && look.observation.faults.is_empty();
        progress.look.listed = is_whole.then(|| listed.keys().copied().collect());
        if !progress.is_hopeless() {
            self.read_comments(&mut progress, listed).await;
            self.read_requests(&mut progress).await;
            self.hold_to_dates(&mut progress, CaseKind::Comment);
            self.hold_to_dates(&mut progress, CaseKind::Request);
        }
        let mut look = progress.look;
        look.server_time = self.fetcher.server_time();
        // A platform that lost its shape in one list proves no absence in another.
        if look.grave().any(|trouble| matches!(trouble.error, SourceError::Changed(_))) {
            look.observation.missing.clear();
        }
        look
    }

    /// The comments of these datasets, as far as they can be read; `None` where none of them can just now.
    pub async fn threads(&self, watch: &Watch, datasets: &[u64]) -> Option<Vec<SeenCase>> {
        let mut progress = Progress::of(watch);
        let known = watch.datasets.iter().filter(|dataset| datasets.contains(&dataset.nid));
        let (mut any, mut any_silent) = (false, false);
        for dataset in known {
            let read = self.comments_of(&mut progress, dataset, None).await;
            any |= read.is_ok();
            any_silent |= read.is_err_and(|error| error.is_passing());
        }
        self.hold_to_dates(&mut progress, CaseKind::Comment);
        (any || !any_silent).then_some(progress.look.observation.seen)
    }

    /// The datasets that the platform lists of these agencies, and what could not be read.
    pub async fn datasets(&self, watch: &Watch) -> (Vec<SeenDataset>, Vec<Trouble>) {
        let mut progress = Progress::of(watch);
        let listed = self.list_datasets(&mut progress).await;
        (listed.into_values().collect(), progress.look.troubles)
    }

    /// The datasets of our agencies, by number; those of a page that failed are not in it.
    async fn list_datasets(&self, progress: &mut Progress<'_>) -> BTreeMap<u64, SeenDataset> {
        let mut listed = BTreeMap::new();
        let asks_by_agency = self.settings.datasets.body.contains("{agency}")
            || self.settings.datasets.path.contains("{agency}");
        for agency in &progress.watch.agencies {
            let name = if asks_by_agency { agency.name.as_str() } else { "" };
            match self.datasets_read_well(progress, name).await {
                Ok(datasets) => listed.extend(datasets),
                Err(error) => progress.trouble(format!("datasets of {}", agency.name), error),
            }
            if progress.is_hopeless() || !asks_by_agency {
                break;
            }
        }
        for agency in &progress.watch.agencies {
            let of = |dataset: &&SeenDataset| agency.is_named(&dataset.agency);
            let before = progress.watch.datasets.iter().filter(|d| !d.is_gone).filter(of).count();
            let failed = !progress.look.troubles.is_empty();
            if before > 0 && !failed && !listed.values().any(|dataset| of(&dataset)) {
                let say = format!("{before} datasets were known and none is listed");
                let what = format!("datasets of {}", agency.name);
                progress.trouble(what, SourceError::Changed(say));
            }
        }
        listed
    }

    /// The datasets of an agency. Rows that changed places while they were read are read once more: what
    /// is met twice alike is all there is.
    async fn datasets_read_well(
        &self,
        progress: &mut Progress<'_>,
        agency: &str,
    ) -> Result<BTreeMap<u64, SeenDataset>, SourceError> {
        let faults_before = progress.look.observation.faults.len();
        let (first, end) = self.datasets_of(progress, agency).await?;
        if end.is_whole {
            return Ok(first);
        }
        progress.look.observation.faults.truncate(faults_before);
        let (again, end) = self.datasets_of(progress, agency).await?;
        progress.is_whole &= end.is_whole || first.keys().eq(again.keys());
        Ok(first.into_iter().chain(again).collect())
    }

    async fn datasets_of(
        &self,
        progress: &mut Progress<'_>,
        agency: &str,
    ) -> Result<(BTreeMap<u64, SeenDataset>, End), SourceError> {
        let endpoint = &self.settings.datasets;
        let size = self.settings.dataset_page_size;
        let (mut datasets, mut paging) = (BTreeMap::new(), Paging::new(size));
        for page in 1..=self.settings.max_pages {
            let blanks = Blanks { page, size, agency, ..Blanks::default() };
            let document = self.fetcher.document(endpoint, blanks).await?;
            progress.reached = true;
            let rows = wire::rows(&document, endpoint)?;
            if rows.iter().any(|row| wire::has_field(row, endpoint, "comments")) {
                progress.look.shown.insert(Shown::CommentCounts);
            } else if !rows.is_empty() && self.expects(progress, Shown::CommentCounts) {
                let say = "no row says how many comments its dataset has".to_owned();
                return Err(SourceError::Changed(say));
            }
            let read = |(row, position)| convert::dataset(row, &self.settings, position);
            let (read, faults) = sort_out(rows.iter().zip(1..).map(read), rows.len())?;
            let count =
                self.counted(progress, (&document, rows), (endpoint, Shown::DatasetCount))?;
            if count.is_some_and(|count| count > u64::from(size * self.settings.max_pages)) {
                break;
            }
            let end = paging.turn(read.iter().map(|d| d.nid), faults.len(), count)?;
            progress.look.observation.faults.extend(faults);
            let ours = |dataset: &SeenDataset| is_ours(&progress.watch.agencies, &dataset.agency);
            datasets.extend(read.into_iter().filter(ours).map(|dataset| (dataset.nid, dataset)));
            if let Some(end) = end {
                return Ok((datasets, end));
            }
        }
        let pages = self.settings.max_pages;
        Err(SourceError::Changed(format!("more than {pages} pages: the filters seem ignored")))
    }
}

/// Whether what is said of who has something names one of our agencies, alone or beside others.
fn is_ours(agencies: &[Agency], said: &str) -> bool {
    let named = |name: &str| agencies.iter().any(|agency| agency.is_named(name));
    named(said) || agencies_in(said).any(named)
}

/// What was read and what was not; a page of which nothing could be read has changed its shape.
fn sort_out<T>(
    read: impl Iterator<Item = Result<T, RowFault>>,
    rows: usize,
) -> Result<(Vec<T>, Vec<RowFault>), SourceError> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for row in read {
        match row {
            Ok(row) => good.push(row),
            Err(fault) => faults.push(fault),
        }
    }
    match faults.first() {
        Some(first) if good.is_empty() => Err(SourceError::Changed(format!(
            "none of {rows} rows could be read; {}: {}",
            first.row, first.fault
        ))),
        _ => Ok((good, faults)),
    }
}

#[cfg(test)]
mod tests;
