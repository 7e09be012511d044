//! Past cases from a file: the platform's list exports, or an office's own sheet by a mapping.
//!
//! Unlike a look at a source this takes all or nothing: each fault names its row and column.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};

use super::Watch;
use super::folder::rows::{self, convert_each};
use super::folder::tables::{self, Cell, Table, column_name, name_of};
use super::platform::{reply_status, wire};
use crate::config::settings::{ImportField, ImportMapping, Platform};
use crate::domain::case::{CaseKind, CaseNumber, Dataset};
use crate::domain::kind::Kinds;
use crate::domain::observation::{Assignment, ReplyStatus, SeenCase, day_in_taipei};

/// A row that was read, and how it ended where it was not by an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRow {
    /// Where its number stands: `row 4, column A`.
    pub place: String,
    /// The case.
    pub seen: SeenCase,
    /// It was taken back.
    pub withdrawn: bool,
    /// 1, and one more for each 再回復.
    pub round: u32,
}

/// A whole file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastRows {
    /// Its cases.
    pub rows: Vec<PastRow>,
    /// Answered comments of datasets that nobody has seen yet: whose they are, the list does not say.
    pub of_unknown_datasets: usize,
}

/// What past cases are read by.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The mapping of an office's own sheet; `None` for the platform's lists.
    pub mapping: Option<&'a ImportMapping>,
    /// The words of the platform.
    pub platform: &'a Platform,
    /// The kinds there are.
    pub kinds: &'a Kinds,
    /// The datasets that are known: a list names a comment's dataset only. And what day it is.
    pub watch: &'a Watch,
}

impl Reading<'_> {
    fn today(&self) -> NaiveDate {
        day_in_taipei(self.watch.now)
    }
}

/// Reads a whole file, or every fault of it.
pub fn read(bytes: Vec<u8>, path: &Path, by: Reading<'_>) -> Result<PastRows, Vec<String>> {
    let table = tables::read(bytes, path).map_err(|fault| vec![fault])?;
    if table.rows.is_empty() {
        return Err(vec!["no rows in it: the first row names the columns".to_owned()]);
    }
    let faults = stray_cells(&table);
    if !faults.is_empty() {
        return Err(faults);
    }
    match by.mapping {
        Some(mapping) => read_mapped(&table, mapping, by),
        None => read_list(&table, by),
    }
}

/// Cells under no heading: most often a comma too many, and every cell after it is in the wrong column.
fn stray_cells(table: &Table) -> Vec<String> {
    let stray = table.rows.iter().filter_map(|(row, cells)| {
        let is_stray = |(name, cell): &Cell| name.is_empty() && !cell.is_empty();
        let index = cells.iter().position(is_stray)?;
        let column = column_name(index);
        Some(format!(
            "row {row}, column {column}: a cell without a heading: is a comma too many there?"
        ))
    });
    stray.collect()
}

fn read_list(table: &Table, by: Reading<'_>) -> Result<PastRows, Vec<String>> {
    let say = "for a sheet of your own name its columns in [import.NAME] and give --mapping NAME";
    let read = convert_each(table, by.platform, by.watch);
    let read = read.map_err(|fault| vec![format!("{fault}; {say}")])?;
    let (mut past, mut faults) = (PastRows::default(), Vec::new());
    for ((row, read), (_, cells)) in read.into_iter().zip(&table.rows) {
        let column = rows::ID.iter().find(|id| cells.iter().any(|(name, _)| **name == ***id));
        let place = format!("row {row}, column {}", column.copied().unwrap_or_default());
        match read.and_then(|seen| seen.map(|seen| in_order(seen, by.today())).transpose()) {
            Ok(Some(seen)) => past.rows.push(PastRow { place, seen, withdrawn: false, round: 1 }),
            Ok(None) => past.of_unknown_datasets += 1,
            Err(fault) => faults.push(format!("row {row}: {fault}")),
        }
    }
    if faults.is_empty() { Ok(past) } else { Err(faults) }
}

/// A case of the platform's lists whose days can be.
fn in_order(seen: SeenCase, today: NaiveDate) -> Result<SeenCase, String> {
    let posted = seen.posted_at.map(|at| at.date());
    let answered = match seen.reply {
        ReplyStatus::Answered(at) => at.map(|at| at.date()),
        ReplyStatus::Unanswered | ReplyStatus::AskedAgain | ReplyStatus::NotShown => None,
    };
    if posted.is_some_and(|day| day > today) || answered.is_some_and(|day| day > today) {
        return Err("its date lies in the future".to_owned());
    }
    if answered.zip(posted).is_some_and(|(answered, posted)| answered < posted) {
        return Err("answered before it was posted".to_owned());
    }
    Ok(seen)
}

fn read_mapped(
    table: &Table,
    mapping: &ImportMapping,
    by: Reading<'_>,
) -> Result<PastRows, Vec<String>> {
    let mut faults = check_columns(table, mapping);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut rows = Vec::new();
    for (row, cells) in &table.rows {
        match (Line { cells, mapping, by }).case() {
            Ok(past) => rows.push(PastRow { place: format!("row {row}, {}", past.place), ..past }),
            Err(fault) => faults.push(format!("row {row}, {fault}")),
        }
    }
    let past = PastRows { rows, of_unknown_datasets: 0 };
    if faults.is_empty() { Ok(past) } else { Err(faults) }
}

/// Columns that nobody mapped, and mapped ones that are not there.
fn check_columns(table: &Table, mapping: &ImportMapping) -> Vec<String> {
    let wanted: BTreeMap<String, &String> =
        mapping.columns.values().map(|title| (name_of(title), title)).collect();
    let ignored: Vec<String> = mapping.ignored.iter().map(|title| name_of(title)).collect();
    let mut names: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for (index, (name, _)) in table.rows.iter().flat_map(|(_, cells)| cells.iter().enumerate()) {
        let name: &str = name;
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        if !name.is_empty()
            && !wanted.contains_key(name)
            && !ignored.iter().any(|title| title == name)
        {
            let column = column_name(index);
            faults.push(format!(
                "row 1, column {column} ({name}) is not mapped: name it in `columns`, or in \
                 `ignored`"
            ));
        }
    }
    let missing = wanted.iter().filter(|(name, _)| !names.contains(&name.as_str()));
    faults.extend(missing.map(|(_, title)| format!("row 1: there is no column {title}")));
    faults
}

/// One row's cells, by what they hold.
struct Line<'t> {
    cells: &'t [Cell],
    mapping: &'t ImportMapping,
    by: Reading<'t>,
}

impl Line<'_> {
    /// The column of a field, as a person calls it, and its cell.
    fn cell(&self, field: ImportField) -> Option<(String, &str)> {
        let name = name_of(self.mapping.columns.get(&field)?);
        let (index, (_, cell)) =
            self.cells.iter().enumerate().find(|(_, (column, _))| **column == *name)?;
        Some((format!("column {}", column_name(index)), cell))
    }

    /// The same; `None` where it is empty.
    fn get(&self, field: ImportField) -> Option<(String, &str)> {
        self.cell(field).filter(|(_, cell)| !cell.is_empty())
    }

    fn needed(&self, field: ImportField) -> Result<(String, &str), String> {
        self.get(field).ok_or_else(|| self.lacks(field))
    }

    fn lacks(&self, field: ImportField) -> String {
        match self.cell(field) {
            Some((place, _)) => format!("{place}: empty"),
            None => format!("no column for `{}`", field.as_str()),
        }
    }

    fn when(&self, field: ImportField) -> Result<Option<NaiveDateTime>, String> {
        let Some((place, text)) = self.get(field) else { return Ok(None) };
        match read_when(text).filter(wire::is_plausible) {
            Some(at) if at.date() > self.by.today() => {
                Err(format!("{place}: this day lies in the future"))
            }
            Some(at) => Ok(Some(at)),
            None => Err(format!("{place}: no day: write 113/11/06, 2024-11-06 or 1131106")),
        }
    }

    fn kind(&self) -> Result<CaseKind, String> {
        let kinds = self.by.kinds;
        let Some((place, text)) = self.get(ImportField::Kind) else {
            return self.mapping.kind.ok_or_else(|| self.lacks(ImportField::Kind));
        };
        let by_word = CaseKind::parse(text).filter(|kind| kinds.knows(*kind));
        let by_name = match text {
            "我有話要說" => Some(CaseKind::Comment),
            "我想要更多" => Some(CaseKind::Request),
            _ => kinds.0.iter().find(|kind| kind.name == text).map(|kind| kind.kind),
        };
        by_word.or(by_name).ok_or_else(|| format!("{place}: no kind has this name"))
    }

    fn number(&self, kind: CaseKind) -> Result<(String, CaseNumber), String> {
        let (place, text) = self.needed(ImportField::Number)?;
        let number = match (text.parse::<u64>(), kind) {
            (Ok(cid), CaseKind::Comment) => Ok(CaseNumber::of_comment(cid)),
            (Ok(sid), CaseKind::Request) => Ok(CaseNumber::of_request(sid)),
            _ => CaseNumber::parse(text),
        };
        match number {
            Ok(number) => Ok((place, number)),
            Err(_) => Err(format!("{place}: no case number: C-558380, or the platform's own")),
        }
    }

    /// The day it began, as it was assigned or else posted, both with their moments.
    fn began(&self) -> Result<[Option<NaiveDateTime>; 2], String> {
        let (posted, assigned) =
            (self.when(ImportField::Posted)?, self.when(ImportField::Assigned)?);
        if assigned.or(posted).is_some() {
            return Ok([posted, assigned]);
        }
        let place = self.cell(ImportField::Assigned).or_else(|| self.cell(ImportField::Posted));
        let (place, _) = place.ok_or("no column for `assigned`, nor for `posted`")?;
        Err(format!("{place}: empty, and no other day to begin with"))
    }

    /// What became of it, and whether it was taken back. Without a status the day of the answer
    /// says that there was one.
    fn reply(&self, began: Option<NaiveDateTime>) -> Result<(ReplyStatus, bool), String> {
        let replied = self.when(ImportField::Replied)?;
        if let (Some((place, _)), Some(at)) = (self.get(ImportField::Replied), replied)
            && began.is_some_and(|began| at.date() < began.date())
        {
            return Err(format!("{place}: answered before it was assigned"));
        }
        let Some((place, word)) = self.get(ImportField::Status) else {
            let answered = replied.map(|at| ReplyStatus::Answered(Some(at)));
            return Ok((answered.unwrap_or(ReplyStatus::Unanswered), false));
        };
        if self.mapping.withdrawn_words.iter().any(|known| known == word) {
            return Ok((ReplyStatus::Unanswered, true));
        }
        match reply_status(word, self.by.platform) {
            Some(ReplyStatus::Answered(_)) => Ok((ReplyStatus::Answered(replied), false)),
            Some(_) if replied.is_some() => {
                Err(format!("{place}: not answered, but there is a day of the answer"))
            }
            Some(status) => Ok((status, false)),
            None => Err(format!("{place}: an unknown word: see [platform] answered_words")),
        }
    }

    fn round(&self) -> Result<u32, String> {
        let Some((place, text)) = self.get(ImportField::Round) else { return Ok(1) };
        let round = text.parse().ok().filter(|round| (1..=99).contains(round));
        round.ok_or_else(|| format!("{place}: no round: 1, 2, …"))
    }

    fn dataset(&self) -> Result<Option<Dataset>, String> {
        let title = self.get(ImportField::Dataset).map(|(_, title)| title.to_owned());
        let Some((place, text)) = self.get(ImportField::DatasetNumber) else {
            let mut datasets = self.by.watch.datasets.iter();
            let known = datasets.find(|known| Some(&known.title) == title.as_ref());
            return Ok(known.map(|known| Dataset { nid: known.nid, title: known.title.clone() }));
        };
        let nid = text.parse().map_err(|_| format!("{place}: no dataset's number"))?;
        Ok(Some(Dataset { nid, title: title.unwrap_or_default() }))
    }

    /// The case; its place is the column of its number.
    fn case(&self) -> Result<PastRow, String> {
        let kind = self.kind()?;
        let (place, number) = self.number(kind)?;
        let [posted_at, assigned] = self.began()?;
        let (reply, withdrawn) = self.reply(assigned.or(posted_at))?;
        let seen = SeenCase {
            number,
            kind,
            title: self.needed(ImportField::Title)?.1.to_owned(),
            agency: self.needed(ImportField::Agency)?.1.to_owned(),
            dataset: self.dataset()?,
            url: String::new(),
            posted_at,
            assignment: Assignment::Made(assigned.map(|at| at.date())),
            reply,
            later_answers: Vec::new(),
        };
        Ok(PastRow { place, seen, withdrawn, round: self.round()? })
    }
}

/// A day or a moment as offices write it: `2024-11-06 14:42`, `113/11/6`, `113年11月6日`, `1131106`.
fn read_when(text: &str) -> Option<NaiveDateTime> {
    let plain = text.trim().replace(['年', '月', '.'], "-").replace('日', "");
    let digits = plain.len();
    let is_compact = (7..=8).contains(&digits) && plain.bytes().all(|b| b.is_ascii_digit());
    if is_compact {
        let (year, rest) = plain.split_at_checked(digits - 4)?;
        let (month, day) = rest.split_at_checked(2)?;
        return wire::read_moment(&format!("{year}-{month}-{day}"));
    }
    wire::read_moment(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_offices_write_it() {
        let read = |text| read_when(text).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
        let day = Some("2024-11-06 00:00".to_owned());
        for text in [
            "2024-11-06",
            "2024/11/6",
            "2024.11.06",
            "20241106",
            "113/11/06",
            "113.11.6",
            "113年11月6日",
            "1131106",
            " 113-11-06 ",
        ] {
            assert_eq!(read(text), day, "{text}");
        }
        assert_eq!(read("113/11/06 14:42").as_deref(), Some("2024-11-06 14:42"));
        assert_eq!(read("2024-11-06T14:42:00").as_deref(), Some("2024-11-06 14:42"));
        for text in ["", "45628", "113/02/30", "113/13/01", "十一月六日", "113", "1131", "-"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
