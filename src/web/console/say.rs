//! What pages say of days, moments, states and deeds, in two languages. Sentences stand in the
//! templates, the one beside the other.

use std::borrow::Borrow;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::app::outbox::SteerError;
use crate::app::register::{DUE_SOON_WORKDAYS, Order, Row, Which};
use crate::clock::{roc_year, wall};
use crate::domain::access::Role;
use crate::domain::case::{CaseKind, CaseState, Origin};
use crate::domain::directory::{ChannelKind, Language};
use crate::domain::message::{MessageState, Occasion};
pub(super) use crate::notify::text::plain;
use crate::notify::{door, render};

/// The language of a page, and when it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Say {
    pub(super) language: Language,
    pub(super) now: DateTime<Utc>,
}

/// The workdays left of a case: the loudest thing on a page.
pub(super) struct Left {
    /// The colour.
    pub(super) tone: &'static str,
    /// The number, or a word that stands for it.
    pub(super) number: String,
    /// What it counts.
    pub(super) caption: &'static str,
}

impl Say {
    /// In one language or the other.
    pub(super) fn t<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    /// The language's tag, for `lang`.
    pub(super) fn tag(self) -> &'static str {
        self.t("zh-Hant-TW", "en")
    }

    /// `115/02/11（三）`.
    pub(super) fn day(self, day: impl Borrow<NaiveDate>) -> String {
        render::date(self.language, *day.borrow())
    }

    /// `2/11 三`: within a table of days.
    pub(super) fn short_day(self, day: impl Borrow<NaiveDate>) -> String {
        let day = *day.borrow();
        let names = ["一", "二", "三", "四", "五", "六", "日"];
        let weekday = names.get(day.weekday().num_days_from_monday() as usize);
        match self.language {
            Language::Chinese => {
                format!("{}/{} {}", day.month(), day.day(), weekday.copied().unwrap_or_default())
            }
            Language::English => day.format("%a %-d %b").to_string(),
        }
    }

    /// `民國115年2月11日（三）`.
    pub(super) fn long_day(self, day: impl Borrow<NaiveDate>) -> String {
        let day = *day.borrow();
        let names = ["一", "二", "三", "四", "五", "六", "日"];
        let weekday = names.get(day.weekday().num_days_from_monday() as usize);
        match self.language {
            Language::Chinese => format!(
                "民國{}年{}月{}日（{}）",
                roc_year(day),
                day.month(),
                day.day(),
                weekday.copied().unwrap_or_default()
            ),
            Language::English => day.format("%A, %-d %B %Y").to_string(),
        }
    }

    /// A day and the time.
    pub(super) fn moment(self, at: impl Borrow<DateTime<Utc>>) -> String {
        door::moment(self.language, wall(*at.borrow()))
    }

    /// How long ago that was.
    pub(super) fn ago(self, at: impl Borrow<DateTime<Utc>>) -> String {
        let minutes = (self.now - *at.borrow()).num_minutes().max(0);
        let (number, zh, en) = match minutes {
            0 => return self.t("剛才", "just now").to_owned(),
            1..60 => (minutes, "分鐘前", "min ago"),
            60..2880 => (minutes / 60, "小時前", "h ago"),
            _ => (minutes / 1440, "天前", "days ago"),
        };
        format!("{number} {}", self.t(zh, en))
    }

    /// The workdays left of a case, or what they took.
    pub(super) fn left(self, row: &Row) -> Left {
        self.left_of(row.line.state, row.line.left(), row.line.taken())
    }

    /// The same of a case that is not in the register's hands.
    pub(super) fn left_of(self, state: CaseState, left: Option<i64>, taken: Option<i64>) -> Left {
        let tone = |left| match left {
            ..=0 => "alert",
            1..=DUE_SOON_WORKDAYS => "warning",
            _ => "calm",
        };
        let (tone, number, caption) = match (left, taken) {
            (Some(left), _) if state == CaseState::OnHold && left >= 0 => {
                ("held", left.to_string(), self.t("天，暫停計時", "left, paused"))
            }
            (Some(0), _) => ("alert", self.t("今日", "Today").to_owned(), self.t("到期", "due")),
            (Some(left), _) if left < 0 => {
                ("alert", (-left).to_string(), self.t("逾期工作天", "workdays late"))
            }
            (Some(left), _) => {
                (tone(left), left.to_string(), self.t("剩餘工作天", "workdays left"))
            }
            (None, Some(taken)) => {
                ("done", taken.to_string(), self.t("工作天回復", "workdays taken"))
            }
            (None, None) => ("done", "—".to_owned(), self.state(state)),
        };
        Left { tone, number, caption }
    }

    /// Where a case stands, by the word of its kind: of a duty no answer is awaited.
    pub(super) fn state_of(self, kind: &str, state: impl Borrow<CaseState>) -> &'static str {
        match (CaseKind::parse(kind), state.borrow()) {
            (Some(CaseKind::Duty(_)), CaseState::Open) => self.t("待辦理", "Open"),
            (_, state) => self.state(state),
        }
    }

    /// A state, of whichever kind of case.
    pub(super) fn state(self, state: impl Borrow<CaseState>) -> &'static str {
        match state.borrow() {
            CaseState::Open => self.t("待回復", "Open"),
            CaseState::Acknowledged => self.t("已受理", "Acknowledged"),
            CaseState::OnHold => self.t("暫停計時", "On hold"),
            CaseState::Replied => self.t("已回復", "Answered"),
            CaseState::Closed => self.t("已結案", "Closed"),
            CaseState::Withdrawn => self.t("已撤案", "Withdrawn"),
        }
    }

    /// How a day zero is known.
    pub(super) fn origin(self, origin: Origin) -> &'static str {
        let english = match origin {
            Origin::Given => "given by the source",
            Origin::Observed => "first seen",
            Origin::Posted => "the day it was posted",
            Origin::ByHand => "said by a person",
        };
        self.t(render::origin_name(origin), english)
    }

    /// What people call a kind of case.
    pub(super) fn kind(self, word: &str, name: &str) -> String {
        match (self.language, CaseKind::parse(word)) {
            (Language::English, Some(CaseKind::Comment | CaseKind::Request)) => word.to_owned(),
            _ => name.to_owned(),
        }
    }

    /// What a choice of cases is called.
    pub(super) fn which(self, which: impl Borrow<Which>) -> &'static str {
        match which.borrow() {
            Which::Open => self.t("未結案件", "Open cases"),
            Which::Overdue => self.t("逾期", "Overdue"),
            Which::DueToday => self.t("今日到期", "Due today"),
            Which::DueSoon => self.t("三個工作天內到期", "Due within 3 workdays"),
            Which::New => self.t("新案", "New"),
            Which::Waiting => self.t("等待民眾補充", "Waiting for the citizen"),
            Which::Unassigned => self.t("無承辦單位", "Without a unit"),
            Which::Replied => self.t("已回復", "Answered"),
            Which::Closed => self.t("已結案", "Closed"),
            Which::Withdrawn => self.t("已撤案", "Withdrawn"),
            Which::All => self.t("全部案件", "All cases"),
        }
    }

    /// What an order is called.
    pub(super) fn order(self, order: impl Borrow<Order>) -> &'static str {
        match order.borrow() {
            Order::Urgent => self.t("急迫程度", "Urgency"),
            Order::Due => self.t("辦理期限", "Due day"),
            Order::Assigned => self.t("分派日期", "Day of assignment"),
            Order::Number => self.t("案號", "Case number"),
            Order::Unit => self.t("承辦單位", "Unit"),
        }
    }

    /// What a role is called.
    pub(super) fn role(self, role: impl Borrow<Role>) -> &'static str {
        match role.borrow() {
            Role::Viewer => self.t("檢視者", "viewer"),
            Role::Officer => self.t("承辦人", "officer"),
            Role::Supervisor => self.t("主管", "supervisor"),
            Role::Administrator => self.t("系統管理者", "administrator"),
        }
    }

    /// What has become of a message.
    pub(super) fn fate(self, state: impl Borrow<MessageState>) -> &'static str {
        match state.borrow() {
            MessageState::Queued => self.t("待發送", "waiting"),
            MessageState::Sending => self.t("發送中", "under way"),
            MessageState::Sent => self.t("已送達", "delivered"),
            MessageState::Overtaken => self.t("免予發送", "not needed"),
            MessageState::Failed => self.t("未送達", "refused"),
        }
    }

    /// Why a message is sent.
    pub(super) fn occasion(self, occasion: impl Borrow<Occasion>) -> &'static str {
        match occasion.borrow() {
            Occasion::Stage => self.t("稽催", "Reminder"),
            Occasion::DeadlineMoved => self.t("期限變更", "Due day moved"),
            Occasion::Answered => self.t("回復致謝", "Thanks"),
            Occasion::ExtensionAsked => self.t("展延申請", "Extension asked for"),
            Occasion::ExtensionRefused => self.t("不予展延", "Extension refused"),
            Occasion::Reassigned => self.t("改分承辦", "Handed over"),
            Occasion::GivenAway => self.t("已改分", "Given away"),
            Occasion::Withdrawn => self.t("撤案", "Withdrawn"),
            Occasion::ReplyNotShown => self.t("平臺尚未顯示回復", "Reply not shown"),
            Occasion::FollowUpAsked => self.t("延伸精進", "Follow-up"),
            Occasion::Digest => self.t("彙整", "Digest"),
            Occasion::MarkActed => self.t("更新原訊息", "Message updated"),
            Occasion::Report => self.t("統計報告", "Report"),
            Occasion::Alarm => self.t("系統警示", "Alarm"),
            Occasion::AlarmOver => self.t("警示解除", "Alarm over"),
        }
    }

    /// What a kind of channel is called.
    pub(super) fn channel(self, kind: impl Borrow<ChannelKind>) -> &'static str {
        match kind.borrow() {
            ChannelKind::Slack => "Slack",
            ChannelKind::SlackWebhook => "Slack webhook",
            ChannelKind::Teams => "Teams",
            ChannelKind::Mail => self.t("電子郵件", "e-mail"),
            ChannelKind::Print => self.t("標準輸出", "standard output"),
        }
    }

    /// What a step is called.
    pub(super) fn step(self, step: &str) -> &str {
        match step {
            "poll" => self.t("讀取平臺", "read the sources"),
            "remind" => self.t("規劃提醒", "plan reminders"),
            "deliver" => self.t("發送", "send"),
            "backup" => self.t("備份", "back up"),
            "calendar" => self.t("下載辦公日曆表", "fetch the calendar"),
            other => other,
        }
    }

    /// What a self-check is called; an alarm by its name.
    pub(super) fn check(self, code: &str) -> &'static str {
        let (zh, en) = match code {
            "poll" => ("讀取平臺", "sources"),
            "outbox" => ("待發送訊息", "messages"),
            "outbox_failed" => ("未送達訊息", "refused messages"),
            "cases" => ("案件", "cases"),
            "cases_without_unit" => ("無承辦單位", "cases without a unit"),
            "kinds" => ("案件類別", "kinds"),
            "next_due" => ("最近到期", "next due"),
            "calendar" => ("辦公日曆表", "calendar"),
            "backup" => ("備份", "backups"),
            "units" => ("單位設定", "units"),
            "unit_silent" => ("暫停提醒", "a silent unit"),
            "local_reader" => ("本機檢視", "local reader"),
            alarm => return render::alarm_words(self.language, alarm).0,
        };
        self.t(zh, en)
    }

    /// Why a message was left as it is.
    pub(super) fn steer_fault(self, error: &SteerError) -> &'static str {
        match error {
            SteerError::Unknown(_) => self.t("查無此訊息。", "There is no such message."),
            SteerError::Sent(_) => self.t("此訊息已送達，未變更。", "It was sent already."),
            SteerError::UnderWay(_) => self
                .t("此訊息發送中，請稍候再查看。", "It is under way: look again in a few minutes."),
            SteerError::Overtaken(_) => {
                self.t("此訊息免予發送，無須取消。", "It is not sent anyway.")
            }
            SteerError::Failed(_) => self.t("系統暫時無法處理，未變更。", "Nothing was changed."),
        }
    }

    /// What was done to a case, by the history's word; the word itself where it has no name.
    pub(super) fn event(self, event: &str) -> &str {
        let (zh, en) = match event {
            "new" => ("新案分派", "assigned"),
            "added" => ("人工新增", "added by hand"),
            "imported" => ("匯入歷史案件", "imported"),
            "acknowledged" => ("受理", "acknowledged"),
            "replied" => ("回復", "answered"),
            "reply_confirmed" => ("平臺顯示已回復", "answer confirmed"),
            "reply_withdrawn" => ("平臺已不顯示回復", "answer no longer shown"),
            "extension_asked" => ("申請展延", "asked for more time"),
            "extended" => ("核定展延", "more time granted"),
            "extension_refused" => ("不予展延", "more time refused"),
            "held" => ("暫停計時", "clock paused"),
            "resumed" => ("恢復計時", "clock resumed"),
            "reassigned" => ("改分", "handed over"),
            "taken_away" => ("平臺改分至其他機關", "given to another agency"),
            "taken_back" => ("平臺收回待分派", "taken back, to be assigned"),
            "reopened" => ("重新開啟", "reopened"),
            "withdrawn" => ("撤案", "withdrawn"),
            "closed" => ("結案", "closed"),
            "note" => ("註記", "note"),
            "new_round" => ("須再回復", "asked again"),
            "start_corrected" => ("更正起算日", "start day corrected"),
            "deadline_moved" => ("辦理期限變更", "due day moved"),
            "retitled" => ("標題變更", "title changed"),
            "dataset_known" => ("確認所屬資料集", "its dataset is known"),
            "vanished" => ("自平臺消失", "vanished from the platform"),
            "returned" => ("重新出現", "shown again"),
            "start_given" => ("平臺提供起算日", "start day given"),
            "start_seen" => ("起算日變更", "start day moved"),
            "checklist_moved" => ("檢核項目變更", "checklist changed"),
            "follow_up" => ("延伸精進", "follow-up"),
            "ticked" => ("檢核項目完成", "item ticked"),
            "unticked" => ("取消檢核項目", "item unticked"),
            "measured" => ("更新達成數值", "measured"),
            "opened" => ("系統立案", "opened by the system"),
            "joined" => ("併入既有案件", "joined"),
            _ => return event,
        };
        self.t(zh, en)
    }

    /// Who that is in the history.
    pub(super) fn who(self, by: &str) -> String {
        door::who(self.language, by)
    }
}
