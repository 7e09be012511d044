//! The calendar in the administrators' hands: what an edit would do, and proof of what was done.

use std::sync::{Arc, PoisonError};

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use tracing::info;

use super::{App, Live, alarms};
use crate::clock::today;
use crate::config::calendar::{CalendarFiles, Replacement, file_of, place_of, sha256};
use crate::config::publication::{self, FileFault};
use crate::domain::calendar::{Calendars, ClosurePolicy};
use crate::domain::impact::{self, DayChange, MovedCase, MovedClock, RunningClock};
use crate::domain::publication::PublishedYear;
use crate::domain::reminder::{Recipient, Rules, Told};
use crate::store::Proposal;
pub use crate::store::{CalendarVersion, HAD_BEEN_TOLD};

/// What another calendar changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// The days it sees differently.
    pub days: Vec<DayChange>,
    /// The open cases it moves, or whose day becomes certain, or a guess.
    pub moved: Vec<MovedCase>,
}

impl Impact {
    /// How many open cases are due on another day.
    pub fn moves(&self) -> usize {
        self.moved.iter().filter(|case| case.is_moved()).count()
    }
}

/// A published file that was read and held against the calendar in force.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Its year.
    pub year: i32,
    /// The file, byte for byte.
    pub content: Arc<[u8]>,
    /// Its SHA-256.
    pub sha256: String,
    /// Why it is known to be superseded, if it is.
    pub superseded: Option<String>,
    /// Whether it says of every day what the calendar in force says.
    pub is_in_force: bool,
    /// Whether the calendar in force has its year at all.
    pub is_new_year: bool,
}

/// No limit on the cases of a clock.
const EVERY_CASE: u32 = u32::MAX;

/// Who and what, for a calendar that nobody told jicui of: its files were edited by hand.
pub(super) const FOUND: (&str, &str) = ("hand", "found so in the files");

impl App {
    /// What these files would change, if they were the calendar.
    ///
    /// # Errors
    ///
    /// Files that cannot be read as a calendar: every fault, one a line.
    pub async fn impact(&self, proposed: &CalendarFiles) -> anyhow::Result<Impact> {
        let live = self.live();
        let after = proposed.calendars(&live.config.calendar_dir).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            anyhow!("{}", lines.join("\n"))
        })?;
        self.impact_between((&live.config.rules.calendars, &after)).await
    }

    /// One clock for all open cases that are due together; where units have seats of their own,
    /// each case has its own clock.
    pub(super) async fn running_clocks(&self, rules: &Rules) -> anyhow::Result<Vec<RunningClock>> {
        if !rules.directory.has_seats_of_units() {
            return self.store.running_clocks().await.context("loading running clocks");
        }
        let cases = self.store.open_cases().await.context("loading open cases")?;
        Ok(cases.into_iter().map(RunningClock::of).collect())
    }

    async fn impact_between(
        &self,
        (before, after): (&Calendars, &Calendars),
    ) -> anyhow::Result<Impact> {
        let live = self.live();
        let clocks = self.running_clocks(&live.config.rules).await?;
        let today = today(self.now());
        let moved = impact::moved(clocks, &live.config.rules, (before, after), today);
        let told = if moved.is_empty() { Told::new() } else { self.store.told().await? };
        let clocks = moved.iter().map(|moved| moved.clock.clone()).collect();
        let numbers = self.store.cases_of_clocks(clocks, EVERY_CASE).await;
        let numbers = numbers.context("loading the cases that move")?;
        let mut cases = Vec::new();
        for (MovedClock { from, to, .. }, numbers) in moved.iter().zip(numbers) {
            cases.extend(numbers.into_iter().map(|number| {
                let of_case = told
                    .range((number.clone(), 0, Recipient::Unit(String::new()))..)
                    .take_while(|((known, ..), _)| *known == number);
                let earlier = of_case.filter_map(|((.., recipient), last)| {
                    let day = last.day.filter(|day| day.due_on != to.on)?;
                    Some((recipient.clone(), day.due_on))
                });
                let told = earlier.collect();
                MovedCase { number, from: *from, to: *to, told }
            }));
        }
        Ok(Impact { days: impact::changed_days(before, after), moved: cases })
    }

    /// Keeps the calendar in force in the calendar's own history, if it is another than the last
    /// one kept, and what the change moved in the history of each case. Returns how many moved.
    pub async fn note_calendar(
        &self,
        files: &CalendarFiles,
        (actor, reason): (&str, &str),
    ) -> anyhow::Result<usize> {
        if self.noted.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(files) {
            return Ok(0);
        }
        let last = self.store.latest_calendar().await;
        let last = last.context("loading the calendar's history")?.map(|(_, files)| files);
        if last.as_ref() == Some(files) {
            *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = last;
            return Ok(0);
        }
        self.note_version((last.as_ref(), files), (actor, reason)).await
    }

    /// Keeps a version of the calendar that follows another, if there was one.
    async fn note_version(
        &self,
        (before, files): (Option<&CalendarFiles>, &CalendarFiles),
        (actor, reason): (&str, &str),
    ) -> anyhow::Result<usize> {
        let mut impact = Impact::default();
        if let Some(before) = before {
            let directory = self.live().config.calendar_dir.clone();
            let read = (before.calendars(&directory), files.calendars(&directory));
            if let (Ok(before), Ok(after)) = read {
                impact = self.impact_between((&before, &after)).await?;
            }
        }
        let (cases, moved) = (impact.moves(), impact.moved);
        let words = (actor.to_owned(), reason.to_owned());
        let recorded = self.store.record_calendar(files.clone(), words, moved, self.now()).await;
        recorded.context("keeping the calendar's history")?;
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(files.clone());
        info!(actor, cases, "a new version of the calendar is in force");
        Ok(cases)
    }

    /// What the calendar said at an earlier instant; `None` if no calendar was ever kept.
    pub async fn calendar_at(
        &self,
        at: DateTime<Utc>,
    ) -> anyhow::Result<Option<(CalendarVersion, Calendars)>> {
        let kept = self.store.calendar_at(at).await.context("loading the calendar's history")?;
        let Some((version, files)) = kept else { return Ok(None) };
        let calendars = files.calendars(&self.live().config.calendar_dir);
        let calendars = calendars.map_err(|_| anyhow!("the calendar kept then cannot be read"))?;
        Ok(Some((version, calendars)))
    }

    /// Reads a published file and holds it against the calendar in force.
    ///
    /// # Errors
    ///
    /// The outer one is the store's; the inner one names every row that is wrong.
    pub async fn examine(
        &self,
        content: &[u8],
        name: &str,
    ) -> anyhow::Result<Result<Examined, Vec<FileFault>>> {
        let year = match publication::read(content, name) {
            Ok(year) => year,
            Err(faults) => return Ok(Err(faults)),
        };
        let live = self.live();
        let national = live.config.rules.calendars.national();
        let in_force = national.published_years().find(|known| known.year() == year.year());
        Ok(Ok(Examined {
            year: year.year(),
            content: content.into(),
            sha256: sha256(content),
            superseded: self.superseded(&year, in_force.map(AsRef::as_ref)).await?,
            is_in_force: in_force.is_some_and(|known| known.has_days_of(&year)),
            is_new_year: in_force.is_none(),
        }))
    }

    /// Why `year` must not win: known to every build, or replaced here before. What this build
    /// carries is the newest that its makers knew, and is never superseded.
    async fn superseded(
        &self,
        year: &PublishedYear,
        in_force: Option<&PublishedYear>,
    ) -> anyhow::Result<Option<String>> {
        if let Some(why) = publication::superseded(year) {
            return Ok(Some(why.to_owned()));
        }
        let name = file_of(year.year());
        let same = |content: &[u8]| {
            publication::read(content, &name).is_ok_and(|known| known.has_days_of(year))
        };
        let in_force = in_force.is_some_and(|known| known.has_days_of(year));
        let shipped = CalendarFiles::compiled_in(ClosurePolicy::default());
        if in_force || shipped.file(&name).is_some_and(same) {
            return Ok(None);
        }
        let kept = self.store.calendar_contents_of(name.clone()).await;
        let kept = kept.context("loading the calendar's history")?;
        Ok(kept.iter().any(|content| same(content)).then(|| {
            "it was in force here before and was replaced (see `jicui calendar history`)".to_owned()
        }))
    }

    /// Where the file of a year cannot be used, what was last in force of it is again, as the daemon goes on with it.
    pub async fn go_on_with_kept(&self) -> anyhow::Result<()> {
        let live = self.live();
        let files = &live.config.calendar_files;
        let Some(name) = files.unusable() else { return Ok(()) };
        let last = self.store.latest_calendar().await.context("loading the calendar's history")?;
        let kept = last.as_ref().and_then(|(_, kept)| kept.file(name));
        let Some(files) = kept.map(|bytes| files.with_in_its_place(bytes)) else { return Ok(()) };
        let mut config = live.config.clone();
        let read = files.calendars(&config.calendar_dir);
        config.rules.calendars = read.map_err(|_| anyhow!("the calendar cannot be read back"))?;
        config.calendar_files = files;
        self.replace_live(Live::with_channels(config, live.channels.clone())?);
        Ok(())
    }

    /// Puts a file in the calendar directory and keeps who did it, from what. Returns how many
    /// open cases moved. A running daemon puts it in force within two seconds.
    pub async fn put_in_place(
        &self,
        name: &str,
        content: &[u8],
        (actor, reason): (&str, &str),
    ) -> anyhow::Result<usize> {
        let live = self.live();
        let (directory, before) = (&live.config.calendar_dir, &live.config.calendar_files);
        self.note_calendar(before, FOUND).await?;
        let writing = || format!("writing {}", place_of(directory, name).display());
        // What there is no room for is not kept, and what cannot be kept is not put in force.
        let laid = Replacement::lay(directory, name, content).with_context(writing)?;
        let after = before.with(name, content);
        let moved = self.note_version((Some(before), &after), (actor, reason)).await?;
        laid.put().with_context(writing)?;
        Ok(moved)
    }

    /// Every calendar that was in force, oldest first.
    pub async fn calendar_versions(&self) -> anyhow::Result<Vec<CalendarVersion>> {
        self.store.calendar_versions().await.context("loading the calendar's history")
    }

    /// Forgets what was proposed and is in force, however it came to be: a person applied it, or put the file
    /// there.
    pub(super) async fn settle_proposals(&self, live: &Live) -> anyhow::Result<()> {
        for Proposal { year, content, .. } in self.proposals().await? {
            let Ok(proposed) = publication::read(&content, &file_of(year)) else { continue };
            let mut years = live.config.rules.calendars.national().published_years();
            if years.any(|known| known.year() == year && known.has_days_of(&proposed)) {
                self.settle_proposal(live, year).await?;
            }
        }
        Ok(())
    }

    /// Forgets what was proposed for `year`: a person decided, or the platform took it back.
    pub async fn settle_proposal(&self, live: &Live, year: i32) -> anyhow::Result<()> {
        let subject = year.to_string();
        let alarm = (alarms::CALENDAR_PROPOSED, subject.as_str());
        self.end_alarm(live, alarm, self.now()).await?;
        self.store.drop_proposal(year).await.context("dropping a proposal")
    }

    /// The publications that wait for a person.
    pub async fn proposals(&self) -> anyhow::Result<Vec<Proposal>> {
        self.store.proposals().await.context("loading proposals")
    }
}
