//! Proofs and figures on a host with an NVIDIA GPU, in a store of their own: what the host has, a build for its GPUs, and what
//! the engine does in good and bad conditions. With cargo all of it runs here; a kit carries the same parts to a host that has
//! neither Rust nor a network.
//!
//! A part writes its result as JSON; the report is made from all results that are there, after each part.

mod build;
mod call;
mod facts;
mod host;
mod kit;
mod memory;
mod ninja;
mod phases;
mod pools;
mod proofs;
mod report;
mod smi;

use std::path::Path;

use exec::Env;

use self::host::GpuHost;
use crate::args::{DemoArgs, GpuArgs, GpuPart, GpuTask};
use crate::failure::{Failure, Result};
use crate::test::rehearsal;
use crate::{demo, figures, packages};

/// The exit code of a part that found no GPU, or none that can be used.
const NO_GPU: u8 = 3;

/// How many proofs there are.
pub(crate) const PROOFS: usize = proofs::COUNT;

/// Where the report of a checkout goes.
const FILE: &str = "docs/measurements/gpu.md";

/// Ends with code 3 on a host without a GPU or a toolkit. Engines that were started are stopped again.
pub(crate) fn run(args: &GpuArgs) -> Result<()> {
    let env = Env::current();
    match &args.task {
        GpuTask::All => all(&env, &args.source),
        GpuTask::Pack(dir) => kit::pack(&env, &args.source, dir),
        GpuTask::Rehearse => rehearsal::run(&env, args.source.dir.as_deref()),
        GpuTask::Part(part, kit) => one(*part, &GpuHost::of_kit(&env, kit)?),
    }
}

/// Every part with this checkout; the report becomes a page of the documentation, whatever its verdicts.
fn all(env: &Env, source: &DemoArgs) -> Result<()> {
    packages::ensure(env, packages::BUILD)?;
    let home = demo::home(env, source.dir.as_deref())?;
    let work = tempfile::Builder::new().prefix("gpu.").tempdir_in(&home)?;
    let host = GpuHost::of_checkout(env, source, &home, work.path())?;
    let facts = one(GpuPart::Facts, &host);
    if let Some(failure) = facts.as_ref().err().filter(|failure| failure.exit_code == NO_GPU) {
        return Err(Failure::missing(failure.to_string()));
    }
    one(GpuPart::Build, &host)?;
    let proofs = one(GpuPart::Proofs, &host);
    figures::write(Path::new(FILE), &report::write(&host)?)?;
    facts.and(proofs)
}

/// Runs one part, keeps its result, and writes the report. A part that found something wrong fails after that.
fn one(part: GpuPart, host: &GpuHost) -> Result<()> {
    println!("== {}", part.name());
    let done = match part {
        GpuPart::Facts => facts::measure(host)?,
        GpuPart::Build => build::measure(host)?,
        GpuPart::Proofs => proofs::measure(host)?,
    };
    host.keep(part.name(), &done.result)?;
    report::write(host)?;
    done.failure.map_or(Ok(()), Err)
}

/// What a part found, and what of it is wrong.
struct Done {
    result: serde_json::Value,
    failure: Option<Failure>,
}
