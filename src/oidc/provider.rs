//! The provider itself: asked for its addresses and keys, and for whom a code stands.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Url};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::OidcError;
use super::token::{Expected, Flaw, Keys, claims};
use super::wire::{Discovery, Introduction, Published, Tokens, ask, word};
use crate::config::oidc::Oidc;
use crate::http;

/// What a provider publishes is believed for so long.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// A key that is not known has the keys fetched again, but not more often than this.
const KEYS_AT_MOST_EVERY: TimeDelta = TimeDelta::seconds(30);
/// More groups than anybody is in.
const MOST_GROUPS: usize = 1000;
/// A form's encoding of a name and a secret (RFC 6749, 2.3.1).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What binds a sign-in to the browser that began it: made anew for each, and told to nobody but as the
/// protocol has it.
pub struct Proof {
    /// Comes back with the code.
    pub state: String,
    /// Comes back within the token.
    pub nonce: String,
    /// Shows that whoever redeems the code asked for it.
    pub verifier: String,
}

/// Whom the provider names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What they are called.
    pub called: String,
    /// The groups they are in, where we ask for them.
    pub groups: Vec<String>,
}

/// The provider of `[web.oidc]`.
#[derive(Debug)]
pub struct Provider {
    settings: Oidc,
    client: Client,
    kept: Mutex<Kept>,
}

/// What it published, and when it was asked.
#[derive(Debug, Default)]
struct Kept {
    discovery: Option<(DateTime<Utc>, Arc<Discovery>)>,
    keys: Option<(DateTime<Utc>, Arc<Keys>)>,
}

/// Still good at `now`; a clock that was set back makes nothing last longer.
fn fresh<T>(kept: Option<&(DateTime<Utc>, Arc<T>)>, now: DateTime<Utc>) -> Option<Arc<T>> {
    let (at, what) = kept?;
    ((now - *at).abs() < KEPT_FOR).then(|| Arc::clone(what))
}

impl Provider {
    /// The provider of these settings; nothing is asked yet.
    pub fn new(settings: &Oidc) -> anyhow::Result<Self> {
        let client = http::client(http::USER_AGENT, settings.request_timeout)
            .map_err(|_| anyhow::anyhow!("web.oidc: the HTTP client could not be built"))?;
        Ok(Self { settings: settings.clone(), client, kept: Mutex::default() })
    }

    /// What it is set up as.
    pub fn settings(&self) -> &Oidc {
        &self.settings
    }

    /// Where a browser is sent to sign in.
    pub async fn address(&self, proof: &Proof, now: DateTime<Utc>) -> Result<String, OidcError> {
        let discovery = self.discovery(now).await?;
        let mut url = Url::parse(&discovery.authorization_endpoint)
            .map_err(|_| OidcError::Nonsense("its address is none".to_owned()))?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, proof.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.settings.redirect)
            .append_pair("scope", &self.settings.scopes.join(" "))
            .append_pair("state", &proof.state)
            .append_pair("nonce", &proof.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// What a browser brings back instead of a code.
    pub fn refusal(&self, error: &str) -> OidcError {
        OidcError::Refused(word(error))
    }

    /// Whether an answer that names its provider is this one's (RFC 9207).
    pub fn is_from(&self, issuer: Option<&str>) -> bool {
        issuer.is_none_or(|issuer| issuer == self.settings.issuer)
    }

    /// For whom `code` stands.
    pub async fn redeem(
        &self,
        code: &str,
        proof: &Proof,
        now: DateTime<Utc>,
    ) -> Result<Person, OidcError> {
        let discovery = self.discovery(now).await?;
        let tokens = self.exchange(&discovery, code, proof).await?;
        let (issuer, client_id) = (&*self.settings.issuer, &*self.settings.client_id);
        let expected = Expected { issuer, client_id, nonce: &proof.nonce, now };
        let id_token = tokens.id_token.expose_secret();
        let keys = self.keys(&discovery, now).await?;
        let mut known = match claims(id_token, &keys, expected) {
            Err(Flaw::UnknownKey) if self.may_ask_again(now) => {
                let keys = self.fetch_keys(&discovery, now).await?;
                claims(id_token, &keys, expected)?
            }
            result => result?,
        };
        if self.lacks(&known)
            && let (Some(address), Some(token)) =
                (&discovery.userinfo_endpoint, &tokens.access_token)
        {
            self.complete(&mut known, address, token).await?;
        }
        self.person(&known)
    }

    async fn exchange(
        &self,
        discovery: &Discovery,
        code: &str,
        proof: &Proof,
    ) -> Result<Tokens, OidcError> {
        let (id, secret) =
            (&*self.settings.client_id, self.settings.client_secret.value.expose_secret());
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.settings.redirect),
            ("code_verifier", &proof.verifier),
        ];
        let request = self.client.post(&discovery.token_endpoint);
        let request = match discovery.introduction()? {
            Introduction::Basic => {
                let encoded = |text| utf8_percent_encode(text, RESERVED).to_string();
                request.basic_auth(encoded(id), Some(encoded(secret)))
            }
            Introduction::Post => {
                form.extend([("client_id", id), ("client_secret", secret)]);
                request
            }
        };
        ask(request.form(&form)).await
    }

    /// Whether the token leaves out what we ask for: many providers say it only when asked.
    fn lacks(&self, known: &Map<String, Value>) -> bool {
        let is_missing = |name: &str| find(known, name).is_none();
        is_missing(&self.settings.user_claim)
            || self.settings.groups_claim.as_deref().is_some_and(is_missing)
    }

    /// Asks for the rest: about the same person, and without changing what was signed.
    async fn complete(
        &self,
        known: &mut Map<String, Value>,
        address: &str,
        token: &SecretString,
    ) -> Result<(), OidcError> {
        let request = self.client.get(address).bearer_auth(token.expose_secret());
        let more: Map<String, Value> = ask(request).await?;
        if more.get("sub").is_none() || more.get("sub") != known.get("sub") {
            return Err(Flaw::Subject.into());
        }
        for (name, value) in more {
            known.entry(name).or_insert(value);
        }
        Ok(())
    }

    fn person(&self, known: &Map<String, Value>) -> Result<Person, OidcError> {
        let claim = &self.settings.user_claim;
        let called = find(known, claim).and_then(Value::as_str).map(str::trim);
        let Some(called) = called.filter(|called| !called.is_empty()) else {
            return Err(OidcError::Nameless(claim.clone()));
        };
        if claim == "email" && known.get("email_verified").is_some_and(|is| *is != true) {
            return Err(OidcError::Unverified);
        }
        let groups = self.settings.groups_claim.as_deref().and_then(|name| find(known, name));
        let groups = match groups {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one.as_str()],
            _ => Vec::new(),
        };
        let groups = groups.into_iter().take(MOST_GROUPS).map(str::to_owned).collect();
        Ok(Person { called: called.to_owned(), groups })
    }

    async fn discovery(&self, now: DateTime<Utc>) -> Result<Arc<Discovery>, OidcError> {
        if let Some(known) = fresh(self.kept().discovery.as_ref(), now) {
            return Ok(known);
        }
        let issuer = &self.settings.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = ask(self.client.get(address)).await?;
        found.check(issuer)?;
        let found = Arc::new(found);
        self.kept().discovery = Some((now, Arc::clone(&found)));
        Ok(found)
    }

    async fn keys(&self, of: &Discovery, now: DateTime<Utc>) -> Result<Arc<Keys>, OidcError> {
        let known = fresh(self.kept().keys.as_ref(), now);
        match known {
            Some(known) => Ok(known),
            None => self.fetch_keys(of, now).await,
        }
    }

    async fn fetch_keys(&self, of: &Discovery, now: DateTime<Utc>) -> Result<Arc<Keys>, OidcError> {
        let published: Published = ask(self.client.get(&of.jwks_uri)).await?;
        let keys = Arc::new(Keys::of(published.keys));
        self.kept().keys = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }

    /// Whether the keys were fetched long enough ago; if so, whoever asks next is told no.
    fn may_ask_again(&self, now: DateTime<Utc>) -> bool {
        let mut kept = self.kept();
        let Some((at, _)) = &mut kept.keys else { return true };
        let may = (now - *at).abs() >= KEYS_AT_MOST_EVERY;
        if may {
            *at = now;
        }
        may
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries what can be tried without anybody signing in: what was tried, and what came of it.
    pub async fn probe(&self, now: DateTime<Utc>) -> Vec<(String, Result<String, String>)> {
        let said = |error: OidcError| format!("{error}: {}", error.remedy());
        let what = |what: &str| format!("OpenID Connect {what}");
        let discovery = match self.discovery(now).await {
            Ok(discovery) => discovery,
            Err(error) => return vec![(what("provider"), Err(said(error)))],
        };
        let redirect = &self.settings.redirect;
        let found = format!(
            "{} sends people back to {redirect}; the provider must know that address",
            discovery.issuer
        );
        let keys = match self.fetch_keys(&discovery, now).await {
            Ok(keys) if keys.len() == 0 => {
                Err("it has no key for RS256 or ES256: have it sign ID tokens by one of them"
                    .to_owned())
            }
            Ok(keys) => Ok(format!("{} that can be used", keys.len())),
            Err(error) => Err(said(error)),
        };
        vec![(what("provider"), Ok(found)), (what("keys"), keys)]
    }
}

/// The claim `name`, or what lies within others at the end of a way (`realm_access.roles`).
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}
