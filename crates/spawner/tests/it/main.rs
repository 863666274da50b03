//! The crate against real processes: one test program, one module per behaviour.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed setup is a failed test")]
#![expect(clippy::print_stdout, reason = "what was counted is for whoever reads the output")]

mod callers;
mod clock;
mod crowd;
mod early_exit;
mod engines;
mod isolation;
mod listening;
mod locks;
mod logs;
mod lost;
mod machine;
mod observed;
mod pid_reuse;
mod records;
mod remote;
mod start_stop;
mod stop_hard;
mod support;
mod sweep;
mod tender;
