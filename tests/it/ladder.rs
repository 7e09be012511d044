//! A case climbs, is answered, comes back, changes hands.

use super::duties::by_hand;
use super::world::{ADMINISTRATORS, AGENCY, NID, TYPHOON, UNIT, World, comment, moment};
use jicui::app::Step;
use jicui::clock::wall;
use jicui::config::SAMPLE_UNITS;
use jicui::domain::act::{Act, Actor};
use jicui::domain::case::{CaseNumber, CaseState};

fn posted(text: &str) -> chrono::NaiveDateTime {
    wall(moment(text))
}

async fn with_case(now: &str) -> World {
    let world = World::at(now).await;
    world.platform.post_comment(NID, 558_380, "不分幅_澎湖20MDEM無法下載", posted(now));
    world
}

#[tokio::test]
async fn an_unanswered_case_climbs_the_whole_ladder_across_lunar_new_year() {
    let mut world = with_case("2026-02-11 09:30").await;
    world.run_until("2026-03-16 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    02-11 09:30 C00BLI0001 【新案分派】C-558380「不分幅_澎湖20MDEM無法下載」請於 115/03/11（三）前回復（14 個工作天）
    02-25 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/03/11（三）
    03-04 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 5 個工作天，期限 115/03/11（三）
    03-06 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/11（三）
    03-10 09:00 C00BLI0001 ↳! 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 1 個工作天，期限 115/03/11（三）
    03-11 09:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    03-11 14:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    03-12 09:00 C00BLI0001 ↳! 【逾期 1 個工作天】C-558380「不分幅_澎湖20MDEM無法下載」期限為 115/03/11（三），請儘速回復；已副知主管黃組長
    03-13 09:00 C00BLI0001 ↳! 【逾期 2 個工作天】C-558380「不分幅_澎湖20MDEM無法下載」期限為 115/03/11（三），請儘速回復；已副知主管黃組長
    03-16 09:00 C00BLI0001 ↳! 【逾期 3 個工作天】C-558380「不分幅_澎湖20MDEM無法下載」期限為 115/03/11（三），請儘速回復；已副知主管黃組長
    03-16 09:00 C00ADMIN001 【逾期 3 個工作天】C-558380「不分幅_澎湖20MDEM無法下載」期限為 115/03/11（三），請儘速回復；已副知主管黃組長
    ");
}

#[tokio::test]
async fn a_reply_stops_it_and_is_thanked_in_the_thread() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.run_until("2026-03-09 10:00").await;
    world.platform.reply_to_comment(558_380, posted("2026-03-09 09:45"));
    world.run_until("2026-03-31 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:30 C00BLI0001 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於第 5 個工作天回復，提前 9 個工作天，謝謝（已編輯）
    03-09 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/03/20（五）
    03-09 10:00 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於第 5 個工作天回復，提前 9 個工作天，謝謝
    03-16 08:30 C00BLI0001 ↳! 【延伸精進】C-558380「不分幅_澎湖20MDEM無法下載」請回報後續：已調整、已新增、規劃中之資料集，或無須調整（及原因）
    ");
}

#[tokio::test]
async fn nothing_is_said_of_a_case_that_was_answered_before_it_was_seen() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.platform.reply_to_comment(558_380, posted("2026-03-02 09:40"));
    world.run_until("2026-03-03 10:00").await;
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn a_case_on_a_holiday_evening_waits_for_the_office() {
    let mut world = with_case("2026-02-18 20:45").await;
    world.run_until("2026-02-23 09:00").await;
    let sent = world.sent();
    assert!(sent.starts_with("02-23 08:30"), "{sent}");
    assert_eq!(sent.lines().count(), 1, "{sent}");
}

#[tokio::test]
async fn a_request_counts_from_the_day_it_was_seen_assigned() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_request(136_936, "希望開放", posted("2026-03-02 09:00"), None);
    world.run_until("2026-03-04 10:00").await;
    assert_eq!(world.sent(), "", "nobody has it yet");
    world.platform.assign_request(136_936, AGENCY);
    world.run_until("2026-03-04 10:30").await;
    insta::assert_snapshot!(world.sent(), @"03-04 10:00 C00BLI0001 【新案分派】S-136936「希望開放」請於 115/03/24（二）前回復（14 個工作天）");
    world.platform.reply_to_request(136_936, posted("2026-03-04 10:20"));
    world.run_until("2026-03-05 10:30").await;
    world.platform.ask_again(136_936);
    world.run_until("2026-03-06 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-04 10:30 C00BLI0001 ↳ 【已回復】S-136936「希望開放」於分派當日回復，提前 14 個工作天，謝謝
    03-05 10:30 C00BLI0001 ↳ 【須再回復】S-136936「希望開放」民眾評分未達 3 顆星，請於 115/03/25（三）前再次說明
    ");
}

#[tokio::test]
async fn what_is_asked_again_far_down_the_list_has_its_second_round_by_the_next_day() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_request(1, "希望開放", posted("2026-03-01 09:00"), Some(AGENCY));
    world.pass().await;
    world.platform.reply_to_request(1, posted("2026-03-02 09:40"));
    for sid in 2..=121 {
        let at = posted("2026-03-02 10:00");
        world.platform.post_request(sid, "希望開放", at, Some("內政部"));
    }
    world.run_until("2026-03-03 10:00").await;
    assert!(world.sent().contains("【已回復】S-1"));
    world.platform.ask_again(1);
    world.run_until("2026-03-04 10:00").await;
    let sent = world.sent();
    assert!(sent.starts_with("03-04 08:30") && sent.contains("【須再回復】S-1"), "{sent}");
}

#[tokio::test]
async fn a_comment_put_in_by_hand_goes_to_the_unit_of_its_dataset_once_the_platform_shows_it() {
    let theirs = "id = \"wda-training\"";
    let units = SAMPLE_UNITS.replace(theirs, &format!("{theirs}\ndatasets = [{NID}]"));
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    let by_hand = by_hand("comment", "C-1", "題");
    world.app.add_case(by_hand, &Actor::at_console("資訊處"), "").await.unwrap();
    world.app.run(Step::Remind).await;
    world.app.run(Step::Deliver).await;
    assert!(world.sent().contains(UNIT), "of the dataset nobody knows anything yet");
    world.platform.post_comment(NID, 1, "題", posted("2026-03-02 09:00"));
    world.run_until("2026-03-02 11:00").await;
    let sent = world.sent();
    assert!(sent.contains("C00WDA0002") && sent.contains("【改分承辦】"), "{sent}");
    let case = world.app.store().case(&comment(1)).await.unwrap().unwrap();
    assert_eq!(case.dataset.map(|dataset| dataset.nid), Some(NID));
}

#[tokio::test]
async fn a_closure_moves_the_deadline_and_silences_the_day() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.run_until("2026-03-16 18:00").await;
    let before = world.sent();
    assert_eq!(before.lines().count(), 3, "{before}");
    world.close(TYPHOON);
    world.run_until("2026-03-17 18:00").await;
    assert_eq!(world.sent(), "", "before-3 would have rung on the closed day");
    let case = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(case.view.deadline.due_on.to_string(), "2026-03-23");
    world.run_until("2026-03-18 10:00").await;
    assert!(world.sent().contains("尚餘 3 個工作天"));
}

#[tokio::test]
async fn a_case_that_nobody_answers_for_goes_to_the_administrators() {
    let units =
        jicui::config::SAMPLE_UNITS.replace("agencies = [\"勞動部勞工保險局\"]", "datasets = [1]");
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    world.platform.post_comment(NID, 558_380, "題", posted("2026-03-02 09:00"));
    world.run_until("2026-03-02 10:00").await;
    let sent = world.sent();
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("【尚無承辦單位】"), "{sent}");
    assert!(!sent.contains(UNIT), "{sent}");
}

#[tokio::test]
async fn a_case_given_to_another_agency_is_told_to_its_unit_and_left_by_the_first() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_request(136_936, "希望開放", posted("2026-03-02 09:00"), Some(AGENCY));
    world.run_until("2026-03-02 10:00").await;
    assert!(world.sent().contains(UNIT));
    world.platform.assign_request(136_936, "勞動部勞動力發展署");
    world.run_until("2026-03-02 11:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 10:00 C00BLI0001 ↳! 【已改分】S-136936「希望開放」已改由勞動力發展署綜合規劃組承辦，貴單位無須再辦理
    03-02 10:00 C00WDA0001 【改分承辦】S-136936「希望開放」改由貴單位承辦，尚餘 14 個工作天，期限 115/03/20（五）
    ");
    world.platform.assign_request(136_936, "內政部");
    world.run_until("2026-03-12 11:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "the unit and the administrators are told: {sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("案件改分至其他機關"), "{sent}");
    assert!(
        sent.contains("C00WDA0001 ↳! 【已改分】S-136936「希望開放」已改由內政部承辦"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_case_that_comes_back_to_a_unit_is_told_it_anew() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_request(136_936, "希望開放", posted("2026-03-02 09:00"), Some(AGENCY));
    world.run_until("2026-03-02 10:00").await;
    world.platform.assign_request(136_936, "內政部");
    world.run_until("2026-03-03 10:00").await;
    assert!(world.sent().contains("C00BLI0001 ↳! 【已改分】S-136936"));
    world.platform.assign_request(136_936, AGENCY);
    world.run_until("2026-03-04 10:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains("C00BLI0001") && sent.contains("【新案分派】S-136936"), "{sent}");
}

#[tokio::test]
async fn a_request_taken_back_for_dispatch_is_reminded_of_by_nobody_until_it_is_assigned_anew() {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_request(136_936, "希望開放", posted("2026-03-02 09:00"), Some(AGENCY));
    world.run_until("2026-03-02 10:00").await;
    assert!(world.sent().contains("C00BLI0001"));
    let number = CaseNumber::of_request(136_936);
    let extend = Act::Extend { workdays: 5, reason: "等候廠商".to_owned() };
    world.app.act(&number, extend, &Actor::at_console("王小明")).await.unwrap();
    assert!(world.app.store().case(&number).await.unwrap().unwrap().handling.moves_clock());
    world.sent();
    world.platform.take_back_request(136_936);
    world.run_until("2026-03-13 10:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "{sent}");
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("待重新分派：S-136936"), "{sent}");
    assert!(sent.contains("【已改分】S-136936「希望開放」已改由平臺另行分派之機關承辦"), "{sent}");
    world.platform.assign_request(136_936, AGENCY);
    world.run_until("2026-03-13 11:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    assert!(sent.contains("【新案分派】S-136936") && sent.contains("115/04/02"), "{sent}");
    let (known, open) = (world.app.store().known().await.unwrap(), CaseState::Open);
    assert!(known.awaiting.is_empty());
    let case = &known.cases[&number];
    assert!(case.state == open && !case.handling.moves_clock(), "its time is new: {case:?}");
}

#[tokio::test]
async fn a_unit_that_keeps_a_case_under_another_agency_has_it_in_hand_still() {
    let other = "勞動部職業安全衛生署";
    let units = format!(
        "[administrators]\nchannels = [\"slack:{ADMINISTRATORS}\"]\n[[agency]]\nname = \"{AGENCY}\"\n\
         [[agency]]\nname = \"{other}\"\n[[unit]]\nid = \"one\"\nname = \"企劃組\"\n\
         agency = \"{AGENCY}\"\nagencies = [\"{AGENCY}\", \"{other}\"]\n\
         officers = [{{ name = \"王小明\" }}]\nchannels = [\"slack:{UNIT}\"]\n"
    );
    let mut world = World::with_units("2026-03-02 09:30", &units).await;
    world.platform.post_request(136_936, "希望開放", posted("2026-03-02 09:00"), Some(AGENCY));
    world.run_until("2026-03-02 10:00").await;
    let number = CaseNumber::of_request(136_936);
    world.app.act(&number, Act::Acknowledge, &Actor::at_console("王小明")).await.unwrap();
    world.sent();
    world.platform.assign_request(136_936, other);
    world.run_until("2026-03-10 10:00").await;
    let case = world.app.store().case(&number).await.unwrap().unwrap();
    assert_eq!((case.agency.as_str(), case.state), (other, CaseState::Acknowledged));
    assert_eq!(world.sent(), "", "it said that it is in hand");
}

#[tokio::test]
async fn a_vanished_case_is_said_kept_and_reminded_of() {
    let mut world = with_case("2026-03-02 09:30").await;
    world.platform.post_comment(NID, 558_381, "第二題", posted("2026-03-02 09:00"));
    world.run_until("2026-03-02 10:00").await;
    assert_eq!(world.sent().lines().count(), 2);
    world.platform.remove_comment(558_380);
    world.run_until("2026-03-02 12:00").await;
    let sent = world.sent();
    assert!(sent.contains("案件自平臺消失：C-558380"), "{sent}");
    assert_eq!(sent.lines().count(), 1, "{sent}");
    world.run_until("2026-03-09 09:00").await;
    assert_eq!(world.sent().lines().count(), 2, "both cases are still reminded of");
}
