//! Runs programs so that they cannot hang us, leak a secret, or inherit a surprise.
//!
//! The rules every run keeps: no shell; an absolute program; arguments as they are; stdin closed, or a few bytes that
//! were named; an environment that holds what was named and nothing else, in the C locale; plain signals and no stray
//! descriptor; a deadline; an own process group that is ended as a whole when the run ends, times out or is cancelled; the secrets of
//! the environment masked in what the program prints.
//!
//! The host program keeps its ways: no thread is started, no signal disposition changed, no global state kept. One that
//! ignores SIGCHLD gets true exit statuses all the same.
//!
//! When the host program is killed with KILL, the kernel sends TERM to the direct child alone. Programs that catch TERM
//! (CMake) and grandchildren live on, unless the command has a [`Keeper`].
//!
//! ```
//! use std::time::Duration;
//! use exec::{CommandSpec, Env, run};
//!
//! let env = Env::current();
//! let sh = env.find("sh").ok_or("no sh on PATH")?;
//! let spec = CommandSpec::new(sh, Duration::from_secs(5)).args(["-c", "echo $GREETING"]).env("GREETING", "hello");
//! let output = run(&spec)?.require_success(&spec)?;
//! assert_eq!(output.stdout_text(), "hello\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod command_spec;
mod env;
mod error;
mod keeper;
mod limit;
mod output;
mod parallel;
mod probe_cache;
mod run;
mod search_path;

pub use command_spec::{CommandSpec, Target, shell_line};
pub use env::Env;
pub use error::ExecError;
pub use keeper::{Keeper, keep_group};
pub use limit::Limit;
pub use output::{Exit, Output, Stream};
pub use parallel::parallel_map;
pub use probe_cache::ProbeCache;
pub use redact::{MASK, Redactor, Unfit, looks_secret, unfit};
pub use run::{run, run_lines};
pub use search_path::{Program, SearchPath};
