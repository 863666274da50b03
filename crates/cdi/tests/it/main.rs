//! Specs of real hosts, and hosts that differ from them.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod cdi;
mod hosts;
mod reading;
mod support;
