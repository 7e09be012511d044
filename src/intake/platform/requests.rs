//! The requests of the whole country, newest first: ours, and those that may become ours.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fetch::Blanks;
use super::paging::Paging;
use super::{Platform, Progress, convert, is_ours, sort_out, wire};
use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::observation::{Assignment, RowFault, SeenCase};
use crate::intake::{Shown, SourceError, Watch};

impl Platform {
    /// Reads requests, newest first, until every open one was met or passed, and what else the watch
    /// reaches back to.
    pub(super) async fn read_requests(&self, progress: &mut Progress<'_>) {
        let open = progress.watch.open.iter().filter(|case| case.kind == CaseKind::Request);
        let open: BTreeSet<CaseNumber> = open.map(|case| case.number.clone()).collect();
        match self.requests(progress, &open).await {
            Ok(met) => {
                progress.look.requests_read = true;
                let gone = open.into_iter().filter(|number| !met.contains(number));
                progress.look.observation.missing.extend(gone);
            }
            Err(error) => progress.trouble("requests".to_owned(), error),
        }
    }

    async fn requests(
        &self,
        progress: &mut Progress<'_>,
        open: &BTreeSet<CaseNumber>,
    ) -> Result<BTreeSet<CaseNumber>, SourceError> {
        let (endpoint, size) = (&self.settings.requests, self.settings.request_page_size);
        let oldest_open = open.iter().filter_map(sid).min();
        let reach = progress.watch.reach.as_ref().and_then(sid);
        let (mut paging, mut unread) = (Paging::new(size), BTreeSet::new());
        // The smallest number that was met: what is older comes after it.
        let mut oldest_met = u64::MAX;
        for page in 1..=self.settings.max_pages {
            let blanks = Blanks { page, size, ..Blanks::default() };
            let document = self.fetcher.document(endpoint, blanks).await?;
            progress.reached = true;
            let rows = wire::rows(&document, endpoint)?;
            if !rows.is_empty() {
                progress.look.shown.insert(Shown::Requests);
            } else if page == 1 && !open.is_empty() {
                let say = format!("{} requests are open and none is listed", open.len());
                return Err(SourceError::Changed(say));
            } else if page == 1 && self.expects(progress, Shown::Requests) {
                let say = "requests were listed before and none is".to_owned();
                return Err(SourceError::Changed(say));
            }
            if !rows.is_empty() && rows.iter().all(|row| self.hides_agency(row)) {
                let say = "no row says which agency has the request".to_owned();
                return Err(SourceError::Changed(say));
            }
            let read = |(row, position)| convert::request(row, &self.settings, position);
            let (read, faults) = sort_out(rows.iter().zip(1..).map(read), rows.len())?;
            progress.requests.count(&read);
            let count =
                self.counted(progress, (&document, rows), (endpoint, Shown::RequestCount))?;
            let end =
                paging.turn(read.iter().map(|case| case.number.clone()), faults.len(), count)?;
            // A row that could not be read is not missing.
            unread.extend(faults.iter().filter_map(unread_request));
            progress.look.observation.faults.extend(faults);
            progress.look.observation.requests.count(&read);
            let sids: Vec<u64> = read.iter().filter_map(|case| sid(&case.number)).collect();
            let seen = read.into_iter().filter(|case| concerns_us(progress.watch, open, case));
            progress.look.observation.seen.extend(seen);
            // Where the order is another, nobody knows where the newest stand. One that several agencies have may
            // stand in several rows.
            if !sids.is_sorted_by(|newer, older| newer >= older) {
                let say = "the requests do not stand newest first: the order asked for is ignored";
                return Err(SourceError::Changed(say.to_owned()));
            }
            oldest_met = oldest_met.min(sids.last().copied().unwrap_or(u64::MAX));
            let has_passed = |wanted: Option<u64>| wanted.is_none_or(|sid| oldest_met <= sid);
            let is_far_enough =
                has_passed(oldest_open) && (has_passed(reach) || page == self.settings.max_pages);
            let enough = is_far_enough && page >= self.settings.recent_request_pages;
            if end.is_some_and(|end| !end.is_whole) {
                // One that changed places while the list was read may be the one not met.
                unread.extend(open.iter().cloned());
            }
            if end.is_some() || enough {
                return Ok(&paging.into_met() | &unread);
            }
        }
        let pages = self.settings.max_pages;
        Err(SourceError::Changed(format!("more than {pages} pages and an open request not met")))
    }

    /// Whether a row names no agency and does not say that it has none yet.
    fn hides_agency(&self, row: &Value) -> bool {
        let endpoint = &self.settings.requests;
        let word = wire::text(row, endpoint, "assignment");
        let assignment = word.and_then(|word| convert::assignment(word, &self.settings));
        wire::text(row, endpoint, "agency").is_none() && assignment != Some(Assignment::Awaited)
    }
}

fn sid(number: &CaseNumber) -> Option<u64> {
    number.platform_id(CaseKind::Request)
}

/// Ours, watched, or nobody's yet.
fn concerns_us(watch: &Watch, open: &BTreeSet<CaseNumber>, case: &SeenCase) -> bool {
    case.agency.is_empty() || open.contains(&case.number) || is_ours(&watch.agencies, &case.agency)
}

/// The request that a fault speaks of, if its number could be read.
fn unread_request(fault: &RowFault) -> Option<CaseNumber> {
    let sid = fault.row.strip_prefix("sid ")?.parse().ok()?;
    Some(CaseNumber::of_request(sid))
}
