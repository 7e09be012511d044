//! `/system`: 系統, for the administrators: runs, the configuration in force, versions, self-checks.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::desk::{Desk, broken};
use crate::app::health::Severity;
use crate::app::system_page::SystemPage;
use crate::web::{Web, pages};

/// `templates/console/system.html`.
#[derive(Template)]
#[template(path = "console/system.html")]
struct System<'a> {
    desk: &'a Desk,
    system: SystemPage,
}

/// The page.
pub(super) async fn page(State(web): State<Web>, desk: Desk) -> Result<Response, Response> {
    if !desk.viewer.may_see_system() {
        return Err(pages::forbidden());
    }
    let system = web.app.system_page().await.map_err(broken("system"))?;
    Ok(pages::page(StatusCode::OK, &System { desk: &desk, system }))
}
