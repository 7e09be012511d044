//! `jicui calendar close | reopen DATE`: an office is shut (停止上班), or not after all.

use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;

use super::super::{Failure, Setup, date_argument, out};
use super::{By, impact, open, region_argument};
use crate::app::App;
use crate::app::calendar_edit::{CalendarEdit, Proposed};
use crate::config::closures::{self, NewClosure, Place, Reopening, Span};
use crate::domain::calendar::DayPart;

#[derive(Debug, Args)]
pub(in crate::cli) struct Close {
    /// The day: 2026-09-29, 115-09-29 or 1150929
    #[arg(value_parser = date_argument)]
    date: NaiveDate,
    /// The city or county; without it, everywhere
    #[arg(long, value_parser = region_argument)]
    region: Option<String>,
    /// Half a day: am or pm
    #[arg(long, value_parser = part_argument)]
    part: Option<DayPart>,
    /// Why, as announced: 颱風
    #[arg(long, value_parser = reason_argument)]
    reason: String,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Reopen {
    /// The day
    #[arg(value_parser = date_argument)]
    date: NaiveDate,
    /// The city or county, where several are shut; 全國 for what was shut everywhere
    #[arg(long, value_parser = region_argument)]
    region: Option<String>,
    /// Only this half of the day: am or pm
    #[arg(long, value_parser = part_argument)]
    part: Option<DayPart>,
    #[command(flatten)]
    by: By,
}

/// The closures that somebody at the command line means.
pub(super) fn meant(date: NaiveDate, region: Option<&str>, part: Option<DayPart>) -> CalendarEdit {
    let place = region.map(|name| closures::region(name).map_or(Place::Country, Place::Region));
    CalendarEdit::Reopen(Reopening { date, place, span: part.map(Span::Half) })
}

/// A reason, in a few words.
fn reason_argument(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("say why, as announced".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// `am` or `pm`.
pub(super) fn part_argument(text: &str) -> Result<DayPart, String> {
    DayPart::parse(text).ok_or_else(|| "write am or pm".to_owned())
}

/// Shows what the closure moves, and writes it down.
pub(super) async fn close(setup: &Setup, arguments: &Close) -> Result<(), Failure> {
    let app = open(setup)?;
    let Close { date, region, part, reason, by } = arguments;
    let (date, part) = (*date, *part);
    let region = region.as_deref().and_then(closures::region);
    let closure = NewClosure { date, region: region.clone(), part, reason: reason.clone() };
    let edit = CalendarEdit::Close(closure);
    let proposed = app.propose_edit(&edit).await?;
    if let Some(region) = region.as_deref().filter(|_| proposed.draft.concerns_nobody) {
        let live = app.live();
        let seats = Vec::from_iter(live.config.rules.directory.seats()).join(", ");
        let nobody = format!("no agency and no unit has its seat in {region}");
        out::complain(&format!("{nobody}; they have it in {seats}"));
    }
    apply(setup, &app, (&edit, &proposed), by).await
}

/// Shows what the withdrawal moves, and writes it down.
pub(super) async fn reopen(setup: &Setup, arguments: &Reopen) -> Result<(), Failure> {
    let app = open(setup)?;
    let Reopen { date, region, part, by } = arguments;
    let edit = meant(*date, region.as_deref(), *part);
    let proposed = app.propose_edit(&edit).await?;
    apply(setup, &app, (&edit, &proposed), by).await
}

async fn apply(
    setup: &Setup,
    app: &Arc<App>,
    (edit, proposed): (&CalendarEdit, &Proposed),
    by: &By,
) -> Result<(), Failure> {
    let Proposed { draft, impact } = proposed;
    out::shown(if setup.json {
        out::print_json(&impact::Document::from(impact))
    } else {
        impact::print(impact)
    })?;
    app.make_edit(edit.clone(), draft.basis.clone(), by.name()).await?;
    out::complain(&draft.reason);
    Ok(())
}
