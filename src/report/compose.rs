//! From figures to paper: which tables a report has, and what stands in them.

use chrono::NaiveDate;

use super::document::{Block, Cell, Column, Document, Row, Section, Table};
use super::{Report, chart, words};
use crate::domain::act;
use crate::domain::case::CaseKind;
use crate::domain::statistics::{
    CountedCase, Figures, FollowUp, Month, QUESTIONS, Spread, Statistics,
};

/// The whole report as a document.
pub(super) fn compose(report: &Report) -> Document {
    let statistics = &report.statistics;
    let mut sections = vec![
        whole(statistics),
        kinds(statistics),
        months(statistics),
        agencies(statistics),
        cases(statistics),
    ];
    sections.extend(report.sections.iter().cloned());
    for (number, section) in (1..).zip(&mut sections) {
        section.title = format!("{}、{}", words::numeral(number), section.title);
    }
    let made = crate::clock::wall(report.made_at).format("%H:%M");
    let made_on = words::long_day(crate::clock::today(report.made_at));
    let periods = [statistics.period, statistics.before.0, statistics.year_earlier.0];
    let is_beyond = |since: &NaiveDate| periods.iter().any(|period| period.from() < *since);
    let known = report.known_since.filter(is_beyond);
    let mut lines = vec![
        format!("統計期間：{}", words::period(statistics.period)),
        format!("統計基準日：{}", words::long_day(statistics.as_of)),
    ];
    lines.extend(known.map(|since| format!("本系統資料自 {} 起", words::long_day(since))));
    lines.push(format!("製表：稽催系統，{made_on} {made}"));
    Document { title: words::TITLE.to_owned(), lines, sections }
}

/// The period beside the two that it is compared with, and what the figures mean.
fn whole(statistics: &Statistics) -> Section {
    let Statistics { period, whole, before, year_earlier, .. } = statistics;
    let columns = vec![
        Column::text("項目", 8),
        Column::figure("本期", 6),
        Column::figure("前期", 6),
        Column::figure("去年同期", 6),
    ];
    let beside = [whole, &before.1, &year_earlier.1];
    let row = |name: String, is_sum: bool, cell: &dyn Fn(&Figures) -> Cell| {
        let mut cells = vec![Cell::Text(name)];
        cells.extend(beside.iter().map(|figures| cell(figures)));
        Row { cells, is_sum }
    };
    let periods = [*period, before.0, year_earlier.0].map(words::short_period).map(Cell::Text);
    let mut rows = vec![Row::of([Cell::text("期間")].into_iter().chain(periods).collect())];
    for kind in QUESTIONS {
        let name = format!("{}（件）", words::kind(kind));
        rows.push(row(name, false, &|figures| Cell::count(figures.of_kind(kind))));
    }
    for (name, is_sum, cell) in LINES {
        rows.push(row((*name).to_owned(), *is_sum, cell));
    }
    for ended in act::Outcome::ALL.map(FollowUp::Done).into_iter().chain([FollowUp::Awaited]) {
        let name = format!("延伸精進：{}（件）", words::follow_up(ended));
        rows.push(row(name, false, &|figures| Cell::count(figures.followed_up(ended))));
    }
    let notes = words::DEFINITIONS.iter().zip(1..).map(|(note, n)| format!("註 {n}：{note}"));
    Section {
        title: "總體情形".to_owned(),
        sheet: "總表".to_owned(),
        wide: false,
        blocks: vec![
            Block::Table(Table { columns, rows }),
            Block::Notes(notes.collect()),
            Block::Chart(chart::share(statistics)),
        ],
    }
}

/// A line of the first table: its name, whether it sums up, and its figure.
type Line = (&'static str, bool, fn(&Figures) -> Cell);

const LINES: &[Line] = &[
    ("受理合計（件）", true, |f| Cell::count(f.received)),
    ("已回復（件）", false, |f| Cell::count(f.answered)),
    ("　期限內回復（件）", false, |f| Cell::count(f.in_time())),
    ("　期限內回復率", false, |f| Cell::maybe(f.in_time_percent(), Cell::Percent)),
    ("　提前回復（件）", false, |f| Cell::count(f.early)),
    ("　提前回復率", false, |f| Cell::maybe(f.early_percent(), Cell::Percent)),
    ("　逾期回復（件）", false, |f| Cell::count(f.late)),
    ("　回復日不明（件）", false, |f| Cell::count(f.undated)),
    ("未回復（件）", false, |f| Cell::count(f.open)),
    ("　逾期未回復（件）", false, |f| Cell::count(f.overdue)),
    ("撤案或改分（件）", false, |f| Cell::count(f.withdrawn)),
    ("所需工作天：中位數", false, |f| {
        Cell::maybe(f.taken, |s: Spread| Cell::Decimal(s.median))
    }),
    ("所需工作天：平均", false, |f| {
        Cell::maybe(f.taken, |s: Spread| Cell::Decimal(s.mean))
    }),
    ("所需工作天：最長", false, |f| Cell::maybe(f.taken, |s: Spread| Cell::Count(s.most))),
    ("提前工作天：中位數", false, |f| {
        Cell::maybe(f.ahead, |s: Spread| Cell::Decimal(s.median))
    }),
    ("提前工作天：平均", false, |f| {
        Cell::maybe(f.ahead, |s: Spread| Cell::Decimal(s.mean))
    }),
    ("再回復（件）", false, |f| Cell::count(f.second_rounds)),
    ("各輪回復（次）", false, |f| Cell::count(f.answers.given)),
    ("　各輪期限內回復（次）", false, |f| Cell::count(f.answers.in_time)),
    ("　各輪逾期回復（次）", false, |f| Cell::count(f.answers.late)),
    ("　各輪回復日不明（次）", false, |f| Cell::count(f.answers.undated)),
    ("展延（件）", false, |f| Cell::count(f.extended.cases)),
    ("展延（次）", false, |f| Cell::Count(f.extended.times.into())),
    ("暫停（件）", false, |f| Cell::count(f.held.cases)),
    ("暫停（次）", false, |f| Cell::Count(f.held.times.into())),
];

/// The columns that every table of groups has.
fn figure_columns(first: Column) -> Vec<Column> {
    let names = [
        "受理",
        "已回復",
        "期限內回復",
        "期限內回復率",
        "逾期回復",
        "未回復",
        "逾期未回復",
        "撤案或改分",
        "平均工作天",
        "最長工作天",
    ];
    let width = |name: &str| if name.ends_with('率') { 3 } else { 2 };
    let figures = names.iter().map(|name| Column::figure(name, width(name)));
    std::iter::once(first).chain(figures).collect()
}

fn figure_cells(name: Cell, figures: &Figures) -> Vec<Cell> {
    vec![
        name,
        Cell::count(figures.received),
        Cell::count(figures.answered),
        Cell::count(figures.in_time()),
        Cell::maybe(figures.in_time_percent(), Cell::Percent),
        Cell::count(figures.late),
        Cell::count(figures.open),
        Cell::count(figures.overdue),
        Cell::count(figures.withdrawn),
        Cell::maybe(figures.taken, |spread| Cell::Decimal(spread.mean)),
        Cell::maybe(figures.taken, |spread| Cell::Count(spread.most)),
    ]
}

fn sum_row(statistics: &Statistics) -> Row {
    Row::sum(figure_cells(Cell::text("合計"), &statistics.whole))
}

/// A column of groups: its name, and its figure.
type Beside = (&'static str, fn(&Figures) -> Cell);

/// What else every group has: how fast it answers, and what was done beside answering.
const BESIDES: [Beside; 9] = [
    ("工作天中位數", |f| Cell::maybe(f.taken, |s: Spread| Cell::Decimal(s.median))),
    ("提前中位數", |f| Cell::maybe(f.ahead, |s: Spread| Cell::Decimal(s.median))),
    ("提前回復", |f| Cell::count(f.early)),
    ("回復日不明", |f| Cell::count(f.undated)),
    ("再回復", |f| Cell::count(f.second_rounds)),
    ("展延", |f| Cell::count(f.extended.cases)),
    ("暫停", |f| Cell::count(f.held.cases)),
    ("延伸精進已填報", |f| {
        Cell::count(act::Outcome::ALL.iter().map(|o| f.followed_up(FollowUp::Done(*o))).sum())
    }),
    ("延伸精進待填報", |f| Cell::count(f.followed_up(FollowUp::Awaited))),
];

/// The groups of a table once more, in the same rows, with what else there is to each.
fn besides<'f>(first: Column, rows: impl Iterator<Item = (Cell, bool, &'f Figures)>) -> Table {
    let figures = BESIDES.iter().map(|(name, _)| Column::figure(name, 2));
    let row = |(name, is_sum, figures): (Cell, bool, &Figures)| {
        let cells = BESIDES.iter().map(|(_, cell)| cell(figures));
        Row { cells: std::iter::once(name).chain(cells).collect(), is_sum }
    };
    let columns = std::iter::once(first).chain(figures).collect();
    Table { columns, rows: rows.map(row).collect() }
}

fn kinds(statistics: &Statistics) -> Section {
    let row = |(kind, figures): &(CaseKind, Figures)| {
        Row::of(figure_cells(Cell::text(words::kind(*kind)), figures))
    };
    let mut rows: Vec<Row> = statistics.kinds.iter().map(row).collect();
    rows.push(sum_row(statistics));
    let first = || Column::text("類別", 4);
    let of_each = statistics.kinds.iter();
    let of_each = of_each.map(|(kind, figures)| (Cell::text(words::kind(*kind)), false, figures));
    Section {
        title: "各類別辦理情形".to_owned(),
        sheet: "各類別".to_owned(),
        wide: false,
        blocks: vec![
            Block::Table(Table { columns: figure_columns(first()), rows }),
            Block::Table(besides(first(), of_each.chain([whole_of(statistics)]))),
        ],
    }
}

fn months(statistics: &Statistics) -> Section {
    let mut columns = vec![Column::text("月份", 4)];
    columns.extend(QUESTIONS.map(|kind| Column::figure(words::kind(kind), 3)));
    columns.extend(figure_columns(Column::text("", 0)).into_iter().skip(1));
    let cells = |name: Cell, figures: &Figures| {
        let kinds = QUESTIONS.map(|kind| Cell::count(figures.of_kind(kind)));
        let figures = figure_cells(Cell::Nothing, figures).into_iter().skip(1);
        std::iter::once(name).chain(kinds).chain(figures).collect()
    };
    let this_month = Month::of(statistics.as_of);
    let begun = statistics.months.partition_point(|(month, _)| *month <= this_month);
    let months = statistics.months.iter();
    let mut rows: Vec<Row> =
        months.map(|(month, f)| Row::of(cells(Cell::text(words::month(*month)), f))).collect();
    rows.push(Row::sum(cells(Cell::text("合計"), &statistics.whole)));
    let of_each = statistics.months.iter();
    let of_each =
        of_each.map(|(month, figures)| (Cell::text(words::month(*month)), false, figures));
    let first = Column::text("月份", 4);
    let mut tables =
        [Table { columns, rows }, besides(first, of_each.chain([whole_of(statistics)]))];
    // Of a month that is yet to come nothing is known, not that there was nothing.
    for table in &mut tables {
        for (row, _) in table.rows.iter_mut().zip(&statistics.months).skip(begun) {
            row.cells.iter_mut().skip(1).for_each(|cell| *cell = Cell::Nothing);
        }
    }
    let [table, besides] = tables.map(Block::Table);
    Section {
        title: "各月辦理情形".to_owned(),
        sheet: "各月".to_owned(),
        wide: false,
        blocks: vec![
            table,
            besides,
            Block::Chart(chart::months(statistics.months.get(..begun).unwrap_or_default())),
        ],
    }
}

/// All groups together.
fn whole_of(statistics: &Statistics) -> (Cell, bool, &Figures) {
    (Cell::text("合計"), true, &statistics.whole)
}

fn agencies(statistics: &Statistics) -> Section {
    let mut of_each = Vec::new();
    for agency in &statistics.agencies {
        of_each.push((Cell::text(agency.name.clone()), true, &agency.whole));
        for (unit, figures) in &agency.units {
            let name = unit.as_deref().unwrap_or(words::NO_UNIT);
            of_each.push((Cell::Text(format!("　{name}")), false, figures));
        }
    }
    of_each.push(whole_of(statistics));
    let row = |(name, is_sum, figures): &(Cell, bool, &Figures)| Row {
        cells: figure_cells(name.clone(), figures),
        is_sum: *is_sum,
    };
    let rows = of_each.iter().map(row).collect();
    let first = || Column::text("機關／承辦單位", 6);
    Section {
        title: "各機關及承辦單位辦理情形".to_owned(),
        sheet: "各機關".to_owned(),
        wide: false,
        blocks: vec![
            Block::Table(Table { columns: figure_columns(first()), rows }),
            Block::Table(besides(first(), of_each.into_iter())),
        ],
    }
}

fn cases(statistics: &Statistics) -> Section {
    let columns = vec![
        Column::text("案號", 3),
        Column::text("類別", 3),
        Column::text("標題", 6),
        Column::text("機關", 5),
        Column::text("承辦單位", 5),
        Column::text("分派日", 3),
        Column::text("期限", 3),
        Column::text("回復日", 3),
        Column::figure("工作天", 2),
        Column::text("提前或逾期", 3),
        Column::text("辦理情形", 3),
        Column::text("備註", 7),
    ];
    Section {
        title: "案件清單".to_owned(),
        sheet: "案件清單".to_owned(),
        wide: true,
        blocks: vec![
            Block::Table(Table { columns, rows: statistics.cases.iter().map(case).collect() }),
            Block::Chart(chart::workdays(&statistics.cases)),
        ],
    }
}

fn case(counted: &CountedCase) -> Row {
    let case = &counted.case;
    Row::of(vec![
        Cell::text(case.number.as_str()),
        Cell::text(words::kind(case.kind)),
        Cell::text(case.title.clone()),
        Cell::text(counted.agency.clone()),
        Cell::text(counted.unit.as_deref().unwrap_or(words::NO_UNIT)),
        Cell::Day(case.assigned_on),
        Cell::maybe(counted.due_on, Cell::Day),
        Cell::maybe(counted.answered_on, Cell::Day),
        Cell::maybe(counted.workdays_taken, Cell::Count),
        Cell::maybe(counted.days_ahead, |days| Cell::Text(words::ahead(days, counted.outcome))),
        Cell::text(words::outcome(counted.outcome)),
        Cell::text(words::remark(counted)),
    ])
}
