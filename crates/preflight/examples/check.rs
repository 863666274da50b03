//! Prints which build tools this host has, and what to type where some are missing.
//!
//! `cargo run -p preflight --example check`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::path::Path;
use std::time::Instant;

use preflight::{Memo, Tool, check, distribution};

fn main() {
    let env = exec::Env::current();
    let memo = Memo::default();
    for pass in ["cold", "warm"] {
        let started = Instant::now();
        let report = check(&Tool::SOURCE_BUILD, &env, &memo);
        println!("{pass}: {} tools in {:.2} ms", report.found.len(), started.elapsed().as_secs_f64() * 1000.0);
    }
    let report = check(&Tool::SOURCE_BUILD, &env, &memo);
    for found in &report.found {
        println!("{}: {} ({})", found.tool, found.path.display(), found.version_line);
    }
    for note in &report.notes {
        println!("note: {note}");
    }
    if let Err(error) = report.require(&distribution(Path::new("/"))) {
        println!("{error}");
        if let Some(help) = miette::Diagnostic::help(&error) {
            println!("help: {help}");
        }
    }
}
