//! `/`: 今日.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::desk::{Desk, broken};
use crate::app::today::{Pulse, Today};
use crate::domain::message::Alarm;
use crate::notify::render;
use crate::web::{Web, pages};

/// `templates/console/home.html`.
#[derive(Template)]
#[template(path = "console/home.html")]
struct Home<'a> {
    desk: &'a Desk,
    today: Arc<Today>,
    revision: i64,
}

impl Home<'_> {
    fn pulse(&self) -> &Pulse {
        &self.today.pulse
    }

    fn poll_is_well(&self) -> bool {
        let pulse = self.pulse();
        let fresh = |at| self.desk.now - at < pulse.poll_stale_after;
        pulse.last_poll_good && pulse.good_poll.is_some_and(fresh)
    }

    fn outbox_is_late(&self) -> bool {
        let oldest = self.pulse().waiting.oldest;
        oldest.is_some_and(|oldest| self.desk.now - oldest >= self.pulse().outbox_stale_after)
    }

    /// What an alarm is called, and what to do.
    fn alarm(&self, alarm: &Alarm) -> (&'static str, &'static str) {
        render::alarm_words(self.desk.say.language, &alarm.code)
    }

    fn no_rows(&self) -> bool {
        self.today.sections.iter().all(|section| section.total == 0)
    }
}

/// What presses today, and whether all is well.
pub(super) async fn page(State(web): State<Web>, desk: Desk) -> Result<Response, Response> {
    // What is shown is at least as new as this number.
    let revision = web.app.revision().await.map_err(broken("home"))?;
    let today = web.app.today().await.map_err(broken("home"))?;
    Ok(pages::page(StatusCode::OK, &Home { desk: &desk, today, revision }))
}
