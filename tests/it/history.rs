//! `jicui cases import`: past cases come in whole or not at all, and nobody is reminded of them.

use std::io::Write;
use std::process::Output;

use jicui::app::import::Import;
use jicui::clock::wall;
use jicui::domain::case::CaseState;
use serde_json::{Value, json};

use super::world::program::Program;
use super::world::{AGENCY, NID, World, comment, moment};

const MAPPING: &str = "[import.sheet]\nignored = [\"備註\"]\nwithdrawn_words = [\"撤案\"]\n\
    [import.sheet.columns]\nnumber = \"案號\"\nkind = \"類別\"\ntitle = \"標題\"\nagency = \"機關\"\n\
    assigned = \"分派日期\"\nreplied = \"回復日期\"\n";
const HEADER: &str = "案號,類別,標題,機關,分派日期,回復日期,備註\n";
const ROWS: &str = "558001,我有話要說,欄位說明,勞動部勞工保險局,113/12/02,1131210,\n\
    S-136001,我想要更多,希望開放,勞動部勞動力發展署,2025-01-06,2025-01-15,\n";

struct Office(Program);

impl Office {
    fn new() -> Self {
        let office = Self(Program::install());
        office.configure("");
        office
    }

    fn configure(&self, more: &str) {
        let config = format!("state_dir = \"state\"\n[platform]\nenabled = false\n{MAPPING}{more}");
        std::fs::write(self.0.path("config.toml"), config).unwrap();
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run_import(&self, file: &str, more: &[&str]) -> Output {
        self.0.run(&[&["cases", "import", file, "--mapping", "sheet"], more].concat())
    }

    fn import(&self, file: &str, more: &[&str]) -> Value {
        self.0.json(&[&["cases", "import", file, "--mapping", "sheet"], more].concat())
    }

    /// The file is refused with these words, and nothing of it is taken in.
    #[track_caller]
    fn check_refused(&self, name: &str, content: &[u8], expected: &str) {
        let file = self.write(name, content);
        let before = self.0.json(&["cases"]);
        let output = self.run_import(&file, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(output.stdout.is_empty());
        assert_eq!(self.0.json(&["cases"]), before, "nothing is half-imported");
    }

    #[track_caller]
    fn check_taken_in(&self) {
        let cases = self.0.json(&["cases"]);
        let shown: Vec<Value> = cases
            .as_array()
            .unwrap()
            .iter()
            .map(|case| json!([case["case_number"], case["state"], case["workdays_taken"]]))
            .collect();
        assert_eq!(json!(shown), json!([["C-558001", "replied", 6], ["S-136001", "replied", 7]]));
    }
}

#[test]
fn a_sheet_comes_in_once_in_every_form_and_encoding() {
    let text = format!("{HEADER}{ROWS}");
    let (big5, _, _) = encoding_rs::BIG5.encode(&text);
    let ods = std::fs::read("tests/data/history/good.ods").unwrap();
    let bom = format!("\u{feff}{text}").into_bytes();
    let json = r#"[{"案號":558001,"類別":"comment","標題":"欄位說明","機關":"勞工保險局",
        "分派日期":"113/12/02","回復日期":"113.12.10"},
        {"案號":"S-136001","類別":"request","標題":"希望開放","機關":"勞動部勞動力發展署",
        "分派日期":"114年1月6日","回復日期":"2025-01-15 10:30","備註":null}]"#;
    for (name, content) in [
        ("utf8.csv", text.as_bytes()),
        ("bom.csv", bom.as_slice()),
        ("big5.csv", &big5),
        ("sheet.ods", ods.as_slice()),
        ("list.json", json.as_bytes()),
    ] {
        let office = Office::new();
        let file = office.write(name, content);
        let dry = office.import(&file, &["--dry-run"]);
        assert_eq!(dry["new"].as_array().unwrap().len(), 2, "{name}: {dry}");
        assert_eq!(dry["applied"], false);
        assert_eq!(office.0.json(&["cases"]), json!([]), "{name}");
        let report = office.import(&file, &[]);
        assert_eq!(report["applied"], true, "{name}: {report}");
        office.check_taken_in();
        let known = "row 2, column A: C-558001 is known already: take the row out";
        if name != "list.json" {
            office.check_refused(name, content, known);
        }
        let again = office.import(&file, &["--skip-known"]);
        assert_eq!((&again["new"], &again["known"]), (&json!([]), &json!(2)), "{name}");
        office.check_taken_in();
    }
}

#[test]
fn the_history_says_who_brought_it_and_from_what() {
    let office = Office::new();
    let file = office.write("past.csv", format!("{HEADER}{ROWS}").as_bytes());
    let report = office.import(&file, &["--by", "陳科長"]);
    let shown = office.0.json(&["cases", "show", "C-558001"]);
    let entry = &shown["history"][0];
    assert_eq!((&entry["actor"], &entry["event"]), (&json!("陳科長"), &json!("imported")));
    let sha256 = report["sha256"].as_str().unwrap();
    assert_eq!(entry["after"], format!("past.csv (SHA-256 {sha256}), row 2, column A"));
    assert!(office.0.run(&["cases", "resume", "C-558001"]).status.success());
    assert_eq!(office.0.json(&["cases", "show", "C-558001"])["state"], "open");
}

#[test]
fn a_past_case_stands_in_the_report_of_its_period() {
    let office = Office::new();
    let withdrawn = "558003,我有話要說,重複,勞動部勞工保險局,113/12/02,,,撤案,\n";
    let late = "558004,我有話要說,甚晚,勞動部勞工保險局,113/12/02,114/03/03,,已回復,2\n";
    office.configure("status = \"結果\"\nround = \"回合\"\n");
    let header = HEADER.replace('\n', ",結果,回合\n");
    let answered = ROWS.replace(",\n", ",,已回復,1\n");
    let file = office.write("past.csv", format!("{header}{answered}{withdrawn}{late}").as_bytes());
    let report = office.import(&file, &[]);
    assert_eq!(report["new"].as_array().map(Vec::len), Some(4), "{report}");
    let report = office.0.json(&["report", "--from", "113-11-01", "--to", "114-05-31"]);
    let total = &report["total"];
    let figures = ["received", "comments", "requests", "answered_early", "answered_late"];
    let found: Vec<i64> = figures.iter().map(|name| total[*name].as_i64().unwrap()).collect();
    assert_eq!(found, [4, 3, 1, 2, 1], "{total}");
    assert_eq!((&total["withdrawn"], &total["second_rounds"]), (&json!(1), &json!(1)), "{total}");
    let later = office.0.json(&["report", "--from", "114-11-01", "--to", "115-05-31"]);
    assert_eq!(later["year_earlier"]["received"], 4);
}

#[test]
fn the_platform_s_list_leaves_out_what_is_open_or_not_ours() {
    let office = Office::new();
    let list = "ID,開放建議標題,發表日期,實際派發機關,分派狀態,回復狀態,回復日期\n\
        136001,甲,2025-01-06,勞動部勞動力發展署,已分派,已回復,2025-01-15\n\
        136002,乙,2025-01-06,勞動部勞動力發展署,已分派,未回復,\n\
        136003,丙,2025-01-06,內政部,已分派,已回復,2025-01-15\n\
        136004,丁,2015-12-05,勞動部勞動力發展署,已分派,已回復,\n\
        136005,戊,2025-01-06,勞動部勞動力發展署,已分派,已回復,\n";
    let xml = "<list><row><ID>136001</ID><開放建議標題>甲</開放建議標題>\
        <發表日期>2025-01-06</發表日期><實際派發機關>勞動部勞動力發展署</實際派發機關>\
        <分派狀態>已分派</分派狀態><回復狀態>已回復</回復狀態></row></list>";
    let comments = "ID,發表時間,標題,資料集名稱,回復狀態\n\
        558001,2024-12-02 10:00,己,不知何處,已回復\n";
    let import = |name: &str, content: &str, more: &[&str]| {
        let file = office.write(name, content.as_bytes());
        office.0.json(&[&["cases", "import", &file], more].concat())
    };
    let report = import("list.csv", list, &[]);
    assert_eq!(report["new"], json!(["S-136001", "S-136004", "S-136005"]));
    assert_eq!(report["open"], json!(["S-136002"]));
    let left_out = ["not_ours", "provisional", "undated"].map(|name| report[name].clone());
    assert_eq!(left_out, [1, 1, 2], "{report}");
    assert_eq!(office.0.json(&["cases"]).as_array().unwrap().len(), 3);
    let xml = import("list.xml", xml, &["--skip-known"]);
    assert_eq!(xml["known"], 1, "{xml}");
    let comments = import("comments.csv", comments, &[]);
    assert_eq!((&comments["new"], &comments["of_unknown_datasets"]), (&json!([]), &json!(1)));
    let bad = list.replace("136005", "乙二").replace("2025-01-15", "2035-01-15");
    let file = office.write("bad.csv", bad.as_bytes());
    let said = office.0.run(&["cases", "import", &file]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("row 2: its date lies in the future"), "{said}");
    assert!(said.contains("row 6: ID is not a number"), "{said}");
}

/// What the World's office imports: answered yesterday, taken back, and long ago.
const RECENT: &str = "558001,我有話要說,欄位說明,勞動部勞工保險局,115/02/23,115/03/03,\n\
    558002,我有話要說,重複,勞動部勞工保險局,115/02/24,115/03/03,\n\
    S-136001,我想要更多,希望開放,勞動部勞工保險局,114-01-06,114-03-15,\n";

#[tokio::test]
async fn nobody_ever_hears_of_past_cases() {
    let digests = "[digest]\ndaily = true\nweekly = true\nmonthly = false\n";
    let mut world = World::with_config("2026-03-04 09:30", &format!("{digests}{MAPPING}")).await;
    world.pass().await;
    let file = world.path("past.csv");
    std::fs::write(&file, format!("{HEADER}{RECENT}")).unwrap();
    let mapping = Some("sheet".to_owned());
    let import = Import { mapping, by: "陳科長".to_owned(), ..Import::default() };
    let imported = world.app.import_history(&file, &import).await.unwrap();
    assert_eq!((imported.new.len(), imported.faults), (3, Vec::new()));
    // The platform shows the first otherwise, the second as somebody else's, the third not at all.
    let posted = wall(moment("2026-02-23 10:00"));
    world.platform.add_dataset(7000, "職災統計", "勞動部職業安全衛生署");
    world.platform.post_comment(NID, 558_001, "欄位 說明（更正）", posted);
    world.platform.post_comment(7000, 558_002, "重複", posted);
    world.pass().await;
    assert_eq!(world.sent(), "", "not a second later");
    world.run_until("2026-04-20 18:00").await;
    assert_eq!(world.sent(), "", "nor ever: no stage, digest, thanks, 延伸精進 or alarm");
    let known = world.app.case_file(&comment(558_001)).await.unwrap().unwrap();
    assert_eq!((known.view.case.state, known.history.len()), (CaseState::Replied, 1));
    assert_eq!(known.view.case.agency, AGENCY);
}

#[tokio::test]
async fn a_past_case_that_is_asked_again_is_a_case_like_any_other() {
    let mut world = World::with_config("2026-03-04 09:30", MAPPING).await;
    let file = world.path("past.csv");
    std::fs::write(&file, format!("{HEADER}{RECENT}")).unwrap();
    let import = Import { mapping: Some("sheet".to_owned()), ..Import::default() };
    world.app.import_history(&file, &import).await.unwrap();
    world.platform.post_request(
        136_001,
        "希望開放",
        wall(moment("2025-01-06 10:00")),
        Some(AGENCY),
    );
    world.platform.ask_again(136_001);
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains("S-136001「希望開放」") && sent.lines().count() == 1, "{sent}");
}

#[test]
fn what_cannot_be_right_is_refused_with_its_row_and_column() {
    let office = Office::new();
    let check = |rows: &str, expected: &str| {
        office.check_refused("bad.csv", format!("{HEADER}{ROWS}{rows}").as_bytes(), expected);
    };
    let row = "我有話要說,題,勞動部勞工保險局";
    check(&format!("558002,{row},113/02/30,,\n"), "row 4, column E: no day");
    check(&format!("558002,{row},45628,,\n"), "row 4, column E: no day");
    check(&format!("558002,{row},213/02/03,,\n"), "row 4, column E: no day");
    check(&format!("558002,{row},130/02/03,,\n"), "row 4, column E: this day lies in the future");
    check(&format!("558002,{row},,113/12/02,\n"), "row 4, column E: empty, and no other day");
    check(&format!("558002,{row},113/12/10,113/12/02,\n"), "row 4, column F: answered before");
    check(&format!("題 目,{row},113/12/02,,\n"), "row 4, column A: no case number");
    check(&format!(",{row},113/12/02,,\n"), "row 4, column A: empty");
    check("558002,陳情,題,勞動部勞工保險局,113/12/02,,\n", "row 4, column B: no kind");
    check("558002,,題,勞動部勞工保險局,113/12/02,,\n", "row 4, column B: empty");
    check("558002,我有話要說,,勞動部勞工保險局,113/12/02,,\n", "row 4, column C: empty");
    check("558002,我有話要說,一,二,勞動部,113/12/02,,\n", "row 4, column E: no day");
    check(&format!("558002,{row},113/12/02,,,x\n"), "row 4, column H: a cell without a heading");
    let twice = format!("558001,{row},113/12/02,113/12/10,\n");
    check(&twice, "row 4, column A: C-558001 stands in row 2, column A too");
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_the_reason() {
    let office = Office::new();
    office.check_refused("a.csv", "案號,來源\n1,x\n".as_bytes(), "row 1, column B (來源)");
    office.check_refused("a.csv", "案號\n1\n".as_bytes(), "row 1: there is no column 標題");
    let twice = "row 1, column B: the same name as column A";
    office.check_refused("a.csv", "案號,案號\n1,2\n".as_bytes(), twice);
    office.check_refused("a.csv", b"", "no rows");
    office.check_refused("a.csv", HEADER.as_bytes(), "no rows");
    office.check_refused("a.json", b"[{", "not JSON at line 1");
    office.check_refused("a.xml", b"<a><b>", "it breaks off");
    office.check_refused("a.xml", b"<a></a>", "no rows");
    let utf16: Vec<u8> =
        format!("\u{feff}{HEADER}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    office.check_refused("a.csv", &utf16, "row 1: neither UTF-8 nor Big5");
    let mut half = format!("{HEADER}{ROWS}").into_bytes();
    half.extend(b"558009,\xff\xff,\n");
    office.check_refused("a.csv", &half, "row 4: neither UTF-8 nor Big5");
    let sheet = |name: &str| std::fs::read(format!("tests/data/history/{name}.ods")).unwrap();
    office.check_refused("m.ods", &sheet("merged"), "row 3, column A: merged cells");
    office.check_refused("f.ods", &sheet("formula"), "row 2, column C: a formula");
    office.check_refused("p.ods", b"PK\x03\x04nothing", "not an ODS file");
    office.check_refused(
        "x.ods",
        &packed("xl/workbook.xml", b"<a/>"),
        "a packed file without a sheet",
    );
}

/// A packed file with one member.
fn packed(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_small_file_that_would_unpack_to_a_giant_is_refused() {
    let office = Office::new();
    let bomb = packed("content.xml", &vec![b' '; 51_000_000]);
    assert!(bomb.len() < 1_000_000);
    office.check_refused("bomb.ods", &bomb, "unpack to more than 50000000 bytes");
    let sheet = |cells: &str| {
        let row = format!("<table:table-row {cells}<text:p>x</text:p></table:table-cell>");
        packed(
            "content.xml",
            format!("<a><table:table>{row}</table:table-row></table:table></a>").as_bytes(),
        )
    };
    let wide = "><table:table-cell table:number-columns-repeated=\"16384\">";
    office.check_refused("wide.ods", &sheet(wide), "row 1: more than 1000 columns");
    let long = "table:number-rows-repeated=\"1048576000\"><table:table-cell \
        table:number-columns-repeated=\"900\">";
    office.check_refused("long.ods", &sheet(long), "row 1: more rows than can be read");
}

#[test]
fn a_contradiction_of_a_known_case_leaves_everything_as_it_was() {
    let office = Office::new();
    let file = office.write("past.csv", format!("{HEADER}{ROWS}").as_bytes());
    office.import(&file, &[]);
    let new = "558009,我有話要說,新的,勞動部勞工保險局,113/12/02,113/12/10,\n";
    let check = |from: &str, to: &str, what: &str| {
        let content = format!("{HEADER}{new}{}", ROWS.replace(from, to));
        let expected = format!("row 3, column A: C-558001 is known, and differs in its {what}");
        office.check_refused("late.csv", content.as_bytes(), &expected);
    };
    check("1131210", "1131211", "day of the answer");
    check("113/12/02", "113/12/03", "day of assignment");
    check("欄位說明", "欄位", "title");
    check("勞動部勞工保險局", "勞動部", "agency");
    office.check_taken_in();
}

#[test]
fn a_mapping_that_cannot_be_and_a_file_too_large_are_named() {
    let office = Office::new();
    let file = office.write("past.csv", HEADER.as_bytes());
    let output = office.0.run(&["cases", "import", &file, "--mapping", "other"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("it has: sheet"));
    let output = office.0.run(&["cases", "import", &file]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no rows"), "{said}");
    office.configure("[folder]\nfile_limit_bytes = 10\n");
    office.check_refused("past.csv", HEADER.as_bytes(), "file_limit_bytes");
    office.configure("[import.empty]\nkind = \"陳情\"\nnumer = \"案號\"\n");
    let output = office.0.run(&["check"]);
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for words in ["no kind `陳情`", "numer", "columns.number", "columns.agency"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
