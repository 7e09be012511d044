//! What the pages of the calendar say, in two languages.

use std::borrow::Borrow;

use super::say::Say;
use crate::app::calendar::HAD_BEEN_TOLD;
use crate::app::calendar_edit::EditFault;
use crate::config::closures::EditError;
use crate::domain::calendar::DayPart;
use crate::domain::directory::Language;
use crate::notify::door;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Say {
    /// `民國115年`.
    pub(super) fn year(self, year: impl Borrow<i32>) -> String {
        let year = *year.borrow();
        match self.language {
            Language::Chinese => format!("民國{}年", year - 1911),
            Language::English => year.to_string(),
        }
    }

    /// `1 月`.
    pub(super) fn month(self, number: impl Borrow<u32>) -> String {
        let number = *number.borrow();
        let name = MONTHS.get(number.saturating_sub(1) as usize).copied().unwrap_or_default();
        match self.language {
            Language::Chinese => format!("{number} 月"),
            Language::English => name.to_owned(),
        }
    }

    /// The days of a week, Monday first.
    pub(super) fn weekdays(self) -> [&'static str; 7] {
        match self.language {
            Language::Chinese => ["一", "二", "三", "四", "五", "六", "日"],
            Language::English => ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
        }
    }

    /// A city or county, or everywhere.
    pub(super) fn place(self, region: impl Borrow<Option<String>>) -> String {
        region.borrow().clone().unwrap_or_else(|| self.t("全國", "everywhere").to_owned())
    }

    /// A part of a day.
    pub(super) fn part(self, part: impl Borrow<Option<DayPart>>) -> &'static str {
        match part.borrow() {
            None => self.t("全日", "the whole day"),
            Some(DayPart::Morning) => self.t("上午", "the morning"),
            Some(DayPart::Afternoon) => self.t("下午", "the afternoon"),
        }
    }

    /// Who made a version of the calendar.
    pub(super) fn maker(self, actor: &str) -> String {
        match actor {
            "hand" => self.t("直接編輯檔案", "an edit of the files").to_owned(),
            "fetch" => self.t("系統下載", "fetched").to_owned(),
            person => door::who(self.language, person),
        }
    }

    /// What made a version of the calendar: what the history keeps, in the reader's words.
    pub(super) fn making(self, what: &str) -> String {
        if self.language == Language::English {
            return what.to_owned();
        }
        if let Some((what, told)) = what.split_once(HAD_BEEN_TOLD) {
            return format!("{}（已通知原期限：{told}）", self.making(what));
        }
        let day = |text: &str| {
            let day = text.parse().map(|day: chrono::NaiveDate| self.day(day));
            day.unwrap_or_else(|_| text.to_owned())
        };
        if what == "found so in the files" {
            return "依檔案內容".to_owned();
        }
        if let Some((on, rest)) = what.strip_prefix("closed ").and_then(|all| all.split_once(' ')) {
            let (place, reason) = rest.split_once(": ").unwrap_or((rest, ""));
            return format!("停止上班 {} {}：{reason}", day(on), self.where_in_words(place));
        }
        if let Some((on, place)) =
            what.strip_prefix("reopened ").and_then(|all| all.split_once(' '))
        {
            return format!("恢復上班 {} {}", day(on), self.where_in_words(place));
        }
        if let Some(file) = what.strip_prefix("imported ") {
            return format!("匯入 {}", file.replace(", though superseded", "（已被取代之版本）"));
        }
        what.to_owned()
    }

    /// A place as the history keeps it, with the part of the day if it has one.
    fn where_in_words(self, place: &str) -> String {
        let (place, part) = match place.rsplit_once(' ') {
            Some((place, part)) if DayPart::parse(part).is_some() => {
                (place, self.part(DayPart::parse(part)))
            }
            _ => (place, ""),
        };
        let place = match place {
            "everywhere" => "全國",
            "where it was closed" => "原停止上班地區",
            place => place,
        };
        format!("{place}{part}")
    }

    /// Why an edit of the calendar cannot be made.
    pub(super) fn edit_fault(self, fault: &EditFault) -> String {
        let said = match fault {
            EditFault::NoReason => self.t("請填寫事由。", "Say why, in a few words."),
            EditFault::OutOfRange(_) => self.t(
                "日期超出可計算之年份（2000 至 2059）。",
                "That lies outside the years that can be counted (2000 to 2059).",
            ),
            EditFault::Closures(EditError::Already(_)) => self.t(
                "該日該地區已停止上班；如需變更，請先恢復上班。",
                "It is closed there already: reopen it first to change it.",
            ),
            EditFault::Closures(EditError::NotClosed(_)) => self.t(
                "該日該地區並未停止上班，可能已由他人恢復。",
                "It is not closed there; perhaps somebody reopened it.",
            ),
            EditFault::Closures(EditError::Several(_)) => {
                self.t("該日有多個地區停止上班，請選擇地區。", "Several regions are closed: choose one.")
            }
            EditFault::Closures(EditError::Unreadable(_)) => self.t(
                "closures.toml 無法由程式編輯，請由系統管理者以文字編輯器修正。",
                "closures.toml cannot be edited by the program: mend it by hand.",
            ),
            EditFault::File(_) => self.t(
                "不是完整之年度辦公日曆表，請依下列說明下載正確檔案。",
                "It is not the calendar of a whole year; see below, and take the file as published.",
            ),
            EditFault::InForce(year) => {
                let year = self.year(*year);
                return match self.language {
                    Language::Chinese => format!("{year}之日曆與此檔相同，無須匯入。"),
                    Language::English => format!("The calendar of {year} says the same already."),
                };
            }
            EditFault::Superseded => self.t(
                "此版本已被取代；如仍要採用，請勾選確認。",
                "It is superseded; tick the box if you want it all the same.",
            ),
            EditFault::EditedByHand(_) => self.t(
                "日曆檔案正由他人直接編輯，尚未生效；請稍候或執行 jicui calendar check 查看。",
                "Somebody edits the calendar's file by hand, and that is not in force yet: wait, or see \
                 jicui calendar check.",
            ),
            EditFault::Changed => self.t("日曆已由他人變更。", "Somebody else edited the calendar."),
        };
        said.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn what_made_a_version_is_said_in_the_readers_words() {
        let say = Say { language: Language::Chinese, now: SystemClock.now() };
        for (kept, said) in [
            ("found so in the files", "依檔案內容"),
            ("closed 2026-03-05 everywhere: 颱風", "停止上班 115/03/05（四） 全國：颱風"),
            (
                "closed 2026-03-05 臺北市 am: 停電: 搶修",
                "停止上班 115/03/05（四） 臺北市上午：停電: 搶修",
            ),
            ("reopened 2026-03-05 臺北市", "恢復上班 115/03/05（四） 臺北市"),
            ("reopened 2026-03-05 where it was closed", "恢復上班 115/03/05（四） 原停止上班地區"),
            ("reopened 2026-03-05 everywhere am", "恢復上班 115/03/05（四） 全國上午"),
            (
                "imported a.csv (SHA-256 ab), though superseded",
                "匯入 a.csv (SHA-256 ab)（已被取代之版本）",
            ),
            ("人工整理", "人工整理"),
        ] {
            assert_eq!(say.making(kept), said);
            let english = Say { language: Language::English, ..say };
            assert_eq!(english.making(kept), kept);
        }
    }
}
