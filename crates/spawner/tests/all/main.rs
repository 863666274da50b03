//! The crate against real processes: one test program, one module per behaviour.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod callers;
mod crowd;
mod early_exit;
mod engines;
mod isolation;
mod listening;
mod logs;
mod machine;
mod pid_reuse;
mod records;
mod start_stop;
mod stop_hard;
mod support;
mod sweep;
