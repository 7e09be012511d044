//! A unit with its open cases, and who is there today.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::units::UnitView;

/// A unit with its open cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unit {
    /// A short name that never changes.
    pub id: String,
    /// The name people know.
    pub name: String,
    /// The agency it belongs to.
    pub agency: String,
    /// The language it reads: `zh-TW` or `en`.
    pub language: &'static str,
    /// 承辦人.
    pub officers: Vec<String>,
    /// Who is away today, and who stands in.
    pub stand_ins: Vec<StandIn>,
    /// Where it reads today; only the kinds of channel to who may not read the addresses.
    pub channels: Vec<String>,
    /// Its open cases.
    pub open: usize,
    /// Of these, overdue.
    pub overdue: usize,
    /// The last day on which it is not reminded, if it is let alone.
    pub silent_until: Option<NaiveDate>,
    /// Why.
    pub silent_because: Option<String>,
}

/// Somebody who is away today.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandIn {
    /// Who is away.
    pub away: String,
    /// The last day of it.
    pub until: Option<NaiveDate>,
    /// Who stands in; null if nobody does.
    pub replaced_by: Option<String>,
}

impl Unit {
    /// A unit as it stands today.
    pub fn of(view: &UnitView, today: NaiveDate) -> Self {
        let unit = &view.unit;
        Self {
            id: unit.id.clone(),
            name: unit.name.clone(),
            agency: unit.agency.clone(),
            language: unit.language.as_str(),
            officers: unit.officers.iter().map(|person| person.name.clone()).collect(),
            stand_ins: stand_ins(view, today),
            channels: unit.channels_on(today).iter().map(ToString::to_string).collect(),
            open: view.open,
            overdue: view.overdue,
            silent_until: view.silence.as_ref().map(|silence| silence.until),
            silent_because: view.silence.as_ref().map(|silence| silence.reason.clone()),
        }
    }

    /// Takes out who works there and is away, why it is let alone, and where exactly it reads.
    #[must_use]
    pub fn without_words(mut self) -> Self {
        self.officers.clear();
        self.stand_ins.clear();
        self.silent_because = None;
        let kind = |channel: &String| channel.split(':').next().unwrap_or_default().to_owned();
        self.channels = self.channels.iter().map(kind).collect();
        self
    }
}

fn stand_ins(view: &UnitView, today: NaiveDate) -> Vec<StandIn> {
    let duty = view.unit.officers_on(today);
    let covered = duty
        .there
        .iter()
        .flat_map(|on| on.instead_of.iter().map(|away| (*away, Some(on.person.name.clone()))));
    let all = covered.chain(duty.uncovered.iter().map(|away| (*away, None)));
    all.map(|(away, replaced_by)| StandIn {
        away: away.name.clone(),
        until: away.away_until(today),
        replaced_by,
    })
    .collect()
}
