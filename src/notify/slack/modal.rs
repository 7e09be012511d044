//! The modal in which a reason, a number of workdays or a unit is given.

use serde_json::{Map, Value, json};

use super::click::{Click, value};
use crate::domain::directory::{Language, Unit};
use crate::domain::offer::{Field, Reason};
use crate::notify::door::{FieldWords, REASON_CHARS, words};
use crate::notify::text::{cut, plain};

/// Marks a modal as ours.
pub(super) const CALLBACK: &str = "jicui_act";
/// Slack takes no more options in a menu.
const OPTIONS_LIMIT: usize = 100;
const OPTION_CHARS: usize = 75;
const SECTION_CHARS: usize = 3000;

/// What a modal is made from.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What was clicked.
    pub click: &'a Click,
    /// The case in a line.
    pub case: &'a str,
    /// The units it can be given to.
    pub units: &'a [&'a Unit],
    /// The longest extension.
    pub longest: u32,
    /// The reader's language.
    pub language: Language,
}

/// The modal that asks what `asked` needs.
pub fn modal(asked: &Asked<'_>) -> Value {
    let (offer, words) = (asked.click.offer, words(asked.language));
    let form = offer.form();
    let text = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let mut blocks = vec![
        json!({ "type": "section", "text": text(&cut(&plain(asked.case), SECTION_CHARS)) }),
        json!({ "type": "section", "text": text(words.meaning(offer)) }),
    ];
    if form.workdays {
        let element = json!({
            "type": "number_input", "action_id": Field::Workdays.as_str(), "is_decimal_allowed": false,
            "min_value": "1", "max_value": asked.longest.to_string(),
        });
        blocks.push(input(Field::Workdays, words.workdays(), &element));
    }
    if form.unit {
        let options = asked.units.iter().filter(|unit| unit.id.len() <= OPTION_CHARS);
        let options: Vec<Value> = options
            .take(OPTIONS_LIMIT)
            .map(|u| json!({ "text": text(&cut(&plain(&u.name), OPTION_CHARS)), "value": u.id }))
            .collect();
        let element = json!({ "type": "static_select", "action_id": Field::Unit.as_str(), "options": options });
        blocks.push(input(Field::Unit, words.unit(), &element));
    }
    if form.reason != Reason::None {
        let element = json!({
            "type": "plain_text_input", "action_id": Field::Reason.as_str(), "multiline": true,
            "max_length": REASON_CHARS,
        });
        let mut reason = input(Field::Reason, words.reason(offer), &element);
        if let (Reason::Optional, Some(reason)) = (form.reason, reason.as_object_mut()) {
            reason.insert("optional".to_owned(), json!(true));
        }
        blocks.push(reason);
    }
    let click = asked.click;
    let message = &click.message;
    let kept = [offer.as_str(), &value(&click.case, click.round), &message.channel, &message.ts];
    json!({
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": kept.join(" "),
        "title": text(words.question(offer)),
        "submit": text(words.confirm()),
        "close": text(words.cancel()),
        "blocks": blocks,
    })
}

fn input(field: Field, words: FieldWords, element: &Value) -> Value {
    json!({
        "type": "input",
        "block_id": field.as_str(),
        "label": { "type": "plain_text", "text": words.label, "emoji": false },
        "hint": { "type": "plain_text", "text": words.hint, "emoji": false },
        "element": element,
    })
}

/// The answer that leaves the modal open and says what is missing.
pub fn faults(faults: &[(Field, String)]) -> Value {
    let named = |(field, words): &(Field, String)| (field.as_str().to_owned(), json!(words));
    let errors: Map<String, Value> = faults.iter().map(named).collect();
    json!({ "response_action": "errors", "errors": errors })
}
