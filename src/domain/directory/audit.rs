//! The directory held against the datasets that are known, and against the platform's own list.

use std::collections::{BTreeMap, BTreeSet};

use super::super::case::CaseKind;
use super::matching::{Subject, contains};
use super::{Agency, Answerer, ChannelAddress, ChannelKind, Directory, Person, Unit};

/// A dataset as the platform lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDataset {
    /// Its number.
    pub nid: u64,
    /// Its name.
    pub title: String,
    /// Its agency.
    pub agency: String,
}

/// Whose entry in `units.toml` a doubt is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// The agency of this name.
    Agency(String),
    /// The unit with this id.
    Unit(String),
    /// The administrators.
    Administrators,
}

/// Something in the directory that the list of datasets does not bear out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Whose entry.
    pub entry: Entry,
    /// What is doubtful, and what to do.
    pub message: String,
    /// A tie or a gap: cases of these datasets have no unit.
    pub is_fault: bool,
}

/// So many datasets are named in one doubt.
const NAMED: usize = 3;

impl Directory {
    /// Those whom Slack must be asked for by mail, each with the mail and whose entry it is: the
    /// people of units that read in Slack, and the administrators.
    pub fn named_by_mail(&self) -> Vec<(Entry, &Person, &str)> {
        let in_slack = |channel: &ChannelAddress| channel.kind == ChannelKind::Slack;
        let mut named: Vec<(Entry, &Person)> =
            self.administrators.people.iter().map(|p| (Entry::Administrators, p)).collect();
        for unit in &self.units {
            if unit.channels.iter().chain(&unit.supervisor_channels).any(in_slack) {
                named.extend(unit.people().map(|p| (Entry::Unit(unit.id.clone()), p)));
            }
        }
        named.retain(|(_, person)| person.slack.is_none());
        let with_mail = named.into_iter();
        with_mail
            .filter_map(|(entry, person)| Some((entry, person, person.slack_mail()?)))
            .collect()
    }

    /// The datasets whose cases no unit has, or several equally: ties and gaps.
    pub fn unanswered(&self, known: &[ListedDataset]) -> Vec<Doubt> {
        if self.units.is_empty() {
            return Vec::new();
        }
        let mut ties: BTreeMap<(&str, &str), BTreeMap<u64, &str>> = BTreeMap::new();
        let mut gaps: BTreeMap<(&str, CaseKind), BTreeMap<u64, &str>> = BTreeMap::new();
        for dataset in known {
            let Some(agency) = self.agency(&dataset.agency) else { continue };
            let (nid, title) = (dataset.nid, dataset.title.as_str());
            for kind in self.kinds_of_datasets() {
                let subject =
                    Subject { kind, agency: &dataset.agency, dataset: Some((nid, title)) };
                match self.named_for(subject) {
                    Answerer::Unit(_) => {}
                    Answerer::Several(a, b) => {
                        ties.entry((&a.id, &b.id)).or_default().insert(nid, title);
                    }
                    // Of other kinds there need not be any.
                    Answerer::Nobody if kind != CaseKind::Comment => {}
                    Answerer::Nobody => {
                        gaps.entry((&agency.name, kind)).or_default().insert(nid, title);
                    }
                }
            }
        }
        let ties = ties.into_iter().map(|(units, datasets)| tie(units, &datasets));
        let gaps = gaps.into_iter().map(|((agency, _), datasets)| gap(agency, &datasets));
        ties.chain(gaps).collect()
    }

    /// Comments, and the duties that some unit is narrowed to.
    fn kinds_of_datasets(&self) -> BTreeSet<CaseKind> {
        let narrowed = self.units.iter().flat_map(|unit| unit.answers_for.kinds.iter().copied());
        let duties = narrowed.filter(|kind| matches!(kind, CaseKind::Duty(_)));
        duties.chain([CaseKind::Comment]).collect()
    }

    /// What the platform's list of the datasets of our agencies, all of it, does not bear out.
    pub fn audit(&self, listed: &[ListedDataset]) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> =
            self.agencies.iter().filter_map(|agency| doubt_of_agency(agency, listed)).collect();
        for unit in &self.units {
            let doubt =
                |message| Doubt { entry: Entry::Unit(unit.id.clone()), message, is_fault: false };
            doubts.extend(self.doubts_of_numbers(unit, listed).into_iter().map(doubt));
            doubts.extend(doubts_of_names(unit, listed).into_iter().map(doubt));
        }
        doubts
    }

    fn doubts_of_numbers(&self, unit: &Unit, listed: &[ListedDataset]) -> Vec<String> {
        let id = &unit.id;
        let is_own = |agency: &str| {
            let own = unit.answers_for.agencies.iter().chain([&unit.agency]);
            own.filter_map(|name| self.agency(name)).any(|own| own.is_named(agency))
        };
        let doubt = |nid: &u64| match listed.iter().find(|dataset| dataset.nid == *nid) {
            None => Some(format!(
                "unit {id}: dataset {nid} is not among our agencies' on the platform: mend the \
                 number, or take it out"
            )),
            Some(dataset) if !is_own(&dataset.agency) => Some(format!(
                "unit {id}: dataset {nid} belongs to 「{}」, not to its agency: if that is meant, \
                 name the agency in `agencies` of no other unit",
                dataset.agency
            )),
            Some(_) => None,
        };
        unit.answers_for.datasets.iter().filter_map(doubt).collect()
    }
}

fn doubt_of_agency(agency: &Agency, listed: &[ListedDataset]) -> Option<Doubt> {
    let known = listed.iter().any(|dataset| agency.is_named(&dataset.agency));
    (!known).then(|| Doubt {
        entry: Entry::Agency(agency.name.clone()),
        message: format!(
            "the platform lists no dataset of 「{}」: write the name as the platform does (提供機關), \
             unless it has published none",
            agency.name
        ),
        is_fault: false,
    })
}

fn tie((first, second): (&str, &str), datasets: &BTreeMap<u64, &str>) -> Doubt {
    let message = format!(
        "units {first} and {second} answer for {} equally: their cases are with the administrators; \
         name them by a longer word in `dataset_names`, or by number in `datasets`, of one of the two",
        named(datasets)
    );
    Doubt { entry: Entry::Unit(second.to_owned()), message, is_fault: true }
}

fn gap(agency: &str, datasets: &BTreeMap<u64, &str>) -> Doubt {
    let message = format!(
        "no unit answers for {} of 「{agency}」: their cases are with the administrators; add the \
         agency to the `agencies` of a unit, or name them",
        named(datasets)
    );
    Doubt { entry: Entry::Agency(agency.to_owned()), message, is_fault: true }
}

/// `dataset 6100 「勞保統計」`, or how many, and the first of them.
fn named(datasets: &BTreeMap<u64, &str>) -> String {
    let names = datasets.iter().take(NAMED).map(|(nid, title)| format!("{nid} 「{title}」"));
    let names = names.collect::<Vec<_>>().join(", ");
    match datasets.len() {
        1 => format!("dataset {names}"),
        many if many <= NAMED => format!("datasets {names}"),
        many => format!("{many} datasets ({names}, …)"),
    }
}

fn doubts_of_names(unit: &Unit, listed: &[ListedDataset]) -> Vec<String> {
    let unused = |pattern: &&String| !listed.iter().any(|d| contains(&d.title, pattern));
    let say = |pattern: &String| {
        format!("unit {}: no dataset of our agencies is called 「{pattern}」", unit.id)
    };
    unit.answers_for.dataset_names.iter().filter(unused).map(say).collect()
}
