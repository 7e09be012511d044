//! `/sign-in/provider`: to the provider that signs people in, and back.
//!
//! Nothing is kept of somebody who is on the way: the browser holds a word for ten minutes, and what binds
//! the way back to it is made from that word by a seal that only we have.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tracing::error;

use super::pages::{self, Frame};
use super::question::Query;
use super::sign_in::{Asked, hold, language, way};
use super::{Web, cookies};
use crate::app::provider::{NoWelcome, Proof, ProviderAnswer};
use crate::config::seal::{self, Seal};
use crate::domain::directory::Language;
use crate::notify::door::{self, NotLetIn, Notice};

/// Whoever takes longer to sign in begins anew.
const LASTS: TimeDelta = TimeDelta::minutes(10);
/// A way within our pages that is longer than this is not kept: a cookie has an end.
const LONGEST_WAY: usize = 1000;

/// Sends people on their way, and knows them when they are back.
#[derive(Clone, Debug)]
pub(super) struct Journeys(Seal);

/// Where somebody goes who is back.
#[derive(Debug, PartialEq, Eq)]
struct Journey {
    next: String,
    language: Language,
}

impl Journeys {
    pub(super) fn new(seal: Seal) -> Self {
        Self(seal)
    }

    /// What goes to the provider and must come back, made from the browser's word.
    fn proof(&self, word: &str) -> Proof {
        let made =
            |what: &str| URL_SAFE_NO_PAD.encode(self.0.sign(format!("{what} {word}").as_bytes()));
        Proof { state: made("state"), nonce: made("nonce"), verifier: made("verifier") }
    }

    /// The journey of a browser that comes back with `state`; `None` where it never set out, or too
    /// long ago.
    fn end(&self, word: &str, state: &str, now: DateTime<Utc>) -> Option<Journey> {
        let state = URL_SAFE_NO_PAD.decode(state).ok()?;
        if !self.0.knows(format!("state {word}").as_bytes(), &state) {
            return None;
        }
        let mut parts = word.split('.').skip(1);
        let (ends_at, tag, next) = (parts.next()?, parts.next()?, parts.next()?);
        let left = ends_at.parse::<i64>().ok()? - now.timestamp();
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
        let language = Language::ALL.into_iter().find(|known| known.as_str() == tag)?;
        (0..=LASTS.num_seconds()).contains(&left).then_some(Journey { next, language })
    }
}

/// A word for the browser: random, with its end and where to go afterwards.
fn begin(next: &str, language: Language, now: DateTime<Utc>) -> std::io::Result<String> {
    let next = if next.len() <= LONGEST_WAY { way(next) } else { "" };
    let (word, ends_at) = (seal::random()?, (now + LASTS).timestamp());
    let next = URL_SAFE_NO_PAD.encode(next);
    Ok(format!("{word}.{ends_at}.{}.{next}", language.as_str()))
}

/// What the provider has the browser bring back.
#[derive(Deserialize)]
pub(super) struct Brought {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// `templates/not_let_in.html`.
#[derive(Template)]
#[template(path = "not_let_in.html")]
struct NotLetInPage<'a> {
    frame: Frame<'a>,
    notice: &'a Notice,
    tone: &'a str,
    again: &'a str,
}

/// Leads to the provider.
pub(super) async fn leave(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let language = language(&asked.language, &headers);
    let word = match begin(&asked.next, language, web.app.now()) {
        Ok(word) => word,
        Err(fault) => return not_let_in(language, "../", &NoWelcome::Failed(fault.into())),
    };
    match web.app.provider_address(&web.journeys.proof(&word)).await {
        Ok(address) => {
            let Ok(address) = HeaderValue::try_from(address) else { return pages::broken() };
            let mut response =
                (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response();
            hold_journey(&web, &mut response, Some(&word));
            response
        }
        Err(why) => not_let_in(language, "../", &why),
    }
}

/// Lets somebody in whom the provider sends back.
pub(super) async fn back(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(brought): Query<Brought>,
) -> Response {
    let word = cookies::journey(&headers, &web.app.live().config.web).unwrap_or_default();
    let mut response = match web.journeys.end(&word, &brought.state, web.app.now()) {
        Some(journey) => arrive(&web, brought, (&word, &journey)).await,
        None if web.app.live().config.web.oidc.is_none() => return pages::no_such_page(),
        None => {
            let language = cookies::language(&headers);
            page(StatusCode::FORBIDDEN, "../../", &door::not_let_in(language, NotLetIn::Lost))
        }
    };
    hold_journey(&web, &mut response, None);
    response
}

async fn arrive(web: &Web, brought: Brought, (word, journey): (&str, &Journey)) -> Response {
    let Brought { code, error, iss: issuer, .. } = brought;
    let answer = ProviderAnswer { code, error, issuer };
    match web.app.sign_in_by_provider(answer, &web.journeys.proof(word)).await {
        Ok(session) => hold(web, Some(&session), &format!("./../../{}", way(&journey.next))),
        Err(why) => not_let_in(journey.language, "../../", &why),
    }
}

fn hold_journey(web: &Web, response: &mut Response, word: Option<&str>) {
    let cookie = cookies::hold_journey(word, &web.app.live().config.web);
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
}

fn not_let_in(language: Language, root: &str, why: &NoWelcome) -> Response {
    let (status, what) = match why {
        NoWelcome::NoProvider => return pages::no_such_page(),
        NoWelcome::Failed(fault) => {
            error!(fault = format!("{fault:#}"), "somebody could not sign in");
            return pages::broken();
        }
        NoWelcome::Outage => (StatusCode::SERVICE_UNAVAILABLE, NotLetIn::Outage),
        NoWelcome::Refused => (StatusCode::FORBIDDEN, NotLetIn::Refused),
        NoWelcome::Stranger(called) => (StatusCode::FORBIDDEN, NotLetIn::Stranger(called)),
    };
    page(status, root, &door::not_let_in(language, what))
}

fn page(status: StatusCode, root: &str, notice: &Notice) -> Response {
    let frame = Frame::of(door::words(notice.language), root);
    let again = door::sign_in(notice.language).again;
    pages::page(status, &NotLetInPage { frame, notice, tone: pages::tone(notice.tone), again })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_ends_where_it_began_and_in_time() {
        let journeys = Journeys::new(Seal::random().unwrap());
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let word = begin("cases?a=b", Language::English, now).unwrap();
        let state = journeys.proof(&word).state;
        let journey = Journey { next: "cases?a=b".to_owned(), language: Language::English };
        assert_eq!(journeys.end(&word, &state, now), Some(journey));
        assert!(journeys.end(&word, &state, now + LASTS).is_some());
        assert_eq!(journeys.end(&word, &state, now + LASTS + TimeDelta::seconds(1)), None);
        assert_eq!(journeys.end(&word, &state, now - TimeDelta::seconds(1)), None, "not made yet");
        let other = begin("", Language::Chinese, now).unwrap();
        assert_eq!(journeys.end(&other, &state, now), None);
        let longer = word.replacen(&(now + LASTS).timestamp().to_string(), "99999999999", 1);
        assert_eq!(journeys.end(&longer, &state, now), None, "the end is under the seal, too");
        for (word, state) in [("", ""), (&*word, ""), ("", &*state), (&*word, "x.y")] {
            assert_eq!(journeys.end(word, state, now), None, "{word} {state}");
        }
        let restarted = Journeys::new(Seal::random().unwrap());
        assert_eq!(restarted.end(&word, &state, now), None);
    }

    #[test]
    fn what_is_told_to_the_provider_tells_nothing_of_the_rest() {
        let journeys = Journeys::new(Seal::random().unwrap());
        let word = begin("", Language::Chinese, DateTime::<Utc>::default()).unwrap();
        let Proof { state, nonce, verifier } = journeys.proof(&word);
        assert!(state != nonce && nonce != verifier && state != verifier);
        assert_eq!(
            [state.len(), nonce.len(), verifier.len()],
            [43; 3],
            "43 letters at least (RFC 7636)"
        );
    }

    #[test]
    fn a_way_elsewhere_is_not_kept() {
        let journeys = Journeys::new(Seal::random().unwrap());
        let long = "x".repeat(LONGEST_WAY + 1);
        for next in ["//evil.example", "https://evil.example/", "/cases", &long] {
            let word = begin(next, Language::Chinese, DateTime::<Utc>::default()).unwrap();
            let state = journeys.proof(&word).state;
            let journey = journeys.end(&word, &state, DateTime::<Utc>::default()).unwrap();
            assert_eq!(journey.next, "", "{next}");
        }
    }
}
