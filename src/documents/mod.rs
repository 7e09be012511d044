//! What `--json` prints and the API answers: one shape for both, as the contract has it.
//!
//! A document is made whole; [`file::CaseFile::without_words`] and its like take out what not everybody
//! may read.

pub mod calendar;
pub mod case;
pub mod count;
pub mod file;
pub mod message;
pub mod status;
pub mod unit;
