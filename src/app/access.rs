//! Who is let in.

use super::App;
use super::health::{CheckResult, Severity};
use crate::config::Config;

impl App {
    /// Whether somebody at this machine may read titles and figures without signing in: only while
    /// nobody can sign in.
    pub fn local_reader_is_open(&self) -> bool {
        lets_local_reader_in(&self.live().config)
    }

    pub(super) fn check_local_reader(&self) -> Option<CheckResult> {
        self.local_reader_is_open().then(|| CheckResult {
            severity: Severity::Good,
            code: "local_reader".to_owned(),
            message: LOCAL_READER_IS_OPEN.to_owned(),
            remedy: String::new(),
        })
    }
}

/// What is said of it, and how it is closed.
pub const LOCAL_READER_IS_OPEN: &str = "while nobody can sign in, whoever is at this machine reads titles and figures without \
     signing in, and changes nothing; [web] local_reader = false ends that";

/// Whether these settings let the local reader in.
pub fn lets_local_reader_in(config: &Config) -> bool {
    let web = &config.web;
    web.local_reader && web.listen.is_some() && !web.behind_proxy
}
