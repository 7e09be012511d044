//! `/live`: says that something changed, to pages that are open. What, they ask for themselves.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::desk::Desk;
use crate::app::App;
use crate::web::Web;
use crate::web::question::Query;

/// So many pages at once are told; the others ask by themselves, as without a script.
const LISTENERS: usize = 40;
/// So often is looked whether anything changed.
const EVERY: Duration = Duration::from_secs(2);
/// A browser whose connection ended comes back after this long.
const COME_BACK: Duration = Duration::from_secs(5);

/// The places of those who listen.
#[derive(Clone, Debug)]
pub(in crate::web) struct Listeners(Arc<Semaphore>);

impl Default for Listeners {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LISTENERS)))
    }
}

#[derive(Deserialize)]
pub(super) struct Seen {
    /// The state of the database that the page shows.
    #[serde(default)]
    since: i64,
}

/// A line for each change, until the browser leaves or jicui stops.
pub(super) async fn changes(
    State(web): State<Web>,
    _: Desk,
    Query(Seen { since }): Query<Seen>,
) -> Response {
    let Ok(place) = Arc::clone(&web.listeners.0).try_acquire_owned() else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let stream = unfold((web.app, since, place), next_change);
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response()
}

type Listening = (Arc<App>, i64, OwnedSemaphorePermit);

async fn next_change((app, seen, place): Listening) -> Option<(Changed, Listening)> {
    let stop = app.stop().clone();
    loop {
        // A database that cannot be read is no news; the page says so when it is asked.
        let now = app.revision().await.unwrap_or(seen);
        if now != seen {
            let event = Event::default().event("changed").data(now.to_string()).retry(COME_BACK);
            return Some((Ok(event), (app, now, place)));
        }
        stop.run_until_cancelled(tokio::time::sleep(EVERY)).await?;
    }
}

type Changed = Result<Event, Infallible>;
