//! The runtime of a pool whose engine may be of any kind: its record says which one answers.
//!
//! The rule: an engine is started by the runtime of its kind, and looked at and stopped by that of the engine that the pool
//! has, so that one of another kind is found, refused and replaced like one of another configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use spawner::{LockWait, PoolDir, PoolGuard, Processes, RecordedEngine};

use crate::runtime::external::ExternalRuntime;
use crate::runtime::process::ProcessRuntime;
use crate::runtime::{
    Answer, Condition, Follow, Instance, Runtime, Seen, Start, StartWhat, StopOutcome, Vitals, Watching,
};
use crate::{Ensured, InstanceKind, Result, Settings};

/// Runs engines of each kind.
#[derive(Clone, Debug)]
pub(crate) struct ByRecord {
    process: ProcessRuntime,
    external: ExternalRuntime,
}

impl ByRecord {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { process: ProcessRuntime::of(settings), external: ExternalRuntime::of(settings) }
    }

    /// The runtime of the engine that the pool has. Without a record that can only be a process, which is found by what
    /// its environment says. The runtime of processes refuses to touch an engine of a kind that is not known here.
    fn in_dir(&self, dir: &PoolDir) -> Result<&dyn Runtime> {
        Ok(match spawner::recorded(dir)?.map(|record| record.engine) {
            Some(RecordedEngine::Remote { .. }) => &self.external,
            None | Some(RecordedEngine::Process { .. } | RecordedEngine::Container { .. }) => &self.process,
        })
    }

    fn below(&self, run_root: &Path, pool: &str) -> Result<&dyn Runtime> {
        PoolDir::existing(run_root, pool)?.map_or(Ok(&self.process), |dir| self.in_dir(&dir))
    }
}

impl Runtime for ByRecord {
    fn observe(&self, run_root: &Path, pool: &str) -> Result<Seen> {
        self.below(run_root, pool)?.observe(run_root, pool)
    }

    fn observe_among(&self, run_root: &Path, pool: &str, all: &Processes) -> Result<Seen> {
        self.below(run_root, pool)?.observe_among(run_root, pool, all)
    }

    fn settle(&self, guard: &PoolGuard) -> Result<()> {
        self.in_dir(guard.dir())?.settle(guard)
    }

    fn start(&self, guard: &PoolGuard, start: &Start) -> Result<Instance> {
        match start.what {
            StartWhat::Remote(_) => self.external.start(guard, start),
            StartWhat::Program(_) | StartWhat::Image(_) => self.process.start(guard, start),
        }
    }

    fn stop(&self, guard: &PoolGuard, grace: Duration) -> Result<StopOutcome> {
        self.in_dir(guard.dir())?.stop(guard, grace)
    }

    fn adopt(&self, guard: &PoolGuard, instance: &Instance) -> Result<()> {
        self.in_dir(guard.dir())?.adopt(guard, instance)
    }

    fn status(&self, dir: &PoolDir) -> Result<Condition> {
        self.in_dir(dir)?.status(dir)
    }

    fn answers(&self, dir: &PoolDir, engine: &Ensured) -> Result<Answer> {
        self.in_dir(dir)?.answers(dir, engine)
    }

    fn vitals(&self, dir: &PoolDir, instance: &Instance, engine: Option<&Ensured>) -> Result<Vitals> {
        self.in_dir(dir)?.vitals(dir, instance, engine)
    }

    fn vitals_of_all(&self, engines: &[(&PoolDir, &Instance, Option<&Ensured>)]) -> Vec<Result<Vitals>> {
        let remote = |instance: &Instance| matches!(instance.kind, InstanceKind::Remote { .. });
        let (theirs, ours): (Vec<_>, Vec<_>) = engines.iter().copied().partition(|(_, instance, _)| remote(instance));
        let mut ours = self.process.vitals_of_all(&ours).into_iter();
        // Each of these may take as long as its server pleases.
        let ask = |(dir, instance, engine)| self.external.vitals(dir, instance, engine);
        let mut theirs = exec::parallel_map(theirs, ask).into_iter();
        let next = |(_, instance, _): &(_, &Instance, _)| if remote(instance) { theirs.next() } else { ours.next() };
        engines.iter().filter_map(next).collect()
    }

    fn leader(&self, dir: &PoolDir, instance: &Instance) -> Result<Option<i32>> {
        self.in_dir(dir)?.leader(dir, instance)
    }

    fn pids(&self, dir: &PoolDir, instance: &Instance) -> Result<Option<Vec<i32>>> {
        self.in_dir(dir)?.pids(dir, instance)
    }

    fn kept(&self, dir: &PoolDir, engine: &Ensured) -> Result<Option<String>> {
        self.in_dir(dir)?.kept(dir, engine)
    }

    fn running(&self, dir: &PoolDir) -> Result<Option<Watching>> {
        self.in_dir(dir)?.running(dir)
    }

    fn logs(&self, dir: &PoolDir, lines: usize) -> Result<String> {
        self.in_dir(dir)?.logs(dir, lines)
    }

    fn whole_log(&self, dir: &PoolDir) -> Result<String> {
        self.in_dir(dir)?.whole_log(dir)
    }

    fn log_head(&self, dir: &PoolDir, max_bytes: u64) -> Result<String> {
        self.in_dir(dir)?.log_head(dir, max_bytes)
    }

    fn follow(&self, dir: &PoolDir, lines: usize) -> Result<Follow> {
        self.in_dir(dir)?.follow(dir, lines)
    }

    fn log_file(&self, dir: &PoolDir) -> Option<PathBuf> {
        self.in_dir(dir).map_or_else(|_unreadable| Some(dir.log_file()), |runtime| runtime.log_file(dir))
    }

    fn stop_pool(&self, run_root: &Path, pool: &str, grace: Duration, wait: &LockWait<'_>) -> Result<StopOutcome> {
        self.below(run_root, pool)?.stop_pool(run_root, pool, grace, wait)
    }
}
