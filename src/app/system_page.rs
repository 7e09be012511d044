//! 系統: what ran, what is in force, and what jicui finds of itself.

use anyhow::Context;

use super::App;
use super::health::CheckResult;
use crate::config::origins::Setting;
use crate::config::secrets;
use crate::store::Run;

/// Runs that are shown.
const RUNS: u32 = 30;

/// The system as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemPage {
    /// What was looked at, the worst first.
    pub checks: Vec<CheckResult>,
    /// The newest runs, each with its step.
    pub runs: Vec<(String, Run)>,
    /// Every value in force, and where it was said.
    pub settings: Vec<Setting>,
    /// Every secret that is there, and where it came from.
    pub secrets: Vec<(String, String)>,
    /// The version of jicui, of the database's schema, and of SQLite.
    pub versions: [(&'static str, String); 3],
}

impl App {
    /// The system as it is now.
    pub async fn system_page(&self) -> anyhow::Result<SystemPage> {
        let live = self.live();
        let (schema, sqlite) = self.store.versions().await.context("asking for versions")?;
        Ok(SystemPage {
            checks: self.status().await?,
            runs: self.store.newest_runs(RUNS).await.context("loading runs")?,
            settings: live.config.origins(),
            secrets: secrets::origins(&live.config),
            versions: [
                ("jicui", env!("CARGO_PKG_VERSION").to_owned()),
                ("schema", schema.to_string()),
                ("SQLite", sqlite),
            ],
        })
    }
}
