//! The section of one kind of duty: its cases, their checklists, and how they go.

use chrono::NaiveDate;

use super::document::{Block, Cell, Column, Row, Section, Table};
use super::words;
use crate::domain::checklist::Line;
use crate::domain::handling::Goal;
use crate::domain::kind::Kind;
use crate::domain::statistics::{CountedCase, Outcome, Tenths};

/// A case of a duty, with what a report says of it.
#[derive(Clone, Debug)]
pub struct DutyCase<'a> {
    /// The case, as it counts.
    pub counted: &'a CountedCase,
    /// What must be done and signed for.
    pub checklist: Vec<Line<'a>>,
    /// Remarks on how it goes: the day, who, and what; oldest first.
    pub notes: Vec<(NaiveDate, &'a str, &'a str)>,
    /// Whether whoever reads the report may read the unit's words.
    pub shows_words: bool,
}

impl DutyCase<'_> {
    /// Words of the unit, or that they are its own.
    fn word(&self, word: &str) -> Cell {
        let is_shown = self.shows_words || word.is_empty();
        Cell::text(if is_shown { word } else { words::FOR_THE_UNIT })
    }
}

/// The section of `duty`; `None` where it has no title, or nothing stands in it.
pub fn section(duty: &Kind, cases: &[DutyCase<'_>]) -> Option<Section> {
    let title = duty.section.clone().filter(|_| !cases.is_empty())?;
    let mut blocks = vec![Block::Table(listed(cases))];
    blocks.extend([checklists(cases), notes(cases)].into_iter().flatten().map(Block::Table));
    Some(Section { title, sheet: sheet_name(&duty.name), wide: true, blocks })
}

/// A name that every spreadsheet takes.
fn sheet_name(name: &str) -> String {
    name.chars().filter(|c| !"[]*?:/\\'".contains(*c)).take(31).collect()
}

fn listed(cases: &[DutyCase<'_>]) -> Table {
    let with_goal = cases.iter().any(|duty| duty.counted.case.handling.goal.is_some());
    let mut columns = vec![
        Column::text("案號", 3),
        Column::text("事項", 8),
        Column::text("機關", 5),
        Column::text("承辦單位", 5),
        Column::text("起算日", 3),
        Column::text("辦理期限", 3),
        Column::text("辦結日", 3),
        Column::text("辦理情形", 4),
    ];
    if with_goal {
        columns.extend(["目標", "現況", "達成率"].map(|title| Column::figure(title, 2)));
    }
    let row = |duty: &DutyCase<'_>| {
        let CountedCase { case, agency, unit, due_on, answered_on, .. } = duty.counted;
        let mut cells = vec![
            Cell::text(case.number.as_str()),
            Cell::text(case.title.clone()),
            Cell::text(agency.clone()),
            Cell::text(unit.as_deref().unwrap_or(words::NO_UNIT)),
            Cell::Day(case.start.on),
            Cell::maybe(*due_on, Cell::Day),
            Cell::maybe(*answered_on, Cell::Day),
            Cell::Text(progress(duty)),
        ];
        if with_goal {
            cells.extend(reached(case.handling.goal.as_ref()));
        }
        Row::of(cells)
    };
    Table { columns, rows: cases.iter().map(row).collect() }
}

/// A number to be reached, how far it is, and that as a share.
fn reached(goal: Option<&Goal>) -> [Cell; 3] {
    let value = goal.and_then(|goal| goal.value);
    let size = |number: u32| usize::try_from(number).ok();
    let share = |goal: &Goal| Tenths::percent(size(goal.value?)?, size(goal.number.max(1))?);
    [
        Cell::maybe(goal, |goal| Cell::Count(goal.number.into())),
        Cell::maybe(value, |value| Cell::Count(value.into())),
        Cell::maybe(goal.and_then(share), Cell::Percent),
    ]
}

/// How it ended or where it stands, and how much of its checklist is done.
fn progress(duty: &DutyCase<'_>) -> String {
    let word = match duty.counted.outcome {
        Outcome::Early | Outcome::OnDueDay => "如期辦結",
        Outcome::Late => "逾期辦結",
        Outcome::Undated if is_short(duty) => "屆期未達成",
        Outcome::Undated => "結案",
        Outcome::Open => "辦理中",
        Outcome::Overdue => "逾期辦理中",
        Outcome::Withdrawn => "撤案",
    };
    let (all, done) =
        (duty.checklist.len(), duty.checklist.iter().filter(|line| line.tick.is_some()).count());
    if all == 0 || duty.counted.outcome.is_answered() {
        return word.to_owned();
    }
    format!("{word}（{done}／{all} 項完成）")
}

fn is_short(duty: &DutyCase<'_>) -> bool {
    let goal = duty.counted.case.handling.goal.as_ref();
    let missing = duty.checklist.iter().any(|line| line.tick.is_none());
    missing || goal.is_some_and(|goal| !goal.is_reached())
}

fn checklists(cases: &[DutyCase<'_>]) -> Option<Table> {
    let columns = vec![
        Column::text("案號", 3),
        Column::text("檢核項目", 8),
        Column::text("核定或會辦", 4),
        Column::text("完成日", 3),
        Column::text("文號", 6),
    ];
    let row = |duty: &DutyCase<'_>, line: &Line<'_>| {
        Row::of(vec![
            Cell::text(duty.counted.case.number.as_str()),
            Cell::text(line.name),
            Cell::text(line.signer),
            line.tick.map_or_else(|| Cell::text("尚未完成"), |tick| Cell::Day(tick.on)),
            duty.word(line.tick.map_or("", |tick| tick.document.as_str())),
        ])
    };
    let mut rows = Vec::new();
    for duty in cases {
        rows.extend(duty.checklist.iter().map(|line| row(duty, line)));
    }
    (!rows.is_empty()).then_some(Table { columns, rows })
}

fn notes(cases: &[DutyCase<'_>]) -> Option<Table> {
    let columns = vec![
        Column::text("案號", 3),
        Column::text("日期", 3),
        Column::text("辦理進度", 12),
        Column::text("登錄人", 3),
    ];
    let mut rows = Vec::new();
    for duty in cases {
        rows.extend(duty.notes.iter().map(|(day, by, said)| {
            let number = Cell::text(duty.counted.case.number.as_str());
            Row::of(vec![number, Cell::Day(*day), duty.word(said), Cell::text(*by)])
        }));
    }
    (!rows.is_empty()).then_some(Table { columns, rows })
}
