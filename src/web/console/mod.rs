//! The pages for those who sign in (主控台): they show what `app` knows and call what `app` does.
//!
//! Every page works without a script; [`live`] refreshes what is shown where there is one.

mod calendar;
mod calendar_edit;
mod case;
mod cases;
mod desk;
mod home;
mod live;
mod outbox;
mod rehearsal;
mod report;
mod say;
mod say_calendar;
mod say_forms;
mod system;
mod units;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub(super) use live::Listeners;

use super::Web;

/// Its own script, its own stream of changes, its own forms, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page; each asks for its viewer.
pub(super) fn pages() -> Router<Web> {
    Router::new()
        .route("/", get(home::page))
        .route("/cases", get(cases::page))
        .route("/cases.csv", get(cases::csv))
        .route("/cases/{number}", get(case::page))
        .route("/cases/{number}/act", post(case::act))
        .route("/calendar", get(calendar::this_year))
        .route("/calendar/{year}", get(calendar::year))
        .route("/calendar/day/{date}", get(calendar::day))
        .route("/calendar/explain", get(calendar::explain))
        .route("/calendar/ask", post(calendar_edit::ask))
        .route("/calendar/file", post(calendar_edit::upload))
        .route("/calendar/confirm", post(calendar_edit::confirm))
        .route("/outbox", get(outbox::page))
        .route("/outbox/{id}/{what}", post(outbox::steer))
        .route("/units", get(units::page))
        .route("/units/{unit}/test", post(units::test))
        .route("/rehearsal", get(rehearsal::page).post(rehearsal::rehearse))
        .route("/report", get(report::page))
        .route("/report/{format}", get(report::file))
        .route("/system", get(system::page))
        .route("/live", get(live::changes))
        .route("/language/{tag}", get(desk::choose_language))
        .route_layer(middleware::map_response(with_policy))
}

/// What is the same for everybody, and needs no viewer.
pub(super) fn files() -> Router<Web> {
    Router::new().route("/live.js", get(script)).route("/icon.svg", get(icon))
}

async fn with_policy(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

async fn script() -> impl IntoResponse {
    kept("text/javascript; charset=utf-8", include_str!("../templates/live.js"))
}

async fn icon() -> impl IntoResponse {
    kept("image/svg+xml", include_str!("../templates/icon.svg"))
}

fn kept(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, text)
}
