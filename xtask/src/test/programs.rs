//! Programs that compare a crate with the real thing and end with a status. Each run of one counts as one test.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use exec::Env;
use serde_json::Value;

use super::counts::Counts;
use super::{adopted, archives, cuda_root, rehearsal, shards};
use crate::args::{DemoArgs, TestArgs};
use crate::cli::Cli;
use crate::demo::fetch;
use crate::demo::mode::Mode;
use crate::failure::{Failure, Result};
use crate::pool::Pool;
use crate::{demo, package_names, pool, proc};

/// The pool of a llama.cpp of another era.
const OLDER: &str = "older";

/// Runs those that are wished for; a failure is told and counted, and the next one runs.
pub(super) fn run(env: &Env, wish: TestArgs) -> Counts {
    let mut counts = Counts::default();
    let mut test = |what: &str, result: Result<()>| match result {
        Ok(()) => {
            println!("PASS: {what}");
            counts.passed += 1;
        }
        Err(failure) => {
            println!("FAIL: {what}: {failure}");
            counts.failed += 1;
        }
    };
    if wish.full {
        // The first run builds (or finds) the engine, the second must find it.
        test("real engine, first run", demo::run(&DemoArgs::default()));
        test("real engine, second run", demo::run(&DemoArgs::default()));
        for (what, mode) in [
            ("real engine, out of archives", Mode::Binary),
            ("real engine, installed as a package by the real pacman", Mode::Package),
            ("real engine, that others installed or run", Mode::External),
        ] {
            test(what, demo::run(&DemoArgs { mode, ..DemoArgs::default() }));
        }
        test("real engine, adopted from a killed caller", adopted::run(env));
        test("real engine, on the shards of a split model", shards::run(env));
        test("real engine, out of archives of each kind", archives::run(env));
        test("real engine of another era, b6673", older(env));
        let differential = real_pools(env).and_then(|pools| differential(env, &pools));
        test("flags, beside those that real engines take", differential);
        test("names of packages, beside those that apt has", package_names::run());
    }
    if wish.cuda {
        test("CUDA choices, beside what a real toolkit does", real_toolkit(env));
    }
    if wish.soak_minutes.is_some() {
        // Once is enough: nothing in it is random. Sweeps that end after the minutes follow it.
        test("the kit for GPU hosts, rehearsed in a bare Debian 12", rehearsal::run(env, None));
    }
    test("tables of flags, beside the help texts", catalogue(env, true));
    counts
}

/// llama.cpp b6673: configured and built as the same pool with another source, and found the second time.
fn older(env: &Env) -> Result<()> {
    let home = demo::home(env, None)?;
    let bundle = fetch::artifact(env, &fetch::OLDER_SOURCE, &home)?;
    let model = demo::model(&DemoArgs::default(), env, &home)?;
    let pool = Pool {
        id: OLDER.into(),
        repo: bundle.display().to_string(),
        reference: fetch::OLDER_COMMIT.into(),
        model,
        accelerator: "cpu",
        flags: &[],
        cmake_flags: &[],
    };
    let (cli, file) = (Cli::build(env)?, pool.write(&home)?);
    cli.show(&["prepare"], &file)?;
    let (_, plan) = cli.ask(&["plan", "--json"], &file)?;
    let steps = plan.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let build = steps.iter().find(|step| step.get("kind").is_some_and(|kind| kind == "build"));
    if build.and_then(|step| step.get("cache")).is_none_or(|cache| cache != "hit") {
        return Err(Failure::new(format!("the build is not found again: {plan}")));
    }
    let (_, again) = cli.ask(&["prepare", "--json"], &file)?;
    let engine = again.get("binary_path").and_then(Value::as_str);
    let engine = engine.ok_or_else(|| Failure::new(format!("`prepare` names no `binary_path`: {again}")))?;
    let said = proc::capture(&proc::command(env, engine.into(), Duration::from_mins(1)).arg("--version"))?;
    let said = format!("{}{}", said.stdout_text(), String::from_utf8_lossy(&said.stderr));
    if said.contains(&fetch::OLDER_COMMIT[..7]) {
        return Ok(());
    }
    Err(Failure::new(format!("`--version` names another commit: {said}")))
}

/// Makes the tables of flags from the help texts, or checks them.
pub(super) fn catalogue(env: &Env, check: bool) -> Result<()> {
    let args: &[&str] = if check { &["--check"] } else { &[] };
    example(env, &["-p", "flags", "--example", "catalogue"], args)
}

/// 300 command lines for the engine of each of these pools, which must be in the store or can be built.
fn differential(env: &Env, pools: &[PathBuf]) -> Result<()> {
    let cli = Cli::build(env)?;
    for pool in pools {
        let (_, summary) = cli.ask(&["prepare", "--json"], pool)?;
        let engine = summary.get("binary_path").and_then(Value::as_str);
        let engine = engine.ok_or_else(|| Failure::new(format!("`prepare` names no `binary_path`: {summary}")))?;
        example(env, &["--release", "-p", "flags", "--example", "differential"], &[engine, "300", "1"])?;
    }
    Ok(())
}

/// The pool files of the real engines that a full test has built.
fn real_pools(env: &Env) -> Result<Vec<PathBuf>> {
    let home = demo::home(env, None)?;
    Ok([demo::ID, OLDER].map(|id| pool::file(&home, id)).to_vec())
}

/// The solver's choices for a whole toolkit and for broken ones, tried with nvcc and llama.cpp's CMake files.
fn real_toolkit(env: &Env) -> Result<()> {
    let home = demo::home(env, None)?;
    let root = cuda_root::ensure(env, &home)?;
    let (repo, commit) = demo::source(&DemoArgs::default(), env, &home)?;
    let checkout = tempfile::Builder::new().prefix("llama.cpp.").tempdir_in(&home)?;
    proc::capture(&proc::tool(env, &["git", "clone", "--quiet", "--no-checkout", &repo, "."], checkout.path())?)?;
    proc::capture(&proc::tool(env, &["git", "checkout", "--quiet", "--detach", &commit], checkout.path())?)?;
    example(env, &["-p", "gpu-detect", "--example", "real_toolkit"], &[root.as_path(), checkout.path()])
}

/// Runs an example of the workspace with our output.
fn example<S: AsRef<OsStr>>(env: &Env, which: &[&str], args: &[S]) -> Result<()> {
    let words = ["run", "--quiet"].iter().chain(which).chain(&["--"]).map(OsStr::new);
    let words: Vec<&OsStr> = words.chain(args.iter().map(AsRef::as_ref)).collect();
    proc::with_terminal(&proc::cargo(env)?, &words, &[])
}
