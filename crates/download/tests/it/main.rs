//! Downloads from a real server on the loopback that also lies, and from files of this host.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod files;
mod killed;
mod lies;
mod support;
mod whole;
