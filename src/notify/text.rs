//! Words from outside, made harmless and cut to what a provider takes.

use super::render::repeated;
use super::{Envelope, Message};
pub use crate::config::secrets::is_web_address;

/// The headline, marked when the message may already have arrived.
pub fn headline(envelope: &Envelope, message: &Message) -> String {
    format!("{}{}", mark(envelope, message), plain(&message.headline))
}

/// The text in one line, never empty while there is a headline; marked like the headline.
pub fn summary(envelope: &Envelope, message: &Message) -> String {
    match plain(&message.text) {
        text if text.is_empty() => headline(envelope, message),
        text => format!("{}{text}", mark(envelope, message)),
    }
}

fn mark(envelope: &Envelope, message: &Message) -> &'static str {
    if envelope.repeated { repeated(message.language) } else { "" }
}

/// One line without control characters, changes of direction or anything else that cannot be seen.
///
/// Letters, emoji and punctuation stay as they were typed.
pub fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_break(c) {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_unseen(c) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line.drain(..line.len() - line.trim_start().len());
    line
}

/// Like [`plain`], but keeps the line breaks.
pub fn lines(text: &str) -> String {
    if !text.contains('\n') {
        return plain(text);
    }
    let lines: Vec<String> = text.lines().map(plain).collect();
    lines.join("\n").trim().to_owned()
}

fn is_break(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Control characters, marks that turn the direction of writing, and characters without width.
///
/// The joiner U+200D stays: emoji are made with it.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// At most `limit` UTF-16 units (never fewer than characters), with `…` where something is missing.
pub fn cut(text: &str, limit: usize) -> String {
    cut_escaped(text, limit, |_| None)
}

/// Escapes each character and cuts the result to `limit`, never inside an escape.
pub fn cut_escaped(
    text: &str,
    limit: usize,
    escape: impl Fn(char) -> Option<&'static str>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut used = 0;
    let mut room_for_ellipsis = 0;
    for c in text.chars() {
        let escaped = escape(c);
        used += escaped.map_or(c.len_utf16(), str::len);
        if used > limit {
            out.truncate(room_for_ellipsis);
            out.push('…');
            break;
        }
        match escaped {
            Some(escaped) => out.push_str(escaped),
            None => out.push(c),
        }
        if used < limit {
            room_for_ellipsis = out.len();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_plain(text: &str, expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn plain_keeps_what_can_be_seen_and_nothing_else() {
        check_plain("不分幅_澎湖20MDEM無法下載", "不分幅_澎湖20MDEM無法下載");
        check_plain("  a\r\n\tb  ", "a b");
        check_plain("\u{1b}[31mred\u{7}", "[31mred");
        check_plain("txt\u{202e}gpj.exe\u{2066}\u{200f}", "txtgpj.exe");
        check_plain("zero\u{200b}width\u{feff}", "zerowidth");
        check_plain("家族👨‍👩‍👧 שלום", "家族👨‍👩‍👧 שלום");
        check_plain("*b* `c` <!channel>", "*b* `c` <!channel>");
    }

    #[test]
    fn lines_keep_their_breaks() {
        assert_eq!(lines("a\u{1b}\r\nb\n\n"), "a\nb");
    }

    #[test]
    fn a_cut_fits_and_shows_that_something_is_missing() {
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcde", 4), "abc…");
        assert_eq!(cut("😀😀", 3), "😀…");
        assert_eq!(cut("😀", 1), "…");
        let amp = |c| (c == '&').then_some("&amp;");
        assert_eq!(cut_escaped("a&b", 7, amp), "a&amp;b");
        assert_eq!(cut_escaped("a&b", 6, amp), "a…");
        assert_eq!(cut_escaped("a&bc", 7, amp), "a&amp;…");
    }

    #[test]
    fn only_web_addresses_stand_behind_a_button() {
        assert!(is_web_address("https://data.gov.tw/suggests/558380"));
        assert!(!is_web_address("javascript:alert(1)"));
        assert!(!is_web_address("https://data.gov.tw/\nx"));
    }

    proptest::proptest! {
        #[test]
        fn a_cut_never_exceeds_its_limit(text in ".{0,60}", limit in 1_usize..40) {
            let escape = |c| match c { '&' => Some("&amp;"), '<' => Some("&lt;"), _ => None };
            let cut = cut_escaped(&text, limit, escape);
            proptest::prop_assert!(cut.encode_utf16().count() <= limit, "{cut}");
        }
    }
}
