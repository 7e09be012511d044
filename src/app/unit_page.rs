//! 單位: each with its open cases and whether it can be reached; gaps and ties of the matching.

use std::time::Duration;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use tracing::info;

use super::{App, audit};
use crate::clock::today;
use crate::domain::directory::{ChannelAddress, Doubt, Unit};
use crate::domain::reminder::Recipient;
use crate::domain::silence::Silence;
use crate::notify::{Envelope, NotifyError, render};

/// A unit as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLine {
    /// The unit.
    pub unit: Unit,
    /// Its open cases.
    pub open: usize,
    /// Of these, overdue.
    pub overdue: usize,
    /// Why it is not reminded today, if it is not.
    pub silence: Option<Silence>,
    /// Where it reads today, and when each last took a message.
    pub reach: Vec<Reach>,
    /// Who is away today, and who stands in; `None` where nobody does.
    pub away: Vec<(String, Option<String>)>,
}

/// A channel, and when it last took a message of ours.
pub type Reach = (ChannelAddress, Option<DateTime<Utc>>);

/// The whole directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitsPage {
    /// In the order of `units.toml`.
    pub units: Vec<UnitLine>,
    /// Where the administrators read.
    pub administrators: Vec<Reach>,
    /// Open cases that no single unit has.
    pub unassigned: usize,
    /// Datasets whose cases no unit has, or several equally.
    pub doubts: Vec<Doubt>,
}

/// What became of a test message, by each channel.
pub type Tested = Vec<(ChannelAddress, Result<(), String>)>;

impl App {
    /// The directory as it stands today.
    pub async fn units_page(&self) -> anyhow::Result<UnitsPage> {
        let (live, now) = (self.live(), self.now());
        let (directory, day) = (&live.config.rules.directory, today(now));
        let silences = self.silences(now).await?;
        let counts = self.count_by_unit().await?;
        let mut units = Vec::with_capacity(directory.units.len());
        for unit in &directory.units {
            let (open, overdue) = counts.get(&unit.id).copied().unwrap_or_default();
            let duty = unit.officers_on(day);
            let covered = duty.there.iter().flat_map(|on| {
                let stand_in = Some(on.person.name.clone());
                on.instead_of.iter().map(move |away| (away.name.clone(), stand_in.clone()))
            });
            let away = covered.chain(duty.uncovered.iter().map(|away| (away.name.clone(), None)));
            units.push(UnitLine {
                unit: unit.clone(),
                open,
                overdue,
                silence: silences.of(&unit.id, day).cloned(),
                away: away.collect(),
                reach: self.reach(unit.all_channels_on(day)).await?,
            });
        }
        let listed = audit::remembered(&self.store).await.context("loading datasets")?;
        Ok(UnitsPage {
            units,
            administrators: self.reach(directory.administrators.channels.clone()).await?,
            unassigned: self
                .with_lines(|lines| lines.open().iter().filter(|l| l.is_unassigned()).count())
                .await?,
            doubts: directory.unanswered(&listed),
        })
    }

    async fn reach(&self, channels: Vec<ChannelAddress>) -> anyhow::Result<Vec<Reach>> {
        let last = self.store.last_reached(channels.clone()).await;
        Ok(channels.into_iter().zip(last.context("looking who was reached")?).collect())
    }

    /// Sends a test message, marked as one, to a unit, called by its id or name, or to the
    /// `administrators`: by each of its channels side by side, or only by the one that is called so. Of what is not
    /// answered `within` so long nothing more is awaited.
    pub async fn send_test(
        &self,
        called: &str,
        channel: Option<&str>,
        within: Option<Duration>,
    ) -> anyhow::Result<Tested> {
        let (live, now) = (self.live(), self.now());
        let directory = &live.config.rules.directory;
        let recipient = match called {
            "administrators" => Recipient::Administrators,
            unit => Recipient::Unit(self.known_unit(unit)?),
        };
        let unit = recipient.unit_id().and_then(|id| directory.unit(id));
        let name = unit.map_or(render::ADMINISTRATORS, |unit| &unit.name);
        let is_wanted = |address: &ChannelAddress| {
            channel.is_none_or(|called| {
                address.kind.as_str() == called || address.to_string() == called
            })
        };
        let mut channels = recipient.channels(directory, today(now));
        channels.retain(is_wanted);
        if channels.is_empty() {
            return Err(anyhow!("{called} has no such channel: see units.toml"));
        }
        let message = render::test(name, unit.map(|unit| unit.language).unwrap_or_default());
        let test = async |address: ChannelAddress| {
            let key = format!("test/{recipient}/{address}/{}", now.timestamp_millis());
            let envelope = Envelope::alone(key, "test", &address, now);
            let post = async { live.channels.get(&address)?.post(&envelope, &message).await };
            let sent: Result<_, NotifyError> = match within {
                Some(within) => tokio::time::timeout(within, post).await.unwrap_or_else(|_| {
                    let reason = format!("no answer within {} s; it may arrive", within.as_secs());
                    Err(NotifyError::Later { after: None, reason })
                }),
                None => post.await,
            };
            (address, sent.map(|_| ()).map_err(|error| error.of_a_try()))
        };
        let tested = futures_util::future::join_all(channels.into_iter().map(test)).await;
        info!(unit = called, "a test message was sent");
        Ok(tested)
    }
}
