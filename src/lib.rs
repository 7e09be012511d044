//! jicui (稽催): no citizen's question to the government goes unanswered past its day.
//!
//! Observe, record, decide, queue, send: each step a small idempotent function of the database and
//! one instant, and everything flows one way. The modules in reading order:
//!
//! - [`domain`]: the office's rules, pure;
//! - [`clock`]: what time it is, and which day that is in Taipei;
//! - [`config`]: TOML and calendar files in, typed settings out, or every fault at once;
//! - [`store`]: SQLite on disk;
//! - [`http`]: the house client;
//! - [`intake`]: where cases come from;
//! - [`notify`]: how a message leaves the house;
//! - [`oidc`]: whom a provider outside says that somebody is;
//! - [`report`]: figures on paper, in six formats;
//! - [`app`]: the use cases, `poll → remind → deliver`;
//! - [`documents`]: what `--json` prints and the API answers;
//! - [`web`]: the pages;
//! - [`daemon`]: bells, loops, signals;
//! - [`demo`]: a miniature platform and its story;
//! - [`cli`]: one file a command.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod documents;
pub mod domain;
pub mod http;
pub mod intake;
pub mod notify;
pub mod oidc;
pub mod report;
pub mod store;
pub mod telemetry;
pub mod web;
