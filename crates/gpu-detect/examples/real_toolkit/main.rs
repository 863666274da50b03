//! Proves the solver against a real CUDA toolkit and a real llama.cpp: what it chooses, CMake configures and nvcc
//! compiles; what it refuses, CMake refuses too. Needs no GPU: a stand-in for the driver's library plays one.
//!
//! ```text
//! cargo run -p gpu-detect --example real_toolkit -- CUDA_ROOT LLAMA_CPP_SOURCE
//! ```
//!
//! Ends with status 1 where prediction and outcome differ.
#![expect(clippy::print_stdout, reason = "an example prints")]

mod broken;
mod cmake;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env};
use gpu_detect::{GpuError, Host, Wish, choose, detect};

use broken::Broken;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(root), Some(source)) = (args.next(), args.next()) else {
        return Err("usage: real_toolkit CUDA_ROOT LLAMA_CPP_SOURCE".into());
    };
    let (root, source) = (root.canonicalize()?, source.canonicalize()?);
    let scratch = tempfile::tempdir()?;
    let host = Host::current(Env::current()).with_wish(Wish { toolkit: Some(root.clone()), ..Wish::default() });
    let release = detect(&host).toolkits.first().and_then(|toolkit| toolkit.version).ok_or("no toolkit there")?;
    let host = Host { nvml: vec![driver(scratch.path(), release, (9, 0))?], ..host };
    let choice = choose(&detect(&host), &[], &host)?;
    println!(
        "chosen: {} with {}, architectures {:?}",
        choice.root.display(),
        choice.host_compiler,
        choice.architectures
    );
    let good = choice.cmake_definitions();
    let build = scratch.path().join("build");
    let started = Instant::now();
    let configured = cmake::configure(&source, &build, &good, &host.env)?;
    println!("configured with CUDA: {configured}, in {:.1} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let compiled = configured && cmake::compile_one(&build, &host.env)?;
    println!("compiled one object: {compiled}, in {:.1} s", started.elapsed().as_secs_f64());
    let mut right = configured && compiled;
    for case in Broken::ALL {
        let variant = case.make(&root, &scratch.path().join(case.name()))?;
        let capability = variant.capability.unwrap_or((9, 0));
        let wish =
            Wish { toolkit: Some(variant.root.clone()), host_compiler: variant.host_compiler, ..Wish::default() };
        let host = Host { nvml: vec![driver(scratch.path(), release, capability)?], ..host.clone() }.with_wish(wish);
        let predicted = choose(&detect(&host), &[], &host).err().as_ref().and_then(code).unwrap_or_default();
        let definitions = case.definitions(&good, &variant.root, host.wish.host_compiler.as_deref());
        let folder = scratch.path().join(case.name()).join("build");
        let went_on = cmake::configure(&source, &folder, &definitions, &host.env)?;
        let agrees = predicted == case.code() && went_on == case.code().is_empty();
        let outcome = if went_on { "went on" } else { "refused" };
        println!("{}: {}: predicted `{predicted}`, CMake {outcome}", verdict(agrees), case.name());
        right &= agrees;
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verdict(agrees: bool) -> &'static str {
    if agrees { "right" } else { "WRONG" }
}

fn code(error: &GpuError) -> Option<String> {
    error.code().map(|code| code.to_string())
}

/// A library that plays a driver for this CUDA release, with one GPU.
fn driver(scratch: &Path, release: (u32, u32), capability: (u32, u32)) -> Result<PathBuf, Box<dyn Error>> {
    let library = scratch.join(format!("libnvidia-ml-{}{}.so", capability.0, capability.1));
    let cc = Env::current().find("cc").ok_or("no cc")?;
    let spec = CommandSpec::new(cc, Duration::from_mins(1))
        .args(["-shared", "-fPIC"])
        .arg(format!("-DCUDA={}", release.0 * 1000 + release.1 * 10))
        .arg(format!("-DMAJOR={}", capability.0))
        .arg(format!("-DMINOR={}", capability.1))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/nvml_stub.c"))
        .arg("-o")
        .arg(&library)
        .inherit(&Env::current(), &["PATH"]);
    exec::run(&spec)?.require_success(&spec)?;
    Ok(library)
}
