//! Numbers in English sentences.

use std::fmt::Display;

/// `1 case`, `2 cases`: a count with its noun, whose plural takes an s.
pub fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// The first names, and how many more there are: nobody reads thousands.
pub fn first_of(names: &[String], most: usize) -> String {
    let (named, others) = names.split_at(most.min(names.len()));
    let named = named.join(", ");
    if others.is_empty() { named } else { format!("{named} and {} more", others.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let said = [0, 1, 2, 11].map(|count| counted(count, "case"));
        assert_eq!(said, ["0 cases", "1 case", "2 cases", "11 cases"]);
    }
}
