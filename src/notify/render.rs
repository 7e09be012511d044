//! The words people read, in Traditional Chinese as used in Taiwan: here and nowhere else.
//!
//! Pure: what is due in, what is said out. One glance must tell which case, how many workdays are
//! left, by when, what to do and where; the subject first, no jargon, no blame.

use chrono::{Datelike, NaiveDate};

use super::{CalendarEntry, Link, Message, Tone};
use crate::domain::calendar::{Closure, CountedDay};
use crate::domain::case::{Case, CaseKind, Origin};
use crate::domain::deadline::Deadline;
use crate::domain::directory::{Person, Unit};
use crate::domain::escalation::{Audience, Moment, Stage};
use crate::domain::reminder::Recipient;

/// The small print of every message.
const FOOTER: &str = "本訊息由稽催系統自動發送。";

/// The name under which mail is sent.
pub(super) const MAIL_SENDER: &str = "稽催系統";

/// Stands before a message that may have arrived already.
pub(super) const REPEATED: &str = "【重送】";

/// What a message about a case is made from.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its deadline.
    pub deadline: Deadline,
    /// Its unit; `None` where the administrators have it.
    pub unit: Option<&'a Unit>,
    /// Workdays left today; negative when overdue.
    pub workdays_left: i64,
    /// Workdays gone today.
    pub workdays_gone: i64,
}

/// `115/03/11（三）`.
pub fn roc_date(date: NaiveDate) -> String {
    let names = ["一", "二", "三", "四", "五", "六", "日"];
    let weekday = names.get(date.weekday().num_days_from_monday() as usize).unwrap_or(&"");
    let (year, month, day) = (date.year() - 1911, date.month(), date.day());
    format!("{year}/{month:02}/{day:02}（{weekday}）")
}

/// 我有話要說, 我想要更多.
pub fn kind_name(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Comment => "我有話要說",
        CaseKind::Request => "我想要更多",
    }
}

/// How the start day is known, in words.
pub fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Given => "平臺提供之分派日",
        Origin::Observed => "系統觀察到分派之日",
        Origin::Posted => "民眾發表日",
        Origin::ByHand => "人工更正",
    }
}

/// A reminder at a stage of the ladder, for one recipient.
pub fn reminder(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> Message {
    let words = stage_words(brief, stage, recipient);
    let mut message = about_case(brief);
    message.text = format!("{}{}{}", words.label, subject(brief.case), words.sentence);
    message.headline = words.headline;
    message.request = words.request;
    message.tone = words.tone;
    message.mentions = mentions(brief, stage, recipient);
    message.entry = (stage.moment == Moment::Assigned).then(|| entry(brief, false));
    message
}

/// The deadline for the reader's calendar; `cancelled` takes it away again.
fn entry(brief: &Brief<'_>, cancelled: bool) -> CalendarEntry {
    let case = brief.case;
    CalendarEntry {
        name: format!("{}-{}", case.number, case.round),
        due_on: brief.deadline.due_on,
        summary: format!("回復期限：{}「{}」", case.number, case.title),
        cancelled,
    }
}

struct Words {
    label: String,
    headline: String,
    sentence: String,
    request: String,
    tone: Tone,
}

fn stage_words(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> Words {
    let left = brief.workdays_left;
    if brief.unit.is_none() {
        return nobodys(brief);
    }
    if left < 0 {
        overdue(brief, stage, recipient)
    } else if stage.moment == Moment::Assigned {
        assigned(brief)
    } else if left == 0 {
        let request = "請於今日下班前至平臺回復。".to_owned();
        Words {
            label: "【今日到期】".to_owned(),
            headline: "🔔 今日到期：請於下班前回復".to_owned(),
            sentence: "請於今日下班前回復".to_owned(),
            request,
            tone: Tone::Alert,
        }
    } else {
        let (name, icon) = match stage.moment {
            Moment::Before(_) => ("將屆期", "⏰"),
            _ => ("辦理中", "📌"),
        };
        let due = due(brief);
        Words {
            label: format!("【{name}】"),
            headline: format!("{icon} {name}：尚餘 {left} 個工作天"),
            sentence: format!("尚餘 {left} 個工作天，期限 {due}"),
            request: format!("請於 {due}前至平臺回復。"),
            tone: if name == "將屆期" { Tone::Warning } else { Tone::Neutral },
        }
    }
}

fn assigned(brief: &Brief<'_>) -> Words {
    let (due, workdays) = (due(brief), brief.deadline.workdays);
    if brief.case.round > 1 {
        return Words {
            label: "【須再回復】".to_owned(),
            headline: format!("🔁 須再回復：{workdays} 個工作天"),
            sentence: format!("民眾評分未達 3 顆星，請於 {due}前再次說明"),
            request: format!("民眾對回復不滿意，請於 {due}前至平臺再次說明。"),
            tone: Tone::Warning,
        };
    }
    Words {
        label: "【新案分派】".to_owned(),
        headline: format!("📨 新案分派：{workdays} 個工作天內回復"),
        sentence: format!("請於 {due}前回復（{workdays} 個工作天）"),
        request: format!("請於 {due}前至平臺回復。"),
        tone: Tone::Neutral,
    }
}

fn overdue(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> Words {
    let (days, due) = (brief.workdays_left.unsigned_abs(), due(brief));
    let supervisor = brief.unit.and_then(|unit| unit.supervisor.as_ref());
    let copied = stage.reaches.contains(&Audience::Supervisor)
        && matches!(recipient, Recipient::Unit(_) | Recipient::Administrators);
    let copy = match supervisor {
        Some(person) if copied => format!("；已副知主管{}", person.name),
        _ => String::new(),
    };
    Words {
        label: format!("【逾期 {days} 個工作天】"),
        headline: format!("🚨 逾期 {days} 個工作天"),
        sentence: format!("期限為 {due}，請儘速回復{copy}"),
        request: format!("期限已過，請儘速至平臺回復{copy}。"),
        tone: Tone::Alert,
    }
}

/// A case that no unit answers for.
fn nobodys(brief: &Brief<'_>) -> Words {
    let due = due(brief);
    Words {
        label: "【尚無承辦單位】".to_owned(),
        headline: "❓ 尚無承辦單位：請指定".to_owned(),
        sentence: format!("找不到唯一的承辦單位，期限 {due}"),
        request: "請於 units.toml 指定承辦單位，或儘速轉知承辦人。".to_owned(),
        tone: Tone::Warning,
    }
}

/// 期限變更: to whoever was told another due day; `account` tells why, where a closure did it.
pub fn deadline_moved(brief: &Brief<'_>, told: NaiveDate, account: &[CountedDay]) -> Message {
    let (before, after) = (roc_date(told), due(brief));
    let closures = account.iter().filter_map(|counted| counted.day.closure.as_ref());
    let named =
        |closure: &Closure| format!("{} {}停止上班", roc_date(closure.date), closure.reason);
    let closures: Vec<String> = closures.map(named).collect();
    let why =
        if closures.is_empty() { "辦公日曆表更新".to_owned() } else { closures.join("、") };
    let left = brief.workdays_left;
    let mut message = about_case(brief);
    message.text = format!("【期限變更】{}期限由 {before}改為 {after}", subject(brief.case));
    message.headline = format!("📅 期限變更：{after}");
    message.facts.push(moved_fact(told, brief.deadline.due_on));
    message.facts.push(("變更原因".to_owned(), why));
    message.request = match left {
        0.. => format!("請於 {after}前至平臺回復（尚餘 {left} 個工作天）。"),
        _ => "期限已過，請儘速至平臺回復。".to_owned(),
    };
    message.tone = Tone::Neutral;
    message.entry = Some(entry(brief, false));
    message
}

/// The line that says that the due day is no longer the one that was told.
pub fn moved_fact(told: NaiveDate, due_on: NaiveDate) -> (String, String) {
    ("期限變更".to_owned(), format!("原 {}，現為 {}", roc_date(told), roc_date(due_on)))
}

/// Thanks, with the days saved.
pub fn answered(brief: &Brief<'_>, workdays_taken: i64, days_early: i64) -> Message {
    let when = match workdays_taken {
        ..1 => "分派當日".to_owned(),
        taken => format!("第 {taken} 個工作天"),
    };
    let outcome = match days_early {
        1.. => format!("於{when}回復，提前 {days_early} 個工作天，謝謝"),
        0 => format!("於{when}回復，如期完成，謝謝"),
        late => format!("於{when}回復，逾期 {} 個工作天", late.unsigned_abs()),
    };
    let mut message = about_case(brief);
    message.text = format!("【已回復】{}{outcome}", subject(brief.case));
    message.headline = String::from("✅ 已回復");
    message.entry = Some(entry(brief, true));
    message.request = format!("本案{outcome}。");
    message.tone = Tone::Good;
    message
}

/// Something is wrong: to the administrators, once. `detail` is for people and ends with what to do.
pub fn alarm(code: &str, subject: &str, detail: &str) -> Message {
    let (title, remedy) = alarm_words(code);
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
    let (title, _) = alarm_words(code);
    Message {
        text: format!("【警示解除】{title}：{subject}"),
        headline: format!("✅ 警示解除：{title}"),
        facts: vec![("對象".to_owned(), subject.to_owned()), ("代碼".to_owned(), code.to_owned())],
        request: "已恢復正常，無須處理。".to_owned(),
        footer: FOOTER.to_owned(),
        tone: Tone::Good,
        ..Message::default()
    }
}

/// The name of an alarm and its remedy; each code has a section in docs/operations.md.
fn alarm_words(code: &str) -> (&'static str, &'static str) {
    match code {
        "platform_changed" => (
            "平臺格式變更",
            "已知案件均予保留。請比對平臺頁面，於 [platform] 調整路徑或欄位；期間請人工查看平臺。",
        ),
        "platform_unreachable" => {
            ("平臺無法讀取", "系統將持續重試。請確認網路與 base_url；期間請人工查看平臺。")
        }
        "rows_unreadable" => ("部分資料列無法判讀", "其餘資料不受影響。請至平臺人工查看所列案件。"),
        "folder_file_failed" => {
            ("匯入檔案失敗", "檔案已移至 failed/，請依旁附說明修正後重新放入。")
        }
        "case_vanished" => ("案件自平臺消失", "案件仍保留並持續提醒。請確認平臺是否已刪除或改分。"),
        "case_withdrawn" => {
            ("案件改分至其他機關", "本案已非本部案件，停止提醒。如有誤請聯絡平臺。")
        }
        "message_undelivered" => (
            "提醒無法送達",
            "請以電話轉知承辦單位，並修正其通知管道；以 jicui outbox --failed 查看。",
        ),
        "channel_misconfigured" => {
            ("通知管道設定失效", "請依情形修正權杖、網址或頻道，再以 jicui send-test 試送。")
        }
        "channel_unreachable" => (
            "通知管道中斷",
            "系統將持續重試，恢復後自動補送尚需之提醒。如持續中斷，請以電話轉知承辦單位。",
        ),
        "calendar_missing" => ("次年辦公日曆表尚未匯入", "請下載公布檔，放入 calendar/ 目錄。"),
        "calendar_proposed" => {
            ("發現新公布之辦公日曆表", "請核對差異後執行 jicui calendar import --proposed 套用。")
        }
        "config_invalid" => ("設定檔有誤，沿用前次有效設定", "請依情形所列檔案與行號修正。"),
        "web_down" => (
            "網頁服務無法啟動",
            "提醒照常發送，但訊息中的連結無法開啟。請調整 [web] listen，或停止占用該埠之程式。",
        ),
        _ => ("系統警示", "請執行 jicui status 查看。"),
    }
}

/// A test message, marked as one.
pub fn test(unit_name: &str) -> Message {
    Message {
        text: format!("【測試】稽催系統測試訊息（{unit_name}），請忽略"),
        headline: "🧪 測試訊息，請忽略".to_owned(),
        facts: vec![("收件單位".to_owned(), unit_name.to_owned())],
        request: "收到本訊息表示通知管道正常，無須回應。".to_owned(),
        footer: FOOTER.to_owned(),
        ..Message::default()
    }
}

/// What every message about a case shows.
fn about_case(brief: &Brief<'_>) -> Message {
    let case = brief.case;
    let unit = brief.unit.map_or_else(|| case.agency.clone(), |unit| unit.name.clone());
    let mut facts = vec![
        ("案號".to_owned(), format!("{}（{}）", case.number, kind_name(case.kind))),
        ("回復期限".to_owned(), format!("{}下班前", due(brief))),
        ("承辦單位".to_owned(), unit),
    ];
    if let Some(dataset) = &case.dataset {
        facts.push(("資料集".to_owned(), dataset.title.clone()));
    }
    Message {
        title: Some(case.title.clone()),
        facts,
        link: Some(Link { label: "前往平臺回復".to_owned(), url: case.url.clone() }),
        footer: count_line(brief),
        ..Message::default()
    }
}

fn count_line(brief: &Brief<'_>) -> String {
    let start = brief.deadline.start;
    format!(
        "{} 起算（{}），今日為第 {} 個工作天（共 {} 個工作天）。{FOOTER}",
        roc_date(start.on),
        origin_name(start.origin),
        brief.workdays_gone,
        brief.deadline.workdays,
    )
}

/// The due day, marked where it is only the earliest it can be.
fn due(brief: &Brief<'_>) -> String {
    let date = roc_date(brief.deadline.due_on);
    if brief.deadline.provisional {
        format!("{date}〔暫定，次年日曆未公布〕")
    } else {
        date
    }
}

fn subject(case: &Case) -> String {
    format!("{}「{}」", case.number, case.title)
}

fn mentions(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> Vec<Person> {
    let Some(unit) = brief.unit else { return Vec::new() };
    let reaches = |audience| stage.reaches.contains(&audience);
    let mut people = Vec::new();
    match recipient {
        Recipient::Unit(_) => {
            if reaches(Audience::Officer) {
                people.extend(unit.officers.clone());
            }
            if reaches(Audience::Supervisor) && unit.supervisor_channels.is_empty() {
                people.extend(unit.supervisor.clone());
            }
        }
        Recipient::Supervisor(_) => people.extend(unit.supervisor.clone()),
        Recipient::Administrators => {}
    }
    people
}
