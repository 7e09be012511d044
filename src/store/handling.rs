//! What people did to a case's present round: its extensions, its holds and its checklist.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;
use super::columns::{instant, optional, parse_day, parse_instant, parsed};
use crate::domain::case::{Case, CaseNumber};
use crate::domain::checklist::{Item, Tick};
use crate::domain::handling::{Extension, ExtensionState, Goal, Hold, HoldEnd};

/// Writes the extensions and the holds of a case's present round, and its checklist.
pub(super) fn save(tx: &Connection, case: &Case) -> Result<(), StoreError> {
    for (ordinal, extension) in (1_i64..).zip(&case.handling.extensions) {
        save_extension(tx, (case, ordinal), extension)?;
    }
    for (ordinal, hold) in (1_i64..).zip(&case.handling.holds) {
        save_hold(tx, (case, ordinal), hold)?;
    }
    for (ordinal, item) in (1_i64..).zip(&case.handling.checklist) {
        save_item(tx, (case, ordinal), item)?;
    }
    if let Some(goal) = &case.handling.goal {
        save_goal(tx, case, goal)?;
    }
    Ok(())
}

/// Takes out what was done to the present round of a case, whose time begins anew; the history keeps it.
pub(super) fn clear(tx: &Connection, case: &Case) -> Result<(), StoreError> {
    const CLEAR: [&str; 2] = [
        "delete from extensions where case_number = ?1 and round = ?2",
        "delete from holds where case_number = ?1 and round = ?2",
    ];
    for sql in CLEAR {
        tx.prepare_cached(sql)?.execute((case.number.as_str(), case.round))?;
    }
    Ok(())
}

fn save_extension(
    tx: &Connection,
    (case, ordinal): (&Case, i64),
    extension: &Extension,
) -> Result<(), StoreError> {
    const SAVE: &str = "insert into extensions values (:number, :round, :ordinal, :workdays,
            :reason, :asked_by, :asked_at, :state, :decided_by, :decided_at)
        on conflict do update set state = excluded.state, decided_by = excluded.decided_by,
            decided_at = excluded.decided_at";
    tx.prepare_cached(SAVE)?.execute(named_params! {
        ":number": case.number.as_str(),
        ":round": case.round,
        ":ordinal": ordinal,
        ":workdays": extension.workdays,
        ":reason": extension.reason,
        ":asked_by": extension.asked_by,
        ":asked_at": instant(extension.asked_at),
        ":state": extension.state.as_str(),
        ":decided_by": extension.decided_by,
        ":decided_at": extension.decided_at.map(instant),
    })?;
    Ok(())
}

fn save_hold(
    tx: &Connection,
    (case, ordinal): (&Case, i64),
    hold: &Hold,
) -> Result<(), StoreError> {
    const SAVE: &str = "insert into holds values (:number, :round, :ordinal, :from_on, :reason,
            :held_by, :held_at, :was_acknowledged, :ended_on, :ended_by, :ended_at)
        on conflict do update set was_acknowledged = excluded.was_acknowledged,
            ended_on = excluded.ended_on, ended_by = excluded.ended_by,
            ended_at = excluded.ended_at";
    let end = hold.end.as_ref();
    tx.prepare_cached(SAVE)?.execute(named_params! {
        ":number": case.number.as_str(),
        ":round": case.round,
        ":ordinal": ordinal,
        ":from_on": hold.from.to_string(),
        ":reason": hold.reason,
        ":held_by": hold.by,
        ":held_at": instant(hold.at),
        ":was_acknowledged": hold.was_acknowledged,
        ":ended_on": end.map(|end| end.on.to_string()),
        ":ended_by": end.map(|end| end.by.as_str()),
        ":ended_at": end.map(|end| instant(end.at)),
    })?;
    Ok(())
}

fn save_item(
    tx: &Connection,
    (case, ordinal): (&Case, i64),
    item: &Item,
) -> Result<(), StoreError> {
    const SAVE: &str = "insert into checklist_items values (:number, :ordinal, :item, :name,
            :done_on, :document, :ticked_by, :ticked_at)
        on conflict do update set name = excluded.name, done_on = excluded.done_on,
            document = excluded.document, ticked_by = excluded.ticked_by,
            ticked_at = excluded.ticked_at";
    let tick = item.tick.as_ref();
    tx.prepare_cached(SAVE)?.execute(named_params! {
        ":number": case.number.as_str(),
        ":ordinal": ordinal,
        ":item": item.word,
        ":name": item.name,
        ":done_on": tick.map(|tick| tick.on.to_string()),
        ":document": tick.map(|tick| tick.document.as_str()),
        ":ticked_by": tick.map(|tick| tick.by.as_str()),
        ":ticked_at": tick.map(|tick| instant(tick.at)),
    })?;
    Ok(())
}

fn save_goal(tx: &Connection, case: &Case, goal: &Goal) -> Result<(), StoreError> {
    const SAVE: &str = "insert into goals values (:number, :goal, :value, :measured_on,
            :measured_by)
        on conflict do update set number = excluded.number, value = excluded.value,
            measured_on = excluded.measured_on, measured_by = excluded.measured_by";
    tx.prepare_cached(SAVE)?.execute(named_params! {
        ":number": case.number.as_str(),
        ":goal": goal.number,
        ":value": goal.value,
        ":measured_on": goal.measured_on.map(|day| day.to_string()),
        ":measured_by": goal.measured_by,
    })?;
    Ok(())
}

/// Reads the extensions and the holds of the present round of one case, and its checklist.
pub(super) fn attach_one(tx: &Connection, case: &mut Case) -> Result<(), StoreError> {
    const IS_ANY: &str = "select exists (select 1 from extensions where case_number = ?1)
        or exists (select 1 from holds where case_number = ?1)
        or exists (select 1 from checklist_items where case_number = ?1)
        or exists (select 1 from goals where case_number = ?1)";
    const EXTENSIONS: &str = "select * from extensions where case_number = ?1 and round = ?2
        order by ordinal";
    const HOLDS: &str = "select * from holds where case_number = ?1 and round = ?2
        order by ordinal";
    const ITEMS: &str = "select * from checklist_items where case_number = ?1 order by ordinal";
    const GOAL: &str = "select * from goals where case_number = ?1";
    let key = (case.number.as_str(), case.round);
    // Of most cases there is nothing.
    if !tx.prepare_cached(IS_ANY)?.query_row([key.0], |row| row.get(0))? {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(EXTENSIONS)?;
    let mut rows = statement.query(key)?;
    while let Some(row) = rows.next()? {
        case.handling.extensions.push(read_extension(row)?);
    }
    let mut statement = tx.prepare_cached(HOLDS)?;
    let mut rows = statement.query(key)?;
    while let Some(row) = rows.next()? {
        case.handling.holds.push(read_hold(row)?);
    }
    let mut statement = tx.prepare_cached(ITEMS)?;
    let mut rows = statement.query([case.number.as_str()])?;
    while let Some(row) = rows.next()? {
        case.handling.checklist.push(read_item(row)?);
    }
    let mut statement = tx.prepare_cached(GOAL)?;
    let goal = statement.query_row([case.number.as_str()], |row| Ok(read_goal(row))).optional()?;
    case.handling.goal = goal.transpose()?;
    Ok(())
}

/// The same for many cases, which cost one walk through each table.
pub(super) fn attach(tx: &Connection, cases: &mut [Case]) -> Result<(), StoreError> {
    const EXTENSIONS: &str = "select e.* from extensions as e join cases as c
        on c.number = e.case_number and c.round = e.round order by e.case_number, e.ordinal";
    const HOLDS: &str = "select h.* from holds as h join cases as c
        on c.number = h.case_number and c.round = h.round order by h.case_number, h.ordinal";
    const ITEMS: &str = "select * from checklist_items order by case_number, ordinal";
    const GOALS: &str = "select * from goals order by case_number";
    let mut extensions = by_case(tx, EXTENSIONS, read_extension)?;
    let mut holds = by_case(tx, HOLDS, read_hold)?;
    let mut items = by_case(tx, ITEMS, read_item)?;
    let mut goals = by_case(tx, GOALS, read_goal)?;
    let has_none = extensions.is_empty() && holds.is_empty();
    if has_none && items.is_empty() && goals.is_empty() {
        return Ok(());
    }
    for case in cases {
        case.handling.extensions = extensions.remove(&case.number).unwrap_or_default();
        case.handling.holds = holds.remove(&case.number).unwrap_or_default();
        case.handling.checklist = items.remove(&case.number).unwrap_or_default();
        case.handling.goal = goals.remove(&case.number).and_then(|mut goals| goals.pop());
    }
    Ok(())
}

fn by_case<T>(
    tx: &Connection,
    sql: &str,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<BTreeMap<CaseNumber, Vec<T>>, StoreError> {
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found: BTreeMap<CaseNumber, Vec<T>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let number = parsed(row, "case_number", |text| CaseNumber::parse(text).ok())?;
        found.entry(number).or_default().push(read(row)?);
    }
    Ok(found)
}

fn read_extension(row: &Row<'_>) -> Result<Extension, StoreError> {
    Ok(Extension {
        workdays: row.get("workdays")?,
        reason: row.get("reason")?,
        asked_by: row.get("asked_by")?,
        asked_at: parsed(row, "asked_at", parse_instant)?,
        state: parsed(row, "state", ExtensionState::parse)?,
        decided_by: row.get("decided_by")?,
        decided_at: optional(row, "decided_at", parse_instant)?,
    })
}

fn read_item(row: &Row<'_>) -> Result<Item, StoreError> {
    let on = optional(row, "done_on", parse_day)?;
    let at = optional(row, "ticked_at", parse_instant)?;
    let by: Option<String> = row.get("ticked_by")?;
    let document: Option<String> = row.get("document")?;
    let tick = match (on, by, at) {
        (Some(on), Some(by), Some(at)) => {
            Some(Tick { on, document: document.unwrap_or_default(), by, at })
        }
        _ => None,
    };
    Ok(Item { word: row.get("item")?, name: row.get("name")?, tick })
}

fn read_goal(row: &Row<'_>) -> Result<Goal, StoreError> {
    Ok(Goal {
        number: row.get("number")?,
        value: row.get("value")?,
        measured_on: optional(row, "measured_on", parse_day)?,
        measured_by: row.get("measured_by")?,
    })
}

fn read_hold(row: &Row<'_>) -> Result<Hold, StoreError> {
    let on = optional(row, "ended_on", parse_day)?;
    let at = optional(row, "ended_at", parse_instant)?;
    let by: Option<String> = row.get("ended_by")?;
    let end = match (on, by, at) {
        (Some(on), Some(by), Some(at)) => Some(HoldEnd { on, by, at }),
        _ => None,
    };
    Ok(Hold {
        from: parsed(row, "from_on", parse_day)?,
        reason: row.get("reason")?,
        by: row.get("held_by")?,
        at: parsed(row, "held_at", parse_instant)?,
        was_acknowledged: row.get("was_acknowledged")?,
        end,
    })
}
