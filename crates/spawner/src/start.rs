//! Starting an engine, so that at every instant either nothing runs or a record on disk owns what runs.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use exec::Exit;

use crate::child::{Child, spawn};
use crate::end::{Ended, end};
use crate::family::Family;
use crate::host::Host;
use crate::identity::{Engine, identify, unseen};
use crate::ledger::{self, Entry};
use crate::process::Process;
use crate::reaper::{Outcome, Reaper, reap};
use crate::record::{Record, SCHEMA, State};
use crate::{PoolDir, PoolGuard, SpawnError, StartRequest, log, program, tail};

/// How long what a dead engine left behind has between SIGTERM and SIGKILL.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);

/// How many log lines an error about an early end carries.
const LOG_LINES: usize = 20;

/// An engine that this process started. Dropping it changes nothing: the engine goes on, and is still reaped.
#[derive(Debug)]
pub struct Running {
    /// The record, as on disk.
    pub record: Record,
    outcome: Arc<Outcome>,
}

impl Running {
    /// Waits until the engine has ended, for at most `timeout`; how it ended, or nothing while it runs.
    pub fn wait_exit(&self, timeout: Duration) -> Option<Exit> {
        self.outcome.wait(timeout)
    }
}

/// Starts an engine in the locked pool and watches it for `request.early_exit`.
///
/// Refuses when the pool has a living engine. What a dead engine of this pool left running is ended first. The record
/// is on disk as an intent before the process exists and as a running engine afterwards; on any failure after that the
/// process is ended and the record removed.
pub fn start(guard: &PoolGuard, request: &StartRequest) -> Result<Running, SpawnError> {
    let dir = guard.dir();
    request.validate()?;
    program::inspect(&request.program)?;
    let host = Host::observe()?;
    settle(dir, &host)?;
    let log = log::open_fresh(dir)?;
    let reaper = Reaper::prepare(dir.pool())?;
    let intent = intent(dir, request, &host)?;

    let begun = ledger::write(dir, &intent).and_then(|()| spawn(request, dir, &intent.instance, &log));
    let started = Instant::now();
    let mut child = match begun {
        Ok(child) => child,
        Err(error) => return Err(error.after(ledger::clear(dir))),
    };
    let instance = intent.instance.clone();
    let watched =
        track(dir, intent, &child).and_then(|(record, process)| Ok((process.wait(request.early_exit)?, record)));
    match watched {
        Ok((false, record)) => {
            tracing::info!(pool = dir.pool(), pid = record.pid, "engine started");
            Ok(Running { record, outcome: reaper.hand_over(child) })
        }
        Ok((true, record)) => Err(ended_early(dir, request, &record, &mut child, started)),
        Err(error) => Err(error.after(undo(dir, &instance, &mut child))),
    }
}

/// Makes room for a new engine: refuses where one lives or may live, ends what a dead one left behind.
fn settle(dir: &PoolDir, host: &Host) -> Result<(), SpawnError> {
    let record = match ledger::read(dir)? {
        Entry::Absent => return Ok(()),
        Entry::Torn(why) => {
            tracing::warn!(pool = dir.pool(), why, "a record that cannot be read is replaced");
            return Ok(());
        }
        Entry::Foreign(why) => return Err(SpawnError::RecordUnreadable { path: dir.record_file(), why }),
        Entry::Valid(record) => record,
    };
    let was_intent = record.state == State::Intent;
    let mut left = match identify(record, host)? {
        Engine::Alive(record, _) => {
            if was_intent {
                tracing::warn!(pool = dir.pool(), pid = record.pid, "took over the engine of an interrupted start");
                ledger::write(dir, &record)?;
                ledger::write_pid_file(dir, record.pid)?;
            }
            let Record { pool, pid, host, port, .. } = record;
            return Err(SpawnError::AlreadyRunning { pool, pid, host, port });
        }
        Engine::Unseen(_, why) => return Err(unseen(dir, why)),
        Engine::Ended(record, _) => Family::of_leader(&record),
        Engine::Gone(record, _) | Engine::NeverRan(record) => Family::of_token(&record.instance),
    };
    if end(&mut left, LEFTOVER_GRACE)? != Ended::Nothing {
        tracing::warn!(pool = dir.pool(), "ended processes that a dead engine left behind");
    }
    Ok(())
}

fn intent(dir: &PoolDir, request: &StartRequest, host: &Host) -> Result<Record, SpawnError> {
    Ok(Record {
        schema: SCHEMA,
        pool: dir.pool().to_owned(),
        instance: random_hex()?,
        state: State::Intent,
        pid: 0,
        start_ticks: 0,
        boot_id: host.boot_id.clone(),
        pid_ns: host.pid_ns,
        uid: host.uid,
        exe: request.program.to_string_lossy().into_owned(),
        argv: request.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect(),
        host: request.host.clone(),
        port: request.port,
        fingerprint: request.fingerprint.clone(),
        started_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    })
}

/// 128 random bits in hex.
fn random_hex() -> Result<String, SpawnError> {
    let mut bytes = [0_u8; 16];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())
            .map_err(SpawnError::system("getrandom"))?;
    }
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// Completes the record of a child that has not been waited for, so that its number is certainly its own.
fn track(dir: &PoolDir, intent: Record, child: &Child) -> Result<(Record, Process), SpawnError> {
    let vanished = || SpawnError::Proc {
        what: "the process just started".to_owned(),
        source: std::io::ErrorKind::NotFound.into(),
    };
    let process = i32::try_from(child.id()).map_or(Ok(None), Process::open)?.ok_or_else(vanished)?;
    let pid = process.pid;
    let start_ticks = process.facts()?.ok_or_else(vanished)?.start_ticks;
    let record = Record { state: State::Running, pid, start_ticks, ..intent };
    ledger::write(dir, &record)?;
    ledger::write_pid_file(dir, pid)?;
    Ok((record, process))
}

/// Ends what a failed start began and forgets it; where that fails the record stays and owns the rest.
fn undo(dir: &PoolDir, instance: &str, child: &mut Child) -> Result<(), SpawnError> {
    // As long as it has not been waited for, the child's number is that of the child and of its group.
    if matches!(child.inner_mut().try_wait(), Ok(None)) {
        child.start_kill().map_err(|source| SpawnError::System { call: "kill", source })?;
        reap(child);
    }
    end(&mut Family::of_token(instance), Duration::ZERO)?;
    ledger::clear(dir)
}

/// The error for an engine that ended at once; nothing of it is left when this returns, unless cleaning up failed.
fn ended_early(
    dir: &PoolDir,
    request: &StartRequest,
    record: &Record,
    child: &mut Child,
    started: Instant,
) -> SpawnError {
    let after = started.elapsed();
    // Before the leader is waited for: until then its session's number belongs to it.
    let rest = end(&mut Family::of_leader(record), Duration::ZERO);
    let exit = reap(child);
    let log = tail::masked_tail(dir, LOG_LINES, request.secret_env.values())
        .unwrap_or_else(|error| format!("(its log could not be read: {error})"));
    let left_behind = matches!(rest, Ok(Ended::Asked | Ended::Forced));
    let error = SpawnError::ExitedEarly { program: request.program.clone(), exit, after, left_behind, log };
    error.after(rest.and_then(|_| ledger::clear(dir)))
}
