//! Past cases come in: all of a file or nothing of it, and nobody is told.

use chrono::{DateTime, Utc};
use rusqlite::TransactionBehavior;

use super::cases::{append, find, no_longer_awaited, save};
use super::{Store, StoreError};
use crate::domain::act::Entry;
use crate::domain::case::{Case, CaseNumber};

impl Store {
    /// Takes in past cases, each with its entry of the history, in one transaction. `judge` is given
    /// those whose number is known already, as they are known and as they come: any that it refuses
    /// stops all. The others that are known stay as they are. Returns what was refused, or the new ones.
    ///
    /// Where `dry` is set, nothing is written. No message, alarm or follow-up comes of it.
    pub async fn import(
        &self,
        cases: Vec<(Case, Entry)>,
        judge: impl Fn(&Case, &Case) -> Result<(), String> + Send + 'static,
        (actor, dry): (String, bool),
        now: DateTime<Utc>,
    ) -> Result<Result<Vec<CaseNumber>, Vec<String>>, StoreError> {
        // Who writes nothing need not be able to.
        let behaviour =
            if dry { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate };
        self.run(behaviour, move |tx| {
            let (mut new, mut refused) = (Vec::new(), Vec::new());
            for (case, entry) in &cases {
                match find(tx, &case.number)? {
                    Some(known) => refused.extend(judge(&known, case).err()),
                    None => new.push((case, entry)),
                }
            }
            if !refused.is_empty() {
                return Ok(Err(refused));
            }
            for (case, entry) in new.iter().filter(|_| !dry) {
                no_longer_awaited(tx, &case.number)?;
                save(tx, case)?;
                append(tx, &case.number, (&actor, now), entry)?;
            }
            Ok(Ok(new.into_iter().map(|(case, _)| case.number.clone()).collect()))
        })
        .await
    }
}
