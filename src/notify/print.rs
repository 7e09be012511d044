//! Standard output, for trying things: one block of lines a message.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Envelope, ListedCase, Message, NotifyError, text};

/// Columns of a terminal; a Chinese character takes two.
const WIDTH: usize = 80;

/// Prints messages instead of sending them.
#[derive(Clone)]
pub struct Print {
    out: Arc<Mutex<dyn Write + Send>>,
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Print").finish_non_exhaustive()
    }
}

impl Print {
    /// Prints to standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// Prints to standard error: standard output is for data.
    pub fn stderr() -> Self {
        Self::to(io::stderr())
    }

    /// Prints to `out`.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Arc::new(Mutex::new(out)) }
    }

    /// Prints `message`.
    pub fn post(&self, envelope: &Envelope, message: &Message) -> Result<(), NotifyError> {
        let block = block(envelope, message);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = out.write_all(block.as_bytes()).and_then(|()| out.flush());
        printed.map_err(|error| NotifyError::Later {
            after: None,
            reason: format!("standard output cannot be written ({error})"),
        })
    }
}

fn block(envelope: &Envelope, message: &Message) -> String {
    let mut block = String::new();
    let to = text::plain(&envelope.address);
    let rule = if to.is_empty() { "── print ".to_owned() } else { format!("── {to} ") };
    let dashes = WIDTH.saturating_sub(rule.width());
    push(&mut block, "", &format!("{rule}{}", "─".repeat(dashes)));
    push(&mut block, "", &text::headline(envelope, message));
    if let Some(title) = &message.title {
        push(&mut block, "  ", &text::plain(title));
    }
    push_facts(&mut block, message);
    for case in &message.cases {
        let ListedCase { number, days, due, title, url, .. } = case;
        push(&mut block, "  ", &text::plain(&format!("{days}  {number} {due} {title}")));
        push(&mut block, "    ", &text::plain(url));
    }
    push(&mut block, "", &text::lines(&message.request));
    if let Some(link) = &message.link {
        // An address is never broken: it could not be followed.
        let _ = writeln!(block, "{}: {}", text::plain(&link.label), text::plain(&link.url));
    }
    let names: Vec<String> =
        message.mentions.iter().map(|person| format!("@{}", text::plain(&person.name))).collect();
    push(&mut block, "", &names.join(" "));
    push(&mut block, "", &text::lines(&message.footer));
    block.push('\n');
    block
}

fn push_facts(block: &mut String, message: &Message) {
    let facts: Vec<(String, String)> = message
        .facts
        .iter()
        .map(|(label, value)| (text::plain(label), text::lines(value)))
        .collect();
    let column = facts.iter().map(|(label, _)| label.width()).max().unwrap_or_default().min(24);
    for (label, value) in facts {
        let gap = " ".repeat(column.saturating_sub(label.width()));
        push(block, "  ", &format!("{label}{gap}  {value}"));
    }
}

/// Writes `text` with `indent` before each line, broken at the edge of the terminal.
fn push(block: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        let mut column = indent.width();
        block.push_str(indent);
        for c in line.chars() {
            let width = c.width().unwrap_or_default();
            if column + width > WIDTH {
                block.push('\n');
                block.push_str(indent);
                column = indent.width();
            }
            block.push(c);
            column += width;
        }
        block.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::Person;
    use crate::notify::Link;

    fn envelope() -> Envelope {
        Envelope {
            key: "k".to_owned(),
            gathered: Vec::new(),
            case_number: Some("C-558380".to_owned()),
            stage: "due_soon".to_owned(),
            address: String::new(),
            now: "2026-03-02T01:00:00Z".parse().unwrap(),
            thread: None,
            broadcast: false,
            repeated: false,
        }
    }

    fn message() -> Message {
        Message {
            headline: "⏰ 將屆期：尚餘 3 個工作天".to_owned(),
            title: Some("不分幅_澎湖20MDEM無法下載\u{1b}[2J\u{1b}]0;x\u{7}".to_owned()),
            facts: vec![
                ("案號".to_owned(), "C-558380（我有話要說）".to_owned()),
                ("回復期限".to_owned(), "115/03/11（三）下班前".to_owned()),
            ],
            request: "請於期限前至平臺回復。".to_owned(),
            link: Some(Link {
                label: "前往平臺回復".to_owned(),
                url: "https://data.gov.tw/suggests/558380".to_owned(),
            }),
            mentions: vec![Person { name: "王小明".to_owned(), ..Person::default() }],
            ..Message::default()
        }
    }

    #[test]
    fn a_message_is_a_block_of_lines() {
        insta::assert_snapshot!(block(&envelope(), &message()), @"
    ── print ───────────────────────────────────────────────────────────────────────
    ⏰ 將屆期：尚餘 3 個工作天
      不分幅_澎湖20MDEM無法下載[2J]0;x
      案號      C-558380（我有話要說）
      回復期限  115/03/11（三）下班前
    請於期限前至平臺回復。
    前往平臺回復: https://data.gov.tw/suggests/558380
    @王小明
    ");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_escape_remains() {
        let mut message = message();
        message.title = Some("不分幅😀a\u{1b}[31m\u{202e}".repeat(60));
        let block = block(&envelope(), &message);
        assert!(block.lines().all(|line| line.width() <= WIDTH), "{block}");
        assert!(!block.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    }

    #[test]
    fn the_writer_gets_the_block() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let print = Print::to(file.reopen().unwrap());
        print.post(&envelope(), &message()).unwrap();
        assert!(std::fs::read_to_string(file.path()).unwrap().contains("C-558380"));
    }
}
