//! Traditional Chinese as used in Taiwan.

use chrono::{Datelike, NaiveDate};

use super::words::{Absence, Because, Counts, Label, Matter, News, Said, Standing, Task, Words};
use crate::domain::case::{CaseKind, CaseNumber, Origin};

pub(super) struct Chinese;

impl Words for Chinese {
    fn date(&self, day: NaiveDate) -> String {
        let names = ["一", "二", "三", "四", "五", "六", "日"];
        let weekday = names.get(day.weekday().num_days_from_monday() as usize).unwrap_or(&"");
        format!("{}/{:02}/{:02}（{weekday}）", day.year() - 1911, day.month(), day.day())
    }

    fn provisional(&self, date: &str) -> String {
        format!("{date}〔暫定，次年日曆未公布〕")
    }

    fn by_end_of(&self, due: &str) -> String {
        format!("{due}下班前")
    }

    fn kind(&self, kind: CaseKind) -> Option<&'static str> {
        match kind {
            CaseKind::Comment => Some("我有話要說"),
            CaseKind::Request => Some("我想要更多"),
            CaseKind::Duty(_) => None,
        }
    }

    fn origin(&self, origin: Origin) -> &'static str {
        match origin {
            Origin::Given => "平臺提供之分派日",
            Origin::Observed => "系統觀察到分派之日",
            Origin::Posted => "民眾發表日",
            Origin::ByHand => "人工登錄",
        }
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::CaseNumber => "案號",
            Label::DueDay => "回復期限",
            Label::FinishBy => "辦理期限",
            Label::Unit => "承辦單位",
            Label::Officer => "承辦人",
            Label::Dataset => "資料集",
            Label::Missing => "尚待完成",
            Label::Progress => "達成情形",
            Label::Moved => "期限變更",
            Label::Reason => "變更原因",
            Label::OpenCase => "前往平臺回復",
            Label::OpenPage => "前往平臺查看",
        }
    }

    fn answer(&self, on_platform: bool) -> &'static str {
        if on_platform { "至平臺回復" } else { "回復" }
    }

    fn number(&self, number: &CaseNumber, kind: &str) -> String {
        format!("{number}（{kind}）")
    }

    fn ask(&self, matter: &Matter<'_>) -> String {
        match matter {
            Matter { left: ..0, action, .. } => format!("期限已過，請儘速{action}。"),
            Matter { due, action, .. } => format!("請於 {due}前{action}。"),
        }
    }

    fn case(&self, number: &CaseNumber, title: &str) -> String {
        format!("{number}「{title}」")
    }

    fn standing(&self, standing: &Standing<'_>, matter: &Matter<'_>) -> Said {
        let Matter { due, left, action, task, .. } = matter;
        let (done, days, ask) = (done(*task), self.days(Some(*left)), || self.ask(matter));
        let (label, headline, sentence, request) = match standing {
            Standing::Assigned => (
                "【新案分派】".to_owned(),
                match whole(matter) {
                    Some(limit) => format!("📨 新案分派：{limit}內回復"),
                    None => format!("📨 新案分派：{days}"),
                },
                format!("請於 {due}前回復（{}）", whole(matter).unwrap_or(days)),
                ask(),
            ),
            Standing::Opened(kind) => (
                format!("【{kind}】"),
                format!("📨 {kind}：請於 {due}前辦結"),
                format!("請於 {due}前{action}（{}）", whole(matter).unwrap_or(days)),
                ask(),
            ),
            Standing::AskedAgain => (
                "【須再回復】".to_owned(),
                format!("🔁 須再回復：{}", whole(matter).unwrap_or(days)),
                format!("民眾評分未達 3 顆星，請於 {due}前再次說明"),
                format!("民眾對回復不滿意，請於 {due}前至平臺再次說明。"),
            ),
            Standing::UnderWay => ahead(("辦理中", "📌"), (&days, due), ask()),
            Standing::DueSoon => ahead(("將屆期", "⏰"), (&days, due), ask()),
            Standing::DueToday => (
                "【今日到期】".to_owned(),
                format!("🔔 今日到期：請於下班前{done}"),
                format!("請於今日下班前{done}"),
                format!("請於今日下班前{action}。"),
            ),
            Standing::Overdue(copied) => {
                let copy = copied.map(|name| format!("；已副知主管{name}")).unwrap_or_default();
                (
                    format!("【{days}】"),
                    format!("🚨 {days}"),
                    format!("期限為 {due}，請儘速{done}{copy}"),
                    format!("期限已過，請儘速{action}{copy}。"),
                )
            }
            Standing::Nobodys => (
                "【尚無承辦單位】".to_owned(),
                format!("❓ 尚無承辦單位（{days}）：請指定"),
                format!("找不到唯一的承辦單位，{days}，期限 {due}"),
                "請於 units.toml 指定承辦單位，或儘速轉知承辦人。".to_owned(),
            ),
        };
        Said { label, headline, sentence, request }
    }

    fn moved(&self, before: &str, matter: &Matter<'_>) -> Said {
        let Matter { due, left, action, .. } = matter;
        Said {
            label: "【期限變更】".to_owned(),
            headline: format!("📅 期限變更：{due}"),
            sentence: format!("期限由 {before}改為 {due}"),
            request: if *left < 0 {
                self.ask(matter)
            } else {
                format!("請於 {due}前{action}（{}）。", self.days(Some(*left)))
            },
        }
    }

    fn progress(&self, value: Option<u32>, number: u32) -> String {
        match value {
            Some(value) if value < number => {
                format!("{value}／{number}，尚差 {}", number - value)
            }
            Some(value) => format!("{value}／{number}，已達成"),
            None => format!("目標 {number}，現況尚未填報"),
        }
    }

    fn missing(&self, names: &[String], more: usize) -> String {
        let named = names.join("、");
        if more > 0 { format!("{named}，及其他 {more} 項") } else { named }
    }

    fn moved_fact(&self, before: &str, after: &str) -> String {
        format!("原 {before}，現為 {after}")
    }

    fn moved_by(&self, because: &Because<'_>) -> String {
        if because.is_earlier {
            return "恢復上班，或辦公日曆表、起算日更新".to_owned();
        }
        let named = |(day, reason): &(String, &str)| format!("{day} {reason}停止上班");
        let mut named: Vec<String> = because.closures.iter().map(named).collect();
        if because.extension > 0 {
            named.push(format!("展延 {} 個工作天", because.extension));
        }
        if because.held > 0 {
            named.push(format!("暫停計時 {} 個工作天，現已恢復", because.held));
        }
        if named.is_empty() {
            "辦公日曆表或起算日更新".to_owned()
        } else {
            named.join("、")
        }
    }

    fn news(&self, news: &News<'_>, matter: &Matter<'_>) -> Said {
        let (due, days) = (&matter.due, self.days(Some(matter.left)));
        let (name, icon, sentence, request) = match news {
            News::ExtensionAsked { by, workdays, reason } => (
                "申請展延",
                "🙋",
                format!("{by}申請展延 {workdays} 個工作天（{reason}），請主管核定"),
                format!("現行期限 {due}。請主管核定是否展延 {workdays} 個工作天。"),
            ),
            News::ExtensionRefused { by, reason } => (
                "不予展延",
                "📌",
                format!("{by}未同意展延，期限仍為 {due}，{days}（{reason}）"),
                self.ask(matter),
            ),
            News::Reassigned { reason } => (
                "改分承辦",
                "📨",
                format!("改由貴單位承辦，{days}，期限 {due}{}", because(reason)),
                self.ask(matter),
            ),
            News::GivenAway { to } => (
                "已改分",
                "↪️",
                format!("已改由{to}承辦，貴單位無須再辦理"),
                "無須再辦理，謝謝。".to_owned(),
            ),
            News::Withdrawn { reason } => (
                "已撤案",
                "⏹️",
                format!("已撤案，無須再辦理{}", because(reason)),
                "無須再辦理，謝謝。".to_owned(),
            ),
            News::NotShown { elsewhere } => (
                "平臺尚未顯示回復",
                "🔎",
                "已登錄回復，惟平臺尚未顯示，請確認是否已送出".to_owned(),
                if *elsewhere {
                    "請洽承辦單位確認回復是否已送出；如尚未回復，請恢復計時。"
                } else {
                    "請至平臺確認回復是否已送出；如尚未回復，請儘速辦理並通知系統管理者恢復計時。"
                }
                .to_owned(),
            ),
            News::FollowUp => (
                "延伸精進",
                "🌱",
                "請回報後續：已調整、已新增、規劃中之資料集，或無須調整（及原因）".to_owned(),
                "本案回復後，相關資料集是否已調整、新增或規劃中？如無須調整，請簡述原因。謝謝。"
                    .to_owned(),
            ),
        };
        let (label, headline) = (format!("【{name}】"), format!("{icon} {name}"));
        Said { label, headline, sentence, request }
    }

    fn answered(&self, taken: i64, early: Option<i64>, task: Task) -> Said {
        let done = done(task);
        let when = match taken {
            ..1 => "分派當日".to_owned(),
            taken => format!("第 {taken} 個工作天"),
        };
        let outcome = match early {
            None => format!("於期限後之假日{done}，逾期"),
            Some(early @ 1..) => format!("於{when}{done}，提前 {early} 個工作天，謝謝"),
            Some(0) => format!("於{when}{done}，如期完成，謝謝"),
            Some(late) => format!("於{when}{done}，逾期 {} 個工作天", late.unsigned_abs()),
        };
        Said {
            label: format!("【已{done}】"),
            headline: format!("✅ 已{done}"),
            request: format!("本案{outcome}。"),
            sentence: outcome,
        }
    }

    fn entry(&self, number: &CaseNumber, title: &str, task: Task) -> String {
        format!("{}期限：{number}「{title}」", done(task))
    }

    fn count(&self, start: &str, origin: &str, gone: i64, workdays: u32) -> String {
        format!("{start} 起算（{origin}），今日為第 {gone} 個工作天（共 {workdays} 個工作天）。")
    }

    fn footer(&self) -> &'static str {
        "本訊息由稽催系統自動發送。"
    }

    fn standing_in(&self, absence: &Absence<'_>) -> String {
        let (away, until) = (absence.away, self.date(absence.until));
        match absence.stand_in {
            Some(name) => format!("{name}（代理{away}，請假至 {until}）"),
            None => format!("{away}（請假至 {until}，尚無代理人）"),
        }
    }

    fn absence(&self, absence: &Absence<'_>) -> String {
        match absence.stand_in {
            Some(name) => format!("；{}請假，由{name}代理", absence.away),
            None => format!("；{}請假，尚無代理人", absence.away),
        }
    }

    fn test(&self, unit: &str) -> Said {
        Said {
            label: "【測試】".to_owned(),
            headline: "🧪 測試訊息，請忽略".to_owned(),
            sentence: format!("稽催系統測試訊息（{unit}），請忽略"),
            request: "收到本訊息表示通知管道正常，無須回應。".to_owned(),
        }
    }

    fn days(&self, left: Option<i64>) -> String {
        match left {
            None => "暫停計時".to_owned(),
            Some(0) => "今日到期".to_owned(),
            Some(left @ 1..) => format!("尚餘 {left} 個工作天"),
            Some(late) => format!("逾期 {} 個工作天", late.unsigned_abs()),
        }
    }

    fn daily(&self, unit: &str, counts: Counts) -> Said {
        let how_many = how_many(counts);
        Said {
            label: "【今日待辦】".to_owned(),
            headline: format!("📋 今日待辦：{how_many}"),
            sentence: format!("{unit} {how_many}"),
            request: in_order(counts),
        }
    }

    fn weekly(&self, unit: &str, counts: Counts) -> Said {
        let how_many = how_many(counts);
        Said {
            label: "【本週待辦】".to_owned(),
            headline: format!("📋 本週待辦：{how_many}"),
            sentence: format!("{unit} {how_many}"),
            request: see_to(counts),
        }
    }

    fn burst(&self, counts: Counts, elsewhere: bool) -> Said {
        let how_many = how_many(counts);
        Said {
            label: "【彙整】".to_owned(),
            headline: format!("📋 {how_many}"),
            sentence: how_many,
            request: if elsewhere { see_to(counts) } else { in_order(counts) },
        }
    }
}

/// What it is called when it is done.
fn done(task: Task) -> &'static str {
    match task {
        Task::Answer => "回復",
        Task::Duty => "辦結",
    }
}

/// A reason in brackets, if there is one.
fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!("（{reason}）") }
}

/// The limit, while all of it is left.
fn whole(matter: &Matter<'_>) -> Option<String> {
    let Matter { left, workdays, .. } = matter;
    (*left == i64::from(*workdays)).then(|| format!("{workdays} 個工作天"))
}

/// Label, headline, sentence and request while there is time.
fn ahead(
    (name, icon): (&str, &str),
    (days, due): (&str, &str),
    request: String,
) -> (String, String, String, String) {
    let sentence = format!("{days}，期限 {due}");
    (format!("【{name}】"), format!("{icon} {name}：{days}"), sentence, request)
}

/// What the cases of a list wait for.
fn waits(task: Task) -> &'static str {
    match task {
        Task::Answer => "待回復",
        Task::Duty => "待辦理",
    }
}

/// What a unit is asked to do with a list.
fn in_order(counts: Counts) -> String {
    let how = match counts.task {
        Task::Answer => Chinese.answer(counts.on_platform),
        Task::Duty => "辦理",
    };
    format!("請依期限先後{how}。")
}

/// What those are asked who do not answer themselves.
fn see_to(counts: Counts) -> String {
    let how = if counts.overdue > 0 { "儘速" } else { "依期限" };
    format!("請督促承辦人{how}{}。", done(counts.task))
}

fn how_many(counts: Counts) -> String {
    let Counts { all, overdue, due_today, task, .. } = counts;
    let mut parts = vec![format!("{all} 件{}", waits(task))];
    if overdue > 0 {
        parts.push(format!("逾期 {overdue} 件"));
    }
    if due_today > 0 {
        parts.push(format!("今日到期 {due_today} 件"));
    }
    parts.join("，")
}
