//! That a form was sent from one of our own pages: each carries a word that only they know.
//!
//! A page puts [`Csrf`] into the hidden field `csrf` of its forms (a script may send it as the header
//! `x-csrf-token`); [`protect`] asks for it before anything but a look. Links in messages
//! (`/act/…`) need none: they work without cookies.

use std::fmt;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::api::problem::Problem;
use super::visit::By;
use super::{FORM_LIMIT_BYTES, Web, pages, visit};
use crate::config::seal::Seal;

/// The field's name.
const FIELD: &str = "csrf";
/// The header's.
const HEADER: &str = "x-csrf-token";

/// The word that the forms of a page carry: shown, it is the field's value.
#[derive(Clone, Debug)]
pub(super) struct Csrf {
    word: String,
    owner: String,
}

impl fmt::Display for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}

impl<S: Sync> FromRequestParts<S> for Csrf {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let csrf = parts.extensions.get::<Self>().cloned();
        csrf.ok_or_else(|| visit::ask_to_sign_in(&parts.method, &parts.uri))
    }
}

/// Makes the words, and knows them again.
#[derive(Clone, Debug)]
pub(super) struct Words(Seal);

impl Words {
    pub(super) fn new(seal: Seal) -> Self {
        Self(seal)
    }

    /// The word of `owner`: one who signed in.
    pub(super) fn token(&self, owner: &str) -> Csrf {
        let word = URL_SAFE_NO_PAD.encode(self.0.sign(owner.as_bytes()));
        Csrf { word, owner: owner.to_owned() }
    }

    fn knows(&self, csrf: &Csrf, word: &str) -> bool {
        let word = URL_SAFE_NO_PAD.decode(word).unwrap_or_default();
        self.0.knows(csrf.owner.as_bytes(), &word)
    }
}

/// Lets a request through that only looks, or that carries the word of whoever asks.
pub(super) async fn protect(State(web): State<Web>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || request.extensions().get::<By>() == Some(&By::Token) {
        return next.run(request).await;
    }
    let Some(csrf) = request.extensions().get::<Csrf>().cloned() else {
        return visit::ask_to_sign_in(request.method(), request.uri());
    };
    let is_api = visit::is_api(request.uri());
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, FORM_LIMIT_BYTES).await else {
        return refuse(is_api, StatusCode::PAYLOAD_TOO_LARGE);
    };
    let word = match parts.headers.get(HEADER) {
        Some(word) => word.to_str().ok().map(str::to_owned),
        None => field(&parts.headers, &bytes).await,
    };
    if !word.is_some_and(|word| web.csrf.knows(&csrf, &word)) {
        return refuse(is_api, StatusCode::FORBIDDEN);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn refuse(is_api: bool, status: StatusCode) -> Response {
    match (is_api, status) {
        (true, StatusCode::FORBIDDEN) => {
            let detail =
                "a browser's session must send the header x-csrf-token; a program sends a token";
            Problem::new(status, detail).into_response()
        }
        (true, _) => Problem::new(status, "the body is too large").into_response(),
        (false, StatusCode::FORBIDDEN) => pages::stale_form(),
        (false, _) => pages::not_understood(status),
    }
}

#[derive(Deserialize)]
struct Carried {
    #[serde(default)]
    csrf: String,
}

/// The field of a form, however it was sent.
async fn field(headers: &HeaderMap, bytes: &Bytes) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let is_multipart = content_type.to_str().ok()?.starts_with("multipart/form-data");
    let mut copy = Request::new(Body::from(bytes.clone()));
    *copy.method_mut() = axum::http::Method::POST;
    copy.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    if !is_multipart {
        return Form::<Carried>::from_request(copy, &()).await.ok().map(|form| form.0.csrf);
    }
    let mut parts = Multipart::from_request(copy, &()).await.ok()?;
    while let Some(part) = parts.next_field().await.ok()? {
        if part.name() == Some(FIELD) {
            return part.text().await.ok();
        }
    }
    None
}
