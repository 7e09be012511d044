//! Options of our own before those of every test binary.

use libtest_mimic::Arguments;

/// Takes the numbers of `own` (name, default) from the command line; the rest is what cargo,
/// nextest and people ask of any test binary.
pub(crate) fn parse(own: &[(&str, u64)]) -> (Vec<u64>, Arguments) {
    let mut numbers: Vec<u64> = own.iter().map(|(_, default)| *default).collect();
    let mut rest = Vec::new();
    let mut words = std::env::args();
    while let Some(word) = words.next() {
        match own.iter().position(|(name, _)| *name == word) {
            Some(index) => {
                let value = words.next().and_then(|value| value.parse().ok());
                numbers[index] = value.unwrap_or_else(|| panic!("{word} wants a number"));
            }
            None => rest.push(word),
        }
    }
    (numbers, Arguments::from_iter(rest))
}
