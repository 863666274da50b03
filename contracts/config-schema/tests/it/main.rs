//! What a configuration file may say, what is refused and how, and what is never repeated.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod accepted;
mod bounds;
mod engine_trust;
mod files;
mod mode;
mod pins;
mod properties;
mod refused;
mod refused_values;
mod schema;
mod secrets;
mod support;
