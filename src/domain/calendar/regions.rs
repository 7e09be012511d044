//! One calendar for the whole country, and one for each region with closures of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::publication::PublishedYear;
use super::{Closure, ClosurePolicy, WorkCalendar};

/// The calendars of all regions: one for the whole country, and one for each region with closures.
#[derive(Clone, Debug)]
pub struct Calendars {
    national: WorkCalendar,
    regional: BTreeMap<String, WorkCalendar>,
    closures: Vec<Closure>,
}

impl Calendars {
    /// Builds every region's calendar from the published years and all closures.
    pub fn new(
        years: &[Arc<PublishedYear>],
        closures: Vec<Closure>,
        policy: ClosurePolicy,
    ) -> Self {
        let within = |region: Option<&str>| {
            let here = |c: &&Closure| c.region.is_none() || c.region.as_deref() == region;
            let here = closures.iter().filter(here).cloned().collect::<Vec<_>>();
            WorkCalendar::new(years.iter().cloned(), here, policy)
        };
        let regions = closures.iter().filter_map(|closure| closure.region.as_deref());
        let regional = regions.map(|region| (region.to_owned(), within(Some(region)))).collect();
        Self { national: within(None), regional, closures }
    }

    /// The calendar for an office seated in `region`; the country's if nothing closed there.
    pub fn of(&self, region: Option<&str>) -> &WorkCalendar {
        region.and_then(|region| self.regional.get(region)).unwrap_or(&self.national)
    }

    /// The calendar without regional closures.
    pub fn national(&self) -> &WorkCalendar {
        &self.national
    }

    /// The regions with closures of their own.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regional.keys().map(String::as_str)
    }

    /// Every closure, in the order of the file.
    pub fn closures(&self) -> &[Closure] {
        &self.closures
    }
}
