//! What not every platform need show, but one that did goes on to: where it stops, it has changed.

use serde_json::Value;

use super::{Platform, Progress, wire};
use crate::config::settings::{self, Endpoint, Pointers};
use crate::domain::case::CaseKind;
use crate::domain::observation::{Reading, SeenCase};
use crate::intake::{SeenDataset, Shown, SourceError};

impl Platform {
    /// Whether this was shown before, in an earlier look or in this one, and is still looked for.
    pub(super) fn expects(&self, progress: &Progress<'_>, what: Shown) -> bool {
        let Progress { watch, look, .. } = progress;
        let was_shown = watch.shown.contains(&what) || look.shown.contains(&what);
        was_shown && is_looked_for(what, &self.settings)
    }

    /// How many rows a list says it has; once it said so it goes on to, else a shorter page would end it.
    pub(super) fn counted(
        &self,
        progress: &mut Progress<'_>,
        (document, rows): (&Value, &[Value]),
        (endpoint, what): (&Endpoint, Shown),
    ) -> Result<Option<u64>, SourceError> {
        let count = wire::count(document, endpoint);
        if count.is_some() {
            progress.look.shown.insert(what);
        } else if !rows.is_empty() && self.expects(progress, what) {
            let say = "the list does not say any more how many rows it has";
            return Err(SourceError::Changed(say.to_owned()));
        }
        Ok(count)
    }

    /// Once rows say when they were posted they go on to: else deadlines would count from when they were first seen. Where
    /// several were read and none says so, nothing of them is taken up; a single one may be odd by itself.
    pub(super) fn hold_to_dates(&self, progress: &mut Progress<'_>, kind: CaseKind) {
        let (what, list, dates) = match kind {
            CaseKind::Comment => (Shown::CommentDates, "comments", progress.comments),
            _ => (Shown::RequestDates, "requests", progress.requests),
        };
        if dates.any {
            progress.look.shown.insert(what);
        } else if dates.rows > 1 && self.expects(progress, what) {
            progress.look.observation.seen.retain(|seen| seen.kind != kind);
            // What was not taken up was not read.
            if kind == CaseKind::Request {
                progress.look.requests_read = false;
            } else {
                let now = progress.watch.now;
                let read_now = |dataset: &&mut SeenDataset| dataset.reading.read_at == Some(now);
                let read = progress.look.datasets.iter_mut().filter(read_now);
                read.for_each(|dataset| dataset.reading = Reading::had(false, now));
            }
            let say = "none of them says when it was posted".to_owned();
            progress.trouble(list.to_owned(), SourceError::Changed(say));
        }
    }
}

/// How many cases of a kind were read, ours or not, and whether any says when it was posted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dates {
    rows: usize,
    any: bool,
}

impl Dates {
    /// Takes down what these say.
    pub(super) fn count(&mut self, seen: &[SeenCase]) {
        self.rows += seen.len();
        self.any |= seen.iter().any(|seen| seen.posted_at.is_some());
    }
}

/// Whether the configuration names a place where this would stand.
fn is_looked_for(what: Shown, settings: &settings::Platform) -> bool {
    let of = |endpoint: &Endpoint, name| endpoint.fields.get(name).cloned();
    let place = match what {
        Shown::CommentCounts => of(&settings.datasets, "comments"),
        Shown::ReplyLabels => of(&settings.comments, "reply_label"),
        Shown::DatasetCount => Some(settings.datasets.count.clone()),
        Shown::RequestCount => Some(settings.requests.count.clone()),
        Shown::CommentDates => of(&settings.comments, "created"),
        Shown::RequestDates => of(&settings.requests, "created"),
        Shown::Requests => return true,
    };
    place.is_some_and(|Pointers(pointers)| !pointers.is_empty())
}
