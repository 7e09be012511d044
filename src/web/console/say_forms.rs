//! What the forms of a case say, in two languages; and why a message was not sent.

use std::borrow::Borrow;

use chrono::NaiveDate;

use super::say::Say;
use crate::app::forms::{Form, Input};
use crate::domain::act::Outcome;
use crate::domain::directory::Language;
use crate::domain::message::MAY_HAVE_ARRIVED;
use crate::domain::offer::Offer;
use crate::domain::publication::DayKind;
use crate::notify::door::{REASON_CHARS, words};

impl Say {
    /// What a form is called, and what it means.
    pub(super) fn form(self, form: impl Borrow<Form>) -> (&'static str, &'static str) {
        let form = *form.borrow();
        let offer = match form {
            Form::Acknowledge => Offer::Acknowledge,
            Form::Reply => Offer::Reply,
            Form::Extend => Offer::Extend,
            Form::ConfirmExtension => Offer::ConfirmExtension,
            Form::RefuseExtension => Offer::RefuseExtension,
            Form::Hold => Offer::Hold,
            Form::Resume => Offer::Resume,
            Form::Reassign => Offer::Reassign,
            Form::Tick
            | Form::Untick
            | Form::Measure
            | Form::FollowUp
            | Form::Note
            | Form::CorrectStart
            | Form::Withdraw => return self.own_form(form),
        };
        let words = words(self.language);
        (words.offer(offer), words.meaning(offer))
    }

    fn own_form(self, form: Form) -> (&'static str, &'static str) {
        let (zh, en) = match form {
            Form::Tick => (
                ("完成檢核項目", "全部項目完成後，本案即辦結。"),
                ("Tick an item", "The case is done once every item is."),
            ),
            Form::Untick => (
                ("取消檢核項目", "誤勾時使用。"),
                ("Untick an item", "For one that was ticked by mistake."),
            ),
            Form::Measure => (
                ("更新達成數值", "達到目標後，本案即辦結。"),
                ("Say how far it is", "The case is done once the number is reached."),
            ),
            Form::FollowUp => (
                ("延伸精進", "登錄本案回復後之後續情形，將列入統計。"),
                (
                    "Follow-up",
                    "What became of the question after its answer; the report counts it.",
                ),
            ),
            Form::Note => (
                ("註記", "記入辦理歷程，不通知任何人。"),
                ("Note", "For the history; nobody is told."),
            ),
            Form::CorrectStart => (
                ("更正起算日", "期限隨之重新計算，歷程保留前後日期。"),
                ("Correct day zero", "The due day follows; the history keeps both."),
            ),
            _ => (
                ("撤案", "本案不須再回復，停止提醒並通知承辦單位。"),
                ("Withdraw", "It owes no answer any more; its unit is told."),
            ),
        };
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    /// What a field is called, and a hint.
    pub(super) fn input(
        self,
        form: impl Borrow<Form>,
        input: impl Borrow<Input>,
    ) -> (&'static str, &'static str) {
        let (form, input) = (*form.borrow(), *input.borrow());
        match input {
            Input::Workdays => (self.t("展延工作天數", "Workdays"), ""),
            Input::Unit => (self.t("改分至", "To which unit"), ""),
            Input::Item => (self.t("項目", "Item"), ""),
            Input::Day => (self.t("日期", "Day"), self.t("如 115-02-11", "as 2026-02-11")),
            Input::Moment => (
                self.t("回復時間", "When"),
                self.t("如 115-02-11 09:30；空白為現在", "as 2026-02-11 09:30; empty means now"),
            ),
            Input::Document => (self.t("文號", "Number of the document"), ""),
            Input::Value => (self.t("目前數值", "How far it is now"), ""),
            Input::Outcome => (self.t("情形", "What was done"), ""),
            Input::Reason if form == Form::Note => (
                self.t("註記內容", "What to remember"),
                self.t("請勿填寫個人資料。", "No personal data, please."),
            ),
            Input::Reason => (
                self.t("說明", "Why"),
                self.t("簡要說明，請勿填寫個人資料。", "In a few words; no personal data, please."),
            ),
        }
    }

    /// What is wrong with a field.
    pub(super) fn wrong(self, input: Input, longest: u32) -> String {
        match input {
            Input::Workdays => words(self.language).between(longest),
            Input::Unit => words(self.language).unit().missing.to_owned(),
            Input::Item => self.t("請選擇項目。", "Choose an item.").to_owned(),
            Input::Day => {
                self.t("請輸入日期，如 115-02-11。", "Write a day as 2026-02-11.").to_owned()
            }
            Input::Moment => self
                .t(
                    "請輸入日期與時間，如 115-02-11 09:30。",
                    "Write a day and a time as 2026-02-11 09:30.",
                )
                .to_owned(),
            Input::Value => self.t("請填寫數字。", "Write a number.").to_owned(),
            Input::Outcome => self.t("請選擇情形。", "Choose what was done.").to_owned(),
            Input::Document => match self.language {
                Language::Chinese => format!("文號請勿超過 {REASON_CHARS} 字。"),
                Language::English => {
                    format!("Write the number in {REASON_CHARS} characters or fewer.")
                }
            },
            Input::Reason => match self.language {
                Language::Chinese => format!("請填寫說明，{REASON_CHARS} 字以內。"),
                Language::English => format!("Say why, in {REASON_CHARS} characters or fewer."),
            },
        }
    }

    /// What became of a question after its answer.
    pub(super) fn outcome(self, outcome: impl Borrow<Outcome>) -> &'static str {
        words(self.language).offer(Offer::FollowUp(*outcome.borrow()))
    }

    /// What kind of day that is.
    pub(super) fn day_kind(self, kind: impl Borrow<DayKind>) -> &'static str {
        match kind.borrow() {
            DayKind::Workday => self.t("工作日", "workday"),
            DayKind::Weekend => self.t("例假日", "weekend"),
            DayKind::Holiday => self.t("國定假日", "holiday"),
            DayKind::SubstituteHoliday => self.t("補假", "substitute holiday"),
            DayKind::BridgeHoliday => self.t("調整放假", "bridge holiday"),
            DayKind::MakeupWorkday => self.t("補行上班", "make-up workday"),
            DayKind::Closure => self.t("停止上班", "closed"),
        }
    }

    /// Why a message was not sent, or not yet; as it stands where there is no other word.
    pub(super) fn because(self, reason: &str) -> String {
        if self.language != Language::Chinese {
            return reason.to_owned();
        }
        let (plain, doubt) = match reason.strip_suffix(MAY_HAVE_ARRIVED) {
            Some(plain) => (plain, "；先前一次發送可能已送達"),
            None => (reason, ""),
        };
        if let Some((by, why)) =
            plain.strip_prefix("cancelled by ").and_then(|rest| rest.split_once(": "))
        {
            return match why.trim() {
                "" => format!("由{by}取消{doubt}"),
                why => format!("由{by}取消：{why}{doubt}"),
            };
        }
        if let Some(day) = plain.strip_prefix("the unit is silent until ") {
            let day = day.parse::<NaiveDate>().map_or_else(|_| day.to_owned(), |day| self.day(day));
            return format!("單位暫停提醒至 {day}{doubt}");
        }
        let zh = match plain {
            "the case is answered" => "案件已回復",
            "the case is gone" => "案件已不存在",
            "the case is open again" => "案件已重新開啟",
            "the case went to another unit" => "案件已改分",
            "the channel is its recipient's no longer" => "收件管道已變更，改由新管道發送",
            "a new round began" => "已進入下一輪",
            "another stage was reached" | "a later stage was reached" => "已進入下一階段",
            "a higher stage falls later today" => "今日稍後另有更高階段之提醒",
            "the deadline moved, or the case is acknowledged or on hold" => {
                "期限變更、已受理或暫停計時"
            }
            "the due day is the one that was told" => "期限與先前通知相同",
            "the unit is silent" => "單位暫停提醒中",
            "the unit is gone" => "單位已不存在",
            "it was answered" => "已登錄辦理情形",
            "it went with others whose recipients read elsewhere" => "已併同其他通知改由新管道發送",
            "neither the message nor its repeat was answered" => "訊息及重送均未獲回應",
            "the process ended while it was under way" => "程式於發送期間結束",
            "it may have been sent since the backup was made" => "備份後可能已發送",
            "there is newer news of it" => "已有較新之通知",
            "it is no longer so" => "情形已不存在",
            "its morning is over" => "已過彙整時間",
            "nothing is open" => "無未結案件",
            "its period is not over" => "統計期間尚未結束",
            "the office is shut" => "非辦公時間",
            _ => plain,
        };
        format!("{zh}{doubt}")
    }
}
