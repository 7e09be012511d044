//! Each value of the configuration in force, and where it was said: the operator's file with its line,
//! or the default. Secrets stand in neither; they are named by where they came from.

use super::fault::Faults;
use super::node::{Node, Value, parse};
use super::{Config, DEFAULTS, DEFAULTS_PATH};

/// A value of the configuration in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key: `alarms.poll_stale_mins`.
    pub key: String,
    /// As it would be written.
    pub value: String,
    /// `config.toml:12`; `None` for the default.
    pub origin: Option<String>,
}

impl Config {
    /// Every value in force, in the order of the defaults, then what only the operator's file has.
    pub fn origins(&self) -> Vec<Setting> {
        let faults = Faults::default();
        let own = self.path.as_ref().map(|path| parse(path, &self.text, &faults));
        let defaults = parse(DEFAULTS_PATH.as_ref(), DEFAULTS, &faults);
        let mut settings = Vec::new();
        gather("", Some(&defaults), own.as_ref(), &mut settings);
        settings
    }
}

/// The leaves beneath `key`: of two the operator's own counts.
fn gather(key: &str, default: Option<&Node>, own: Option<&Node>, settings: &mut Vec<Setting>) {
    let (of_default, of_own) =
        (default.map_or(&[][..], Node::entries), own.map_or(&[][..], Node::entries));
    let only_own = of_own.iter().filter(|entry| of_default.iter().all(|d| d.key != entry.key));
    for entry in of_default.iter().chain(only_own) {
        let path = if key.is_empty() { entry.key.clone() } else { format!("{key}.{}", entry.key) };
        let default = default.and_then(|node| node.entry(&entry.key)).map(|entry| &entry.node);
        let own = own.and_then(|node| node.entry(&entry.key)).map(|entry| &entry.node);
        let Some(node) = own.or(default) else { continue };
        if matches!(node.value, Value::Table(_)) {
            gather(&path, default, own, settings);
        } else {
            let origin = own.map(Node::place);
            settings.push(Setting { key: path, value: written(node), origin });
        }
    }
}

/// A value as it would be written.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Date(day) => day.to_string(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Table(entries) => {
            let pairs = entries.iter().map(|e| format!("{} = {}", e.key, written(&e.node)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Other(name) => (*name).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::load;
    use crate::config::secrets::{self, Environment};

    #[test]
    fn each_value_says_where_it_was_said_and_no_secret_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let text = "[alarms]\npoll_stale_mins = 45\n\n[slack]\ntoken_file = \"token\"\n";
        std::fs::write(&path, text).unwrap();
        std::fs::write(dir.path().join("token"), "xoxb-very-secret").unwrap();
        let config = load(Some(&path), &Environment::default()).unwrap().config;
        let settings = config.origins();
        let of = |key: &str| settings.iter().find(|setting| setting.key == key).unwrap().clone();
        let changed = of("alarms.poll_stale_mins");
        assert_eq!(
            (changed.value.as_str(), changed.origin.as_deref()),
            ("45", Some("config.toml:2"))
        );
        assert_eq!(of("alarms.outbox_stale_mins").origin, None);
        assert_eq!(of("slack.token_file").value, "\"token\"");
        let secrets = secrets::origins(&config);
        assert_eq!(secrets.len(), 1);
        assert!(secrets[0].1.starts_with("file ") && secrets[0].0 == "slack_token");
        assert!(!format!("{settings:?}{secrets:?}").contains("very-secret"));
        // An edit that is refused is not in force, and says nothing.
        std::fs::write(&path, text.replace("token_file", "token")).unwrap();
        load(Some(&path), &Environment::default()).unwrap_err();
        assert_eq!(config.origins(), settings);
    }
}
