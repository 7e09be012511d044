//! A month as the program lives it: bell by bell, with an end wherever the seed says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use jicui::app::Step;
use jicui::clock::{instant, wall};
use jicui::demo::platform::Misbehaviour;
use jicui::domain::case::CaseNumber;
use jicui::domain::message::MessageState;
use jicui::store::HistoryEntry;

use crate::checks::Delivered;
use crate::count::{Days, Half, Shut, time};
use crate::deeds::{self, AGENCIES, Asked, Deed};
use crate::weather::{Commits, CutOff, Heaven};
use crate::world::World;

/// Of so many runs of a step one is cut off.
const CUT_ONE_OF: u32 = 8;

/// Of so many bells one does not ring.
const BELLS_MISSED_ONE_OF: u32 = 3;

/// What happened, in numbers.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) cases: u64,
    pub(crate) messages: u64,
    pub(crate) marked: u64,
    pub(crate) overtaken: u64,
    pub(crate) steps: u64,
    pub(crate) cut_between: u64,
    pub(crate) cut_at_the_wire: u64,
    pub(crate) faults: u64,
    pub(crate) failed_polls: u64,
    pub(crate) edits: u64,
    pub(crate) told_checks: u64,
    /// Messages in which a due day was found.
    pub(crate) due_days: u64,
    /// Messages in which days left were found.
    pub(crate) days_left: u64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.cases += other.cases;
        self.messages += other.messages;
        self.marked += other.marked;
        self.overtaken += other.overtaken;
        self.steps += other.steps;
        self.cut_between += other.cut_between;
        self.cut_at_the_wire += other.cut_at_the_wire;
        self.due_days += other.due_days;
        self.days_left += other.days_left;
        self.faults += other.faults;
        self.failed_polls += other.failed_polls;
        self.edits += other.edits;
        self.told_checks += other.told_checks;
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, messages, marked, overtaken, steps, .. } = self;
        let Self { cut_between, cut_at_the_wire, faults, failed_polls, edits, told_checks, .. } =
            self;
        write!(
            f,
            "{cases} cases, {messages} messages ({marked} marked 重送), {overtaken} overtaken, \
             {steps} steps, cut off {cut_between} times between two steps and {cut_at_the_wire} \
             times at the wire, {faults} faults of providers, {failed_polls} failed polls, {edits} \
             edits; {told_checks} times a unit was found told of the stage its case stands on"
        )
    }
}

/// The program in a made-up world, and what is known of both.
pub(crate) struct Month {
    pub(crate) world: World,
    pub(crate) heaven: Heaven,
    pub(crate) days: Days,
    pub(crate) asked: Vec<Asked>,
    pub(crate) delivered: Vec<Delivered>,
    pub(crate) keys: BTreeSet<String>,
    pub(crate) read: (usize, usize),
    pub(crate) history: BTreeMap<CaseNumber, Vec<HistoryEntry>>,
    pub(crate) log: Vec<String>,
    pub(crate) sums: Sums,
    random: fastrand::Rng,
    misbehaviour: Option<Misbehaviour>,
    off_until: Option<NaiveDateTime>,
    calm: bool,
}

/// A point of the month's time line.
enum Point {
    Deed(Deed),
    /// The bells ring, the platform's among them or not.
    Bells(bool),
}

impl Month {
    /// Lives the month of `seed`; the first promise that is broken ends it.
    pub(crate) async fn live(seed: u64) -> Result<Sums, String> {
        let mut random = fastrand::Rng::with_seed(seed);
        let first = NaiveDate::from_ymd_opt(2024, 6, 1).unwrap()
            + TimeDelta::days(random.i64(0..365 * 3 + 170));
        let begins = first.and_time(time(7, 30)).format("%Y-%m-%d %H:%M").to_string();
        let world = World::with_units(&begins, &deeds::units()).await;
        for (agency, _, nid, _) in &AGENCIES[1..] {
            world.platform.add_dataset(*nid, "統計", agency);
        }
        // The list of requests is the whole country's: it is never empty.
        let long_ago = (first - TimeDelta::days(60)).and_time(time(9, 0));
        world.platform.post_request(1, "希望開放", long_ago, Some("內政部"));
        let heaven = Heaven::default();
        world.slack.choose_faults(heaven.chooser(seed, true));
        world.teams.choose_faults(heaven.chooser(seed, false));
        let mut month = Self {
            world,
            heaven,
            days: Days::published(),
            asked: Vec::new(),
            delivered: Vec::new(),
            keys: BTreeSet::new(),
            read: (0, 0),
            history: BTreeMap::new(),
            log: vec![format!("seed {seed}, from {first}")],
            sums: Sums::default(),
            random,
            misbehaviour: None,
            off_until: None,
            calm: false,
        };
        let lived = month.days_from(first).await;
        month.sums.faults = month.heaven.sky.lock().unwrap().faults;
        month.world.sent();
        let log = month.log;
        let said = |broken: String| {
            let tail = log[log.len().saturating_sub(60)..].join("\n  ");
            format!("{broken}\n  {tail}")
        };
        lived.map_err(said).map(|()| month.sums)
    }

    async fn days_from(&mut self, first: NaiveDate) -> Result<(), String> {
        for _ in 0..self.random.u32(0..5) {
            let earlier = TimeDelta::minutes(self.random.i64(60..25 * 24 * 60));
            self.comment(first.and_time(time(7, 0)) - earlier);
        }
        let mut line: Vec<(NaiveDateTime, Point)> = deeds::plan(first, &mut self.random)
            .into_iter()
            .map(|(at, deed)| (at, Point::Deed(deed)))
            .collect();
        for day in first.iter_days().take(30) {
            let bells = if self.days.counts(day, None) { &BELLS[..] } else { &BELLS_ON_DAYS_OFF };
            for (hour, minute, polls) in bells.iter().copied() {
                // No two days are alike: a bell may be missed, or not be rung.
                if self.random.u32(0..BELLS_MISSED_ONE_OF) == 0 {
                    continue;
                }
                let late = TimeDelta::seconds(self.random.i64(0..30));
                line.push((day.and_time(time(hour, minute)) + late, Point::Bells(polls)));
            }
        }
        line.sort_by_key(|(at, _)| *at);
        for index in 0..line.len() {
            let next = line.get(index + 1).map(|(at, _)| *at);
            let (at, point) = &line[index];
            self.pass(*at, point, next.unwrap_or(*at)).await?;
        }
        self.finish(first + TimeDelta::days(30)).await
    }

    async fn pass(
        &mut self,
        at: NaiveDateTime,
        point: &Point,
        next: NaiveDateTime,
    ) -> Result<(), String> {
        self.world.set(instant(at));
        match point {
            Point::Deed(deed) => {
                let deed = deed.clone();
                self.deed(&deed, at);
                if matches!(deed, Deed::Shut(_) | Deed::Reopen) && self.off_until.is_none() {
                    self.world.reload();
                    self.bells(true, next).await?;
                }
                Ok(())
            }
            Point::Bells(_) if self.off_until.is_some_and(|until| at < until) => Ok(()),
            Point::Bells(polls) => {
                if self.off_until.take().is_some() {
                    self.note("on again");
                    self.world.restart();
                }
                self.bells(*polls, next).await
            }
        }
    }

    /// The steps that the bells ask for, and those that retries ask for until `next`.
    async fn bells(&mut self, polls: bool, next: NaiveDateTime) -> Result<(), String> {
        if polls {
            self.run(Step::Poll).await?;
        }
        self.run(Step::Remind).await?;
        self.run(Step::Deliver).await?;
        for _ in 0..40 {
            let Some(at) = self.next_attempt().await else { break };
            let at = at + TimeDelta::seconds(self.random.i64(0..30));
            if at >= next || !self.days.open_at(at, None) {
                break;
            }
            self.world.set(instant(at));
            self.run(Step::Remind).await?;
            self.run(Step::Deliver).await?;
        }
        self.check_all(polls, self.calm).await
    }

    /// When the next message that waits is to be tried.
    async fn next_attempt(&self) -> Option<NaiveDateTime> {
        let waiting = vec![MessageState::Queued, MessageState::Sending];
        let waiting = self.world.app.store().outbox(waiting, u32::MAX).await.unwrap();
        let now = self.world.now();
        let later = waiting.iter().map(|row| row.next_attempt_at).filter(|at| *at > now);
        later.min().map(wall)
    }

    /// Runs a step, or a part of it: then a new process begins, and catches up.
    async fn run(&mut self, step: Step) -> Result<(), String> {
        self.sums.steps += 1;
        let cut = !self.calm && self.random.u32(0..CUT_ONE_OF) == 0;
        let wire = cut && step == Step::Deliver && self.random.bool();
        let before = match &self.misbehaviour {
            Some(_) if step == Step::Poll => self.world.app.store().all_cases().await.unwrap(),
            _ => Vec::new(),
        };
        let app = std::sync::Arc::clone(&self.world.app);
        let work = async move { app.run(step).await };
        let done = if wire {
            let at = (self.random.u32(1..4), self.random.bool());
            self.heaven.clone().strike_at_the_wire(at, work).await
        } else if cut {
            let commits = Commits::of(&self.world.path("state/jicui.db"));
            CutOff::new(work, commits, self.random.u32(1..6)).await
        } else {
            Some(work.await)
        };
        let clean = done.as_ref().is_some_and(|report| report.fault.is_none());
        if done.is_none() {
            self.sums.cut_at_the_wire += u64::from(wire);
            self.sums.cut_between += u64::from(!wire);
            self.note(&format!(
                "cut off in {} ({})",
                step.as_str(),
                if wire { "wire" } else { "step" }
            ));
            self.start_again().await;
        }
        self.collect().await?;
        if step == Step::Poll {
            self.sums.failed_polls += u64::from(!clean);
            self.check_poll(&before, self.misbehaviour.as_ref(), clean).await?;
        }
        if done.is_none() {
            for step in Step::ALL {
                self.world.app.run(step).await;
                self.collect().await?;
            }
        }
        Ok(())
    }

    /// A new process on the database as the old one left it.
    async fn start_again(&mut self) {
        // What had left the house arrives.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.world.restart_as_it_was();
    }

    fn deed(&mut self, deed: &Deed, at: NaiveDateTime) {
        match deed {
            Deed::Comment => self.comment(at),
            Deed::Request => self.request(at),
            Deed::Assign => self.assign(|asked| asked.agency.is_none()),
            Deed::Reassign => self.assign(|asked| asked.agency.is_some() && !asked.answered),
            Deed::Answer => self.answer(at),
            Deed::AskAgain => self.ask_again(),
            Deed::Remove => self.remove(),
            Deed::Shut(shut) => {
                if !self.days.shut.iter().any(|known| known.on == shut.on) {
                    self.days.shut.push(shut.clone());
                    self.write_closures();
                }
            }
            Deed::Reopen => {
                if let Some(index) = self.some(self.days.shut.len()) {
                    self.days.shut.remove(index);
                    self.write_closures();
                }
            }
            Deed::Slack(weather) => self.heaven.change(|sky| sky.slack = *weather),
            Deed::Teams(weather) => self.heaven.change(|sky| sky.teams = *weather),
            Deed::Platform(how) => {
                self.misbehaviour.clone_from(how);
                self.world.platform.misbehave(how.clone());
            }
            Deed::Off(until) => {
                self.off_until = Some((*until).max(self.off_until.unwrap_or(*until)));
            }
        }
        self.note(&format!("{deed:?}"));
    }

    fn some(&mut self, of: usize) -> Option<usize> {
        (of > 0).then(|| self.random.usize(0..of))
    }

    fn pick(&mut self, fits: impl Fn(&Asked) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.asked.len())
            .filter(|index| fits(&self.asked[*index]) && !self.asked[*index].gone)
            .collect();
        self.some(fitting.len()).map(|index| fitting[index])
    }

    fn comment(&mut self, at: NaiveDateTime) {
        let (agency, id) = (self.random.usize(0..3), 500_001 + self.asked.len() as u64);
        self.world.platform.post_comment(AGENCIES[agency].2, id, "題", at);
        self.ask(CaseNumber::of_comment(id), id, Some(agency), at);
    }

    fn request(&mut self, at: NaiveDateTime) {
        let (agency, id) = (self.random.usize(0..5), 130_001 + self.asked.len() as u64);
        let agency = (agency < 3).then_some(agency);
        let name = agency.map(|agency| AGENCIES[agency].0);
        self.world.platform.post_request(id, "希望開放", at, name);
        self.ask(CaseNumber::of_request(id), id, agency, at);
    }

    fn ask(&mut self, number: CaseNumber, id: u64, agency: Option<usize>, created: NaiveDateTime) {
        let is_comment = number.as_str().starts_with("C-");
        // The platform tells the minute, and of a request only the day.
        let (answered, gone) = (false, false);
        self.asked.push(Asked { number, id, is_comment, agency, created, answered, gone });
        self.sums.cases += 1;
    }

    fn assign(&mut self, fits: impl Fn(&Asked) -> bool) {
        let agency = self.random.usize(0..3);
        if let Some(index) = self.pick(|asked| !asked.is_comment && fits(asked)) {
            self.asked[index].agency = Some(agency);
            self.world.platform.assign_request(self.asked[index].id, AGENCIES[agency].0);
        }
    }

    fn answer(&mut self, at: NaiveDateTime) {
        let fits = |asked: &Asked| asked.agency.is_some() && !asked.answered && asked.created < at;
        if let Some(index) = self.pick(fits) {
            let asked = &mut self.asked[index];
            asked.answered = true;
            if asked.is_comment {
                self.world.platform.reply_to_comment(asked.id, at);
            } else {
                self.world.platform.reply_to_request(asked.id, at);
            }
        }
    }

    fn ask_again(&mut self) {
        if let Some(index) = self.pick(|asked| !asked.is_comment && asked.answered) {
            self.asked[index].answered = false;
            self.world.platform.ask_again(self.asked[index].id);
        }
    }

    fn remove(&mut self) {
        if let Some(index) = self.pick(|_| true) {
            let asked = &mut self.asked[index];
            asked.gone = true;
            if asked.is_comment {
                self.world.platform.remove_comment(asked.id);
            } else {
                self.world.platform.remove_request(asked.id);
            }
        }
    }

    fn write_closures(&mut self) {
        self.sums.edits += 1;
        let entry = |shut: &Shut| {
            let region = shut.region.map(|name| format!("region = \"{name}\"\n"));
            let part = shut.half.map(|half| match half {
                Half::Morning => "part = \"am\"\n",
                Half::Afternoon => "part = \"pm\"\n",
            });
            let (region, part) = (region.unwrap_or_default(), part.unwrap_or_default());
            format!("[[closure]]\ndate = {}\n{region}{part}reason = \"颱風\"\n", shut.on)
        };
        let text: String = self.days.shut.iter().map(entry).collect();
        std::fs::write(self.world.path("calendar/closures.toml"), text).unwrap();
    }

    /// All is well again: whatever is owed arrives within two open days.
    async fn finish(&mut self, day: NaiveDate) -> Result<(), String> {
        self.note("all is well from here on");
        self.calm = true;
        self.off_until = None;
        self.misbehaviour = None;
        self.world.platform.misbehave(None);
        self.heaven.change(|sky| (sky.slack, sky.teams) = Default::default());
        self.world.restart();
        let open = |days: &Days, day: NaiveDate| {
            let noon = day.and_time(time(12, 30));
            AGENCIES.iter().all(|(_, seat, ..)| days.open_at(noon, Some(seat)))
        };
        let mut days = day.iter_days().filter(|day| open(&self.days, *day));
        for day in [days.next().unwrap(), days.next().unwrap()] {
            for (hour, minute) in [(9, 1), (10, 30), (12, 30), (14, 1), (15, 30), (17, 0)] {
                self.world.set(instant(day.and_time(time(hour, minute))));
                self.bells(true, day.and_time(time(23, 0))).await?;
            }
        }
        self.check_end().await
    }

    pub(crate) fn note(&mut self, what: &str) {
        let at = wall(self.world.now()).format("%m-%d %H:%M:%S");
        self.log.push(format!("{at} {what}"));
    }
}

/// When the bells ring in the simulation, and whether the platform's does: at the stages' times, at
/// the edges of the office's day, and now and then; the rest are bells with nothing to do.
const BELLS: [(u32, u32, bool); 6] =
    [(8, 0, true), (9, 0, false), (10, 30, true), (14, 0, true), (16, 30, false), (20, 0, false)];

/// Nothing may be said on a day off, whatever is due.
const BELLS_ON_DAYS_OFF: [(u32, u32, bool); 2] = [(9, 0, true), (14, 0, false)];
