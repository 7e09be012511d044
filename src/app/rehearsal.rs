//! The ladder tried with a change before it is saved (預演): what would be sent in the days to come, beside
//! what will be sent as things are.
//!
//! The cases are read once and held in memory; nothing is queued, sent or written.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::preview::Foreseen;
use super::{App, Live};
use crate::clock::{at, today};
use crate::config::Config;
use crate::config::change::{is_of_change, load_changed};
use crate::config::secrets::Environment;
use crate::domain::calendar::CalendarDay;
use crate::notify::channels::Channels;
use crate::notify::print::Print;

/// No more days are looked at at once.
pub const MOST_DAYS: i64 = 93;

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The first day; what happens today counts from now on.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// The sections that steer the ladder, as TOML.
    pub change: String,
}

/// Why nothing was tried.
#[derive(Debug)]
pub enum NoTrial {
    /// The last day lies before the first.
    Backwards,
    /// The first day is over, or the last is too far away.
    OutOfReach,
    /// The change cannot be read: line, column, and what is wrong.
    Change(Vec<(Option<(usize, usize)>, String)>),
    /// Somebody else rehearses just now.
    Busy,
    /// It is not the change's fault.
    Broken(anyhow::Error),
}

/// How a message compares with what will be sent as things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is sent all the same.
    None,
    /// It would come on top.
    Added,
    /// It would no longer be sent.
    Dropped,
    /// It would be sent then instead of at this instant.
    MovedFrom(DateTime<Utc>),
}

/// A message, and how it compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The message, by the change; one that is dropped, as things are.
    pub foreseen: Foreseen,
    /// How it compares.
    pub change: Change,
}

/// One day of the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedDay {
    /// The day, as the office calendar counts it.
    pub day: CalendarDay,
    /// Its messages, in order.
    pub messages: Vec<Tried>,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// Every day from the first to the last.
    pub days: Vec<TriedDay>,
}

impl Rehearsal {
    /// How many messages would be sent.
    pub fn sent(&self) -> usize {
        self.count(|change| change != Change::Dropped)
    }

    /// How many messages compare so.
    pub fn count(&self, is_meant: impl Fn(Change) -> bool) -> usize {
        let messages = self.days.iter().flat_map(|day| &day.messages);
        messages.filter(|tried| is_meant(tried.change)).count()
    }
}

impl App {
    /// What steers the ladder, as it is in force, to be changed and tried.
    pub fn ladder_in_force(&self) -> anyhow::Result<String> {
        self.live().config.ladder().context("reading what is in force")
    }

    /// Tries a change: one at a time, on a thread of its own, so that nothing else waits for it.
    pub async fn rehearse(self: &Arc<Self>, trial: Trial) -> Result<Rehearsal, NoTrial> {
        let Trial { from, until, change } = trial;
        let now = self.now();
        if until < from {
            return Err(NoTrial::Backwards);
        }
        if from < today(now) || until - today(now) > TimeDelta::days(MOST_DAYS) {
            return Err(NoTrial::OutOfReach);
        }
        let alone = Arc::clone(&self.rehearsals).try_lock_owned();
        let alone = alone.map_err(|_| NoTrial::Busy)?;
        let (app, runtime) = (Arc::clone(self), tokio::runtime::Handle::current());
        let work = move || {
            // The work's own: it goes on where whoever asked for it has gone away.
            let _alone = alone;
            let live = app.live();
            let changed = changed(&live.config, &change)?;
            runtime.block_on(app.compare((&live, &changed), from, until)).map_err(NoTrial::Broken)
        };
        let tried = tokio::task::spawn_blocking(work).await;
        tried.unwrap_or_else(|fault| Err(NoTrial::Broken(fault.into())))
    }

    async fn compare(
        &self,
        (live, changed): (&Live, &Live),
        from: NaiveDate,
        until: NaiveDate,
    ) -> anyhow::Result<Rehearsal> {
        let begin = self.now().max(at(from, NaiveTime::MIN));
        let before = self.preview_by(live, begin, Some(until)).await?;
        let after = self.preview_by(changed, begin, Some(until)).await?;
        let mut by_day: BTreeMap<NaiveDate, Vec<Tried>> = BTreeMap::new();
        for tried in compare(before, after) {
            by_day.entry(today(tried.foreseen.at)).or_default().push(tried);
        }
        let calendar = changed.config.rules.calendars.national();
        let days = from.iter_days().take_while(|day| *day <= until);
        let day = |day: NaiveDate| TriedDay {
            day: calendar.day(day),
            messages: by_day.remove(&day).unwrap_or_default(),
        };
        Ok(Rehearsal { days: days.map(day).collect() })
    }
}

/// What would be in force.
fn changed(in_force: &Config, change: &str) -> Result<Live, NoTrial> {
    let loaded = load_changed(in_force, change, &Environment::of_process()).map_err(|faults| {
        let (of_change, others): (Vec<_>, Vec<_>) = faults.into_iter().partition(is_of_change);
        if of_change.is_empty() {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            return NoTrial::Broken(anyhow::anyhow!(others.join("; ")));
        }
        NoTrial::Change(of_change.into_iter().map(|fault| (fault.at, fault.message)).collect())
    })?;
    let channels = Channels::printing(Print::to(std::io::sink()));
    Live::with_channels(loaded.config, channels).map_err(NoTrial::Broken)
}

/// Sets every message beside its like: the same case, stage, channel and reader. Those of the same
/// instant belong together, the others in their order.
fn compare(before: Vec<Foreseen>, after: Vec<Foreseen>) -> Vec<Tried> {
    let mut alike: BTreeMap<String, Vec<Foreseen>> = BTreeMap::new();
    for foreseen in before {
        alike.entry(name(&foreseen)).or_default().push(foreseen);
    }
    let mut tried = Vec::new();
    let mut others = Vec::new();
    for foreseen in after {
        let known = alike.get_mut(&name(&foreseen));
        let same = known.and_then(|known| {
            let place = known.iter().position(|known| known.at == foreseen.at)?;
            Some(known.remove(place))
        });
        match same {
            Some(_) => tried.push(Tried { foreseen, change: Change::None }),
            None => others.push(foreseen),
        }
    }
    for foreseen in others {
        let known = alike.get_mut(&name(&foreseen)).filter(|known| !known.is_empty());
        let change = known.map_or(Change::Added, |known| Change::MovedFrom(known.remove(0).at));
        tried.push(Tried { foreseen, change });
    }
    let dropped = alike.into_values().flatten();
    tried.extend(dropped.map(|foreseen| Tried { foreseen, change: Change::Dropped }));
    tried.sort_by(|a, b| {
        let order = |tried: &Tried| (tried.foreseen.at, tried.foreseen.message.key.clone());
        order(a).cmp(&order(b))
    });
    tried
}

fn name(foreseen: &Foreseen) -> String {
    let message = &foreseen.message;
    let (number, round) =
        message.case.as_ref().map_or(("", 0), |(number, round)| (number.as_str(), *round));
    let word = message.occasion.as_str();
    format!("{number}/{round}/{word}/{}/{}/{}", message.stage, message.channel, message.recipient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::CaseNumber;
    use crate::domain::directory::ChannelAddress;
    use crate::domain::message::{NewMessage, Occasion};
    use crate::domain::reminder::Recipient;
    use crate::notify::Message;

    fn foreseen(stage: &str, hour: u32) -> Foreseen {
        let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let message = NewMessage {
            key: format!("{stage}/{hour}"),
            case: Some((CaseNumber::of_comment(1), 1)),
            occasion: Occasion::Stage,
            stage: stage.to_owned(),
            due_on: None,
            channel: ChannelAddress::parse("print").unwrap(),
            recipient: Recipient::Administrators,
            detail: String::new(),
            may_have_arrived: false,
        };
        let at = at(day, NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
        Foreseen { at, message, due_on: None, words: Message::default() }
    }

    #[test]
    fn like_is_set_beside_like() {
        let before = vec![foreseen("a", 9), foreseen("a", 10), foreseen("b", 9), foreseen("c", 9)];
        let after = vec![foreseen("a", 10), foreseen("a", 11), foreseen("c", 9), foreseen("d", 9)];
        let tried = compare(before, after);
        let said: Vec<(&str, Change)> =
            tried.iter().map(|one| (one.foreseen.message.key.as_str(), one.change)).collect();
        let nine = foreseen("a", 9).at;
        let expected = [
            ("b/9", Change::Dropped),
            ("c/9", Change::None),
            ("d/9", Change::Added),
            ("a/10", Change::None),
            ("a/11", Change::MovedFrom(nine)),
        ];
        assert_eq!(said, expected);
    }
}
