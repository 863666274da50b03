//! What a host lacks, against real programs, real folders and a real pacman.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed set-up is a failed test")]

mod check;
mod distributions;
mod host;
mod memo;
mod needs;
mod package;
mod pacman;
mod pacman_outputs;
mod pacman_trouble;
mod require;
mod support;
