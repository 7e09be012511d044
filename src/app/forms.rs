//! What a person does to a case, as a form: which forms a case has for whom, and what was typed.

use chrono::NaiveDateTime;

use super::App;
use super::cases::CaseFile;
use crate::clock::{instant, parse_date};
use crate::domain::act::{Act, Actor, Outcome, Refusal};
use crate::domain::handling::ExtensionState;
use crate::notify::door::REASON_CHARS;

/// One thing that can be done to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 受理.
    Acknowledge,
    /// 已於平臺回復.
    Reply,
    /// 申請展延.
    Extend,
    /// 核定展延.
    ConfirmExtension,
    /// 不予展延.
    RefuseExtension,
    /// 暫停計時.
    Hold,
    /// 恢復計時, 重新開啟.
    Resume,
    /// 改分.
    Reassign,
    /// An item of the checklist is done.
    Tick,
    /// It is not.
    Untick,
    /// How far a number is.
    Measure,
    /// 延伸精進.
    FollowUp,
    /// 註記.
    Note,
    /// Another day zero.
    CorrectStart,
    /// 撤案.
    Withdraw,
}

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// How many workdays.
    Workdays,
    /// Which unit.
    Unit,
    /// Which item of the checklist.
    Item,
    /// A day.
    Day,
    /// A moment.
    Moment,
    /// The number of a document.
    Document,
    /// A number that is reached.
    Value,
    /// What became of the question.
    Outcome,
    /// Why.
    Reason,
}

impl Input {
    /// Its name in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workdays => "workdays",
            Self::Unit => "unit",
            Self::Item => "item",
            Self::Day => "day",
            Self::Moment => "moment",
            Self::Document => "document",
            Self::Value => "value",
            Self::Outcome => "outcome",
            Self::Reason => "reason",
        }
    }
}

impl Form {
    /// Every form, in the order of a page.
    pub const ALL: [Self; 15] = [
        Self::Acknowledge,
        Self::Reply,
        Self::ConfirmExtension,
        Self::RefuseExtension,
        Self::Extend,
        Self::Hold,
        Self::Resume,
        Self::Reassign,
        Self::Tick,
        Self::Untick,
        Self::Measure,
        Self::FollowUp,
        Self::Note,
        Self::CorrectStart,
        Self::Withdraw,
    ];

    /// The word used in forms: that of its act.
    pub fn as_str(self) -> &'static str {
        self.tried().as_str()
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }

    /// Its fields, each with whether it must be filled in.
    pub fn fields(self) -> &'static [(Input, bool)] {
        match self {
            Self::Acknowledge | Self::ConfirmExtension | Self::Resume => &[],
            Self::Reply => &[(Input::Moment, false)],
            Self::Extend => &[(Input::Workdays, true), (Input::Reason, true)],
            Self::RefuseExtension | Self::Hold | Self::Note | Self::Withdraw => {
                &[(Input::Reason, true)]
            }
            Self::Reassign => &[(Input::Unit, true), (Input::Reason, true)],
            Self::Tick => &[(Input::Item, true), (Input::Day, false), (Input::Document, false)],
            Self::Untick => &[(Input::Item, true), (Input::Reason, true)],
            Self::Measure => &[(Input::Value, true)],
            Self::FollowUp => &[(Input::Outcome, true), (Input::Reason, false)],
            Self::CorrectStart => &[(Input::Day, true), (Input::Reason, true)],
        }
    }

    /// The act with something in every field, to see whether it could be done at all.
    fn tried(self) -> Act {
        let (reason, item) = ("…".to_owned(), String::new());
        match self {
            Self::Acknowledge => Act::Acknowledge,
            Self::Reply => Act::Reply { at: None },
            Self::Extend => Act::Extend { workdays: u32::MAX, reason },
            Self::ConfirmExtension => Act::ConfirmExtension,
            Self::RefuseExtension => Act::RefuseExtension { reason },
            Self::Hold => Act::Hold { reason },
            Self::Resume => Act::Resume,
            Self::Reassign => Act::Reassign { unit: String::new(), reason },
            Self::Tick => Act::Tick { item, on: None, document: String::new() },
            Self::Untick => Act::Untick { item, reason },
            Self::Measure => Act::Measure { value: 0 },
            Self::FollowUp => Act::FollowUp { outcome: Outcome::Planned, reason },
            Self::Note => Act::Note { text: reason },
            Self::CorrectStart => Act::CorrectStart { on: chrono::NaiveDate::MAX, reason },
            Self::Withdraw => Act::Withdraw { reason },
        }
    }
}

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// How many workdays.
    pub workdays: String,
    /// The id of a unit.
    pub unit: String,
    /// The word of an item.
    pub item: String,
    /// A day.
    pub day: String,
    /// A day and a time.
    pub moment: String,
    /// The number of a document.
    pub document: String,
    /// A number.
    pub value: String,
    /// The word of an outcome.
    pub outcome: String,
    /// Why.
    pub reason: String,
}

impl Typed {
    /// What was typed into a field.
    pub fn of(&self, input: Input) -> &str {
        match input {
            Input::Workdays => &self.workdays,
            Input::Unit => &self.unit,
            Input::Item => &self.item,
            Input::Day => &self.day,
            Input::Moment => &self.moment,
            Input::Document => &self.document,
            Input::Value => &self.value,
            Input::Outcome => &self.outcome,
            Input::Reason => &self.reason,
        }
    }

    /// The act that `form` says with this; else the fields that are not filled in as they must be.
    pub fn read(&self, form: Form, longest_extension: u32) -> Result<Act, Vec<Input>> {
        let day = parse_date(self.day.trim()).ok();
        let moment = read_moment(&self.moment);
        let workdays = self.workdays.trim().parse().ok();
        let workdays = workdays.filter(|days| (1..=longest_extension).contains(days));
        let (value, outcome) = (self.value.trim().parse().ok(), Outcome::parse(&self.outcome));
        let is_wrong = |(input, must): &(Input, bool)| {
            let typed = with_own_line_ends(self.of(*input).trim());
            let reads = match input {
                Input::Workdays => workdays.is_some(),
                Input::Day => day.is_some(),
                Input::Moment => moment.is_some(),
                Input::Value => value.is_some(),
                Input::Outcome => outcome.is_some(),
                Input::Unit | Input::Item => !typed.is_empty(),
                Input::Document | Input::Reason => {
                    !typed.is_empty() && typed.chars().count() <= REASON_CHARS
                }
            };
            !reads && (*must || !typed.is_empty())
        };
        let mut wrong: Vec<Input> =
            form.fields().iter().filter(|field| is_wrong(field)).map(|(input, _)| *input).collect();
        if outcome == Some(Outcome::NotNeeded) && self.reason.trim().is_empty() {
            wrong.push(Input::Reason);
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let reason = with_own_line_ends(self.reason.trim());
        let (item, document) = (self.item.clone(), self.document.trim().to_owned());
        Ok(match form.tried() {
            Act::Extend { .. } => Act::Extend { workdays: workdays.unwrap_or_default(), reason },
            Act::RefuseExtension { .. } => Act::RefuseExtension { reason },
            Act::Hold { .. } => Act::Hold { reason },
            Act::Reassign { .. } => Act::Reassign { unit: self.unit.clone(), reason },
            Act::Tick { .. } => Act::Tick { item, on: day, document },
            Act::Untick { .. } => Act::Untick { item, reason },
            Act::Measure { .. } => Act::Measure { value: value.unwrap_or_default() },
            Act::FollowUp { outcome: tried, .. } => {
                Act::FollowUp { outcome: outcome.unwrap_or(tried), reason }
            }
            Act::Note { .. } => Act::Note { text: reason },
            Act::CorrectStart { on, .. } => Act::CorrectStart { on: day.unwrap_or(on), reason },
            Act::Withdraw { .. } => Act::Withdraw { reason },
            Act::Reply { .. } => Act::Reply { at: moment.map(instant) },
            act @ (Act::Acknowledge | Act::ConfirmExtension | Act::Resume) => act,
        })
    }
}

/// What was typed in a browser, which counts a line's end as one character, and sends two.
pub(super) fn with_own_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A day and a time: `115-02-11 09:30`, or as a browser's own field writes it.
fn read_moment(text: &str) -> Option<NaiveDateTime> {
    let (day, time) = text.trim().split_once([' ', 'T'])?;
    let time = chrono::NaiveTime::parse_from_str(time.trim(), "%H:%M").ok()?;
    Some(parse_date(day).ok()?.and_time(time))
}

impl App {
    /// The forms that a case has for `actor` now: whatever could be done, if it were filled in well.
    pub fn forms(&self, file: &CaseFile, actor: &Actor) -> Vec<Form> {
        let case = &file.view.case;
        let could = |form: &Form| {
            let refusal = self.would_refuse(case, &form.tried(), actor);
            let only_fields = |refusal: &Refusal| {
                matches!(
                    refusal,
                    Refusal::BadLength { .. }
                        | Refusal::UnknownUnit(_)
                        | Refusal::UnknownItem { .. }
                        | Refusal::BadDay { .. }
                )
            };
            refusal.as_ref().is_none_or(only_fields) && self.is_of_use(*form, file)
        };
        Form::ALL.into_iter().filter(could).collect()
    }

    /// Whether there is anything that a form could be about.
    fn is_of_use(&self, form: Form, file: &CaseFile) -> bool {
        let handling = &file.view.case.handling;
        let is_asked =
            handling.extensions.last().is_some_and(|last| last.state == ExtensionState::Asked);
        match form {
            Form::Tick => file.checklist.iter().any(|line| line.tick.is_none()),
            Form::Untick => file.checklist.iter().any(|line| line.tick.is_some()),
            // There is one in a round.
            Form::Extend => !is_asked && handling.extension_workdays() == 0,
            Form::Reassign => self.live().config.rules.directory.units.len() > 1,
            Form::FollowUp => {
                let record = file.rounds.last().and_then(|round| round.follow_up.as_ref());
                record.is_some_and(|record| record.outcome.is_none())
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: Form, typed: &Typed, expected: Result<Act, &[Input]>) {
        assert_eq!(typed.read(form, 14), expected.map_err(<[_]>::to_vec), "{form:?}");
    }

    #[test]
    fn what_is_not_filled_in_is_named_by_its_field() {
        let nothing = Typed::default();
        for form in Form::ALL {
            assert_eq!(Form::parse(form.as_str()), Some(form));
            let must = form.fields().iter().filter(|(_, must)| *must);
            let must: Vec<Input> = must.map(|(input, _)| *input).collect();
            match nothing.read(form, 14) {
                Ok(_) => assert!(must.is_empty(), "{form:?}"),
                Err(wrong) => assert_eq!(wrong, must, "{form:?}"),
            }
        }
    }

    #[test]
    fn what_was_typed_becomes_the_act() {
        let typed = Typed {
            workdays: " 5 ".to_owned(),
            unit: "wda".to_owned(),
            day: "115-02-11".to_owned(),
            moment: "2026-02-11T09:30".to_owned(),
            outcome: "planned".to_owned(),
            reason: " 洽詢 ".to_owned(),
            ..Typed::default()
        };
        let reason = || "洽詢".to_owned();
        check(Form::Extend, &typed, Ok(Act::Extend { workdays: 5, reason: reason() }));
        let unit = "wda".to_owned();
        check(Form::Reassign, &typed, Ok(Act::Reassign { unit, reason: reason() }));
        let on = "2026-02-11".parse().unwrap();
        check(Form::CorrectStart, &typed, Ok(Act::CorrectStart { on, reason: reason() }));
        let at = "2026-02-11T01:30:00Z".parse().ok();
        check(Form::Reply, &typed, Ok(Act::Reply { at }));
        check(Form::Acknowledge, &typed, Ok(Act::Acknowledge));
        let outcome = Outcome::Planned;
        check(Form::FollowUp, &typed, Ok(Act::FollowUp { outcome, reason: reason() }));
    }

    #[test]
    fn what_makes_no_sense_is_a_fault_also_where_it_may_be_left_out() {
        let typed = |field: fn(&mut Typed) -> &mut String, text: &str| {
            let mut typed = Typed { reason: "因".to_owned(), ..Typed::default() };
            *field(&mut typed) = text.to_owned();
            typed
        };
        for days in ["15", "0", "-1", "五", "1e9"] {
            check(Form::Extend, &typed(|t| &mut t.workdays, days), Err(&[Input::Workdays]));
        }
        check(Form::Reply, &typed(|t| &mut t.moment, "昨天"), Err(&[Input::Moment]));
        let mut not_needed = typed(|t| &mut t.outcome, "not_needed");
        not_needed.reason.clear();
        check(Form::FollowUp, &not_needed, Err(&[Input::Reason]));
    }
}
