use std::time::Duration;

use super::*;
use crate::config::secrets::Environment;
use crate::domain::duty::About;
use crate::domain::observation::{Assignment, ReplyStatus};
use crate::intake::SeenDataset;

const COMMENTS: &str = "ID,發表時間,標題,資料集名稱,回復狀態\r\n\
    558380,2024-11-06 14:42,無法下載,勞保統計,未回復\r\n\
    558381,2024-11-07 09:00,欄位不明,別部資料,已回復\r\n\
    558382,2024-11-07 10:00,亂碼,別部資料,處理中\r\n";
const REQUESTS: &str = "ID,開放建議標題,瀏覽次數,建議者,發表日期,實際派發機關,分派狀態,回復狀態\n\
    136936,希望開放,12,K****e,2015-12-05,勞動部勞工保險局,已分派,再回復\n\
    136937,另一件,3,W****g,2015-12-06,,,未回復\n\
    x,壞列,3,W****g,2015-12-06,,,未回復\n";

fn folder(dir: &Path) -> Folder {
    let config = crate::config::load(None, &Environment::default()).unwrap().config;
    let settings = settings::Folder {
        path: Some(dir.to_owned()),
        file_limit_bytes: 10_000,
        settle: Duration::ZERO,
    };
    Folder::new(&settings, &config.platform)
}

fn watch() -> Watch {
    let dataset = SeenDataset {
        nid: 6100,
        title: "勞保統計".to_owned(),
        agency: "勞動部勞工保險局".to_owned(),
        comments: 1,
        read_at: None,
        about: About::default(),
        is_gone: false,
    };
    Watch { datasets: vec![dataset], ..Watch::default() }
}

#[track_caller]
fn read(name: &str, bytes: &[u8]) -> ReadFile {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), bytes).unwrap();
    let mut files = folder(dir.path()).look(&watch()).unwrap();
    assert_eq!(files.len(), 1, "{name}");
    files.remove(0)
}

#[track_caller]
fn check_comments(file: &ReadFile) {
    assert_eq!(file.trouble, None);
    let seen = &file.observation.seen;
    let numbers: Vec<_> = seen.iter().map(|case| case.number.as_str()).collect();
    assert_eq!(numbers, ["C-558380", "C-558382"], "an answered stranger is left out");
    assert_eq!(seen[0].agency, "勞動部勞工保險局");
    assert_eq!(seen[0].dataset.as_ref().unwrap().nid, 6100);
    assert_eq!(seen[0].title, "無法下載");
    assert_eq!(seen[1].agency, "", "a person will sort it");
    assert_eq!(seen[0].posted_at.unwrap().to_string(), "2024-11-06 14:42:00");
}

#[test]
fn a_list_of_comments_is_read_in_every_form() {
    check_comments(&read("list.csv", COMMENTS.as_bytes()));
    check_comments(&read("list.csv", format!("\u{feff}{COMMENTS}").as_bytes()));
    let (big5, _, _) = encoding_rs::BIG5.encode(COMMENTS);
    check_comments(&read("list.csv", &big5));
    let rows = [
        ("558380", "2024-11-06 14:42", "無法下載", "勞保統計", "未回復"),
        ("558382", "2024-11-07 10:00", "亂碼", "別部資料", "處理中"),
    ];
    let json: Vec<_> = rows
        .iter()
        .map(|(id, at, title, dataset, status)| {
            serde_json::json!({"ID": id, "發表時間": at, "標題": title, "資料集名稱": dataset,
                "回復狀態": status})
        })
        .collect();
    check_comments(&read("list.json", serde_json::json!({"data": json}).to_string().as_bytes()));
    let row = |(id, at, title, dataset, status): &(&str, &str, &str, &str, &str)| {
        format!(
            "<row><ID>{id}</ID><發表時間>{at}</發表時間><標題><![CDATA[{title}]]></標題>\
             <資料集名稱>{dataset}</資料集名稱><回復狀態>{status}</回復狀態></row>"
        )
    };
    let xml: String = rows.iter().map(row).collect();
    let xml = format!("<?xml version=\"1.0\"?><list>{xml}</list>");
    check_comments(&read("list.xml", xml.as_bytes()));
}

#[test]
fn a_list_of_requests_is_told_by_its_columns_and_a_bad_row_is_one_fault() {
    let file = read("list.csv", REQUESTS.as_bytes());
    let seen = &file.observation.seen;
    assert_eq!(seen[0].number.as_str(), "S-136936");
    assert_eq!(
        (seen[0].reply, seen[0].assignment),
        (ReplyStatus::AskedAgain, Assignment::Made(None))
    );
    assert_eq!(seen[1].assignment, Assignment::Awaited);
    assert_eq!(file.observation.faults.len(), 1);
    assert_eq!(file.observation.faults[0].row, "row 4");
    assert_eq!(file.trouble, None);
}

#[test]
fn what_is_no_list_is_a_trouble_that_says_what_to_do() {
    let trouble = |name: &str, bytes: &[u8]| read(name, bytes).trouble.unwrap();
    assert!(trouble("a.csv", b"a,b\n1,2\n").contains("A、B"));
    assert!(trouble("a.csv", b"").contains("no rows"));
    assert!(trouble("a.json", b"{\"a\": [1").contains("not JSON"));
    assert!(trouble("a.json", b"{}").contains("no list"));
    assert!(trouble("a.xml", b"<a><b></a>").contains("not XML"));
    assert!(trouble("a.csv", &[0xff, 0xfe, 0xff]).contains("UTF-8"));
    assert!(trouble("a.csv", &vec![b'x'; 20_000]).contains("larger"));
    assert!(trouble("a.csv", "ID,標題,回復狀態\n1,題,誰知道\n".as_bytes()).contains("row 2"));
}

#[test]
fn a_file_is_moved_out_of_the_way_with_a_note_where_it_failed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    for _ in 0..2 {
        std::fs::write(dir.path().join("good.csv"), COMMENTS).unwrap();
        std::fs::write(dir.path().join("bad.csv"), "a\n1\n").unwrap();
        for file in folder.look(&watch()).unwrap() {
            folder.finish(&file).unwrap();
        }
    }
    for name in ["done/good.csv", "done/2-good.csv", "failed/bad.csv", "failed/2-bad.csv.txt"] {
        assert!(dir.path().join(name).exists(), "{name}");
    }
    assert!(folder.look(&watch()).unwrap().is_empty());
}

#[test]
fn unfinished_files_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".hidden.csv", "~lock.csv", "a.part", "b.swp", "c.csv~"] {
        std::fs::write(dir.path().join(name), COMMENTS).unwrap();
    }
    assert!(folder(dir.path()).look(&watch()).unwrap().is_empty());
    std::fs::write(dir.path().join("list.csv"), COMMENTS).unwrap();
    let mut patient = folder(dir.path());
    patient.settings.settle = Duration::from_hours(1);
    assert!(patient.look(&watch()).unwrap().is_empty(), "it may still be written to");
}
