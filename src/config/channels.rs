//! `[slack]`, `[teams]` and `[heartbeat]`: how messages leave, and who watches that they do.

use std::collections::BTreeMap;

use super::Reader;
use super::reader::Section;
use super::settings::{Heartbeat, Secret, Slack, Teams};

impl Reader<'_> {
    pub(super) fn slack(&self) -> Slack {
        let section = self.file.section("slack");
        let slack = Slack {
            api_url: section.address("api_url"),
            token: self.secret(&section, "token_file", "slack_token"),
            app_token: self.secret(&section, "app_token_file", "slack_app_token"),
            request_timeout: section.patience("request_timeout_secs", 300),
            webhooks: self.webhooks(&section, "slack_webhook"),
        };
        section.finish();
        slack
    }

    pub(super) fn teams(&self) -> Teams {
        let section = self.file.section("teams");
        let teams = Teams {
            request_timeout: section.patience("request_timeout_secs", 300),
            webhooks: self.webhooks(&section, "teams_webhook"),
        };
        section.finish();
        teams
    }

    fn webhooks(&self, section: &Section<'_>, kind: &str) -> BTreeMap<String, Option<Secret>> {
        let list = section.section("webhooks");
        let read = |(name, webhook): (String, Section<'_>)| {
            let secret = self.secret(&webhook, "url_file", &format!("{kind}_{name}"));
            webhook.finish();
            (name, secret)
        };
        list.named_sections().into_iter().map(read).collect()
    }

    pub(super) fn heartbeat(&self) -> Heartbeat {
        let section = self.file.section("heartbeat");
        let heartbeat = Heartbeat {
            poll: self.secret(&section, "poll_url_file", "heartbeat_poll_url"),
            deliver: self.secret(&section, "deliver_url_file", "heartbeat_deliver_url"),
        };
        section.finish();
        heartbeat
    }
}
