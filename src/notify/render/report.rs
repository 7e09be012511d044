//! A report that went out by itself: the first figures of it, and where its files are.

use chrono::Datelike;

use super::words;
use crate::domain::directory::Language;
use crate::domain::statistics::{Figures, Period};
use crate::notify::Message;

/// Where the files of a report are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Those that come with the message.
    pub attached: Vec<String>,
    /// Those that lie on the machine, with their paths.
    pub left: Vec<String>,
}

/// A report of a period that is over, to the administrators and whom the config names.
pub fn report(period: Period, figures: &Figures, files: &Files) -> Message {
    let day = |day: chrono::NaiveDate| {
        format!("{} 年 {} 月 {} 日", day.year() - 1911, day.month(), day.day())
    };
    let span = format!("{}至 {}", day(period.from()), day(period.to()));
    let share = figures.in_time_percent().map(|share| format!("{share}%"));
    let fact = |label: &str, count: usize| (label.to_owned(), format!("{count} 件"));
    let mut facts = vec![
        ("統計期間".to_owned(), span.clone()),
        fact("受理", figures.received),
        fact("已回復", figures.answered),
        ("期限內回復率".to_owned(), share.unwrap_or_else(|| "—".to_owned())),
        fact("逾期回復", figures.late),
        fact("未回復", figures.open),
    ];
    if !files.attached.is_empty() {
        facts.push(("附件".to_owned(), files.attached.join("、")));
    }
    if !files.left.is_empty() {
        facts.push(("檔案位置".to_owned(), files.left.join("\n")));
    }
    Message {
        text: format!(
            "【統計報告】{span}民眾意見回復情形：受理 {} 件，已回復 {} 件",
            figures.received, figures.answered
        ),
        headline: "📊 民眾意見回復情形統計".to_owned(),
        facts,
        request: format!(
            "其他期間或格式：jicui report --from {} --to {} --output report.odt",
            period.from(),
            period.to()
        ),
        footer: words::of(Language::Chinese).footer().to_owned(),
        ..Message::default()
    }
}
