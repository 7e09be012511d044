//! The configuration: TOML and calendar files in, a typed [`Config`] out, or every fault at once.

mod acts;
pub mod alarms;
pub mod calendar;
pub mod change;
mod channels;
mod claims;
pub mod closures;
mod delivery;
mod fault;
mod fetch;
mod file;
mod import;
pub mod keeping;
mod kinds;
mod ladder;
mod mail;
mod node;
pub mod oidc;
pub mod origins;
pub mod owner;
mod people;
mod platform;
pub mod publication;
mod reader;
mod report;
pub mod seal;
pub mod secrets;
pub mod settings;
mod template;
pub mod tls;
pub mod units;
mod unusable;
mod web;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::Months;
pub use fault::{Fault, Severity};
pub use template::{SAMPLE_CLOSURES, template, template_units};

use crate::domain::calendar::ClosurePolicy;
use crate::domain::directory::Directory;
use crate::domain::kind::Kinds;
use crate::domain::reminder::Rules;
use alarms::{Alarms, WarnFrom};
use calendar::CalendarFiles;
use fault::Faults;
use keeping::Backups;
use reader::{Node, Section};
use secrets::Environment;
use settings::{
    Delivery, Fetch, Folder, Heartbeat, ImportMapping, LogFormat, Mail, Platform, Reports,
    Schedule, Secret, Slack, Teams, Web,
};

/// Every option, its default and its meaning.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Its name in faults.
const DEFAULTS_PATH: &str = "config/default.toml";

/// The sample ministry, for trying things.
pub const SAMPLE_UNITS: &str = include_str!("../../config/units.toml");

/// Where the configuration is looked for when nothing else is said.
pub const USUAL_PATH: &str = "/etc/jicui/config.toml";

/// Everything a ministry decides, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from; `None` for the defaults alone.
    pub path: Option<PathBuf>,
    /// What that file said: it may have been edited since.
    pub text: String,
    /// Where the database is kept.
    pub state_dir: PathBuf,
    /// The directory of the published years and `closures.toml`.
    pub calendar_dir: PathBuf,
    /// The files that `rules.calendars` were read from.
    pub calendar_files: CalendarFiles,
    /// `units.toml`.
    pub units_file: PathBuf,
    /// Calendars, limits, ladder and units.
    pub rules: Rules,
    /// From this day on a missing next year is a warning.
    pub warn_from: WarnFrom,
    /// `[calendar.fetch]`.
    pub fetch: Fetch,
    /// `[platform]`.
    pub platform: Platform,
    /// `[folder]`.
    pub folder: Folder,
    /// `[import.NAME]`.
    pub imports: BTreeMap<String, ImportMapping>,
    /// `[report]`.
    pub reports: Reports,
    /// `[slack]`.
    pub slack: Slack,
    /// `[teams]`.
    pub teams: Teams,
    /// `[mail]`; `None` without a server.
    pub mail: Option<Mail>,
    /// `[web]`.
    pub web: Web,
    /// `[delivery]`.
    pub delivery: Delivery,
    /// Who watches from outside.
    pub heartbeat: Heartbeat,
    /// `[schedule]`.
    pub schedule: Schedule,
    /// `[alarms]`.
    pub alarms: Alarms,
    /// `[backup]`; `None` where no copy is made by itself.
    pub backups: Option<Backups>,
    /// How long after its end a case keeps people's words; `None`: for ever.
    pub erase_after: Option<Months>,
    /// `[log] format`.
    pub log: LogFormat,
}

/// A configuration that can be used, and what is worth a look all the same.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Its warnings.
    pub warnings: Vec<Fault>,
}

/// Loads the configuration at `path`, or the defaults alone; every fault at once if there is any.
pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Loaded, Vec<Fault>> {
    load_replacing(path, None, environment)
}

/// The same where the file `replaced` of the calendar (`2027.csv`) is about to be replaced: what is wrong with it
/// keeps nobody from putting it right.
pub fn load_replacing(
    path: Option<&Path>,
    replaced: Option<&str>,
    environment: &Environment,
) -> Result<Loaded, Vec<Fault>> {
    let faults = Faults::default();
    match path.map_or(Some(String::new()), |path| reader::read_text(path, &faults)) {
        Some(text) => {
            load_layers((path, &text), Over { replaced, change: None }, environment, faults)
        }
        None => Err(faults.into_sorted()),
    }
}

/// What stands over the files as they lie.
struct Over<'o> {
    /// A change of the configuration that is tried.
    change: Option<Node>,
    /// The file of the calendar that is about to be replaced.
    replaced: Option<&'o str>,
}

/// The same with what stands over the files, if anything does.
fn load_layers(
    file: (Option<&Path>, &str),
    over: Over<'_>,
    environment: &Environment,
    faults: Faults,
) -> Result<Loaded, Vec<Fault>> {
    let config = read_config(file, over, environment, &faults);
    let stops = faults.any();
    let found = faults.into_sorted();
    if stops { Err(found) } else { Ok(Loaded { config, warnings: found }) }
}

/// The file to load: the one named, else the usual one if it is there.
pub fn find(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| unless_absent(Path::new(USUAL_PATH)))
}

/// One that cannot be looked at may well be there: reading it says why, and nothing is done by the
/// defaults instead.
fn unless_absent(path: &Path) -> Option<PathBuf> {
    (!is_absent(path)).then(|| path.to_owned())
}

/// Whether there is surely nothing at `path`.
pub fn is_absent(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}

fn read_config(
    (path, text): (Option<&Path>, &str),
    Over { change, replaced }: Over<'_>,
    environment: &Environment,
    faults: &Faults,
) -> Config {
    let mut layers: Vec<Node> = change.into_iter().collect();
    if let Some(path) = path {
        let file = reader::parse(path, text, faults);
        template::blame_blanks(Some(&file), faults);
        layers.push(file);
    }
    layers.push(reader::parse(Path::new(DEFAULTS_PATH), DEFAULTS, faults));
    let file = Section::new("", layers, faults);
    let base = path.and_then(Path::parent).unwrap_or_else(|| Path::new(""));
    let reader = Reader { file, base, beside_nothing: path.is_none(), replaced, environment };
    let config = reader.config((path, text), faults);
    secrets::warn_of_missing(&config, faults);
    reader.file.finish();
    config
}

/// Reads the sections of one configuration.
struct Reader<'f> {
    file: Section<'f>,
    base: &'f Path,
    /// There is no configuration file, and so nothing that could lie beside it.
    beside_nothing: bool,
    replaced: Option<&'f str>,
    environment: &'f Environment,
}

impl Reader<'_> {
    fn config(&self, (path, text): (Option<&Path>, &str), faults: &Faults) -> Config {
        let calendar = self.file.section("calendar");
        let policy = ClosurePolicy {
            closures_count: calendar.flag("closures_count"),
            half_closures_count: calendar.flag("half_closures_count"),
        };
        let calendar_dir = self.path_in(&calendar, "directory");
        let warn_from = WarnFrom::read(&calendar);
        let fetch = fetch::read(&calendar.section("fetch"));
        calendar.finish();
        let calendar_files = self.calendar_files(&calendar_dir, policy, faults);
        let units_file = self.path_in(&self.file, "units_file");
        let deadlines = kinds::read_limits(&self.file.section("deadline"));
        let policy = ladder::read(&self.file, deadlines);
        let kinds = kinds::read(&self.file.section("kind"), policy.office_hours);
        let directory = self.directory(&units_file, &kinds, faults);
        kinds::check_targets(&self.file.section("kind"), &directory);
        let rules = Rules {
            calendars: calendar_files.read(&calendar_dir, faults),
            deadlines,
            digests: ladder::read_digests(&self.file.section("digest"), policy.office_hours),
            policy,
            kinds,
            directory,
            acts: acts::read(&self.file.section("acts")),
        };
        let imports = import::read(&self.file.section("import"), &rules.kinds);
        let reports = report::read(&self.file, rules.policy.office_hours, self.base);
        Config {
            path: path.map(Path::to_owned),
            text: text.to_owned(),
            state_dir: self.state_dir(),
            calendar_dir,
            calendar_files,
            units_file,
            web: web::read(&self.file.section("web"), &rules.directory, |section, key, name| {
                self.secret(section, key, name)
            }),
            rules,
            warn_from,
            fetch,
            platform: platform::read(&self.file.section("platform")),
            folder: self.folder(),
            imports,
            reports,
            slack: self.slack(),
            teams: self.teams(),
            mail: self.mail(),
            delivery: delivery::read(&self.file.section("delivery")),
            heartbeat: self.heartbeat(),
            schedule: self.schedule(),
            alarms: alarms::read(&self.file.section("alarms")),
            backups: self.backups(),
            erase_after: keeping::read_privacy(&self.file.section("privacy")),
            log: self.log(),
        }
    }

    fn calendar_files(
        &self,
        directory: &Path,
        policy: ClosurePolicy,
        faults: &Faults,
    ) -> CalendarFiles {
        if self.beside_nothing {
            return CalendarFiles::compiled_in(policy);
        }
        let files = CalendarFiles::in_directory(directory, policy, faults);
        match self.replaced {
            Some(name) => files.without_unusable(name),
            None => files,
        }
    }

    fn directory(&self, path: &Path, kinds: &Kinds, faults: &Faults) -> Directory {
        if self.beside_nothing {
            return Directory::default();
        }
        if is_absent(path) {
            let say = "no such file: nobody is responsible for anything, and nobody is reminded; \
                       `jicui init` writes one to fill in";
            faults.warn(path, None, say.to_owned());
            return Directory::default();
        }
        let Some(text) = reader::read_text(path, faults) else { return Directory::default() };
        let file = reader::parse(path, &text, faults);
        if template::blame_blanks(Some(&file), faults) {
            return Directory::default();
        }
        units::read(&Section::new("", vec![file], faults), kinds)
    }

    fn path_in(&self, section: &Section<'_>, key: &str) -> PathBuf {
        self.base.join(section.text(key))
    }

    fn state_dir(&self) -> PathBuf {
        let given = self.file.optional_text("state_dir");
        // systemd's own stands where none is named.
        let is_needed = given.is_none() && self.environment.state_directory.is_none();
        let written = self.file.get("state_dir").filter(|_| is_needed);
        if let Some(node) = written.filter(|node| node.as_text().is_some()) {
            let say = "state_dir is empty: name the directory of the database, or leave it out";
            node.fault(self.file.faults(), say.to_owned());
        }
        let by_default = given.as_ref().is_none_or(|(_, node)| node.is_default());
        match &self.environment.state_directory {
            Some(directory) if by_default => directory.clone(),
            _ => given.map_or_else(PathBuf::new, |(text, _)| self.base.join(text)),
        }
    }

    fn folder(&self) -> Folder {
        let section = self.file.section("folder");
        let folder = Folder {
            path: section.optional_text("path").map(|(path, _)| self.base.join(path)),
            file_limit_bytes: section.number("file_limit_bytes", &(1..=1_000_000_000)).into(),
            settle: section.seconds("settle_secs", 3600),
        };
        section.finish();
        folder
    }

    fn secret(&self, section: &Section<'_>, file_key: &str, name: &str) -> Option<Secret> {
        let given = section.optional_text(file_key);
        let file = given.as_ref().map(|(written, _)| (self.base, written.as_str()));
        self.environment.secret(name, file).unwrap_or_else(|message| {
            match &given {
                Some((_, node)) => node.fault(section.faults(), message),
                None => section.fault(message),
            }
            None
        })
    }

    fn mail(&self) -> Option<Mail> {
        mail::read(&self.file.section("mail"), |section| {
            self.secret(section, "password_file", "mail_password")
        })
    }

    fn schedule(&self) -> Schedule {
        let section = self.file.section("schedule");
        let schedule = Schedule {
            poll: section.text("poll"),
            remind: section.text("remind"),
            deliver: section.text("deliver"),
        };
        section.finish();
        schedule
    }

    fn backups(&self) -> Option<Backups> {
        keeping::read_backups(&self.file.section("backup"), (self.base, &self.state_dir()))
    }

    fn log(&self) -> LogFormat {
        let section = self.file.section("log");
        let format = section.optional_text("format");
        section.finish();
        match format.as_ref().map(|(text, node)| (text.as_str(), node)) {
            Some(("human", _)) | None => LogFormat::Human,
            Some(("json", _)) => LogFormat::Json,
            Some((other, node)) => {
                let say = format!("log.format = \"{other}\": write human or json");
                node.fault(section.faults(), say);
                LogFormat::Human
            }
        }
    }
}

#[cfg(test)]
mod tests;
