//! What is said in every language: the same sentences in each, and each language in its own file.

use chrono::NaiveDate;

use super::{en, zh};
use crate::domain::case::{CaseKind, CaseNumber, Origin};
use crate::domain::directory::Language;

/// One occasion in words: `{label}{case}{sentence}` is the line, the others stand by themselves.
pub(super) struct Said {
    pub(super) label: String,
    pub(super) headline: String,
    pub(super) sentence: String,
    pub(super) request: String,
}

/// Where a case stands, as far as words differ.
pub(super) enum Standing<'a> {
    Assigned,
    /// 再回復.
    AskedAgain,
    UnderWay,
    DueSoon,
    DueToday,
    /// With the supervisor who is told as well.
    Overdue(Option<&'a str>),
    /// A duty of this kind is now the unit's.
    Opened(&'a str),
    /// No unit answers for it.
    Nobodys,
}

/// What the sentences about a case are made from.
pub(super) struct Matter<'a> {
    /// The due day in words.
    pub(super) due: String,
    /// Workdays left; negative when overdue.
    pub(super) left: i64,
    /// The limit.
    pub(super) workdays: u32,
    /// What the unit is asked to do.
    pub(super) action: &'a str,
    pub(super) task: Task,
}

/// What a case asks of its unit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// To answer a citizen.
    Answer,
    /// To see to a duty.
    Duty,
}

/// What is said of a case beside its stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// An officer asks for more time.
    ExtensionAsked {
        /// Who.
        by: &'a str,
        /// How much.
        workdays: u32,
        /// Why.
        reason: &'a str,
    },
    /// It was not granted.
    ExtensionRefused {
        /// By whom.
        by: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// 改分, to the unit that has it now.
    Reassigned {
        /// Why.
        reason: &'a str,
    },
    /// 改分, to the unit that had it.
    GivenAway {
        /// To whom it went; empty where the platform took it back.
        to: &'a str,
    },
    /// It owes no answer any more.
    Withdrawn {
        /// Why.
        reason: &'a str,
    },
    /// The platform does not show the answer that a person reported.
    NotShown {
        /// To the administrators, who do not answer themselves.
        elsewhere: bool,
    },
    /// 延伸精進.
    FollowUp,
}

/// Why a due day moved.
pub(super) struct Because<'a> {
    /// To an earlier day: nothing of what follows did that.
    pub(super) is_earlier: bool,
    /// Days and reasons of closures.
    pub(super) closures: Vec<(String, &'a str)>,
    /// Workdays of an extension.
    pub(super) extension: u32,
    /// Workdays on hold.
    pub(super) held: i64,
}

/// The names of facts and buttons.
#[derive(Clone, Copy)]
pub(super) enum Label {
    CaseNumber,
    DueDay,
    FinishBy,
    Unit,
    Officer,
    Dataset,
    Missing,
    Progress,
    Moved,
    Reason,
    OpenCase,
    OpenPage,
}

/// A stand-in, or the lack of one: the name of who is away and until when, and who is there.
pub(super) struct Absence<'a> {
    pub(super) away: &'a str,
    pub(super) until: NaiveDate,
    pub(super) stand_in: Option<&'a str>,
}

/// How many cases a list holds, and how urgent they are.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) all: usize,
    pub(super) overdue: usize,
    pub(super) due_today: usize,
    /// What they ask for: answers alone, or other duties too.
    pub(super) task: Task,
    /// All of them are on the platform.
    pub(super) on_platform: bool,
}

/// A language.
pub(super) trait Words: Sync {
    fn date(&self, day: NaiveDate) -> String;
    /// A due day that is only the earliest it can be.
    fn provisional(&self, date: &str) -> String;
    /// Until when on the due day.
    fn by_end_of(&self, due: &str) -> String;
    /// The name of a kind, unless the config gives it.
    fn kind(&self, kind: CaseKind) -> Option<&'static str>;
    fn origin(&self, origin: Origin) -> &'static str;
    fn label(&self, label: Label) -> &'static str;
    /// What a unit does with a citizen's question.
    fn answer(&self, on_platform: bool) -> &'static str;
    /// The case's number, and what kind it is.
    fn number(&self, number: &CaseNumber, kind: &str) -> String;
    /// That it must be done by the due day, or at once where that is gone.
    fn ask(&self, matter: &Matter<'_>) -> String;
    /// The case in a line: its number and its title.
    fn case(&self, number: &CaseNumber, title: &str) -> String;
    fn standing(&self, standing: &Standing<'_>, matter: &Matter<'_>) -> Said;
    /// The due day moved: from, and what holds now.
    fn moved(&self, before: &str, matter: &Matter<'_>) -> Said;
    /// How far a number is that is to be reached.
    fn progress(&self, value: Option<u32>, number: u32) -> String;
    /// What is missing of a checklist, and how much more.
    fn missing(&self, names: &[String], more: usize) -> String;
    fn moved_fact(&self, before: &str, after: &str) -> String;
    /// Why it moved.
    fn moved_by(&self, because: &Because<'_>) -> String;
    /// What people did, and what became of the answer.
    fn news(&self, news: &News<'_>, matter: &Matter<'_>) -> Said;
    /// Thanks: after how many workdays, and how many early (negative: late; none: on a day off after the due
    /// day).
    fn answered(&self, taken: i64, early: Option<i64>, task: Task) -> Said;
    /// The entry in the reader's calendar.
    fn entry(&self, number: &CaseNumber, title: &str, task: Task) -> String;
    /// Since when, how that is known, how many workdays of how many.
    fn count(&self, start: &str, origin: &str, gone: i64, workdays: u32) -> String;
    fn footer(&self) -> &'static str;
    /// Somebody is away, in brackets after the name of who is there.
    fn standing_in(&self, absence: &Absence<'_>) -> String;
    /// The same as the end of a line.
    fn absence(&self, absence: &Absence<'_>) -> String;
    fn test(&self, unit: &str) -> Said;
    /// The days of a case, negative when overdue; `None` while its clock stands still.
    fn days(&self, left: Option<i64>) -> String;
    /// A list of a unit's cases, for itself.
    fn daily(&self, unit: &str, counts: Counts) -> Said;
    /// The same for its supervisor.
    fn weekly(&self, unit: &str, counts: Counts) -> Said;
    /// Reminders that came within the hour, as one; `elsewhere` to those who do not answer themselves.
    fn burst(&self, counts: Counts, elsewhere: bool) -> Said;
}

/// Who has next what the platform took back.
pub(super) fn whoever_is_next(language: Language) -> &'static str {
    match language {
        Language::Chinese => "平臺另行分派之機關",
        Language::English => "whoever the platform assigns it to",
    }
}

pub(super) fn of(language: Language) -> &'static dyn Words {
    match language {
        Language::Chinese => &zh::Chinese,
        Language::English => &en::English,
    }
}
