//! Each migration over a database that the builds before it left behind, with sample rows.
#![cfg(test)]

use std::path::{Path, PathBuf};

use jicui::domain::case::{CaseNumber, CaseState};
use jicui::domain::reminder::Recipient;
use jicui::store::Store;
use rusqlite::Connection;

/// The migrations' files, in order.
fn migrations() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Rows as a build with `version` migrations left them.
fn sample(version: usize) -> String {
    let path = format!("{}/tests/data/store/{version:04}.sql", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path}: each schema has sample rows"))
}

/// A database as a build with `version` migrations left it.
fn left_by(version: usize, path: &Path) {
    let old = Connection::open(path).unwrap();
    for (number, file) in (1..=version).zip(migrations()) {
        old.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
        old.execute_batch(&sample(number)).unwrap();
    }
    old.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
}

#[test]
fn the_files_are_numbered_without_a_gap() {
    for (number, file) in (1..).zip(migrations()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with(&format!("{number:04}_")), "{name}");
    }
}

#[tokio::test]
async fn what_older_builds_left_is_read_by_this_one() {
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    for version in 1..=migrations().len() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jicui.db");
        left_by(version, &path);
        let store = Store::open(&path).unwrap();
        let cases = store.all_cases().await.unwrap();
        let states: Vec<(&str, CaseState)> =
            cases.iter().map(|case| (case.number.as_str(), case.state)).collect();
        let expected = [("S-136936", CaseState::Replied), ("C-558380", CaseState::Open)];
        assert_eq!(states, expected, "schema {version}");
        let number = CaseNumber::of_comment(558_380);
        assert_eq!(store.history(&number).await.unwrap().len(), 1);
        assert_eq!(store.messages_of(&number).await.unwrap().len(), 2);
        assert_eq!(store.told().await.unwrap().len(), 1);
        let alarms = store.active_alarms().await.unwrap();
        let (unreached, others): (Vec<_>, Vec<_>) =
            alarms.iter().partition(|alarm| alarm.code == "message_undelivered");
        assert_eq!(others.len(), 1);
        for alarm in unreached {
            let recipient = alarm.subject.strip_prefix("S-136937 ").and_then(Recipient::parse);
            assert!(recipient.is_some() && !alarm.detail.contains(" by "), "{alarm:?}");
        }
        assert!(store.last_runs("poll", now).await.unwrap().1.is_some());
    }
}

#[tokio::test]
async fn the_rounds_that_ended_before_they_were_kept_are_read_from_the_history() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jicui.db");
    left_by(18, &path);
    let store = Store::open(&path).unwrap();
    let number = CaseNumber::of_request(136_936);
    let case = store.case(&number).await.unwrap().unwrap();
    let (_, rounds) = store.with_earlier_rounds(vec![case]).await.unwrap().remove(0);
    let [first] = rounds.as_slice() else { panic!("{rounds:?}") };
    assert_eq!((first.round, first.start.on.to_string().as_str()), (1, "2026-02-01"));
    assert_eq!(first.replied_at, "2026-02-25T02:00:00Z".parse().ok());
    let messages = store.messages_of(&number).await.unwrap();
    let keys: Vec<&str> = messages.iter().map(|row| row.message.key.as_str()).collect();
    let asked = "S-136936/2/follow_up_asked/once/unit:bli";
    let redirected = format!("{asked} > mail:b@example.gov.tw");
    assert!(keys.ends_with(&[asked, &redirected]), "{keys:?}");
}

#[tokio::test]
async fn a_round_that_ended_with_the_answer_it_was_brought_in_with_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jicui.db");
    left_by(20, &path);
    let imported = "insert into history (case_number, at, actor, event, before, after, reason)
        values ('S-136936', '2026-02-01T02:00:00.000Z', '王小明', 'imported', '', '', '')";
    Connection::open(&path).unwrap().execute(imported, []).unwrap();
    let store = Store::open(&path).unwrap();
    let case = store.case(&CaseNumber::of_request(136_936)).await.unwrap().unwrap();
    let (_, rounds) = store.with_earlier_rounds(vec![case]).await.unwrap().remove(0);
    let [first] = rounds.as_slice() else { panic!("{rounds:?}") };
    assert!(first.handling.imported, "{first:?}");
}

#[test]
fn the_schema_is_the_same_whether_grown_or_fresh() {
    let schema = |path: &Path| -> Vec<String> {
        drop(Store::open(path).unwrap());
        let connection = Connection::open(path).unwrap();
        let mut statement =
            connection.prepare("select sql from sqlite_schema where sql is not null").unwrap();
        let mut rows: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        rows.sort();
        rows
    };
    let dir = tempfile::tempdir().unwrap();
    let fresh = schema(&dir.path().join("fresh.db"));
    for version in 1..migrations().len() {
        let path = dir.path().join(format!("{version}.db"));
        left_by(version, &path);
        assert_eq!(schema(&path), fresh, "schema {version}");
    }
    assert!(!fresh.is_empty());
}
