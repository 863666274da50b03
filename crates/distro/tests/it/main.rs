//! Real distributions, by the identifying lines of their os-release files.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod support;
mod surroundings;
mod systems;
