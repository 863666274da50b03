//! Prints as JSON what this host has and lacks for a build from source, and how long it took to look.
//!
//! `cargo run -p preflight --example survey [FOLDER]`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use preflight::{HostNeeds, Memo, PlaceNeed, Survey, Tool};

fn main() -> Result<(), serde_json::Error> {
    let path = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let places = vec![PlaceNeed { path, bytes: 2 << 30, runs_programs: true }];
    let needs = HostNeeds { places, memory: 2 << 30, rootless_containers: false };
    let (env, memo) = (exec::Env::current(), Memo::default());
    let started = Instant::now();
    let survey = Survey::take(&Tool::SOURCE_BUILD, &needs, &env, &memo, Path::new("/"), SystemTime::now());
    let elapsed = started.elapsed();
    println!("{}", serde_json::to_string_pretty(&survey)?);
    eprintln!("looked in {:.2} ms", elapsed.as_secs_f64() * 1000.0);
    Ok(())
}
