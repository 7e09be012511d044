//! Cases that change hands by an edit of `units.toml`: seen, like a deadline that moved, from who was
//! told and who has the case now, so that it does not matter when the edit was made, and one that
//! was taken back in time is never spoken of.

use anyhow::Context;
use chrono::{DateTime, Utc};
use tracing::info;

use super::cases::count;
use super::news::Desk;
use super::{App, Live};
use crate::clock::today;
use crate::domain::act::Entry;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::directory::Directory;
use crate::domain::message::{NewMessage, Occasion};
use crate::domain::observation::Account;
use crate::domain::reminder::{LastTold, Recipient, Rules, Told};

/// Who did it, for the history.
const BY_AN_EDIT: &str = "units.toml";

/// An open case that another directory gives to another unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// 案號.
    pub number: CaseNumber,
    /// The unit that has it; `None` where the administrators have.
    pub from: Option<String>,
    /// The unit that would have it.
    pub to: Option<String>,
    /// Workdays left today.
    pub workdays_left: i64,
}

impl App {
    /// The open cases that would change hands if `directory` were in force.
    pub async fn handovers(&self, directory: &Directory) -> anyhow::Result<Vec<Handover>> {
        let (live, now) = (self.live(), self.now());
        let before = &live.config.rules;
        let after = Rules { directory: directory.clone(), ..before.clone() };
        let cases = self.store.open_cases().await.context("loading open cases")?;
        let unit = |rules: &Rules, case: &Case| rules.unit(case).map(|unit| unit.id.clone());
        let mut handovers = Vec::new();
        for case in cases {
            let (from, to) = (unit(before, &case), unit(&after, &case));
            if from != to {
                let workdays_left = count(&after, &case, today(now)).left;
                handovers.push(Handover { number: case.number, from, to, workdays_left });
            }
        }
        handovers.sort_by_key(|handover| handover.workdays_left);
        Ok(handovers)
    }

    /// Tells units of cases that they have no longer, and of cases that another unit was told of
    /// before. Where no single unit has a case now nobody is told that it is free: the
    /// administrators have it. Returns how many changed hands.
    pub(super) async fn hand_over(
        &self,
        live: &Live,
        (cases, told): (&[Case], &Told),
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let mut changed = 0;
        for case in cases {
            let Some((had, messages)) = handed_over(live, case, told, now) else { continue };
            let unit = live.config.rules.unit(case).map(|unit| unit.id.clone());
            let account = Account { before: had, after: unit.unwrap_or_default() };
            let (from, to) = (account.before.clone(), account.after.clone());
            let entry = Entry { event: "reassigned", account, reason: String::new() };
            let told = (case.number.clone(), BY_AN_EDIT, entry);
            let handed = self.store.hand_over(told, messages, now).await;
            if handed.context("telling of a case that changed hands")? {
                info!(case_number = %case.number, from, to, "changed hands by an edit");
                changed += 1;
            }
        }
        Ok(changed)
    }
}

/// The units that had `case`, and what is to be said of that.
fn handed_over(
    live: &Live,
    case: &Case,
    told: &Told,
    now: DateTime<Utc>,
) -> Option<(String, Vec<NewMessage>)> {
    let rules = &live.config.rules;
    let has_it = Recipient::Unit(rules.unit(case)?.id.clone());
    let mut had = Vec::new();
    let mut knows = false;
    for (recipient, last) in units_told(case, told) {
        if *recipient == has_it {
            knows = last.reminded_at.is_some();
        } else if let (Recipient::Unit(id), Some(day)) = (recipient, last.day)
            && last.reminded_at.is_some()
        {
            had.push((id.as_str(), day.message));
        }
    }
    let last = had.iter().map(|(_, message)| *message).max()?;
    let desk = Desk { live, case, now };
    let mut messages = Vec::new();
    // A unit that is gone from the file has no channel.
    for (id, message) in had.iter().filter(|(id, _)| rules.directory.unit(id).is_some()) {
        let (once, unit) = (format!("after-{message}"), Recipient::Unit((*id).to_owned()));
        messages.extend(desk.message((Occasion::GivenAway, &once), unit, ""));
    }
    if !knows {
        let once = format!("after-{last}");
        messages.extend(desk.message((Occasion::Reassigned, &once), has_it, ""));
        if let Some(asked) = case.handling.asked_extension() {
            let asks = (Occasion::ExtensionAsked, once.as_str());
            messages.extend(desk.message(asks, desk.supervisor(), &asked.reason));
        }
    }
    let ids: Vec<&str> = had.iter().map(|(id, _)| *id).collect();
    (!messages.is_empty()).then(|| (ids.join(" "), messages))
}

/// What units were told of the present round of `case`.
fn units_told<'t>(
    case: &'t Case,
    told: &'t Told,
) -> impl Iterator<Item = (&'t Recipient, &'t LastTold)> {
    let first = (case.number.clone(), case.round, Recipient::Unit(String::new()));
    let of_case = told
        .range(first..)
        .take_while(|((number, round, _), _)| *number == case.number && *round == case.round);
    of_case.map(|((.., recipient), last)| (recipient, last))
}
