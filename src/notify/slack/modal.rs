//! The modal in which a reason, a number of workdays or a unit is given.

use serde_json::{Map, Value, json};

use super::click::{Click, value};
use crate::domain::directory::{Language, Unit};
use crate::domain::offer::{Field, Reason};
use crate::notify::door::{FieldWords, REASON_CHARS, words};
use crate::notify::text::{cut, plain};

/// Marks a modal as ours.
pub(super) const CALLBACK: &str = "jicui_act";
/// Slack takes no more options in a menu or in a group of one, and no more groups.
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
        blocks.push(input(Field::Unit, words.unit(), &menu(asked.units)));
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

/// The units to choose from; in groups, once a menu cannot hold them.
fn menu(units: &[&Unit]) -> Value {
    let text = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let name = |unit: &Unit| text(&cut(&plain(&unit.name), OPTION_CHARS));
    let units: Vec<&&Unit> = units.iter().filter(|unit| unit.id.len() <= OPTION_CHARS).collect();
    let options = |units: &[&&Unit]| -> Vec<Value> {
        units.iter().map(|unit| json!({ "text": name(unit), "value": unit.id })).collect()
    };
    let (kind, id) = ("static_select", Field::Unit.as_str());
    if units.len() <= OPTIONS_LIMIT {
        return json!({ "type": kind, "action_id": id, "options": options(&units) });
    }
    let group = |units: &[&&Unit]| {
        let label = units.first().map(|unit| name(unit));
        json!({ "label": label, "options": options(units) })
    };
    let groups: Vec<Value> = units.chunks(OPTIONS_LIMIT).take(OPTIONS_LIMIT).map(group).collect();
    json!({ "type": kind, "action_id": id, "option_groups": groups })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_can_be_chosen_however_many_there_are() {
        for count in [1, 100, 101, 450] {
            let unit = |n: usize| Unit {
                id: format!("unit-{n}"),
                name: "勞動部".repeat(40),
                ..Unit::default()
            };
            let units: Vec<Unit> = (0..count).map(unit).collect();
            let menu = menu(&units.iter().collect::<Vec<_>>());
            let lists: Vec<&Value> = match menu["option_groups"].as_array() {
                Some(groups) => groups.iter().map(|group| &group["options"]).collect(),
                None => vec![&menu["options"]],
            };
            let lengths: Vec<usize> = lists.iter().map(|l| l.as_array().unwrap().len()).collect();
            assert_eq!(lengths.iter().sum::<usize>(), count);
            assert!(lengths.iter().all(|length| (1..=100).contains(length)), "{lengths:?}");
        }
    }
}
