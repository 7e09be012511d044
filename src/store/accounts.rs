//! Who can sign in, and who is signed in.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::columns::{instant, parse_instant, parsed};
use super::tokens::{BETWEEN, read_units};
use super::{Store, StoreError};
use crate::domain::access::{Grant, Role, Session, User, UserEvent};

const END_ALL: &str = "delete from sessions where name = ?1";

/// Writes down what was done to somebody's access, within its transaction: what they are after it, or were.
fn note(
    tx: &Connection,
    (name, event): (&str, &str),
    (by, now): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    const NOTE: &str = "insert into user_events (at, name, by, event, role, units)
        select ?1, name, ?2, ?3, role, units from users where name = ?4";
    tx.prepare_cached(NOTE)?.execute((instant(now), by, event, name))?;
    Ok(())
}

impl Store {
    /// Whoever was let in, changed or removed, the oldest first.
    pub async fn user_events(&self) -> Result<Vec<UserEvent>, StoreError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("select * from user_events order by at, id")?;
            let mut rows = statement.query([])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                events.push(UserEvent {
                    at: parsed(row, "at", parse_instant)?,
                    by: row.get("by")?,
                    event: row.get("event")?,
                    grant: read_grant(row)?,
                });
            }
            Ok(events)
        })
        .await
    }

    /// Keeps somebody who can sign in, with the hash of a password; returns whether the name and the
    /// mail address were free.
    pub async fn add_user(&self, user: User, password: Option<String>) -> Result<bool, StoreError> {
        const IS_FREE: &str = "select not exists (select 1 from users
            where removed_at is null and (name = ?1 or mail = ?2))";
        const ADD: &str =
            "insert into users (name, role, units, mail, password, added_at, added_by)
            values (:name, :role, :units, :mail, :password, :added_at, :added_by)
            on conflict (name) do update set role = excluded.role, units = excluded.units,
                mail = excluded.mail, password = excluded.password, added_at = excluded.added_at,
                added_by = excluded.added_by, removed_at = null, removed_by = null";
        self.write(move |tx| {
            let taken = (&user.grant.name, &user.mail);
            if !tx.prepare_cached(IS_FREE)?.query_row(taken, |row| row.get::<_, bool>(0))? {
                return Ok(false);
            }
            tx.execute(
                ADD,
                named_params! {
                    ":name": user.grant.name,
                    ":role": user.grant.role.as_str(),
                    ":units": user.grant.units.join(BETWEEN),
                    ":mail": user.mail,
                    ":password": password,
                    ":added_at": instant(user.added_at),
                    ":added_by": user.added_by,
                },
            )?;
            note(tx, (&user.grant.name, "added"), (&user.added_by, user.added_at))?;
            Ok(true)
        })
        .await
    }

    /// Everybody who can sign in, by name.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        const ALL: &str = "select * from users where removed_at is null order by name";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(ALL)?;
            let mut rows = statement.query([])?;
            let mut users = Vec::new();
            while let Some(row) = rows.next()? {
                users.push(read_user(row)?);
            }
            Ok(users)
        })
        .await
    }

    /// Who can sign in under this name or mail address, and the hash of the password.
    pub async fn user(&self, called: &str) -> Result<Option<(User, Option<String>)>, StoreError> {
        const OF: &str = "select * from users where removed_at is null
            and (name = ?1 or mail = ?2) order by name = ?1 desc limit 1";
        let called = (called.to_owned(), called.to_lowercase());
        self.read(move |tx| {
            let mut statement = tx.prepare_cached(OF)?;
            let found = statement.query_row(called, |row| {
                let password = row.get("password")?;
                Ok(read_user(row).map(|user| (user, password)))
            });
            found.optional()?.transpose()
        })
        .await
    }

    /// Another password for somebody, or none; whoever was signed in under the name is out. Returns
    /// whether there was such a user.
    pub async fn set_password(
        &self,
        name: String,
        password: Option<String>,
        (by, now): (String, DateTime<Utc>),
    ) -> Result<bool, StoreError> {
        const SET: &str = "update users set password = ?2 where name = ?1 and removed_at is null";
        self.write(move |tx| {
            tx.prepare_cached(END_ALL)?.execute([&name])?;
            let is_set = tx.prepare_cached(SET)?.execute((&name, password))? > 0;
            if is_set {
                note(tx, (&name, "password"), (&by, now))?;
            }
            Ok(is_set)
        })
        .await
    }

    /// Another role or other units for somebody: what they are counts from their next request on.
    pub async fn regrant(
        &self,
        grant: Grant,
        (by, now): (&'static str, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        const SET: &str = "update users set role = ?2, units = ?3
            where name = ?1 and removed_at is null";
        self.write(move |tx| {
            let units = grant.units.join(BETWEEN);
            let set = (&grant.name, grant.role.as_str(), units);
            if tx.prepare_cached(SET)?.execute(set)? > 0 {
                note(tx, (&grant.name, "regranted"), (by, now))?;
            }
            Ok(())
        })
        .await
    }

    /// Lets somebody in no more, at once; returns whether there was such a user.
    pub async fn remove_user(
        &self,
        name: String,
        by: String,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        const REMOVE: &str = "update users set removed_at = ?2, removed_by = ?3, password = null,
                mail = null
            where name = ?1 and removed_at is null";
        self.write(move |tx| {
            tx.prepare_cached(END_ALL)?.execute([&name])?;
            let removed = (&name, instant(now), &by);
            let is_removed = tx.prepare_cached(REMOVE)?.execute(removed)? > 0;
            if is_removed {
                note(tx, (&name, "removed"), (&by, now))?;
            }
            Ok(is_removed)
        })
        .await
    }

    /// Begins a session under the hash of its word; those that are over are forgotten.
    pub async fn begin_session(&self, session: Session, hash: String) -> Result<(), StoreError> {
        const FORGET: &str = "delete from sessions where ends_at <= ?1";
        const BEGIN: &str = "insert into sessions (hash, name, begun_at, seen_at, ends_at)
            values (?1, ?2, ?3, ?3, ?4)";
        self.write(move |tx| {
            let begun_at = instant(session.begun_at);
            tx.prepare_cached(FORGET)?.execute([&begun_at])?;
            tx.prepare_cached(BEGIN)?.execute((
                hash,
                session.name,
                begun_at,
                instant(session.ends_at),
            ))?;
            Ok(())
        })
        .await
    }

    /// The session with this hash.
    pub async fn session(&self, hash: &str) -> Result<Option<Session>, StoreError> {
        let hash = hash.to_owned();
        self.read(move |tx| find(tx, &hash)).await
    }

    /// Notes that whoever has this session is there.
    pub async fn note_seen(&self, hash: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        const NOTE: &str = "update sessions set seen_at = ?2 where hash = ?1";
        let hash = hash.to_owned();
        self.write(move |tx| {
            Ok(tx.prepare_cached(NOTE)?.execute((hash, instant(now))).map(drop)?)
        })
        .await
    }

    /// Ends a session.
    pub async fn end_session(&self, hash: &str) -> Result<(), StoreError> {
        let hash = hash.to_owned();
        let end = "delete from sessions where hash = ?1";
        self.write(move |tx| Ok(tx.prepare_cached(end)?.execute([hash]).map(drop)?)).await
    }

    /// Ends every session of somebody.
    pub async fn end_sessions(&self, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |tx| Ok(tx.prepare_cached(END_ALL)?.execute([name]).map(drop)?)).await
    }
}

fn find(tx: &Connection, hash: &str) -> Result<Option<Session>, StoreError> {
    const OF: &str = "select * from sessions where hash = ?1";
    let mut statement = tx.prepare_cached(OF)?;
    statement.query_row([hash], |row| Ok(read_session(row))).optional()?.transpose()
}

fn read_grant(row: &Row<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        name: row.get("name")?,
        role: parsed(row, "role", Role::parse)?,
        units: read_units(row)?,
    })
}

fn read_user(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User {
        grant: read_grant(row)?,
        mail: row.get("mail")?,
        has_password: row.get::<_, Option<String>>("password")?.is_some(),
        added_at: parsed(row, "added_at", parse_instant)?,
        added_by: row.get("added_by")?,
    })
}

fn read_session(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        name: row.get("name")?,
        begun_at: parsed(row, "begun_at", parse_instant)?,
        seen_at: parsed(row, "seen_at", parse_instant)?,
        ends_at: parsed(row, "ends_at", parse_instant)?,
    })
}
