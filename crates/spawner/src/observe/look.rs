//! The one look that observing, starting and stopping share: what lives of a pool, and the processes to act on.

use exec::Exit;

use super::Life;
use crate::process::Process;
use crate::process::family::Family;
use crate::process::identity::{Engine, prove, unseen};
use crate::process::marks::Identity;
use crate::process::scan::{Processes, scan};
use crate::record::host::Host;
use crate::record::ledger::{self, Entry};
use crate::{PoolDir, Record, SpawnError, State};

/// What was found, with handles to the processes.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) life: Life,
    /// The record on disk, where it can be read.
    pub(crate) record: Option<Record>,
    /// What lives: for an engine that runs by its record, its leader; else everything, looked for already.
    pub(crate) families: Vec<Family>,
    /// How the engine of the record exited, where that is known.
    pub(crate) exit: Option<Exit>,
    /// Why it is so, in words.
    pub(crate) why: Option<String>,
    /// Processes of this user whose environment cannot be read; looked for only where no engine runs by its record.
    pub(crate) unreadable: Vec<i32>,
    /// Processes that are the reason for [`Life::Unproven`].
    pub(crate) unproven: Vec<i32>,
}

impl Look {
    fn new(life: Life, record: Option<Record>, why: Option<String>) -> Self {
        Self { life, record, families: Vec::new(), exit: None, why, unreadable: Vec::new(), unproven: Vec::new() }
    }

    /// The numbers of the processes that were found.
    pub(crate) fn pids(&self) -> Vec<i32> {
        let living = self.families.iter().flat_map(Family::pids);
        living.chain(self.unproven.iter().copied()).collect()
    }

    /// The error of a start or stop that may touch nothing of what was found.
    pub(crate) fn refusal(&self, dir: &PoolDir) -> Option<SpawnError> {
        let why = || self.why.clone().unwrap_or_else(|| "there is none".to_owned());
        let unusable = |why| SpawnError::RecordUnreadable { path: dir.record_file(), why };
        match self.life {
            Life::Foreign => Some(unseen(dir, why())),
            Life::Unproven if self.record.is_none() => Some(unusable(beside(&why(), &self.unproven))),
            Life::Unproven | Life::Unreadable => Some(unusable(why())),
            _ => None,
        }
    }
}

/// Looks at a pool whose folder exists.
pub(crate) fn look(dir: &PoolDir) -> Result<Look, SpawnError> {
    look_for(Some(dir), &dir.identity(), &Processes::default())
}

/// Looks at the record in `dir`, where the folder exists, at the process that it names, and, where that is not the running
/// engine, at `all` processes.
pub(crate) fn look_for(dir: Option<&PoolDir>, identity: &Identity, all: &Processes) -> Result<Look, SpawnError> {
    let Some(dir) = dir else {
        return all_processes(None, identity, Look::new(Life::Nothing, None, None), all);
    };
    match ledger::read(dir)? {
        Entry::Absent => all_processes(Some(dir), identity, Look::new(Life::Nothing, None, None), all),
        Entry::Torn(why) => all_processes(Some(dir), identity, Look::new(Life::Nothing, None, Some(why)), all),
        Entry::Foreign(why) => Ok(Look::new(Life::Unreadable, None, Some(why))),
        Entry::Valid(record) => by_record(dir, identity, record, all),
    }
}

fn by_record(dir: &PoolDir, identity: &Identity, record: Record, all: &Processes) -> Result<Look, SpawnError> {
    let (mut family, mut look) = match prove(dir, record, &Host::observe()?)? {
        Engine::Alive(record, leader) => return Ok(alive(dir, record, leader)),
        Engine::Unseen(record, why) => return Ok(Look::new(Life::Foreign, Some(record), Some(why))),
        Engine::Unproven(record, why) => {
            let unproven = vec![record.pid];
            return Ok(Look { unproven, ..Look::new(Life::Unproven, Some(record), Some(why)) });
        }
        Engine::Ended(record, exit) => {
            (Family::of_leader(&record), Look { exit, ..Look::new(Life::LeaderGone, Some(record), None) })
        }
        Engine::Gone(record, why) => {
            (Family::of_token(&record.instance), Look::new(Life::StaleAlive, Some(record), Some(why)))
        }
    };
    let (lives, over) = (family.sweep()?, family.is_over());
    if lives {
        look.families.push(family);
    }
    if over {
        // At most its tender is left, which is about to end.
        look.life = Life::Nothing;
        return all_processes(Some(dir), identity, look, all);
    }
    Ok(look)
}

fn alive(dir: &PoolDir, record: Record, leader: Process) -> Look {
    let life = match record.state {
        State::Stopping => Life::Stopping,
        State::Running if dir.pid_file().exists() => Life::Running,
        State::Running => Life::Starting,
    };
    let mut family = Family::of_leader(&record);
    family.add(leader);
    Look { families: vec![family], ..Look::new(life, Some(record), None) }
}

/// Looks for engines that no record leads to.
fn all_processes(
    dir: Option<&PoolDir>,
    identity: &Identity,
    mut look: Look,
    all: &Processes,
) -> Result<Look, SpawnError> {
    let found = scan(identity, dir.map(PoolDir::path), all)?;
    let families = found.families()?;
    if !families.is_empty() {
        look.life = Life::Unrecorded;
        look.families.extend(families);
    } else if look.record.is_none() && !found.unproven.is_empty() {
        look.life = Life::Unproven;
        look.unproven = found.unproven;
    }
    look.unreadable = found.unreadable;
    Ok(look)
}

/// What is wrong with the record, and which processes run all the same.
pub(crate) fn beside(why: &str, pids: &[i32]) -> String {
    let pids = pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!("{why}, while an engine of this pool runs as process {pids}")
}
