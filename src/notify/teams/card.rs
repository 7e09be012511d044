//! A message as an Adaptive Card 1.4, so that nothing a citizen typed has an effect.
//!
//! `TextBlock` and `FactSet` interpret Markdown, `RichTextBlock` does not: the citizen's title goes
//! into the latter, everything else is escaped.

use std::borrow::Cow;

use super::adaptive::{
    Card, Container, Element, Fact, ForTeams, Mention, Mentioned, OpenUrl, Post, TextBlock, TextRun,
};
use crate::domain::directory::Person;
use crate::notify::door::words;
use crate::notify::text::{self, cut, cut_escaped, is_web_address, lines, plain};
use crate::notify::{Door, Envelope, ListedCase, Message, NotifyError, Tone};

/// A message may have about 28 KB.
const LIMIT_BYTES: usize = 27 * 1024;
/// A button's label.
const LABEL_LIMIT: usize = 60;
const HEADLINE_LIMIT: usize = 200;
/// Teams shows no more of them.
const ACTIONS_LIMIT: usize = 6;

/// How much room each part gets.
struct Budget {
    /// UTF-16 units of the title, the request and the small print.
    words: usize,
    /// UTF-16 units of one fact.
    fact: usize,
    /// How many facts.
    facts: usize,
    /// How many people.
    people: usize,
    /// UTF-16 units of one case of a list.
    case: usize,
    /// How many cases.
    cases: usize,
}

/// From ample to narrow: the first under which the message fits is used.
const BUDGETS: [Budget; 4] = [
    Budget { words: 2000, fact: 1000, facts: 100, people: 50, case: 300, cases: 60 },
    Budget { words: 800, fact: 300, facts: 50, people: 20, case: 100, cases: 40 },
    Budget { words: 400, fact: 80, facts: 30, people: 20, case: 60, cases: 25 },
    Budget { words: 200, fact: 50, facts: 10, people: 10, case: 40, cases: 15 },
];

/// What is posted: a message of one card, within Teams' limit.
///
/// # Errors
///
/// It cannot be written as JSON.
pub(in crate::notify) fn body(
    envelope: &Envelope,
    message: &Message,
) -> Result<String, NotifyError> {
    let mut body = String::new();
    for budget in &BUDGETS {
        body =
            serde_json::to_string(&Post::of(card(envelope, message, budget))).map_err(|error| {
                NotifyError::Never { reason: format!("no card for Teams: {error}") }
            })?;
        if body.len() <= LIMIT_BYTES {
            break;
        }
    }
    Ok(body)
}

fn card<'a>(envelope: &Envelope, message: &'a Message, budget: &Budget) -> Card<'a> {
    let mentions = mentions(&message.mentions, budget.people);
    let mut body = vec![header(envelope, message)];
    body.extend(title(message, budget.words));
    body.extend(facts(message, budget));
    body.extend(list(&message.cases, budget));
    body.extend(text_block(request(message, &mentions, budget)).map(Element::TextBlock));
    let footer = text_block(escape(&lines(&message.footer), budget.words));
    let small = |block| TextBlock { is_subtle: true, size: Some("Small"), ..block };
    body.extend(footer.map(small).map(Element::TextBlock));
    // It "may contain markdown" (Adaptive Cards).
    let summary = escape(&text::summary(envelope, message), budget.words);
    let link = message.link.as_ref().filter(|link| is_web_address(&link.url));
    let fallback_text = match link {
        Some(link) => format!("{summary}：{}", link.url),
        None => summary,
    };
    let mut actions: Vec<OpenUrl<'_>> =
        link.map(|link| button(&plain(&link.label), &link.url)).into_iter().collect();
    let words = words(message.language);
    actions.extend(message.actions.iter().filter_map(|action| match &action.door {
        Door::Page(url) => Some(button(words.offer(action.offer), url)),
        Door::Button(_) => None,
    }));
    actions.truncate(ACTIONS_LIMIT);
    Card {
        schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        r#type: "AdaptiveCard",
        version: "1.4",
        lang: message.language.as_str().split('-').next().unwrap_or_default(),
        fallback_text,
        body,
        actions,
        msteams: ForTeams { width: "full", entities: mentions },
    }
}

fn button<'a>(title: &str, url: &'a str) -> OpenUrl<'a> {
    OpenUrl { title: Some(cut(title, LABEL_LIMIT)), url }
}

fn header(envelope: &Envelope, message: &Message) -> Element<'static> {
    let style = match message.tone {
        Tone::Neutral => "emphasis",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Alert => "attention",
    };
    let headline = Element::TextBlock(TextBlock {
        text: escape(&text::headline(envelope, message), HEADLINE_LIMIT),
        size: Some("Large"),
        weight: Some("Bolder"),
        wrap: true,
        ..TextBlock::default()
    });
    let items = vec![headline];
    Element::Container(Container { style: Some(style), bleed: true, items, select_action: None })
}

fn title(message: &Message, limit: usize) -> Option<Element<'static>> {
    let title = message.title.as_deref().map(plain).filter(|title| !title.is_empty())?;
    let run = TextRun { weight: Some("Bolder"), ..text_run(&cut(&title, limit)) };
    Some(Element::RichTextBlock { inlines: vec![run] })
}

fn facts(message: &Message, budget: &Budget) -> Option<Element<'static>> {
    let mut facts: Vec<Fact> = message
        .facts
        .iter()
        .take(budget.facts)
        .map(|(label, value)| Fact {
            title: escape(&plain(label), LABEL_LIMIT),
            value: escape(&lines(value), budget.fact),
        })
        .collect();
    let missing = message.facts.len().saturating_sub(budget.facts);
    if missing > 0 {
        facts.push(Fact { title: "…".to_owned(), value: format!("（+{missing}）") });
    }
    (!facts.is_empty()).then_some(Element::FactSet { facts })
}

/// Each case a box that opens its page; its words stand in rich text, which has no markup.
fn list<'a>(cases: &'a [ListedCase], budget: &Budget) -> Vec<Element<'a>> {
    let item = |case: &'a ListedCase| {
        let mut days = text_run(&plain(&case.days));
        if case.tone == Tone::Alert {
            (days.weight, days.color) = (Some("Bolder"), Some("Attention"));
        }
        let rest = format!("  {} {} {}", case.number, case.due, case.title);
        let rest = text_run(&cut(&plain(&rest), budget.case));
        let words = Element::RichTextBlock { inlines: vec![days, text_run(" "), rest] };
        let open = OpenUrl { title: None, url: case.url.as_str() };
        Element::Container(Container {
            items: vec![words],
            select_action: is_web_address(&case.url).then_some(open),
            ..Container::default()
        })
    };
    let mut rows: Vec<Element<'_>> = cases.iter().take(budget.cases).map(item).collect();
    let missing = cases.len().saturating_sub(budget.cases);
    if missing > 0 {
        rows.push(Element::RichTextBlock {
            inlines: vec![text_run(&format!("…（+{missing}）"))]
        });
    }
    rows
}

fn text_run(text: &str) -> TextRun {
    TextRun { text: inert(text), ..TextRun::default() }
}

fn request(message: &Message, mentions: &[Mention<'_>], budget: &Budget) -> String {
    let others = message.mentions.iter().filter(|person| user_name(person).is_none());
    let mut words: Vec<String> = mentions.iter().map(|mention| mention.text.clone()).collect();
    words.extend(others.take(budget.people).map(|person| escape(&plain(&person.name), 60)));
    words.push(escape(&lines(&message.request), budget.words));
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn text_block(text: String) -> Option<TextBlock> {
    (!text.is_empty()).then(|| TextBlock { text, wrap: true, ..TextBlock::default() })
}

/// Each person with a Teams name once. The text is the key by which Teams finds whom it means, so
/// that two people of one name are told apart by their user names.
fn mentions(people: &[Person], limit: usize) -> Vec<Mention<'_>> {
    let mut mentions: Vec<Mention<'_>> = Vec::new();
    for person in people {
        let Some(id) = user_name(person) else {
            continue;
        };
        if mentions.len() == limit || mentions.iter().any(|mention| mention.mentioned.id == id) {
            continue;
        }
        let mut name = called(&person.name, id);
        let mut text = format!("<at>{name}</at>");
        if mentions.iter().any(|mention| mention.text == text) {
            name = format!("{name} {}", mentions.len() + 1);
            text = format!("<at>{name}</at>");
        }
        mentions.push(Mention { text, mentioned: Mentioned { id, name } });
    }
    mentions
}

/// The name without anything that Markdown or the mention itself would trip over.
fn called(name: &str, id: &str) -> String {
    let mut name = plain(name);
    name.retain(|c| markdown(c).is_none());
    let name = cut(name.trim(), 60);
    if name.is_empty() { id.chars().filter(|c| markdown(*c).is_none()).collect() } else { name }
}

/// The user principal name (or object id) of `person`.
fn user_name(person: &Person) -> Option<&str> {
    let id = person.teams.as_deref()?.trim();
    let known = |c: char| c.is_ascii_alphanumeric() || "@.-_+'#".contains(c);
    (!id.is_empty() && id.len() <= 200 && id.chars().all(known)).then_some(id)
}

/// Escapes what Markdown gives a meaning, and cuts to `limit`.
fn escape(text: &str, limit: usize) -> String {
    let cut = cut_escaped(text, limit, markdown);
    let lines: Vec<Cow<'_, str>> = cut.lines().map(escape_start).collect();
    // A single line break is a space in Markdown.
    lines.join("\n\n")
}

/// Lists and the like are made by what a line begins with.
fn escape_start(line: &str) -> Cow<'_, str> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    match rest.chars().next() {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{rest}").into(),
        Some('.') if digits > 0 => format!("{number}\\{rest}").into(),
        _ => line.into(),
    }
}

fn markdown(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => "\\\\",
        '`' => "\\`",
        '*' => "\\*",
        '_' => "\\_",
        '[' => "\\[",
        ']' => "\\]",
        '(' => "\\(",
        ')' => "\\)",
        '{' => "\\{",
        '}' => "\\}",
        '#' => "\\#",
        '~' => "\\~",
        '<' => "\\<",
        '>' => "\\>",
        '&' => "\\&",
        '!' => "\\!",
        '|' => "\\|",
        _ => return None,
    })
}

/// For texts without Markdown: parts what could still be taken for a mention or a date function,
/// with a joiner that has no width.
fn inert(text: &str) -> String {
    text.replace('<', "<\u{2060}").replace('{', "{\u{2060}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::notify::Link;

    fn card(envelope: &Envelope, message: &Message) -> Value {
        let mut posted: Value = serde_json::from_str(&body(envelope, message).unwrap()).unwrap();
        posted["attachments"][0]["content"].take()
    }

    fn envelope(repeated: bool) -> Envelope {
        Envelope {
            key: "k".to_owned(),
            gathered: Vec::new(),
            case_number: None,
            stage: "due_soon".to_owned(),
            address: "wda".to_owned(),
            now: "2026-03-02T01:00:00Z".parse().unwrap(),
            thread: None,
            broadcast: false,
            repeated,
        }
    }

    fn person(name: &str, teams: Option<&str>) -> Person {
        Person { name: name.to_owned(), teams: teams.map(str::to_owned), ..Person::default() }
    }

    #[track_caller]
    fn check_escape(text: &str, expected: &str) {
        assert_eq!(escape(text, 100), expected);
    }

    #[test]
    fn markdown_is_escaped() {
        check_escape("*b* _i_ `c`", "\\*b\\* \\_i\\_ \\`c\\`");
        check_escape("[x](http://a)", "\\[x\\]\\(http://a\\)");
        check_escape("<at>王小明</at>", "\\<at\\>王小明\\</at\\>");
        check_escape(
            "{{DATE(2026-01-01T00:00:00Z)}}",
            "\\{\\{DATE\\(2026-01-01T00:00:00Z\\)\\}\\}",
        );
        check_escape("1. a\n- b", "1\\. a\n\n\\- b");
        check_escape("115/03/11（三） C-558380", "115/03/11（三） C-558380");
    }

    #[test]
    fn only_people_with_a_teams_name_are_mentioned() {
        let message = Message {
            request: "請回復".to_owned(),
            mentions: vec![
                person("王<小>明", Some("ming.wang@example.gov.tw")),
                person("林*大", None),
                person("王小明", Some("ming2@example.gov.tw")),
                person("惡", Some("x\" onclick")),
            ],
            ..Message::default()
        };
        let card = card(&envelope(false), &message);
        let entities = &card["msteams"]["entities"];
        assert_eq!(entities.as_array().unwrap().len(), 2);
        assert_eq!(entities[0]["mentioned"]["id"], "ming.wang@example.gov.tw");
        assert_eq!(card["body"][1]["text"], "<at>王小明</at> <at>王小明 2</at> 林\\*大 惡 請回復");
    }

    #[test]
    fn a_repeat_says_so() {
        let message = Message { headline: "逾期".to_owned(), ..Message::default() };
        let headline =
            |repeated| card(&envelope(repeated), &message)["body"][0]["items"][0]["text"].clone();
        assert_eq!(headline(true), "【重送】逾期");
        assert_eq!(headline(false), "逾期");
    }

    #[test]
    fn the_message_always_fits() {
        let nasty = "\"&\\<👨‍👩‍👧*不".repeat(3000);
        let message = Message {
            text: nasty.clone(),
            headline: nasty.clone(),
            title: Some(nasty.clone()),
            facts: vec![(nasty.clone(), nasty.clone()); 300],
            request: nasty.clone(),
            footer: nasty.clone(),
            mentions: vec![person(&nasty, None); 100],
            link: Some(Link { label: nasty.clone(), url: "https://data.gov.tw/".to_owned() }),
            ..Message::default()
        };
        let body = body(&envelope(true), &message).unwrap();
        assert!(body.len() <= LIMIT_BYTES, "{}", body.len());
    }
}
