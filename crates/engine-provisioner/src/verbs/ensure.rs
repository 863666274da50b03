//! `ensure`: the engine runs, and answers where that was waited for.

mod failed;

use std::fmt::Write;
use std::num::NonZeroU32;
use std::time::Duration;

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{Bundle, Ensured, InstanceKind, Lifecycle, Pools, Settings, Started};
use serde_json::json;

use self::failed::{Failed, RunId};
use crate::args::{Args, EnsureArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report::several::{self, Outcome};
use crate::report::{gpu, summary};
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &EnsureArgs) -> Result<Exit> {
    if wish.previous {
        return previous(args, progress, interrupt, wish);
    }
    if wish.all.pools.all {
        return several(args, progress, interrupt, wish);
    }
    let mut pool = target::pool(args)?;
    if let Some(Some(seconds)) = wish.wait {
        wait_at_most(&mut pool, seconds);
    }
    let limit =
        wish.wait.map(|seconds| seconds.map_or_else(|| pool.provisioning.limits.ready_timeout(), Duration::from_secs));
    let silence = pool.provisioning.limits.ready_silence();
    let settings = target::agreed(target::working(args, progress, interrupt)?, args, &wish.prepare)?;
    let run = RunId::default();
    let settings = run.listening(Settings { replace: wish.replace, ..settings });
    // The bundle of an engine that was started and then waited for.
    let mut started = None;
    let mut bring = || -> Result<Ensured> {
        let mut ensured = target::provider(&pool, settings.clone())?.ensure_running(pool.clone())?;
        if let Some(limit) = limit {
            started = Some(ensured.prepared.proof_dir.clone());
            let lifecycle = Lifecycle::new(settings.clone()).with_ready_silence(silence);
            lifecycle.wait_ready_for(&ensured, limit)?.complete(&mut ensured);
        }
        Ok(ensured)
    };
    let ensured = bring();
    if let (Err(failure), Some(out)) = (&ensured, &wish.proof_out) {
        let call = Failed { id: &pool.id, pool: Some(&pool), run: &run, dir: started, failure };
        failed::write(out, &call, &settings);
    }
    shown(args, progress, wish, &ensured?)
}

/// Makes the engines of all pools of the configuration run.
fn several(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &EnsureArgs) -> Result<Exit> {
    let mut pools = target::pools(args)?;
    progress.names_pools(pools.len() > 1);
    if let Some(Some(seconds)) = wish.wait {
        for pool in &mut pools {
            wait_at_most(pool, seconds);
        }
    }
    let settings = target::agreed(target::working(args, progress, interrupt)?, args, &wish.prepare)?;
    let settings = Settings { replace: wish.replace, ..settings };
    let wait = wish.wait.map(|seconds| seconds.map(Duration::from_secs));
    let results = Pools::new(pools, settings).builds_at_once(wish.all.builds).ensure_running(wait);
    progress.clear();
    several::shown(args, results, |ensured| Outcome {
        word: match ensured.started {
            Started::Now => "started",
            Started::Already => "already_running",
            Started::Replaced => "replaced",
        },
        detail: ensured.prepared.url.clone(),
        document: ("engine", json!(ensured)),
    })
}

/// Where the pool goes back to an earlier engine, the library waits, for the pool's own limit.
fn wait_at_most(pool: &mut PoolConfig, seconds: u64) {
    if let Some(seconds) = u32::try_from(seconds).ok().and_then(NonZeroU32::new) {
        pool.provisioning.limits.ready_timeout_s = Some(seconds);
    }
}

/// Goes back to the engine that worked before.
fn previous(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &EnsureArgs) -> Result<Exit> {
    let (id, pool) = target::known(args)?;
    let limits = pool.as_ref().map(|pool| pool.provisioning.limits.clone()).unwrap_or_default();
    let run = RunId::default();
    let settings = run.listening(target::working(args, progress, interrupt)?);
    let lifecycle = Lifecycle::new(settings.clone()).with_ready_silence(limits.ready_silence());
    let mut started = None;
    let mut bring = || -> Result<Ensured> {
        let mut ensured = lifecycle.start_previous(&id)?;
        started = Some(ensured.prepared.proof_dir.clone());
        if let Some(seconds) = wish.wait {
            let limit = seconds.map_or_else(|| limits.ready_timeout(), Duration::from_secs);
            lifecycle.wait_ready_for(&ensured, limit)?.complete(&mut ensured);
        }
        Ok(ensured)
    };
    let ensured = bring();
    if let (Err(failure), Some(out)) = (&ensured, &wish.proof_out) {
        let call = Failed { id: &id, pool: pool.as_ref(), run: &run, dir: started, failure };
        failed::write(out, &call, &settings);
    }
    shown(args, progress, wish, &ensured?)
}

/// Writes the proof where that was asked for, and shows what runs.
fn shown(args: &Args, progress: &Progress, wish: &EnsureArgs, ensured: &Ensured) -> Result<Exit> {
    if let Some(path) = &wish.proof_out {
        let path = target::absolute(path)?;
        durable::replace(&path, &Bundle::read(&ensured.prepared.proof_dir)?.pack())?;
    }
    progress.clear();
    report::result(args.json, ensured, || text(ensured, wish.wait.is_some()))?;
    Ok(Exit::Done)
}

fn text(ensured: &Ensured, answers: bool) -> String {
    let Ensured { prepared, process, instance, started, .. } = ensured;
    let remote = matches!(instance, Some(InstanceKind::Remote { .. }));
    let how = match started {
        Started::Now if remote => "uses an engine that others run",
        Started::Already if remote => "already uses this engine, which others run",
        Started::Replaced if remote => "uses an engine that others run in place of the one before it",
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
