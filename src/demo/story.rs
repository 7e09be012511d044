//! What happens on the miniature platform, and when: a fortnight of September 2026.
//!
//! The days are real: 中秋節 falls on Friday 09-25, 教師節 on Monday 09-28. The typhoon is not.

use chrono::{NaiveDate, NaiveDateTime};

use super::platform::MiniaturePlatform;

/// Where the story begins.
pub const BEGINS: &str = "2026-09-17T08:00:00";
/// The last day of the story.
pub const ENDS_ON: &str = "2026-10-06";

/// Something that happens.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, in Taipei.
    pub at: NaiveDateTime,
    /// What the narrator says.
    pub says: &'static str,
    /// What happens.
    pub deed: Deed,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A citizen comments on a dataset.
    Comment {
        /// The dataset.
        nid: u64,
        /// The comment.
        cid: u64,
        /// Its title.
        title: &'static str,
    },
    /// A citizen asks for data; nobody has it yet.
    Request {
        /// The request.
        sid: u64,
        /// Its title.
        title: &'static str,
    },
    /// The platform gives a request to an agency.
    Assign {
        /// The request.
        sid: u64,
        /// The agency.
        agency: &'static str,
    },
    /// The agency answers a comment.
    AnswerComment(u64),
    /// The agency answers a request.
    AnswerRequest(u64),
    /// The city shuts its offices: an administrator adds this to `closures.toml`.
    Close {
        /// The day.
        date: NaiveDate,
        /// The city.
        region: &'static str,
    },
}

/// The datasets that exist before the story begins, and the comment that is a week old.
pub fn set_the_stage(platform: &MiniaturePlatform) {
    platform.add_dataset(6100, "勞工保險投保人數統計", "勞動部勞工保險局");
    platform.add_dataset(7231, "職業訓練開班資訊", "勞動部勞動力發展署");
    platform.add_dataset(9417, "勞動基金收益率", "勞動部勞動基金運用局");
    platform.post_comment(6100, 558_380, "111 年以前的欄位單位不一致", moment("2026-09-07 10:12"));
}

/// The story, in order.
pub fn events() -> Vec<Event> {
    let event = |at: &str, says, deed| Event { at: moment(at), says, deed };
    vec![
        event(
            "2026-09-18 11:20",
            "A citizen comments on a dataset of 勞動力發展署.",
            Deed::Comment { nid: 7231, cid: 558_402, title: "開班資訊的 JSON 無法下載" },
        ),
        event(
            "2026-09-18 15:05",
            "A citizen asks for data; nobody has been given it yet: no clock runs.",
            Deed::Request {
                sid: 136_936, title: "希望開放職業災害千人率（按縣市）"
            },
        ),
        event(
            "2026-09-21 10:30",
            "The platform assigns that request to 職業安全衛生署: its clock starts.",
            Deed::Assign { sid: 136_936, agency: "勞動部職業安全衛生署" },
        ),
        event(
            "2026-09-23 14:10",
            "勞動力發展署 answers, far ahead of the limit.",
            Deed::AnswerComment(558_402),
        ),
        event(
            "2026-09-25 20:45",
            "Mid-Autumn Festival, evening: another comment. Nobody is disturbed.",
            Deed::Comment { nid: 9417, cid: 558_431, title: "收益率缺少 115 年 7 月" },
        ),
        event(
            "2026-09-28 20:00",
            "A typhoon: 臺北市 shuts its offices tomorrow; deadlines there move.",
            Deed::Close { date: day("2026-09-29"), region: "臺北市" },
        ),
        event("2026-09-30 16:20", "職業安全衛生署 answers.", Deed::AnswerRequest(136_936)),
        event("2026-10-01 10:40", "勞動基金運用局 answers.", Deed::AnswerComment(558_431)),
        event(
            "2026-10-06 11:00",
            "At last 勞工保險局 answers the comment that climbed the whole ladder.",
            Deed::AnswerComment(558_380),
        ),
    ]
}

/// Lets `deed` happen on the platform; closures are the administrator's.
pub fn happen(platform: &MiniaturePlatform, deed: &Deed, at: NaiveDateTime) {
    match deed {
        Deed::Comment { nid, cid, title } => platform.post_comment(*nid, *cid, title, at),
        Deed::Request { sid, title } => platform.post_request(*sid, title, at, None),
        Deed::Assign { sid, agency } => platform.assign_request(*sid, agency),
        Deed::AnswerComment(cid) => platform.reply_to_comment(*cid, at),
        Deed::AnswerRequest(sid) => platform.reply_to_request(*sid, at),
        Deed::Close { .. } => {}
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_default()
}

fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_is_told_in_order_and_within_its_days() {
        let moments: Vec<_> = events().iter().map(|event| event.at).collect();
        assert!(moments.is_sorted());
        let begins: NaiveDateTime = BEGINS.parse().unwrap();
        assert!(moments.iter().all(|at| *at > begins && at.date() <= day(ENDS_ON)));
        assert_ne!(day(ENDS_ON), NaiveDate::default());
    }
}
