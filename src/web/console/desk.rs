//! What every page needs: who looks, in which language, where, and when.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tracing::error;

use super::say::Say;
use crate::app::App;
use crate::clock::today;
use crate::domain::access::{LOCAL_READER, Viewer};
use crate::domain::directory::Language;
use crate::domain::reminder::Recipient;
use crate::web::csrf::Csrf;
use crate::web::question::{Path, Query};
use crate::web::visit::By;
use crate::web::{Web, cookies, pages, visit};

/// A page of the navigation: where it is, and what it is called.
pub(super) struct Place {
    pub(super) path: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
}

/// The navigation.
pub(super) const PLACES: [Place; 8] = [
    Place { path: "", zh: "今日", en: "Today" },
    Place { path: "cases", zh: "案件", en: "Cases" },
    Place { path: "calendar", zh: "辦公日曆", en: "Calendar" },
    Place { path: "units", zh: "單位", en: "Units" },
    Place { path: "outbox", zh: "通知紀錄", en: "Messages" },
    Place { path: "rehearsal", zh: "預演", en: "Rehearsal" },
    Place { path: "report", zh: "統計", en: "Report" },
    Place { path: "system", zh: "系統", en: "System" },
];

/// Who looks, in which language, where, and when.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) viewer: Viewer,
    /// What each form carries; nothing for a program, whose token says enough.
    pub(super) csrf: String,
    /// Whether somebody signed in here, and can sign out.
    pub(super) is_signed_in: bool,
    pub(super) say: Say,
    /// Leads to the first page.
    pub(super) root: String,
    /// This page, or the one whose form this answers, as it is written behind the root.
    pub(super) here: String,
    pub(super) now: DateTime<Utc>,
    pub(super) day: NaiveDate,
}

impl Desk {
    /// In one language or the other.
    pub(super) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.say.t(zh, en)
    }

    /// Whether a page of the navigation is the one that is shown, or leads to it.
    pub(super) fn is_at(&self, place: &Place) -> bool {
        let path = self.here.split(['?', '/']).next().unwrap_or_default();
        path == place.path
    }

    /// Whether the viewer may look at a page of the navigation at all.
    pub(super) fn may_go_to(&self, place: &Place) -> bool {
        !matches!(place.path, "system" | "rehearsal") || self.viewer.may_see_system()
    }

    /// The way to this page in the other language.
    pub(super) fn other_language(&self) -> String {
        let other = match self.say.language {
            Language::Chinese => Language::English,
            Language::English => Language::Chinese,
        };
        let next = utf8_percent_encode(&self.here, NON_ALPHANUMERIC);
        format!("{}language/{}?next={next}", self.root, other.as_str())
    }

    /// Whom a message meant.
    pub(super) fn recipient(&self, app: &App, recipient: &Recipient) -> String {
        match app.name_of(recipient) {
            None => self.t("系統管理者", "administrators").to_owned(),
            Some((name, false)) => name,
            Some((name, true)) => format!("{name}{}", self.t("主管", ", supervisor")),
        }
    }

    /// Who looks, and as what.
    pub(super) fn who(&self) -> String {
        if self.viewer.name == LOCAL_READER {
            return self.t("本機檢視", "Read at this machine").to_owned();
        }
        format!("{}（{}）", self.viewer.name, self.say.role(self.viewer.role))
    }
}

impl<S> FromRequestParts<S> for Desk
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let viewer = <Viewer as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let csrf = parts.extensions.get::<Csrf>().map(ToString::to_string);
        let now = Web::from_ref(state).app.now();
        Ok(Self {
            viewer,
            csrf: csrf.unwrap_or_default(),
            is_signed_in: parts.extensions.get() == Some(&By::Session),
            say: Say { language: cookies::language(&parts.headers), now },
            root: root(&parts.uri),
            here: visit::page_of(&parts.method, &parts.uri),
            now,
            day: today(now),
        })
    }
}

/// Leads from the page at `uri` to the first one; never empty, so that it can stand alone.
fn root(uri: &Uri) -> String {
    format!("./{}", visit::root(uri))
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// Keeps a language, and leads back to where it was chosen.
pub(super) async fn choose_language(
    _: Viewer,
    Path(tag): Path<String>,
    Query(Next { next }): Query<Next>,
) -> Response {
    let Some(language) = Language::ALL.into_iter().find(|known| known.as_str() == tag) else {
        return pages::no_such_page();
    };
    let cookie = cookies::keep_language(language);
    // Whatever is asked for, it lies beneath the first page, and can stand in a header.
    let next = next.replace(char::is_control, "");
    let place = format!("./../{}", next.trim_start_matches(['/', '\\', '.']));
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, place)])
        .into_response()
}

/// Fields as they stand behind `?`, those left out that are empty.
pub(super) fn query(fields: &[(&str, &str)]) -> String {
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    let pairs = given
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The units, each by its id with its name, to choose from.
pub(super) fn units(app: &App) -> Vec<(String, String)> {
    let live = app.live();
    let units = live.config.rules.directory.units.iter();
    units.map(|unit| (unit.id.clone(), unit.name.clone())).collect()
}

/// What does not stand in an address as it is.
const UNUSUAL: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A word as it stands in an address.
pub(super) fn escaped(word: &str) -> String {
    utf8_percent_encode(word, &UNUSUAL).to_string()
}

/// A fault of ours, said once in the log and without detail to whoever looks.
pub(super) fn broken(page: &'static str) -> impl FnOnce(anyhow::Error) -> Response {
    move |fault| {
        error!(page, fault = format!("{fault:#}"), "a page could not be made");
        pages::broken()
    }
}
