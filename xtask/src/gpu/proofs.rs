//! The third part: what an engine and the product do with a real GPU in good and bad conditions. The judge is `nvidia-smi`; what
//! the product reported stands beside it, so that a gap between the two is visible.
//!
//! The rule that the bad conditions test: the product never reports success for an engine that does not use a GPU.

mod bad;
mod control;
mod engine;
mod figures;
mod good;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Done;
use super::call::call;
use super::host::GpuHost;
use super::memory::{self, Memory};
use crate::failure::{Failure, Result};

/// What one proof shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Holds,
    Fails,
    /// This host cannot create the condition.
    NotRun,
}

/// The outcome of one proof.
#[derive(Debug)]
struct Proof {
    verdict: Verdict,
    /// Evidence, one sentence each.
    notes: Vec<String>,
    /// What the product reported.
    product: Value,
}

impl Proof {
    fn new(verdict: Verdict, notes: impl IntoIterator<Item = String>) -> Self {
        Self { verdict, notes: notes.into_iter().collect(), product: Value::Null }
    }

    fn holds(notes: impl IntoIterator<Item = String>) -> Self {
        Self::new(Verdict::Holds, notes)
    }
}

/// Name, condition, and how it is proven.
type Case = (&'static str, &'static str, fn(&Bench<'_>) -> Result<Proof>);

/// How many proofs there are.
pub(super) const COUNT: usize = 14;

/// They run in this order; each begins with no engine running.
const CASES: [Case; COUNT] = [
    ("running", "the engine answers, has all layers on the GPU and holds its memory", good::running),
    ("adoption", "a second `ensure` finds the same process", good::adopted),
    ("caller-killed", "the engine of a killed `ensure` is adopted or started again", good::caller_killed),
    ("two-pools", "two pools share a GPU; one goes on when the other stops", good::two_pools),
    ("stop", "`stop` frees the GPU memory", good::stopped),
    ("kill", "after kill -9 the memory is free, and `ensure` starts another process", good::killed),
    ("out-of-memory", "a context larger than the GPU is a failure with a reason", bad::out_of_memory),
    ("denied", "the engine may not open the device nodes that CUDA needs", bad::denied),
    ("mask", "CUDA_VISIBLE_DEVICES hides the GPUs between `prepare` and the start", bad::masked),
    (
        "device-none-caller",
        "the caller's environment has LLAMA_ARG_DEVICE=none",
        bad::device_none_in_callers_environment,
    ),
    ("device-none-pool", "the pool's `env` has LLAMA_ARG_DEVICE=none", bad::device_none_in_pool),
    ("device-none-flag", "the pool's flags are `--device none`", bad::device_none_as_flag),
    (
        "control-denied",
        "control: a copy started by hand without device nodes is judged not to use a GPU",
        control::denied,
    ),
    (
        "control-none",
        "control: a copy started by hand with LLAMA_ARG_DEVICE=none is judged likewise",
        control::device_none,
    ),
];

/// What all proofs work with.
struct Bench<'a> {
    host: &'a GpuHost,
    pool: PathBuf,
    /// GPU memory before the first engine.
    idle: Memory,
}

pub(super) fn measure(host: &GpuHost) -> Result<Done> {
    let pool = host.pool.write(&host.work)?;
    call(host, &["stop", "--json"], &pool)?;
    call(host, &["prepare", "--json"], &pool)?.required("`prepare`")?;
    let bench = Bench { host, pool, idle: memory::look(&host.env)? };
    let (mut proofs, mut failed) = (Vec::new(), Vec::new());
    for (name, condition, prove) in CASES {
        let proof = prove(&bench).unwrap_or_else(|failure| Proof::new(Verdict::Fails, [failure.to_string()]));
        bench.reset()?;
        println!("{:>8} {name}: {}", proof.verdict.word(), proof.notes.join("; "));
        if proof.verdict == Verdict::Fails {
            failed.push(name);
        }
        proofs.push(json!({
            "name": name, "condition": condition, "verdict": proof.verdict.word(), "notes": proof.notes,
            "product": proof.product,
        }));
    }
    let figures = figures::measure(&bench);
    bench.reset()?;
    let result = json!({ "proofs": proofs, "figures": figures? });
    let failure = (!failed.is_empty()).then(|| Failure::new(format!("not proven: {}", failed.join(", "))));
    Ok(Done { result, failure })
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::NotRun => "not run",
        }
    }
}

impl Bench<'_> {
    /// Stops every engine that a proof may have left, and waits for the GPU memory.
    fn reset(&self) -> Result<()> {
        for pool in std::fs::read_dir(self.host.work.join("pools"))?.flatten() {
            call(self.host, &["stop", "--json"], &pool.path())?;
        }
        memory::freed(&self.host.env, &self.idle).map(|_time| ())
    }
}
