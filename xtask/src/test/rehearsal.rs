//! The GPU kit, rehearsed where no GPU is: packed with the small project, unpacked in a Debian 12 without Rust and without a
//! network, run to its "no GPU here", and then through all parts with a stand-in for the driver. What it measures there means
//! nothing; that every step works before it is tried on a GPU host does.

mod driver;
mod engine;
mod system;

use std::fs;
use std::path::Path;

use exec::{Env, Exit};
use serde_json::Value;

use self::system::System;
use crate::args::{DemoArgs, GpuArgs, GpuTask};
use crate::failure::{Failure, Result};
use crate::{demo, gpu, packages};

/// A caller that hangs up before a build can be done, its state, and a second caller.
const LEAVES: &str =
    "timeout -s HUP 1 /mnt/run.sh build; /mnt/run.sh status; /mnt/run.sh build && [ -e /mnt/work/report/build.json ]";

/// Packs a kit and runs it in three ways.
pub(crate) fn run(env: &Env, dir: Option<&Path>) -> Result<()> {
    packages::ensure(env, &[("mmdebstrap", "mmdebstrap"), ("bwrap", "bubblewrap"), ("gcc", "gcc")])?;
    let home = demo::home(env, dir)?;
    let scratch = tempfile::Builder::new().prefix("rehearsal.").tempdir_in(&home)?;
    let kit = scratch.path().join("kit");
    let (repo, reference) = engine::repository(scratch.path());
    let source =
        DemoArgs { repo: Some(repo), reference: Some(reference), dir: Some(home.clone()), ..DemoArgs::default() };
    gpu::run(&GpuArgs { source, task: GpuTask::Pack(kit.clone()) })?;
    let system = System::debian(env, &home, &kit)?;
    without_a_gpu(&system, &kit)?;
    fs::remove_dir_all(kit.join("work"))?;
    let driver = driver::install(env, scratch.path())?;
    let system = system.with_local(&driver);
    the_caller_leaves(&system)?;
    with_the_stand_in(&system, &kit)
}

/// A build goes on when its caller's terminal is gone, and the next call follows it.
fn the_caller_leaves(system: &System) -> Result<()> {
    let exit = system.run(&["bash", "-c", LEAVES])?;
    must(exit == Exit::Code(0), || format!("a build whose caller left ends with {exit}"))
}

/// A host without a GPU is told so, and nothing is claimed.
fn without_a_gpu(system: &System, kit: &Path) -> Result<()> {
    let exit = system.run(&["/mnt/run.sh"])?;
    let report = fs::read_to_string(kit.join("work/report/report.md"))?;
    must(exit == Exit::Code(3), || format!("without a GPU the kit exits with {exit}"))?;
    must(report.contains("No NVIDIA GPU here") && !report.contains("## "), || format!("it reports {report}"))
}

/// With a driver every part runs, and every proof has the verdict that the stand-in acts out.
fn with_the_stand_in(system: &System, kit: &Path) -> Result<()> {
    let exit = system.run(&["/mnt/run.sh", "all"])?;
    let report: Value = serde_json::from_slice(&fs::read(kit.join("work/report/report.json"))?)?;
    let proofs = report.pointer("/proofs/proofs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of = |proof: &Value, key: &str| proof.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let surprising: Vec<&Value> = proofs.iter().filter(|proof| of(proof, "verdict") != "holds").collect();
    must(proofs.len() == gpu::PROOFS && surprising.is_empty(), || format!("{} proofs: {surprising:#?}", proofs.len()))?;
    let denied = proofs.iter().find(|proof| of(proof, "name") == "denied").map(Value::to_string).unwrap_or_default();
    must(denied.contains("gpu::not_used"), || format!("without its device nodes an engine is refused by {denied}"))?;
    must(exit == Exit::Code(0), || format!("the kit exits with {exit}"))?;
    for (place, least) in [
        ("/facts/figures", 5),
        ("/facts/nvml/calls", 20),
        ("/build/phases", 2),
        ("/build/ninja/kinds", 2),
        ("/proofs/figures", 6),
    ] {
        let count = report.pointer(place).and_then(Value::as_array).map_or(0, Vec::len);
        must(count >= least, || format!("{place} has {count} items; at least {least} were expected"))?;
    }
    must(report.pointer("/facts/differ").is_some_and(|list| list == &Value::Array(Vec::new())), || {
        format!("facts differ: {:?}", report.pointer("/facts/differ"))
    })?;
    let again = system.run(&["/mnt/run.sh", "status"])?;
    must(again == Exit::Code(0), || format!("run.sh status exits with {again}"))?;
    let text = fs::read_to_string(kit.join("work/report/report.md"))?;
    println!("{text}");
    must(text.contains("| C++ |") && text.contains("## NVML, call by call"), || "the report lacks a section".into())
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise())) }
}
