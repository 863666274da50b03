//! The thread that makes an engine's process and stays with it: it collects the exit status, so that a long-lived
//! caller keeps no zombie, and keeps the log within its limit meanwhile.

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use exec::Exit;
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::Pid;

use crate::log::tend::tend;
use crate::process::Process;
use crate::process::stat::exit_of;
use crate::start::gate::Absence;
use crate::start::outcome::Outcome;
use crate::{PoolDir, SpawnError};

/// What the keeper does once its child runs.
#[derive(Debug)]
enum Duty {
    /// Collect the child when it ends, at once if it has.
    Reap,
    /// Keep the log of this folder within the limit until the child ends, then collect it; and its tender, where it has
    /// one, beside which there is nothing to do as long as that lives.
    Tend(PoolDir, u64, Option<Child>),
}

/// A keeper whose child the starter still watches: until it is dismissed or asked to tend, it does not collect the
/// child, whose number therefore stays the child's own.
#[derive(Debug)]
pub(crate) struct Keeper {
    spawned: Receiver<io::Result<()>>,
    duty: Sender<Duty>,
    outcome: Arc<Outcome>,
}

impl Keeper {
    /// Starts the thread, which runs the command at once. The thread outlives the child: an engine that is tied to its
    /// starter is tied to this thread.
    pub(crate) fn run(name: &str, mut command: Command, absence: Absence) -> Result<Self, SpawnError> {
        let program = PathBuf::from(command.get_program());
        let (tell, spawned) = channel();
        let (duty, duties) = channel();
        let outcome = Arc::new(Outcome::default());
        let known = Arc::clone(&outcome);
        let work = move || {
            let child = command.spawn();
            absence.tell();
            match child {
                Ok(child) => {
                    tell.send(Ok(())).ok();
                    let duty = duties.recv().unwrap_or(Duty::Reap);
                    // Not before the starter is done with the gate, whose other side is in here.
                    drop(command);
                    keep(child, duty, &known);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        };
        match thread::Builder::new().name(format!("engine {name}")).spawn(work) {
            Ok(_) => Ok(Self { spawned, duty, outcome }),
            Err(source) => Err(match exec::Limit::of(&source) {
                Some(limit) => SpawnError::Limit { program, limit, source },
                None => SpawnError::System { call: "clone", source },
            }),
        }
    }

    /// Waits until the child runs its program, or what kept it from that.
    pub(crate) fn spawned(&self) -> io::Result<()> {
        self.spawned.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that starts the engine died")))
    }

    /// Leaves the running child to the keeper.
    pub(crate) fn tend(self, dir: PoolDir, limit: u64, tender: Option<Child>) -> Arc<Outcome> {
        self.duty.send(Duty::Tend(dir, limit, tender)).ok();
        self.outcome
    }

    /// Has the child collected, which has ended or is about to; how it ended.
    pub(crate) fn reap(self, limit: Duration) -> Exit {
        self.duty.send(Duty::Reap).ok();
        self.outcome.wait(limit).unwrap_or(Exit::Unknown)
    }
}

fn keep(mut child: Child, duty: Duty, outcome: &Outcome) {
    let mut tender = None;
    if let Duty::Tend(dir, limit, other) = duty {
        if let Err(error) = tend_beside(&dir, limit, child.id(), other.as_ref().map(Child::id)) {
            tracing::warn!(pool = dir.pool(), %error, "the engine's log is no longer kept within its limit");
        }
        tender = other;
    }
    // An error means that somebody else collected it: SIGCHLD is ignored, or the host program waits for every child.
    outcome.set(child.wait().map_or(Exit::Unknown, exit_of));
    collect_orphans(child.id());
    tender.map(|mut tender| tender.wait());
}

/// Tends the log until the engine has ended. Its tender comes first, so that the log stays tended when this process ends.
fn tend_beside(dir: &PoolDir, limit: u64, engine: u32, tender: Option<u32>) -> Result<(), SpawnError> {
    let open = |pid: u32| i32::try_from(pid).map_or(Ok(None), Process::open);
    let Some(engine) = open(engine)? else {
        return Ok(());
    };
    if let Some(tender) = tender.map_or(Ok(None), open)?
        && engine.wait_or(tender.as_fd(), Duration::MAX)?
    {
        return Ok(());
    }
    tend(dir, &engine, limit)
}

/// Where orphans come to us (as PID 1 or as subreaper), the rest of the leader's group is ours to collect too.
///
/// Once the leader is collected its number can become another child's, of which this must keep its hands: each is
/// looked at before it is collected.
fn collect_orphans(leader: u32) {
    let Some(group) = i32::try_from(leader).ok().map(Pid::from_raw) else {
        return;
    };
    loop {
        match waitid(Id::PGid(group), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(status) if status.pid().is_some_and(|pid| pid != group) => {
                status.pid().map(|pid| waitpid(pid, Some(WaitPidFlag::WNOHANG)));
            }
            Err(Errno::EINTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
