//! The comments under our datasets: which threads a look reads, and what they show.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::fetch::Blanks;
use super::{Platform, Progress, convert, sort_out, wire};
use crate::domain::case::CaseNumber;
use crate::domain::observation::{Reading, SeenCase};
use crate::intake::{SeenDataset, Shown, SourceError, Trouble, Watch};

/// After so many datasets in a row whose comments are not answered no more are asked for in the same look: each
/// takes a minute and more, and what the others said is kept only at its end.
pub(super) const SILENT_AT_MOST: usize = 10;

/// A look that takes longer ends, and the next goes on where it stopped: what was read is kept only at its end.
const LOOKS_AT_MOST: Duration = Duration::from_mins(20);

/// So many datasets that could not be read are asked for again in each look, beside those that are due.
const AGAIN_AT_MOST: usize = 50;

/// What became of some threads.
#[derive(Default)]
struct Batch {
    /// One of them at least could be read.
    any: bool,
    /// Too many one after another did not answer.
    is_given_up: bool,
    /// Those that are neither listed nor there.
    gone: Vec<u64>,
}

/// The datasets as they are listed now, and as they were remembered.
struct Datasets {
    listed: BTreeMap<u64, SeenDataset>,
    known: BTreeMap<u64, SeenDataset>,
}

impl Datasets {
    fn reading(&self, nid: u64) -> Reading {
        self.known.get(&nid).map(|known| known.reading).unwrap_or_default()
    }

    fn is_failing(&self, nid: u64) -> bool {
        self.reading(nid).failing_since.is_some()
    }
}

impl Platform {
    /// Reads the comments that may have changed, and remembers which were read.
    pub(super) async fn read_comments(
        &self,
        progress: &mut Progress<'_>,
        listed: BTreeMap<u64, SeenDataset>,
    ) {
        let known = progress.watch.datasets.iter().map(|d| (d.nid, d.clone())).collect();
        let datasets = Datasets { listed, known };
        let wanted = self.threads_to_read(progress.watch, &datasets);
        for (nid, dataset) in &datasets.listed {
            if !wanted.contains(nid) {
                let reading = datasets.reading(*nid);
                progress.look.datasets.push(SeenDataset { reading, ..dataset.clone() });
            }
        }
        // Whoever fails keeps nobody else waiting.
        let (failing, steady): (Vec<u64>, Vec<u64>) =
            wanted.into_iter().partition(|nid| datasets.is_failing(*nid));
        let began = Instant::now();
        let steady_read = self.read_threads(progress, &steady, (&datasets, began)).await;
        let failing_read = if steady_read.is_given_up {
            Batch::default()
        } else {
            self.read_threads(progress, &failing, (&datasets, began)).await
        };
        // That those fail that failed before is nothing new, while there are others.
        let is_in_vain = !steady_read.any && !failing_read.any;
        let are_others =
            steady.is_empty() && datasets.listed.keys().any(|nid| !datasets.is_failing(*nid));
        progress.look.comments_unread = steady_read.is_given_up || (is_in_vain && !are_others);
        // A dataset that is neither listed nor there, where others are, was deleted with what was asked about it.
        if !progress.look.comments_unread {
            let gone = [steady_read.gone, failing_read.gone].concat();
            let is_gone = |nid: Option<u64>| nid.is_some_and(|nid| gone.contains(&nid));
            progress.look.troubles.retain(|trouble| !is_gone(trouble.dataset));
            let of_gone = progress.watch.open.iter().filter(|case| is_gone(case.dataset));
            progress.look.observation.missing.extend(of_gone.map(|case| case.number.clone()));
        }
    }

    /// Never read, changed in number, with an open case, not whole when last asked for, or longest not asked for:
    /// in the order in which they were asked for last.
    fn threads_to_read(&self, watch: &Watch, datasets: &Datasets) -> Vec<u64> {
        let mut wanted: BTreeSet<u64> = watch.open.iter().filter_map(|case| case.dataset).collect();
        let (mut again, mut in_turn) = (Vec::new(), Vec::new());
        for (nid, dataset) in &datasets.listed {
            let reading = datasets.reading(*nid);
            let before = datasets.known.get(nid).filter(|_| reading.read_at.is_some());
            let changed = before.is_none_or(|before| before.comments != dataset.comments);
            if changed && (dataset.comments > 0 || before.is_some()) {
                wanted.insert(*nid);
            } else if reading.is_wanting() {
                again.push((reading.tried_at, *nid));
            } else {
                in_turn.push((reading.tried_at, *nid));
            }
        }
        for (mut some, most) in [(again, AGAIN_AT_MOST), (in_turn, self.settings.sweep_datasets)] {
            some.sort_unstable();
            wanted.extend(some.into_iter().take(most).map(|(_, nid)| nid));
        }
        let mut wanted: Vec<u64> = wanted.into_iter().collect();
        // Whom the last look did not come to comes first.
        wanted.sort_by_key(|nid| datasets.reading(*nid).tried_at);
        wanted
    }

    async fn read_threads(
        &self,
        progress: &mut Progress<'_>,
        nids: &[u64],
        (Datasets { listed, known }, began): (&Datasets, Instant),
    ) -> Batch {
        let (mut batch, mut silent) = (Batch::default(), 0);
        let now = progress.watch.now;
        for nid in nids {
            // The rest would take as long again, each: what was read is worth more.
            batch.is_given_up = silent == SILENT_AT_MOST;
            if batch.is_given_up || began.elapsed() >= LOOKS_AT_MOST {
                progress.look.is_cut_short = true;
                break;
            }
            let (before, listed_now) = (known.get(nid), listed.get(nid));
            let Some(dataset) = listed_now.or(before) else { continue };
            // What no list says of any dataset it does not say of this one.
            let says_counts = progress.look.shown.contains(&Shown::CommentCounts);
            let said = listed_now.filter(|_| says_counts).map(|dataset| dataset.comments);
            let read = self.comments_of(progress, dataset, said).await;
            let is_silent = read.as_ref().is_err_and(SourceError::is_passing);
            silent = if is_silent { silent + 1 } else { 0 };
            batch.any |= read.is_ok();
            let (comments, reading) = match read {
                // What could not be read whole is read again, as if it never was.
                Ok(is_whole) => (dataset.comments, Reading::had(is_whole, now)),
                Err(error) => {
                    let is_absent = matches!(error, SourceError::Refused { status: 404 | 410, .. });
                    if is_absent && listed_now.is_none() && progress.look.listed.is_some() {
                        batch.gone.push(*nid);
                    }
                    let what = format!("comments of dataset {nid}");
                    progress.look.troubles.push(Trouble { what, dataset: Some(*nid), error });
                    let reading = before.map(|before| before.reading).unwrap_or_default();
                    let comments = before.map_or(dataset.comments, |before| before.comments);
                    (comments, reading.failed(now))
                }
            };
            progress.look.datasets.push(SeenDataset { comments, reading, ..dataset.clone() });
        }
        batch.is_given_up |= silent == SILENT_AT_MOST;
        batch
    }

    /// Returns whether every row could be read. `said` is how many comments the list says there are.
    pub(super) async fn comments_of(
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
