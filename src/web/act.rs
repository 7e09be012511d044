//! `/act/…`: the page behind a link. To look asks; only to send acts.

use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use tracing::error;

use super::pages::{self, Frame, tone};
use super::{Web, cookies};
use crate::app::link_pages::{CaseFacts, Filled, LinkForm, LinkPage};
use crate::domain::offer::{self, Field, Reason};
use crate::notify::door::{DoorWords, FieldWords, Notice, Plain, REASON_CHARS, words};

/// The way from the page to the first one.
const ROOT: &str = "../";

/// What a link ends with, if it is text at all.
type Token = Result<Path<String>, PathRejection>;

/// The form as a browser sends it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(super) struct Sent {
    person: String,
    workdays: String,
    unit: String,
    reason: String,
}

/// `templates/form.html`.
#[derive(Template)]
#[template(path = "form.html")]
struct FormPage<'a> {
    frame: Frame<'a>,
    words: &'static dyn DoorWords,
    form: &'a LinkForm,
    needs: offer::Form,
    reason_chars: usize,
}

impl FormPage<'_> {
    /// What is wrong with a field; empty where nothing is.
    fn fault(&self, name: &str) -> &str {
        let faults = &self.form.faults;
        let of_field = |(field, _): &&(Field, String)| field.as_str() == name;
        faults.iter().find(of_field).map_or("", |(_, words)| words.as_str())
    }

    fn question(&self) -> &'static str {
        self.words.question(self.form.offer)
    }

    fn meaning(&self) -> &'static str {
        self.words.meaning(self.form.offer)
    }

    fn between(&self) -> String {
        self.words.between(self.form.longest)
    }

    /// The one person who can act, where there is only one.
    fn only(&self) -> Option<&str> {
        match self.form.people.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The number as it was typed, if it was one: nothing else can stand in its field.
    fn workdays(&self) -> &str {
        let typed = self.form.filled.workdays.trim();
        if typed.chars().all(|c| c.is_ascii_digit()) { typed } else { "" }
    }

    fn asks_why(&self) -> bool {
        self.needs.reason != Reason::None
    }

    fn must_say_why(&self) -> bool {
        self.needs.reason == Reason::Required
    }

    fn reason(&self) -> FieldWords {
        self.words.reason(self.form.offer)
    }
}

/// `templates/case.html`.
#[derive(Template)]
#[template(path = "case.html")]
struct CasePage<'a> {
    frame: Frame<'a>,
    words: &'static dyn DoorWords,
    tone: &'a str,
    notice: &'a Notice,
    case: &'a CaseFacts,
}

/// What a link leads to. Whoever looks, a person or a scanner, changes nothing.
pub(super) async fn look(State(web): State<Web>, headers: HeaderMap, token: Token) -> Response {
    let Ok(Path(token)) = token else { return pages::unknown_link() };
    answer(web.app.look_at_link(&token, cookies::language(&headers)).await)
}

/// Does what the link offers.
pub(super) async fn act(
    State(web): State<Web>,
    headers: HeaderMap,
    token: Token,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let Ok(Path(token)) = token else { return pages::unknown_link() };
    let Form(Sent { person, workdays, unit, reason }) = match form {
        Ok(form) => form,
        Err(rejection) => return pages::not_understood(rejection.status()),
    };
    let filled = Filled { person, workdays, unit, reason };
    answer(web.app.act_by_link((&token, cookies::language(&headers)), filled).await)
}

fn answer(page: anyhow::Result<LinkPage>) -> Response {
    match page {
        Ok(LinkPage::Plain(plain, notice)) => pages::notice(status(plain), ROOT, &notice),
        Ok(LinkPage::Done(notice, case) | LinkPage::DoneBefore(notice, case)) => {
            case_page(&notice, &case)
        }
        Ok(LinkPage::Form(form)) => form_page(&form),
        Err(fault) => {
            error!(fault = format!("{fault:#}"), "a link could not be answered");
            pages::broken()
        }
    }
}

fn status(plain: Plain) -> StatusCode {
    match plain {
        Plain::UnknownLink => StatusCode::FORBIDDEN,
        Plain::ExpiredLink => StatusCode::GONE,
        _ => StatusCode::CONFLICT,
    }
}

fn case_page(notice: &Notice, case: &CaseFacts) -> Response {
    let words = words(notice.language);
    let page =
        CasePage { frame: Frame::of(words, ROOT), words, tone: tone(notice.tone), notice, case };
    pages::page(StatusCode::OK, &page)
}

fn form_page(form: &LinkForm) -> Response {
    let words = words(form.language);
    let status =
        if form.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let needs = form.offer.form();
    let reason_chars = REASON_CHARS;
    pages::page(
        status,
        &FormPage { frame: Frame::of(words, ROOT), words, form, needs, reason_chars },
    )
}
