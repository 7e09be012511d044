//! The directory as it is used: each unit with its open cases, who is there today, its silence.

use std::collections::HashMap;

use anyhow::{Context, anyhow};
use chrono::{DateTime, NaiveDate, Utc};
use tracing::info;

use super::App;
use crate::clock::today;
use crate::domain::directory::Unit;
use crate::domain::silence::{Silence, Silences};

/// A unit as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitView {
    /// The unit.
    pub unit: Unit,
    /// Its open cases.
    pub open: usize,
    /// Of these, overdue.
    pub overdue: usize,
    /// Why it is not reminded today, if it is not.
    pub silence: Option<Silence>,
}

/// What is said of open cases that no unit has.
pub fn of_nobody(count: usize) -> String {
    let (belong, are) = if count == 1 { ("case belongs", "is") } else { ("cases belong", "are") };
    format!("{count} open {belong} to no single unit and {are} with the administrators")
}

/// Every unit, and the open cases that none of them has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// In the order of `units.toml`.
    pub units: Vec<UnitView>,
    /// The numbers of those with the administrators, the most urgent first.
    pub without_unit: Vec<String>,
}

impl App {
    /// The units as they stand today.
    pub async fn units(&self) -> anyhow::Result<Units> {
        let live = self.live();
        let counts = self.count_by_unit().await?;
        let silences = self.silences(self.now()).await?;
        let view = |unit: &Unit| {
            let (open, overdue) = counts.get(&unit.id).copied().unwrap_or_default();
            let silence = silences.of(&unit.id, today(self.now())).cloned();
            UnitView { unit: unit.clone(), open, overdue, silence }
        };
        let units = live.config.rules.directory.units.iter().map(view).collect();
        let without_unit = self.with_lines(|lines| {
            let open = lines.open().into_iter().filter(|line| line.is_unassigned());
            open.map(|line| lines.number(line).to_owned()).collect()
        });
        Ok(Units { units, without_unit: without_unit.await? })
    }

    /// The open cases of each unit that has any, and how many of them are overdue.
    pub(super) async fn count_by_unit(&self) -> anyhow::Result<HashMap<String, (usize, usize)>> {
        self.with_lines(|lines| {
            let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
            for line in lines.open() {
                let Some(id) = lines.unit(line) else { continue };
                let (open, overdue) = counts.entry(id).or_default();
                *open += 1;
                *overdue += usize::from(line.is_overdue());
            }
            counts.into_iter().map(|(id, counted)| (id.to_owned(), counted)).collect()
        })
        .await
    }

    /// The silences in force.
    pub(super) async fn silences(&self, now: DateTime<Utc>) -> anyhow::Result<Silences> {
        self.store.silences(today(now)).await.context("loading silences")
    }

    /// Lets a unit alone up to and with a day: no digests, and no reminders while more than a
    /// workday is left.
    pub async fn silence(
        &self,
        unit: &str,
        until: NaiveDate,
        (reason, by): (&str, &str),
    ) -> anyhow::Result<()> {
        let (unit, now) = (self.known_unit(unit)?, self.now());
        if until < today(now) {
            return Err(anyhow!("{until} is over: a silence ends today or later"));
        }
        if reason.trim().is_empty() || reason.chars().any(char::is_control) {
            return Err(anyhow!("--reason: say in a few words why"));
        }
        let (reason, made_by) = (reason.trim().to_owned(), by.to_owned());
        let silence = Silence { unit: unit.clone(), until, reason, by: made_by, since: now };
        self.store.silence(silence).await.context("keeping the silence")?;
        info!(unit, %until, by, "silent");
        Ok(())
    }

    /// Ends a silence before its time. Returns whether there was one.
    pub async fn end_silence(&self, unit: &str, by: &str) -> anyhow::Result<bool> {
        let unit = self.known_unit(unit)?;
        let ended = self.store.end_silence(unit.clone(), by.to_owned(), self.now()).await;
        let was_silent = ended.context("ending the silence")?;
        info!(unit, by, was_silent, "no longer silent");
        Ok(was_silent)
    }

    /// The id of the unit that is called by its id or name, or what it is called if there is none.
    pub fn unit_called(&self, called: &str) -> String {
        self.known_unit(called).unwrap_or_else(|_| called.to_owned())
    }

    /// The id of the unit that a person calls by its id, or by a name that no other unit has.
    pub(super) fn known_unit(&self, called: &str) -> anyhow::Result<String> {
        let live = self.live();
        let units = &live.config.rules.directory.units;
        if units.iter().any(|unit| unit.id == called) {
            return Ok(called.to_owned());
        }
        let ids =
            |units: &[&Unit]| units.iter().map(|unit| &*unit.id).collect::<Vec<_>>().join(", ");
        let named: Vec<&Unit> = units.iter().filter(|unit| unit.name == called).collect();
        match named.as_slice() {
            [unit] => Ok(unit.id.clone()),
            [] => {
                let all: Vec<&Unit> = units.iter().collect();
                Err(anyhow!("no unit `{called}`; there are: {}", ids(&all)))
            }
            several => {
                let count = several.len();
                Err(anyhow!(
                    "{count} units are called `{called}`: use the id, one of {}",
                    ids(several)
                ))
            }
        }
    }
}
