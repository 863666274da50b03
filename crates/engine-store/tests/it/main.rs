//! The store as a caller uses it: entries of another kind than builds, entries of earlier releases, and damage.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod earlier;
mod publish;
mod support;
