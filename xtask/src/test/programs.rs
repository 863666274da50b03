//! Programs that compare a crate with the real thing and end with a status. Each run of one counts as one test.

use std::ffi::OsStr;

use exec::Env;
use serde_json::Value;

use super::counts::Counts;
use super::{adopted, cuda_root};
use crate::args::{DemoArgs, TestArgs};
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::{demo, package_names, pool, proc};

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
        test("real engine, adopted from a killed caller", adopted::run(env));
        test("names of packages, beside those that apt has", package_names::run());
        test("flags, beside those that the real engine takes", differential(env));
    }
    if wish.cuda {
        test("CUDA choices, beside what a real toolkit does", real_toolkit(env));
    }
    test(
        "tables of flags, beside the help texts",
        example(env, &["-p", "flags", "--example", "catalogue"], &["--check"]),
    );
    counts
}

/// 300 command lines for the engine that the demo has built.
fn differential(env: &Env) -> Result<()> {
    let file = pool::file(&demo::home(env, None)?, demo::ID);
    let (_, summary) = Cli::build(env)?.ask(&["prepare", "--json"], &file)?;
    let engine = summary.get("binary_path").and_then(Value::as_str);
    let engine = engine.ok_or_else(|| Failure::new(format!("`prepare` names no `binary_path`: {summary}")))?;
    example(env, &["--release", "-p", "flags", "--example", "differential"], &[engine, "300", "1"])
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
