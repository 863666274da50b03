//! `engine-provisioner`: one pool file in, one proven and running engine out.
//!
//! The rules: results go to standard output and everything else to standard error; with `--json` exactly one document
//! is on standard output, whatever happens; the exit status is decided by the error's code alone.

mod args;
mod exit;
mod failure;
mod health;
mod interrupt;
mod logging;
mod progress;
mod report;
mod target;
mod usage;
mod verbs;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage::refuse(&error),
    };
    let interrupt = if args.verb.is_helper() { Interrupt::default() } else { Interrupt::install() };
    let progress = Progress::new(args.quiet);
    logging::init(&args, &progress);
    match verbs::run(&args, &progress, &interrupt) {
        Ok(code) => code.into(),
        Err(failure) => {
            progress.clear();
            report::failure(&failure, args.json);
            exit::of(&failure).into()
        }
    }
}
