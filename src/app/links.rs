//! Links by which people act: signed, for one case, round and act, for whoever was written to, and
//! only for a time. What a link allows is decided when it is used, never by the link alone.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::config::seal::Seal;
use crate::config::settings::Web;
use crate::domain::case::CaseNumber;
use crate::domain::offer::Offer;
use crate::domain::reminder::Recipient;

/// Parts the fields of a link; no name holds one.
const BETWEEN: char = '\n';

/// The first field: a link of another making is not read by this build.
const VERSION: &str = "1";

/// Longer than any link of ours.
const LONGEST_TOKEN: usize = 1000;

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// 案號.
    pub case: CaseNumber,
    /// The round of the case.
    pub round: u32,
    /// Whom the message was for.
    pub recipient: Recipient,
    /// The person whose own mailbox or channel it went to, by name.
    pub person: Option<String>,
    /// What it offers.
    pub offer: Offer,
}

/// A link that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// What it is for.
    pub link: Link,
    /// Its name in the store: what was done by it is done once.
    pub ticket: String,
}

/// Why a link is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Nothing that was signed here.
    #[error("the link was not made here, or is not whole")]
    Unknown,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
}

/// Makes links, and knows them again.
#[derive(Clone, Debug)]
pub struct Links {
    seal: Seal,
    public_url: Option<String>,
    lifetime: Duration,
}

impl Links {
    /// Links by these settings; `None` without a secret.
    pub fn new(settings: &Web) -> Option<Self> {
        let seal = settings.seal.clone()?;
        let (public_url, lifetime) = (settings.public_url.clone(), settings.link_lifetime);
        Some(Self { seal, public_url, lifetime })
    }

    /// The address of `link`, made at `now`; `None` where nobody could follow it.
    pub fn address(&self, link: &Link, now: DateTime<Utc>) -> Option<String> {
        let public_url = self.public_url.as_ref()?;
        Some(format!("{public_url}/act/{}", self.token(link, now)))
    }

    fn token(&self, link: &Link, now: DateTime<Utc>) -> String {
        let lifetime = TimeDelta::from_std(self.lifetime).unwrap_or(TimeDelta::days(1));
        let fields = [
            VERSION.to_owned(),
            link.case.to_string(),
            link.round.to_string(),
            link.recipient.to_string(),
            link.person.clone().unwrap_or_default(),
            link.offer.as_str().to_owned(),
            (now + lifetime).timestamp().to_string(),
        ];
        let text = fields.map(|field| field.replace(BETWEEN, " ")).join(&BETWEEN.to_string());
        let signature = self.seal.sign(text.as_bytes());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(signature))
    }

    /// What the link with this token is for, if it was made here and its time is not over.
    pub fn follow(&self, token: &str, now: DateTime<Utc>) -> Result<Followed, LinkFault> {
        let (link, expires_at) = self.read(token).ok_or(LinkFault::Unknown)?;
        if now >= expires_at {
            return Err(LinkFault::Expired);
        }
        let digest = crate::config::calendar::sha256(token.as_bytes());
        Ok(Followed { link, ticket: format!("link/{digest}") })
    }

    fn read(&self, token: &str) -> Option<(Link, DateTime<Utc>)> {
        let (text, signature) = token.split_once('.').filter(|_| token.len() <= LONGEST_TOKEN)?;
        let text = URL_SAFE_NO_PAD.decode(text).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.seal.knows(&text, &signature) {
            return None;
        }
        let text = String::from_utf8(text).ok()?;
        let fields: Vec<&str> = text.split(BETWEEN).collect();
        let [VERSION, case, round, recipient, person, offer, expires_at] = fields.as_slice() else {
            return None;
        };
        let link = Link {
            case: CaseNumber::parse(case).ok()?,
            round: round.parse().ok()?,
            recipient: Recipient::parse(recipient)?,
            person: Some((*person).to_owned()).filter(|person| !person.is_empty()),
            offer: Offer::parse(offer)?,
        };
        Some((link, DateTime::from_timestamp(expires_at.parse().ok()?, 0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Secret;

    fn links(secret: &str) -> Links {
        let origin = "credential link_secret".to_owned();
        let seal = Seal::new(&Secret { value: secret.repeat(32).into(), origin }).unwrap();
        let public_url = Some("https://jicui.example.gov.tw".to_owned());
        Links { seal, public_url, lifetime: Duration::from_hours(24) }
    }

    fn link() -> Link {
        Link {
            case: CaseNumber::of_comment(558_380),
            round: 2,
            recipient: Recipient::Unit("bli-planning".to_owned()),
            person: Some("吳保險".to_owned()),
            offer: Offer::Acknowledge,
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-03-02T01:30:00Z".parse().unwrap()
    }

    #[test]
    fn a_link_leads_back_to_what_it_is_for() {
        let links = links("k");
        for person in [None, Some("吳保險".to_owned())] {
            let link = Link { person, ..link() };
            let token = links.token(&link, now());
            assert_eq!(links.follow(&token, now()).unwrap().link, link);
            assert_eq!(token, links.token(&link, now()), "the same again is the same link");
        }
    }

    #[test]
    fn its_time_is_over_after_its_time() {
        let links = links("k");
        let token = links.token(&link(), now());
        assert!(links.follow(&token, now() + TimeDelta::hours(23)).is_ok());
        let late = links.follow(&token, now() + TimeDelta::hours(24));
        assert_eq!(late.unwrap_err(), LinkFault::Expired);
    }

    #[test]
    fn a_name_cannot_end_its_field() {
        let links = links("k");
        let link = Link { person: Some("吳\nacknowledge\n9".to_owned()), ..link() };
        let followed = links.follow(&links.token(&link, now()), now()).unwrap();
        assert_eq!(followed.link.person.as_deref(), Some("吳 acknowledge 9"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_else_is_followed(at in 0_usize..150, to in "[A-Za-z0-9_.-]", rest in ".{0,80}") {
            let links = links("k");
            let good = links.token(&link(), now());
            let unknown = |token: &str| links.follow(token, now()) == Err(LinkFault::Unknown);
            proptest::prop_assert!(unknown(&rest));
            proptest::prop_assert!(unknown(&links_of_another().token(&link(), now())));
            proptest::prop_assert!(unknown(good.get(..at.min(good.len() - 1)).unwrap()));
            let mut changed = good.clone();
            changed.replace_range(at.min(good.len() - 1)..=at.min(good.len() - 1), &to);
            proptest::prop_assert!(changed == good || unknown(&changed), "{}", changed);
        }
    }

    fn links_of_another() -> Links {
        links("l")
    }
}
