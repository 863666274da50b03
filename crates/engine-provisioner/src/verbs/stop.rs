//! `stop`: no process of the pool's engine runs afterwards; an engine that others run is no longer used, and left alone.

use provisioner_core::cfg::Limits;
use provisioner_core::{Lifecycle, StopOutcome};
use serde_json::json;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt) -> Result<Exit> {
    let (id, pool) = target::known(args)?;
    let grace = pool.map_or_else(Limits::default, |pool| pool.provisioning.limits).stop_grace();
    // An interrupt ends the wait for another call; a stop that has begun is finished, in bounded time.
    let stopped = Lifecycle::new(target::working(args, progress, interrupt)?).stop(&id, grace)?;
    progress.clear();
    let text = match stopped {
        StopOutcome::Graceful => "stopped",
        StopOutcome::Forced => "was killed: it did not exit when it was asked to",
        StopOutcome::AlreadyGone => "had exited already",
        StopOutcome::NothingRecorded => "does not run",
        StopOutcome::LeftRunning => "is run by others: it was left running, and the pool no longer uses it",
    };
    report::result(args.json, &json!({"pool_id": id, "stopped": stopped}), || {
        format!("the engine of pool `{id}` {text}")
    })?;
    Ok(Exit::Done)
}
