//! `/cases/{number}`: one case, all that is known of it, and what can be done to it.

use std::borrow::Borrow;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form as Sent, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Deserialize;

use super::desk::{Desk, broken, units};
use super::say::Left;
use crate::app::acts::ActError;
use crate::app::case_page::{HistoryEntry, Mark, StripDay};
use crate::app::cases::CaseFile;
use crate::app::forms::{Form, Input, Typed};
use crate::domain::access::Role;
use crate::domain::act::{Outcome, Refusal};
use crate::domain::case::{CaseKind, CaseNumber, CaseState, Origin};
use crate::domain::message::OutboxMessage;
use crate::notify::door::{self, REASON_CHARS};
use crate::web::question::{Path, Query};
use crate::web::{Web, pages};

/// What a form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filled {
    act: String,
    seen: i64,
    workdays: String,
    unit: String,
    item: String,
    day: String,
    moment: String,
    document: String,
    value: String,
    outcome: String,
    reason: String,
}

impl Filled {
    fn typed(self) -> Typed {
        let Self { workdays, unit, item, day, moment, document, value, outcome, reason, .. } = self;
        Typed { workdays, unit, item, day, moment, document, value, outcome, reason }
    }
}

#[derive(Deserialize)]
pub(super) struct Done {
    /// What was done just now, for the notice at the top.
    #[serde(default)]
    done: String,
}

/// A form that was sent and not done: what was typed, and why.
#[derive(Default)]
struct Attempt {
    form: Option<Form>,
    typed: Typed,
    wrong: Vec<Input>,
    said: String,
    /// What was done by others since the page was looked at.
    meanwhile: Vec<HistoryEntry>,
}

/// `templates/console/case.html`.
#[derive(Template)]
#[template(path = "console/case.html")]
struct CasePage<'a> {
    desk: &'a Desk,
    file: &'a CaseFile,
    strip: Vec<StripDay>,
    forms: Vec<Form>,
    units: Vec<(String, String)>,
    recipients: Vec<String>,
    longest: u32,
    reason_chars: usize,
    may_read: bool,
    attempt: Attempt,
    done: Option<Form>,
    seen: i64,
    revision: i64,
}

impl CasePage<'_> {
    fn left(&self) -> Left {
        let view = &self.file.view;
        self.desk.say.left_of(view.case.state, view.workdays_left, view.workdays_taken)
    }

    fn kind(&self) -> String {
        let view = &self.file.view;
        self.desk.say.kind(view.case.kind.as_str(), &view.kind_name)
    }

    /// The column of the first day, by its weekday.
    fn first_column(&self) -> u32 {
        use chrono::Datelike;
        self.file.view.deadline.start.on.weekday().num_days_from_monday() + 1
    }

    fn origin(&self) -> &'static str {
        self.desk.say.origin(self.file.view.deadline.start.origin)
    }

    /// What a form is called here, and what it means for this case and this person.
    fn words(&self, form: impl Borrow<Form>) -> (&'static str, &'static str) {
        let (form, say) = (*form.borrow(), self.desk.say);
        let is_over = matches!(
            self.file.view.case.state,
            CaseState::Replied | CaseState::Closed | CaseState::Withdrawn
        );
        let grants = matches!(self.desk.viewer.role, Role::Supervisor | Role::Administrator);
        match form {
            Form::Resume if is_over => (
                say.t("重新開啟案件", "Open it again"),
                say.t(
                    "撤銷已登錄之回復、辦結或撤案，本案恢復為待回復，期限照原起算日計算。",
                    "Takes the answer, the end or the withdrawal back: it owes an answer again, by the clock it had.",
                ),
            ),
            Form::Extend if grants => (
                say.t("展延期限", "Extend"),
                say.t("送出後立即生效，期限隨即順延。", "In force at once: the due day moves."),
            ),
            form => say.form(form),
        }
    }

    /// What was done by a form, whatever the case was before.
    fn done_words(&self, form: impl Borrow<Form>) -> &'static str {
        match form.borrow() {
            Form::Resume => self.desk.t("恢復辦理", "Taken up again"),
            form => self.words(*form).0,
        }
    }

    /// The extension that waits for a decision, in words; its reason only for those who may read it.
    fn asked(&self) -> Option<String> {
        let asked = self.file.view.case.handling.asked_extension()?;
        let reason = if self.may_read { asked.reason.as_str() } else { "…" };
        let words = door::words(self.desk.say.language);
        Some(super::say::plain(&words.asked(asked.workdays, &asked.asked_by, reason)))
    }

    /// Whether a message may be read by whoever looks: those for whom it was meant.
    fn may_read_message(&self, message: &OutboxMessage) -> bool {
        self.desk.viewer.may_read_words(message.message.recipient.unit_id())
    }

    /// Whether it is a citizen's question, not a duty of the office's.
    fn is_citizens(&self) -> bool {
        !matches!(self.file.view.case.kind, CaseKind::Duty(_))
    }

    /// Why an entry of the history came to be.
    fn because(&self, entry: &HistoryEntry) -> String {
        let plain = super::say::plain(&entry.reason);
        if entry.event != "deadline_moved" {
            return plain;
        }
        let said = self.desk.say.making(&plain);
        // Units go by their names here, not by their ids.
        let mut units: Vec<_> = self.units.iter().collect();
        units.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        units.iter().fold(said, |said, (id, name)| said.replace(&format!("unit:{id}"), name))
    }

    /// A value of the history in the reader's words.
    fn value(&self, text: &str) -> String {
        if let Some(outcome) = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text) {
            return self.desk.say.outcome(outcome).to_owned();
        }
        match text {
            "shown" => return self.desk.t("平臺顯示", "shown").to_owned(),
            "vanished" => return self.desk.t("平臺已不顯示", "not shown any more").to_owned(),
            _ => {}
        }
        if let Some(state) = CaseState::parse(text) {
            return self.desk.say.state(state).to_owned();
        }
        if let Some((_, name)) = self.units.iter().find(|(id, _)| id == text) {
            return name.clone();
        }
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        if let Some(line) = self.file.checklist.iter().find(|line| line.word == first) {
            let (day, document) = rest.split_once(' ').unwrap_or((rest, ""));
            let date = day.parse::<NaiveDate>();
            let day = date.map_or_else(|_| day.to_owned(), |day| self.desk.say.day(day));
            return super::say::plain(format!("{}　{day}　{document}", line.name).trim_end());
        }
        // A day zero stands with how it is known.
        let (day, origin) = (first, rest);
        let origin = Origin::parse(origin).map(|origin| self.desk.say.origin(origin));
        match (day.parse::<NaiveDate>(), origin) {
            (Ok(day), Some(origin)) => format!("{}　{origin}", self.desk.say.day(day)),
            (Ok(date), None) if day == text => self.desk.say.day(date),
            _ => super::say::plain(text),
        }
    }

    /// What was typed into a field of `form`; nothing where another form was sent.
    fn typed(&self, form: impl Borrow<Form>, input: impl Borrow<Input>) -> &str {
        if self.is_sent(form) { self.attempt.typed.of(*input.borrow()) } else { "" }
    }

    fn is_wrong(&self, form: impl Borrow<Form>, input: impl Borrow<Input>) -> bool {
        self.is_sent(form) && self.attempt.wrong.contains(input.borrow())
    }

    /// Whether the case is this unit's already.
    fn is_own(&self, unit: &str) -> bool {
        self.file.view.unit.as_ref().is_some_and(|(id, _)| id == unit)
    }

    fn is_sent(&self, form: impl Borrow<Form>) -> bool {
        self.attempt.form == Some(*form.borrow())
    }

    fn fault(&self, input: impl Borrow<Input>) -> String {
        self.desk.say.wrong(*input.borrow(), self.longest)
    }
}

/// The page.
pub(super) async fn page(
    State(web): State<Web>,
    desk: Desk,
    Path(number): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Response> {
    let done = Form::parse(&done);
    show(&web, &desk, &number, (StatusCode::OK, Attempt::default(), done)).await
}

/// Does what a form says, or shows it again with what was typed and what is wrong.
pub(super) async fn act(
    State(web): State<Web>,
    desk: Desk,
    Path(number): Path<String>,
    form: Result<Sent<Filled>, FormRejection>,
) -> Result<Response, Response> {
    let Sent(filled) = form.map_err(|rejection| pages::not_understood(rejection.status()))?;
    let (Some(form), seen) = (Form::parse(&filled.act), filled.seen) else {
        return Err(pages::not_understood(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let (Ok(case), Some(actor)) = (CaseNumber::parse(&number), desk.viewer.actor()) else {
        return Err(pages::stranger());
    };
    let typed = filled.typed();
    let longest = web.app.live().config.rules.acts.longest_extension_workdays;
    let attempt = Attempt { form: Some(form), typed, ..Attempt::default() };
    let (status, attempt) = match attempt.typed.read(form, longest) {
        Err(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, Attempt { wrong, ..attempt }),
        Ok(act) => match web.app.act_as_seen(&case, act, &actor, seen).await {
            Ok(_) => {
                // Of its own, or the browser takes the form's place on the page along.
                let place = format!("./../{number}?done={}#", form.as_str());
                return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response());
            }
            Err(ActError::Failed(fault)) => return Err(broken("case")(fault)),
            Err(error) => {
                let meanwhile = match error {
                    ActError::Changed(_) => web.app.entries_since(&case, seen).await,
                    _ => Ok(Vec::new()),
                };
                let status = match error {
                    ActError::Refused(Refusal::NotAllowed { .. }) => StatusCode::FORBIDDEN,
                    _ => StatusCode::CONFLICT,
                };
                let said = error.words(desk.say.language);
                let meanwhile = meanwhile.map_err(broken("case"))?;
                (status, Attempt { said, meanwhile, ..attempt })
            }
        },
    };
    show(&web, &desk, &number, (status, attempt, None)).await
}

async fn show(
    web: &Web,
    desk: &Desk,
    number: &str,
    (status, attempt, done): (StatusCode, Attempt, Option<Form>),
) -> Result<Response, Response> {
    let Ok(number) = CaseNumber::parse(number) else { return Ok(pages::no_such_page()) };
    let app = &web.app;
    // What is shown is at least as new as these numbers.
    let seen = app.newest_entry_of(&number).await.map_err(broken("case"))?;
    let revision = app.revision().await.map_err(broken("case"))?;
    let file = app.case_file(&number).await.map_err(broken("case"))?;
    let Some(file) = file else { return Ok(pages::no_such_page()) };
    let live = app.live();
    let rules = &live.config.rules;
    let unit = file.view.unit.as_ref().map(|(id, _)| id.as_str());
    let actor = desk.viewer.actor().filter(|_| desk.viewer.may_act(unit));
    let recipient = |message: &OutboxMessage| desk.recipient(app, &message.message.recipient);
    let page = CasePage {
        desk,
        strip: app.strip(&file),
        forms: actor.map(|actor| app.forms(&file, &actor)).unwrap_or_default(),
        units: units(app),
        recipients: file.messages.iter().map(recipient).collect(),
        longest: rules.acts.longest_extension_workdays,
        reason_chars: REASON_CHARS,
        may_read: desk.viewer.may_read_words(unit),
        file: &file,
        attempt,
        done,
        seen,
        revision,
    };
    Ok(pages::page(status, &page))
}
