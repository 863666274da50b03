//! Prints what this host has, and what a CUDA build here would be told.
//!
//! ```text
//! cargo run -p gpu-detect --example gpu_report            # for people
//! cargo run -p gpu-detect --example gpu_report -- --json  # one document
//! cargo run -p gpu-detect --example gpu_report -- --devices  # how long detection alone takes
//! ```
//!
//! It names itself as the program that opens the driver's library, so that a driver that hangs or crashes is a line in
//! the report.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use gpu_detect::{Diagnosis, Host, Probe, Verdict, answer_probe, detect, diagnose};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let first = args.next().unwrap_or_default();
    if first == "--probe" {
        println!("{}", answer_probe(&args.map(Into::into).collect::<Vec<_>>()));
        return Ok(());
    }
    let probe = Probe { program: std::env::current_exe()?, args: vec!["--probe".into()] };
    let host = Host::current(exec::Env::current()).with_probe(probe);
    let started = Instant::now();
    if first == "--devices" {
        println!("{} GPU(s) in {:.2} ms", detect(&host).devices.len(), milliseconds(started));
        return Ok(());
    }
    let diagnosis = diagnose(&host, &[]);
    let elapsed = milliseconds(started);
    if first == "--json" {
        println!("{}", serde_json::to_string_pretty(&diagnosis)?);
        return Ok(());
    }
    print(&diagnosis);
    println!("\nfound out in {elapsed:.2} ms");
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn print(Diagnosis { report, verdict }: &Diagnosis) {
    if let Some(driver) = &report.driver {
        println!("driver {} for CUDA {:?}, from {}", driver.version, driver.cuda, driver.source);
    }
    for gpu in &report.devices {
        println!("GPU {} {} at {}: {:?}", gpu.index, gpu.name, gpu.pci_bus_id, gpu.compute_capability);
    }
    for card in &report.cards {
        println!("{card}");
    }
    for toolkit in &report.toolkits {
        println!("{toolkit}");
    }
    for compiler in &report.host_compilers {
        println!("{compiler}");
    }
    if let Some(glibc) = &report.glibc {
        println!("glibc {}.{}, from {}", glibc.version.0, glibc.version.1, glibc.source);
    }
    match verdict {
        Verdict::Choice { cmake, env, choice } => {
            for (name, value) in cmake {
                println!("-D{name}={value}");
            }
            for (name, value) in env {
                println!("{name}={value}");
            }
            for note in &choice.notes {
                println!("note: {note}");
            }
        }
        Verdict::Refusal { code, message, help, .. } => {
            println!("{code}: {message}\nhelp: {}", help.as_deref().unwrap_or_default());
        }
    }
}
