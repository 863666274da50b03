//! Prints what this host has, and what a CUDA build here would be told.
//!
//! `cargo run -p gpu-detect --example gpu_report`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use gpu_detect::{Host, choose, detect};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::current(exec::Env::current());
    let started = Instant::now();
    let report = detect(&host);
    let elapsed = started.elapsed();
    println!("{}", serde_json::to_string_pretty(&report)?);
    println!("detected in {:.2} ms", elapsed.as_secs_f64() * 1000.0);
    let started = Instant::now();
    match choose(&report, &[], &host) {
        Ok(choice) => {
            for (name, value) in choice.cmake_definitions() {
                println!("-D{name}={value}");
            }
            for (name, value) in choice.env() {
                println!("{name}={value}");
            }
        }
        Err(why) => println!("no CUDA build here: {why}"),
    }
    println!("chosen in {:.2} ms", started.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}
