//! A miniature platform and its story: for `jicui demo`, and for the test world.
//!
//! Nothing in the daemon names this module: what it shows is the real thing.

pub mod pace;
pub mod platform;
pub mod story;
