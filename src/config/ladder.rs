//! `[office_hours]` and `[[stage]]`: the ladder as data.

use std::collections::BTreeSet;

use super::reader::{Node, Section};
use crate::domain::deadline::DeadlineRule;
use crate::domain::escalation::{Audience, Loudness, Moment, OfficeHours, Policy, Stage};

const SILENCED: &str = "silenced_by_acknowledgement";

/// Reads the ladder; what does not fit the office hours or the limits is a fault.
pub(super) fn read(file: &Section<'_>, deadlines: DeadlineRule) -> Policy {
    let office_hours = read_hours(&file.section("office_hours"));
    let sections = file.sections("stage");
    let mut names = BTreeSet::new();
    let mut stages = Vec::new();
    for section in &sections {
        let stage = read_stage(section, deadlines);
        if !names.insert(stage.name.clone()) {
            section.fault(format!("two stages are called {}: give each its own name", stage.name));
        }
        if stage.at < office_hours.opens || stage.at > office_hours.closes {
            let (opens, closes) = (office_hours.opens, office_hours.closes);
            let at = stage.at.format("%H:%M");
            section.fault(format!(
                "stage {}: {at} lies outside office hours ({} to {})",
                stage.name,
                opens.format("%H:%M"),
                closes.format("%H:%M"),
            ));
        }
        stages.push(stage);
    }
    if stages.is_empty() {
        file.fault("no [[stage]]: nobody would ever be reminded".to_owned());
    }
    Policy { stages, office_hours }
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

fn read_stage(section: &Section<'_>, deadlines: DeadlineRule) -> Stage {
    let loudness = read_loudness(section);
    let mentions = section.get("mentions").map(|_| section.flag("mentions"));
    let moment = read_moment(section, deadlines);
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
    stage
}

fn read_moment(section: &Section<'_>, deadlines: DeadlineRule) -> Moment {
    let shortest = deadlines.comment_workdays.min(deadlines.request_workdays);
    let on = section.optional_text("on");
    let after = section.optional_number("after", &(1..=shortest));
    let before = section.optional_number("before", &(1..=shortest));
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
    let [moment] = given.as_slice() else {
        let say = "a stage needs exactly one of on, after, before and overdue_every";
        section.fault(say.to_owned());
        return Moment::Due;
    };
    *moment
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
