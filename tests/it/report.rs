//! Reports: the minutes' own case in every format, and the same figures by an independent count.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assert_cmd::Command;
use chrono::NaiveDate;
use jicui::domain::statistics::Period;
use jicui::report::Format;
use jicui::report::document::{Block, Cell, Document};
use quick_xml::events::Event;
use rusqlite::Connection;
use zip::{CompressionMethod, ZipArchive};

use super::world::{AGENCY, World, moment};
use jicui::clock::wall;

/// The minutes of 114年第1次, as rows.
const MINUTES: &str = include_str!("../data/report/minutes.sql");

fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

fn minutes_period() -> Period {
    period("2024-11-01", "2025-05-31")
}

fn database(world: &World) -> Connection {
    Connection::open(world.path("state/jicui.db")).unwrap()
}

/// The ministry on the day of the meeting, with the minutes' cases.
async fn minutes() -> World {
    let world = World::at("2025-06-25 14:00").await;
    database(&world).execute_batch(MINUTES).unwrap();
    world
}

/// Compares with the file of that name; writes it where `JICUI_UPDATE_GOLDEN` is set.
#[track_caller]
fn check_golden(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/report").join(name);
    if std::env::var_os("JICUI_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    let expected = std::fs::read(&path).unwrap_or_default();
    let (found, expected) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected));
    assert_eq!(found, expected, "{name} differs: JICUI_UPDATE_GOLDEN=1 writes it anew");
}

#[tokio::test]
async fn the_minutes_own_case_in_every_text_format() {
    let report = minutes().await.app.report(minutes_period()).await.unwrap();
    for format in [Format::Markdown, Format::Html, Format::Csv, Format::Json] {
        let name = format!("minutes.{}", format.as_str());
        check_golden(&name, &report.write(format).unwrap());
    }
}

#[tokio::test]
async fn the_minutes_own_figures() {
    let report = minutes().await.app.report(minutes_period()).await.unwrap();
    let bytes = report.write(Format::Json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&json["total"]["comments"], &json["total"]["requests"]), (&3.into(), &2.into()));
    let months = json["by_month"].as_array().unwrap();
    let received: BTreeMap<&str, u64> = months
        .iter()
        .map(|month| (month["month"].as_str().unwrap(), month["received"].as_u64().unwrap()))
        .filter(|(_, received)| *received > 0)
        .collect();
    assert_eq!(received, BTreeMap::from([("2024-12", 3), ("2025-01", 2)]));
    assert_eq!(months.len(), 7);
    assert_eq!(json["total"]["answered_early"], 5);
    assert_eq!(json["total"]["answered_in_time_percent"], 100.0);
    assert_eq!(json["period_before"]["from"], "2024-04-01");
    assert_eq!(json["period_before"]["received"], 1);
    assert_eq!(json["year_earlier"]["answered_late"], 1);
}

/// The parts of an OpenDocument file by their names, after a look at the package itself.
fn unpacked(bytes: &[u8], format: Format) -> BTreeMap<String, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let first = archive.by_index(0).unwrap();
    assert_eq!(first.name().unwrap(), "mimetype");
    assert_eq!(first.compression(), CompressionMethod::Stored);
    drop(first);
    // The type stands at a fixed place: nothing comes between the name and the content.
    assert_eq!(&bytes[30..38], b"mimetype");
    assert!(bytes[38..].starts_with(format.media_type().as_bytes()));
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        parts.insert(part.name().unwrap().into_owned(), text);
    }
    let manifest = parts["META-INF/manifest.xml"].clone();
    for (name, text) in &parts {
        let listed = manifest.contains(&format!("manifest:full-path=\"{name}\""));
        assert!(listed != ["mimetype", "META-INF/manifest.xml"].contains(&name.as_str()), "{name}");
        if name != "mimetype" {
            words(text);
        }
    }
    parts
}

/// The words of every element in order; panics where the XML is not well-formed.
fn words(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut found, mut current) = (Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Text(text) => current.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => {
                let name = format!("&{};", &*name);
                current.push_str(&quick_xml::escape::unescape(&name).unwrap());
            }
            Event::End(_) => found.push(std::mem::take(&mut current)),
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// What every format shows of the tables, in order.
fn cells(document: &Document) -> Vec<String> {
    let shown = |cell: &Cell| match cell {
        Cell::Text(words) => words.clone(),
        Cell::Count(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Percent(percent) => format!("{percent}%"),
        Cell::Day(day) => {
            let roc: String = jicui::notify::render::roc_date(*day);
            roc.split('（').next().unwrap().to_owned()
        }
        Cell::Nothing => "—".to_owned(),
    };
    let mut all = Vec::new();
    for block in document.sections.iter().flat_map(|section| &section.blocks) {
        if let Block::Table(table) = block {
            all.extend(table.columns.iter().map(|column| column.title.clone()));
            all.extend(table.rows.iter().flat_map(|row| row.cells.iter().map(shown)));
        }
    }
    all
}

#[track_caller]
fn check_in_order(found: &[String], expected: &[String]) {
    let mut rest = found.iter();
    for cell in expected {
        assert!(rest.any(|words| words == cell), "`{cell}` is missing, or out of order");
    }
}

#[tokio::test]
async fn the_same_figures_stand_in_every_format() {
    let report = minutes().await.app.report(minutes_period()).await.unwrap();
    let expected = cells(&report.document());
    assert!(expected.len() > 300, "{}", expected.len());
    for format in [Format::Ods, Format::Odt] {
        let parts = unpacked(&report.write(format).unwrap(), format);
        check_in_order(&words(&parts["content.xml"]), &expected);
        let pictures = parts.keys().filter(|name| name.starts_with("Pictures/")).count();
        assert_eq!(pictures, 3);
        let styles = &parts["styles.xml"];
        assert!(styles.contains("標楷體") && styles.contains("text:page-number"), "{styles}");
        assert!(parts["content.xml"].contains("table:table-header-rows"));
    }
    let html = String::from_utf8(report.write(Format::Html).unwrap()).unwrap();
    let cell = |cell: &String| html.contains(&format!(">{cell}</t"));
    let missing: Vec<&String> = expected.iter().filter(|words| !cell(words)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let csv = report.write(Format::Csv).unwrap();
    let csv = std::str::from_utf8(csv.strip_prefix(b"\xef\xbb\xbf").unwrap()).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(csv.as_bytes());
    let rows = reader.records().map(Result::unwrap);
    let found: Vec<String> =
        rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    let expected = expected.iter().map(|cell| if cell == "—" { "" } else { cell }.to_owned());
    check_in_order(&found, &expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn every_chart_says_in_words_what_it_shows() {
    let report = minutes().await.app.report(minutes_period()).await.unwrap();
    let html = String::from_utf8(report.write(Format::Html).unwrap()).unwrap();
    assert_eq!(html.matches("<svg ").count(), 3);
    assert_eq!(html.matches("role=\"img\"").count(), 3);
    assert!(!html.contains("http") || !html.contains("src="), "it needs no other file");
    for words in ["113年12月 3 件（我有話要說 2、我想要更多 1）", "S-136401 12 個工作天"]
    {
        assert!(html.contains(&format!("<desc>{words}")) || html.contains(words), "{words}");
    }
    let odt = unpacked(&report.write(Format::Odt).unwrap(), Format::Odt);
    assert_eq!(odt["content.xml"].matches("<svg:desc>").count(), 3);
}

#[tokio::test]
async fn each_answer_of_a_case_that_was_asked_again_counts() {
    let mut world = World::at("2026-03-02 09:30").await;
    let posted = wall(moment("2026-03-02 09:00"));
    world.platform.post_request(136_936, "希望開放", posted, Some(AGENCY));
    world.pass().await;
    // Due on 2026-03-20; the second round begins on 2026-03-30.
    for (at, answer) in
        [("2026-03-25 10:00", true), ("2026-03-30 10:00", false), ("2026-04-02 10:00", true)]
    {
        world.sleep_until(at);
        if answer {
            world.platform.reply_to_request(136_936, wall(moment(at)));
        } else {
            world.platform.ask_again(136_936);
        }
        world.pass().await;
    }
    world.sent();
    let report = world.app.report(period("2026-03-01", "2026-03-31")).await.unwrap();
    let bytes = report.write(Format::Json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let number = |name: &str| json["total"][name].as_u64().unwrap();
    let names = ["received", "answered", "answered_early", "second_rounds"];
    assert_eq!(names.map(number), [1, 1, 1, 1]);
    assert_eq!(["answers", "answers_in_time", "answers_late"].map(number), [2, 1, 1]);
    let case = &json["cases"][0];
    assert_eq!((&case["round"], &case["workdays_taken"]), (&2.into(), &3.into()));
    assert_eq!(case["earlier_rounds"], serde_json::json!(["answered_late"]));
    let markdown = String::from_utf8(report.write(Format::Markdown).unwrap()).unwrap();
    assert!(markdown.contains("第 1 輪逾期回復；再回復（第 2 輪）"), "{markdown}");
}

/// Sixteen cases of 2026-03-02, due on 2026-03-20, of which one was answered before that.
const SIXTEEN: &str = "
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 16)
    insert into cases (number, kind, title, agency, url, assigned_on, starts_on, start_origin,
        round, state, replied_at, first_seen_at)
    select 'C-' || i, 'comment', 'x', '勞動部', '', '2026-03-02', '2026-03-02', 'given', 1, 'replied',
        iif(i = 1, '2026-03-19', '2026-03-23') || 'T03:00:00.000Z', '2026-03-02T01:00:00.000Z' from n";

#[tokio::test]
async fn a_figure_is_rounded_alike_in_every_format() {
    let world = World::at("2026-06-25 14:00").await;
    database(&world).execute_batch(SIXTEEN).unwrap();
    let report = world.app.report(period("2026-03-01", "2026-03-31")).await.unwrap();
    for format in [Format::Markdown, Format::Html, Format::Csv] {
        let text = String::from_utf8(report.write(format).unwrap()).unwrap();
        assert!(text.contains("6.3%") && !text.contains("6.2%"), "{text}");
    }
    for format in [Format::Ods, Format::Odt] {
        let content = &unpacked(&report.write(format).unwrap(), format)["content.xml"];
        assert!(content.contains("6.3%") && !content.contains("6.2%"), "{content}");
        assert_eq!(content.contains("office:value=\"0.063\""), format == Format::Ods);
    }
    let json: serde_json::Value =
        serde_json::from_slice(&report.write(Format::Json).unwrap()).unwrap();
    assert_eq!(json["total"]["answered_in_time_percent"], 6.3);
    let charts = report.document().sections.into_iter().flat_map(|section| section.blocks);
    let charts = charts.filter_map(|block| match block {
        Block::Chart(chart) => Some(chart.svg),
        Block::Table(_) | Block::Notes(_) => None,
    });
    let all: String = charts.collect();
    assert!(all.contains("15 件（93.8%）") && all.contains("1 件（6.3%）"), "{all}");
}

/// Cases of 2026-03-02, each with something that a reader of its figures must know.
const REMARKABLE: &str = "
    insert into cases (number, kind, title, agency, url, assigned_on, starts_on, start_origin, round, state,
        replied_at, first_seen_at, vanished_at, imported) values
    ('S-1', 'request', 'x', '勞動部', '', '2026-03-02', '2026-03-02', 'posted', 1, 'replied',
        '2026-03-09T01:00:00.000Z', '2026-03-02T01:00:00.000Z', null, 0),
    ('S-2', 'request', 'x', '勞動部', '', '2026-03-02', '2026-03-02', 'given', 1, 'open', null,
        '2026-03-02T01:00:00.000Z', '2026-03-05T01:00:00.000Z', 0),
    ('S-3', 'request', 'x', '勞動部', '', '2026-03-02', '2026-05-04', 'observed', 3, 'replied',
        '2026-05-06T01:00:00.000Z', '2026-05-04T01:00:00.000Z', null, 0),
    ('S-4', 'request', 'x', '勞動部', '', '2026-03-02', '2026-03-02', 'given', 2, 'replied',
        '2026-03-04T01:00:00.000Z', '2026-03-02T01:00:00.000Z', null, 1),
    ('S-5', 'request', 'x', '內政部', '', '2026-03-02', '2026-03-02', 'given', 1, 'withdrawn',
        '2026-03-04T01:00:00.000Z', '2026-03-02T01:00:00.000Z', null, 0);
    insert into history (case_number, at, actor, event, before, after, reason) values
    ('S-1', '2026-03-09T01:00:00.000Z', 'platform', 'replied', 'open', 'replied', ''),
    ('S-3', '2026-05-06T02:00:00.000Z', 'folder', 'replied', 'open', 'replied', ''),
    ('S-4', '2026-03-04T01:00:00.000Z', '王小明', 'replied', 'open', 'replied', ''),
    ('S-5', '2026-03-05T01:00:00.000Z', 'platform', 'taken_away', '勞動部', '內政部', '');
    insert into ended_rounds values ('S-3', 2, '勞動部', null, '2026-04-01', 'observed', null, null, 0);";

#[tokio::test]
async fn what_the_figures_of_a_case_rest_on_is_remarked() {
    let world = World::at("2026-06-25 14:00").await;
    database(&world).execute_batch(REMARKABLE).unwrap();
    let report = world.app.report(period("2026-03-01", "2026-03-31")).await.unwrap();
    let markdown = String::from_utf8(report.write(Format::Markdown).unwrap()).unwrap();
    let remark = |number: &str| {
        let row = markdown.lines().find(|line| line.starts_with(&format!("| {number} ")));
        row.unwrap().trim_end_matches(" |").rsplit(" | ").next().unwrap().to_owned()
    };
    assert_eq!(remark("S-1"), "分派日為推定；回復日為系統發現之日");
    assert_eq!(remark("S-2"), "平臺已不顯示");
    let third = "第 2 輪已回復（日期不明）；再回復（第 3 輪）；分派日為推定；自 115/05/04 起算";
    assert_eq!(remark("S-3"), third);
    assert_eq!(remark("S-4"), "再回復（第 2 輪）；匯入：以首次回復計");
    assert!(markdown.contains("| 　各輪回復日不明（次） | 1 |"), "{markdown}");
    let json: serde_json::Value =
        serde_json::from_slice(&report.write(Format::Json).unwrap()).unwrap();
    assert_eq!(
        (&json["total"]["answers"], &json["total"]["answers_undated"]),
        (&4.into(), &1.into())
    );
    let [first, vanished, third, imported, taken] = [0, 1, 2, 3, 4].map(|n| &json["cases"][n]);
    assert_eq!((&first["start_origin"], &first["reply_noticed"]), (&"posted".into(), &true.into()));
    assert_eq!(vanished["vanished_at"], "2026-03-05T09:00:00+08:00");
    assert_eq!(
        (&third["starts_on"], &third["reply_noticed"]),
        (&"2026-05-04".into(), &false.into())
    );
    assert_eq!((&imported["imported"], &imported["reply_noticed"]), (&true.into(), &false.into()));
    // Another ministry has it by now; it was received here, and it took nobody any workdays.
    assert_eq!((&taken["agency"], &taken["outcome"]), (&"勞動部".into(), &"withdrawn".into()));
    assert_eq!((&taken["workdays_taken"], &taken["workdays_ahead"]), (&().into(), &().into()));
    let agencies = json["by_agency"].as_array().unwrap();
    assert!(agencies.iter().all(|agency| agency["agency"] != "內政部"), "{agencies:?}");
}

#[tokio::test]
async fn what_cannot_be_known_yet_or_any_more_is_not_nothing() {
    let world = World::at("2026-06-25 14:00").await;
    database(&world).execute_batch(REMARKABLE).unwrap();
    let report = world.app.report(period("2026-03-01", "2026-08-31")).await.unwrap();
    let markdown = String::from_utf8(report.write(Format::Markdown).unwrap()).unwrap();
    assert!(markdown.contains("- 本系統資料自 115年3月2日 起\n"), "{markdown}");
    let rows = |month: &str| -> Vec<&str> {
        markdown.lines().filter(|line| line.starts_with(&format!("| 115年{month}月 |"))).collect()
    };
    assert!(rows("6").iter().all(|row| row.contains("| 0 |")), "{:?}", rows("6"));
    for month in ["7", "8"] {
        assert_eq!(rows(month).len(), 2);
        assert!(
            rows(month).iter().all(|row| row.contains("| — |") && !row.contains('0')),
            "{month}"
        );
    }
    // Of a year in which everything was known, nothing is said of it.
    let report = world.app.report(period("2027-06-01", "2027-06-25")).await.unwrap();
    assert_eq!(report.document().lines.len(), 3);
}

/// Titles that would be something else in one format or another.
const TITLES: [&str; 6] = [
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "<script>alert(1)</script>]]> &amp; 'x'",
    "@SUM(1) | 管線 | `x` **粗**",
    "\u{1b}[31m紅\u{202e}反\u{0}\u{fffe}\r\n第二行",
    "+886-2-1234",
    "-2+3",
];

#[tokio::test]
async fn a_citizen_s_title_stays_a_title() {
    let world = World::at("2026-06-25 14:00").await;
    for (number, title) in TITLES.iter().enumerate() {
        let sql = "insert into cases (number, kind, title, agency, url, assigned_on, starts_on,
            start_origin, round, state, first_seen_at) values (?1, 'comment', ?2,
            '勞動部', '', '2026-03-02', '2026-03-02', 'posted', 1, 'open', '2026-03-02T01:00:00.000Z')";
        database(&world).execute(sql, (format!("C-{number}"), title)).unwrap();
    }
    let report = world.app.report(period("2026-03-01", "2026-03-31")).await.unwrap();
    let text = |format| String::from_utf8(report.write(format).unwrap()).unwrap();
    let csv = text(Format::Csv);
    for words in ["\"'=HYPERLINK(", ",'@SUM(1)", ",'+886-2-1234,", ",'-2+3,"] {
        assert!(csv.contains(words), "{words}: {csv}");
    }
    let html = text(Format::Html);
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    let markdown = text(Format::Markdown);
    assert!(markdown.contains(r"@SUM(1) \| 管線 \| \`x\` \*\*粗\*\*"), "{markdown}");
    for format in [Format::Ods, Format::Odt] {
        let parts = unpacked(&report.write(format).unwrap(), format);
        let words = words(&parts["content.xml"]);
        assert!(words.contains(&TITLES[0].to_owned()));
        assert!(words.contains(&"[31m紅反 第二行".to_owned()), "{words:?}");
        assert!(!parts["content.xml"].contains("table:formula"));
    }
}

/// Six hundred cases of every kind, state and agency, from a formula.
const MANY: &str = "
    with recursive n(i) as (select 0 union all select i + 1 from n where i < 599)
    insert into cases (number, kind, title, agency, url, assigned_on, starts_on, start_origin,
        round, state, replied_at, first_seen_at)
    select iif(i % 3, 'C-', 'S-') || i, iif(i % 3, 'comment', 'request'), 'x',
        (select value from json_each(?1) where key = i % 7), '',
        date('2024-01-01', (i * 37 % 500) || ' days'), date('2024-01-01', (i * 37 % 500) || ' days'),
        'posted', 1 + (i % 11 = 0),
        (select value from json_each('[\"replied\",\"open\",\"closed\",\"withdrawn\",\"replied\"]')
            where key = i % 5),
        iif(i % 5 in (0, 2, 4), date('2024-01-01', (i * 37 % 500 + i * 13 % 31) || ' days')
            || 'T03:00:00.000Z', null), '2024-01-01T01:00:00.000Z' from n";

/// The report's figures by SQL alone, over a table of workdays.
const INDEPENDENT: &str = "
    with due as (select c.*, date(c.replied_at, '+8 hours') as replied_on,
        (select day from workdays where day > c.starts_on order by day limit 1 offset 13) as due_on
        from cases as c where c.assigned_on between ?1 and ?2)
    select count(*), count(*) filter (where kind = 'comment'),
        count(*) filter (where state in ('replied', 'closed')),
        count(*) filter (where state in ('replied', 'closed') and replied_on <= due_on),
        count(*) filter (where state in ('replied', 'closed') and replied_on < due_on),
        count(*) filter (where state = 'open'),
        count(*) filter (where state = 'open' and due_on < ?3),
        count(*) filter (where state = 'withdrawn'), count(*) filter (where round > 1),
        coalesce(sum((select count(*) from workdays where day > starts_on and day <= replied_on))
            filter (where state in ('replied', 'closed')), 0),
        coalesce(max((select count(*) from workdays where day > starts_on and day <= replied_on))
            filter (where state in ('replied', 'closed')), 0)
    from due where agency = coalesce(?4, agency) and strftime('%Y-%m', assigned_on) =
        coalesce(?5, strftime('%Y-%m', assigned_on))";

type Counts = [u64; 11];

fn by_sql(
    database: &Connection,
    period: Period,
    (agency, month): (Option<&str>, Option<&str>),
) -> Counts {
    let (from, to) = (period.from().to_string(), period.to().to_string());
    let mut statement = database.prepare_cached(INDEPENDENT).unwrap();
    statement
        .query_row((from, to, "2025-06-25", agency, month), |row| {
            Ok(std::array::from_fn(|index| row.get::<_, i64>(index).unwrap().unsigned_abs()))
        })
        .unwrap()
}

fn by_report(figures: &serde_json::Value) -> Counts {
    let number = |name: &str| figures[name].as_u64().unwrap();
    let taken = |name: &str| figures["workdays_taken"][name].as_f64().unwrap_or_default();
    let answered = number("answered");
    // The sum, from the mean that is shown to one decimal.
    let sum = (taken("mean") * f64::from(u32::try_from(answered).unwrap())).round();
    [
        number("received"),
        number("comments"),
        answered,
        number("answered_in_time"),
        number("answered_early"),
        number("open"),
        number("overdue"),
        number("withdrawn"),
        number("second_rounds"),
        format!("{sum}").parse().unwrap(),
        format!("{}", taken("most")).parse().unwrap(),
    ]
}

#[track_caller]
fn check_counts(figures: &serde_json::Value, expected: Counts) {
    let found = by_report(figures);
    // A mean to one decimal tells the sum to a twentieth for each answer.
    let tolerance = 1 + found[2] / 20;
    assert_eq!((&found[..9], found[10]), (&expected[..9], expected[10]), "{figures}");
    assert!(found[9].abs_diff(expected[9]) <= tolerance, "{found:?} {expected:?}");
}

#[tokio::test]
async fn an_independent_count_agrees() {
    let world = World::at("2025-06-25 14:00").await;
    let live = world.app.live();
    let rules = &live.config.rules;
    let agencies: Vec<&str> = rules.directory.agencies.iter().map(|a| a.name.as_str()).collect();
    let database = database(&world);
    database.execute(MANY, [serde_json::to_string(&agencies).unwrap()]).unwrap();
    database.execute_batch("create temp table workdays (day text primary key)").unwrap();
    let first: NaiveDate = "2023-01-01".parse().unwrap();
    let calendar = rules.calendars.national();
    for day in first.iter_days().take(1000).filter(|day| calendar.is_workday(*day)) {
        database.execute("insert into temp.workdays values (?1)", [day.to_string()]).unwrap();
    }
    for of in [period("2024-03-01", "2024-12-31"), period("2024-05-17", "2025-02-03")] {
        let bytes = world.app.report(of).await.unwrap().write(Format::Json).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let whole = by_sql(&database, of, (None, None));
        assert!(whole.iter().all(|count| *count > 0), "{whole:?}");
        check_counts(&json["total"], whole);
        for month in json["by_month"].as_array().unwrap() {
            check_counts(month, by_sql(&database, of, (None, month["month"].as_str())));
        }
        for agency in json["by_agency"].as_array().unwrap() {
            check_counts(agency, by_sql(&database, of, (agency["agency"].as_str(), None)));
        }
        check_counts(&json["period_before"], by_sql(&database, of.before(), (None, None)));
        check_counts(&json["year_earlier"], by_sql(&database, of.year_earlier(), (None, None)));
    }
}

fn jicui(directory: &Path, arguments: &[&str]) -> std::process::Output {
    let config = directory.join("config.toml");
    let mut command = Command::cargo_bin("jicui").unwrap();
    command.env_clear().arg("--config").arg(config).args(arguments).output().unwrap()
}

/// A configuration in a directory of its own.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let config = "state_dir = \"state\"\n[platform]\nenabled = false\n";
    std::fs::write(dir.path().join("config.toml"), config).unwrap();
    std::fs::write(dir.path().join("units.toml"), jicui::config::SAMPLE_UNITS).unwrap();
    dir
}

#[test]
fn the_command_prints_nothing_but_the_report() {
    let dir = directory();
    assert!(jicui(dir.path(), &["cases"]).status.success());
    Connection::open(dir.path().join("state/jicui.db")).unwrap().execute_batch(MINUTES).unwrap();
    let roc = ["report", "--from", "113-11-01", "--to", "1140531"];
    let western = ["report", "--from", "2024-11-01", "--to", "2025-05-31"];
    let with = |more: &[&str]| jicui(dir.path(), &[&roc, more].concat());
    let markdown = with(&[]);
    assert!(markdown.stdout.starts_with("# 政府資料開放民眾意見".as_bytes()), "{markdown:?}");
    assert!(markdown.stderr.is_empty(), "{markdown:?}");
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&jicui(dir.path(), arguments).stdout).unwrap()
    };
    let total = |arguments: &[&str]| json(arguments)["total"].clone();
    let expected = total(&[&western[..], &["--json"]].concat());
    assert_eq!(expected["received"], 5);
    assert_eq!(total(&[&roc[..], &["--format", "json"]].concat()), expected);
    // Into a pipe any format may go; into a file by its name.
    unpacked(&with(&["--format", "ods"]).stdout, Format::Ods);
    let file = dir.path().join("report.odt");
    let written = with(&["--output", file.to_str().unwrap()]);
    assert!(written.status.success() && written.stdout.is_empty(), "{written:?}");
    unpacked(&std::fs::read(&file).unwrap(), Format::Odt);
    // Others could read what lay there; not what takes its place.
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(with(&["--output", file.to_str().unwrap()]).status.success());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Through a link nothing of what stood there is left, however long it was.
    let (long, linked) = (dir.path().join("long.md"), dir.path().join("linked.md"));
    std::fs::write(&long, "x".repeat(1_000_000)).unwrap();
    std::os::unix::fs::symlink(&long, &linked).unwrap();
    assert!(with(&["--output", linked.to_str().unwrap()]).status.success());
    assert!(linked.is_symlink());
    assert_eq!(std::fs::read(&long).unwrap(), with(&[]).stdout);
    let printed = with(&["--output", "/dev/stdout"]);
    assert!(printed.stdout.starts_with("# 政府資料開放民眾意見".as_bytes()), "{printed:?}");
}

#[test]
fn a_wrong_command_line_is_said_and_is_2() {
    let dir = directory();
    let refused = |arguments: &[&str], words: &str| {
        let output = jicui(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{said}");
    };
    let backwards = ["report", "--from", "114-05-31", "--to", "113-11-01"];
    refused(&backwards, "the period ends on 2024-11-01, before it starts on 2025-05-31");
    let period = ["report", "--from", "113-11-01", "--to", "114-05-31"];
    let unknown = [&period[..], &["--format", "pdf"]].concat();
    refused(&unknown, "write one of md, html, csv, json, ods, odt");
    refused(&[&period[..], &["--format", "csv", "--json"]].concat(), "leave one out");
    refused(&["report", "--from", "113-11-01"], "--to");
    refused(&["report", "--from", "113-13-01", "--to", "114-05-31"], "is not a day");
}
