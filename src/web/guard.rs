//! What every request passes: the `Host`, the rates, the time limit; and the headers of a public page.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::limits::Rates;
use super::{Web, cookies, pages, visit};
use crate::config::settings;

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Who asks, as an address: the peer, or whom the proxy before us names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().copied();
        Ok(known.unwrap_or(Self(IpAddr::from([0, 0, 0, 0]))))
    }
}

/// No script, no picture, nothing from elsewhere, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Lets `request` through, or refuses it; every answer carries the headers. A page that brings a
/// policy of its own keeps it.
pub(super) async fn guard(State(web): State<Web>, request: Request, next: Next) -> Response {
    pages::read_in(cookies::language(request.headers()), answer(web, request, next)).await
}

async fn answer(web: Web, mut request: Request, next: Next) -> Response {
    let limit = web.app.live().config.web.request_timeout;
    let caller = Caller(caller(&request, &web.app.live().config.web));
    request.extensions_mut().insert(caller);
    let is_api = visit::is_api(request.uri());
    let mut response = if let Err(refused) = admit(&web, &request) {
        refused
    } else {
        let answered = tokio::time::timeout(limit, next.run(request)).await;
        answered.unwrap_or_else(|_| pages::too_slow(is_api))
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if web.app.live().config.web.tls.is_some() {
        let always = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, always);
    }
    let kept = headers.entry(header::CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("no-store"));
    response
}

#[expect(clippy::result_large_err, reason = "a refusal is answered at once, not handed on")]
fn admit(web: &Web, request: &Request) -> Result<(), Response> {
    let live = web.app.live();
    let settings = &live.config.web;
    if !is_ours(host(request.headers(), request.uri()), settings.public_url.as_deref()) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "no such host here\n").into_response());
    }
    // Being alive costs nothing, and whoever watches shall not be turned away in a flood.
    if request.uri().path() == "/healthz" {
        return Ok(());
    }
    let rates = Rates { caller: settings.caller_requests_per_min, all: settings.requests_per_min };
    let caller = caller(request, settings);
    let is_api = visit::is_api(request.uri());
    let taken = web.limits.take(caller, rates, Instant::now());
    taken.map_err(|wait| pages::too_many(is_api, wait))
}

/// The host that the request is for, without its port.
pub(super) fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    let host = match (uri.host(), named.next(), named.next()) {
        (Some(host), ..) => host,
        (None, Some(host), None) => host.to_str().ok()?,
        _ => return None,
    };
    let port = host.rfind(':').filter(|colon| !host.get(*colon..).unwrap_or("").contains(']'));
    port.map_or(Some(host), |colon| host.get(..colon))
}

/// A page of ours is reached by its public name or by an address: another name is a trick to have
/// a browser ask us in somebody else's name.
fn is_ours(host: Option<&str>, public_url: Option<&str>) -> bool {
    let Some(host) = host else { return false };
    let public = public_url.and_then(|url| url.split("://").nth(1));
    let public = public.and_then(|rest| rest.split(['/', ':']).next());
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    literal.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || public.is_some_and(|public| public.eq_ignore_ascii_case(host))
}

/// Who asks: the peer, or whom the proxy before us names last.
fn caller(request: &Request, settings: &settings::Web) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let known = &settings.trusted_proxies;
    let is_proxy = known.is_empty() || known.contains(&peer.to_canonical());
    if !(settings.behind_proxy && is_proxy) {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|last| last.trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::config::secrets::Environment;

    #[track_caller]
    fn check_host(given: &[&str], uri: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        for host in given {
            headers.append(header::HOST, host.parse().unwrap());
        }
        let uri: Uri = uri.parse().unwrap();
        let ours = is_ours(host(&headers, &uri), Some("https://jicui.example.gov.tw/x"));
        assert_eq!(ours, expected, "{given:?} {uri}");
    }

    #[test]
    fn only_our_own_names_are_answered_to() {
        check_host(&["127.0.0.1:8014"], "/", true);
        check_host(&["[::1]:8014"], "/", true);
        check_host(&["[::1]"], "/", true);
        check_host(&["localhost:8014"], "/", true);
        check_host(&["JICUI.example.gov.tw"], "/", true);
        check_host(&["jicui.example.gov.tw:443"], "/", true);
        check_host(&["evil.example"], "/", false);
        check_host(&["jicui.example.gov.tw.evil.example"], "/", false);
        check_host(&[], "/", false);
        check_host(&["127.0.0.1", "evil.example"], "/", false);
        check_host(&["127.0.0.1"], "http://evil.example/", false);
        check_host(&[":8014"], "/", false);
    }

    #[test]
    fn a_proxy_is_believed_only_where_there_is_one() {
        let mut request = Request::new(axum::body::Body::empty());
        request.extensions_mut().insert(Peer(([127, 0, 0, 1], 1).into()));
        let headers = request.headers_mut();
        headers.append("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        headers.append("x-forwarded-for", "3.3.3.3,4.4.4.4".parse().unwrap());
        let mut settings = config::load(None, &Environment::default()).unwrap().config.web;
        assert_eq!(caller(&request, &settings).to_string(), "127.0.0.1");
        settings.behind_proxy = true;
        assert_eq!(caller(&request, &settings).to_string(), "4.4.4.4");
        settings.trusted_proxies = vec![IpAddr::from([10, 1, 2, 3])];
        assert_eq!(caller(&request, &settings).to_string(), "127.0.0.1", "it is another's address");
        settings.trusted_proxies = vec![IpAddr::from([127, 0, 0, 1])];
        assert_eq!(caller(&request, &settings).to_string(), "4.4.4.4");
        request.headers_mut().insert("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(caller(&request, &settings).to_string(), "127.0.0.1");
    }
}
