//! Proofs in which the engine has to use the GPU, and to let go of it.

use exec::Exit;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{Bench, Proof};
use crate::failure::{Failure, Result};
use crate::gpu::call::call;
use crate::gpu::memory;
use crate::gpu::pools::GpuPool;
use crate::proc;

/// After how many seconds a caller is killed: while the engine is started, and while it is waited for.
const STRIKES: [&str; 3] = ["0.1", "0.3", "0.6"];

pub(super) fn running(bench: &Bench<'_>) -> Result<Proof> {
    let engine = bench.ensure(&bench.pool)?;
    let mut proof = Proof::holds(bench.evidence(&engine, &bench.idle)?);
    let status = call(bench.host, &["status", "--json"], &bench.pool)?;
    let bytes = status.json.get("gpu_memory_bytes").cloned().unwrap_or_default();
    proof.notes.push(format!("`status` reports gpu_memory_bytes {bytes}"));
    proof.product = engine.document;
    Ok(proof)
}

pub(super) fn adopted(bench: &Bench<'_>) -> Result<Proof> {
    let (first, second) = (bench.ensure(&bench.pool)?, bench.ensure(&bench.pool)?);
    must(first.pid == second.pid && second.started() == "already", || format!("started again: {}", second.document))?;
    let note = format!("process {} both times", first.pid);
    Ok(Proof::holds([note].into_iter().chain(bench.evidence(&second, &bench.idle)?)))
}

pub(super) fn caller_killed(bench: &Bench<'_>) -> Result<Proof> {
    let mut notes = Vec::new();
    for strike in STRIKES {
        let caller = bench.host.cli.command(&["ensure", "--wait"], &bench.pool);
        let mut killed = caller.clone();
        killed.program = proc::find(&bench.host.env, "timeout")?;
        killed.args = ["-s", "KILL", strike].map(Into::into).into();
        exec::run(&killed.arg(&caller.program).args(&caller.args))?;
        let left = pid_of(bench)?;
        let engine = bench.ensure(&bench.pool)?;
        must(left.is_none_or(|left| left == engine.pid), || format!("process {left:?} was not adopted"))?;
        bench.evidence(&engine, &bench.idle)?;
        let how = if left.is_some() { "adopted" } else { "started again" };
        notes.push(format!("killed after {strike} s: {how}"));
        bench.reset()?;
    }
    Ok(Proof::holds(notes))
}

pub(super) fn two_pools(bench: &Bench<'_>) -> Result<Proof> {
    let other = GpuPool { id: "gpu-two", ..bench.host.pool.clone() }.write(&bench.host.work)?;
    let first = bench.ensure(&bench.pool)?;
    let between = memory::look(&bench.host.env)?;
    let second = bench.ensure(&other)?;
    must(first.pid != second.pid, || "both pools have one process".into())?;
    let mut notes = bench.evidence(&first, &bench.idle)?;
    notes.extend(bench.evidence(&second, &between)?);
    call(bench.host, &["stop", "--json"], &bench.pool)?.required("`stop`")?;
    let left = bench.evidence(&second, &bench.idle)?;
    notes.push(format!("after one was stopped, the other {}", left.join(", ")));
    Ok(Proof::holds(notes))
}

pub(super) fn stopped(bench: &Bench<'_>) -> Result<Proof> {
    let engine = bench.ensure(&bench.pool)?;
    bench.evidence(&engine, &bench.idle)?;
    let stop = call(bench.host, &["stop", "--json"], &bench.pool)?;
    let took = stop.took;
    let product = stop.required("`stop`")?;
    let freed = memory::freed(&bench.host.env, &bench.idle)?;
    let times = format!("stopped in {:.2} s, memory free {:.2} s later", took.as_secs_f64(), freed.as_secs_f64());
    Ok(Proof { product, ..Proof::holds([times]) })
}

pub(super) fn killed(bench: &Bench<'_>) -> Result<Proof> {
    let engine = bench.ensure(&bench.pool)?;
    bench.evidence(&engine, &bench.idle)?;
    let pid = Pid::from_raw(i32::try_from(engine.pid)?);
    kill(pid, Signal::SIGKILL)?;
    let freed = memory::freed(&bench.host.env, &bench.idle)?;
    let status = call(bench.host, &["status", "--json"], &bench.pool)?;
    must(status.exit == Exit::Code(6), || format!("`status` exits with {} after kill -9", status.exit))?;
    let again = bench.ensure(&bench.pool)?;
    must(again.pid != engine.pid && again.started() == "now", || format!("not started again: {}", again.document))?;
    let note = format!("memory free {:.2} s after the kill, then process {}", freed.as_secs_f64(), again.pid);
    let notes = [note].into_iter().chain(bench.evidence(&again, &bench.idle)?);
    Ok(Proof { product: status.json, ..Proof::holds(notes) })
}

/// The process that `status` reports, if any.
fn pid_of(bench: &Bench<'_>) -> Result<Option<u64>> {
    Ok(call(bench.host, &["status", "--json"], &bench.pool)?.json.get("pid").and_then(Value::as_u64))
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise())) }
}
