//! Whose process a record speaks of, decided in the one order that leaves no race: boot, PID namespace, pidfd, and
//! only then start time and state.

use exec::Exit;

use crate::family::leader_of;
use crate::host::Host;
use crate::process::Process;
use crate::record::{Elsewhere, Record, State};
use crate::{PoolDir, SpawnError};

/// What became of the engine of a record.
#[derive(Debug)]
pub(crate) enum Engine {
    /// It runs, and this is it. A record that was still an intent is completed here, not yet on disk.
    Alive(Record, Process),
    /// It has ended; how, where its parent has not collected that yet.
    Ended(Record, Option<Exit>),
    /// It cannot be running: why.
    Gone(Record, String),
    /// It may be running where we cannot see it: why.
    Unseen(Record, String),
    /// It was about to be started, and no process of it is there.
    NeverRan(Record),
}

/// Finds the engine of a record. Reads only.
pub(crate) fn identify(record: Record, host: &Host) -> Result<Engine, SpawnError> {
    match record.elsewhere(host) {
        Some(Elsewhere::OtherBoot) => {
            return Ok(Engine::Gone(record, "the host has been started anew since".to_owned()));
        }
        Some(Elsewhere::OtherNamespace) => {
            let why = format!("it was started in PID namespace {}, this is {}", record.pid_ns, host.pid_ns);
            return Ok(Engine::Unseen(record, why));
        }
        None => {}
    }
    if record.state == State::Intent {
        return Ok(match leader_of(&record.instance)? {
            Some((process, start_ticks)) => {
                Engine::Alive(Record { state: State::Running, pid: process.pid, start_ticks, ..record }, process)
            }
            None => Engine::NeverRan(record),
        });
    }
    let Some(process) = Process::open(record.pid)? else {
        return Ok(Engine::Ended(record, None));
    };
    Ok(match process.facts()? {
        None => Engine::Ended(record, None),
        Some(facts) if facts.start_ticks != record.start_ticks => {
            let why = format!(
                "process {} started at tick {}, the engine at tick {}: the number was given to another process",
                record.pid, facts.start_ticks, record.start_ticks
            );
            Engine::Gone(record, why)
        }
        // Every engine leads a session from before its first instruction, and nothing can take that from it.
        Some(facts) if facts.session != record.pid => {
            let why = format!("process {} is not the leader of a session, as every engine is", record.pid);
            Engine::Gone(record, why)
        }
        Some(facts) => match facts.dead {
            Some(exit) => Engine::Ended(record, Some(exit)),
            None => Engine::Alive(record, process),
        },
    })
}

/// The error that says the engine cannot be seen from here.
pub(crate) fn unseen(dir: &PoolDir, why: String) -> SpawnError {
    SpawnError::OtherPidNamespace { pool: dir.pool().to_owned(), why }
}
