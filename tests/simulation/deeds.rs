//! What happens outside the program in a month, drawn from its seed.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use jicui::demo::platform::Misbehaviour;
use jicui::domain::case::CaseNumber;

use crate::count::{Half, Shut};
use crate::weather::Weather;
use crate::world::{AGENCY, NID};

/// The agencies, each with its seat, its dataset and its unit.
pub(crate) const AGENCIES: [(&str, &str, u64, &str); 3] = [
    (AGENCY, "臺北市", NID, "bli-planning"),
    ("勞動部職業安全衛生署", "新北市", 6200, "osha-planning"),
    ("勞動部", "臺北市", 6300, "mol-information"),
];

/// The units: one in Slack, one in Teams and then Slack, one in Slack and then Teams.
pub(crate) fn units() -> String {
    let channels = [
        "\"slack:C00BLI0001\"",
        "\"teams:flow\", \"slack:C00OSH0001\"",
        "\"slack:C00MOL0001\", \"teams:flow\"",
    ];
    let mut units = "[administrators]\nchannels = [\"slack:C00ADMIN001\"]\n".to_owned();
    for ((agency, seat, _, unit), channels) in AGENCIES.iter().zip(channels) {
        units.extend([format!(
            "[[agency]]\nname = \"{agency}\"\nseat = \"{seat}\"\n\
             [[unit]]\nid = \"{unit}\"\nname = \"{agency}企劃組\"\nagency = \"{agency}\"\n\
             agencies = [\"{agency}\"]\nofficers = [{{ name = \"王小明\" }}]\n\
             supervisor = {{ name = \"張組長\" }}\nchannels = [{channels}]\n"
        )]);
    }
    units
}

/// The seat of the agency of that name.
pub(crate) fn seat(agency: &str) -> Option<&'static str> {
    AGENCIES.iter().find(|(name, ..)| *name == agency).map(|(_, seat, ..)| *seat)
}

/// The seat of the unit with that id.
pub(crate) fn seat_of_unit(id: &str) -> Option<&'static str> {
    AGENCIES.iter().find(|(.., unit)| *unit == id).map(|(_, seat, ..)| *seat)
}

/// The unit of the agency of that name.
pub(crate) fn unit(agency: &str) -> Option<&'static str> {
    AGENCIES.iter().find(|(name, ..)| *name == agency).map(|(.., unit)| *unit)
}

/// A question as the platform truly has it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) number: CaseNumber,
    pub(crate) id: u64,
    pub(crate) is_comment: bool,
    pub(crate) agency: Option<usize>,
    pub(crate) created: NaiveDateTime,
    pub(crate) answered: bool,
    pub(crate) gone: bool,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Comment,
    Request,
    Assign,
    Reassign,
    Answer,
    AskAgain,
    Remove,
    Shut(Shut),
    Reopen,
    Slack(Weather),
    Teams(Weather),
    Platform(Option<Misbehaviour>),
    /// The machine is off until then.
    Off(NaiveDateTime),
}

/// Every deed of the thirty days from `first` on, in order.
pub(crate) fn plan(first: NaiveDate, random: &mut fastrand::Rng) -> Vec<(NaiveDateTime, Deed)> {
    let mut deeds = Vec::new();
    // Citizens write at any hour, agencies in theirs.
    let counts = [
        (Deed::Comment, random.u32(3..9)),
        (Deed::Request, random.u32(1..4)),
        (Deed::Assign, 3),
        (Deed::Answer, random.u32(1..7)),
        (Deed::AskAgain, random.u32(0..3)),
        (Deed::Remove, random.u32(0..5) / 4),
        (Deed::Reassign, random.u32(0..3) / 2),
        (Deed::Reopen, random.u32(0..3)),
    ];
    for (deed, times) in counts {
        for _ in 0..times {
            deeds.push((some_moment(first, random), deed.clone()));
        }
    }
    for _ in 0..random.u32(0..4) {
        let at = some_moment(first, random);
        let on = at.date() + TimeDelta::days(random.i64(-4..12));
        let region = random.choice([None, Some("臺北市"), Some("新北市")]).unwrap();
        let half = random.choice([None, None, Some(Half::Morning), Some(Half::Afternoon)]);
        deeds.push((at, Deed::Shut(Shut { on, region, half: half.unwrap() })));
    }
    for _ in 0..random.u32(0..9) {
        let (from, until) = spell(first, 60, random);
        let weather = random.choice(Weather::BAD).unwrap();
        let deed = if random.bool() { Deed::Slack } else { Deed::Teams };
        deeds.extend([(from, deed(weather)), (until, deed(Weather::Fair))]);
    }
    for _ in 0..random.u32(0..3) {
        let (from, until) = spell(first, 50, random);
        let how = random.choice(troubles()).unwrap();
        deeds.extend([(from, Deed::Platform(Some(how))), (until, Deed::Platform(None))]);
    }
    for _ in 0..random.u32(0..3) {
        let (from, until) = spell(first, 90, random);
        deeds.push((from, Deed::Off(until)));
    }
    deeds.sort_by_key(|(at, _)| *at);
    deeds
}

fn troubles() -> [Misbehaviour; 7] {
    [
        Misbehaviour::Html,
        Misbehaviour::Truncated,
        Misbehaviour::EmptyLists,
        Misbehaviour::WrongTypes,
        Misbehaviour::FiltersIgnored,
        Misbehaviour::Noise(20_000),
        Misbehaviour::Status(503),
    ]
}

fn some_moment(first: NaiveDate, random: &mut fastrand::Rng) -> NaiveDateTime {
    let day = first + TimeDelta::days(random.i64(0..28));
    let minute = if random.bool() { random.i64(0..24 * 60) } else { random.i64(8 * 60..18 * 60) };
    day.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(minute)
}

fn spell(
    first: NaiveDate,
    hours: i64,
    random: &mut fastrand::Rng,
) -> (NaiveDateTime, NaiveDateTime) {
    let from = some_moment(first, random);
    (from, from + TimeDelta::minutes(random.i64(20..hours * 60)))
}
