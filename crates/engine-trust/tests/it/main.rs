//! Keys that the real openssl made, and decisions over all that a policy can say.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod decisions;
mod keys;
