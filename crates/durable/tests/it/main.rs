//! What survives when a program is killed in the middle of writing; `strace` kills it.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod killed;
