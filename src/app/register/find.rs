//! Asking the register: which lines, in which order, which page of them.

use chrono::{Datelike, NaiveDate};

use super::line::{Marks, Names, Ranks};
use super::query::{Order, Query, workday_before};
use super::words::Sought;
use super::{Line, Lines, Name};
use crate::app::App;
use crate::clock::today;
use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::kind::Kinds;
use crate::domain::reminder::Rules;
use crate::notify::render::kind_name;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many there are in all.
    pub total: usize,
    /// The lines of the page.
    pub rows: Vec<Row>,
}

/// A line with its words and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line.
    pub line: Line,
    /// 案號.
    pub number: String,
    /// The citizen's title.
    pub title: String,
    /// The word of its kind, and what people call it.
    pub kind: (String, String),
    /// Its agency.
    pub agency: String,
    /// The id and the name of its unit; `None` where the administrators have it.
    pub unit: Option<(String, String)>,
}

impl Row {
    /// The number of its case.
    pub fn case(&self) -> Option<CaseNumber> {
        CaseNumber::parse(&self.number).ok()
    }
}

/// A page of what is found: how many to pass over, and how many at most.
pub type Span = (usize, usize);

/// A name that a line must have.
enum Wanted {
    /// Whichever.
    Any,
    /// This one.
    This(Name),
    /// One that no line has.
    Unknown,
}

impl Wanted {
    fn new(name: Option<&str>, names: &Names) -> Self {
        let Some(name) = name else { return Self::Any };
        names.find(name).map_or(Self::Unknown, Self::This)
    }

    fn is(&self, own: Option<Name>) -> bool {
        match self {
            Self::Any => true,
            Self::This(name) => own == Some(*name),
            Self::Unknown => false,
        }
    }
}

/// A query made ready to be held against every line.
struct Sieve<'a> {
    query: &'a Query,
    lines: &'a Lines,
    since: NaiveDate,
    kind: Wanted,
    unit: Wanted,
    /// Each word, and the datasets whose names have it.
    words: Vec<(Sought, Marks)>,
}

impl<'a> Sieve<'a> {
    fn new(query: &'a Query, lines: &'a Lines, since: NaiveDate) -> Self {
        let words = Sought::of(&query.text).into_iter().map(|word| {
            let datasets = lines.datasets.with(&word);
            (word, datasets)
        });
        Self {
            query,
            lines,
            since,
            kind: Wanted::new(query.kind.as_ref().map(CaseKind::as_str), &lines.kinds),
            unit: Wanted::new(query.unit.as_deref(), &lines.units),
            words: words.collect(),
        }
    }

    fn admits(&self, line: &Line) -> bool {
        let query = self.query;
        query.which.admits(line, self.since)
            && query.state.is_none_or(|state| state == line.state)
            && self.kind.is(line.kind)
            && self.unit.is(line.unit)
            && query.from.is_none_or(|from| from <= line.assigned_on)
            && query.to.is_none_or(|to| line.assigned_on <= to)
            && self.words.iter().all(|(word, datasets)| {
                word.is_in(&self.lines.words, line.words) || datasets.has(line.dataset)
            })
    }
}

impl App {
    /// Every kind of case: its word, and what people call it.
    pub fn kinds(&self) -> Vec<(String, String)> {
        let live = self.live();
        let kinds = &live.config.rules.kinds;
        let known = kinds.words().into_iter().filter_map(CaseKind::parse);
        known.map(|kind| (kind.as_str().to_owned(), kind_name(kinds, &kind).to_owned())).collect()
    }

    /// The lines that `query` asks for.
    pub async fn find_cases(&self, query: &Query, span: Span) -> anyhow::Result<Found> {
        let live = self.live();
        let rules = &live.config.rules;
        let since = workday_before(rules, today(self.now()));
        self.with_lines(|lines| {
            let (total, page) = found(lines, (query, since), span);
            let rows = page.into_iter().map(|line| row(lines, line, rules)).collect();
            Found { total, rows }
        })
        .await
    }

    /// The numbers of the cases that `query` asks for, and how many there are in all.
    pub async fn find_numbers(
        &self,
        query: &Query,
        span: Span,
    ) -> anyhow::Result<(usize, Vec<CaseNumber>)> {
        let since = workday_before(&self.live().config.rules, today(self.now()));
        self.with_lines(|lines| {
            let (total, page) = found(lines, (query, since), span);
            let number = |line| CaseNumber::parse(lines.number(line)).ok();
            (total, page.into_iter().filter_map(number).collect())
        })
        .await
    }
}

/// How many lines the query admits, and those of the page.
fn found<'l>(
    lines: &'l Lines,
    (query, since): (&Query, NaiveDate),
    span: Span,
) -> (usize, Vec<&'l Line>) {
    let sieve = Sieve::new(query, lines, since);
    let keys = Keys::new(query, lines);
    let numbered = (0..).zip(&lines.all).filter(|(_, line)| sieve.admits(line));
    let mut matching: Vec<Key> = numbered.map(|(index, line)| keys.of(index, line)).collect();
    let total = matching.len();
    let page = page(&mut matching, span).iter();
    (total, page.filter_map(|key| lines.all.get(keys.index(*key)?)).collect())
}

/// What a line is sorted by, the least first: above its index, which is by its number.
type Key = u64;

/// Makes the keys of lines.
struct Keys {
    order: Order,
    backwards: bool,
    units: Ranks,
}

impl Keys {
    fn new(query: &Query, lines: &Lines) -> Self {
        Self { order: query.order, backwards: query.backwards, units: lines.units.ranks() }
    }

    fn of(&self, index: u32, line: &Line) -> Key {
        let by = match self.order {
            Order::Urgent => line.urgency(),
            Order::Assigned => u32::MAX - line.assigned_on.num_days_from_ce().cast_unsigned(),
            Order::Due => line.due_on.num_days_from_ce().cast_unsigned(),
            Order::Number => 0,
            Order::Unit => self.units.of(line.unit),
        };
        let key = Key::from(by) << u32::BITS | Key::from(index);
        if self.backwards { !key } else { key }
    }

    fn index(&self, key: Key) -> Option<usize> {
        let key = if self.backwards { !key } else { key };
        usize::try_from(key & Key::from(u32::MAX)).ok()
    }
}

/// The keys of the page, sorted; the others are only brought to the right side of it.
fn page(keys: &mut [Key], (skip, limit): Span) -> &[Key] {
    let mut page = keys;
    if skip >= page.len() {
        return &[];
    }
    if skip > 0 {
        let (_, _, after) = page.select_nth_unstable(skip - 1);
        page = after;
    }
    if limit < page.len() {
        let (before, _, _) = page.select_nth_unstable(limit);
        page = before;
    }
    page.sort_unstable();
    page
}

/// A line with its words and names.
pub(in crate::app) fn row(lines: &Lines, line: &Line, rules: &Rules) -> Row {
    let named = |kinds: &Kinds, word: &str| {
        let known = CaseKind::parse(word);
        known.map_or_else(|| word.to_owned(), |kind| kind_name(kinds, &kind).to_owned())
    };
    let kind = lines.kind(line);
    let unit = lines.unit(line).map(|id| {
        let name = rules.directory.unit(id).map_or(id, |unit| unit.name.as_str());
        (id.to_owned(), name.to_owned())
    });
    Row {
        line: *line,
        number: lines.number(line).to_owned(),
        title: lines.words.title(line.words).to_owned(),
        kind: (kind.to_owned(), named(&rules.kinds, kind)),
        agency: lines.agency(line).to_owned(),
        unit,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_page_is_the_same_part_as_of_the_whole_sorted_list(
            mut keys in prop::collection::vec(0..50_u64, 0..60),
            skip in 0..70_usize,
            limit in 0..70_usize,
        ) {
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            let expected: Vec<Key> = sorted.into_iter().skip(skip).take(limit).collect();
            prop_assert_eq!(page(&mut keys, (skip, limit)), expected);
        }
    }
}
