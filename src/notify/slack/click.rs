//! What somebody did in Slack, read from Slack's own words: a button pressed, a modal sent.
//!
//! Everything here was sent by a person's client: nothing is believed that is not looked up again.

use serde_json::Value;

use super::modal::CALLBACK;
use crate::domain::case::CaseNumber;
use crate::domain::directory::is_slack_member;
use crate::domain::offer::{Answers, Field, Offer};
use crate::notify::Receipt;

/// Longer than any word of Slack's that is kept.
const WORD_LIMIT: usize = 200;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// A button was pressed.
    Pressed {
        /// What was meant.
        click: Click,
        /// By which a modal can be opened, for three seconds.
        trigger: String,
    },
    /// A modal was filled in and sent.
    Sent(Click),
    /// None of our business: a link that was followed, another program's button, nonsense.
    Other,
}

/// What somebody wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// The same for the same click, however often Slack tells of it.
    pub id: String,
    /// The member who clicked.
    pub user: String,
    /// What was offered.
    pub offer: Offer,
    /// The case.
    pub case: CaseNumber,
    /// Its round.
    pub round: u32,
    /// The message with the button.
    pub message: Receipt,
    /// What was filled in.
    pub answers: Answers,
}

/// What a button carries: `C-558380/1`.
pub fn value(case: &CaseNumber, round: u32) -> String {
    format!("{case}/{round}")
}

fn read_value(text: &str) -> Option<(CaseNumber, u32)> {
    let (case, round) = text.rsplit_once('/')?;
    Some((CaseNumber::parse(case).ok()?, round.parse().ok()?))
}

/// Reads an interaction.
pub fn read(payload: &Value) -> Interaction {
    match word(payload, "/type") {
        Some("block_actions") => pressed(payload).unwrap_or(Interaction::Other),
        Some("view_submission") => sent(payload).map_or(Interaction::Other, Interaction::Sent),
        _ => Interaction::Other,
    }
}

fn word<'a>(payload: &'a Value, pointer: &str) -> Option<&'a str> {
    let word = payload.pointer(pointer)?.as_str()?;
    (!word.is_empty() && word.len() <= WORD_LIMIT).then_some(word)
}

fn user(payload: &Value) -> Option<&str> {
    word(payload, "/user/id").filter(|id| is_slack_member(id))
}

fn pressed(payload: &Value) -> Option<Interaction> {
    let user = user(payload)?;
    let offer = word(payload, "/actions/0/action_id")?;
    let value = word(payload, "/actions/0/value")?;
    let at = word(payload, "/actions/0/action_ts")?;
    let (case, round) = read_value(value)?;
    let message = Receipt {
        channel: word(payload, "/container/channel_id")?.to_owned(),
        ts: word(payload, "/container/message_ts")?.to_owned(),
    };
    let click = Click {
        id: format!("{user}/{offer}/{value}/{at}"),
        user: user.to_owned(),
        offer: Offer::parse(offer)?,
        case,
        round,
        message,
        answers: Answers::default(),
    };
    let trigger = word(payload, "/trigger_id").unwrap_or_default().to_owned();
    Some(Interaction::Pressed { click, trigger })
}

fn sent(payload: &Value) -> Option<Click> {
    word(payload, "/view/callback_id").filter(|id| *id == CALLBACK)?;
    let user = user(payload)?;
    let metadata: Vec<&str> = word(payload, "/view/private_metadata")?.split(' ').collect();
    let [offer, value, channel, ts] = metadata.as_slice() else { return None };
    let (case, round) = read_value(value)?;
    let field = |field: Field, value: &str| {
        let id = field.as_str();
        payload.pointer(&format!("/view/state/values/{id}/{id}/{value}"))?.as_str()
    };
    Some(Click {
        id: format!("{user}/{}", word(payload, "/view/id")?),
        user: user.to_owned(),
        offer: Offer::parse(offer)?,
        case,
        round,
        message: Receipt { channel: (*channel).to_owned(), ts: (*ts).to_owned() },
        answers: Answers {
            workdays: field(Field::Workdays, "value").and_then(|number| number.parse().ok()),
            unit: field(Field::Unit, "selected_option/value").map(str::to_owned),
            reason: field(Field::Reason, "value").unwrap_or_default().to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn press() -> Value {
        json!({
            "type": "block_actions",
            "user": { "id": "U012AB3CD", "name": "ming" },
            "trigger_id": "13345224609.738474920.8088930838d88f008e0",
            "container": { "type": "message", "channel_id": "C1", "message_ts": "1.000100" },
            "actions": [{
                "type": "button", "action_id": "acknowledge", "value": "C-558380/2",
                "action_ts": "1772415000.123456",
            }],
        })
    }

    #[test]
    fn a_pressed_button_is_read() {
        let Interaction::Pressed { click, trigger } = read(&press()) else { panic!() };
        assert_eq!(click.id, "U012AB3CD/acknowledge/C-558380/2/1772415000.123456");
        assert_eq!(
            (click.offer, click.case.as_str(), click.round),
            (Offer::Acknowledge, "C-558380", 2)
        );
        assert_eq!(click.message, Receipt { channel: "C1".to_owned(), ts: "1.000100".to_owned() });
        assert!(trigger.starts_with("13345224609"));
    }

    #[test]
    fn nonsense_is_none_of_our_business() {
        let mut nonsense = vec![json!(null), json!([]), json!({ "type": "block_actions" })];
        for (pointer, value) in [
            ("/type", json!("message_action")),
            ("/user/id", json!("<!channel>")),
            ("/user/id", json!(["U1"])),
            ("/actions", json!([])),
            ("/actions/0/action_id", json!("withdraw")),
            ("/actions/0/action_id", json!("open_case")),
            ("/actions/0/value", json!("C-1")),
            ("/actions/0/value", json!("../../etc/1")),
            ("/actions/0/value", json!("C-1/99999999999")),
            ("/actions/0/value", json!("C".repeat(100_000))),
            ("/container", json!({})),
        ] {
            let mut changed = press();
            *changed.pointer_mut(pointer).unwrap() = value;
            nonsense.push(changed);
        }
        for payload in nonsense {
            assert_eq!(read(&payload), Interaction::Other, "{payload}");
        }
    }
}
