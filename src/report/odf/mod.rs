//! OpenDocument (ODF 1.3), which Taiwan's government offices exchange: a package of XML files and
//! pictures.

mod sheets;
mod styles;
mod text;

use std::io::{Cursor, Write};

use chrono::{DateTime, Utc};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::document::{Block, Chart, Document};
use super::markup::{Attributes, Markup};
use super::{Format, WriteError};

/// The namespaces that content and styles use.
const NAMESPACES: Attributes<'_> = &[
    ("xmlns:office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"),
    ("xmlns:style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"),
    ("xmlns:text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
    ("xmlns:table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"),
    ("xmlns:draw", "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"),
    ("xmlns:fo", "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"),
    ("xmlns:svg", "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"),
    ("xmlns:number", "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"),
    ("xmlns:meta", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("office:version", "1.3"),
];

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A point of a chart in centimetres.
const POINT: f64 = 0.0235;

/// The document as a spreadsheet: a sheet for each section.
pub(super) fn spreadsheet(
    document: &Document,
    made_at: DateTime<Utc>,
) -> Result<Vec<u8>, WriteError> {
    package(Format::Ods, document, sheets::content(document), made_at)
}

/// The document as a text.
pub(super) fn text(document: &Document, made_at: DateTime<Utc>) -> Result<Vec<u8>, WriteError> {
    package(Format::Odt, document, text::content(document), made_at)
}

/// Its charts in order; the n-th lies at [`picture`]`(n)`.
fn charts(document: &Document) -> impl Iterator<Item = &Chart> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(|block| match block {
        Block::Chart(chart) => Some(chart),
        Block::Table(_) | Block::Notes(_) => None,
    })
}

fn picture(number: usize) -> String {
    format!("Pictures/chart-{number}.svg")
}

/// Puts the parts together. The type comes first and as it is, so that it can be read at a fixed
/// place.
fn package(
    format: Format,
    document: &Document,
    content: Vec<u8>,
    made_at: DateTime<Utc>,
) -> Result<Vec<u8>, WriteError> {
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let packed = stored.compression_method(CompressionMethod::Deflated).compression_level(Some(3));
    package.start_file("mimetype", stored)?;
    package.write_all(format.media_type().as_bytes())?;
    let mut parts = vec![("content.xml".to_owned(), "text/xml", content)];
    parts.push(("styles.xml".to_owned(), "text/xml", styles::styles(format)));
    parts.push(("meta.xml".to_owned(), "text/xml", meta(document, made_at)));
    for (number, chart) in charts(document).enumerate() {
        parts.push((picture(number), "image/svg+xml", standalone(chart)));
    }
    for (path, _, bytes) in &parts {
        package.start_file(path.as_str(), packed)?;
        package.write_all(bytes)?;
    }
    package.start_file("META-INF/manifest.xml", packed)?;
    package.write_all(&manifest(format, &parts))?;
    Ok(package.finish()?.into_inner())
}

fn standalone(chart: &Chart) -> Vec<u8> {
    format!("{DECLARATION}{}", chart.svg).into_bytes()
}

fn manifest(format: Format, parts: &[(String, &str, Vec<u8>)]) -> Vec<u8> {
    let mut manifest = Markup::beginning(DECLARATION);
    let namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";
    let all = [("xmlns:manifest", namespace), ("manifest:version", "1.3")];
    manifest.open("manifest:manifest", &all);
    let mut entry = |path: &str, media_type: &str| {
        let attributes = [("manifest:full-path", path), ("manifest:media-type", media_type)];
        manifest.empty("manifest:file-entry", &attributes);
    };
    entry("/", format.media_type());
    for (path, media_type, _) in parts {
        entry(path, media_type);
    }
    manifest.close("manifest:manifest");
    manifest.finish()
}

fn meta(document: &Document, made_at: DateTime<Utc>) -> Vec<u8> {
    let mut meta = Markup::beginning(DECLARATION);
    meta.open("office:document-meta", NAMESPACES);
    meta.open("office:meta", &[]);
    meta.element("meta:generator", &[], concat!("jicui/", env!("CARGO_PKG_VERSION")));
    meta.element("dc:title", &[], &document.title);
    meta.element("dc:language", &[], "zh-TW");
    let date = crate::clock::wall(made_at).format("%Y-%m-%dT%H:%M:%S").to_string();
    meta.element("meta:creation-date", &[], &date);
    meta.element("dc:date", &[], &date);
    meta.close("office:meta");
    meta.close("office:document-meta");
    meta.finish()
}

/// The picture of a chart, with its words for those who cannot see it.
fn frame(content: &mut Markup, chart: &Chart, number: usize, place: Attributes<'_>) {
    let (width, height) = (cm(chart.width * POINT), cm(chart.height * POINT));
    let name = format!("chart-{number}");
    let mut attributes = vec![
        ("draw:name", name.as_str()),
        ("draw:style-name", "chart"),
        ("svg:width", &width),
        ("svg:height", &height),
    ];
    attributes.extend_from_slice(place);
    content.open("draw:frame", &attributes);
    content.empty(
        "draw:image",
        &[
            ("xlink:href", &picture(number)),
            ("xlink:type", "simple"),
            ("xlink:show", "embed"),
            ("xlink:actuate", "onLoad"),
            ("draw:mime-type", "image/svg+xml"),
        ],
    );
    content.element("svg:title", &[], &chart.title);
    content.element("svg:desc", &[], &chart.description);
    content.close("draw:frame");
}

fn cm(centimetres: f64) -> String {
    format!("{centimetres:.2}cm")
}
