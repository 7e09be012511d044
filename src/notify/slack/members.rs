//! Who is who in the workspace, by mail address (`users.lookupByEmail`).
//!
//! What Slack said is kept for a while: somebody who is not there is looked up again soon, and when
//! Slack cannot say, nobody is asked after for a minute, so that no message waits for it twice.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tracing::warn;

use super::SlackBot;
use crate::domain::directory::{Person, is_slack_member};
use crate::notify::{Message, NotifyError};

/// A member may leave, or have another address.
const MEMBER_KEPT: Duration = Duration::from_hours(1);
/// Somebody who is not there may join.
const ABSENCE_KEPT: Duration = Duration::from_mins(10);
/// While Slack cannot say.
const REST: Duration = Duration::from_mins(1);

/// The member whom Slack found, or that it found none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said(Option<String>);

/// Members by mail address, as Slack last said.
#[derive(Debug, Default)]
pub(super) struct Members {
    known: HashMap<String, (Said, Instant)>,
    resting: Option<(NotifyError, Instant)>,
}

impl Members {
    /// What Slack said of late, if it did.
    fn said(&self, mail: &str, now: Instant) -> Option<&Said> {
        let (said, at) = self.known.get(mail)?;
        let kept = if said.0.is_some() { MEMBER_KEPT } else { ABSENCE_KEPT };
        (now.saturating_duration_since(*at) < kept).then_some(said)
    }

    /// What Slack said, however long ago.
    fn said_ever(&self, mail: &str) -> Option<String> {
        self.known.get(mail).and_then(|(said, _)| said.0.clone())
    }

    /// Why Slack need not be asked now.
    fn trouble(&self, now: Instant) -> Option<NotifyError> {
        let resting = self.resting.as_ref().filter(|(_, until)| now < *until);
        resting.map(|(error, _)| error.clone())
    }

    fn keep(&mut self, mail: &str, member: Option<String>, now: Instant) {
        self.resting = None;
        self.known.insert(mail.to_owned(), (Said(member), now));
    }

    fn rest(&mut self, error: NotifyError, now: Instant) {
        let asked = match &error {
            NotifyError::Later { after, .. } => after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        self.resting = Some((error, now + asked.max(REST)));
    }
}

#[derive(Deserialize)]
struct Found {
    user: Member,
}

#[derive(Deserialize)]
struct Member {
    id: String,
    #[serde(default)]
    deleted: bool,
}

impl SlackBot {
    /// The member with this mail address; `None` if the workspace has none, or no longer.
    pub async fn member_of(&self, mail: &str) -> Result<Option<String>, NotifyError> {
        let mut members = self.members.lock().await;
        if let Some(Said(member)) = members.said(mail, Instant::now()) {
            return Ok(member.clone());
        }
        if let Some(error) = members.trouble(Instant::now()) {
            return Err(error);
        }
        let parameters = vec![("email", Some(mail.to_owned()))];
        let found = match self.ask::<Found>("users.lookupByEmail", &parameters).await {
            Ok(Found { user }) => Some(user).filter(|user| !user.deleted).map(|user| user.id),
            Err(refusal) if refusal.code == "users_not_found" => None,
            Err(refusal) => {
                let error = refusal.of_idempotent();
                warn!(%error, "who has a mail address could not be looked up in Slack");
                members.rest(error.clone(), Instant::now());
                return Err(error);
            }
        };
        let found = found.filter(|id| is_slack_member(id));
        members.keep(mail, found.clone(), Instant::now());
        Ok(found)
    }

    /// `message` with the member ids of those whom it mentions and the directory names by mail.
    /// Whoever cannot be found is named, and not called: a reminder does not wait for that.
    pub(super) async fn with_members<'m>(&self, message: &'m Message) -> Cow<'m, Message> {
        let lacking = |person: &Person| person.slack.is_none() && person.slack_mail().is_some();
        if !message.mentions.iter().any(lacking) {
            return Cow::Borrowed(message);
        }
        let mut message = message.clone();
        for person in message.mentions.iter_mut().filter(|person| lacking(person)) {
            let Some(mail) = person.slack_mail() else { continue };
            person.slack = match self.member_of(mail).await {
                Ok(member) => member,
                Err(_) => self.members.lock().await.said_ever(mail),
            };
        }
        Cow::Owned(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_looked_up_again_after_a_while_and_sooner_if_nobody_was_found() {
        let (mut members, start) = (Members::default(), Instant::now());
        let after = |minutes| start + Duration::from_mins(minutes);
        assert_eq!(members.said("a@b.tw", start), None);
        members.keep("a@b.tw", Some("U0A".to_owned()), start);
        members.keep("c@b.tw", None, start);
        assert_eq!(members.said("a@b.tw", after(59)), Some(&Said(Some("U0A".to_owned()))));
        assert_eq!(members.said("a@b.tw", after(60)), None);
        assert_eq!(members.said_ever("a@b.tw").as_deref(), Some("U0A"));
        assert_eq!(members.said("c@b.tw", after(9)), Some(&Said(None)));
        assert_eq!(members.said("c@b.tw", after(10)), None);
    }

    #[test]
    fn while_slack_cannot_say_it_is_left_alone_as_long_as_it_asks() {
        let (mut members, start) = (Members::default(), Instant::now());
        let error = |after| NotifyError::Later { after, reason: "429".to_owned() };
        members.rest(error(None), start);
        assert!(members.trouble(start + Duration::from_secs(59)).is_some());
        assert!(members.trouble(start + Duration::from_mins(1)).is_none());
        members.rest(error(Some(Duration::from_mins(5))), start);
        assert!(members.trouble(start + Duration::from_secs(299)).is_some());
        members.keep("a@b.tw", None, start);
        assert!(members.trouble(start).is_none(), "it says again");
    }
}
