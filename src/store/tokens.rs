//! Tokens by which programs ask.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, named_params};

use super::columns::{instant, optional, parse_instant, parsed};
use super::{Store, StoreError};
use crate::domain::access::{Grant, Role, Scope, Token};

/// When a token was used is noted to this.
const NOTED_TO: TimeDelta = TimeDelta::hours(1);

/// Parts the ids of units; none holds one.
pub(super) const BETWEEN: &str = "\n";

impl Store {
    /// Keeps a token under the hash of its word; returns whether its name was free.
    pub async fn add_token(&self, token: Token, hash: String) -> Result<bool, StoreError> {
        const ADD: &str = "insert into tokens (hash, name, scope, role, units, added_at, added_by,
                expires_at)
            values (:hash, :name, :scope, :role, :units, :added_at, :added_by, :expires_at)
            on conflict do nothing";
        self.write(move |tx| {
            let added = tx.execute(
                ADD,
                named_params! {
                    ":hash": hash,
                    ":name": token.grant.name,
                    ":scope": token.scope.as_str(),
                    ":role": token.grant.role.as_str(),
                    ":units": token.grant.units.join(BETWEEN),
                    ":added_at": instant(token.added_at),
                    ":added_by": token.added_by,
                    ":expires_at": instant(token.expires_at),
                },
            )?;
            Ok(added > 0)
        })
        .await
    }

    /// Every token that is not revoked, in the order in which they were made.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        const ALL: &str = "select * from tokens where revoked_at is null order by added_at, name";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(ALL)?;
            let mut rows = statement.query([])?;
            let mut tokens = Vec::new();
            while let Some(row) = rows.next()? {
                tokens.push(read_token(row)?);
            }
            Ok(tokens)
        })
        .await
    }

    /// The token with this hash, if it is not revoked; that it was used is noted.
    pub async fn use_token(
        &self,
        hash: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Token>, StoreError> {
        const OF: &str = "select * from tokens where hash = ?1 and revoked_at is null";
        const NOTE: &str = "update tokens set used_at = ?2 where hash = ?1";
        let wanted = hash.clone();
        let found = self.read(move |tx| {
            let mut statement = tx.prepare_cached(OF)?;
            statement.query_row([wanted], |row| Ok(read_token(row))).optional()?.transpose()
        });
        let Some(token) = found.await? else { return Ok(None) };
        if token.used_at.is_none_or(|used_at| now - used_at > NOTED_TO) {
            self.write(move |tx| Ok(tx.prepare_cached(NOTE)?.execute((hash, instant(now)))?))
                .await?;
        }
        Ok(Some(token))
    }

    /// Revokes the token of this name; returns whether there was one.
    pub async fn revoke_token(
        &self,
        name: String,
        by: String,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        const REVOKE: &str = "update tokens set revoked_at = ?2, revoked_by = ?3
            where name = ?1 and revoked_at is null";
        self.write(move |tx| Ok(tx.prepare_cached(REVOKE)?.execute((name, instant(now), by))? > 0))
            .await
    }

    /// Whether anybody could ever be known: a user or a token was made once.
    pub async fn knows_anybody(&self) -> Result<bool, StoreError> {
        const KNOWS: &str = "select exists (select 1 from tokens)
            or exists (select 1 from users)";
        self.read(|tx| Ok(tx.prepare_cached(KNOWS)?.query_row([], |row| row.get(0))?)).await
    }
}

fn read_token(row: &Row<'_>) -> Result<Token, StoreError> {
    Ok(Token {
        grant: Grant {
            name: row.get("name")?,
            role: parsed(row, "role", Role::parse)?,
            units: read_units(row)?,
        },
        scope: parsed(row, "scope", Scope::parse)?,
        added_at: parsed(row, "added_at", parse_instant)?,
        added_by: row.get("added_by")?,
        expires_at: parsed(row, "expires_at", parse_instant)?,
        used_at: optional(row, "used_at", parse_instant)?,
    })
}

pub(super) fn read_units(row: &Row<'_>) -> Result<Vec<String>, StoreError> {
    let units: String = row.get("units")?;
    Ok(units.split(BETWEEN).filter(|unit| !unit.is_empty()).map(str::to_owned).collect())
}
