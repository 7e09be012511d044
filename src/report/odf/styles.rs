//! How OpenDocument files look: real styles that a reader can change in one place.

use super::{DECLARATION, NAMESPACES};
use crate::report::Format;
use crate::report::markup::{Attributes, Markup};

/// The font of official papers. Where it is missing, an office takes its own for Chinese.
const FONT: &str = "標楷體";

/// The same font by its other names, and fonts that stand in for it.
const FONT_FAMILY: &str =
    "標楷體, DFKai-SB, 'TW-MOE-Std-Kai', 'AR PL UKai TW', 'Noto Serif CJK TC', 'Noto Sans CJK TC'";

/// The page: its name, width, height and margin at the sides, in centimetres.
pub(super) struct Page {
    /// The name of its master page.
    pub(super) name: &'static str,
    width: f64,
    height: f64,
    margin: f64,
    orientation: &'static str,
}

/// A4, upright.
pub(super) const UPRIGHT: Page =
    Page { name: "Standard", width: 21.0, height: 29.7, margin: 1.8, orientation: "portrait" };

/// A4, on its side.
pub(super) const WIDE: Page =
    Page { name: "Wide", width: 29.7, height: 21.0, margin: 1.8, orientation: "landscape" };

impl Page {
    /// What is between the margins.
    pub(super) fn between_margins(&self) -> f64 {
        self.width - 2.0 * self.margin
    }
}

/// A paragraph style: its name, what it is made from, of the paragraph, of its letters.
type Paragraph = (&'static str, &'static str, Attributes<'static>, Attributes<'static>);

const PARAGRAPHS: &[Paragraph] = &[
    ("Standard", "", &[], &[]),
    (
        "Title",
        "Standard",
        &[("fo:text-align", "center"), ("fo:margin-bottom", "0.3cm")],
        &[("fo:font-size", "18pt"), ("style:font-size-asian", "18pt"), BOLD, BOLD_ASIAN],
    ),
    ("Subtitle", "Standard", &[("fo:text-align", "center")], &[]),
    (
        "Heading_20_1",
        "Standard",
        &[
            ("fo:margin-top", "0.6cm"),
            ("fo:margin-bottom", "0.2cm"),
            ("fo:keep-with-next", "always"),
        ],
        &[("fo:font-size", "14pt"), ("style:font-size-asian", "14pt"), BOLD, BOLD_ASIAN],
    ),
    ("Table_20_Contents", "Standard", &[], SMALL),
    (
        "Table_20_Heading",
        "Table_20_Contents",
        &[("fo:text-align", "center"), ("fo:keep-with-next", "always")],
        &[BOLD, BOLD_ASIAN],
    ),
    ("Table_20_Figure", "Table_20_Contents", &[("fo:text-align", "end")], &[]),
    ("Table_20_Sum", "Table_20_Contents", &[], &[BOLD, BOLD_ASIAN]),
    ("Table_20_Sum_20_Figure", "Table_20_Figure", &[], &[BOLD, BOLD_ASIAN]),
    ("Note", "Standard", &[], SMALL),
    (
        "Caption",
        "Standard",
        &[("fo:text-align", "center"), ("fo:margin-top", "0.5cm"), ("fo:keep-with-next", "always")],
        &[BOLD, BOLD_ASIAN],
    ),
    ("Chart", "Standard", &[("fo:text-align", "center")], &[]),
    ("Footer", "Standard", &[("fo:text-align", "center")], SMALL),
];

const BOLD: (&str, &str) = ("fo:font-weight", "bold");
const BOLD_ASIAN: (&str, &str) = ("style:font-weight-asian", "bold");
const SMALL: Attributes<'_> = &[("fo:font-size", "9pt"), ("style:font-size-asian", "9pt")];

/// `styles.xml`.
pub(super) fn styles(format: Format) -> Vec<u8> {
    let mut styles = Markup::beginning(DECLARATION);
    styles.open("office:document-styles", NAMESPACES);
    fonts(&mut styles);
    styles.open("office:styles", &[]);
    let family = if format == Format::Ods { "table-cell" } else { "paragraph" };
    styles.open("style:default-style", &[("style:family", family)]);
    styles.empty(
        "style:text-properties",
        &[
            ("style:font-name", FONT),
            ("style:font-name-asian", FONT),
            ("fo:font-size", "12pt"),
            ("style:font-size-asian", "12pt"),
            ("fo:language", "zh"),
            ("fo:country", "TW"),
            ("style:language-asian", "zh"),
            ("style:country-asian", "TW"),
        ],
    );
    styles.close("style:default-style");
    if format == Format::Odt {
        for style in PARAGRAPHS {
            paragraph(&mut styles, style);
        }
    }
    styles.close("office:styles");
    styles.open("office:automatic-styles", &[]);
    for page in [&UPRIGHT, &WIDE] {
        layout(&mut styles, page);
    }
    styles.close("office:automatic-styles");
    styles.open("office:master-styles", &[]);
    for page in [&UPRIGHT, &WIDE] {
        master(&mut styles, page, format);
    }
    styles.close("office:master-styles");
    styles.close("office:document-styles");
    styles.finish()
}

/// The fonts that styles name.
pub(super) fn fonts(markup: &mut Markup) {
    markup.open("office:font-face-decls", &[]);
    let font = [
        ("style:name", FONT),
        ("svg:font-family", FONT_FAMILY),
        ("style:font-family-generic", "script"),
    ];
    markup.empty("style:font-face", &font);
    markup.close("office:font-face-decls");
}

fn paragraph(styles: &mut Markup, (name, parent, of_paragraph, of_letters): &Paragraph) {
    let shown = name.replace("_20_", " ");
    let mut attributes =
        vec![("style:name", *name), ("style:display-name", &shown), ("style:family", "paragraph")];
    if !parent.is_empty() {
        attributes.push(("style:parent-style-name", parent));
    }
    if *name == "Heading_20_1" {
        attributes.push(("style:default-outline-level", "1"));
    }
    styles.open("style:style", &attributes);
    styles.empty("style:paragraph-properties", of_paragraph);
    styles.empty("style:text-properties", of_letters);
    styles.close("style:style");
}

fn layout(styles: &mut Markup, page: &Page) {
    styles.open("style:page-layout", &[("style:name", &format!("{}-layout", page.name))]);
    styles.empty(
        "style:page-layout-properties",
        &[
            ("fo:page-width", &super::cm(page.width)),
            ("fo:page-height", &super::cm(page.height)),
            ("style:print-orientation", page.orientation),
            ("style:first-page-number", "continue"),
            ("fo:margin-top", "1.8cm"),
            ("fo:margin-bottom", "1.2cm"),
            ("fo:margin-left", &super::cm(page.margin)),
            ("fo:margin-right", &super::cm(page.margin)),
            ("style:scale-to-X", "1"),
            ("style:scale-to-Y", "0"),
            ("style:table-centering", "horizontal"),
        ],
    );
    styles.open("style:footer-style", &[]);
    let footer = [("fo:min-height", "0.8cm"), ("fo:margin-top", "0.3cm")];
    styles.empty("style:header-footer-properties", &footer);
    styles.close("style:footer-style");
    styles.close("style:page-layout");
}

/// A master page: 第 1 頁，共 4 頁 at its foot.
fn master(styles: &mut Markup, page: &Page, format: Format) {
    let layout = format!("{}-layout", page.name);
    let attributes = [("style:name", page.name), ("style:page-layout-name", &layout)];
    styles.open("style:master-page", &attributes);
    styles.open("style:footer", &[]);
    let of_text: Attributes<'_> = &[("text:style-name", "Footer")];
    styles.open("text:p", if format == Format::Odt { of_text } else { &[] });
    styles.raw("第 ");
    styles.element("text:page-number", &[("text:select-page", "current")], "1");
    styles.raw(" 頁，共 ");
    styles.element("text:page-count", &[], "1");
    styles.raw(" 頁");
    styles.close("text:p");
    styles.close("style:footer");
    styles.close("style:master-page");
}
