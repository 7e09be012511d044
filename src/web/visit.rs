//! Who asks: found once, before any page, and handed to it as a [`Viewer`].

use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tracing::{error, warn};

use super::api::problem::Problem;
use super::csrf::Csrf;
use super::guard::{Peer, host};
use super::{Web, cookies, pages};
use crate::config::settings;
use crate::domain::access::{Arrival, Viewer};

/// Read by calendar programs.
pub(super) const CALENDAR: &str = "/calendar.ics";

/// Sent by a page that keeps itself up to date (live.js).
const BY_ITSELF: &str = "x-jicui-by-itself";
/// Asked by a page that keeps itself up to date without a script.
const BY_ITSELF_TOO: &str = "by_itself=1";

/// Headers by which a program on the way says that it handed a request on.
const FORWARDED: [&str; 3] = ["forwarded", "x-real-ip", "via"];

/// By what a request can be known.
#[derive(Debug)]
struct Signs {
    /// What stands behind `Authorization: Bearer`.
    token: Option<String>,
    /// Whom a proxy names that is believed.
    named: Option<String>,
    /// The word of a session that its browser holds.
    session: Option<String>,
    /// It is made at this machine, and only looks.
    is_local_look: bool,
    /// An open page asks by itself, whether or not somebody sits before it.
    is_by_itself: bool,
}

impl Signs {
    fn of(request: &Request, settings: &settings::Web) -> Self {
        let peer = request.extensions().get::<Peer>();
        let (headers, uri) = (request.headers(), request.uri());
        let arrival = Arrival {
            from_here: peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback()),
            to_here: host(headers, uri).is_some_and(is_loopback),
            forwarded: is_forwarded(headers),
        };
        Self {
            token: bearer(headers),
            named: named(headers, peer, settings),
            session: cookies::session(headers, settings),
            is_local_look: request.method().is_safe() && arrival.is_local(),
            is_by_itself: headers.contains_key(BY_ITSELF) || is_by_itself(uri),
        }
    }
}

fn is_by_itself(uri: &Uri) -> bool {
    let asked = uri.query().unwrap_or_default();
    uri.path().ends_with("/live") || asked.split('&').any(|field| field == BY_ITSELF_TOO)
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, word) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| word.trim().to_owned())
}

/// Whom the proxy names: believed from its own address alone, and if it says one name only.
fn named(headers: &HeaderMap, peer: Option<&Peer>, settings: &settings::Web) -> Option<String> {
    let name = settings.trusted_header.as_ref()?;
    let peer = peer?.0.ip().to_canonical();
    let mut values = headers.get_all(name).iter();
    let (value, another) = (values.next()?, values.next());
    let value = std::str::from_utf8(value.as_bytes()).ok()?.trim();
    (settings.trusted_proxies.contains(&peer) && another.is_none() && !value.is_empty())
        .then(|| value.to_owned())
}

/// Who asks.
enum Found {
    /// Nobody, as far as is known.
    Nobody,
    /// Somebody who claims to be known and is not.
    Unknown,
    /// Somebody with a token: no browser sends one by itself.
    ByToken(Viewer),
    /// Somebody whose browser says so by itself: what changes anything must come from a page of ours.
    ByBrowser(Viewer, Csrf, By),
}

async fn find(web: &Web, signs: Signs) -> anyhow::Result<Found> {
    if let Some(word) = signs.token {
        let viewer = web.app.viewer_by_token(&word).await?;
        return Ok(viewer.map_or(Found::Unknown, Found::ByToken));
    }
    if let Some(called) = signs.named {
        // Whoever sat there before, and is signed in still, is not who sits there now.
        let Some(viewer) = web.app.viewer_by_name(&called).await? else {
            let called: String = called.chars().filter(|c| !c.is_control()).take(60).collect();
            warn!(called, "the proxy names somebody who is not known (`jicui users list`)");
            return Ok(Found::Nobody);
        };
        let csrf = web.csrf.token(&format!("proxy {}", viewer.name));
        return Ok(Found::ByBrowser(viewer, csrf, By::Proxy));
    }
    if let Some(word) = signs.session
        && let Some(viewer) = web.app.viewer_by_session(&word, signs.is_by_itself).await?
    {
        let csrf = web.csrf.token(&format!("session {word}"));
        return Ok(Found::ByBrowser(viewer, csrf, By::Session));
    }
    if signs.is_local_look && web.app.local_reader_is_open().await? {
        let viewer = Viewer::local_reader();
        let csrf = web.csrf.token(&viewer.name);
        return Ok(Found::ByBrowser(viewer, csrf, By::Machine));
    }
    Ok(Found::Nobody)
}

/// By what whoever asks is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A token.
    Token,
    /// The proxy before us vouches for them.
    Proxy,
    /// They signed in here, and can sign out here.
    Session,
    /// They look from this machine.
    Machine,
}

/// Finds out who asks; whoever is nobody goes on as nobody.
pub(super) async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let signs = Signs::of(&request, &web.app.live().config.web);
    let extensions = request.extensions_mut();
    match find(&web, signs).await {
        Ok(Found::Nobody) => {}
        Ok(Found::Unknown) => return Problem::unknown_caller().into_response(),
        Ok(Found::ByToken(viewer)) => {
            extensions.insert(viewer);
            extensions.insert(By::Token);
        }
        Ok(Found::ByBrowser(viewer, csrf, by)) => {
            extensions.insert(viewer);
            extensions.insert(csrf);
            extensions.insert(by);
        }
        Err(fault) if is_api(request.uri()) => return Problem::from(fault).into_response(),
        Err(fault) => {
            error!(fault = format!("{fault:#}"), "who asks could not be found out");
            return pages::broken();
        }
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || literal.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    let says_so = |name: &str| FORWARDED.contains(&name) || name.starts_with("x-forwarded");
    headers.keys().any(|name| says_so(name.as_str()))
}

/// Whether a program asks, which cannot read pages.
pub(super) fn is_api(uri: &Uri) -> bool {
    uri.path().starts_with("/api/") || uri.path().ends_with(CALENDAR)
}

/// Leads from the page at `uri` to the first page, wherever that is for the browser.
pub(super) fn root(uri: &Uri) -> String {
    "../".repeat(uri.path().matches('/').count().saturating_sub(1))
}

/// The page at `uri`, as it is written behind the first one; of what answers a form, the page from which it was sent:
/// the answer is not there to be asked for again.
pub(super) fn page_of(method: &Method, uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("", |whole| whole.as_str());
    let path = path.trim_start_matches('/');
    if method.is_safe() {
        return path.to_owned();
    }
    let own = usize::from(path.starts_with("cases/")) + 1;
    path.split('/').take(own).collect::<Vec<_>>().join("/")
}

/// The answer to nobody: a program is told, a person is asked to sign in and then led back.
pub(super) fn ask_to_sign_in(method: &Method, uri: &Uri) -> Response {
    if is_api(uri) {
        return Problem::unknown_caller().into_response();
    }
    let wanted = page_of(method, uri);
    let next = (!wanted.is_empty())
        .then(|| format!("next={}", utf8_percent_encode(&wanted, NON_ALPHANUMERIC)));
    let unsent = (!method.is_safe()).then(|| "unsent=true".to_owned());
    let asked = unsent.into_iter().chain(next).collect::<Vec<_>>().join("&");
    let mark = if asked.is_empty() { "" } else { "?" };
    let place = format!("./{}sign-in{mark}{asked}", root(uri));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let viewer = parts.extensions.get::<Self>().cloned();
        viewer.ok_or_else(|| ask_to_sign_in(&parts.method, &parts.uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_place(uri: &str, expected: &str) {
        let response = ask_to_sign_in(&Method::GET, &uri.parse().unwrap());
        assert_eq!(response.headers()[header::LOCATION], expected, "{uri}");
    }

    #[test]
    fn whoever_signs_in_is_led_back_by_a_way_that_leads_nowhere_else() {
        check_place("/", "./sign-in");
        check_place("/cases", "./sign-in?next=cases");
        check_place("/cases/C-1?a=b&c", "./../sign-in?next=cases%2FC%2D1%3Fa%3Db%26c");
        check_place("//evil.example/x", "./../../sign-in?next=evil%2Eexample%2Fx");
        let response = ask_to_sign_in(&Method::POST, &"/cases".parse().unwrap());
        assert_eq!(response.headers()[header::LOCATION], "./sign-in?unsent=true&next=cases");
        let response = ask_to_sign_in(&Method::POST, &"/cases/C-1/act".parse().unwrap());
        let place = "./../../sign-in?unsent=true&next=cases%2FC%2D1";
        assert_eq!(response.headers()[header::LOCATION], place);
        let response = ask_to_sign_in(&Method::GET, &"/api/v1/cases".parse().unwrap());
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn a_host_of_this_machine_is_one_by_name_or_address() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["10.0.0.1", "localhost.example", "[::2]", "0.0.0.0", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn whatever_was_handed_on_says_so() {
        for name in ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "Via", "X-Real-IP"] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HeaderName::try_from(name).unwrap(), "x".parse().unwrap());
            assert!(is_forwarded(&headers), "{name}");
        }
        assert!(!is_forwarded(&HeaderMap::new()));
    }
}
