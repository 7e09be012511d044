//! A change of the ladder that is tried before it is saved: it stands over the operator's file, as that
//! stands over the defaults.

use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::fault::Faults;
use super::node::Node;
use super::{Config, DEFAULTS, Fault, Loaded, Over, Severity, load_layers, reader};
use crate::config::secrets::Environment;

/// What steers the ladder, and nothing else: no file is named there and no secret.
const SECTIONS: [&str; 4] = ["deadline", "office_hours", "stage", "digest"];

/// What the changed text is called in faults.
const FILE: &str = "change.toml";

/// The configuration that is in force with `change` over it.
///
/// # Errors
///
/// Every fault of the change, with its line; a section that does not steer the ladder is one.
pub fn load_changed(
    in_force: &Config,
    change: &str,
    environment: &Environment,
) -> Result<Loaded, Vec<Fault>> {
    let faults = Faults::default();
    let changed = reader::parse(Path::new(FILE), change, &faults);
    blame_others(&changed, &faults);
    if faults.any() {
        return Err(faults.into_sorted());
    }
    let over = Over { change: Some(changed), replaced: None };
    load_layers((in_force.path.as_deref(), &in_force.text), over, environment, faults)
}

fn blame_others(changed: &Node, faults: &Faults) {
    for entry in changed.entries().iter().filter(|entry| !SECTIONS.contains(&entry.key.as_str())) {
        let say = format!(
            "[{}] cannot be tried here: only {} can",
            entry.key,
            SECTIONS.map(|section| format!("[{section}]")).join(", ")
        );
        faults.fault(changed.path(), Some(changed.at_key(entry)), say);
    }
}

/// Whether a fault lies in the change itself.
pub fn is_of_change(fault: &Fault) -> bool {
    fault.severity == Severity::Fault && fault.file == Path::new(FILE)
}

impl Config {
    /// What steers the ladder, as TOML with the defaults' remarks: to be changed and tried.
    ///
    /// # Errors
    ///
    /// Nothing that was loaded: its file is TOML.
    pub fn ladder(&self) -> Result<String, toml_edit::TomlError> {
        let defaults: DocumentMut = DEFAULTS.parse()?;
        let own: DocumentMut = self.text.parse()?;
        let mut shown = DocumentMut::new();
        for section in SECTIONS {
            let mut item = defaults.get(section).cloned().unwrap_or_default();
            match (own.get(section), &mut item) {
                (Some(Item::Table(own)), Item::Table(table)) => {
                    for (key, value) in own {
                        table.insert(key, value.clone());
                    }
                }
                (Some(own), _) => item = own.clone(),
                (None, _) => {}
            }
            shown.insert(section, item);
        }
        Ok(shown.to_string().trim_start().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    #[test]
    fn what_is_in_force_can_be_tried_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let own = "[office_hours]\ncloses = \"18:00\"\n[digest]\ndaily = false\n";
        std::fs::write(&path, own).unwrap();
        let environment = Environment::default();
        let config = load(Some(&path), &environment).unwrap().config;
        // An edit that is refused is not in force, and says nothing.
        std::fs::write(&path, "[office_hours]\ncloses = \"25:00\"\n").unwrap();
        let shown = config.ladder().unwrap();
        let loaded = load_changed(&config, &shown, &environment).unwrap();
        let policy = &loaded.config.rules.policy;
        assert_eq!(policy.office_hours.closes, chrono::NaiveTime::from_hms_opt(18, 0, 0).unwrap());
        assert!(!loaded.config.rules.digests.daily);
        let defaults = load(None, &environment).unwrap().config;
        assert_eq!(policy.stages, defaults.rules.policy.stages);
    }

    #[test]
    fn faults_name_the_line_and_nothing_but_the_ladder_is_tried() {
        let defaults = load(None, &Environment::default()).unwrap().config;
        let faults = |change: &str| {
            let faults = load_changed(&defaults, change, &Environment::default()).unwrap_err();
            assert!(faults.iter().all(is_of_change), "{faults:?}");
            faults.iter().map(ToString::to_string).collect::<Vec<String>>().join("\n")
        };
        assert!(faults("[office_hours]\ncloses = \"25:00\"\n").starts_with("change.toml:2:"));
        assert!(faults("[[stage]]\nname = ").starts_with("change.toml:2:"));
        let said = faults("[slack]\ntoken_file = \"/etc/shadow\"\n");
        assert!(said.starts_with("change.toml:1:"), "{said}");
        assert!(said.contains("[slack] cannot be tried here"), "{said}");
    }
}
