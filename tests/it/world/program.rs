//! The real program, as administrators type it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jicui::config::SAMPLE_UNITS;
use serde_json::Value;

/// Compiles `tests/support/NAME.c`, to be preloaded under the real program, with the compiler that the program
/// itself needs.
pub(crate) fn build_shim(name: &str, directory: &Path) -> PathBuf {
    let shim = directory.join(format!("{name}.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim);
    compiler.arg(format!("{}/tests/support/{name}.c", env!("CARGO_MANIFEST_DIR"))).arg("-ldl");
    assert!(compiler.status().unwrap().success());
    shim
}

/// The sample ministry's configuration directory, without a platform.
pub(crate) struct Program(tempfile::TempDir);

impl Program {
    pub(crate) fn install() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = "state_dir = \"state\"\n[platform]\nenabled = false\n\
                      [backup]\nenabled = false\n";
        std::fs::write(dir.path().join("config.toml"), config).unwrap();
        std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Typed by 王小明.
    pub(crate) fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::cargo_bin("jicui").unwrap();
        command.env_clear().env("USER", "王小明").args(arguments);
        command.args(["--config", self.path("config.toml").to_str().unwrap()]);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }
}
