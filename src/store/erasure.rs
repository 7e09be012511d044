//! Takes out of the database what people wrote: of cases that ended long ago, and of copies that go
//! elsewhere. Who did what and when stays, and with it every figure.
//!
//! `secure_delete` overwrites with zeros what is erased; what the write-ahead log still says of it is
//! gone when the log was emptied.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, named_params};

use super::columns::instant;
use super::{Store, StoreError};
use crate::domain::case::ERASED;

/// Stands where a copy leaves a title out.
pub(super) const REDACTED: &str = "（已遮蔽）";

/// The cases of citizens that ended before an instant, as a list in JSON: a table of them would have SQLite read every
/// statement anew that it keeps.
const ENDED: &str = "select json_group_array(number) from cases
    where kind in ('comment', 'request') and state in ('replied', 'closed', 'withdrawn')
        and coalesce(replied_at, (select max(at) from history where case_number = number),
            first_seen_at) < ?1";

/// Every place where people's words stand: what is written of these cases, and all that was sent by then.
/// Each changes only what still holds words. The faults of alarms and runs are to hold none; what an
/// earlier build wrote there may.
const PLACES: [&str; 12] = [
    "update cases set title = :title where title <> :title and number in (select value from json_each(:numbers))",
    "update outbox set text = null, detail = iif(case_number is null, detail, '')
        where (text is not null or (detail <> '' and case_number is not null))
            and queued_at < :before and (:all or state in ('sent', 'overtaken', 'failed'))",
    // Who took it back stays.
    "update outbox set reason = substr(reason, 1, instr(reason, ':') - 1)
        where is_cancelled and reason glob 'cancelled by *:*' and queued_at < :before",
    // The first line says what an alarm is about, by which it is known; why it was raised goes.
    "update outbox set detail = substr(detail, 1, instr(detail, char(10)))
        where occasion in ('alarm', 'alarm_over') and length(detail) > instr(detail, char(10))
            and queued_at < :before and (:all or state in ('sent', 'overtaken', 'failed'))",
    "update alarms set detail = '' where detail <> '' and (:all or over_at < :before)",
    "update runs set fault = '' where fault <> '' and started_at < :before",
    "update extensions set reason = '' where reason <> '' and case_number in (select value from json_each(:numbers))",
    "update holds set reason = '' where reason <> '' and case_number in (select value from json_each(:numbers))",
    "update follow_ups set reason = null where reason <> '' and case_number in (select value from json_each(:numbers))",
    "update checklist_items set name = iif(name is null, null, item),
            document = iif(document is null, null, '')
        where (name <> item or document <> '') and case_number in (select value from json_each(:numbers))",
    "update silences set reason = '' where reason <> '' and (:all or until < :before)",
    "update clicks set reason = '' where reason <> '' and heard_at < :before
        and (:all or done_at is not null)",
];

/// The history is append-only: its lock is taken off for this, and put on again. A title and a document stand
/// in what changed; of all else that is a state, a day or a name.
const HISTORY: &str = "update history set reason = '',
        before = iif(event in ('retitled', 'ticked', 'unticked'), '', before),
        after = iif(event in ('retitled', 'ticked', 'unticked'), '', after)
    where at < :before and case_number in (select value from json_each(:numbers)) and (reason <> ''
        or (event in ('retitled', 'ticked', 'unticked') and before || after <> ''))";
const IS_HISTORY_CLEAN: &str = "select not exists (select 1 from history
    where at < :before and case_number in (select value from json_each(:numbers)) and (reason <> ''
        or (event in ('retitled', 'ticked', 'unticked') and before || after <> '')))";
const LOCK: &str = "history_is_append_only_update";

impl Store {
    /// Erases people's words of the citizens' cases that ended before this instant, and of everything
    /// that was sent before it, with the faults of that time. Returns how many places held words;
    /// [`Store::empty_log`] does the rest.
    pub async fn erase(&self, before: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(move |tx| {
            let before = instant(before);
            let ended: String = tx.prepare_cached(ENDED)?.query_row([&before], |row| row.get(0))?;
            Ok(blank(tx, (ERASED, &before, false), &ended)?)
        })
        .await
    }
}

/// What lets people and programs in: it opens nothing elsewhere.
const KEYS: &str = "delete from sessions; delete from tokens;
    update users set password = null, mail = null; update clicks set user = ''";

/// Whom a mailbox belongs to nobody learns from a copy; which messages went to the same one, they do.
fn mask_mailboxes(copy: &Connection) -> rusqlite::Result<()> {
    // The longest first: one may end in another.
    const MAILBOXES: &str = "select distinct substr(channel, 6) from outbox
        where channel glob 'mail:*' order by length(channel) desc";
    const PLACES: [&str; 2] = [
        "update outbox set channel = replace(channel, ?1, ?2), key = replace(key, ?1, ?2),
            bundle = replace(bundle, ?1, ?2), receipt_channel = replace(receipt_channel, ?1, ?2)
            where channel = 'mail:' || ?1 or instr(key, ?1) or instr(bundle, ?1)",
        "update alarms set subject = replace(subject, ?1, ?2) where instr(subject, ?1)",
    ];
    let mailboxes: Vec<String> =
        copy.prepare(MAILBOXES)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for (mailbox, number) in mailboxes.iter().zip(1..) {
        for sql in PLACES {
            copy.execute(sql, (mailbox, format!("mailbox-{number}@redacted.invalid")))?;
        }
    }
    Ok(())
}

/// Takes everything that people wrote out of a copy, and everything that lets anybody in or says where they
/// are reached.
pub(super) fn redact(copy: &Connection) -> rusqlite::Result<()> {
    const ALL: &str = "select json_group_array(number) from
        (select number from cases union select case_number from history)";
    let all: String = copy.query_row(ALL, [], |row| row.get(0))?;
    blank(copy, (REDACTED, "9999", true), &all)?;
    copy.execute_batch(KEYS)?;
    mask_mailboxes(copy)?;
    copy.execute_batch("vacuum")
}

/// Blanks every place of the cases with these `numbers`, a list in JSON; returns how many held words.
fn blank(
    connection: &Connection,
    (title, before, all): (&str, &str, bool),
    numbers: &str,
) -> rusqlite::Result<usize> {
    let mut places = 0;
    for sql in PLACES {
        let mut statement = connection.prepare_cached(sql)?;
        for (name, value) in [(":title", title), (":before", before), (":numbers", numbers)] {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        if let Some(index) = statement.parameter_index(":all")? {
            statement.raw_bind_parameter(index, all)?;
        }
        places += statement.raw_execute()?;
    }
    let old = named_params! { ":before": before, ":numbers": numbers };
    if connection.prepare_cached(IS_HISTORY_CLEAN)?.query_row(old, |row| row.get(0))? {
        return Ok(places);
    }
    let find = "select sql from sqlite_schema where name = ?1";
    let lock: String = connection.query_row(find, [LOCK], |row| row.get(0))?;
    connection.execute_batch(&format!("drop trigger {LOCK}"))?;
    places += connection.execute(HISTORY, old)?;
    connection.execute_batch(&lock)?;
    Ok(places)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::super::{AlarmSubject, RunReport, back_up};
    use super::*;
    use crate::domain::directory::ChannelAddress;

    const WORDS: &str = "row 1: 我很生氣";
    const SAID: &str = "s\nrow 1: 我很生氣";

    fn at(day: &str) -> DateTime<Utc> {
        format!("2026-03-{day}T01:00:00Z").parse().unwrap()
    }

    fn about(code: &'static str) -> AlarmSubject {
        let tell = ChannelAddress::parse("slack:ADMIN").ok().into_iter().collect();
        AlarmSubject { code, subject: "s".to_owned(), tell }
    }

    /// An alarm that is long over, one that lasts and still waits to be told, and one that is over since
    /// lately; and a run that failed at the beginning of each.
    async fn alarmed(path: &Path) -> Store {
        let store = Store::open(path).unwrap();
        let alarms = [("a", "02", Some("03")), ("b", "02", None), ("c", "20", Some("21"))];
        for (code, began, ended) in alarms {
            store.raise(about(code), WORDS.to_owned(), at(began)).await.unwrap().unwrap();
            if let Some(ended) = ended {
                store.end_alarm(about(code), at(ended)).await.unwrap().unwrap();
            }
            let report = RunReport {
                stage: "poll",
                started_at: at(began),
                took: Duration::ZERO,
                report: "1 case".to_owned(),
                fault: Some(WORDS.to_owned()),
            };
            store.report_run(report).await.unwrap();
        }
        let sent = "update outbox set state = 'sent' where stage <> 'b'";
        store.write(move |tx| Ok(tx.execute(sent, [])?)).await.unwrap();
        store
    }

    /// What stands of the alarms, of the messages about them, and of the runs.
    fn kept(path: &Path) -> [Vec<String>; 3] {
        let connection = Connection::open(path).unwrap();
        let all = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let found = statement.query_map([], |row| row.get(0)).unwrap();
            found.map(Result::unwrap).collect()
        };
        [
            all("select detail from alarms order by id"),
            all("select detail from outbox order by id"),
            all("select fault from runs order by id"),
        ]
    }

    #[tokio::test]
    async fn why_there_was_an_alarm_is_erased_once_it_is_long_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jicui.db");
        let store = alarmed(&path).await;
        assert_eq!(store.erase(at("01")).await.unwrap(), 0);
        assert_eq!(store.erase(at("10")).await.unwrap(), 5);
        let [alarms, messages, runs] = kept(&path);
        assert_eq!(alarms, ["", WORDS, WORDS], "one lasts, one is new");
        assert_eq!(messages, ["s\n", "s\n", SAID, SAID, SAID], "one waits, two are new");
        assert_eq!(runs, ["", "", WORDS]);
        assert_eq!(store.erase(at("10")).await.unwrap(), 0, "nothing is left to be erased");
    }

    /// Texts of the database that hold no words of people: names, codes, days, what a program wrote.
    const WORDLESS: &[&str] = &[
        "alarms.code",
        "alarms.subject",
        "alarms.raised_at",
        "alarms.over_at",
        "awaiting.number",
        "awaiting.first_seen_at",
        "calendar_contents.sha256",
        "calendar_proposals.sha256",
        "calendar_proposals.source",
        "calendar_proposals.proposed_at",
        "calendar_version_files.name",
        "calendar_version_files.sha256",
        "calendar_versions.in_force_at",
        "calendar_versions.actor",
        "cases.number",
        "cases.kind",
        "cases.agency",
        "cases.dataset_title",
        "cases.url",
        "cases.posted_at",
        "cases.assigned_on",
        "cases.starts_on",
        "cases.start_origin",
        "cases.state",
        "cases.replied_at",
        "cases.first_seen_at",
        "cases.vanished_at",
        "cases.given_to",
        "cases.due_given",
        "checklist_items.case_number",
        "checklist_items.item",
        "checklist_items.done_on",
        "checklist_items.ticked_by",
        "checklist_items.ticked_at",
        "clicks.id",
        "clicks.heard_at",
        "clicks.user",
        "clicks.offer",
        "clicks.case_number",
        "clicks.channel",
        "clicks.ts",
        "clicks.unit",
        "clicks.done_at",
        "datasets.title",
        "datasets.agency",
        "datasets.failing_since",
        "datasets.read_at",
        "datasets.tried_at",
        "datasets.gone_on",
        "datasets.badge",
        "datasets.frequency",
        "datasets.updated_on",
        "ended_rounds.case_number",
        "ended_rounds.agency",
        "ended_rounds.given_to",
        "ended_rounds.starts_on",
        "ended_rounds.start_origin",
        "ended_rounds.due_given",
        "ended_rounds.replied_at",
        "extensions.case_number",
        "extensions.asked_by",
        "extensions.asked_at",
        "extensions.state",
        "extensions.decided_by",
        "extensions.decided_at",
        "follow_ups.case_number",
        "follow_ups.answered_at",
        "follow_ups.outcome",
        "follow_ups.recorded_by",
        "follow_ups.recorded_at",
        "goals.case_number",
        "goals.measured_on",
        "goals.measured_by",
        "history.case_number",
        "history.at",
        "history.actor",
        "history.event",
        "holds.case_number",
        "holds.from_on",
        "holds.held_by",
        "holds.held_at",
        "holds.ended_on",
        "holds.ended_by",
        "holds.ended_at",
        "openings.case_number",
        "openings.kind",
        "openings.subject",
        "openings.opened_at",
        "openings.ended_at",
        "outbox.key",
        "outbox.case_number",
        "outbox.occasion",
        "outbox.stage",
        "outbox.due_on",
        "outbox.channel",
        "outbox.recipient",
        "outbox.state",
        "outbox.queued_at",
        "outbox.next_attempt_at",
        "outbox.last_attempt_at",
        "outbox.sent_at",
        "outbox.receipt_channel",
        "outbox.receipt_ts",
        "outbox.bundle",
        "outbox.ended_at",
        "outbox.put_off_since",
        "readings.list",
        "readings.read_at",
        "restorations.known_until",
        "restorations.restored_at",
        "restorations.over_at",
        "runs.stage",
        "runs.started_at",
        "runs.report",
        "sessions.hash",
        "sessions.name",
        "sessions.begun_at",
        "sessions.seen_at",
        "sessions.ends_at",
        "silences.unit",
        "silences.until",
        "silences.actor",
        "silences.since",
        "silences.ended_at",
        "silences.ended_by",
        "tickets.key",
        "tickets.used_at",
        "tickets.used_by",
        "tickets.act",
        "tickets.case_number",
        "tokens.hash",
        "tokens.name",
        "tokens.scope",
        "tokens.role",
        "tokens.units",
        "tokens.added_at",
        "tokens.added_by",
        "tokens.expires_at",
        "tokens.used_at",
        "tokens.revoked_at",
        "tokens.revoked_by",
        "user_events.at",
        "user_events.name",
        "user_events.by",
        "user_events.event",
        "user_events.role",
        "user_events.units",
        "users.name",
        "users.role",
        "users.units",
        "users.added_at",
        "users.added_by",
        "users.removed_at",
        "users.removed_by",
    ];

    #[tokio::test]
    async fn every_text_of_the_database_is_erased_or_holds_no_words() {
        const TEXTS: &str = "select t.name || '.' || c.name from sqlite_schema as t
            join pragma_table_info(t.name) as c
            where t.type = 'table' and c.type = 'TEXT' order by t.name, c.cid";
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("jicui.db")).unwrap();
        let find = |tx: &rusqlite::Transaction<'_>| {
            let mut statement = tx.prepare(TEXTS)?;
            let found = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok(found.collect::<Result<Vec<String>, _>>()?)
        };
        let mut texts = store.read(find).await.unwrap();
        texts.retain(|text| !WORDLESS.contains(&text.as_str()));
        // Why a calendar was changed is what was announced, and public.
        let erased = "alarms.detail calendar_versions.reason cases.title checklist_items.name \
            checklist_items.document clicks.reason extensions.reason follow_ups.reason \
            history.before history.after history.reason holds.reason outbox.detail outbox.reason \
            outbox.text runs.fault silences.reason users.mail users.password";
        assert_eq!(texts.join(" "), erased);
    }

    #[tokio::test]
    async fn a_redacted_copy_does_not_say_what_people_gave_as_reasons() {
        const WRITE: &str = "
            insert into silences values (1, 'u', '2026-03-05', '家裡有事', '王小明', '2026-03-02', null, null);
            insert into history (case_number, at, actor, event, before, after)
                values ('T-1', '2026-03-02', '王小明', 'ticked', '', 'item-1 2026-03-02 王小明來文');
            insert into checklist_items values ('T-1', 1, 'item-1', '請王小明辦', '2026-03-02',
                '王小明來文', '王小明', '2026-03-02');
            update outbox set is_cancelled = 1, reason = 'cancelled by 王小明: 家裡有事'";
        const READ: &str =
            "select (select reason from silences) || '|' || (select name || '|' || document
            from checklist_items) || '|' || (select reason from outbox order by id limit 1)
            || '|' || (select after from history)";
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("jicui.db"), dir.path().join("copy.db"));
        let store = alarmed(&path).await;
        store.write(|tx| Ok(tx.execute_batch(WRITE)?)).await.unwrap();
        back_up(&path, &copy, true).unwrap();
        let copy = Connection::open(&copy).unwrap();
        let kept: String = copy.query_row(READ, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "|item-1||cancelled by 王小明|");
    }

    #[tokio::test]
    async fn a_redacted_copy_does_not_say_whose_mailbox_a_message_went_to() {
        const WRITE: &str = "update outbox set channel = 'mail:chen@example.gov.tw',
            key = key || '/mail:chen@example.gov.tw', receipt_channel = 'chen@example.gov.tw' where id < 3";
        const READ: &str = "select group_concat(channel, ' ') from outbox";
        let dir = tempfile::tempdir().unwrap();
        let (path, file) = (dir.path().join("jicui.db"), dir.path().join("copy.db"));
        let store = alarmed(&path).await;
        store.write(|tx| Ok(tx.execute_batch(WRITE)?)).await.unwrap();
        back_up(&path, &file, true).unwrap();
        let copy = Connection::open(&file).unwrap();
        let kept: String = copy.query_row(READ, [], |row| row.get(0)).unwrap();
        assert!(kept.starts_with("mail:mailbox-1@redacted.invalid mail:mailbox-1@"), "{kept}");
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(5).any(|part| part == b"chen@"));
    }

    #[tokio::test]
    async fn a_redacted_copy_does_not_say_why_there_was_an_alarm() {
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("jicui.db"), dir.path().join("copy.db"));
        let _store = alarmed(&path).await;
        back_up(&path, &copy, true).unwrap();
        let [alarms, messages, runs] = kept(&copy);
        assert_eq!(alarms, [""; 3]);
        assert_eq!(messages, ["s\n"; 5]);
        assert_eq!(runs, [""; 3]);
        assert_eq!(kept(&path)[0], [WORDS; 3], "the database itself keeps it");
    }
}
