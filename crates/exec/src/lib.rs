//! Runs programs so that they cannot hang us, leak a secret, or inherit a surprise.
//!
//! The rules every run keeps: no shell; an absolute program; arguments as they are; stdin closed; an
//! environment that holds what was named and nothing else, in the C locale; a deadline; an own process
//! group that is ended as a whole when we stop waiting or die.
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
mod output;
mod probe_cache;
mod run;

pub use command_spec::{CommandSpec, shell_line};
pub use env::Env;
pub use error::ExecError;
pub use output::{Exit, Output, Stream};
pub use probe_cache::ProbeCache;
pub use redact::{MASK, Redactor, looks_secret};
pub use run::{run, run_lines};
