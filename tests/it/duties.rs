//! Other dated duties: takedowns, resolutions, targets, badges, competitions, as kinds of the config.

use jicui::app::acts::ActError;
use jicui::demo::platform::Misbehaviour;
use jicui::domain::act::{Act, Actor, CaseByHand, Refusal};
use jicui::domain::case::{CaseKind, CaseNumber, CaseState};
use jicui::domain::directory::Person;
use jicui::domain::statistics::Period;
use jicui::report::Format;

use super::world::{AGENCY, World, moment};

fn number(text: &str) -> CaseNumber {
    CaseNumber::parse(text).unwrap()
}

fn officer() -> Actor {
    Actor::person(&Person { name: "吳保險".to_owned(), ..Person::default() })
}

pub(crate) fn by_hand(kind: &str, number_of: &str, title: &str) -> CaseByHand {
    CaseByHand {
        number: number(number_of),
        kind: CaseKind::parse(kind).unwrap(),
        title: title.to_owned(),
        agency: AGENCY.to_owned(),
        unit: None,
        dataset: None,
        assigned_on: "2026-03-02".parse().unwrap(),
        due_on: None,
        url: String::new(),
    }
}

async fn add(world: &World, case: CaseByHand) {
    world.app.add_case(case, &Actor::at_console("資訊處"), "").await.unwrap();
}

fn tick(item: &str, on: Option<&str>, document: &str) -> Act {
    let on = on.map(|on| on.parse().unwrap());
    Act::Tick { item: item.to_owned(), on, document: document.to_owned() }
}

async fn act(world: &World, case: &str, act: Act) -> Result<CaseState, ActError> {
    world.app.act(&number(case), act, &officer()).await.map(|acted| acted.case.state)
}

/// The history of a case as lines.
async fn history(world: &World, case: &str) -> String {
    let entries = world.app.store().history(&number(case)).await.unwrap();
    let line = |entry: &jicui::store::HistoryEntry| {
        let words = [&entry.actor, &entry.event, &entry.before, &entry.after, &entry.reason];
        let words: Vec<&str> =
            words.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        words.join(" | ")
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The sections of other duties in the report of the first half of 2026, as Markdown.
async fn sections(world: &World) -> String {
    let period = Period::new("2026-01-01".parse().unwrap(), "2026-06-30".parse().unwrap());
    let report = world.app.report(period.unwrap()).await.unwrap();
    let markdown = String::from_utf8(report.write(Format::Markdown).unwrap()).unwrap();
    markdown.split_once("## 六、").map(|(_, duties)| duties.trim().to_owned()).unwrap_or_default()
}

/// The value of a fact in the newest message that Slack has.
fn fact(world: &World, label: &str) -> Option<String> {
    let newest = world.slack.all().pop()?;
    let text = serde_json::Value::from(newest.blocks).to_string();
    let (_, after) = text.split_once(&format!("*{label}*"))?;
    Some(after.split('"').next()?.trim_start_matches("\\n").to_owned())
}

#[tokio::test]
async fn a_checklist_is_reminded_of_until_all_of_it_is_ticked() {
    let mut world = World::at("2026-03-02 09:30").await;
    add(&world, by_hand("takedown", "T-1", "勞保統計下架")).await;
    world.run_until("2026-03-02 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-02 09:30 C00BLI0001 【資料集下架】T-1「勞保統計下架」請於 115/03/20（五）前完成下架程序（14 個工作天）");
    insta::assert_snapshot!(fact(&world, "尚待完成").unwrap(), @"機關首長書面核准、資訊單位會簽、提報諮詢小組、副本送資訊處備查");

    act(&world, "T-1", tick("approval", Some("2026-03-03"), "")).await.unwrap_err();
    world.run_until("2026-03-05 10:00").await;
    act(&world, "T-1", tick("approval", Some("2026-03-04"), "勞資字第1150000001號")).await.unwrap();
    act(&world, "T-1", tick("資訊單位會簽", None, "")).await.unwrap();
    let again = act(&world, "T-1", tick("countersign", None, "")).await.unwrap_err();
    assert!(matches!(again, ActError::Refused(Refusal::Ticked { .. })), "{again}");
    let early = act(&world, "T-1", Act::Reply { at: None }).await.unwrap_err();
    assert_eq!(early.to_string(), "T-1 is done when its checklist is: tick advisory-group, copy");
    world.run_until("2026-03-09 10:00").await;
    assert_eq!(fact(&world, "尚待完成").unwrap(), "提報諮詢小組、副本送資訊處備查");
    act(&world, "T-1", tick("advisory-group", None, "")).await.unwrap();
    let state = act(&world, "T-1", tick("copy", None, "")).await.unwrap();
    assert_eq!(state, CaseState::Replied);
    world.run_until("2026-03-27 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-09 09:00 C00BLI0001 ↳ 【辦理中】T-1「勞保統計下架」尚餘 9 個工作天，期限 115/03/20（五）
    03-09 10:00 C00BLI0001 ↳ 【已辦結】T-1「勞保統計下架」於第 5 個工作天辦結，提前 9 個工作天，謝謝
    ");
    insta::assert_snapshot!(history(&world, "T-1").await, @"
    資訊處 | added | 2026-03-02 by_hand
    吳保險 | ticked | approval 2026-03-04 勞資字第1150000001號
    吳保險 | ticked | countersign 2026-03-05
    吳保險 | ticked | advisory-group 2026-03-09
    吳保險 | ticked | copy 2026-03-09
    吳保險 | replied | open | replied
    ");
    insta::assert_snapshot!(sections(&world).await, @"
    資料集下架

    | 案號 | 事項 | 機關 | 承辦單位 | 起算日 | 辦理期限 | 辦結日 | 辦理情形 |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | T-1 | 勞保統計下架 | 勞動部勞工保險局 | 勞工保險局企劃管理組 | 115/03/02 | 115/03/20 | 115/03/09 | 如期辦結 |

    | 案號 | 檢核項目 | 核定或會辦 | 完成日 | 文號 |
    | --- | --- | --- | --- | --- |
    | T-1 | 機關首長書面核准 | 機關首長 | 115/03/04 | 勞資字第1150000001號 |
    | T-1 | 資訊單位會簽 | 資訊單位 | 115/03/05 |  |
    | T-1 | 提報諮詢小組 | 諮詢小組 | 115/03/09 |  |
    | T-1 | 副本送資訊處備查 | 資訊處 | 115/03/09 |  |
    ");
}

#[tokio::test]
async fn an_item_ticked_by_mistake_opens_the_case_again() {
    let mut world = World::at("2026-03-02 08:00").await;
    add(&world, by_hand("takedown", "T-1", "勞保統計下架")).await;
    for item in ["approval", "countersign", "advisory-group", "copy"] {
        act(&world, "T-1", tick(item, None, "")).await.unwrap();
    }
    let untick = |reason: &str| Act::Untick { item: "copy".to_owned(), reason: reason.to_owned() };
    act(&world, "T-1", untick(" ")).await.unwrap_err();
    assert_eq!(act(&world, "T-1", untick("副本未送達")).await.unwrap(), CaseState::Open);
    let twice = act(&world, "T-1", untick("副本未送達")).await.unwrap_err();
    assert_eq!(twice.to_string(), "copy is not ticked; nothing was changed");
    let unknown = act(&world, "T-1", tick("copies", None, "")).await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "T-1 has no item copies to tick: write one of approval, countersign, advisory-group, copy"
    );
    world.run_until("2026-03-02 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-02 08:30 C00BLI0001 【資料集下架】T-1「勞保統計下架」請於 115/03/20（五）前完成下架程序（14 個工作天）");
}

#[tokio::test]
async fn a_resolution_is_due_on_its_own_day_and_listed_with_how_it_goes() {
    let mut world = World::at("2026-03-02 09:30").await;
    let due_on = Some("2026-04-04".parse().unwrap());
    let title = "盤點職業訓練資料集";
    add(&world, CaseByHand { due_on, ..by_hand("resolution", "R-115-1", title) }).await;
    let file = world.app.case_file(&number("R-115-1")).await.unwrap().unwrap();
    assert_eq!(file.view.deadline.due_on.to_string(), "2026-04-07", "the next workday");
    world.run_until("2026-03-10 10:00").await;
    act(&world, "R-115-1", Act::Note { text: "已函請各單位盤點".to_owned() }).await.unwrap();
    world.run_until("2026-04-08 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:30 C00BLI0001 【會議決議】R-115-1「盤點職業訓練資料集」請於 115/04/07（二）前完成決議事項（24 個工作天）
    03-09 09:00 C00BLI0001 ↳ 【辦理中】R-115-1「盤點職業訓練資料集」尚餘 19 個工作天，期限 115/04/07（二）
    03-13 09:00 C00BLI0001 ↳ 【辦理中】R-115-1「盤點職業訓練資料集」尚餘 15 個工作天，期限 115/04/07（二）
    03-31 09:00 C00BLI0001 ↳ 【將屆期】R-115-1「盤點職業訓練資料集」尚餘 3 個工作天，期限 115/04/07（二）
    04-02 09:00 C00BLI0001 ↳! 【將屆期】R-115-1「盤點職業訓練資料集」尚餘 1 個工作天，期限 115/04/07（二）
    04-07 09:00 C00BLI0001 ↳! 【今日到期】R-115-1「盤點職業訓練資料集」請於今日下班前辦結
    04-07 14:00 C00BLI0001 ↳! 【今日到期】R-115-1「盤點職業訓練資料集」請於今日下班前辦結
    04-08 09:00 C00BLI0001 ↳! 【逾期 1 個工作天】R-115-1「盤點職業訓練資料集」期限為 115/04/07（二），請儘速辦結；已副知主管黃組長
    ");
    insta::assert_snapshot!(sections(&world).await, @"
    前次會議決議事項追蹤

    | 案號 | 事項 | 機關 | 承辦單位 | 起算日 | 辦理期限 | 辦結日 | 辦理情形 |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | R-115-1 | 盤點職業訓練資料集 | 勞動部勞工保險局 | 勞工保險局企劃管理組 | 115/03/02 | 115/04/07 | — | 逾期辦理中 |

    | 案號 | 日期 | 辦理進度 | 登錄人 |
    | --- | --- | --- | --- |
    | R-115-1 | 115/03/10 | 已函請各單位盤點 | 吳保險 |
    ");
    act(&world, "R-115-1", Act::Reply { at: Some(moment("2026-04-07 17:00")) }).await.unwrap();
    world.run_until("2026-04-08 10:30").await;
    insta::assert_snapshot!(world.sent(), @"04-08 10:00 C00BLI0001 ↳ 【已辦結】R-115-1「盤點職業訓練資料集」於第 24 個工作天辦結，如期完成，謝謝");
    assert!(sections(&world).await.contains("| 如期辦結 |"));
    let state = act(&world, "R-115-1", Act::Resume).await.unwrap();
    assert_eq!(state, CaseState::Open, "reported by mistake");
}

#[tokio::test]
async fn a_competition_request_is_answered_like_a_request_with_its_own_limit() {
    let config = "[kind.competition]\nworkdays = 5\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    add(&world, by_hand("competition", "P-1", "競賽隊伍請求投保薪資明細")).await;
    world.run_until("2026-03-09 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:30 C00BLI0001 【競賽資料需求】P-1「競賽隊伍請求投保薪資明細」請於 115/03/09（一）前回復競賽團隊（5 個工作天）
    03-04 09:00 C00BLI0001 ↳ 【將屆期】P-1「競賽隊伍請求投保薪資明細」尚餘 3 個工作天，期限 115/03/09（一）
    03-06 09:00 C00BLI0001 ↳! 【將屆期】P-1「競賽隊伍請求投保薪資明細」尚餘 1 個工作天，期限 115/03/09（一）
    03-09 09:00 C00BLI0001 ↳! 【今日到期】P-1「競賽隊伍請求投保薪資明細」請於今日下班前辦結
    ");
    act(&world, "P-1", Act::Reply { at: None }).await.unwrap();
    world.run_until("2026-03-20 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-09 10:00 C00BLI0001 ↳ 【已辦結】P-1「競賽隊伍請求投保薪資明細」於第 5 個工作天辦結，如期完成，謝謝");
    let past = CaseByHand {
        due_on: Some("2026-03-01".parse().unwrap()),
        ..by_hand("competition", "P-2", "x")
    };
    let refused = world.app.add_case(past, &officer(), "").await.unwrap_err();
    assert_eq!(refused.to_string(), "2026-03-01 cannot be: it lies before the clock started");
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_dataset_vanishes_and_its_checklist_is_worked_through() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.add_dataset(6101, "職業災害統計", AGENCY);
    world.run_until("2026-03-03 10:00").await;
    world.platform.take_down(6101, day("2026-03-03"));
    world.run_until("2026-03-04 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-03 12:00 C00BLI0001 【資料集下架】T-1「職業災害統計」請於 115/03/23（一）前完成下架程序（14 個工作天）");
    assert_eq!(fact(&world, "資料集").as_deref(), Some("職業災害統計"));
    act(&world, "T-1", tick("approval", None, "勞資字第1150000001號")).await.unwrap();
    act(&world, "T-1", tick("countersign", None, "")).await.unwrap();
    world.run_until("2026-03-12 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-10 09:00 C00BLI0001 ↳ 【辦理中】T-1「職業災害統計」尚餘 9 個工作天，期限 115/03/23（一）");
    act(&world, "T-1", tick("advisory-group", None, "")).await.unwrap();
    act(&world, "T-1", tick("copy", None, "")).await.unwrap();
    world.run_until("2026-04-01 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-12 10:00 C00BLI0001 ↳ 【已辦結】T-1「職業災害統計」於第 7 個工作天辦結，提前 7 個工作天，謝謝");
    insta::assert_snapshot!(history(&world, "T-1").await, @"
    jicui | opened | 2026-03-03 observed | the platform shows that it was taken down on 2026-03-03
    吳保險 | ticked | approval 2026-03-04 勞資字第1150000001號
    吳保險 | ticked | countersign 2026-03-04
    吳保險 | ticked | advisory-group 2026-03-12
    吳保險 | ticked | copy 2026-03-12
    吳保險 | replied | open | replied
    ");
    assert!(sections(&world).await.contains("| T-1 | 職業災害統計 |"));
    world.platform.publish_again(6101, day("2026-04-01"));
    world.run_until("2026-04-02 10:00").await;
    assert_eq!(world.sent(), "", "it was done, and nobody has to do anything");
    world.platform.take_down(6101, day("2026-04-02"));
    world.run_until("2026-04-02 18:00").await;
    insta::assert_snapshot!(world.sent(), @"04-02 12:00 C00BLI0001 【資料集下架】T-2「職業災害統計」請於 115/04/24（五）前完成下架程序（14 個工作天）");
}

#[tokio::test]
async fn a_planned_takedown_is_the_case_and_a_dataset_that_is_back_ends_one() {
    let mut world = World::at("2026-03-02 08:00").await;
    world.platform.add_dataset(6101, "職業災害統計", AGENCY);
    world.platform.add_dataset(6102, "勞保投保薪資", AGENCY);
    world.run_until("2026-03-02 09:00").await;
    let title = "職業災害統計".to_owned();
    let dataset = Some(jicui::domain::case::Dataset { nid: 6101, title });
    add(&world, CaseByHand { dataset, ..by_hand("takedown", "T-115-1", "下架職業災害統計") }).await;
    world.run_until("2026-03-03 10:00").await;
    world.platform.take_down(6101, day("2026-03-03"));
    world.platform.take_down(super::world::NID, day("2026-03-03"));
    world.run_until("2026-03-03 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:00 C00BLI0001 【資料集下架】T-115-1「下架職業災害統計」請於 115/03/20（五）前完成下架程序（14 個工作天）
    03-03 12:00 C00BLI0001 【資料集下架】T-1「勞保統計」請於 115/03/23（一）前完成下架程序（14 個工作天）
    ");
    for nid in [6101, super::world::NID] {
        world.platform.publish_again(nid, day("2026-03-04"));
    }
    world.run_until("2026-03-04 18:00").await;
    insta::assert_snapshot!(world.sent(), @"03-04 08:30 C00BLI0001 ↳! 【已撤案】T-1「勞保統計」已撤案，無須再辦理（資料集已重新上架）");
    insta::assert_snapshot!(history(&world, "T-115-1").await, @"
    資訊處 | added | 2026-03-02 by_hand
    jicui | joined | dataset 6101 | the platform shows that it was taken down on 2026-03-03
    jicui | returned | 資料集已重新上架
    ");
    insta::assert_snapshot!(history(&world, "T-1").await, @"
    jicui | opened | 2026-03-03 observed | the platform shows that it was taken down on 2026-03-03
    jicui | withdrawn | open | withdrawn | 資料集已重新上架
    jicui | returned | 資料集已重新上架
    ");
}

#[tokio::test]
async fn a_changed_list_of_takedowns_is_an_alarm_and_what_it_hid_is_found_later() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.add_dataset(6101, "職業災害統計", AGENCY);
    world.run_until("2026-03-02 10:00").await;
    world.platform.misbehave_in_lists(Some(Misbehaviour::Html));
    world.platform.take_down(6101, day("2026-03-02"));
    world.run_until("2026-03-10 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 16:00 C00ADMIN001 【系統警示】平臺格式變更：datasets changed
    03-02 16:00 C00ADMIN001 【系統警示】平臺格式變更：datasets unpublished
    ");
    let polls = world.app.store().last_runs("poll", world.now()).await.unwrap();
    assert!(polls.0.unwrap().good, "the cases were looked at all the same");
    world.platform.misbehave_in_lists(None);
    world.run_until("2026-03-11 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-11 08:30 C00BLI0001 【資料集下架】T-1「職業災害統計」請於 115/03/30（一）前完成下架程序（尚餘 13 個工作天）
    03-11 08:30 C00ADMIN001 【警示解除】平臺格式變更：datasets changed
    03-11 08:30 C00ADMIN001 【警示解除】平臺格式變更：datasets unpublished
    ");
    world.platform.misbehave_in_lists(Some(Misbehaviour::Status(503)));
    world.run_until("2026-03-13 09:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-13 08:30 C00ADMIN001 【系統警示】平臺無法讀取：datasets changed
    03-13 08:30 C00ADMIN001 【系統警示】平臺無法讀取：datasets unpublished
    ");
    world.platform.misbehave_in_lists(Some(Misbehaviour::EmptyLists));
    world.run_until("2026-03-13 17:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-13 09:00 C00ADMIN001 【警示解除】平臺無法讀取：datasets changed
    03-13 09:00 C00ADMIN001 【系統警示】平臺格式變更：datasets unpublished
    ");
}

#[tokio::test]
async fn a_number_longer_than_any_stands_in_the_way_of_none() {
    let config = "[[kind.target.goal]]\nagency = \"勞工保險局\"\nyear = 115\nnumber = 3\n\
                  name = \"開放資料集數\"\n";
    let world = World::with_config("2026-03-30 09:30", config).await;
    add(&world, by_hand("target", "G-99999999999999999999", "年度目標")).await;
    world.pass().await;
    assert!(world.app.case_file(&number("G-1")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_target_is_short_and_then_met() {
    let config = "[[kind.target.goal]]\nagency = \"勞工保險局\"\nyear = 115\nnumber = 3\n\
                  name = \"開放資料集數\"\n";
    let mut world = World::with_config("2026-03-30 09:30", config).await;
    world.platform.add_dataset(6101, "職業災害統計", AGENCY);
    world.run_until("2026-04-01 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-31 09:00 C00BLI0001 【辦理中】G-1「115年開放資料集數達 3」尚餘 188 個工作天，期限 115/12/31（四）");
    assert_eq!(fact(&world, "達成情形").as_deref(), Some("2／3，尚差 1"));
    insta::assert_snapshot!(sections(&world).await, @"
    行動方案目標達成情形

    | 案號 | 事項 | 機關 | 承辦單位 | 起算日 | 辦理期限 | 辦結日 | 辦理情形 | 目標 | 現況 | 達成率 |
    | --- | --- | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: |
    | G-1 | 115年開放資料集數達 3 | 勞動部勞工保險局 | 勞工保險局企劃管理組 | 115/03/30 | 115/12/31 | — | 辦理中 | 3 | 2 | 66.7% |
    ");
    let said = act(&world, "G-1", Act::Measure { value: 12 }).await;
    let by_list = Refusal::CountedByPlatform(number("G-1"));
    assert!(matches!(said, Err(ActError::Refused(refusal)) if refusal == by_list));
    world.platform.add_dataset(6102, "勞保投保薪資", AGENCY);
    world.run_until("2026-04-02 10:00").await;
    insta::assert_snapshot!(world.sent(), @"04-01 10:00 C00BLI0001 ↳ 【已辦結】G-1「115年開放資料集數達 3」於第 2 個工作天辦結，提前 187 個工作天，謝謝");
    assert!(sections(&world).await.contains("| 3 | 3 | 100.0% |"));
    world.run_until("2026-07-01 10:00").await;
    assert_eq!(world.sent(), "", "nobody is reminded of what is reached");
}

#[tokio::test]
async fn the_unit_has_the_list_of_datasets_below_gold_before_the_count() {
    let config = "[kind.badge]\ndates = [\"2026-03-31\"]\nopen_workdays_before = 4\n";
    let mut world = World::with_config("2026-03-23 09:30", config).await;
    world.platform.add_dataset(6101, "職業災害統計", AGENCY);
    world.platform.award(super::world::NID, "白金");
    world.platform.award(6101, "銅");
    world.run_until("2026-03-25 18:00").await;
    // A warning ten workdays before has no place in four of them.
    insta::assert_snapshot!(world.sent(), @"03-25 08:30 C00BLI0001 【資料集標章】B-1「115年3月31日資料集標章」請於 115/03/31（二）前提升資料集品質至金標章以上（4 個工作天）");
    assert_eq!(fact(&world, "尚待完成").as_deref(), Some("職業災害統計（銅）"));
    world.platform.award(6101, "金");
    world.run_until("2026-03-26 18:00").await;
    insta::assert_snapshot!(world.sent(), @"03-26 08:30 C00BLI0001 ↳ 【已辦結】B-1「115年3月31日資料集標章」於分派當日辦結，提前 4 個工作天，謝謝");
    insta::assert_snapshot!(sections(&world).await, @"
    資料集標章

    | 案號 | 事項 | 機關 | 承辦單位 | 起算日 | 辦理期限 | 辦結日 | 辦理情形 |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | B-1 | 115年3月31日資料集標章 | 勞動部勞工保險局 | 勞工保險局企劃管理組 | 115/03/25 | 115/03/31 | 115/03/25 | 如期辦結 |

    | 案號 | 檢核項目 | 核定或會辦 | 完成日 | 文號 |
    | --- | --- | --- | --- | --- |
    | B-1 | 職業災害統計（銅） |  | 115/03/25 |  |
    ");
}

#[tokio::test]
async fn a_dataset_past_its_update_is_watched_where_the_office_wants_it() {
    let config = "[kind.update]\nopened_by = \"dataset_stale\"\n";
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    world.platform.update(super::world::NID, "每月", day("2026-01-10"));
    world.run_until("2026-03-02 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-02 09:30 C00BLI0001 【資料集逾期未更新】U-1「勞保統計」請於 115/03/16（一）前更新資料集（10 個工作天）");
    world.platform.update(super::world::NID, "每月", day("2026-03-03"));
    world.run_until("2026-03-04 10:00").await;
    insta::assert_snapshot!(world.sent(), @"03-02 10:00 C00BLI0001 ↳ 【已辦結】U-1「勞保統計」於分派當日辦結，提前 10 個工作天，謝謝");
}
