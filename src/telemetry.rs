//! Logs: set up once, always on standard error, never with a citizen's words or a secret.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::settings::LogFormat;

/// The libraries speak only when they must, whatever `JICUI_LOG` says: what they would tell holds
/// addresses that are secrets and the citizens' words.
const QUIET_LIBRARIES: &str = "h2=warn,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,\
    slack_morphism=warn,tokio_cron_scheduler=warn,tokio_tungstenite=warn,tungstenite=warn";

/// Starts logging at `level` (`info` for the daemon, `warn` for a command).
///
/// To systemd's journal with a field for each value where it listens, unless JSON is asked for; else to
/// standard error. A second call changes nothing: the first decides.
pub fn start(format: LogFormat, level: &str) {
    let wanted = std::env::var("JICUI_LOG").ok().filter(|text| !text.is_empty());
    let wanted = wanted.filter(|text| EnvFilter::try_new(text).is_ok());
    let wanted = wanted.as_deref().unwrap_or(level);
    let filter = EnvFilter::new(format!("{wanted},{QUIET_LIBRARIES}"));
    let journal = Some(format).filter(|format| *format == LogFormat::Human && is_journal());
    if let Some(Ok(journal)) = journal.map(|_| tracing_journald::layer()) {
        // CASE_NUMBER=C-558380, not F_CASE_NUMBER: what `journalctl` is asked for.
        let journal = journal.with_field_prefix(None);
        // The only fault is that logging was started before.
        let _ = tracing_subscriber::registry().with(filter).with(journal).try_init();
        return;
    }
    let terminal = std::io::stderr().is_terminal();
    let builder = SubscriberBuilder::default()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Of a log that cannot be written nobody can be told there: that would end the program.
        .log_internal_errors(false)
        .with_ansi(terminal);
    // The only fault is that logging was started before.
    let _ = if format == LogFormat::Json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_target(false).try_init()
    };
}

/// Whether standard error is the stream that systemd gave us to its journal: a variable that a parent left
/// behind says nothing.
fn is_journal() -> bool {
    let given = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let stderr = rustix::fs::fstat(std::io::stderr());
    stderr.is_ok_and(|stderr| given == format!("{}:{}", stderr.st_dev, stderr.st_ino))
}
