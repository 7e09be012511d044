//! The platform on the wire: what it answers, and what is made of it.

mod requests;
mod shown;
mod takedowns;

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::comments::SILENT_AT_MOST;
use super::*;
use crate::config::secrets::Environment;
use crate::domain::case::{CaseKind, CaseNumber};
use crate::domain::duty::About;
use crate::domain::observation::{Assignment, Reading, ReplyStatus};
use crate::intake::{Shown, WatchedCase};

const AGENCY: &str = "勞動部勞工保險局";
const DATASETS: &str = "/api/front/dataset/list";
const COMMENTS: &str = "/api/front/comment/detail";
const REQUESTS: &str = "/suggests";

fn settings(server: &MockServer) -> settings::Platform {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let defaults = crate::config::load(None, &Environment::default()).unwrap().config.platform;
    settings::Platform {
        base_url: server.uri(),
        pause: Duration::ZERO,
        retry_after: Duration::from_millis(1),
        retries: 1,
        request_timeout: Duration::from_millis(500),
        ..defaults
    }
}

fn watch() -> Watch {
    let agency = Agency { name: AGENCY.to_owned(), aliases: Vec::new(), seat: None };
    Watch {
        agencies: vec![agency],
        now: "2026-03-02T01:00:00Z".parse().unwrap(),
        ..Watch::default()
    }
}

fn watching(number: &str, dataset: Option<u64>) -> Watch {
    let kind = if number.starts_with('C') { CaseKind::Comment } else { CaseKind::Request };
    let number = CaseNumber::parse(number).unwrap();
    Watch { open: vec![WatchedCase { number, kind, dataset }], ..watch() }
}

fn dataset(nid: u64, agency: &str, comments: u64) -> Value {
    json!({ "nid": nid, "title": "勞保統計", "agency_name": agency, "comment_quantity": comments })
}

fn comment(cid: u64) -> Value {
    json!({ "cid": cid, "pid": 0, "title": "題", "created": "2026-03-01 10:00", "reply": [] })
}

fn request(sid: u64, agency: &str, status: &str) -> Value {
    let assigned = if agency.is_empty() { "未分派" } else { "已分派" };
    json!({
        "sid": sid, "title": "希望開放", "created": "2026-02-28", "agency_name": agency,
        "assign_status": assigned, "reply_status": status,
    })
}

fn listing(rows: &[Value]) -> Value {
    json!({ "payload": { "search_result": rows, "search_count": rows.len() } })
}

fn thread(rows: &[Value]) -> Value {
    json!({ "payload": { "results": rows } })
}

async fn answer(server: &MockServer, at: &str, response: ResponseTemplate) {
    Mock::given(path(at)).respond_with(response).with_priority(5).mount(server).await;
}

async fn answer_json(server: &MockServer, at: &str, document: Value) {
    answer(server, at, ResponseTemplate::new(200).set_body_json(document)).await;
}

/// One dataset with one comment, and no request.
async fn ordinary() -> MockServer {
    showing(dataset(6100, AGENCY, 1), &[comment(558_380)]).await
}

async fn look(server: &MockServer, watch: &Watch) -> Look {
    Platform::new(&settings(server)).unwrap().look(watch).await
}

fn numbers(look: &Look) -> Vec<&str> {
    look.observation.seen.iter().map(|case| case.number.as_str()).collect()
}

/// The look saw nothing missing, and says this trouble.
#[track_caller]
fn check_trouble(look: &Look, expected: &str) {
    let said: Vec<String> =
        look.troubles.iter().map(|t| format!("{}: {}", t.what, t.error)).collect();
    assert!(said.iter().any(|said| said.contains(expected)), "{expected}: {said:?}");
    assert_eq!(look.observation.missing, [], "{expected}");
}

#[tokio::test]
async fn comments_and_requests_of_our_agencies_are_seen() {
    let server = MockServer::start().await;
    let rows = [request(136_937, "", "未回復"), request(136_936, AGENCY, "已回復")];
    answer_json(&server, DATASETS, listing(&[dataset(6100, AGENCY, 2), dataset(7, "內政部", 3)]))
        .await;
    let answered = json!({
        "cid": 558_381, "pid": 0, "title": "題", "created": "2026-03-01 11:00",
        "reply": [
            { "label": "民眾回復", "created": "2026-03-01 12:00" },
            { "label": "機關回復", "created": "2026-03-01 13:00" },
            { "label": "民眾回復", "created": "2026-03-01 14:00" },
            { "label": "機關回復", "created": "2026-03-02 08:00" },
        ],
    });
    answer_json(&server, COMMENTS, thread(&[comment(558_380), answered])).await;
    answer_json(&server, REQUESTS, listing(&rows)).await;
    let look = look(&server, &watch()).await;
    assert_eq!(look.troubles.len(), 0, "{:?}", look.troubles);
    assert_eq!(numbers(&look), ["C-558380", "C-558381", "S-136937", "S-136936"]);
    let [open, answered, awaited, closed] = &look.observation.seen[..] else { panic!() };
    assert_eq!(open.reply, ReplyStatus::Unanswered);
    assert_eq!(open.agency, AGENCY);
    assert_eq!(open.url, format!("{}/dataset/6100", server.uri()));
    let first = "2026-03-01T13:00:00".parse().unwrap();
    assert_eq!(answered.reply, ReplyStatus::Answered(Some(first)), "not the citizen's own");
    assert_eq!(answered.later_answers, ["2026-03-02T08:00:00".parse().unwrap()]);
    assert_eq!(awaited.assignment, Assignment::Awaited);
    assert_eq!(
        (closed.assignment, closed.reply),
        (Assignment::Made(None), ReplyStatus::Answered(None))
    );
    assert_eq!(look.datasets.len(), 1, "another ministry's dataset is not remembered");
}

#[tokio::test]
async fn every_page_is_asked_for_in_turn() {
    let server = MockServer::start().await;
    for (page, nid) in [(1, 6100), (2, 6101), (3, 6102)] {
        let document = json!({
            "payload": { "search_result": [dataset(nid, AGENCY, 0)], "search_count": 3 },
        });
        Mock::given(path(DATASETS))
            .and(body_string_contains(format!("\"page_num\":{page},")))
            .respond_with(ResponseTemplate::new(200).set_body_json(document))
            .expect(1)
            .mount(&server)
            .await;
    }
    let first = [request(3, AGENCY, "未回復"), request(2, AGENCY, "未回復")];
    for (page, rows) in [("1", &first[..]), ("2", &[request(1, AGENCY, "未回復")][..])] {
        let document = json!({ "payload": { "search_result": rows, "search_count": 3 } });
        Mock::given(path(REQUESTS))
            .and(query_param("p", page))
            .respond_with(ResponseTemplate::new(200).set_body_json(document))
            .expect(1)
            .mount(&server)
            .await;
    }
    answer_json(&server, COMMENTS, thread(&[])).await;
    let look = look(&server, &watch()).await;
    assert_eq!(look.troubles.len(), 0, "{:?}", look.troubles);
    assert_eq!(look.datasets.iter().map(|d| d.nid).collect::<Vec<_>>(), [6100, 6101, 6102]);
    assert_eq!(numbers(&look), ["S-3", "S-2", "S-1"]);
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let server = ordinary().await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(listing(&[request(136_936, AGENCY, "未回復")]).to_string().as_bytes()).unwrap();
    let response = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(gzip.finish().unwrap(), "application/json");
    Mock::given(path(REQUESTS))
        .and(header_exists("accept-encoding"))
        .respond_with(response)
        .with_priority(1)
        .mount(&server)
        .await;
    let look = look(&server, &watch()).await;
    assert_eq!(numbers(&look), ["C-558380", "S-136936"]);
}

#[tokio::test]
async fn an_answer_of_another_shape_is_a_trouble_and_proves_nothing() {
    let html =
        || ResponseTemplate::new(200).set_body_raw("<!doctype html><h1>維護</h1>", "text/html");
    let raw = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/plain");
    let json = |document: Value| ResponseTemplate::new(200).set_body_json(document);
    let big5 =
        ResponseTemplate::new(200).set_body_raw(b"{\"payload\":\"\xb3\xcd\"}".to_vec(), "x/y");
    let strangers = json!({ "nid": 6101, "cid": 558_380, "title": "題", "reply": [] });
    let nameless = json!({ "cid": 558_380, "pid": 0, "created": "2026-03-01 10:00" });
    for (at, response, expected) in [
        (DATASETS, html(), "got HTML"),
        (COMMENTS, html(), "got HTML"),
        (REQUESTS, html(), "got HTML"),
        (COMMENTS, raw(""), "got an empty answer"),
        (COMMENTS, raw("{\"payload\":{\"results\":[{\"cid\":5"), "breaks off"),
        (COMMENTS, raw("maintenance"), "got 11 bytes of something else"),
        (COMMENTS, big5, "not valid UTF-8"),
        (
            COMMENTS,
            json(json!({ "payload": {} })),
            "expected a list at /payload/results, got nothing",
        ),
        (COMMENTS, json(json!({ "payload": { "results": "none" } })), "got a text"),
        (COMMENTS, json(thread(&[])), "there are comments, but none is shown"),
        (COMMENTS, json(thread(&[nameless])), "none of 1 rows could be read"),
        (COMMENTS, json(thread(&[strangers])), "under another dataset than the one asked for"),
        (DATASETS, json(listing(&[json!({ "id": 1 })])), "none of 1 rows could be read"),
        (COMMENTS, raw(&"x".repeat(10_000_000)), "larger than 8000000 bytes"),
    ] {
        let server = ordinary().await;
        Mock::given(path(at)).respond_with(response).with_priority(1).mount(&server).await;
        // The answer that is looked for stands in another list than the broken one.
        let watch = watching(if at == REQUESTS { "C-1" } else { "S-1" }, Some(6100));
        let look = look(&server, &watch).await;
        check_trouble(&look, expected);
        let changed = |t: &Trouble| matches!(t.error, SourceError::Changed(_));
        assert!(look.troubles.iter().any(changed), "{expected}");
    }
}

#[tokio::test]
async fn an_empty_list_where_there_was_something_is_a_trouble() {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[])).await;
    answer_json(&server, COMMENTS, thread(&[])).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    let seen = SeenDataset {
        nid: 6100,
        title: "勞保統計".to_owned(),
        agency: AGENCY.to_owned(),
        comments: 1,
        reading: Reading::default(),
        about: About::default(),
        is_gone: false,
    };
    let known = Watch { datasets: vec![seen], ..watch() };
    check_trouble(&look(&server, &known).await, "1 datasets were known and none is listed");
    let open = watching("S-136936", None);
    check_trouble(&look(&server, &open).await, "1 requests are open and none is listed");
}

#[tokio::test]
async fn filters_that_are_ignored_are_a_trouble() {
    let server = ordinary().await;
    let strangers: Vec<Value> = (1..=50).map(|nid| dataset(nid, "內政部", 0)).collect();
    let document = json!({ "payload": { "search_result": strangers, "search_count": 53_000 } });
    let response = ResponseTemplate::new(200).set_body_json(document);
    Mock::given(path(DATASETS)).respond_with(response).with_priority(1).mount(&server).await;
    check_trouble(&look(&server, &watch()).await, "the filters seem ignored");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_one_fault_with_its_id() {
    let server = ordinary().await;
    let untitled = json!({ "cid": 558_379, "pid": 0, "created": "2026-03-01 09:00" });
    let undated = json!({ "cid": 558_378, "pid": 0, "title": "題", "created": "昨天" });
    let rows = [comment(558_380), untitled, undated, json!({ "title": "題" })];
    let response = ResponseTemplate::new(200).set_body_json(thread(&rows));
    Mock::given(path(COMMENTS)).respond_with(response).with_priority(1).mount(&server).await;
    let look = look(&server, &watching("C-558379", Some(6100))).await;
    assert_eq!(numbers(&look), ["C-558380"]);
    let rows: Vec<&str> = look.observation.faults.iter().map(|f| f.row.as_str()).collect();
    assert_eq!(rows, ["cid 558379", "cid 558378", "row 4"]);
    assert_eq!(look.observation.missing, [], "it is there, though it cannot be read");
    assert_eq!(look.troubles.len(), 0, "{:?}", look.troubles);
}

#[tokio::test]
async fn what_is_not_shown_where_it_belongs_is_missing() {
    let server = ordinary().await;
    let look_for_comment = look(&server, &watching("C-558379", Some(6100))).await;
    assert_eq!(look_for_comment.observation.missing, [CaseNumber::of_comment(558_379)]);
    let others = listing(&[request(136_937, "內政部", "未回復"), request(5, "內政部", "未回復")]);
    let response = ResponseTemplate::new(200).set_body_json(others);
    Mock::given(path(REQUESTS)).respond_with(response).with_priority(1).mount(&server).await;
    let look_for_request = look(&server, &watching("S-136936", None)).await;
    assert_eq!(look_for_request.observation.missing, [CaseNumber::of_request(136_936)]);
}

#[tokio::test]
async fn a_request_given_to_others_is_seen_while_it_is_open() {
    let server = ordinary().await;
    let rows = listing(&[request(136_936, "內政部", "未回復"), request(5, "內政部", "未回復")]);
    let response = ResponseTemplate::new(200).set_body_json(rows);
    Mock::given(path(REQUESTS)).respond_with(response).with_priority(1).mount(&server).await;
    let look = look(&server, &watching("S-136936", None)).await;
    assert_eq!(numbers(&look), ["C-558380", "S-136936"]);
}

#[tokio::test]
async fn a_passing_refusal_is_tried_again_and_others_are_not() {
    for (status, times) in [(429, 2), (500, 2), (503, 2), (403, 1), (404, 1)] {
        let server = ordinary().await;
        Mock::given(path(COMMENTS))
            .respond_with(ResponseTemplate::new(status).insert_header("retry-after", "0"))
            .with_priority(1)
            .expect(times)
            .mount(&server)
            .await;
        check_trouble(&look(&server, &watch()).await, &format!("answered {status}"));
    }
}

#[tokio::test]
async fn a_refusal_that_passes_costs_nothing() {
    let server = ordinary().await;
    Mock::given(path(COMMENTS))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    assert_eq!(numbers(&look(&server, &watch()).await), ["C-558380"]);
}

#[tokio::test]
async fn a_long_wait_is_left_to_the_next_look() {
    let server = ordinary().await;
    Mock::given(path(COMMENTS))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "600"))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    check_trouble(&look(&server, &watch()).await, "answered 429");
}

#[tokio::test]
async fn comments_that_are_never_answered_do_not_hold_up_the_look_for_hours() {
    let server = MockServer::start().await;
    let datasets: Vec<Value> = (1..=15).map(|nid| dataset(nid, AGENCY, 1)).collect();
    answer_json(&server, DATASETS, listing(&datasets)).await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    answer(&server, COMMENTS, late).await;
    answer_json(&server, REQUESTS, listing(&[request(1, AGENCY, "未回復")])).await;
    let settings = settings::Platform {
        retries: 0,
        request_timeout: Duration::from_millis(50),
        ..settings(&server)
    };
    let platform = Platform::new(&settings).unwrap();
    let look = platform.look(&watch()).await;
    assert_eq!(look.troubles.len(), SILENT_AT_MOST, "{:?}", look.troubles);
    assert_eq!(look.observation.seen.len(), 1, "the requests were read all the same");
    assert!(look.is_cut_short && look.comments_unread);
    let known = Watch { datasets: look.datasets, ..watch() };
    let next = platform.look(&known).await;
    assert_eq!(next.troubles[0].what, "comments of dataset 11", "it goes on where it gave up");
}

#[tokio::test]
async fn a_silent_server_is_given_up_after_its_first_address() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(5)))
        .expect(2)
        .mount(&server)
        .await;
    check_trouble(&look(&server, &watch()).await, "no answer: timed out");
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let server = ordinary().await;
    let full = ResponseTemplate::new(200)
        .insert_header("etag", "\"7\"")
        .set_body_json(listing(&[request(136_936, AGENCY, "未回復")]));
    Mock::given(path(REQUESTS)).respond_with(full).with_priority(2).expect(1).mount(&server).await;
    Mock::given(path(REQUESTS))
        .and(header("if-none-match", "\"7\""))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    let platform = Platform::new(&settings(&server)).unwrap();
    let first = platform.look(&watch()).await;
    let second = platform.look(&watch()).await;
    assert_eq!(numbers(&first), numbers(&second));
}

#[tokio::test]
async fn a_dataset_without_news_is_not_read_again() {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[dataset(6100, AGENCY, 1)])).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    Mock::given(path(COMMENTS))
        .respond_with(ResponseTemplate::new(200).set_body_json(thread(&[comment(558_380)])))
        .expect(1)
        .mount(&server)
        .await;
    let quiet = settings::Platform { sweep_datasets: 0, ..settings(&server) };
    let platform = Platform::new(&quiet).unwrap();
    let first = platform.look(&watch()).await;
    let second = platform.look(&Watch { datasets: first.datasets.clone(), ..watch() }).await;
    assert_eq!(numbers(&second), [""; 0]);
    assert_eq!(second.datasets, first.datasets, "it stays remembered as read");
}

fn without(mut row: Value, field: &str) -> Value {
    row.as_object_mut().unwrap().remove(field);
    row
}

/// One dataset, its comments, and no request, answered first of all.
async fn showing(dataset: Value, comments: &[Value]) -> MockServer {
    showing_all(&[dataset], thread(comments)).await
}

/// Several datasets, of which each has the same comments.
async fn showing_all(datasets: &[Value], comments: Value) -> MockServer {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(datasets)).await;
    answer_json(&server, COMMENTS, comments).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    server
}

#[tokio::test]
async fn a_list_that_breaks_off_is_a_trouble() {
    let rows = || [request(136_937, "內政部", "未回復"), request(5, "內政部", "未回復")];
    for (at, rows) in [(DATASETS, vec![dataset(6100, AGENCY, 1)]), (REQUESTS, rows().to_vec())] {
        let server = ordinary().await;
        let document = json!({ "payload": { "search_result": rows, "search_count": 3 } });
        let response = ResponseTemplate::new(200).set_body_json(document);
        Mock::given(path(at))
            .respond_with(response)
            .up_to_n_times(1)
            .with_priority(1)
            .mount(&server)
            .await;
        let empty = json!({ "payload": { "search_result": [], "search_count": 3 } });
        let response = ResponseTemplate::new(200).set_body_json(empty);
        Mock::given(path(at)).respond_with(response).with_priority(2).mount(&server).await;
        let look = look(&server, &watching("S-1", Some(6100))).await;
        check_trouble(&look, "the list breaks off after");
        assert!(at == REQUESTS || look.listed.is_none(), "no dataset is taken for unlisted");
    }
}

#[tokio::test]
async fn a_dataset_said_to_have_no_comment_is_read_in_its_turn() {
    for thread in [thread(&[comment(558_380)]), json!({ "payload": null }), thread(&[]), json!("")]
    {
        let server = MockServer::start().await;
        let datasets = [dataset(6100, AGENCY, 0), dataset(6101, AGENCY, 0)];
        answer_json(&server, DATASETS, listing(&datasets)).await;
        answer_json(&server, REQUESTS, listing(&[])).await;
        let expected =
            if thread.to_string().contains("558380") { vec!["C-558380"] } else { vec![] };
        answer_json(&server, COMMENTS, thread).await;
        let one = settings::Platform { sweep_datasets: 1, ..settings(&server) };
        let platform = Platform::new(&one).unwrap();
        let first = platform.look(&watch()).await;
        assert_eq!(first.troubles.len(), 0, "{:?}", first.troubles);
        assert_eq!(numbers(&first), expected);
        let read =
            |look: &Look| look.datasets.iter().filter(|d| d.reading.read_at.is_some()).count();
        let known = Watch { datasets: first.datasets.clone(), ..watch() };
        assert_eq!((read(&first), read(&platform.look(&known).await)), (1, 2));
    }
}

#[tokio::test]
async fn a_dataset_with_a_case_of_ours_is_never_taken_for_one_without_comments() {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[dataset(6100, AGENCY, 0)])).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    answer_json(&server, COMMENTS, json!({ "success": false })).await;
    check_trouble(&look(&server, &watching("C-1", Some(6100))).await, "got nothing");
    // Nor is any where no list says how many there are.
    let server = showing(without(dataset(6100, AGENCY, 0), "comment_quantity"), &[]).await;
    let response = ResponseTemplate::new(200).set_body_json(json!({ "success": false }));
    Mock::given(path(COMMENTS)).respond_with(response).with_priority(1).mount(&server).await;
    check_trouble(&look(&server, &watch()).await, "got nothing");
}

#[tokio::test]
async fn a_comment_that_shows_nothing_of_replies_is_seen() {
    let server = showing(dataset(6100, AGENCY, 1), &[without(comment(558_380), "reply")]).await;
    let look = look(&server, &watch()).await;
    assert_eq!(look.observation.seen[0].reply, ReplyStatus::NotShown);
    assert_eq!((look.observation.faults.len(), look.troubles.len()), (0, 0));
}
