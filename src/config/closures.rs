//! Edits `closures.toml` as a careful hand would: comments, order and spacing stay.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use toml_edit::{ArrayOfTables, Date, Datetime, DocumentMut, Item, Table, value};

use crate::clock::parse_date;
use crate::domain::calendar::DayPart;

/// A closure to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClosure {
    /// The day.
    pub date: NaiveDate,
    /// The city or county; `None` means everywhere.
    pub region: Option<String>,
    /// Half a day; `None` means the whole.
    pub part: Option<DayPart>,
    /// Why, as announced.
    pub reason: String,
}

/// Which closures of a day are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopening {
    /// The day.
    pub date: NaiveDate,
    /// Where; `None`: wherever it was closed, if that is one place.
    pub place: Option<Place>,
    /// `None`: the whole day or whichever half was closed.
    pub span: Option<Span>,
}

/// Where something is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// 全國.
    Country,
    /// A city or county.
    Region(String),
}

/// How much of a day is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// All of it.
    Whole,
    /// One half.
    Half(DayPart),
}

/// Why a text could not be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Not TOML, or not as jicui writes it.
    #[error("closures.toml cannot be edited by the program: {0}; mend it by hand")]
    Unreadable(String),
    /// The same day and region is closed already.
    #[error("{0} is closed there already: `jicui calendar reopen` it first to change it")]
    Already(NaiveDate),
    /// There is nothing to take out.
    #[error("{0} is not closed there: see `jicui calendar show`")]
    NotClosed(NaiveDate),
    /// More than one entry fits.
    #[error(
        "{0} is closed in several places: say which with --region (全國 for the whole country)"
    )]
    Several(NaiveDate),
}

/// The text with one more closure at its end.
pub fn add(text: &str, closure: &NewClosure) -> Result<String, EditError> {
    add_to(&text.replace("\r\n", "\n"), closure).map(|edited| with_ends_of(text, edited))
}

/// Windows' line ends stay where they were used.
fn with_ends_of(text: &str, edited: String) -> String {
    if text.contains("\r\n") { edited.replace('\n', "\r\n") } else { edited }
}

fn add_to(text: &str, closure: &NewClosure) -> Result<String, EditError> {
    let mut document = parse(text)?;
    let known = entries(&mut document)?;
    let region = closure.region.as_deref();
    let there = |table: &Table| {
        is_on(table, closure.date) && region_of(table).as_deref() == region && {
            let part = part_of(table);
            part.is_none() || part == closure.part
        }
    };
    // The other half, or the whole after a half, is news.
    if known.iter().any(there) {
        return Err(EditError::Already(closure.date));
    }
    let mut table = Table::new();
    table.insert("date", value(toml_date(closure.date)));
    if let Some(region) = region {
        table.insert("region", value(region));
    }
    if let Some(part) = closure.part {
        table.insert("part", value(part.as_str()));
    }
    table.insert("reason", value(closure.reason.as_str()));
    known.push(table);
    // What stands at the end of the file belongs before the new entry, where it was read.
    let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    let blank = if text.is_empty() || trailing.ends_with("\n\n") { "" } else { "\n" };
    if let Some(table) = entries(&mut document)?.iter_mut().last() {
        table.decor_mut().set_prefix(format!("{trailing}{blank}"));
    }
    Ok(document.to_string())
}

/// The text without the closures that are taken back.
pub fn remove(text: &str, reopening: &Reopening) -> Result<String, EditError> {
    let edited = remove_from(&text.replace("\r\n", "\n"), reopening);
    edited.map(|edited| with_ends_of(text, edited))
}

fn remove_from(text: &str, reopening: &Reopening) -> Result<String, EditError> {
    let mut document = parse(text)?;
    let known = entries(&mut document)?;
    let Reopening { date, place, span } = reopening;
    let date = *date;
    let there = |table: &Table| match place {
        None => true,
        Some(Place::Country) => region_of(table).is_none(),
        Some(Place::Region(region)) => region_of(table).as_ref() == Some(region),
    };
    let then = |table: &Table| match span {
        None => true,
        Some(Span::Whole) => part_of(table).is_none(),
        Some(Span::Half(part)) => part_of(table) == Some(*part),
    };
    let is_meant = |table: &Table| is_on(table, date) && there(table) && then(table);
    let fits = |(index, table): (usize, &Table)| is_meant(table).then_some(index);
    let fitting: Vec<usize> = known.iter().enumerate().filter_map(fits).collect();
    let regions: BTreeSet<Option<String>> =
        fitting.iter().filter_map(|index| known.get(*index)).map(region_of).collect();
    if regions.is_empty() {
        return Err(EditError::NotClosed(date));
    }
    if regions.len() > 1 {
        return Err(EditError::Several(date));
    }
    // Both halves of the day, where they were announced one after the other.
    for index in fitting.into_iter().rev() {
        take_out(&mut document, index)?;
    }
    Ok(document.to_string())
}

fn take_out(document: &mut DocumentMut, index: usize) -> Result<(), EditError> {
    let known = entries(document)?;
    let prefix = known.get(index).and_then(|table| table.decor().prefix()?.as_str());
    let comments = prefix.unwrap_or_default().to_owned();
    known.remove(index);
    // The comments above the entry are the administrator's, not the entry's.
    if let Some(next) = known.get_mut(index) {
        let own = next.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
        let kept = comments.trim_end();
        let joined = if kept.is_empty() { own.to_owned() } else { format!("{kept}\n{own}") };
        next.decor_mut().set_prefix(joined);
    } else {
        let trailing = document.trailing().as_str().unwrap_or_default();
        let joined = format!("{comments}{trailing}");
        let kept = joined.trim_end();
        document.set_trailing(if kept.is_empty() { String::new() } else { format!("{kept}\n") });
    }
    Ok(())
}

fn parse(text: &str) -> Result<DocumentMut, EditError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.parse()
        .map_err(|error: toml_edit::TomlError| EditError::Unreadable(error.message().to_owned()))
}

/// The `[[closure]]` entries, made if there are none.
fn entries(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, EditError> {
    let item = document.entry("closure").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| {
        EditError::Unreadable("`closure` is not written as [[closure]] entries".to_owned())
    })
}

/// Whether an entry closes that day: written as TOML has it, or as people do, between quotation marks.
fn is_on(table: &Table, date: NaiveDate) -> bool {
    let Some(item) = table.get("date") else { return false };
    match item.as_str() {
        Some(text) => parse_date(text.trim()) == Ok(date),
        None => item.as_datetime().is_some_and(|moment| moment.date == toml_date(date).date),
    }
}

/// The half of the day that an entry closes; none means the whole.
fn part_of(table: &Table) -> Option<DayPart> {
    text_of(table, "part").and_then(DayPart::parse)
}

/// The region of an entry; none means everywhere.
fn region_of(table: &Table) -> Option<String> {
    text_of(table, "region").and_then(region)
}

/// What the whole country is called where a city or county is named.
const COUNTRY: &str = "全國";

/// A city or county as it is written here; `None` for the whole country.
pub fn region(name: &str) -> Option<String> {
    let name = name.trim();
    (!name.is_empty() && name != COUNTRY).then(|| name.replace('台', "臺"))
}

/// A text as the configuration reads it: an empty one is none.
fn text_of<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Item::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn toml_date(date: NaiveDate) -> Datetime {
    let number = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(date.year()).unwrap_or_default();
    let date = Date { year, month: number(date.month()), day: number(date.day()) };
    Datetime { date: Some(date), time: None, offset: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# 停止上班\n#\n# date, region, part, reason\n\n\
        # 海葵（第一次）\n[[closure]]\ndate = 2026-07-10 # 週五\nregion = \"台北市\"\n\
        reason = '颱風'\n\n# 豪雨\n[[closure]]\nreason = \"豪雨\"\ndate=2026-08-03\n\
        part = \"am\"\n# 以下待補\n";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn closure(date: &str, region: Option<&str>) -> NewClosure {
        let region = region.map(ToOwned::to_owned);
        NewClosure { date: day(date), region, part: None, reason: "颱風".to_owned() }
    }

    fn reopening(date: &str, region: Option<&str>) -> Reopening {
        let place = region.map(|region| Place::Region(region.to_owned()));
        Reopening { date: day(date), place, span: None }
    }

    #[test]
    fn an_added_closure_stands_at_the_end_and_changes_nothing_else() {
        let added = add(FILE, &closure("2026-09-29", Some("臺北市"))).unwrap();
        let expected = "\n[[closure]]\ndate = 2026-09-29\nregion = \"臺北市\"\nreason = \"颱風\"\n";
        assert_eq!(added, format!("{FILE}{expected}"));
        let first = add("", &closure("2026-09-29", None)).unwrap();
        assert_eq!(first, "[[closure]]\ndate = 2026-09-29\nreason = \"颱風\"\n");
        let only_comments = "# one\n# two\n";
        let second = add(only_comments, &closure("2026-09-29", None)).unwrap();
        assert_eq!(second, format!("{only_comments}\n{first}"));
    }

    #[test]
    fn what_was_added_can_be_taken_out_again() {
        for text in ["# one\n# two\n", FILE, &FILE.replace('\n', "\r\n")] {
            let added = add(text, &closure("2026-09-29", Some("臺北市"))).unwrap();
            let removed = remove(&added, &reopening("2026-09-29", None)).unwrap();
            assert_eq!(removed, text);
        }
    }

    #[test]
    fn the_two_halves_of_a_day_are_announced_one_after_the_other_and_taken_out_together() {
        let half = |part| NewClosure { part, ..closure("2026-12-01", Some("高雄市")) };
        let [morning, afternoon, whole] =
            [Some(DayPart::Morning), Some(DayPart::Afternoon), None].map(half);
        let one = add(FILE, &morning).unwrap();
        assert_eq!(add(&one, &morning), Err(EditError::Already(day("2026-12-01"))));
        for second in [&afternoon, &whole] {
            let both = add(&one, second).unwrap();
            assert_eq!(add(&both, second), Err(EditError::Already(day("2026-12-01"))));
            assert_eq!(remove(&both, &reopening("2026-12-01", Some("高雄市"))).unwrap(), FILE);
            assert_eq!(remove(&both, &reopening("2026-12-01", None)).unwrap(), FILE);
        }
        let both = add(&one, &afternoon).unwrap();
        let half = |part| Reopening {
            span: Some(Span::Half(part)),
            ..reopening("2026-12-01", Some("高雄市"))
        };
        assert_eq!(remove(&both, &half(DayPart::Afternoon)).unwrap(), one);
        assert_eq!(
            remove(&one, &half(DayPart::Afternoon)),
            Err(EditError::NotClosed(day("2026-12-01")))
        );
        let whole = Reopening { span: Some(Span::Whole), ..half(DayPart::Morning) };
        assert_eq!(remove(&one, &whole), Err(EditError::NotClosed(day("2026-12-01"))));
    }

    #[test]
    fn the_country_is_reopened_where_a_city_is_closed_too() {
        let city = add(FILE, &closure("2026-09-29", Some("臺北市"))).unwrap();
        let both = add(&city, &closure("2026-09-29", None)).unwrap();
        let country = Reopening { place: Some(Place::Country), ..reopening("2026-09-29", None) };
        assert_eq!(remove(&both, &country).unwrap(), city);
        assert_eq!(remove(&city, &country), Err(EditError::NotClosed(day("2026-09-29"))));
    }

    #[test]
    fn a_closure_is_found_however_people_wrote_it() {
        for date in ["\"115-09-29\"", "'2026-09-29'", "\" 1150929\"", "2026-09-29"] {
            let text = format!(
                "[[closure]]\ndate = {date}\nregion = \" 台北市 \"\npart = \"\"\nreason = \"颱風\"\n"
            );
            let again = add(&text, &closure("2026-09-29", Some("臺北市")));
            assert_eq!(again, Err(EditError::Already(day("2026-09-29"))), "{date}");
            let removed = remove(&text, &reopening("2026-09-29", Some("臺北市"))).unwrap();
            assert!(!removed.contains("closure"), "{removed}");
        }
    }

    #[test]
    fn comments_survive_what_they_stood_above() {
        let removed = remove(FILE, &reopening("2026-07-10", Some("臺北市"))).unwrap();
        for comment in ["# 停止上班", "# 海葵（第一次）", "# 豪雨", "# 以下待補"] {
            assert!(removed.contains(comment), "{removed}");
        }
        assert!(!removed.contains("2026-07-10"), "{removed}");
        assert!(removed.contains("date=2026-08-03"), "{removed}");
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        assert_eq!(
            add(FILE, &closure("2026-07-10", Some("臺北市"))),
            Err(EditError::Already(day("2026-07-10")))
        );
        let other = add(FILE, &closure("2026-07-10", Some("高雄市"))).unwrap();
        assert_eq!(
            remove(&other, &reopening("2026-07-10", None)),
            Err(EditError::Several(day("2026-07-10")))
        );
        assert_eq!(
            remove(FILE, &reopening("2026-07-11", None)),
            Err(EditError::NotClosed(day("2026-07-11")))
        );
        assert!(matches!(
            add("closure = [", &closure("2026-07-11", None)),
            Err(EditError::Unreadable(_))
        ));
        let inline = "closure = [{ date = 2026-07-10, reason = '颱風' }]\n";
        assert!(matches!(add(inline, &closure("2026-07-11", None)), Err(EditError::Unreadable(_))));
    }
}
