//! `[web]`: where the pages are served, and how people reach them.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::Section;
use super::seal::Seal;
use super::seconds;
use super::settings::{Secret, Web};

/// Reads the section; `secret` looks for the secret that links are signed with.
pub(super) fn read(
    section: &Section<'_>,
    secret: impl FnOnce(&Section<'_>) -> Option<Secret>,
) -> Web {
    let behind_proxy = section.flag("behind_proxy");
    let days = section.number("link_days", &(1..=366));
    let web = Web {
        listen: read_listen(section, behind_proxy),
        public_url: read_public_url(section),
        behind_proxy,
        local_reader: section.flag("local_reader"),
        link_lifetime: Duration::from_secs(u64::from(days) * 86_400),
        seal: secret(section).and_then(|secret| read_seal(section, &secret)),
        request_timeout: seconds(section, "request_timeout_secs", 300),
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

fn read_listen(section: &Section<'_>, behind_proxy: bool) -> Option<SocketAddr> {
    let (text, node) = section.optional_text("listen")?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        let say = format!("web.listen = \"{text}\": write address and port as 127.0.0.1:8014");
        node.fault(section.faults(), say);
        return None;
    };
    if !address.ip().is_loopback() && !behind_proxy {
        let say = format!(
            "web.listen = \"{text}\" can be reached from other machines, in the clear: listen on \
             127.0.0.1, or put a proxy that speaks TLS before it and set web.behind_proxy = true"
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
        let web = read(&file.section("web"), |section| {
            section.optional_text("link_secret_file");
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
