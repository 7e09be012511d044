//! The document as an OpenDocument spreadsheet: a sheet for each section, numbers as numbers and
//! days as days.

use super::styles::{Page, UPRIGHT, WIDE, fonts};
use super::{DECLARATION, NAMESPACES, POINT, cm, frame};
use crate::report::document::{Block, Cell, Column, Document, Row, Section, Table};
use crate::report::markdown::shown;
use crate::report::markup::{Attributes, Markup};

/// How numbers and days are shown, by the names that cell styles use.
const NUMBERS: &str = "\
<number:number-style style:name=\"N-count\"><number:number number:decimal-places=\"0\" \
number:min-integer-digits=\"1\" number:grouping=\"true\"/></number:number-style>\
<number:number-style style:name=\"N-decimal\"><number:number number:decimal-places=\"1\" \
number:min-decimal-places=\"1\" number:min-integer-digits=\"1\"/></number:number-style>\
<number:percentage-style style:name=\"N-percent\"><number:number number:decimal-places=\"1\" \
number:min-decimal-places=\"1\" number:min-integer-digits=\"1\"/><number:text>%</number:text>\
</number:percentage-style>\
<number:date-style style:name=\"N-day\" number:language=\"zh\" number:country=\"TW\">\
<number:year number:calendar=\"ROC\"/><number:text>/</number:text>\
<number:month number:style=\"long\" number:calendar=\"ROC\"/><number:text>/</number:text>\
<number:day number:style=\"long\" number:calendar=\"ROC\"/></number:date-style>";

/// The kinds of cells, and how each stands in its cell.
const CELLS: [(&str, &str); 5] = [
    ("text", "start"),
    ("count", "end"),
    ("decimal", "end"),
    ("percent", "end"),
    ("day", "center"),
];

/// `content.xml`.
pub(super) fn content(document: &Document) -> Vec<u8> {
    let mut content = Markup::beginning(DECLARATION);
    content.open("office:document-content", NAMESPACES);
    fonts(&mut content);
    content.open("office:automatic-styles", &[]);
    automatic_styles(&mut content, document);
    content.close("office:automatic-styles");
    content.open("office:body", &[]);
    content.open("office:spreadsheet", &[]);
    let mut charts = 0;
    for (number, section) in document.sections.iter().enumerate() {
        sheet(&mut content, document, (section, number), &mut charts);
    }
    content.close("office:spreadsheet");
    content.close("office:body");
    content.close("office:document-content");
    content.finish()
}

fn automatic_styles(content: &mut Markup, document: &Document) {
    content.raw(NUMBERS);
    for page in [&UPRIGHT, &WIDE] {
        let (name, master) = (sheet_style(page), ("style:master-page-name", page.name));
        content.open("style:style", &[("style:name", &name), ("style:family", "table"), master]);
        content.empty("style:table-properties", &[("table:display", "true")]);
        content.close("style:style");
    }
    content.open("style:style", &[("style:name", "row"), ("style:family", "table-row")]);
    content.empty("style:table-row-properties", &[("style:use-optimal-row-height", "true")]);
    content.close("style:style");
    cell_styles(content);
    for (number, section) in document.sections.iter().enumerate() {
        for (index, width) in widths(section).into_iter().enumerate() {
            let name = column_style(number, index);
            content.open("style:style", &[("style:name", &name), ("style:family", "table-column")]);
            content.empty("style:table-column-properties", &[("style:column-width", &cm(width))]);
            content.close("style:style");
        }
    }
    for (number, chart) in super::charts(document).enumerate() {
        let name = chart_row(number);
        content.open("style:style", &[("style:name", &name), ("style:family", "table-row")]);
        content.empty(
            "style:table-row-properties",
            &[
                ("style:row-height", &cm(chart.height * POINT + 0.2)),
                ("style:use-optimal-row-height", "false"),
            ],
        );
        content.close("style:style");
    }
}

fn cell_styles(content: &mut Markup) {
    let bordered = [("fo:border", "0.5pt solid #595959"), ("fo:wrap-option", "wrap")];
    for (is_sum, ground) in [(false, "transparent"), (true, "#f4f4f4")] {
        for (kind, align) in CELLS {
            let properties = [bordered[0], bordered[1], ("fo:background-color", ground)];
            let letters = letters("9pt", is_sum);
            cell_style(content, &cell_name(kind, is_sum), (&properties, &letters), (kind, align));
        }
    }
    let heading = [bordered[0], bordered[1], ("fo:background-color", "#e8eef4")];
    cell_style(content, "heading", (&heading, &letters("9pt", true)), ("text", "center"));
    let room = [("fo:padding", "0.1cm")];
    cell_style(content, "title", (&room, &letters("14pt", true)), ("text", "start"));
    cell_style(content, "line", (&[], &letters("9pt", false)), ("text", "start"));
}

fn letters(size: &'static str, bold: bool) -> Vec<(&'static str, &'static str)> {
    let mut letters = vec![("fo:font-size", size), ("style:font-size-asian", size)];
    if bold {
        letters.extend([("fo:font-weight", "bold"), ("style:font-weight-asian", "bold")]);
    }
    letters
}

fn cell_style(
    content: &mut Markup,
    name: &str,
    (properties, letters): (Attributes<'_>, Attributes<'_>),
    (kind, align): (&str, &str),
) {
    let number = format!("N-{kind}");
    let mut attributes = vec![("style:name", name), ("style:family", "table-cell")];
    if kind != "text" {
        attributes.push(("style:data-style-name", &number));
    }
    content.open("style:style", &attributes);
    let mut all = vec![("style:vertical-align", "top")];
    all.extend_from_slice(properties);
    content.empty("style:table-cell-properties", &all);
    content.empty("style:paragraph-properties", &[("fo:text-align", align)]);
    content.empty("style:text-properties", letters);
    content.close("style:style");
}

fn cell_name(kind: &str, is_sum: bool) -> String {
    if is_sum { format!("{kind}-sum") } else { kind.to_owned() }
}

/// The paper of a section's sheet.
fn page(section: &Section) -> &'static Page {
    if section.wide { &WIDE } else { &UPRIGHT }
}

fn sheet_style(page: &Page) -> String {
    format!("sheet-{}", page.name)
}

/// How wide the columns of a section's sheet are: those of its widest table, across the page.
fn widths(section: &Section) -> Vec<f64> {
    let tables = section.blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        Block::Chart(_) | Block::Notes(_) => None,
    });
    let widest = tables.max_by_key(|table| table.columns.len());
    let columns = widest.map_or(&[][..], |table| &table.columns);
    let shares: u32 = columns.iter().map(|column| column.width).sum();
    let share = page(section).between_margins() / f64::from(shares.max(1));
    columns.iter().map(|column| share * f64::from(column.width)).collect()
}

fn column_style(section: usize, column: usize) -> String {
    format!("column-{section}-{column}")
}

fn chart_row(number: usize) -> String {
    format!("chart-row-{number}")
}

fn sheet(
    content: &mut Markup,
    document: &Document,
    (section, number): (&Section, usize),
    charts: &mut usize,
) {
    let style = sheet_style(page(section));
    let name = [("table:name", section.sheet.as_str()), ("table:style-name", &style)];
    content.open("table:table", &name);
    for index in 0..widths(section).len() {
        content.empty("table:table-column", &[("table:style-name", &column_style(number, index))]);
    }
    words_row(content, "title", &document.title);
    for line in &document.lines {
        words_row(content, "line", line);
    }
    words_row(content, "title", &section.title);
    let mut is_first = true;
    for block in &section.blocks {
        match block {
            Block::Table(table) => {
                write_table(content, table, is_first);
                is_first = false;
            }
            Block::Notes(notes) => notes.iter().for_each(|note| words_row(content, "line", note)),
            Block::Chart(chart) => {
                words_row(content, "line", "");
                words_row(content, "title", &chart.title);
                content.open("table:table-row", &[("table:style-name", &chart_row(*charts))]);
                content.open("table:table-cell", &[]);
                frame(content, chart, *charts, &[("svg:x", "0.1cm"), ("svg:y", "0.1cm")]);
                content.close("table:table-cell");
                content.close("table:table-row");
                *charts += 1;
            }
        }
    }
    content.close("table:table");
}

/// A row of words that may run over the cells beside it.
fn words_row(content: &mut Markup, style: &str, words: &str) {
    content.open("table:table-row", &[("table:style-name", "row")]);
    let cell = [("table:style-name", style), ("office:value-type", "string")];
    content.open("table:table-cell", &cell);
    content.element("text:p", &[], words);
    content.close("table:table-cell");
    content.close("table:table-row");
}

/// A table; the headings of the sheet's first stand on every page.
fn write_table(content: &mut Markup, table: &Table, is_first: bool) {
    if is_first {
        content.open("table:table-header-rows", &[]);
    }
    content.open("table:table-row", &[("table:style-name", "row")]);
    for column in &table.columns {
        let cell = [("table:style-name", "heading"), ("office:value-type", "string")];
        content.open("table:table-cell", &cell);
        content.element("text:p", &[], &column.title);
        content.close("table:table-cell");
    }
    content.close("table:table-row");
    if is_first {
        content.close("table:table-header-rows");
    }
    for row in &table.rows {
        content.open("table:table-row", &[("table:style-name", "row")]);
        for (cell, column) in row.cells.iter().zip(&table.columns) {
            write_cell(content, row, (cell, column));
        }
        content.close("table:table-row");
    }
}

fn write_cell(content: &mut Markup, row: &Row, (cell, column): (&Cell, &Column)) {
    let (kind, value_type, value) = match cell {
        Cell::Text(_) | Cell::Nothing if column.is_figure => ("count", "string", None),
        Cell::Text(_) | Cell::Nothing => ("text", "string", None),
        Cell::Count(number) => ("count", "float", Some(("office:value", number.to_string()))),
        Cell::Decimal(number) => ("decimal", "float", Some(("office:value", number.to_string()))),
        Cell::Percent(percent) => {
            let share = percent.to_f64() / 100.0;
            ("percent", "percentage", Some(("office:value", share.to_string())))
        }
        Cell::Day(day) => ("day", "date", Some(("office:date-value", day.to_string()))),
    };
    let style = cell_name(kind, row.is_sum);
    let mut attributes =
        vec![("table:style-name", style.as_str()), ("office:value-type", value_type)];
    if let Some((name, value)) = &value {
        attributes.push((name, value));
    }
    content.open("table:table-cell", &attributes);
    content.element("text:p", &[], &shown(cell));
    content.close("table:table-cell");
}
