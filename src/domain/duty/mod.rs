//! Duties that open, and end, by themselves: what the datasets, the days and the goals of the config
//! ask for, beside the cases that are there.
//!
//! Seen from where everything stands, like a plan of reminders: after an outage, or twice in a
//! minute, the result is the same.

mod openers;
mod settle;

use chrono::NaiveDate;

use super::act::{CaseByHand, Entry, Moment, Performed};
use super::calendar::CalendarError;
use super::case::{Case, CaseKind, CaseNumber, CaseState, Dataset, Origin};
use super::checklist::Item;
use super::handling::{Goal, Handling};
use super::kind::{Kind, Opener};
use super::observation::Account;
use super::reminder::Rules;

/// What a source says of a dataset beside its name: each only where it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// 標章: 白金, 金, 銀, 銅, 無.
    pub badge: Option<String>,
    /// 更新頻率: 每月.
    pub frequency: Option<String>,
    /// The day it was last updated.
    pub updated_on: Option<NaiveDate>,
}

/// A dataset of ours as the last looks left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDataset {
    /// Its number and its name.
    pub dataset: Dataset,
    /// 提供機關, as the platform writes it.
    pub agency: String,
    /// Whether the platform lists it.
    pub listed: bool,
    /// The day on which the platform said that it was taken down, if it did since it was listed.
    pub gone_on: Option<NaiveDate>,
    /// What is shown of it.
    pub about: About,
}

/// A case of a duty, and what it was opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The case.
    pub case: Case,
    /// What it was opened for, or joined with; `None` where a person opened it for reasons of
    /// their own.
    pub subject: Option<Subject>,
}

/// What a case was opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// One of its kind has one case at a time: `dataset 6100`.
    pub word: String,
    /// A person had opened the case beforehand.
    pub joined: bool,
}

impl Subject {
    /// Whether a subject that is called so by now is this one.
    fn is_called(&self, word: &str, (duty, rules): (&Kind, &Rules)) -> bool {
        self.word == word || self.word_now(duty, rules) == word
    }

    /// The word as it would be made now: an agency goes by the name that the directory gives it by now.
    fn word_now(&self, duty: &Kind, rules: &Rules) -> String {
        let (when, rest) = self.word.split_once(' ').unwrap_or((&self.word, ""));
        match duty.opened_by {
            Opener::Dates | Opener::BadgeLow => {
                format!("{when} {}", rules.directory.agency_name(rest))
            }
            Opener::TargetShort => {
                let (agency, target) = rest.split_once(' ').unwrap_or((rest, ""));
                format!("{when} {} {target}", rules.directory.agency_name(agency))
            }
            Opener::Hand | Opener::DatasetGone | Opener::DatasetStale => self.word.clone(),
        }
    }
}

/// Everything the duties depend on beside the rules and the day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The datasets of our agencies.
    pub datasets: Vec<KnownDataset>,
    /// The cases of duties whose subject has not ended, and those that persons opened.
    pub running: Vec<Running>,
}

/// A case to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its kind.
    pub kind: CaseKind,
    /// What its number begins with.
    pub prefix: String,
    /// What it is opened for.
    pub subject: String,
    /// What it is about, for people.
    pub title: String,
    /// The agency that sees to it.
    pub agency: String,
    /// The unit, where the directory shall not decide.
    pub unit: Option<String>,
    /// The dataset it is about.
    pub dataset: Option<Dataset>,
    /// The due day, where the limit of its kind shall not decide.
    pub due_on: Option<NaiveDate>,
    /// What only this case has on its checklist.
    pub items: Vec<(String, String)>,
    /// The number to be reached.
    pub goal: Option<Goal>,
    /// Why, for its history.
    pub reason: String,
}

impl Opening {
    /// The case that begins so, under this number, and what its history keeps.
    pub fn begin(&self, number: CaseNumber, moment: Moment) -> Performed {
        let mut case = CaseByHand {
            number,
            kind: self.kind,
            title: self.title.clone(),
            agency: self.agency.clone(),
            unit: self.unit.clone(),
            dataset: self.dataset.clone(),
            assigned_on: moment.today,
            due_on: self.due_on,
            url: String::new(),
        }
        .begin(moment.now);
        case.start.origin = Origin::Observed;
        case.handling.goal.clone_from(&self.goal);
        let item = |(word, name): &(String, String)| Item {
            word: word.clone(),
            name: Some(name.clone()),
            tick: None,
        };
        case.handling.checklist = self.items.iter().map(item).collect();
        let after = format!("{} {}", case.start.on, case.start.origin.as_str());
        let account = Account { before: String::new(), after };
        let entry = Entry { event: "opened", account, reason: self.reason.clone() };
        Performed { case, entries: vec![entry], follow_up: None }
    }
}

/// What the duties ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To open a case.
    Open(Box<Opening>),
    /// A person had opened the case beforehand: it is what this subject asks for.
    Join {
        /// What it is joined with.
        subject: String,
        /// The case, with what its history keeps.
        performed: Box<Performed>,
    },
    /// A case changes by itself.
    Settle {
        /// The subject, if it is over: should it come again, it is another case.
        ended: Option<String>,
        /// The case, with what its history keeps.
        performed: Box<Performed>,
    },
}

/// A subject that asks for a case now.
struct Wanted {
    opening: Opening,
    /// What it asks for is done.
    is_met: bool,
    /// How far its goal is, if it has one, a person says.
    is_measured_by_hand: bool,
}

/// Everything the duties ask for at this moment; nothing, once it is done.
pub fn due(rules: &Rules, standing: &Standing, moment: Moment) -> Result<Vec<Deed>, CalendarError> {
    let mut deeds = Vec::new();
    for duty in &rules.kinds.0 {
        let of_kind = |running: &&Running| running.case.kind == duty.kind;
        let running: Vec<&Running> = standing.running.iter().filter(of_kind).collect();
        let wanted = openers::wanted(duty, rules, standing, moment)?;
        for wanted in &wanted {
            let has = |running: &&&Running| {
                let subject = running.subject.as_ref();
                subject.is_some_and(|of| of.is_called(&wanted.opening.subject, (duty, rules)))
            };
            match running.iter().find(has) {
                Some(running) => {
                    deeds.extend(settle::follow(&running.case, wanted, (rules, moment)));
                }
                None => deeds.push(begin(wanted, (duty, &running))),
            }
        }
        for running in running {
            let Some(subject) = &running.subject else { continue };
            let is_it = |wanted: &Wanted| subject.is_called(&wanted.opening.subject, (duty, rules));
            if !wanted.iter().any(is_it) {
                let case = &running.case;
                let lapsed = settle::lapse((duty, rules), case, (subject, standing), moment)?;
                deeds.extend(lapsed);
            }
        }
    }
    Ok(deeds)
}

/// Joins with a case that a person had opened for the same dataset, or opens one. A dataset is taken down once; that it
/// is out of date comes again, whatever was done the last time.
fn begin(wanted: &Wanted, (duty, running): (&Kind, &[&Running])) -> Deed {
    let opening = &wanted.opening;
    let comes_again = duty.opened_by == Opener::DatasetStale;
    let planned = |running: &&&Running| {
        let nid = |dataset: &Option<Dataset>| dataset.as_ref().map(|dataset| dataset.nid);
        let of_dataset =
            nid(&running.case.dataset).is_some_and(|n| Some(n) == nid(&opening.dataset));
        let state = running.case.state;
        let is_meant = if comes_again { state.is_open() } else { state != CaseState::Withdrawn };
        running.subject.is_none() && is_meant && of_dataset
    };
    let Some(planned) = running.iter().find(planned) else {
        return Deed::Open(Box::new(opening.clone()));
    };
    let account = Account { before: String::new(), after: opening.subject.clone() };
    let entry = Entry { event: "joined", account, reason: opening.reason.clone() };
    let case = planned.case.clone();
    let performed = Performed { case, entries: vec![entry], follow_up: None };
    Deed::Join { subject: opening.subject.clone(), performed: Box::new(performed) }
}

/// A case of `duty` about this dataset, to ask the directory whose it would be.
fn imagined(duty: &Kind, dataset: &KnownDataset, moment: Moment) -> Case {
    let number = CaseNumber::of_comment(dataset.dataset.nid);
    let case = CaseByHand {
        number,
        kind: duty.kind,
        title: String::new(),
        agency: dataset.agency.clone(),
        unit: None,
        dataset: Some(dataset.dataset.clone()),
        assigned_on: moment.today,
        due_on: None,
        url: String::new(),
    };
    Case { handling: Handling::default(), ..case.begin(moment.now) }
}

#[cfg(test)]
mod tests;
