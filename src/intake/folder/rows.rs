//! A table's rows become cases: comments and requests told apart by their columns.

use std::collections::HashMap;

use super::tables::{Cell, Table};
use crate::config::settings::Platform;
use crate::domain::case::{CaseKind, CaseNumber, Dataset};
use crate::domain::observation::{Assignment, Observation, ReplyStatus, RowFault, SeenCase};
use crate::intake::Watch;
use crate::intake::platform::{assignment, reply_status, wire};

/// Column names of the platform's lists; of several, the first that is there.
pub(in crate::intake) const ID: &[&str] = &["ID", "編號"];
const TITLE: &[&str] = &["標題", "開放建議標題"];
const COMMENT_TITLE: &[&str] = &["標題"];
const COMMENT_POSTED: &[&str] = &["發表時間", "發表日期"];
const DATASET_TITLE: &[&str] = &["資料集名稱"];
const DATASET_NUMBER: &[&str] = &["資料集識別碼", "NID"];
const DATASET_AGENCY: &[&str] = &["提供機關"];
const REQUEST_TITLE: &[&str] = &["開放建議標題"];
const REQUEST_POSTED: &[&str] = &["發表日期", "發表時間"];
const REQUEST_AGENCY: &[&str] = &["實際派發機關"];
const ASSIGNMENT: &[&str] = &["分派狀態"];
const STATUS: &[&str] = &["回復狀態"];
const REPLIED: &[&str] = &["回復時間", "回復日期"];

/// One row's cells.
struct Cells<'t>(&'t [Cell]);

impl Cells<'_> {
    fn get(&self, names: &[&str]) -> Option<&str> {
        let mut found = names.iter().filter_map(|name| self.named(name));
        found.find(|cell| !cell.is_empty())
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(column, _)| **column == *name).map(|(_, cell)| cell.as_str())
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.named(name).is_some())
    }
}

/// Converts a table, or says why it is none of the platform's lists. Of two rows that say different things
/// of one case the first counts.
pub(super) fn convert(
    table: &Table,
    settings: &Platform,
    watch: &Watch,
) -> Result<Observation, String> {
    let mut observation = Observation::default();
    let mut rows = HashMap::new();
    for (row, read) in convert_each(table, settings, watch)? {
        let fault = match read {
            Ok(None) => None,
            Ok(Some(seen)) => {
                let number = seen.number.clone();
                let (first, known) = rows.entry(number).or_insert_with(|| (row, seen.clone()));
                (*known != seen).then(|| format!("it says something else than row {first}"))
            }
            Err(fault) => Some(fault),
        };
        observation.faults.extend(fault.map(|fault| RowFault { row: format!("row {row}"), fault }));
    }
    let mut seen: Vec<(usize, SeenCase)> = rows.into_values().collect();
    seen.sort_unstable_by_key(|(row, _)| *row);
    observation.seen = seen.into_iter().map(|(_, seen)| seen).collect();
    match observation.faults.first() {
        Some(first) if observation.faults.len() == table.rows.len() => {
            Err(format!("no row could be read; {}: {}", first.row, first.fault))
        }
        _ => Ok(observation),
    }
}

/// A row's case, or its fault; `None` for an answered comment that is nobody's we know.
pub(in crate::intake) type ReadRow = Result<Option<SeenCase>, String>;

/// Converts every row by itself.
pub(in crate::intake) fn convert_each(
    table: &Table,
    settings: &Platform,
    watch: &Watch,
) -> Result<Vec<(usize, ReadRow)>, String> {
    let first = table.rows.first().map(|(_, cells)| Cells(cells));
    let first = first.ok_or("no rows in it")?;
    check_columns(&first)?;
    let is_requests = first.has(REQUEST_TITLE);
    let read = |(number, cells): &(usize, Vec<Cell>)| {
        let cells = Cells(cells);
        let read = if is_requests {
            request(&cells, settings).map(Some)
        } else {
            comment(&cells, settings, watch)
        };
        (*number, read)
    };
    Ok(table.rows.iter().map(read).collect())
}

/// Says which columns are not there. What is there is not quoted: without a header it is a citizen's row.
fn check_columns(first: &Cells<'_>) -> Result<(), String> {
    let missing = [ID, TITLE, STATUS].into_iter().filter(|names| !first.has(names));
    let missing: Vec<String> = missing.map(|names| names.join(" or ")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "not one of the platform's lists: it has no column named {}. Export it with \
         匯出搜尋結果清冊",
        missing.join(", none named ")
    ))
}

fn request(cells: &Cells<'_>, settings: &Platform) -> Result<SeenCase, String> {
    let sid = id(cells)?;
    let agency = cells.get(REQUEST_AGENCY).unwrap_or_default().to_owned();
    let assignment = match cells.get(ASSIGNMENT) {
        Some(word) => assignment(word, settings).ok_or("分派狀態 is an unknown word")?,
        None if agency.is_empty() => Assignment::Awaited,
        None => Assignment::Made(None),
    };
    let page = settings.request_page.replace("{base_url}", &settings.base_url);
    Ok(SeenCase {
        number: CaseNumber::of_request(sid),
        kind: CaseKind::Request,
        title: cells.get(REQUEST_TITLE).ok_or("開放建議標題 is empty")?.to_owned(),
        agency,
        dataset: None,
        url: page.replace("{sid}", &sid.to_string()),
        posted_at: posted(cells, REQUEST_POSTED)?,
        assignment,
        reply: reply(cells, settings)?,
        later_answers: Vec::new(),
    })
}

/// A comment; `None` for an answered one that no agency of ours can be named for.
fn comment(
    cells: &Cells<'_>,
    settings: &Platform,
    watch: &Watch,
) -> Result<Option<SeenCase>, String> {
    let cid = id(cells)?;
    let reply = reply(cells, settings)?;
    let named = cells.get(DATASET_TITLE).unwrap_or_default();
    let number = cells.get(DATASET_NUMBER).and_then(|text| text.parse::<u64>().ok());
    let known = watch.datasets.iter().find(|dataset| match number {
        Some(nid) => dataset.nid == nid,
        None => dataset.title == named,
    });
    let agency = cells.get(DATASET_AGENCY).or(known.map(|dataset| dataset.agency.as_str()));
    let nid = number.or(known.map(|dataset| dataset.nid));
    if agency.is_none() && reply != ReplyStatus::Unanswered {
        return Ok(None);
    }
    let page = settings.comment_page.replace("{base_url}", &settings.base_url);
    let page = page.replace("{cid}", &cid.to_string());
    Ok(Some(SeenCase {
        number: CaseNumber::of_comment(cid),
        kind: CaseKind::Comment,
        title: cells.get(COMMENT_TITLE).ok_or("標題 is empty")?.to_owned(),
        agency: agency.unwrap_or_default().to_owned(),
        dataset: nid.map(|nid| Dataset { nid, title: named.to_owned() }),
        url: match nid {
            Some(nid) => page.replace("{nid}", &nid.to_string()),
            None => format!("{}/comments", settings.base_url),
        },
        posted_at: posted(cells, COMMENT_POSTED)?,
        assignment: Assignment::Made(None),
        reply,
        later_answers: Vec::new(),
    }))
}

fn id(cells: &Cells<'_>) -> Result<u64, String> {
    let text = cells.get(ID).ok_or("ID is empty")?;
    text.parse().map_err(|_| "ID is not a number".to_owned())
}

fn posted(cells: &Cells<'_>, names: &[&str]) -> Result<Option<chrono::NaiveDateTime>, String> {
    let Some(text) = cells.get(names) else { return Ok(None) };
    let read = wire::read_moment(text).filter(wire::is_plausible);
    read.map(Some).ok_or_else(|| "its date cannot be read".to_owned())
}

fn reply(cells: &Cells<'_>, settings: &Platform) -> Result<ReplyStatus, String> {
    let word = cells.get(STATUS).ok_or("回復狀態 is empty")?;
    match reply_status(word, settings).ok_or("回復狀態 is an unknown word")? {
        ReplyStatus::Answered(_) => Ok(ReplyStatus::Answered(posted(cells, REPLIED)?)),
        status => Ok(status),
    }
}
