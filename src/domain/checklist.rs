//! What must be done and signed for before a case is done: what its kind asks of every case, and
//! what only this one is about.

use chrono::{DateTime, NaiveDate, Utc};

use super::handling::Handling;
use super::kind::Kind;

/// An item of a case's checklist as it is kept: one that was ticked, or one of the case's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its short name: `approval`.
    pub word: String,
    /// The name people know, of an item that only this case has; `None` where its kind names it.
    pub name: Option<String>,
    /// That it is done; `None` while it is not.
    pub tick: Option<Tick>,
}

/// That an item is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The day it was done.
    pub on: NaiveDate,
    /// The number of the document that proves it; empty where there is none.
    pub document: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A line of a checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its short name.
    pub word: &'a str,
    /// The name people know.
    pub name: &'a str,
    /// Who signs; empty where nobody does.
    pub signer: &'a str,
    /// That it is done; `None` while it is not.
    pub tick: Option<&'a Tick>,
}

/// The checklist of a case of the kind `duty`: what its kind asks for, then what is its own.
pub fn lines<'a>(duty: Option<&'a Kind>, handling: &'a Handling) -> Vec<Line<'a>> {
    let asked = duty.map(|duty| duty.checklist.as_slice()).unwrap_or_default();
    let kept = |word: &str| handling.checklist.iter().find(|item| item.word == word);
    let of_kind = asked.iter().map(|item| Line {
        word: &item.word,
        name: &item.name,
        signer: &item.signer,
        tick: kept(&item.word).and_then(|item| item.tick.as_ref()),
    });
    let is_own = |item: &&Item| asked.iter().all(|asked| asked.word != item.word);
    let own = handling.checklist.iter().filter(is_own).map(|item| Line {
        word: &item.word,
        name: item.name.as_ref().unwrap_or(&item.word),
        signer: "",
        tick: item.tick.as_ref(),
    });
    of_kind.chain(own).collect()
}

/// The day on which the last item was done; `None` while one is missing, or where there is none.
pub fn done_on(lines: &[Line<'_>]) -> Option<NaiveDate> {
    let days: Option<Vec<NaiveDate>> = lines.iter().map(|line| Some(line.tick?.on)).collect();
    days?.into_iter().max()
}

/// Whether something is missing.
pub fn is_missing(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| line.tick.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use crate::config::secrets::Environment;
    use crate::domain::case::CaseKind;

    fn item(word: &str, name: Option<&str>, on: Option<&str>) -> Item {
        let tick = on.map(|on| Tick {
            on: on.parse().unwrap(),
            document: String::new(),
            by: "王小明".to_owned(),
            at: "2026-03-05T01:00:00Z".parse().unwrap(),
        });
        Item { word: word.to_owned(), name: name.map(ToOwned::to_owned), tick }
    }

    #[test]
    fn a_checklist_is_done_on_the_day_of_its_last_item() {
        let kinds = load(None, &Environment::default()).unwrap().config.rules.kinds;
        let takedown = kinds.duty(CaseKind::parse("takedown").unwrap());
        let mut handling = Handling::default();
        let words = |handling: &Handling| -> Vec<(String, bool)> {
            let lines = lines(takedown, handling);
            lines.iter().map(|line| (line.name.to_owned(), line.tick.is_some())).collect()
        };
        assert_eq!(words(&handling).len(), 4);
        for (day, word) in (4..).zip(["copy", "approval", "countersign", "own"]) {
            assert_eq!(done_on(&lines(takedown, &handling)), None);
            assert!(is_missing(&lines(takedown, &handling)));
            let name = (word == "own").then_some("其他");
            handling.checklist.push(item(word, name, Some(&format!("2026-03-{day:02}"))));
        }
        handling.checklist.push(item("advisory-group", None, Some("2026-03-01")));
        assert_eq!(done_on(&lines(takedown, &handling)), "2026-03-07".parse().ok());
        assert_eq!(words(&handling).last(), Some(&("其他".to_owned(), true)));
    }

    #[test]
    fn a_case_without_any_item_is_never_done_by_its_checklist() {
        let handling = Handling::default();
        assert_eq!(done_on(&lines(None, &handling)), None);
        assert!(!is_missing(&lines(None, &handling)));
    }

    #[test]
    fn what_was_ticked_is_shown_after_its_kind_forgot_it() {
        let handling = Handling {
            checklist: vec![item("gone", None, Some("2026-03-04"))],
            ..Handling::default()
        };
        assert_eq!(lines(None, &handling)[0].name, "gone");
    }
}
