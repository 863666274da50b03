//! The crate against real processes: one test program, one module per behaviour.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod early_exit;
mod isolation;
mod records;
mod start_stop;
mod stop_hard;
mod support;
