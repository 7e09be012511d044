//! Every text, in every language, with the worst that a citizen can type: within every provider's
//! limits, and without any effect.

use serde_json::Value;

use super::email::body;
use super::render::{self, Brief};
use super::slack::blocks;
use super::teams::card::card;
use super::{Envelope, Message, text};
use crate::config::secrets::Environment;
use crate::config::{self, SAMPLE_UNITS};
use crate::domain::case::{Case, CaseKind, CaseNumber, CaseState, Dataset, Origin, StartDay};
use crate::domain::checklist::Item;
use crate::domain::digest::Figures;
use crate::domain::directory::{Language, Person, Unit};
use crate::domain::handling::{Goal, Handling};
use crate::domain::reminder::{Recipient, Rules};

/// Each of these means something to somebody: Slack, Teams, a mail program, a terminal, a reader.
const NASTY: [&str; 24] = [
    "<!channel>",
    "<!here|x>",
    "<@U00EVIL01>",
    "<https://evil.example|平臺>",
    "https://evil.example",
    "*粗* _斜_ ~刪~ `碼` ```塊```",
    "> 引",
    ":tada:",
    "[x](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "<at>王小明</at>",
    "{{DATE(2026-01-01T00:00:00Z)}}",
    "<b>粗</b><script>alert(1)</script>",
    "&lt;b&gt; &amp; R&D",
    "\" onmouseover='x' \"",
    "a\r\nBcc: evil@example.com",
    "\u{202e}txt.exe\u{2066}",
    "零\u{200b}寬\u{feff}度\u{ad}",
    "\u{1b}[31m\u{7}\u{0}",
    "👨‍👩‍👧😀🏳️‍🌈",
    "שלום مرحبا",
    "\\ \\* \\\\",
    "@everyone #channel C-1",
    "BEGIN:VEVENT\nATTENDEE:x;y,z",
];

/// What may not be said by anybody but us.
const EVIL: &str = "evil.example";

fn rules() -> Rules {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), "").unwrap();
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
    let path = dir.path().join("config.toml");
    config::load(Some(&path), &Environment::default()).unwrap().config.rules
}

/// Titles of 255 characters, as long as the platform takes them.
fn titles() -> Vec<String> {
    let long = |text: &str| text.chars().cycle().take(255).collect::<String>();
    let mut titles: Vec<String> = NASTY.iter().map(|text| long(text)).collect();
    titles.push(long(&NASTY.concat()));
    titles.push(long("勞"));
    titles.push(NASTY.concat().chars().rev().take(255).collect());
    titles
}

fn case(title: &str, number: u64) -> Case {
    let day = "2026-03-02".parse().unwrap();
    Case {
        number: CaseNumber::of_comment(number),
        kind: CaseKind::Comment,
        title: title.to_owned(),
        agency: "勞動部勞工保險局".to_owned(),
        dataset: Some(Dataset { nid: 6100, title: title.to_owned() }),
        url: "https://data.gov.tw/dataset/6100".to_owned(),
        posted_at: None,
        assigned_on: day,
        start: StartDay { on: day, origin: Origin::Observed },
        round: 1,
        state: CaseState::Open,
        replied_at: None,
        first_seen_at: "2026-03-02T01:00:00Z".parse().unwrap(),
        vanished_at: None,
        handling: Handling::default(),
    }
}

/// A unit with many people of long names, one of them away.
fn unit(rules: &Rules, language: Language) -> Unit {
    let mut unit = rules.directory.unit("bli-planning").unwrap().clone();
    let person = |number: usize| Person {
        name: format!("承辦人{number}{}", "名".repeat(30)),
        slack: Some(format!("U00OFF{number:04}")),
        teams: Some(format!("officer{number}@example.gov.tw")),
        ..Person::default()
    };
    unit.officers = (0..12).map(person).collect();
    unit.officers[0].leave = vec![crate::domain::directory::Leave {
        first: "2026-01-01".parse().unwrap(),
        last: "2026-12-31".parse().unwrap(),
    }];
    unit.language = language;
    unit
}

fn brief<'a>(rules: &Rules, case: &'a Case, unit: Option<&'a Unit>, left: i64) -> Brief<'a> {
    let today = "2026-03-02".parse().unwrap();
    let mut deadline = rules.deadline(case, today).unwrap();
    deadline.provisional = true;
    Brief {
        case,
        duty: None,
        deadline,
        unit,
        workdays_left: left,
        workdays_gone: 3,
        now: "2026-03-20T10:00:00".parse().unwrap(),
        language: unit.map(|unit| unit.language).unwrap_or_default(),
    }
}

/// Everything that can be said of a case with this title, in this language.
fn about(rules: &Rules, title: &str, language: Language) -> Vec<Message> {
    let (case, unit) = (case(title, u64::MAX), unit(rules, language));
    let recipients = [
        Recipient::Unit(unit.id.clone()),
        Recipient::Supervisor(unit.id.clone()),
        Recipient::Administrators,
    ];
    let again = Case { round: 2, ..case.clone() };
    let mut said = Vec::new();
    for stage in &rules.policy.stages {
        for recipient in &recipients {
            for (case, left) in [(&case, 14), (&case, 0), (&case, -123), (&again, 14)] {
                let brief = brief(rules, case, Some(&unit), left);
                said.push(render::reminder(&brief, stage, recipient));
            }
            said.push(render::reminder(&brief(rules, &case, None, 3), stage, recipient));
        }
    }
    let brief = brief(rules, &case, Some(&unit), 5);
    said.extend(duties(rules, &case, &unit));
    let told = "2026-03-19".parse().unwrap();
    said.push(render::deadline_moved(&brief, told, &[]));
    said.extend([3, 0, -3].map(|early| render::answered(&brief, 5, early)));
    said.push(render::test(&unit.name, language));
    said
}

/// What is said of a duty whose own checklist holds many things of this title.
fn duties(rules: &Rules, case: &Case, unit: &Unit) -> Vec<Message> {
    let kind = CaseKind::parse("takedown").unwrap();
    let item = |number: usize| Item {
        word: number.to_string(),
        name: Some(case.title.clone()),
        tick: None,
    };
    let goal = Goal { number: u32::MAX, value: Some(1), measured_on: None, measured_by: None };
    let checklist = (0..200).map(item).collect();
    let handling = Handling { checklist, goal: Some(goal), ..Handling::default() };
    let duty = Case { kind, handling, ..case.clone() };
    let recipient = Recipient::Unit(unit.id.clone());
    let stages = rules.policy.stages.iter();
    let said = |left: i64| {
        let brief = Brief { duty: rules.kinds.duty(kind), ..brief(rules, &duty, Some(unit), left) };
        let all = stages.clone().map(|stage| render::reminder(&brief, stage, &recipient));
        all.collect::<Vec<_>>()
    };
    [14, 0, -123].into_iter().flat_map(said).collect()
}

/// Lists of many cases with this title.
fn lists(rules: &Rules, title: &str, language: Language) -> Vec<Message> {
    let unit = unit(rules, language);
    let cases: Vec<Case> = (0..120).map(|number| case(title, number)).collect();
    let left = |case: &Case| i64::try_from(case.number.as_str().len()).unwrap() - 4;
    let brief = |case| brief(rules, case, Some(&unit), left(case));
    let briefs: Vec<Brief<'_>> = cases.iter().map(brief).collect();
    let figures = Figures { month: "2026-03-01".parse().unwrap(), ..Figures::default() };
    vec![
        render::daily(&unit, &briefs),
        render::daily(&unit, &briefs[..1]),
        render::weekly(&unit, &briefs),
        render::monthly(&figures, &briefs),
        render::burst(language, &briefs, &(1..=120).collect::<Vec<_>>()),
    ]
}

fn envelope() -> Envelope {
    Envelope {
        key: "k".repeat(200),
        case_number: Some("C-558380".to_owned()),
        stage: "before-3".to_owned(),
        address: "wda".to_owned(),
        sequence: 1,
        now: "2026-03-02T01:00:00Z".parse().unwrap(),
        thread: None,
        broadcast: false,
        repeated: true,
    }
}

/// Every text of a document with the name of its field, and the type of what it stands in.
fn texts<'v>(value: &'v Value, kind: &'v str, found: &mut Vec<(&'v str, &'v str, &'v str)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, kind, found)),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or(kind);
            for (name, value) in fields {
                match value {
                    Value::String(text) => found.push((kind, name, text)),
                    value => texts(value, kind, found),
                }
            }
        }
        _ => {}
    }
}

/// Nothing that cannot be seen, but for the joiners that are ours or make an emoji.
#[track_caller]
fn check_visible(text: &str) {
    let unseen = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
    };
    assert!(!text.contains(unseen), "{text:?}");
}

#[track_caller]
fn check_slack(message: &Message) {
    let headline = text::headline(&envelope(), message);
    let blocks = Value::Array(blocks::blocks(&headline, message));
    let length = |text: &str| text.encode_utf16().count();
    assert!(length(&blocks.to_string()) <= 13_000, "{}", blocks.to_string().len());
    assert!(blocks.as_array().unwrap().len() <= 50);
    let line = blocks::text(&text::summary(&envelope(), message));
    assert!((1..=4000).contains(&length(&line)) && !line.contains(['<', '>']), "{line}");
    for block in blocks.as_array().unwrap() {
        let limit = |text: &Value, limit| {
            let text = text["text"].as_str().unwrap_or("-");
            assert!((1..=limit).contains(&length(text)), "{text}");
        };
        limit(&block["text"], if block["type"] == "header" { 150 } else { 3000 });
        let fields = block["fields"].as_array().cloned().unwrap_or_default();
        assert!(fields.len() <= 10);
        for field in &fields {
            limit(field, 2000);
        }
    }
    let mut found = Vec::new();
    texts(&blocks, "", &mut found);
    for (kind, name, text) in found {
        check_visible(text);
        assert!(name != "url" || text == "https://data.gov.tw/dataset/6100", "{text}");
        if kind == "mrkdwn" && name == "text" {
            let ours = |rest: &str| rest.starts_with("@U00OFF") || rest.starts_with("@U00SUP");
            assert!(text.split('<').skip(1).all(ours), "{text}");
            // What is bold is a label of ours; a citizen's pair of marks stands in plain text.
            let pairs = |mark| text.matches(mark).count();
            assert!(pairs('*') <= 2 && pairs('_') < 2 && pairs('~') < 2, "{text}");
            assert!(!text.contains('`') && !text.contains(EVIL) || kind != "mrkdwn", "{text}");
        }
    }
}

/// Whether every mark of Markdown in `text` is escaped, but for mentions of ours.
fn is_escaped(text: &str) -> bool {
    let mut rest = text.to_owned();
    while let (Some(from), Some(to)) = (rest.find("<at>"), rest.find("</at>")) {
        let name = rest[from + 4..to].to_owned();
        if !["承辦人", "鄭保險", "黃組長"].iter().any(|ours| name.starts_with(ours)) {
            return false;
        }
        rest.replace_range(from..to + 5, "");
    }
    let mut escaped = false;
    for c in rest.chars() {
        if !escaped && "`*_[]<>{}~|!#".contains(c) {
            return false;
        }
        escaped = c == '\\' && !escaped;
    }
    true
}

#[track_caller]
fn check_teams(message: &Message) {
    let card = card(&envelope(), message);
    assert!(card.to_string().len() <= 28 * 1024 - 300, "{}", card.to_string().len());
    let mut found = Vec::new();
    texts(&card, "", &mut found);
    for (kind, name, text) in found {
        check_visible(text);
        let markdown = match kind {
            "TextBlock" => name == "text",
            "FactSet" => matches!(name, "title" | "value"),
            _ => false,
        };
        assert!(!markdown || is_escaped(text), "{kind} {name}: {text}");
        if kind == "TextRun" || name == "fallbackText" {
            assert!(!text.contains("<at>") && !text.contains("{{"), "{text}");
        }
        assert!(name != "url" || text == "https://data.gov.tw/dataset/6100", "{text}");
    }
}

#[track_caller]
fn check_mail(message: &Message) {
    let html = body::html(&envelope(), message);
    for tag in ["<b>", "<script", "<img", "<at>"] {
        assert!(!html.contains(tag), "{tag}: {html}");
    }
    let links = html.matches("href=").count();
    assert_eq!(links, html.matches("href=\"https://data.gov.tw/dataset/6100\"").count());
    check_visible(&html);
    check_visible(&body::plain(&envelope(), message));
    if !message.entries.is_empty() {
        let (_, calendar) = body::calendar(&envelope(), message, "example.gov.tw");
        let lines = |name: &str| calendar.lines().filter(|line| line.starts_with(name)).count();
        let cases = message.entries.len();
        assert_eq!((lines("BEGIN:VEVENT"), lines("ATTENDEE"), lines("SUMMARY")), (cases, 0, cases));
        assert!(calendar.lines().all(|line| line.len() <= 75), "{calendar}");
    }
}

#[test]
fn nothing_a_citizen_types_has_an_effect_or_exceeds_a_limit() {
    let rules = rules();
    for language in Language::ALL {
        for title in titles() {
            for message in about(&rules, &title, language) {
                check_slack(&message);
                check_teams(&message);
                check_mail(&message);
            }
        }
    }
}

#[test]
fn nor_in_a_list_of_many() {
    let rules = rules();
    for language in Language::ALL {
        // The last ones hold everything.
        for title in titles().into_iter().rev().take(3) {
            for message in lists(&rules, &title, language) {
                check_slack(&message);
                check_teams(&message);
                check_mail(&message);
                let listed = message.cases.iter().map(|case| case.number.len());
                assert!(listed.is_sorted(), "the worst first");
            }
        }
    }
}

#[test]
fn what_is_said_in_english_holds_no_chinese_of_ours() {
    let rules = rules();
    let chinese =
        |c: char| ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c);
    let mut unit = rules.directory.unit("bli-planning").unwrap().clone();
    unit.language = Language::English;
    unit.name = "BLI Planning".to_owned();
    unit.supervisor = None;
    unit.officers.clear();
    let mut case = case("title", 1);
    case.dataset = None;
    for stage in &rules.policy.stages {
        for left in [5, 0, -5] {
            let brief = brief(&rules, &case, Some(&unit), left);
            let said = render::reminder(&brief, stage, &Recipient::Unit(unit.id.clone()));
            let words = body::plain(&envelope(), &said);
            assert!(!words.contains(chinese), "{words}");
        }
    }
    let brief = brief(&rules, &case, Some(&unit), 5);
    let told = "2026-03-19".parse().unwrap();
    let moved = render::deadline_moved(&brief, told, &[]);
    for said in [moved, render::answered(&brief, 5, 3), render::daily(&unit, &[brief])] {
        let words = body::plain(&envelope(), &said);
        assert!(!words.contains(chinese), "{words}");
    }
}
