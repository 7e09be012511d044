//! `/api/v1/…`: for programs; the same shapes as `--json` on the command line.
//!
//! `GET /api/openapi.json` is made from the handlers themselves.

mod ask;
mod cases;
mod deed;
mod office;
mod outbox;
pub(super) mod problem;

use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Web;

/// What stands over the description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "jicui",
        version = "1",
        description = "稽催: the cases of a ministry, the days they are due, and what was said of them. \
            Days are `2026-02-11` in Taipei; instants are RFC 3339 with `+08:00`."
    ),
    modifiers(&Tokens),
    security(("token" = []))
)]
struct Head;

/// How a program says who it is.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, api: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("Made by `jicui tokens add`; shown once."))
            .build();
        let components = api.components.get_or_insert_with(openapi::Components::new);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The routes for whoever is known.
pub(super) fn routes() -> Router<Web> {
    described().split_for_parts().0
}

/// Where the description is. It is made when somebody asks: rarely, and it is a megabyte in memory.
pub(super) fn description() -> Router<Web> {
    Router::new().route("/api/openapi.json", get(async || Json(document())))
}

fn document() -> openapi::OpenApi {
    let mut api = described().split_for_parts().1;
    deed::describe_as_closed(&mut api);
    api
}

fn described() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(cases::list))
        .routes(routes!(cases::one))
        .routes(routes!(cases::act))
        .routes(routes!(office::calendar))
        .routes(routes!(office::status))
        .routes(routes!(office::units))
        .routes(routes!(office::report))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::retry))
        .routes(routes!(outbox::cancel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_says_that_a_deed_has_no_other_fields() {
        let document = serde_json::to_value(document()).unwrap();
        let deeds = document["components"]["schemas"]["Deed"]["oneOf"].as_array().unwrap();
        assert!(deeds.iter().any(|deed| deed["properties"]["workdays"].is_object()), "{deeds:?}");
        for deed in deeds {
            assert_eq!(deed["additionalProperties"], false, "{deed}");
        }
    }
}
