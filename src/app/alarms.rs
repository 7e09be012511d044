//! Telling the administrators: once when something goes wrong, once when it is over.

use anyhow::Context;
use chrono::{DateTime, Utc};
use tracing::{info, warn};

use super::{App, Live};
use crate::domain::case::{Case, CaseNumber};
use crate::domain::message::{Alarm, Occasion};
use crate::domain::reminder::Recipient;
use crate::store::{AlarmSubject, Consequence};

/// Every alarm jicui can raise; each has a section in docs/operations.md.
pub const CODES: [&str; 23] = [
    PLATFORM_CHANGED,
    PLATFORM_UNREACHABLE,
    ROWS_UNREADABLE,
    FOLDER_FILE_FAILED,
    FOLDER_UNREADABLE,
    CASE_VANISHED,
    CASE_WITHDRAWN,
    MESSAGE_UNDELIVERED,
    CHANNEL_MISCONFIGURED,
    CHANNEL_UNREACHABLE,
    REMIND_FAILING,
    CALENDAR_MISSING,
    CALENDAR_PROPOSED,
    CONFIG_INVALID,
    WEB_DOWN,
    CLOCK_JUMPED,
    STORE_FAILING,
    RESTORED,
    OUTBOX_STALE,
    DISK_LOW,
    CLOCK_OFF,
    BACKUP_FAILED,
    ERASURE_FAILED,
];

/// The platform answers in another shape than the one known.
pub const PLATFORM_CHANGED: &str = "platform_changed";
/// The platform has not been read for too long.
pub const PLATFORM_UNREACHABLE: &str = "platform_unreachable";
/// Some rows could not be read.
pub const ROWS_UNREADABLE: &str = "rows_unreadable";
/// A file dropped into the folder could not be read.
pub const FOLDER_FILE_FAILED: &str = "folder_file_failed";
/// The folder itself cannot be read.
pub const FOLDER_UNREADABLE: &str = "folder_unreadable";
/// A case is no longer shown.
pub const CASE_VANISHED: &str = "case_vanished";
/// A case went to an agency that is not ours.
pub const CASE_WITHDRAWN: &str = "case_withdrawn";
/// Nothing reaches somebody about a case.
pub const MESSAGE_UNDELIVERED: &str = "message_undelivered";
/// A channel refuses everything until it is mended.
pub const CHANNEL_MISCONFIGURED: &str = "channel_misconfigured";
/// A provider takes nothing for now.
pub const CHANNEL_UNREACHABLE: &str = "channel_unreachable";
/// What is due cannot be planned, or not for every case.
pub const REMIND_FAILING: &str = "remind_failing";
/// A year's calendar is not there.
pub const CALENDAR_MISSING: &str = "calendar_missing";
/// A new or corrected publication was found on the platform.
pub const CALENDAR_PROPOSED: &str = "calendar_proposed";
/// An edit of the configuration is not valid; the last valid one is in force.
pub const CONFIG_INVALID: &str = "config_invalid";

/// The pages cannot be served.
pub const WEB_DOWN: &str = "web_down";
/// The machine's clock was set, or is behind what the database knows.
pub const CLOCK_JUMPED: &str = "clock_jumped";
/// Nothing can be written: told directly, since no row can be kept of it.
pub const STORE_FAILING: &str = "store_failing";
/// The database was put back from a backup.
pub const RESTORED: &str = "restored";
/// Messages wait for too long, and no other alarm says why.
pub const OUTBOX_STALE: &str = "outbox_stale";
/// Little is left on a disk that is written to.
pub const DISK_LOW: &str = "disk_low";
/// The machine's clock is not what others say.
pub const CLOCK_OFF: &str = "clock_off";
/// The day's copy of the database could not be made.
pub const BACKUP_FAILED: &str = "backup_failed";
/// What was kept long enough could not be erased.
pub const ERASURE_FAILED: &str = "erasure_failed";

/// Those that say that messages reach nobody, or nobody by some way.
pub const OF_DELIVERY: [&str; 3] =
    [MESSAGE_UNDELIVERED, CHANNEL_MISCONFIGURED, CHANNEL_UNREACHABLE];

/// What the configuration is called in alarms.
const CONFIGURATION: &str = "configuration";

impl App {
    /// Raises an alarm, unless it is raised already: told once.
    pub(super) async fn raise(
        &self,
        live: &Live,
        (code, subject): (&'static str, &str),
        detail: String,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let raised = self.store.raise(about(live, code, subject), detail, now).await;
        if let Some(alarm) = raised.context("raising an alarm")? {
            warn!(code, subject, detail = alarm.detail, "alarm raised");
        }
        Ok(())
    }

    /// Raises an alarm that is raised already, and says it again: there is more to it now.
    pub(super) async fn raise_anew(
        &self,
        live: &Live,
        (code, subject): (&'static str, &str),
        detail: String,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let raised = self.store.raise_anew(about(live, code, subject), detail, now).await;
        if let Some(alarm) = raised.context("raising an alarm anew")? {
            warn!(code, subject, detail = alarm.detail, "alarm raised anew");
        }
        Ok(())
    }

    /// Says something that is over with the saying: no end of it is ever announced.
    pub(super) async fn announce(
        &self,
        live: &Live,
        (code, subject): (&'static str, &str),
        detail: String,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let said = self.store.announce(about(live, code, subject), detail, now).await;
        if let Some(alarm) = said.context("announcing something")? {
            warn!(code, subject, detail = alarm.detail, "announced");
        }
        Ok(())
    }

    /// Ends an alarm, if it is raised, and says so once.
    pub(super) async fn end_alarm(
        &self,
        live: &Live,
        (code, subject): (&'static str, &str),
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let ended = self.store.end_alarm(about(live, code, subject), now).await;
        if ended.context("ending an alarm")?.is_some() {
            info!(code, subject, "alarm over");
        }
        Ok(())
    }

    /// Ends an alarm of which the store said that it is active.
    pub(super) async fn end_active(
        &self,
        live: &Live,
        alarm: &Alarm,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        match CODES.into_iter().find(|code| *code == alarm.code) {
            Some(code) => self.end_alarm(live, (code, &alarm.subject), now).await,
            None => Ok(()),
        }
    }

    /// Says an alarm again when it has lasted for another week.
    pub(super) async fn repeat_weekly(
        &self,
        live: &Live,
        (code, subject): (&'static str, &str),
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let active = self.store.active_alarms().await.context("loading alarms")?;
        let same = |alarm: &&Alarm| alarm.code == code && alarm.subject == subject;
        let Some(alarm) = active.iter().find(same) else { return Ok(()) };
        match (now - alarm.raised_at).num_weeks() {
            ..1 => Ok(()),
            week => {
                let channel = live.config.rules.directory.administrators.channels.first();
                let say = |channel| alarm.message(Occasion::Alarm, Some(week), channel);
                let messages = channel.map(say).into_iter().collect();
                self.store.enqueue(messages, now).await.context("queueing an alarm")?;
                Ok(())
            }
        }
    }

    /// An edit could not be put in force: told once, until a valid one is.
    pub async fn config_is_invalid(&self, faults: String) {
        let (live, now) = (self.live(), self.now());
        let raised = self.raise(&live, (CONFIG_INVALID, CONFIGURATION), faults, now).await;
        if let Err(fault) = raised {
            warn!(%fault, "the administrators could not be told");
        }
    }

    /// The configuration on disk is in force.
    pub async fn config_is_valid(&self) {
        let (live, now) = (self.live(), self.now());
        if let Err(fault) = self.end_alarm(&live, (CONFIG_INVALID, CONFIGURATION), now).await {
            warn!(%fault, "the administrators could not be told");
        }
    }

    /// The pages cannot be served at `address`: told once, until they are.
    pub async fn web_is_down(&self, address: &str, reason: String) {
        let (live, now) = (self.live(), self.now());
        self.web_was_down(|other| other != address).await;
        let told = async {
            let active = self.store.active_alarms().await?;
            let same = |alarm: &&Alarm| alarm.code == WEB_DOWN && alarm.subject == address;
            match active.iter().find(same) {
                // It is something else by now.
                Some(known) if known.detail != reason => {
                    self.raise_anew(&live, (WEB_DOWN, address), reason, now).await
                }
                _ => self.raise(&live, (WEB_DOWN, address), reason, now).await,
            }
        };
        if let Err(fault) = told.await {
            warn!(%fault, "the administrators could not be told");
        }
    }

    /// The pages are served, or none are to be.
    pub async fn web_is_well(&self) {
        self.web_was_down(|_| true).await;
    }

    /// Ends what was said of the pages at the addresses that `is_over` names.
    async fn web_was_down(&self, is_over: impl Fn(&str) -> bool) {
        let (live, now) = (self.live(), self.now());
        let ended = async {
            for alarm in self.store.active_alarms().await? {
                if alarm.code == WEB_DOWN && is_over(&alarm.subject) {
                    self.end_active(&live, &alarm, now).await?;
                }
            }
            anyhow::Ok(())
        };
        if let Err(fault) = ended.await {
            warn!(%fault, "the administrators could not be told");
        }
    }
}

/// What an alarm is about, and where the administrators are told.
pub(super) fn about(live: &Live, code: &'static str, subject: &str) -> AlarmSubject {
    let tell = live.config.rules.directory.administrators.channels.clone();
    AlarmSubject { code, subject: subject.to_owned(), tell }
}

/// That the platform no longer shows `case`.
pub(super) fn vanished(live: &Live, case: &Case) -> Consequence {
    let detail = "the platform no longer shows it; it is kept and reminded of";
    Consequence::Raise(about(live, CASE_VANISHED, case.number.as_str()), detail.to_owned())
}

/// What is over with `case`: nobody need be reached about it any more, nor looked for it on the
/// platform.
pub(super) fn end_with(live: &Live, case: &Case) -> [Consequence; 2] {
    let about = |code| about(live, code, case.number.as_str());
    [Consequence::EndForAll(about(MESSAGE_UNDELIVERED)), Consequence::End(about(CASE_VANISHED))]
}

/// The subject of [`MESSAGE_UNDELIVERED`]: the case, and whom nothing reaches about it.
pub(super) fn unreached(number: &CaseNumber, recipient: &Recipient) -> String {
    format!("{number} {recipient}")
}

/// Whom nothing reaches about the case `number`, if that is what `alarm` says.
pub(super) fn unreached_by(alarm: &Alarm, number: &CaseNumber) -> Option<Recipient> {
    let subject = (alarm.code == MESSAGE_UNDELIVERED).then_some(alarm.subject.as_str())?;
    Recipient::parse(subject.strip_prefix(number.as_str())?.strip_prefix(' ')?)
}
