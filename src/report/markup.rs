//! Writing XML and HTML: every word that comes from outside is harmless in it.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use crate::notify::text::plain;

/// A document in the making.
///
/// It is written into memory, which cannot fail; what quick-xml returns is therefore dropped.
pub(super) struct Markup(Writer<Vec<u8>>);

/// The attributes of an element.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Markup {
    /// Begins with this text as it is: a declaration, a doctype.
    pub(super) fn beginning(text: &str) -> Self {
        Self(Writer::new(text.as_bytes().to_vec()))
    }

    /// `<name …>`.
    pub(super) fn open(&mut self, name: &str, attributes: Attributes<'_>) {
        let _ = self.0.write_event(Event::Start(start(name, attributes)));
    }

    /// `</name>`.
    pub(super) fn close(&mut self, name: &str) {
        let _ = self.0.write_event(Event::End(BytesEnd::new(name)));
    }

    /// `<name …/>`.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        let _ = self.0.write_event(Event::Empty(start(name, attributes)));
    }

    /// `<name …>words</name>`.
    pub(super) fn element(&mut self, name: &str, attributes: Attributes<'_>, words: &str) {
        self.open(name, attributes);
        self.text(words);
        self.close(name);
    }

    /// Words, without effect and without what cannot be seen or is no character of XML; spaces that
    /// indent them stay.
    pub(super) fn text(&mut self, words: &str) {
        let indent: String = words.chars().take_while(|c| *c == '　').collect();
        let words = plain(words).replace(['\u{fffe}', '\u{ffff}'], "");
        let _ = self.0.write_event(Event::Text(BytesText::new(&(indent + &words))));
    }

    /// Markup made elsewhere in this house.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.get_mut().extend_from_slice(markup.as_bytes());
    }

    /// The whole document.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_inner()
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'a>) -> BytesStart<'a> {
    BytesStart::new(name).with_attributes(attributes.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_effect() {
        let mut markup = Markup::beginning("");
        let words = "<script>\u{0}\u{1b}\u{202e}&\"'x\n二";
        markup.element("p", &[("title", "a\"b<&")], words);
        let text = String::from_utf8(markup.finish()).unwrap();
        assert_eq!(text, "<p title=\"a&quot;b&lt;&amp;\">&lt;script&gt;&amp;&quot;&apos;x 二</p>");
    }
}
