use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::*;
use crate::config::secrets::Environment;
use crate::domain::duty::About;
use crate::domain::observation::{Assignment, Reading, ReplyStatus, RowFault};
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
        reading: Reading::default(),
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
fn of_two_rows_about_one_case_the_first_counts_and_the_other_is_a_fault() {
    let (header, row) = COMMENTS.split_once('\n').unwrap();
    let row = row.lines().next().unwrap();
    let other = row.replace("無法下載", "可以下載");
    let file = read("list.csv", format!("{header}\n{row}\n{row}\n{other}\n").as_bytes());
    assert_eq!(file.observation.seen.len(), 1);
    assert_eq!(file.observation.seen[0].title, "無法下載");
    let faults = &file.observation.faults;
    assert_eq!(faults.len(), 1, "the same again is none: {faults:?}");
    let RowFault { row, fault } = &faults[0];
    assert_eq!((&**row, &**fault), ("row 4", "it says something else than row 2"));
}

#[test]
fn a_row_is_numbered_as_the_sheet_shows_it() {
    let numbers = |text: &str| {
        let table = tables::read(text.into(), Path::new("list.csv")).unwrap();
        table.rows.iter().map(|(number, _)| *number).collect::<Vec<_>>()
    };
    assert_eq!(numbers("a,b\n1,2\n\n\n3,4"), [2, 5]);
    assert_eq!(numbers("a,b\r\n1,\"2\r\n2\"\r\n\r\n3,4\r\n"), [2, 4]);
    assert_eq!(numbers("\n\na,b\r1,2\r,\r3,4"), [4, 6]);
}

#[test]
fn a_stray_quotation_mark_draws_no_rows_together() {
    let header = "ID,標題,回復狀態";
    let trouble = |rows: &str| read("a.csv", format!("{header}\n{rows}").as_bytes()).trouble;
    let rows = "1,\"甲,未回復\n2,乙,未回復\n3,\"丙,未回復\n4,丁,未回復\n";
    assert!(trouble(rows).unwrap().starts_with("row 2: a quotation mark"));
    assert!(trouble("1,甲,未回復\n2,\"乙,未回復\n3,丙,未回復\n").unwrap().starts_with("row 3: "));
    assert!(trouble("1,\"甲\"乙,未回復\n").unwrap().starts_with("row 2: "));
    assert_eq!(trouble("1,\"說\"\"好\"\"\r\n了, 是\",\"未回復\"\n2,5\" 螢幕,未回復"), None);
}

#[test]
fn a_small_file_does_not_become_a_large_table() {
    let header: Vec<String> = (0..1_000).map(|column| format!("c{column}")).collect();
    let text = format!("{}\n{}", header.join(","), "1\n".repeat(2_000));
    let refused = tables::read(text.into(), Path::new("a.csv")).unwrap_err();
    assert_eq!(refused, "row 1002: more than 1000000 cells up to here: split it");
    let row = "<table:table-row table:number-rows-repeated=\"1048575\"><table:table-cell><text:p>1\
               </text:p></table:table-cell></table:table-row>";
    let sheet = format!("<a><table:table>{row}</table:table></a>");
    let refused = tables::read(packed(&sheet), Path::new("a.ods")).unwrap_err();
    assert_eq!(refused, "row 1: more rows than can be read: split it");
}

#[test]
fn what_is_no_list_is_a_trouble_that_says_what_to_do() {
    let trouble = |name: &str, bytes: &[u8]| read(name, bytes).trouble.unwrap();
    let named = "no column named ID or 編號, none named 標題 or 開放建議標題, none named 回復狀態.";
    assert!(trouble("a.csv", b"a,b\n1,2\n").contains(named));
    let named = "no column named 標題 or 開放建議標題, none named 回復狀態.";
    assert!(trouble("a.csv", "編號,b\n1,2\n".as_bytes()).contains(named));
    let named = "no column named 回復狀態.";
    assert!(trouble("a.csv", "ID,標題\n1,2\n".as_bytes()).contains(named));
    assert!(trouble("a.csv", b"").contains("no rows"));
    assert!(trouble("a.json", b"{\"a\": [1").contains("not JSON"));
    assert!(trouble("a.json", b"{}").contains("no list"));
    assert!(trouble("a.xml", b"<a><b></a>").contains("not XML"));
    assert!(trouble("a.csv", &[0xff, 0xfe, 0xff]).contains("UTF-8"));
    assert!(trouble("a.csv", &vec![b'x'; 20_000]).contains("larger"));
    assert!(trouble("a.csv", "ID,標題,回復狀態\n1,題,誰知道\n".as_bytes()).contains("row 2"));
}

#[track_caller]
fn check_unquoted(name: &str, bytes: &[u8], expected: &str) {
    let file = read(name, bytes);
    let trouble = file.trouble.unwrap();
    assert!(trouble.contains(expected), "{trouble}");
    for word in ["王大明", "很生氣", "0912345678"] {
        assert!(!trouble.contains(word), "{trouble}");
    }
    assert!(file.observation.faults.is_empty());
}

#[test]
fn a_trouble_quotes_no_word_of_a_file() {
    let rows = "558380,2024-11-06 14:42,王大明 0912345678,我很生氣,未回復\n\
                558381,2024-11-07 09:00,王大明又來了,他很生氣,未回復\n";
    check_unquoted("a.csv", rows.as_bytes(), "no column named ID");
    let twice = rows.replace("我很生氣", "王大明 0912345678");
    let expected = "row 1, column D: the same name as column C";
    check_unquoted("a.csv", twice.as_bytes(), expected);
    check_unquoted("a.json", br#"[{"\u738b\u5927\u660e": "0912345678"}]"#, "no column named ID");
    check_unquoted(
        "a.xml",
        "<a><b><王大明>很生氣</王大明></b></a>".as_bytes(),
        "no column named ID",
    );
    let row = "<table:table-row><table:table-cell><text:p>很生氣</text:p></table:table-cell>\
               </table:table-row>";
    let sheets = format!(
        "<a><table:table table:name=\"空\"/><table:table table:name=\"王大明\">{row}</table:table>\
         <table:table table:name=\"0912345678\">{row}</table:table></a>"
    );
    check_unquoted("a.ods", &packed(&sheets), "two sheets hold something, sheet 2 and sheet 3");
}

/// An `OpenDocument` sheet with this content.
fn packed(content: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("content.xml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
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
    for (name, mode) in [("done", 0o700), ("failed", 0o700), ("failed/bad.csv.txt", 0o600)] {
        let permissions = std::fs::metadata(dir.path().join(name)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{name}");
    }
    assert!(folder.look(&watch()).unwrap().is_empty());
}

#[test]
fn the_younger_of_two_lists_is_read_last() {
    let dir = tempfile::tempdir().unwrap();
    for (name, age) in [("清冊.csv", 20), ("清冊 (1).csv", 10)] {
        written(&dir.path().join(name), COMMENTS, age);
    }
    let files = folder(dir.path()).look(&watch()).unwrap();
    let names: Vec<_> = files.iter().filter_map(|file| file.path.file_name()).collect();
    assert_eq!(names, ["清冊.csv", "清冊 (1).csv"]);
}

#[test]
fn what_a_copy_wrote_after_it_had_paused_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut patient = folder(dir.path());
    patient.settings.settle = Duration::from_mins(1);
    let pass = || {
        let files = patient.look(&watch()).unwrap();
        let finish = |file: &ReadFile| {
            patient.finish(file).unwrap();
            file.observation.seen.len()
        };
        files.iter().map(finish).collect::<Vec<_>>()
    };
    let (first, _) = COMMENTS.split_once("558382").unwrap();
    written(&dir.path().join("list.csv"), first, 70);
    assert_eq!(pass(), [1]);
    assert!(pass().is_empty(), "what was put away is not read again");
    // The copy goes on.
    written(&dir.path().join("done/list.csv"), COMMENTS, 0);
    assert!(pass().is_empty(), "it may still be written to");
    written(&dir.path().join("done/list.csv"), COMMENTS, 65);
    assert_eq!(pass(), [2]);
    assert!(pass().is_empty(), "once");
}

#[test]
fn a_file_of_a_clock_that_is_ahead_is_read_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = folder(dir.path());
    folder.settings.settle = Duration::from_mins(1);
    let path = dir.path().join("list.csv");
    written(&path, COMMENTS, 0);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now + Duration::from_hours(8)).unwrap();
    let files = folder.look(&watch()).unwrap();
    folder.finish(&files[0]).unwrap();
    assert!(folder.look(&watch()).unwrap().is_empty());
    folder.known().clear();
    assert!(folder.look(&watch()).unwrap().is_empty(), "nor by another process");
}

#[test]
fn another_process_reads_what_a_copy_wrote_after_it_had_paused() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = folder(dir.path());
    folder.settings.settle = Duration::from_millis(20);
    let (first, _) = COMMENTS.split_once("558382").unwrap();
    written(&dir.path().join("list.csv"), first, 60);
    let pass = |folder: &Folder| {
        folder.known().clear();
        let files = folder.look(&watch()).unwrap();
        for file in &files {
            folder.finish(file).unwrap();
        }
        files.len()
    };
    assert_eq!((pass(&folder), pass(&folder)), (1, 0));
    std::fs::write(dir.path().join("done/list.csv"), COMMENTS).unwrap();
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!((pass(&folder), pass(&folder)), (1, 0), "once");
}

/// Writes a file that was last written to so many seconds ago.
fn written(path: &Path, text: &str, age: u64) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now - Duration::from_secs(age)).unwrap();
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

#[test]
fn what_is_never_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    assert!(folder.passed_over().is_empty());
    for name in ["list.csv", ".hidden.csv", "~lock.csv", "c.csv~", "清冊.txt", "b.CRDOWNLOAD"] {
        std::fs::write(dir.path().join(name), COMMENTS).unwrap();
    }
    for name in ["done", "failed", "more"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    std::os::unix::fs::symlink("/nowhere.csv", dir.path().join("link.csv")).unwrap();
    let passed_over = folder.passed_over();
    assert_eq!(
        passed_over,
        ["b.CRDOWNLOAD", "link.csv (a link)", "more (a directory)", "清冊.txt"]
    );
    let said = folder.probe().unwrap();
    assert!(said.contains("4 passed over: b.CRDOWNLOAD, link.csv (a link), "), "{said}");
    assert!(said.contains("under a name as list.csv"), "{said}");
    let many: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
    assert_eq!(passed_over::listed(&many).unwrap(), "7 passed over: 1, 2, 3, 4, 5 and 2 more");
    assert_eq!(passed_over::listed(&[]), None);
}
