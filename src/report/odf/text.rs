//! The document as an OpenDocument text: upright pages, and a wide one for the list of cases.

use super::styles::{Page, UPRIGHT, WIDE, fonts};
use super::{DECLARATION, NAMESPACES, cm, frame};
use crate::report::document::{Block, Document, Section, Table};
use crate::report::markdown::shown;
use crate::report::markup::Markup;

/// `content.xml`.
pub(super) fn content(document: &Document) -> Vec<u8> {
    let mut content = Markup::beginning(DECLARATION);
    content.open("office:document-content", NAMESPACES);
    fonts(&mut content);
    automatic_styles(&mut content, document);
    content.open("office:body", &[]);
    content.open("office:text", &[]);
    content.element("text:p", &[("text:style-name", "Title")], &document.title);
    for line in &document.lines {
        content.element("text:p", &[("text:style-name", "Subtitle")], line);
    }
    let (mut tables, mut charts, mut is_wide) = (0, 0, false);
    for section in &document.sections {
        let style = match (is_wide, section.wide) {
            (false, true) => "on-wide",
            (true, false) => "on-upright",
            _ => "Heading_20_1",
        };
        is_wide = section.wide;
        let heading = [("text:style-name", style), ("text:outline-level", "1")];
        content.element("text:h", &heading, &section.title);
        for block in &section.blocks {
            match block {
                Block::Table(table) => {
                    write_table(&mut content, table, tables);
                    tables += 1;
                }
                Block::Chart(chart) => {
                    content.element("text:p", &[("text:style-name", "Caption")], &chart.title);
                    content.open("text:p", &[("text:style-name", "Chart")]);
                    frame(&mut content, chart, charts, &[("text:anchor-type", "as-char")]);
                    content.close("text:p");
                    charts += 1;
                }
                Block::Notes(notes) => {
                    for note in notes {
                        content.element("text:p", &[("text:style-name", "Note")], note);
                    }
                }
            }
        }
    }
    content.close("office:text");
    content.close("office:body");
    content.close("office:document-content");
    content.finish()
}

fn automatic_styles(content: &mut Markup, document: &Document) {
    content.open("office:automatic-styles", &[]);
    for (name, page) in [("on-wide", &WIDE), ("on-upright", &UPRIGHT)] {
        content.empty(
            "style:style",
            &[
                ("style:name", name),
                ("style:family", "paragraph"),
                ("style:parent-style-name", "Heading_20_1"),
                ("style:master-page-name", page.name),
            ],
        );
    }
    content.open("style:style", &[("style:name", "chart"), ("style:family", "graphic")]);
    content.empty("style:graphic-properties", &[("style:vertical-pos", "top")]);
    content.close("style:style");
    for (name, ground) in [("cell", "transparent"), ("heading", "#e8eef4"), ("sum", "#f4f4f4")] {
        content.open("style:style", &[("style:name", name), ("style:family", "table-cell")]);
        content.empty(
            "style:table-cell-properties",
            &[
                ("fo:border", "0.5pt solid #595959"),
                ("fo:padding", "0.08cm"),
                ("fo:background-color", ground),
            ],
        );
        content.close("style:style");
    }
    content.open("style:style", &[("style:name", "row"), ("style:family", "table-row")]);
    content.empty("style:table-row-properties", &[("fo:keep-together", "always")]);
    content.close("style:style");
    for (number, (table, page)) in tables(document).enumerate() {
        table_styles(content, table, page, number);
    }
    content.close("office:automatic-styles");
}

fn tables(document: &Document) -> impl Iterator<Item = (&Table, &'static Page)> {
    let of_section = |section: &Section| if section.wide { &WIDE } else { &UPRIGHT };
    let sections = document.sections.iter();
    let blocks = sections.flat_map(move |s| s.blocks.iter().map(move |b| (b, of_section(s))));
    blocks.filter_map(|(block, page)| match block {
        Block::Table(table) => Some((table, page)),
        Block::Chart(_) | Block::Notes(_) => None,
    })
}

fn table_styles(content: &mut Markup, table: &Table, page: &Page, number: usize) {
    let name = format!("table-{number}");
    let whole = page.between_margins();
    content.open("style:style", &[("style:name", &name), ("style:family", "table")]);
    content.empty(
        "style:table-properties",
        &[("style:width", &cm(whole)), ("table:align", "margins"), ("fo:margin-bottom", "0.2cm")],
    );
    content.close("style:style");
    let shares: u32 = table.columns.iter().map(|column| column.width).sum();
    for (index, column) in table.columns.iter().enumerate() {
        let width = whole * f64::from(column.width) / f64::from(shares.max(1));
        let name = format!("{name}-{index}");
        content.open("style:style", &[("style:name", &name), ("style:family", "table-column")]);
        content.empty("style:table-column-properties", &[("style:column-width", &cm(width))]);
        content.close("style:style");
    }
}

fn write_table(content: &mut Markup, table: &Table, number: usize) {
    let name = format!("table-{number}");
    content.open("table:table", &[("table:name", &name), ("table:style-name", &name)]);
    for index in 0..table.columns.len() {
        content.empty("table:table-column", &[("table:style-name", &format!("{name}-{index}"))]);
    }
    content.open("table:table-header-rows", &[]);
    content.open("table:table-row", &[("table:style-name", "row")]);
    for column in &table.columns {
        cell(content, "heading", ("Table_20_Heading", &column.title));
    }
    content.close("table:table-row");
    content.close("table:table-header-rows");
    for row in &table.rows {
        content.open("table:table-row", &[("table:style-name", "row")]);
        for (found, column) in row.cells.iter().zip(&table.columns) {
            let style = match (row.is_sum, column.is_figure) {
                (false, false) => "Table_20_Contents",
                (false, true) => "Table_20_Figure",
                (true, false) => "Table_20_Sum",
                (true, true) => "Table_20_Sum_20_Figure",
            };
            cell(content, if row.is_sum { "sum" } else { "cell" }, (style, &shown(found)));
        }
        content.close("table:table-row");
    }
    content.close("table:table");
}

fn cell(content: &mut Markup, style: &str, (paragraph, words): (&str, &str)) {
    let attributes = [("table:style-name", style), ("office:value-type", "string")];
    content.open("table:table-cell", &attributes);
    content.element("text:p", &[("text:style-name", paragraph)], words);
    content.close("table:table-cell");
}
