//! Signing in by the word of a provider: who of those it names is let in, and as what.

use anyhow::Context;
use tracing::{info, warn};

use super::App;
use crate::domain::access::{Grant, User};
use crate::domain::membership::grant_of;
pub use crate::oidc::Proof;
use crate::oidc::{OidcError, Person, Provider};

/// Who added those that a group lets in.
const BY_GROUP: &str = "OpenID Connect";

/// Why nobody was let in by the word of a provider.
#[derive(Debug, thiserror::Error)]
pub enum NoWelcome {
    /// There is no provider.
    #[error("no provider is set up")]
    NoProvider,
    /// It does not answer, or not as it should: local accounts go on.
    #[error("the provider does not answer")]
    Outage,
    /// It did not vouch for anybody.
    #[error("the provider vouches for nobody")]
    Refused,
    /// It vouches for somebody whom we do not know.
    #[error("{0} is not known")]
    Stranger(String),
    /// Something of ours is broken.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl From<OidcError> for NoWelcome {
    fn from(error: OidcError) -> Self {
        let remedy = error.remedy();
        warn!(%error, remedy, "nobody was let in by OpenID Connect");
        if error.is_outage() { Self::Outage } else { Self::Refused }
    }
}

/// What is answered instead of a code.
#[derive(Clone, Debug, Default)]
pub struct ProviderAnswer {
    /// The code, where there is one.
    pub code: Option<String>,
    /// The provider's word for why there is none.
    pub error: Option<String>,
    /// Who answers.
    pub issuer: Option<String>,
}

impl App {
    /// Where a browser is sent to sign in.
    pub async fn provider_address(&self, proof: &Proof) -> Result<String, NoWelcome> {
        let live = self.live();
        let provider = live.provider.as_ref().ok_or(NoWelcome::NoProvider)?;
        Ok(provider.address(proof, self.now()).await?)
    }

    /// Signs somebody in by what their browser brings back; returns the word of the session, which is
    /// kept nowhere.
    pub async fn sign_in_by_provider(
        &self,
        answer: ProviderAnswer,
        proof: &Proof,
    ) -> Result<String, NoWelcome> {
        let live = self.live();
        let provider = live.provider.as_ref().ok_or(NoWelcome::NoProvider)?;
        let code = match (answer.code, answer.error) {
            _ if !provider.is_from(answer.issuer.as_deref()) => {
                return Err(provider.refusal("another_issuer").into());
            }
            (Some(code), None) => code,
            (_, error) => return Err(provider.refusal(&error.unwrap_or_default()).into()),
        };
        let person = provider.redeem(&code, proof, self.now()).await?;
        let Some(name) = self.let_in(provider, &person).await? else {
            warn!(called = shown(&person), "the provider vouches for somebody who is not known");
            return Err(NoWelcome::Stranger(shown(&person)));
        };
        Ok(self.begin_session(name).await?)
    }

    /// The name of whoever may enter. Whom an administrator added is what the administrator said;
    /// others are what their groups are, as of this moment.
    async fn let_in(&self, provider: &Provider, person: &Person) -> anyhow::Result<Option<String>> {
        let found = self.store.user(&person.called).await.context("looking for a user")?;
        let user = found.map(|(user, _)| user);
        let is_by_group = |user: &User| user.added_by == BY_GROUP && !user.has_password;
        if let Some(user) = user.as_ref().filter(|user| !is_by_group(user)) {
            return Ok(Some(user.grant.name.clone()));
        }
        let granted = grant_of(&person.called, &person.groups, &provider.settings().memberships);
        let granted = granted.filter(|grant| {
            let checked = grant.check(&self.live().config.rules.directory);
            checked.inspect_err(|error| warn!(%error, "a group gives what cannot be given")).is_ok()
        });
        match (user, granted) {
            (None, None) => Ok(None),
            (Some(user), None) => {
                self.remove_user(&user.grant.name, BY_GROUP).await?;
                Ok(None)
            }
            (Some(user), Some(grant)) => {
                if user.grant != grant {
                    info!(name = grant.name, role = grant.role.as_str(), "a user's groups changed");
                    let kept = self.store.regrant(grant, (BY_GROUP, self.now())).await;
                    kept.context("keeping what a user is")?;
                }
                Ok(Some(user.grant.name))
            }
            (None, Some(grant)) => self.add_by_group(grant).await.map(Some),
        }
    }

    async fn add_by_group(&self, grant: Grant) -> anyhow::Result<String> {
        let name = grant.name.clone();
        self.add_user(grant, (None, None), BY_GROUP).await?;
        Ok(name)
    }
}

/// A name as it can be shown and logged, whatever the provider says.
fn shown(person: &Person) -> String {
    person.called.chars().filter(|c| !c.is_control()).take(60).collect()
}
