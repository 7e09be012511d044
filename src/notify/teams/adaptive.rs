//! What is posted to Teams: a message of one [Adaptive Card 1.4], as far as we use it.
//!
//! [Adaptive Card 1.4]: https://adaptivecards.io/schemas/adaptive-card.json

use serde::Serialize;

/// A message of one card.
#[derive(Serialize)]
pub(super) struct Post<'a> {
    r#type: &'static str,
    attachments: [Attachment<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment<'a> {
    content_type: &'static str,
    content_url: Option<&'static str>,
    content: Card<'a>,
}

impl<'a> Post<'a> {
    /// The message of this card.
    pub(super) fn of(content: Card<'a>) -> Self {
        let content_type = "application/vnd.microsoft.card.adaptive";
        let attachments = [Attachment { content_type, content_url: None, content }];
        Self { r#type: "message", attachments }
    }
}

/// The card.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Card<'a> {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) r#type: &'static str,
    pub(super) version: &'static str,
    /// A language, without a country behind it.
    pub(super) lang: &'static str,
    /// What is shown where cards are not.
    pub(super) fallback_text: String,
    pub(super) body: Vec<Element<'a>>,
    pub(super) actions: Vec<OpenUrl<'a>>,
    /// What only Teams knows of.
    pub(super) msteams: ForTeams<'a>,
}

/// How wide the card is, and who is called by name in it.
#[derive(Serialize)]
pub(super) struct ForTeams<'a> {
    pub(super) width: &'static str,
    pub(super) entities: Vec<Mention<'a>>,
}

/// A person called by name: the text in the body, which is the key, and whom it stands for.
#[derive(Serialize)]
#[serde(tag = "type", rename = "mention")]
pub(super) struct Mention<'a> {
    pub(super) text: String,
    pub(super) mentioned: Mentioned<'a>,
}

/// Whom a mention stands for.
#[derive(Serialize)]
pub(super) struct Mentioned<'a> {
    /// The user principal name, or an object id.
    pub(super) id: &'a str,
    pub(super) name: String,
}

/// A part of the card.
#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Element<'a> {
    Container(Container<'a>),
    /// Text with Markdown.
    TextBlock(TextBlock),
    /// Text without any markup.
    RichTextBlock {
        inlines: Vec<TextRun>,
    },
    FactSet {
        facts: Vec<Fact>,
    },
}

/// A box.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) style: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) bleed: bool,
    pub(super) items: Vec<Element<'a>>,
    /// What a click on it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) select_action: Option<OpenUrl<'a>>,
}

/// Text with Markdown.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextBlock {
    pub(super) text: String,
    pub(super) wrap: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weight: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) is_subtle: bool,
}

/// Text without any markup.
#[derive(Default, Serialize)]
#[serde(tag = "type")]
pub(super) struct TextRun {
    pub(super) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) color: Option<&'static str>,
}

/// A label and its value, both with Markdown.
#[derive(Serialize)]
pub(super) struct Fact {
    pub(super) title: String,
    pub(super) value: String,
}

/// A button, or a click, that opens a page.
#[derive(Serialize)]
#[serde(tag = "type", rename = "Action.OpenUrl")]
pub(super) struct OpenUrl<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    pub(super) url: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !*value
}
