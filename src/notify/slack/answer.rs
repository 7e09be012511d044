//! What Slack's refusals mean for us, and what a person can do about them.

use reqwest::StatusCode;
use serde_json::Value;
use slack_morphism::errors::SlackClientError;

use crate::notify::NotifyError;

/// A call that did not succeed.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Slack's word for it, if Slack answered: `channel_not_found`.
    pub(super) code: String,
    /// What it means.
    pub(super) error: NotifyError,
}

impl Refusal {
    /// What it means for a call that may simply be made again: nothing is posted twice by it.
    pub(super) fn of_idempotent(self) -> NotifyError {
        match self.error {
            NotifyError::Unknown { reason } => NotifyError::Later { after: None, reason },
            error => error,
        }
    }
}

impl From<SlackClientError> for Refusal {
    /// Takes words of our own and Slack's code only: bodies and causes stay behind.
    fn from(error: SlackClientError) -> Self {
        let without_code = |error| Self { code: String::new(), error };
        match error {
            SlackClientError::ApiError(error) => {
                let code = word(&error.code);
                let error = by_code(&code, &needed_scope(error.http_response_body.as_deref()));
                Self { code, error }
            }
            SlackClientError::RateLimitError(error) => {
                let reason = "Slack asks for fewer messages (429)".to_owned();
                without_code(NotifyError::Later { after: error.retry_after, reason })
            }
            SlackClientError::HttpError(error) => without_code(by_status(error.status_code)),
            SlackClientError::HttpProtocolError(error) => {
                without_code(by_transport(error.cause.as_deref()))
            }
            SlackClientError::ProtocolError(_) => without_code(NotifyError::Unknown {
                reason: "Slack's answer could not be read (is a proxy answering in its place?)"
                    .to_owned(),
            }),
            SlackClientError::EndOfStream(_)
            | SlackClientError::SystemError(_)
            | SlackClientError::SocketModeProtocolError(_) => {
                without_code(NotifyError::Unknown { reason: "Slack's answer broke off".to_owned() })
            }
        }
    }
}

/// The meaning of `"ok": false`.
///
/// A code nobody has met is final: the message then takes the unit's next channel, which loses
/// nothing, while trying again might never end.
fn by_code(code: &str, needed: &str) -> NotifyError {
    let reason = match remedy(code) {
        Some(remedy) => format!("Slack answered {code}{needed}: {remedy}"),
        None => format!("Slack answered {code}"),
    };
    match code {
        // "It's possible some aspect of the operation succeeded before the error was raised" (Slack).
        "internal_error" | "fatal_error" => NotifyError::Unknown { reason },
        "service_unavailable"
        | "ratelimited"
        | "rate_limited"
        | "request_timeout"
        | "team_added_to_org"
        | "accesslimited"
        | "external_channel_migrating" => NotifyError::Later { after: None, reason },
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "token_expired"
        | "missing_scope"
        | "no_permission"
        | "not_allowed_token_type"
        | "org_login_required"
        | "ekm_access_denied"
        | "access_denied"
        | "team_access_not_granted"
        | "two_factor_setup_required"
        | "enterprise_is_restricted"
        | "method_deprecated"
        | "deprecated_endpoint"
        | "unknown_method" => NotifyError::Misconfigured { reason },
        _ => NotifyError::Never { reason },
    }
}

/// What a person can do about it.
fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_auth" | "not_authed" => "put the bot token (xoxb-…) of the installed app in place",
        "account_inactive" | "token_revoked" | "token_expired" => {
            "install the app in the workspace again and put its new bot token in place"
        }
        "missing_scope" | "no_permission" => {
            "add the scope to the app under OAuth & Permissions and install it again"
        }
        "not_allowed_token_type" => "use the bot token (xoxb-…), not another kind of token",
        "channel_not_found" => {
            "check the channel's id in units.toml; into a private channel, /invite the bot first"
        }
        "not_in_channel" => "invite the bot with /invite in that channel",
        "is_archived" => "unarchive the channel, or name another one in units.toml",
        "restricted_action" | "restricted_action_read_only_channel" => {
            "let the bot post there in the channel's posting permissions"
        }
        "org_login_required"
        | "ekm_access_denied"
        | "access_denied"
        | "team_access_not_granted"
        | "two_factor_setup_required"
        | "enterprise_is_restricted" => "ask the administrators of the workspace to allow the app",
        "method_deprecated" | "deprecated_endpoint" | "unknown_method" => {
            "check slack.api_url, or update this program"
        }
        "msg_too_long"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "msg_blocks_too_long"
        | "no_text"
        | "invalid_arguments" => "this is a fault of this program: please report it",
        _ => return None,
    })
}

/// The scope Slack asks for: `missing_scope` names it.
fn needed_scope(body: Option<&str>) -> String {
    let body: Value = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    match body.get("needed").and_then(Value::as_str).map(word) {
        Some(needed) if !needed.is_empty() => format!(" ({needed})"),
        _ => String::new(),
    }
}

/// A word of Slack's, and nothing that could be smuggled in with it.
fn word(text: &str) -> String {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.:,-".contains(*c);
    text.chars().filter(allowed).take(60).collect()
}

fn by_status(status: StatusCode) -> NotifyError {
    let reason = format!("Slack answered HTTP {}", status.as_u16());
    match status.as_u16() {
        // What failed, or what stands behind a gateway that gave up on it, may have taken the message.
        500 | 502 | 504 => NotifyError::Unknown { reason },
        408 | 425 | 501..=599 => NotifyError::Later { after: None, reason },
        400 | 413 => NotifyError::Never { reason },
        _ => NotifyError::Misconfigured {
            reason: format!("{reason}: check slack.api_url, and any proxy on the way"),
        },
    }
}

fn by_transport(cause: Option<&(dyn std::error::Error + Send + Sync + 'static)>) -> NotifyError {
    let cause = cause.and_then(|cause| cause.downcast_ref::<reqwest::Error>());
    if cause.is_some_and(reqwest::Error::is_connect) {
        let reason = "Slack could not be reached (DNS, firewall or TLS)".to_owned();
        NotifyError::Later { after: None, reason }
    } else if cause.is_some_and(reqwest::Error::is_timeout) {
        NotifyError::Unknown { reason: "Slack did not answer in time".to_owned() }
    } else {
        NotifyError::Unknown { reason: "the connection to Slack broke off".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(error: &NotifyError) -> &'static str {
        match error {
            NotifyError::Later { .. } => "later",
            NotifyError::Unknown { .. } => "unknown",
            NotifyError::Never { .. } => "never",
            NotifyError::Misconfigured { .. } => "misconfigured",
        }
    }

    #[track_caller]
    fn check_code(code: &str, expected: &str) {
        assert_eq!(kind(&by_code(code, "")), expected, "{code}");
    }

    #[test]
    fn each_code_has_its_consequence() {
        check_code("internal_error", "unknown");
        check_code("service_unavailable", "later");
        check_code("fatal_error", "unknown");
        check_code("ratelimited", "later");
        check_code("invalid_auth", "misconfigured");
        check_code("account_inactive", "misconfigured");
        check_code("token_revoked", "misconfigured");
        check_code("missing_scope", "misconfigured");
        check_code("channel_not_found", "never");
        check_code("is_archived", "never");
        check_code("msg_too_long", "never");
        check_code("a_code_of_next_year", "never");
    }

    #[track_caller]
    fn check_status(status: u16, expected: &str) {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(kind(&by_status(status)), expected, "{status}");
    }

    #[test]
    fn each_status_has_its_consequence() {
        check_status(500, "unknown");
        check_status(503, "later");
        check_status(502, "unknown");
        check_status(504, "unknown");
        check_status(400, "never");
        check_status(404, "misconfigured");
        check_status(407, "misconfigured");
    }

    #[test]
    fn the_missing_scope_is_named() {
        let body = r#"{"ok":false,"error":"missing_scope","needed":"chat:write"}"#;
        let error = by_code("missing_scope", &needed_scope(Some(body)));
        assert_eq!(
            error.to_string(),
            "Slack answered missing_scope (chat:write): add the scope to the app under OAuth & \
             Permissions and install it again; the settings must be mended"
        );
    }
}
