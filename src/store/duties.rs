//! Duties that open by themselves: what they depend on, and what they ask for.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use super::acts::write;
use super::alarms::carry_out;
use super::cases::{Consequence, select};
use super::columns::{instant, optional, parse_day, parse_instant, parsed};
use super::told::{Reminded, reminded};
use super::{Store, StoreError};
use crate::domain::act::{Moment, Performed};
use crate::domain::case::{CaseNumber, Dataset};
use crate::domain::duty::{About, Deed, KnownDataset, Opening, Running, Standing, Subject};

/// Who does what happens by itself.
const BY_ITSELF: &str = "jicui";

const READ: &str = "insert into readings values (?1, ?2)
    on conflict do update set read_at = excluded.read_at";

impl Store {
    /// Everything the duties depend on.
    pub async fn standing_of_duties(&self) -> Result<Standing, StoreError> {
        self.read(|tx| standing(tx)).await
    }

    /// Does what `due` asks for, decided anew within the transaction that writes it, and what each
    /// change asks for; returns the cases.
    pub async fn keep_duties<E: Send + 'static>(
        &self,
        due: impl FnOnce(&Standing) -> Result<Vec<Deed>, E> + Send + 'static,
        asks_for: impl Fn(&Performed, &[Reminded]) -> Vec<Consequence> + Send + 'static,
        moment: Moment,
    ) -> Result<Result<Vec<Performed>, E>, StoreError> {
        self.write(move |tx| {
            let deeds = match due(&standing(tx)?) {
                Ok(deeds) => deeds,
                Err(error) => return Ok(Err(error)),
            };
            let mut done = Vec::with_capacity(deeds.len());
            for deed in deeds {
                let performed = carry(tx, deed, moment)?;
                let number = &performed.case.number;
                let told = reminded(tx, number, performed.case.round)?;
                for consequence in asks_for(&performed, &told) {
                    carry_out(tx, consequence, moment.now)?;
                }
                done.push(performed);
            }
            Ok(Ok(done))
        })
        .await
    }

    /// Notes which datasets a whole look listed: those are back, whatever was said of them.
    pub async fn note_listed(&self, nids: Vec<u64>) -> Result<(), StoreError> {
        const LISTED: &str = "update datasets set listed = 1, gone_on = null
            where nid in (select value from json_each(?1)) and (listed = 0 or gone_on is not null)";
        const UNLISTED: &str = "update datasets set listed = 0
            where nid not in (select value from json_each(?1)) and listed = 1";
        self.write(move |tx| {
            let words: Vec<String> = nids.iter().map(u64::to_string).collect();
            let list = format!("[{}]", words.join(","));
            tx.prepare_cached(LISTED)?.execute([&list])?;
            tx.prepare_cached(UNLISTED)?.execute([&list])?;
            Ok(())
        })
        .await
    }

    /// Notes what a list showed as taken down, and that it was read.
    pub async fn note_gone(
        &self,
        gone: Vec<(Dataset, String, NaiveDate)>,
        (list, now): (&'static str, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        const GONE: &str = "insert into datasets (nid, title, agency, comments, listed, gone_on)
            values (?1, ?2, ?3, 0, 0, ?4)
            on conflict (nid) do update set gone_on = excluded.gone_on where gone_on is null";
        self.write(move |tx| {
            for (dataset, agency, on) in gone {
                let nid = i64::try_from(dataset.nid).unwrap_or(i64::MAX);
                tx.prepare_cached(GONE)?.execute((nid, dataset.title, agency, on.to_string()))?;
            }
            tx.prepare_cached(READ)?.execute((list, instant(now)))?;
            Ok(())
        })
        .await
    }

    /// Something was done that is done from time to time.
    pub async fn note_reading(
        &self,
        list: impl Into<String>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let list = list.into();
        self.write(move |tx| {
            Ok(tx.prepare_cached(READ)?.execute((list, instant(now))).map(drop)?)
        })
        .await
    }

    /// Forgets when something was.
    pub async fn forget_reading(&self, list: &'static str) -> Result<(), StoreError> {
        const FORGET: &str = "delete from readings where list = ?1";
        self.write(move |tx| Ok(tx.prepare_cached(FORGET)?.execute([list]).map(drop)?)).await
    }

    /// When a list was last read whole.
    pub async fn last_reading(
        &self,
        list: impl Into<String>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        const LAST: &str = "select read_at from readings where list = ?1";
        let list = list.into();
        self.read(move |tx| {
            let found = tx
                .prepare_cached(LAST)?
                .query_row([list], |row| Ok(parsed(row, "read_at", parse_instant)));
            found.optional()?.transpose()
        })
        .await
    }
}

fn standing(tx: &Connection) -> Result<Standing, StoreError> {
    const DATASETS: &str = "select * from datasets order by nid";
    let mut statement = tx.prepare_cached(DATASETS)?;
    let mut rows = statement.query([])?;
    let mut datasets = Vec::new();
    while let Some(row) = rows.next()? {
        datasets.push(read_dataset(row)?);
    }
    Ok(Standing { datasets, running: running(tx)? })
}

fn read_dataset(row: &Row<'_>) -> Result<KnownDataset, StoreError> {
    Ok(KnownDataset {
        dataset: Dataset {
            nid: row.get::<_, i64>("nid")?.unsigned_abs(),
            title: row.get("title")?,
        },
        agency: row.get("agency")?,
        listed: row.get("listed")?,
        gone_on: optional(row, "gone_on", parse_day)?,
        about: read_about(row)?,
    })
}

/// What is shown of a dataset.
pub(super) fn read_about(row: &Row<'_>) -> Result<About, StoreError> {
    Ok(About {
        badge: row.get("badge")?,
        frequency: row.get("frequency")?,
        updated_on: optional(row, "updated_on", parse_day)?,
    })
}

/// The cases of subjects that are not over, and those that persons opened.
fn running(tx: &Connection) -> Result<Vec<Running>, StoreError> {
    const RUNNING: &str = "select c.* from cases as c left join openings as o
            on o.case_number = c.number
        where c.kind not in ('comment', 'request') and o.ended_at is null order by c.number";
    const SUBJECT: &str = "select subject, joined from openings where case_number = ?1";
    let mut statement = tx.prepare_cached(SUBJECT)?;
    let mut running = Vec::new();
    for case in select(tx, RUNNING)? {
        let subject = statement.query_row([case.number.as_str()], |row| {
            Ok(Subject { word: row.get(0)?, joined: row.get(1)? })
        });
        running.push(Running { case, subject: subject.optional()? });
    }
    Ok(running)
}

/// Does one thing that is asked for.
fn carry(tx: &Connection, deed: Deed, moment: Moment) -> Result<Performed, StoreError> {
    const END: &str = "update openings set ended_at = ?2 where case_number = ?1";
    match deed {
        Deed::Open(opening) => {
            let performed = opening.begin(next_number(tx, &opening)?, moment);
            keep_opening(tx, &performed, (&opening.subject, false), moment)?;
            write(tx, &performed, BY_ITSELF, moment.now)?;
            Ok(performed)
        }
        Deed::Join { subject, performed } => {
            keep_opening(tx, &performed, (&subject, true), moment)?;
            write(tx, &performed, BY_ITSELF, moment.now)?;
            Ok(*performed)
        }
        Deed::Settle { ended, performed } => {
            if ended.is_some() {
                tx.prepare_cached(END)?
                    .execute((performed.case.number.as_str(), instant(moment.now)))?;
            }
            write(tx, &performed, BY_ITSELF, moment.now)?;
            Ok(*performed)
        }
    }
}

fn keep_opening(
    tx: &Connection,
    performed: &Performed,
    (subject, joined): (&str, bool),
    moment: Moment,
) -> Result<(), StoreError> {
    const KEEP: &str = "insert into openings values (?1, ?2, ?3, ?4, ?5, null)";
    let case = &performed.case;
    let row = (case.number.as_str(), case.kind.as_str(), subject, joined, instant(moment.now));
    tx.prepare_cached(KEEP)?.execute(row)?;
    Ok(())
}

/// The number after the largest one of its kind, `T-7`; what is longer than any that is counted was made up by somebody.
fn next_number(tx: &Connection, opening: &Opening) -> Result<CaseNumber, StoreError> {
    const LARGEST: &str = "select max(cast(substr(number, length(?1) + 1) as integer)) as largest
        from cases where number glob ?1 || '[0-9]*' and number not glob ?1 || '*[^0-9]*'
            and length(number) <= length(?1) + 15";
    let prefix = format!("{}-", opening.prefix);
    let largest: Option<i64> =
        tx.prepare_cached(LARGEST)?.query_row([&prefix], |row| row.get("largest"))?;
    let number = format!("{prefix}{}", largest.unwrap_or(0) + 1);
    CaseNumber::parse(&number)
        .map_err(|_| StoreError::Inconsistent { column: "number", value: number })
}
