//! `jicui tokens add | list | revoke`: by what programs are known.

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{By, Failure, Setup, date_argument, out};
use crate::clock::{at, rfc3339};
use crate::config::settings::Web;
use crate::domain::access::{Grant, Role, Scope, Token};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token; it is printed once, and kept nowhere
    Add {
        /// What the history calls who uses it: 儀表板
        name: String,
        /// read; act: to read and act; calendar: to subscribe to deadlines, in an address
        #[arg(long, value_parser = scope_argument)]
        scope: Scope,
        /// viewer, officer, supervisor or administrator [default: officer of a unit, else viewer]
        #[arg(long, value_parser = role_argument)]
        role: Option<Role>,
        /// The id of the unit, of an officer or a supervisor; a calendar's, if not all deadlines; again
        /// for another one
        #[arg(long = "unit", value_name = "U")]
        units: Vec<String>,
        /// The last day on which it is good for anything
        #[arg(long, value_name = "DATE", value_parser = date_argument)]
        until: NaiveDate,
        #[command(flatten)]
        by: By,
    },
    /// The tokens that are not revoked
    List,
    /// End a token at once
    Revoke {
        /// Its name
        name: String,
        #[command(flatten)]
        by: By,
    },
}

/// The first instant after `day`.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    at(day.succ_opt().unwrap_or(day), NaiveTime::MIN)
}

fn scope_argument(text: &str) -> Result<Scope, String> {
    let words = Scope::ALL.map(Scope::as_str).join(", ");
    Scope::parse(text).ok_or_else(|| format!("write one of {words}"))
}

pub(super) fn role_argument(text: &str) -> Result<Role, String> {
    let words = Role::ALL.map(Role::as_str).join(", ");
    Role::parse(text).ok_or_else(|| format!("write one of {words}"))
}

/// A token, without its word.
#[derive(Serialize)]
struct Document {
    name: String,
    scope: &'static str,
    role: &'static str,
    units: Vec<String>,
    added_at: String,
    added_by: String,
    expires_at: String,
    expired: bool,
    used_at: Option<String>,
}

impl Document {
    fn of(token: &Token, now: DateTime<Utc>) -> Self {
        Self {
            name: token.grant.name.clone(),
            scope: token.scope.as_str(),
            role: token.grant.role.as_str(),
            units: token.grant.units.clone(),
            added_at: rfc3339(token.added_at),
            added_by: token.added_by.clone(),
            expires_at: rfc3339(token.expires_at),
            expired: token.expires_at <= now,
            used_at: token.used_at.map(rfc3339),
        }
    }
}

/// What is printed of a new token.
#[derive(Serialize)]
struct Made {
    name: String,
    token: String,
    address: Option<String>,
}

/// Makes, lists or ends tokens.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    let app = setup.open()?;
    match arguments.command {
        Command::Add { name, scope, role, units, until, by } => {
            let live = app.live();
            let web = &live.config.web;
            let root = if scope == Scope::Calendar { Some(root_of(web)?) } else { None };
            let grant = Grant::new(name.clone(), role, units);
            let expires_at = end_of(until);
            let token = app.add_token(grant, (scope, expires_at), &by.name()).await?;
            let address = root.map(|root| format!("{root}/calendar/{token}/calendar.ics"));
            made(setup, &Made { name, token, address })?;
            if scope == Scope::Calendar && web.public_url.is_none() {
                out::complain(
                    "[web] public_url is not set: the address begins with [web] listen instead; where people \
                     reach the pages by another one, put that before /calendar/",
                );
            }
            Ok(())
        }
        Command::List => {
            let now = app.now();
            let tokens = app.tokens().await?;
            let documents: Vec<Document> =
                tokens.iter().map(|token| Document::of(token, now)).collect();
            list(setup, &documents)
        }
        Command::Revoke { name, by } => {
            app.revoke_token(&name, &by.name()).await?;
            out::complain(&format!("{name} opens nothing any more"));
            Ok(())
        }
    }
}

/// Where the pages are: as people reach them, or else where they are served.
fn root_of(web: &Web) -> anyhow::Result<String> {
    let scheme = if web.tls.is_some() { "https" } else { "http" };
    let served = web.listen.map(|listen| format!("{scheme}://{listen}"));
    web.public_url.clone().or(served).ok_or_else(|| {
        anyhow!(
            "no token was made: nothing serves the calendar; set [web] listen and public_url first"
        )
    })
}

fn made(setup: &Setup, made: &Made) -> Result<(), Failure> {
    if setup.json {
        return Ok(out::print_json(&made)?);
    }
    out::print(made.address.as_ref().unwrap_or(&made.token))?;
    out::complain(match &made.address {
        None => {
            "keep it where only the program can read it; it is not shown again. The program sends \
             it as: Authorization: Bearer TOKEN"
        }
        Some(_) => {
            "subscribe to this address; it is not shown again, and whoever has it reads the deadlines"
        }
    });
    Ok(())
}

fn list(setup: &Setup, documents: &[Document]) -> Result<(), Failure> {
    if setup.json {
        return Ok(out::print_json(&documents)?);
    }
    if documents.is_empty() {
        out::complain("no token: `jicui tokens add NAME --scope read --until DATE` makes one");
        return Ok(());
    }
    let row = |token: &Document| {
        let mark = if token.expired { " (over)" } else { "" };
        vec![
            out::cut(&token.name, 30),
            token.scope.to_owned(),
            token.role.to_owned(),
            token.units.join(", "),
            format!("{}{mark}", token.expires_at),
            token.used_at.clone().unwrap_or_else(|| "never".to_owned()),
            token.added_by.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = documents.iter().map(row).collect();
    let header = ["name", "scope", "role", "units", "until", "used", "by"];
    Ok(out::print(&out::table(&header, &rows))?)
}
