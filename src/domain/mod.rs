//! The office's rules, and nothing else: pure functions of their arguments.
//!
//! No I/O, no clock, no async, no serialisation. What cannot be right is refused when it is built,
//! so that nothing later has to ask again. Days are [`chrono::NaiveDate`] and mean a day in Taipei.

pub mod access;
pub mod act;
pub mod calendar;
pub mod case;
pub mod checklist;
pub mod counted;
pub mod deadline;
pub mod digest;
pub mod directory;
pub mod duty;
pub mod escalation;
pub mod handling;
pub mod impact;
pub mod kind;
pub mod membership;
pub mod message;
pub mod observation;
pub mod offer;
pub mod past;
pub mod publication;
pub mod reminder;
pub mod silence;
pub mod statistics;
