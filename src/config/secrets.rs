//! Where secrets come from: systemd credentials, then a file, then the environment.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};

use super::fault::Faults;
use super::oidc::CLIENT_SECRET;
use super::settings::Secret;
use super::{Config, USUAL_PATH};
use crate::domain::counted::counted;
use crate::domain::directory::{ChannelAddress, ChannelKind};

/// What a setting beside it needs: without it the configuration is not valid.
const NEEDED: [&str; 2] = ["mail_password", CLIENT_SECRET];

/// Where one may come from that this user may not look at.
const OUT_OF_SIGHT: &str =
    "the service's credentials, if it is there: only root may look (sudo jicui check)";

/// Before a credential's name in the machine's stores, which all its services share.
const PREFIX: &str = "jicui.";

/// How secrets begin: tokens of Slack, and addresses that are secret.
const BEGINNINGS: [&str; 5] = ["xoxb-", "xoxp-", "xapp-", "https://", "http://"];

/// How the names of those begin that are addresses.
const ADDRESSES: [&str; 3] = ["slack_webhook_", "teams_webhook_", "heartbeat_"];

/// What is said of one where the name of its file belongs: without the secret.
const NO_NAME: &str = "this looks like the secret itself: write it into a file of its own, and \
                       here the name of that file";

/// What systemd gives to the running service.
const OF_THE_SERVICE: &str = "/run/credentials/jicui.service";

/// The outside of the process that the configuration depends on.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `CREDENTIALS_DIRECTORY`, set by systemd.
    pub credentials_directory: Option<PathBuf>,
    /// Where `credstore` and `credstore.encrypted` lie, from which systemd fills that directory.
    pub credential_stores: Option<PathBuf>,
    /// `STATE_DIRECTORY`, set by systemd.
    pub state_directory: Option<PathBuf>,
    /// Reads an environment variable; nothing in tests.
    pub variable: Option<fn(&str) -> Option<String>>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let path = |name: &str| {
            let first = variable(name)?.split(':').next().map(PathBuf::from);
            first.filter(|path| !path.as_os_str().is_empty())
        };
        Self {
            credentials_directory: path("CREDENTIALS_DIRECTORY"),
            credential_stores: None,
            state_directory: path("STATE_DIRECTORY"),
            variable: Some(|name| std::env::var(name).ok()),
        }
    }

    /// The same with what the service of `config` is given, or would be: an administrator at the
    /// command line sees what it sees.
    #[must_use]
    pub fn as_the_service(mut self, config: Option<&Path>) -> Self {
        if self.credentials_directory.is_none() && config == Some(Path::new(USUAL_PATH)) {
            let running = Some(PathBuf::from(OF_THE_SERVICE)).filter(|path| path.is_dir());
            self.credential_stores = running.is_none().then(|| PathBuf::from("/etc"));
            self.credentials_directory = running;
        }
        self
    }

    /// Looks for the secret `name`: the credential, then `file` (its name as it is written, and the
    /// directory that this name starts from), then `JICUI_NAME`.
    ///
    /// # Errors
    ///
    /// The file or credential that is there and cannot be read, or holds what is no such secret, without its
    /// content; and the secret that stands in the place of a file's name.
    pub(super) fn secret(
        &self,
        name: &str,
        file: Option<(&Path, &str)>,
    ) -> Result<Option<Secret>, String> {
        let found = self.find(name, file)?;
        let Some(wanted) = found.as_ref().and_then(|secret| lacking(name, secret)) else {
            return Ok(found);
        };
        let origin = found.map(|secret| secret.origin).unwrap_or_default();
        Err(format!("{origin} holds {wanted} there, and nothing else"))
    }

    fn find(&self, name: &str, file: Option<(&Path, &str)>) -> Result<Option<Secret>, String> {
        if let Some(secret) = self.credential(name)? {
            return Ok(Some(secret));
        }
        if let Some((base, written)) = file {
            let path = base.join(written);
            if is_secret_itself(written) && !path.exists() {
                return Err(NO_NAME.to_owned());
            }
            return read_secret(&path, format!("file {}", path.display())).map(Some);
        }
        let variable = format!("JICUI_{}", name.to_uppercase().replace('-', "_"));
        let value = self.variable.and_then(|read| read(&variable));
        let found = value.filter(|value| !value.trim().is_empty()).map(|value| Secret {
            value: SecretString::from(value.trim().to_owned()),
            origin: format!("environment {variable}"),
        });
        let is_needed = NEEDED.contains(&name);
        Ok(found.or_else(|| self.out_of_sight().filter(|_| is_needed)))
    }

    /// Whether the service's secrets lie where this user may not look.
    pub fn is_barred(&self) -> bool {
        let is_barred = |store: PathBuf| {
            let read = std::fs::read_dir(store);
            read.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
        };
        self.credential_stores.as_ref().is_some_and(|stores| {
            ["credstore", "credstore.encrypted"]
                .into_iter()
                .any(|name| is_barred(stores.join(name)))
        })
    }

    /// Stands for a secret of the service that may lie where this user may not look: an administrator's command
    /// as the daemon's user goes on without it.
    fn out_of_sight(&self) -> Option<Secret> {
        self.is_barred()
            .then(|| Secret { value: SecretString::default(), origin: OUT_OF_SIGHT.to_owned() })
    }

    /// The credential `name`, or `jicui.name` as it is called where others have theirs too.
    fn credential(&self, name: &str) -> Result<Option<Secret>, String> {
        let ours = format!("{PREFIX}{name}");
        if let Some(directory) = &self.credentials_directory {
            let given = [name, &ours].into_iter().find(|name| directory.join(name).exists());
            let read =
                given.map(|name| read_secret(&directory.join(name), format!("credential {name}")));
            return read.transpose();
        }
        let Some(stores) = &self.credential_stores else { return Ok(None) };
        let plain = stores.join("credstore").join(&ours);
        if plain.exists() {
            return read_secret(&plain, format!("credential {ours}")).map(Some);
        }
        let encrypted = stores.join("credstore.encrypted").join(&ours);
        if encrypted.exists() { decrypt(&encrypted, &ours).map(Some) } else { Ok(None) }
    }
}

/// What a secret that is not of its kind lacks, and what belongs in its place.
fn lacking(name: &str, secret: &Secret) -> Option<&'static str> {
    let value = secret.value.expose_secret();
    let is_token = !value.is_empty() && value.chars().all(|c| c.is_ascii_graphic());
    let (is_well, wanted) = match name {
        "slack_token" => (is_token, "no token: put the bot token (xoxb-…)"),
        "slack_app_token" => (
            is_token && value.starts_with("xapp-"),
            "no app-level token: put the one that begins with xapp-",
        ),
        name if ADDRESSES.iter().any(|beginning| name.starts_with(beginning)) => {
            (is_web_address(value), "no web address: put the whole one (https://…)")
        }
        _ => (true, ""),
    };
    (!is_well).then_some(wanted)
}

/// Whether this is an address that can be asked, or stand behind a button: a scheme, a host, no break and no blank in it.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let has_host =
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    has_host && text.len() <= 2000 && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn is_secret_itself(written: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| written.starts_with(beginning))
}

/// Has systemd decrypt a credential, as it does for the service.
fn decrypt(path: &Path, name: &str) -> Result<Secret, String> {
    let shown = path.display();
    let fault = |why: &str| {
        format!(
            "the credential {shown} cannot be decrypted ({why}): encrypt it anew on this machine, \
             systemd-creds encrypt - {shown}"
        )
    };
    let said = Command::new("systemd-creds")
        .arg(format!("--name={name}"))
        .arg("decrypt")
        .arg(path)
        .arg("-")
        .stdin(Stdio::null())
        .output();
    let said = said.map_err(|error| fault(&format!("systemd-creds: {error}")))?;
    if !said.status.success() {
        let words = String::from_utf8_lossy(&said.stderr);
        return Err(fault(words.lines().last().unwrap_or("systemd-creds says nothing")));
    }
    secret_of(
        &String::from_utf8_lossy(&said.stdout),
        &shown.to_string(),
        format!("credential {name}"),
    )
}

fn read_secret(path: &Path, origin: String) -> Result<Secret, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the secret in {} cannot be read: {error}", path.display()))?;
    secret_of(&text, &path.display().to_string(), origin)
}

fn secret_of(text: &str, place: &str, origin: String) -> Result<Secret, String> {
    // Some editors put a mark before the first letter that nobody sees.
    let text = text.trim().trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err(format!("the secret in {place} is empty"));
    }
    Ok(Secret { value: SecretString::from(text.to_owned()), origin })
}

/// Each secret that is there, and where it comes from; never what it is.
pub fn origins(config: &Config) -> Vec<(String, String)> {
    let password = config.mail.as_ref().and_then(|mail| mail.password.as_ref());
    let oidc = config.web.oidc.as_ref().map(|oidc| &oidc.client_secret);
    let single = [
        ("slack_token", config.slack.token.as_ref()),
        ("slack_app_token", config.slack.app_token.as_ref()),
        ("mail_password", password),
        (CLIENT_SECRET, oidc),
        ("heartbeat_poll_url", config.heartbeat.poll.as_ref()),
        ("heartbeat_deliver_url", config.heartbeat.deliver.as_ref()),
    ];
    let single = single.into_iter().map(|(name, secret)| (name.to_owned(), secret));
    let slack = config.slack.webhooks.iter();
    let slack = slack.map(|(name, secret)| (format!("slack_webhook_{name}"), secret.as_ref()));
    let teams = config.teams.webhooks.iter();
    let teams = teams.map(|(name, secret)| (format!("teams_webhook_{name}"), secret.as_ref()));
    let all = single.chain(slack).chain(teams);
    all.filter_map(|(name, secret)| Some((name, secret?.origin.clone()))).collect()
}

/// A unit whose channel has no secret is a warning: its messages fall to the next channel.
pub(super) fn warn_of_missing(config: &Config, faults: &Faults) {
    let of_units: Vec<&ChannelAddress> = config.rules.directory.channels().collect();
    for (channel, say) in missing(config) {
        let is_of_unit = channel.is_none_or(|channel| of_units.contains(&channel));
        let file = config.path.as_ref().filter(|_| !is_of_unit).unwrap_or(&config.units_file);
        faults.warn(file, None, say);
    }
}

/// What each channel lacks by which nothing can be said; without one, all of Slack's by the bot.
pub fn missing(config: &Config) -> Vec<(Option<&ChannelAddress>, String)> {
    let mut missing = Vec::new();
    let directory = &config.rules.directory;
    let mut channels: Vec<_> = directory.channels().chain(&config.reports.recipients).collect();
    channels.sort();
    channels.dedup();
    let by_bot = |channel: &&&ChannelAddress| channel.kind == ChannelKind::Slack;
    let channels_by_bot = channels.iter().filter(by_bot).count();
    if channels_by_bot > 0 && config.slack.token.is_none() {
        let say = format!(
            "there is no Slack token for {} (slack:…): give the \
             credential slack_token (/etc/credstore.encrypted/jicui.slack_token), [slack] token_file, \
             or JICUI_SLACK_TOKEN",
            counted(channels_by_bot, "channel")
        );
        missing.push((None, say));
    }
    let of_webhook = |channel| Some((Some(channel), missing_webhook(config, channel)?));
    missing.extend(channels.into_iter().filter_map(of_webhook));
    missing
}

fn missing_webhook(config: &Config, channel: &ChannelAddress) -> Option<String> {
    let (webhooks, section) = match channel.kind {
        ChannelKind::Print | ChannelKind::Slack => return None,
        ChannelKind::Mail if config.mail.is_some() => return None,
        ChannelKind::Mail => {
            return Some(format!(
                "{channel} is used, but there is no mail server: set [mail] host"
            ));
        }
        ChannelKind::SlackWebhook => (&config.slack.webhooks, "slack"),
        ChannelKind::Teams => (&config.teams.webhooks, "teams"),
    };
    let name = &channel.address;
    match webhooks.get(name) {
        Some(Some(_)) => None,
        Some(None) => Some(format!(
            "{channel} is used, but its address is not known: give the credential \
             {section}_webhook_{name} (/etc/credstore.encrypted/jicui.{section}_webhook_{name}; before \
             systemd 254 the unit needs a line for it, see README) or url_file in \
             [{section}.webhooks.{name}]"
        )),
        None => Some(format!("{channel} is used, but there is no [{section}.webhooks.{name}]")),
    }
}
