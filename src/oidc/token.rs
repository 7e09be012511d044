//! What proves an ID token: its signature by one of the provider's keys, and who it is from, for whom,
//! and for how long.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// So far two clocks may be apart, in seconds.
const LEEWAY: i64 = 60;
/// A token that was made earlier than this, in seconds, was not made for this sign-in.
const OLDEST: i64 = 600;
/// More keys than any provider has.
const MOST_KEYS: usize = 100;

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It is no signed token.
    #[error("it is no signed token")]
    Shape,
    /// Not RS256 and not ES256.
    #[error("it is signed neither by RS256 nor by ES256")]
    Algorithm,
    /// The provider has no such key.
    #[error("its key is none of the provider's")]
    UnknownKey,
    /// The signature does not fit.
    #[error("its signature is wrong")]
    Signature,
    /// It is another provider's.
    #[error("it was made by another provider")]
    Issuer,
    /// It is for somebody else.
    #[error("it was made for another client")]
    Audience,
    /// It is over, or not yet good.
    #[error("its time is over, or has not come")]
    Time,
    /// It was made for another sign-in.
    #[error("it was made for another sign-in")]
    Nonce,
    /// It is about nobody.
    #[error("it is about nobody")]
    Subject,
}

/// The two signatures that are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// A key as a provider publishes it.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    material: Material,
}

impl Key {
    /// A key that signs by one of the two; others are passed over.
    fn of(jwk: Jwk) -> Option<Self> {
        if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let (algorithm, material) = match jwk.kty.as_str() {
            "RSA" => {
                let unsigned = |bytes: Vec<u8>| bytes.into_iter().skip_while(|b| *b == 0).collect();
                let (n, e) = (unsigned(bytes(jwk.n)?), unsigned(bytes(jwk.e)?));
                (Algorithm::Rs256, Material::Rsa { n, e })
            }
            "EC" if jwk.crv.as_deref() == Some("P-256") => {
                let (x, y) = (bytes(jwk.x)?, bytes(jwk.y)?);
                let is_whole = x.len() == 32 && y.len() == 32;
                let point = [&[4][..], &x, &y].concat();
                (Algorithm::Es256, is_whole.then_some(Material::P256(point))?)
            }
            _ => return None,
        };
        let is_other = |name: &str| Algorithm::parse(name) != Some(algorithm);
        if jwk.alg.as_deref().is_some_and(is_other) {
            return None;
        }
        Some(Self { id: jwk.kid, material })
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        match self.material {
            Material::Rsa { .. } => algorithm == Algorithm::Rs256,
            Material::P256(_) => algorithm == Algorithm::Es256,
        }
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.material {
            Material::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            Material::P256(point) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, signature)
            }
        };
        verified.is_ok()
    }
}

/// The keys by which a provider signs.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    /// Of what a provider publishes, the keys that can be used.
    pub(super) fn of(published: Vec<Value>) -> Self {
        let read = |key| serde_json::from_value(key).ok().and_then(Key::of);
        Self(published.into_iter().take(MOST_KEYS).filter_map(read).collect())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What a token must say of itself.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// The claims of `token`, if it is signed by one of `keys` and says what is expected.
pub(super) fn claims(
    token: &str,
    keys: &Keys,
    expected: Expected<'_>,
) -> Result<Map<String, Value>, Flaw> {
    let (message, signature) = token.rsplit_once('.').ok_or(Flaw::Shape)?;
    let (header, payload) = message.split_once('.').ok_or(Flaw::Shape)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Shape);
    let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
    let header: Header = serde_json::from_slice(&header).map_err(|_| Flaw::Shape)?;
    let algorithm = Algorithm::parse(&header.alg).ok_or(Flaw::Algorithm)?;
    if header.crit.is_some() {
        return Err(Flaw::Shape);
    }
    let is_named = |key: &&Key| header.kid.is_none() || key.id == header.kid;
    let mut fitting = keys.0.iter().filter(|key| key.is_for(algorithm)).filter(is_named).peekable();
    if fitting.peek().is_none() {
        return Err(Flaw::UnknownKey);
    }
    if !fitting.any(|key| key.signed(message.as_bytes(), &signature)) {
        // Without a name the key may be one that is not known yet.
        return Err(if header.kid.is_none() { Flaw::UnknownKey } else { Flaw::Signature });
    }
    let claims = serde_json::from_slice(&payload).map_err(|_| Flaw::Shape)?;
    check(&claims, expected)?;
    Ok(claims)
}

fn check(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<(), Flaw> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Flaw::Issuer);
    }
    check_audience(claims, expected.client_id)?;
    check_time(claims, expected.now.timestamp())?;
    if text("nonce") != Some(expected.nonce) {
        return Err(Flaw::Nonce);
    }
    if text("sub").is_none_or(str::is_empty) {
        return Err(Flaw::Subject);
    }
    Ok(())
}

/// It is for us; where it is for others, too, it was given to us.
fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), Flaw> {
    let is_ours = |value: &Value| value.as_str() == Some(client_id);
    let (is_for_us, is_for_others) = match claims.get("aud") {
        Some(Value::Array(all)) => (all.iter().any(is_ours), all.len() > 1),
        Some(one) => (is_ours(one), false),
        None => (false, false),
    };
    let is_given_to_us = claims.get("azp").map_or(!is_for_others, is_ours);
    if is_for_us && is_given_to_us { Ok(()) } else { Err(Flaw::Audience) }
}

fn check_time(claims: &Map<String, Value>, now: i64) -> Result<(), Flaw> {
    let instant = |name: &str| claims.get(name).map(instant);
    let ends = instant("exp").flatten().ok_or(Flaw::Time)?;
    let made = instant("iat").flatten().ok_or(Flaw::Time)?;
    let begins = instant("nbf").unwrap_or(Some(now)).ok_or(Flaw::Time)?;
    let is_good = now < ends.saturating_add(LEEWAY)
        && made <= now.saturating_add(LEEWAY)
        && made >= now.saturating_sub(OLDEST)
        && begins <= now.saturating_add(LEEWAY);
    if is_good { Ok(()) } else { Err(Flaw::Time) }
}

/// Whole seconds; some providers write a fraction, which counts for nothing.
fn instant(value: &Value) -> Option<i64> {
    if let Some(whole) = value.as_i64() {
        return Some(whole);
    }
    value.as_f64()?.trunc().to_string().parse().ok()
}
