//! The directory held against the platform's own list of agencies and datasets.

use super::matching::contains;
use super::{Agency, Directory, Unit};

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
}

/// Something in the directory that the platform's list does not bear out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Whose entry.
    pub entry: Entry,
    /// What is doubtful, and what to do.
    pub message: String,
}

impl Directory {
    /// What the platform's list of the datasets of our agencies, all of it, does not bear out.
    pub fn audit(&self, listed: &[ListedDataset]) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> =
            self.agencies.iter().filter_map(|agency| doubt_of_agency(agency, listed)).collect();
        for unit in &self.units {
            let doubt = |message| Doubt { entry: Entry::Unit(unit.id.clone()), message };
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
    })
}

fn doubts_of_names(unit: &Unit, listed: &[ListedDataset]) -> Vec<String> {
    let unused = |pattern: &&String| !listed.iter().any(|d| contains(&d.title, pattern));
    let say = |pattern: &String| {
        format!("unit {}: no dataset of our agencies is called 「{pattern}」", unit.id)
    };
    unit.answers_for.dataset_names.iter().filter(unused).map(say).collect()
}
