//! One HTML file that needs no other, and prints on A4.

use super::document::{Block, Cell, Chart, Document, Section, Table};
use super::markdown::shown;
use super::markup::Markup;

/// How it looks, on a screen and on paper. No quotation marks: it stands in the page as it is.
const STYLE: &str = "
@page { size: A4; margin: 18mm 14mm 20mm; @bottom-center { content: counter(page) } }
@page wide { size: A4 landscape; margin: 14mm 14mm 18mm }
* { box-sizing: border-box }
body { font-family: Noto Sans TC, Noto Sans CJK TC, Microsoft JhengHei, PingFang TC, sans-serif;
  line-height: 1.5; color: #1a1a1a; background: #fff; max-width: 72rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; text-align: center; margin: 0 0 .5rem }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; break-after: avoid }
header p { margin: 0; text-align: center }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .875rem }
th, td { border: 1px solid #595959; padding: .25rem .4rem; vertical-align: top; overflow-wrap: anywhere }
thead { display: table-header-group }
thead th { background: #e8eef4; text-align: center }
tr { break-inside: avoid }
tbody th { text-align: left; font-weight: normal; overflow-wrap: break-word; word-break: keep-all }
td.day, .wide tbody th { white-space: nowrap }
td.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
tr.sum > * { font-weight: bold; background: #f4f4f4 }
figure { margin: 1rem 0; break-inside: avoid }
figcaption { font-weight: bold; text-align: center }
figure svg { display: block; width: 100%; max-width: 45rem; height: auto; margin: 0 auto }
figure p, .notes { font-size: .8rem; color: #404040 }
.notes { padding: 0; list-style: none }
@media print { body { max-width: none; padding: 0 1px; font-size: 10pt } .wide { page: wide }
  .scroll { overflow: visible } table { font-size: 8.5pt }
  thead th, tr.sum > * { print-color-adjust: exact } }
";

/// The document as HTML.
pub(super) fn write(document: &Document) -> Vec<u8> {
    let mut page = Markup::beginning("<!doctype html>\n");
    page.open("html", &[("lang", "zh-Hant-TW")]);
    page.open("head", &[]);
    page.empty("meta", &[("charset", "utf-8")]);
    page.empty("meta", &[("name", "viewport"), ("content", "width=device-width")]);
    page.element("title", &[], &document.title);
    page.open("style", &[]);
    page.raw(STYLE);
    page.close("style");
    page.close("head");
    page.open("body", &[]);
    page.open("header", &[]);
    page.element("h1", &[], &document.title);
    for line in &document.lines {
        page.element("p", &[], line);
    }
    page.close("header");
    page.open("main", &[]);
    for section in &document.sections {
        write_section(&mut page, section);
    }
    page.close("main");
    page.close("body");
    page.close("html");
    page.raw("\n");
    page.finish()
}

/// The document's sections without the page around them, for a page that has a style of its own; what
/// lists every case by itself is left to the files.
pub(super) fn fragment(document: &Document) -> String {
    let mut page = Markup::beginning("");
    for section in document.sections.iter().filter(|section| !section.wide) {
        write_section(&mut page, section);
    }
    String::from_utf8(page.finish()).unwrap_or_default()
}

fn write_section(page: &mut Markup, section: &Section) {
    let class = if section.wide { "wide" } else { "upright" };
    page.raw("\n");
    page.open("section", &[("class", class)]);
    page.element("h2", &[], &section.title);
    let mut tables = 0;
    for block in &section.blocks {
        match block {
            Block::Table(table) => {
                tables += 1;
                // Each region has a name of its own.
                let name = match tables {
                    1 => section.title.clone(),
                    further => format!("{}（表 {further}）", section.title),
                };
                write_table(page, table, &name);
            }
            Block::Chart(chart) => write_chart(page, chart),
            Block::Notes(notes) => {
                page.open("ul", &[("class", "notes")]);
                for note in notes {
                    page.element("li", &[], note);
                }
                page.close("ul");
            }
        }
    }
    page.close("section");
}

fn write_table(page: &mut Markup, table: &Table, name: &str) {
    page.open(
        "div",
        &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", name)],
    );
    page.open("table", &[]);
    page.open("thead", &[]);
    page.open("tr", &[]);
    for column in &table.columns {
        page.element("th", &[("scope", "col")], &column.title);
    }
    page.close("tr");
    page.close("thead");
    page.open("tbody", &[]);
    for row in &table.rows {
        page.open("tr", if row.is_sum { &[("class", "sum")] } else { &[] });
        for (index, (cell, column)) in row.cells.iter().zip(&table.columns).enumerate() {
            let words = shown(cell);
            match (index, cell, column.is_figure) {
                (0, ..) => page.element("th", &[("scope", "row")], &words),
                (_, Cell::Day(_), _) => page.element("td", &[("class", "day")], &words),
                (_, _, true) => page.element("td", &[("class", "figure")], &words),
                (_, _, false) => page.element("td", &[], &words),
            }
        }
        page.close("tr");
        page.raw("\n");
    }
    page.close("tbody");
    page.close("table");
    page.close("div");
}

fn write_chart(page: &mut Markup, chart: &Chart) {
    page.open("figure", &[]);
    page.element("figcaption", &[], &chart.title);
    page.raw(&chart.svg);
    page.element("p", &[], &chart.description);
    page.close("figure");
}
