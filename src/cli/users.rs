//! `jicui users add | list | history | password | remove`: who can sign in.

use std::io::{BufRead, IsTerminal, stdin};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::tokens::role_argument;
use super::{By, Failure, Setup, out};
use crate::clock::rfc3339;
use crate::domain::access::{Grant, Role, User, UserEvent};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let somebody sign in; the password is asked for, or read from standard input
    Add {
        /// The name the history keeps: 王小明
        name: String,
        /// viewer, officer, supervisor or administrator [default: officer of a unit, else viewer]
        #[arg(long, value_parser = role_argument)]
        role: Option<Role>,
        /// The id of the unit, of an officer or a supervisor; again for another one
        #[arg(long = "unit", value_name = "U")]
        units: Vec<String>,
        /// The mail address, by which one can sign in too
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
        /// No password lets them in: a proxy or an OpenID Connect provider vouches for them
        #[arg(long)]
        no_password: bool,
        #[command(flatten)]
        by: By,
    },
    /// Who can sign in
    List,
    /// Who was let in, changed or removed, when and by whom
    History,
    /// Another password; whoever is signed in under the name is out
    Password {
        /// The name
        name: String,
        #[command(flatten)]
        by: By,
    },
    /// Let somebody in no more, at once
    Remove {
        /// The name
        name: String,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Serialize)]
struct Deed {
    at: String,
    name: String,
    event: String,
    role: &'static str,
    units: Vec<String>,
    by: String,
}

impl From<UserEvent> for Deed {
    fn from(UserEvent { at, by, event, grant }: UserEvent) -> Self {
        let (name, role, units) = (grant.name, grant.role.as_str(), grant.units);
        Self { at: rfc3339(at), name, event, role, units, by }
    }
}

#[derive(Serialize)]
struct Document {
    name: String,
    role: &'static str,
    units: Vec<String>,
    mail: Option<String>,
    has_password: bool,
    added_at: String,
    added_by: String,
}

impl From<&User> for Document {
    fn from(user: &User) -> Self {
        Self {
            name: user.grant.name.clone(),
            role: user.grant.role.as_str(),
            units: user.grant.units.clone(),
            mail: user.mail.clone(),
            has_password: user.has_password,
            added_at: rfc3339(user.added_at),
            added_by: user.added_by.clone(),
        }
    }
}

/// Adds, lists, changes or removes users.
pub(super) async fn run(setup: &Setup, arguments: Arguments) -> Result<(), Failure> {
    let app = setup.open()?;
    match arguments.command {
        Command::Add { name, role, units, mail, no_password, by } => {
            let grant = Grant::new(name.clone(), role, units);
            grant.check(&app.live().config.rules.directory)?;
            let password = if no_password { None } else { Some(ask_password(&name)?) };
            app.add_user(grant, (mail, password), &by.name()).await?;
            out::complain(&format!("{name} can sign in"));
        }
        Command::List => return list(setup, &app.users().await?),
        Command::History => return history(setup, app.user_events().await?),
        Command::Password { name, by } => {
            let password = ask_password(&name)?;
            app.set_password(&name, password, &by.name()).await?;
            out::complain(&format!("{name} has another password, and is signed out everywhere"));
        }
        Command::Remove { name, by } => {
            app.remove_user(&name, &by.name()).await?;
            let live = app.live();
            let has_groups =
                live.config.web.oidc.as_ref().is_some_and(|o| !o.memberships.is_empty());
            let unless = if has_groups {
                " (a group of the provider that still has them lets them in again)"
            } else {
                ""
            };
            out::complain(&format!("{name} cannot sign in any more, and is out{unless}"));
        }
    }
    Ok(())
}

/// Twice at a terminal, once from a pipe: never from the command line, where others could see it.
fn ask_password(name: &str) -> anyhow::Result<SecretString> {
    if !stdin().is_terminal() {
        let mut line = String::new();
        stdin().lock().read_line(&mut line).context("reading the password")?;
        return Ok(SecretString::from(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt).map(SecretString::from).context("reading the password")
    };
    let first = ask(format!("password of {name}: "))?;
    let second = ask("the same again: ".to_owned())?;
    if first.expose_secret() != second.expose_secret() {
        return Err(anyhow!("the two are not the same: nothing was changed"));
    }
    Ok(first)
}

fn history(setup: &Setup, events: Vec<UserEvent>) -> Result<(), Failure> {
    let events: Vec<Deed> = events.into_iter().map(Deed::from).collect();
    if setup.json {
        return Ok(out::print_json(&events)?);
    }
    let row = |event: &Deed| {
        let (at, name) = (event.at.clone(), out::cut(&event.name, 30));
        let (units, by) = (event.units.join(", "), out::cut(&event.by, 30));
        vec![at, name, event.event.clone(), event.role.to_owned(), units, by]
    };
    let rows: Vec<Vec<String>> = events.iter().map(row).collect();
    Ok(out::print(&out::table(&["at", "name", "event", "role", "units", "by"], &rows))?)
}

fn list(setup: &Setup, users: &[User]) -> Result<(), Failure> {
    let documents: Vec<Document> = users.iter().map(Document::from).collect();
    if setup.json {
        return Ok(out::print_json(&documents)?);
    }
    if documents.is_empty() {
        out::complain("nobody: `jicui users add NAME --role administrator` lets the first one in");
        return Ok(());
    }
    let row = |user: &Document| {
        vec![
            out::cut(&user.name, 30),
            user.role.to_owned(),
            user.units.join(", "),
            user.mail.clone().unwrap_or_default(),
            if user.has_password { "yes" } else { "no" }.to_owned(),
            user.added_by.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = documents.iter().map(row).collect();
    let header = ["name", "role", "units", "mail", "password", "by"];
    Ok(out::print(&out::table(&header, &rows))?)
}
