use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::act::Entry;
use crate::domain::case::{Case, CaseKind, CaseNumber, CaseState, Origin, StartDay};
use crate::domain::directory::ChannelAddress;
use crate::domain::message::{MAY_HAVE_ARRIVED, MessageState, NewMessage, Occasion};
use crate::domain::observation::{
    Account, Assignment, CaseEvent, Change, Observation, ReplyStatus, SeenCase, compare,
};
use crate::domain::reminder::Recipient;
use crate::domain::statistics::Period;

type Instant = chrono::DateTime<chrono::Utc>;

fn at(text: &str) -> Instant {
    format!("2026-03-{text}:00Z").replace(' ', "T").parse().unwrap()
}

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("jicui.db")).unwrap();
    (dir, store)
}

fn number() -> CaseNumber {
    CaseNumber::of_comment(558_380)
}

async fn add_case(store: &Store, reply: ReplyStatus) -> Vec<CaseEvent> {
    let seen = SeenCase {
        number: number(),
        kind: CaseKind::Comment,
        title: "題".to_owned(),
        agency: "勞動部".to_owned(),
        dataset: None,
        url: "https://data.gov.tw/dataset/6100".to_owned(),
        posted_at: "2026-02-27T10:00:00".parse().ok(),
        assignment: Assignment::Made(None),
        reply,
        later_answers: Vec::new(),
    };
    let observation = Observation { seen: vec![seen], ..Observation::default() };
    let known = store.known().await.unwrap();
    let now = at("02 01:00");
    let events = compare(&known, &observation, |name| Some(name.to_owned()), now.date_naive());
    store.record(events.clone(), "platform", nothing, now).await.unwrap();
    events
}

fn nothing(_: &CaseEvent, _: &Case, _: &[Reminded]) -> Vec<Consequence> {
    Vec::new()
}

fn about(code: &'static str) -> AlarmSubject {
    let tell = ChannelAddress::parse("slack:ADMIN").ok().into_iter().collect();
    AlarmSubject { code, subject: "s".to_owned(), tell }
}

fn message(stage: &str) -> NewMessage {
    let channel = ChannelAddress::parse("slack:C1").unwrap();
    NewMessage {
        key: format!("C-558380/1/{stage}"),
        case: Some((number(), 1)),
        occasion: Occasion::Stage,
        stage: stage.to_owned(),
        due_on: "2026-03-20".parse().ok(),
        channel,
        recipient: Recipient::Unit("u".to_owned()),
        detail: String::new(),
        may_have_arrived: false,
    }
}

const LEASE: Duration = Duration::from_mins(1);

fn sent() -> Settlement {
    sent_as("1.1")
}

fn sent_as(ts: &str) -> Settlement {
    let due_on = chrono::NaiveDate::from_ymd_opt(2026, 3, 21);
    let receipt = Some(("C1".to_owned(), ts.to_owned()));
    Settlement::Sent { text: "t".to_owned(), due_on, receipt }
}

fn anything() -> Take {
    Take {
        lease: LEASE,
        room: Room { per_provider: 8, ..Room::default() },
        burst: Burst { over: 0, hold_until: at("31 09:00") },
        only_alarms: false,
        under_way: BTreeSet::new(),
    }
}

/// What may be sent first, if anything.
async fn lease(store: &Store, now: Instant) -> Option<Parcel> {
    let take = Some(anything());
    store.exchange(Arc::default(), take, now).await.unwrap().parcels.into_iter().next()
}

async fn settle(store: &Store, parcel: &Parcel, settlement: Settlement, now: Instant) {
    let settled = |leased: &Leased| Settled {
        id: leased.row.id,
        settlement: settlement.clone(),
        consequences: Vec::new(),
    };
    let settled = Arc::new(parcel.rows.iter().map(settled).collect());
    store.exchange(settled, None, now).await.unwrap();
}

async fn leased_and_settled(store: &Store, now: Instant) {
    let parcel = lease(store, now).await.unwrap();
    settle(store, &parcel, sent(), now).await;
}

#[test]
fn the_bundled_sqlite_is_newer_than_the_wal_reset_bug() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

#[tokio::test]
async fn whoever_wants_a_connection_gets_it_in_the_order_of_asking() {
    let (_dir, store) = open();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let asked = |n: u32| {
        let order = Arc::clone(&order);
        let note = move || {
            order.lock().unwrap().push(n);
            Ok(())
        };
        let (even, store) = (n.is_multiple_of(2), store.clone());
        async move {
            let noted = if even {
                store.glance(move |_| note()).await
            } else {
                store.read(move |_| note()).await
            };
            noted.unwrap();
        }
    };
    futures_util::future::join_all((0..200).map(asked)).await;
    let order = order.lock().unwrap();
    let of = |odd: u32| order.iter().copied().filter(|n| n % 2 == odd).collect::<Vec<_>>();
    assert!(of(0).is_sorted() && of(1).is_sorted(), "{order:?}");
    assert_eq!(order.len(), 200);
}

#[tokio::test]
async fn a_case_is_recorded_once_with_its_history() {
    let (_dir, store) = open();
    let events = add_case(&store, ReplyStatus::Unanswered).await;
    assert_eq!(events.len(), 1);
    let again = store.record(events, "folder", nothing, at("03 01:00")).await.unwrap();
    assert!(again.is_empty(), "the same new case again changes nothing");
    add_case(&store, ReplyStatus::Answered(None)).await;
    let case = store.case(&number()).await.unwrap().unwrap();
    assert_eq!(case.state, CaseState::Replied);
    let history = store.history(&number()).await.unwrap();
    let words: Vec<_> = history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(words, ["new", "replied"]);
    assert_eq!((history[1].before.as_str(), history[1].after.as_str()), ("open", "replied"));
}

#[tokio::test]
async fn the_history_can_only_grow() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    let meddle = |sql: &'static str| store.write(move |tx| Ok(tx.execute(sql, [])?));
    assert!(meddle("delete from history").await.is_err());
    assert!(meddle("update history set event = 'x'").await.is_err());
}

#[tokio::test]
async fn a_key_is_queued_once() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    let now = at("02 01:00");
    assert_eq!(store.enqueue(vec![message("a"), message("a")], now).await.unwrap(), 1);
    assert_eq!(store.enqueue(vec![message("a")], now).await.unwrap(), 0);
    let told = store.told().await.unwrap();
    let last = told.values().next().unwrap();
    assert_eq!(last.reminded_at.unwrap().to_string(), "2026-03-02 09:00:00", "in Taipei");
    assert!(last.waiting && last.day.is_none(), "queued is not told");
    leased_and_settled(&store, now).await;
    let told = store.told().await.unwrap();
    let last = told.values().next().unwrap();
    assert!(!last.waiting);
    assert_eq!(last.day.unwrap().due_on.to_string(), "2026-03-21", "as it was told");
}

#[tokio::test]
async fn a_later_stage_overtakes_what_still_waits() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    store.enqueue(vec![message("b")], at("05 01:00")).await.unwrap();
    let leased = lease(&store, at("05 01:01")).await.unwrap();
    assert_eq!(leased.rows[0].row.message.stage, "b");
    settle(&store, &leased, sent(), at("05 01:01")).await;
    assert_eq!(lease(&store, at("06 01:00")).await, None);
}

#[tokio::test]
async fn a_lease_left_behind_comes_back_as_broken_off() {
    let (dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    let first = lease(&store, at("02 01:00")).await.unwrap();
    assert_eq!(first.broke_off_at, None);
    drop(store);
    let store = Store::open(&dir.path().join("jicui.db")).unwrap();
    assert_eq!(lease(&store, at("02 01:00")).await, None, "still under way");
    let second = lease(&store, at("02 01:02")).await.unwrap();
    assert_eq!(second.broke_off_at, Some(at("02 01:00")));
    assert_eq!(second.rows[0].row.attempts, 2);
}

#[tokio::test]
async fn messages_of_one_thread_keep_their_order() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    let thanks = NewMessage { occasion: Occasion::Answered, ..message("answered") };
    store.enqueue(vec![message("a"), thanks], at("02 01:00")).await.unwrap();
    let first = lease(&store, at("02 01:00")).await.unwrap();
    let again = Settlement::Again {
        at: at("02 02:00"),
        reason: "later".to_owned(),
        unknown: false,
        effort: Effort::Refused,
    };
    settle(&store, &first, again, at("02 01:00")).await;
    assert_eq!(lease(&store, at("02 01:30")).await, None, "the first goes first");
    let first = lease(&store, at("02 02:00")).await.unwrap();
    settle(&store, &first, sent(), at("02 02:00")).await;
    let second = lease(&store, at("02 02:00")).await.unwrap();
    assert_eq!(second.rows[0].row.message.stage, "answered");
    assert_eq!(second.rows[0].thread, Some(("C1".to_owned(), "1.1".to_owned())));
}

#[tokio::test]
async fn a_thread_hangs_on_the_message_that_was_sent_first() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    // The older row waits, for a silence; the younger is not held by that.
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    let first = lease(&store, at("02 01:00")).await.unwrap();
    settle(&store, &first, Settlement::Postponed { until: at("02 03:00") }, at("02 01:00")).await;
    let refused = NewMessage { occasion: Occasion::ExtensionRefused, ..message("b") };
    store.enqueue(vec![refused], at("02 02:00")).await.unwrap();
    let second = lease(&store, at("02 02:00")).await.unwrap();
    settle(&store, &second, sent_as("2.0"), at("02 02:00")).await;
    let first = lease(&store, at("02 03:00")).await.unwrap();
    assert_eq!(first.rows[0].thread, Some(("C1".to_owned(), "2.0".to_owned())));
    settle(&store, &first, sent_as("3.0"), at("02 03:00")).await;
    let thanks = NewMessage { occasion: Occasion::Answered, ..message("c") };
    store.enqueue(vec![thanks], at("02 04:00")).await.unwrap();
    let third = lease(&store, at("02 04:00")).await.unwrap();
    assert_eq!(third.rows[0].thread, Some(("C1".to_owned(), "2.0".to_owned())));
}

#[tokio::test]
async fn a_thread_hangs_on_the_first_message_whatever_our_clock_said_of_it() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    // The clock is a day ahead, and is set right.
    let sent = [("a", "03 01:00", "9.5"), ("b", "02 02:00", "10.5"), ("c", "02 03:00", "11.5")];
    let mut threads = Vec::new();
    for (stage, now, ts) in sent {
        store.enqueue(vec![message(stage)], at(now)).await.unwrap();
        let parcel = lease(&store, at(now)).await.unwrap();
        threads.extend(parcel.rows[0].thread.clone().map(|(_, ts)| ts));
        settle(&store, &parcel, sent_as(ts), at(now)).await;
    }
    assert_eq!(threads, ["9.5", "9.5"]);
}

#[tokio::test]
async fn what_is_said_again_after_another_clock_has_a_name_of_its_own() {
    let (dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    let mut names = Vec::new();
    // Twice a clock of a later day says it.
    for (now, right) in [("06 01:00", "02 01:00"), ("05 01:00", "02 02:00")] {
        store.enqueue(vec![message("a")], at(now)).await.unwrap();
        let parcel = lease(&store, at(now)).await.unwrap();
        names.push(parcel.rows[0].name.clone());
        settle(&store, &parcel, sent(), at(now)).await;
        assert_eq!(store.disown_later_days(at(right)).await.unwrap(), 1);
    }
    store.enqueue(vec![message("a")], at("07 01:00")).await.unwrap();
    let parcel = lease(&store, at("07 01:00")).await.unwrap();
    names.push(parcel.rows[0].name.clone());
    assert_eq!(names[0], message("a").key);
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
    drop(store);
    let store = Store::open(&dir.path().join("jicui.db")).unwrap();
    let repeat = lease(&store, at("07 01:02")).await.unwrap();
    assert!(repeat.broke_off_at.is_some());
    assert_eq!(repeat.rows[0].name, names[2], "a repeat is the same message");
}

#[tokio::test]
async fn what_failed_goes_to_the_next_channel_in_the_same_breath() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    let leased = lease(&store, at("02 01:00")).await.unwrap();
    let mut instead = message("a");
    instead.key.push_str(" > print");
    instead.channel = ChannelAddress::parse("print").unwrap();
    let failed =
        Settlement::Failed { reason: "no".to_owned(), in_doubt: false, instead: vec![instead] };
    settle(&store, &leased, failed, at("02 01:00")).await;
    let next = lease(&store, at("02 01:00")).await.unwrap();
    assert_eq!(next.rows[0].row.message.channel.to_string(), "print");
    assert_eq!(store.outbox(vec![MessageState::Failed], 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_and_what_it_asks_for_are_one_transaction() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    leased_and_settled(&store, at("02 01:00")).await;
    let vanished = CaseEvent { number: number(), change: Change::Vanished };
    let raise = |_: &CaseEvent, case: &Case, reminded: &[Reminded]| {
        assert_eq!(reminded.len(), 1, "told who was reminded");
        assert!(case.vanished_at.is_some(), "and the case as it is now");
        vec![Consequence::Raise(about("case_vanished"), "d".to_owned())]
    };
    store.record(vec![vanished], "platform", raise, at("02 02:00")).await.unwrap();
    assert_eq!(store.active_alarms().await.unwrap().len(), 1);
    let returned = CaseEvent { number: number(), change: Change::Returned };
    let end =
        |_: &CaseEvent, _: &Case, _: &[Reminded]| vec![Consequence::End(about("case_vanished"))];
    store.record(vec![returned], "platform", end, at("02 03:00")).await.unwrap();
    assert_eq!(store.active_alarms().await.unwrap(), []);
    assert_eq!(store.outbox(vec![MessageState::Queued], 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_refused_is_due_still_and_is_queued_again_after_an_hour() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    let leased = lease(&store, at("02 01:00")).await.unwrap();
    let refused =
        Settlement::Failed { reason: "archived".to_owned(), in_doubt: false, instead: Vec::new() };
    settle(&store, &leased, refused, at("02 01:00")).await;
    let told = store.told().await.unwrap();
    assert!(told.values().all(|last| last.reminded_at.is_none()), "nobody was told: {told:?}");
    assert_eq!(store.enqueue(vec![message("a")], at("02 01:59")).await.unwrap(), 0);
    assert_eq!(store.enqueue(vec![message("a")], at("02 02:00")).await.unwrap(), 1);
}

#[tokio::test]
async fn what_was_refused_by_a_clock_ahead_is_queued_again_once_that_is_set_right() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("05 01:00")).await.unwrap();
    let leased = lease(&store, at("05 01:00")).await.unwrap();
    let reason = "archived".to_owned();
    let refused = Settlement::Failed { reason, in_doubt: false, instead: Vec::new() };
    settle(&store, &leased, refused, at("05 01:00")).await;
    let began_before = at("05 00:59");
    assert_eq!(store.enqueue(vec![message("a")], began_before).await.unwrap(), 0);
    assert_eq!(store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap(), 1);
}

#[tokio::test]
async fn what_ended_in_doubt_comes_back_as_broken_off() {
    for by_hand in [false, true] {
        let (_dir, store) = open();
        add_case(&store, ReplyStatus::Unanswered).await;
        store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
        let leased = lease(&store, at("02 01:00")).await.unwrap();
        let reason = "revoked".to_owned();
        let refused = Settlement::Failed { reason, in_doubt: true, instead: Vec::new() };
        settle(&store, &leased, refused, at("02 01:00")).await;
        if by_hand {
            let id = leased.rows[0].row.id;
            let by = ("王", Entry::note(""));
            store.steer(id, Steering::Retry, by, at("02 02:00")).await.unwrap();
        } else {
            store.enqueue(vec![message("a")], at("02 02:00")).await.unwrap();
        }
        let again = lease(&store, at("02 02:00")).await.unwrap();
        assert_eq!(again.broke_off_at, Some(at("02 01:00")), "by hand: {by_hand}");
    }
}

#[tokio::test]
async fn what_is_in_doubt_is_taken_back_while_nobody_has_it_under_way() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    let again = |next| Settlement::Again {
        at: at(next),
        reason: "no answer".to_owned(),
        unknown: true,
        effort: Effort::Unanswered,
    };
    let parcel = lease(&store, at("02 01:00")).await.unwrap();
    let id = parcel.rows[0].row.id;
    let steer = |steering, now| store.steer(id, steering, ("王小明", Entry::note("n")), at(now));
    let cancel =
        || Steering::Cancel { reason: "cancelled by 王小明: 已電話告知".to_owned() };
    let left_alone = Some((MessageState::Sending, false));
    assert_eq!(steer(cancel(), "02 01:00").await.unwrap(), left_alone, "under way");
    settle(&store, &parcel, again("02 02:00"), at("02 01:00")).await;
    let parcel = lease(&store, at("02 02:00")).await.unwrap();
    assert_eq!(steer(cancel(), "02 02:00").await.unwrap(), left_alone, "under way again");
    assert_eq!(steer(Steering::Retry, "02 02:00").await.unwrap(), left_alone);
    settle(&store, &parcel, again("02 03:00"), at("02 02:00")).await;
    let steered = steer(cancel(), "02 02:30").await.unwrap();
    assert_eq!(steered, Some((MessageState::Sending, true)));
    assert_eq!(lease(&store, at("02 04:00")).await, None, "no repeat goes out");
    let ended = store.outbox(vec![MessageState::Overtaken], 10).await.unwrap();
    assert!(ended[0].reason.as_ref().unwrap().ends_with(MAY_HAVE_ARRIVED), "{ended:?}");
    assert_eq!(steer(Steering::Retry, "02 05:00").await.unwrap().unwrap().0, ended[0].state);
    let parcel = lease(&store, at("02 05:00")).await.unwrap();
    assert_eq!(parcel.broke_off_at, Some(at("02 01:00")), "it is looked up first");
}

#[tokio::test]
async fn what_a_process_that_is_gone_had_under_way_can_be_taken_back() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    store.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    let parcel = lease(&store, at("02 01:00")).await.unwrap();
    assert_eq!(store.release_leases(at("02 01:01")).await.unwrap(), 1);
    let cancel = Steering::Cancel { reason: "cancelled by 王小明: 已電話告知".to_owned() };
    let id = parcel.rows[0].row.id;
    let steered =
        store.steer(id, cancel, ("王小明", Entry::note("n")), at("02 01:01")).await.unwrap();
    assert_eq!(steered, Some((MessageState::Sending, true)));
    assert_eq!(lease(&store, at("02 04:00")).await, None, "no repeat goes out");
}

#[tokio::test]
async fn whoever_reads_goes_on_reading_while_somebody_else_begins_to_write() {
    let (dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    drop(store);
    let path = dir.path().join("jicui.db");
    let reader = Store::open_to_read(&path).unwrap();
    assert_eq!(reader.all_cases().await.unwrap().len(), 1);
    let writer = Store::open(&path).unwrap();
    writer.enqueue(vec![message("a")], at("02 01:00")).await.unwrap();
    assert!(writer.empty_log().await.unwrap());
    let waiting = reader.outbox(vec![MessageState::Queued], 10).await.unwrap();
    assert_eq!(waiting.len(), 1, "it sees what is there by now");
}

#[tokio::test]
async fn an_alarm_is_raised_once_and_ends_once() {
    let (_dir, store) = open();
    let raise = |time| store.raise(about("c"), "d".to_owned(), at(time));
    assert!(raise("02 01:00").await.unwrap().is_some());
    assert!(raise("02 01:10").await.unwrap().is_none());
    assert_eq!(store.active_alarms().await.unwrap().len(), 1);
    assert!(store.end_alarm(about("c"), at("02 02:00")).await.unwrap().is_some());
    assert!(store.end_alarm(about("c"), at("02 02:00")).await.unwrap().is_none());
    assert!(raise("02 03:00").await.unwrap().is_some(), "a second time is a second alarm");
    store.announce(about("a"), "d".to_owned(), at("02 04:00")).await.unwrap();
    let queued = store.outbox(vec![MessageState::Queued], 10).await.unwrap();
    let said: Vec<(Occasion, &str)> =
        queued.iter().rev().map(|row| (row.message.occasion, row.message.stage.as_str())).collect();
    let (alarm, over) = (Occasion::Alarm, Occasion::AlarmOver);
    assert_eq!(said, [(alarm, "c"), (over, "c"), (alarm, "c"), (alarm, "a")], "each is told");
    assert_eq!(store.active_alarms().await.unwrap().len(), 1, "what is announced is over");
}

#[tokio::test]
async fn the_last_good_run_is_remembered_beside_the_last() {
    let (_dir, store) = open();
    let run = |time, fault: Option<&str>| RunReport {
        stage: "poll",
        started_at: at(time),
        took: Duration::from_millis(3),
        report: "r".to_owned(),
        fault: fault.map(ToOwned::to_owned),
    };
    store.report_run(run("02 01:00", None)).await.unwrap();
    store.report_run(run("02 01:10", Some("no answer"))).await.unwrap();
    let (last, good) = store.last_runs("poll", at("02 01:10")).await.unwrap();
    assert_eq!(last.unwrap().fault.as_deref(), Some("no answer"));
    assert_eq!(good.unwrap().started_at, at("02 01:00"));
    assert_eq!(store.first_run("poll", at("02 01:10")).await.unwrap(), Some(at("02 01:00")));
}

#[tokio::test]
async fn a_run_of_a_time_to_come_is_none() {
    let (_dir, store) = open();
    let run = |time| RunReport {
        stage: "poll",
        started_at: at(time),
        took: Duration::ZERO,
        report: "r".to_owned(),
        fault: None,
    };
    for time in ["28 01:00", "02 01:00", "02 01:10", "27 01:00"] {
        store.report_run(run(time)).await.unwrap();
    }
    let (last, good) = store.last_runs("poll", at("02 02:00")).await.unwrap();
    assert_eq!(last.map(|run| run.started_at), Some(at("02 01:10")));
    assert_eq!(good.map(|run| run.started_at), Some(at("02 01:10")));
    assert_eq!(store.first_run("poll", at("02 02:00")).await.unwrap(), Some(at("02 01:00")));
    assert_eq!(store.last_runs("poll", at("01 02:00")).await.unwrap(), (None, None));
}

#[test]
fn a_disk_without_room_for_the_index_of_the_log_is_full() {
    let fault = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
    let full = StoreError::from(fault(rusqlite::ffi::SQLITE_IOERR_SHMSIZE));
    assert!(matches!(full, StoreError::Full(_)), "{full}");
    let failed = StoreError::from(fault(rusqlite::ffi::SQLITE_IOERR_WRITE));
    assert!(matches!(failed, StoreError::Disk(_)), "{failed}");
}

#[test]
fn a_database_from_a_newer_build_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jicui.db");
    drop(Store::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    let error = Store::open(&path).unwrap_err().to_string();
    assert!(error.contains("schema 999"), "{error}");
    let connection = Connection::open(&path).unwrap();
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
    assert_eq!(version, 999);
}

#[test]
fn what_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jicui.db");
    std::fs::write(&path, "not a database, but long enough to look like a page of one").unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Damaged(_))));
    assert!(std::fs::read(&path).unwrap().starts_with(b"not a database"));
}

#[tokio::test]
async fn damage_in_the_middle_of_the_file_is_found() {
    let (dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    for stage in 0..400 {
        store.enqueue(vec![message(&stage.to_string())], at("02 01:00")).await.unwrap();
    }
    store.check().await.unwrap();
    drop(store);
    let path = dir.path().join("jicui.db");
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 100_000, "enough to damage: {}", bytes.len());
    for byte in bytes.iter_mut().skip(60_000).step_by(97) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, &bytes).unwrap();
    let checked = match Store::open(&path) {
        Ok(store) => store.check().await,
        Err(error) => Err(error),
    };
    let damaged = matches!(checked, Err(StoreError::Unsound(_) | StoreError::Damaged(_)));
    assert!(damaged, "{checked:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "left as it is");
}

#[tokio::test]
async fn a_reply_given_with_a_time_in_the_future_counts_from_now() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    let change = Change::Replied("2099-01-01T00:00:00".parse().ok());
    let event = CaseEvent { number: number(), change };
    store.record(vec![event], "platform", nothing, at("05 01:00")).await.unwrap();
    let case = store.case(&number()).await.unwrap().unwrap();
    assert_eq!(case.replied_at, Some(at("05 01:00")));
}

#[tokio::test]
async fn two_restorations_within_a_second_keep_both_databases() {
    let (dir, store) = open();
    let (database, backup) = (dir.path().join("jicui.db"), dir.path().join("backup.db"));
    back_up(&database, &backup, false).unwrap();
    drop(store);
    let mut aside = BTreeSet::new();
    for stage in ["first", "second", "third"] {
        let store = Store::open(&database).unwrap();
        store.enqueue(vec![message(stage)], at("02 01:00")).await.unwrap();
        drop(store);
        let restored = restore(&backup, &database, at("03 01:00")).unwrap();
        let path = restored.set_aside.unwrap();
        let kept = Store::open(&path).unwrap();
        let kept = kept.outbox(MessageState::ALL.to_vec(), 100).await.unwrap();
        let [row] = &kept[..] else { panic!("{kept:?}") };
        assert_eq!(row.message.stage, stage);
        assert!(aside.insert(path), "a name of its own");
    }
    for path in aside {
        assert!(path.exists(), "{}", path.display());
    }
}

#[tokio::test]
async fn what_was_sent_after_a_backup_was_made_is_looked_up_where_its_key_says_what_it_is() {
    let (dir, store) = open();
    store.enqueue(vec![message("before")], at("02 01:00")).await.unwrap();
    let (database, backup) = (dir.path().join("jicui.db"), dir.path().join("backup.db"));
    back_up(&database, &backup, false).unwrap();
    drop(store);
    restore(&backup, &database, at("03 01:00")).unwrap();
    let store = Store::open(&database).unwrap();
    let queued = |occasion: Occasion| NewMessage {
        key: occasion.as_str().to_owned(),
        occasion,
        ..message(occasion.as_str())
    };
    let messages = Occasion::ALL.map(queued).to_vec();
    store.enqueue(messages, at("03 02:00")).await.unwrap();
    for row in store.outbox(MessageState::ALL.to_vec(), 100).await.unwrap() {
        let occasion = row.message.occasion;
        let doubted = row.message.stage == "before" || occasion.is_known_by_key();
        assert_eq!(row.state == MessageState::Sending, doubted, "{occasion:?}");
        assert_eq!(row.last_attempt_at.is_some(), doubted, "{occasion:?}");
    }
}

#[tokio::test]
async fn a_round_is_remembered_as_it_was_when_the_next_began() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Answered("2026-03-01T10:00:00".parse().ok())).await;
    let mut case = store.case(&number()).await.unwrap().unwrap();
    case.agency = "勞動部甲署".to_owned();
    case.handling.unit = Some("jia".to_owned());
    case.handling.due_on = "2026-03-20".parse().ok();
    case.handling.imported = true;
    case.start.on = "2026-02-26".parse().unwrap();
    let (before, now) = (case.clone(), at("10 01:00"));
    store.write(move |tx| super::cases::save(tx, &case)).await.unwrap();
    let start = StartDay { on: "2026-03-10".parse().unwrap(), origin: Origin::Observed };
    let begins = CaseEvent { number: number(), change: Change::NewRound(start) };
    store.record(vec![begins], "platform", nothing, now).await.unwrap();
    let mut case = store.case(&number()).await.unwrap().unwrap();
    case.agency = "勞動部乙局".to_owned();
    case.handling.unit = Some("yi".to_owned());
    let rounds = store.with_earlier_rounds(vec![case]).await.unwrap().remove(0).1;
    let [first] = rounds.as_slice() else { panic!("{rounds:?}") };
    assert_eq!(
        (first.round, &first.agency, first.start),
        (before.round, &before.agency, before.start)
    );
    assert_eq!((&first.handling, first.replied_at), (&before.handling, before.replied_at));
}

#[tokio::test]
async fn a_duty_that_was_closed_unanswered_is_of_the_period_in_which_it_ended() {
    let (_dir, store) = open();
    add_case(&store, ReplyStatus::Unanswered).await;
    let mut case = store.case(&number()).await.unwrap().unwrap();
    case.number = CaseNumber::parse("G-1").unwrap();
    case.kind = CaseKind::parse("goal").unwrap();
    case.state = CaseState::Closed;
    store
        .write(move |tx| {
            super::cases::save(tx, &case)?;
            let entry =
                Entry { event: "closed", account: Account::default(), reason: String::new() };
            super::cases::append(tx, &case.number, ("jicui", at("20 01:00")), &entry)
        })
        .await
        .unwrap();
    let listed = async |from: &str, to: &str| {
        let period = Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        store.duties_of(period).await.unwrap().len()
    };
    assert_eq!(listed("2026-02-01", "2026-02-28").await, 1, "it began");
    assert_eq!(listed("2026-03-01", "2026-03-15").await, 1, "it had not ended");
    assert_eq!(listed("2026-03-20", "2026-03-31").await, 1, "it ended");
    assert_eq!(listed("2026-04-01", "2026-04-30").await, 0);
}
