//! The calendar in the administrators' hands: what an edit moves, and who is told.

use super::world::{ADMINISTRATORS, NID, TYPHOON, UNIT, World, comment, moment};
use jicui::clock::wall;

/// A case due on Friday 03-20, whose unit has been told so.
async fn told_of_a_deadline() -> World {
    let mut world = World::at("2026-03-02 09:30").await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.run_until("2026-03-09 18:00").await;
    assert_eq!(world.sent().lines().count(), 2, "assigned, after-5");
    world
}

#[tokio::test]
async fn those_who_were_told_are_told_once_that_the_deadline_moved() {
    let mut world = told_of_a_deadline().await;
    world.sleep_until("2026-03-09 20:00");
    world.close(TYPHOON);
    world.run_until("2026-03-12 18:00").await;
    insta::assert_snapshot!(world.sent(), @"03-10 08:30 C00BLI0001 ↳! 【期限變更】C-558380「題」期限由 115/03/20（五）改為 115/03/23（一）");
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    let moved = file.history.iter().find(|entry| entry.event == "deadline_moved").unwrap();
    assert_eq!((moved.before.as_str(), moved.after.as_str()), ("2026-03-20", "2026-03-23"));
    assert_eq!(moved.actor, "hand");
}

#[tokio::test]
async fn a_closure_withdrawn_the_same_evening_is_never_spoken_of() {
    let mut world = told_of_a_deadline().await;
    world.sleep_until("2026-03-09 20:00");
    world.close(TYPHOON);
    world.pass().await;
    world.sleep_until("2026-03-09 22:00");
    world.close("");
    world.run_until("2026-03-12 18:00").await;
    assert_eq!(world.sent(), "");
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert_eq!(file.view.deadline.due_on.to_string(), "2026-03-20");
    let moves = file.history.iter().filter(|entry| entry.event == "deadline_moved").count();
    assert_eq!(moves, 2, "the history has both");
}

#[tokio::test]
async fn a_deadline_that_moves_back_is_told_too() {
    let mut world = told_of_a_deadline().await;
    world.close(TYPHOON);
    world.run_until("2026-03-10 18:00").await;
    assert!(world.sent().contains("期限由 115/03/20（五）改為 115/03/23（一）"));
    world.close("");
    world.run_until("2026-03-11 18:00").await;
    let sent = world.sent();
    assert!(sent.contains("期限由 115/03/23（一）改為 115/03/20（五）"), "{sent}");
    assert_eq!(sent.lines().count(), 1, "{sent}");
}

#[tokio::test]
async fn a_closure_elsewhere_or_after_the_due_day_moves_nothing() {
    for closures in [TYPHOON.replace("台北市", "高雄市"), TYPHOON.replace("03-17", "03-23")] {
        let mut world = told_of_a_deadline().await;
        world.close(&closures);
        world.run_until("2026-03-11 18:00").await;
        assert_eq!(world.sent(), "", "{closures}");
    }
}

#[tokio::test]
async fn a_closure_of_a_past_day_moves_what_is_still_open() {
    let mut world = told_of_a_deadline().await;
    world.close(&TYPHOON.replace("03-17", "03-05"));
    world.run_until("2026-03-10 08:30").await;
    let sent = world.sent();
    assert!(sent.contains("改為 115/03/23（一）"), "{sent}");
    world.run_until("2026-03-10 18:00").await;
    // after-5 fell on 03-09 and falls now on 03-10: due anew, with the day that holds.
    let sent = world.sent();
    assert!(sent.contains("【辦理中】") && sent.lines().count() == 1, "{sent}");
}

#[tokio::test]
async fn a_reminder_that_is_due_says_the_move_itself() {
    let mut world = told_of_a_deadline().await;
    world.sleep_until("2026-03-16 08:00");
    world.close(TYPHOON);
    world.sleep_until("2026-03-16 10:00");
    world.pass().await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 1, "{sent}");
    let shown = world.slack.messages(UNIT).last().unwrap().shown();
    assert!(shown.contains("原 115/03/20（五），現為 115/03/23（一）"), "{shown}");
    world.run_until("2026-03-16 18:00").await;
    assert_eq!(world.sent(), "", "and nobody is told again");
}

#[tokio::test]
async fn a_missing_year_is_noted_weekly_until_it_is_there() {
    let quiet = "[acts]\nfollow_up = false\n";
    let mut world = World::with_config("2027-11-30 09:00", quiet).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2027-11-30 09:00")));
    world.run_until("2027-11-30 18:00").await;
    assert!(world.sent().contains("請於 116/12/20（一）前回復"));
    world.platform.reply_to_comment(558_380, wall(moment("2027-12-01 08:40")));
    world.run_until("2027-12-01 10:00").await;
    let sent = world.sent();
    assert!(sent.contains(ADMINISTRATORS) && sent.contains("年度辦公日曆表尚未匯入"), "{sent}");
    world.run_until("2027-12-17 10:00").await;
    let sent = world.sent();
    assert_eq!(sent.lines().count(), 2, "one a week: {sent}");
    assert!(sent.starts_with("12-08") && sent.contains("12-15"), "{sent}");
    let year = include_str!("../../config/calendar/2027.csv");
    let year = shifted(year);
    std::fs::write(world.path("calendar/2028.csv"), year).unwrap();
    world.reload();
    world.run_until("2027-12-20 10:00").await;
    let sent = world.sent();
    assert!(sent.contains("警示解除") && sent.lines().count() == 1, "{sent}");
}

/// A calendar of 2028 that could be: Monday to Friday, and a few holidays.
fn shifted(like: &str) -> String {
    let header = like.lines().next().unwrap();
    let first = chrono::NaiveDate::from_ymd_opt(2028, 1, 1).unwrap();
    let mut text = format!("{header}\r\n");
    for day in first.iter_days().take(366) {
        let weekday = ["一", "二", "三", "四", "五", "六", "日"]
            [chrono::Datelike::weekday(&day).num_days_from_monday() as usize];
        let weekend = weekday == "六" || weekday == "日";
        let holiday = chrono::Datelike::ordinal(&day) % 27 == 0;
        let (off, note) = match (weekend, holiday) {
            (_, true) => ("2", "放假"),
            (true, false) => ("2", ""),
            (false, false) => ("0", ""),
        };
        text.extend([&day.format("%Y%m%d").to_string(), ",", weekday, ",", off, ",", note, "\r\n"]);
    }
    text
}

#[tokio::test]
async fn a_case_that_reaches_into_a_missing_year_is_marked_until_it_is_there() {
    let mut world = World::at("2027-12-20 09:00").await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2027-12-20 09:00")));
    world.run_until("2027-12-20 10:00").await;
    let sent = world.sent();
    assert!(sent.contains("117/01/11（二）〔暫定，次年日曆未公布〕"), "{sent}");
    let year = shifted(include_str!("../../config/calendar/2027.csv"));
    std::fs::write(world.path("calendar/2028.csv"), year).unwrap();
    world.reload();
    world.run_until("2027-12-21 10:00").await;
    let sent = world.sent();
    let file = world.app.case_file(&comment(558_380)).await.unwrap().unwrap();
    assert!(!file.view.deadline.provisional);
    assert!(!sent.contains("暫定"), "{sent}");
}

#[tokio::test]
async fn a_corrected_publication_is_proposed_and_a_person_decides() {
    let mut world =
        World::with_config("2025-11-03 09:00", "[calendar.fetch]\nenabled = true\n").await;
    let first = include_bytes!("../data/calendar/2025-first.csv");
    let corrected = include_bytes!("../data/calendar/2025-corrected.csv");
    let next = include_bytes!("../../config/calendar/2026.csv");
    std::fs::write(world.path("calendar/2025.csv"), first).unwrap();
    world.reload();
    world.platform.publish("114年中華民國政府行政機關辦公日曆表", first);
    world.platform.publish(
        "114年中華民國政府行政機關辦公日曆表(Google行事曆專用)",
        b"Subject,Start Date\r\n",
    );
    world.platform.publish("115年中華民國政府行政機關辦公日曆表", next);
    world.platform.publish("114年中華民國政府行政機關辦公日曆表(修正版)", corrected);
    world.run_until("2025-11-04 12:00").await;
    let sent = world.sent();
    assert!(
        sent.contains(ADMINISTRATORS) && sent.contains("發現新公布之辦公日曆表：2025"),
        "{sent}"
    );
    assert_eq!(sent.lines().count(), 1, "2026 says what is in force; once is enough: {sent}");
    let shown = world.slack.messages(ADMINISTRATORS)[0].shown();
    assert!(shown.contains("3 days differ") || shown.contains("days differ"), "{shown}");
    let national =
        |world: &World| world.app.live().config.rules.calendars.national().workdays_in(2025);
    assert_eq!(national(&world), 250, "nothing changed by itself");
    let [proposal] = &world.app.proposals().await.unwrap()[..] else { panic!() };
    assert_eq!(&proposal.content[..], corrected);
    world.app.put_in_place("2025.csv", &proposal.content, ("王小明", "imported")).await.unwrap();
    world.reload();
    world.run_until("2025-11-05 12:00").await;
    assert!(world.sent().contains("警示解除"));
    assert_eq!(national(&world), 247);
}

#[tokio::test]
async fn a_new_year_is_applied_by_itself_only_where_that_is_wanted() {
    for (auto_apply, published) in [("never", false), ("new-years", true)] {
        let config = format!("[calendar.fetch]\nenabled = true\nauto_apply = \"{auto_apply}\"\n");
        let mut world = World::with_config("2027-06-01 09:00", &config).await;
        let year = shifted(include_str!("../../config/calendar/2027.csv"));
        world.platform.publish("117年中華民國政府行政機關辦公日曆表", year.as_bytes());
        world.run_until("2027-06-01 10:00").await;
        let told = world.sent();
        assert_eq!(
            told.contains("發現新公布之辦公日曆表：2028"),
            !published,
            "{auto_apply}: {told}"
        );
        let calendars = world.app.live().config.rules.calendars.clone();
        assert_eq!(calendars.national().is_published(2028), published, "{auto_apply}");
        world.run_until("2027-06-01 11:00").await;
        let versions = world.app.calendar_versions().await.unwrap();
        let actors: Vec<&str> = versions.iter().map(|version| version.actor.as_str()).collect();
        let expected: &[&str] = if published { &["hand", "fetch"] } else { &["hand"] };
        assert_eq!(actors, expected, "nobody put the old one back meanwhile");
    }
}

#[tokio::test]
async fn a_proposal_is_over_once_its_file_lies_there_and_one_being_written_is_left_alone() {
    let config = "[calendar.fetch]\nenabled = true\nauto_apply = \"new-years\"\n";
    let mut world = World::with_config("2027-06-01 09:00", config).await;
    let year = shifted(include_str!("../../config/calendar/2027.csv"));
    world.platform.publish("117年中華民國政府行政機關辦公日曆表", year.as_bytes());
    let half = &year[..year.len() / 2];
    std::fs::write(world.path("calendar/2028.csv"), half).unwrap();
    world.run_until("2027-06-01 10:00").await;
    assert!(world.sent().contains("發現新公布之辦公日曆表：2028"));
    assert_eq!(std::fs::read_to_string(world.path("calendar/2028.csv")).unwrap(), half);
    std::fs::write(world.path("calendar/2028.csv"), &year).unwrap();
    world.reload();
    world.run_until("2027-06-01 11:00").await;
    assert!(world.sent().contains("警示解除"));
    assert!(world.app.proposals().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_closure_entered_afterwards_leaves_no_overdue_day_without_its_reminder() {
    // Due on 03-17.
    let mut world = World::at("2026-02-24 09:30").await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-02-24 09:00")));
    world.run_until("2026-03-19 10:00").await;
    assert!(world.sent().contains("逾期 2 個工作天"));
    world.close(&TYPHOON.replace("03-17", "03-18"));
    world.run_until("2026-03-19 17:00").await;
    assert_eq!(world.sent(), "", "this day has had its reminder");
    world.run_until("2026-03-20 10:00").await;
    let sent = world.sent();
    assert!(sent.contains("逾期 2 個工作天") && sent.lines().count() == 1, "{sent}");
}
