//! What people do to a case, and what that does to its ladder.

use jicui::app::acts::{ActError, Acted};
use jicui::app::rounds::RoundView;
use jicui::clock::wall;
use jicui::domain::act::{Act, Actor, Outcome};
use jicui::domain::case::{CaseNumber, CaseState};
use jicui::domain::directory::{Language, Person};

use super::people::said_by_the_program;
use super::world::{ADMINISTRATORS, AGENCY, NID, UNIT, World, comment, moment};

const TITLE: &str = "不分幅_澎湖20MDEM無法下載";

fn officer() -> Actor {
    Actor::person(&Person { name: "吳保險".to_owned(), ..Person::default() })
}

fn supervisor() -> Actor {
    Actor::person(&Person { name: "黃組長".to_owned(), ..Person::default() })
}

/// A case of 2 March, due on the 20th, of which its unit was told.
async fn with_case(config: &str) -> World {
    let mut world = World::with_config("2026-03-02 09:30", config).await;
    world.platform.post_comment(NID, 558_380, TITLE, wall(moment("2026-03-02 09:30")));
    world.run_until("2026-03-02 10:00").await;
    assert!(world.sent().contains("【新案分派】"));
    world
}

/// Does something at a moment, as the command line does.
async fn act_at(world: &mut World, at: &str, act: Act, actor: &Actor) -> Result<Acted, ActError> {
    world.run_until(at).await;
    world.app.act(&comment(558_380), act, actor).await
}

fn extend(workdays: u32) -> Act {
    Act::Extend { workdays, reason: "等候廠商".to_owned() }
}

fn hold() -> Act {
    Act::Hold { reason: "請民眾補充".to_owned() }
}

async fn due_on(world: &World) -> String {
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    file.view.deadline.due_on.to_string()
}

async fn state(world: &World) -> CaseState {
    world.app.store().case(&comment(558_380)).await.unwrap().unwrap().state
}

async fn events(world: &World) -> Vec<String> {
    let history = world.app.store().history(&comment(558_380)).await.unwrap();
    history.iter().map(|entry| format!("{} {}", entry.actor, entry.event)).collect()
}

#[tokio::test]
async fn an_acknowledged_case_is_silent_until_three_days_before() {
    let mut world = with_case("").await;
    act_at(&mut world, "2026-03-03 10:00", Act::Acknowledge, &officer()).await.unwrap();
    world.run_until("2026-03-20 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-17 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/20（五）
    03-19 09:00 C00BLI0001 ↳! 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 1 個工作天，期限 115/03/20（五）
    03-20 09:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    ");
}

#[tokio::test]
async fn an_extension_waits_for_the_supervisor_and_then_moves_the_deadline() {
    let mut world = with_case("").await;
    act_at(&mut world, "2026-03-10 10:00", extend(5), &officer()).await.unwrap();
    world.run_until("2026-03-10 14:00").await;
    assert_eq!(due_on(&world).await, "2026-03-20");
    act_at(&mut world, "2026-03-11 09:30", Act::ConfirmExtension, &supervisor()).await.unwrap();
    assert_eq!(due_on(&world).await, "2026-03-27");
    world.run_until("2026-03-27 15:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-09 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/03/20（五）
    03-10 10:00 C00BLI0001 ↳! 【申請展延】C-558380「不分幅_澎湖20MDEM無法下載」吳保險申請展延 5 個工作天（等候廠商），請主管核定
    03-11 09:30 C00BLI0001 ↳! 【期限變更】C-558380「不分幅_澎湖20MDEM無法下載」期限由 115/03/20（五）改為 115/03/27（五）
    03-13 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 10 個工作天，期限 115/03/27（五）
    03-24 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/03/27（五）
    03-26 09:00 C00BLI0001 ↳! 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 1 個工作天，期限 115/03/27（五）
    03-27 09:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    03-27 14:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    ");
    let history = world.app.store().history(&comment(558_380)).await.unwrap();
    let extended = history.iter().find(|entry| entry.event == "extended").unwrap();
    assert_eq!((&*extended.before, &*extended.after), ("2026-03-20", "2026-03-27"));
    assert_eq!((&*extended.actor, &*extended.reason), ("黃組長", "等候廠商"));
}

#[tokio::test]
async fn a_refused_extension_is_told_to_the_unit_and_moves_nothing() {
    let mut world = with_case("").await;
    act_at(&mut world, "2026-03-10 10:00", extend(5), &officer()).await.unwrap();
    let refuse = Act::RefuseExtension { reason: "可如期完成".to_owned() };
    act_at(&mut world, "2026-03-10 10:30", refuse, &supervisor()).await.unwrap();
    world.run_until("2026-03-10 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-09 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/03/20（五）
    03-10 10:00 C00BLI0001 ↳! 【申請展延】C-558380「不分幅_澎湖20MDEM無法下載」吳保險申請展延 5 個工作天（等候廠商），請主管核定
    03-10 10:30 C00BLI0001 ↳! 【不予展延】C-558380「不分幅_澎湖20MDEM無法下載」黃組長未同意展延，期限仍為 115/03/20（五），尚餘 8 個工作天（可如期完成）
    ");
    assert_eq!(due_on(&world).await, "2026-03-20");
}

#[tokio::test]
async fn on_hold_nothing_rings_and_the_days_that_were_left_are_left() {
    let mut world = with_case("").await;
    act_at(&mut world, "2026-03-05 15:00", hold(), &officer()).await.unwrap();
    world.run_until("2026-03-25 09:30").await;
    assert_eq!(world.sent(), "", "after-5 and before-3 would have rung");
    act_at(&mut world, "2026-03-25 10:00", Act::Resume, &officer()).await.unwrap();
    world.run_until("2026-04-14 10:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-25 10:00 C00BLI0001 ↳! 【期限變更】C-558380「不分幅_澎湖20MDEM無法下載」期限由 115/03/20（五）改為 115/04/13（一）
    03-27 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/04/13（一）
    04-02 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 5 個工作天，期限 115/04/13（一）
    04-08 09:00 C00BLI0001 ↳ 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 3 個工作天，期限 115/04/13（一）
    04-10 09:00 C00BLI0001 ↳! 【將屆期】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 1 個工作天，期限 115/04/13（一）
    04-13 09:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    04-13 14:00 C00BLI0001 ↳! 【今日到期】C-558380「不分幅_澎湖20MDEM無法下載」請於今日下班前回復
    04-14 09:00 C00BLI0001 ↳! 【逾期 1 個工作天】C-558380「不分幅_澎湖20MDEM無法下載」期限為 115/04/13（一），請儘速回復；已副知主管黃組長
    ");
}

#[tokio::test]
async fn the_longest_hold_ends_by_itself_and_says_so_once() {
    let mut world = with_case("[deadline]\nlongest_hold_workdays = 3\n").await;
    act_at(&mut world, "2026-03-05 15:00", hold(), &officer()).await.unwrap();
    let until = "2026-03-12".parse().unwrap();
    let foreseen = world.app.preview(moment("2026-03-05 16:00"), Some(until)).await.unwrap();
    let foreseen: Vec<String> = foreseen.into_iter().map(|f| f.words.text).collect();
    world.run_until("2026-03-12 18:00").await;
    let sent = world.sent();
    insta::assert_snapshot!(sent, @"
    03-10 08:30 C00BLI0001 ↳! 【期限變更】C-558380「不分幅_澎湖20MDEM無法下載」期限由 115/03/20（五）改為 115/03/25（三）
    03-12 09:00 C00BLI0001 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 9 個工作天，期限 115/03/25（三）
    ");
    assert!(foreseen.iter().all(|text| sent.contains(text)), "{foreseen:?}");
    assert_eq!(foreseen.len(), sent.lines().count());
    assert_eq!(state(&world).await, CaseState::Open);
    assert_eq!(events(&world).await, ["platform new", "吳保險 held", "jicui resumed"]);
}

#[tokio::test]
async fn another_unit_is_told_the_days_that_are_left_and_the_first_that_it_is_free() {
    let mut world = with_case("").await;
    act_at(&mut world, "2026-03-03 10:00", Act::Acknowledge, &officer()).await.unwrap();
    let give =
        Act::Reassign { unit: "wda-training".to_owned(), reason: "屬訓練業務".to_owned() };
    act_at(&mut world, "2026-03-10 10:00", give.clone(), &officer()).await.unwrap();
    world.run_until("2026-03-13 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-10 10:00 C00BLI0001 ↳! 【已改分】C-558380「不分幅_澎湖20MDEM無法下載」已改由勞動力發展署訓練發展組承辦，貴單位無須再辦理
    03-10 10:00 C00WDA0002 【改分承辦】C-558380「不分幅_澎湖20MDEM無法下載」改由貴單位承辦，尚餘 8 個工作天，期限 115/03/20（五）（屬訓練業務）
    03-13 09:00 C00WDA0002 ↳ 【辦理中】C-558380「不分幅_澎湖20MDEM無法下載」尚餘 5 個工作天，期限 115/03/20（五）
    ");
    let error = world.app.act(&comment(558_380), Act::Acknowledge, &officer()).await.unwrap_err();
    let said = error.words(Language::Chinese);
    assert!(said.contains("無此權限"), "{said}");
    let again = world.app.act(&comment(558_380), give, &Actor::at_console("root")).await;
    assert!(matches!(again, Err(ActError::AlreadyDone { by, .. }) if by == "吳保險"));
}

#[tokio::test]
async fn a_request_for_time_that_reaches_nobody_is_an_alarm() {
    let mut world = with_case("").await;
    world.slack.archive(UNIT);
    act_at(&mut world, "2026-03-03 10:00", extend(5), &officer()).await.unwrap();
    world.pass().await;
    let sent = world.sent();
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("提醒無法送達"), "{sent}");
    assert_eq!(sent.lines().count(), 1, "{sent}");
}

#[tokio::test]
async fn each_answer_of_a_round_is_thanked_once() {
    let mut world = with_case("[acts]\nfollow_up = false\n").await;
    let (reply, console) = (Act::Reply { at: None }, Actor::at_console("資訊處"));
    let thanks = |world: &mut World| -> Vec<String> {
        let sent = world.sent();
        let thanks = sent.lines().filter(|line| line.contains(" ↳ 【已回復】"));
        thanks.map(ToOwned::to_owned).collect()
    };
    act_at(&mut world, "2026-03-03 10:00", reply.clone(), &officer()).await.unwrap();
    world.run_until("2026-03-03 11:00").await;
    assert_eq!(thanks(&mut world).len(), 1);
    act_at(&mut world, "2026-03-04 10:00", Act::Resume, &console).await.unwrap();
    world.run_until("2026-03-04 11:00").await;
    assert!(world.sent().contains("【新案分派】"), "it is told anew");
    act_at(&mut world, "2026-03-05 10:00", reply.clone(), &officer()).await.unwrap();
    world.run_until("2026-03-05 11:00").await;
    assert_eq!(thanks(&mut world).len(), 1, "another answer");
    // Taken for another within the minute, of which nobody heard; and then the platform shows it.
    world.app.act(&comment(558_380), Act::Resume, &console).await.unwrap();
    world.app.act(&comment(558_380), reply, &officer()).await.unwrap();
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-05 10:30")));
    world.run_until("2026-03-09 11:00").await;
    assert_eq!(thanks(&mut world), [""; 0]);
}

#[tokio::test]
async fn an_answer_on_a_day_off_is_late_by_the_workdays_that_were_gone() {
    for (posted, said) in [
        // Due on Thursday 03-19, and on Friday 03-20.
        ("2026-02-26", "於第 15 個工作天回復，逾期 1 個工作天"),
        ("2026-03-02", "於期限後之假日回復，逾期"),
    ] {
        let mut world = World::at("2026-03-18 09:30").await;
        let posted = wall(moment(&format!("{posted} 09:30")));
        world.platform.post_comment(NID, 558_380, TITLE, posted);
        world.run_until("2026-03-21 10:00").await;
        world.platform.reply_to_comment(558_380, wall(moment("2026-03-21 10:00")));
        world.run_until("2026-03-23 10:00").await;
        let sent = world.sent();
        assert!(sent.lines().last().unwrap().ends_with(said), "{sent}");
    }
}

#[tokio::test]
async fn another_unit_may_have_its_whole_time_again() {
    let mut world = with_case("[acts]\nreassigned_clock = \"fresh\"\n").await;
    let give =
        Act::Reassign { unit: "wda-training".to_owned(), reason: "屬訓練業務".to_owned() };
    act_at(&mut world, "2026-03-10 10:00", give, &officer()).await.unwrap();
    world.pass().await;
    assert!(world.sent().contains("尚餘 14 個工作天"));
    let events = events(&world).await;
    assert_eq!(events[1..], ["吳保險 reassigned", "吳保險 start_corrected"]);
    let case = world.app.store().case(&comment(558_380)).await.unwrap().unwrap();
    let days = [case.assigned_on, case.start.on];
    assert_eq!(days, ["2026-03-02", "2026-03-10"].map(|day| day.parse().unwrap()), "its period");
}

#[tokio::test]
async fn a_reported_reply_stops_the_stages_and_must_be_seen() {
    let mut world = with_case("[acts]\nfollow_up = false\n").await;
    let reply = Act::Reply { at: None };
    act_at(&mut world, "2026-03-05 15:00", reply.clone(), &officer()).await.unwrap();
    world.run_until("2026-03-13 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-05 15:00 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於第 3 個工作天回復，提前 11 個工作天，謝謝
    03-10 08:30 C00BLI0001 ↳! 【平臺尚未顯示回復】C-558380「不分幅_澎湖20MDEM無法下載」已登錄回復，惟平臺尚未顯示，請確認是否已送出
    03-10 08:30 C00ADMIN001 【平臺尚未顯示回復】C-558380「不分幅_澎湖20MDEM無法下載」已登錄回復，惟平臺尚未顯示，請確認是否已送出
    ");
    assert_eq!(state(&world).await, CaseState::Replied, "the platform's silence undoes nothing");
    world.run_until("2026-03-16 09:30").await;
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-16 09:10")));
    world.run_until("2026-03-20 18:00").await;
    assert_eq!(world.sent(), "");
    let case = world.app.store().case(&comment(558_380)).await.unwrap().unwrap();
    assert!(!case.handling.reply_unconfirmed);
    assert_eq!(case.replied_at, Some(moment("2026-03-16 09:10")), "the public record's time");
    let again = world.app.act(&comment(558_380), reply, &officer()).await;
    assert!(matches!(again, Err(ActError::AlreadyDone { by, .. }) if by == "吳保險"));
}

#[tokio::test]
async fn a_reply_reported_by_mistake_is_taken_back() {
    let mut world = with_case("").await;
    let reply = Act::Reply { at: None };
    act_at(&mut world, "2026-03-05 15:00", reply, &officer()).await.unwrap();
    act_at(&mut world, "2026-03-05 15:30", Act::Resume, &officer()).await.unwrap();
    world.run_until("2026-03-09 10:00").await;
    let sent = world.sent();
    assert!(sent.contains("03-09 09:00") && sent.contains("尚餘 9 個工作天"), "{sent}");
}

#[tokio::test]
async fn a_withdrawn_case_is_left_alone_whatever_the_platform_still_shows() {
    let mut world = with_case("").await;
    let withdraw = Act::Withdraw { reason: "重複案件".to_owned() };
    act_at(&mut world, "2026-03-05 15:00", withdraw, &supervisor()).await.unwrap();
    world.run_until("2026-03-23 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-05 15:00 C00BLI0001 ↳! 【已撤案】C-558380「不分幅_澎湖20MDEM無法下載」已撤案，無須再辦理（重複案件）
    ");
    assert_eq!(state(&world).await, CaseState::Withdrawn);
}

#[tokio::test]
async fn a_withdrawn_case_that_is_open_again_is_told_anew_and_so_is_one_not_answered_after_all() {
    let mut world = with_case("").await;
    let withdraw = Act::Withdraw { reason: "重複案件".to_owned() };
    act_at(&mut world, "2026-03-03 15:00", withdraw, &supervisor()).await.unwrap();
    act_at(&mut world, "2026-03-03 16:00", Act::Resume, &supervisor()).await.unwrap();
    world.run_until("2026-03-03 17:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "{sent}");
    assert!(sent.contains("03-03 16:00 C00BLI0001 ↳ 【新案分派】C-558380"), "{sent}");
    act_at(&mut world, "2026-03-04 15:00", Act::Reply { at: None }, &officer()).await.unwrap();
    act_at(&mut world, "2026-03-04 16:00", Act::Resume, &officer()).await.unwrap();
    world.run_until("2026-03-05 17:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "{sent}");
    assert!(sent.contains("03-04 16:00 C00BLI0001 ↳ 【新案分派】C-558380"), "{sent}");
}

/// Every round of a case, as `cases show` has it.
async fn rounds(world: &World, number: &CaseNumber) -> String {
    let file = world.app.case_file(number).await.unwrap().unwrap();
    let round = |round: &RoundView| {
        let (case, deadline) = (&round.view.case, &round.view.deadline);
        let extensions: Vec<String> = case
            .handling
            .extensions
            .iter()
            .map(|e| format!("+{} {}", e.workdays, e.reason))
            .collect();
        let taken = round.view.workdays_taken;
        let (start, due) = (case.start.on, deadline.due_on);
        format!("{} from {start} to {due}, taken {taken:?}: {extensions:?}", case.round)
    };
    file.rounds.iter().map(round).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_round_has_its_own_limit_and_its_own_extension() {
    let mut world = World::with_config(
        "2026-03-02 09:30",
        "[deadline]\nsecond_round_workdays = 5\n[acts]\nfollow_up = false\n",
    )
    .await;
    let posted = wall(moment("2026-03-02 09:00"));
    world.platform.post_request(136_936, "希望開放", posted, Some(AGENCY));
    world.run_until("2026-03-02 10:00").await;
    let number = CaseNumber::of_request(136_936);
    world.app.act(&number, extend(3), &supervisor()).await.unwrap();
    world.platform.reply_to_request(136_936, wall(moment("2026-03-03 09:30")));
    world.run_until("2026-03-03 10:00").await;
    world.platform.ask_again(136_936);
    world.run_until("2026-03-04 10:00").await;
    let file = world.app.case_file(&number).await.unwrap().unwrap();
    assert_eq!((file.view.deadline.workdays, file.view.deadline.extension), (5, 0));
    world.app.act(&number, extend(2), &supervisor()).await.unwrap();
    world.app.act(&number, Act::Reply { at: None }, &officer()).await.unwrap();
    world.run_until("2026-03-05 18:00").await;
    let case = world.app.store().case(&number).await.unwrap().unwrap();
    assert_eq!((case.round, case.state), (2, CaseState::Replied), "still 再回復: nothing new");
    let (page, _) = said_by_the_program(&world, &["cases", "show", "S-136936"]).await;
    let lines = page.lines().filter(|line| line.contains("round ") || line.contains("extend "));
    insta::assert_snapshot!(lines.map(str::trim).collect::<Vec<_>>().join("\n"), @"
    state   replied (round 2) answered on workday 1
    round 1 115/03/02（一）, due 115/03/25（三） (17 workdays: 14 and an extension of 3; originally 115/03/20（五）), answered on workday 0
    extend  3 workdays, asked by 黃組長, confirmed by 黃組長: 等候廠商
    round 2 115/03/03（二）, due 115/03/12（四） (7 workdays: 5 and an extension of 2; originally 115/03/10（二）), answered on workday 1
    extend  2 workdays, asked by 黃組長, confirmed by 黃組長: 等候廠商
    2026-03-03T10:00:00+08:00  platform  new_round  1           2
    ");
    insta::assert_snapshot!(rounds(&world, &number).await, @r#"
    1 from 2026-03-02 to 2026-03-25, taken Some(0): ["+3 等候廠商"]
    2 from 2026-03-03 to 2026-03-12, taken Some(1): ["+2 等候廠商"]
    "#);
    insta::assert_snapshot!(world.sent(), @"
    03-02 09:30 C00BLI0001 【已回復】S-136936「希望開放」於第 1 個工作天回復，提前 6 個工作天，謝謝（已編輯）
    03-02 10:00 C00BLI0001 ↳ 【已回復】S-136936「希望開放」於分派當日回復，提前 17 個工作天，謝謝
    03-03 10:00 C00BLI0001 ↳ 【須再回復】S-136936「希望開放」民眾評分未達 3 顆星，請於 115/03/10（二）前再次說明
    03-04 10:00 C00BLI0001 ↳ 【已回復】S-136936「希望開放」於第 1 個工作天回復，提前 6 個工作天，謝謝
    ");
}

#[tokio::test]
async fn of_what_was_decided_while_the_office_was_shut_the_last_is_said() {
    let mut world = with_case("").await;
    let refuse = Act::RefuseExtension { reason: "可如期完成".to_owned() };
    let asks = |reason: &str| Act::Extend { workdays: 3, reason: reason.to_owned() };
    world.run_until("2026-03-10 20:00").await;
    world.sent();
    let acts = [(asks("甲"), officer()), (refuse, supervisor()), (asks("乙"), officer())];
    for (minute, (act, actor)) in acts.into_iter().enumerate() {
        act_at(&mut world, &format!("2026-03-10 20:0{minute}"), act, &actor).await.unwrap();
    }
    world.run_until("2026-03-11 10:00").await;
    let sent = world.sent();
    assert!(sent.contains("（乙）") && sent.matches("【申請展延】").count() == 1, "{sent}");
    let withdraw = |reason: &str| Act::Withdraw { reason: reason.to_owned() };
    for (minute, act) in [withdraw("甲"), Act::Resume, withdraw("乙")].into_iter().enumerate() {
        act_at(&mut world, &format!("2026-03-11 20:0{minute}"), act, &supervisor()).await.unwrap();
    }
    world.run_until("2026-03-12 10:00").await;
    let sent = world.sent();
    assert!(sent.contains("（乙）") && sent.matches("【已撤案】").count() == 1, "{sent}");
}

#[tokio::test]
async fn a_note_on_what_was_answered_before_it_was_seen_asks_nothing() {
    let mut world = World::at("2026-03-02 09:30").await;
    let at = |text: &str| wall(moment(text));
    world.platform.post_comment(NID, 1, "題", at("2026-02-10 09:00"));
    world.platform.reply_to_comment(1, at("2026-02-11 09:30"));
    world.run_until("2026-03-02 10:00").await;
    let note = Act::Note { text: "已電洽".to_owned() };
    world.app.act(&comment(1), note, &officer()).await.unwrap();
    world.run_until("2026-03-16 18:00").await;
    assert_eq!(world.sent(), "");
    assert!(world.app.store().follow_ups(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_became_of_the_question_is_asked_once() {
    let mut world = with_case("").await;
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-03 09:30")));
    world.run_until("2026-03-27 18:00").await;
    insta::assert_snapshot!(world.sent(), @"
    03-02 10:00 C00BLI0001 ↳ 【已回復】C-558380「不分幅_澎湖20MDEM無法下載」於分派當日回復，提前 14 個工作天，謝謝
    03-09 08:30 C00BLI0001 ↳! 【延伸精進】C-558380「不分幅_澎湖20MDEM無法下載」請回報後續：已調整、已新增、規劃中之資料集，或無須調整（及原因）
    ");
    let follow_up = Act::FollowUp { outcome: Outcome::Planned, reason: "下半年".to_owned() };
    world.app.act(&comment(558_380), follow_up.clone(), &officer()).await.unwrap();
    let again = world.app.act(&comment(558_380), follow_up, &officer()).await;
    assert!(matches!(again, Err(ActError::AlreadyDone { .. })));
    let done = Act::FollowUp { outcome: Outcome::Added, reason: "資料集 6101".to_owned() };
    world.app.act(&comment(558_380), done, &officer()).await.unwrap();
    let records = world.app.store().follow_ups(None).await.unwrap();
    let said = records.iter().map(|record| (record.outcome, record.reason.as_deref()));
    assert_eq!(said.collect::<Vec<_>>(), [(Some(Outcome::Added), Some("資料集 6101"))]);
}

#[tokio::test]
async fn whoever_says_what_became_of_it_before_the_office_opens_is_not_asked() {
    let mut world = with_case("").await;
    world.platform.reply_to_comment(558_380, wall(moment("2026-03-03 09:30")));
    world.run_until("2026-03-09 08:00").await;
    let done = Act::FollowUp { outcome: Outcome::Added, reason: "資料集 6101".to_owned() };
    world.app.act(&comment(558_380), done, &officer()).await.unwrap();
    world.sent();
    world.run_until("2026-03-09 18:00").await;
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn of_two_at_once_one_acts_and_the_other_is_told() {
    let world = with_case("").await;
    let number = comment(558_380);
    let (first, second) = (officer(), supervisor());
    let acknowledge = |actor| world.app.act(&number, Act::Acknowledge, actor);
    let (first, second) = tokio::join!(acknowledge(&first), acknowledge(&second));
    assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
    let refused = first.err().or(second.err()).unwrap();
    let said = refused.words(Language::Chinese);
    assert!(said.contains("未重複變更"), "{said}");
    assert_eq!(events(&world).await.len(), 2, "once in the history");
}

#[tokio::test]
async fn news_from_the_platform_counts_after_what_a_person_decided() {
    let mut world = World::at("2026-03-02 09:30").await;
    let posted = wall(moment("2026-03-02 09:00"));
    world.platform.post_request(136_936, "希望開放", posted, Some(AGENCY));
    world.run_until("2026-03-02 10:00").await;
    let number = CaseNumber::of_request(136_936);
    let give =
        Act::Reassign { unit: "wda-training".to_owned(), reason: "屬訓練業務".to_owned() };
    world.app.act(&number, give, &officer()).await.unwrap();
    world.run_until("2026-03-02 12:00").await;
    let unit = |world: &World| {
        let (app, number) = (std::sync::Arc::clone(&world.app), number.clone());
        async move { app.case_file(&number).await.unwrap().unwrap().view.unit.unwrap().0 }
    };
    assert_eq!(unit(&world).await, "wda-training", "the platform shows nothing new");
    world.platform.assign_request(136_936, "勞動部職業安全衛生署");
    world.run_until("2026-03-02 16:00").await;
    assert_eq!(unit(&world).await, "osha-planning");
    let sent = world.sent();
    assert!(sent.contains(UNIT) && !sent.contains(ADMINISTRATORS), "{sent}");
    insta::assert_snapshot!(sent, @"
    03-02 09:30 C00BLI0001 【已改分】S-136936「希望開放」115/03/02（一）10:00 吳保險 改分（屬訓練業務）（已編輯）
    03-02 10:00 C00BLI0001 ↳! 【已改分】S-136936「希望開放」已改由勞動力發展署訓練發展組承辦，貴單位無須再辦理
    03-02 10:00 C00WDA0002 【已改分】S-136936「希望開放」115/03/02（一）12:00 平臺改分（已編輯）
    03-02 12:00 C00OSH0001 【改分承辦】S-136936「希望開放」改由貴單位承辦，尚餘 14 個工作天，期限 115/03/20（五）
    03-02 12:00 C00WDA0002 ↳! 【已改分】S-136936「希望開放」已改由職業安全衛生署綜合規劃組承辦，貴單位無須再辦理
    ");
}
