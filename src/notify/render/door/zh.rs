//! 中文.

use super::super::words::of as in_messages;
use super::{DoorWords, FieldWords, Plain, done_before};
use crate::domain::act::{Outcome, Refusal};
use crate::domain::case::{CaseNumber, CaseState};
use crate::domain::directory::Language;
use crate::domain::offer::Offer;
use crate::notify::render::roc_date;

/// Traditional Chinese as used in Taiwan.
pub(super) struct Chinese;

impl DoorWords for Chinese {
    fn house(&self) -> &'static str {
        "稽催系統"
    }

    fn tag(&self) -> &'static str {
        "zh-Hant-TW"
    }

    fn offer(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "受理",
            Offer::Reply => "已於平臺回復",
            Offer::Extend => "申請展延",
            Offer::Reassign => "改分",
            Offer::Hold => "暫停計時",
            Offer::Resume => "恢復計時",
            Offer::ConfirmExtension => "核定展延",
            Offer::RefuseExtension => "不予展延",
            Offer::FollowUp(Outcome::Adjusted) => "已調整資料集",
            Offer::FollowUp(Outcome::Added) => "已新增資料集",
            Offer::FollowUp(Outcome::Planned) => "已列入規劃",
            Offer::FollowUp(Outcome::NotNeeded) => "無須調整",
        }
    }

    fn question(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "確認受理本案？",
            Offer::Reply => "確認已於平臺回復？",
            Offer::Extend => "申請展延期限",
            Offer::Reassign => "改分至其他單位",
            Offer::Hold => "暫停計時",
            Offer::Resume => "確認恢復計時？",
            Offer::ConfirmExtension => "確認核定展延？",
            Offer::RefuseExtension => "不予展延",
            Offer::FollowUp(Outcome::Adjusted) => "登錄：已調整資料集",
            Offer::FollowUp(Outcome::Added) => "登錄：已新增資料集",
            Offer::FollowUp(Outcome::Planned) => "登錄：已列入規劃",
            Offer::FollowUp(Outcome::NotNeeded) => "登錄：無須調整",
        }
    }

    fn meaning(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "受理後，前期提醒即停止；將屆期時仍會提醒。",
            Offer::Reply => "登錄後停止提醒；系統會再與平臺核對是否已出現回復。",
            Offer::Extend => "送出後由主管核定，核定前期限不變。",
            Offer::Reassign => "送出後由新單位承辦，本單位不再收到本案提醒。",
            Offer::Hold => "自下一個工作天起暫停計時，例如等待民眾補充說明。",
            Offer::Resume => "恢復後依剩餘工作天繼續計算期限。",
            Offer::ConfirmExtension => "核定後期限隨即順延。",
            Offer::RefuseExtension => "送出後期限不變，並通知承辦單位。",
            Offer::FollowUp(_) => "登錄本案回復後之延伸精進情形，將列入統計。",
        }
    }

    fn done(&self, offer: Offer) -> &'static str {
        match offer {
            Offer::Acknowledge => "已受理",
            Offer::Reply => "已登錄回復",
            Offer::Extend => "已送出展延申請",
            Offer::Reassign => "已改分",
            Offer::Hold => "已暫停計時",
            Offer::Resume => "已恢復計時",
            Offer::ConfirmExtension => "已核定展延",
            Offer::RefuseExtension => "已登錄不予展延",
            Offer::FollowUp(_) => "已登錄延伸精進情形",
        }
    }

    fn confirm(&self) -> &'static str {
        "確認送出"
    }

    fn cancel(&self) -> &'static str {
        "返回"
    }

    fn person(&self) -> FieldWords {
        FieldWords {
            label: "辦理人員",
            hint: "請選擇您的姓名，將記入辦理紀錄。",
            missing: "請選擇辦理人員。",
        }
    }

    fn workdays(&self) -> FieldWords {
        FieldWords {
            label: "展延工作天數", hint: "請填寫數字。", missing: "請填寫數字。"
        }
    }

    fn unit(&self) -> FieldWords {
        FieldWords {
            label: "改分至", hint: "請選擇應承辦本案之單位。", missing: "請選擇單位。"
        }
    }

    fn reason(&self, offer: Offer) -> FieldWords {
        let hint = match offer {
            Offer::Extend => "例如：資料須洽其他機關確認。",
            Offer::Hold => "例如：等待民眾補充說明。",
            Offer::FollowUp(Outcome::NotNeeded) => "例如：資料已於其他資料集提供。",
            Offer::FollowUp(_) => "例如：資料集名稱或預定完成時間。",
            _ => "簡要說明即可，請勿填寫個人資料。",
        };
        FieldWords { label: "說明", hint, missing: "請填寫說明。" }
    }

    fn optional(&self) -> &'static str {
        "（可不填）"
    }

    fn between(&self, longest: u32) -> String {
        format!("請填寫 1 至 {longest} 之間的數字。")
    }

    fn deeds(&self) -> &'static str {
        "辦理紀錄"
    }

    fn deed(&self, event: &str) -> Option<&'static str> {
        Some(match event {
            "acknowledged" => "受理",
            "replied" => "回復",
            "extension_asked" => "申請展延",
            "extended" => "核定展延",
            "extension_refused" => "不予展延",
            "held" => "暫停計時",
            "resumed" => "恢復計時",
            "reassigned" => "改分",
            "reopened" => "重新開啟",
            "withdrawn" => "撤案",
            _ => return None,
        })
    }

    fn source(&self) -> &'static str {
        "平臺"
    }

    fn itself(&self) -> &'static str {
        "系統"
    }

    fn seen(&self, event: &str) -> Option<&'static str> {
        Some(match event {
            "replied" | "reply_confirmed" => "平臺顯示已回復",
            "reply_withdrawn" => "平臺已不顯示回復",
            "new_round" => "平臺顯示須再回復",
            "reassigned" | "taken_away" => "平臺改分",
            "taken_back" => "平臺收回待分派",
            _ => return None,
        })
    }

    fn given_away(&self) -> &'static str {
        "已改分"
    }

    fn open_duty(&self) -> &'static str {
        "待辦理"
    }

    fn state(&self, state: CaseState) -> &'static str {
        match state {
            CaseState::Withdrawn => "已撤案",
            state => state_name(state),
        }
    }

    fn unknown_case(&self, number: &CaseNumber) -> String {
        format!("查無案號 {number}。")
    }

    fn known_case(&self, number: &CaseNumber) -> String {
        format!("案號 {number} 已存在。")
    }

    fn done_before(&self, by: &str, at: &str) -> String {
        format!("{by} 已於 {at} 辦理，本次未重複變更。")
    }

    fn changed_meanwhile(&self, number: &CaseNumber) -> String {
        format!("{number} 在您查看之後已有異動，本次尚未變更；請看過異動內容後再送出。")
    }

    fn act_failed(&self) -> &'static str {
        "系統暫時無法處理，資料未變更，請稍後再試。"
    }

    fn refusal(&self, refusal: &Refusal) -> String {
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
            Refusal::GoalShort { number, reached } => {
                format!("{number} 目前為 {reached}，達成目標後即自動結案。")
            }
            Refusal::NothingAsked(number) => format!("{number} 沒有待核定之展延。"),
            Refusal::UnknownUnit(unit) => format!("查無單位「{unit}」。"),
            Refusal::UnknownItem { number, item, .. } => {
                format!("{number} 沒有「{item}」這個檢核項目。")
            }
            Refusal::Ticked { item, by, at } => {
                format!("「{item}」{}", done_before(Language::Chinese, by, *at))
            }
            Refusal::NotTicked(item) => format!("「{item}」尚未勾選。"),
            Refusal::NoGoal(number) => format!("{number} 沒有應達成之數值。"),
            Refusal::CountedByPlatform(number) => {
                format!("{number} 之數值由平臺清單計算，無須人工填報。")
            }
            Refusal::ChecklistOpen { number, missing } => {
                format!("{number} 尚有 {} 個檢核項目未完成，全部勾選後即辦結。", missing.len())
            }
            Refusal::BadDay { on, .. } => format!("日期 {} 不合理，請確認。", roc_date(*on)),
            Refusal::NotOurs(number) => format!("{number} 已由平臺改分至其他機關，或收回待分派。"),
            Refusal::Calendar(_) => "日期超出辦公日曆表範圍，請確認。".to_owned(),
        }
    }

    fn marked(&self, state: &str) -> String {
        format!("【{state}】")
    }

    fn left(&self, days: i64) -> String {
        in_messages(Language::Chinese).days(Some(days))
    }

    fn asked(&self, workdays: u32, by: &str, reason: &str) -> String {
        format!("{by} 申請 {workdays} 個工作天：{reason}")
    }

    fn facts(&self) -> [&'static str; 5] {
        ["案號", "承辦單位", "回復期限", "剩餘時間", "展延申請"]
    }

    fn platform(&self) -> &'static str {
        "前往平臺查看本案"
    }

    fn notice(&self, notice: Plain) -> (&'static str, &'static str) {
        match notice {
            Plain::NotFound => (
                "查無此頁或此案號",
                "網址可能不完整，請確認後再查詢；由訊息連結前來者，請回到原訊息直接點選連結。",
            ),
            Plain::TooMany => ("目前請求過多", "請稍候一分鐘再試一次，尚未執行任何動作。"),
            Plain::TooSlow => (
                "作業逾時",
                "無法確認是否已完成。請重新整理該頁或重新開啟連結查看，已完成者會顯示結果，不會重複執行。",
            ),
            Plain::NotUnderstood => (
                "表單內容無法辨識",
                "尚未執行任何動作。請回上一頁重新填寫；由訊息連結前來者，請重新開啟連結後再送出。",
            ),
            Plain::StaleForm => {
                ("頁面已失效", "尚未執行任何動作。請回到上一頁，重新整理後再送出一次。")
            }
            Plain::Broken => (
                "系統暫時無法處理",
                "動作可能尚未完成，請稍後再試一次；如仍無法處理，請聯絡系統管理者。",
            ),
            Plain::UnknownLink => (
                "連結無效",
                "連結不完整，或不是由本系統發出。請回到原訊息直接點選；如仍無法開啟，請聯絡系統管理者。",
            ),
            Plain::ExpiredLink => {
                ("連結已逾有效期限", "請改用最近一次提醒訊息中的連結，或聯絡系統管理者。")
            }
            Plain::EarlierRound => {
                ("本案已進入下一輪", "此連結屬於前一輪，請改用最近一次訊息中的連結。")
            }
            Plain::Nobody => (
                "此連結已無人可用",
                "原收件人員已不在承辦單位名單中。請改用最近一次訊息中的連結，或聯絡系統管理者。",
            ),
            Plain::DoneBefore => {
                ("本項先前已辦理", "本次未重複登錄。本案如尚未回復，仍請於期限前辦理。")
            }
            Plain::Impossible => ("目前無法辦理", "案件狀態可能已變更，請以最近一次訊息為準。"),
            Plain::TooLarge => ("內容過大", "送出之檔案或文字超過上限，請縮減後再送出。"),
            Plain::Forbidden => {
                ("未開放此項權限", "您的角色無法查看或執行此項。如有需要，請洽系統管理者。")
            }
            Plain::Stranger => (
                "無法代為辦理",
                "本案須由承辦單位、其主管或系統管理者辦理。如您為承辦人，請洽系統管理者更新名單，謝謝。",
            ),
        }
    }
}

/// The state of a case, within a sentence.
fn state_name(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "待回復",
        CaseState::Acknowledged => "已受理",
        CaseState::OnHold => "暫停計時",
        CaseState::Replied => "已回復",
        CaseState::Closed => "已結案",
        CaseState::Withdrawn => "已撤案或改分",
    }
}
