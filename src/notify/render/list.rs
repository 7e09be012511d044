//! Many cases in one message: a digest, or the reminders of one hour together.

use chrono::{Datelike, NaiveDate};

use super::words::{self, Counts, Label, Said, Standing, Task};
use super::{Brief, Tone, entry, people};
use crate::domain::case::CaseState;
use crate::domain::digest::Figures;
use crate::domain::directory::{Language, Unit};
use crate::domain::reminder::Recipient;
use crate::notify::{ListedCase, Message};

/// One case as a list shows it.
pub fn listed(brief: &Brief<'_>) -> ListedCase {
    let words = brief.words();
    let left = running(brief).then_some(brief.workdays_left);
    let title = match brief.language {
        Language::Chinese => format!("「{}」", brief.case.title),
        Language::English => format!("“{}”", brief.case.title),
    };
    ListedCase {
        number: brief.case.number.to_string(),
        days: words.days(left),
        due: brief.due(),
        title,
        url: brief.case.url.clone(),
        tone: match left {
            Some(..=0) => Tone::Alert,
            Some(1..=3) => Tone::Warning,
            _ => Tone::Neutral,
        },
    }
}

fn running(brief: &Brief<'_>) -> bool {
    brief.case.state != CaseState::OnHold
}

/// Each workday, to a unit: its open cases, the worst first.
pub fn daily(unit: &Unit, briefs: &[Brief<'_>]) -> Message {
    let said = words::of(unit.language).daily(&unit.name, counts(briefs));
    let mut message = list(said, unit.language, briefs);
    let officers = briefs.first().and_then(people::officers);
    let label = words::of(unit.language).label(Label::Officer).to_owned();
    message.facts.extend(officers.map(|names| (label, names)));
    message
}

/// Each week, to a unit's supervisor.
pub fn weekly(unit: &Unit, briefs: &[Brief<'_>]) -> Message {
    let said = words::of(unit.language).weekly(&unit.name, counts(briefs));
    list(said, unit.language, briefs)
}

/// Each month, to the administrators: the figures, and what is overdue.
pub fn monthly(figures: &Figures, overdue: &[Brief<'_>]) -> Message {
    let month = format!("{} 年 {} 月", figures.month.year() - 1911, figures.month.month());
    let said = Said {
        label: "【每月統計】".to_owned(),
        headline: format!("📊 {month}統計"),
        sentence: format!(
            "{month}受理 {} 件，回復 {} 件，其中逾期 {} 件",
            figures.received, figures.answered, figures.late
        ),
        request: match figures.overdue + figures.overdue_duties {
            0 => "目前沒有逾期案件。".to_owned(),
            overdue => format!("目前逾期 {overdue} 件，請洽承辦單位。"),
        },
    };
    let fact = |label: &str, count: usize| (label.to_owned(), format!("{count} 件"));
    let mut message = list(said, Language::Chinese, overdue);
    message.facts = vec![
        fact("該月受理", figures.received),
        fact("該月回復", figures.answered),
        fact("其中逾期回復", figures.late),
        fact("目前待回復", figures.open),
        fact("目前逾期", figures.overdue),
    ];
    if figures.open_duties > 0 {
        let (open, overdue) = (figures.open_duties, figures.overdue_duties);
        message
            .facts
            .push(("目前其他待辦".to_owned(), format!("{open} 件，其中逾期 {overdue} 件")));
    }
    message
}

/// One of many reminders within the hour, which become one message (彙整).
#[derive(Clone, Debug)]
pub struct Gathered<'a> {
    /// The case.
    pub brief: Brief<'a>,
    /// Who reads it.
    pub recipient: &'a Recipient,
    /// Whether it belongs into the reader's calendar.
    pub has_entry: bool,
    /// The due day that its reader was told before.
    pub told: Option<NaiveDate>,
}

/// Many reminders within the hour, as one, with the deadline of each; one that moved says from where.
pub fn burst(gathered: &[Gathered<'_>]) -> Message {
    let briefs: Vec<Brief<'_>> = gathered.iter().map(|one| one.brief.clone()).collect();
    let language = briefs.first().map(|brief| brief.language).unwrap_or_default();
    let elsewhere = !gathered.iter().any(|one| matches!(one.recipient, Recipient::Unit(_)));
    let mut said = words::of(language).burst(counts(&briefs), elsewhere);
    if let Some(first) = briefs.first().filter(|_| briefs.iter().all(|brief| brief.unit.is_none()))
    {
        said.request = words::of(language).standing(&Standing::Nobodys, &first.matter()).request;
    }
    let mut message = list(said, language, &briefs);
    for Gathered { brief, has_entry, told, .. } in gathered {
        message.entries.extend(has_entry.then(|| entry(brief, false)));
        let moved = told.filter(|told| *told != brief.deadline.due_on);
        let number = brief.case.number.as_str();
        let listed = message.cases.iter_mut().find(|listed| listed.number == number);
        if let (Some(told), Some(listed)) = (moved, listed) {
            let words = brief.words();
            listed.due = words.moved_fact(&words.date(told), &brief.due());
        }
    }
    message
}

fn list(said: Said, language: Language, briefs: &[Brief<'_>]) -> Message {
    let mut worst_first: Vec<&Brief<'_>> = briefs.iter().collect();
    let urgency = |brief: &&Brief<'_>| -> (bool, i64, NaiveDate) {
        (!running(brief), brief.workdays_left, brief.deadline.due_on)
    };
    worst_first.sort_by(|a, b| {
        urgency(a).cmp(&urgency(b)).then_with(|| a.case.number.cmp(&b.case.number))
    });
    let cases: Vec<ListedCase> = worst_first.into_iter().map(listed).collect();
    Message {
        text: format!("{}{}", said.label, said.sentence),
        headline: said.headline,
        tone: worst(&cases),
        cases,
        request: said.request,
        footer: words::of(language).footer().to_owned(),
        language,
        ..Message::default()
    }
}

fn worst(cases: &[ListedCase]) -> Tone {
    let has = |tone| cases.iter().any(|case| case.tone == tone);
    if has(Tone::Alert) {
        Tone::Alert
    } else if has(Tone::Warning) {
        Tone::Warning
    } else {
        Tone::Neutral
    }
}

/// What a list asks for: no more than answers, if it has nothing else.
fn task(briefs: &[Brief<'_>]) -> Task {
    let has_duty = briefs.iter().any(|brief| brief.task() == Task::Duty);
    if has_duty { Task::Duty } else { Task::Answer }
}

fn counts(briefs: &[Brief<'_>]) -> Counts {
    let running = || briefs.iter().filter(|brief| running(brief));
    Counts {
        all: briefs.len(),
        overdue: running().filter(|brief| brief.workdays_left < 0).count(),
        due_today: running().filter(|brief| brief.workdays_left == 0).count(),
        task: task(briefs),
        on_platform: briefs.iter().all(|brief| brief.case.is_on_platform()),
    }
}
