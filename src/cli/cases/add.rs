//! `jicui cases add NUMBER`: what arrives by mail or telephone, and any duty of the config.

use anyhow::{Context, anyhow};
use chrono::NaiveDate;
use clap::Args;

use super::super::{By, Failure, Setup, date_argument, number_argument, out};
use crate::app::App;
use crate::clock::today;
use crate::documents::case::Case;
use crate::domain::act::{Actor, CaseByHand};
use crate::domain::case::{CaseKind, CaseNumber, Dataset};
use crate::domain::directory::Directory;
use crate::domain::kind::Kinds;
use crate::notify::render::roc_date;
use crate::notify::text::is_web_address;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("whose").required(true).multiple(true).args(["agency", "unit"]))]
pub(super) struct Arguments {
    /// Its number: the platform's (C-558380, S-136936), so that it is one case with what the platform
    /// shows; or one of your own
    #[arg(value_parser = number_argument)]
    number: CaseNumber,
    /// comment (我有話要說), request (我想要更多), or a [kind.WORD] of the config
    #[arg(long, value_parser = kind_argument)]
    kind: CaseKind,
    /// What it is about
    #[arg(long)]
    title: String,
    /// The agency it was assigned to
    #[arg(long, value_name = "NAME")]
    agency: Option<String>,
    /// The id of the unit that answers, where the agency's rules shall not decide
    #[arg(long, value_name = "U")]
    unit: Option<String>,
    /// Day zero [default: today]
    #[arg(long, visible_alias = "start", value_name = "DATE", value_parser = date_argument)]
    assigned_on: Option<NaiveDate>,
    /// The due day, where the limit of its kind shall not decide
    #[arg(long, value_name = "DATE", value_parser = date_argument)]
    due: Option<NaiveDate>,
    /// The number of the dataset it speaks of, which the platform has shown
    #[arg(long, value_name = "NID")]
    dataset: Option<u64>,
    /// Its page, for those who answer
    #[arg(long, value_parser = address_argument, default_value = "")]
    url: String,
    /// A remark for its history
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    by: By,
}

/// An address that a message can link to, or nothing.
fn address_argument(text: &str) -> Result<String, String> {
    if text.is_empty() || is_web_address(text) {
        return Ok(text.to_owned());
    }
    Err("write a whole address: https://…".to_owned())
}

/// A word that can be a kind; whether there is one, the config says.
fn kind_argument(text: &str) -> Result<CaseKind, String> {
    CaseKind::parse(text).ok_or_else(|| format!("`{text}` is no kind: write comment or request"))
}

fn check_kind(kinds: &Kinds, kind: CaseKind) -> anyhow::Result<()> {
    if kinds.knows(kind) {
        return Ok(());
    }
    let words = kinds.words().join(", ");
    Err(anyhow!("no kind is called {}: write one of {words}", kind.as_str()))
}

/// The agency as the directory writes it: the one named, else the unit's.
fn agency(directory: &Directory, arguments: &Arguments) -> anyhow::Result<String> {
    let of_unit = || {
        let id = arguments.unit.as_deref()?;
        directory.unit(id).map(|unit| unit.agency.clone())
    };
    let name = match (&arguments.agency, &arguments.unit) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => {
            of_unit().ok_or_else(|| anyhow!("no unit has the id {id}: see units.toml"))?
        }
        (None, None) => String::new(),
    };
    let known = directory.agency(&name).map(|agency| agency.name.clone());
    known.ok_or_else(|| anyhow!("no [[agency]] is called 「{name}」: see units.toml"))
}

/// The platform's numbers say what they are: under another kind a case would not be one with what it shows.
fn check_number(number: &CaseNumber, kind: CaseKind) -> Result<(), Failure> {
    let is_other = |of: CaseKind| of != kind && number.platform_id(of).is_some();
    match [CaseKind::Comment, CaseKind::Request].into_iter().find(|of| is_other(*of)) {
        Some(of) => Err(Failure::Usage(format!(
            "{number} is the platform's number of a {}: write --kind {}, or a number of your own",
            of.as_str(),
            of.as_str()
        ))),
        None => Ok(()),
    }
}

/// A dataset of ours by its number.
async fn dataset(app: &App, nid: u64) -> anyhow::Result<Dataset> {
    let known = app.store().datasets().await.context("loading datasets")?;
    let found = known.into_iter().find(|dataset| dataset.nid == nid);
    let found =
        found.with_context(|| format!("the platform has shown no dataset {nid} of ours"))?;
    Ok(Dataset { nid, title: found.title })
}

/// Puts a case in.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    let app = setup.open()?;
    let title = arguments.title.trim().to_owned();
    if title.is_empty() {
        return Err(anyhow!("--title is empty: say what it is about").into());
    }
    check_kind(&app.live().config.rules.kinds, arguments.kind)?;
    check_number(&arguments.number, arguments.kind)?;
    let agency = agency(&app.live().config.rules.directory, &arguments)?;
    let dataset = match arguments.dataset {
        Some(nid) => Some(dataset(&app, nid).await?),
        None => None,
    };
    let Arguments { number, kind, unit, assigned_on, due, url, reason, by, .. } = arguments;
    let case = CaseByHand {
        number: number.clone(),
        kind,
        title,
        agency,
        unit,
        dataset,
        assigned_on: assigned_on.unwrap_or_else(|| today(app.now())),
        due_on: due,
        url,
    };
    app.add_case(case, &Actor::at_console(&by.name()), &reason).await?;
    let Some(file) = app.case_file(&number).await? else { return Ok(()) };
    if setup.json {
        return Ok(out::print_json(&Case::from(&file.view))?);
    }
    let unit = file.view.unit.as_ref().map_or("the administrators", |(_, name)| name.as_str());
    out::complain(&format!(
        "{number} added for {unit}, due {}",
        roc_date(file.view.deadline.due_on)
    ));
    Ok(())
}
