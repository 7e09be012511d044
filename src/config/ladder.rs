//! `[office_hours]`, `[[stage]]` and `[digest]`: the ladder as data.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use super::reader::{Node, Section};
use crate::domain::calendar::YEARS;
use crate::domain::deadline::DeadlineRule;
use crate::domain::digest::DigestRules;
use crate::domain::escalation::{Audience, Loudness, Moment, OfficeHours, Policy, Stage};
use crate::domain::kind::FixedDay;

/// The longest limit there is, in workdays.
pub(super) const LONGEST: u32 = 250;

/// What is said of a default stage that what was written does not fit.
const OF_DEFAULT: &str = "; this stage is a default, which [office_hours] in config.toml does not fit: write stages \
     of your own there (one replaces all defaults of its list), or take the option back";

/// By which a stage says when it comes.
const MOMENTS: [&str; 4] = ["on", "after", "before", "overdue_every"];

const SILENCED: &str = "silenced_by_acknowledgement";

/// Reads the ladder; what does not fit the office hours or the limits is a fault.
pub(super) fn read(file: &Section<'_>, deadlines: DeadlineRule) -> Policy {
    let shortest = deadlines.comment_workdays.min(deadlines.request_workdays);
    let office_hours = read_hours(&file.section("office_hours"));
    let policy = read_stages(file, office_hours, shortest);
    if policy.stages.is_empty() {
        file.fault("no [[stage]]: nobody would ever be reminded".to_owned());
    }
    policy
}

/// The stages that stand in `file`, for a limit of at least `shortest` workdays.
pub(super) fn read_stages(file: &Section<'_>, office_hours: OfficeHours, shortest: u32) -> Policy {
    let sections = file.sections("stage");
    let mut names = BTreeSet::new();
    let mut stages = Vec::new();
    for section in &sections {
        let (stage, dates) = read_stage(section, shortest);
        if !names.insert(stage.name.clone()) {
            section.fault(format!("two stages are called {}: give each its own name", stage.name));
        }
        if stage.at < office_hours.opens || stage.at > office_hours.closes {
            let (opens, closes) = (office_hours.opens, office_hours.closes);
            let at = stage.at.format("%H:%M");
            let say = format!(
                "stage {}: {at} lies outside office hours ({} to {})",
                stage.name,
                opens.format("%H:%M"),
                closes.format("%H:%M"),
            );
            let say = if is_default(section) { say + OF_DEFAULT } else { say };
            section.fault(say);
        }
        let on = |day| Stage { moment: Moment::On(day), ..stage.clone() };
        stages.extend(dates.iter().copied().map(on));
        if dates.is_empty() {
            stages.push(stage);
        }
    }
    Policy { stages, office_hours }
}

/// Whether nobody wrote a stage: it comes from the defaults.
fn is_default(section: &Section<'_>) -> bool {
    section.node().is_some_and(Node::is_default)
}

fn read_hours(section: &Section<'_>) -> OfficeHours {
    let hours = OfficeHours {
        opens: section.time("opens"),
        closes: section.time("closes"),
        noon: section.time("noon"),
    };
    if !(hours.opens < hours.noon && hours.noon < hours.closes) {
        section.fault("office_hours: opens, noon and closes must follow one another".to_owned());
    }
    section.finish();
    hours
}

/// Reads `[digest]`.
pub(super) fn read_digests(section: &Section<'_>, office_hours: OfficeHours) -> DigestRules {
    let digests = DigestRules {
        at: section.time("at"),
        until: section.time("until"),
        daily: section.flag("daily"),
        weekly: section.flag("weekly"),
        monthly: section.flag("monthly"),
    };
    if digests.until <= digests.at {
        section.fault("digest: `until` must come after `at`".to_owned());
    }
    let is_any = digests.daily || digests.weekly || digests.monthly;
    if is_any && digests.at >= office_hours.closes {
        let say = "digest: nothing is sent once the offices are closed: let `at` come before that";
        section.fault(say.to_owned());
    }
    section.finish();
    digests
}

/// A stage; and the fixed days it falls on, if that is what it says.
fn read_stage(section: &Section<'_>, shortest: u32) -> (Stage, Vec<FixedDay>) {
    let dates = fixed_days(section, "dates");
    let loudness = read_loudness(section);
    let mentions = section.get("mentions").map(|_| section.flag("mentions"));
    let moment = if dates.is_empty() { read_moment(section, shortest) } else { Moment::Due };
    let is_early = matches!(moment, Moment::Assigned | Moment::After(_));
    let silenced = section.get(SILENCED).map(|_| section.flag(SILENCED));
    let stage = Stage {
        name: section.text("name"),
        moment,
        at: section.time("at"),
        reaches: read_audience(section),
        loudness,
        mentions: mentions.unwrap_or(loudness != Loudness::Quiet),
        silenced_by_acknowledgement: silenced.unwrap_or(is_early),
    };
    section.finish();
    (stage, dates)
}

/// Days as `2026-06-30`, or as `06-30` for every year.
pub(super) fn fixed_days(section: &Section<'_>, key: &str) -> Vec<FixedDay> {
    let read = |(text, node): (String, Node)| {
        let day = fixed_day(&text);
        if day.is_none() {
            let (from, to) = (YEARS.start(), YEARS.end());
            let say = format!(
                "`{text}` is no day from {from} to {to}: write \"2026-06-30\", or \"06-30\" for every year"
            );
            node.fault(section.faults(), say);
        }
        day
    };
    section.texts(key).into_iter().filter_map(read).collect()
}

/// `06-30` of every year, or `2026-06-30`.
pub(super) fn fixed_day(text: &str) -> Option<FixedDay> {
    // A leap day would be missing in most years.
    let yearly = NaiveDate::parse_from_str(&format!("2001-{text}"), "%Y-%m-%d");
    let once = crate::clock::parse_date(text).ok().filter(|day| YEARS.contains(&day.year()));
    let yearly = yearly.ok().map(|day| FixedDay::Yearly(day.month(), day.day()));
    yearly.or(once.map(FixedDay::Once))
}

fn read_moment(section: &Section<'_>, shortest: u32) -> Moment {
    let on = section.optional_text("on");
    let within = |key| {
        let number = section.optional_number(key, &(1..=LONGEST));
        // A default that a short limit never reaches does not ring; who writes one means it to.
        let beyond = number.filter(|number| *number > shortest && !is_default(section));
        if let Some(beyond) = beyond {
            section.fault(format!("stage.{key} = {beyond}: it must lie in 1..{shortest}"));
        }
        number
    };
    let (after, before) = (within("after"), within("before"));
    let every = section.optional_number("overdue_every", &(1..=250));
    let from = section.optional_number("from", &(1..=250));
    let on = on.map(|(word, node)| match word.as_str() {
        "assigned" => Moment::Assigned,
        "due" => Moment::Due,
        _ => {
            let say = format!("on = \"{word}\": write \"assigned\" or \"due\"");
            node.fault(section.faults(), say);
            Moment::Due
        }
    });
    let overdue = every.map(|every| Moment::OverdueEvery { every, from: from.unwrap_or(1) });
    if from.is_some() && overdue.is_none() {
        section.fault("`from` goes with `overdue_every`".to_owned());
    }
    let given: Vec<Moment> = [on, after.map(Moment::After), before.map(Moment::Before), overdue]
        .into_iter()
        .flatten()
        .collect();
    if MOMENTS.into_iter().filter(|key| section.get(key).is_some()).count() != 1 {
        let say = "a stage needs exactly one of on, after, before, overdue_every and dates";
        section.fault(say.to_owned());
    }
    given.first().copied().unwrap_or(Moment::Due)
}

fn read_audience(section: &Section<'_>) -> Vec<Audience> {
    let read = |(word, node): (String, Node)| {
        let audience = Audience::ALL.into_iter().find(|audience| audience.as_str() == word);
        if audience.is_none() {
            let say = format!("`{word}`: write officer, unit, supervisor or administrators");
            node.fault(section.faults(), say);
        }
        audience
    };
    let given = section.texts("reaches");
    if given.is_empty() {
        section.missing("reaches");
    }
    given.into_iter().filter_map(read).collect()
}

fn read_loudness(section: &Section<'_>) -> Loudness {
    let Some((word, node)) = section.optional_text("loudness") else { return Loudness::Normal };
    let loudness = Loudness::ALL.into_iter().find(|loudness| loudness.as_str() == word);
    loudness.unwrap_or_else(|| {
        node.fault(section.faults(), format!("`{word}`: write quiet, normal or loud"));
        Loudness::Normal
    })
}
