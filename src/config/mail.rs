//! `[mail]`: the server that takes e-mail; without a host there is none.

use std::net::IpAddr;

use super::reader::Section;
use super::settings::{Encryption, Mail, Secret};
use crate::domain::directory::is_mail_address;

/// Reads the section; `secret` looks for the password.
pub(super) fn read(
    section: &Section<'_>,
    secret: impl FnOnce(&Section<'_>) -> Option<Secret>,
) -> Option<Mail> {
    let text = |key| section.optional_text(key).map(|(text, _)| text);
    let mail = Mail {
        host: text("host").unwrap_or_default(),
        port: u16::try_from(section.number("port", &(1..=65_535))).unwrap_or_default(),
        encryption: read_encryption(section),
        from: text("from").unwrap_or_default(),
        username: text("username"),
        password: secret(section),
        request_timeout: section.patience("request_timeout_secs", 300),
    };
    section.finish();
    if mail.host.is_empty() {
        return None;
    }
    if !is_mail_address(&mail.from) {
        section.fault(
            "mail.from: write the sender's address, such as jicui@example.gov.tw".to_owned(),
        );
    }
    if mail.encryption == Encryption::Loopback && !is_loopback(&mail.host) {
        let say = "mail.encryption = \"none\" is only for a server on this machine (127.0.0.1): \
                   write \"starttls\" or \"tls\"";
        section.fault(say.to_owned());
    }
    if mail.username.is_some() && mail.password.is_none() {
        let say = "mail.username is given, but there is no password: give the credential \
                   mail_password, [mail] password_file, or JICUI_MAIL_PASSWORD";
        section.fault(say.to_owned());
    }
    Some(mail)
}

fn read_encryption(section: &Section<'_>) -> Encryption {
    match section.optional_text("encryption") {
        None => Encryption::StartTls,
        Some((word, _)) if word == "starttls" => Encryption::StartTls,
        Some((word, _)) if word == "tls" => Encryption::Tls,
        Some((word, _)) if word == "none" => Encryption::Loopback,
        Some((word, node)) => {
            let say =
                format!("mail.encryption = \"{word}\": write \"starttls\", \"tls\" or \"none\"");
            node.fault(section.faults(), say);
            Encryption::StartTls
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
