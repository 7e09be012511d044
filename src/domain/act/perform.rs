//! What an act changes in its case, or why it is refused.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::case::{Case, CaseState, Origin, StartDay};
use super::super::deadline::Deadline;
use super::super::directory::Role;
use super::super::handling::{Extension, ExtensionState, Hold, HoldEnd};
use super::super::observation::{Account, day_in_taipei};
use super::super::reminder::Rules;
use super::{Act, Actor, Outcome, Refusal, may};

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub now: DateTime<Utc>,
    /// Its day in Taipei.
    pub today: NaiveDate,
}

/// One entry for the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happened: `acknowledged`, `extended`, ….
    pub event: &'static str,
    /// What was before, and what is after.
    pub account: Account,
    /// Why.
    pub reason: String,
}

impl Entry {
    /// What somebody noted of the case.
    pub fn note(text: &str) -> Self {
        entry("note", ("", ""), text)
    }
}

/// What an act did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performed {
    /// The case after it.
    pub case: Case,
    /// What the history keeps, in order; the first is the act itself.
    pub entries: Vec<Entry>,
    /// A follow-up that was recorded.
    pub follow_up: Option<(Outcome, String)>,
}

/// Does `act` to `case`, or says why not. `case` is as the store has it, in the transaction that
/// will write the result: of two who do the same at once, the second is told that it is done.
pub fn perform(
    case: &Case,
    act: &Act,
    actor: &Actor,
    (rules, moment): (&Rules, Moment),
) -> Result<Performed, Refusal> {
    let role = actor.role(&rules.directory, rules.unit(case), moment.today);
    let Some(role) = role.filter(|role| may(*role, act)) else {
        let (name, number) = (actor.name.clone(), case.number.clone());
        return Err(Refusal::NotAllowed { name, act: act.as_str(), number });
    };
    if act.lacks_reason() {
        return Err(Refusal::NoReason { act: act.as_str() });
    }
    let mut scene = Scene { case: case.clone(), act, actor, role, rules, moment };
    let entry = match act {
        Act::Acknowledge => scene.acknowledge(),
        Act::Reply { at } => scene.reply(at.unwrap_or(moment.now)),
        Act::Extend { workdays, reason } => scene.extend(*workdays, reason),
        Act::ConfirmExtension => scene.confirm_extension(),
        Act::RefuseExtension { reason } => scene.refuse_extension(reason),
        Act::Hold { reason } => scene.hold(reason),
        Act::Resume => scene.resume(),
        Act::Reassign { unit, reason } => scene.reassign(unit, reason),
        Act::Withdraw { reason } => scene.withdraw(reason),
        Act::CorrectStart { on, reason } => scene.correct_start(*on, reason),
        Act::Tick { item, on, document } => scene.tick(item, *on, document),
        Act::Untick { item, reason } => scene.untick(item, reason),
        Act::Measure { value } => scene.measure(*value),
        Act::Note { text } => Ok(Entry::note(text)),
        Act::FollowUp { outcome, reason } => scene.follow_up(*outcome, reason),
    }?;
    let follow_up = match act {
        Act::FollowUp { outcome, reason } => Some((*outcome, reason.trim().to_owned())),
        _ => None,
    };
    let mut entries = vec![entry];
    let fresh = rules.acts.reassigned_begins_anew && matches!(act, Act::Reassign { .. });
    // Nothing begins anew after the day that a case was given.
    let is_past = case.handling.due_on.is_some_and(|due_on| due_on < moment.today);
    if fresh && !is_past && scene.case.start.on != moment.today {
        entries.push(scene.start_on(moment.today, ""));
    }
    entries.extend(scene.follow_up_of(act));
    Ok(Performed { case: scene.case, entries, follow_up })
}

/// Ends the hold of `case` if it has lasted its longest: at that day, also if that is noticed later.
pub fn hold_at_its_longest(
    case: &Case,
    (rules, moment): (&Rules, Moment),
    by: &str,
) -> Result<Option<Performed>, Refusal> {
    let Some(hold) = case.handling.open_hold() else { return Ok(None) };
    let ends_on = rules.deadlines.hold_ends_on(hold, rules.calendar(case))?;
    if case.state != CaseState::OnHold || moment.today < ends_on {
        return Ok(None);
    }
    let (actor, role) = (Actor::at_console(by), Role::Administrator);
    let (case, act) = (case.clone(), &Act::Resume);
    let mut scene = Scene { case, act, actor: &actor, role, rules, moment };
    let mut resumed = scene.go_on(ends_on)?;
    resumed.reason = format!("on hold for {} workdays", rules.deadlines.longest_hold_workdays);
    Ok(Some(Performed { case: scene.case, entries: vec![resumed], follow_up: None }))
}

pub(super) fn entry(event: &'static str, (before, after): (&str, &str), reason: &str) -> Entry {
    let account = Account { before: before.to_owned(), after: after.to_owned() };
    Entry { event, account, reason: reason.trim().to_owned() }
}

/// A case in hand.
pub(super) struct Scene<'a> {
    pub(super) case: Case,
    act: &'a Act,
    pub(super) actor: &'a Actor,
    role: Role,
    pub(super) rules: &'a Rules,
    pub(super) moment: Moment,
}

impl Scene<'_> {
    fn impossible(&self) -> Refusal {
        let (number, state) = (self.case.number.clone(), self.case.state);
        Refusal::Impossible { number, state, act: self.act.as_str() }
    }

    /// Refuses unless an answer is owed.
    pub(super) fn must_be_open(&self) -> Result<(), Refusal> {
        if self.case.state.is_open() { Ok(()) } else { Err(self.impossible()) }
    }

    fn deadline(&self) -> Result<Deadline, Refusal> {
        Ok(self.rules.deadline(&self.case, self.moment.today)?)
    }

    /// Enters a state; the entry says from where to where.
    pub(super) fn enter(&mut self, state: CaseState, event: &'static str, reason: &str) -> Entry {
        let before = std::mem::replace(&mut self.case.state, state);
        entry(event, (before.as_str(), state.as_str()), reason)
    }

    pub(super) fn end_hold(&mut self, on: NaiveDate) {
        let (by, at) = (self.actor.name.clone(), self.moment.now);
        self.case.handling.end_hold(HoldEnd { on, by, at });
    }

    fn acknowledge(&mut self) -> Result<Entry, Refusal> {
        match self.case.state {
            CaseState::Open => Ok(self.enter(CaseState::Acknowledged, "acknowledged", "")),
            CaseState::Acknowledged => Err(Refusal::AlreadyDone(&["acknowledged"])),
            _ => Err(self.impossible()),
        }
    }

    fn reply(&mut self, at: DateTime<Utc>) -> Result<Entry, Refusal> {
        if self.case.state == CaseState::Replied {
            return Err(Refusal::AlreadyDone(&["replied"]));
        }
        self.must_be_open()?;
        self.must_be_ticked()?;
        // It would be open again with the next look at the numbers.
        if let Some(goal) = self.case.handling.goal.as_ref().filter(|goal| !goal.is_reached()) {
            let number = self.case.number.clone();
            return Err(Refusal::GoalShort { number, reached: goal.words() });
        }
        let on = day_in_taipei(at);
        if at > self.moment.now {
            return Err(Refusal::BadDay { on, why: "in the future" });
        }
        if on < self.case.start.on {
            return Err(Refusal::BadDay { on, why: "before the clock started" });
        }
        self.end_hold(on);
        self.case.replied_at = Some(at);
        self.case.handling.reply_unconfirmed = self.case.is_on_platform();
        Ok(self.enter(CaseState::Replied, "replied", ""))
    }

    fn extend(&mut self, workdays: u32, reason: &str) -> Result<Entry, Refusal> {
        self.must_be_open()?;
        let longest = self.rules.acts.longest_extension_workdays;
        if !(1..=longest).contains(&workdays) {
            return Err(Refusal::BadLength { workdays, longest });
        }
        if self.case.handling.extension_workdays() > 0 {
            return Err(Refusal::AlreadyDone(&["extended"]));
        }
        if self.case.handling.asked_extension().is_some() {
            return Err(Refusal::AlreadyDone(&["extension_asked"]));
        }
        self.case.handling.extensions.push(Extension {
            workdays,
            reason: reason.trim().to_owned(),
            asked_by: self.actor.name.clone(),
            asked_at: self.moment.now,
            state: ExtensionState::Asked,
            decided_by: None,
            decided_at: None,
        });
        if may(self.role, &Act::ConfirmExtension) {
            let confirmed = self.confirm_extension()?;
            return Ok(Entry { reason: reason.trim().to_owned(), ..confirmed });
        }
        Ok(entry("extension_asked", ("", &workdays.to_string()), reason))
    }

    /// The extension that waits, decided.
    fn decide(&mut self, state: ExtensionState) -> Result<Extension, Refusal> {
        let number = self.case.number.clone();
        let asked = self.case.handling.extensions.iter_mut();
        let mut asked = asked.filter(|extension| extension.state == ExtensionState::Asked);
        let extension = asked.next().ok_or(Refusal::NothingAsked(number))?;
        extension.state = state;
        extension.decided_by = Some(self.actor.name.clone());
        extension.decided_at = Some(self.moment.now);
        Ok(extension.clone())
    }

    fn last_decision(&self) -> Option<ExtensionState> {
        self.case.handling.extensions.last().map(|extension| extension.state)
    }

    fn confirm_extension(&mut self) -> Result<Entry, Refusal> {
        if self.last_decision() == Some(ExtensionState::Confirmed) {
            return Err(Refusal::AlreadyDone(&["extended"]));
        }
        self.must_be_open()?;
        let before = self.deadline()?.due_on.to_string();
        let extension = self.decide(ExtensionState::Confirmed)?;
        let after = self.deadline()?.due_on.to_string();
        Ok(entry("extended", (&before, &after), &extension.reason))
    }

    fn refuse_extension(&mut self, reason: &str) -> Result<Entry, Refusal> {
        if self.last_decision() == Some(ExtensionState::Refused) {
            return Err(Refusal::AlreadyDone(&["extension_refused"]));
        }
        self.must_be_open()?;
        let extension = self.decide(ExtensionState::Refused)?;
        let asked = extension.workdays.to_string();
        Ok(entry("extension_refused", (&asked, ""), reason))
    }

    fn hold(&mut self, reason: &str) -> Result<Entry, Refusal> {
        if self.case.state == CaseState::OnHold {
            return Err(Refusal::AlreadyDone(&["held"]));
        }
        self.must_be_open()?;
        self.case.handling.holds.push(Hold {
            from: self.moment.today.max(self.case.start.on),
            reason: reason.trim().to_owned(),
            by: self.actor.name.clone(),
            at: self.moment.now,
            was_acknowledged: self.case.state == CaseState::Acknowledged,
            end: None,
        });
        Ok(self.enter(CaseState::OnHold, "held", reason))
    }

    fn resume(&mut self) -> Result<Entry, Refusal> {
        match self.case.state {
            CaseState::OnHold => self.go_on(self.moment.today),
            CaseState::Withdrawn if !self.rules.is_ours(&self.case) => {
                Err(Refusal::NotOurs(self.case.number.clone()))
            }
            CaseState::Withdrawn => Ok(self.enter(CaseState::Open, "reopened", "")),
            CaseState::Replied if self.may_open_again() => {
                self.case.handling.reply_unconfirmed = false;
                self.case.handling.imported = false;
                self.case.replied_at = None;
                Ok(self.enter(CaseState::Open, "reopened", ""))
            }
            state if state.is_open() && !self.case.handling.holds.is_empty() => {
                Err(Refusal::AlreadyDone(&["resumed"]))
            }
            _ => Err(self.impossible()),
        }
    }

    /// The clock goes on after `on`; the entry has the due day before the hold and the one that
    /// holds now.
    fn go_on(&mut self, on: NaiveDate) -> Result<Entry, Refusal> {
        let Some(hold) = self.case.handling.open_hold() else { return Err(self.impossible()) };
        let (from, was_acknowledged) = (hold.from, hold.was_acknowledged);
        let before = self.rules.deadline(&self.case, from)?.due_on.to_string();
        self.end_hold(on);
        let state = if was_acknowledged { CaseState::Acknowledged } else { CaseState::Open };
        self.case.state = state;
        let after = self.deadline()?.due_on.to_string();
        Ok(entry("resumed", (&before, &after), ""))
    }

    fn reassign(&mut self, unit: &str, reason: &str) -> Result<Entry, Refusal> {
        self.must_be_open()?;
        let before = self.rules.unit(&self.case).map(|unit| unit.id.clone()).unwrap_or_default();
        if self.rules.directory.unit(unit).is_none() {
            return Err(Refusal::UnknownUnit(unit.to_owned()));
        }
        if before == unit {
            return Err(Refusal::AlreadyDone(&["reassigned", "new", "added"]));
        }
        self.case.handling.unit = Some(unit.to_owned());
        self.case.change_hands();
        Ok(entry("reassigned", (&before, unit), reason))
    }

    fn withdraw(&mut self, reason: &str) -> Result<Entry, Refusal> {
        if self.case.state == CaseState::Withdrawn {
            return Err(Refusal::AlreadyDone(&["withdrawn", "taken_away", "taken_back"]));
        }
        self.must_be_open()?;
        self.end_hold(self.moment.today);
        Ok(self.enter(CaseState::Withdrawn, "withdrawn", reason))
    }

    fn correct_start(&mut self, on: NaiveDate, reason: &str) -> Result<Entry, Refusal> {
        if on > self.moment.today {
            return Err(Refusal::BadDay { on, why: "in the future" });
        }
        if self.case.start == (StartDay { on, origin: Origin::ByHand }) {
            return Err(Refusal::AlreadyDone(&["start_corrected", "added"]));
        }
        let replied_on = self.case.replied_at.map(day_in_taipei);
        if replied_on.is_some_and(|replied_on| replied_on < on) {
            return Err(Refusal::BadDay { on, why: "after its answer" });
        }
        if self.case.handling.due_on.is_some_and(|due_on| due_on < on) {
            return Err(Refusal::BadDay { on, why: "after the due day that it was given" });
        }
        let corrected = self.start_on(on, reason);
        if self.case.round == 1 {
            self.case.assigned_on = on;
        }
        // A day from which nothing can be counted would leave the case without a deadline.
        self.deadline()?;
        Ok(corrected)
    }

    fn start_on(&mut self, on: NaiveDate, reason: &str) -> Entry {
        let words = |start: StartDay| format!("{} {}", start.on, start.origin.as_str());
        let start = StartDay { on, origin: Origin::ByHand };
        let before = std::mem::replace(&mut self.case.start, start);
        entry("start_corrected", (&words(before), &words(start)), reason)
    }

    fn follow_up(&mut self, outcome: Outcome, reason: &str) -> Result<Entry, Refusal> {
        if !matches!(self.case.state, CaseState::Replied | CaseState::Closed) {
            return Err(self.impossible());
        }
        Ok(entry("follow_up", ("", outcome.as_str()), reason))
    }
}
