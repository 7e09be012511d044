//! data.gov.tw: the datasets of our agencies, their comments, and the requests assigned to them.
//!
//! Answers are judged by their content, never by their status: a list that lost its shape, is
//! empty where there were cases, or ignores what was asked for is a trouble and changes nothing.

mod convert;
mod fetch;
mod paging;
mod probe;
mod publications;
mod requests;
mod shown;
mod takedowns;
pub(in crate::intake) mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Look, SeenDataset, Shown, SourceError, Trouble, Watch};
use crate::config::settings;
use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::directory::{Agency, agencies_in};
use crate::domain::observation::{RowFault, SeenCase};
use chrono::{DateTime, Utc};
pub(in crate::intake) use convert::{assignment, reply_status};
use fetch::{Blanks, Fetcher};
use paging::{End, Paging};
pub use publications::FoundFile;
use shown::Dates;
pub use takedowns::{Gone, GoneDataset};

/// After so many datasets in a row whose comments are not answered no more are asked for in the same look: each
/// takes a minute and more, and what the others said is kept only at its end.
const SILENT_AT_MOST: usize = 10;

/// A look that takes longer ends, and the next goes on where it stopped: what was read is kept only at its end.
const LOOKS_AT_MOST: Duration = Duration::from_mins(20);

/// So many datasets that could not be read are asked for again in each look, beside those that are due.
const AGAIN_AT_MOST: usize = 50;

/// The platform as a source.
#[derive(Debug)]
pub struct Platform {
    settings: settings::Platform,
    fetcher: Fetcher,
    /// The dataset whose comments a look reads first: an earlier one gave up before it.
    begins_at: AtomicU64,
    /// Those whose comments could not be read when they were last asked for: they are asked for again in each look.
    failing: Mutex<BTreeSet<u64>>,
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
        let (begins_at, failing) = Default::default();
        Ok(Self { settings: settings.clone(), fetcher, begins_at, failing })
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
        // A platform that lost its shape in one place proves no absence in another.
        if look.troubles.iter().any(|t| matches!(t.error, SourceError::Changed(_))) {
            look.observation.missing.clear();
        }
        look
    }

    /// The comments of these datasets, as far as they can be read.
    pub async fn threads(&self, watch: &Watch, datasets: &[u64]) -> Vec<SeenCase> {
        let mut progress = Progress::of(watch);
        let known = watch.datasets.iter().filter(|dataset| datasets.contains(&dataset.nid));
        for dataset in known {
            // One that cannot be read says nothing.
            let _ = self.comments_of(&mut progress, dataset, None).await;
        }
        self.hold_to_dates(&mut progress, CaseKind::Comment);
        progress.look.observation.seen
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
        let (first, end) = self.datasets_of(progress, agency).await?;
        if end.is_whole {
            return Ok(first);
        }
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

    /// Reads the comments that may have changed, and remembers which were read.
    async fn read_comments(&self, progress: &mut Progress<'_>, listed: BTreeMap<u64, SeenDataset>) {
        let known: BTreeMap<u64, SeenDataset> =
            progress.watch.datasets.iter().map(|d| (d.nid, d.clone())).collect();
        let wanted = self.datasets_to_read(progress.watch, &known, &listed);
        for (nid, mut dataset) in listed.clone() {
            if !wanted.contains(&nid) {
                let read = known.get(&nid);
                dataset.read_at = read.and_then(|read| read.read_at);
                progress.look.datasets.push(dataset);
            }
        }
        // Whom the last look did not come to comes first.
        let begins_at = self.begins_at.load(Ordering::Relaxed);
        let (later, first): (Vec<u64>, Vec<u64>) =
            wanted.into_iter().partition(|nid| *nid < begins_at);
        let (mut silent, mut next) = (0, 0);
        let (mut read_any, mut gone) = (false, Vec::new());
        let began = Instant::now();
        for nid in first.into_iter().chain(later) {
            // The rest would take as long again, each: what was read is worth more.
            if silent == SILENT_AT_MOST || began.elapsed() >= LOOKS_AT_MOST {
                next = nid;
                break;
            }
            let Some(dataset) = listed.get(&nid).or_else(|| known.get(&nid)) else { continue };
            // What no list says of any dataset it does not say of this one.
            let says_counts = progress.look.shown.contains(&Shown::CommentCounts);
            let said = listed.get(&nid).filter(|_| says_counts).map(|dataset| dataset.comments);
            let read = self.comments_of(progress, dataset, said).await;
            let is_silent = read.as_ref().is_err_and(SourceError::is_passing);
            silent = if is_silent { silent + 1 } else { 0 };
            read_any |= read.is_ok();
            match read {
                Ok(is_whole) => {
                    self.failing().remove(&nid);
                    // What could not be read whole is read again, as if it never was.
                    let read_at = is_whole.then_some(progress.watch.now);
                    progress.look.datasets.push(SeenDataset { read_at, ..dataset.clone() });
                }
                Err(error) => {
                    let is_absent = matches!(error, SourceError::Refused { status: 404 | 410, .. });
                    let is_unlisted = !listed.contains_key(&nid) && progress.look.listed.is_some();
                    if is_absent && is_unlisted {
                        gone.push(nid);
                    }
                    self.failing().insert(nid);
                    let what = format!("comments of dataset {nid}");
                    progress.look.troubles.push(Trouble { what, dataset: Some(nid), error });
                }
            }
        }
        self.begins_at.store(next, Ordering::Relaxed);
        progress.look.comments_unread = !read_any || silent == SILENT_AT_MOST;
        // A dataset that is neither listed nor there, where others are, was deleted with what was asked about it.
        if !progress.look.comments_unread {
            let is_gone = |nid: Option<u64>| nid.is_some_and(|nid| gone.contains(&nid));
            progress.look.troubles.retain(|trouble| !is_gone(trouble.dataset));
            let of_gone = progress.watch.open.iter().filter(|case| is_gone(case.dataset));
            progress.look.observation.missing.extend(of_gone.map(|case| case.number.clone()));
        }
    }

    fn failing(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never read, changed in number, with an open case, not readable when last asked for, or longest unread.
    fn datasets_to_read(
        &self,
        watch: &Watch,
        known: &BTreeMap<u64, SeenDataset>,
        listed: &BTreeMap<u64, SeenDataset>,
    ) -> BTreeSet<u64> {
        let mut wanted: BTreeSet<u64> = watch.open.iter().filter_map(|case| case.dataset).collect();
        let mut unread: Vec<(Option<DateTime<Utc>>, u64)> = Vec::new();
        let failing = self.failing();
        let again = failing.iter().filter(|nid| listed.contains_key(nid)).take(AGAIN_AT_MOST);
        let again: BTreeSet<u64> = again.copied().collect();
        for (nid, dataset) in listed {
            let before = known.get(nid).filter(|before| before.read_at.is_some());
            let changed = before.is_none_or(|before| before.comments != dataset.comments);
            if changed && (dataset.comments > 0 || before.is_some()) {
                wanted.insert(*nid);
            } else if !again.contains(nid) {
                unread.push((before.and_then(|before| before.read_at), *nid));
            }
        }
        wanted.extend(again);
        unread.sort_unstable();
        wanted.extend(unread.iter().take(self.settings.sweep_datasets).map(|(_, nid)| nid));
        wanted
    }

    /// Returns whether every row could be read. `said` is how many comments the list says there are.
    async fn comments_of(
        &self,
        progress: &mut Progress<'_>,
        dataset: &SeenDataset,
        said: Option<u64>,
    ) -> Result<bool, SourceError> {
        let endpoint = &self.settings.comments;
        let blanks = Blanks { nid: dataset.nid, ..Blanks::default() };
        let is_watched = progress.watch.open.iter().any(|case| case.dataset == Some(dataset.nid));
        let read = self.fetcher.document(endpoint, blanks).await;
        progress.reached |= !matches!(read, Err(SourceError::Unreachable(_)));
        // Of a dataset that is said to have none, and has none of ours, no list need be there.
        let need_not_be = said == Some(0) && !is_watched;
        let document = match read {
            Err(SourceError::Refused { status: 404, .. }) if need_not_be => return Ok(true),
            read => read?,
        };
        let rows = match wire::rows(&document, endpoint) {
            Err(_) if need_not_be => return Ok(true),
            rows => rows?,
        };
        if rows.is_empty() && said.is_some_and(|said| said > 0) {
            let say = "the list says there are comments, but none is shown".to_owned();
            return Err(SourceError::Changed(say));
        }
        if convert::label_replies(rows, &self.settings) {
            progress.look.shown.insert(Shown::ReplyLabels);
        }
        let on_terms = (dataset, self.expects(progress, Shown::ReplyLabels));
        let read = |(row, position)| convert::comment(row, &self.settings, on_terms, position);
        let (read, faults) = sort_out(rows.iter().zip(1..).map(read), rows.len())?;
        let seen: Vec<SeenCase> = read.into_iter().flatten().collect();
        progress.comments.count(&seen);
        let unread = !faults.is_empty();
        let here = progress.watch.open.iter().filter(|case| case.dataset == Some(dataset.nid));
        let shown = |number: &CaseNumber| seen.iter().any(|case| case.number == *number);
        // A row that could not be read may be the one that seems to be missing.
        let gone = here.filter(|case| !shown(&case.number) && !unread).map(|c| c.number.clone());
        progress.look.observation.missing.extend(gone);
        progress.look.observation.seen.extend(seen);
        progress.look.observation.faults.extend(faults);
        Ok(!unread)
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
