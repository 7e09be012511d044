//! The cookies: who is signed in, and in which language pages are read.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::settings;
use crate::domain::directory::Language;

/// Who is signed in. With `__Host-` a browser takes it only over TLS, and only from this very host.
const SESSION: &str = "jicui";
const SECURE_SESSION: &str = "__Host-jicui";
/// Who is on the way to the provider that signs people in, and back; kept a little longer than that may take
/// (`provider.rs`).
const JOURNEY: &str = "jicui_sign_in";
const SECURE_JOURNEY: &str = "__Host-jicui_sign_in";
const JOURNEY_SECS: u32 = 900;
/// The language, kept for a year.
const LANGUAGE: &str = "jicui_language";
const LANGUAGE_SECS: u32 = 31_536_000;

/// The value of a cookie.
fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// The language that was chosen before; else the office's.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let chosen = value(headers, LANGUAGE);
    let known = Language::ALL.into_iter().find(|known| Some(known.as_str()) == chosen.as_deref());
    known.unwrap_or_default()
}

/// Has a browser keep a language.
pub(super) fn keep_language(language: Language) -> String {
    let tag = language.as_str();
    format!("{LANGUAGE}={tag}; Path=/; Max-Age={LANGUAGE_SECS}; HttpOnly; SameSite=Lax")
}

/// Whether browsers come over TLS: to us, or to the proxy before us.
fn is_secure(settings: &settings::Web) -> bool {
    settings.behind_proxy || settings.tls.is_some()
}

/// The word of the session that a browser holds.
pub(super) fn session(headers: &HeaderMap, settings: &settings::Web) -> Option<String> {
    value(headers, if is_secure(settings) { SECURE_SESSION } else { SESSION })
}

/// Has a browser hold the word of a session, or forget it.
pub(super) fn hold(word: Option<&str>, settings: &settings::Web) -> Option<HeaderValue> {
    let (name, secure) =
        if is_secure(settings) { (SECURE_SESSION, "; Secure") } else { (SESSION, "") };
    let (word, age) = word.map_or(("", "; Max-Age=0"), |word| (word, ""));
    let cookie = format!("{name}={word}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::try_from(cookie).ok()
}

/// The word of a browser that is back from the provider.
pub(super) fn journey(headers: &HeaderMap, settings: &settings::Web) -> Option<String> {
    value(headers, if is_secure(settings) { SECURE_JOURNEY } else { JOURNEY })
}

/// Has a browser hold that word while it is away, or forget it. It comes back from another site: `Strict`
/// would leave the word at home.
pub(super) fn hold_journey(word: Option<&str>, settings: &settings::Web) -> Option<HeaderValue> {
    let (name, secure) =
        if is_secure(settings) { (SECURE_JOURNEY, "; Secure") } else { (JOURNEY, "") };
    let (word, age) = word.map_or(("", 0), |word| (word, JOURNEY_SECS));
    let cookie = format!("{name}={word}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; jicui=word ;xjicui=c".parse().unwrap());
        headers.append(header::COOKIE, "jicui_language=en".parse().unwrap());
        assert_eq!(value(&headers, SESSION).as_deref(), Some("word"));
        assert_eq!(value(&headers, "c"), None);
        assert_eq!(language(&headers), Language::English);
        assert_eq!(language(&HeaderMap::new()), Language::Chinese);
    }
}
