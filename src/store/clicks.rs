//! Clicks that were heard: written before Slack is told so, worked off after.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Row;

use super::columns::{instant, parse_instant, parsed};
use super::{Store, StoreError};
use crate::domain::case::CaseNumber;
use crate::domain::offer::{Answers, Offer};

/// A click as it was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardClick {
    /// The same for the same click, however often it is told of.
    pub id: String,
    /// When it was heard.
    pub heard_at: DateTime<Utc>,
    /// The member who clicked.
    pub user: String,
    /// What was offered.
    pub offer: Offer,
    /// The case, and its round.
    pub case: (CaseNumber, u32),
    /// The message with the button: its channel and its name there.
    pub message: (String, String),
    /// What was filled in.
    pub answers: Answers,
}

/// Clicks that were worked off are known again for this long.
const KEPT: TimeDelta = TimeDelta::days(30);

impl Store {
    /// Writes a click down, unless it is known.
    pub async fn hear(&self, click: HeardClick) -> Result<(), StoreError> {
        const HEAR: &str = "insert into clicks (id, heard_at, user, offer, case_number, round,
                channel, ts, workdays, unit, reason)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) on conflict do nothing";
        const FORGET: &str = "delete from clicks where done_at < ?1";
        self.write(move |tx| {
            let HeardClick { id, heard_at, user, offer, case, message, answers } = click;
            let (number, round) = case;
            let Answers { workdays, unit, reason } = answers;
            tx.prepare_cached(FORGET)?.execute([instant(heard_at - KEPT)])?;
            tx.execute(
                HEAR,
                rusqlite::params![
                    id,
                    instant(heard_at),
                    user,
                    offer.as_str(),
                    number.as_str(),
                    round,
                    message.0,
                    message.1,
                    workdays,
                    unit,
                    reason
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The clicks that were not worked off yet, oldest first.
    pub async fn heard_clicks(&self) -> Result<Vec<HeardClick>, StoreError> {
        const WAITING: &str = "select * from clicks where done_at is null order by heard_at, id";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(WAITING)?;
            let mut rows = statement.query([])?;
            let mut clicks = Vec::new();
            while let Some(row) = rows.next()? {
                clicks.push(read_click(row)?);
            }
            Ok(clicks)
        })
        .await
    }

    /// A click was worked off.
    pub async fn click_is_done(&self, id: String, now: DateTime<Utc>) -> Result<(), StoreError> {
        const DONE: &str = "update clicks set done_at = ?2 where id = ?1";
        self.write(move |tx| {
            tx.prepare_cached(DONE)?.execute((id, instant(now)))?;
            Ok(())
        })
        .await
    }
}

fn read_click(row: &Row<'_>) -> Result<HeardClick, StoreError> {
    let number = parsed(row, "case_number", |text| CaseNumber::parse(text).ok())?;
    Ok(HeardClick {
        id: row.get("id")?,
        heard_at: parsed(row, "heard_at", parse_instant)?,
        user: row.get("user")?,
        offer: parsed(row, "offer", Offer::parse)?,
        case: (number, row.get("round")?),
        message: (row.get("channel")?, row.get("ts")?),
        answers: Answers {
            workdays: row.get("workdays")?,
            unit: row.get("unit")?,
            reason: row.get("reason")?,
        },
    })
}
