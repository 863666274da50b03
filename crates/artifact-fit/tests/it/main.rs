//! Files that the real compiler makes, and hosts that have or lack what they need.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod compiled;
mod hosts;
mod support;
