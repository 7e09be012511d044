//! Microsoft Teams through a Workflows webhook: an Adaptive Card, and no receipt.

mod adaptive;
pub(super) mod card;

use std::time::Duration;

use serde_json::json;

use super::webhook::{Answer, Webhook};
use super::{Envelope, Message, NotifyError};
use crate::config::settings::Secret;

/// One Workflows webhook.
#[derive(Debug)]
pub struct Teams(Webhook);

impl Teams {
    /// The webhook that the config calls `name`.
    pub fn new(name: &str, url: &Secret, timeout: Duration) -> Result<Self, NotifyError> {
        Webhook::new(format!("the Teams webhook {name}"), url, timeout).map(Self)
    }

    /// Posts `message`. A flow accepts it before it posts it: this is as much as can be known.
    pub async fn post(&self, envelope: &Envelope, message: &Message) -> Result<(), NotifyError> {
        let answer = self.0.post(card::body(envelope, message)?).await?;
        outcome(&self.0, &answer)
    }

    /// Tries it with a list of no cards: a flow that lives takes it, and has nothing to post.
    pub async fn probe(&self) -> Result<String, NotifyError> {
        let nothing = json!({ "type": "message", "attachments": [] });
        let answer = self.0.post(nothing.to_string()).await?;
        outcome(&self.0, &answer)?;
        Ok(format!(
            "{} ({}); nothing was posted, and the flow's run history shows it",
            self.0.name, self.0.origin
        ))
    }
}

/// How a flow that takes nothing is mended.
const REMEDY: &str = "the flow was deleted or disabled, or its owner has left; make a new one (\"When a \
                      Teams webhook request is received\")";

/// How a connector of the old kind begins to say, with 200, what went wrong behind it.
const FAILED_BEHIND: &str = "Webhook message delivery failed with error";

fn outcome(webhook: &Webhook, answer: &Answer) -> Result<(), NotifyError> {
    let (name, status) = (&webhook.name, answer.status);
    let refused = |meant: u16, behind: &str| {
        let reason = format!("{name} answered HTTP {status}{behind}");
        Err(webhook.refusal(&Answer { status: meant, ..answer.clone() }, reason, REMEDY))
    };
    match status {
        200..=299 if answer.body.contains(FAILED_BEHIND) => {
            let met = status_behind(&answer.body);
            refused(met, &format!(" and met {met} behind it"))
        }
        200..=299 if answer.body.trim_start().starts_with('<') => {
            let reason = format!("{name} answered with a page (is a proxy in the way?)");
            Err(NotifyError::Misconfigured { reason })
        }
        200..=299 => Ok(()),
        // Power Automate says so of a flow that was deleted or switched off.
        400 if is_flow_off(&answer.body) => refused(410, ""),
        _ => refused(status, ""),
    }
}

/// The status that a connector met behind it ("… returned HTTP error 429 …"); one that it does not tell may pass.
fn status_behind(body: &str) -> u16 {
    let told = body.split("HTTP error ").nth(1).and_then(|rest| rest.get(..3));
    told.and_then(|status| status.parse().ok()).filter(|status| *status >= 400).unwrap_or(503)
}

/// Whether an answer is an error about the flow itself, and not about what it was given.
fn is_flow_off(body: &str) -> bool {
    let answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let code = answer.pointer("/error/code").and_then(serde_json::Value::as_str);
    code.is_some_and(|code| code.starts_with("Workflow"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn outcome_of(status: u16, body: &str) -> Result<(), NotifyError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let value = SecretString::from("https://flows.example/workflows/1".to_owned());
        let url = Secret { value, origin: "file url".to_owned() };
        let flow = Teams::new("flow", &url, Duration::from_secs(5)).unwrap();
        outcome(&flow.0, &Answer { status, retry_after: None, body: body.to_owned() })
    }

    #[test]
    fn a_flow_that_is_off_is_mended_and_what_it_was_given_is_not_to_blame() {
        let off =
            r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"… state 'Deleted'"}}"#;
        let said = outcome_of(400, off).unwrap_err();
        assert!(
            matches!(&said, NotifyError::Misconfigured { reason } if reason.contains("make a new one"))
        );
        let bad = outcome_of(400, r#"{"error":{"code":"InvalidRequestContent"}}"#);
        assert!(matches!(bad, Err(NotifyError::Never { .. })), "{bad:?}");
    }

    #[test]
    fn a_flow_may_answer_with_any_status_that_is_well() {
        for status in [200, 201, 202, 204] {
            assert_eq!(outcome_of(status, ""), Ok(()), "{status}");
        }
        assert!(outcome_of(302, "").is_err());
    }

    #[test]
    fn not_every_200_is_a_message() {
        let behind = |status: &str| {
            format!(
                "{FAILED_BEHIND}: Microsoft Teams endpoint returned HTTP error {status} with ContextId …"
            )
        };
        assert_eq!(outcome_of(200, "1"), Ok(()));
        assert_eq!(outcome_of(202, ""), Ok(()));
        assert!(matches!(outcome_of(200, &behind("429")), Err(NotifyError::Later { .. })));
        assert!(matches!(outcome_of(200, &behind("413")), Err(NotifyError::Never { .. })));
        assert!(matches!(outcome_of(200, FAILED_BEHIND), Err(NotifyError::Later { .. })));
        let page = outcome_of(200, "\n<!DOCTYPE html><title>Sign in</title>");
        assert!(matches!(page, Err(NotifyError::Misconfigured { .. })), "{page:?}");
    }
}
