//! How the platform can fail, and what it answers then.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::datasets::renamed;

/// How the platform can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// A maintenance page, 200.
    Html,
    /// JSON that breaks off in the middle.
    Truncated,
    /// The right shape, with nothing in any list.
    EmptyLists,
    /// The lists are texts.
    WrongTypes,
    /// Only datasets of other agencies, whatever was asked for.
    FiltersIgnored,
    /// This many bytes of nothing.
    Noise(usize),
    /// This status, without a body.
    Status(u16),
    /// No answer at all.
    Hang,
    /// This field goes by another name.
    Renamed(&'static str),
    /// Threads without a reply, whatever was answered.
    NoReplies,
    /// 503 to whoever asks for the comments of this dataset; all else as it should be.
    SilentAbout(u64),
    /// Another shape to whoever asks for the comments of this dataset; all else as it should be.
    OddAbout(u64),
}

/// The answer as it leaves: true, or as the platform misbehaves.
pub(super) async fn behave(misbehaviour: Option<Misbehaviour>, document: Value) -> Response {
    let json_text = |text: String| ([(header::CONTENT_TYPE, "application/json")], text);
    match misbehaviour {
        None
        | Some(
            Misbehaviour::FiltersIgnored
            | Misbehaviour::NoReplies
            | Misbehaviour::SilentAbout(_)
            | Misbehaviour::OddAbout(_),
        ) => json_text(document.to_string()).into_response(),
        Some(Misbehaviour::Html) => Html("<!doctype html><h1>系統維護中</h1>").into_response(),
        Some(Misbehaviour::Truncated) => {
            let text = document.to_string();
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            json_text(half).into_response()
        }
        Some(Misbehaviour::EmptyLists) => {
            let empty: [Value; 0] = [];
            let payload = json!({ "search_result": empty, "search_count": 0, "results": empty });
            json_text(json!({ "success": true, "payload": payload }).to_string()).into_response()
        }
        Some(Misbehaviour::WrongTypes) => {
            let payload = json!({ "search_result": "none", "search_count": "?", "results": 7 });
            json_text(json!({ "success": true, "payload": payload }).to_string()).into_response()
        }
        Some(Misbehaviour::Noise(bytes)) => json_text("x".repeat(bytes)).into_response(),
        Some(Misbehaviour::Status(status)) => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY).into_response()
        }
        Some(Misbehaviour::Renamed(field)) => json_text(renamed(&document, field)).into_response(),
        Some(Misbehaviour::Hang) => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}
