//! A case, as a list shows it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::cases::CaseView;
use crate::clock::rfc3339;

/// A case: the contract's fields first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Case {
    /// 案號.
    pub case_number: String,
    /// `comment` (我有話要說), `request` (我想要更多), or another kind of the config.
    pub kind: String,
    /// What it is about, in the citizen's words.
    pub title: String,
    /// The agency it was assigned to.
    pub agency: String,
    /// The id of the unit that answers; null where the administrators have it.
    pub unit: Option<String>,
    /// Its name.
    pub unit_name: Option<String>,
    /// `open`, `acknowledged`, `on_hold`, `replied`, `closed` or `withdrawn`.
    pub state: &'static str,
    /// 1, and one more for each 再回復.
    pub round: u32,
    /// The day it was first assigned.
    pub assigned_on: NaiveDate,
    /// Day zero of the present round.
    pub starts_on: NaiveDate,
    /// How that is known: `given`, `observed`, `posted`, `by_hand`.
    pub start_origin: &'static str,
    /// The due day.
    pub due_on: NaiveDate,
    /// Whether the count reaches into a year that is not published.
    pub provisional: bool,
    /// The due day without extensions and holds.
    pub original_due_on: NaiveDate,
    /// Workdays granted (展延).
    pub extension_workdays: u32,
    /// Workdays on which its clock stood still (暫停計時).
    pub held_workdays: i64,
    /// Workdays left, 0 on the due day, negative when overdue; null once it is answered.
    pub workdays_left: Option<i64>,
    /// When it was answered.
    pub replied_at: Option<String>,
    /// Whether a source shows the answer; null until there is one.
    pub reply_confirmed: Option<bool>,
    /// Workdays the answer took.
    pub workdays_taken: Option<i64>,
    /// Since when the platform no longer shows it.
    pub vanished_at: Option<String>,
    /// Its page on the platform.
    pub url: String,
}

impl From<&CaseView> for Case {
    fn from(view: &CaseView) -> Self {
        let case = &view.case;
        Self {
            case_number: case.number.to_string(),
            kind: case.kind.as_str().to_owned(),
            title: case.title.clone(),
            agency: view.agency.clone(),
            unit: view.unit.as_ref().map(|(id, _)| id.clone()),
            unit_name: view.unit.as_ref().map(|(_, name)| name.clone()),
            state: case.state.as_str(),
            round: case.round,
            assigned_on: case.assigned_on,
            starts_on: case.start.on,
            start_origin: case.start.origin.as_str(),
            due_on: view.deadline.due_on,
            provisional: view.deadline.provisional,
            original_due_on: view.deadline.original_due_on,
            extension_workdays: view.deadline.extension,
            held_workdays: view.workdays_held,
            workdays_left: view.workdays_left,
            replied_at: case.replied_at.map(rfc3339),
            reply_confirmed: case.replied_at.map(|_| !case.handling.reply_unconfirmed),
            workdays_taken: view.workdays_taken,
            vanished_at: case.vanished_at.map(rfc3339),
            url: case.url.clone(),
        }
    }
}
