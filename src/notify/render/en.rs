//! English, for the units that ask for it.

use chrono::NaiveDate;

use super::words::{Absence, Because, Counts, Label, Matter, News, Said, Standing, Task, Words};
use crate::domain::case::{CaseKind, CaseNumber, Origin};

pub(super) struct English;

impl Words for English {
    fn date(&self, day: NaiveDate) -> String {
        day.format("%Y-%m-%d (%a)").to_string()
    }

    fn provisional(&self, date: &str) -> String {
        format!("{date} (provisional: next year's calendar is not published)")
    }

    fn by_end_of(&self, due: &str) -> String {
        format!("by the end of {due}")
    }

    fn kind(&self, kind: CaseKind) -> Option<&'static str> {
        match kind {
            CaseKind::Comment => Some("comment"),
            CaseKind::Request => Some("request for data"),
            CaseKind::Duty(_) => None,
        }
    }

    fn origin(&self, origin: Origin) -> &'static str {
        match origin {
            Origin::Given => "day of assignment as given",
            Origin::Observed => "day it was seen assigned",
            Origin::Posted => "day it was posted",
            Origin::ByHand => "entered by hand",
        }
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::CaseNumber => "Case",
            Label::DueDay | Label::FinishBy => "Due",
            Label::Unit => "Unit",
            Label::Officer => "Officer",
            Label::Dataset => "Dataset",
            Label::Missing => "Still missing",
            Label::Progress => "Reached",
            Label::Moved => "Due day moved",
            Label::Reason => "Reason",
            Label::OpenCase => "Answer on the platform",
            Label::OpenPage => "See it on the platform",
        }
    }

    fn answer(&self, on_platform: bool) -> &'static str {
        if on_platform { "answer on the platform" } else { "answer" }
    }

    fn number(&self, number: &CaseNumber, kind: &str) -> String {
        format!("{number} ({kind})")
    }

    fn ask(&self, matter: &Matter<'_>) -> String {
        match matter {
            Matter { left: ..0, action, .. } => {
                format!("The due day is gone, please {action} as soon as you can.")
            }
            Matter { due, action, .. } => format!("Please {action} by {due}."),
        }
    }

    fn case(&self, number: &CaseNumber, title: &str) -> String {
        format!("{number} “{title}”: ")
    }

    fn standing(&self, standing: &Standing<'_>, matter: &Matter<'_>) -> Said {
        let Matter { due, left, action, task, .. } = matter;
        let ((answer, _), days, ask) = (verb(*task), self.days(Some(*left)), || self.ask(matter));
        let (label, headline, sentence, request) = match standing {
            Standing::Assigned => (
                "[New case] ".to_owned(),
                match whole(matter) {
                    Some(limit) => format!("📨 New case: {limit} to answer"),
                    None => format!("📨 New case: {days}"),
                },
                format!("please answer by {due} ({})", whole(matter).unwrap_or(days)),
                ask(),
            ),
            Standing::Opened(kind) => (
                format!("[{kind}] "),
                format!("📨 {kind}: due {due}"),
                format!("due {due} ({}): {action}", whole(matter).unwrap_or(days)),
                format!("Please see to it by {due}: {action}."),
            ),
            Standing::AskedAgain => (
                "[Answer again] ".to_owned(),
                format!("🔁 Answer again: {}", whole(matter).unwrap_or(days)),
                format!("rated below 3 stars, please explain again by {due}"),
                format!("The citizen was not satisfied; please explain again by {due}."),
            ),
            Standing::UnderWay => ahead(("In progress", "📌"), (&days, due), ask()),
            Standing::DueSoon => ahead(("Due soon", "⏰"), (&days, due), ask()),
            Standing::DueToday => (
                "[Due today] ".to_owned(),
                format!("🔔 Due today: {answer} before the office closes"),
                format!("please {answer} today before the office closes"),
                format!("Please {action} today before the office closes."),
            ),
            Standing::Overdue(copied) => {
                let copy = copied.map(|name| format!("; {name} was told too")).unwrap_or_default();
                (
                    format!("[{days}] "),
                    format!("🚨 {days}"),
                    format!("was due {due}, please {answer} as soon as you can{copy}"),
                    format!("The due day is gone, please {action} as soon as you can{copy}."),
                )
            }
            Standing::Nobodys => (
                "[No unit] ".to_owned(),
                format!("❓ No unit answers for this case ({days})"),
                format!("no single unit answers for it, {days}, due {due}"),
                "Please name its unit in units.toml, or tell the officer yourself.".to_owned(),
            ),
        };
        Said { label, headline, sentence, request }
    }

    fn moved(&self, before: &str, matter: &Matter<'_>) -> Said {
        let Matter { due, left, action, .. } = matter;
        Said {
            label: "[Due day moved] ".to_owned(),
            headline: format!("📅 Due day moved: {due}"),
            sentence: format!("the due day moved from {before} to {due}"),
            request: if *left < 0 {
                self.ask(matter)
            } else {
                format!("Please {action} by {due} ({}).", self.days(Some(*left)))
            },
        }
    }

    fn progress(&self, value: Option<u32>, number: u32) -> String {
        match value {
            Some(value) if value < number => {
                format!("{value} of {number}, {} short", number - value)
            }
            Some(value) => format!("{value} of {number}, reached"),
            None => format!("not known yet; the target is {number}"),
        }
    }

    fn missing(&self, names: &[String], more: usize) -> String {
        let named = names.join("; ");
        if more > 0 { format!("{named}; and {more} more") } else { named }
    }

    fn moved_fact(&self, before: &str, after: &str) -> String {
        format!("was {before}, is now {after}")
    }

    fn moved_by(&self, because: &Because<'_>) -> String {
        if because.is_earlier {
            return "an office is open after all, or the calendar or the start day changed"
                .to_owned();
        }
        let named = |(day, reason): &(String, &str)| format!("offices closed {day} ({reason})");
        let mut named: Vec<String> = because.closures.iter().map(named).collect();
        if because.extension > 0 {
            named.push(format!("an extension of {}", workdays_of(because.extension.into())));
        }
        if because.held > 0 {
            let held = workdays_of(because.held.unsigned_abs());
            named.push(format!("on hold for {held}, the clock runs again"));
        }
        if named.is_empty() {
            "the office calendar or the start day changed".to_owned()
        } else {
            named.join(", ")
        }
    }

    fn news(&self, news: &News<'_>, matter: &Matter<'_>) -> Said {
        let (due, days) = (&matter.due, self.days(Some(matter.left)));
        let (name, icon, sentence, request) = match news {
            News::ExtensionAsked { by, workdays, reason } => {
                let workdays = workdays_of((*workdays).into());
                (
                    "Extension asked for",
                    "🙋",
                    format!("{by} asks for {workdays} more ({reason}); a supervisor decides"),
                    format!("Due {due} now. Please decide whether {workdays} are added."),
                )
            }
            News::ExtensionRefused { by, reason } => (
                "Extension not granted",
                "📌",
                format!("{by} did not grant the extension; it stays due {due}, {days} ({reason})"),
                self.ask(matter),
            ),
            News::Reassigned { reason } => (
                "Now yours",
                "📨",
                format!("now yours, {days}, due {due}{}", because(reason)),
                self.ask(matter),
            ),
            News::GivenAway { to } => (
                "No longer yours",
                "↪️",
                format!("now with {to}; nothing is left for you to do"),
                "Nothing is left to do, thank you.".to_owned(),
            ),
            News::Withdrawn { reason } => (
                "Withdrawn",
                "⏹️",
                format!("withdrawn, nothing is left to do{}", because(reason)),
                "Nothing is left to do, thank you.".to_owned(),
            ),
            News::NotShown { elsewhere } => (
                "Answer not shown",
                "🔎",
                "reported as answered, but the platform does not show it".to_owned(),
                if *elsewhere {
                    "Please ask the unit whether it was sent; if it was not, let the clock run again."
                } else {
                    "Please look whether the answer was sent; if it was not, send it and tell the \
                     administrators."
                }
                .to_owned(),
            ),
            News::FollowUp => (
                "What came of it",
                "🌱",
                "was a dataset adjusted, added, planned, or is nothing needed (and why)?".to_owned(),
                "After this answer: was a dataset adjusted, added or planned? If nothing is needed, \
                 please say why in a few words. Thank you."
                    .to_owned(),
            ),
        };
        let (label, headline) = (format!("[{name}] "), format!("{icon} {name}"));
        Said { label, headline, sentence, request }
    }

    fn answered(&self, taken: i64, early: Option<i64>, task: Task) -> Said {
        let (_, answered) = verb(task);
        let when = match taken {
            ..1 => "on the day of assignment".to_owned(),
            taken => format!("on workday {taken}"),
        };
        let outcome = match early {
            None => format!("{answered} on a day off after the due day, late"),
            Some(early @ 1..) => {
                format!("{answered} {when}, {} early, thank you", workdays_of(early.unsigned_abs()))
            }
            Some(0) => format!("{answered} {when}, in time, thank you"),
            Some(late) => format!("{answered} {when}, {} late", workdays_of(late.unsigned_abs())),
        };
        Said {
            label: if task == Task::Answer { "[Answered] " } else { "[Finished] " }.to_owned(),
            headline: if task == Task::Answer { "✅ Answered" } else { "✅ Finished" }.to_owned(),
            request: format!("The case was {outcome}."),
            sentence: outcome,
        }
    }

    fn entry(&self, number: &CaseNumber, title: &str, task: Task) -> String {
        let what = if task == Task::Answer { "Answer due" } else { "Due" };
        format!("{what}: {number} “{title}”")
    }

    fn count(&self, start: &str, origin: &str, gone: i64, workdays: u32) -> String {
        format!("Counted from {start} ({origin}); today is workday {gone} of {workdays}. ")
    }

    fn footer(&self) -> &'static str {
        "Sent by jicui, the ministry's reminder service."
    }

    fn standing_in(&self, absence: &Absence<'_>) -> String {
        let (away, until) = (absence.away, self.date(absence.until));
        match absence.stand_in {
            Some(name) => format!("{name} (for {away}, on leave until {until})"),
            None => format!("{away} (on leave until {until}, nobody stands in)"),
        }
    }

    fn absence(&self, absence: &Absence<'_>) -> String {
        match absence.stand_in {
            Some(name) => format!("; {} is on leave, {name} stands in", absence.away),
            None => format!("; {} is on leave, nobody stands in", absence.away),
        }
    }

    fn test(&self, unit: &str) -> Said {
        Said {
            label: "[Test] ".to_owned(),
            headline: "🧪 A test: please ignore it".to_owned(),
            sentence: format!("a test message of jicui ({unit}), please ignore it"),
            request: "The channel works. Nothing needs to be done.".to_owned(),
        }
    }

    fn days(&self, left: Option<i64>) -> String {
        match left {
            None => "on hold".to_owned(),
            Some(0) => "due today".to_owned(),
            Some(left @ 1..) => format!("{} left", workdays_of(left.unsigned_abs())),
            Some(late) => format!("{} overdue", workdays_of(late.unsigned_abs())),
        }
    }

    fn daily(&self, unit: &str, counts: Counts) -> Said {
        let how_many = how_many(counts);
        Said {
            label: "[Today] ".to_owned(),
            headline: format!("📋 Today: {how_many}"),
            sentence: format!("{unit}: {how_many}"),
            request: in_order(counts),
        }
    }

    fn weekly(&self, unit: &str, counts: Counts) -> Said {
        let how_many = how_many(counts);
        Said {
            label: "[This week] ".to_owned(),
            headline: format!("📋 This week: {how_many}"),
            sentence: format!("{unit}: {how_many}"),
            request: see_to(counts),
        }
    }

    fn burst(&self, counts: Counts, elsewhere: bool) -> Said {
        let how_many = how_many(counts);
        Said {
            label: "[Together] ".to_owned(),
            headline: format!("📋 {how_many}"),
            sentence: how_many,
            request: if elsewhere { see_to(counts) } else { in_order(counts) },
        }
    }
}

/// What is to be done, and what it is called once it is.
fn verb(task: Task) -> (&'static str, &'static str) {
    match task {
        Task::Answer => ("answer", "answered"),
        Task::Duty => ("finish it", "finished"),
    }
}

/// A reason in brackets, if there is one.
fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// The limit, while all of it is left.
fn whole(matter: &Matter<'_>) -> Option<String> {
    let Matter { left, workdays, .. } = matter;
    (*left == i64::from(*workdays)).then(|| workdays_of((*workdays).into()))
}

/// Label, headline, sentence and request while there is time.
fn ahead(
    (name, icon): (&str, &str),
    (days, due): (&str, &str),
    request: String,
) -> (String, String, String, String) {
    let sentence = format!("{days}, due {due}");
    (format!("[{name}] "), format!("{icon} {name}: {days}"), sentence, request)
}

fn workdays_of(days: u64) -> String {
    crate::domain::counted::counted(days, "workday")
}

/// What a unit is asked to do with a list.
fn in_order(counts: Counts) -> String {
    let how = match counts.task {
        Task::Answer => English.answer(counts.on_platform),
        Task::Duty => "see to them",
    };
    format!("Please {how}, the first of the list first.")
}

/// What those are asked who do not answer themselves.
fn see_to(counts: Counts) -> String {
    let how = if counts.overdue > 0 { "as soon as they can be" } else { "in time" };
    format!("Please see that they are {} {how}.", verb(counts.task).1)
}

fn how_many(Counts { all, overdue, due_today, .. }: Counts) -> String {
    let mut parts = vec![format!("{all} open")];
    if overdue > 0 {
        parts.push(format!("{overdue} overdue"));
    }
    if due_today > 0 {
        parts.push(format!("{due_today} due today"));
    }
    parts.join(", ")
}
