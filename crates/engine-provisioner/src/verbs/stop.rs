//! `stop`: no process of the pool's engine runs afterwards.

use std::time::Duration;

use provisioner_core::cfg::Limits;
use serde_json::json;
use spawner::Stopped;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::progress::Progress;
use crate::{report, target};

/// How long whoever starts or stops this pool is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(args: &Args, progress: &Progress) -> Result<Exit> {
    let (id, pool) = target::known(args)?;
    let grace = pool.map_or_else(Limits::default, |pool| pool.provisioning.limits).stop_grace();
    let stopped = match target::dir(args, &id)? {
        Some(dir) => {
            let guard = dir.lock("stop", PATIENCE)?;
            progress.phase("stopping the engine");
            spawner::stop(&guard, grace)?
        }
        None => Stopped::NothingRecorded,
    };
    progress.clear();
    let (name, text) = match stopped {
        Stopped::Graceful => ("graceful", "stopped"),
        Stopped::Forced => ("forced", "stopped by force: it did not end when it was asked to"),
        Stopped::AlreadyGone => ("already_gone", "had ended already"),
        Stopped::NothingRecorded => ("nothing_recorded", "does not run"),
    };
    report::result(args.json, &json!({"pool_id": id, "stopped": name}), || {
        format!("the engine of pool `{id}` {text}")
    })?;
    Ok(Exit::Done)
}
