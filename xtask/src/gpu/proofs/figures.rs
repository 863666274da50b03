//! What calls cost while the engine runs and when it is started: from call to exit, and from call to the engine's exec.

use serde_json::{Value, json};

use super::Bench;
use crate::bench::median;
use crate::bench::opened::until_opened;
use crate::failure::Result;
use crate::gpu::call::{median_of, milliseconds};
use crate::proc;

/// How often a call is measured that changes nothing.
const ROUNDS: usize = 9;
/// How often the engine is started.
const STARTS: usize = 5;

pub(super) fn measure(bench: &Bench<'_>) -> Result<Value> {
    let command = |words: &[&str]| bench.host.cli.command(words, &bench.pool);
    let engine = bench.ensure(&bench.pool)?;
    let mut figures = Vec::new();
    for (what, words) in [
        ("`plan` of a running pool", &["plan"][..]),
        ("`ensure` of a running pool", &["ensure"]),
        ("`status` of a running pool", &["status"]),
    ] {
        figures.push((what, median_of(ROUNDS, &command(words))?));
    }
    let (mut stops, mut exec, mut ready) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        stops.push(proc::capture(&command(&["stop"]))?.elapsed);
        exec.push(until_opened(&engine.binary, || proc::capture(&command(&["ensure"])).map(|_output| ()))?);
        proc::capture(&command(&["ensure", "--wait"]))?;
        stops.push(proc::capture(&command(&["stop"]))?.elapsed);
        ready.push(proc::capture(&command(&["ensure", "--wait"]))?.elapsed);
    }
    figures.push(("`ensure`, from call to the engine's exec", milliseconds(median(exec))));
    figures.push(("`ensure --wait` of a stopped pool", milliseconds(median(ready))));
    figures.push(("`stop`", milliseconds(median(stops))));
    Ok(figures.into_iter().map(|(what, time)| json!({ "what": what, "milliseconds": time })).collect())
}
