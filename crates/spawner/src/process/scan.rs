//! Looking through all processes for the engines of a pool when no record leads to them.
//!
//! An engine is the pool's when its environment names run root and pool. One without these names (it was started by an
//! earlier version) that carries some token and works in the pool's folder is reported and never signalled. Only processes
//! of this user count. Those whose environment cannot be read are listed where they might be an engine, that is, where
//! they lead a session, as every engine does: a host has a few such processes that are not dumpable (`ssh-agent`,
//! browsers' sandboxes), so that their existence fails neither a start nor a stop.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

use memchr::memmem::Finder;

use crate::SpawnError;
use crate::process::environ::{self, Environ};
use crate::process::family::Family;
use crate::process::marks::{INSTANCE_VAR, Identity};
use crate::process::proof::runs_in;
use crate::process::stat::{self, Environment};

/// What a look through all processes found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Each engine of the pool: its token and its processes.
    engines: Vec<(String, Vec<i32>)>,
    /// Processes with a token of unknown origin that work in the pool's folder.
    pub(crate) unproven: Vec<i32>,
    /// Processes of this user that lead a session and whose environment cannot be read.
    pub(crate) unreadable: Vec<i32>,
}

/// The processes of a host that carry an engine's token, all looked at in one moment, for questions about many pools that
/// are asked in that moment. Nothing is looked at before the first pool needs it.
#[derive(Debug, Default)]
pub struct Processes(OnceLock<Marked>);

#[derive(Debug, Default)]
struct Marked {
    /// Those with a token: number, token, environment.
    engines: Vec<(i32, String, Environ)>,
    /// Those of this user that lead a session and whose environment cannot be read.
    unreadable: Vec<i32>,
}

impl Processes {
    fn look(&self) -> Result<&Marked, SpawnError> {
        if let Some(marked) = self.0.get() {
            return Ok(marked);
        }
        let mut marked = Marked::default();
        let myself = i32::try_from(std::process::id()).unwrap_or_default();
        let token = Finder::new(INSTANCE_VAR);
        for pid in stat::all()?.filter(|pid| *pid != myself) {
            match environ::read(pid) {
                Ok(environ) => {
                    let instance = environ.find(&token).and_then(|value| std::str::from_utf8(value).ok());
                    if let Some(instance) = instance.map(str::to_owned) {
                        marked.engines.push((pid, instance, environ));
                    }
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied && may_be_engine(pid) => {
                    marked.unreadable.push(pid);
                }
                Err(_) => {}
            }
        }
        Ok(self.0.get_or_init(|| marked))
    }
}

/// Looks through all processes for those of one pool. `folder` is the pool's folder where it exists.
pub(crate) fn scan(identity: &Identity, folder: Option<&Path>, all: &Processes) -> Result<Scan, SpawnError> {
    let Marked { engines, unreadable } = all.look()?;
    let mut found = Scan { unreadable: unreadable.clone(), ..Scan::default() };
    for (pid, instance, environ) in engines {
        if identity.owns(*pid, environ) && is_ours(*pid) {
            found.add(instance, *pid);
        } else if folder.is_some_and(|folder| runs_in(*pid, folder)) {
            found.unproven.push(*pid);
        }
    }
    Ok(found)
}

impl Scan {
    fn add(&mut self, instance: &str, pid: i32) {
        match self.engines.iter_mut().find(|(known, _)| known == instance) {
            Some((_, pids)) => pids.push(pid),
            None => self.engines.push((instance.to_owned(), vec![pid])),
        }
    }

    /// The family of each engine that was found, with those processes of its session that carry no token.
    pub(crate) fn families(&self) -> Result<Vec<Family>, SpawnError> {
        let mut families = Vec::new();
        for (instance, pids) in &self.engines {
            let mut family = Family::of_found(instance, leader(pids));
            if family.sweep()? && !family.is_over() {
                families.push(family);
            }
        }
        Ok(families)
    }
}

/// The oldest of `pids` that leads a session: the engine, where it still lives. With its start time.
fn leader(pids: &[i32]) -> Option<(i32, u64)> {
    let facts = |pid: &i32| stat::read(*pid).ok().filter(|facts| facts.session == *pid).map(|f| (*pid, f.start_ticks));
    pids.iter().filter_map(facts).min_by_key(|(_, start_ticks)| *start_ticks)
}

/// Whether a process that we may not look into is one of this user that leads a session.
fn may_be_engine(pid: i32) -> bool {
    is_ours(pid)
        && stat::read(pid)
            .is_ok_and(|facts| facts.session == pid && facts.dead.is_none() && facts.environment != Environment::None)
}

/// Whether the process acts for this user. Unlike the files in it, its folder shows that also where it is not dumpable.
fn is_ours(pid: i32) -> bool {
    let owner = std::fs::metadata(format!("/proc/{pid}")).ok().map(|meta| meta.uid());
    owner == Some(rustix::process::geteuid().as_raw())
}
