//! What the platform showed once and shows no longer, and whose a reply is.

use super::*;

/// Lists that do not say how many rows they have.
async fn uncounted_lists() -> MockServer {
    let server = MockServer::start().await;
    let list = |rows: &[Value]| json!({ "payload": { "search_result": rows } });
    answer_json(&server, DATASETS, list(&[dataset(6100, AGENCY, 1)])).await;
    answer_json(&server, COMMENTS, thread(&[comment(558_380)])).await;
    answer_json(&server, REQUESTS, list(&[request(136_936, AGENCY, "未回復")])).await;
    server
}

fn undated_comments() -> [Value; 2] {
    [558_380, 558_381].map(|cid| without(comment(cid), "created"))
}

async fn undated_requests() -> MockServer {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[])).await;
    let undated = [136_937, 136_936].map(|sid| without(request(sid, AGENCY, "未回復"), "created"));
    answer_json(&server, REQUESTS, listing(&undated)).await;
    server
}

fn having_shown(shown: &[Shown]) -> Watch {
    Watch { shown: shown.iter().copied().collect(), ..watch() }
}

#[tokio::test]
async fn what_was_shown_before_and_no_longer_is_is_a_trouble() {
    let uncounted = || without(dataset(6100, AGENCY, 1), "comment_quantity");
    let unlabelled = || {
        let reply = json!([{ "created": "2026-03-01 12:00" }]);
        json!({ "cid": 558_380, "title": "題", "created": "2026-03-01 10:00", "reply": reply })
    };
    for (what, server, expected) in [
        (Shown::CommentCounts, showing(uncounted(), &[]).await, "no row says how many comments"),
        (
            Shown::ReplyLabels,
            showing(dataset(6100, AGENCY, 1), &[unlabelled()]).await,
            "cid 558380: its reply does not say whose it is",
        ),
        (Shown::Requests, ordinary().await, "requests were listed before and none is"),
        (
            Shown::DatasetCount,
            uncounted_lists().await,
            "datasets of 勞動部勞工保險局: the platform changed: the list does not say any more",
        ),
        (
            Shown::RequestCount,
            uncounted_lists().await,
            "requests: the platform changed: the list does not say any more how many",
        ),
        (
            Shown::CommentDates,
            showing(dataset(6100, AGENCY, 2), &undated_comments()).await,
            "comments: the platform changed: none of them says when it was posted",
        ),
        (
            Shown::RequestDates,
            undated_requests().await,
            "requests: the platform changed: none of them says when it was posted",
        ),
    ] {
        check_trouble(&look(&server, &having_shown(&[what])).await, expected);
        let never = look(&server, &watch()).await;
        assert_eq!(never.troubles.len(), 0, "{what:?} was never shown: {:?}", never.troubles);
        assert!(!never.shown.contains(&what), "{:?}", never.shown);
    }
}

#[tokio::test]
async fn what_is_shown_is_remembered_at_once() {
    let answered = json!({
        "cid": 558_381, "title": "題", "created": "2026-03-01 10:00",
        "reply": [{ "label": "機關回復", "created": "2026-03-01 12:00" }],
    });
    let unlabelled = json!([{ "created": "2026-03-01 12:00" }]);
    let unlabelled = json!({
        "cid": 558_380, "title": "題", "created": "2026-03-01 10:00", "reply": unlabelled,
    });
    let server = showing(dataset(6100, AGENCY, 2), &[answered, unlabelled]).await;
    let look = look(&server, &watch()).await;
    let shown = [
        Shown::CommentCounts,
        Shown::ReplyLabels,
        Shown::DatasetCount,
        Shown::RequestCount,
        Shown::CommentDates,
    ];
    assert_eq!(look.shown, shown.into_iter().collect());
    assert_eq!(look.observation.faults[0].row, "cid 558380", "what others of the thread have");
    assert_eq!(
        look.datasets[0].reading.read_at, None,
        "it is read again, until it can be read whole"
    );
}

#[tokio::test]
async fn what_the_configuration_no_longer_looks_for_is_not_missed() {
    let server = showing(
        without(dataset(6100, AGENCY, 1), "comment_quantity"),
        &[without(comment(558_380), "reply")],
    )
    .await;
    let mut settings = settings(&server);
    let nowhere = || settings::Pointers(Vec::new());
    settings.datasets.fields.insert("comments".to_owned(), nowhere());
    let watch = having_shown(&[Shown::CommentCounts]);
    let look = Platform::new(&settings).unwrap().look(&watch).await;
    assert_eq!(look.troubles.len(), 0, "{:?}", look.troubles);
    assert_eq!(numbers(&look), ["C-558380"], "without counts every dataset is read in its turn");
}

#[tokio::test]
async fn one_that_is_odd_by_itself_is_a_case_all_the_same() {
    let undated = without(comment(558_380), "created");
    let server = showing(dataset(6100, AGENCY, 1), &[undated]).await;
    let dated = look(&server, &having_shown(&[Shown::CommentDates])).await;
    assert_eq!((numbers(&dated), dated.troubles.len()), (vec!["C-558380"], 0));
    // An empty list need not say that it is.
    let server = MockServer::start().await;
    let nothing = json!({ "payload": { "search_result": [] } });
    answer_json(&server, DATASETS, nothing.clone()).await;
    answer_json(&server, REQUESTS, nothing).await;
    let empty = look(&server, &having_shown(&[Shown::DatasetCount, Shown::RequestCount])).await;
    assert_eq!(empty.troubles.len(), 0, "{:?}", empty.troubles);
}

#[tokio::test]
async fn where_a_status_is_said_labels_decide_nothing() {
    let said = json!({
        "cid": 1, "title": "題", "created": "2026-03-01 10:00", "reply_status": "未回復",
        "reply": [{ "type": "comment", "created": "2026-03-01 12:00" }],
    });
    let server = showing(dataset(6100, AGENCY, 1), &[said]).await;
    let look = look(&server, &watch()).await;
    assert_eq!(
        (numbers(&look), look.observation.seen[0].reply),
        (vec!["C-1"], ReplyStatus::Unanswered)
    );
}

#[tokio::test]
async fn whose_a_reply_is_that_is_called_otherwise_nobody_knows() {
    let labelled = |cid: u64, label: &str| {
        json!({
            "cid": cid, "title": "題", "created": "2026-03-01 10:00",
            "reply": [{ "label": label, "created": "2026-03-01 12:00" }],
        })
    };
    let words = ["民眾留言", "平臺回復", "機關回覆", "民眾回復機關"];
    let rows: Vec<Value> = (1..).zip(words).map(|(cid, word)| labelled(cid, word)).collect();
    let server = showing(dataset(6100, AGENCY, 4), &rows).await;
    let look = look(&server, &watch()).await;
    assert_eq!(numbers(&look), ["C-3", "C-4"], "an unknown word answers nothing");
    let answered: Vec<bool> = (look.observation.seen.iter())
        .map(|seen| matches!(seen.reply, ReplyStatus::Answered(_)))
        .collect();
    assert_eq!(answered, [true, false], "whoever answers an agency is none");
    let faults: Vec<String> = look
        .observation
        .faults
        .iter()
        .map(|fault| format!("{}: {}", fault.row, fault.fault))
        .collect();
    let said = "whose its reply is, is said in an unknown word";
    assert_eq!(faults, [format!("cid 1: {said}"), format!("cid 2: {said}")]);
    assert_eq!(look.observation.missing, []);
}

#[tokio::test]
async fn a_request_given_to_several_agencies_is_ours_too() {
    let several = format!("衛生福利部、{AGENCY}");
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[])).await;
    answer_json(&server, REQUESTS, listing(&[request(136_936, &several, "未回復")])).await;
    let look = look(&server, &watch()).await;
    assert_eq!(numbers(&look), ["S-136936"]);
}

/// Two datasets with a comment each; those of the first are answered so.
async fn two_datasets(listed: &[Value], first: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(listed)).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    let (of_first, of_second) =
        (body_string_contains("nid=6100"), body_string_contains("nid=6200"));
    let second = ResponseTemplate::new(200).set_body_json(thread(&[comment(2)]));
    Mock::given(path(COMMENTS)).and(of_first).respond_with(first).mount(&server).await;
    Mock::given(path(COMMENTS)).and(of_second).respond_with(second).mount(&server).await;
    server
}

/// An open case of a dataset that an earlier look brought.
fn remembering(nid: u64) -> Watch {
    let known = SeenDataset {
        nid,
        title: "題".to_owned(),
        agency: AGENCY.to_owned(),
        comments: 1,
        reading: Reading::default(),
        about: About::default(),
        is_gone: false,
    };
    Watch { datasets: vec![known], ..watching("C-1", Some(nid)) }
}

#[tokio::test]
async fn what_is_wrong_with_one_dataset_is_not_wrong_with_the_platform() {
    let listed = [dataset(6100, AGENCY, 1), dataset(6200, AGENCY, 1)];
    let server = two_datasets(&listed, ResponseTemplate::new(404)).await;
    let look = look(&server, &remembering(6100)).await;
    check_trouble(&look, "comments of dataset 6100: answered 404");
    assert_eq!((look.grave().count(), numbers(&look)), (0, vec!["C-2"]));
}

#[tokio::test]
async fn one_dataset_s_failure_stays_said_while_others_have_their_turn() {
    let datasets: Vec<Value> = (6100..6112).map(|nid| dataset(nid, AGENCY, 1)).collect();
    let server = two_datasets(&datasets, ResponseTemplate::new(403)).await;
    let (platform, mut watch) = (Platform::new(&settings(&server)).unwrap(), watch());
    Mock::given(path(COMMENTS))
        .respond_with(ResponseTemplate::new(200).set_body_json(thread(&[comment(2)])))
        .with_priority(9)
        .mount(&server)
        .await;
    for minutes in 0..6 {
        let look = platform.look(&watch).await;
        check_trouble(&look, "comments of dataset 6100: answered 403");
        assert_eq!((look.troubles.len(), look.grave().count()), (1, 0), "{minutes}");
        remember(&mut watch, &look);
        // Its number did not change since it was read: only the sweep would ask for it now.
        if minutes == 0 {
            let known = remembering(6100).datasets.remove(0);
            watch.datasets.push(SeenDataset {
                reading: Reading::had(true, watch.now).failed(watch.now),
                ..known
            });
        }
    }
    let read: BTreeSet<_> =
        watch.datasets.iter().filter_map(|dataset| dataset.reading.read_at).collect();
    assert!(read.len() > 2, "the others had their turns meanwhile: {read:?}");
}

/// As the next look finds it.
fn remember(watch: &mut Watch, look: &Look) {
    for dataset in &look.datasets {
        watch.datasets.retain(|known| known.nid != dataset.nid);
        watch.datasets.push(dataset.clone());
    }
    watch.now += chrono::TimeDelta::minutes(10);
}

/// Datasets with a comment each, of which those from 6100 to 6199 answer with `status`.
async fn some_of_which_fail(nids: impl Iterator<Item = u64>, status: u16) -> MockServer {
    let datasets: Vec<Value> = nids.map(|nid| dataset(nid, AGENCY, 1)).collect();
    let server = showing_all(&datasets, thread(&[comment(2)])).await;
    Mock::given(path(COMMENTS))
        .and(body_string_contains("nid=61"))
        .respond_with(ResponseTemplate::new(status))
        .with_priority(1)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn however_many_datasets_fail_the_others_have_their_turns() {
    let nids = || (6100..6160).zip(6200..).take(60).flat_map(|(failing, well)| [failing, well]);
    let server = some_of_which_fail(nids(), 404).await;
    let platform = Platform::new(&settings(&server)).unwrap();
    let mut watch = watch();
    let begin = watch.now;
    for (nid, minutes) in nids().zip(0..) {
        let read_at = begin - chrono::TimeDelta::minutes(1000 - minutes);
        let known = remembering(nid).datasets.remove(0);
        watch.datasets.push(SeenDataset { reading: Reading::had(true, read_at), ..known });
    }
    for _ in 0..26 {
        let look = platform.look(&watch).await;
        assert_eq!(look.grave().count(), 0, "{:?}", look.troubles);
        remember(&mut watch, &look);
    }
    let is_read = |d: &&SeenDataset| d.reading.read_at.is_some_and(|at| at >= begin);
    assert_eq!(watch.datasets.iter().filter(is_read).count(), 60);
    let failing = watch.datasets.iter().filter(|d| d.reading.failing_since.is_some());
    assert_eq!(failing.count(), 60);
}

#[tokio::test]
async fn that_all_fail_stays_said_however_long_it_lasts() {
    let server = some_of_which_fail(6100..6160, 404).await;
    let platform = Platform::new(&settings(&server)).unwrap();
    let mut watch = watch();
    for nid in 6100..6160 {
        let known = remembering(nid).datasets.remove(0);
        watch.datasets.push(SeenDataset { reading: Reading::had(true, watch.now), ..known });
    }
    for look in 0..15 {
        let seen = platform.look(&watch).await;
        assert!(seen.comments_unread, "look {look}: {:?}", seen.troubles);
        remember(&mut watch, &seen);
    }
}

#[tokio::test]
async fn those_that_do_not_answer_for_long_do_not_cut_a_look_short_again_and_again() {
    let server = some_of_which_fail((6100..6112).chain(6200..6212), 503).await;
    let settings = settings::Platform { retries: 0, ..settings(&server) };
    let (platform, mut watch) = (Platform::new(&settings).unwrap(), watch());
    let first = platform.look(&watch).await;
    assert!(first.comments_unread, "nobody knows yet that it is not all of them");
    remember(&mut watch, &first);
    let second = platform.look(&watch).await;
    assert_eq!(second.grave().count(), 0, "{:?}", second.troubles);
    let read = second.datasets.iter().filter(|d| d.reading.read_at == Some(watch.now)).count();
    assert_eq!(read, 12);
}

#[tokio::test]
async fn witnesses_that_cannot_be_asked_say_nothing() {
    let server = some_of_which_fail([6100, 6200].into_iter(), 503).await;
    let platform = Platform::new(&settings(&server)).unwrap();
    for (nid, can_be_asked) in [(6100, false), (6200, true)] {
        let said = platform.threads(&remembering(nid), &[nid]).await;
        assert_eq!(said.is_some(), can_be_asked, "{nid}: {said:?}");
    }
}

#[tokio::test]
async fn what_is_not_taken_up_for_want_of_a_date_is_read_again() {
    let server = showing(dataset(6100, AGENCY, 2), &undated_comments()).await;
    let look = look(&server, &having_shown(&[Shown::CommentDates])).await;
    assert_eq!(numbers(&look), [""; 0]);
    assert_eq!(look.datasets[0].reading.read_at, None);
    let look = super::look(&undated_requests().await, &having_shown(&[Shown::RequestDates])).await;
    assert_eq!((numbers(&look).len(), look.requests_read), (0, false));
}

#[tokio::test]
async fn a_dataset_that_is_neither_listed_nor_there_took_its_cases_with_it() {
    let server = two_datasets(&[dataset(6200, AGENCY, 1)], ResponseTemplate::new(404)).await;
    let look = look(&server, &remembering(6100)).await;
    assert_eq!(look.troubles.len(), 0, "{:?}", look.troubles);
    assert_eq!(look.observation.missing, [CaseNumber::of_comment(1)]);
}

#[tokio::test]
async fn where_no_comments_can_be_read_nothing_is_taken_for_deleted() {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[dataset(6200, AGENCY, 1)])).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    answer(&server, COMMENTS, ResponseTemplate::new(404)).await;
    let look = look(&server, &remembering(6100)).await;
    check_trouble(&look, "comments of dataset 6100: answered 404");
    assert_eq!(look.grave().count(), 2);
}
