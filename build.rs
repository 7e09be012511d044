//! How a release is laid out: what a daemon at rest uses lies together, so that little of the program is resident.
//!
//! The kernel maps 64 kB of a program around each place that is touched. A script for the linker
//! (`packaging/used_first.ld`, written by `.ci/used_first.py`) puts first what is used; a function that it names and
//! that is gone, or one that it does not name, is where it would be without. GNU ld and lld read it; others were not tried.

use std::env;
use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/used_first.ld");
    writeln!(stdout(), "cargo::rerun-if-changed={script}")?;
    let is = |name, value| env::var(name).is_ok_and(|found| found == value);
    // What is optimised in another way than a release has other functions: the linker would look in vain, for a minute.
    if is("PROFILE", "release") && is("OPT_LEVEL", "s") && is("CARGO_CFG_TARGET_OS", "linux") {
        for argument in ["-T", script] {
            writeln!(stdout(), "cargo::rustc-link-arg-bin=jicui={argument}")?;
        }
    }
    Ok(())
}
