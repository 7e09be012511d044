//! The words of the doors by which people act: pages here, buttons and modals beside them.

use super::Tone;

/// A page that says one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub headline: String,
    /// What it means, and what to do: a paragraph each.
    pub paragraphs: Vec<String>,
    /// The colour of it.
    pub tone: Tone,
}

impl Notice {
    fn new(tone: Tone, headline: &str, paragraphs: &[&str]) -> Self {
        let paragraphs = paragraphs.iter().map(|&words| words.to_owned()).collect();
        Self { headline: headline.to_owned(), paragraphs, tone }
    }
}

/// The name under every page.
pub const HOUSE: &str = "稽催系統";

/// There is no such page.
pub fn not_found() -> Notice {
    Notice::new(Tone::Neutral, "查無此頁", &["網址可能不完整。請回到原訊息，直接點選其中的連結。"])
}

/// More requests than one caller, or all together, may make.
pub fn too_many() -> Notice {
    Notice::new(Tone::Warning, "目前請求過多", &["請稍候一分鐘再試一次，尚未執行任何動作。"])
}

/// The request took longer than it may.
pub fn too_slow() -> Notice {
    Notice::new(
        Tone::Warning,
        "作業逾時",
        &["無法確認是否已完成。請重新開啟連結查看，已完成者會顯示結果，不會重複執行。"],
    )
}

/// Something of ours is broken.
pub fn broken() -> Notice {
    Notice::new(
        Tone::Alert,
        "系統暫時無法處理",
        &["動作可能尚未完成，請稍後再試一次；如仍無法處理，請聯絡系統管理者。"],
    )
}
