//! Engines that run as processes of this host, owned by `spawner`'s records.

use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use spawner::{
    LOG_LIMIT, Life, LockWait, PoolDir, PoolGuard, Processes, Record, Settled, SpawnError, StartRequest, Stopped,
    Tender,
};

use crate::lifecycle::exit::Ended;
use crate::runtime::{
    Answer, Condition, Follow, Instance, Runtime, Seen, Start, StartWhat, StopOutcome, Vitals, Watching,
};
use crate::{Ensured, Error, InstanceKind, Result, Settings};

mod look;
mod watch;

/// Runs engines as processes.
#[derive(Clone, Debug)]
pub(crate) struct ProcessRuntime {
    tender: Option<Tender>,
}

impl ProcessRuntime {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { tender: settings.tender() }
    }
}

impl Runtime for ProcessRuntime {
    fn observe(&self, run_root: &Path, pool: &str) -> Result<Seen> {
        self.observe_among(run_root, pool, &Processes::default())
    }

    fn observe_among(&self, run_root: &Path, pool: &str, all: &Processes) -> Result<Seen> {
        let seen = spawner::observe_among(run_root, pool, all)?;
        let dir = PoolDir::existing(run_root, pool)?;
        let own_port = seen.own_port()?;
        let refusal = dir.as_ref().and_then(|dir| seen.refusal(dir)).map(Error::from);
        // What an interrupted stop left is no engine to be kept: the next start finishes it.
        let runs = matches!(seen.life, Life::Running | Life::Starting);
        let record = seen.record.filter(|_| runs).zip(dir);
        Ok(Seen { instance: record.map(|(record, dir)| instance(&record, &dir)), own_port, refusal })
    }

    fn settle(&self, guard: &PoolGuard) -> Result<()> {
        spawner::settle(guard)?;
        Ok(())
    }

    fn start(&self, guard: &PoolGuard, start: &Start) -> Result<Instance> {
        let StartWhat::Program(program) = &start.what else {
            return Err(Error::NoProgram { pool: guard.dir().pool().to_owned() });
        };
        let mut request = StartRequest::new(program, start.args.iter());
        request.env.clone_from(&start.env);
        request.secret_env.clone_from(&start.secret_env);
        request.early_exit = start.early_exit;
        request.tender.clone_from(&self.tender);
        request.fingerprint.clone_from(&start.facts);
        request.host.clone_from(&start.host);
        request.port = start.port;
        let dir = guard.dir();
        let running = spawner::start(guard, &request).map_err(|error| {
            let log = || masked(whole_log(dir).unwrap_or_default(), start.secret_env.values());
            Ended::explain(error, log)
        })?;
        Ok(instance(&running.record, guard.dir()))
    }

    fn stop(&self, guard: &PoolGuard, grace: Duration) -> Result<StopOutcome> {
        Ok(spawner::stop(guard, grace)?.into())
    }

    fn adopt(&self, guard: &PoolGuard, instance: &Instance) -> Result<()> {
        // Its start may have been killed before the PID file was there.
        let (Settled::Running(record), Some(tender)) = (spawner::settle(guard)?, &self.tender) else {
            return Ok(());
        };
        if instance.kind != (InstanceKind::Process { pid: record.pid }) {
            return Ok(());
        }
        if spawner::restore_tender(guard, &record, tender, LOG_LIMIT)? {
            tracing::info!(pool = guard.dir().pool(), "the engine's log has its keeper again");
        }
        Ok(())
    }

    fn status(&self, dir: &PoolDir) -> Result<Condition> {
        cut_log(dir);
        look::condition(dir)
    }

    fn answers(&self, dir: &PoolDir, engine: &Ensured) -> Result<Answer> {
        look::answers(dir, engine)
    }

    fn vitals(&self, dir: &PoolDir, instance: &Instance, engine: Option<&Ensured>) -> Result<Vitals> {
        look::vitals(dir, instance, engine)
    }

    fn vitals_of_all(&self, engines: &[(&PoolDir, &Instance, Option<&Ensured>)]) -> Vec<Result<Vitals>> {
        look::vitals_of_all(engines)
    }

    fn leader(&self, dir: &PoolDir, instance: &Instance) -> Result<Option<i32>> {
        look::leader(dir, instance)
    }

    fn pids(&self, dir: &PoolDir, instance: &Instance) -> Result<Option<Vec<i32>>> {
        look::pids(dir, instance)
    }

    fn running(&self, dir: &PoolDir) -> Result<Option<Watching>> {
        cut_log(dir);
        watch::running(dir)
    }

    fn logs(&self, dir: &PoolDir, lines: usize) -> Result<String> {
        cut_log(dir);
        Ok(spawner::log_tail(dir, lines)?)
    }

    fn whole_log(&self, dir: &PoolDir) -> Result<String> {
        Ok(whole_log(dir)?)
    }

    fn follow(&self, dir: &PoolDir, lines: usize) -> Result<Follow> {
        cut_log(dir);
        Ok(Box::new(spawner::follow(dir, lines)?.map(|line| line.map_err(Error::from))))
    }

    fn stop_pool(&self, run_root: &Path, pool: &str, grace: Duration, wait: &LockWait<'_>) -> Result<StopOutcome> {
        // By its name in the processes' environment: also where the pool's folder is gone.
        Ok(spawner::stop_pool(run_root, pool, grace, wait)?.into())
    }
}

/// The start and the end of the log.
fn whole_log(dir: &PoolDir) -> std::result::Result<String, SpawnError> {
    let Some(file) = spawner::open_log(dir)? else { return Ok(String::new()) };
    failure_diagnosis::read_log(file).map_err(|source| SpawnError::System { call: "read", source })
}

/// The log without the values of these secrets: what is quoted from it must hold none, nor a part of one.
fn masked<'a>(log: String, secrets: impl Iterator<Item = &'a SecretString>) -> String {
    let mut redactor = exec::Redactor::new();
    let mut any = false;
    for secret in secrets {
        redactor.add(secret.expose_secret());
        any = true;
    }
    if any { redactor.text(&log).into_owned() } else { log }
}

/// Cuts the log of an engine that has no tender for it; done whenever the pool is asked about.
fn cut_log(dir: &PoolDir) {
    if let Err(error) = spawner::cap_log(dir, LOG_LIMIT) {
        tracing::debug!(%error, "the log was not cut");
    }
}

impl From<Stopped> for StopOutcome {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Graceful => Self::Graceful,
            Stopped::Forced => Self::Forced,
            Stopped::AlreadyGone => Self::AlreadyGone,
            Stopped::NothingRecorded => Self::NothingRecorded,
        }
    }
}

/// What the record says, in the words of every runtime.
fn instance(record: &Record, dir: &PoolDir) -> Instance {
    Instance {
        kind: InstanceKind::Process { pid: record.pid },
        facts: record.fingerprint.clone(),
        args: record.argv.clone(),
        host: record.host.clone(),
        port: record.port,
        started_unix_s: record.started_unix_s,
        log: dir.log_file(),
    }
}
