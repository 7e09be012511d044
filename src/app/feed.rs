//! The deadlines of open cases, for calendar programs to subscribe to: read and written in small parts, for
//! there may be thousands, and each program asks every hour.

use std::vec::IntoIter;

use super::App;
use super::remind::brief;
use crate::domain::case::CaseNumber;
use crate::notify::{ics, render};

/// Cases read at a time.
const AT_A_TIME: usize = 100;

/// A calendar that is being written.
#[derive(Debug)]
pub struct Deadlines {
    /// How it begins.
    pub begin: String,
    parts: IntoIter<Vec<CaseNumber>>,
}

impl App {
    /// Begins the calendar of the due days of all open cases, or of those of the units with these ids.
    pub async fn deadlines(&self, units: &[String]) -> anyhow::Result<Deadlines> {
        let numbers: Vec<CaseNumber> = self
            .with_lines(|lines| {
                let wanted = lines.open().into_iter().filter(|line| {
                    let is_of = |unit| units.iter().any(|wanted| wanted == unit);
                    units.is_empty() || lines.unit(line).is_some_and(is_of)
                });
                wanted.filter_map(|line| CaseNumber::parse(lines.number(line)).ok()).collect()
            })
            .await?;
        let live = self.live();
        let names = units.iter().filter_map(|id| live.config.rules.directory.unit(id));
        let names: Vec<&str> = names.map(|unit| unit.name.as_str()).collect();
        let begin = ics::begin(&render::calendar_name(&names));
        let parts: Vec<_> = numbers.chunks(AT_A_TIME).map(<[_]>::to_vec).collect();
        Ok(Deadlines { begin, parts: parts.into_iter() })
    }

    /// The next part of a calendar; `None` after the last.
    pub async fn next_deadlines(&self, rest: &mut Deadlines) -> anyhow::Result<Option<String>> {
        let Some(numbers) = rest.parts.next() else { return Ok(None) };
        let (live, now) = (self.live(), self.now());
        let mut entries = Vec::with_capacity(numbers.len());
        for view in self.cases_of(numbers).await? {
            // One that cannot be counted has no day in a calendar.
            if let Ok(brief) = brief(&live.config.rules, &view.case, now) {
                entries.push(render::entry(&brief, false));
            }
        }
        let host = live.config.web.public_url.as_deref().and_then(|url| url.split('/').nth(2));
        Ok(Some(ics::deadlines(&entries, host.unwrap_or("jicui"), now)))
    }
}
