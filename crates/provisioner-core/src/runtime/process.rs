//! Engines that run as processes of this host, owned by `spawner`'s records.

use std::path::Path;
use std::time::Duration;

use spawner::{LOG_LIMIT, Life, PoolDir, PoolGuard, Record, Settled, StartRequest, Stopped, Tender};

use crate::lifecycle::exit::Ended;
use crate::runtime::{Instance, Runtime, Seen, Start, StartWhat, StopOutcome};
use crate::{Error, InstanceKind, Result, Settings};

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
        let seen = spawner::observe(run_root, pool)?;
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
        let running = spawner::start(guard, &request).map_err(Ended::explain)?;
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
pub(crate) fn instance(record: &Record, dir: &PoolDir) -> Instance {
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
