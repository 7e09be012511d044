//! A process ends between any two steps: nothing is lost, nothing is doubled.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::world::{NID, TYPHOON, World, comment, moment};
use jicui::app::Step;
use jicui::clock::wall;
use jicui::domain::act::{Act, Actor};
use jicui::domain::message::{MessageState, Occasion};
use jicui::store::{Burst, Room, Take};

async fn planned() -> World {
    let world = World::at("2026-03-02 09:30").await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.app.run(Step::Poll).await;
    world.app.run(Step::Remind).await;
    world
}

#[tokio::test]
async fn between_lease_and_send_nothing_is_lost() {
    let mut world = planned().await;
    let take = Take {
        lease: Duration::from_mins(2),
        room: Room { per_provider: 1, ..Room::default() },
        burst: Burst { over: 0, hold_until: world.now() },
        only_alarms: false,
        under_way: BTreeSet::new(),
    };
    let taken = world.app.store().exchange(Arc::default(), Some(take), world.now()).await.unwrap();
    assert_eq!(taken.parcels.len(), 1);
    world.restart();
    world.pass().await;
    assert_eq!(world.sent(), "", "its lease still runs");
    world.sleep_until("2026-03-02 09:35");
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1);
}

#[tokio::test]
async fn between_send_and_settle_nothing_is_doubled() {
    for cut in ["hang", "drop"] {
        let mut world = planned().await;
        match cut {
            "hang" => world.slack.hang_next(1),
            _ => world.slack.drop_next(1),
        }
        world.app.run(Step::Deliver).await;
        assert_eq!(world.sent().lines().count(), 1, "{cut}: it arrived, but no answer came");
        world.restart();
        world.sleep_until("2026-03-02 10:30");
        world.pass().await;
        assert_eq!(world.sent(), "", "{cut}: it was found, and not sent again");
        let failed = world.app.store().outbox(vec![], 10).await.unwrap();
        assert!(failed.is_empty());
    }
}

#[tokio::test]
async fn what_is_found_is_taken_down_as_it_was_said() {
    let mut world = planned().await;
    world.slack.drop_next(1);
    world.app.run(Step::Deliver).await;
    let sent = world.sent();
    assert!(sent.contains("請於 115/03/20（五）前回復"), "{sent}");
    world.restart();
    world.close(TYPHOON);
    world.sleep_until("2026-03-02 10:30");
    world.pass().await;
    let messages = world.app.store().messages_of(&comment(558_380)).await.unwrap();
    let first = &messages[0];
    assert_eq!(first.message.due_on, "2026-03-20".parse().ok());
    assert!(first.text.as_ref().unwrap().contains("115/03/20（五）"), "{first:?}");
    world.run_until("2026-03-02 17:00").await;
    let sent = world.sent();
    assert!(sent.contains("【期限變更】") && sent.contains("115/03/23"), "{sent}");
}

#[tokio::test]
async fn what_was_planned_without_a_due_day_told_one_all_the_same() {
    let mut world = planned().await;
    world.pass().await;
    let unit = "wda-training".to_owned();
    let give = Act::Reassign { unit, reason: "屬訓練業務".to_owned() };
    world.app.act(&comment(558_380), give, &Actor::at_console("王小明")).await.unwrap();
    world.slack.drop_next(2);
    world.app.run(Step::Deliver).await;
    assert!(world.sent().contains("【改分承辦】"), "it arrived, but no answer came");
    world.restart();
    world.sleep_until("2026-03-02 10:30");
    world.pass().await;
    assert_eq!(world.sent(), "", "it was found");
    let messages = world.app.store().messages_of(&comment(558_380)).await.unwrap();
    let given = messages.iter().find(|row| row.message.occasion == Occasion::Reassigned).unwrap();
    assert_eq!(given.state, MessageState::Sent);
    assert_eq!(given.message.due_on, "2026-03-20".parse().ok());
}

#[tokio::test]
async fn the_same_pass_again_says_nothing() {
    let mut world = planned().await;
    world.pass().await;
    assert_eq!(world.sent().lines().count(), 1);
    for _ in 0..3 {
        world.restart();
        world.pass().await;
    }
    assert_eq!(world.sent(), "");
}

#[tokio::test]
async fn teams_cannot_be_asked_so_a_repeat_says_so() {
    let units = jicui::config::SAMPLE_UNITS
        .replace("channels = [\"slack:C00BLI0001\"]", "channels = [\"teams:flow\"]");
    let world = World::with_units("2026-03-02 09:30", &units).await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world.teams.hang_next(1);
    world.pass().await;
    world.sleep_until("2026-03-02 10:30");
    world.pass().await;
    let cards = world.teams.cards("flow");
    assert_eq!(cards.len(), 2);
    assert!(!cards[0].shown().contains("重送"));
    assert!(cards[1].shown().contains("重送"), "{}", cards[1].shown());
}
