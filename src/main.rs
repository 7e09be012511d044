//! 稽催: parse, run, print the error chain, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The first caller decides; there is no second.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Of threads that wait for a disk there is no end otherwise, and each has a heap of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(jicui::cli::main()),
        Err(_) => ExitCode::FAILURE,
    }
}
