//! The pages: what is reached by a browser, and nothing that acts on a mere look.
//!
//! [`router`] is the table of all pages; [`serve`] is the listener before it. Everything passes the
//! `guard`: the `Host`, the rates, the time limit, the headers of a public page.

mod act;
mod api;
mod console;
mod cookies;
mod csrf;
mod feed;
mod guard;
mod health;
mod limits;
mod metrics;
mod pages;
mod provider;
mod question;
mod server;
mod sign_in;
mod tls;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};

pub use server::{serve, serve_tls};
pub use tls::Tls;

use crate::app::App;
use crate::config::seal::Seal;
use limits::Limits;

/// A form behind a link is a few hundred bytes.
const BODY_LIMIT_BYTES: usize = 16 * 1024;
/// A form of somebody who signed in may bring a calendar's file.
const FORM_LIMIT_BYTES: usize = 256 * 1024;

/// What every page is made from.
#[derive(Clone, Debug)]
struct Web {
    app: Arc<App>,
    limits: Arc<Limits>,
    csrf: csrf::Words,
    journeys: provider::Journeys,
    listeners: console::Listeners,
}

/// Every page.
///
/// # Errors
///
/// A system that gives no random numbers.
pub fn router(app: Arc<App>) -> std::io::Result<Router> {
    let csrf = csrf::Words::new(Seal::random()?);
    let journeys = provider::Journeys::new(Seal::random()?);
    let listeners = console::Listeners::default();
    let web = Web { app, limits: Arc::default(), csrf, journeys, listeners };
    let router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/style.css", get(style))
        .route("/act/{token}", get(act::look).post(act::act))
        .merge(
            Router::new()
                .route("/sign-in", get(sign_in::ask).post(sign_in::sign_in))
                .route("/sign-in/provider", get(provider::leave))
                .route("/sign-in/provider/back", get(provider::back))
                .route_layer(middleware::from_fn(sign_in::from_our_own)),
        )
        .route("/calendar/{token}/calendar.ics", get(feed::by_token))
        .merge(api::description())
        .merge(console::files())
        .merge(for_viewers(&web))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(pages::not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(web.clone(), guard::guard))
        .with_state(web);
    Ok(router)
}

/// What only somebody known may look at: every handler asks for its [`Viewer`].
///
/// [`Viewer`]: crate::domain::access::Viewer
fn for_viewers(web: &Web) -> Router<Web> {
    Router::new()
        .merge(api::routes())
        .route(visit::CALENDAR, get(feed::all))
        .merge(
            Router::new()
                .route("/sign-out", get(sign_in::ask_out).post(sign_in::sign_out))
                .route("/sign-out/everywhere", post(sign_in::sign_out_everywhere))
                .route_layer(middleware::from_fn(sign_in::out_of_a_session)),
        )
        .merge(console::pages())
        .route_layer(DefaultBodyLimit::max(FORM_LIMIT_BYTES))
        .route_layer(middleware::from_fn_with_state(web.clone(), csrf::protect))
        .route_layer(middleware::from_fn_with_state(web.clone(), visit::identify))
}

async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("templates/style.css"))
}
