//! What a workspace allows, found out without a word in any channel.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::SlackBot;
use super::answer::Refusal;
use crate::domain::directory::is_slack_member;
use crate::http;
use crate::notify::{NotifyError, text};

/// What the bot needs, whoever is told: to post, and to look up what became of a post.
const SCOPES: [&str; 3] = ["chat:write", "channels:history", "groups:history"];

/// In which Slack says what a token may do.
const SCOPES_HEADER: &str = "x-oauth-scopes";

/// `auth.test` answers with more; without these nobody was asked.
#[derive(Deserialize)]
struct Identity {
    team: String,
    user: String,
}

impl SlackBot {
    /// Asks Slack who we are.
    pub async fn probe(&self) -> Result<String, NotifyError> {
        let answer = self.call::<Identity>("auth.test", &json!({})).await;
        let identity = answer.map_err(Refusal::of_idempotent)?;
        let (team, user) = (text::plain(&identity.team), text::plain(&identity.user));
        Ok(format!("workspace {} as {}", text::cut(&team, 80), text::cut(&user, 80)))
    }

    /// Asks Slack who we are, and whether the token may do what it must.
    pub async fn probe_scopes(&self) -> Result<String, NotifyError> {
        let who = self.probe().await?;
        let Some(scopes) = self.scopes().await else { return Ok(who) };
        let has = |scope: &&str| scopes.split(',').any(|known| known.trim() == *scope);
        let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !has(scope)).collect();
        if missing.is_empty() {
            return Ok(format!("{who}, with the scopes {}", SCOPES.join(", ")));
        }
        let reason = format!(
            "{who}, but the token of {} lacks {}: add the scope to the app under OAuth & \
             Permissions and install it again",
            self.token_origin,
            missing.join(", ")
        );
        Err(NotifyError::Misconfigured { reason })
    }

    /// Asks whether the bot is in a channel, by reading its last message: what it may read back it
    /// can post to. Nobody sees it.
    pub async fn probe_channel(&self, address: &str) -> Result<String, NotifyError> {
        if address.contains('@') {
            return match self.member_of(address).await? {
                Some(_) => Ok("is a member of the workspace".to_owned()),
                None => Err(NotifyError::Never {
                    reason: format!("nobody in the workspace has {address}: mend it in units.toml"),
                }),
            };
        }
        if is_slack_member(address) {
            return Ok("a person, who can be written to".to_owned());
        }
        let parameters =
            vec![("channel", Some(address.to_owned())), ("limit", Some("1".to_owned()))];
        let answer = self.ask::<IgnoredAny>("conversations.history", &parameters).await;
        answer.map_err(Refusal::of_idempotent)?;
        Ok("the bot is in the channel".to_owned())
    }

    /// What the token may do, in Slack's words; nothing where Slack does not say.
    async fn scopes(&self) -> Option<String> {
        let client = http::client(http::USER_AGENT, self.request_timeout).ok()?;
        let token = self.token.token_value.0.as_str();
        let call = client.post(format!("{}/auth.test", self.api_url)).bearer_auth(token);
        let answer = call.json(&Value::Object(serde_json::Map::new())).send().await.ok()?;
        let scopes = answer.headers().get(SCOPES_HEADER)?.to_str().ok()?;
        Some(scopes.to_owned())
    }
}
