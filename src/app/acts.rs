//! What people do to a case: one way in for the command line, the pages, the API, Slack, Teams and mail.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::info;

use super::{App, Live, news};
use crate::clock::{rfc3339, today};
use crate::domain::act::{
    Act, Actor, CaseByHand, Entry, Moment, Performed, Refusal, hold_at_its_longest, perform,
};
use crate::domain::case::{Case, CaseNumber};
use crate::domain::directory::Language;
use crate::domain::observation::Account;
use crate::notify::door;
use crate::store::{Attempt, Condition, Reminded, Ticket};

/// Who ends a hold that has lasted its longest.
const BY_ITSELF: &str = "jicui";

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The case as it was.
    pub before: Case,
    /// The case as it is.
    pub case: Case,
    /// What the history keeps of it.
    pub entries: Vec<Entry>,
}

/// What somebody wants done.
struct Wish {
    act: Act,
    /// What they say to an act that needs no reason.
    remark: String,
    condition: Option<Condition>,
}

impl Wish {
    fn of(act: Act) -> Self {
        Self { act, remark: String::new(), condition: None }
    }
}

/// Why nothing was done. [`Display`](std::fmt::Display) has words for a terminal,
/// [`words`](Self::words) for office workers.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// No case has this number.
    #[error("there is no case {0}: `jicui cases` lists them")]
    UnknownCase(CaseNumber),
    /// There is a case of this number.
    #[error("there is a case {0} already: `jicui cases show {0}`")]
    KnownCase(CaseNumber),
    /// It had been done before.
    #[error("{act} {number}: {by} did that at {}; nothing was changed", rfc3339(*.at))]
    AlreadyDone {
        /// What.
        act: &'static str,
        /// To which case.
        number: CaseNumber,
        /// Who did it.
        by: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Something happened to it since whoever acts had looked at it.
    #[error("something was done to {0} since it was looked at: look again; nothing was changed")]
    Changed(CaseNumber),
    /// It may not be, or cannot be.
    #[error(transparent)]
    Refused(Refusal),
    /// The database failed.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

impl ActError {
    /// The same for the people who click: polite, without blame.
    pub fn words(&self, language: Language) -> String {
        let words = door::words(language);
        match self {
            Self::UnknownCase(number) => words.unknown_case(number),
            Self::KnownCase(number) => words.known_case(number),
            Self::AlreadyDone { by, at, .. } => door::done_before(language, by, *at),
            Self::Changed(number) => words.changed_meanwhile(number),
            Self::Refused(refusal) => words.refusal(refusal),
            Self::Failed(_) => words.act_failed().to_owned(),
        }
    }
}

impl App {
    /// Does `act` to a case, with its history and with what it asks for in one transaction.
    ///
    /// The same again does nothing: the answer says who had done it and when.
    pub async fn act(
        &self,
        number: &CaseNumber,
        act: Act,
        actor: &Actor,
    ) -> Result<Acted, ActError> {
        self.act_if(number, Wish::of(act), actor).await
    }

    /// The same with a remark, which the history keeps as the reason of an act that has none, else beside it.
    pub async fn act_with_remark(
        &self,
        number: &CaseNumber,
        act: Act,
        actor: &Actor,
        remark: String,
    ) -> Result<Acted, ActError> {
        self.act_if(number, Wish { remark, ..Wish::of(act) }, actor).await
    }

    /// The same, if nothing happened to the case after the entry of its history that was the newest
    /// when somebody looked at it: what was done in between is not overwritten unseen.
    pub async fn act_as_seen(
        &self,
        number: &CaseNumber,
        act: Act,
        actor: &Actor,
        seen: i64,
    ) -> Result<Acted, ActError> {
        let condition = Some(Condition::Seen(seen));
        self.act_if(number, Wish { condition, ..Wish::of(act) }, actor).await
    }

    /// The same, using up the ticket with this key: what was done by it is not done again.
    pub(super) async fn act_once(
        &self,
        number: &CaseNumber,
        act: Act,
        actor: &Actor,
        ticket: Option<String>,
    ) -> Result<Acted, ActError> {
        let condition = ticket.map(|key| Condition::Ticket(Ticket { key, act: act.as_str() }));
        self.act_if(number, Wish { condition, ..Wish::of(act) }, actor).await
    }

    async fn act_if(
        &self,
        number: &CaseNumber,
        Wish { act, remark, condition }: Wish,
        actor: &Actor,
    ) -> Result<Acted, ActError> {
        let (live, now) = (self.live(), self.now());
        let moment = Moment { now, today: today(now) };
        let word = act.as_str();
        let decide = {
            let (live, actor) = (Arc::clone(&live), actor.clone());
            move |case: &Case| {
                let mut performed = perform(case, &act, &actor, (&live.config.rules, moment))?;
                let remark = remark.trim();
                match performed.entries.first_mut() {
                    _ if remark.is_empty() => {}
                    Some(entry) if entry.reason.is_empty() => remark.clone_into(&mut entry.reason),
                    _ => performed.entries.push(Entry::note(remark)),
                }
                Ok(performed)
            }
        };
        let asks_for = move |performed: &Performed, reminded: &[Reminded]| {
            news::asked_for(&live, performed, reminded, now)
        };
        let who = (number, actor.name.as_str(), condition);
        let attempt = self.store.act(who, decide, asks_for, now).await;
        match attempt.map_err(|error| ActError::Failed(error.into()))? {
            Attempt::Unknown => Err(ActError::UnknownCase(number.clone())),
            Attempt::Changed => Err(ActError::Changed(number.clone())),
            Attempt::Used(by, at) | Attempt::Refused(_, Some((by, at))) => {
                Err(ActError::AlreadyDone { act: word, number: number.clone(), by, at })
            }
            Attempt::Refused(refusal, None) => Err(ActError::Refused(refusal)),
            Attempt::Done(done) => {
                let (before, Performed { case, entries, .. }) = *done;
                info!(case_number = %number, act = word, by = actor.name, "acted");
                Ok(Acted { before, case, entries })
            }
        }
    }

    /// Puts in a case that no source shows: what arrives by mail or telephone. The remark, which may be
    /// empty, is for its history.
    pub async fn add_case(
        &self,
        case: CaseByHand,
        actor: &Actor,
        remark: &str,
    ) -> Result<Case, ActError> {
        let (live, now) = (self.live(), self.now());
        let number = case.number.clone();
        if let Some(unit) =
            case.unit.as_ref().filter(|id| live.config.rules.directory.unit(id).is_none())
        {
            return Err(ActError::Refused(Refusal::UnknownUnit(unit.clone())));
        }
        if case.assigned_on > today(now) {
            let on = case.assigned_on;
            return Err(ActError::Refused(Refusal::BadDay { on, why: "in the future" }));
        }
        if let Some(on) = case.due_on.filter(|due_on| *due_on < case.assigned_on) {
            return Err(ActError::Refused(Refusal::BadDay { on, why: "before the clock started" }));
        }
        let case = case.begin(now);
        if let Err(error) = live.config.rules.deadline(&case, today(now)) {
            return Err(ActError::Refused(error.into()));
        }
        let after = format!("{} {}", case.start.on, case.start.origin.as_str());
        let account = Account { before: String::new(), after };
        let entry = Entry { event: "added", account, reason: remark.trim().to_owned() };
        let added = self.store.add(case.clone(), entry, actor.name.clone(), now).await;
        if !added.map_err(|error| ActError::Failed(error.into()))? {
            return Err(ActError::KnownCase(number));
        }
        info!(case_number = %number, by = actor.name, "added");
        Ok(case)
    }

    /// Ends every hold that has lasted its longest. Returns how many.
    pub(super) async fn end_longest_holds(
        &self,
        live: &Arc<Live>,
        cases: &[Case],
        now: DateTime<Utc>,
    ) -> anyhow::Result<usize> {
        let moment = Moment { now, today: today(now) };
        let mut ended = 0;
        for case in cases.iter().filter(|case| case.handling.open_hold().is_some()) {
            let live = Arc::clone(live);
            let decide = move |case: &Case| {
                let at_longest = hold_at_its_longest(case, (&live.config.rules, moment), BY_ITSELF);
                at_longest?.ok_or(Refusal::AlreadyDone(&["resumed"]))
            };
            let nothing = |_: &Performed, _: &[Reminded]| Vec::new();
            let who = (&case.number, BY_ITSELF, None);
            let attempt = self.store.act(who, decide, nothing, now).await?;
            ended += usize::from(matches!(attempt, Attempt::Done(_)));
        }
        Ok(ended)
    }
}
