//! `/sign-in` and `/sign-out`.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use tracing::error;

use super::csrf::Csrf;
use super::guard::{Caller, host};
use super::limits::network;
use super::pages::{self, Frame};
use super::question::Query;
use super::visit::By;
use super::{Web, cookies};
use crate::app::accounts::NoEntry;
use crate::domain::access::Viewer;
use crate::domain::directory::Language;
use crate::notify::door::{self, SignInWords};

/// `templates/sign_in.html`.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    words: &'static SignInWords,
    other: Language,
    name: &'a str,
    next: &'a str,
    fault: &'a str,
    /// What leads to the provider, where there is one.
    provider: Option<&'a str>,
}

/// Where to go afterwards, and in which language it is asked.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) next: String,
    #[serde(default)]
    pub(super) language: String,
    /// A form was sent by somebody whose session was over.
    #[serde(default)]
    unsent: bool,
}

/// The form as a browser sends it.
#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    next: String,
    #[serde(default)]
    language: String,
}

/// Asks who that is.
pub(super) async fn ask(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let language = language(&asked.language, &headers);
    let fault = if asked.unsent { door::sign_in(language).unsent } else { "" };
    page(&web, (StatusCode::OK, language), ("", &asked.next), fault)
}

/// Lets somebody in by name and password.
pub(super) async fn sign_in(
    State(web): State<Web>,
    Caller(caller): Caller,
    headers: HeaderMap,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let Sent { name, password, next, language: tag } = match form {
        Ok(Form(sent)) => sent,
        Err(rejection) => return pages::not_understood(rejection.status()),
    };
    let language = language(&tag, &headers);
    let words = door::sign_in(language);
    let (status, fault) = match web.app.sign_in(&name, password, network(caller)).await {
        Ok(word) => return signed_in(&web, &word, &next),
        Err(NoEntry::Wrong) => (StatusCode::FORBIDDEN, words.wrong.to_owned()),
        Err(NoEntry::Wait(wait)) => {
            (StatusCode::TOO_MANY_REQUESTS, door::wait(language, wait.num_minutes() + 1))
        }
        Err(NoEntry::Failed(fault)) => {
            error!(fault = format!("{fault:#}"), "somebody could not sign in");
            return pages::broken();
        }
    };
    page(&web, (status, language), (&name, &next), &fault)
}

/// Has the browser hold the session, and leads it to where it wanted to go.
fn signed_in(web: &Web, word: &str, next: &str) -> Response {
    hold(web, Some(word), &format!("./{}", way(next)))
}

pub(super) fn hold(web: &Web, word: Option<&str>, place: &str) -> Response {
    let settings = &web.app.live().config.web;
    let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("./"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response();
    response.headers_mut().extend(cookies::hold(word, settings).map(|c| (header::SET_COOKIE, c)));
    response
}

/// A way within our own pages; anything else leads to the first one.
pub(super) fn way(next: &str) -> &str {
    let is_usual = |c: char| c.is_ascii_graphic() && c != '\\';
    let is_ours = !next.starts_with('/') && !next.contains("//") && next.chars().all(is_usual);
    if is_ours && next.len() <= 2000 { next } else { "" }
}

/// `templates/sign_out.html`.
#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    frame: Frame<'a>,
    words: &'static SignInWords,
    name: &'a str,
    csrf: &'a Csrf,
}

/// Lets only those sign out who signed in here: for whom a proxy vouches, or who sent a token, nothing would end, or
/// somebody else's session.
pub(super) async fn out_of_a_session(request: Request, next: Next) -> Response {
    match request.extensions().get() {
        Some(By::Session) | None => next.run(request).await,
        Some(By::Token | By::Proxy | By::Machine) => pages::forbidden(),
    }
}

/// Asks whether to end the session here, or everywhere.
pub(super) async fn ask_out(headers: HeaderMap, viewer: Viewer, csrf: Csrf) -> Response {
    let language = cookies::language(&headers);
    let frame = Frame::of(door::words(language), "./");
    let (words, name, csrf) = (door::sign_in(language), &*viewer.name, &csrf);
    pages::page(StatusCode::OK, &SignOutPage { frame, words, name, csrf })
}

/// Ends the session.
pub(super) async fn sign_out(State(web): State<Web>, headers: HeaderMap) -> Response {
    let settings = web.app.live().config.web.clone();
    let ended = match cookies::session(&headers, &settings) {
        Some(word) => web.app.sign_out(&word).await,
        None => Ok(()),
    };
    out(&web, ended, "./sign-in")
}

/// Ends every session of whoever asks.
pub(super) async fn sign_out_everywhere(State(web): State<Web>, viewer: Viewer) -> Response {
    let ended = web.app.sign_out_everywhere(&viewer.name).await;
    out(&web, ended, "./../sign-in")
}

fn out(web: &Web, ended: anyhow::Result<()>, place: &str) -> Response {
    match ended {
        Ok(()) => hold(web, None, place),
        Err(fault) => {
            error!(fault = format!("{fault:#}"), "somebody could not sign out");
            pages::broken()
        }
    }
}

pub(super) fn language(tag: &str, headers: &HeaderMap) -> Language {
    let chosen = Language::ALL.into_iter().find(|language| language.as_str() == tag);
    chosen.unwrap_or_else(|| cookies::language(headers))
}

fn page(
    web: &Web,
    (status, language): (StatusCode, Language),
    (name, next): (&str, &str),
    fault: &str,
) -> Response {
    let frame = Frame::of(door::words(language), "./");
    let other = match language {
        Language::Chinese => Language::English,
        Language::English => Language::Chinese,
    };
    let words = door::sign_in(language);
    let live = web.app.live();
    let provider = live.config.web.oidc.as_ref();
    let provider = provider.map(|oidc| oidc.button.as_deref().unwrap_or(words.provider));
    pages::page(status, &SignInPage { frame, words, other, name, next, fault, provider })
}

/// A form that signs somebody in comes from a page of ours, as far as the browser says where from: there
/// is no session yet that could hold a word.
pub(super) async fn from_our_own(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_our_own(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    pages::stale_form()
}

fn is_our_own(headers: &HeaderMap, uri: &Uri) -> bool {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = says("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = says("origin") else { return true };
    let from = origin.parse::<Uri>().ok();
    let from = from.as_ref().and_then(|origin| origin.host());
    from.is_some_and(|from| host(headers, uri).is_some_and(|own| own.eq_ignore_ascii_case(from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_nowhere_else() {
        for good in ["", "cases", "cases/C-1?a=b&c=%2F"] {
            assert_eq!(way(good), good);
        }
        for bad in ["/cases", "//evil.example", "a//evil.example", "\\evil", "a\nb", "案件"] {
            assert_eq!(way(bad), "", "{bad}");
        }
        assert_eq!(way(&"x".repeat(2001)), "");
    }

    #[track_caller]
    fn check_origin(name: &'static str, value: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:8014".parse().unwrap());
        headers.insert(name, value.parse().unwrap());
        assert_eq!(is_our_own(&headers, &"/sign-in".parse().unwrap()), expected, "{name}: {value}");
    }

    #[test]
    fn a_form_of_another_site_signs_nobody_in() {
        check_origin("sec-fetch-site", "same-origin", true);
        check_origin("sec-fetch-site", "cross-site", false);
        check_origin("sec-fetch-site", "same-site", false);
        check_origin("origin", "http://127.0.0.1:8014", true);
        check_origin("origin", "http://evil.example", false);
        check_origin("origin", "null", false);
        check_origin("accept", "*/*", true);
    }
}
