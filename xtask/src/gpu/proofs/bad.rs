//! Proofs in which no GPU can be used, or not for this: the product has to report that, and must not report success.

use std::path::Path;

use exec::Exit;

use super::engine::Engine;
use super::{Bench, Proof, Verdict};
use crate::failure::Result;
use crate::gpu::call::{Call, call, finish};
use crate::gpu::memory;
use crate::gpu::pools::GpuPool;
use crate::proc;

/// Which bytes a token of context takes in the key-value cache at least, with 32-bit values; used where the kit does not know.
const KV_BYTES: u64 = 20_480;
/// The node that CUDA needs and NVML does not: detection still sees the GPU.
const CUDA_ONLY: &[&str] = &["/dev/nvidia-uvm"];
/// The status of `deny.sh` where nodes cannot be taken away.
const CANNOT_DENY: Exit = Exit::Code(77);
const ENSURE: &[&str] = &["ensure", "--wait=60", "--json"];

/// What may come of a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// The product has to report a failure.
    Refusal,
    /// It may also succeed, if the engine uses the GPU all the same.
    RefusalOrUse,
}

pub(super) fn out_of_memory(bench: &Bench<'_>) -> Result<Proof> {
    let total = memory::query(&bench.host.env, "--query-gpu=memory.total")?;
    let mebibytes: u64 = total.lines().filter_map(|line| line.trim().parse::<u64>().ok()).sum();
    let a_token = bench.host.about.get("kv_bytes").and_then(serde_json::Value::as_u64).unwrap_or(KV_BYTES);
    let ctx = ((mebibytes << 20) / a_token * 5 / 4).min(u64::from(u32::MAX));
    let flags = ["--cache-type-k", "f32", "--cache-type-v", "f32"].map(String::from).into();
    let pool = GpuPool { id: "gpu-large", ctx, flags, ..bench.host.pool.clone() }.write(&bench.host.work)?;
    let call = call(bench.host, ENSURE, &pool)?;
    let named = call.mentions("out of memory") || call.code().is_some_and(|code| code.contains("memory"));
    let mut proof = judged(bench, &call, Allowed::Refusal)?;
    proof.notes.push(format!("a context of {ctx} tokens; the reason is {}named", if named { "" } else { "not " }));
    Ok(proof)
}

pub(super) fn denied(bench: &Bench<'_>) -> Result<Proof> {
    let call = bench.host.cli.command(ENSURE, &bench.pool);
    let Some(spec) = bench.without_nodes(CUDA_ONLY, call)? else { return Ok(cannot("`unshare` is not on PATH")) };
    let call = finish(spec)?;
    if call.exit == CANNOT_DENY || call.stderr.starts_with("unshare:") {
        return Ok(cannot(call.stderr.trim()));
    }
    judged(bench, &call, Allowed::Refusal)
}

pub(super) fn masked(bench: &Bench<'_>) -> Result<Proof> {
    call(bench.host, &["prepare", "--json"], &bench.pool)?.required("`prepare`")?;
    let ensure = bench.host.cli.command(ENSURE, &bench.pool).env("CUDA_VISIBLE_DEVICES", "-1");
    judged(bench, &finish(ensure)?, Allowed::Refusal)
}

pub(super) fn device_none_in_callers_environment(bench: &Bench<'_>) -> Result<Proof> {
    let ensure = bench.host.cli.command(ENSURE, &bench.pool).env("LLAMA_ARG_DEVICE", "none");
    judged(bench, &finish(ensure)?, Allowed::RefusalOrUse)
}

pub(super) fn device_none_in_pool(bench: &Bench<'_>) -> Result<Proof> {
    let pool = GpuPool { id: "gpu-env", env: vec![("LLAMA_ARG_DEVICE", "none")], ..bench.host.pool.clone() };
    judged(bench, &call(bench.host, ENSURE, &pool.write(&bench.host.work)?)?, Allowed::Refusal)
}

pub(super) fn device_none_as_flag(bench: &Bench<'_>) -> Result<Proof> {
    let pool = GpuPool { id: "gpu-flag", flags: vec!["--device".into(), "none".into()], ..bench.host.pool.clone() };
    judged(bench, &call(bench.host, ENSURE, &pool.write(&bench.host.work)?)?, Allowed::Refusal)
}

fn cannot(why: &str) -> Proof {
    Proof::new(Verdict::NotRun, [format!("device nodes cannot be denied here: {why}")])
}

/// Judges by `nvidia-smi` what the call left, beside what the product reported.
fn judged(bench: &Bench<'_>, call: &Call, allowed: Allowed) -> Result<Proof> {
    let product = call.summary();
    let engine = if call.succeeded() { Some(Engine::of(call.json.clone())?) } else { None };
    let (pid, model) = engine.as_ref().map_or((0, 0), |engine| (engine.pid, engine.model));
    let used = memory::used(&bench.idle, &memory::look(&bench.host.env)?, pid, model);
    let (verdict, note) = verdict(allowed, call.succeeded(), used.is_some());
    Ok(Proof { product, ..Proof::new(verdict, [note.to_owned()].into_iter().chain(used)) })
}

/// The rule: success means that a GPU is used, and a failure leaves none in use.
fn verdict(allowed: Allowed, succeeded: bool, used: bool) -> (Verdict, &'static str) {
    match (succeeded, used) {
        (false, false) => (Verdict::Holds, "the product reported a failure, and no GPU memory is in use"),
        (false, true) => (Verdict::Fails, "the product reported a failure, and GPU memory is still in use"),
        (true, false) => (Verdict::Fails, "the product reported success, and the engine uses no GPU"),
        (true, true) if allowed == Allowed::RefusalOrUse => {
            (Verdict::Holds, "the condition has no effect: the GPU is used")
        }
        (true, true) => (Verdict::Fails, "the product reported success, and the GPU is used in spite of the condition"),
    }
}

impl Bench<'_> {
    /// The command in a mount namespace of its own, in which these device nodes cannot be opened.
    pub(super) fn without_nodes(
        &self,
        nodes: &[&str],
        mut spec: exec::CommandSpec,
    ) -> Result<Option<exec::CommandSpec>> {
        let Some(unshare) = self.host.env.find("unshare") else { return Ok(None) };
        let bash = proc::find(&self.host.env, "bash")?;
        let (program, args) = (std::mem::replace(&mut spec.program, unshare), std::mem::take(&mut spec.args));
        let deny: &Path = &self.host.deny;
        let spec = spec.args(["--mount", "--propagation", "private"]).arg(bash).arg(deny).args(nodes.iter().copied());
        Ok(Some(spec.arg("--").arg(program).args(args)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_without_a_gpu_never_holds() {
        for allowed in [Allowed::Refusal, Allowed::RefusalOrUse] {
            assert_eq!(verdict(allowed, true, false).0, Verdict::Fails);
            assert_eq!(verdict(allowed, false, true).0, Verdict::Fails);
            assert_eq!(verdict(allowed, false, false).0, Verdict::Holds);
        }
        assert_eq!(verdict(Allowed::Refusal, true, true).0, Verdict::Fails);
        assert_eq!(verdict(Allowed::RefusalOrUse, true, true).0, Verdict::Holds);
    }
}
