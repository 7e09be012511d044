//! `[import.NAME]`: how the columns of an office's own sheet are read as past cases.

use std::collections::BTreeMap;

use super::reader::Section;
use super::settings::{ImportField, ImportMapping};
use crate::domain::case::CaseKind;
use crate::domain::kind::Kinds;

/// Reads every mapping, by its name.
pub(super) fn read(list: &Section<'_>, kinds: &Kinds) -> BTreeMap<String, ImportMapping> {
    let read = |(name, section): (String, Section<'_>)| (name, read_mapping(&section, kinds));
    list.named_sections().into_iter().map(read).collect()
}

fn read_mapping(section: &Section<'_>, kinds: &Kinds) -> ImportMapping {
    let named = section.section("columns");
    let column = |field: ImportField| {
        let (title, _) = named.optional_text(field.as_str())?;
        Some((field, title))
    };
    let columns: BTreeMap<_, _> = ImportField::ALL.into_iter().filter_map(column).collect();
    named.finish();
    let kind = section.optional_text("kind").and_then(|(word, node)| {
        let kind = CaseKind::parse(&word).filter(|kind| kinds.knows(*kind));
        if kind.is_none() {
            let known = kinds.words().join(", ");
            node.fault(section.faults(), format!("no kind `{word}`: write one of {known}"));
        }
        kind
    });
    let words = |key| section.texts(key).into_iter().map(|(word, _)| word).collect();
    let mapping = ImportMapping {
        kind,
        ignored: words("ignored"),
        withdrawn_words: words("withdrawn_words"),
        columns,
    };
    for field in [ImportField::Number, ImportField::Title, ImportField::Agency] {
        if !mapping.columns.contains_key(&field) {
            section.missing(&format!("columns.{}", field.as_str()));
        }
    }
    if mapping.kind.is_none() && !mapping.columns.contains_key(&ImportField::Kind) {
        section.fault("give `kind`, or the column of it in `columns`".to_owned());
    }
    section.finish();
    mapping
}
