//! Runs the program named on the command line, and leaves no process of it behind, even when this one is killed.
//!
//! `cargo run -p exec --example keeper -- /bin/sh -c 'trap "" TERM; sleep 60 & sleep 60'`, then `kill -9`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use exec::{CommandSpec, Env, Keeper, keep_group, run_lines};

/// The hidden verb by which this program is its own keeper.
const KEEP: &str = "keep-group";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let program = args.next().ok_or("usage: keeper PROGRAM [ARG...]")?;
    if program == KEEP {
        return Ok(keep_group()?);
    }
    let keeper = Keeper { program: std::env::current_exe()?, args: vec![KEEP.into()] };
    let spec = CommandSpec::new(program, Duration::from_mins(1)).args(args).inherit(&Env::current(), &["PATH"]);
    let output = run_lines(&spec.keeper(keeper), &mut |stream, line| println!("{stream:?}: {line}"))?;
    println!("{} after {} ms", output.exit, output.elapsed.as_millis());
    Ok(())
}
