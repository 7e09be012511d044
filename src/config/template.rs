//! A configuration to fill in: what is left to a person stands as `<…>`, and each is a fault.

use super::SAMPLE_UNITS;
use super::fault::Faults;
use super::node::{Node, Value};

/// The file of closures, with what it is for and nothing in it.
pub const SAMPLE_CLOSURES: &str = include_str!("../../config/calendar/closures.toml");

/// `config.toml`; beside a configuration elsewhere than at the usual place lies its own database.
pub fn template(is_usual: bool) -> String {
    let text = include_str!("../../config/init/config.toml");
    if is_usual {
        return text.to_owned();
    }
    // Before the first table, or it would be one of its keys.
    let state = "# The database lies beside this file.\nstate_dir = \"state\"\n";
    text.replacen("\n\n", &format!("\n\n{state}\n"), 1)
}

/// `units.toml`, with the words of the sample about what each thing means.
pub fn template_units() -> String {
    let meaning = SAMPLE_UNITS.lines().take_while(|line| line.starts_with('#')).skip(1);
    let mut text = "# Who answers for what, and where they are reached: fill in each <…>. A whole ministry as a sample:\n\
        # config/units.toml, installed as /usr/share/doc/jicui/units.toml.\n"
        .to_owned();
    for line in meaning {
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(include_str!("../../config/init/units.toml"));
    text
}

/// Records every text that is still to be filled in. Returns whether there is any: then what such a
/// text is not fit for is no news.
pub(super) fn blame_blanks(file: Option<&Node>, faults: &Faults) -> bool {
    let mut found = Vec::new();
    if let Some(file) = file {
        collect(file, &mut found);
    }
    for (node, what) in &found {
        node.fault(faults, format!("still to fill in: {what}"));
    }
    !found.is_empty()
}

fn collect<'n>(node: &'n Node, found: &mut Vec<(&'n Node, &'n str)>) {
    match &node.value {
        Value::Text(text) => {
            let blank = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
            // `<!here>` and `<@U…>` are Slack's words, and mean something.
            let blank = blank.filter(|what| what.starts_with(char::is_alphabetic));
            found.extend(blank.map(|what| (node, what)));
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Table(entries) => entries.iter().for_each(|entry| collect(&entry.node, found)),
        _ => {}
    }
}
