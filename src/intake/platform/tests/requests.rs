//! The list of requests: whose they are, in which order they stand, and how far back it is read.

use super::*;

/// A platform without datasets, whose list of requests is `rows`, so many on a page.
async fn listing_requests(rows: &[Value], size: usize) -> MockServer {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[])).await;
    for (page, shown) in (1..).zip(rows.chunks(size)) {
        let document = json!({ "payload": { "search_result": shown, "search_count": rows.len() } });
        Mock::given(path(REQUESTS))
            .and(query_param("p", page.to_string()))
            .respond_with(ResponseTemplate::new(200).set_body_json(document))
            .mount(&server)
            .await;
    }
    server
}

/// Two rows a page, of which one page is read each time.
async fn look_briefly(server: &MockServer, watch: &Watch) -> Look {
    let settings = settings::Platform {
        request_page_size: 2,
        recent_request_pages: 1,
        max_pages: 3,
        ..settings(server)
    };
    Platform::new(&settings).unwrap().look(watch).await
}

#[tokio::test]
async fn a_list_that_no_longer_says_whose_a_request_is_has_changed() {
    let hidden = |status: &str| {
        let mut row = request(9, AGENCY, status);
        row["agency_name"] = json!({ "name": AGENCY });
        row
    };
    let server = listing_requests(&[hidden("已回復")], 2).await;
    check_trouble(&look(&server, &watch()).await, "no row says which agency has the request");

    let nobody_s = json!({ "sid": 9, "title": "希望開放", "reply_status": "未回復" });
    let server = listing_requests(&[nobody_s], 2).await;
    check_trouble(&look(&server, &watch()).await, "no row says which agency has the request");

    // One row of many is a fault of that row.
    let server = listing_requests(&[hidden("未回復"), request(8, AGENCY, "未回復")], 2).await;
    let look = look(&server, &watch()).await;
    assert_eq!((numbers(&look), look.troubles.len()), (vec!["S-8"], 0));
    let [fault] = &look.observation.faults[..] else { panic!("{look:?}") };
    assert_eq!(fault.row, "sid 9");
    assert!(fault.fault.contains("does not say to which"), "{fault:?}");
}

#[tokio::test]
async fn a_list_in_which_nobody_has_been_given_anything_is_as_it_should_be() {
    let server = listing_requests(&[request(9, "", "未回復")], 2).await;
    let look = look(&server, &watch()).await;
    assert_eq!((numbers(&look), look.troubles.len()), (vec!["S-9"], 0));
}

#[tokio::test]
async fn an_order_that_is_ignored_is_a_trouble_and_what_was_shown_is_taken() {
    let rows = [7, 8, 9].map(|sid| request(sid, AGENCY, "未回復"));
    let server = listing_requests(&rows, 2).await;
    let look = look_briefly(&server, &watching("S-7", None)).await;
    check_trouble(&look, "the requests do not stand newest first");
    assert_eq!(numbers(&look), ["S-7", "S-8"]);
    assert!(!look.requests_read);
}

#[tokio::test]
async fn requests_are_read_as_far_back_as_is_asked_for() {
    let rows = [9, 8, 7, 6, 5, 4, 3, 2].map(|sid| request(sid, AGENCY, "已回復"));
    let server = listing_requests(&rows, 2).await;
    let reaching = |sid| Watch { reach: Some(CaseNumber::of_request(sid)), ..watch() };
    for (watch, expected) in [
        (watch(), vec!["S-9", "S-8"]),
        (reaching(6), vec!["S-9", "S-8", "S-7", "S-6"]),
        // Not to be met within the pages that are read at most; it need not be.
        (reaching(1), vec!["S-9", "S-8", "S-7", "S-6", "S-5", "S-4"]),
    ] {
        let look = look_briefly(&server, &watch).await;
        assert_eq!(look.troubles.len(), 0, "{:?}", look.troubles);
        assert_eq!(numbers(&look), expected);
        assert!(look.requests_read);
    }
}

#[tokio::test]
async fn requests_are_read_whatever_is_wrong_with_another_list() {
    let server = listing_requests(&[request(9, AGENCY, "未回復")], 2).await;
    let html = ResponseTemplate::new(200).set_body_raw("<!doctype html>", "text/html");
    Mock::given(path(DATASETS)).respond_with(html).with_priority(1).mount(&server).await;
    let look = look(&server, &watch()).await;
    check_trouble(&look, "got HTML");
    assert!(look.requests_read);
}
