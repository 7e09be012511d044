//! The real program, as administrators type it.

use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use jicui::config::SAMPLE_UNITS;
use serde_json::Value;

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
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("jicui").unwrap();
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
