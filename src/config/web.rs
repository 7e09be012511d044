//! `[web]`: where the pages are served, and how people reach them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::reader::Section;
use super::seal::{LINK_SECRET, Seal};
use super::settings::{Secret, TlsFiles, Web};
use super::{oidc, tls};
use crate::domain::directory::Directory;

/// Reads the section; `secret` looks for a secret by the key of its file and by its name.
pub(super) fn read(
    section: &Section<'_>,
    directory: &Directory,
    secret: impl Fn(&Section<'_>, &str, &str) -> Option<Secret>,
) -> Web {
    let behind_proxy = section.flag("behind_proxy");
    let tls = read_tls(section);
    let trusted_proxies = read_trusted_proxies(section);
    let days = section.number("link_days", &(1..=366));
    let public_url = read_public_url(section);
    let oidc = oidc::read(&section.section("oidc"), public_url.as_deref(), directory, |section| {
        secret(section, "client_secret_file", oidc::CLIENT_SECRET)
    });
    let web = Web {
        listen: read_listen(section, behind_proxy || tls.is_some()),
        public_url,
        behind_proxy,
        local_reader: section.flag("local_reader"),
        tls,
        session_lasts: minutes(section, "session_hours", 60),
        session_idle: minutes(section, "session_idle_mins", 1),
        trusted_header: read_trusted_header(section, &trusted_proxies, behind_proxy),
        trusted_proxies,
        oidc,
        link_lifetime: Duration::from_secs(u64::from(days) * 86_400),
        seal: secret(section, "link_secret_file", LINK_SECRET)
            .and_then(|secret| read_seal(section, &secret)),
        request_timeout: section.patience("request_timeout_secs", 300),
        caller_requests_per_min: section.number("caller_requests_per_min", &(1..=1_000_000)),
        requests_per_min: section.number("requests_per_min", &(1..=1_000_000)),
    };
    section.finish();
    if web.public_url.is_some() && web.listen.is_none() {
        let say = "web.public_url is given, but web.listen is empty: links would lead nowhere; give \
                   both, or neither";
        section.fault(say.to_owned());
    }
    web
}

/// A number of minutes, or of something that has so many.
fn minutes(section: &Section<'_>, key: &str, each: u64) -> Duration {
    Duration::from_mins(u64::from(section.number(key, &(1..=10_000))) * each)
}

fn read_trusted_proxies(section: &Section<'_>) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for (text, node) in section.texts("trusted_proxies") {
        if let Ok(address) = text.parse::<IpAddr>() {
            addresses.push(address);
        } else {
            let say = format!("web.trusted_proxies: `{text}` is no address: write 127.0.0.1");
            node.fault(section.faults(), say);
        }
    }
    addresses
}

/// The header is believed only from addresses that are named, where there is a proxy at all.
fn read_trusted_header(
    section: &Section<'_>,
    trusted_proxies: &[IpAddr],
    behind_proxy: bool,
) -> Option<String> {
    let (name, node) = section.optional_text("trusted_header")?;
    let is_usual = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !name.chars().all(is_usual) {
        let say = format!("web.trusted_header = \"{name}\": write a header's name: X-Remote-User");
        node.fault(section.faults(), say);
    }
    if trusted_proxies.is_empty() || !behind_proxy {
        let say = format!(
            "web.trusted_header = \"{name}\": anybody can send a header. Name the proxy's own \
             address (web.trusted_proxies = [\"127.0.0.1\"]), set web.behind_proxy = true, and have \
             the proxy overwrite the header in every request"
        );
        node.fault(section.faults(), say);
    }
    Some(name.to_ascii_lowercase())
}

/// Both files or neither, beside the configuration. What is wrong with them keeps the pages from being served, and nothing
/// else: reminders do not depend on those.
fn read_tls(section: &Section<'_>) -> Option<TlsFiles> {
    let path = |key: &str| {
        let (text, node) = section.optional_text(key)?;
        let beside = node.path().parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        Some((beside.join(text), node))
    };
    match (path("tls_certificate_file"), path("tls_key_file")) {
        (None, None) => None,
        (Some((certificate, node)), Some((key, _))) => {
            let files = TlsFiles { certificate, key };
            if let Err(fault) = tls::read(&files) {
                let say = format!("web.tls_certificate_file: {fault}");
                section.faults().flaw(node.path(), Some(node.at()), say);
            }
            Some(files)
        }
        (Some((_, node)), None) | (None, Some((_, node))) => {
            let say = "web.tls_certificate_file and web.tls_key_file belong together: give both";
            node.fault(section.faults(), say.to_owned());
            None
        }
    }
}

fn read_listen(section: &Section<'_>, is_private: bool) -> Option<SocketAddr> {
    let (text, node) = section.optional_text("listen")?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        let say = format!("web.listen = \"{text}\": write address and port as 127.0.0.1:8014");
        node.fault(section.faults(), say);
        return None;
    };
    if !address.ip().is_loopback() && !is_private {
        let say = format!(
            "web.listen = \"{text}\" can be reached from other machines, in the clear: listen on \
             127.0.0.1, or give web.tls_certificate_file and web.tls_key_file, or put a proxy that speaks \
             TLS before it and set web.behind_proxy = true"
        );
        node.fault(section.faults(), say);
    }
    Some(address)
}

/// `https://` and a host; without TLS only for this machine itself.
fn read_public_url(section: &Section<'_>) -> Option<String> {
    let (text, node) = section.optional_text("public_url")?;
    let is_local = |rest: &str| {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        host == "127.0.0.1" || host == "localhost"
    };
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://").filter(|rest| is_local(rest)));
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]".contains(c);
    if !host.is_some_and(|host| !host.is_empty() && host.chars().all(is_usual)) {
        let say = format!(
            "web.public_url = \"{text}\": write the address that people use, as \
             https://jicui.example.gov.tw"
        );
        node.fault(section.faults(), say);
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}

fn read_seal(section: &Section<'_>, secret: &Secret) -> Option<Seal> {
    Seal::new(secret).inspect_err(|error| section.fault(error.to_string())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fault::Faults;
    use crate::config::{DEFAULTS, reader};
    use std::path::Path;

    /// The settings of this text over the defaults, or the faults.
    fn read_text(text: &str) -> Result<Web, String> {
        let faults = Faults::default();
        let layers = [("c.toml", text), ("default.toml", DEFAULTS)]
            .map(|(path, text)| reader::parse(Path::new(path), text, &faults));
        let file = Section::new("", layers.into(), &faults);
        let web = read(&file.section("web"), &Directory::default(), |section, key, _| {
            section.optional_text(key);
            None
        });
        if !faults.any() {
            return Ok(web);
        }
        let faults = faults.into_sorted();
        Err(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn by_default_it_is_served_to_this_machine_and_there_are_no_links() {
        let web = read_text("").unwrap();
        assert_eq!(web.listen.unwrap().to_string(), "127.0.0.1:8014");
        assert_eq!(web.public_url, None);
        let web = read_text("[web]\nlisten = \"\"\n").unwrap();
        assert_eq!(web.listen, None);
    }

    #[test]
    fn beyond_this_machine_it_wants_a_proxy() {
        for listen in ["0.0.0.0:8014", "[::]:8014", "10.1.2.3:80"] {
            let fault = read_text(&format!("[web]\nlisten = \"{listen}\"\n")).unwrap_err();
            assert!(fault.starts_with("c.toml:2:10"), "{fault}");
            assert!(fault.contains("web.behind_proxy = true"), "{fault}");
            let text = format!("[web]\nlisten = \"{listen}\"\nbehind_proxy = true\n");
            assert!(read_text(&text).is_ok());
        }
        assert!(read_text("[web]\nlisten = \"8014\"\n").is_err());
    }

    #[test]
    fn a_header_is_believed_only_from_a_proxy_that_is_named() {
        let header = "[web]\ntrusted_header = \"X-Remote-User\"\n";
        let fault = read_text(header).unwrap_err();
        assert!(fault.starts_with("c.toml:2:18"), "{fault}");
        assert!(fault.contains("web.trusted_proxies"), "{fault}");
        let proxies = "trusted_proxies = [\"10.1.2.3\"]\n";
        assert!(read_text(&format!("{header}{proxies}")).is_err(), "there is no proxy");
        let web = read_text(&format!("{header}{proxies}behind_proxy = true\n")).unwrap();
        let (name, from) = (web.trusted_header.unwrap(), web.trusted_proxies);
        assert_eq!((&*name, from), ("x-remote-user", vec![IpAddr::from([10, 1, 2, 3])]));
        for bad in ["trusted_proxies = [\"proxy\"]", "trusted_header = \"X: y\""] {
            assert!(read_text(&format!("[web]\nbehind_proxy = true\n{bad}\n")).is_err(), "{bad}");
        }
        assert_eq!(read_text("").unwrap().trusted_header, None);
    }

    #[track_caller]
    fn check_url(url: &str, expected: Option<&str>) {
        let read = read_text(&format!("[web]\npublic_url = \"{url}\"\n"));
        assert_eq!(read.ok().and_then(|web| web.public_url).as_deref(), expected, "{url}");
    }

    #[test]
    fn links_lead_over_tls() {
        let usual = "https://jicui.example.gov.tw";
        check_url(usual, Some(usual));
        check_url("https://example.gov.tw/jicui/", Some("https://example.gov.tw/jicui"));
        check_url("http://127.0.0.1:8014", Some("http://127.0.0.1:8014"));
        check_url("http://localhost", Some("http://localhost"));
        check_url("http://jicui.example.gov.tw", None);
        check_url("http://localhost.example.gov.tw", None);
        check_url("https://", None);
        check_url("https://a b", None);
        check_url("https://a.tw/?x=", None);
        check_url("javascript:alert(1)", None);
    }
}
