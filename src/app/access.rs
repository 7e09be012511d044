//! Who is let in.

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use tracing::info;

use super::App;
use super::health::{CheckResult, Severity};
use crate::config::Config;
use crate::config::calendar::sha256;
use crate::config::seal;
use crate::domain::access::{Grant, Scope, Token, Viewer};

/// What every token begins with: whoever finds one knows what it is.
const BEGINS: &str = "jicui_";
/// Longer than any token of ours.
const LONGEST_TOKEN: usize = 100;

impl App {
    /// Whether somebody at this machine may read titles and figures without signing in: only while
    /// nobody could ever sign in.
    pub async fn local_reader_is_open(&self) -> anyhow::Result<bool> {
        let open = lets_local_reader_in(&self.live().config);
        Ok(open && !self.store.knows_anybody().await.context("looking for users")?)
    }

    pub(super) async fn check_local_reader(&self) -> anyhow::Result<Option<CheckResult>> {
        Ok(self.local_reader_is_open().await?.then(|| CheckResult {
            severity: Severity::Good,
            code: "local_reader".to_owned(),
            message: LOCAL_READER_IS_OPEN.to_owned(),
            in_short: None,
            remedy: String::new(),
        }))
    }

    /// Makes a token; returns its word, which is kept nowhere.
    pub async fn add_token(
        &self,
        grant: Grant,
        (scope, expires_at): (Scope, DateTime<Utc>),
        by: &str,
    ) -> anyhow::Result<String> {
        let now = self.now();
        grant.check(&self.live().config.rules.directory)?;
        if expires_at <= now {
            return Err(anyhow!("a token that is over already is of no use: choose a later day"));
        }
        let word = format!("{BEGINS}{}", seal::random().context("making a token")?);
        let (name, added_by) = (grant.name.clone(), by.to_owned());
        let token = Token { grant, scope, added_at: now, added_by, expires_at, used_at: None };
        let added = self.store.add_token(token, sha256(word.as_bytes())).await;
        if !added.context("keeping the token")? {
            return Err(anyhow!(
                "there is a token {name} already: revoke it, or choose another name"
            ));
        }
        info!(name, scope = scope.as_str(), by, "a token was made");
        Ok(word)
    }

    /// The tokens that are not revoked.
    pub async fn tokens(&self) -> anyhow::Result<Vec<Token>> {
        self.store.tokens().await.context("loading tokens")
    }

    /// Ends a token at once.
    pub async fn revoke_token(&self, name: &str, by: &str) -> anyhow::Result<()> {
        let revoked = self.store.revoke_token(name.to_owned(), by.to_owned(), self.now()).await;
        if !revoked.context("revoking the token")? {
            return Err(anyhow!("there is no token {name}: `jicui tokens list` names them"));
        }
        info!(name, by, "a token was revoked");
        Ok(())
    }

    /// Who asks by this word.
    pub async fn viewer_by_token(&self, word: &str) -> anyhow::Result<Option<Viewer>> {
        let token = self.token(word).await?;
        Ok(token.and_then(|token| token.viewer(self.now())))
    }

    /// The token of a subscription: the unit whose deadlines it shows, or all.
    pub async fn subscription(&self, word: &str) -> anyhow::Result<Option<Token>> {
        let token = self.token(word).await?;
        Ok(token.filter(|token| token.opens_calendar(self.now())))
    }

    async fn token(&self, word: &str) -> anyhow::Result<Option<Token>> {
        if !word.starts_with(BEGINS) || word.len() > LONGEST_TOKEN {
            return Ok(None);
        }
        let used = self.store.use_token(sha256(word.as_bytes()), self.now()).await;
        used.context("looking for a token")
    }
}

/// What is said of it, and how it is closed.
pub const LOCAL_READER_IS_OPEN: &str = "as long as there was never a user or a token, whoever is at this machine reads titles and figures without \
     signing in, and changes nothing; the first user or token, or [web] local_reader = false, ends that";

/// Whether these settings let the local reader in.
pub fn lets_local_reader_in(config: &Config) -> bool {
    let web = &config.web;
    let somebody_vouches = web.behind_proxy || web.trusted_header.is_some() || web.oidc.is_some();
    web.local_reader && web.listen.is_some() && !somebody_vouches
}
