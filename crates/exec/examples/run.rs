//! Runs the program named on the command line for at most a minute, with a clean environment.
//!
//! `cargo run -p exec --example run -- /bin/echo hello`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use exec::{CommandSpec, Env, run_lines};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let program = args.next().ok_or("usage: run PROGRAM [ARG...]")?;
    let spec = CommandSpec::new(program, Duration::from_mins(1)).args(args).inherit(&Env::current(), &["PATH"]);
    let output = run_lines(&spec, &mut |stream, line| println!("{stream:?}: {line}"))?;
    println!("{} after {} ms", output.exit, output.elapsed.as_millis());
    Ok(())
}
