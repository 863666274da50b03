//! Starting an engine, so that at every instant either nothing runs or a record on disk owns what runs.

pub(crate) mod child;
pub(crate) mod gate;
pub(crate) mod keeper;
pub(crate) mod outcome;
pub(crate) mod request;

use std::fs::File;
use std::io;
use std::process::Child;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use exec::Exit;
use nix::libc::ETXTBSY;

use crate::log::tender::{self, dismiss};
use crate::log::{files, tail};
use crate::process::Process;
use crate::process::family::Family;
use crate::process::program;
use crate::record::host::Host;
use crate::record::ledger;
use crate::record::{Record, State};
use crate::settle::{Settled, settle};
use crate::start::child::{command, refusal};
use crate::start::gate::gate;
use crate::start::keeper::Keeper;
use crate::start::outcome::Outcome;
use crate::stop::end::{Ended, KILL_WAIT, end};
use crate::{Lifetime, PoolDir, PoolGuard, SpawnError, StartRequest};

/// How many log lines an error about an early end carries.
const LOG_LINES: usize = 20;

/// How often a program that somebody holds open for writing is tried again, and after which pause.
const BUSY: (u32, Duration) = (20, Duration::from_millis(5));

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
/// Refuses when the pool has a living engine, with a record or without. What an interrupted start or stop or a dead
/// engine of this pool left is finished first, as by [`settle`]. The record is on disk before the program runs; a
/// caller that is killed before that takes the waiting process with it. On any failure after that the process is ended
/// and the record removed.
pub fn start(guard: &PoolGuard, request: &StartRequest) -> Result<Running, SpawnError> {
    let dir = guard.dir();
    request.validate()?;
    program::inspect(&request.program)?;
    let host = Host::observe()?;
    if let Settled::Running(Record { pool, pid, host, port, .. }) = settle(guard)? {
        return Err(SpawnError::AlreadyRunning { pool, pid, host, port });
    }
    // That of an engine that exited would name another process once this start is interrupted.
    // One that cannot be removed cannot be replaced either, which is reported below.
    ledger::remove_pid_file(dir).ok();
    let log = files::open_fresh(dir)?;
    let mut tries = 0;
    loop {
        match launch(dir, request, &host, &log) {
            // Another thread forked while it still held the file open for writing; that child execs within moments.
            Err(SpawnError::Spawn { source, .. }) if source.raw_os_error() == Some(ETXTBSY) && tries < BUSY.0 => {
                tries += 1;
                thread::sleep(BUSY.1);
            }
            done => return done,
        }
    }
}

fn launch(dir: &PoolDir, request: &StartRequest, host: &Host, log: &File) -> Result<Running, SpawnError> {
    let io = |call| move |source: io::Error| SpawnError::System { call, source };
    let instance = random_hex()?;
    let (mut gate, threshold) = gate().map_err(io("pipe"))?;
    let absence = threshold.absence().map_err(io("dup"))?;
    let command = command(request, dir, &instance, log, threshold).map_err(io("dup"))?;
    let started = Instant::now();
    let keeper = Keeper::run(dir.pool(), command, absence)?;
    let Some(pid) = gate.arrival().map_err(io("read"))? else {
        keeper.spawned().map_err(|error| refusal(request, error))?;
        return Err(ended_early(dir, request, None, keeper, started));
    };
    let (record, process, tender) = match own(dir, request, record_of(dir, request, host, instance), pid) {
        Ok(owned) => owned,
        Err(error) => {
            gate.refuse();
            keeper.spawned().ok();
            return Err(error.after(ledger::clear(dir)));
        }
    };
    // Where this fails, there is no process: std has collected it.
    if let Err(error) = gate.open().and_then(|()| keeper.spawned()) {
        dismiss(tender);
        return Err(refusal(request, error).after(ledger::clear(dir)));
    }
    match ledger::write_pid_file(dir, pid).and_then(|()| process.wait(request.early_exit)) {
        Ok(false) => {
            tracing::info!(pool = dir.pool(), pid, "engine started");
            let outcome = keeper.tend(dir.clone(), request.log_limit, tender);
            outcome::publish(dir, &record.instance, &outcome);
            Ok(Running { record, outcome })
        }
        Ok(true) => {
            dismiss(tender);
            Err(ended_early(dir, request, Some(&record), keeper, started))
        }
        Err(error) => {
            let undone = undo(dir, &record, process, keeper);
            dismiss(tender);
            Err(error.after(undone))
        }
    }
}

/// The record of the process that is about to be; its numbers come with it.
fn record_of(dir: &PoolDir, request: &StartRequest, host: &Host, instance: String) -> Record {
    Record {
        pool: dir.pool().to_owned(),
        instance,
        state: State::Running,
        pid: 0,
        start_ticks: 0,
        pidfd_inode: 0,
        boot_id: host.boot_id.clone(),
        pid_ns: host.pid_ns,
        uid: host.uid,
        exe: request.program.to_string_lossy().into_owned(),
        argv: request.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect(),
        host: request.host.clone(),
        port: request.port,
        fingerprint: request.fingerprint.clone(),
        started_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    }
}

/// Makes the record that owns process `pid`, a child that waits and has not been collected, so that its number is
/// certainly its own. The record is durable, and the log has its tender, when this returns.
fn own(
    dir: &PoolDir,
    request: &StartRequest,
    blank: Record,
    pid: i32,
) -> Result<(Record, Process, Option<Child>), SpawnError> {
    let vanished =
        || SpawnError::Proc { what: "the process just started".to_owned(), source: io::ErrorKind::NotFound.into() };
    let process = Process::open(pid)?.ok_or_else(vanished)?;
    let start_ticks = process.facts()?.ok_or_else(vanished)?.start_ticks;
    let record = Record { pid, start_ticks, pidfd_inode: process.inode().unwrap_or(0), ..blank };
    let tender = give_tender(dir, request, &record, &process);
    match ledger::write(dir, &record) {
        Ok(()) => Ok((record, process, tender)),
        Err(error) => {
            dismiss(tender);
            Err(error)
        }
    }
}

/// An engine that is tied to this process is tended by it. One that can have no tender is started all the same: this
/// process tends its log as long as it can.
fn give_tender(dir: &PoolDir, request: &StartRequest, record: &Record, process: &Process) -> Option<Child> {
    let tender = request.tender.as_ref().filter(|_| request.lifetime == Lifetime::Detached)?;
    match tender::begin(tender, dir, request.log_limit, &record.instance, process) {
        Ok(child) => Some(child),
        Err(error) => {
            tracing::warn!(pool = dir.pool(), %error, "the engine's log is cut to its limit only when its pool is asked about");
            None
        }
    }
}

/// 128 random bits in hex.
pub(crate) fn random_hex() -> Result<String, SpawnError> {
    let mut bytes = [0_u8; 16];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())
            .map_err(SpawnError::system("getrandom"))?;
    }
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// Ends what a failed start began and forgets it; where that fails the record stays and owns the rest.
fn undo(dir: &PoolDir, record: &Record, process: Process, keeper: Keeper) -> Result<(), SpawnError> {
    let mut family = Family::of_leader(record);
    family.add(process);
    let ended = end(&mut family, Duration::ZERO);
    keeper.reap(KILL_WAIT);
    ended.and_then(|_| ledger::clear(dir))
}

/// The error for an engine that ended at once; nothing of it is left when this returns, unless cleaning up failed.
fn ended_early(
    dir: &PoolDir,
    request: &StartRequest,
    record: Option<&Record>,
    keeper: Keeper,
    started: Instant,
) -> SpawnError {
    let after = started.elapsed();
    // Before the leader is collected: until then its session's number belongs to it.
    let rest = record.map_or(Ok(Ended::Nothing), |record| end(&mut Family::of_leader(record), Duration::ZERO));
    let exit = keeper.reap(KILL_WAIT);
    let log = tail::masked_tail(dir, LOG_LINES, request.secret_env.values())
        .unwrap_or_else(|error| format!("(its log could not be read: {error})"));
    let left_behind = matches!(rest, Ok(Ended::Asked | Ended::Forced));
    let error = SpawnError::ExitedEarly { program: request.program.clone(), exit, after, left_behind, log };
    error.after(rest.and_then(|_| ledger::clear(dir)))
}
