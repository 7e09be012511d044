//! Rows of the platform become cases of ours: one fault for a row that cannot be read.

use chrono::NaiveDateTime;
use serde_json::Value;

use super::wire;
use crate::config::settings::{Endpoint, Platform};
use crate::domain::case::{CaseKind, CaseNumber, Dataset};
use crate::domain::duty::About;
use crate::domain::observation::{Assignment, Reading, ReplyStatus, RowFault, SeenCase};
use crate::intake::SeenDataset;

/// A dataset's row, or its fault.
pub(super) fn dataset(
    row: &Value,
    settings: &Platform,
    position: usize,
) -> Result<SeenDataset, RowFault> {
    let endpoint = &settings.datasets;
    let nid = id(row, endpoint, "nid", position)?;
    let name = format!("dataset {nid}");
    let title = required(row, endpoint, "title", &name)?;
    let agency = required(row, endpoint, "agency", &name)?;
    let comments = match wire::field(row, endpoint, "comments") {
        None => 0,
        Some(value) => wire::number(value)
            .ok_or_else(|| fault(&name, "the number of comments cannot be read"))?,
    };
    let about = about(row, endpoint);
    Ok(SeenDataset {
        nid,
        title,
        agency,
        comments,
        reading: Reading::default(),
        about,
        is_gone: false,
    })
}

/// What the row shows beside: not every platform shows it, and none of it is worth a fault.
fn about(row: &Value, endpoint: &Endpoint) -> About {
    let text = |name| wire::text(row, endpoint, name).map(ToOwned::to_owned);
    let updated_at = wire::moment(row, endpoint, "updated").ok().flatten();
    About {
        badge: text("badge"),
        frequency: text("frequency"),
        updated_on: updated_at.map(|at| at.date()),
    }
}

/// A comment's row under its dataset; `None` for a row that is itself a reply. Where replies are
/// `labelled`, one that is not is a fault.
pub(super) fn comment(
    row: &Value,
    settings: &Platform,
    (dataset, labelled): (&SeenDataset, bool),
    position: usize,
) -> Result<Option<SeenCase>, RowFault> {
    let endpoint = &settings.comments;
    let cid = id(row, endpoint, "cid", position)?;
    let name = format!("cid {cid}");
    // Of a thread that is not the one asked for, nobody knows whose it is.
    let under = wire::field(row, endpoint, "nid").and_then(wire::number);
    if under.is_some_and(|nid| nid != dataset.nid) {
        return Err(fault(&name, "it stands under another dataset than the one asked for"));
    }
    let parent = wire::field(row, endpoint, "pid").and_then(wire::number).unwrap_or(0);
    if parent != 0 {
        return Ok(None);
    }
    let title = required(row, endpoint, "title", &name)?;
    let posted_at = wire::moment(row, endpoint, "created").map_err(|text| fault(&name, &text))?;
    let (reply, later_answers) =
        comment_reply(row, settings, labelled).map_err(|text| fault(&name, &text))?;
    let base = settings.comment_page.replace("{base_url}", &settings.base_url);
    Ok(Some(SeenCase {
        number: CaseNumber::of_comment(cid),
        kind: CaseKind::Comment,
        title,
        agency: dataset.agency.clone(),
        dataset: Some(Dataset { nid: dataset.nid, title: dataset.title.clone() }),
        url: base.replace("{nid}", &dataset.nid.to_string()).replace("{cid}", &cid.to_string()),
        posted_at,
        assignment: Assignment::Made(None),
        reply,
        later_answers,
    }))
}

/// What is said of the answer, and when the agency answered again.
type Reply = (ReplyStatus, Vec<NaiveDateTime>);

/// The status word if there is one, else what the replies show.
fn comment_reply(row: &Value, settings: &Platform, labelled: bool) -> Result<Reply, String> {
    let answer = answers(row, settings);
    let Some(word) = wire::text(row, &settings.comments, "status") else {
        return match answer? {
            Some(Answer { is_labelled: false, .. }) if labelled => {
                Err("its reply does not say whose it is".to_owned())
            }
            Some(answer) => Ok((answer.status, answer.later)),
            None => Ok((ReplyStatus::NotShown, Vec::new())),
        };
    };
    match (reply_status(word, settings), answer.ok().flatten()) {
        (
            Some(ReplyStatus::Answered(_)),
            Some(Answer { status: status @ ReplyStatus::Answered(_), later, .. }),
        ) => Ok((status, later)),
        (Some(status), _) => Ok((status, Vec::new())),
        (None, _) => Err("its reply status is an unknown word".to_owned()),
    }
}

const UNKNOWN_LABEL: &str = "whose its reply is, is said in an unknown word";

/// What the replies themselves show.
struct Answer {
    status: ReplyStatus,
    later: Vec<NaiveDateTime>,
    is_labelled: bool,
}

/// Whether and when the agency first answered, by the first reply that is its own, and when it did again; none
/// where the row has no replies at all.
fn answers(row: &Value, settings: &Platform) -> Result<Option<Answer>, String> {
    let endpoint = &settings.comments;
    let unanswered =
        Answer { status: ReplyStatus::Unanswered, later: Vec::new(), is_labelled: true };
    let replies = match wire::field(row, endpoint, "replies") {
        None => return Ok(wire::has_field(row, endpoint, "replies").then_some(unanswered)),
        Some(Value::Array(replies)) => replies,
        Some(_) => return Err("its replies are not a list".to_owned()),
    };
    let by_agency =
        |reply: &&Value| label(reply, settings).is_none_or(|label| is_agencys(label, settings));
    let mut own = replies.iter().filter(by_agency);
    let Some(first) = own.next() else {
        // Whose a reply is that is called otherwise, nobody knows.
        let mut labels = replies.iter().filter_map(|reply| label(reply, settings));
        let all_known = labels.all(|label| names(label, &settings.citizen_words));
        return if all_known { Ok(Some(unanswered)) } else { Err(UNKNOWN_LABEL.to_owned()) };
    };
    let is_labelled = label(first, settings).is_some();
    let moment = |reply| wire::moment(reply, endpoint, "reply_created");
    let status = moment(first).map(ReplyStatus::Answered)?;
    let later = own.filter_map(|reply| moment(reply).ok().flatten()).collect();
    Ok(Some(Answer { status, later, is_labelled }))
}

/// Whether the rows of a thread show which reply is the agency's.
pub(super) fn label_replies(rows: &[Value], settings: &Platform) -> bool {
    let endpoint = &settings.comments;
    let replies = |row| wire::field(row, endpoint, "replies").and_then(Value::as_array);
    let by_agency =
        |reply: &Value| label(reply, settings).is_some_and(|label| is_agencys(label, settings));
    rows.iter().filter_map(replies).flatten().any(by_agency)
}

/// Whose a reply is, as the platform says it.
fn label<'r>(reply: &'r Value, settings: &Platform) -> Option<&'r str> {
    wire::text(reply, &settings.comments, "reply_label")
}

fn is_agencys(label: &str, settings: &Platform) -> bool {
    names(label, &settings.agency_words) && !names(label, &settings.citizen_words)
}

/// Whether a label holds one of these words.
fn names(label: &str, words: &[String]) -> bool {
    words.iter().any(|word| label.contains(word.as_str()))
}

/// A request's row.
pub(super) fn request(
    row: &Value,
    settings: &Platform,
    position: usize,
) -> Result<SeenCase, RowFault> {
    let endpoint = &settings.requests;
    let sid = id(row, endpoint, "sid", position)?;
    let name = format!("sid {sid}");
    let title = required(row, endpoint, "title", &name)?;
    let posted_at = wire::moment(row, endpoint, "created").map_err(|text| fault(&name, &text))?;
    let agency = wire::text(row, endpoint, "agency").unwrap_or_default().to_owned();
    let assignment = match wire::text(row, endpoint, "assignment") {
        Some(word) => assignment(word, settings)
            .ok_or_else(|| fault(&name, "its assignment is an unknown word"))?,
        None if agency.is_empty() => Assignment::Awaited,
        None => Assignment::Made(None),
    };
    let reply = match wire::text(row, endpoint, "status") {
        Some(word) => reply_status(word, settings)
            .ok_or_else(|| fault(&name, "its reply status is an unknown word"))?,
        None => return Err(fault(&name, "it has no reply status")),
    };
    let owes_an_answer = matches!(reply, ReplyStatus::Unanswered | ReplyStatus::AskedAgain);
    if owes_an_answer && agency.is_empty() && matches!(assignment, Assignment::Made(_)) {
        return Err(fault(&name, "it was given to an agency, and does not say to which"));
    }
    let base = settings.request_page.replace("{base_url}", &settings.base_url);
    Ok(SeenCase {
        number: CaseNumber::of_request(sid),
        kind: CaseKind::Request,
        title,
        agency,
        dataset: None,
        url: base.replace("{sid}", &sid.to_string()),
        posted_at,
        assignment,
        reply,
        later_answers: Vec::new(),
    })
}

/// 回復狀態 as a word of the platform.
pub(in crate::intake) fn reply_status(word: &str, settings: &Platform) -> Option<ReplyStatus> {
    let is_in = |words: &[String]| words.iter().any(|known| known == word.trim());
    if is_in(&settings.asked_again_words) {
        Some(ReplyStatus::AskedAgain)
    } else if is_in(&settings.answered_words) {
        Some(ReplyStatus::Answered(None))
    } else if is_in(&settings.unanswered_words) {
        Some(ReplyStatus::Unanswered)
    } else {
        None
    }
}

/// 分派狀態 as a word of the platform.
pub(in crate::intake) fn assignment(word: &str, settings: &Platform) -> Option<Assignment> {
    let is_in = |words: &[String]| words.iter().any(|known| known == word.trim());
    if is_in(&settings.assigned_words) {
        Some(Assignment::Made(None))
    } else if is_in(&settings.unassigned_words) {
        Some(Assignment::Awaited)
    } else {
        None
    }
}

pub(super) fn id(
    row: &Value,
    endpoint: &Endpoint,
    name: &str,
    position: usize,
) -> Result<u64, RowFault> {
    let value = wire::field(row, endpoint, name).and_then(wire::number);
    value.ok_or_else(|| fault(&format!("row {position}"), &format!("`{name}` is not a number")))
}

pub(super) fn required(
    row: &Value,
    endpoint: &Endpoint,
    name: &str,
    of: &str,
) -> Result<String, RowFault> {
    let text = wire::text(row, endpoint, name).map(ToOwned::to_owned);
    text.ok_or_else(|| fault(of, &format!("`{name}` is not a text")))
}

pub(super) fn fault(row: &str, fault: &str) -> RowFault {
    RowFault { row: row.to_owned(), fault: fault.to_owned() }
}
