//! Asking the register: which lines, in which order, which page of them.

use chrono::{Days, NaiveDate};

use super::{Line, Lines, Name};
use crate::app::App;
use crate::clock::today;
use crate::domain::case::{CaseKind, CaseNumber, CaseState};
use crate::domain::kind::Kinds;
use crate::domain::reminder::Rules;
use crate::notify::render::kind_name;

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// All that owe an answer.
    #[default]
    Open,
    /// Of these, the overdue.
    Overdue,
    /// Due by the end of today.
    DueToday,
    /// Due within three workdays, but not today.
    DueSoon,
    /// Came since the workday before, presses not, and nobody has taken it yet.
    New,
    /// 待民眾補充: their clock stands still.
    Waiting,
    /// No single unit has them.
    Unassigned,
    /// 已回復.
    Replied,
    /// 結案.
    Closed,
    /// No longer ours.
    Withdrawn,
    /// Every case.
    All,
}

/// So many workdays before its due day a case is due soon.
const SOON: i64 = 3;

impl Which {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Open,
        Self::Overdue,
        Self::DueToday,
        Self::DueSoon,
        Self::New,
        Self::Waiting,
        Self::Unassigned,
        Self::Replied,
        Self::Closed,
        Self::Withdrawn,
        Self::All,
    ];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::DueToday => "due_today",
            Self::DueSoon => "due_soon",
            Self::New => "new",
            Self::Waiting => "on_hold",
            Self::Unassigned => "unassigned",
            Self::Replied => "replied",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
            Self::All => "all",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.as_str() == text)
    }

    /// Whether `line` is one of them; `since` is the workday before today.
    pub fn admits(self, line: &Line, since: NaiveDate) -> bool {
        let left = line.left.filter(|_| line.state != CaseState::OnHold);
        match self {
            Self::All => true,
            Self::Open => line.state.is_open(),
            Self::Overdue => line.is_overdue(),
            Self::DueToday => left == Some(0),
            Self::DueSoon => left.is_some_and(|left| (1..=SOON).contains(&left)),
            Self::New => {
                let rests = line.state == CaseState::Open && left.is_some_and(|left| left > SOON);
                rests && line.arrived_on >= since
            }
            Self::Waiting => line.state == CaseState::OnHold && !line.is_overdue(),
            Self::Unassigned => line.is_unassigned(),
            Self::Replied => line.state == CaseState::Replied,
            Self::Closed => line.state == CaseState::Closed,
            Self::Withdrawn => line.state == CaseState::Withdrawn,
        }
    }
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What presses first.
    #[default]
    Urgent,
    /// The day of assignment, the newest first.
    Assigned,
    /// The due day, the earliest first.
    Due,
    /// 案號.
    Number,
    /// The id of the unit.
    Unit,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Urgent, Self::Due, Self::Assigned, Self::Number, Self::Unit];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Assigned => "assigned",
            Self::Due => "due",
            Self::Number => "number",
            Self::Unit => "unit",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == text)
    }
}

/// What is asked of the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Where they stand.
    pub which: Which,
    /// Only this kind.
    pub kind: Option<CaseKind>,
    /// Only those of the unit with this id.
    pub unit: Option<String>,
    /// Assigned on this day or later.
    pub from: Option<NaiveDate>,
    /// Assigned on this day or earlier.
    pub to: Option<NaiveDate>,
    /// With this in the number, the title or the dataset's name.
    pub text: String,
    /// By what they are sorted.
    pub order: Order,
    /// The other way round.
    pub backwards: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many there are in all.
    pub total: usize,
    /// The lines of the page.
    pub rows: Vec<Row>,
}

/// A line with its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line.
    pub line: Line,
    /// The word of its kind, and what people call it.
    pub kind: (String, String),
    /// Its agency.
    pub agency: String,
    /// The id and the name of its unit; `None` where the administrators have it.
    pub unit: Option<(String, String)>,
}

impl Row {
    /// Its number.
    pub fn number(&self) -> Option<CaseNumber> {
        CaseNumber::parse(&self.line.number).ok()
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
    fn new(name: Option<&str>, lines: &Lines) -> Self {
        let Some(name) = name else { return Self::Any };
        lines.names.find(name).map_or(Self::Unknown, Self::This)
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
    since: NaiveDate,
    kind: Wanted,
    unit: Wanted,
    text: String,
    datasets: Vec<bool>,
}

impl<'a> Sieve<'a> {
    fn new(query: &'a Query, lines: &Lines, since: NaiveDate) -> Self {
        let text = query.text.trim().to_lowercase();
        let datasets = if text.is_empty() { Vec::new() } else { lines.names.holding(&text) };
        Self {
            query,
            since,
            kind: Wanted::new(query.kind.as_ref().map(CaseKind::as_str), lines),
            unit: Wanted::new(query.unit.as_deref(), lines),
            text,
            datasets,
        }
    }

    fn admits(&self, line: &Line) -> bool {
        let query = self.query;
        query.which.admits(line, self.since)
            && self.kind.is(line.kind())
            && self.unit.is(line.unit())
            && query.from.is_none_or(|from| from <= line.assigned_on)
            && query.to.is_none_or(|to| line.assigned_on <= to)
            && self.says(line)
    }

    fn says(&self, line: &Line) -> bool {
        let named = |name: Option<Name>| {
            name.and_then(|name| self.datasets.get(name as usize)).is_some_and(|holds| *holds)
        };
        self.text.is_empty()
            || holds(&line.number, &self.text)
            || holds(&line.title, &self.text)
            || named(line.dataset())
    }
}

/// Whether `text` holds `small`, which is in small letters already; as for letters, only those of
/// ASCII are large or small here.
fn holds(text: &str, small: &str) -> bool {
    if text.contains(small) {
        return true;
    }
    let has_letters = small.bytes().any(|byte| byte.is_ascii_lowercase());
    has_letters
        && text
            .as_bytes()
            .windows(small.len())
            .any(|part| part.eq_ignore_ascii_case(small.as_bytes()))
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
        self.with_lines(|lines| found(lines, (query, since), rules, span)).await
    }
}

/// The last workday before `day`.
pub(in crate::app) fn workday_before(rules: &Rules, day: NaiveDate) -> NaiveDate {
    let eve = day.checked_sub_days(Days::new(1)).unwrap_or(day);
    rules.calendars.national().last_open(eve)
}

fn found(
    lines: &Lines,
    (query, since): (&Query, NaiveDate),
    rules: &Rules,
    (skip, limit): Span,
) -> Found {
    let sieve = Sieve::new(query, lines, since);
    let admitted = |line: &&Line| sieve.admits(line);
    let mut matching: Vec<&Line> = match query.order {
        Order::Number => lines.by_number().iter().filter(admitted).collect(),
        _ => lines.urgent().filter(admitted).collect(),
    };
    let total = matching.len();
    sort(&mut matching, lines, query, (skip, limit));
    let page = matching.into_iter().skip(skip).take(limit);
    Found { total, rows: page.map(|line| row(lines, line, rules)).collect() }
}

/// Brings the lines of the page to where they belong; the others may lie anywhere beyond.
fn sort(matching: &mut [&Line], lines: &Lines, query: &Query, (skip, limit): Span) {
    let forwards = |a: &&Line, b: &&Line| {
        let by = match query.order {
            Order::Assigned => b.assigned_on.cmp(&a.assigned_on),
            Order::Due => a.due_on.cmp(&b.due_on),
            Order::Number | Order::Urgent => std::cmp::Ordering::Equal,
            Order::Unit => lines.names.get(a.unit()).cmp(lines.names.get(b.unit())),
        };
        by.then_with(|| a.number.cmp(&b.number))
    };
    // They come so already.
    if matches!(query.order, Order::Urgent | Order::Number) {
        if query.backwards {
            matching.reverse();
        }
        return;
    }
    let compare = |a: &&Line, b: &&Line| {
        if query.backwards { forwards(b, a) } else { forwards(a, b) }
    };
    let mut rest = matching;
    if skip > 0 && skip < rest.len() {
        let (_, _, after) = rest.select_nth_unstable_by(skip - 1, compare);
        rest = after;
    }
    if limit < rest.len() {
        let (before, _, _) = rest.select_nth_unstable_by(limit, compare);
        rest = before;
    }
    rest.sort_unstable_by(compare);
}

/// A line with its names.
pub(in crate::app) fn row(lines: &Lines, line: &Line, rules: &Rules) -> Row {
    let named = |kinds: &Kinds, word: &str| {
        let known = CaseKind::parse(word);
        known.map_or_else(|| word.to_owned(), |kind| kind_name(kinds, &kind).to_owned())
    };
    let kind = lines.names.get(line.kind());
    let unit = line.unit().map(|unit| {
        let id = lines.names.get(Some(unit));
        let name = rules.directory.unit(id).map_or(id, |unit| unit.name.as_str());
        (id.to_owned(), name.to_owned())
    });
    Row {
        line: line.clone(),
        kind: (kind.to_owned(), named(&rules.kinds, kind)),
        agency: lines.names.get(line.agency()).to_owned(),
        unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_whatever_its_letters_are() {
        assert!(holds("OPEN Data 勞保", "open"));
        assert!(holds("OPEN Data 勞保", "勞保"));
        assert!(!holds("OPEN Data", "opens"));
        assert!(!holds("", "a"));
        assert!(holds("C-558380", "c-5583"));
    }

    #[test]
    fn words_of_addresses_read_back() {
        for which in Which::ALL {
            assert_eq!(Which::parse(which.as_str()), Some(which));
        }
        for order in Order::ALL {
            assert_eq!(Order::parse(order.as_str()), Some(order));
        }
    }
}
