//! Whose process a record speaks of, decided in the one order that leaves no race: boot, PID namespace, pidfd, and
//! only then the kernel's number for it, start time and state.

use exec::Exit;

use crate::process::{Process, proof};
use crate::record::host::Host;
use crate::record::{Elsewhere, Record};
use crate::{PoolDir, SpawnError};

/// What became of the engine of a record.
#[derive(Debug)]
pub(crate) enum Engine {
    /// It runs, and this is it.
    Alive(Record, Process),
    /// It has ended; how, where its parent has not collected that yet.
    Ended(Record, Option<Exit>),
    /// It cannot be running: why.
    Gone(Record, String),
    /// It may be running where we cannot see it: why.
    Unseen(Record, String),
    /// The process that the record names is there and does not show that it is the engine: why. Only [`prove`] says so.
    Unproven(Record, String),
}

/// Finds the engine of the record of `dir`, and does not take a process for it that lacks the engine's token. Whoever
/// is about to signal it asks this; reads only.
pub(crate) fn prove(dir: &PoolDir, record: Record, host: &Host) -> Result<Engine, SpawnError> {
    Ok(match identify(record, host)? {
        Engine::Alive(record, process) => match proof::missing(record.pid, &record.instance, dir.path()) {
            // What was read of a number is this process's only while it still lives.
            Some(why) if !process.has_exited()? => Engine::Unproven(record, why),
            _ => Engine::Alive(record, process),
        },
        other => other,
    })
}

/// Finds the engine of a record. Reads only.
pub(crate) fn identify(mut record: Record, host: &Host) -> Result<Engine, SpawnError> {
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
    let Some(process) = Process::open(record.pid)? else {
        return Ok(Engine::Ended(record, None));
    };
    let number = process.inode();
    if number.is_some() && record.pidfd_inode == 0 {
        // Only a forger leaves it out where the kernel has it.
        let why =
            format!("process {} is not proven to be the engine: the kernel's number for it is missing", record.pid);
        return Ok(Engine::Gone(record, why));
    }
    if number.is_some_and(|number| number != record.pidfd_inode) {
        let why = format!("process {} is not the engine: its number was given to another process", record.pid);
        return Ok(Engine::Gone(record, why));
    }
    let facts = process.facts()?;
    if let (Some(facts), Some(_)) = (facts, number) {
        // Another time namespace tells it differently; from here on it is compared with what is told in this one.
        record.start_ticks = facts.start_ticks;
    }
    Ok(match facts {
        None => Engine::Ended(record, None),
        Some(facts) if facts.start_ticks != record.start_ticks => {
            let why = format!(
                "process {} started at tick {}, the engine at tick {}: its number was given to another process",
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
