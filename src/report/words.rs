//! The words of a report, in Traditional Chinese as used in Taiwan.

use chrono::{Datelike, NaiveDate};

use crate::domain::act;
use crate::domain::case::{CaseKind, Origin};
use crate::domain::statistics::{
    CountedCase, Deeds, Figures, FollowUp, Month, Outcome, Period, QUESTIONS, Tenths,
};

/// The name of a report.
pub(super) const TITLE: &str = "政府資料開放民眾意見回復情形統計";

/// The name of each chart.
pub(super) const MONTHS_CHART: &str = "各月受理件數（依類別）";
pub(super) const WORKDAYS_CHART: &str = "各案回復所需工作天與期限";
pub(super) const SHARE_CHART: &str = "期限前回復之比例";

/// What stands in the charts.
pub(super) const CASES_UNIT: &str = "件";
pub(super) const WORKDAYS: &str = "工作天";
pub(super) const IN_TIME: &str = "期限內回復";
pub(super) const LATE: &str = "逾期回復";
pub(super) const NO_ANSWERS: &str = "本期尚無已回復案件";
pub(super) const ALL_KINDS: &str = "全部";
pub(super) const NOTHING_DECIDED: &str = "尚無已回復或逾期案件";
pub(super) const SHARES: [&str; 4] = ["提前回復", "期限當日回復", "逾期回復", "逾期未回復"];

/// Stands where no single unit answers for a case.
pub(super) const NO_UNIT: &str = "（未指定）";

/// Stands in place of words that only the unit may read.
pub(super) const FOR_THE_UNIT: &str = "（僅承辦單位可見）";

/// Stands where there is nothing to be said.
pub(super) const NOTHING: &str = "—";

/// 一, 二, … 十, 十一, … 九十九: the number of a section.
pub(super) fn numeral(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |value: usize| DIGITS.get(value % 10).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

/// What the figures mean; stands under the table.
pub(super) const DEFINITIONS: [&str; 11] = [
    "案件以首次分派之日所屬期間計算；受理＝已回復＋未回復＋撤案或改分。",
    "工作天依行政院人事行政總處辦公日曆表計算，始日不計；停止上班依本系統設定計列。",
    "期限內回復：回復日不晚於期限日（含當日）；提前回復：回復日早於期限日。",
    "期限內回復率、提前回復率＝各該件數÷（已回復件數＋逾期未回復件數），回復日不明者不計。",
    "所需工作天自始日次一工作天起算至回復日；提前天數為回復日至期限日之工作天，逾期者為負。",
    "期限含經核定之展延；暫停計時期間之工作天不計。展延次數僅計經核定者。",
    "再回復（民眾評分未達 3 顆星）之案件，以最近一輪之始日、期限及回復情形計算；各輪回復則逐輪計次，各依該輪期限。匯入之案件以首次回復計。",
    "延伸精進為回復後評估資料是否符合需求之結果，以最近一次回復計。",
    "前期為本期之前同長度之期間（整月者以月計），定期寄送之半年報告則為其前一期；去年同期為前一年之相同日期。",
    "未回復及逾期未回復以統計基準日為準；平臺已不顯示而未撤案者仍計入，於備註註明。",
    "始日為分派日，另有起算日者（再回復、改分重新起算或經更正）於備註註明。來源未載分派日者，以系統首次見其已分派之日或發表日推定；未載回復時間者，以系統發現之日為回復日；均於備註註明。",
];

/// 我有話要說, 我想要更多; no other kind is counted with them.
pub(super) fn kind(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Comment => "我有話要說",
        CaseKind::Request => "我想要更多",
        CaseKind::Duty(_) => "其他",
    }
}

/// 113年.
pub(super) fn year(western: i32) -> String {
    format!("{}年", western - 1911)
}

/// 12月.
pub(super) fn month_of_year(month: Month) -> String {
    format!("{}月", month.month)
}

/// 113年12月.
pub(super) fn month(month: Month) -> String {
    format!("{}{}", year(month.year), month_of_year(month))
}

/// 113/12/05.
pub(super) fn day(day: NaiveDate) -> String {
    format!("{}/{:02}/{:02}", day.year() - 1911, day.month(), day.day())
}

/// 113年12月5日.
pub(super) fn long_day(day: NaiveDate) -> String {
    format!("{}{}月{}日", year(day.year()), day.month(), day.day())
}

/// 113年11月1日至114年5月31日.
pub(super) fn period(period: Period) -> String {
    format!("{}至{}", long_day(period.from()), long_day(period.to()))
}

/// 113/11/01–114/05/31.
pub(super) fn short_period(period: Period) -> String {
    format!("{}–{}", day(period.from()), day(period.to()))
}

/// How a case ended.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Early => "提前回復",
        Outcome::OnDueDay => "期限當日回復",
        Outcome::Late => "逾期回復",
        Outcome::Undated => "已回復（日期不明）",
        Outcome::Open => "辦理中",
        Outcome::Overdue => "逾期未回復",
        Outcome::Withdrawn => "撤案或改分",
    }
}

/// What is worth a note about a case: another round, what its days are known by, what was done with it, what became
/// of it.
pub(super) fn remark(counted: &CountedCase) -> String {
    let Deeds { extensions, holds, is_noticed, follow_up: after } = counted.deeds;
    let CountedCase { case, assignment, .. } = counted;
    let round = case.round;
    let earlier = counted.earlier.iter();
    let earlier = earlier.map(|(round, ended)| format!("第 {round} 輪{}", outcome(*ended)));
    let is_inferred = matches!(assignment, Origin::Observed | Origin::Posted);
    let is_answered = counted.outcome.is_answered();
    let remarks = [
        (round > 1).then(|| format!("再回復（第 {round} 輪）")),
        is_inferred.then(|| "分派日為推定".to_owned()),
        (case.start.on != case.assigned_on).then(|| format!("自 {} 起算", day(case.start.on))),
        (case.handling.imported && round > 1).then(|| "匯入：以首次回復計".to_owned()),
        (is_noticed && is_answered).then(|| "回復日為系統發現之日".to_owned()),
        case.vanished_at.map(|_| "平臺已不顯示".to_owned()),
        (extensions > 0).then(|| format!("展延 {extensions} 次")),
        (holds > 0).then(|| format!("暫停 {holds} 次")),
        (after != FollowUp::NotAsked).then(|| format!("延伸精進：{}", follow_up(after))),
    ];
    earlier.chain(remarks.into_iter().flatten()).collect::<Vec<_>>().join("；")
}

/// What became of a question after its answer (延伸精進).
pub(super) fn follow_up(follow_up: FollowUp) -> &'static str {
    match follow_up {
        FollowUp::NotAsked => NOTHING,
        FollowUp::Awaited => "待填報",
        FollowUp::Done(act::Outcome::Adjusted) => "調整資料集",
        FollowUp::Done(act::Outcome::Added) => "新增資料集",
        FollowUp::Done(act::Outcome::Planned) => "規劃中",
        FollowUp::Done(act::Outcome::NotNeeded) => "無須調整",
    }
}

/// How many workdays an answer came ahead, or late: 提前 3 天, 當日, 逾期 2 天.
pub(super) fn ahead(days: i64, outcome: Outcome) -> String {
    match days {
        1.. => format!("提前 {days} 天"),
        // On a day off after the due day: late, though no workday has passed.
        0 if outcome == Outcome::Late => "逾期（次一假日）".to_owned(),
        0 => "當日".to_owned(),
        late => format!("逾期 {} 天", late.unsigned_abs()),
    }
}

/// 期限（14 個工作天）.
pub(super) fn limit_line(workdays: &str) -> String {
    format!("期限（{workdays} 個工作天）")
}

/// 3 件（60.0%）.
pub(super) fn part(count: usize, percent: Tenths) -> String {
    format!("{count} 件（{percent}%）")
}

/// A chart of months, in words.
pub(super) fn months_in_words(months: &[(Month, Figures)]) -> String {
    let count = |(month_of, figures): &(Month, Figures)| {
        let kinds = QUESTIONS.map(|of| format!("{} {}", kind(of), figures.of_kind(of)));
        format!("{} {} 件（{}）", month(*month_of), figures.received, kinds.join("、"))
    };
    let some: Vec<String> =
        months.iter().filter(|(_, figures)| figures.received > 0).map(count).collect();
    match some.len() {
        0 => "各月均無案件。".to_owned(),
        1..=12 if some.len() == months.len() => format!("{}。", some.join("；")),
        1..=12 => format!("{}；其餘各月為 0 件。", some.join("；")),
        _ => {
            let most = months.iter().map(|(_, figures)| figures.received).max().unwrap_or_default();
            let busiest: Vec<_> = months.iter().filter(|(_, f)| f.received == most).collect();
            let busiest = match busiest.as_slice() {
                [only] => count(only),
                several => {
                    let named: Vec<String> =
                        several.iter().take(12).map(|(of, _)| month(*of)).collect();
                    let others = if several.len() > named.len() { "等" } else { "" };
                    let named = named.join("、");
                    format!("{named}{others} {} 個月，各 {most} 件", several.len())
                }
            };
            format!("共 {} 個月，其中 {} 個月有案件；最多為 {busiest}。", months.len(), some.len())
        }
    }
}

/// A chart of workdays, in words.
pub(super) fn workdays_in_words(cases: &[CountedCase]) -> String {
    const NAMED: usize = 30;
    let answered: Vec<&CountedCase> =
        cases.iter().filter(|case| case.workdays_taken.is_some()).collect();
    if answered.is_empty() {
        return format!("{NO_ANSWERS}。");
    }
    let one = |case: &&CountedCase| {
        let taken = case.workdays_taken.unwrap_or_default();
        format!("{} {taken} 個工作天", case.case.number)
    };
    let late = answered.iter().filter(|case| case.outcome == Outcome::Late).count();
    let all = if answered.len() <= NAMED {
        format!("{}。", answered.iter().map(one).collect::<Vec<_>>().join("、"))
    } else {
        format!("共 {} 件。", answered.len())
    };
    format!("{all}逾期回復 {late} 件。")
}

/// A chart of shares, in words.
pub(super) fn share_in_words(rows: &[(&str, &Figures)]) -> String {
    let one = |(name, figures): &(&str, &Figures)| match figures.early_percent() {
        None => format!("{name}：{NOTHING_DECIDED}"),
        Some(percent) => format!(
            "{name}：提前回復 {}、期限當日回復 {} 件、逾期回復 {} 件、逾期未回復 {} 件",
            part(figures.early, percent),
            figures.on_due_day,
            figures.late,
            figures.overdue
        ),
    };
    format!("{}。", rows.iter().map(one).collect::<Vec<_>>().join("；"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_months_with_equally_many_cases_each_is_named() {
        let months = |received: &[usize]| -> Vec<(Month, Figures)> {
            let month = |n: u32| Month { year: 2025 + i32::from(n > 12), month: (n - 1) % 12 + 1 };
            let figures = |received| Figures { received, ..Figures::default() };
            (1..).zip(received).map(|(n, received)| (month(n), figures(*received))).collect()
        };
        let words = |received: &[usize]| months_in_words(&months(received));
        let mut received = [1; 14];
        received[3] = 7;
        let one = "最多為 114年4月 7 件（我有話要說 0、我想要更多 0）。";
        assert!(words(&received).ends_with(one), "{}", words(&received));
        received[12] = 7;
        let two = "共 14 個月，其中 14 個月有案件；最多為 114年4月、115年1月 2 個月，各 7 件。";
        assert_eq!(words(&received), two);
        let all = "最多為 114年1月、114年2月、114年3月、114年4月、114年5月、114年6月、114年7月、114年8月、\
            114年9月、114年10月、114年11月、114年12月等 14 個月，各 1 件。";
        assert!(words(&[1; 14]).ends_with(all), "{}", words(&[1; 14]));
    }

    #[test]
    fn sections_are_numbered_as_they_are_counted() {
        let numbers = [1, 10, 11, 20, 21].map(numeral);
        assert_eq!(numbers, ["一", "十", "十一", "二十", "二十一"]);
    }
}
