//! The command as a person calls it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod bad_input;
mod cache;
mod events;
mod host;
mod life;
mod packages;
mod pins;
mod plan_files;
mod previous;
mod proofs;
mod secret_grep;
mod signals;
mod streams;
mod support;
mod trouble;
