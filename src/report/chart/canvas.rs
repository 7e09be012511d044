//! What charts are drawn with.

use unicode_width::UnicodeWidthStr;

use crate::report::document::Chart;
use crate::report::markup::Markup;

/// The size of letters.
const LETTERS: f64 = 14.0;

/// Fonts that a reader in Taiwan has, the one named first preferred.
const FONTS: &str =
    "'Noto Sans TC','Noto Sans CJK TC','Microsoft JhengHei','PingFang TC',sans-serif";

/// A distance that hatching keeps.
const HATCH: f64 = 6.0;

/// Left, top, width, height.
pub(super) type Area = (f64, f64, f64, f64);

/// How an area is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    /// Its ground.
    pub(super) ground: &'static str,
    /// Its edge and hatching.
    pub(super) ink: &'static str,
    /// Its hatching.
    pub(super) hatch: Hatch,
}

/// Lines over an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hatch {
    /// None.
    None,
    /// From the lower left to the upper right.
    Up,
    /// From the upper left to the lower right.
    Down,
    /// Both.
    Cross,
}

/// Where words begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// At the place.
    Start,
    /// They have it in their middle.
    Middle,
    /// They end there.
    End,
}

/// A picture in the making.
pub(super) struct Canvas {
    markup: Markup,
    title: String,
    description: String,
    size: (f64, f64),
}

impl Canvas {
    /// An empty white picture.
    pub(super) fn new(title: &str, description: String, size: (f64, f64)) -> Self {
        let (width, height) = (number(size.0), number(size.1));
        let mut markup = Markup::beginning("");
        let view = format!("0 0 {width} {height}");
        markup.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("viewBox", &view),
                ("width", &width),
                ("height", &height),
                ("role", "img"),
                ("font-family", FONTS),
                ("font-size", &number(LETTERS)),
            ],
        );
        markup.element("title", &[], title);
        markup.element("desc", &[], &description);
        let all = [("width", width.as_str()), ("height", &height), ("fill", "#ffffff")];
        markup.empty("rect", &all);
        Self { markup, title: title.to_owned(), description, size }
    }

    /// A filled area.
    pub(super) fn rect(&mut self, (x, y, width, height): Area, fill: Fill) {
        self.markup.empty(
            "rect",
            &[
                ("x", &number(x)),
                ("y", &number(y)),
                ("width", &number(width)),
                ("height", &number(height)),
                ("fill", fill.ground),
                ("stroke", fill.ink),
            ],
        );
        if matches!(fill.hatch, Hatch::Up | Hatch::Cross) {
            self.hatch((x, y, width, height), fill.ink, false);
        }
        if matches!(fill.hatch, Hatch::Down | Hatch::Cross) {
            self.hatch((x, y, width, height), fill.ink, true);
        }
    }

    /// Slanting lines from edge to edge of an area; `down` mirrors them.
    fn hatch(&mut self, (left, top, width, height): Area, ink: &str, down: bool) {
        let turned = |x: f64| if down { 2.0 * left + width - x } else { x };
        let mut sum = HATCH;
        while sum < width + height {
            let (from, to) = ((sum - height).max(0.0), sum.min(width));
            let ends =
                [(turned(left + from), top + sum - from), (turned(left + to), top + sum - to)];
            self.line(ends, ink, 1.0);
            sum += HATCH;
        }
    }

    /// A line from one place to another.
    pub(super) fn line(&mut self, [(x1, y1), (x2, y2)]: [(f64, f64); 2], ink: &str, width: f64) {
        self.markup.empty(
            "line",
            &[
                ("x1", &number(x1)),
                ("y1", &number(y1)),
                ("x2", &number(x2)),
                ("y2", &number(y2)),
                ("stroke", ink),
                ("stroke-width", &number(width)),
            ],
        );
    }

    /// Words at a place, standing on its height.
    pub(super) fn words(&mut self, place: (f64, f64), anchor: Anchor, words: &str) {
        self.words_in(place, anchor, (words, "#1a1a1a"));
    }

    /// The same in a colour.
    pub(super) fn words_in(
        &mut self,
        (x, y): (f64, f64),
        anchor: Anchor,
        (words, ink): (&str, &str),
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y) = (number(x), number(y));
        self.markup.element(
            "text",
            &[("x", &x), ("y", &y), ("text-anchor", anchor), ("fill", ink)],
            words,
        );
    }

    /// The picture.
    pub(super) fn finish(mut self) -> Chart {
        self.markup.close("svg");
        Chart {
            title: self.title,
            description: self.description,
            svg: String::from_utf8(self.markup.finish()).unwrap_or_default(),
            width: self.size.0,
            height: self.size.1,
        }
    }
}

/// How wide words are drawn, near enough: a Chinese character is a square.
pub(super) fn width_of(words: &str) -> f64 {
    let halves = u32::try_from(words.width()).unwrap_or(u32::MAX);
    f64::from(halves) * LETTERS * 0.55
}

/// A coordinate with one decimal at most.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
