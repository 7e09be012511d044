//! Which unit answers for a case: the most precisely named one.

use std::collections::BTreeSet;

use super::super::case::{Case, CaseKind};
use super::{Agency, Answerer, Directory, Unit};

/// What a unit answers for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Responsibility {
    /// These datasets, by number.
    pub datasets: Vec<u64>,
    /// Datasets whose name contains one of these, with `*` for anything between.
    pub dataset_names: Vec<String>,
    /// All of these agencies.
    pub agencies: Vec<String>,
    /// Only these kinds; empty means every kind.
    pub kinds: Vec<CaseKind>,
}

/// What a unit was named by: the later is the more precise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Kind,
    Agency,
    DatasetName,
    DatasetNumber,
}

/// How precisely a unit was named for a case: the larger wins. Of two names the longer one is the
/// more precise; of two that are equal otherwise, the one narrowed by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Precision {
    claim: Claim,
    letters: usize,
    by_kind: bool,
}

/// What a unit is looked for by.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) kind: CaseKind,
    pub(super) agency: &'a str,
    /// The number and the name of the dataset.
    pub(super) dataset: Option<(u64, &'a str)>,
}

impl Responsibility {
    fn precision(&self, subject: Subject<'_>, agency: Option<&Agency>) -> Option<Precision> {
        let Subject { kind, agency: called, dataset } = subject;
        if !self.takes(kind) {
            return None;
        }
        let named =
            |name: &String| name == called || agency.is_some_and(|agency| agency.is_named(name));
        let title = dataset.map(|(_, title)| title);
        let (claim, letters) = if dataset.is_some_and(|(nid, _)| self.datasets.contains(&nid)) {
            (Claim::DatasetNumber, 0)
        } else if let Some(letters) = title.and_then(|title| self.letters_of_name(title)) {
            (Claim::DatasetName, letters)
        } else if self.agencies.iter().any(named) {
            (Claim::Agency, 0)
        } else if self.is_by_kind_alone() {
            (Claim::Kind, 0)
        } else {
            return None;
        };
        Some(Precision { claim, letters, by_kind: !self.kinds.is_empty() })
    }

    /// Whether cases of this kind are taken at all.
    pub fn takes(&self, kind: CaseKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// How many letters of `title` the longest pattern that fits it names.
    fn letters_of_name(&self, title: &str) -> Option<usize> {
        let fitting = self.dataset_names.iter().filter(|pattern| contains(title, pattern));
        fitting.map(|pattern| pattern.chars().filter(|c| *c != '*').count()).max()
    }

    /// Whether it is every case of some kinds that is taken, whatever else it is.
    pub fn is_by_kind_alone(&self) -> bool {
        let nowhere =
            self.datasets.is_empty() && self.dataset_names.is_empty() && self.agencies.is_empty();
        nowhere && !self.kinds.is_empty()
    }
}

/// Whether `title` contains the pieces of `pattern` in order, `*` standing for anything.
pub(super) fn contains(title: &str, pattern: &str) -> bool {
    let mut rest = Some(title);
    for piece in pattern.split('*').filter(|piece| !piece.is_empty()) {
        rest = rest.and_then(|text| text.split_once(piece)).map(|(_, after)| after);
    }
    rest.is_some()
}

impl Directory {
    /// The unit that answers for `case`: the one it was given to by hand, if it is still there;
    /// else the most precisely named one.
    pub fn answerer(&self, case: &Case) -> Answerer<'_> {
        if let Some(unit) = self.given_to(case) {
            return Answerer::Unit(unit);
        }
        let dataset = case.dataset.as_ref();
        self.named_for(Subject {
            kind: case.kind,
            agency: &case.agency,
            dataset: dataset.map(|dataset| (dataset.nid, dataset.title.as_str())),
        })
    }

    /// The most precisely named unit.
    pub(super) fn named_for(&self, subject: Subject<'_>) -> Answerer<'_> {
        let agency = self.agency(subject.agency);
        let named = |unit: &'_ Unit| unit.answers_for.precision(subject, agency);
        let mut best: Vec<(Precision, &Unit)> =
            self.units.iter().filter_map(|unit| Some((named(unit)?, unit))).collect();
        best.sort_by_key(|(precision, _)| std::cmp::Reverse(*precision));
        match best.as_slice() {
            [] => Answerer::Nobody,
            [(first, a), (second, b), ..] if first == second => Answerer::Several(a, b),
            [(_, unit), ..] => Answerer::Unit(unit),
        }
    }

    /// The unit that a person gave `case` to.
    pub fn given_to(&self, case: &Case) -> Option<&Unit> {
        case.handling.unit.as_ref().and_then(|id| self.unit(id))
    }

    /// The region whose closures concern `case`: the seat of the unit that answers, where it has one
    /// of its own, else of the agency.
    pub fn seat(&self, case: &Case) -> Option<&str> {
        if self.has_seats_of_units()
            && let Answerer::Unit(unit) = self.answerer(case)
            && let Some(seat) = &unit.seat
        {
            return Some(seat);
        }
        self.seat_of(self.given_to(case).map_or(&case.agency, |unit| &unit.agency))
    }

    /// The cities and counties where agencies and units have their seats.
    pub fn seats(&self) -> BTreeSet<&str> {
        let of_agencies = self.agencies.iter().filter_map(|agency| agency.seat.as_deref());
        of_agencies.chain(self.units.iter().filter_map(|unit| unit.seat.as_deref())).collect()
    }

    /// Whether any unit sits elsewhere than its agency: then cases of one agency that began on one
    /// day need not be due together.
    pub fn has_seats_of_units(&self) -> bool {
        self.units.iter().any(|unit| unit.seat.is_some())
    }
}
