//! Reports that go out by themselves: one row for each period and recipient, written as files only
//! when it leaves.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use chrono::{DateTime, NaiveDate, Utc};

use super::judge::{Ready, Verdict};
use super::{App, Live};
use crate::clock::{instant, today, wall};
use crate::config::owner::{private_directory, replace_private};
use crate::domain::directory::{ChannelAddress, ChannelKind};
use crate::domain::message::{NewMessage, Occasion, OutboxMessage};
use crate::domain::reminder::Recipient;
use crate::domain::statistics::{Compared, DueReport, Period, Rhythm, due, last_ended};
use crate::notify::File;
use crate::notify::render::{self, Files};
use crate::report::Report;

impl App {
    /// The reports that are due and were not sent. What fell due before jicui was first started here
    /// is nobody's.
    pub(super) async fn due_reports(
        &self,
        live: &Live,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<NewMessage>> {
        let rules = &live.config.rules;
        let due = due(&live.config.reports.rules, rules.calendars.national(), wall(now));
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.store.first_run("remind", now).await.context("loading the first run")?;
        let was_here = |due: &DueReport| first.is_some_and(|first| first <= instant(due.since));
        let sent = self.store.sent_reports().await.context("loading the reports that were sent")?;
        let readers = readers(live);
        let messages = due.into_iter().filter(was_here).flat_map(|due| {
            readers.iter().map(move |channel| addressed(due, channel)).collect::<Vec<_>>()
        });
        Ok(messages.filter(|message| !sent.contains(&message.key)).collect())
    }

    /// The report as it is now, in files that come with the message or lie where it says.
    pub(super) async fn judge_report(
        &self,
        live: &Live,
        row: &OutboxMessage,
    ) -> anyhow::Result<Verdict> {
        let days = row.message.detail.split_once('/');
        let day = |text: &str| text.parse::<NaiveDate>();
        let (from, to) = days.ok_or_else(|| anyhow!("a report without a period"))?;
        let period = Period::new(day(from)?, day(to)?)?;
        // A clock that was ahead asked for it; it is queued again once its period is over.
        if period.to() >= today(self.now()) {
            return Ok(Verdict::Overtaken("its period is not over"));
        }
        let settings = live.config.reports.clone();
        let limit = match row.message.channel.kind {
            ChannelKind::Mail => u64::from(settings.attachment_limit_bytes),
            _ => 0,
        };
        let directory = settings.directory.clone();
        let directory = directory.unwrap_or_else(|| live.config.state_dir.join("reports"));
        let write = move |report: Report| -> anyhow::Result<_> {
            let (mut room, mut files, mut names) = (limit, Vec::new(), Files::default());
            for format in settings.formats {
                let (name, bytes) = (report.file_name(format), report.write(format)?);
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                if size <= room {
                    room -= size;
                    names.attached.push(name.clone());
                    files.push(File { name, media_type: format.media_type(), bytes });
                } else {
                    let path = leave(&directory, &name, &bytes)?;
                    names.left.push(path.display().to_string());
                }
            }
            Ok((report.statistics.whole, files, names))
        };
        let mut periods = Compared::from(period);
        // Half years are of unequal length: the one before is the one that was reported before.
        if row.message.stage == Rhythm::HalfYearly.as_str() {
            let before = last_ended(&live.config.reports.rules.periods_begin, period.from());
            periods.before = before.unwrap_or(periods.before);
        }
        let written = self.written_report(periods, None, write).await?;
        let (figures, files, names) = written.context("writing a report")?;
        let mut message = render::report(period, &figures, &names);
        message.files = files;
        Ok(Verdict::Send(Box::new(Ready::quiet(message))))
    }
}

/// Where reports go: to the administrators once, by mail where they have it, and to whom the config
/// names.
fn readers(live: &Live) -> Vec<ChannelAddress> {
    let theirs = &live.config.rules.directory.administrators.channels;
    let by_mail = theirs.iter().find(|channel| channel.kind == ChannelKind::Mail);
    let mut readers: Vec<ChannelAddress> =
        by_mail.or(theirs.first()).cloned().into_iter().collect();
    let others = live.config.reports.recipients.iter();
    let others: Vec<_> = others.filter(|other| !readers.contains(other)).cloned().collect();
    readers.extend(others);
    readers
}

fn addressed(due: DueReport, channel: &ChannelAddress) -> NewMessage {
    let (from, to) = (due.period.from(), due.period.to());
    NewMessage {
        key: format!("report/{}/{from}/{to}/{channel}", due.rhythm.as_str()),
        case: None,
        occasion: Occasion::Report,
        stage: due.rhythm.as_str().to_owned(),
        due_on: None,
        channel: channel.clone(),
        recipient: Recipient::Administrators,
        detail: format!("{from}/{to}"),
        may_have_arrived: false,
    }
}

/// Leaves a file where people of the machine find it; whole, or not at all.
fn leave(directory: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let path = directory.join(name);
    let shown = directory.display();
    private_directory(directory).with_context(|| format!("making {shown}"))?;
    replace_private(&path, bytes).with_context(|| format!("writing into {shown}"))?;
    Ok(path)
}
