//! An OpenID provider on loopback that remembers whom it let in, and lies when it is told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use ring::{digest, hmac};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub(crate) const CLIENT: &str = "jicui:稽催";
pub(crate) const SECRET: &str = "a secret: with / and 字";

/// How the provider signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
    Rs256,
    Es256,
    /// Not at all.
    None,
    /// By HMAC, with what everybody can read as the key.
    Hs256WithPublicKey,
    /// By a key that has the name of the published one, and is another.
    WithAnotherKey,
    /// By the right key, over other words.
    OtherWords,
}

struct Given {
    nonce: String,
    challenge: String,
    redirect: String,
    claims: Value,
}

struct Inner {
    issuer: String,
    rsa: RsaKeyPair,
    ecdsa: EcdsaKeyPair,
    /// The name of the published elliptic key.
    name: String,
    signs: Signs,
    codes: HashMap<String, Given>,
    /// Answers of these ways, whatever is asked.
    instead: HashMap<&'static str, (u16, String)>,
    /// What is said only when it is asked for.
    userinfo: Value,
    /// The claims that are changed before they are signed; null: left out.
    changed: Value,
    posts_only: bool,
    asked: HashMap<&'static str, usize>,
    /// What it was told by us that nobody else may read.
    given_out: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct FakeProvider {
    inner: Arc<Mutex<Inner>>,
    server: AbortHandle,
}

type Shared = Arc<Mutex<Inner>>;

fn new_ecdsa() -> EcdsaKeyPair {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap()
}

impl FakeProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/realms/office", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner {
            issuer,
            rsa: RsaKeyPair::from_der(include_bytes!("../../data/oidc/rsa.der")).unwrap(),
            ecdsa: new_ecdsa(),
            name: "ec-1".to_owned(),
            signs: Signs::Rs256,
            codes: HashMap::new(),
            instead: HashMap::new(),
            userinfo: Value::Null,
            changed: json!({}),
            posts_only: false,
            asked: HashMap::new(),
            given_out: Vec::new(),
        }));
        let router = Router::new()
            .route("/realms/office/.well-known/openid-configuration", get(discovery))
            .route("/realms/office/keys", get(keys))
            .route("/realms/office/token", post(token))
            .route("/realms/office/userinfo", get(userinfo))
            .with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inner, server: server.abort_handle() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap())
    }

    pub(crate) fn issuer(&self) -> String {
        self.with(|inner| inner.issuer.clone())
    }

    /// It answers no more.
    pub(crate) fn stop(&self) {
        self.server.abort();
    }

    pub(crate) fn signs(&self, signs: Signs) {
        self.with(|inner| inner.signs = signs);
    }

    /// Changes these claims before they are signed.
    pub(crate) fn changes(&self, changed: Value) {
        self.with(|inner| inner.changed = changed);
    }

    /// Answers so on `way` (`discovery`, `keys`, `token`, `userinfo`); without an answer, the truth.
    pub(crate) fn answers(&self, way: &'static str, instead: Option<(u16, &str)>) {
        self.with(|inner| match instead {
            Some((status, body)) => inner.instead.insert(way, (status, body.to_owned())),
            None => inner.instead.remove(way),
        });
    }

    /// Says this of whoever signed in, only when it is asked.
    pub(crate) fn says_when_asked(&self, userinfo: Value) {
        self.with(|inner| inner.userinfo = userinfo);
    }

    /// Takes the secret in the form alone.
    pub(crate) fn takes_posts_only(&self) {
        self.with(|inner| inner.posts_only = true);
    }

    /// Signs by a new key of another name from now on; the old one is withdrawn.
    pub(crate) fn rotates(&self, name: &str) {
        self.with(|inner| {
            inner.ecdsa = new_ecdsa();
            inner.name = name.to_owned();
        });
    }

    /// How often a way was asked.
    pub(crate) fn asked(&self, way: &str) -> usize {
        self.with(|inner| inner.asked.get(way).copied().unwrap_or_default())
    }

    /// Every token, and the secret: what may stand in no log.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.with(|inner| inner.given_out.clone())
    }

    /// Somebody signs in who was sent to `address`: the query by which they come back.
    pub(crate) fn lets_in(&self, address: &str, claims: Value) -> String {
        let url = reqwest::Url::parse(address).unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer())), "{address}");
        for (name, expected) in
            [("response_type", "code"), ("client_id", CLIENT), ("code_challenge_method", "S256")]
        {
            assert_eq!(query[name], expected, "{address}");
        }
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"), "{address}");
        assert!(query["state"].len() >= 32 && query["nonce"].len() >= 32, "{address}");
        let given = Given {
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            redirect: query["redirect_uri"].clone(),
            claims,
        };
        self.with(|inner| {
            let code = format!("code-{}", inner.codes.len());
            inner.codes.insert(code.clone(), given);
            format!("code={code}&state={}", query["state"])
        })
    }
}

/// Counts, and says what is to be said instead, if anything.
fn instead(inner: &Shared, way: &'static str) -> Option<Response> {
    let mut inner = inner.lock().unwrap();
    *inner.asked.entry(way).or_default() += 1;
    let (status, body) = inner.instead.get(way)?.clone();
    let json = [(header::CONTENT_TYPE, "application/json")];
    Some((StatusCode::from_u16(status).unwrap(), json, body).into_response())
}

async fn discovery(State(inner): State<Shared>) -> Response {
    if let Some(instead) = instead(&inner, "discovery") {
        return instead;
    }
    let inner = inner.lock().unwrap();
    let issuer = &inner.issuer;
    let method = if inner.posts_only { "client_secret_post" } else { "client_secret_basic" };
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "token_endpoint_auth_methods_supported": [method],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    }))
    .into_response()
}

async fn keys(State(inner): State<Shared>) -> Response {
    if let Some(instead) = instead(&inner, "keys") {
        return instead;
    }
    let inner = inner.lock().unwrap();
    let rsa: PublicKeyComponents<Vec<u8>> = inner.rsa.public().into();
    let point = inner.ecdsa.public_key().as_ref();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Json(json!({ "keys": [
        { "kty": "oct", "kid": "rsa-1", "k": "AAAA" },
        { "kty": "RSA", "kid": "rsa-1", "use": "sig", "alg": "RS256", "n": text(&rsa.n), "e": text(&rsa.e) },
        { "kty": "RSA", "kid": "ec-1", "use": "enc", "n": text(&rsa.n), "e": text(&rsa.e) },
        { "kty": "EC", "crv": "P-256", "kid": inner.name, "x": text(&point[1..33]), "y": text(&point[33..]) },
        "nonsense",
    ]}))
    .into_response()
}

fn refused(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

async fn token(
    State(inner): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    if let Some(instead) = instead(&inner, "token") {
        return instead;
    }
    let mut inner = inner.lock().unwrap();
    let said = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    let known = if inner.posts_only {
        said.is_none() && form["client_id"] == CLIENT && form["client_secret"] == SECRET
    } else {
        let encoded = |text: &str| {
            let pair = [("", text)];
            reqwest::Url::parse_with_params("http://x", pair).unwrap().query().unwrap()[1..]
                .replace('+', "%20")
        };
        let pair = format!("{}:{}", encoded(CLIENT), encoded(SECRET));
        said == Some(format!("Basic {}", STANDARD.encode(pair)))
            && !form.contains_key("client_secret")
    };
    if !known {
        return refused("invalid_client");
    }
    let Some(given) = inner.codes.remove(&form["code"]) else { return refused("invalid_grant") };
    let verifier = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
    let is_proved = URL_SAFE_NO_PAD.encode(verifier) == given.challenge;
    if !is_proved
        || form["redirect_uri"] != given.redirect
        || form["grant_type"] != "authorization_code"
    {
        return refused("invalid_grant");
    }
    let mut claims = given.claims;
    claims["nonce"] = given.nonce.into();
    for (name, value) in inner.changed.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    let id_token = sign(&inner, &claims);
    let access_token = format!("access-{}", form["code"]);
    inner.given_out.extend([id_token.clone(), access_token.clone(), form["code_verifier"].clone()]);
    Json(json!({ "id_token": id_token, "access_token": access_token, "token_type": "Bearer" }))
        .into_response()
}

fn sign(inner: &Inner, claims: &Value) -> String {
    let (algorithm, name) = match inner.signs {
        Signs::Rs256 | Signs::OtherWords => ("RS256", "rsa-1"),
        Signs::Es256 | Signs::WithAnotherKey => ("ES256", &*inner.name),
        Signs::None => ("none", "rsa-1"),
        Signs::Hs256WithPublicKey => ("HS256", "rsa-1"),
    };
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = text(&json!({ "alg": algorithm, "kid": name, "typ": "JWT" }));
    let message = format!("{header}.{}", text(claims));
    let random = SystemRandom::new();
    let by_rsa = |message: &str| {
        let mut signature = vec![0; inner.rsa.public().modulus_len()];
        inner.rsa.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
        signature
    };
    let by_ecdsa =
        |key: &EcdsaKeyPair| key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec();
    let signature = match inner.signs {
        Signs::Rs256 => by_rsa(&message),
        Signs::OtherWords => by_rsa("other words"),
        Signs::Es256 => by_ecdsa(&inner.ecdsa),
        Signs::WithAnotherKey => by_ecdsa(&new_ecdsa()),
        Signs::None => Vec::new(),
        Signs::Hs256WithPublicKey => {
            let rsa: PublicKeyComponents<Vec<u8>> = inner.rsa.public().into();
            let key = hmac::Key::new(hmac::HMAC_SHA256, &rsa.n);
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        }
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn userinfo(State(inner): State<Shared>, headers: HeaderMap) -> Response {
    if let Some(instead) = instead(&inner, "userinfo") {
        return instead;
    }
    let inner = inner.lock().unwrap();
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !said.is_some_and(|said| said.starts_with("Bearer access-code-")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(inner.userinfo.clone()).into_response()
}
