//! OpenID Connect: whom a provider outside says that somebody is.
//!
//! Authorization code with PKCE, and nothing else: a browser carries the code, we redeem it ourselves,
//! and believe the token only as far as `token` proves it. Nothing that the provider gives is kept.

mod provider;
mod token;
mod wire;

pub use provider::{Person, Proof, Provider};
pub use token::Flaw;

/// Why nobody was named.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// It does not answer.
    #[error("the provider cannot be reached ({0})")]
    Unreachable(String),
    /// It answers, but not as a provider does.
    #[error("the provider answers what cannot be used ({0})")]
    Nonsense(String),
    /// It does not take the code, or does not know us.
    #[error("the provider refused ({0})")]
    Refused(String),
    /// Its token does not prove what it says.
    #[error("the provider's token was not believed: {0}")]
    Token(#[from] Flaw),
    /// The token is good and names nobody.
    #[error("the provider names nobody: there is no claim `{0}`")]
    Nameless(String),
    /// The provider itself does not vouch for the address.
    #[error("the provider names a mail address that it never verified")]
    Unverified,
}

impl OidcError {
    /// Whether trying again later may help, and nobody is to blame.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Nonsense(_))
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => {
                "let this machine reach it, and trust its certificate (update-ca-certificates)"
            }
            Self::Nonsense(_) => {
                "mend [web.oidc] issuer: the address before /.well-known/openid-configuration, to the letter"
            }
            Self::Refused(_) => {
                "compare client_id, the secret and the redirect address with what the provider has"
            }
            Self::Token(Flaw::Time) => "set both clocks: this machine's and the provider's",
            Self::Token(_) => "have the provider sign ID tokens for this client by RS256 or ES256",
            Self::Nameless(_) => "have the provider send that claim, or name another as user_claim",
            Self::Unverified => "have the provider verify it, or name another claim as user_claim",
        }
    }
}
