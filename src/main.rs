//! 稽催: the program. What it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    jicui::cli::main()
}
