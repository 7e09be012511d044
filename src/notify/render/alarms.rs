//! Alarms, in the words of the administrators: what it is, and what to do.

use super::{FOOTER, alarms_en};
use crate::domain::directory::Language;
use crate::notify::{Message, Tone};

/// Something is wrong: to the administrators, once. `detail` is for people and ends with what to do.
pub fn alarm(code: &str, subject: &str, detail: &str) -> Message {
    let (title, remedy) = said_of_alarm(code);
    Message {
        text: format!("【系統警示】{title}：{subject}"),
        headline: format!("⚠️ {title}"),
        facts: vec![
            ("對象".to_owned(), subject.to_owned()),
            ("情形".to_owned(), detail.to_owned()),
            ("代碼".to_owned(), code.to_owned()),
        ],
        request: remedy.to_owned(),
        footer: FOOTER.to_owned(),
        tone: Tone::Alert,
        ..Message::default()
    }
}

/// It is over: to the administrators, once.
pub fn alarm_over(code: &str, subject: &str) -> Message {
    let (title, _) = said_of_alarm(code);
    Message {
        text: format!("【警示解除】{title}：{subject}"),
        headline: format!("✅ 警示解除：{title}"),
        facts: vec![("對象".to_owned(), subject.to_owned()), ("代碼".to_owned(), code.to_owned())],
        request: said_of_end(code).to_owned(),
        footer: FOOTER.to_owned(),
        tone: Tone::Good,
        ..Message::default()
    }
}

/// The name of each alarm and its remedy; each code has a section in docs/operations.md.
const WORDS: [(&str, &str, &str); 23] = [
    (
        "platform_changed",
        "平臺格式變更",
        "已知案件均予保留。請比對平臺頁面，於 [platform] 調整路徑或欄位；期間請人工查看平臺。",
    ),
    (
        "platform_unreachable",
        "平臺無法讀取",
        "系統將持續重試。請確認網路與 base_url；期間請人工查看平臺。",
    ),
    ("rows_unreadable", "部分資料列無法判讀", "其餘資料不受影響。請至平臺人工查看所列案件。"),
    (
        "folder_file_failed",
        "匯入檔案失敗",
        "檔案已移至 failed/（無法移動者仍在原處），請依說明修正後重新放入。",
    ),
    (
        "folder_unreadable",
        "匯入資料夾無法讀取",
        "請建立該資料夾並確認 jicui 使用者可讀寫，或修正 [folder] path；恢復後即讀取其中檔案。",
    ),
    ("case_vanished", "案件自平臺消失", "案件仍保留並持續提醒。請確認平臺是否已刪除或改分。"),
    (
        "case_withdrawn",
        "案件改分至其他機關或待重新分派",
        "本案已非本部案件，停止提醒。如有誤請聯絡平臺。",
    ),
    (
        "message_undelivered",
        "提醒無法送達",
        "請以電話轉知承辦單位，並修正其通知管道；以 jicui outbox --failed 查看。",
    ),
    (
        "channel_misconfigured",
        "通知管道設定失效",
        "請依情形修正權杖、網址或頻道，再以 jicui send-test 試送。",
    ),
    (
        "channel_unreachable",
        "通知管道中斷",
        "系統將持續重試，恢復後自動補送尚需之提醒。如持續中斷，請以電話轉知承辦單位。",
    ),
    (
        "remind_failing",
        "提醒無法安排",
        "請依情形修正所列案件之起算日（jicui cases start），或以 jicui status 查看；期間請以電話轉知今日到期案件。",
    ),
    (
        "calendar_missing",
        "年度辦公日曆表尚未匯入",
        "請下載公布檔，於「辦公日曆」頁面匯入，或執行 jicui calendar import。",
    ),
    (
        "calendar_proposed",
        "發現新公布之辦公日曆表",
        "請核對差異後執行 jicui calendar import --proposed 套用。",
    ),
    (
        "clock_jumped",
        "主機時鐘異動",
        "請確認主機時間與校時服務（timedatectl）。提醒依目前時間重新判斷，不會重複發送。",
    ),
    (
        "backup_failed",
        "資料庫備份失敗",
        "請確認備份目錄可寫入且空間足夠；系統每小時重試，前次備份仍保留。",
    ),
    (
        "erasure_failed",
        "已屆保存期限之民眾文字未能刪除",
        "請以 jicui check 檢查資料庫；系統每分鐘重試，提醒不受影響。",
    ),
    (
        "clock_off",
        "主機時間不準",
        "請以 timedatectl 確認校時服務已啟用並已同步；期限與發送時刻均依主機時間計算。",
    ),
    (
        "disk_low",
        "磁碟空間不足",
        "請清出空間，或將 state_dir、備份移至較大之磁碟；空間用盡後提醒將停止發送。",
    ),
    (
        "outbox_stale",
        "訊息逾時未送出",
        "請以 jicui outbox 查看原因；今日到期之案件請先以電話轉知承辦單位。",
    ),
    (
        "store_failing",
        "資料庫無法寫入，提醒暫停發送",
        "請檢查磁碟空間、權限與硬碟，以 jicui check 診斷；修復後自動接續，請先以電話轉知今日到期案件。",
    ),
    (
        "restored",
        "資料庫已由備份還原",
        "備份後以人工登錄之事項（受理、暫停、展延、改分、來函及來電案件、檢核項目、目標、暫停提醒等）請重新登錄，\
             曾放入匯入資料夾之檔案請自 done/ 複製回去；到期提醒先向 Slack 查詢，不重複發送，無法查詢之管道以「重送」標示。",
    ),
    ("config_invalid", "設定檔有誤，沿用前次有效設定", "請依情形所列檔案與行號修正。"),
    (
        "web_down",
        "網頁服務異常",
        "提醒照常發送，但訊息中的連結可能無法開啟。連接埠遭占用者，請調整 [web] listen，或停止占用之程式；憑證有誤者，請更正所列檔案，系統將自行重試。",
    ),
];

/// What is left to do once an alarm is over.
fn said_of_end(code: &str) -> &'static str {
    match code {
        "restored" => {
            "到期提醒已核對完畢。備份後以人工登錄或匯入之事項，系統無從得知，尚未補登者仍請補登。"
        }
        _ => "已恢復正常，無須處理。",
    }
}

/// The name of an alarm and its remedy, in a language: messages say it in Chinese, pages in either.
pub fn alarm_words(language: Language, code: &str) -> (&'static str, &'static str) {
    match language {
        Language::Chinese => said_of_alarm(code),
        Language::English => alarms_en::said_of_alarm(code),
    }
}

fn said_of_alarm(code: &str) -> (&'static str, &'static str) {
    let known = WORDS.iter().find(|(known, ..)| *known == code);
    let words = known.map(|(_, title, remedy)| (*title, *remedy));
    words.unwrap_or(("系統警示", "請執行 jicui status 查看。"))
}
