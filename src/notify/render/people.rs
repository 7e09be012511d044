//! Who is meant by a message today: those who are there, and for whom they stand in.

use super::Brief;
use super::words::Absence;
use crate::domain::directory::{Duty, Language, Person};
use crate::domain::escalation::{Audience, Stage};
use crate::domain::reminder::Recipient;

/// The officers of the case's unit today, in words; `None` where none are named.
pub(super) fn officers(brief: &Brief<'_>) -> Option<String> {
    let duty = brief.unit?.officers_on(brief.now.date());
    let mut names = Vec::new();
    for on in &duty.there {
        let absences = absences_of(&duty, brief).into_iter();
        let mut own = absences.filter(|absence| absence.stand_in == Some(on.person.name.as_str()));
        match own.next() {
            None => names.push(on.person.name.clone()),
            Some(first) => {
                names.push(brief.words().standing_in(&first));
                names.extend(own.map(|absence| brief.words().standing_in(&absence)));
            }
        }
    }
    let uncovered = absences_of(&duty, brief).into_iter().filter(|a| a.stand_in.is_none());
    names.extend(uncovered.map(|absence| brief.words().standing_in(&absence)));
    let between = match brief.language {
        Language::Chinese => "、",
        Language::English => ", ",
    };
    (!names.is_empty()).then(|| names.join(between))
}

/// Who is away, at the end of a line: for those whom the stage means by name.
pub(super) fn absences(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> String {
    let words = brief.words();
    let duties = meant(brief, stage, recipient);
    let absences = duties.iter().flat_map(|duty| absences_of(duty, brief));
    absences.map(|absence| words.absence(&absence)).collect()
}

/// Whom the message calls by name, where the stage says so: nobody in their quiet hours, unless
/// there is no more than a day left.
pub(super) fn mentions(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> Vec<Person> {
    if !stage.mentions {
        return Vec::new();
    }
    let may_call = |person: &&Person| brief.is_pressing() || !person.is_quiet_at(brief.now.time());
    let mut people: Vec<Person> = Vec::new();
    for duty in meant(brief, stage, recipient) {
        for person in duty.there.iter().map(|on| on.person).filter(may_call) {
            if !people.contains(person) {
                people.push(person.clone());
            }
        }
    }
    people
}

/// Whom a stage means by name among those who read this message.
fn meant<'a>(brief: &Brief<'a>, stage: &Stage, recipient: &Recipient) -> Vec<Duty<'a>> {
    let (Some(unit), today) = (brief.unit, brief.now.date()) else { return Vec::new() };
    let reaches = |audience| stage.reaches.contains(&audience);
    let mut duties = Vec::new();
    match recipient {
        Recipient::Unit(_) => {
            if reaches(Audience::Officer) {
                duties.push(unit.officers_on(today));
            }
            if reaches(Audience::Supervisor) && unit.supervisor_channels.is_empty() {
                duties.push(unit.supervisor_on(today));
            }
        }
        Recipient::Supervisor(_) => duties.push(unit.supervisor_on(today)),
        Recipient::Administrators => {}
    }
    duties
}

fn absences_of<'a>(duty: &Duty<'a>, brief: &Brief<'_>) -> Vec<Absence<'a>> {
    let today = brief.now.date();
    let absence = |away: &'a Person, stand_in: Option<&'a Person>| {
        let until = away.away_until(today)?;
        let stand_in = stand_in.map(|person| person.name.as_str());
        Some(Absence { away: &away.name, until, stand_in })
    };
    let covered = duty
        .there
        .iter()
        .flat_map(|on| on.instead_of.iter().filter_map(move |away| absence(away, Some(on.person))));
    let uncovered = duty.uncovered.iter().filter_map(|away| absence(away, None));
    covered.chain(uncovered).collect()
}
