//! From nothing to an answering engine: a real llama.cpp, built from source by `engine-provisioner`, with a real model. The
//! other modes have a file each.

pub(crate) mod answer;
mod binary;
mod engine;
mod external;
pub(crate) mod fetch;
pub(crate) mod mode;
mod package;
mod planned;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exec::Env;

use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::packages;
use crate::pool::Pool;
use mode::Mode;

/// The pool of the demo.
pub(crate) const ID: &str = "demo";

/// Runs the demo of the mode that is wished for.
pub(crate) fn run(wish: &DemoArgs) -> Result<()> {
    match wish.mode {
        Mode::Source => from_source(wish),
        Mode::Binary => binary::run(wish),
        Mode::Package => package::run(wish),
        Mode::External => external::run(wish),
    }
}

/// Runs all phases; an engine that was started is stopped again, also when a later phase fails.
fn from_source(wish: &DemoArgs) -> Result<()> {
    let env = Env::current();
    let mut clock = Clock::default();
    let home = home(&env, wish.dir.as_deref())?;

    let (cli, pool) = ready(wish, &env, &home, &mut clock)?;
    let file = pool.write(&home)?;
    println!("Pool file: {}\n{pool}", file.display());
    cli.show(&["plan"], &file)?;
    let (_, plan) = cli.ask(&["plan", "--json"], &file)?;

    let served = serve(&cli, &file, &mut clock).and_then(|()| planned::is_what_ran(&cli, &file, &plan));
    if wish.keep && served.is_ok() {
        println!("The engine is still running. To stop it:\n  {}", cli.line(&["stop"], &file));
    } else {
        clock.phase("stop");
        let stopped = cli.show(&["stop"], &file);
        // The first failure is the one to read about.
        served.and(stopped)?;
    }
    print!("{clock}");
    Ok(())
}

/// Tools, source, model, our own program, and the pool that builds llama.cpp, on the GPU where one can be used.
fn ready(wish: &DemoArgs, env: &Env, home: &Path, clock: &mut Clock) -> Result<(Cli, Pool)> {
    clock.phase("tools");
    packages::ensure(env, packages::BUILD)?;
    clock.phase("source");
    let (repo, reference) = source(wish, env, home)?;
    clock.phase("model");
    let model = model(wish, env, home)?;
    clock.phase("cargo build");
    let mut cli = Cli::build(env)?;
    if wish.dir.is_some() {
        cli = cli.contained(home)?;
    }
    clock.phase("plan");
    let mut pool = Pool { id: ID.into(), repo, reference, model, accelerator: "cuda", flags: &[], cmake_flags: &[] };
    let file = pool.write(home)?;
    if let Some(reason) = cli.why_no_gpu(&file)? {
        println!(
            "No GPU can be used here ({reason}).\nThis demo asks for the CPU instead, in words: `accelerator = \"cpu\"`."
        );
        pool.accelerator = "cpu";
    }
    Ok((cli, pool))
}

/// Where llama.cpp comes from, and which commit.
pub(crate) fn source(wish: &DemoArgs, env: &Env, home: &Path) -> Result<(String, String)> {
    let reference = |fallback: &str| wish.reference.clone().unwrap_or_else(|| fallback.into());
    if let Some(repo) = &wish.repo {
        return Ok((absolute(repo)?, reference("master")));
    }
    let bundle = fetch::artifact(env, &fetch::SOURCE, home).map_err(|failure| {
        failure.while_doing("fetching llama.cpp failed (name another source with `--repo URL|PATH`)")
    })?;
    Ok((bundle.display().to_string(), reference(fetch::COMMIT)))
}

/// What the engine shall serve.
pub(crate) fn model(wish: &DemoArgs, env: &Env, home: &Path) -> Result<String> {
    if let Some(model) = &wish.model {
        return absolute(model);
    }
    let file = fetch::artifact(env, &fetch::MODEL, home).map_err(|failure| {
        failure.while_doing("fetching the model failed (name another with `--model PATH|hf:OWNER/REPO/FILE`)")
    })?;
    Ok(file.display().to_string())
}

/// Starts the engine and asks it the question.
fn serve(cli: &Cli, file: &Path, clock: &mut Clock) -> Result<()> {
    clock.phase("ensure");
    cli.show(&["ensure", "--wait"], file)?;
    clock.phase("question");
    let (host, port) = cli.address(file)?;
    let answer = answer::ask(&host, port)?;
    println!("\nQ: {}\nA: {answer}\n", answer::QUESTION);
    cli.show(&["status"], file)
}

/// Where downloads and the pool file are kept.
pub(crate) fn home(env: &Env, dir: Option<&Path>) -> Result<PathBuf> {
    let home = match (dir, env.get("XDG_CACHE_HOME"), env.get("HOME")) {
        (Some(dir), ..) => std::path::absolute(dir)?,
        (None, Some(cache), _) if Path::new(cache).is_absolute() => Path::new(cache).join("engine-provisioner-demo"),
        (None, _, Some(home)) => Path::new(home).join(".cache/engine-provisioner-demo"),
        (None, ..) => return Err(Failure::new("neither XDG_CACHE_HOME nor HOME is set; name a folder with `--dir`")),
    };
    std::fs::create_dir_all(&home)?;
    Ok(home)
}

/// A local path in full, because the pool file is read elsewhere; anything else as it is.
fn absolute(name: &str) -> Result<String> {
    let path = Path::new(name);
    if path.exists() { Ok(path.canonicalize()?.display().to_string()) } else { Ok(name.to_owned()) }
}

/// How long each phase took.
#[derive(Default)]
struct Clock(Vec<(&'static str, Instant)>);

impl Clock {
    /// Ends the phase before and announces the next.
    fn phase(&mut self, name: &'static str) {
        println!("== {name}");
        self.0.push((name, Instant::now()));
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends = self.0.iter().skip(1).map(|(_, start)| *start).chain([Instant::now()]);
        let mut total = Duration::ZERO;
        for ((name, start), end) in self.0.iter().zip(ends) {
            let took = end.duration_since(*start);
            total += took;
            writeln!(f, "{name:>12} {:8.2} s", took.as_secs_f64())?;
        }
        writeln!(f, "{:>12} {:8.2} s", "total", total.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_kept_where_it_was_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let env = |pairs: &[(&str, &str)]| Env::from_pairs(pairs.iter().copied());
        let text = dir.to_str().unwrap();
        let in_cache = dir.join("engine-provisioner-demo");
        assert_eq!(home(&env(&[("XDG_CACHE_HOME", text), ("HOME", "/nonexistent")]), None).unwrap(), in_cache);
        let below_home = dir.join(".cache/engine-provisioner-demo");
        assert_eq!(home(&env(&[("XDG_CACHE_HOME", "relative"), ("HOME", text)]), None).unwrap(), below_home);
        assert_eq!(home(&env(&[]), Some(dir)).unwrap(), dir);
        assert!(home(&env(&[]), None).unwrap_err().to_string().contains("--dir"));
    }
}
