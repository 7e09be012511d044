//! The house client: every outgoing HTTP call has a time limit, a size limit and our name on it.
//!
//! Errors never carry the address: a webhook's URL is a secret.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;
use reqwest::header::{AGE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

/// What every request says of itself unless the config says otherwise.
pub const USER_AGENT: &str = concat!("jicui/", env!("CARGO_PKG_VERSION"));

/// A name resolves and a connection stands within this, and within half of a call's own limit, or the server
/// counts as out of reach: where a firewall drops packets, what was posted is surely not there.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// How long a server may ask us to wait before we ask again all the same.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// No cache keeps an answer for longer: it would be nonsense.
const LONGEST_AGE: u64 = 366 * 24 * 60 * 60;

/// Builds a client that gives up after `timeout` and follows no redirect: what is posted is posted once.
pub fn posting_client(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    client_with(USER_AGENT, timeout, Policy::none())
}

/// Builds a client that gives up after `timeout` and follows redirects only to the same server.
pub fn client(user_agent: &str, timeout: Duration) -> reqwest::Result<reqwest::Client> {
    let same_server = Policy::custom(|attempt| {
        let first = attempt.previous().first();
        let leads_on = first.is_some_and(|first| is_same_server(first, attempt.url()));
        if attempt.previous().len() > 5 || !leads_on { attempt.stop() } else { attempt.follow() }
    });
    client_with(user_agent, timeout, same_server)
}

fn client_with(
    user_agent: &str,
    timeout: Duration,
    redirects: Policy,
) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .timeout(timeout)
        .connect_timeout(LONGEST_CONNECT.min(timeout / 2))
        .redirect(redirects);
    match tls() {
        Ok(mut tls) => {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            builder.tls_backend_preconfigured(tls).build()
        }
        // The builder's own way fails likewise, in its own words.
        Err(_) => builder.build(),
    }
}

/// Whether `url` is of the server of `first`: the same host and port, or that host's TLS, never back from it.
fn is_same_server(first: &Url, url: &Url) -> bool {
    let turns_to_tls = first.scheme() == "http" && url.scheme() == "https" && url.port().is_none();
    first.host_str() == url.host_str() && (first.origin() == url.origin() || turns_to_tls)
}

/// Trusts what the machine trusts: an organisation may have added a certificate of its own. Read once,
/// at the first call that finds any: there are hundreds, and each reload makes new clients.
pub fn tls() -> std::io::Result<ClientConfig> {
    static TRUSTED: Mutex<Option<Arc<RootCertStore>>> = Mutex::new(None);
    let mut trusted = TRUSTED.lock().unwrap_or_else(PoisonError::into_inner);
    let roots = match &*trusted {
        Some(roots) => Arc::clone(roots),
        None => Arc::clone(trusted.insert(Arc::new(read_roots()?))),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(std::io::Error::other)?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn read_roots() -> std::io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    match found.errors.first() {
        Some(error) if roots.is_empty() => Err(std::io::Error::other(error.to_string())),
        None if roots.is_empty() => {
            Err(std::io::Error::other("there are none: install ca-certificates"))
        }
        _ => Ok(roots),
    }
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More bytes than allowed; the rest was not read.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke or timed out on the way.
    #[error("the answer broke off")]
    BrokenOff(#[source] reqwest::Error),
}

/// Reads a body up to `limit` bytes, decompressed.
pub async fn read_body(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| BodyError::BrokenOff(error.without_url()))?
    {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How long the server asks us to wait (`Retry-After`, in seconds or as a date), at most an hour. A date is
/// read by the server's own clock; of one that does not say what time it is we know nothing.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = DateTime::<Utc>::from(httpdate::parse_http_date(text).ok()?);
        (until - server_time(headers)?).to_std().unwrap_or_default()
    };
    Some(wait.min(LONGEST_WAIT))
}

/// What the server's clock said when it answered (`Date`); what a cache answers is older (`Age`).
pub fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let said = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let age = headers.get(AGE).map_or(Some(0), |age| age.to_str().ok()?.trim().parse().ok());
    Some(DateTime::<Utc>::from(said) + Duration::from_secs(age?.min(LONGEST_AGE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Wed, 11 Feb 2026 01:00:00 GMT".parse().unwrap());
        headers.insert(RETRY_AFTER, header.parse().unwrap());
        assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{header}");
    }

    #[test]
    fn a_redirect_stays_with_its_server() {
        let first = "http://data.gov.tw/a";
        for (first, to, expected) in [
            (first, "http://data.gov.tw/b", true),
            (first, "https://data.gov.tw/a", true),
            (first, "https://data.gov.tw:8443/a", false),
            (first, "http://data.gov.tw:8080/a", false),
            (first, "http://example.com/a", false),
            ("https://data.gov.tw/a", "http://data.gov.tw/a", false),
            ("https://data.gov.tw/a", "https://data.gov.tw:443/b", true),
        ] {
            let urls = [first, to].map(|url| Url::parse(url).unwrap());
            assert_eq!(is_same_server(&urls[0], &urls[1]), expected, "{first} {to}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_more_than_an_hour() {
        check("7", Some(7));
        check("Wed, 11 Feb 2026 01:00:30 GMT", Some(30));
        check("Wed, 11 Feb 2026 00:00:00 GMT", Some(0));
        check("999999999", Some(3600));
        check("soon", None);
        let mut undated = HeaderMap::new();
        undated.insert(RETRY_AFTER, "Wed, 11 Feb 2026 01:00:30 GMT".parse().unwrap());
        assert_eq!(retry_after(&undated), None);
    }

    #[track_caller]
    fn check_clock(given: &[(&str, &str)], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
        assert_eq!(server_time(&headers), expected, "{given:?}");
    }

    #[test]
    fn a_server_says_what_time_it_is_and_a_cache_how_long_ago() {
        let date = ("date", "Wed, 11 Feb 2026 01:00:30 GMT");
        check_clock(&[date], Some("2026-02-11T01:00:30Z"));
        check_clock(&[date, ("age", "90")], Some("2026-02-11T01:02:00Z"));
        check_clock(&[date, ("age", "old")], None);
        check_clock(&[("date", "yesterday")], None);
        check_clock(&[], None);
    }
}
