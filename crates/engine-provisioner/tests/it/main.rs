//! The command as a person calls it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod archive_faults;
mod bad_input;
mod boot_race;
mod cache;
mod events;
mod explain;
mod host;
mod host_status;
mod kills;
mod life;
mod limits;
mod modes;
mod packages;
mod pins;
mod pins_archive;
mod plan_files;
mod previous;
mod processes;
mod proofs;
mod races;
mod secret_grep;
mod setup;
mod several;
mod signals;
mod streams;
mod support;
mod trouble;
