//! `/units`: 單位, with what each has to do and whether it can be reached.

use std::borrow::Borrow;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::desk::{Desk, broken};
use crate::app::unit_page::{Reach, Tested, UnitLine, UnitsPage};
use crate::web::question::Path;
use crate::web::{Web, pages};

/// `templates/console/units.html`.
#[derive(Template)]
#[template(path = "console/units.html")]
struct Units<'a> {
    desk: &'a Desk,
    directory: UnitsPage,
    may_edit: bool,
    /// Whom a test message was sent, and what became of it.
    tested: Option<(String, Tested)>,
}

impl Units<'_> {
    fn may_read(&self, line: &UnitLine) -> bool {
        self.desk.viewer.may_read_words(Some(&line.unit.id))
    }

    fn officers(&self, line: &UnitLine) -> String {
        let names: Vec<&str> = line.unit.officers.iter().map(|one| one.name.as_str()).collect();
        names.join(self.desk.t("、", ", "))
    }

    /// A channel: its address for those who may read it, else its kind.
    fn channel(&self, reach: &Reach, may_read: impl Borrow<bool>) -> String {
        if *may_read.borrow() {
            return reach.0.to_string();
        }
        self.desk.say.channel(reach.0.kind).to_owned()
    }
}

/// The directory.
pub(super) async fn page(State(web): State<Web>, desk: Desk) -> Result<Response, Response> {
    show(&web, &desk, None).await
}

/// Sends a unit a test message, and says what became of it.
pub(super) async fn test(
    State(web): State<Web>,
    desk: Desk,
    Path(unit): Path<String>,
) -> Result<Response, Response> {
    if !desk.viewer.may_administer() {
        return Err(pages::forbidden());
    }
    let live = web.app.live();
    let known = live.config.rules.directory.unit(&unit).map(|unit| unit.name.clone());
    let name = match known {
        Some(name) => name,
        None if unit == "administrators" => desk.t("系統管理者", "administrators").to_owned(),
        None => return Ok(pages::no_such_page()),
    };
    // The page must be there before whoever asked for it is told that it took too long.
    let within = Some(live.config.web.request_timeout.mul_f64(0.8));
    let tested = web.app.send_test(&unit, None, within).await.map_err(broken("units"))?;
    show(&web, &desk, Some((name, tested))).await
}

async fn show(
    web: &Web,
    desk: &Desk,
    tested: Option<(String, Tested)>,
) -> Result<Response, Response> {
    let directory = web.app.units_page().await.map_err(broken("units"))?;
    let may_edit = desk.viewer.may_administer();
    Ok(pages::page(StatusCode::OK, &Units { desk, directory, may_edit, tested }))
}
