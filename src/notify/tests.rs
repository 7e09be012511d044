//! Every text, in every language, with the worst that a citizen can type: within every provider's
//! limits, and without any effect.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::email::body;
use super::print::Print;
use super::render::door::{Deed, REASON_CHARS};
use super::render::{self, Brief, Gathered, News};
use super::slack::blocks;
use super::teams::card;
use super::{Action, Door, Envelope, Message, Tone, ics, text};
use crate::config::secrets::Environment;
use crate::config::{self, SAMPLE_UNITS};
use crate::domain::case::{Case, CaseKind, CaseNumber, CaseState, Dataset, Origin, StartDay};
use crate::domain::checklist::Item;
use crate::domain::digest::{Figures, Rhythm};
use crate::domain::directory::{ChannelKind, Language, Person, Unit};
use crate::domain::handling::{Extension, ExtensionState, Goal, Handling, Hold, HoldEnd};
use crate::domain::message::Occasion;
use crate::domain::offer::Offer;
use crate::domain::reminder::{Recipient, Rules, ToldDay};
use crate::domain::statistics::{self, Period};

/// Each of these means something to somebody: Slack, Teams, a mail program, a terminal, a reader.
const NASTY: [&str; 26] = [
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
    "{{{DATE(2026-01-01T00:00:00Z)}}}",
    "abc =?utf-8?b?ZXZpbA==?= def",
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
    rules_with("")
}

/// With these closures.
fn rules_with(closures: &str) -> Rules {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), "").unwrap();
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
    std::fs::create_dir(dir.path().join("calendar")).unwrap();
    std::fs::write(dir.path().join("calendar/closures.toml"), closures).unwrap();
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

/// What the messages of a test are about.
struct Scene {
    rules: Rules,
    unit: Unit,
    case: Case,
    /// What officers type: as long as it may be, and as nasty.
    reason: String,
    language: Language,
}

impl Scene {
    fn of(title: &str, language: Language) -> Self {
        let rules = rules();
        let unit = unit(&rules, language);
        let reason = title.chars().cycle().take(REASON_CHARS).collect();
        Self { unit, case: case(title, u64::MAX), reason, language, rules }
    }

    fn brief(&self, left: i64) -> Brief<'_> {
        brief(&self.rules, &self.case, Some(&self.unit), left)
    }

    /// Everything that is said on this occasion: a new one must be written here.
    fn said_on(&self, occasion: Occasion) -> Vec<Message> {
        match occasion {
            Occasion::Stage => {
                let mut said = duties(&self.rules, &self.case, &self.unit);
                said.extend(self.stages());
                said
            }
            Occasion::DeadlineMoved => {
                let (due_on, at) = ("2026-03-19".parse().unwrap(), DateTime::default());
                let told = ToldDay { due_on, message: 7, at };
                vec![render::deadline_moved(&self.brief(5), told, &[])]
            }
            Occasion::Answered => [Some(3), Some(0), Some(-3), None]
                .map(|early| render::answered(&self.brief(5), 5, early))
                .to_vec(),
            Occasion::ExtensionAsked
            | Occasion::ExtensionRefused
            | Occasion::Reassigned
            | Occasion::GivenAway
            | Occasion::Withdrawn
            | Occasion::ReplyNotShown
            | Occasion::FollowUpAsked => {
                [5, -5].map(|left| with_offers(self.news(occasion, left))).to_vec()
            }
            Occasion::MarkActed => self.in_place(),
            Occasion::Digest => {
                Rhythm::ALL.iter().flat_map(|rhythm| self.digest(*rhythm)).collect()
            }
            Occasion::Report => vec![self.report()],
            Occasion::Alarm => {
                alarm_codes().map(|code| render::alarm(code, &self.reason, &self.reason)).collect()
            }
            Occasion::AlarmOver => {
                alarm_codes().map(|code| render::alarm_over(code, &self.reason)).collect()
            }
        }
    }

    fn stages(&self) -> Vec<Message> {
        let id = &self.unit.id;
        let recipients = [
            Recipient::Unit(id.clone()),
            Recipient::Supervisor(id.clone()),
            Recipient::Administrators,
        ];
        let again = Case { round: 2, ..self.case.clone() };
        let mut said = Vec::new();
        for stage in &self.rules.policy.stages {
            for recipient in &recipients {
                for (case, left) in [(&self.case, 14), (&self.case, 0), (&self.case, -123)] {
                    let brief = brief(&self.rules, case, Some(&self.unit), left);
                    said.push(with_offers(render::reminder(&brief, stage, recipient)));
                }
                let brief = |case, unit| brief(&self.rules, case, unit, 14);
                said.push(render::reminder(&brief(&again, Some(&self.unit)), stage, recipient));
                said.push(render::reminder(&brief(&self.case, None), stage, recipient));
            }
        }
        said
    }

    fn news(&self, occasion: Occasion, left: i64) -> Message {
        let (by, reason) = (self.unit.officers[0].name.as_str(), self.reason.as_str());
        let news = match occasion {
            Occasion::ExtensionAsked => News::ExtensionAsked { by, workdays: u32::MAX, reason },
            Occasion::ExtensionRefused => News::ExtensionRefused { by, reason },
            Occasion::Reassigned => News::Reassigned { reason },
            Occasion::GivenAway => News::GivenAway { to: &self.unit.name },
            Occasion::Withdrawn => News::Withdrawn { reason },
            Occasion::ReplyNotShown => News::NotShown { elsewhere: left < 0 },
            _ => News::FollowUp,
        };
        render::news(&self.brief(left), &news)
    }

    fn in_place(&self) -> Vec<Message> {
        let deed = |event: &str| Deed {
            at: "2026-03-20T10:00:00".parse().unwrap(),
            by: self.unit.officers[0].name.clone(),
            event: event.to_owned(),
            after: self.reason.clone(),
            reason: self.reason.clone(),
        };
        let events = ["held", "resumed", "extension_asked"].into_iter().cycle();
        let deeds: Vec<Deed> = events.map(deed).take(20).collect();
        let mut said = Vec::new();
        for state in CaseState::ALL {
            let case = Case { state, ..self.case.clone() };
            let brief = brief(&self.rules, &case, Some(&self.unit), 5);
            let shown = [true, false].map(|own| render::as_it_stands(&brief, (&deeds, 10), own));
            said.extend(shown.map(with_offers));
        }
        let asked = self.news(Occasion::ExtensionAsked, 5);
        said.push(with_offers(render::with_deeds(asked, (&deeds, 10))));
        said
    }

    fn digest(&self, rhythm: Rhythm) -> Vec<Message> {
        let cases: Vec<Case> = (0..120).map(|number| case(&self.case.title, number)).collect();
        let left = |case: &Case| i64::try_from(case.number.as_str().len()).unwrap() - 4;
        let brief = |case| brief(&self.rules, case, Some(&self.unit), left(case));
        let briefs: Vec<Brief<'_>> = cases.iter().map(brief).collect();
        let lengths = [&briefs[..], &briefs[..1]];
        let said = |briefs: &[Brief<'_>]| match rhythm {
            Rhythm::Daily => render::daily(&self.unit, briefs),
            Rhythm::Weekly => render::weekly(&self.unit, briefs),
            Rhythm::Monthly => {
                let month = "2026-03-01".parse().unwrap();
                render::monthly(&Figures { month, ..Figures::default() }, briefs)
            }
        };
        let mut said: Vec<Message> = lengths.into_iter().map(said).collect();
        // Reminders that came within the hour are a list like a digest.
        let recipient = &Recipient::Unit(self.unit.id.clone());
        let gathered = briefs.iter().map(|brief| Gathered {
            brief: brief.clone(),
            recipient,
            has_entry: true,
            told: None,
        });
        said.push(render::burst(&gathered.collect::<Vec<_>>()));
        said
    }

    fn report(&self) -> Message {
        let day = |text: &str| text.parse().unwrap();
        let period = Period::new(day("2025-11-01"), day("2026-05-31")).unwrap();
        let long = vec![self.reason.clone(); 6];
        let files = render::Files { attached: long.clone(), left: long };
        render::report(period, &statistics::Figures::default(), &files)
    }

    /// What is said on every occasion, and by `send-test`.
    fn everything(&self) -> Vec<Message> {
        let mut said: Vec<Message> =
            Occasion::ALL.into_iter().flat_map(|occasion| self.said_on(occasion)).collect();
        said.push(render::test(&self.unit.name, self.language));
        said
    }
}

#[test]
fn other_duties_stand_beside_the_month_s_questions() {
    let month = "2026-03-01".parse().unwrap();
    let questions = Figures { month, open: 4, overdue: 2, ..Figures::default() };
    let facts = |figures: &Figures| {
        let message = render::monthly(figures, &[]);
        (
            message.facts.iter().skip(3).map(|(_, words)| words.clone()).collect::<Vec<_>>(),
            message.request,
        )
    };
    let overdue = |count| format!("目前逾期 {count} 件，請洽承辦單位。");
    assert_eq!(facts(&questions), (vec!["4 件".to_owned(), "2 件".to_owned()], overdue(2)));
    let both = Figures { open_duties: 3, overdue_duties: 1, ..questions };
    let words = ["4 件", "2 件", "3 件，其中逾期 1 件"].map(str::to_owned).to_vec();
    assert_eq!(facts(&both), (words, overdue(3)));
}

/// The more buttons there are, the less room is left.
fn with_offers(message: Message) -> Message {
    let offers = [Offer::Acknowledge, Offer::Reply, Offer::Extend, Offer::Reassign, Offer::Hold];
    let page = |offer| Action { offer, door: Door::Page(PAGE.to_owned()) };
    Message { actions: offers.map(page).to_vec(), ..message }
}

/// The page behind a button.
const PAGE: &str = "https://jicui.example.gov.tw/act/ZTMwMDQ0";

/// Every alarm has its section there.
fn alarm_codes() -> impl Iterator<Item = &'static str> {
    let headings = include_str!("../../docs/operations.md").lines();
    let codes = headings.filter_map(|line| line.strip_prefix("## "));
    codes.filter(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
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

fn envelope() -> Envelope {
    Envelope {
        key: "k".repeat(200),
        gathered: Vec::new(),
        case_number: Some("C-558380".to_owned()),
        stage: "before-3".to_owned(),
        address: "wda".to_owned(),
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

/// The case's page, or one of ours.
fn is_ours(url: &str) -> bool {
    url == "https://data.gov.tw/dataset/6100" || url == PAGE
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
        assert!(name != "url" || is_ours(text), "{text}");
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
    let body = card::body(&envelope(), message).unwrap();
    assert!(body.len() <= 28 * 1024 - 300, "{}", body.len());
    let card: Value = serde_json::from_str(&body).unwrap();
    let mut found = Vec::new();
    texts(&card, "", &mut found);
    for (kind, name, text) in found {
        check_visible(text);
        let markdown = match kind {
            "TextBlock" => name == "text",
            "FactSet" => matches!(name, "title" | "value"),
            _ => name == "fallbackText",
        };
        let words = text.split("：https://").next().unwrap_or_default();
        assert!(!markdown || is_escaped(words), "{kind} {name}: {text}");
        if kind == "TextRun" {
            assert!(!text.contains("<at>") && !text.contains("{{"), "{text}");
        }
        assert!(name != "url" || is_ours(text), "{text}");
    }
}

#[track_caller]
fn check_mail(message: &Message) {
    let html = body::html(&envelope(), message);
    for tag in ["<b>", "<script", "<img", "<at>"] {
        assert!(!html.contains(tag), "{tag}: {html}");
    }
    let links = html.matches("href=").count();
    let ours = ["https://data.gov.tw/dataset/6100", PAGE].map(|url| format!("href=\"{url}\""));
    assert_eq!(links, ours.iter().map(|link| html.matches(link).count()).sum::<usize>());
    let subject = body::subject(&envelope(), message);
    assert!(!subject.contains("=?") && subject.chars().count() <= 200, "{subject}");
    check_visible(&subject);
    check_visible(&html);
    check_visible(&body::plain(&envelope(), message));
    if !message.entries.is_empty() {
        let (_, calendar) = ics::of_message(&envelope(), message, "jicui@example.gov.tw");
        let lines = |name: &str| calendar.lines().filter(|line| line.starts_with(name)).count();
        let cases = message.entries.len();
        assert_eq!((lines("BEGIN:VEVENT"), lines("ATTENDEE"), lines("SUMMARY")), (cases, 0, cases));
        assert!(calendar.lines().all(|line| line.len() <= 75), "{calendar}");
    }
}

/// A terminal shows what stands there: nothing that moves its cursor or colours it.
#[track_caller]
fn check_print(message: &Message) {
    let path = tempfile::NamedTempFile::new().unwrap();
    let print = Print::to(path.reopen().unwrap());
    print.post(&envelope(), message).unwrap();
    let printed = std::fs::read_to_string(path.path()).unwrap();
    check_visible(&printed);
    assert!(printed.lines().all(|line| line.chars().count() <= 4000), "{printed}");
}

/// By every channel there is.
#[track_caller]
fn check(message: &Message) {
    for kind in ChannelKind::ALL {
        match kind {
            // The webhook has the bot's blocks and text.
            ChannelKind::Slack | ChannelKind::SlackWebhook => check_slack(message),
            ChannelKind::Teams => check_teams(message),
            ChannelKind::Mail => check_mail(message),
            ChannelKind::Print => check_print(message),
        }
    }
}

#[test]
fn nothing_a_citizen_types_has_an_effect_or_exceeds_a_limit() {
    for language in Language::ALL {
        let titles = titles();
        let (each, all) = titles.split_at(titles.len() - 3);
        // The last ones hold everything, and are tried on every occasion.
        for title in all {
            Scene::of(title, language).everything().iter().for_each(check);
        }
        for title in each {
            let scene = Scene::of(title, language);
            let occasions = [Occasion::DeadlineMoved, Occasion::ExtensionAsked, Occasion::Answered];
            let said = occasions.into_iter().flat_map(|occasion| scene.said_on(occasion));
            scene.stages().into_iter().chain(said).for_each(|message| check(&message));
        }
    }
}

/// Every function that makes a message is tried above: one that is not is found here.
#[test]
fn no_message_escapes_the_trial() {
    let tried = include_str!("tests.rs");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/notify/render");
    let mut makers = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = if path.is_file() { std::fs::read_to_string(path).unwrap() } else { continue };
        for signature in source.split("\npub fn ").skip(1) {
            let (head, _) = signature.split_once('{').unwrap();
            if head.contains("-> Message") {
                let name = head.split(['(', '<']).next().unwrap();
                assert!(tried.contains(&format!("render::{name}(")), "{name} is not tried");
                makers += 1;
            }
        }
    }
    assert!(makers >= 11, "{makers}");
}

#[test]
fn a_list_has_the_worst_first() {
    let scene = Scene::of("題", Language::Chinese);
    for message in scene.said_on(Occasion::Digest) {
        assert!(message.cases.iter().map(|case| case.number.len()).is_sorted());
    }
}

#[test]
fn a_list_with_a_duty_in_it_asks_for_more_than_answers() {
    for (language, answers, duties) in [
        (Language::Chinese, "1 件待回復|請依期限先後至平臺回復。", "1 件待辦理|請依期限先後辦理。"),
        (
            Language::English,
            "1 open|Please answer on the platform, the first of the list first.",
            "1 open|Please see to them, the first of the list first.",
        ),
    ] {
        let mut scene = Scene::of("題", language);
        let said = |scene: &Scene| {
            let message = render::daily(&scene.unit, &[scene.brief(5)]);
            format!("{}|{}", message.text, message.request)
        };
        assert!(said(&scene).ends_with(answers), "{}", said(&scene));
        scene.case.kind = CaseKind::parse("takedown").unwrap();
        assert!(said(&scene).ends_with(duties), "{}", said(&scene));
    }
}

#[test]
fn what_is_said_in_english_holds_no_chinese_of_ours() {
    let chinese =
        |c: char| ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c);
    let mut scene = Scene::of("title", Language::English);
    scene.unit.name = "BLI Planning".to_owned();
    scene.unit.supervisor = None;
    scene.unit.officers.iter_mut().for_each(|officer| officer.name = "Wu".to_owned());
    scene.unit.deputies.clear();
    scene.case.dataset = None;
    scene.case.agency = "BLI".to_owned();
    let mut read = 0;
    for occasion in Occasion::ALL {
        // A duty has the name and the action that the config gives it.
        let said = match occasion {
            Occasion::Stage => scene.stages(),
            occasion => scene.said_on(occasion),
        };
        let said = said.into_iter();
        for said in said.filter(|message| message.language == Language::English) {
            let words = body::plain(&envelope(), &said);
            assert!(!words.contains(chinese), "{occasion:?}: {words}");
            read += 1;
        }
    }
    assert!(read > 50, "{read}");
}

/// What is asked while there is time, and what once the due day is gone.
#[test]
fn nobody_is_asked_to_be_in_time_for_a_day_that_is_gone() {
    let scene = Scene::of("題", Language::Chinese);
    let in_place = |left| render::as_it_stands(&scene.brief(left), (&[], 10), true);
    for (said, days) in [
        (&(|left| scene.news(Occasion::Reassigned, left)) as &dyn Fn(i64) -> Message, true),
        (&|left| scene.news(Occasion::ExtensionRefused, left), true),
        (&in_place, false),
    ] {
        let (ahead, late) = (said(5), said(-5));
        assert_eq!(ahead.request, "請於 115/03/20（五）〔暫定，次年日曆未公布〕前至平臺回復。");
        assert_eq!(
            (late.request.as_str(), late.tone),
            ("期限已過，請儘速至平臺回復。", Tone::Alert)
        );
        assert!(!days || ahead.text.contains("，尚餘 5 個工作天"), "{}", ahead.text);
        assert!(!days || late.text.contains("，逾期 5 個工作天"), "{}", late.text);
    }
}

#[test]
fn what_nobody_answers_for_says_that_it_is_overdue() {
    let scene = Scene::of("題", Language::Chinese);
    let stage = scene.rules.policy.stages.last().unwrap();
    let said = |left| {
        let brief = brief(&scene.rules, &scene.case, None, left);
        let message = render::reminder(&brief, stage, &Recipient::Administrators);
        (message.headline, message.tone)
    };
    assert_eq!(said(3), ("❓ 尚無承辦單位（尚餘 3 個工作天）：請指定".to_owned(), Tone::Warning));
    assert_eq!(said(-3), ("❓ 尚無承辦單位（逾期 3 個工作天）：請指定".to_owned(), Tone::Alert));
}

#[test]
fn a_new_case_has_its_limit_only_while_all_of_it_is_left() {
    for (language, left, said) in [
        (Language::Chinese, 14, "📨 新案分派：14 個工作天內回復"),
        (Language::Chinese, 11, "📨 新案分派：尚餘 11 個工作天"),
        (Language::English, 14, "📨 New case: 14 workdays to answer"),
        (Language::English, 11, "📨 New case: 11 workdays left"),
    ] {
        let scene = Scene::of("題", language);
        let assigned = scene.rules.policy.stages.first().unwrap();
        let unit = Recipient::Unit(scene.unit.id.clone());
        assert_eq!(render::reminder(&scene.brief(left), assigned, &unit).headline, said);
    }
}

#[test]
fn only_what_is_on_the_platform_and_owed_is_answered_there() {
    let mut scene = Scene::of("題", Language::Chinese);
    let shown = |scene: &Scene, is_readers| {
        let message = render::as_it_stands(&scene.brief(5), (&[], 10), is_readers);
        (message.link.unwrap().label, message.request)
    };
    let (label, request) = shown(&scene, true);
    assert!(label == "前往平臺回復" && request.ends_with("前至平臺回復。"), "{label} {request}");
    assert_eq!(shown(&scene, false).0, "前往平臺查看", "it is another unit's");
    let given_away = scene.news(Occasion::GivenAway, 5);
    assert_eq!(given_away.link.unwrap().label, "前往平臺查看");
    scene.case.state = CaseState::Replied;
    assert_eq!(shown(&scene, true).0, "前往平臺查看");
    scene.case = Case { number: CaseNumber::parse("M-1").unwrap(), ..case("題", 1) };
    let (label, request) = shown(&scene, true);
    assert!(label == "前往平臺查看" && request.ends_with("前回復。"), "{label} {request}");
    let listed = render::daily(&scene.unit, &[scene.brief(5)]);
    assert_eq!(listed.request, "請依期限先後回復。");
}

#[test]
fn a_list_of_reminders_says_how_many_are_overdue_and_asks_each_reader_for_their_part() {
    let scene = Scene::of("題", Language::Chinese);
    let said = |recipient: &Recipient| {
        let of =
            |left| Gathered { brief: scene.brief(left), recipient, has_entry: false, told: None };
        let message = render::burst(&[of(5), of(0), of(-2)]);
        (message.text, message.request)
    };
    let text = "【彙整】3 件待回復，逾期 1 件，今日到期 1 件";
    for (recipient, request) in [
        (Recipient::Unit(scene.unit.id.clone()), "請依期限先後至平臺回復。"),
        (Recipient::Supervisor(scene.unit.id.clone()), "請督促承辦人儘速回復。"),
        (Recipient::Administrators, "請督促承辦人儘速回復。"),
    ] {
        assert_eq!(said(&recipient), (text.to_owned(), request.to_owned()));
    }
}

#[test]
fn a_missing_reply_asks_each_reader_for_what_they_can_do() {
    let scene = Scene::of("題", Language::Chinese);
    let asked = |elsewhere| render::news(&scene.brief(5), &News::NotShown { elsewhere }).request;
    assert!(asked(false).ends_with("請儘速辦理並通知系統管理者恢復計時。"), "{}", asked(false));
    assert_eq!(asked(true), "請洽承辦單位確認回復是否已送出；如尚未回復，請恢復計時。");
}

#[test]
fn a_long_title_leaves_the_due_day_in_the_subject() {
    for language in Language::ALL {
        let scene = Scene::of(&"題".repeat(255), language);
        let due = render::date(language, "2026-03-20".parse().unwrap());
        let unit = Recipient::Unit(scene.unit.id.clone());
        for stage in &scene.rules.policy.stages {
            for left in [14, 3, -123] {
                let message = render::reminder(&scene.brief(left), stage, &unit);
                let subject = body::subject(&envelope(), &message);
                assert!(subject.contains(&due), "{subject}");
                assert_eq!(message.title.unwrap().chars().count(), 255);
            }
        }
    }
}

#[test]
fn a_move_names_what_moved_it_since_the_day_was_told_and_no_more() {
    let mut scene = Scene::of("題", Language::Chinese);
    let calendar = |closed: &[&str]| {
        let closures =
            closed.iter().map(|day| format!("[[closure]]\ndate = {day}\nreason = \"颱風\"\n"));
        rules_with(&closures.collect::<String>())
    };
    let at = |text: &str| format!("{text}T02:00:00Z").parse::<DateTime<Utc>>().unwrap();
    let reason = |scene: &Scene, rules: &Rules, told: (&str, &str)| {
        let brief = brief(rules, &scene.case, Some(&scene.unit), 5);
        let account = brief.deadline.account(rules.calendars.national()).unwrap();
        let told = ToldDay { due_on: told.0.parse().unwrap(), message: 7, at: at(told.1) };
        let message = render::deadline_moved(&brief, told, &account);
        message.facts.last().unwrap().1.clone()
    };
    // Due on 03-20; on 03-23 for a closure, and then on 03-25 for two more workdays.
    let typhoon = calendar(&["2026-03-10"]);
    assert_eq!(
        reason(&scene, &typhoon, ("2026-03-20", "2026-03-02")),
        "115/03/10（二） 颱風停止上班"
    );
    scene.case.handling.extensions = vec![Extension {
        workdays: 2,
        reason: String::new(),
        asked_by: String::new(),
        asked_at: at("2026-03-11"),
        state: ExtensionState::Confirmed,
        decided_by: None,
        decided_at: Some(at("2026-03-12")),
    }];
    assert_eq!(reason(&scene, &typhoon, ("2026-03-23", "2026-03-11")), "展延 2 個工作天");
    // And on 03-26 for another closure, be it before the day that was told or after it.
    let again = calendar(&["2026-03-10", "2026-03-24"]);
    let both = "115/03/24（二） 颱風停止上班、展延 2 個工作天";
    assert_eq!(reason(&scene, &again, ("2026-03-23", "2026-03-11")), both);
    let closed = "115/03/10（二） 颱風停止上班、115/03/24（二） 颱風停止上班";
    assert_eq!(reason(&scene, &again, ("2026-03-25", "2026-03-13")), closed);
    // Held for three workdays, and for two of them before.
    scene.case.handling = Handling::default();
    let hold = |from: &str, on: &str| Hold {
        from: from.parse().unwrap(),
        reason: String::new(),
        by: String::new(),
        at: at(from),
        was_acknowledged: false,
        end: Some(HoldEnd { on: on.parse().unwrap(), by: String::new(), at: at(on) }),
    };
    scene.case.handling.holds =
        vec![hold("2026-03-04", "2026-03-06"), hold("2026-03-16", "2026-03-17")];
    let held = "暫停計時 1 個工作天，現已恢復";
    assert_eq!(reason(&scene, &calendar(&[]), ("2026-03-24", "2026-03-09")), held);
}
