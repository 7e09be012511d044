//! One table, read through its layers: the operator's file over the compiled-in default.
//!
//! Every fault knows its place, and what nobody asked for by the end is a fault with the nearest
//! known name.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};

use super::fault::Faults;
use super::node::Value;
pub(super) use super::node::{LONGEST_TEXT, Node, parse, read_text};

/// One table, read through its layers: the first that has a key decides.
pub(super) struct Section<'f> {
    name: String,
    layers: Vec<Node>,
    asked: RefCell<BTreeSet<String>>,
    faults: &'f Faults,
}

fn names_in<'n>(layers: impl IntoIterator<Item = &'n Node>) -> BTreeSet<String> {
    layers.into_iter().flat_map(Node::entries).map(|entry| entry.key.clone()).collect()
}

impl<'f> Section<'f> {
    /// A section over whole files, the strongest first.
    pub(super) fn new(name: &str, layers: Vec<Node>, faults: &'f Faults) -> Self {
        Self { name: name.to_owned(), layers, asked: RefCell::default(), faults }
    }

    /// Where faults go.
    pub(super) fn faults(&self) -> &'f Faults {
        self.faults
    }

    /// The section itself as a value, to place a fault at.
    pub(super) fn node(&self) -> Option<&Node> {
        self.layers.first()
    }

    /// Records that something in this section as a whole is wrong.
    pub(super) fn fault(&self, message: String) {
        if let Some(node) = self.node() {
            node.fault(self.faults, message);
        }
    }

    /// Records that by this section as a whole cases are nobody's.
    pub(super) fn flaw(&self, message: String) {
        if let Some(node) = self.node() {
            self.faults.flaw(node.path(), Some(node.at()), message);
        }
    }

    /// Records that something in this section as a whole is worth a look.
    pub(super) fn warn(&self, message: String) {
        if let Some(node) = self.node() {
            self.faults.warn(node.path(), Some(node.at()), message);
        }
    }

    /// The value of `key` in the strongest layer that has it.
    pub(super) fn get(&self, key: &str) -> Option<Node> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.layers.iter().find_map(|layer| layer.entry(key)).map(|entry| entry.node.clone())
    }

    /// The table `key`, in all layers that have it.
    pub(super) fn section(&self, key: &str) -> Section<'f> {
        self.asked.borrow_mut().insert(key.to_owned());
        let mut layers = Vec::new();
        for found in self.layers.iter().filter_map(|layer| layer.entry(key)) {
            match &found.node.value {
                Value::Table(_) => layers.push(found.node.clone()),
                _ => self.mistyped(&found.node, key, "a table"),
            }
        }
        Section::new(&self.path_of(key), layers, self.faults)
    }

    /// The tables of the list `key` in the strongest layer that has one (`[[key]]`).
    pub(super) fn sections(&self, key: &str) -> Vec<Section<'f>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let Value::List(items) = &node.value else {
            self.mistyped(&node, key, "a list of tables");
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            match &item.value {
                Value::Table(_) => {
                    let name = self.path_of(key);
                    sections.push(Section::new(&name, vec![item.clone()], self.faults));
                }
                _ => self.mistyped(item, key, "a table"),
            }
        }
        sections
    }

    /// The named tables within this one, in all layers: `[slack.webhooks.NAME]`.
    pub(super) fn named_sections(&self) -> Vec<(String, Section<'f>)> {
        self.names().into_iter().map(|name| (name.clone(), self.section(&name))).collect()
    }

    /// The names of all values within this section, in all layers.
    pub(super) fn names(&self) -> BTreeSet<String> {
        names_in(&self.layers)
    }

    /// The names that the weakest layer knows: any other is a slip.
    pub(super) fn known_names(&self) -> BTreeSet<String> {
        names_in(self.layers.last())
    }

    /// A text, if it is given and not empty.
    pub(super) fn optional_text(&self, key: &str) -> Option<(String, Node)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => None,
            Value::Text(text) => Some((text.trim().to_owned(), node)),
            _ => {
                self.mistyped(&node, key, "a text");
                None
            }
        }
    }

    /// A text that must be given.
    pub(super) fn text(&self, key: &str) -> String {
        if let Some((text, _)) = self.optional_text(key) {
            return text;
        }
        self.missing(key);
        String::new()
    }

    /// Texts; one alone may stand without brackets.
    pub(super) fn texts(&self, key: &str) -> Vec<(String, Node)> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let items = match &node.value {
            Value::List(items) => items.clone(),
            _ => vec![node],
        };
        let mut texts = Vec::new();
        for item in items {
            match item.as_text() {
                Some(text) => texts.push((text.to_owned(), item)),
                None => self.mistyped(&item, key, "a text"),
            }
        }
        texts
    }

    /// Whole numbers not below zero.
    pub(super) fn numbers(&self, key: &str) -> Vec<u64> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let Value::List(items) = &node.value else {
            self.mistyped(&node, key, "a list of numbers");
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for item in items {
            match item.value {
                Value::Integer(number) if number >= 0 => numbers.push(number.unsigned_abs()),
                _ => self.mistyped(item, key, "a whole number, not below zero"),
            }
        }
        numbers
    }

    /// A whole number within `range`, if it is given.
    pub(super) fn optional_number(&self, key: &str, range: &RangeInclusive<u32>) -> Option<u32> {
        let node = self.get(key)?;
        let Value::Integer(number) = node.value else {
            self.mistyped(&node, key, "a whole number");
            return None;
        };
        let fits = u32::try_from(number).ok().filter(|number| range.contains(number));
        if fits.is_none() {
            let (low, high) = (range.start(), range.end());
            let name = self.path_of(key);
            node.fault(self.faults, format!("{name} = {number}: it must lie in {low}..{high}"));
        }
        fits
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, key: &str, range: &RangeInclusive<u32>) -> u32 {
        if self.get(key).is_none() {
            self.missing(key);
        }
        let by_default = || match self.by_default(key)?.value {
            Value::Integer(number) => u32::try_from(number).ok(),
            _ => None,
        };
        self.optional_number(key, range).or_else(by_default).unwrap_or(*range.start())
    }

    /// The weakest layer's value: what to go on with after a fault, so that it has no echo.
    fn by_default(&self, key: &str) -> Option<&Node> {
        self.layers.last().and_then(|layer| layer.entry(key)).map(|entry| &entry.node)
    }

    /// How long an answer is waited for, in whole seconds, up to `most`: with none nothing would be answered in time.
    pub(super) fn patience(&self, key: &str, most: u32) -> Duration {
        Duration::from_secs(self.number(key, &(1..=most)).into())
    }

    /// A number of whole seconds, from 0 to `most`.
    pub(super) fn seconds(&self, key: &str, most: u32) -> Duration {
        Duration::from_secs(self.number(key, &(0..=most)).into())
    }

    /// An outside address, without a slash at its end.
    pub(super) fn address(&self, key: &str) -> String {
        let Some((text, node)) = self.optional_text(key) else {
            self.missing(key);
            return String::new();
        };
        if !text.starts_with("http://") && !text.starts_with("https://") {
            let say =
                format!("{key} = \"{text}\": write the whole address, beginning with https://");
            node.fault(self.faults(), say);
        }
        text.trim_end_matches('/').to_owned()
    }

    /// True or false.
    pub(super) fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            None => {
                self.missing(key);
                false
            }
            Some(Node { value: Value::Boolean(flag), .. }) => flag,
            Some(node) => {
                self.mistyped(&node, key, "true or false");
                false
            }
        }
    }

    /// A time of day: `"08:30"`.
    pub(super) fn time(&self, key: &str) -> NaiveTime {
        let Some((text, node)) = self.optional_text(key) else {
            self.missing(key);
            return NaiveTime::MIN;
        };
        let parse = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
        parse(&text).unwrap_or_else(|| {
            let name = self.path_of(key);
            node.fault(self.faults, format!("{name} = \"{text}\": write a time as \"08:30\""));
            self.by_default(key).and_then(Node::as_text).and_then(parse).unwrap_or_default()
        })
    }

    /// A day: `2026-07-10`, with or without quotes.
    pub(super) fn date(&self, key: &str) -> Option<(NaiveDate, Node)> {
        let Some(node) = self.get(key) else {
            self.missing(key);
            return None;
        };
        let date = match &node.value {
            Value::Date(date) => Some(*date),
            Value::Text(text) => crate::clock::parse_date(text).ok(),
            _ => None,
        };
        if date.is_none() {
            let name = self.path_of(key);
            node.fault(self.faults, format!("{name} is not a day: write {name} = 2026-07-10"));
        }
        date.map(|date| (date, node))
    }

    /// Records every key that nobody asked for, with the nearest known one.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for layer in &self.layers {
            for unknown in layer.entries().iter().filter(|entry| !asked.contains(&entry.key)) {
                let near = asked
                    .iter()
                    .map(|known| (strsim::jaro_winkler(known, &unknown.key), known))
                    .filter(|(likeness, _)| *likeness > 0.8)
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = if let Some((_, known)) = near {
                    format!("did you mean `{known}`?")
                } else {
                    let known: Vec<&str> = asked.iter().map(String::as_str).collect();
                    format!("take it out; there are {}", known.join(", "))
                };
                let at = Some(layer.at_key(unknown));
                let name = self.path_of(&unknown.key);
                self.faults.fault(layer.path(), at, format!("unknown option `{name}`: {hint}"));
            }
        }
    }

    /// Records that `key` is needed and not given.
    pub(super) fn missing(&self, key: &str) {
        self.fault(format!("`{}` is missing", self.path_of(key)));
    }

    fn mistyped(&self, node: &Node, key: &str, wanted: &str) {
        let name = self.path_of(key);
        node.fault(self.faults, format!("`{name}` must be {wanted}, not {}", node.type_name()));
    }

    fn path_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}
