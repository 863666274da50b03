//! What lives of a pool's engine: one answer, from the record and from the processes, that changes nothing.
//!
//! [`status`](crate::status) asks what the record says. This asks what there is: also an engine whose stop was
//! interrupted, the rest of one whose leader died, and one whose record or folder is gone. All of it belongs to the
//! pool, and so do the ports that it holds. [`settle`](crate::settle) makes an end of what was interrupted.

pub(crate) mod look;

use std::path::Path;

use exec::Exit;

use crate::port::sockets::Listeners;
use crate::process::marks::Identity;
use crate::process::scan::Processes;
use crate::{PoolDir, Record, SpawnError};

/// What of a pool's engine lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Life {
    /// The engine of the record runs.
    Running,
    /// It runs and has no PID file yet: its start is in progress or, where the pool's lock is free, was interrupted.
    Starting,
    /// It runs and was asked to end: its stop is in progress or, where the pool's lock is free, was interrupted.
    Stopping,
    /// The engine's own process has ended; processes that it started live.
    LeaderGone,
    /// The process that the record names is not the engine; processes that carry the engine's token live.
    StaleAlive,
    /// No record leads to it, and processes live that carry this pool's name and run root in their environment.
    Unrecorded,
    /// Nothing lives. A record may be left: of an engine that has exited, or one that cannot be read.
    Nothing,
    /// Something lives that may be this pool's engine and does not prove it: the process that the record names lacks
    /// the engine's token, or a process without a record works in the pool's folder. It is not signalled, and nothing
    /// is started beside it.
    Unproven,
    /// The record was written by another version of this program, or is of an engine that is no process, so that
    /// nothing can be said.
    Unreadable,
    /// The engine belongs to another user or another PID namespace.
    Foreign,
}

/// What [`observe`] found at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What lives.
    pub life: Life,
    /// The record on disk, where there is one that can be read.
    pub record: Option<Record>,
    /// The processes that were found, without a tender. While the engine runs by its record this is its leader alone:
    /// [`vitals`](crate::vitals) looks for the others.
    pub pids: Vec<i32>,
    /// How the engine of the record exited, where its parent has not collected it yet. Another process than its starter
    /// seldom learns this; see [`Watch`](crate::Watch).
    pub exit: Option<Exit>,
    /// Why it is so, where there is more to say.
    pub why: Option<String>,
    /// Processes of this user that lead a session, as an engine does, and that cannot be looked into. None of them is
    /// known to be an engine. Empty while the engine runs by its record, since nothing is looked for then.
    pub unreadable: Vec<i32>,
}

impl Observation {
    /// Whether some process of the pool's engine lives, as far as can be said.
    pub fn lives(&self) -> bool {
        use Life::{Foreign, LeaderGone, Running, StaleAlive, Starting, Stopping, Unproven, Unrecorded};
        matches!(self.life, Running | Starting | Stopping | LeaderGone | StaleAlive | Unrecorded | Unproven | Foreign)
    }

    /// Why nothing may be started for this pool, where that is so whatever is wanted.
    pub fn refusal(&self, dir: &PoolDir) -> Option<SpawnError> {
        let why = || self.why.clone().unwrap_or_else(|| "there is none".to_owned());
        let unusable = |why| Some(SpawnError::RecordUnreadable { path: dir.record_file(), why });
        match self.life {
            Life::Foreign => Some(SpawnError::OtherPidNamespace { pool: dir.pool().to_owned(), why: why() }),
            Life::Unproven if self.record.is_none() => unusable(look::beside(&why(), &self.pids)),
            Life::Unproven | Life::Unreadable => unusable(why()),
            Life::Unrecorded => {
                unusable(format!("{}; `engine-provisioner stop` stops it", look::beside(&why(), &self.pids)))
            }
            _ => None,
        }
    }

    /// The port that counts as the pool's own, so that an engine comes back on it: the record's while anything lives of
    /// the engine or its stop was interrupted, else the lowest one on which an unrecorded engine listens.
    ///
    /// After [`settle`](crate::settle) nothing of ours holds it any more; another process may.
    pub fn own_port(&self) -> Result<Option<u16>, SpawnError> {
        use Life::{LeaderGone, Running, StaleAlive, Starting, Stopping, Unrecorded};
        let recorded = self.record.as_ref().filter(|record| {
            matches!(self.life, Running | Starting | Stopping | LeaderGone | StaleAlive)
                || record.state == crate::State::Stopping && self.life == Life::Nothing
        });
        match recorded {
            Some(record) => Ok(Some(record.port).filter(|port| *port != 0)),
            None if self.life == Unrecorded => Ok(Listeners::read()?.held_by(&self.pids).first().copied()),
            None => Ok(None),
        }
    }
}

/// Looks at what lives of the engine of `pool` below `run_root`, whose folders need not exist. Takes no lock, creates
/// and changes nothing.
///
/// While the engine runs by its record, this costs little more than reading that. Otherwise every process is looked at.
///
/// # Errors
///
/// Where the name is no pool's, a folder is not private to this user, or `/proc` cannot be read.
pub fn observe(run_root: &Path, pool: &str) -> Result<Observation, SpawnError> {
    observe_among(run_root, pool, &Processes::default())
}

/// [`observe`] for one of many pools that are asked about in the same moment: `all` is looked at once for all of them.
///
/// # Errors
///
/// As [`observe`].
pub fn observe_among(run_root: &Path, pool: &str, all: &Processes) -> Result<Observation, SpawnError> {
    let dir = PoolDir::existing(run_root, pool)?;
    let look = look::look_for(dir.as_ref(), &Identity::new(run_root, pool), all)?;
    let pids = look.pids();
    let (mut life, mut why) = (look.life, look.why);
    if let Some(record) =
        look.record.as_ref().filter(|_| matches!(life, Life::Running | Life::Starting | Life::Stopping))
    {
        let uid = rustix::process::geteuid().as_raw();
        if record.uid != uid && uid != 0 {
            life = Life::Foreign;
            why = Some(format!("it was started by user {}, this is user {uid}", record.uid));
        }
    }
    Ok(Observation { life, record: look.record, pids, exit: look.exit, why, unreadable: look.unreadable })
}
