//! `/metrics` in Prometheus' text format: numbers only, never a citizen's words or a person's name.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus::core::Collector;
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};
use tracing::error;

use super::Web;
use crate::app::alarms;
use crate::app::figures::Figures;

/// What `TextEncoder` writes.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything, as it is at this moment.
pub(super) async fn metrics(State(web): State<Web>) -> Response {
    let figures = match web.app.figures().await {
        Ok(figures) => figures,
        Err(fault) => {
            error!(fault = format!("{fault:#}"), "the metrics could not be told");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    match text(&figures) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(fault) => {
            error!(%fault, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Families that are put together anew for each reading: what they say stands in the store.
struct Families(Registry);

impl Families {
    fn add<C: Collector + Clone + 'static>(&self, family: C) -> prometheus::Result<C> {
        self.0.register(Box::new(family.clone()))?;
        Ok(family)
    }

    fn whole(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn total(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.add(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    /// Seconds; left out while there is nothing to measure.
    fn seconds(
        &self,
        name: &str,
        help: &str,
        value: Option<std::time::Duration>,
    ) -> prometheus::Result<()> {
        if let Some(value) = value {
            let family = self.add(GaugeVec::new(Opts::new(name, help), &[])?)?;
            family.with_label_values::<&str>(&[]).set(value.as_secs_f64());
        }
        Ok(())
    }
}

fn text(figures: &Figures) -> prometheus::Result<String> {
    let families = Families(Registry::new());
    let build = families.whole("jicui_build_info", "The build that runs.", &["version"])?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    let ready = families.whole("jicui_ready", "Whether /readyz answers 200.", &[])?;
    ready.with_label_values::<&str>(&[]).set(figures.is_ready.into());
    cases(&families, figures)?;
    messages(&families, figures)?;
    families.seconds(
        "jicui_last_good_poll_age_seconds",
        "How long ago every source was last read well.",
        figures.poll_age,
    )?;
    families.seconds(
        "jicui_last_poll_duration_seconds",
        "How long the last look at the sources took.",
        figures.poll_took,
    )?;
    families.seconds(
        "jicui_last_backup_age_seconds",
        "How long ago the database was last copied by itself and the copy found whole.",
        figures.backup_age,
    )?;
    let active = families.whole(
        "jicui_alarms_active",
        "Alarms that are not over, by their code in docs/operations.md.",
        &["code"],
    )?;
    for code in alarms::CODES {
        let count = figures.alarms.iter().filter(|active| *active == code).count();
        active.with_label_values(&[code]).set(whole(count));
    }
    let years = families.whole(
        "jicui_calendar_year_published",
        "The years whose office calendar is there.",
        &["year"],
    )?;
    for year in &figures.years {
        years.with_label_values(&[year.to_string().as_str()]).set(1);
    }
    TextEncoder::new().encode_to_string(&families.0.gather())
}

fn cases(families: &Families, figures: &Figures) -> prometheus::Result<()> {
    let labels = ["agency", "kind"];
    let open = families.whole("jicui_cases_open", "Cases that owe an answer.", &labels)?;
    let due_soon = families.whole(
        "jicui_cases_due_soon",
        "Cases that owe an answer within three workdays.",
        &labels,
    )?;
    let overdue = families.whole("jicui_cases_overdue", "Cases whose due day is gone.", &labels)?;
    for ((agency, kind), counts) in &figures.cases {
        let labels = [agency.as_str(), kind.as_str()];
        open.with_label_values(&labels).set(whole(counts.open));
        due_soon.with_label_values(&labels).set(whole(counts.due_soon));
        overdue.with_label_values(&labels).set(whole(counts.overdue));
    }
    Ok(())
}

fn messages(families: &Families, figures: &Figures) -> prometheus::Result<()> {
    let labels = ["channel"];
    let sent = families.total("jicui_messages_sent_total", "Messages taken.", &labels)?;
    let retries = families.total(
        "jicui_message_retries_total",
        "Attempts beyond the first one of each message, since the start.",
        &labels,
    )?;
    let waiting = families.whole("jicui_messages_waiting", "Messages not yet taken.", &labels)?;
    let failed =
        families.whole("jicui_messages_failed", "Messages that no channel took.", &labels)?;
    for (channel, traffic) in &figures.traffic {
        let labels = [channel.as_str()];
        sent.with_label_values(&labels).inc_by(traffic.sent);
        retries
            .with_label_values(&labels)
            .inc_by(figures.retries.get(channel).copied().unwrap_or_default());
        waiting.with_label_values(&labels).set(whole(traffic.waiting));
        failed.with_label_values(&labels).set(whole(traffic.failed));
    }
    families.seconds(
        "jicui_oldest_unsent_message_age_seconds",
        "How long the message that waits longest has waited; 0 if none waits.",
        Some(figures.unsent_age),
    )
}

/// A count, as far as a gauge can show one.
fn whole(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
