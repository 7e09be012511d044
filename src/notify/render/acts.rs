//! What is said to people about what they do to a case.

use chrono::{DateTime, Utc};

use crate::domain::act::Refusal;
use crate::domain::case::{CaseNumber, CaseState};
use crate::domain::observation::day_in_taipei;

use super::{door, roc_date};
use crate::domain::directory::Language;

/// The state of a case.
pub fn state_name(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "待回復",
        CaseState::Acknowledged => "已受理",
        CaseState::OnHold => "暫停計時",
        CaseState::Replied => "已回復",
        CaseState::Closed => "已結案",
        CaseState::Withdrawn => "已撤案或改分",
    }
}

/// No case has this number.
pub fn unknown_case(number: &CaseNumber) -> String {
    format!("查無案號 {number}。")
}

/// A case has this number already.
pub fn known_case(number: &CaseNumber) -> String {
    format!("案號 {number} 已存在。")
}

/// Somebody had done it before.
pub fn done_before(by: &str, at: DateTime<Utc>) -> String {
    let taipei = at + chrono::TimeDelta::hours(8);
    let day = roc_date(day_in_taipei(at));
    let by = door::who(Language::Chinese, by);
    format!("{by} 已於 {day}{} 辦理，本次未重複變更。", taipei.format("%H:%M"))
}

/// The database failed: nothing was changed.
pub fn act_failed() -> &'static str {
    "系統暫時無法處理，資料未變更，請稍後再試。"
}

/// Why an act was not done, without blame.
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotAllowed { number, act, .. } if act.ends_with("_extension") => {
            format!("{number} 之展延須由主管或系統管理者核定，您目前無此權限。")
        }
        Refusal::NotAllowed { number, .. } => {
            format!("{number} 須由承辦單位、其主管或系統管理者辦理，您目前無此權限。")
        }
        Refusal::AlreadyDone(_) => "本項已辦理，本次未重複變更。".to_owned(),
        Refusal::Impossible { number, state, .. } => {
            format!("{number} 目前為「{}」，無法辦理此動作。", state_name(*state))
        }
        Refusal::NoReason { .. } => "請填寫原因。".to_owned(),
        Refusal::BadLength { workdays, longest } => {
            format!("展延須為 1 至 {longest} 個工作天，您填寫 {workdays}。")
        }
        Refusal::NothingAsked(number) => format!("{number} 沒有待核定之展延。"),
        Refusal::UnknownUnit(unit) => format!("查無單位「{unit}」。"),
        Refusal::UnknownItem { number, item, .. } => {
            format!("{number} 沒有「{item}」這個檢核項目。")
        }
        Refusal::Ticked { item, by, at } => format!("「{item}」{}", done_before(by, *at)),
        Refusal::NotTicked(item) => format!("「{item}」尚未勾稽。"),
        Refusal::NoGoal(number) => format!("{number} 沒有應達成之數值。"),
        Refusal::ChecklistOpen { number, missing } => {
            format!("{number} 尚有 {} 個檢核項目未完成，全部勾稽後即辦結。", missing.len())
        }
        Refusal::BadDay { on, .. } => format!("日期 {} 不合理，請確認。", roc_date(*on)),
        Refusal::NotOurs(number) => format!("{number} 已由平臺改分至其他機關。"),
        Refusal::Calendar(_) => "日期超出辦公日曆表範圍，請確認。".to_owned(),
    }
}
