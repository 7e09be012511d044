//! What can be done to a case, as a program says it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{OpenApi, RefOr};

use super::ask::{day, maybe_day};
use crate::domain::act::{Act, Outcome};

// Without the field that was meant something else would be done: today, say, not on the day that was given.
/// What is done to a case. A field that is not named here is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Deed {
    /// 受理: it is in hand.
    Acknowledge {},
    /// 已於平臺回復.
    Reply {
        /// When, if not now.
        #[schema(nullable = false)]
        at: Option<DateTime<Utc>>,
    },
    /// 申請展延.
    Extend {
        /// How many workdays.
        #[serde(deserialize_with = "whole")]
        #[schema(minimum = 1)]
        workdays: u32,
        /// Why.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// Grants the extension that waits.
    ConfirmExtension {},
    /// Does not grant it.
    RefuseExtension {
        /// Why not.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// 暫停計時.
    Hold {
        /// Why.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// The clock goes on.
    Resume {},
    /// 改分.
    Reassign {
        /// The id of the unit.
        unit: String,
        /// Why.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// It owes no answer any more.
    Withdraw {
        /// Why.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// The clock started on another day.
    CorrectStart {
        /// Day zero.
        #[serde(deserialize_with = "day")]
        on: NaiveDate,
        /// How that is known.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// An item of its checklist is done.
    Tick {
        /// Its short name, or the name people know.
        item: String,
        /// The day it was done, if not today.
        #[serde(default, deserialize_with = "maybe_day")]
        #[schema(nullable = false)]
        on: Option<NaiveDate>,
        /// The number of the document that proves it.
        #[serde(default, deserialize_with = "words")]
        #[schema(max_length = 2000)]
        document: String,
    },
    /// An item was ticked by mistake.
    Untick {
        /// Its short name, or the name people know.
        item: String,
        /// Why.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        reason: String,
    },
    /// How far the number is that is to be reached.
    Measure {
        /// How far.
        #[serde(deserialize_with = "whole")]
        value: u32,
    },
    /// A remark for the history.
    Note {
        /// What to remember.
        #[serde(deserialize_with = "words")]
        #[schema(pattern = "\\S", max_length = 2000)]
        text: String,
    },
    /// 延伸精進.
    FollowUp {
        /// What was done.
        #[schema(inline)]
        outcome: OutcomeWord,
        /// Which dataset, by when, or why it is not needed.
        #[serde(default, deserialize_with = "words")]
        #[schema(max_length = 2000)]
        reason: String,
    },
}

/// Has the description say that no deed has other fields: utoipa says so of structs, not of variants.
pub(super) fn describe_as_closed(api: &mut OpenApi) {
    let schemas = api.components.as_mut().map(|components| &mut components.schemas);
    if let Some(RefOr::T(Schema::OneOf(deeds))) = schemas.and_then(|all| all.get_mut("Deed")) {
        for deed in &mut deeds.items {
            if let RefOr::T(Schema::Object(deed)) = deed {
                deed.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// The longest words about an act, in characters.
const LONGEST: usize = 2000;

/// Words of a length that people read.
pub(super) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let words = String::deserialize(from)?;
    if words.chars().count() > LONGEST {
        return Err(D::Error::custom(format!("write at most {LONGEST} characters")));
    }
    Ok(words)
}

/// A whole number; to JSON Schema 7.0 is one, too.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = Number::deserialize(from)?;
    let text = number.to_string();
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    let refuse = |_| D::Error::custom(format!("write a whole number from 0 to {}", u32::MAX));
    digits.parse().map_err(refuse)
}

/// What became of a question after its answer.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeWord {
    Adjusted,
    Added,
    Planned,
    NotNeeded,
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::Adjusted => Self::Adjusted,
            OutcomeWord::Added => Self::Added,
            OutcomeWord::Planned => Self::Planned,
            OutcomeWord::NotNeeded => Self::NotNeeded,
        }
    }
}

impl From<Deed> for Act {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Acknowledge {} => Self::Acknowledge,
            Deed::Reply { at } => Self::Reply { at },
            Deed::Extend { workdays, reason } => Self::Extend { workdays, reason },
            Deed::ConfirmExtension {} => Self::ConfirmExtension,
            Deed::RefuseExtension { reason } => Self::RefuseExtension { reason },
            Deed::Hold { reason } => Self::Hold { reason },
            Deed::Resume {} => Self::Resume,
            Deed::Reassign { unit, reason } => Self::Reassign { unit, reason },
            Deed::Withdraw { reason } => Self::Withdraw { reason },
            Deed::CorrectStart { on, reason } => Self::CorrectStart { on, reason },
            Deed::Tick { item, on, document } => Self::Tick { item, on, document },
            Deed::Untick { item, reason } => Self::Untick { item, reason },
            Deed::Measure { value } => Self::Measure { value },
            Deed::Note { text } => Self::Note { text },
            Deed::FollowUp { outcome, reason } => {
                Self::FollowUp { outcome: outcome.into(), reason }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<u32>) {
        let read = serde_json::from_str(&format!(r#"{{"act":"measure","value":{value}}}"#));
        let read = read.ok().map(|deed: Deed| match deed {
            Deed::Measure { value } => value,
            other => panic!("{other:?}"),
        });
        assert_eq!(read, expected, "{value}");
    }

    #[test]
    fn a_number_is_whole_however_json_writes_it() {
        check("7", Some(7));
        check("4785702.0", Some(4_785_702));
        check("4294967295", Some(u32::MAX));
        for refused in ["7.5", "-1", "-1.0", "4294967296", "1e300", "\"7\"", "null"] {
            check(refused, None);
        }
    }
}
