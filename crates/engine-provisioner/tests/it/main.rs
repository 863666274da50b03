//! The command as a person calls it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod bad_input;
mod boot_race;
mod cache;
mod events;
mod explain;
mod host;
mod kills;
mod life;
mod limits;
mod modes;
mod packages;
mod pins;
mod plan_files;
mod previous;
mod processes;
mod proofs;
mod races;
mod secret_grep;
mod signals;
mod streams;
mod support;
mod trouble;
