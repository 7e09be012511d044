//! The words of the doors by which people act: pages, buttons, modals, private answers. `zh.rs` and
//! `en.rs` hold the sentences.

mod en;
mod provider;
mod sign_in;
mod zh;

pub use provider::{NotLetIn, not_let_in};
pub use sign_in::{SignInWords, sign_in, wait};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::domain::act::{Outcome, Refusal};
use crate::domain::case::{CaseNumber, CaseState};
use crate::domain::directory::Language;
use crate::domain::offer::Offer;
use crate::notify::Tone;
use crate::notify::text::plain;

/// A reason longer than this is a report.
pub const REASON_CHARS: usize = 500;

/// The history's word for an answer to what became of the question.
pub const FOLLOWED_UP: &str = "follow_up";
/// What the sources are called in the history.
const SOURCES: [&str; 2] = ["platform", "folder"];
/// What jicui itself is called there.
const ITSELF: &str = "jicui";

/// A page that says one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub headline: String,
    /// What it means, and what to do: a paragraph each.
    pub paragraphs: Vec<String>,
    /// The colour of it.
    pub tone: Tone,
    /// The language it is in.
    pub language: Language,
}

/// One thing that was done to a case, for the list of who did what and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When, in Taipei.
    pub at: NaiveDateTime,
    /// Who: a person, or the history's word for what is none.
    pub by: String,
    /// The word of the history: `acknowledged`.
    pub event: String,
    /// What holds after it, in the history's words.
    pub after: String,
    /// Why.
    pub reason: String,
}

/// The label, the hint and the faults of one field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldWords {
    /// What stands over it.
    pub label: &'static str,
    /// What helps to fill it in.
    pub hint: &'static str,
    /// What is said where it is not filled in.
    pub missing: &'static str,
}

/// What a language must say.
pub trait DoorWords: Send + Sync {
    /// The name under every page.
    fn house(&self) -> &'static str;
    /// The language's tag.
    fn tag(&self) -> &'static str;
    /// What a button says.
    fn offer(&self, offer: Offer) -> &'static str;
    /// What a page or a modal asks before it is done.
    fn question(&self, offer: Offer) -> &'static str;
    /// What it means, in a sentence.
    fn meaning(&self, offer: Offer) -> &'static str;
    /// What the page says when it is done.
    fn done(&self, offer: Offer) -> &'static str;
    /// What the button of a page says.
    fn confirm(&self) -> &'static str;
    /// What leaves a dialog without doing anything.
    fn cancel(&self) -> &'static str;
    /// Which person acts.
    fn person(&self) -> FieldWords;
    /// How many workdays.
    fn workdays(&self) -> FieldWords;
    /// Which unit.
    fn unit(&self) -> FieldWords;
    /// Why.
    fn reason(&self, offer: Offer) -> FieldWords;
    /// Stands behind the label of what may be left out.
    fn optional(&self) -> &'static str;
    /// What is said of a number of workdays that cannot be.
    fn between(&self, longest: u32) -> String;
    /// What a list of deeds is called.
    fn deeds(&self) -> &'static str;
    /// What was done, by the history's word; `None` where people need not read it.
    fn deed(&self, event: &str) -> Option<&'static str>;
    /// What the sources are called together.
    fn source(&self) -> &'static str;
    /// What jicui is called where it acts by itself.
    fn itself(&self) -> &'static str;
    /// What a source showed, by the history's word; `None` where people need not read it.
    fn seen(&self, event: &str) -> Option<&'static str>;
    /// Where a case stands for those who have it no longer.
    fn given_away(&self) -> &'static str;
    /// Where a duty stands that is not done.
    fn open_duty(&self) -> &'static str;
    /// Where a case stands.
    fn state(&self, state: CaseState) -> &'static str;
    /// The same before a line.
    fn marked(&self, state: &str) -> String;
    /// Workdays left: negative, none, some.
    fn left(&self, days: i64) -> String;
    /// An extension that waits: how many workdays, who asked, and why.
    fn asked(&self, workdays: u32, by: &str, reason: &str) -> String;
    /// The labels of the page's facts: case, unit, due day, days left, extension.
    fn facts(&self) -> [&'static str; 5];
    /// Where the platform's page is.
    fn platform(&self) -> &'static str;
    /// No case has this number.
    fn unknown_case(&self, number: &CaseNumber) -> String;
    /// A case has this number already.
    fn known_case(&self, number: &CaseNumber) -> String;
    /// Somebody had done it before, at that moment.
    fn done_before(&self, by: &str, at: &str) -> String;
    /// Something was done to it since it was looked at.
    fn changed_meanwhile(&self, number: &CaseNumber) -> String;
    /// The database failed: nothing was changed.
    fn act_failed(&self) -> &'static str;
    /// Why an act was not done, without blame.
    fn refusal(&self, refusal: &Refusal) -> String;
    /// A page without a case: its headline and its paragraph.
    fn notice(&self, notice: Plain) -> (&'static str, &'static str);
}

/// A page that needs no more than its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// There is no such page.
    NotFound,
    /// More requests than one caller, or all together, may make.
    TooMany,
    /// The request took longer than it may.
    TooSlow,
    /// A form that is not one of ours.
    NotUnderstood,
    /// More was sent than is read.
    TooLarge,
    /// Not for this reader's role.
    Forbidden,
    /// A form whose page is too old, or is none of ours.
    StaleForm,
    /// Something of ours is broken.
    Broken,
    /// A link that was not made here.
    UnknownLink,
    /// A link whose time is over.
    ExpiredLink,
    /// A link, or a button, of an earlier round of its case.
    EarlierRound,
    /// Nobody may act by this link any more.
    Nobody,
    /// It had been done before.
    DoneBefore,
    /// It cannot be done now.
    Impossible,
    /// To a stranger, privately.
    Stranger,
}

impl Plain {
    fn tone(self) -> Tone {
        match self {
            Self::NotFound | Self::DoneBefore | Self::Stranger | Self::Forbidden => Tone::Neutral,
            Self::Broken => Tone::Alert,
            _ => Tone::Warning,
        }
    }
}

/// The words of `language`.
pub fn words(language: Language) -> &'static dyn DoorWords {
    match language {
        Language::Chinese => &zh::Chinese,
        Language::English => &en::English,
    }
}

/// A page that says what its name says.
pub fn notice(language: Language, plain: Plain) -> Notice {
    let (headline, paragraph) = words(language).notice(plain);
    let paragraphs = vec![paragraph.to_owned()];
    Notice { headline: headline.to_owned(), paragraphs, tone: plain.tone(), language }
}

/// The same with a paragraph of its own before what its name says.
pub fn notice_with(language: Language, plain: Plain, first: String) -> Notice {
    let mut notice = notice(language, plain);
    notice.paragraphs.insert(0, first);
    notice
}

/// Who that is in the history, for people: a person by name.
pub fn who(language: Language, by: &str) -> String {
    let words = words(language);
    match by {
        by if SOURCES.contains(&by) => words.source().to_owned(),
        ITSELF => words.itself().to_owned(),
        by => plain(by),
    }
}

/// Who did what and when, a line each, the newest last: at most the last `limit`.
pub fn deeds(language: Language, deeds: &[Deed], limit: usize) -> Vec<String> {
    let words = words(language);
    let lines = deeds.iter().filter_map(|deed| {
        let at = moment(language, deed.at);
        if SOURCES.contains(&deed.by.as_str()) {
            return Some(format!("{at} {}", words.seen(&deed.event)?));
        }
        let outcome = Outcome::parse(&deed.after).filter(|_| deed.event == FOLLOWED_UP);
        let what = match outcome {
            Some(outcome) => words.offer(Offer::FollowUp(outcome)),
            None => words.deed(&deed.event)?,
        };
        let (by, reason) = (who(language, &deed.by), plain(&deed.reason));
        let reason = match language {
            _ if reason.is_empty() => String::new(),
            Language::Chinese => format!("（{reason}）"),
            Language::English => format!(" ({reason})"),
        };
        Some(format!("{at} {by} {what}{reason}"))
    });
    let lines: Vec<String> = lines.collect();
    let skipped = lines.len().saturating_sub(limit);
    lines.into_iter().skip(skipped).collect()
}

/// Somebody had done it before.
pub fn done_before(language: Language, by: &str, at: DateTime<Utc>) -> String {
    let taipei = (at + TimeDelta::hours(8)).naive_utc();
    words(language).done_before(&who(language, by), &moment(language, taipei))
}

/// `115/03/02（一）10:15`.
pub fn moment(language: Language, at: NaiveDateTime) -> String {
    let date = super::date(language, at.date());
    let gap = if language == Language::English { " " } else { "" };
    format!("{date}{gap}{}", at.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        for language in [Language::Chinese, Language::English] {
            let words = words(language);
            for offer in Offer::ALL {
                let button = words.offer(offer);
                assert!(!button.is_empty() && button.chars().count() <= 30, "{button}");
                // A modal's title is at most 24 characters.
                assert!(words.question(offer).chars().count() <= 24, "{}", words.question(offer));
                assert!(!words.meaning(offer).is_empty() && !words.done(offer).is_empty());
            }
        }
    }

    #[test]
    fn a_refusal_is_in_the_language_of_the_unit() {
        let number = || CaseNumber::of_comment(558_380);
        let at: DateTime<Utc> = "2026-03-02T02:15:00Z".parse().unwrap();
        let (act, state, item) = ("confirm_extension", CaseState::Withdrawn, || "copy".to_owned());
        let refusals = [
            Refusal::NotAllowed { name: "Wu".to_owned(), act, number: number() },
            Refusal::NotAllowed { name: "Wu".to_owned(), act: "hold", number: number() },
            Refusal::AlreadyDone(&["held"]),
            Refusal::Impossible { number: number(), state, act },
            Refusal::NoReason { act },
            Refusal::BadLength { workdays: 99, longest: 14 },
            Refusal::GoalShort { number: number(), reached: "12/40".to_owned() },
            Refusal::NothingAsked(number()),
            Refusal::UnknownUnit("unit".to_owned()),
            Refusal::UnknownItem { number: number(), item: item(), known: Vec::new() },
            Refusal::Ticked { item: item(), by: "Wu".to_owned(), at },
            Refusal::NotTicked(item()),
            Refusal::NoGoal(number()),
            Refusal::CountedByPlatform(number()),
            Refusal::ChecklistOpen { number: number(), missing: vec![item()] },
            Refusal::BadDay { on: at.date_naive(), why: "in the future" },
            Refusal::NotOurs(number()),
        ];
        let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for refusal in &refusals {
            let said = words(Language::English).refusal(refusal);
            assert!(said.ends_with('.') && !is_chinese(&said), "{said}");
            let said = words(Language::Chinese).refusal(refusal);
            assert!(said.ends_with('。') && is_chinese(&said), "{said}");
        }
        let before = |language| done_before(language, "Wu", at);
        assert_eq!(
            before(Language::Chinese),
            "Wu 已於 115/03/02（一）10:15 辦理，本次未重複變更。"
        );
        assert!(before(Language::English).starts_with("Wu did this on "));
    }

    #[test]
    fn deeds_are_said_by_name_and_time_and_other_entries_are_left_out() {
        let deed = |event: &str, reason: &str| Deed {
            at: "2026-03-02T10:15:00".parse().unwrap(),
            by: "王\n小明".to_owned(),
            event: event.to_owned(),
            after: "planned".to_owned(),
            reason: reason.to_owned(),
        };
        let done = [deed("acknowledged", ""), deed("retitled", ""), deed("held", "等民眾補件")];
        assert_eq!(
            deeds(Language::Chinese, &done, 9),
            [
                "115/03/02（一）10:15 王 小明 受理",
                "115/03/02（一）10:15 王 小明 暫停計時（等民眾補件）",
            ]
        );
        assert_eq!(deeds(Language::Chinese, &done, 1).len(), 1);
        assert_eq!(
            deeds(Language::Chinese, &[deed("follow_up", "下半年")], 9),
            ["115/03/02（一）10:15 王 小明 已列入規劃（下半年）"]
        );
        let by = || "platform".to_owned();
        let seen = ["replied", "retitled"].map(|event| Deed { by: by(), ..deed(event, "") });
        assert_eq!(deeds(Language::Chinese, &seen, 9), ["115/03/02（一）10:15 平臺顯示已回復"]);
    }
}
