//! The deadlines of open cases, for calendar programs to subscribe to.

use anyhow::Context;

use super::App;
use super::remind::brief;
use crate::notify::{ics, render};

impl App {
    /// The due days of all open cases, or of those of the units with these ids.
    pub async fn deadlines(&self, units: &[String]) -> anyhow::Result<String> {
        let (live, now) = (self.live(), self.now());
        let rules = &live.config.rules;
        let cases = self.store.open_cases().await.context("loading open cases")?;
        let mut entries = Vec::new();
        for case in &cases {
            let brief = brief(rules, case, now)?;
            let is_wanted = brief.unit.is_some_and(|unit| units.contains(&unit.id));
            if units.is_empty() || is_wanted {
                entries.push(render::entry(&brief, false));
            }
        }
        let names = units.iter().filter_map(|id| rules.directory.unit(id));
        let names: Vec<&str> = names.map(|unit| unit.name.as_str()).collect();
        let name = render::calendar_name(&names);
        let host = live.config.web.public_url.as_deref().and_then(|url| url.split('/').nth(2));
        Ok(ics::subscription(&name, &entries, host.unwrap_or("jicui"), now))
    }
}
