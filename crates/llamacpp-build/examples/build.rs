//! Builds llama-server for the processor, from any repository and reference, into a cache folder.
//!
//! `cargo run -p llamacpp-build --example build -- REPO REF CACHE_DIR [-DNAME=VALUE…]` (REPO: https URL or absolute path)
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use engine_store::Layout;
use exec::{CommandSpec, Env, run};
use llamacpp_build::{
    Backend, BuildRequest, Definition, Event, Generator, Limits, Source, ToolId, Toolchain, Transport, build, resolve,
};

fn tool(env: &Env, name: &str) -> Result<ToolId, Box<dyn Error>> {
    let path = env.find(name).ok_or_else(|| format!("no {name} on PATH"))?;
    let spec = CommandSpec::new(&path, Duration::from_secs(10)).arg("--version");
    let version = run(&spec)?.require_success(&spec)?.stdout_text().lines().next().unwrap_or_default().to_owned();
    Ok(ToolId { path, version })
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [repo, reference, cache, definitions @ ..] = args.as_slice() else {
        return Err("usage: build REPO REF CACHE_DIR [-DNAME=VALUE…]".into());
    };
    let env = Env::current();
    let transport = if repo.starts_with("https:") { Transport::Https } else { Transport::Local };
    let request = BuildRequest {
        source: Source { repo: repo.clone(), transport, reference: reference.clone(), submodules: false },
        backend: Backend::Cpu,
        definitions: definitions.iter().map(|text| Definition::parse(text)).collect::<Result<_, _>>()?,
        tools: Toolchain {
            git: tool(&env, "git")?,
            cmake: tool(&env, "cmake")?,
            generator: Generator::Ninja,
            make: tool(&env, "ninja")?,
            cc: tool(&env, "cc")?,
            cxx: tool(&env, "c++")?,
            linker: ["mold", "ld.lld", "ld"].iter().find_map(|name| tool(&env, name).ok()),
            ccache: tool(&env, "ccache").ok(),
        },
        jobs: None,
        limits: Limits {
            fetch: Duration::from_mins(10),
            fetch_silence: Duration::from_mins(10),
            build: Duration::from_hours(2),
            silence: Duration::from_mins(30),
        },
        env,
        guard: llamacpp_build::Guard::default(),
    };
    let layout = Layout::new(Path::new(cache))?;
    let started = Instant::now();
    let commit = resolve(&layout, &request)?;
    let entry = build(&layout, &request, &commit, None, &|event: &Event| println!("{event:?}"))?;
    println!("{} {} {}", entry.manifest.engine_version, entry.manifest.engine_digest(), entry.binary().display());
    println!("ready after {} ms", started.elapsed().as_millis());
    Ok(())
}
