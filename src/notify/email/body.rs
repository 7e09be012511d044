//! What a mail shows: plain text, the same as HTML, and an entry for the reader's calendar.

use std::fmt::Write;

use crate::notify::door::words;
use crate::notify::render::{MAIL_SENDER, colon};
use crate::notify::{Door, Envelope, ListedCase, Message, Tone, text};

/// The sender's name, as a mail program shows it.
pub(super) const SENDER: &str = MAIL_SENDER;

/// A subject longer than this is cut; the whole text stands in the mail.
const SUBJECT_CHARS: usize = 150;

/// The subject. What would begin an encoded word (RFC 2047) is parted, so that it stays what was typed.
pub(in crate::notify) fn subject(envelope: &Envelope, message: &Message) -> String {
    text::cut(&text::summary(envelope, message), SUBJECT_CHARS).replace("=?", "=\u{2060}?")
}

/// The lines of a mail, without markup.
pub(in crate::notify) fn plain(envelope: &Envelope, message: &Message) -> String {
    let mut lines = vec![text::headline(envelope, message), String::new()];
    lines.extend(message.title.as_deref().map(text::plain));
    let colon = colon(message.language);
    for (label, value) in &message.facts {
        lines.push(format!("{}{colon}{}", text::plain(label), text::lines(value)));
    }
    for case in &message.cases {
        lines.push(format!("- {}", case_line(case)));
        lines.extend(Some(format!("  {}", case.url)).filter(|_| text::is_web_address(&case.url)));
    }
    lines.push(String::new());
    lines.push(text::plain(&message.request));
    lines.extend(message.link.as_ref().map(|link| format!("{}{colon}{}", link.label, link.url)));
    for (label, url) in pages(message) {
        lines.push(format!("{label}{colon}{url}"));
    }
    lines.extend(people(message));
    lines.extend([String::new(), "-- ".to_owned(), text::plain(&message.footer), String::new()]);
    lines.join("\n")
}

/// The pages by which the reader acts: what each says, and its address.
fn pages(message: &Message) -> impl Iterator<Item = (&'static str, &str)> {
    let words = words(message.language);
    message.actions.iter().filter_map(move |action| match &action.door {
        Door::Page(url) => Some((words.offer(action.offer), url.as_str())),
        Door::Button(_) => None,
    })
}

/// The same as links, one beside the other.
fn doors(message: &Message) -> String {
    let mut links = String::new();
    for (label, url) in pages(message) {
        let url = escaped(url);
        // Writing to a text cannot fail.
        let _ = write!(
            links,
            "<a href=\"{url}\" style=\"display:inline-block;margin:0 8px 8px 0;padding:6px 14px;\
             border:1px solid #1d5fa8;color:#1d5fa8;text-decoration:none;border-radius:4px\">\
             {label}</a>"
        );
    }
    if links.is_empty() { links } else { format!("<p>{links}</p>") }
}

fn case_line(case: &ListedCase) -> String {
    let ListedCase { number, days, due, title, .. } = case;
    text::plain(&format!("{days}  {number} {due} {title}"))
}

/// The cases of a list, each a row that leads to its page.
fn list(message: &Message) -> String {
    let mut rows = String::new();
    for case in &message.cases {
        let line = escaped(&case_line(case));
        let colour = colour(case.tone);
        let _ = if text::is_web_address(&case.url) {
            let url = escaped(&case.url);
            write!(rows, "<li><a href=\"{url}\" style=\"color:{colour}\">{line}</a></li>")
        } else {
            write!(rows, "<li style=\"color:{colour}\">{line}</li>")
        };
    }
    if rows.is_empty() { rows } else { format!("<ul style=\"padding-left:20px\">{rows}</ul>") }
}

fn people(message: &Message) -> Option<String> {
    let names: Vec<String> =
        message.mentions.iter().map(|person| format!("@{}", text::plain(&person.name))).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// The same as HTML: one column, readable without pictures, no address but the case's own.
pub(in crate::notify) fn html(envelope: &Envelope, message: &Message) -> String {
    let mut rows = String::new();
    for (label, value) in &message.facts {
        let value = escaped(&text::lines(value)).replace('\n', "<br>");
        // Writing to a text cannot fail.
        let _ = write!(
            rows,
            "<tr><th align=\"left\" valign=\"top\" style=\"padding:2px 12px 2px 0;color:#555;\
             font-weight:normal;white-space:nowrap\">{}</th><td style=\"padding:2px 0\">{value}\
             </td></tr>",
            escaped(&text::plain(label)),
        );
    }
    let title = message.title.as_deref().map(|title| {
        format!("<p style=\"margin:0 0 8px;font-weight:bold\">{}</p>", escaped(&text::plain(title)))
    });
    let link = message.link.as_ref().filter(|link| text::is_web_address(&link.url));
    let link = link.map(|link| {
        format!(
            "<p><a href=\"{}\" style=\"display:inline-block;padding:8px 16px;background:#1d5fa8;\
             color:#fff;text-decoration:none;border-radius:4px\">{}</a></p>",
            escaped(&link.url),
            escaped(&text::plain(&link.label)),
        )
    });
    let people = people(message).map(|names| format!("<p>{}</p>", escaped(&names)));
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{headline}\
         </title></head><body style=\"font-family:sans-serif;line-height:1.5;max-width:40em\">\
         <h1 style=\"font-size:1.2em;border-left:6px solid {colour};padding-left:8px\">{headline}\
         </h1>{title}<table role=\"presentation\" cellspacing=\"0\">{rows}</table>{list}<p>{request}</p>\
         {link}{doors}{people}<p style=\"color:#666;font-size:.85em;border-top:1px solid #ccc;\
         padding-top:8px\">{footer}</p></body></html>",
        language = message.language.as_str(),
        list = list(message),
        doors = doors(message),
        headline = escaped(&text::headline(envelope, message)),
        colour = colour(message.tone),
        title = title.unwrap_or_default(),
        request = escaped(&text::plain(&message.request)),
        link = link.unwrap_or_default(),
        people = people.unwrap_or_default(),
        footer = escaped(&text::plain(&message.footer)),
    )
}

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "#1d5fa8",
        Tone::Good => "#2e7d32",
        Tone::Warning => "#b26a00",
        Tone::Alert => "#c62828",
    }
}

/// Words without effect in HTML, in text and in attributes.
fn escaped(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
