//! `engine-provisioner`: one pool file in, one proven and running engine out.
//!
//! The rules: results go to standard output and everything else to standard error; with `--json` exactly one document
//! is on standard output, whatever happens; the exit status is decided by the error's code alone. A reader of standard
//! output that is gone ends no work, and is no error; it has an exit status of its own. What is done is done by the library;
//! here command lines are read, and results, events and errors are shown.

mod args;
mod exit;
mod failure;
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
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report::Shape;

fn main() -> ExitCode {
    // A helper has neither a command line nor handlers of its own.
    if let Some(done) = provisioner_core::helper_main() {
        return done;
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage::refuse(&error),
    };
    let (interrupt, progress) = (Interrupt::default(), Progress::new(&args));
    logging::init(&args, &progress);
    match verbs::run(&args, &progress, &interrupt) {
        Ok(code) => code.into(),
        Err(failure) if failure.is_reader_gone() => {
            progress.clear();
            Exit::ReaderGone.into()
        }
        Err(failure) => {
            progress.clear();
            report::failure(&failure, Shape::of(&args));
            exit::of(&failure).into()
        }
    }
}
