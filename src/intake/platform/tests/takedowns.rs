//! The lists that show what was taken down, on the wire.

use super::*;

const CHANGED: &str = "/api/front/dataset/changed/export";
const UNPUBLISHED: &str = "/datasets/unpublished";

fn row(nid: u64, word: &str) -> Value {
    json!({ "資料集識別碼": nid, "資料集名稱": "題", "提供機關": AGENCY, "資料集變動狀態": word })
}

async fn deleted(server: &MockServer) -> Result<Gone, SourceError> {
    let platform = Platform::new(&settings(server)).unwrap();
    platform.deleted_on("2026-03-02".parse().unwrap()).await
}

async fn unpublished(server: &MockServer) -> Result<Gone, SourceError> {
    Platform::new(&settings(server)).unwrap().unpublished().await
}

fn nids((gone, _): &Gone) -> Vec<Option<u64>> {
    gone.iter().map(|gone| gone.nid).collect()
}

#[track_caller]
fn check_changed(result: Result<Gone, SourceError>, expected: &str) {
    let error = result.unwrap_err();
    assert!(matches!(&error, SourceError::Changed(say) if say.contains(expected)), "{error}");
}

#[tokio::test]
async fn what_was_deleted_on_a_day_is_read_wherever_its_list_stands() {
    let rows = json!([row(1, "新增"), row(2, "刪除"), row(3, "修改")]);
    for document in [rows.clone(), json!({ "payload": rows }), json!({ "result": rows })] {
        let server = MockServer::start().await;
        let json = ResponseTemplate::new(200).set_body_json(document);
        let asked = Mock::given(path(CHANGED)).and(query_param("report_date", "2026-03-02"));
        asked.and(query_param("format", "json")).respond_with(json).mount(&server).await;
        let gone = deleted(&server).await.unwrap();
        assert_eq!((nids(&gone), gone.1.len()), (vec![Some(2)], 0));
        assert_eq!(gone.0[0].on.to_string(), "2026-03-02");
    }
    let server = MockServer::start().await;
    answer_json(&server, CHANGED, json!([])).await;
    assert_eq!(deleted(&server).await.unwrap().0, [], "a quiet day");
}

#[tokio::test]
async fn a_list_of_changes_of_another_shape_is_never_a_quiet_day() {
    for (document, expected) in [
        (json!({ "success": true }), "expected a list"),
        (json!("none"), "expected a list"),
        (json!([{ "nid": 1 }]), "none of 1 rows could be read; row 1: `status` is not a text"),
        (json!([row(1, "移除")]), "its status of change is an unknown word"),
    ] {
        let server = MockServer::start().await;
        answer_json(&server, CHANGED, document).await;
        check_changed(deleted(&server).await, expected);
    }
    let server = MockServer::start().await;
    answer_json(&server, CHANGED, json!([row(1, "移除"), row(2, "刪除")])).await;
    let gone = deleted(&server).await.unwrap();
    assert_eq!((nids(&gone), gone.1.len()), (vec![Some(2)], 1), "one fault for one row");
}

#[tokio::test]
async fn unpublished_datasets_are_read_by_name_and_an_empty_list_is_none() {
    let on = |day: &str| json!({ "下架日期": day, "資料集名稱": "題", "提供機關": AGENCY });
    let server = MockServer::start().await;
    answer_json(&server, UNPUBLISHED, listing(&[on("2026-03-02"), on("某日"), on("115-03-01")]))
        .await;
    let gone = unpublished(&server).await.unwrap();
    assert_eq!((nids(&gone), gone.1.len()), (vec![None, None], 1));
    let server = MockServer::start().await;
    answer_json(&server, UNPUBLISHED, listing(&[])).await;
    check_changed(unpublished(&server).await, "no unpublished dataset is listed");
    let server = MockServer::start().await;
    let html = ResponseTemplate::new(200).set_body_string("<!doctype html>");
    answer(&server, UNPUBLISHED, html).await;
    check_changed(unpublished(&server).await, "got HTML");
}

#[tokio::test]
async fn an_agency_whose_only_dataset_was_taken_down_is_no_trouble() {
    let server = MockServer::start().await;
    answer_json(&server, DATASETS, listing(&[])).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    let seen = SeenDataset {
        nid: 6100,
        title: "勞保統計".to_owned(),
        agency: AGENCY.to_owned(),
        comments: 0,
        reading: Reading::default(),
        about: About::default(),
        is_gone: true,
    };
    let gone = look(&server, &Watch { datasets: vec![seen.clone()], ..watch() }).await;
    assert!(gone.troubles.is_empty() && gone.listed == Some(Vec::new()), "{:?}", gone.troubles);
    let lost = SeenDataset { is_gone: false, ..seen };
    let lost = look(&server, &Watch { datasets: vec![lost], ..watch() }).await;
    check_trouble(&lost, "1 datasets were known and none is listed");
    assert_eq!(lost.listed, None);
}

#[tokio::test]
async fn what_the_list_shows_of_a_dataset_is_kept_where_it_does() {
    let server = ordinary().await;
    let plain = look(&server, &watch()).await;
    assert!(plain.datasets.iter().all(|d| d.about == About::default()));
    let server = MockServer::start().await;
    let mut shown = dataset(1, AGENCY, 0);
    shown["標章"] = "金".into();
    shown["更新頻率"] = "每月".into();
    shown["update_date"] = "2026-02-10 09:00".into();
    let mut odd = dataset(2, AGENCY, 0);
    odd["update_date"] = "不久前".into();
    answer_json(&server, DATASETS, listing(&[shown, odd])).await;
    answer_json(&server, COMMENTS, thread(&[])).await;
    answer_json(&server, REQUESTS, listing(&[])).await;
    let seen = look(&server, &watch()).await;
    let about = |nid| seen.datasets.iter().find(|d| d.nid == nid).unwrap().about.clone();
    assert_eq!(about(1).badge.as_deref(), Some("金"));
    assert_eq!(about(1).frequency.as_deref(), Some("每月"));
    assert_eq!(about(1).updated_on, "2026-02-10".parse().ok());
    assert_eq!((about(2).updated_on, seen.observation.faults.len()), (None, 0));
}
