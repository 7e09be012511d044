//! What a provider publishes and answers, as far as we read it; and how it is asked.

use std::error::Error;

use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::OidcError;
use crate::config::oidc::is_safe;
use crate::http::read_body;

/// An answer larger than this is none.
const BODY_LIMIT_BYTES: usize = 256 * 1024;

/// `/.well-known/openid-configuration`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discovery {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
}

/// How a provider wants the client's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Introduction {
    /// In the header.
    Basic,
    /// In the form.
    Post,
}

impl Discovery {
    /// Refuses what is another provider's, or could be read on the way.
    pub(super) fn check(&self, issuer: &str) -> Result<(), OidcError> {
        if self.issuer != issuer {
            let called: String = self.issuer.chars().take(200).collect();
            return Err(OidcError::Nonsense(format!("it calls itself {called}")));
        }
        let needed = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let all = needed.into_iter().chain(&self.userinfo_endpoint);
        if !all.into_iter().all(|address| is_safe(address)) {
            return Err(OidcError::Nonsense("an address of it is not https://".to_owned()));
        }
        let known = self.id_token_signing_alg_values_supported.as_ref();
        if known.is_some_and(|known| !known.iter().any(|name| name == "RS256" || name == "ES256")) {
            return Err(OidcError::Nonsense("it signs neither by RS256 nor by ES256".to_owned()));
        }
        self.introduction().map(drop)
    }

    /// How we say who we are; in the header where nothing is said.
    pub(super) fn introduction(&self) -> Result<Introduction, OidcError> {
        let Some(methods) = &self.token_endpoint_auth_methods_supported else {
            return Ok(Introduction::Basic);
        };
        let takes = |method: &str| methods.iter().any(|known| known == method);
        if takes("client_secret_basic") {
            Ok(Introduction::Basic)
        } else if takes("client_secret_post") {
            Ok(Introduction::Post)
        } else {
            Err(OidcError::Nonsense("it takes no client secret".to_owned()))
        }
    }
}

/// The keys.
#[derive(Deserialize)]
pub(super) struct Published {
    pub(super) keys: Vec<Value>,
}

/// What a code is redeemed for.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: SecretString,
    pub(super) access_token: Option<SecretString>,
}

/// Why a code is not taken.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Sends `request` and reads what is answered.
pub(super) async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, OidcError> {
    let response = request.send().await.map_err(|error| OidcError::Unreachable(why(error)))?;
    let status = response.status();
    let body = read_body(response, BODY_LIMIT_BYTES).await;
    let body = body.map_err(|error| OidcError::Nonsense(error.to_string()))?;
    if status.is_client_error()
        && let Ok(refusal) = serde_json::from_slice::<Refusal>(&body)
    {
        return Err(OidcError::Refused(word(&refusal.error)));
    }
    if status.is_server_error() {
        return Err(OidcError::Unreachable(format!("it answers {}", status.as_u16())));
    }
    if !status.is_success() {
        return Err(OidcError::Nonsense(format!("it answers {}", status.as_u16())));
    }
    // What was wrong with it is not said: an answer may hold tokens.
    serde_json::from_slice(&body)
        .map_err(|_| OidcError::Nonsense("its answer lacks what must be in it".to_owned()))
}

/// An error's word, and nothing else that somebody may have put there.
pub(super) fn word(error: &str) -> String {
    let is_usual = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    error.chars().filter(is_usual).take(60).collect()
}

/// What went wrong at the bottom, without the address.
fn why(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
