//! `ensure`: the engine runs, and answers where that was waited for.

use std::fmt::Write;
use std::time::Duration;

use provisioner_core::{Ensured, InstanceKind, Lifecycle, Settings, Started};

use crate::args::{Args, EnsureArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::verbs::{gpu, summary};
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &EnsureArgs) -> Result<Exit> {
    let pool = target::pool(args)?;
    let limit =
        wish.wait.map(|seconds| seconds.map_or_else(|| pool.provisioning.limits.ready_timeout(), Duration::from_secs));
    let silence = pool.provisioning.limits.ready_silence();
    let settings = target::agreed(target::working(args, progress, interrupt)?, &wish.prepare)?;
    let settings = Settings { replace: wish.replace, ..settings };
    let mut ensured = target::provider(&pool, settings.clone())?.ensure_running(pool)?;
    if let Some(limit) = limit {
        Lifecycle::new(settings).with_ready_silence(silence).wait_ready_for(&ensured, limit)?.complete(&mut ensured);
    }
    progress.clear();
    report::result(args.json, &ensured, || text(&ensured, limit.is_some()))?;
    Ok(Exit::Done)
}

fn text(ensured: &Ensured, answers: bool) -> String {
    let Ensured { prepared, process, instance, started, .. } = ensured;
    let how = match started {
        Started::Now => "runs",
        Started::Already => "already runs with this configuration",
        Started::Replaced => "runs in place of the engine before it",
    };
    let due = !answers && gpu::is_due(prepared);
    let answers = if answers { ", and answers" } else { "" };
    let mut text = format!("pool `{}` {how}{answers}: {}\n", prepared.pool_id, prepared.url);
    text.push_str(&summary::of(prepared));
    if due {
        text.push_str(
            "  gpu      not proven yet: `ensure --wait` and `status` look whether the engine is on its GPU\n",
        );
    }
    // Writing to a `String` cannot fail.
    match instance {
        Some(InstanceKind::Process { pid }) => writeln!(text, "  pid      {pid}").ok(),
        Some(InstanceKind::Container { runtime, name, .. }) => writeln!(text, "  {runtime:<8} {name}").ok(),
        Some(InstanceKind::Remote { .. }) | None => None,
    };
    if let Some(process) = process {
        writeln!(text, "  log      {}", process.log.display()).ok();
    }
    text
}
