//! x
pub mod domain;
pub mod config;
pub mod http;
pub mod intake;
