//! `jicui backup FILE`, `jicui restore FILE`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::setup::{database, may_be_read, prepare};
use super::{Failure, Setup, out};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::daemon::lock;
use crate::domain::counted::counted;
use crate::store::{Copied, Restored, back_up, restore as put_back};

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// Where the copy goes; an earlier backup of that name is replaced once the new one is whole
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Leave out what people wrote (citizens' words, notes and reasons, sent messages) and what they sign in
    /// by (passwords, mail addresses, tokens): for copies that go elsewhere
    #[arg(long)]
    redact: bool,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// What `jicui backup` made
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Makes a consistent copy; the daemon may go on meanwhile.
pub(super) async fn backup(setup: &Setup, arguments: BackupArguments) -> Result<(), Failure> {
    let database = database(&setup.load()?.config.state_dir);
    may_be_read(&database)?;
    let BackupArguments { file, redact } = arguments;
    let name = file.display().to_string();
    let copied = tokio::task::spawn_blocking(move || back_up(&database, &file, redact)).await?;
    let copied = copied.context("no backup was made")?;
    if setup.json {
        return Ok(out::print_json(&document(&name, copied, None))?);
    }
    out::complain(&format!("{name}: {}, read again and found whole", words(copied)));
    Ok(())
}

/// Puts a copy in the place of the database.
pub(super) async fn restore(setup: &Setup, arguments: RestoreArguments) -> Result<(), Failure> {
    let state_dir = setup.load()?.config.state_dir;
    prepare(&state_dir)?;
    let _lock = lock::take(&state_dir)?;
    let (database, file, now) = (database(&state_dir), arguments.file, SystemClock.now());
    let name = database.display().to_string();
    let restored = tokio::task::spawn_blocking(move || put_back(&file, &database, now)).await?;
    let Restored { copied, set_aside } = restored.context("nothing was restored")?;
    if setup.json {
        let set_aside = set_aside.as_deref();
        return Ok(out::print_json(&document(&name, copied, set_aside))?);
    }
    out::complain(&format!("{name}: {}", words(copied)));
    if let Some(path) = set_aside {
        out::complain(&format!("what was there before lies in {}", path.display()));
    }
    if copied.is_redacted {
        out::complain(
            "it was made with --redact: what people wrote is not in it, and no password, mail address or \
             token; `jicui users password NAME` gives people theirs anew",
        );
    }
    out::complain(
        "start jicui: what is due is looked up in Slack before it is said, and marked 「重送」 where \
         nobody can be asked. What people did since the backup (cases added, acknowledged, held, \
         extended, given away by hand, ticks, targets, silences) has to be entered again; what was put \
         into [folder] since has to be copied back out of its done/.",
    );
    Ok(())
}

fn words(copied: Copied) -> String {
    let until = copied.known_until.map_or_else(|| "nothing yet".to_owned(), rfc3339);
    let (cases, bytes) = (counted(copied.cases, "case"), counted(copied.bytes, "byte"));
    format!("{cases}, {bytes}, all until {until}")
}

fn document(file: &str, copied: Copied, set_aside: Option<&Path>) -> serde_json::Value {
    json!({
        "file": file,
        "cases": copied.cases,
        "bytes": copied.bytes,
        "known_until": copied.known_until.map(rfc3339),
        "redacted": copied.is_redacted,
        "set_aside": set_aside,
    })
}
