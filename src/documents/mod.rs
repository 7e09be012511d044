//! What `--json` prints and the API answers: one shape for both, as the contract has it.

pub mod status;
