//! `jicui check [--online]`: every fault and warning, with its place and its remedy; of the
//! configuration, and of what the daemon writes to.

use serde::Serialize;

use super::setup::database;
use super::{Failure, Setup, out, state};
use crate::app::Live;
use crate::app::access::{LOCAL_READER_IS_OPEN, lets_local_reader_in};
use crate::app::audit::known_datasets;
use crate::app::clicks::CLICKS;
use crate::clock::{Clock, SystemClock, today};
use crate::config::calendar::oddities;
use crate::config::units::place_of;
use crate::config::{Config, Fault, Loaded, Severity, secrets};
use crate::daemon::reload::schedule_faults;
use crate::domain::counted::counted;
use crate::domain::directory::{ChannelKind, Doubt};
use crate::store::Store;
use crate::telemetry;

#[derive(Serialize)]
struct Finding {
    severity: &'static str,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
}

impl From<&Fault> for Finding {
    fn from(fault: &Fault) -> Self {
        Self {
            severity: match fault.severity {
                Severity::Fault | Severity::Flaw => "fault",
                Severity::Warning => "warning",
            },
            file: Some(fault.file.display().to_string()),
            line: fault.at.map(|(line, _)| line),
            column: fault.at.map(|(_, column)| column),
            message: fault.message.clone(),
        }
    }
}

/// Reads everything; with `online`, tries everything.
pub(super) async fn run(setup: &Setup, online: bool) -> Result<(), Failure> {
    let (config, mut found) = read(setup)?;
    let bad = config.is_none() || found.iter().any(|fault| fault.severity == Severity::Fault);
    let mut state = config.as_ref().map(state::examine).unwrap_or_default();
    let usable = config.as_ref().filter(|_| !bad);
    let live = usable.and_then(|config| live(config).map_err(|fault| state.push(fault)).ok());
    let is_barred = state.iter().any(|fault| fault.severity == Severity::Fault);
    found.extend(state);
    let mut tried = Vec::new();
    let mut doubts = Vec::new();
    match &live {
        Some(live) if online => {
            telemetry::start(live.config.log, "error");
            tried = try_everything(live).await;
            doubts = doubts_online(live, &mut tried).await;
            doubts.extend(strangers(live, &mut tried).await);
        }
        Some(live) if !is_barred => doubts = doubts_offline(&live.config, &mut tried).await,
        _ => {}
    }
    found.extend(doubts);
    report(setup, &found, &tried)?;
    if bad {
        out::complain("nothing would be started: mend the faults above");
        return Err(Failure::Configuration(Vec::new()));
    }
    if is_barred {
        out::complain("the configuration is well, but nothing would be started: see above");
        return Err(Failure::Said);
    }
    let faults = found.iter().filter(|fault| fault.severity == Severity::Flaw).count()
        + tried.iter().filter(|(_, result)| result.is_err()).count();
    if faults > 0 {
        out::complain(
            "nothing keeps jicui from starting; the faults above are to be mended all the same",
        );
        return Err(Failure::Said);
    }
    if let (Some(config), false) = (&config, setup.json) {
        say_well(config, setup.may_lack_secrets());
    }
    Ok(())
}

/// The configuration, if there is any that can be used, and everything that was found in it.
fn read(setup: &Setup) -> Result<(Option<Config>, Vec<Fault>), Failure> {
    if setup.path.is_none() && !setup.json {
        out::complain("no configuration: `sudo jicui init` writes one to fill in");
    }
    match setup.load() {
        Ok(Loaded { config, warnings: mut found }) => {
            found.extend(schedule_faults(&config));
            found.extend(odd_calendar(&config));
            found.extend(missing_folder(&config));
            Ok((Some(config), found))
        }
        Err(Failure::Configuration(faults)) => Ok((None, faults)),
        Err(other) => Err(other),
    }
}

/// The sources and channels, or what keeps them from being made on this machine.
fn live(config: &Config) -> Result<Live, Fault> {
    let file = || config.path.clone().unwrap_or_default();
    Live::new(config.clone()).map_err(|error| Fault::of_file(file(), format!("{error:#}")))
}

/// What the daemon has to work with; of each secret where it comes from, and no more.
fn say_well(config: &Config, may_lack_secrets: bool) {
    for (secret, origin) in secrets::origins(config) {
        out::complain(&format!("{secret}: from {origin}"));
    }
    if let Some(oidc) = &config.web.oidc {
        out::complain(&format!(
            "people sign in by {}, which sends them back to {}; it is told who they are by {}, and {} groups \
             give a role",
            oidc.issuer,
            oidc.redirect,
            oidc.user_claim,
            oidc.memberships.len()
        ));
    }
    if lets_local_reader_in(config) {
        out::complain(LOCAL_READER_IS_OPEN);
    }
    let years = config.rules.calendars.national().published_years().map(|y| y.year());
    let (first, last) = years.fold((i32::MAX, 0), |(a, b), y| (a.min(y), b.max(y)));
    let (units, stages) = (&config.rules.directory.units, &config.rules.policy.stages);
    let has = format!(
        "{}, {}, calendar {first} to {last}",
        counted(units.len(), "unit"),
        counted(stages.len(), "stage")
    );
    let dead = if may_lack_secrets {
        "this user may not see the service's secrets: sudo jicui check"
    } else {
        "channels that lead nowhere: see the warnings above"
    };
    let no_source = "no source: [platform] enabled, or [folder] path";
    let lacking = [
        (units.is_empty(), "no unit: nobody is reminded"),
        (!secrets::missing(config).is_empty(), dead),
        (!config.platform.enabled && config.folder.path.is_none(), no_source),
    ];
    let lacking: Vec<&str> =
        lacking.into_iter().filter(|(lacks, _)| *lacks).map(|(_, what)| what).collect();
    let but =
        if lacking.is_empty() { String::new() } else { format!("; but {}", lacking.join("; ")) };
    out::complain(&format!("well: {has}{but}"));
}

/// A folder that is not there: nobody drops a list into it.
fn missing_folder(config: &Config) -> Option<Fault> {
    let path = config.folder.path.as_ref()?;
    // One that this user may not look at may well be there.
    let is_there = std::fs::metadata(path).map_or_else(
        |error| error.kind() == std::io::ErrorKind::PermissionDenied,
        |found| found.is_dir(),
    );
    if is_there {
        return None;
    }
    let message =
        format!("[folder] path = {}: there is no such directory: make it", path.display());
    let file = config.path.clone().unwrap_or_default();
    Some(Fault { severity: Severity::Warning, ..Fault::of_file(file, message) })
}

/// What is odd about the calendar, though it may be right, as warnings.
fn odd_calendar(config: &Config) -> Vec<Fault> {
    let warning = |(place, message): (String, String)| {
        let (name, line) = match place.split_once(':') {
            Some((name, line)) => {
                (name.to_owned(), line.split(':').next().unwrap_or(line).parse().ok())
            }
            None => (place, None),
        };
        Fault {
            file: config.calendar_dir.join(name),
            at: line.map(|line| (line, 1)),
            message,
            severity: Severity::Warning,
        }
    };
    oddities(config, today(SystemClock.now())).into_iter().map(warning).collect()
}

/// What the platform's own list of agencies and datasets does not bear out, with its place.
async fn doubts_online(live: &Live, tried: &mut Tried) -> Vec<Fault> {
    let what = "the directory by the platform's list".to_owned();
    match live.audit(SystemClock.now()).await {
        Ok(Some(doubts)) => {
            tried.push((what, Ok(counted(doubts.len(), "doubt"))));
            placed(&live.config, doubts)
        }
        Ok(None) => doubts_offline(&live.config, tried).await,
        Err(error) => {
            tried.push((what, Err(error)));
            doubts_offline(&live.config, tried).await
        }
    }
}

/// Whom `units.toml` names by mail and Slack does not know.
async fn strangers(live: &Live, tried: &mut Tried) -> Vec<Fault> {
    let (told, doubts) = match live.audit_members().await {
        None => return Vec::new(),
        Some(Ok(doubts)) => (Ok(format!("{} of them unknown", doubts.len())), doubts),
        Some(Err(error)) => (Err(format!("{error}; they are named, and not called")), Vec::new()),
    };
    tried.push(("people that units.toml names to Slack by mail".to_owned(), told));
    placed(&live.config, doubts)
}

/// The ties and gaps among the datasets that are known so far, with their places.
async fn doubts_offline(config: &Config, tried: &mut Tried) -> Vec<Fault> {
    let what = "the directory by the datasets known so far".to_owned();
    let database = database(&config.state_dir);
    if Store::is_older(&database).is_ok_and(|is_older| is_older) {
        let say = "not looked at: the database is an older jicui's, and is brought up to date at the next start";
        tried.push((what, Ok(say.to_owned())));
        return Vec::new();
    }
    match known_datasets(&database).await {
        Ok(known) => placed(config, config.rules.directory.unanswered(&known)),
        Err(error) => {
            tried.push((what, Err(error.to_string())));
            Vec::new()
        }
    }
}

fn placed(config: &Config, doubts: Vec<Doubt>) -> Vec<Fault> {
    let file = &config.units_file;
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let fault = |doubt: Doubt| Fault {
        file: file.clone(),
        at: place_of(file, &text, &doubt.entry),
        message: doubt.message,
        severity: if doubt.is_fault { Severity::Flaw } else { Severity::Warning },
    };
    doubts.into_iter().map(fault).collect()
}

type Tried = Vec<(String, Result<String, String>)>;

async fn try_everything(live: &Live) -> Tried {
    let mut tried: Tried = live.probe_sources().await;
    tried.extend(live.probe_provider(SystemClock.now()).await);
    let channels = live.config.rules.directory.channels();
    let mut channels: Vec<_> = channels.chain(&live.config.reports.recipients).collect();
    channels.sort();
    // One server takes all mails.
    channels.dedup_by_key(|channel| {
        let by_mail = channel.kind == ChannelKind::Mail;
        (channel.kind, if by_mail { String::new() } else { channel.address.clone() })
    });
    let mut slack_is_well = true;
    if let Some(slack) = live.channels.slack() {
        let result = slack.probe_scopes().await;
        slack_is_well = result.is_ok();
        tried.push(("slack".to_owned(), result.map_err(|error| error.of_a_try())));
    }
    for address in channels {
        // What holds for the workspace need not be said for each of its channels.
        if address.kind == ChannelKind::Slack && !slack_is_well {
            continue;
        }
        let result = match live.channels.get(address) {
            Ok(channel) => channel.probe_address(&address.address).await,
            Err(error) => Err(error),
        };
        tried.push((address.to_string(), result.map_err(|error| error.of_a_try())));
    }
    if let Some(slack) = live.channels.clicks() {
        let opened = slack.connect().await.map(|_| "clicks can be heard".to_owned());
        tried.push((CLICKS.to_owned(), opened.map_err(|error| error.of_a_try())));
    }
    tried
}

fn report(setup: &Setup, found: &[Fault], tried: &Tried) -> Result<(), Failure> {
    if !setup.json {
        out::complain_of(found);
        for (what, result) in tried {
            let (word, text) = match result {
                Ok(text) => ("well", text),
                Err(text) => ("FAULT", text),
            };
            out::complain(&format!("{word}: {what}: {text}"));
        }
        return Ok(());
    }
    let mut findings: Vec<Finding> = found.iter().map(Finding::from).collect();
    findings.extend(tried.iter().map(|(what, result)| Finding {
        severity: if result.is_ok() { "well" } else { "fault" },
        file: None,
        line: None,
        column: None,
        message: match result {
            Ok(text) | Err(text) => format!("{what}: {text}"),
        },
    }));
    Ok(out::print_json(&findings)?)
}
