//! The checklist of a case, and the number it is to reach: what was done of it, and that the case is
//! done when all is.

use chrono::{Datelike, NaiveDate};

use super::super::calendar::YEARS;
use super::super::case::{CaseKind, CaseState};
use super::super::checklist::{Item, Tick, done_on, is_missing};
use super::super::observation::beginning_of;
use super::perform::{Entry, Scene, entry};
use super::{Act, Refusal};

/// Whether the document (文號) of a tick stands in what an entry of the history with this event changed.
pub fn names_document(event: &str) -> bool {
    matches!(event, "ticked" | "unticked")
}

impl Scene<'_> {
    pub(super) fn tick(
        &mut self,
        item: &str,
        on: Option<NaiveDate>,
        document: &str,
    ) -> Result<Entry, Refusal> {
        let today = self.moment.today;
        let (word, before) = self.item(item)?;
        let document = document.trim().to_owned();
        if let Some(Tick { by, at, document: known, .. }) = &before
            && (!known.is_empty() || document.is_empty())
        {
            return Err(Refusal::Ticked { item: word, by: by.clone(), at: *at });
        }
        // The number of the document (文號) may come later than the deed.
        if before.is_none() || self.case.state != CaseState::Replied {
            self.must_be_open()?;
        }
        let on = on.or(before.as_ref().map(|tick| tick.on)).unwrap_or(today);
        if on > today {
            return Err(Refusal::BadDay { on, why: "in the future" });
        }
        if !YEARS.contains(&on.year()) {
            return Err(Refusal::BadDay { on, why: "before all years that are counted" });
        }
        let before = before.map(|tick| format!("{word} {}", tick.on)).unwrap_or_default();
        let after = format!("{word} {on} {document}");
        let (by, at) = (self.actor.name.clone(), self.moment.now);
        self.keep(&word, Some(Tick { on, document, by, at }));
        Ok(entry("ticked", (&before, after.trim()), ""))
    }

    pub(super) fn untick(&mut self, item: &str, reason: &str) -> Result<Entry, Refusal> {
        let (word, before) = self.item(item)?;
        let Some(tick) = before else { return Err(Refusal::NotTicked(word)) };
        if self.case.state != CaseState::Replied {
            self.must_be_open()?;
        }
        let before = format!("{word} {} {}", tick.on, tick.document);
        self.keep(&word, None);
        Ok(entry("unticked", (before.trim(), ""), reason))
    }

    /// The word of an item by its word or its name, and whether it is done.
    fn item(&self, named: &str) -> Result<(String, Option<Tick>), Refusal> {
        let lines = self.rules.checklist(&self.case);
        let named = named.trim();
        let line = lines.iter().find(|line| line.word == named || line.name == named);
        let line = line.ok_or_else(|| Refusal::UnknownItem {
            number: self.case.number.clone(),
            item: named.to_owned(),
            known: lines.iter().map(|line| line.word.to_owned()).collect(),
        })?;
        Ok((line.word.to_owned(), line.tick.cloned()))
    }

    fn keep(&mut self, word: &str, tick: Option<Tick>) {
        let kept = &mut self.case.handling.checklist;
        match kept.iter_mut().find(|item| item.word == word) {
            Some(item) => item.tick = tick,
            None => kept.push(Item { word: word.to_owned(), name: None, tick }),
        }
    }

    pub(super) fn measure(&mut self, value: u32) -> Result<Entry, Refusal> {
        let (number, today) = (self.case.number.clone(), self.moment.today);
        if self.case.state != CaseState::Replied {
            self.must_be_open()?;
        }
        let Some(goal) = self.case.handling.goal.as_mut() else {
            return Err(Refusal::NoGoal(number));
        };
        if goal.measured_on.is_some() && goal.measured_by.is_none() {
            return Err(Refusal::CountedByPlatform(number));
        }
        let before = goal.words();
        goal.value = Some(value);
        goal.measured_on = Some(today);
        goal.measured_by = Some(self.actor.name.clone());
        Ok(entry("measured", (&before, &goal.words()), ""))
    }

    /// What an act that may end the case, or open it again, brings with it.
    pub(super) fn follow_up_of(&mut self, act: &Act) -> Option<Entry> {
        match act {
            Act::Tick { .. } | Act::Untick { .. } => self.follow_checklist(),
            Act::Measure { .. } => self.follow_goal(),
            _ => None,
        }
    }

    /// The case is done once its number is reached, and open again when it is not after all.
    fn follow_goal(&mut self) -> Option<Entry> {
        let is_reached = self.case.handling.goal.as_ref()?.is_reached();
        if is_reached && self.case.state.is_open() {
            self.end_hold(self.moment.today);
            self.case.replied_at = Some(self.moment.now);
            return Some(self.enter(CaseState::Replied, "replied", ""));
        }
        (!is_reached && self.case.state == CaseState::Replied).then(|| {
            self.case.replied_at = None;
            self.enter(CaseState::Open, "reopened", "")
        })
    }

    /// The case is done on the day its last item was, and open again when one is taken back.
    fn follow_checklist(&mut self) -> Option<Entry> {
        let done_on = done_on(&self.rules.checklist(&self.case));
        match (self.case.state, done_on) {
            (state, Some(on)) if state.is_open() => {
                let on = on.max(self.case.start.on);
                let is_today = on >= self.moment.today;
                self.end_hold(on);
                let at = if is_today { self.moment.now } else { beginning_of(on) };
                self.case.replied_at = Some(at);
                Some(self.enter(CaseState::Replied, "replied", ""))
            }
            (CaseState::Replied, None) => {
                self.case.replied_at = None;
                Some(self.enter(CaseState::Open, "reopened", ""))
            }
            _ => None,
        }
    }

    /// Refuses while something of its checklist is missing.
    pub(super) fn must_be_ticked(&self) -> Result<(), Refusal> {
        let lines = self.rules.checklist(&self.case);
        if !is_missing(&lines) {
            return Ok(());
        }
        let missing = lines.iter().filter(|line| line.tick.is_none());
        Err(Refusal::ChecklistOpen {
            number: self.case.number.clone(),
            missing: missing.map(|line| line.word.to_owned()).collect(),
        })
    }

    /// Whether a person, and no source, ended it: what a checklist ended, unticking opens again. A checklist of which
    /// something is missing came later.
    pub(super) fn may_open_again(&self) -> bool {
        let is_duty = matches!(self.case.kind, CaseKind::Duty(_));
        let lines = self.rules.checklist(&self.case);
        let by_hand = is_duty && (lines.is_empty() || is_missing(&lines));
        by_hand || self.case.handling.is_reply_by_hand()
    }
}
