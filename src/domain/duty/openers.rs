//! What each opener asks for: its subjects, as everything stands.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::super::act::Moment;
use super::super::calendar::CalendarError;
use super::super::directory::{Agency, Answerer};
use super::super::handling::Goal;
use super::super::kind::{Kind, Measure, Opener, Target, workday_from};
use super::super::reminder::Rules;
use super::{KnownDataset, Opening, Standing, Wanted, imagined};

/// What `duty` asks for on `today`.
pub(super) fn wanted(
    duty: &Kind,
    rules: &Rules,
    standing: &Standing,
    moment: Moment,
) -> Result<Vec<Wanted>, CalendarError> {
    Ok(match duty.opened_by {
        Opener::Hand => Vec::new(),
        Opener::DatasetGone => gone(duty, rules, standing),
        Opener::DatasetStale => stale(duty, rules, standing, moment.today),
        Opener::TargetShort => targets(duty, rules, standing, moment.today),
        Opener::BadgeLow => near_dates(duty, rules, moment.today)?
            .into_iter()
            .flat_map(|date| badges(duty, rules, (standing, date), moment))
            .collect(),
        Opener::Dates => near_dates(duty, rules, moment.today)?
            .into_iter()
            .flat_map(|date| dates(duty, rules, date))
            .collect(),
    })
}

fn opening(duty: &Kind, subject: String, title: String, agency: &str) -> Opening {
    Opening {
        kind: duty.kind,
        prefix: duty.prefix.clone(),
        subject,
        title,
        agency: agency.to_owned(),
        unit: None,
        dataset: None,
        due_on: None,
        items: Vec::new(),
        goal: None,
        reason: String::new(),
    }
}

fn owed(opening: Opening) -> Wanted {
    Wanted { opening, is_met: false, is_measured_by_hand: false }
}

/// The datasets of agencies of ours.
fn ours<'s>(rules: &'s Rules, standing: &'s Standing) -> impl Iterator<Item = &'s KnownDataset> {
    let is_ours = |dataset: &&KnownDataset| rules.directory.agency(&dataset.agency).is_some();
    standing.datasets.iter().filter(is_ours)
}

/// Datasets that the platform said were taken down, and does not list.
fn gone(duty: &Kind, rules: &Rules, standing: &Standing) -> Vec<Wanted> {
    let case = |known: &KnownDataset| {
        let on = known.gone_on.filter(|_| !known.listed)?;
        let subject = format!("dataset {}", known.dataset.nid);
        let opening = opening(duty, subject, known.dataset.title.clone(), &known.agency);
        let reason = format!("the platform shows that it was taken down on {on}");
        Some(owed(Opening { dataset: Some(known.dataset.clone()), reason, ..opening }))
    };
    ours(rules, standing).filter_map(case).collect()
}

/// Datasets that were not updated as often as they say.
fn stale(duty: &Kind, rules: &Rules, standing: &Standing, today: NaiveDate) -> Vec<Wanted> {
    let case = |known: &KnownDataset| {
        let (frequency, updated_on) = (known.about.frequency.as_ref()?, known.about.updated_on?);
        let days = duty.terms.update_days.iter().find(|(word, _)| word == frequency)?.1;
        let age = (today - updated_on).num_days();
        if !known.listed || age <= i64::from(days) {
            return None;
        }
        let subject = format!("dataset {} of {updated_on}", known.dataset.nid);
        let opening = opening(duty, subject, known.dataset.title.clone(), &known.agency);
        let reason = format!("{frequency}, and last updated on {updated_on}");
        Some(owed(Opening { dataset: Some(known.dataset.clone()), reason, ..opening }))
    };
    ours(rules, standing).filter_map(case).collect()
}

/// The goals of this year.
fn targets(duty: &Kind, rules: &Rules, standing: &Standing, today: NaiveDate) -> Vec<Wanted> {
    let case = |target: &Target| {
        let agency = rules.directory.agency(&target.agency)?;
        let (number, year) = (target.number, target.year);
        let value = match target.measure {
            Measure::Datasets => listed(agency, standing),
            Measure::ByHand => None,
        };
        let subject = format!("{year} {} {}", agency.name, target.name);
        let title = format!("{}年{}達 {number}", year - 1911, target.name);
        let dates = duty.limit.dates.iter().filter_map(|day| day.from(today));
        let in_year = dates.filter(|day| day.year() == year).min();
        let goal = Goal { number, value, measured_on: value.map(|_| today), measured_by: None };
        Some(Wanted {
            is_met: value.is_some_and(|value| value >= number),
            is_measured_by_hand: target.measure == Measure::ByHand,
            opening: Opening {
                unit: target.unit.clone(),
                due_on: in_year.or_else(|| NaiveDate::from_ymd_opt(year, 12, 31)),
                goal: Some(goal),
                ..opening(duty, subject, title, &agency.name)
            },
        })
    };
    let of_year = duty.terms.targets.iter().filter(|target| target.year == today.year());
    of_year.filter_map(case).collect()
}

/// How many datasets of an agency are listed; `None` while nothing is known of any.
fn listed(agency: &Agency, standing: &Standing) -> Option<u32> {
    let count = standing.datasets.iter().filter(|d| d.listed && agency.is_named(&d.agency)).count();
    (!standing.datasets.is_empty()).then(|| u32::try_from(count).unwrap_or(u32::MAX))
}

/// Those of the duty's days that are near enough: each counts until the workday on which it falls due is over.
fn near_dates(
    duty: &Kind,
    rules: &Rules,
    today: NaiveDate,
) -> Result<BTreeSet<NaiveDate>, CalendarError> {
    let calendar = rules.calendars.national();
    let lately = today - TimeDelta::days(14);
    let mut near = BTreeSet::new();
    for day in &duty.limit.dates {
        let recent = day.from(lately);
        let is_over = |date| workday_from(date, calendar).map(|counted| counted.on < today);
        let date = match recent {
            Some(date) if is_over(date)? => day.from(today),
            recent => recent,
        };
        let Some(date) = date else { continue };
        let ahead = calendar.workdays_between(today.min(date), date)?;
        if ahead <= i64::from(duty.terms.open_workdays_before) {
            near.insert(date);
        }
    }
    Ok(near)
}

/// Whose datasets they are: the id of the unit, where a single one has them, and the agency.
pub(super) type Owner = (Option<String>, String);

/// The units with datasets whose badge is not good enough, each with its list.
fn badges(
    duty: &Kind,
    rules: &Rules,
    (standing, date): (&Standing, NaiveDate),
    moment: Moment,
) -> Vec<Wanted> {
    let mut lists: BTreeMap<Owner, Vec<(String, String)>> = BTreeMap::new();
    for known in ours(rules, standing).filter(|known| known.listed) {
        let (nid, title) = (known.dataset.nid.to_string(), &known.dataset.title);
        let item = match &known.about.badge {
            Some(badge) if duty.terms.good_badges.contains(badge) => None,
            Some(badge) => Some(format!("{title}（{badge}）")),
            // A badge that is no longer shown is no better one.
            None => asked_of(duty, standing, &nid),
        };
        if let Some(item) = item {
            lists.entry(owner_of(known, (duty, rules), moment)).or_default().push((nid, item));
        }
    }
    let case = |(owner, items): (Owner, Vec<_>)| {
        let subject = format!("{date} {}", name_of(&owner));
        let (unit, agency) = owner;
        let opening = opening(duty, subject, title_of_day(duty, date), &agency);
        owed(Opening { unit, due_on: Some(date), items, ..opening })
    };
    lists.into_iter().map(case).collect()
}

/// Whose a dataset is.
pub(super) fn owner_of(
    known: &KnownDataset,
    (duty, rules): (&Kind, &Rules),
    moment: Moment,
) -> Owner {
    match rules.directory.answerer(&imagined(duty, known, moment)) {
        Answerer::Unit(unit) => (Some(unit.id.clone()), unit.agency.clone()),
        Answerer::Nobody | Answerer::Several(..) => {
            (None, rules.directory.agency_name(&known.agency).to_owned())
        }
    }
}

/// What an owner is called in a subject.
pub(super) fn name_of((unit, agency): &Owner) -> &str {
    unit.as_ref().unwrap_or(agency)
}

/// What an open case of `duty` still asks for of a dataset.
fn asked_of(duty: &Kind, standing: &Standing, nid: &str) -> Option<String> {
    let open = standing.running.iter().map(|running| &running.case);
    let open = open.filter(|case| case.kind == duty.kind && case.state.is_open());
    let mut items = open.flat_map(|case| &case.handling.checklist);
    items.find(|item| item.word == nid && item.tick.is_none())?.name.clone()
}

/// Every agency, on this day.
fn dates(duty: &Kind, rules: &Rules, date: NaiveDate) -> Vec<Wanted> {
    let case = |agency: &Agency| {
        let subject = format!("{date} {}", agency.name);
        let opening = opening(duty, subject, title_of_day(duty, date), &agency.name);
        owed(Opening { due_on: Some(date), ..opening })
    };
    rules.directory.agencies.iter().map(case).collect()
}

fn title_of_day(duty: &Kind, date: NaiveDate) -> String {
    let (year, month, day) = (date.year() - 1911, date.month(), date.day());
    format!("{year}年{month}月{day}日{}", duty.name)
}
