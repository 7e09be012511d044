//! `[web.oidc]`: the provider that signs people in by OpenID Connect; without an issuer there is none.

use std::time::Duration;

use super::reader::Section;
use super::settings::Secret;
use crate::domain::access::{Grant, Role};
use crate::domain::directory::Directory;
use crate::domain::membership::Membership;

/// What the provider's secret is called.
pub const CLIENT_SECRET: &str = "oidc_client_secret";

/// Where the provider sends people back to, beneath `web.public_url`.
const WAY_BACK: &str = "/sign-in/provider/back";

/// Who signs people in for us, and what they are to us by its word.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// What the provider calls itself, to the letter.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// By which it knows us.
    pub client_secret: Secret,
    /// What we ask it for.
    pub scopes: Vec<String>,
    /// The claim that names somebody.
    pub user_claim: String,
    /// The claim that holds their groups; `None`: it is not asked who is in which.
    pub groups_claim: Option<String>,
    /// What a group is to us.
    pub memberships: Vec<Membership>,
    /// What the button says; `None`: the usual words.
    pub button: Option<String>,
    /// Where the provider sends people back to.
    pub redirect: String,
    /// Gives up on one call to it after this long.
    pub request_timeout: Duration,
}

/// Reads the section; `secret` looks for the provider's secret.
pub(super) fn read(
    section: &Section<'_>,
    public_url: Option<&str>,
    directory: &Directory,
    secret: impl FnOnce(&Section<'_>) -> Option<Secret>,
) -> Option<Oidc> {
    let text = |key| section.optional_text(key).map(|(text, _)| text);
    let issuer = read_issuer(section);
    let client_id = text("client_id");
    let client_secret = secret(section);
    let user_claim = section.text("user_claim");
    let groups_claim = text("groups_claim");
    let memberships = read_memberships(section, directory);
    let button = text("button");
    let scopes = read_scopes(section);
    let request_timeout = section.patience("request_timeout_secs", 60);
    section.finish();
    let issuer = issuer?;
    if groups_claim.is_none() && !memberships.is_empty() {
        let say = "web.oidc.group: which claim holds the groups? write groups_claim = \"groups\"";
        section.fault(say.to_owned());
    }
    let lacking = |what: &str| section.fault(format!("web.oidc.issuer is given, but {what}"));
    if client_id.is_none() {
        lacking("not client_id: what the provider calls jicui");
    }
    if client_secret.is_none() {
        lacking(
            "there is no secret: give the credential oidc_client_secret, [web.oidc] \
             client_secret_file, or JICUI_OIDC_CLIENT_SECRET",
        );
    }
    if public_url.is_none() {
        lacking("not web.public_url: the provider must know where to send people back to");
    }
    Some(Oidc {
        issuer,
        client_id: client_id?,
        client_secret: client_secret?,
        scopes,
        user_claim,
        groups_claim,
        memberships,
        button,
        redirect: format!("{}{WAY_BACK}", public_url?),
        request_timeout,
    })
}

/// `https://` and a host, without a query; without TLS only on this machine itself.
fn read_issuer(section: &Section<'_>) -> Option<String> {
    let (text, node) = section.optional_text("issuer")?;
    if !is_safe(&text) || text.contains(['?', '#']) {
        let say = format!(
            "web.oidc.issuer = \"{text}\": write the provider's address to the letter as it writes it \
             itself, beginning with https:// (before /.well-known/openid-configuration)"
        );
        node.fault(section.faults(), say);
        return None;
    }
    Some(text)
}

/// Whether an address is reached over TLS, or on this machine.
pub fn is_safe(address: &str) -> bool {
    let is_local = |rest: &str| {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        host == "127.0.0.1" || host == "localhost"
    };
    let rest = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://").filter(|rest| is_local(rest)));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.contains('@')
            && rest.chars().all(|c| c.is_ascii_graphic())
    })
}

fn read_scopes(section: &Section<'_>) -> Vec<String> {
    let scopes = section.texts("scopes");
    if !scopes.iter().any(|(scope, _)| scope == "openid") {
        let say =
            "web.oidc.scopes: `openid` must be among them, or the provider does not say who it is";
        section.fault(say.to_owned());
    }
    for (scope, node) in &scopes {
        if scope.is_empty() || !scope.chars().all(|c| c.is_ascii_graphic() && c != '"') {
            node.fault(section.faults(), format!("web.oidc.scopes: `{scope}` is no scope"));
        }
    }
    scopes.into_iter().map(|(scope, _)| scope).collect()
}

/// Each group with a role that can be given.
fn read_memberships(section: &Section<'_>, directory: &Directory) -> Vec<Membership> {
    let read = |group: &Section<'_>| {
        let name = group.text("name");
        let units = group.texts("units").into_iter().map(|(unit, _)| unit).collect::<Vec<_>>();
        let role = group.optional_text("role");
        group.finish();
        let Some(role) = role.as_ref().and_then(|(role, _)| Role::parse(role)) else {
            let say = format!(
                "web.oidc.group {name}: write role = \"viewer\", \"officer\", \"supervisor\" or \
                 \"administrator\""
            );
            group.fault(say);
            return None;
        };
        let somebody = Grant { name: "somebody".to_owned(), role, units: units.clone() };
        if let Err(error) = somebody.check(directory) {
            group.fault(format!("web.oidc.group {name}: {error} (units = […])"));
        }
        Some(Membership { group: name, role, units })
    };
    section.sections("group").iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fault::Faults;
    use crate::config::{DEFAULTS, reader};
    use crate::domain::directory::Unit;
    use std::path::Path;

    const WHOLE: &str =
        "[web.oidc]\nissuer = \"https://id.example.gov.tw/\"\nclient_id = \"jicui\"\n";

    /// The settings of this text over the defaults, or the faults.
    fn read_text(text: &str) -> Result<Option<Oidc>, String> {
        read_with(text, Some("https://jicui.example.gov.tw/x"), Some("secret"))
    }

    fn read_with(
        text: &str,
        public_url: Option<&str>,
        secret: Option<&str>,
    ) -> Result<Option<Oidc>, String> {
        let faults = Faults::default();
        let layers = [("c.toml", text), ("default.toml", DEFAULTS)]
            .map(|(path, text)| reader::parse(Path::new(path), text, &faults));
        let file = Section::new("", layers.into(), &faults);
        let unit = Unit { id: "own".to_owned(), ..Unit::default() };
        let directory = Directory { units: vec![unit], ..Directory::default() };
        let section = file.section("web").section("oidc");
        let oidc = read(&section, public_url, &directory, |section| {
            section.optional_text("client_secret_file");
            let origin = "credential".to_owned();
            secret.map(|secret| Secret { value: secret.to_owned().into(), origin })
        });
        if !faults.any() {
            return Ok(oidc);
        }
        let faults = faults.into_sorted();
        Err(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn without_an_issuer_there_is_none_and_with_one_it_is_whole() {
        assert!(read_text("").unwrap().is_none());
        let oidc = read_text(WHOLE).unwrap().unwrap();
        assert_eq!(oidc.issuer, "https://id.example.gov.tw/", "to the letter");
        assert_eq!(oidc.redirect, "https://jicui.example.gov.tw/x/sign-in/provider/back");
        assert_eq!(oidc.user_claim, "preferred_username");
        assert_eq!(oidc.scopes, ["openid", "profile"]);
        assert_eq!((oidc.groups_claim, oidc.memberships.len(), oidc.button), (None, 0, None));
    }

    #[test]
    fn what_is_lacking_is_named() {
        let fault = read_with("[web.oidc]\nissuer = \"https://id.tw\"\n", None, None).unwrap_err();
        for lacking in ["client_id", "oidc_client_secret", "web.public_url"] {
            assert!(fault.contains(lacking), "{lacking}: {fault}");
        }
    }

    #[test]
    fn a_provider_is_asked_over_tls() {
        for good in
            ["https://id.tw", "https://id.tw:8443/a/b", "http://localhost:3000", "http://127.0.0.1"]
        {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "http://id.tw",
            "id.tw",
            "https://",
            "https:///x",
            "https://a@b.tw",
            "http://localhost.evil.tw",
            "http://localhost@evil.tw",
            "javascript:1",
            "https://id tw",
        ] {
            assert!(!is_safe(bad), "{bad}");
            let text = format!("[web.oidc]\nissuer = \"{bad}\"\nclient_id = \"jicui\"\n");
            assert!(read_text(&text).unwrap_err().contains("to the letter"), "{bad}");
        }
    }

    #[test]
    fn a_group_has_a_role_that_can_be_given() {
        let group = |text: &str| {
            read_text(&format!("{WHOLE}groups_claim = \"groups\"\n[[web.oidc.group]]\n{text}"))
        };
        let oidc = group("name = \"it\"\nrole = \"administrator\"\n").unwrap().unwrap();
        let expected =
            Membership { group: "it".to_owned(), role: Role::Administrator, units: Vec::new() };
        assert_eq!(oidc.memberships, [expected]);
        assert!(group("name = \"a\"\nrole = \"officer\"\nunits = [\"own\"]\n").is_ok());
        for (bad, said) in [
            ("name = \"a\"\nrole = \"officer\"\n", "of which unit"),
            ("name = \"a\"\nrole = \"officer\"\nunits = [\"x\"]\n", "no unit has the id x"),
            ("name = \"a\"\nrole = \"root\"\n", "write role ="),
            ("role = \"viewer\"\n", "name"),
        ] {
            let fault = group(bad).unwrap_err();
            assert!(fault.contains(said), "{said}: {fault}");
        }
        let fault =
            read_text(&format!("{WHOLE}[[web.oidc.group]]\nname = \"a\"\nrole = \"viewer\"\n"));
        assert!(fault.unwrap_err().contains("which claim holds the groups"));
        let fault = read_text(&format!("{WHOLE}scopes = [\"profile\"]\n")).unwrap_err();
        assert!(fault.contains("`openid` must be among them"), "{fault}");
    }
}
