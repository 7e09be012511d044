//! The report as one JSON document: the same figures, under names that do not change.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::document::{Block, Cell, Section};
use super::{Report, WriteError, words};
use crate::clock::rfc3339;
use crate::domain::act;
use crate::domain::case::CaseKind;
use crate::domain::statistics::{
    AgencyFigures, CountedCase, Figures, FollowUp, Period, QUESTIONS, Spread, Statistics, Tenths,
};

#[derive(Serialize)]
struct Document<'a> {
    from: NaiveDate,
    to: NaiveDate,
    as_of: NaiveDate,
    known_since: Option<NaiveDate>,
    made_at: String,
    total: FiguresDocument,
    by_kind: Vec<Value>,
    by_month: Vec<Value>,
    by_agency: Vec<Value>,
    period_before: Value,
    year_earlier: Value,
    cases: Vec<CaseDocument<'a>>,
    sections: Vec<Value>,
    definitions: &'a [&'a str],
}

#[derive(Serialize)]
struct FiguresDocument {
    received: usize,
    #[serde(flatten)]
    kinds: Map<String, Value>,
    answered: usize,
    answered_in_time: usize,
    answered_in_time_percent: Option<f64>,
    answered_early: usize,
    answered_early_percent: Option<f64>,
    answered_on_due_day: usize,
    answered_late: usize,
    answered_undated: usize,
    open: usize,
    overdue: usize,
    withdrawn: usize,
    workdays_taken: Option<SpreadDocument>,
    workdays_ahead: Option<SpreadDocument>,
    second_rounds: usize,
    answers: usize,
    answers_in_time: usize,
    answers_late: usize,
    answers_undated: usize,
    extended_cases: usize,
    extensions: u32,
    held_cases: usize,
    holds: u32,
    follow_ups: Map<String, Value>,
}

#[derive(Serialize)]
struct SpreadDocument {
    median: f64,
    mean: f64,
    least: i64,
    most: i64,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    case_number: &'a str,
    kind: &'a str,
    title: &'a str,
    agency: &'a str,
    unit: Option<&'a str>,
    state: &'static str,
    round: u32,
    assigned_on: NaiveDate,
    starts_on: NaiveDate,
    start_origin: &'static str,
    due_on: Option<NaiveDate>,
    replied_on: Option<NaiveDate>,
    workdays_taken: Option<i64>,
    workdays_ahead: Option<i64>,
    outcome: &'static str,
    extensions: u32,
    holds: u32,
    follow_up: Option<&'static str>,
    earlier_rounds: Vec<&'static str>,
    imported: bool,
    reply_noticed: bool,
    vanished_at: Option<String>,
}

/// The report as JSON, readable by people too.
pub(super) fn write(report: &Report) -> Result<Vec<u8>, WriteError> {
    let Statistics { period, whole, kinds, months, agencies, before, year_earlier, cases, .. } =
        &report.statistics;
    let document = Document {
        from: period.from(),
        to: period.to(),
        as_of: report.statistics.as_of,
        known_since: report.known_since,
        made_at: rfc3339(report.made_at),
        total: figures(whole),
        by_kind: kinds.iter().map(|(kind, f)| named(("kind", kind.as_str()), f)).collect(),
        by_month: months.iter().map(|(m, f)| named(("month", &m.to_string()), f)).collect(),
        by_agency: agencies.iter().map(agency).collect(),
        period_before: compared(before),
        year_earlier: compared(year_earlier),
        cases: cases.iter().map(case).collect(),
        sections: report.sections.iter().map(section).collect(),
        definitions: &words::DEFINITIONS,
    };
    Ok(serde_json::to_vec_pretty(&document)?)
}

fn figures(figures: &Figures) -> FiguresDocument {
    let of_kind = |kind: CaseKind| (format!("{}s", kind.as_str()), figures.of_kind(kind).into());
    FiguresDocument {
        received: figures.received,
        kinds: QUESTIONS.into_iter().map(of_kind).collect(),
        answered: figures.answered,
        answered_in_time: figures.in_time(),
        answered_in_time_percent: figures.in_time_percent().map(Tenths::to_f64),
        answered_early: figures.early,
        answered_early_percent: figures.early_percent().map(Tenths::to_f64),
        answered_on_due_day: figures.on_due_day,
        answered_late: figures.late,
        answered_undated: figures.undated,
        open: figures.open,
        overdue: figures.overdue,
        withdrawn: figures.withdrawn,
        workdays_taken: figures.taken.map(spread),
        workdays_ahead: figures.ahead.map(spread),
        second_rounds: figures.second_rounds,
        answers: figures.answers.given,
        answers_in_time: figures.answers.in_time,
        answers_late: figures.answers.late,
        answers_undated: figures.answers.undated,
        extended_cases: figures.extended.cases,
        extensions: figures.extended.times,
        held_cases: figures.held.cases,
        holds: figures.held.times,
        follow_ups: follow_ups(figures),
    }
}

/// How the follow-ups (延伸精進) ended, each outcome by its word.
fn follow_ups(figures: &Figures) -> Map<String, Value> {
    let done = act::Outcome::ALL.map(|outcome| (outcome.as_str(), FollowUp::Done(outcome)));
    let all = done.into_iter().chain([(AWAITED, FollowUp::Awaited)]);
    all.map(|(word, ended)| (word.to_owned(), figures.followed_up(ended).into())).collect()
}

/// The word for a follow-up that nobody has recorded yet.
const AWAITED: &str = "awaited";

fn follow_up(of: FollowUp) -> Option<&'static str> {
    match of {
        FollowUp::NotAsked => None,
        FollowUp::Awaited => Some(AWAITED),
        FollowUp::Done(outcome) => Some(outcome.as_str()),
    }
}

fn spread(spread: Spread) -> SpreadDocument {
    let Spread { median, mean, least, most } = spread;
    SpreadDocument { median: median.to_f64(), mean: mean.to_f64(), least, most }
}

fn named((key, name): (&str, &str), of: &Figures) -> Value {
    with(&[(key, name.into())], json!(figures(of)))
}

/// `object` with more in front.
fn with(entries: &[(&str, Value)], object: Value) -> Value {
    let mut all: Map<String, Value> =
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    if let Value::Object(rest) = object {
        all.extend(rest);
    }
    Value::Object(all)
}

fn compared((period, of): &(Period, Figures)) -> Value {
    with(&[("from", json!(period.from())), ("to", json!(period.to()))], json!(figures(of)))
}

fn agency(agency: &AgencyFigures) -> Value {
    let unit =
        |(unit, of): &(Option<String>, Figures)| with(&[("unit", json!(unit))], json!(figures(of)));
    let units: Vec<Value> = agency.units.iter().map(unit).collect();
    let object = named(("agency", &agency.name), &agency.whole);
    with(&[("units", units.into())], object)
}

fn case(counted: &CountedCase) -> CaseDocument<'_> {
    let case = &counted.case;
    CaseDocument {
        case_number: case.number.as_str(),
        kind: case.kind.as_str(),
        title: &case.title,
        agency: &counted.agency,
        unit: counted.unit.as_deref(),
        state: case.state.as_str(),
        round: case.round,
        assigned_on: case.assigned_on,
        starts_on: case.start.on,
        start_origin: case.start.origin.as_str(),
        due_on: counted.due_on,
        replied_on: counted.answered_on,
        workdays_taken: counted.workdays_taken,
        workdays_ahead: counted.days_ahead,
        outcome: counted.outcome.as_str(),
        extensions: counted.deeds.extensions,
        holds: counted.deeds.holds,
        follow_up: follow_up(counted.deeds.follow_up),
        earlier_rounds: counted.earlier.iter().map(|(_, ended)| ended.as_str()).collect(),
        imported: case.handling.imported,
        reply_noticed: counted.deeds.is_noticed,
        vanished_at: case.vanished_at.map(rfc3339),
    }
}

/// A section of another duty: its tables, each row by the headings of its columns.
fn section(section: &Section) -> Value {
    let table = |block: &Block| {
        let Block::Table(table) = block else { return None };
        let row = |cells: &[Cell]| {
            let titles = table.columns.iter().map(|column| column.title.clone());
            Value::Object(titles.zip(cells.iter().map(value)).collect())
        };
        Some(Value::Array(table.rows.iter().map(|found| row(&found.cells)).collect()))
    };
    let tables: Vec<Value> = section.blocks.iter().filter_map(table).collect();
    json!({ "title": section.title, "tables": tables })
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(words) => json!(words),
        Cell::Count(number) => json!(number),
        Cell::Decimal(number) | Cell::Percent(number) => json!(number.to_f64()),
        Cell::Day(day) => json!(day),
        Cell::Nothing => Value::Null,
    }
}
