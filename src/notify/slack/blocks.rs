//! A message in Slack's Block Kit, so that nothing a citizen typed has an effect.
//!
//! Words from outside go into `plain_text`, which Slack never interprets, or into `mrkdwn` when they
//! hold nothing that `mrkdwn` would interpret.

use serde_json::{Value, json};

use crate::domain::directory::{Person, is_slack_member};
use crate::domain::offer::Offer;
use crate::notify::door::words;
use crate::notify::text::{cut, cut_escaped, is_web_address, lines, plain};
use crate::notify::{Action, Door, Link, ListedCase, Message, Tone};

/// Slack answers `msg_blocks_too_long` somewhere above 13,000 characters; how it counts the spaces
/// between them it does not say.
const BLOCKS_LIMIT: usize = 11_000;
const TEXT_LIMIT: usize = 4_000;
const HEADER_LIMIT: usize = 150;
const BUTTON_LIMIT: usize = 75;
const PEOPLE_LIMIT: usize = 50;
const FIELDS_IN_A_SECTION: usize = 10;

/// How much room each part gets.
struct Budget {
    /// Characters of the title, the request and the small print.
    words: usize,
    /// Characters of one fact.
    fact: usize,
    /// How many facts.
    facts: usize,
    /// Characters of one case of a list.
    case: usize,
    /// How many cases.
    cases: usize,
}

/// From ample to narrow: the first under which the blocks fit is used.
const BUDGETS: [Budget; 5] = [
    Budget { words: 2900, fact: 1900, facts: 200, case: 300, cases: 100 },
    Budget { words: 1000, fact: 500, facts: 100, case: 120, cases: 60 },
    Budget { words: 600, fact: 150, facts: 40, case: 60, cases: 40 },
    Budget { words: 300, fact: 80, facts: 30, case: 60, cases: 25 },
    Budget { words: 200, fact: 60, facts: 10, case: 40, cases: 15 },
];

/// The line for notifications and screen readers: to be sent with `parse: none`, `mrkdwn: false`.
pub(in crate::notify) fn text(summary: &str) -> String {
    cut_escaped(summary, TEXT_LIMIT, entity)
}

/// The words of what [`text`] wrote.
pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The blocks of `message` under `headline`, within Slack's limits.
pub(in crate::notify) fn blocks(headline: &str, message: &Message) -> Vec<Value> {
    let mut blocks = Vec::new();
    for budget in &BUDGETS {
        blocks = build(headline, message, budget);
        if size(&blocks) <= BLOCKS_LIMIT {
            break;
        }
    }
    blocks
}

fn size(blocks: &[Value]) -> usize {
    blocks.iter().map(|block| block.to_string().encode_utf16().count() + 2).sum()
}

fn build(headline: &str, message: &Message, budget: &Budget) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !headline.is_empty() {
        let headline = cut(headline, HEADER_LIMIT);
        let text = json!({ "type": "plain_text", "text": headline, "emoji": true });
        blocks.push(json!({ "type": "header", "block_id": "headline", "text": text }));
    }
    let title = message.title.as_deref().map(plain).unwrap_or_default();
    push_section(&mut blocks, "title", plain_text(&title, budget.words));
    push_facts(&mut blocks, message, budget);
    blocks.extend(list(&message.cases, budget));
    push_request(&mut blocks, message, budget);
    let link = message.link.as_ref().filter(|link| is_web_address(&link.url));
    let mut buttons: Vec<Value> = link.map(|link| open_case(link, headline)).into_iter().collect();
    buttons.extend(message.actions.iter().filter_map(|action| button(action, message)));
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "block_id": "actions", "elements": buttons }));
    }
    if let Some(footer) = plain_text(&lines(&message.footer), budget.words) {
        blocks.push(json!({ "type": "context", "block_id": "footer", "elements": [footer] }));
    }
    blocks
}

fn push_section(blocks: &mut Vec<Value>, id: &str, text: Option<Value>) {
    if let Some(text) = text {
        blocks.push(json!({ "type": "section", "block_id": id, "text": text }));
    }
}

fn push_facts(blocks: &mut Vec<Value>, message: &Message, budget: &Budget) {
    let mut fields: Vec<Value> = message
        .facts
        .iter()
        .take(budget.facts)
        .filter_map(|(label, value)| field(&plain(label), &lines(value), budget.fact))
        .collect();
    let missing = message.facts.len().saturating_sub(budget.facts);
    if missing > 0 {
        fields.extend(plain_text(&format!("…（+{missing}）"), budget.fact));
    }
    for (number, fields) in fields.chunks(FIELDS_IN_A_SECTION).enumerate() {
        let id = format!("facts-{number}");
        blocks.push(json!({ "type": "section", "block_id": id, "fields": fields }));
    }
}

/// The cases as a list: rich text has links and bold by its structure, and nothing in its words.
fn list(cases: &[ListedCase], budget: &Budget) -> Option<Value> {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let item = |case: &ListedCase| {
        let number = cut(&plain(&case.number), BUTTON_LIMIT);
        let number = if is_web_address(&case.url) {
            json!({ "type": "link", "url": case.url, "text": number })
        } else {
            text(&number)
        };
        let mut days = text(&format!("{}  ", plain(&case.days)));
        if let (Tone::Alert, Some(days)) = (case.tone, days.as_object_mut()) {
            days.insert("style".to_owned(), json!({ "bold": true }));
        }
        let rest = cut(&plain(&format!("{} {}", case.due, case.title)), budget.case);
        json!({
            "type": "rich_text_section",
            "elements": [days, number, text(&format!(" {rest}"))],
        })
    };
    let mut items: Vec<Value> = cases.iter().take(budget.cases).map(item).collect();
    let missing = cases.len().saturating_sub(budget.cases);
    if missing > 0 {
        let more = text(&format!("…（+{missing}）"));
        items.push(json!({ "type": "rich_text_section", "elements": [more] }));
    }
    let list = json!({ "type": "rich_text_list", "style": "bullet", "elements": items });
    (!cases.is_empty())
        .then(|| json!({ "type": "rich_text", "block_id": "cases", "elements": [list] }))
}

/// A label in bold over its value; all of it plain when the value holds anything that would act.
fn field(label: &str, value: &str, limit: usize) -> Option<Value> {
    let label = cut(label, BUTTON_LIMIT);
    if label.is_empty() || !is_inert(&label) || !is_inert(value) {
        return plain_text(format!("{label}\n{value}").trim(), limit);
    }
    let value = cut_escaped(value, limit, entity);
    mrkdwn(&format!("*{}*\n{value}", cut_escaped(&label, limit, entity)))
}

fn push_request(blocks: &mut Vec<Value>, message: &Message, budget: &Budget) {
    let mut mentions: Vec<String> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for person in &message.mentions {
        let mention = user_id(person).map(|id| format!("<@{id}>"));
        match mention {
            Some(mention) if mentions.contains(&mention) => {}
            Some(mention) => mentions.push(mention),
            None => words.push(plain(&person.name)),
        }
    }
    mentions.truncate(PEOPLE_LIMIT);
    let mentions = mentions.join(" ");
    words.push(lines(&message.request));
    words.retain(|word| !word.is_empty());
    let words = words.join(" ");
    if is_inert(&words) {
        let words = cut_escaped(&words, budget.words.saturating_sub(mentions.len() + 1), entity);
        push_section(blocks, "request", mrkdwn(format!("{mentions} {words}").trim()));
    } else {
        push_section(blocks, "mentions", mrkdwn(&mentions));
        push_section(blocks, "request", plain_text(&words, budget.words));
    }
}

/// The member id of `person`, if it is one.
fn user_id(person: &Person) -> Option<&str> {
    person.slack.as_deref().filter(|id| is_slack_member(id))
}

fn open_case(link: &Link, headline: &str) -> Value {
    let label = plain(&link.label);
    let spoken = cut(&format!("{label}：{headline}"), BUTTON_LIMIT);
    json!({
        "type": "button",
        "action_id": "open_case",
        "style": "primary",
        "text": { "type": "plain_text", "text": cut(&label, BUTTON_LIMIT), "emoji": false },
        "url": link.url,
        "accessibility_label": spoken,
    })
}

/// A button that acts, or leads to the page that does. One click that says everything is asked
/// about once more, but for 受理: it does no harm.
fn button(action: &Action, message: &Message) -> Option<Value> {
    let (words, offer) = (words(message.language), action.offer);
    let text = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let id = offer.as_str();
    let mut button = match &action.door {
        Door::Page(url) => {
            let id = format!("page_{id}");
            json!({ "type": "button", "action_id": id, "text": text(words.offer(offer)), "url": url })
        }
        Door::Button(value) => {
            json!({ "type": "button", "action_id": id, "text": text(words.offer(offer)), "value": value })
        }
    };
    let asks = matches!(action.door, Door::Button(_)) && offer.form().is_empty();
    if asks && offer != Offer::Acknowledge {
        let confirm = json!({
            "title": text(words.question(offer)),
            "text": text(words.meaning(offer)),
            "confirm": text(words.confirm()),
            "deny": text(words.cancel()),
        });
        button.as_object_mut()?.insert("confirm".to_owned(), confirm);
    }
    Some(button)
}

/// A text that Slack shows as it is; Slack refuses an empty one.
fn plain_text(text: &str, limit: usize) -> Option<Value> {
    let text = cut(text, limit);
    (!text.is_empty()).then(|| json!({ "type": "plain_text", "text": text, "emoji": false }))
}

/// A text that Slack interprets, without turning names and addresses into links by itself.
fn mrkdwn(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!({ "type": "mrkdwn", "text": text, "verbatim": true }))
}

/// Whether `mrkdwn` shows `text` as it is once `& < >` are escaped: its marks act in pairs.
fn is_inert(text: &str) -> bool {
    let quotes = text.lines().any(|line| line.trim_start().starts_with('>'));
    let paired = ['*', '_', '~', ':'].into_iter().any(|mark| text.matches(mark).count() > 1);
    !quotes && !paired && !text.contains('`')
}

/// The three characters Slack gives a meaning.
fn entity(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, slack: Option<&str>) -> Person {
        Person { name: name.to_owned(), slack: slack.map(str::to_owned), ..Person::default() }
    }

    #[track_caller]
    fn check_field(label: &str, value: &str, kind: &str, text: &str) {
        let field = field(label, value, 1900).unwrap();
        assert_eq!((field["type"].as_str(), field["text"].as_str()), (Some(kind), Some(text)));
    }

    #[test]
    fn a_field_is_bold_only_over_words_without_effect() {
        check_field("回復期限", "115/03/11（三）", "mrkdwn", "*回復期限*\n115/03/11（三）");
        check_field("a", "R&D <!here>", "mrkdwn", "*a*\nR&amp;D &lt;!here&gt;");
        check_field("資料集", "*a* _b_", "plain_text", "資料集\n*a* _b_");
        check_field("a", "20M_DEM", "mrkdwn", "*a*\n20M_DEM");
        check_field("a", "a `b", "plain_text", "a\na `b");
        check_field("a", "> quoted", "plain_text", "a\n> quoted");
        check_field("a", ":tada:", "plain_text", "a\n:tada:");
        check_field("時間", "17:30", "mrkdwn", "*時間*\n17:30");
    }

    #[track_caller]
    fn check_mention(slack: &str, expected: bool) {
        assert_eq!(user_id(&person("王小明", Some(slack))).is_some(), expected, "{slack}");
    }

    #[test]
    fn only_member_ids_are_mentioned() {
        check_mention("U012AB3CD", true);
        check_mention("W1", true);
        check_mention("U", false);
        check_mention("!channel", false);
        check_mention("U1> <!channel", false);
        check_mention("u012ab3cd", false);
    }

    #[test]
    fn a_name_without_member_id_is_words() {
        let message = Message {
            request: "請於期限前回復".to_owned(),
            mentions: vec![
                person("王小明", Some("U1")),
                person("林 *大*", Some("<!here>")),
                person("王小明", Some("U1")),
            ],
            ..Message::default()
        };
        let blocks = blocks("h", &message);
        assert_eq!(blocks[1]["text"]["text"], "<@U1>");
        assert_eq!(blocks[2]["text"]["type"], "plain_text");
        assert_eq!(blocks[2]["text"]["text"], "林 *大* 請於期限前回復");
    }

    #[test]
    fn the_blocks_always_fit() {
        let nasty = "\"&\\<👨‍👩‍👧*".repeat(2000);
        let message = Message {
            title: Some(nasty.clone()),
            facts: vec![(nasty.clone(), nasty.clone()); 300],
            request: nasty.clone(),
            footer: nasty.clone(),
            mentions: vec![person(&nasty, None); 100],
            link: Some(Link { label: nasty.clone(), url: "https://data.gov.tw/".to_owned() }),
            ..Message::default()
        };
        let blocks = blocks(&nasty, &message);
        assert!(size(&blocks) <= BLOCKS_LIMIT, "{}", size(&blocks));
        assert!(blocks.len() <= 50);
    }
}
