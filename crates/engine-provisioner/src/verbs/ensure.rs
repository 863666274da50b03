//! `ensure`: the engine runs, and answers where that was waited for.

use std::time::Duration;

use provisioner_core::{Ensured, Started};

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::progress::Progress;
use crate::verbs::summary;
use crate::{health, report, target};

#[expect(clippy::option_option, reason = "clap's way to tell `--wait` from `--wait=5`")]
pub(crate) fn run(args: &Args, progress: &Progress, wait: Option<Option<u64>>, replace: bool) -> Result<Exit> {
    let pool = target::pool(args)?;
    let limit =
        wait.map(|seconds| seconds.map_or_else(|| pool.provisioning.limits.ready_timeout(), Duration::from_secs));
    let id = pool.id.clone();
    let ensured = target::provider(args, &pool, progress, replace)?.ensure_running(pool)?;
    if let Some(limit) = limit {
        let dir = target::dir(args, &id)?.ok_or(Failure::Gone)?;
        health::wait(&ensured, &dir, limit, progress)?;
    }
    progress.clear();
    report::result(args.json, &ensured, || text(&ensured, limit.is_some()))?;
    Ok(Exit::Done)
}

fn text(ensured: &Ensured, answers: bool) -> String {
    let Ensured { prepared, process } = ensured;
    let how = match process.started {
        Started::Now => "runs",
        Started::Already => "already runs with this configuration",
        Started::Replaced => "runs in place of another configuration",
    };
    let answers = if answers { ", and answers" } else { "" };
    let head = format!("pool `{}` {how}{answers}: {}", prepared.pool_id, prepared.url);
    format!("{head}\n{}  pid      {}\n  log      {}\n", summary::of(prepared), process.pid, process.log.display())
}
