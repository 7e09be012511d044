//! The data looked at without touching it: for commands that promise to change nothing.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use futures_util::future::BoxFuture;

use super::demo::TemporaryFolder;
use super::setup::{broken_restoration, database, explained, may_be_read};
use super::{Failure, Setup};
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::{Config, Loaded, is_absent};
use crate::store::{Store, back_up};
use crate::telemetry;

/// The application over data that it cannot change.
pub(super) struct Aside {
    app: Arc<App>,
    /// Where a copy lies meanwhile, if there is one.
    _folder: Option<TemporaryFolder>,
}

impl Deref for Aside {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Setup {
    /// The application over the data as it is.
    pub(super) async fn open_aside(&self) -> Result<Aside, Failure> {
        self.open_aside_with(self.load()?).await
    }

    /// The same over a configuration that is loaded already.
    pub(super) fn open_aside_with(&self, loaded: Loaded) -> BoxFuture<'_, Result<Aside, Failure>> {
        Box::pin(async move {
            telemetry::start(loaded.config.log, "warn");
            let live = self.live(loaded.config)?;
            let opened = open(&live.config).await;
            let (store, folder) = opened.map_err(|error| explained(error, &live.config))?;
            let app = Arc::new(App::new(Arc::new(SystemClock), store, live));
            Ok(Aside { app, _folder: folder })
        })
    }
}

/// Opens the database to read it; one that is not there yet, or an older build's, as a copy of its own.
async fn open(config: &Config) -> anyhow::Result<(Store, Option<TemporaryFolder>)> {
    let original = database(&config.state_dir);
    look_at(&original)?;
    if !is_absent(&original) && !Store::is_older(&original)? {
        return Ok((Store::open_to_read(&original)?, None));
    }
    let folder = TemporaryFolder::make("aside")?;
    folder.remove_at_signal()?;
    let store = copy(config, folder.path()).await?;
    Ok((store, Some(folder)))
}

/// The data as it is in a place of its own, at this build's schema; none where there is no database yet.
pub(super) async fn copy(config: &Config, folder: &Path) -> anyhow::Result<Store> {
    let (original, copy) = (database(&config.state_dir), folder.join("jicui.db"));
    look_at(&original)?;
    if !is_absent(&original) {
        let copy = copy.clone();
        tokio::task::spawn_blocking(move || back_up(&original, &copy, false)).await??;
    }
    Store::open(&copy).context("opening the copy")
}

/// Whether it is known what lies there: what this user may not see is no empty office.
fn look_at(database: &Path) -> anyhow::Result<()> {
    may_be_read(database)?;
    broken_restoration(database).map_or(Ok(()), |reason| Err(anyhow!(reason)))
}
