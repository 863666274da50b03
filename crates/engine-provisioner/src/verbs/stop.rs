//! `stop`: no process of the pool's engine runs afterwards; an engine that others run is no longer used, and left alone.

use provisioner_core::cfg::Limits;
use provisioner_core::{Lifecycle, Pools, StopOutcome};
use serde_json::json;

use crate::args::Args;
use crate::args::several::All;
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report::several::{self, Outcome};
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt, All { all }: All) -> Result<Exit> {
    if all {
        return several(args, progress, interrupt);
    }
    let (id, pool) = target::known(args)?;
    let grace = pool.map_or_else(Limits::default, |pool| pool.provisioning.limits).stop_grace();
    // An interrupt ends the wait for another call; a stop that has begun is finished, in bounded time.
    let stopped = Lifecycle::new(target::working(args, progress, interrupt)?).stop(&id, grace)?;
    progress.clear();
    let text = text(stopped);
    report::result(args.json, &json!({"pool_id": id, "stopped": stopped}), || {
        format!("the engine of pool `{id}` {text}")
    })?;
    Ok(Exit::Done)
}

fn text(stopped: StopOutcome) -> &'static str {
    match stopped {
        StopOutcome::Graceful => "stopped",
        StopOutcome::Forced => "was killed: it did not exit when it was asked to",
        StopOutcome::AlreadyGone => "had exited already",
        StopOutcome::NothingRecorded => "does not run",
        StopOutcome::LeftRunning => "is run by others: it was left running, and the pool no longer uses it",
    }
}

/// Stops the engines of all pools of the configuration.
fn several(args: &Args, progress: &Progress, interrupt: &Interrupt) -> Result<Exit> {
    let pools = target::pools(args)?;
    progress.names_pools(pools.len() > 1);
    let results = Pools::new(pools, target::working(args, progress, interrupt)?).stop();
    progress.clear();
    several::shown(args, results, |stopped| Outcome {
        word: "stopped",
        detail: text(*stopped).to_owned(),
        document: ("stopped", json!(stopped)),
    })
}
